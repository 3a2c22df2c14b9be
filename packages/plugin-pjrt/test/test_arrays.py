"""Arrays: types, shapes, strides, life and death."""

import numpy as np
import pytest

from_ml_dtypes = [
    "bfloat16", "int4", "uint4", "float8_e4m3fn", "float8_e5m2", "float8_e4m3b11fnuz", "float8_e4m3fnuz", "float8_e5m2fnuz",
]  # fmt: skip
from_numpy = [
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64", "complex64", "complex128",
]  # fmt: skip


def unsupported(error):
    """MLX has no float64 and few narrow types: a refusal that says so is right, a wrong value is not."""
    return "UNIMPLEMENTED" in str(error)


def test_round_trip_of_each_type(backend):
    import jax
    import ml_dtypes

    refused = []
    with jax.enable_x64(True) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64():
        for name in from_numpy + from_ml_dtypes:
            dtype = np.dtype(getattr(ml_dtypes, name, None) or name)
            host = np.array([[0, 1, 0], [1, 1, 0]], dtype=dtype)
            try:
                back = np.asarray(jax.device_put(host))
            except jax.errors.JaxRuntimeError as error:
                assert unsupported(error), error
                refused.append(name)
                continue
            assert back.dtype == dtype
            np.testing.assert_array_equal(back.view(np.uint8), host.view(np.uint8), err_msg=name)
    assert not refused or backend == "mlx", refused
    assert not {"float32", "int32", "bool", "bfloat16", "float16", "uint32", "complex64"} & set(refused)


def test_bits_survive(backend):
    import jax

    host = np.array([0x7FC00001, 0xFFC12345, 0x80000000, 0x7F800000], np.uint32).view(np.float32)
    np.testing.assert_array_equal(np.asarray(jax.device_put(host)).view(np.uint32), host.view(np.uint32))


def test_shapes(backend):
    import jax

    for shape in [(), (1,), (0,), (3, 0, 2), (2, 1, 3), (1, 1, 1, 1, 1), (5, 4, 3, 2)]:
        host = np.arange(np.prod(shape, dtype=int), dtype=np.int32).reshape(shape)
        array = jax.device_put(host)
        assert array.shape == shape
        np.testing.assert_array_equal(np.asarray(array), host)


def test_strides(backend):
    import jax

    base = np.arange(120, dtype=np.int32).reshape(4, 5, 6)
    views = [base.T, base[::2], base[:, ::-1], base[..., 3], base.transpose(1, 2, 0), base[1:3, :, 1:5:2], base[::-1, ::-1, ::-1]]
    views += [np.broadcast_to(np.int32(7), (3, 4)), np.asfortranarray(base), base.astype(np.int8).T]
    for view in views:
        np.testing.assert_array_equal(np.asarray(jax.device_put(view)), view)


def test_the_source_may_change_after_device_put(backend):
    import jax

    host = np.zeros(1000, np.float32)
    array = jax.device_put(host)
    array.block_until_ready()
    kept = np.asarray(array).copy()
    np.testing.assert_array_equal(kept, np.zeros(1000))


def test_computing_on_empty_and_scalar_arrays(backend):
    import jax
    import jax.numpy as jnp

    assert jax.jit(lambda x: x + 1)(jnp.zeros((0, 3))).shape == (0, 3)
    assert float(jax.jit(jnp.sum)(jnp.zeros((0,)))) == 0.0
    assert float(jax.jit(lambda x: x * 2)(3.0)) == 6.0
    assert jnp.concatenate([jnp.zeros((0, 2)), jnp.ones((1, 2))]).shape == (1, 2)


def test_large(backend):
    import jax

    host = np.random.default_rng(0).standard_normal((1024, 1024)).astype(np.float32)
    np.testing.assert_array_equal(np.asarray(jax.device_put(host)), host)


def test_deletion(backend):
    import jax

    array = jax.device_put(np.ones(3, np.float32))
    assert not array.is_deleted()
    array.delete()
    assert array.is_deleted()
    with pytest.raises(RuntimeError, match="deleted"):
        np.asarray(array)


def test_donation(backend):
    import jax
    import jax.numpy as jnp


    step = jax.jit(lambda x, y: (x + y, y), donate_argnums=0)
    x, y = jnp.ones(100), jnp.ones(100)
    result, _ = step(x, y)
    assert x.is_deleted() and not y.is_deleted()
    np.testing.assert_array_equal(result, np.full(100, 2.0))
    with pytest.raises((RuntimeError, ValueError), match="deleted or donated"):
        step(x, y)


def test_donation_of_an_array_that_the_call_also_uses(backend):
    import jax
    import jax.numpy as jnp


    x = jnp.ones(3)
    with pytest.raises((RuntimeError, ValueError), match="Attempt to donate"):
        jax.jit(lambda x, y: x + y, donate_argnums=0)(x, x)
    assert not x.is_deleted()


def test_donation_of_a_value_that_has_another_name(backend):
    import jax
    import jax.numpy as jnp

    x = jnp.arange(4.0)
    alias = jax.device_put(x, jax.devices()[0], may_alias=True) if hasattr(jax, "device_put") else x
    result = jax.jit(lambda x: x + 1, donate_argnums=0)(x)
    np.testing.assert_array_equal(result, [1, 2, 3, 4])
    if not alias.is_deleted():
        np.testing.assert_array_equal(alias, [0, 1, 2, 3])


def test_many_small_arrays_come_and_go(backend):
    import jax

    before = jax.devices()[0].memory_stats()
    for i in range(300):
        array = jax.device_put(np.full(1000 + i, i, np.int32))
    assert int(np.asarray(array)[0]) == 299
    del array
    after = jax.devices()[0].memory_stats()
    if before and after:
        assert after["bytes_in_use"] - before["bytes_in_use"] < 1_000_000


def test_copies_between_devices(backend):
    import jax

    host = np.arange(5, dtype=np.float32)
    on_cpu = jax.device_put(jax.device_put(host), jax.devices("cpu")[0])
    np.testing.assert_array_equal(on_cpu, host)
    np.testing.assert_array_equal(jax.device_put(on_cpu, jax.devices()[0]), host)


def test_errors_have_a_code_and_a_place(backend):
    import jax

    if backend == "oracle":
        pytest.skip("the oracle supports everything")

    def unknown(x):
        return jax.ffi.ffi_call("no_such_target", jax.ShapeDtypeStruct(x.shape, x.dtype))(x)

    if not hasattr(jax, "ffi"):
        pytest.skip("this JAX has no jax.ffi")
    with pytest.raises(Exception) as caught:
        jax.jit(unknown)(np.float32(1)).block_until_ready()
    message = str(caught.value)
    assert "no_such_target" in message and "test_arrays.py" in message
    assert backend != "mlx" or "UNIMPLEMENTED" in message


def test_serialized_executables(backend):
    import jax
    from jax.experimental import serialize_executable

    compiled = jax.jit(lambda x: x * 3).lower(np.ones(4, np.float32)).compile()
    again = serialize_executable.deserialize_and_load(*serialize_executable.serialize(compiled))
    np.testing.assert_array_equal(again(np.ones(4, np.float32)), np.full(4, 3.0))


def test_numpy_looks_at_the_memory_of_the_array(backend):
    import jax
    import jax.numpy as jnp

    x = jax.jit(lambda a: a + 1)(jnp.zeros((300, 300)))
    first, second = np.asarray(x), np.asarray(x)
    assert first.__array_interface__["data"] == second.__array_interface__["data"] == (x.unsafe_buffer_pointer(), True)


def test_what_numpy_looks_at_outlives_the_array(backend):
    import jax
    import jax.numpy as jnp

    x = jax.jit(lambda a: a + 1)(jnp.zeros((300, 300)))
    seen = np.asarray(x)
    y = jax.jit(lambda a: 2 * a, donate_argnums=0)(x)  # must not write into what numpy sees
    assert x.is_deleted()
    del x
    for _ in range(10):
        y = jax.jit(lambda a: a + 1)(y)
    np.testing.assert_array_equal(seen, np.ones((300, 300)))
    np.testing.assert_array_equal(y, np.full((300, 300), 12))


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (5, 7)], ids=str)
def test_numpy_of_every_shape(backend, shape):
    import jax
    import jax.numpy as jnp

    x = np.arange(np.prod(shape), dtype=np.int16).reshape(shape)
    np.testing.assert_array_equal(np.asarray(jnp.asarray(x)), x)
    np.testing.assert_array_equal(np.asarray(jax.jit(lambda a: a.T)(x)), x.T)


def test_what_a_compiled_program_says_of_itself(backend):
    import jax
    import jax.numpy as jnp

    if backend == "oracle":
        pytest.skip("the oracle tells no costs")
    arguments = np.ones((8, 4), np.float32), np.ones((4, 3), np.float32)

    def compiled(platform):
        with jax.default_device(jax.devices(platform)[0]):
            return jax.jit(lambda x, y: jnp.sin(x) @ y + 1).lower(*arguments).compile()

    ours, theirs = compiled("hloom"), compiled("cpu")
    cost, expected = (c[0] if isinstance(c, list) else c for c in (ours.cost_analysis(), theirs.cost_analysis()))
    assert cost["flops"] == expected["flops"] and cost["transcendentals"] == expected["transcendentals"]
    assert 0.5 < cost["bytes accessed"] / expected["bytes accessed"] < 2
    for name in ("argument_size_in_bytes", "output_size_in_bytes"):
        assert getattr(ours.memory_analysis(), name) == getattr(theirs.memory_analysis(), name)
    assert "f32[8,4]" in ours.as_text() and "hloom.program" in ours.as_text()

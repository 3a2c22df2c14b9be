"""What a person tries first."""

import numpy as np


def test_the_default_device_is_hloom(backend):
    import jax

    assert [device.platform for device in jax.devices()] == ["hloom"]
    assert "HloomDevice" in repr(jax.devices()[0])
    assert jax.devices()[0].client.platform_version.splitlines()[-1].startswith("hloom")


def test_arange(backend):
    import jax.numpy as jnp

    assert str(jnp.arange(10)) == "[0 1 2 3 4 5 6 7 8 9]"


def test_round_trip(backend):
    import jax

    host = np.arange(12, dtype=np.float32).reshape(3, 4)
    array = jax.device_put(host)
    assert next(iter(array.devices())).platform == "hloom"
    np.testing.assert_array_equal(np.asarray(array), host)


def test_jit(backend):
    import jax
    import jax.numpy as jnp

    result = jax.jit(lambda x, w: jnp.tanh(x @ w) + 1)(np.ones((2, 3), np.float32), np.full((3, 2), 0.5, np.float32))
    np.testing.assert_allclose(result, np.full((2, 2), np.tanh(1.5) + 1), rtol=1e-6)


def test_several_results_and_pytrees(backend):
    import jax

    result = jax.jit(lambda t: {"sum": t["a"] + t["b"], "parts": (t["a"] * 2, t["b"] - 1)})({"a": 3.0, "b": 4.0})
    assert float(result["sum"]) == 7.0
    assert [float(part) for part in result["parts"]] == [6.0, 3.0]


def test_sums_and_sorting(backend):
    import jax.numpy as jnp

    x = jnp.array([3.0, 1.0, 2.0])
    assert float(jnp.sum(x)) == 6.0
    np.testing.assert_array_equal(jnp.sort(x), [1.0, 2.0, 3.0])


def test_memory_stats(backend):
    import jax

    stats = jax.devices()[0].memory_stats()
    assert stats is None or stats["bytes_in_use"] >= 0


def test_block_until_ready(backend):
    import jax
    import jax.numpy as jnp

    x = jax.jit(lambda x: x * 2)(jnp.ones((64, 64)))
    assert x.block_until_ready().is_ready()

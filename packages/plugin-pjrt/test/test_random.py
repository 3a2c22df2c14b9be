"""Random numbers are the same as on the CPU: bits and uniform exactly, normal within 2 ulp."""

import numpy as np


def on_both(function):
    import jax

    with jax.default_device(jax.devices("cpu")[0]):
        expected = np.asarray(function())
    return np.asarray(function()), expected


def ulps(a, b):
    """Distance in representable float32 values, monotone over zero."""
    order = lambda x: np.where((i := x.view(np.int32).astype(np.int64)) < 0, -(i & 0x7FFFFFFF), i)  # noqa: E731
    return np.abs(order(a) - order(b))


def test_bits(backend):
    import jax

    for shape in [(), (1,), (7,), (64, 3), (1000,)]:
        got, expected = on_both(lambda shape=shape: jax.random.bits(jax.random.key(42), shape))
        np.testing.assert_array_equal(got, expected)


def test_split_and_fold_in(backend):
    import jax

    got, expected = on_both(lambda: jax.random.key_data(jax.random.split(jax.random.fold_in(jax.random.key(1), 7), 5)))
    np.testing.assert_array_equal(got, expected)


def test_uniform(backend):
    import jax

    got, expected = on_both(lambda: jax.random.uniform(jax.random.key(0), (1000,)))
    np.testing.assert_array_equal(got, expected)


def test_normal(backend):
    import jax

    got, expected = on_both(lambda: jax.random.normal(jax.random.key(3), (10_000,)))
    # Where XLA computes a logarithm or contracts a product and a sum, so do we: next to all numbers have equal bits.
    distance = ulps(got, expected)
    assert distance.max() <= 2 and np.mean(distance > 0) < 0.001


def test_integers_and_permutations(backend):
    import jax

    got, expected = on_both(lambda: jax.random.randint(jax.random.key(5), (100,), -10, 1000))
    np.testing.assert_array_equal(got, expected)
    got, expected = on_both(lambda: jax.random.permutation(jax.random.key(6), 50))
    np.testing.assert_array_equal(got, expected)


def test_categorical_and_bernoulli(backend):
    import jax
    import jax.numpy as jnp

    got, expected = on_both(lambda: jax.random.categorical(jax.random.key(8), jnp.log(jnp.array([0.1, 0.2, 0.7])), shape=(200,)))
    assert (got == expected).mean() > 0.99
    got, expected = on_both(lambda: jax.random.bernoulli(jax.random.key(9), 0.3, (200,)))
    np.testing.assert_array_equal(got, expected)

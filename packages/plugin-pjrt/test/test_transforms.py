"""JAX's transformations and control flow."""

import numpy as np


def test_grad(backend):
    import jax
    import jax.numpy as jnp

    gradient = jax.grad(lambda x: jnp.sum(jnp.sin(x) ** 2))(jnp.array([0.1, 0.2, 0.3]))
    np.testing.assert_allclose(gradient, np.sin(2 * np.array([0.1, 0.2, 0.3])), rtol=1e-6)


def test_value_and_grad_of_a_layer(backend):
    import jax
    import jax.numpy as jnp

    def loss(w, x):
        return jnp.mean(jax.nn.relu(x @ w))

    x = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)
    w = np.linspace(-0.5, 1, 6, dtype=np.float32).reshape(3, 2)
    value, gradient = jax.value_and_grad(loss)(w, x)
    np.testing.assert_allclose(value, np.maximum(x @ w, 0).mean(), rtol=1e-5)
    np.testing.assert_allclose(gradient, x.T @ ((x @ w > 0) / 8), rtol=1e-5, atol=1e-7)


def test_vmap(backend):
    import jax
    import jax.numpy as jnp

    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    result = jax.vmap(lambda row, scale: jnp.dot(row, row) * scale)(x, jnp.array([1.0, 2.0]))
    np.testing.assert_allclose(result, [5.0, 100.0])


def test_jacobian_and_hessian(backend):
    import jax
    import jax.numpy as jnp

    np.testing.assert_allclose(jax.hessian(lambda x: jnp.sum(x**3))(jnp.array([1.0, 2.0])), [[6.0, 0.0], [0.0, 12.0]])


def test_scan(backend):
    import jax
    import jax.numpy as jnp

    last, history = jax.lax.scan(lambda c, x: (c + x, c * x), 0.0, jnp.arange(5.0))
    assert float(last) == 10.0
    np.testing.assert_allclose(history, [0.0, 0.0, 2.0, 9.0, 24.0])


def test_grad_through_scan(backend):
    import jax
    import jax.numpy as jnp

    def product(xs):
        return jax.lax.scan(lambda c, x: (c * x, None), 1.0, xs)[0]

    np.testing.assert_allclose(jax.jit(jax.grad(product))(jnp.array([2.0, 3.0, 4.0])), [12.0, 8.0, 6.0])


def test_while_loop(backend):
    import jax

    def collatz(n):
        return jax.lax.while_loop(
            lambda s: s[0] != 1, lambda s: (jax.numpy.where(s[0] % 2 == 0, s[0] // 2, 3 * s[0] + 1), s[1] + 1), (n, 0)
        )[1]

    assert int(jax.jit(collatz)(27)) == 111


def test_fori_loop(backend):
    import jax

    assert int(jax.lax.fori_loop(0, 10, lambda i, total: total + i, 0)) == 45


def test_cond_and_switch(backend):
    import jax

    choose = jax.jit(lambda p, x: jax.lax.cond(p, lambda x: x + 1, lambda x: x * 10, x))
    assert (float(choose(True, 2.0)), float(choose(False, 2.0))) == (3.0, 20.0)
    pick = jax.jit(lambda i, x: jax.lax.switch(i, [lambda x: x, lambda x: -x, lambda x: x * x], x))
    assert [float(pick(i, 3.0)) for i in range(3)] == [3.0, -3.0, 9.0]


def test_checkpoint_and_custom_derivatives(backend):
    import jax
    import jax.numpy as jnp

    @jax.custom_jvp
    def f(x):
        return jnp.exp(x)

    f.defjvp(lambda primals, tangents: (f(primals[0]), 2 * tangents[0]))
    assert float(jax.grad(f)(1.0)) == 2.0
    assert abs(float(jax.grad(jax.checkpoint(lambda x: jnp.sin(jnp.sin(x))))(0.5)) - np.cos(np.sin(0.5)) * np.cos(0.5)) < 1e-6


def test_indexing_and_scatter(backend):
    import jax.numpy as jnp

    x = jnp.arange(10.0)
    np.testing.assert_array_equal(x[jnp.array([1, 3, 5])], [1.0, 3.0, 5.0])
    np.testing.assert_array_equal(x.at[jnp.array([0, 0])].add(2.0)[:2], [4.0, 1.0])
    np.testing.assert_array_equal(x[::-2], [9.0, 7.0, 5.0, 3.0, 1.0])


def test_lower_compile_call(backend):
    import jax

    compiled = jax.jit(lambda x: x + 1).lower(np.float32(1)).compile()
    assert float(compiled(np.float32(1))) == 2.0


def test_compile_options(backend):
    """Those of XLA pass, since they change no result; a misspelt one does not."""
    import jax
    import pytest

    lowered = jax.jit(lambda x: x + 1).lower(np.float32(1))
    assert float(lowered.compile(compiler_options={"xla_embed_ir_in_executable": True})(np.float32(1))) == 2.0
    with pytest.raises(Exception, match="No such compile option: 'fast'"):
        lowered.compile(compiler_options={"fast": True})


def test_analyses(backend):
    import jax

    compiled = jax.jit(lambda x: x + 1).lower(np.ones(8, np.float32)).compile()
    assert compiled.memory_analysis().argument_size_in_bytes == 32
    compiled.cost_analysis()

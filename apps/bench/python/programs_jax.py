"""The benchmark programs as JAX functions; XLA:CPU runs them, and hloom the modules that they lower to."""

import jax
import jax.numpy as jnp


def layer_norm(x, weight, bias):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * weight + bias


def convolution(x, kernel):
    return jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def mlp_train(w1, b1, w2, b2, x, y):
    def loss(parameters):
        w1, b1, w2, b2 = parameters
        logits = jnp.tanh(x @ w1 + b1) @ w2 + b2
        return -(y * jax.nn.log_softmax(logits)).sum(-1).mean()

    parameters = (w1, b1, w2, b2)
    gradients = jax.grad(loss)(parameters)
    return tuple(p - 0.1 * g for p, g in zip(parameters, gradients))


def scan(h, w):
    return jax.lax.fori_loop(0, 1000, lambda _, h: jnp.tanh(w @ h), h)


PROGRAMS = {
    "dispatch": lambda x: x + 1,
    "matmul 512": lambda a, b: a @ b,
    "gelu 1M": lambda x: jax.nn.gelu(x, approximate=True),
    "softmax 1024": lambda x: jax.nn.softmax(x, axis=-1),
    "layer norm 1024": layer_norm,
    "conv 3x3": convolution,
    "mlp train": mlp_train,
    "scan 1000": scan,
    "sort 100k": lambda x: jnp.sort(x),
    "random normal": lambda key: jax.random.normal(jax.random.wrap_key_data(key), (100_000,)),
}

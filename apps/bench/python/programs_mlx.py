"""The benchmark programs as a careful person writes them for MLX."""

import mlx.core as mx


def gelu(x):
    return 0.5 * x * (1 + mx.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))


def mlp_train(w1, b1, w2, b2, x, y):
    def loss(w1, b1, w2, b2):
        logits = mx.tanh(x @ w1 + b1) @ w2 + b2
        return -(y * (logits - mx.logsumexp(logits, axis=-1, keepdims=True))).sum(-1).mean()

    parameters = (w1, b1, w2, b2)
    gradients = mx.grad(loss, argnums=(0, 1, 2, 3))(*parameters)
    return tuple(p - 0.1 * g for p, g in zip(parameters, gradients))


def scan(h, w):
    for _ in range(1000):
        h = mx.tanh(w @ h)
    return h


PROGRAMS = {
    "dispatch": lambda x: x + 1,
    "matmul 512": lambda a, b: a @ b,
    "gelu 1M": gelu,
    "softmax 1024": lambda x: mx.softmax(x, axis=-1),
    "layer norm 1024": lambda x, weight, bias: mx.fast.layer_norm(x, weight, bias, 1e-5),
    "conv 3x3": lambda x, kernel: mx.conv2d(x, mx.transpose(kernel, (3, 0, 1, 2)), padding=1),
    "mlp train": mlp_train,
    "scan 1000": scan,
    "sort 100k": lambda x: mx.sort(x),
    "random normal": lambda key: mx.random.normal((100_000,), key=key),
}

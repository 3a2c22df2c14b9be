"""What `pnpm bench cpu` runs: for each name a JAX function and a function that makes its arguments."""

import jax
import jax.numpy as jnp
import numpy as np
from inputs import normal
from jax import lax
from programs_jax import PROGRAMS, convolution, layer_norm

SIZES = {"16k": 16_384, "1M": 1_048_576, "10M": 10_485_760}


def elementwise():
    functions = {"exp": jnp.exp, "tanh": jnp.tanh, "log1p": lambda x: jnp.log1p(x * x), "gelu": PROGRAMS["gelu 1M"]}
    for name, function in functions.items():
        for size, count in SIZES.items():
            yield f"{name} {size}", function, lambda count=count: (normal(count),)
    for size, count in SIZES.items():
        vectors = lambda names, count=count: tuple(normal(count, seed=i) for i in range(names))
        yield f"a*b+c {size}", lambda a, b, c: a * b + c, lambda vectors=vectors: vectors(3)
        yield f"x+1 {size}", lambda x: x + 1, lambda vectors=vectors: vectors(1)


def rows():
    matrix = lambda *shape: lambda: (normal(*shape),)
    yield "softmax 64x1024", lambda x: jax.nn.softmax(x, axis=-1), matrix(64, 1024)
    yield "softmax 1024x1024", lambda x: jax.nn.softmax(x, axis=-1), matrix(1024, 1024)
    norm = lambda rows: lambda: (normal(rows, 1024), normal(1024, seed=1), normal(1024, seed=2))
    yield "layer norm 64x1024", layer_norm, norm(64)
    yield "layer norm 1024x1024", layer_norm, norm(1024)
    yield "sum 1M", jnp.sum, matrix(1_048_576)
    yield "sum 8M", jnp.sum, matrix(8_388_608)
    yield "sum of rows 1024", lambda x: x.sum(1), matrix(1024, 1024)
    yield "sum of columns 1024", lambda x: x.sum(0), matrix(1024, 1024)
    yield "max of rows 1024", lambda x: x.max(1), matrix(1024, 1024)
    yield "argmax of rows 1024", lambda x: x.argmax(1), matrix(1024, 1024)
    yield "cumsum 1024x1024", lambda x: jnp.cumsum(x, axis=1), matrix(1024, 1024)
    yield "transpose 512", lambda x: x.T, matrix(512, 512)
    yield "transpose 2048", lambda x: x.T, matrix(2048, 2048)
    yield "transpose heads", lambda x: x.transpose(0, 2, 1, 3), matrix(8, 256, 16, 64)


def products():
    square = lambda n, dtype=np.float32: lambda: (normal(n, n).astype(dtype), normal(n, n, seed=1).astype(dtype))
    multiply = lambda a, b: a @ b
    for n in (512, 1024, 2048):
        yield f"matmul f32 {n}", multiply, square(n)
    for n in (512, 1024):
        yield f"matmul f64 {n}", multiply, square(n, np.float64)
    yield "matmul f32 64", multiply, square(64)
    yield "matmul 1x1024", multiply, lambda: (normal(1, 1024), normal(1024, 1024, seed=1))
    yield "matmul 32 of 128", multiply, lambda: (normal(32, 128, 128), normal(32, 128, 128, seed=1))
    heads = lambda: (normal(4, 256, 8, 64), normal(4, 256, 8, 64, seed=1))
    yield "attention scores", lambda q, k: jnp.einsum("bqhd,bkhd->bhqk", q, k), heads
    image = lambda n, size, channels, kernel, out: lambda: (
        normal(n, size, size, channels),
        normal(kernel, kernel, channels, out, seed=1) * 0.1,
    )
    yield "conv 3x3 56x56x64", convolution, image(4, 56, 64, 3, 64)
    yield "conv 3x3 14x14x256", convolution, image(4, 14, 256, 3, 256)
    yield "conv 1x1 28x28x256", convolution, image(4, 28, 256, 1, 128)
    numbers = ("NHWC", "HWIO", "NHWC")
    strided = lambda x, w: lax.conv_general_dilated(x, w, (2, 2), "SAME", dimension_numbers=numbers)
    yield "conv 7x7 224x224x3", strided, image(1, 224, 3, 7, 64)
    depthwise = lambda x, w: lax.conv_general_dilated(
        x, w, (1, 1), "SAME", dimension_numbers=numbers, feature_group_count=64
    )
    yield "conv depthwise 56x56x64", depthwise, lambda: (normal(4, 56, 56, 64), normal(3, 3, 1, 64, seed=1))


def moves():
    yield "sort 1M", jnp.sort, lambda: (normal(1_048_576),)
    yield "sort rows 1024", lambda x: jnp.sort(x, axis=1), lambda: (normal(1024, 1024),)
    yield "argsort 100k", jnp.argsort, lambda: (normal(100_000),)
    waves = lambda *shape: lambda: ((normal(*shape) + 1j * normal(*shape, seed=1)).astype(np.complex64),)
    yield "fft 1024x1024", jnp.fft.fft, waves(1024, 1024)
    yield "fft 1M", jnp.fft.fft, waves(1_048_576)
    yield "rfft 256x4096", jnp.fft.rfft, lambda: (normal(256, 4096),)
    draw = lambda count, below: np.random.default_rng(2).integers(0, below, count, np.int32)
    yield "gather 1M", lambda x, i: x[i], lambda: (normal(1_048_576), draw(1_048_576, 1_048_576))
    yield "gather rows", lambda x, i: x[i], lambda: (normal(16_384, 256), draw(4096, 16_384))
    add = lambda x, i, u: x.at[i].add(u)
    yield "scatter-add rows", add, lambda: (normal(4096, 256), draw(4096, 4096), normal(4096, 256, seed=1))


def loops():
    yield "scan of 1000 matvecs", PROGRAMS["scan 1000"], lambda: (normal(32), normal(32, 32, seed=1) * 0.1)

    def newton(x):
        step = lambda state: (state[0] + 1, state[1] - 0.01 * (state[1] ** 2 - x) / (2 * state[1]))
        return lax.while_loop(lambda state: state[0] < 1000, step, (0, x + 1))[1]

    yield "while of 1000 scalars", newton, lambda: (np.float32(2),)

    def cell(state, x, w):
        h, c = state
        i, f, g, o = jnp.split(w @ jnp.concatenate([x, h]), 4)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    def lstm(w, xs):
        zero = jnp.zeros(16)
        return lax.scan(lambda state, x: cell(state, x, w), (zero, zero), xs)[1]

    yield "scan of 1000 LSTM steps", lstm, lambda: (normal(64, 24) * 0.3, normal(1000, 8, seed=1))


CASES = {
    name: (function, arguments)
    for family in (elementwise, rows, products, moves, loops)
    for name, function, arguments in family()
}

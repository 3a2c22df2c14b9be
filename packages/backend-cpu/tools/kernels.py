"""Serves kernels.ts: writes the modules and inputs of programs, and times XLA:CPU when asked to."""

import base64
import json
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

jax.config.update("jax_enable_x64", True)
draw = np.random.default_rng(0)


def normal(*shape, dtype=np.float32):
    return draw.standard_normal(shape).astype(dtype)


def whole(high, *shape):
    return draw.integers(0, high, shape).astype(np.int32)


def complexes(*shape):
    return (normal(*shape) + 1j * normal(*shape)).astype(np.complex64)


def conv(strides, layout="NHWC", groups=1):
    kernel = "HWIO" if layout == "NHWC" else "OIHW"
    numbers = (layout, kernel, layout)
    return lambda x, k: lax.conv_general_dilated(
        x, k, (strides, strides), "SAME", dimension_numbers=numbers, feature_group_count=groups
    )


def kernel_gradient(x, k, g):
    return jax.vjp(lambda k: conv(1)(x, k), k)[1](g)[0]


def pool_gradient(x):
    pool = lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID").sum()
    return jax.grad(pool)(x)


def spd(n):
    a = normal(n, n)
    return a @ a.T + n * np.eye(n, dtype=np.float32)


PROGRAMS = {
    **{f"matmul {n}": (lambda a, b: a @ b, lambda n=n: (normal(n, n), normal(n, n))) for n in (32, 128, 512, 1024, 2048)},
    **{
        f"matmul f64 {n}": (lambda a, b: a @ b, lambda n=n: (normal(n, n, dtype=np.float64), normal(n, n, dtype=np.float64)))
        for n in (512, 1024)
    },
    "matmul bf16 512": (lambda a, b: jnp.dot(a, b, preferred_element_type=jnp.float32), lambda: (normal(512, 512).astype(jnp.bfloat16), normal(512, 512).astype(jnp.bfloat16))),
    "matmul c64 256": (lambda a, b: a @ b, lambda: (complexes(256, 256), complexes(256, 256))),
    "matmul i32 256": (lambda a, b: a @ b, lambda: (whole(100, 256, 256), whole(100, 256, 256))),
    "batched 64 of 64": (lambda a, b: a @ b, lambda: (normal(64, 64, 64), normal(64, 64, 64))),
    "batched 1024 of 8": (lambda a, b: a @ b, lambda: (normal(1024, 8, 8), normal(1024, 8, 8))),
    "attention scores": (lambda q, k: jnp.einsum("bthd,bshd->bhts", q, k), lambda: (normal(4, 128, 8, 64), normal(4, 128, 8, 64))),
    "attention values": (lambda p, v: jnp.einsum("bhts,bshd->bthd", p, v), lambda: (normal(4, 8, 128, 128), normal(4, 128, 8, 64))),
    "matrix vector": (lambda a, x: a @ x, lambda: (normal(1024, 1024), normal(1024))),
    "vector matrix": (lambda x, a: x @ a, lambda: (normal(1024), normal(1024, 1024))),
    "conv 3x3 64": (conv(1), lambda: (normal(4, 56, 56, 64), normal(3, 3, 64, 64))),
    "conv 3x3 256": (conv(1), lambda: (normal(4, 14, 14, 256), normal(3, 3, 256, 256))),
    "conv 1x1": (conv(1), lambda: (normal(4, 56, 56, 64), normal(1, 1, 64, 256))),
    "conv 7x7 stride 2": (conv(2), lambda: (normal(4, 224, 224, 3), normal(7, 7, 3, 64))),
    "conv NCHW": (conv(1, "NCHW"), lambda: (normal(4, 64, 56, 56), normal(64, 64, 3, 3))),
    "conv depthwise": (conv(1, groups=64), lambda: (normal(4, 56, 56, 64), normal(3, 3, 1, 64))),
    "conv kernel gradient": (kernel_gradient, lambda: (normal(4, 56, 56, 64), normal(3, 3, 64, 64), normal(4, 56, 56, 64))),
    "sort 100k": (jnp.sort, lambda: (normal(100_000),)),
    "sort 1M": (jnp.sort, lambda: (normal(1_000_000),)),
    "sort rows": (jnp.sort, lambda: (normal(1000, 1000),)),
    "sort i32": (jnp.sort, lambda: (whole(1 << 30, 100_000),)),
    "argsort 100k": (jnp.argsort, lambda: (normal(100_000),)),
    "top_k": (lambda x: lax.top_k(x, 10), lambda: (normal(100, 10_000),)),
    "fft 1024x1024": (jnp.fft.fft, lambda: (complexes(1024, 1024),)),
    "fft 1M": (jnp.fft.fft, lambda: (complexes(1 << 20),)),
    "fft 1000x1000": (jnp.fft.fft, lambda: (complexes(1000, 1000),)),
    "rfft 1024x1024": (jnp.fft.rfft, lambda: (normal(1024, 1024),)),
    "rfft 256x4096": (jnp.fft.rfft, lambda: (normal(256, 4096),)),
    "irfft 1024x1024": (jnp.fft.irfft, lambda: (complexes(1024, 513),)),
    "fft2 512x512": (jnp.fft.fft2, lambda: (complexes(512, 512),)),
    "gather rows": (lambda t, i: t[i], lambda: (normal(10_000, 256), whole(10_000, 4096))),
    "gather scalars": (lambda t, i: t[i], lambda: (normal(1_000_000), whole(1_000_000, 1_000_000))),
    "scatter add rows": (lambda t, i, u: t.at[i].add(u), lambda: (normal(10_000, 256), whole(10_000, 4096), normal(4096, 256))),
    "max pool": (lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID"), lambda: (normal(8, 56, 56, 64),)),
    "avg pool 3x3": (lambda x: lax.reduce_window(x, 0.0, lax.add, (1, 3, 3, 1), (1, 1, 1, 1), "SAME"), lambda: (normal(8, 56, 56, 64),)),
    "max pool gradient": (pool_gradient, lambda: (normal(8, 56, 56, 64),)),
    "cumsum 1M": (jnp.cumsum, lambda: (normal(1_000_000),)),
    "cumsum rows": (lambda x: jnp.cumsum(x, axis=0), lambda: (normal(1000, 1000),)),
    "pad": (lambda x: jnp.pad(x, ((1, 1), (1, 1))), lambda: (normal(1000, 1000),)),
    "concatenate": (lambda a, b: jnp.concatenate([a, b], axis=1), lambda: (normal(1000, 500), normal(1000, 500))),
    "cholesky 256": (lax.linalg.cholesky, lambda: (spd(256),)),
    "triangular solve 256": (lambda a, b: lax.linalg.triangular_solve(a, b, left_side=True, lower=True), lambda: (np.tril(spd(256)), normal(256, 256))),
    "random bits": (lambda k: jax.random.bits(jax.random.wrap_key_data(k), (1_000_000,)), lambda: (np.array([0, 42], np.uint32),)),
    "rng_bit_generator": (lambda k: lax.rng_bit_generator(k, (1_000_000,)), lambda: (np.array([0, 42, 1, 2], np.uint32),)),
}


def encoded(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


prepared = {}


def prepare(name):
    function, inputs = PROGRAMS[name]
    arrays = [jnp.asarray(array) for array in inputs()]
    traced = jax.jit(function, keep_unused=True).trace(*arrays)
    # On its own platform JAX calls LAPACK.
    linear = name.startswith(("cholesky", "triangular"))
    text = traced.lower(lowering_platforms=("tpu" if linear else "cpu",)).as_text()
    run = traced.lower().compile()
    prepared[name] = lambda: jax.block_until_ready(run(*arrays))
    outputs = jax.tree_util.tree_leaves(prepared[name]())
    return {
        "text": text,
        "inputs": [encoded(array) for array in arrays],
        "outputs": [encoded(array) for array in outputs],
    }


def timed(name, milliseconds):
    run = prepared[name]
    best, began = float("inf"), time.perf_counter()
    while True:
        start = time.perf_counter()
        run()
        now = time.perf_counter()
        best = min(best, now - start)
        if now - began > milliseconds / 1000:
            return best * 1000


for line in sys.stdin:
    request = json.loads(line)
    if request["do"] == "list":
        answer = list(PROGRAMS)
    elif request["do"] == "prepare":
        answer = prepare(request["name"])
    else:
        answer = timed(request["name"], request["milliseconds"])
    print(json.dumps(answer), flush=True)

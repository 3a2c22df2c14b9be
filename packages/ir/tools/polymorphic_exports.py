"""Shape-polymorphic programs as JAX exports them, with arguments and JAX's own results: NAME.mlir.bc and NAME.npz.

Takes a folder. Each program is exported for one platform, and (NAME_2) for two, which adds the platform's index as
first argument.
"""

import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np
from jax import export, lax

jax.config.update("jax_platforms", "cpu")


def accumulate(x):
    return lax.fori_loop(0, x.shape[0], lambda i, c: c + x[i].sum() * x.shape[0], jnp.float32(0))


def branches(x):
    return lax.cond(x.sum() > 0, lambda a: jnp.sort(a, 0), lambda a: a[::-1], x)


def convolution(x):
    numbers = ("NHWC", "HWIO", "NHWC")
    return lax.conv_general_dilated(x, jnp.ones((3, 3, 2, 4)), (2, 2), "SAME", dimension_numbers=numbers)


# Name: the function, the symbolic shapes of its arguments, their shapes in the run.
PROGRAMS = {
    "flat_dot": (lambda x: x.reshape(-1) @ jnp.ones(x.size), ["a,b"], [(3, 4)]),
    "softmax": (lambda x: jax.nn.softmax(x, axis=-1), ["a,b"], [(3, 4)]),
    "concatenate": (lambda x, y: jnp.concatenate([x, y], 0).sum(0), ["a,4", "b,4"], [(3, 4), (2, 4)]),
    "accumulate": (accumulate, ["a,b"], [(3, 4)]),
    "scan": (
        lambda x: lax.scan(lambda c, a: (c + a, c * x.shape[0]), jnp.zeros(x.shape[1:]), x),
        ["a,b"],
        [(3, 4)],
    ),
    "halves": (lambda x: jnp.where(x > 0, x, 0).reshape(x.shape[0] // 2, 2, -1), ["2*a,b"], [(6, 4)]),
    "layer": (lambda x, w: jax.nn.relu(x @ w).mean(axis=0), ["b,8", "8,c"], [(3, 8), (8, 5)]),
    "branches": (branches, ["a,3"], [(3, 3)]),
    "norm": (lambda x: (jnp.linalg.norm(x, axis=1), jnp.arange(x.shape[0])), ["a,3"], [(4, 3)]),
    "random": (lambda x: jax.random.uniform(jax.random.key(0), x.shape), ["a,3"], [(4, 3)]),
    "convolution": (convolution, ["b,h,h,2"], [(2, 6, 6, 2)]),
    "cumsum": (lambda x: (jnp.cumsum(x, 0), jnp.argmax(x, 1)), ["a,b"], [(3, 4)]),
    "pool": (
        lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (x.shape[0] // 2, 2), (1, 2), "SAME"),
        ["2*a,b"],
        [(6, 5)],
    ),
    "top": (lambda x: lax.top_k(x, x.shape[1] - 1), ["a,b"], [(3, 4)]),
    "pad": (lambda x: jnp.pad(x, ((x.shape[0] - 2, 1), (0, 2))), ["a+2,b"], [(5, 4)]),
    "roll": (lambda x: jnp.roll(x, 2, 0)[: x.shape[0] // 2], ["a,b"], [(6, 4)]),
}


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    for name, (function, specs, shapes) in PROGRAMS.items():
        arguments = [random.standard_normal(shape).astype(np.float32) for shape in shapes]
        results = [np.asarray(leaf) for leaf in jax.tree.leaves(jax.jit(function)(*arguments))]
        symbolic = export.symbolic_args_specs([jax.ShapeDtypeStruct(a.shape, a.dtype) for a in arguments], specs)
        for suffix, platforms, first in [("", ["cpu"], []), ("_2", ["cpu", "tpu"], [np.int32(0)])]:
            exported = export.export(jax.jit(function), platforms=platforms)(*symbolic)
            (folder / f"{name}{suffix}.mlir.bc").write_bytes(exported.mlir_module_serialized)
            inputs = {f"in{i}": value for i, value in enumerate(first + arguments)}
            np.savez(folder / f"{name}{suffix}.npz", **inputs, **{f"out{i}": v for i, v in enumerate(results)})


main()

"""A sample of JAX's own test harnesses, thousands of small programs that come with JAX, against XLA:CPU.

HLOOM_HARNESSES_EVERY chooses every n-th; 1 runs all of them.
"""

import os

import numpy as np
import pytest

# Results that are right in more than one way; test_linalg.py checks them by what defines them.
NOT_UNIQUE = {"eig", "eigh", "svd", "schur", "hessenberg", "qr", "geqrf", "householder_product", "lu"}

# Results of which only the lower triangle means something.
LOWER = {"cholesky"}

# Some 230 of the 5,594; those that need x64 stay out.
EVERY = int(os.environ.get("HLOOM_HARNESSES_EVERY", "23"))

WIDE = ("float64", "complex128", "int64", "uint64")
# What a device may lack, by the words of its refusal. Anything else is a failure.
REFUSALS = {"mlx": ("element type",), "cpu": ()}


def sample():
    from jax._src.internal_test_util import test_harnesses

    fitting = [h for h in test_harnesses.all_harnesses if h.filter("cpu") and str(np.dtype(h.dtype)) not in WIDE]
    return fitting[::EVERY]


def compare(actual, expected):
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert (actual.shape, actual.dtype) == (expected.shape, expected.dtype)
    kind = actual.dtype.name
    if "float" in kind or "complex" in kind:
        tolerance = {"bfloat16": 2e-2, "float16": 4e-3}.get(kind, 3e-2 if "float8" in kind else 1e-4)
        wide = np.complex128 if "complex" in kind else np.float64
        actual, expected = actual.astype(wide), expected.astype(wide)
        finite = np.abs(expected[np.isfinite(expected)])
        # What cancels in a sum is lost at the scale of the terms.
        absolute = tolerance * max(1.0, finite.max(initial=0.0) if kind == "bfloat16" else 1.0)
        np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=absolute)
    else:
        np.testing.assert_array_equal(actual, expected)


def test_harnesses_agree_with_xla(backend):
    import jax

    failures, ran, refused = [], 0, 0
    for harness in sample():
        if harness.group_name in NOT_UNIQUE:
            continue
        arguments = harness.dyn_args_maker(np.random.RandomState(0))
        try:
            with jax.default_device(jax.devices("cpu")[0]):
                expected = jax.tree.leaves(jax.jit(harness.dyn_fun)(*arguments))
        except Exception:  # noqa: BLE001  XLA:CPU cannot either
            continue
        ran += 1
        try:
            actual = jax.tree.leaves(jax.jit(harness.dyn_fun)(*arguments))
            for ours, theirs in zip(actual, expected, strict=True):
                if jax.dtypes.issubdtype(theirs.dtype, jax.dtypes.prng_key):
                    ours, theirs = jax.random.key_data(ours), jax.random.key_data(theirs)
                if harness.group_name in LOWER:
                    ours, theirs = np.tril(ours), np.tril(theirs)
                compare(ours, theirs)
        except Exception as error:  # noqa: BLE001
            if any(words in str(error) for words in REFUSALS[backend]):
                refused += 1
                continue
            failures.append(f"{harness.fullname}: {type(error).__name__}: {str(error)[:300]}")
    print(f"{backend}: {ran} harnesses, {len(failures)} differ, {refused} refused for their element type")
    assert ran > 0
    if failures:
        pytest.fail(f"{len(failures)} of {ran} harnesses:\n" + "\n".join(failures), pytrace=False)

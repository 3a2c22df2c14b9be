"""bf16 rounds where XLA:CPU rounds it; HLOOM_EXCESS_PRECISION=0 rounds each result."""

import pytest

pytestmark = pytest.mark.here

CODE = """
import numpy as np, jax, jax.numpy as jnp
x, y = (jax.random.uniform(jax.random.key(i), (64,), jnp.bfloat16) for i in range(2))
product = lambda x, y: (x * y).astype(jnp.float32)
ours = jax.jit(product)(x, y)
cpu = jax.devices("cpu")[0]
theirs = jax.jit(product)(jax.device_put(x, cpu), jax.device_put(y, cpu))
rounded = np.asarray(ours.astype(jnp.bfloat16).astype(jnp.float32))
print("as XLA", np.array_equal(ours, theirs), "rounded", np.array_equal(ours, rounded))
"""


@pytest.mark.parametrize(
    ("setting", "expected"),
    [({}, "as XLA True rounded False"), ({"HLOOM_EXCESS_PRECISION": "0"}, "as XLA False rounded True")],
)
def test_products_before_conversion(backend, jax_process, setting, expected):
    process = jax_process(backend, CODE, **setting)
    text, _ = process.communicate(timeout=120)
    assert process.returncode == 0, text
    assert expected in text, text

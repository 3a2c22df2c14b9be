"""Any backend is a JAX device: a path to a TypeScript file is enough."""

import pathlib

import pytest

pytestmark = pytest.mark.here

EXAMPLE = pathlib.Path(__file__).resolve().parents[3] / "examples" / "third-party-backend" / "index.ts"

CODE = """
import jax, jax.numpy as jnp
assert jax.devices()[0].platform == "hloom"
print(jax.grad(lambda x: jnp.sum(jnp.sin(x)))(jnp.zeros(3)))
"""


def test_a_backend_by_its_path(jax_process):
    process = jax_process(str(EXAMPLE), CODE)
    text, _ = process.communicate(timeout=120)
    assert process.returncode == 0, text
    assert "[1. 1. 1.]" in text and "narrating: a program of" in text, text

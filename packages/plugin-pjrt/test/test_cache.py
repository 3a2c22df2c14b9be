"""JAX's persistent compilation cache: the second process compiles nothing."""

import pytest

pytestmark = pytest.mark.here

CODE = """
import sys
import numpy as np, jax
jax.config.update("jax_compilation_cache_dir", sys.argv[1] if len(sys.argv) > 1 else FOLDER)
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
from jax._src import monitoring
hits = []
monitoring.register_event_listener(lambda event, **kwargs: hits.append(event) if event.endswith("/cache_hits") else None)
result = jax.jit(lambda x: x * 3 + 1)(np.arange(4, dtype=np.float32))
np.testing.assert_array_equal(result, [1, 4, 7, 10])
print("hits", len(hits))
"""


def test_a_second_process_compiles_nothing(backend, jax_process, tmp_path):
    code = f"FOLDER = {str(tmp_path)!r}\n{CODE}"
    for expected in ["hits 0", "hits 1"]:
        process = jax_process(backend, code)
        text, _ = process.communicate(timeout=120)
        assert process.returncode == 0, text
        assert expected in text, text
    assert list(tmp_path.iterdir())

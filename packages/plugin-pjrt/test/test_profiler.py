"""What jax.profiler.trace shows of hloom."""

import glob
import gzip
import json


def test_a_trace_shows_compilations_stages_and_executions(backend, tmp_path):
    import jax
    import jax.numpy as jnp

    x = jnp.ones((200, 200))

    def traced_program(a):
        return jnp.sin(a) @ a

    with jax.profiler.trace(str(tmp_path), create_perfetto_trace=True):
        step = jax.jit(traced_program)
        for _ in range(3):
            y = step(x)
        y.block_until_ready()
    step(x).block_until_ready()  # not in the trace
    [path] = glob.glob(f"{tmp_path}/**/perfetto_trace.json.gz", recursive=True)
    events = json.load(gzip.open(path))["traceEvents"]
    [process] = [e["pid"] for e in events if e.get("name") == "process_name" and "hloom" in e["args"].get("name", "")]
    ours = [e for e in events if e.get("pid") == process]
    lines = {e["tid"]: e["args"]["name"] for e in ours if e.get("name") == "thread_name"}
    spans = [(lines[e["tid"]], e) for e in ours if e["ph"] == "X"]
    [compilation] = [e for line, e in spans if line == "compilations" and "traced_program" in e["name"]]
    executions = [e for line, e in spans if line == "executions" and "traced_program" in e["name"]]
    assert len(executions) == 3
    assert all(e["ts"] >= compilation["ts"] + compilation["dur"] for e in executions)
    assert all(a["ts"] + a["dur"] <= b["ts"] + 1 for a, b in zip(executions, executions[1:]))
    # The compile host reads another clock, by whole microseconds.
    begin, end = compilation["ts"] - 1000, compilation["ts"] + compilation["dur"] + 1000
    stages = {e["name"] for line, e in spans if line == "compile stages" and begin <= e["ts"] <= e["ts"] + e["dur"] <= end}
    assert backend != "mlx" or {"canonical", "mlx", "program"} <= stages

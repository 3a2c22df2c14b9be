"""A contestant in a process of its own. Reads one JSON request a line, answers one JSON line.

`server.py jax` times XLA:CPU and writes the modules that hloom runs; `server.py mlx` times hand-written MLX.
Requests: {"prepare": NAME, "folder": DIR} and {"run": NAME, "times": N}; times are in milliseconds.
"""

import json
import os
import sys
import time

import numpy as np
from inputs import INPUTS


class Jax:
    def __init__(self):
        os.environ["JAX_PLATFORMS"] = "cpu"
        import jax
        from programs_jax import PROGRAMS

        self.jax, self.programs, self.ready = jax, PROGRAMS, {}

    def prepare(self, name, folder):
        jax = self.jax
        inputs = INPUTS[name]()
        start = time.perf_counter()
        lowered = jax.jit(self.programs[name]).lower(*inputs)
        traced = time.perf_counter()
        compiled = lowered.compile()
        done = time.perf_counter()
        # For a platform that JAX does not know, as a plugin receives it.
        portable = jax.jit(self.programs[name]).trace(*inputs).lower(lowering_platforms=("hloom",))
        base = os.path.join(folder, name.replace(" ", "_"))
        with open(base + ".mlir", "w") as file:
            file.write(portable.as_text())
        args = [jax.device_put(x) for x in inputs]
        outputs = jax.tree_util.tree_leaves(compiled(*args))
        for i, x in enumerate(inputs):
            np.ascontiguousarray(x).tofile(f"{base}.in{i}")
        for i, x in enumerate(outputs):
            np.ascontiguousarray(x).tofile(f"{base}.out{i}")
        self.ready[name] = lambda: jax.block_until_ready(compiled(*args))
        return {"file": base, "compile": (done - traced) * 1e3, "trace": (traced - start) * 1e3}


class Mlx:
    def __init__(self):
        import mlx.core as mx
        from programs_mlx import PROGRAMS

        self.mx, self.programs, self.ready = mx, PROGRAMS, {}

    def prepare(self, name, folder):
        mx, function = self.mx, self.programs[name]
        args = [mx.array(x) for x in INPUTS[name]()]
        mx.eval(args)
        start = time.perf_counter()
        mx.eval(function(*args))
        self.ready[name] = lambda: mx.eval(function(*args))
        return {"compile": (time.perf_counter() - start) * 1e3}


def timed(run, times):
    samples = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        samples.append((time.perf_counter() - start) * 1e3)
    return samples


def main():
    contestant = {"jax": Jax, "mlx": Mlx}[sys.argv[1]]()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "prepare" in request:
                answer = contestant.prepare(request["prepare"], request["folder"])
            else:
                answer = {"samples": timed(contestant.ready[request["run"]], request["times"])}
        except Exception as error:  # the table shows the reason; the other rows go on
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

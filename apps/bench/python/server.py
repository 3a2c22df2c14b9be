"""A contestant in a process of its own. Reads one JSON request a line, answers one JSON line.

`server.py jax` times XLA:CPU and writes the modules that hloom runs; `server.py mlx` times hand-written MLX;
`server.py ir` times jaxlib's C++ readers, verifier and printer, where a name is a verb and a path.
Requests: {"prepare": NAME, "folder": DIR} and {"run": NAME, "times": N}; times are in milliseconds.
"""

import json
import os
import sys
import time

import numpy as np


class Jax:
    def __init__(self):
        os.environ["JAX_PLATFORMS"] = "cpu"
        import jax
        from inputs import INPUTS
        from programs_jax import PROGRAMS

        self.inputs = INPUTS
        self.jax, self.programs, self.ready = jax, PROGRAMS, {}

    def prepare(self, name, folder):
        jax = self.jax
        inputs = self.inputs[name]()
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
        from inputs import INPUTS
        from programs_mlx import PROGRAMS

        self.inputs = INPUTS
        self.mx, self.programs, self.ready = mx, PROGRAMS, {}

    def prepare(self, name, folder):
        mx, function = self.mx, self.programs[name]
        args = [mx.array(x) for x in self.inputs[name]()]
        mx.eval(args)
        start = time.perf_counter()
        mx.eval(function(*args))
        self.ready[name] = lambda: mx.eval(function(*args))
        return {"compile": (time.perf_counter() - start) * 1e3}


class Ir:
    def __init__(self):
        from jax._src.interpreters import mlir
        from jaxlib.mlir import ir
        from jaxlib.mlir.dialects import stablehlo

        self.ir, self.stablehlo, self.ready = ir, stablehlo, {}
        self.context = mlir.make_ir_context()

    def prepare(self, name, folder):
        verb, path = name.split(" ")
        with open(path) as file:
            text = file.read()
        start = time.perf_counter()
        module = self.ir.Module.parse(text, self.context)
        taken = time.perf_counter() - start
        if verb == "bytecode":
            version = self.stablehlo.get_current_version()
            artifact = self.stablehlo.serialize_portable_artifact(module, version, True)
            with open(os.path.join(folder, os.path.basename(path) + ".bc"), "wb") as file:
                file.write(artifact)
            self.ready[name] = lambda: self.stablehlo.deserialize_portable_artifact(self.context, artifact)
        else:
            self.ready[name] = {
                "text": lambda: self.ir.Module.parse(text, self.context),
                "verify": lambda: module.operation.verify(),
                "print": lambda: module.operation.get_asm(),
            }[verb]
        return {"compile": taken * 1e3}


def timed(run, times):
    samples = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        samples.append((time.perf_counter() - start) * 1e3)
    return samples


def main():
    contestant = {"jax": Jax, "mlx": Mlx, "ir": Ir}[sys.argv[1]]()
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

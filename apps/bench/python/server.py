"""A contestant in a process of its own. Reads one JSON request a line, answers one JSON line.

`server.py jax` times XLA:CPU and writes the modules that hloom runs, of functions or of a file (a path without its
ending, beside which the arguments are); `server.py reference` times StableHLO's interpreter on such files;
`server.py mlx` times hand-written MLX; `server.py ir` times jaxlib's C++ readers, verifier and printer, where a name is
a verb and a path.
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
        from programs_cpu import CASES
        from programs_jax import PROGRAMS

        self.cases = {name: (PROGRAMS[name], INPUTS[name]) for name in PROGRAMS} | CASES
        self.jax, self.ready = jax, {}

    def prepare(self, name, folder):
        # 64-bit types only where a program asks for them: they would change what the others measure.
        with self.jax.enable_x64("f64" in name or name not in self.cases):
            return self.prepare_case(name, folder) if name in self.cases else self.prepare_file(name, folder)

    def prepare_case(self, name, folder):
        jax = self.jax
        function, arguments = self.cases[name]
        inputs = arguments()
        start = time.perf_counter()
        lowered = jax.jit(function).lower(*inputs)
        traced = time.perf_counter()
        compiled = lowered.compile()
        done = time.perf_counter()
        # For a platform that JAX does not know, as a plugin receives it.
        portable = jax.jit(function).trace(*inputs).lower(lowering_platforms=("hloom",))
        args = [jax.device_put(x) for x in inputs]
        outputs = jax.tree_util.tree_leaves(compiled(*args))
        base = write_case(folder, name, portable.as_text(), inputs, outputs)
        self.ready[name] = lambda: jax.block_until_ready(compiled(*args))
        return {"file": base, "compile": (done - traced) * 1e3, "trace": (traced - start) * 1e3}

    def prepare_file(self, path, folder):
        jax = self.jax
        from jax._src.interpreters import mlir
        from jax._src.lib import xla_client
        from jaxlib.mlir import ir

        text, inputs = read_case(path)
        write_case(folder, path, text, inputs, ())
        client = jax.devices()[0].client
        start = time.perf_counter()
        with mlir.make_ir_context():
            module = mlir.module_to_bytecode(ir.Module.parse(text))
        devices = xla_client.DeviceList(tuple(jax.devices()[:1]))
        compiled = client.compile_and_load(module, devices, xla_client.CompileOptions())
        taken = time.perf_counter() - start
        args = [jax.device_put(x) for x in inputs]
        self.ready[path] = lambda: jax.block_until_ready(compiled.execute(args))
        return {"compile": taken * 1e3}


class Reference:
    """StableHLO's own interpreter, as jaxlib carries it."""

    def __init__(self):
        from jax._src.interpreters import mlir
        from jaxlib.mlir import ir
        from jaxlib.mlir.dialects import stablehlo

        self.ir, self.stablehlo, self.ready = ir, stablehlo, {}
        self.context = mlir.make_ir_context()

    def prepare(self, path, folder):
        text, inputs = read_case(path)
        if "chlo." in text or "sdy." in text or "custom_call" in text:
            raise NotImplementedError("it ends the process on operations that are not StableHLO's")
        start = time.perf_counter()
        with self.context:
            module = self.ir.Module.parse(text)
            main = next(op for op in module.body if op.name.value == "main")
            args = [self.attribute(x, type) for x, type in zip(inputs, main.type.inputs)]
        taken = time.perf_counter() - start
        self.ready[path] = lambda: self.stablehlo.eval_module(module, args)
        return {"compile": taken * 1e3}

    def attribute(self, array, type):
        kind = self.ir.RankedTensorType(type)
        if array.dtype == np.bool_:
            array = np.packbits(array.reshape(-1), bitorder="little")
        return self.ir.DenseElementsAttr.get(
            np.ascontiguousarray(array), type=kind.element_type, shape=list(kind.shape)
        )


def read_case(path):
    with open(path + ".mlir") as file:
        text = file.read()
    arrays = np.load(path + ".npz")
    names = {name.split("_")[0]: name for name in arrays.files}
    return text, [arrays[names[f"in{i}"]] for i in range(sum(name.startswith("in") for name in names))]


def write_case(folder, name, text, inputs, outputs):
    """What hloom reads: the module, and the bytes of each array."""
    base = os.path.join(folder, os.path.basename(name).replace(" ", "_"))
    with open(base + ".mlir", "w") as file:
        file.write(text)
    for kind, arrays in (("in", inputs), ("out", outputs)):
        for i, x in enumerate(arrays):
            np.ascontiguousarray(x).tofile(f"{base}.{kind}{i}")
    return base


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
    contestant = {"jax": Jax, "reference": Reference, "mlx": Mlx, "ir": Ir}[sys.argv[1]]()
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

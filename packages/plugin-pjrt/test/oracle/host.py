"""A compile host that is XLA:CPU: what a perfect compiler would answer. It tests the C++ side, and only that.

Start it in place of Node: HLOOM_NODE=python HLOOM_HOST=host.py HLOOM_BACKEND=oracle. It speaks the protocol of host/protocol.ts. ORACLE_SLEEP: seconds that each execution
takes, so that tests can look at work under way.
"""

import itertools
import json
import os
import struct
import sys
import time

os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402
import ml_dtypes  # noqa: E402
import numpy as np  # noqa: E402
from jax._src import compiler, xla_bridge  # noqa: E402
from jax._src.interpreters import mlir  # noqa: E402
from jax._src.lib import xla_client  # noqa: E402
from jax._src.lib.mlir import ir  # noqa: E402
from jaxlib.mlir.dialects import stablehlo  # noqa: E402

jax.config.update("jax_enable_x64", True)

SOCKET, MEMORY = 3, 4

NAMES = {"bool": "i1", "bfloat16": "bf16", "complex64": "complex<f32>", "complex128": "complex<f64>"}
NAMES |= {f"int{n}": f"i{n}" for n in (2, 4, 8, 16, 32, 64)} | {f"uint{n}": f"ui{n}" for n in (2, 4, 8, 16, 32, 64)}
NAMES |= {f"float{n}": f"f{n}" for n in (16, 32, 64)}
NAMES |= {name: "f" + name[5:].replace("_", "").upper() for name in dir(ml_dtypes) if name.startswith("float")}
ELEMENTS = {name: np.dtype(getattr(ml_dtypes, numpy_name, None) or numpy_name) for numpy_name, name in NAMES.items()}


def receive_exactly(size):
    data = b""
    while len(data) < size:
        part = os.read(SOCKET, size - len(data))
        if not part:
            sys.exit(0)
        data += part
    return data


def receive():
    header, payload = struct.unpack("<II", receive_exactly(8))
    return json.loads(receive_exactly(header)), receive_exactly(payload)


def send(answer, payload=b""):
    text = json.dumps(answer).encode()
    data = struct.pack("<II", len(text), len(payload)) + text + payload
    while data:
        data = data[os.write(SOCKET, data) :]


class Host:
    def __init__(self):
        self.programs = {}
        self.handles = itertools.count(1)
        self.backend = xla_bridge.get_backend("cpu")

    def hello(self, header, _):
        return {"backend": header["backend"]}

    def compile(self, _, payload):
        with mlir.make_ir_context() as context:
            module = stablehlo.deserialize_portable_artifact(context, payload)
            signature = signature_of(module)
            options = compiler.get_compile_options(num_replicas=1, num_partitions=1)
            if hasattr(compiler, "backend_compile_and_load"):
                devices = xla_client.DeviceList(tuple(jax.local_devices(backend="cpu")[:1]))
                executable = compiler.backend_compile_and_load(self.backend, module, devices, options, host_callbacks=[])
            else:  # before jax 0.6
                executable = compiler.backend_compile(self.backend, module, options, [])
        handle = next(self.handles)
        self.programs[handle] = (executable, signature)
        return {"signature": json.dumps(signature), "handle": handle}

    def execute(self, header, _):
        time.sleep(float(os.environ.get("ORACLE_SLEEP", "0")))
        executable, signature = self.programs[header["handle"]]
        device = jax.local_devices(backend="cpu")[0]
        inputs = [
            jax.device_put(read(kind, offset), device)
            for kind, (_, offset) in zip(signature["inputs"], header["inputs"], strict=True)
        ]
        outputs = executable.execute(inputs)
        for value, (_, offset) in zip(outputs, header["outputs"], strict=True):
            write(np.asarray(value), offset)
        return {"done": True}

    def free(self, header, _):
        self.programs.pop(header["handle"], None)
        return {"done": True}


def signature_of(module):
    main = next(op for op in module.body.operations if ir.StringAttr(op.attributes["sym_name"]).value == "main")
    kind = ir.FunctionType(ir.TypeAttr(main.attributes["function_type"]).value)
    donated = []
    if "arg_attrs" in main.attributes:
        for i, attributes in enumerate(ir.ArrayAttr(main.attributes["arg_attrs"])):
            names = [entry.name for entry in ir.DictAttr(attributes)]
            if "tf.aliasing_output" in names or "jax.buffer_donor" in names:
                donated.append(i)
    name = ir.StringAttr(module.operation.attributes["sym_name"]).value
    return {"name": name, "inputs": list(map(wire, kind.inputs)), "outputs": list(map(wire, kind.results)), "donated": donated}


def wire(kind):
    tensor = ir.RankedTensorType(kind)
    return {"element": str(tensor.element_type), "shape": list(tensor.shape)}


def read(kind, offset):
    dtype = ELEMENTS[kind["element"]]
    count = int(np.prod(kind["shape"], dtype=np.int64))
    data = os.pread(MEMORY, count * dtype.itemsize, offset)
    return np.frombuffer(data, dtype).reshape(kind["shape"])


def write(value, offset):
    os.pwrite(MEMORY, np.ascontiguousarray(value).tobytes(), offset)


host = Host()
while True:
    header, payload = receive()
    try:
        answer = getattr(host, header["request"])(header, payload)
    except Exception as error:  # noqa: BLE001
        answer = {"error": {"code": 13, "message": f"{type(error).__name__}: {error}"}}
    send(answer)

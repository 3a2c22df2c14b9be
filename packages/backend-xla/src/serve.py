"""Compiles and runs programs with XLA:CPU for another process: requests on standard input, answers on standard output.

A frame is the length of a JSON header in 4 bytes, little endian, the header, then as many bytes as its `bytes` say, each
part after the other. `compile` takes a text and answers with a number; `run` takes that number and arrays, and answers
with arrays; `judge` takes arguments and results of a function and answers with ratios; `drop` forgets the program and answers nothing. What XLA refuses is answered as `error`.
"""

import json
import os
import struct
import sys

# Before jax is imported: whatever prints must not print into the answers.
answers = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)

import jax
import numpy as np
from jax._src import xla_bridge
from jaxlib import _jax

from judge import JUDGES

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)
client = xla_bridge.get_backend("cpu")
device = client.local_devices()[0]
programs = {}


def dtype_of(element: str) -> np.dtype:
    special = {
        "i1": "bool",
        "bf16": "bfloat16",
        "complex<f32>": "complex64",
        "complex<f64>": "complex128",
        "f4E2M1FN": "float4_e2m1fn",
    }
    if element in special:
        return jax.numpy.dtype(special[element])
    if element.startswith("f8"):
        return jax.numpy.dtype(f"float8_{element[2:].lower()}")
    kind = element.rstrip("0123456789")
    return jax.numpy.dtype({"i": "int", "ui": "uint", "f": "float"}[kind] + element[len(kind) :])


def compile_options() -> "_jax.CompileOptions":
    options = _jax.CompileOptions()
    options.num_replicas = 1
    options.num_partitions = 1
    # Each result is rounded to its type, as the specification says; speed is of no interest.
    options.env_option_overrides = [
        ("xla_allow_excess_precision", False),
        # It knows log(exp(x)) to be x, whatever overflows.
        ("xla_disable_hlo_passes", "algsimp"),
        ("xla_backend_optimization_level", 0),
        ("xla_llvm_disable_expensive_passes", True),
    ]
    return options


def compiled(header: dict, parts: list[bytes]):
    text = parts[0].decode()
    devices = _jax.DeviceList((device,))
    programs[header["program"]] = client.compile_and_load(text, devices, compile_options())
    return {}, []


def results(header: dict, parts: list[bytes]):
    arguments = [
        jax.device_put(np.frombuffer(part, dtype_of(element)).reshape(shape), device)
        for part, element, shape in zip(parts, header["elements"], header["shapes"])
    ]
    outputs = programs[header["program"]].execute_sharded(arguments)
    arrays = [np.asarray(shards[0]) for shards in outputs.disassemble_into_single_device_arrays()]
    return {}, [bytes_of(array) for array in arrays]


def bytes_of(array: np.ndarray) -> bytes:
    # XLA leaves the upper bits of narrow integers as they are.
    narrow = {"int2": np.int8, "int4": np.int8, "uint2": np.uint8, "uint4": np.uint8}
    return np.ascontiguousarray(array.astype(narrow.get(array.dtype.name, array.dtype))).tobytes()


def judged(header: dict, parts: list[bytes]):
    arrays = [
        np.frombuffer(part, dtype_of(element)).reshape(shape)
        for part, element, shape in zip(parts, header["elements"], header["shapes"])
    ]
    inputs, results = arrays[: header["inputs"]], arrays[header["inputs"] :]
    return {"ratios": JUDGES[header["judge"]](inputs, results, **header["parameters"])}, []


def dropped(header: dict, parts: list[bytes]):
    programs.pop(header["program"], None)
    return None


actions = {"compile": compiled, "run": results, "judge": judged, "drop": dropped}


def serve(source) -> None:
    while length := source.read(4):
        header = json.loads(source.read(struct.unpack("<I", length)[0]))
        parts = [source.read(count) for count in header["bytes"]]
        try:
            answer = actions[header["action"]](header, parts)
        except Exception as problem:  # Whatever XLA raises is for the other side to judge.
            answer = {"error": str(problem)}, []
        if answer is None:
            continue
        fields, arrays = answer
        text = json.dumps(fields | {"bytes": [len(array) for array in arrays]}).encode()
        answers.write(struct.pack("<I", len(text)) + text + b"".join(arrays))
        answers.flush()


serve(sys.stdin.buffer)

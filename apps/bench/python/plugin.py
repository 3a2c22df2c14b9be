"""Latencies of hloom's plugin beside XLA:CPU's, both devices in one process and in turns. Prints JSON.

    python plugin.py [--rounds N] [--workloads FOLDER]

With a folder of programs (*.mlir) it compiles each one, warm, on both.
"""

import argparse
import json
import pathlib
import statistics
import time

import jax
import numpy as np

SMALL, LARGE = np.ones(3, np.float32), np.ones((1000, 1000), np.float32)


def median_microseconds(function, times):
    samples = []
    for _ in range(times):
        started = time.perf_counter()
        function()
        samples.append(time.perf_counter() - started)
    return statistics.median(samples) * 1e6


def latencies(device):
    """{what: (function, how often in a turn)} on one device."""
    step = jax.jit(lambda x: x + 1)
    small, large = jax.device_put(SMALL, device), jax.device_put(LARGE, device)
    on_host = jax.device_get(SMALL)

    def with_numpy():
        with jax.default_device(device):
            return step(on_host)

    return {
        "dispatch": (lambda: step(small), 300),
        "dispatch and wait": (lambda: step(small).block_until_ready(), 300),
        "dispatch and np.asarray": (lambda: np.asarray(step(small)), 300),
        "dispatch of a numpy array": (with_numpy, 300),
        "device_put of 12 bytes": (lambda: jax.device_put(SMALL, device), 100),
        "device_put of 4 MB": (lambda: jax.device_put(LARGE, device).block_until_ready(), 10),
        "np.asarray of 4 MB": (lambda: np.asarray(step(large)), 10),
        "trace and compile": (lambda: jax.jit(lambda x: x * 2 + 1).lower(small).compile(), 3),
    }


def measure_latencies(devices, rounds):
    contestants = {name: latencies(device) for name, device in devices.items()}
    rows = {}
    for what in next(iter(contestants.values())):
        samples = {name: [] for name in contestants}
        for _ in range(rounds + 1):
            for name, functions in contestants.items():
                samples[name].append(median_microseconds(*functions[what]))
        rows[what] = {name: statistics.median(values[1:]) for name, values in samples.items()}  # the first warms up
    return rows


def compile_module(device, text):
    from jax._src import compiler
    from jax._src.interpreters import mlir
    from jax._src.lib import xla_client
    from jaxlib.mlir import ir

    with mlir.make_ir_context():
        module = ir.Module.parse(text)
        if "sym_name" not in module.operation.attributes:
            module.operation.attributes["sym_name"] = ir.StringAttr.get("program")
        options = compiler.get_compile_options(num_replicas=1, num_partitions=1, device_assignment=np.array([[device.id]]))
        devices = xla_client.DeviceList((device,))
        started = time.perf_counter()
        compiler.backend_compile_and_load(device.client, module, devices, options, [])
        return (time.perf_counter() - started) * 1e6


def measure_compilations(devices, folder):
    rows = {}
    for path in sorted(pathlib.Path(folder).glob("*.mlir")):
        text = path.read_text()
        rows[path.stem] = {name: compile_module(device, text) for name, device in devices.items()}
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--workloads")
    arguments = parser.parse_args()
    devices = {"XLA:CPU": jax.devices("cpu")[0], "hloom": jax.devices("hloom")[0]}
    first = time.perf_counter()
    compile_module(devices["hloom"], "module @nothing { func.func @main(%a: tensor<2xf32>) -> tensor<2xf32> { return %a : tensor<2xf32> } }")
    report = {"start": {"hloom": (time.perf_counter() - first) * 1e6}, "latencies": measure_latencies(devices, arguments.rounds)}
    if arguments.workloads:
        report["compilations"] = measure_compilations(devices, arguments.workloads)
    print(json.dumps(report))


if __name__ == "__main__":
    main()

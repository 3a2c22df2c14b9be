"""What XLA:CPU computes for shape-polymorphic programs: the oracle for refining shapes.

Takes a folder of programs, a folder for the results, and names of programs (all, without any). The leading 64-bit
scalars of a program are its dimension variables. Sizes are tried until XLA refines the program and runs it; arguments
(`in0`, ...) and results (`out0`, ...) become NAME.npz. Prints a line for each program that XLA does not run.
"""

import itertools
import pathlib
import re
import sys

import jax
import numpy as np
from jax._src import xla_bridge
from jax._src.interpreters import mlir
from jaxlib import _jax
from jaxlib.mlir import ir
from jaxlib.mlir.dialects import stablehlo

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)
client = xla_bridge.get_backend("cpu")

# Values for the dimension variables, most likely ones first: some programs need even or larger numbers.
VARIABLES = [(5, 6, 7), (4, 6, 8), (8, 4, 2), (3, 3, 3), (1, 2, 3), (12, 10, 8)]


def candidates(shapes: list[list[int | None]], variables: int):
    """Values of the variables, and sizes for every unknown dimension, each that of some variable."""
    unknown = sum(shape.count(None) for shape in shapes)
    for values in VARIABLES:
        used = values[: max(1, variables)]
        for sizes in itertools.islice(itertools.product(used, repeat=unknown), 512):
            left = iter(sizes)
            yield used[:variables], [[next(left) if d is None else d for d in shape] for shape in shapes]


def dtype_of(element: str) -> np.dtype:
    names = {"i1": "bool", "complex<f32>": "complex64", "complex<f64>": "complex128"}
    name = names.get(element) or re.sub(r"^ui", "uint", re.sub(r"^i", "int", re.sub(r"^f", "float", element)))
    return jax.numpy.dtype("bfloat16" if name == "bf16" else name)


def value_for(shape: list[int], element: str, random: np.random.Generator) -> np.ndarray:
    dtype = dtype_of(element)
    if element == "i1":
        return random.integers(0, 2, shape).astype(bool)
    if "i" in element and not element.startswith("complex"):
        return random.integers(0, 3, shape).astype(dtype)
    values = random.standard_normal(shape)
    if element.startswith("complex"):
        values = values + 1j * random.standard_normal(shape)
    return values.astype(dtype)


def type_text(shape: list[int], element: str) -> str:
    return f"tensor<{''.join(f'{size}x' for size in shape)}{element}>"


def wrapped(text: str, declared: list[str], types: list[str], variables: tuple[int, ...]) -> str:
    """A program whose `main` takes static arguments and calls the polymorphic one, as jax.export's does."""
    inner = re.sub(r"func\.func public @main\b", "func.func private @_wrapped_main", text, count=1)
    results = re.search(r"func\.func private @_wrapped_main\((.*)\) -> (.*) \{\n", inner).group(2)
    result_types = re.sub(r" *\{[^{}]*\}", "", results).strip("()")
    lines, names = [], []
    for i, value in enumerate(variables):
        lines.append(f"%c{i} = stablehlo.constant dense<{value}> : tensor<i64>")
        names.append(f"%c{i}")
    for i, (given, wanted) in enumerate(zip(types, declared[len(variables) :])):
        lines.append(f"%x{i} = stablehlo.convert %a{i} : ({given}) -> {wanted}")
        names.append(f"%x{i}")
    count = len(re.findall(r"tensor<", result_types))
    lines.append(f"%r:{count} = func.call @_wrapped_main({', '.join(names)}) : ({', '.join(declared)}) -> ({result_types})")
    lines.append(f"return {', '.join(f'%r#{i}' for i in range(count))} : {result_types}")
    arguments = ", ".join(f"%a{i}: {given}" for i, given in enumerate(types))
    main = f"func.func public @main({arguments}) -> ({result_types}) {{\n" + "\n".join(lines) + "\n}\n"
    at = inner.index("\n", inner.index("module")) + 1
    return inner[:at] + main + inner[at:]


def run(text: str, arguments: list[np.ndarray]) -> list[np.ndarray]:
    with mlir.make_ir_context() as context, ir.Location.unknown(context):
        module = ir.Module.parse(text)
        bytecode = mlir.module_to_bytecode(module)
        refined = _jax.mlir.refine_polymorphic_shapes(bytecode, True, True)
        device = client.local_devices()[0]
        module = ir.Module.parse(refined)
        executable = client.compile_and_load(
            mlir.module_to_bytecode(module), _jax.DeviceList((device,)), _jax.CompileOptions()
        )
        results = executable.execute_sharded([jax.device_put(argument) for argument in arguments])
        return [np.asarray(parts[0]) for parts in results.disassemble_into_single_device_arrays()]


def outputs(path: pathlib.Path) -> dict[str, np.ndarray]:
    with mlir.make_ir_context() as context, ir.Location.unknown(context):
        module = ir.Module.parse(path.read_text())
        main = next(f for f in module.body.operations if f.operation.name == "func.func" and f.name.value == "main")
        declared = [ir.RankedTensorType(t) for t in main.type.inputs]
        text = module.operation.get_asm()
        variables = 0
        while variables < len(declared) and str(declared[variables]) == "tensor<i64>":
            variables += 1
        names = [str(t) for t in declared]
        elements = [str(t.element_type) for t in declared][variables:]
        shapes = [
            [None if t.is_dynamic_dim(d) else t.get_dim_size(d) for d in range(t.rank)] for t in declared
        ][variables:]
    failure = None
    for values, sizes in candidates(shapes, variables):
        random = np.random.default_rng(7)
        types = [type_text(shape, element) for shape, element in zip(sizes, elements)]
        arguments = [value_for(shape, element, random) for shape, element in zip(sizes, elements)]
        try:
            results = run(wrapped(text, names, types, values), arguments)
        except Exception as problem:  # Whatever XLA raises: these sizes do not fit.
            failure = failure or str(problem)
            continue
        inputs = [np.int64(value) for value in values] + arguments
        return {f"in{i}": v for i, v in enumerate(inputs)} | {f"out{i}": v for i, v in enumerate(results)}
    raise ValueError(failure)


def main() -> None:
    source, target, *names = sys.argv[1:]
    target_folder = pathlib.Path(target)
    target_folder.mkdir(parents=True, exist_ok=True)
    for name in names or sorted(path.stem for path in pathlib.Path(source).glob("*.mlir")):
        try:
            np.savez(target_folder / f"{name}.npz", **outputs(pathlib.Path(source) / f"{name}.mlir"))
        except Exception as problem:  # One line for each, and on with the others.
            print(f"{name}: {str(problem).splitlines()[0][:300]}", flush=True)


main()

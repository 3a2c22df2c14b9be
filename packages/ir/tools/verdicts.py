"""Says of each text of a JSON list whether jaxlib accepts it: one JSON line each, none for a text that it dies of."""

import json
import multiprocessing
import pathlib
import sys

from jax._src.interpreters import mlir
from jaxlib.mlir import ir
from jaxlib.mlir.dialects import stablehlo


def judge(texts: list[str], start: int, output: str, reached) -> None:
    context = mlir.make_ir_context()
    context.allow_unregistered_dialects = False
    with context, ir.Location.unknown(context), open(output, "a") as lines:
        # Reading an artifact loads the dialect of quantized types, which parsing does not.
        module = ir.Module.parse("func.func @f() { return }")
        artifact = stablehlo.serialize_portable_artifact(module, stablehlo.get_current_version(), True)
        stablehlo.deserialize_portable_artifact(context, artifact)
        for index in range(start, len(texts)):
            reached.value = index
            try:
                ir.Module.parse(texts[index])
                verdict = {"ok": True, "says": ""}
            except ir.MLIRError as error:
                verdict = {"ok": False, "says": str(error)[:400]}
            lines.write(json.dumps({"index": index, **verdict}) + "\n")
            lines.flush()


def main() -> None:
    texts = json.loads(pathlib.Path(sys.argv[1]).read_text())
    start = 0
    while start < len(texts):
        reached = multiprocessing.Value("i", start)
        process = multiprocessing.Process(target=judge, args=(texts, start, sys.argv[2], reached))
        process.start()
        process.join()
        start = reached.value + 1


if __name__ == "__main__":
    main()

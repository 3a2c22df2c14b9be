"""Reads the artifacts of a folder with jaxlib and compares its prints with those of the artifacts that it writes itself.

Takes the folder, with a text beside each artifact, and the version of StableHLO. Artifacts do not tell a default that
is written out from one that is left out, so that jaxlib's own artifact of the text, and not the text, is the measure.
Prints one line for each artifact that jaxlib refuses, dies of or prints differently, then the counts.
"""

import json
import os
import pathlib
import sys

from jax._src.interpreters import mlir
from jaxlib.mlir import ir
from jaxlib.mlir.dialects import stablehlo


def outcome(path: pathlib.Path, version: str) -> tuple[str, str]:
    with mlir.make_ir_context() as context, ir.Location.unknown(context):
        ours = path.read_bytes()
        try:
            # First, because it loads the dialect of quantized types too.
            read = str(stablehlo.deserialize_portable_artifact(context, ours))
        except Exception as problem:  # Whatever jaxlib raises is the answer.
            return "refused", str(problem)[:400]
        module = ir.Module.parse(path.with_suffix(".mlir").read_text())
        theirs = stablehlo.serialize_portable_artifact(module, version, True)
        if ours == theirs:
            return "identical", ""
        expected = str(stablehlo.deserialize_portable_artifact(context, theirs))
    if read == expected:
        return "same", ""
    for mine, other in zip(read.splitlines(), expected.splitlines()):
        if mine != other:
            return "different", f"\n  ours   {mine.strip()[:200]}\n  jaxlib {other.strip()[:200]}"
    return "different", f"{len(read)} and {len(expected)} characters"


def outcomes(paths: list[pathlib.Path], version: str):
    """One outcome per path, from child processes: MLIR may end the process that reads."""
    done = 0
    while done < len(paths):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            with os.fdopen(writer, "w") as results:
                for path in paths[done:]:
                    results.write(json.dumps(outcome(path, version)) + "\n")
                    results.flush()
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as results:
            for line in results:
                yield paths[done], *json.loads(line)
                done += 1
        os.waitpid(child, 0)
        if done < len(paths):
            yield paths[done], "crashed", "the process ended"
            done += 1


def main(folder: pathlib.Path, version: str) -> int:
    counts = {"identical": 0, "same": 0, "different": 0, "refused": 0, "crashed": 0}
    for path, what, detail in outcomes(sorted(folder.glob("*.bc")), version):
        counts[what] += 1
        if what not in ("identical", "same"):
            print(f"{path.stem}: {what}: {detail}", flush=True)
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    return 0 if counts["identical"] + counts["same"] == sum(counts.values()) else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2]))

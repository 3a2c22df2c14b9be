"""Reads the artifacts of a folder with jaxlib and compares its prints with those of the artifacts that it writes itself.

Takes the folder, with a text beside each artifact, and the version of StableHLO. Artifacts do not tell a default that
is written out from one that is left out, so that jaxlib's own artifact of the text, and not the text, is the measure.
Prints one line for each artifact that jaxlib refuses, dies of or prints differently, then the counts; it "failed alike"
where jaxlib cannot read its own artifact of the text, or the text, either.
"""

import functools
import json
import os
import pathlib
import re
import sys

from jax._src.interpreters import mlir
from jaxlib.mlir import ir
from jaxlib.mlir.dialects import stablehlo


def text_of(module: ir.Module, version: str) -> str:
    """With every location in its place, but those that the parser makes up for arguments whose text has none."""
    if tuple(map(int, version.split("."))) < (1, 9, 0):
        # StableHLO did not have ranges of source text then. jaxlib writes them nevertheless, we do not.
        return str(module)
    text = module.operation.get_asm(enable_debug_info=True)
    aliases = dict(re.findall(r"^(#loc\d*) = loc\((.*)\)$", text, re.MULTILINE))

    @functools.cache
    def expanded(text: str) -> str:
        return re.sub(r"#loc\d*", lambda alias: expanded(aliases[alias[0]]), text)

    body = re.sub(r"^#loc.*\n", "", text, flags=re.MULTILINE)
    return re.sub(r'"-":\d+:\d+', "unknown", expanded(body))


def jaxlibs(path: pathlib.Path, version: str, context: ir.Context) -> tuple[bytes, str]:
    """jaxlib's artifact of the text, and what it reads in it."""
    module = ir.Module.parse(path.with_suffix(".mlir").read_text())
    artifact = stablehlo.serialize_portable_artifact(module, version, True)
    return artifact, text_of(stablehlo.deserialize_portable_artifact(context, artifact), version)


def outcome(path: pathlib.Path, version: str) -> tuple[str, str]:
    with mlir.make_ir_context() as context, ir.Location.unknown(context):
        ours = path.read_bytes()
        # First, because it loads the dialect of quantized types too.
        read = text_of(stablehlo.deserialize_portable_artifact(context, ours), version)
        theirs, expected = jaxlibs(path, version, context)
    if ours == theirs:
        return "identical", ""
    if read == expected:
        return "same", ""
    for mine, other in zip(read.splitlines(), expected.splitlines()):
        if mine != other:
            return "different", f"\n  ours   {mine.strip()[:200]}\n  jaxlib {other.strip()[:200]}"
    return "different", f"{len(read)} and {len(expected)} characters"


def failure_alike(path: pathlib.Path, version: str) -> tuple[str, str]:
    """For an artifact that jaxlib refuses or dies of: whether the same happens without us."""
    with mlir.make_ir_context() as context, ir.Location.unknown(context):
        jaxlibs(path, version, context)
    return "failed", "jaxlib cannot read ours and can read its own"


def in_children(paths: list[pathlib.Path], version: str, task):
    """The outcome of each path, or None where it raised; in child processes, because MLIR may end the process."""
    done = 0
    while done < len(paths):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            with os.fdopen(writer, "w") as results:
                for path in paths[done:]:
                    try:
                        result = task(path, version)
                    except Exception:  # Whatever jaxlib raises is an answer.
                        result = None
                    results.write(json.dumps(result) + "\n")
                    results.flush()
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader) as results:
            for line in results:
                yield paths[done], json.loads(line)
                done += 1
        os.waitpid(child, 0)
        if done < len(paths):
            yield paths[done], None
            done += 1


def main(folder: pathlib.Path, version: str) -> int:
    counts = {"identical": 0, "same": 0, "different": 0, "failed": 0, "failed alike": 0}
    for path, result in in_children(sorted(folder.glob("*.bc")), version, outcome):
        if result is None:
            [(_, result)] = in_children([path], version, failure_alike)
        what, detail = result or ("failed alike", "")
        counts[what] += 1
        if what not in ("identical", "same"):
            print(f"{path.stem}: {what}: {detail}", flush=True)
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    return 1 if counts["different"] or counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2]))

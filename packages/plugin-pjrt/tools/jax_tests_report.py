"""Writes docs/jax-tests.md from manifests of jax_tests.py: `python tools/jax_tests_report.py MANIFEST… > docs/jax-tests.md`.

Each failure is listed with its cause: a sentence of CAUSES where one matches, else what the test said.
"""

import collections
import json
import pathlib
import re
import sys

from jax_tests import cause

# Pattern in the failure's text or the test's name, and why.
CAUSES = [
    (r"minibatch", "counts XLA's collectives in the text of the executable; ours is not XLA's program"),
    (r"not found in 'HloModule", "looks for XLA's collectives in the text of the executable; ours is not XLA's program"),
    (r"unexpectedly found in 'HloModule", "looks for XLA's partitioned shapes in the text of the executable"),
    (r"unreduced|bincount|segment_sum|reduced_reshard", "looks at the addends that single devices hold of an array that is `unreduced`; their sum is right, but hloom leaves the whole sum on the first"),
    (r"spec=P\(", "expects the sharding that XLA's propagation chooses where the program leaves it open; the values are right"),
    (r"getitem_compile_multi_device_sharding", "expects the sharding that XLA's propagation chooses where the program leaves it open; the values are right"),
    (r"Unexpected XLA layout override", "asks for another layout than row-major, which is the only one that arrays have"),
    (r"test_dump_on_cache_hit", "asks XLA to write its program to a folder (`xla_dump_to`)"),
    (r"miss_logging_with_explain", "expects that programs with callbacks are not written to the persistent cache; ours are, and never found again"),
    (r"Test changed the compilation cache object", "JAX's set-up of this file skips unknown platforms half-way; with `--dut cpu` it passes"),
    (r"test_computation_follows_data", "expects another address after a copy to another device; hloom's devices share memory, so a copy is another name for it"),
    (r"compiler_options_invalid", "expects that a wrong value of an option of XLA is refused; hloom ignores XLA's options"),
]


def explained(test, text):
    for pattern, why in CAUSES:
        if re.search(pattern, text) or re.search(pattern, test):
            return why
    return cause(text)


def share(passed, failed):
    return f"{100 * passed / (passed + failed):.2f} %" if passed + failed else "–"


def section(manifest):
    devices = manifest.get("devices", 1)
    taken = f" The tests took the device for one of \"{manifest['dut']}\": they run on platforms that they know." if manifest.get("dut") else ""
    what = f"{manifest['sample']} tests of each file, evenly spread" if manifest.get("sample") else f"every {manifest['every']}. test" if manifest["every"] > 1 else "every test"
    lines = [
        f"## Backend {manifest['backend']}, {devices} device{'s' if devices > 1 else ''}",
        "",
        f"jax {manifest['jax']}, JAX_NUM_GENERATED_CASES={manifest['cases']}, {what}.{taken}",
        "",
        "| file | passed | failed | skipped by JAX |",
        "|---|---|---|---|",
    ]
    total = collections.Counter()
    for name, file in manifest["files"].items():
        total.update({key: file[key] for key in ("passed", "failed", "skipped")})
        note = f" ({file['stopped']})" if file["stopped"] else ""
        lines.append(f"| {name}{note} | {file['passed']} | {file['failed']} | {file['skipped']} |")
    lines.append(f"| **total: {share(total['passed'], total['failed'])} of those not skipped** | {total['passed']} | {total['failed']} | {total['skipped']} |")
    causes = collections.defaultdict(list)
    for name, file in manifest["files"].items():
        for test, text in file["failures"].items():
            causes[explained(test, text)].append(f"{name}::{test.split('::')[-1]}")
    if causes:
        lines += ["", "| failures | cause | tests |", "|---|---|---|"]
    for why, tests in sorted(causes.items(), key=lambda item: -len(item[1])):
        named = ", ".join(f"`{test}`" for test in sorted(tests))
        lines.append(f"| {len(tests)} | {why.replace('|', '¦')} | {named.replace('|', '¦')} |")
    return lines


def main():
    lines = [
        "# JAX's own tests",
        "",
        "Written by `packages/plugin-pjrt/tools/jax_tests_report.py` from runs of `jax_tests.py`: samples, so far. Nothing is skipped but what JAX's tests skip themselves.",
    ]
    for path in sys.argv[1:]:
        lines += ["", *section(json.loads(pathlib.Path(path).read_text()))]
    print("\n".join(lines))


if __name__ == "__main__":
    main()

"""Runs JAX's own tests against the plugin and writes what came out.

    git clone --depth 1 --branch jax-v0.10.2 https://github.com/jax-ml/jax /tmp/jax
    python tools/jax_tests.py --jax /tmp/jax --backend mlx lax_test linalg_test

Each file runs in a process of its own. One that dies or hangs costs one failure, and the rest of the file runs in the next
process. The manifest (JSON) has each failure with its message; the printed table has the numbers. Nothing is skipped but
what JAX's tests skip themselves. The tests need pytest, absl-py, scipy, hypothesis, flatbuffers, cloudpickle, pillow.

This module is also the pytest plugin that reports from inside those processes.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

PACKAGE = pathlib.Path(__file__).resolve().parents[1]

# ---- inside: a pytest plugin -----------------------------------------------------------------------------------------


def _report(**line):
    with open(os.environ["HLOOM_JAX_TESTS_REPORT"], "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def pytest_configure(config):
    dut = os.environ.get("HLOOM_JAX_TESTS_DUT")
    if dut:
        from jax._src import test_util

        test_util.device_under_test = lambda: dut


def pytest_collection_modifyitems(config, items):
    every = int(os.environ.get("HLOOM_JAX_TESTS_EVERY", "1"))
    sample = int(os.environ.get("HLOOM_JAX_TESTS_SAMPLE", "0"))
    if sample:
        every = max(1, len(items) // sample)
    seen = set(json.loads(os.environ.get("HLOOM_JAX_TESTS_SEEN", "[]")))
    items[:] = [item for item in items[::every] if item.nodeid.split("::", 1)[-1] not in seen]


def pytest_runtest_logstart(nodeid, location):
    _report(test=nodeid.split("::", 1)[-1], phase="start")


def pytest_runtest_logreport(report):
    if type(report).__name__ != "TestReport":  # subtests report to their test
        return
    if report.failed or report.skipped or report.when == "call":
        text = ""
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            text = crash.message if crash else str(report.longrepr)
        elif report.skipped and isinstance(report.longrepr, tuple):
            text = report.longrepr[2]
        _report(test=report.nodeid.split("::", 1)[-1], phase=report.when, outcome=report.outcome, text=text[:2000])


# ---- outside -----------------------------------------------------------------------------------------------------------


def environment(backend, options):
    env = {
        **os.environ,
        "JAX_PLATFORMS": "cpu" if backend == "xla" else "hloom,cpu",
        "HLOOM_BACKEND": backend,
        "JAX_NUM_GENERATED_CASES": str(options.cases),
        "JAX_SKIP_SLOW_TESTS": "1" if options.fast else "0",
        "HLOOM_JAX_TESTS_EVERY": str(options.every),
        "HLOOM_JAX_TESTS_SAMPLE": str(options.sample),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if options.dut:
        env["HLOOM_JAX_TESTS_DUT"] = options.dut
    tools = [PACKAGE / "tools", PACKAGE / "python"]
    env["PYTHONPATH"] = os.pathsep.join([*map(str, tools), os.environ.get("PYTHONPATH", "")])
    return env


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def outcomes(lines):
    """The outcome of each test. The last one that started and did not end is the one that ended the process."""
    ended, running = {}, None
    for line in lines:
        name = line["test"]
        if line["phase"] == "start":
            running = name
            continue
        if ended.get(name, ("passed",))[0] == "passed":
            ended[name] = (line["outcome"], line["text"])
        running = None
    return ended, running


def run_process(command, env, cwd, report, log, options, deadline):
    """Exit status, or why it was ended: no test came to an end for too long."""
    process = subprocess.Popen(command, env=env, cwd=cwd, stdout=log, stderr=subprocess.STDOUT)
    size, changed = -1, time.monotonic()
    while True:
        try:
            return process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            pass
        now = report.stat().st_size if report.exists() else 0
        if now != size:
            size, changed = now, time.monotonic()
        if time.monotonic() > deadline or time.monotonic() - changed > options.hang:
            process.kill()
            process.wait()
            return "out of time" if time.monotonic() > deadline else f"no end within {options.hang} s"


def run_file(name, backend, options, folder):
    """What became of each test of a file."""
    ended, started = {}, time.monotonic()
    deadline = started + options.limit
    stop = ""
    for attempt in range(options.restarts + 1):
        report = folder / f"{name}.{attempt}.jsonl"
        seen = json.dumps(list(ended))
        env = environment(backend, options) | {"HLOOM_JAX_TESTS_REPORT": str(report), "HLOOM_JAX_TESTS_SEEN": seen}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "jax_tests", "-W", "ignore"]
        command += ["--tb=short", f"tests/{name}.py", *options.pytest]
        with open(folder / f"{name}.{attempt}.log", "w") as log:
            status = run_process(command, env, options.jax, report, log, options, deadline)
        new, running = outcomes(read(report))
        ended |= new
        if status in (0, 1, 5):
            break
        if status == "out of time":
            stop = status
            break
        if running is None:
            stop = f"pytest ended with {status}"
            break
        reason = status if isinstance(status, str) else f"the process died with status {status}"
        ended[running] = ("failed", reason)
    return summary(ended, stop, time.monotonic() - started)


def summary(ended, stop, seconds):
    counts = collections.Counter(outcome for outcome, _ in ended.values())
    failures = {test: text for test, (outcome, text) in ended.items() if outcome == "failed"}
    skips = collections.Counter(text for outcome, text in ended.values() if outcome == "skipped")
    numbers = {outcome: counts[outcome] for outcome in ("passed", "failed", "skipped")}
    return {**numbers, "seconds": round(seconds), "stopped": stop, "failures": failures, "skips": dict(skips)}


def cause(text):
    """A message without what differs between tests that fail for one reason."""
    lines = [line for line in text.splitlines() if line.strip()]
    known = next((line for line in lines if "hloom" in line or "mlx" in line), lines[0] if lines else "")
    return re.sub(r"\d+(\.\d+)?(e[-+]\d+)?", "N", re.sub(r"tensor<[^>]*>", "tensor<…>", known))[:140]


def print_table(manifest):
    width = max(len(name) for name in manifest["files"])
    print(f"{'':{width}} {'passed':>7} {'failed':>7} {'skipped':>8} {'s':>6}")
    total = collections.Counter()
    causes = collections.Counter()
    for name, file in manifest["files"].items():
        total.update({key: file[key] for key in ("passed", "failed", "skipped")})
        causes.update(cause(text) for text in file["failures"].values())
        print(f"{name:{width}} {file['passed']:7} {file['failed']:7} {file['skipped']:8} {file['seconds']:6} {file['stopped']}")
    ran = total["passed"] + total["failed"]
    share = f"{100 * total['passed'] / ran:.2f} %" if ran else "nothing ran"
    print(f"{'total':{width}} {total['passed']:7} {total['failed']:7} {total['skipped']:8}  {share}")
    for text, count in causes.most_common(25):
        print(f"{count:5}  {text}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", help="test files of JAX, by name: lax_test linalg_test")
    parser.add_argument("--jax", type=pathlib.Path, required=True, help="a checkout of JAX at the version that is installed")
    parser.add_argument("--backend", default="mlx", help="mlx, cpu, …; xla is JAX's own CPU, for comparison")
    parser.add_argument("--cases", type=int, default=10, help="JAX_NUM_GENERATED_CASES")
    parser.add_argument("--every", type=int, default=1, help="only every n-th test")
    parser.add_argument("--sample", type=int, default=0, help="about so many tests of each file, evenly spread")
    parser.add_argument("--dut", help="what the tests take the device for; tests of callbacks run on cpu, gpu and tpu only")
    parser.add_argument("--fast", action="store_true", help="JAX_SKIP_SLOW_TESTS")
    parser.add_argument("--limit", type=int, default=3600, help="seconds for a file")
    parser.add_argument("--hang", type=int, default=300, help="seconds for a test")
    parser.add_argument("--restarts", type=int, default=20, help="processes that may die in a file")
    parser.add_argument("--manifest", type=pathlib.Path, help="where to write the outcome (JSON); added to what is there")
    parser.add_argument("--logs", type=pathlib.Path, help="where to keep pytest's output")
    parser.add_argument("--pytest", nargs="*", default=[], help="further arguments for pytest, such as -k=NAME")
    options = parser.parse_args()
    options.jax = options.jax.resolve()
    import jax

    with tempfile.TemporaryDirectory() as temporary:
        folder = options.logs or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.jsonl"):
            old.unlink()
        manifest = {"files": {}}
        if options.manifest and options.manifest.exists():
            manifest = json.loads(options.manifest.read_text())
        manifest |= {"jax": jax.__version__, "backend": options.backend, "cases": options.cases, "every": options.every, "sample": options.sample}
        manifest["dut"] = options.dut
        manifest["devices"] = int(os.environ.get("HLOOM_DEVICES") or 1)
        for name in options.files:
            manifest["files"][name] = run_file(name, options.backend, options, folder)
            print(name, {key: manifest["files"][name][key] for key in ("passed", "failed", "skipped", "seconds", "stopped")}, flush=True)
            if options.manifest:
                options.manifest.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    print_table(manifest)
    return 1 if any(file["failed"] or file["stopped"] for file in manifest["files"].values()) else 0


if __name__ == "__main__":
    sys.exit(main())

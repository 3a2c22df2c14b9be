"""One plugin, many versions of JAX: runs the same tests with the same library on each.

    python packages/plugin-pjrt/test/matrix.py [--only 0.10.2] [--backends mlx,cpu]

Each version gets an environment of its own under .hloom/matrix, made once. Exits with 1 when a version fails.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import time
import venv

TEST = pathlib.Path(__file__).resolve().parent
ROOT = TEST.parents[2]
HOME = ROOT / ".hloom" / "matrix"

# The oldest that works, one from each era of jaxlib's PJRT wrapper, and the one that the other tests use.
VERSIONS = ["0.4.38", "0.6.2", "0.9.0", "0.10.2"]
FILES = ["test_first_minute.py", "test_transforms.py", "test_arrays.py", "test_devices.py"]


def environment(version):
    folder = HOME / version
    python = folder / "bin" / "python"
    stamp = folder / "ready"
    if not stamp.is_file():
        print(f"jax {version}: making {folder.relative_to(ROOT)}", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        packages = [f"jax=={version}", f"jaxlib=={version}", "pytest"]
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], check=True)
        stamp.touch()
    return python


def run(version, backends):
    python = environment(version)
    started = time.monotonic()
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", "--tb=short"]
    env = {**os.environ, "HLOOM_TEST_BACKENDS": backends}
    result = subprocess.run([*command, *(str(TEST / name) for name in FILES)], capture_output=True, text=True, env=env, check=False)
    count = {name: int(number) for number, name in re.findall(r"(\d+) (passed|failed|skipped|error)", result.stdout)}
    return result, count, time.monotonic() - started


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", metavar="VERSION", help="a version to try, instead of all")
    parser.add_argument("--backends", default="mlx,cpu", help="names, with commas")
    arguments = parser.parse_args()

    rows, failed = [], False
    for version in arguments.only or VERSIONS:
        result, count, seconds = run(version, arguments.backends)
        rows.append((version, *(count.get(name, 0) for name in ("passed", "failed", "skipped")), f"{seconds:.0f} s"))
        if result.returncode != 0:
            failed = True
            print(f"jax {version}:\n{result.stdout}\n{result.stderr}")

    print(f"{'jax':8} {'passed':>7} {'failed':>7} {'skipped':>8} {'time':>7}")
    for row in rows:
        print(f"{row[0]:8} {row[1]:7} {row[2]:7} {row[3]:8} {row[4]:>7}")
    sys.exit(failed)


if __name__ == "__main__":
    main()

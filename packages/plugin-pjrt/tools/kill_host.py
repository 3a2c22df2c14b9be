"""Kills the compile host at random moments while a program trains, and checks that nothing hangs, lies or stays behind.

    python tools/kill_host.py --backend mlx --kills 100

Each iteration compiles a program that is new and runs it and an old one. What fails must fail with UNAVAILABLE, and what
succeeds must be right. At the end no host may be left. Prints the numbers; exits with 1 when something is wrong.
"""

import argparse
import collections
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

PACKAGE = pathlib.Path(__file__).resolve().parents[1]


def hosts_of(pid):
    """Children of the process that are compile hosts."""
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True, check=False).stdout
    rows = [line.split(None, 1) for line in listed.splitlines()]
    return [int(row[0]) for row in rows if len(row) == 2 and ("host/main.ts" in row[1] or "host.js" in row[1])]


# ---- inside: the process that trains ---------------------------------------------------------------------------------


class Killer(threading.Thread):
    """Kills the host again and again, at moments that a fixed seed chooses."""

    def __init__(self, kills, longest):
        super().__init__(daemon=True)
        self.kills, self.longest, self.killed = kills, longest, 0

    def run(self):
        chance = random.Random(1)
        while self.killed < self.kills:
            time.sleep(chance.random() * self.longest)
            for pid in hosts_of(os.getpid()):
                try:
                    os.kill(pid, signal.SIGKILL)
                    self.killed += 1
                except ProcessLookupError:
                    pass


def train(kills, longest):
    import jax
    import numpy as np

    counts = collections.Counter()
    killer = Killer(kills, longest)
    old = jax.jit(lambda w, x: w - 0.1 * (x.T @ (x @ w)))
    x = np.linspace(-1, 1, 64, dtype=np.float32).reshape(16, 4)

    def attempt(what, function, expected):
        try:
            right = np.allclose(function(), expected, rtol=1e-4)
            counts[f"{what} right" if right else f"{what} WRONG"] += 1
        except Exception as error:  # noqa: BLE001
            clean = "UNAVAILABLE" in str(error)
            counts[f"{what} UNAVAILABLE" if clean else f"{what} FAILED: {error}"[:200]] += 1

    killer.start()
    w = np.ones(4, np.float32)
    step = 0
    while killer.is_alive():
        step += 1
        attempt("compile and run", lambda: np.asarray(jax.jit(lambda a: a * step + 1)(w)), w * step + 1)
        updated = w - 0.1 * (x.T @ (x @ w))
        attempt("run again", lambda: np.asarray(old(w, x)), updated)
        w = updated / np.abs(updated).max()
    counts["kills"] = killer.killed
    for what, count in sorted(counts.items()):
        print(f"{count:6} {what}", flush=True)
    # The process ends with a host that lives.
    print(np.asarray(jax.jit(lambda a: a - 1)(w)).shape == (4,) and "still compiles", flush=True)
    wrong = [what for what in counts if "WRONG" in what or "FAILED" in what]
    sys.exit(1 if wrong or killer.killed < kills else 0)


# ---- outside ---------------------------------------------------------------------------------------------------------


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", default="mlx")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--longest", type=float, default=1.5, help="most seconds between two kills")
    parser.add_argument("--limit", type=int, default=900, help="seconds; a process that runs longer hangs")
    parser.add_argument("--train", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.train:
        train(options.kills, options.longest)
    env = {**os.environ, "JAX_PLATFORMS": "hloom,cpu", "HLOOM_BACKEND": options.backend}
    env["PYTHONPATH"] = os.pathsep.join([str(PACKAGE / "python"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, __file__, "--train", "--kills", str(options.kills), "--longest", str(options.longest)]
    process = subprocess.Popen(command, env=env)
    hosts = set()
    deadline = time.monotonic() + options.limit
    while process.poll() is None:
        hosts |= set(hosts_of(process.pid))
        if time.monotonic() > deadline:
            process.kill()
            sys.exit(f"hangs: no end within {options.limit} s")
        time.sleep(0.05)
    time.sleep(2)  # the hosts' own time to notice
    orphans = [pid for pid in hosts if pathlib.Path(f"/proc/{pid}").exists()]
    print(f"exit status {process.returncode}, {len(hosts)} hosts seen, {len(orphans)} orphans")
    sys.exit(1 if process.returncode or orphans else 0)


if __name__ == "__main__":
    main()

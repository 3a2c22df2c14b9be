"""The process in which tests of one backend run. It takes tests on stdin and gives outcomes on stdout, pickled."""

import importlib.util
import os
import pathlib
import pickle
import subprocess
import sys
import traceback


def start(env):
    return subprocess.Popen(
        [sys.executable, __file__], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=pathlib.Path(__file__).parent
    )


def ask(process, path, function, arguments):
    """(outcome, text) of one test; a worker that dies is a failure."""
    try:
        pickle.dump((str(path), function, arguments), process.stdin)
        process.stdin.flush()
        return pickle.load(process.stdout)
    except (EOFError, OSError):
        return "failed", f"the process died with status {process.wait()}"


def run(path, function, arguments, modules={}):  # noqa: B006
    import pytest

    try:
        if path not in modules:
            spec = importlib.util.spec_from_file_location(pathlib.Path(path).stem, path)
            modules[path] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(modules[path])
        getattr(modules[path], function)(**arguments)
        return "passed", ""
    except pytest.skip.Exception as skip:
        return "skipped", str(skip)
    except BaseException:  # noqa: BLE001
        return "failed", traceback.format_exc()


def main():
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what tests print must not mix with the answers
    while True:
        try:
            request = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        pickle.dump(run(*request), answers)
        answers.flush()


if __name__ == "__main__":
    main()

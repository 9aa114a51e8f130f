"""llama.cpp's OpenAI-compatible server for the tests, built from source once into a cache.

    python -m tests.support.llama_build            builds it where it is not there yet; prints its interpreter
    python -m tests.support.llama_build --built    says by its exit code whether it is there

The cache is `$ASTERISM_TEST_CACHE`, by default `~/.cache/asterism-tests`; a build is keyed by what it is made of, the
Python and the machine. It takes about 5 minutes on 2 cores, at low priority; `ASTERISM_TEST_JOBS` says how many
compilers run at once (default: one a core). Two builders at once wait for each other. Standard library only.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

PINNED = Path(__file__).parents[2] / "requirements" / "llama-server.txt"
_STEP = re.compile(r"\[\s*(\d+)/(\d+)\]")
_NEEDED = ("cmake", "g++")
SAY_EVERY_S = 10.0


class CannotBuild(Exception):
    """The server cannot be built here; the message says what to do."""


def cache() -> Path:
    given = os.environ.get("ASTERISM_TEST_CACHE")
    return Path(given) if given else Path.home() / ".cache" / "asterism-tests"


def folder() -> Path:
    """Where this checkout's server is, or will be."""
    made_of = [PINNED.read_bytes(), sys.version.encode(), platform.machine().encode()]
    return cache() / f"llama-{hashlib.sha256(b'|'.join(made_of)).hexdigest()[:16]}"


def interpreter() -> Path | None:
    """The Python that has the server: `-m llama_cpp.server` runs it. None where it is not built."""
    return folder() / "bin" / "python" if (folder() / "complete").exists() else None


def build(out: TextIO) -> Path:
    """The interpreter, built first where need be; progress goes to `out`. Raises CannotBuild."""
    cache().mkdir(parents=True, exist_ok=True)
    with alone(cache() / "llama.lock", "llama.cpp's server", out):
        done = interpreter()
        if done is not None:
            return done
        missing = [program for program in _NEEDED if shutil.which(program) is None]
        if missing:
            raise CannotBuild(f"missing: {' '.join(missing)}. As root: apt-get install {' '.join(missing)}")
        shutil.rmtree(folder(), ignore_errors=True)
        print("llama.cpp's server is built once, into the cache (about 5 minutes on 2 cores)", file=out, flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder())], check=True)
        _install(out)
        (folder() / "complete").touch()
    return folder() / "bin" / "python"


@contextlib.contextmanager
def alone(path: Path, what: str, out: TextIO) -> Iterator[None]:
    """Holds the lock file while it lasts; says so on `out` when another process that builds `what` has it."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"another build of {what} is under way: waiting for it", file=out, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(out: TextIO) -> None:
    jobs = os.environ.get("ASTERISM_TEST_JOBS") or str(os.cpu_count() or 1)
    environment = os.environ | {
        "CMAKE_BUILD_PARALLEL_LEVEL": jobs,
        "CMAKE_ARGS": "-DLLAVA_BUILD=OFF -DGGML_OPENMP=OFF",
        "CFLAGS": "-O2 -g0",
        "CXXFLAGS": "-O2 -g0",
    }
    command = [str(folder() / "bin" / "python"), "-m", "pip", "install", "--no-input", "-v", "-r", str(PINNED)]
    process = subprocess.Popen(
        ["nice", "-n", "15", *command],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    last = _follow(process, out)
    if process.wait() != 0:
        raise CannotBuild("llama.cpp's server could not be built:\n" + "".join(last))


def _follow(process: subprocess.Popen[str], out: TextIO) -> deque[str]:
    """Says every few seconds how far the compiler is; the last lines, for the case that it fails."""
    last: deque[str] = deque(maxlen=60)
    began = said = time.monotonic()
    assert process.stdout is not None
    for line in process.stdout:
        last.append(line)
        step, now = _STEP.search(line), time.monotonic()
        if step and now - said >= SAY_EVERY_S:
            said = now
            print(f"  compiled {step[1]} of {step[2]} files, {now - began:.0f} s", file=out, flush=True)
    return last


if __name__ == "__main__":
    if "--built" in sys.argv:
        sys.exit(interpreter() is None)
    try:
        print(build(sys.stderr))  # noqa: T201 - the program's answer
    except CannotBuild as error:
        sys.exit(str(error))

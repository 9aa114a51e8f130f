"""A launcher that has imported everything and forks: a program of `asterism` that starts in milliseconds.

    with zygote() as launcher:
        fork = launcher.start(["up", "--port", "8460"], env={...}, cwd=folder, out=file, err=file)
        fork.kill()

What it starts is a real process, with its own memory, sockets and files, that runs the real `main` from its first
line; only the second of CPU that Python's imports take is spent once, not at each start. A killed one is killed by
SIGKILL. The launcher has one thread, and the kernel ends it and what it forked when the one who asked for it dies.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from pkgutil import walk_packages

from orchestrator.cli.leash import bind_to
from tests.support.cli import ROOT

PACKAGES = ("orchestrator", "agents", "devices", "storage", "protocol", "tools")
LIBRARIES = (
    "aiosqlite",
    "alembic.command",
    "asyncpg",
    "httptools",
    "langgraph.checkpoint.postgres.aio",
    "langgraph.checkpoint.sqlite.aio",
    "langgraph.graph",
    "psycopg_pool",
    "uvicorn.lifespan.off",
    "uvloop",
)
Report = dict[str, int | None]


@dataclass
class Fork:
    """One process that the launcher forked. `code` as Popen's `returncode`: below zero for a signal."""

    pid: int
    launcher: Zygote
    code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, None while it runs. The process number stays its own until this was told."""
        if self.code is None:
            self.code = self.launcher.ask({"reap": self.pid, "wait": False})["code"]
        return self.code

    def wait(self, seconds: float = 60.0) -> int:
        """Wait for its end. Raises TimeoutError."""
        deadline = time.monotonic() + seconds
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"process {self.pid} did not end in {seconds:g} s")
            time.sleep(0.005)
        return code

    def signal(self, number: int) -> None:
        """Nothing where it has ended already."""
        if self.code is None:
            os.kill(self.pid, number)  # not reaped: the number cannot be another's

    def kill(self) -> None:
        """SIGKILL, and wait until the kernel has taken everything back."""
        if self.code is None:
            self.signal(signal.SIGKILL)
            self.code = self.launcher.ask({"reap": self.pid, "wait": True})["code"]


@dataclass
class Zygote:
    """The launcher's other end. May be used from several threads."""

    process: subprocess.Popen[str]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, words: Sequence[str], *, env: Mapping[str, str], cwd: Path, out: Path, err: Path) -> Fork:
        """Run `asterism WORDS`. What it writes is added to the files."""
        order = {"words": list(words), "env": dict(env), "cwd": str(cwd), "out": str(out), "err": str(err)}
        pid = self.ask(order)["pid"]
        assert pid is not None
        return Fork(pid, self)

    def ask(self, order: Mapping[str, object]) -> Report:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with self.lock:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the launcher has ended with {self.process.wait(5)}")
        report: Report = json.loads(line)
        return report


@contextlib.contextmanager
def zygote() -> Iterator[Zygote]:
    """A launcher, ready; all that it forked ends with it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.zygote", str(os.getpid())],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        launcher = Zygote(process)
        launcher.ask({"reap": 0, "wait": False})  # answered once all is imported
        yield launcher
    finally:
        process.kill()
        process.communicate()


# --- in the launcher -----------------------------------------------------------------------------------------------


def main() -> None:
    bind_to(int(sys.argv[1]))
    _preload()
    gc.freeze()  # the collector of a child does not touch, and so copy, what all share
    assert threading.active_count() == 1, "a thread would be missing from every child"
    replies = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        order = json.loads(line)
        report = _reap(order) if "reap" in order else {"pid": _fork(order)}
        replies.write(json.dumps(report) + "\n")
        replies.flush()


def _preload() -> None:
    """Import what programs import late: no start of theirs is slower than it must be."""
    ours = [
        found.name for name in PACKAGES for found in walk_packages(importlib.import_module(name).__path__, name + ".")
    ]
    for module in (*(name for name in ours if "__main__" not in name and "migrations.env" not in name), *LIBRARIES):
        with contextlib.suppress(ModuleNotFoundError):  # of an extra that is not installed
            importlib.import_module(module)


def _reap(order: dict[str, int]) -> Report:
    if not order["reap"]:
        return {"code": None}
    pid, status = os.waitpid(order["reap"], 0 if order["wait"] else os.WNOHANG)
    return {"code": os.waitstatus_to_exitcode(status) if pid else None}


def _fork(order: dict[str, object]) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        bind_to(parent)
        code = _become(order)
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _become(order: dict[str, object]) -> int:
    """Be the program: its own files, folder, variables and words."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(str(order[name]), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
    os.closerange(3, 64)  # the pipe to the one who asks
    os.chdir(str(order["cwd"]))
    os.environ.clear()
    os.environ.update(order["env"])  # type: ignore[call-overload]
    words = list(order["words"])  # type: ignore[call-overload]
    sys.argv = ["asterism", *words]
    from orchestrator.cli.main import main as program

    try:
        return program()
    except SystemExit as left:
        return int(left.code or 0)


if __name__ == "__main__":
    main()

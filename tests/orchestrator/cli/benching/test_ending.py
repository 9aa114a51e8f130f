"""`asterism bench run` as a process: whatever ends it, nothing of its world stays at work."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.cli import environment, start

pytestmark = pytest.mark.slow
PATIENCE_S = 60.0
PROGRAMS = ("Xvfb", "dbus-daemon", "dunst", "openbox", "adb", "mosquitto")

SUITE = """name = "tiny"
version = 1
seed = 1
base = ["alpha", "desk", "pixel", "box"]
[machines]
alpha = { kind = "server" }
desk = { kind = "desktop" }
pixel = { kind = "phone" }
box = { kind = "edge" }
"""
TASK = """id = "slow"
category = "c"
level = 1
request = "wait for the page"
max_writes = 1
checks = [{ kind = "file", name = "begun", machine = "alpha", path = "begun.txt" }]
wrong = { about = "nothing is done" }
[[setup.pages]]
path = "slow"
text = "here it is"
delay_s = DELAY
[[setup.programs]]
machine = "alpha"
command = ["sleep", "600"]
[[setup.forms]]
title = "Order"
[[plan.steps]]
id = "begin"
skill = "file.write"
arguments = { path = "begun.txt", text = "begun" }
devices = { names = ["alpha"] }
[[plan.steps]]
id = "wait"
skill = "http.fetch"
arguments = { url = "{site}/slow" }
devices = { names = ["alpha"] }
after = [{ step = "begin" }]
"""


def eventually(condition: Callable[[], bool], what: Callable[[], str]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.02)


class Call:
    """A benchmark at work below `folder`, which all that it starts names somewhere."""

    def __init__(self, folder: Path, delay_s: float) -> None:
        self.temporary = folder / "t"
        self.temporary.mkdir()
        (folder / "home").mkdir()  # adb does not start without one
        suite = folder / "suite"
        (suite / "tasks").mkdir(parents=True)
        (suite / "suite.toml").write_text(SUITE)
        (suite / "tasks" / "slow.toml").write_text(TASK.replace("DELAY", str(delay_s)))
        words = ("bench", "run", f"--suite={suite}", "--planner=scripted", "--no-baseline")
        variables = environment(folder / "home", TMPDIR=str(self.temporary))
        self.process = start(*words, env=variables, cwd=folder)

    def at_work(self) -> bool:
        assert self.process.poll() is None, self.process.communicate()
        return any(self.temporary.glob("asterism-bench-*/alpha/workspace/begun.txt"))

    def processes(self) -> list[str]:
        """Who is left of it."""
        found = []
        for one in psutil.process_iter(["pid", "name", "cmdline"]):
            with contextlib.suppress(psutil.Error):
                told = [*(one.info["cmdline"] or []), one.cwd(), *one.environ().values()]
                zombie = one.status() == psutil.STATUS_ZOMBIE
                if not zombie and any(str(self.temporary) in word for word in told) and one.pid != os.getpid():
                    found.append(f"{one.info['pid']} {one.info['name']} {' '.join(one.info['cmdline'])[:80]}")
        return found


@pytest.fixture(params=[10.0], ids=["slow"])
def call(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Call]:
    missing = [name for name in PROGRAMS if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed: scripts/setup.sh system")
    made = Call(tmp_path, request.param)
    try:
        yield made
    finally:
        with contextlib.suppress(ProcessLookupError):
            made.process.kill()
        made.process.communicate()


def nothing_left(call: Call) -> None:
    eventually(lambda: not call.processes(), lambda: "\n".join(call.processes()))


@pytest.mark.parametrize("call", [0.0], indirect=True)
def test_at_its_end(call: Call) -> None:
    out, err = call.process.communicate(timeout=PATIENCE_S)
    assert call.process.returncode == 0, err
    assert "1 of 1 tasks" in out
    nothing_left(call)
    assert list(call.temporary.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_after_an_interrupt(call: Call, number: signal.Signals) -> None:
    eventually(call.at_work, lambda: "it never began")
    call.process.send_signal(number)
    _, err = call.process.communicate(timeout=PATIENCE_S)
    assert call.process.returncode == 8, err
    assert "nothing is left at work" in err
    assert "Traceback" not in err
    nothing_left(call)
    assert list(call.temporary.iterdir()) == []


def test_when_it_is_killed(call: Call) -> None:
    """Nobody is left to remove its folder; but all that it started ends with it."""
    eventually(call.at_work, lambda: "it never began")
    below: list[psutil.Process] = []
    names: set[str] = set()

    def all_there() -> bool:  # a program has its own name a moment after it was forked
        below[:] = psutil.Process(call.process.pid).children(recursive=True)
        names.clear()
        for one in below:
            with contextlib.suppress(psutil.NoSuchProcess):
                names.add(one.name())
        return names >= {*PROGRAMS, "sleep", "zenity"}

    eventually(all_there, lambda: str(names))
    call.process.kill()
    call.process.wait()
    nothing_left(call)
    gone, alive = psutil.wait_procs(below, timeout=PATIENCE_S)
    assert (alive, len(gone)) == ([], len(below))


def test_before_it_has_begun(call: Call) -> None:
    """While the machines start."""
    eventually(lambda: any(call.temporary.glob("asterism-bench-*")), lambda: "no folder was made")
    call.process.send_signal(signal.SIGINT)
    _, err = call.process.communicate(timeout=PATIENCE_S)
    assert call.process.returncode == 8, err
    nothing_left(call)
    assert list(call.temporary.iterdir()) == []


def test_the_tasks_of_a_suite_are_listed(call: Call) -> None:
    call.process.kill()
    words = ("bench", "tasks", f"--suite={call.temporary.parent / 'suite'}", "--json")
    listing = start(*words, env=environment(call.temporary.parent / "home"), cwd=call.temporary.parent)
    out, err = listing.communicate(timeout=PATIENCE_S)
    assert listing.returncode == 0, err
    assert '"id": "slow"' in out
    assert '"machines": ["alpha", "desk", "pixel", "box"]' in out

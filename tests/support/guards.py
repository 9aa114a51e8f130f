"""What no test may do: leave a process behind, connect to anything but this machine, or hang.

A plugin, loaded by `tests/conftest.py`. A test that leaves children behind, or that connected elsewhere, fails by name.
Processes that outlive their parent are found at the end of the session, by a mark in their environment, and fail the
run. What hangs beyond pytest-timeout, which bounds a test but not what cleans up after it, ends the run with every
thread's stack; what failed until then has been told.
"""

from __future__ import annotations

import faulthandler
import ipaddress
import logging
import os
import socket
import sys
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import BinaryIO

import psutil
import pytest
import structlog

MARK = "ASTERISM_TEST_SESSION"
GRACE_S = 5.0
"""How long a child that has been told to end may still take before it counts as left behind."""


LIMIT_S = 120.0
"""How long a test may take where it does not say so itself: pyproject.toml says the same to pytest-timeout."""
HANG_S = 240.0
"""How long a test's clean-up may take, and a test beyond its time limit, before the run ends."""


class ForeignConnectionError(RuntimeError):
    """A test tried to reach an address outside this machine."""


class NetworkGuard:
    """An audit hook on the socket calls that name an address. Sees Python's own sockets, not those of C libraries."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self.allowed: set[str] = set()
        """Addresses of what the tests themselves run on this machine in a network of its own."""

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        if event not in ("socket.connect", "socket.sendto"):
            return
        sock, address = args[0], args[1]
        if (
            isinstance(sock, socket.socket)
            and isinstance(address, tuple)
            and str(address[0]) not in self.allowed
            and not is_local(sock.family, str(address[0]))
        ):
            self.refused.append(f"{event} to {address[0]}")
            raise ForeignConnectionError(f"{event} to {address[0]}: tests may reach this machine only")


def is_local(family: int, host: str) -> bool:
    """Whether this is a loopback address; families other than IPv4 and IPv6 never leave the machine."""
    if family not in (socket.AF_INET, socket.AF_INET6) or host in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    # The unspecified address means this machine when something connects to it.
    return (mapped or address).is_loopback or (mapped or address).is_unspecified


def child_ids() -> set[int]:
    """Process ids of this process's children, without walking every process of the machine."""
    threads = Path("/proc/self/task")
    if not threads.is_dir():
        return {child.pid for child in psutil.Process().children()}
    found: set[int] = set()
    for thread in threads.iterdir():
        try:
            found.update(int(word) for word in (thread / "children").read_text().split())
        except OSError:
            continue  # a thread that has just ended has no children to tell of
    return found


def still_running(pids: set[int]) -> list[psutil.Process]:
    """Those of the processes that have not ended, and are not multiprocessing's own helper, after a grace period."""
    processes = []
    for pid in sorted(pids):
        try:
            process = psutil.Process(pid)
            if process.status() != psutil.STATUS_ZOMBIE and "multiprocessing.resource_tracker" not in describe(process):
                processes.append(process)
        except psutil.NoSuchProcess:
            continue
    return psutil.wait_procs(processes, timeout=GRACE_S)[1] if processes else []


def describe(process: psutil.Process) -> str:
    try:
        return f"{process.pid} {' '.join(process.cmdline())}"[:200]
    except psutil.Error:
        return f"{process.pid} (gone)"


def end(processes: list[psutil.Process]) -> None:
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(processes, timeout=GRACE_S)


def marked(value: str) -> list[psutil.Process]:
    """Every process but this one that was started, at whatever remove, by this test session."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(MARK) == value and is_alive(process):
                found.append(process)
        except psutil.Error:
            continue  # another user's process, or one that has just ended
    return found


def is_alive(process: psutil.Process) -> bool:
    return process.status() != psutil.STATUS_ZOMBIE and "multiprocessing.resource_tracker" not in describe(process)


guard = NetworkGuard()


LOGS = structlog.get_config()
"""How the process logs before any test or any fixture of a whole module has changed it."""


def pytest_configure(config: pytest.Config) -> None:
    os.environ[MARK] = uuid.uuid4().hex
    sys.addaudithook(guard)
    config.stash[STDERR] = os.fdopen(os.dup(2), "wb", buffering=0)


STDERR = pytest.StashKey[BinaryIO]()
"""As it was before pytest took it for itself."""


def ends_after(seconds: float, config: pytest.Config) -> None:
    faulthandler.dump_traceback_later(seconds, exit=True, file=config.stash[STDERR])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """An event loop may swallow what pytest-timeout raises."""
    mark = item.get_closest_marker("timeout")
    ends_after(HANG_S + float(mark.args[0] if mark else LIMIT_S), item.config)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Begun anew: pytest stops such a clock when a test fails, and pytest-timeout has rung already."""
    ends_after(HANG_S, item.config)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Told at once in CI: a run that is ended from outside has no summary."""
    if report.failed and os.environ.get("CI"):
        sys.stdout.write(f"\n{report.nodeid} failed at {report.when}:\n{report.longreprtext}\n")
        sys.stdout.flush()


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """First of a test's fixtures to begin and last to end: what is new then was left by the test."""
    before = child_ids()
    guard.refused.clear()
    yield
    left = still_running(child_ids() - before)
    if left:
        names = "; ".join(describe(process) for process in left)
        end(left)
        pytest.fail(f"processes left behind: {names}", pytrace=False)
    if guard.refused:
        pytest.fail(f"connections outside this machine: {'; '.join(guard.refused)}", pytrace=False)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fails the run when a process that it started, or a child's child, is still there after the last fixture."""
    left = marked(os.environ[MARK])
    left = psutil.wait_procs(left, timeout=GRACE_S)[1] if left else []
    if left:
        session.config.stash[LEFT] = [describe(process) for process in left]
        end(left)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


LEFT = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for name in config.stash.get(LEFT, []):
        terminalreporter.write_line(f"ERROR left running at the end of the session (now ended): {name}", red=True)


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """What a test, or a fixture that outlives it, makes of the process's logs ends with it: others read them."""
    yield
    structlog.configure(**LOGS)
    logging.disable(logging.NOTSET)

"""Starts a command with limits, and sees to it that nothing of it stays behind. See `commands.py`.

Run as `python -I -S launcher.py SETTINGS -- COMMAND ...` with SETTINGS as JSON. It is the leader of a session of its
own. The agent holds one end of a pipe, the lifeline: once that closes, because the task was cancelled or the agent
died, even by kill -9, the command and everything it started is ended. The same happens to what the command leaves
running when it ends. Exits as the command did; 128 + n for signal n, 127 where it cannot be started.
"""

import ctypes
import json
import os
import resource
import select
import signal
import sys
import time

PR_SET_NO_NEW_PRIVS = 38
PR_SET_CHILD_SUBREAPER = 36
GRACE_S = 1.0


def set_limits(settings: "dict[str, int]") -> None:
    """In the child: what the kernel holds the command to. A limit below ours stays."""
    wanted = {
        resource.RLIMIT_DATA: settings["memory_bytes"],
        resource.RLIMIT_CPU: settings["cpu_seconds"],
        resource.RLIMIT_FSIZE: settings["file_bytes"],
        resource.RLIMIT_NPROC: settings["processes"],
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in wanted.items():
        _, hard = resource.getrlimit(kind)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))


def prctl(option: int) -> None:
    """Ask the kernel for a property of this process; where it knows no such thing, we do without."""
    try:
        ctypes.CDLL(None).prctl(option, 1, 0, 0, 0)
    except (OSError, AttributeError):
        return


def child(settings: "dict[str, int]", command: "list[str]") -> None:
    """Becomes the command. Never returns."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        os.fchdir(settings["cwd"])
        os.close(settings["cwd"])
        set_limits(settings)
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


def descendants() -> "list[int]":
    """Our children; orphans of theirs have become ours."""
    try:
        with open("/proc/thread-self/children") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []


def reap() -> None:
    """Take note of every child that has ended."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return


def end_all() -> None:
    """Ask all that is left to end, then kill it, whatever session or group it has moved to."""
    for number, patience in ((signal.SIGTERM, GRACE_S), (signal.SIGKILL, 5.0)):
        deadline = time.monotonic() + patience
        while (left := descendants()) and time.monotonic() < deadline:
            for pid in left:
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    continue
            reap()
            time.sleep(0.01)
        reap()


def main() -> int:
    settings = json.loads(sys.argv[1])
    lifeline = settings["lifeline"]
    os.set_inheritable(lifeline, False)
    # A group's signal is for the command, not for the one who must clean up after it.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    prctl(PR_SET_CHILD_SUBREAPER)
    prctl(PR_SET_NO_NEW_PRIVS)
    if _poll(0, lifeline):
        return 128 + signal.SIGKILL  # the agent died while we started: nothing was done, and nothing will be
    pid = os.fork()
    if pid == 0:
        child(settings, sys.argv[3:])
    for descriptor in (0, 1, 2):
        # The pipes belong to the command: the agent must see them end with it.
        os.close(descriptor)
    watched = os.pidfd_open(pid)
    ready = {descriptor for descriptor, _ in _poll(None, lifeline, watched)}
    code = 128 + signal.SIGKILL
    if watched in ready:
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    end_all()
    return code if code >= 0 else 128 - code


def _poll(timeout_ms: "int | None", *descriptors: int) -> "list[tuple[int, int]]":
    """Those that are readable or hung up, at the latest after so long; None waits."""
    poller = select.poll()
    for descriptor in descriptors:
        poller.register(descriptor, select.POLLIN | select.POLLHUP)
    return poller.poll(timeout_ms)


if __name__ == "__main__":
    sys.exit(main())

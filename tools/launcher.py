"""Starts a command with limits, and sees to it that nothing of it stays behind. See `commands.py`.

Run as `launching.py` has it, with SETTINGS -- COMMAND ..., SETTINGS as a Python literal. Every command pays for what
is imported here: signal, json and ctypes would take longer than all the rest, Python's own start included. It is the
leader of a session of its own, and makes a control group for the command where SETTINGS name places for one. The agent
holds one end of a pipe, the lifeline: once that closes, because the task was cancelled or the agent died, even by kill
-9, the command and everything it started is ended. The same happens to what the command leaves running when it ends.
Exits as the command did; 128 + n for signal n, 127 where it cannot be started. What it all cost is written to the
descriptor `report`, as JSON: CPU seconds, peak memory in bytes, and which limit it met, if any. Where SETTINGS say
`lasting`, what the command leaves running goes on, until it ends or the lifeline closes: programs with windows often
begin that way.

In a control group `memory_bytes`, `processes` and, where SETTINGS have it, `cpu_total` are of all that the command
starts, together: it is ended where its memory or its CPU time runs out, and a process too many is refused it. Without
a group the kernel holds each process by itself, and ends only one whose CPU time runs out; memory is refused.

With `system` in SETTINGS the command is one of the system's own, such as an init script: it keeps the rights and
limits that the agent has, and what it leaves running goes on, for that is what it is for; only a command that is ended
before its time takes all with it.
"""

import _signal as signal  # type: ignore[import-not-found]  # what `signal` wraps, without its enums
import os
import resource
import select
import sys
import time

PR_SET_NO_NEW_PRIVS = 38
PR_SET_CHILD_SUBREAPER = 36
TYPING = False  # at run time: loading what follows would cost as much as all the rest
if TYPING:
    from typing import Any, TypeAlias

    Settings: TypeAlias = "dict[str, Any]"
GRACE_S = 1.0
KILLED = 128 + int(signal.SIGKILL)
# Controller, file, value: of both versions, of which a machine has one.
LIMITS = (
    ("memory", "memory.limit_in_bytes", "{memory}"),
    ("memory", "memory.swappiness", "0"),
    ("memory", "memory.memsw.limit_in_bytes", "{memory}"),
    ("pids", "pids.max", "{processes}"),
    ("unified", "memory.max", "{memory}"),
    ("unified", "memory.swap.max", "0"),
    ("unified", "memory.oom.group", "1"),
    ("unified", "pids.max", "{processes}"),
)
OPTIONAL = ("memory.swappiness", "memory.memsw.limit_in_bytes", "memory.swap.max", "memory.oom.group")


class Group:
    """A control group for the command: one folder, or one for each controller. None of it where one cannot be made."""

    def __init__(self, settings: "Settings") -> None:
        self.folders: dict[str, str] = {}
        memory, processes = settings["memory_bytes"], settings.get("tasks", settings["processes"])
        try:
            for controller, parent in settings.get("groups", {}).items():
                folder = f"{parent}/asterism-{os.getpid()}"
                os.mkdir(folder)
                self.folders[controller] = folder
            for controller, limit, value in LIMITS:
                if controller in self.folders:
                    self._write(controller, limit, value.format(memory=memory, processes=processes))
        except OSError:
            self.remove()

    def _write(self, controller: str, name: str, value: str) -> None:
        path = f"{self.folders[controller]}/{name}"
        if name in OPTIONAL and not os.path.exists(path):
            return
        with open(path, "w") as file:
            file.write(value)

    def join(self) -> bool:
        """In the child: whether it is in. Where it is not, its own limits hold it; that is no fault of the command."""
        joined = bool(self.folders)
        for controller in self.folders:
            try:
                self._write(controller, "cgroup.procs", str(os.getpid()))
            except OSError:
                joined = False
        return joined

    def read(self, controller: str, name: str, key: str = "") -> int:
        """A number that the kernel keeps, of a line that begins with `key`; 0 where it keeps none."""
        try:
            with open(f"{self.folders[controller]}/{name}") as file:
                for line in file:
                    if line.startswith(key):
                        return int(line.removeprefix(key))
        except (OSError, KeyError, ValueError):
            pass
        return 0

    def cost(self) -> "tuple[float, int]":
        """CPU seconds and peak memory in bytes; of the children that have ended where there is no group."""
        if "unified" in self.folders:
            return self.cpu_seconds(), self.read("unified", "memory.peak")
        if self.folders:
            return self.cpu_seconds(), self.read("memory", "memory.max_usage_in_bytes")
        return self.cpu_seconds(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024

    def cpu_seconds(self) -> float:
        if "unified" in self.folders:
            return self.read("unified", "cpu.stat", "usage_usec ") / 1e6
        if self.folders:
            return self.read("cpuacct", "cpuacct.usage") / 1e9
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def out_of_memory(self) -> bool:
        found = self.read("memory", "memory.oom_control", "oom_kill ")
        return (found or self.read("unified", "memory.events", "oom_kill ")) > 0

    def refused_processes(self) -> bool:
        """Whether there was a process too many. The kernel counts how often."""
        return (self.read("pids", "pids.events", "max ") or self.read("unified", "pids.events", "max ")) > 0

    def exceeded(self, settings: "Settings", failed: bool) -> str:
        """The limit for which the command is ended, or with which it `failed`; empty where there is none.

        A command that was refused a process, or that took its CPU time to the end, and ended well had enough.
        """
        if self.out_of_memory():
            return "memory_bytes"
        total = settings.get("cpu_total")
        if total and failed and self.cpu_seconds() >= total:
            return "cpu_seconds"
        return "processes" if failed and self.refused_processes() else ""

    def remove(self) -> None:
        """When nothing is in it any more. One that is busy for a moment longer is tried again."""
        for folder in self.folders.values():
            for _ in range(50):
                try:
                    os.rmdir(folder)
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.01)
                else:
                    break
        self.folders = {}


def set_limits(settings: "Settings", grouped: bool) -> None:
    """In the child: what the kernel holds the command to. A limit below ours stays.

    A group counts memory that is used, and not what is only asked for; and who exceeds it is told so.
    """
    wanted = {
        **({} if grouped else {resource.RLIMIT_DATA: settings["memory_bytes"]}),
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
        import _ctypes

        program = _ctypes.dlopen(None, 0)  # type: ignore[arg-type]
        found = _ctypes.dlsym(program, "prctl")
        _ctypes.call_function(found, (option, 1, 0, 0, 0))
    except (ImportError, AttributeError, OSError, TypeError):
        import ctypes  # the long way, for a Python that is made otherwise

        try:
            ctypes.CDLL(None).prctl(option, 1, 0, 0, 0)
        except (OSError, AttributeError):
            return


def child(settings: "Settings", command: "list[str]", group: Group) -> None:
    """Becomes the command. Never returns."""
    try:
        grouped = group.join()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        os.fchdir(settings["cwd"])
        os.close(settings["cwd"])
        if not settings.get("system"):
            set_limits(settings, grouped)
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


def report(settings: "Settings", group: Group, failed: bool) -> None:
    exceeded = group.exceeded(settings, failed)
    cpu, peak = group.cost()
    group.remove()
    if "report" in settings:
        said = f'{{"cpu_seconds": {cpu!r}, "peak_memory_bytes": {peak}, "exceeded": "{exceeded}"}}'
        try:
            os.write(settings["report"], said.encode())
        except OSError:
            return  # nobody asks any more


def main() -> int:
    settings = eval(sys.argv[1], {})  # the agent's own words
    lifeline = settings["lifeline"]
    for descriptor in (lifeline, *([settings["report"]] if "report" in settings else [])):
        os.set_inheritable(descriptor, False)
    # A group's signal is for the command, not for the one who must clean up after it.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    prctl(PR_SET_CHILD_SUBREAPER)
    if not settings.get("system"):
        prctl(PR_SET_NO_NEW_PRIVS)
    if _poll(0, lifeline):
        return KILLED  # the agent died while we started: nothing was done, and nothing will be
    group = Group(settings)
    pid = os.fork()
    if pid == 0:
        child(settings, sys.argv[3:], group)
    for descriptor in (0, 1, 2):
        # The pipes belong to the command: the agent must see them end with it.
        os.close(descriptor)
    watched = os.pidfd_open(pid)
    # The first version of groups ends one process where memory runs out: the rest is ended by us. None bounds the sum
    # of CPU time.
    look = 200 if "memory" in group.folders or (group.folders and settings.get("cpu_total")) else None
    while not (ready := {descriptor for descriptor, _ in _poll(look, lifeline, watched)}):
        if group.out_of_memory() or 0 < settings.get("cpu_total", 0) <= group.cpu_seconds():
            break
    code = KILLED
    if watched in ready:
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        while settings.get("lasting") and descendants() and not _poll(200, lifeline):
            reap()
    if watched not in ready or not settings.get("system"):
        end_all()
    report(settings, group, code != 0)
    return code if code >= 0 else 128 - code


def _poll(timeout_ms: "int | None", *descriptors: int) -> "list[tuple[int, int]]":
    """Those that are readable or hung up, at the latest after so long; None waits."""
    poller = select.poll()
    for descriptor in descriptors:
        poller.register(descriptor, select.POLLIN | select.POLLHUP)
    return poller.poll(timeout_ms)

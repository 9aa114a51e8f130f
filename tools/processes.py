"""Skills for the processes of the device."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal

import psutil
from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Limit, Output
from tools.bounds import Budget, room
from tools.context import ToolContext, check_cancelled, repeated
from tools.errors import ToolError
from tools.paths import shown
from tools.skill import skill
from tools.trees import iso

# CPU use is measured over this time.
SAMPLE_S = 0.1
STOP_S = 5.0
COMMAND_CHARACTERS = 300
# Of the processes that a name may mean, this many are named in the question back.
MATCHES_SHOWN = 10
MATCH_CHARACTERS = 80
# Values that commands should not carry, and do.
_SECRET = re.compile(
    r"(?i)((?:pass(?:word|wd|phrase)?|secret|token|api[-_]?key|access[-_]?key|auth(?:orization)?)[=: ]\s*)\S+"
)
_CREDENTIALS = re.compile(r"(://[^/\s:@]*:)[^/\s@]+@")

Pid = Annotated[int, Field(ge=1, le=2**31 - 1)]


class Process(Output):
    pid: int
    name: str
    user: str
    cpu_percent: float
    memory_bytes: int
    command: str
    started: str


class Processes(Output):
    processes: list[Process]
    count: int
    truncated: bool


class Stopped(Output):
    stopped: list[int]
    count: int


@skill(
    "process.list",
    examples=(
        "which processes are running?",
        "what uses the most CPU?",
        "show the top 5 processes by memory",
        "is nginx running?",
        "list all python processes",
        "what is user postgres running?",
        "ps aux on the server",
    ),
)
def list_(
    context: ToolContext,
    *,
    name: str | None = None,
    user: str | None = None,
    sort: Literal["cpu", "memory", "pid", "name"] = "cpu",
    limit: Limit = 20,
) -> Processes:
    """List running processes with their CPU and memory use.

    Args:
        name: Only processes whose name or command holds this text.
        user: Only processes of this user.
        sort: What to sort by; CPU and memory from the highest down.
        limit: Most processes to return.
    """
    for process in (running := list(psutil.process_iter())):
        _quietly(process, lambda one: one.cpu_percent())
    context.cancelled.wait(SAMPLE_S)
    check_cancelled(context)
    found = [one for process in running if (one := _quietly(process, _describe)) is not None]
    wanted = [
        one
        for one in found
        if (name is None or name.lower() in f"{one.name}\n{one.command}".lower()) and (user is None or one.user == user)
    ]
    wanted.sort(key=_KEYS[sort])
    budget = Budget(room(context))
    kept = [one for one in wanted[:limit] if budget.take(one)]
    return Processes(processes=kept, count=len(wanted), truncated=len(kept) < len(wanted))


@skill(
    "process.stop",
    risk=Risk.DESTRUCTIVE,
    examples=(
        "stop the process 4321",
        "kill nginx",
        "end all chrome processes",
        "terminate the python script on the edge box",
        "force quit the hung worker with pid 998",
        "shut down redis-server",
    ),
)
def stop(
    context: ToolContext,
    *,
    pid: Pid | None = None,
    name: str | None = None,
    all: bool = False,
    force: bool = False,
) -> Stopped:
    """Stop a process by its number or its name, or all processes of a name.

    Args:
        pid: Number of the process.
        name: Exact name of the process; with more than one of that name, `all` is needed.
        all: Stop every process of the name.
        force: Kill at once instead of asking to end.
    """
    if (pid is None) == (name is None):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "give either `pid` or `name`")
    if all and name is None:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "`all` goes with `name`")
    try:
        targets = [_by_pid(pid)] if pid is not None else _by_name(name or "", every=all)
    except ToolError as error:
        if error.code is ErrorCode.NOT_FOUND and repeated(context):
            return Stopped(stopped=[], count=0)
        raise
    for process in targets:
        _signal(process, force)
    gone, alive = psutil.wait_procs(targets, timeout=STOP_S if not force else 2.0)
    if alive:
        left = ", ".join(str(process.pid) for process in alive)
        raise ToolError(ErrorCode.TOOL_FAILED, f"process {left} did not end: stop it with `force`", retryable=not force)
    return Stopped(stopped=sorted(process.pid for process in gone), count=len(gone))


_KEYS: dict[str, Callable[[Process], tuple[float | str, int]]] = {
    "cpu": lambda one: (-one.cpu_percent, one.pid),
    "memory": lambda one: (-one.memory_bytes, one.pid),
    "pid": lambda one: (one.pid, one.pid),
    "name": lambda one: (one.name.lower(), one.pid),
}


def _quietly(process: psutil.Process, ask: Callable[[psutil.Process], Process | float]) -> Process | None:
    """What a process says of itself; None where it ended meanwhile."""
    try:
        answer = ask(process)
    except psutil.Error:
        return None
    return answer if isinstance(answer, Process) else None


def _describe(process: psutil.Process) -> Process:
    with process.oneshot():
        return Process(
            pid=process.pid,
            name=shown(process.name()),
            user=process.username(),
            cpu_percent=round(process.cpu_percent(), 1),
            memory_bytes=process.memory_info().rss,
            command=without_secrets(shown(" ".join(process.cmdline())))[:COMMAND_CHARACTERS],
            started=iso(process.create_time()),
        )


def without_secrets(command: str) -> str:
    """A command line without the passwords, tokens and keys that it carries in plain sight."""
    return _CREDENTIALS.sub(r"\1***@", _SECRET.sub(r"\1***", command))


def _protected() -> set[int]:
    """What must not be stopped: the agent, what started it, what it runs, and the first process."""
    own = psutil.Process()
    return {0, 1, own.pid, *(parent.pid for parent in own.parents()), *_children(own)}


def _children(own: psutil.Process) -> set[int]:
    return {child.pid for child in own.children(recursive=True)}


def _by_pid(pid: int) -> psutil.Process:
    if pid in _protected():
        raise ToolError(ErrorCode.DENIED, f"process {pid} is the device agent, keeps it alive, or works for it")
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        raise ToolError(ErrorCode.NOT_FOUND, f"there is no process {pid}") from None


def _by_name(name: str, *, every: bool) -> list[psutil.Process]:
    named = [one for one in psutil.process_iter(["name", "status"]) if one.info["name"] == name]
    # One that has ended already, and only waits for its parent to notice, is none to choose from.
    alive = [one for one in named if one.info["status"] != psutil.STATUS_ZOMBIE]
    if not alive:
        raise ToolError(ErrorCode.NOT_FOUND, f"there is no process named `{name[:80]}`")
    protected = _protected()
    found = [one for one in alive if one.pid not in protected]
    if not found:
        raise ToolError(ErrorCode.DENIED, f"`{name[:80]}` is the device agent, keeps it alive, or works for it")
    if len(found) > 1 and not every:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, _which(name, found))
    return found


def _which(name: str, found: list[psutil.Process]) -> str:
    """What a name may mean, for the person who has to choose."""
    told = [_quietly(process, _describe) for process in sorted(found, key=lambda one: one.pid)[:MATCHES_SHOWN]]
    lines = [f"{one.pid} ({one.user}: {one.command[:MATCH_CHARACTERS]})" for one in told if one is not None]
    more = f" and {len(found) - MATCHES_SHOWN} more" if len(found) > MATCHES_SHOWN else ""
    return (
        f"{len(found)} processes are named `{name[:80]}`: {', '.join(lines)}{more}. "
        "Give the `pid` of one, or ask for all of them"
    )


def _signal(process: psutil.Process, force: bool) -> None:
    try:
        if force:
            process.kill()
        else:
            process.terminate()
    except psutil.AccessDenied:
        raise ToolError(ErrorCode.DENIED, f"process {process.pid} belongs to somebody else") from None
    except psutil.NoSuchProcess:
        return  # it ended by itself: as wished

"""Skills for the processes of the device."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from protocol.vocabulary import Risk
from tools.arguments import Limit, Output
from tools.context import ToolContext
from tools.skill import skill

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
    remaining: list[int]


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
    raise NotImplementedError


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
def stop(context: ToolContext, *, pid: Pid | None = None, name: str | None = None, force: bool = False) -> Stopped:
    """Stop a process by its number, or all processes of a name.

    Args:
        pid: Number of the process.
        name: Exact name of the processes.
        force: Kill at once instead of asking to end.
    """
    raise NotImplementedError

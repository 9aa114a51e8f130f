"""Skills for the services of the machine. What is reported is read back from the manager, after the fact."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Lines, Output, WorkspacePath
from tools.bounds import Budget, room
from tools.context import repeated
from tools.errors import ToolError, printable
from tools.host.machine import HostContext, Word
from tools.host.own import Own, supervisor_of
from tools.host.service import Service, Services, State
from tools.host.supervising import Kept
from tools.host.systemd import Systemd
from tools.host.sysv import Sysv
from tools.processes import without_secrets
from tools.skill import skill

Name = Word
Argument = Annotated[str, Field(max_length=4096, pattern=r"^[^\x00]*$")]
# The agent keeps a log file under this name.
OwnName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]


class Listed(Output):
    services: list[Service]
    count: int
    truncated: bool


class Removed(Output):
    name: str
    removed: bool


class Said(Output):
    name: str
    lines: list[str]
    truncated: bool


@skill(
    "service.list",
    timeout_s=120,
    examples=(
        "list the services",
        "which services are running?",
        "which services have failed on the server?",
        "show all services of the machine",
    ),
)
async def list_(
    context: HostContext, *, state: Literal["running", "stopped", "failed"] | None = None, name: str | None = None
) -> Listed:
    """List the services of the machine, with their state.

    Args:
        state: Only services in this state.
        name: Only services whose name holds this text.
    """
    found = [one for manager in _managers(context) for one in await manager.every(context)]
    found = [
        _told(one)
        for one in found
        if (state is None or one.state == state) and (name is None or name.lower() in one.name.lower())
    ]
    budget = Budget(room(context))
    kept = [one for one in found if budget.take(one)]
    return Listed(services=kept, count=len(found), truncated=len(kept) < len(found))


@skill(
    "service.status",
    timeout_s=60,
    examples=(
        "what is the status of the service nginx?",
        "is the service postgresql running?",
        "is the ssh service enabled?",
        "status of the cron service",
    ),
)
async def status(context: HostContext, *, name: Name) -> Service:
    """Tell the state of a service, and whether it begins with the machine.

    Args:
        name: The service.
    """
    return _told((await _find(context, name))[1])


@skill(
    "service.start",
    risk=Risk.WRITE,
    examples=(
        "start the service nginx",
        "start the mosquitto service",
        "bring the service redis up",
        "systemctl start cron",
    ),
)
async def start(context: HostContext, *, name: Name) -> Service:
    """Start a service, and see that it runs; one that runs already stays as it is.

    Args:
        name: The service.
    """
    return await _act(context, name, "start", "running")


@skill(
    "service.stop",
    risk=Risk.DESTRUCTIVE,
    examples=(
        "stop the service nginx",
        "stop the mosquitto service",
        "take the service redis down",
        "systemctl stop cron",
    ),
)
async def stop(context: HostContext, *, name: Name) -> Service:
    """Stop a service, and see that it is stopped.

    Args:
        name: The service.
    """
    return await _act(context, name, "stop", "stopped")


@skill(
    "service.restart",
    risk=Risk.WRITE,
    examples=(
        "restart the service nginx",
        "restart the mosquitto service on the server",
        "bounce the service redis",
        "systemctl restart cron",
    ),
)
async def restart(context: HostContext, *, name: Name) -> Service:
    """Stop a service and start it again, and see that it runs.

    Args:
        name: The service.
    """
    return await _act(context, name, "restart", "running")


@skill(
    "service.enable",
    risk=Risk.WRITE,
    examples=(
        "enable the service nginx",
        "start the service nginx at boot from now on",
        "have the mosquitto service begin with the machine",
        "systemctl enable cron",
    ),
)
async def enable(context: HostContext, *, name: Name) -> Service:
    """Have a service begin with the machine (one that the agent supervises: with the agent).

    Args:
        name: The service.
    """
    return await _act(context, name, "enable", True)


@skill(
    "service.disable",
    risk=Risk.WRITE,
    examples=(
        "disable the service nginx",
        "do not start the service nginx at boot any more",
        "keep the mosquitto service from beginning with the machine",
        "systemctl disable cron",
    ),
)
async def disable(context: HostContext, *, name: Name) -> Service:
    """Have a service begin with the machine no longer; one that runs goes on.

    Args:
        name: The service.
    """
    return await _act(context, name, "disable", False)


@skill(
    "service.logs",
    timeout_s=60,
    examples=(
        "what did the service nginx say last?",
        "show the output of the service worker",
        "last lines of the mosquitto service",
        "why did the service api fail?",
    ),
)
async def logs(context: HostContext, *, name: Name, lines: Lines = 50) -> Said:
    """Tell the last lines that a service said.

    Args:
        name: The service.
        lines: How many of them at most.
    """
    manager, found = await _find(context, name)
    said = [printable(line) for line in await manager.logs(context, found.name, lines)]
    budget = Budget(room(context))
    kept = [line for line in reversed(said) if budget.take(line)][::-1]
    return Said(name=found.name, lines=kept, truncated=len(kept) < len(said))


@skill(
    "service.create",
    risk=Risk.DESTRUCTIVE,
    examples=(
        "run `python3 worker.py` as a service named worker",
        "keep the command ./api running as the service api",
        "make a service web of `python3 -m http.server 8000`",
        "supervise the program collector",
    ),
)
async def create(
    context: HostContext,
    *,
    name: OwnName,
    command: Annotated[list[Argument], Field(min_length=1, max_length=200)],
    cwd: WorkspacePath = ".",
    enabled: bool = True,
    description: Annotated[str, Field(max_length=200)] = "",
) -> Service:
    """Have the agent keep a command running as a service, started again where it fails, and start it.

    Args:
        name: What the service is called.
        command: The program and its arguments, one by one; no shell reads them.
        cwd: Folder to run it in.
        enabled: Whether it begins with the agent, after a restart.
        description: What it is for.
    """
    supervisor = supervisor_of(context)
    for manager in _managers(context):
        if manager.name != "agent" and await manager.find(context, name) is not None:
            raise ToolError(ErrorCode.ALREADY_EXISTS, f"the machine has a service `{name}` already: take another name")
    with context.workspace.open_folder(cwd) as (_, place):
        kept = Kept(tuple(command), place.path, enabled, description)
    new = name not in supervisor.services
    supervisor.add(name, kept)
    try:
        return await _act(context, name, "start", "running")
    except ToolError:
        if new:
            await supervisor.remove(name)
        raise


@skill(
    "service.remove",
    risk=Risk.DESTRUCTIVE,
    examples=(
        "remove the service worker",
        "delete the supervised service api",
        "forget the service web for good",
        "drop the service collector that the agent keeps",
    ),
)
async def remove(context: HostContext, *, name: OwnName) -> Removed:
    """End a service that the agent supervises, and forget it with its log.

    Args:
        name: The service.
    """
    supervisor = supervisor_of(context)
    if name not in supervisor.services and repeated(context):
        return Removed(name=name, removed=False)
    await supervisor.remove(name)
    return Removed(name=name, removed=name not in supervisor.services)


def _managers(context: HostContext) -> list[Services]:
    """Those that are at work here: what the system has, and the agent itself."""
    found: list[Services] = []
    if Systemd.there(context):
        found.append(Systemd())
    elif Sysv.there(context):
        found.append(Sysv())
    if context.machine.supervisor is not None:
        found.append(Own())
    return found


async def _find(context: HostContext, name: str) -> tuple[Services, Service]:
    for manager in reversed(_managers(context)):
        found = await manager.find(context, name)
        if found is not None:
            return manager, found
    raise ToolError(ErrorCode.NOT_FOUND, f"this device has no service `{name}`: `service.list` names them")


async def _act(context: HostContext, name: str, verb: str, wanted: State | bool) -> Service:
    """Do it, and read back that it is so."""
    manager, before = await _find(context, name)
    if not (verb in ("start", "stop") and before.state == wanted):
        await manager.act(context, verb, name)
    after = await manager.find(context, name)
    if after is None:
        raise ToolError(ErrorCode.NOT_FOUND, f"the service `{name}` is gone")
    if (after.enabled if isinstance(wanted, bool) else after.state) != wanted:
        said = f"is {after.state}" if isinstance(wanted, str) else "begins with the machine in the way it did before"
        raise ToolError(
            ErrorCode.TOOL_FAILED, f"the service `{name}` {said} after `{verb}`: see what it says in `service.logs`"
        )
    return _told(after)


def _told(one: Service) -> Service:
    return one.model_copy(update={"description": without_secrets(printable(one.description))})

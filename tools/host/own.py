"""Services that the agent supervises, as one manager among the others."""

from __future__ import annotations

from typing import Final

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.host.machine import HostContext
from tools.host.service import Service, State
from tools.host.supervising import Supervisor


class Own:
    """The manager `agent`."""

    name: Final = "agent"

    async def every(self, context: HostContext) -> list[Service]:
        supervisor = supervisor_of(context)
        return [_of(supervisor, name) for name in sorted(supervisor.services)]

    async def find(self, context: HostContext, name: str) -> Service | None:
        supervisor = supervisor_of(context)
        return _of(supervisor, name) if name in supervisor.services else None

    async def act(self, context: HostContext, verb: str, name: str) -> None:
        supervisor = supervisor_of(context)
        if verb in ("stop", "restart"):
            await supervisor.stop(name)
        if verb in ("start", "restart"):
            await supervisor.start(name)
        if verb in ("enable", "disable"):
            supervisor.enable(name, verb == "enable")

    async def logs(self, context: HostContext, name: str, lines: int) -> list[str]:
        return supervisor_of(context).tail(name, lines)


def supervisor_of(context: HostContext) -> Supervisor:
    """Raises ToolError(UNAVAILABLE) where the agent has no folder to keep services in."""
    if context.machine.supervisor is None:
        raise ToolError(ErrorCode.UNAVAILABLE, "this agent supervises no services of its own")
    return context.machine.supervisor


def _of(supervisor: Supervisor, name: str) -> Service:
    kept, life = supervisor.get(name), supervisor.life(name)
    state: State = "stopped" if life is None else "running" if life.pid is not None else "failed"
    return Service(
        name=name,
        manager="agent",
        state=state,
        enabled=kept.enabled,
        pid=None if life is None else life.pid,
        exit_code=None if life is None or life.code < 0 else life.code,
        description=kept.description or " ".join(kept.command)[:200],
    )

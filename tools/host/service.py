"""What all managers of services say of one."""

from __future__ import annotations

from typing import Literal, Protocol

from tools.arguments import Output
from tools.host.machine import HostContext

State = Literal["running", "starting", "stopping", "stopped", "failed", "unknown"]
Manager = Literal["systemd", "sysv", "agent"]


class Service(Output):
    """`enabled`: whether it begins with the machine, or with the agent; null where it can be neither."""

    name: str
    manager: Manager
    state: State
    enabled: bool | None = None
    pid: int | None = None
    exit_code: int | None = None
    description: str = ""


class Services(Protocol):
    """A manager of services. `act` takes start, stop, restart, enable, disable; what came of it is read back."""

    @property
    def name(self) -> Manager: ...

    async def every(self, context: HostContext) -> list[Service]: ...

    async def find(self, context: HostContext, name: str) -> Service | None:
        """None where it has no service of that name."""

    async def act(self, context: HostContext, verb: str, name: str) -> None: ...

    async def logs(self, context: HostContext, name: str, lines: int) -> list[str]: ...

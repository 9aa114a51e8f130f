"""Services under systemd, asked through `systemctl`."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Final

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.host.machine import HostContext, program, told
from tools.host.service import Service, State

PROPERTIES: Final = "Id,LoadState,ActiveState,SubState,UnitFileState,MainPID,Description,Result,ExecMainStatus"
SECONDS: Final = 120.0
_STATES: Final[dict[str, State]] = {
    "active": "running",
    "reloading": "running",
    "activating": "starting",
    "deactivating": "stopping",
    "failed": "failed",
    "inactive": "stopped",
}


class Systemd:
    """The manager `systemd`."""

    name: Final = "systemd"

    @staticmethod
    def there(context: HostContext) -> bool:
        """Whether systemd is what runs this machine, as sd_booted(3) finds out."""
        return context.machine.path("/run/systemd/system").is_dir() and program("systemctl") is not None

    async def every(self, context: HostContext) -> list[Service]:
        units = await self._ask(context, "list-units", "--type=service", "--all", "--output=json")
        files = await self._ask(context, "list-unit-files", "--type=service", "--output=json")
        return parse_list(units, files)

    async def find(self, context: HostContext, name: str) -> Service | None:
        return parse_show(await self._ask(context, "show", f"--property={PROPERTIES}", "--", unit(name)))

    async def act(self, context: HostContext, verb: str, name: str) -> None:
        await self._ask(context, verb, "--", unit(name), seconds=SECONDS)
        # Some say that they have started before they have, or stop a moment later: systemd's own word settles it.
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            found = await self.find(context, name)
            if found is None or found.state not in ("starting", "stopping"):
                return
            await asyncio.sleep(0.2)

    async def logs(self, context: HostContext, name: str, lines: int) -> list[str]:
        from tools.host import journal

        return [f"{one.time} {one.message}" for one in await journal.entries(context, unit=unit(name), lines=lines)]

    async def _ask(self, context: HostContext, *arguments: str, seconds: float = 30.0) -> str:
        return await told(
            context, "systemctl", "--no-pager", "--no-ask-password", "--plain", *arguments, seconds=seconds
        )


def unit(name: str) -> str:
    """The unit's full name: `nginx` is `nginx.service`."""
    return name if name.endswith(".service") else f"{name}.service"


def short(name: str) -> str:
    return name.removesuffix(".service")


def parse_list(units: str, files: str) -> list[Service]:
    """Services from `list-units` and `list-unit-files`, both as JSON. Raises ToolError(TOOL_FAILED)."""
    try:
        loaded = {str(one["unit"]): one for one in json.loads(units or "[]")}
        enabled = {str(one["unit_file"]): str(one["state"]) for one in json.loads(files or "[]")}
    except (ValueError, KeyError, TypeError) as error:
        raise ToolError(ErrorCode.TOOL_FAILED, "systemctl says what is no list of units: is it older than 246?") from (
            error
        )
    names = sorted({name for name, one in loaded.items() if one.get("load") != "not-found"} | set(enabled))
    found = []
    for name in names:
        one = loaded.get(name, {})
        found.append(
            Service(
                name=short(name),
                manager="systemd",
                state=_STATES.get(str(one.get("active", "inactive")), "unknown"),
                enabled=_enabled(enabled.get(name, "")),
                description=str(one.get("description", "")),
            )
        )
    return found


def parse_show(text: str) -> Service | None:
    """A service from `show`, one property a line; None where there is none of that name."""
    said = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    if said.get("LoadState") == "not-found":
        return None
    status = said.get("ExecMainStatus", "0")
    return Service(
        name=short(said.get("Id", "")),
        manager="systemd",
        state=_STATES.get(said.get("ActiveState", ""), "unknown"),
        enabled=_enabled(said.get("UnitFileState", "")),
        pid=int(said["MainPID"]) if said.get("MainPID", "0") not in ("", "0") else None,
        exit_code=int(status) if status.isdigit() and said.get("ActiveState") != "active" else None,
        description=said.get("Description", ""),
    )


def _enabled(state: str) -> bool | None:
    """None for what can be neither, such as a static unit."""
    return {"enabled": True, "enabled-runtime": True, "disabled": False}.get(state)

"""Services with an init script, on machines without systemd: what service(8) and update-rc.d(8) do there."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import Final

from protocol.errors import ErrorCode
from tools.commands import environment
from tools.errors import ToolError
from tools.host.machine import HostContext, failed, told
from tools.host.service import Service, State
from tools.programs import Said, run_program

SECONDS: Final = 120.0
STATUS_S: Final = 15.0
SCRIPTS: Final = "/etc/init.d"
NOT_SERVICES: Final = frozenset(
    {"README", "skeleton", "functions", "rc", "rcS", "single", "killprocs", "halt", "reboot"}
)
# What `status` exits with, by the Linux Standard Base.
_STATES: Final[dict[int, State]] = {0: "running", 1: "failed", 2: "failed", 3: "stopped"}
_SUMMARY = re.compile(r"^#\s*Short-Description:\s*(.*)$", re.MULTILINE)


class Sysv:
    """The manager `sysv`. A script runs with the rights of the agent, in a clean environment, and may leave daemons."""

    name: Final = "sysv"

    @staticmethod
    def there(context: HostContext) -> bool:
        return any(Sysv._scripts(context))

    @staticmethod
    def _scripts(context: HostContext) -> list[Path]:
        try:
            found = sorted(context.machine.path(SCRIPTS).iterdir())
        except OSError:
            return []
        return [
            one
            for one in found
            if one.name not in NOT_SERVICES and "." not in one.name and one.is_file() and os.access(one, os.X_OK)
        ]

    async def every(self, context: HostContext) -> list[Service]:
        return [await self._of(context, one) for one in self._scripts(context)]

    async def find(self, context: HostContext, name: str) -> Service | None:
        script = self._script(context, name)
        return None if script is None else await self._of(context, script)

    async def act(self, context: HostContext, verb: str, name: str) -> None:
        if verb in ("enable", "disable"):
            await told(context, "update-rc.d", name, verb, system=True)
            return
        script = self._script(context, name)
        assert script is not None
        said = await self._run(context, script, verb, SECONDS)
        if said.code:
            raise failed(name, said)

    async def logs(self, context: HostContext, name: str, lines: int) -> list[str]:
        raise ToolError(
            ErrorCode.UNAVAILABLE, f"what `{name}` says is in its own log file, often below /var/log: read that"
        )

    def _script(self, context: HostContext, name: str) -> Path | None:
        return next((one for one in self._scripts(context) if one.name == name), None)

    async def _of(self, context: HostContext, script: Path) -> Service:
        said = await self._run(context, script, "status", STATUS_S)
        summary = await asyncio.to_thread(_summary, script)
        return Service(
            name=script.name,
            manager="sysv",
            state=_STATES.get(said.code, "unknown"),
            enabled=_enabled(context, script.name),
            description=summary,
        )

    async def _run(self, context: HostContext, script: Path, verb: str, seconds: float) -> Said:
        # As service(8) does: from the root, with nothing of the caller's environment.
        variables = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "TERM": environment(context)["TERM"],
        }
        folder = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
        try:
            return await run_program(
                context, (str(script), verb), variables=variables, seconds=seconds, folder=folder, system=True
            )
        finally:
            os.close(folder)


def _summary(script: Path) -> str:
    """What a script says of itself in its header."""
    found = _SUMMARY.search(script.read_text(errors="replace")[:10_000])
    return found[1].strip() if found else ""


def _enabled(context: HostContext, name: str) -> bool:
    """Whether a link in one of the run levels starts it."""
    start = re.compile(rf"S\d\d{re.escape(name)}")
    folders = [context.machine.path(f"/etc/rc{level}.d") for level in "2345S"]
    return any(start.fullmatch(one.name) for folder in folders if folder.is_dir() for one in folder.iterdir())

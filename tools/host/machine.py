"""The machine that a server's skills work on, and how its own programs are asked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, JsonObject, SkillSpec
from tools.commands import environment
from tools.context import Surrounded, ToolContext
from tools.deferred import Deferred
from tools.errors import ToolError, printable
from tools.programs import Said, run_program

if TYPE_CHECKING:
    from tools.host.declared import Database
    from tools.host.supervising import Supervisor

SECONDS: Final = 60.0
COMPLAINT_CHARACTERS: Final = 500
_FOLDERS: Final = ("/usr/local/sbin", "/usr/sbin", "/sbin")

# Names of services, packages, users and the like: none begins with a dash, none holds a space or a slash.
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_@.:+\\~-]{0,127}$")]


@dataclass
class Machine:
    """This machine. `root` is where its files are, another folder in tests; `state` is the agent's own folder.

    `databases` are those that the owner declared, by name. `journal` is a folder of journals in place of the
    machine's own, `crontab` the program that keeps a user's table.
    """

    root: Path = Path("/")
    state: Path | None = None
    supervisor: Supervisor | None = None
    databases: dict[str, Database] = field(default_factory=dict)
    journal: Path | None = None
    crontab: tuple[str, ...] = ("crontab",)

    def path(self, name: str) -> Path:
        """A file of the machine, by its absolute name."""
        return self.root / name.lstrip("/")


class HostContext(Surrounded):
    """A `ToolContext` with `machine`."""

    __slots__ = ("machine",)

    def __init__(self, context: ToolContext, machine: Machine) -> None:
        super().__init__(context)
        self.machine = machine


class HostSkill(Deferred):
    """A skill that gets a `HostContext`."""

    def __init__(self, spec: SkillSpec, module: str, machine: Machine) -> None:
        super().__init__(spec, module)
        self._machine = machine

    async def invoke(self, arguments: JsonObject, context: ToolContext) -> Json:
        return await super().invoke(arguments, HostContext(context, self._machine))


def program(name: str) -> str | None:
    """Where a program is, also one for administrators; None where there is none."""
    return shutil.which(name, path=":".join((os.environ.get("PATH", os.defpath), *_FOLDERS)))


async def ask(
    context: ToolContext,
    *command: str,
    seconds: float = SECONDS,
    stdin: bytes = b"",
    system: bool = False,
    keep: int = 4 << 20,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Said:
    """Run a program of the machine's and hear it out: in plain English, without questions to anybody.

    `more` are variables for it; `system` is as in `commands.launched`. Raises ToolError: UNAVAILABLE where the program
    is not there, TIMEOUT.
    """
    place = program(command[0])
    if place is None:
        raise ToolError(ErrorCode.UNAVAILABLE, f"this device has no program `{command[0]}`: its owner can install it")
    variables = {
        **environment(context),
        "PATH": ":".join((environment(context)["PATH"], *_FOLDERS)),
        "LC_ALL": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
        **more,
    }
    return await run_program(
        context, (place, *command[1:]), variables=variables, seconds=seconds, stdin=stdin, system=system, keep=keep
    )


async def told(
    context: ToolContext,
    *command: str,
    seconds: float = SECONDS,
    stdin: bytes = b"",
    system: bool = False,
    good: Sequence[int] = (0,),
) -> str:
    """As `ask`, its output. Raises ToolError(TOOL_FAILED), DENIED or NOT_FOUND with what the program complained of."""
    said = await ask(context, *command, seconds=seconds, stdin=stdin, system=system)
    if said.code in good:
        return said.text
    raise failed(command[0], said)


def failed(name: str, said: Said) -> ToolError:
    """The error for a program that did not do what it was asked."""
    lines = [line.strip() for line in (said.complaint or said.text).splitlines() if line.strip()]
    reason = printable(" ".join(lines[-4:]))[-COMPLAINT_CHARACTERS:] or f"exit code {said.code}"
    lower = reason.lower()
    denied = any(word in lower for word in ("permission denied", "not permitted", "access denied", "are you root"))
    missing = any(word in lower for word in ("does not exist", "not found", "could not be found", "no such"))
    code = ErrorCode.DENIED if denied else ErrorCode.NOT_FOUND if missing else ErrorCode.TOOL_FAILED
    return ToolError(code, f"{os.path.basename(name)} says: {reason}")

"""One attempt's way to the phone."""

from __future__ import annotations

import re
import secrets
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from protocol.errors import ErrorCode
from tools.context import ToolContext
from tools.errors import ToolError
from tools.phone.phone import Phone
from tools.programs import KEEP, Said, Sink, run_program

SHELL_S: Final = 60.0
LINE_CHARACTERS: Final = 30_000
_ADB_SAYS = re.compile(r"(?m)^(?:adb: error|error|adb): (.{1,300})")
_LINK = (
    "closed", "protocol fault", "device offline", "device unauthorized", "no devices", "failed to get feature set",
    "couldn't read from device", "failed to read copy response", "Connection reset", "EOF", "Broken pipe",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ran:
    """How a line of the phone's shell ended. `dropped`: the middle of the output was not kept."""

    code: int
    out: str
    err: str
    dropped: bool

    @property
    def said(self) -> str:
        """What went wrong, on one line."""
        return " ".join((self.err.strip() or self.out.strip() or f"exit code {self.code}").split())[:500]


def quoted(*words: str) -> str:
    """Words for the phone's shell, each of which stays one word there. Raises ToolError(BAD_ARGUMENTS)."""
    line = " ".join(shlex.quote(word) for word in words)
    if "\0" in line or len(line) > LINE_CHARACTERS:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "a command for the phone has no zero character, and 30,000 at most")
    try:
        line.encode()
    except UnicodeEncodeError:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "the text holds half a character, which no phone takes") from None
    return line


@dataclass(frozen=True)
class Session:
    """A phone that was there when the attempt began, and the attempt's surroundings."""

    phone: Phone
    context: ToolContext

    async def adb(
        self,
        *words: str,
        seconds: float = SHELL_S,
        sink: Sink | None = None,
        folder: int | None = None,
        pass_fds: Sequence[int] = (),
        keep: int = KEEP,
    ) -> Said:
        """Run `adb` with these words for this phone. Raises ToolError(UNAVAILABLE) where the phone went meanwhile."""
        said = await run_program(
            self.context, self.phone.words(*words), variables=self.phone.variables, seconds=seconds, folder=folder,
            pass_fds=pass_fds, sink=sink, keep=keep,
        )  # fmt: skip
        if said.code != 0:
            await self._still_there(said, copies=words[0] in ("pull", "push"))
        return said

    async def shell(self, line: str, *, seconds: float = SHELL_S, keep: int = KEEP) -> Ran:
        """Run a line on the phone: what is not ours in it has been `quoted`.

        The phone says itself how it ended: `adb` ends well, too, when the phone is unplugged in the middle.
        Raises ToolError: UNAVAILABLE, TIMEOUT.
        """
        mark = f"asterism-{secrets.token_hex(8)}:"
        said = await self.adb("shell", "-n", f"{line}\necho {mark}$?", seconds=seconds, keep=keep)
        found = re.search(rf"{mark}(\d{{1,3}})\s*\Z", said.text)
        if found is None:
            await self.phone.check()
            raise self._gone("the phone was gone before it had answered")
        return Ran(int(found[1]), said.text[: found.start()].replace("\r\n", "\n"), said.complaint, said.dropped)

    async def say(self, *words: str, seconds: float = SHELL_S, keep: int = KEEP) -> Ran:
        """Run one command on the phone, each word as it is."""
        return await self.shell(quoted(*words), seconds=seconds, keep=keep)

    async def said(self, *words: str, seconds: float = SHELL_S, keep: int = KEEP) -> str:
        """What a command that must end well says. Raises ToolError(TOOL_FAILED) too."""
        ran = await self.say(*words, seconds=seconds, keep=keep)
        if ran.code != 0:
            raise ToolError(ErrorCode.TOOL_FAILED, f"`{words[0]}` failed on the phone: {ran.said}")
        return ran.out

    async def _still_there(self, said: Said, *, copies: bool) -> None:
        """Tell a command that failed from a phone that went. It may be back already."""
        there = await self.phone.usable()
        await self.phone.check()
        found = _ADB_SAYS.search(f"{said.text}\n{said.complaint}" if copies else said.complaint)
        why = found[1] if found else ""
        # A copy that fails without a word was cut; all other failures have one.
        if not there or (copies and not why) or any(part in why for part in (*_LINK, f"device '{self.phone.serial}'")):
            raise self._gone("the connection to the phone broke off" + (f" ({why})" if why else ""))

    def _gone(self, why: str) -> ToolError:
        return ToolError(ErrorCode.UNAVAILABLE, f"{why}: check its cable or its network, and try again", retryable=True)

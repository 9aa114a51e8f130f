"""The phone of a device: whether it is there, and why not, in words that say what to do."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.phone import server
from tools.phone.server import Attached
from tools.phone.serving import AdbServer, environment
from tools.phone.settings import PhoneSettings

VERSION_S = 10.0
_NETWORK = re.compile(r"[^\s/]+:\d{1,5}")
_REASONS = {
    "unauthorized": "has not accepted this computer: unlock it and accept the question `Allow USB debugging?`",
    "authorizing": "is about to ask whether it may be used: unlock it and accept",
    "offline": "is offline: plug it in again, or turn USB debugging off and on",
    "recovery": "is in recovery mode: restart it",
    "bootloader": "is in its bootloader: restart it",
    "sideload": "waits for a sideload: restart it",
    "no permissions": "may not be used by this user: add the user to the group plugdev, and plug the phone in again",
}
NONE_THERE = (
    "no phone is there: plug one in with USB debugging turned on (Settings, Developer options), or name one with "
    "--serial HOST:PORT after pairing it. `--simulated` starts a simulated one"
)


class SetupError(ToolError):
    """The device cannot be set up. `again`: it may work later, without a change of settings."""

    def __init__(self, message: str, *, again: bool = False) -> None:
        super().__init__(ErrorCode.UNAVAILABLE, message, retryable=again)
        self.again = again


@dataclass
class Phone:
    """A phone behind an ADB server. `serial` is known once `find` has found it."""

    settings: PhoneSettings
    adb: str
    adb_version: int
    server: AdbServer
    variables: dict[str, str]
    serial: str = ""
    _finding: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    async def of(cls, settings: PhoneSettings, home: Path | None = None) -> Phone:
        """Raises SetupError where there is no `adb`, or its address is none. `home` is where adb's key lies."""
        try:
            address = settings.address
        except ValueError as error:
            raise SetupError(str(error)) from None
        adb = shutil.which(settings.adb)
        if adb is None:
            raise SetupError(f"the program `{settings.adb}` is not installed: on Debian, `apt-get install adb`")
        variables = environment(home)
        version = await _program_version(adb, variables)
        return cls(settings, adb, version, AdbServer(adb, address, variables), variables, settings.serial)

    async def find(self) -> None:
        """Prove that the phone is there and can be used. Raises SetupError."""
        async with self._finding:  # a connection that is made anew cuts the one of before
            await self._find()

    async def _find(self) -> None:
        await self._serve()
        known = await server.attached(self.settings.address)
        if not self.serial:
            self.serial = _only(known)
        reason = self._reason(known)
        if reason and _NETWORK.fullmatch(self.serial):
            await server.connect(self.settings.address, self.serial)
            reason = self._reason(await server.attached(self.settings.address))
        if reason:
            raise SetupError(reason, again=True)

    async def check(self) -> None:
        """Raises ToolError(UNAVAILABLE) where the phone cannot be used now. Quick, while all is well."""
        try:
            await self.find()
        except SetupError as error:
            raise ToolError(ErrorCode.UNAVAILABLE, error.message, retryable=True) from None

    async def usable(self) -> bool:
        """Whether the server calls it so just now. Nothing is done about it."""
        try:
            return not self._reason(await server.attached(self.settings.address))
        except ToolError:
            return False

    async def attached(self) -> list[Attached]:
        """All phones that the server knows. Raises ToolError(UNAVAILABLE)."""
        await self._serve()
        return await server.attached(self.settings.address)

    async def close(self) -> None:
        """End the ADB server where it is ours."""
        await self.server.close()

    def words(self, *words: str) -> list[str]:
        """The `adb` command with these words. An address in numbers keeps it from starting a server by itself."""
        host, port = self.settings.address
        serial = ("-s", self.serial) if self.serial else ()
        return [self.adb, "-H", "127.0.0.1" if host == "localhost" else host, "-P", str(port), *serial, *words]

    async def _serve(self) -> None:
        try:
            await self.server.ensure(self.adb_version)
        except ToolError as error:
            raise SetupError(error.message, again=error.retryable) from None

    def _reason(self, known: Sequence[Attached]) -> str:
        """Why the phone cannot be used; empty where it can."""
        state = next((one.state for one in known if one.serial == self.serial), "")
        if state == "device":
            return ""
        if not state:
            return f"the phone {self.serial} is not there: plug it in, or connect it to the network"
        return f"the phone {self.serial} {_REASONS.get(state, f'is in the state {state}: restart it')}"


def _only(known: Sequence[Attached]) -> str:
    """The one phone that is there. Raises SetupError for none, and for several."""
    if not known:
        raise SetupError(NONE_THERE)
    usable = [one for one in known if one.state == "device"] or list(known)
    if len(usable) > 1:
        names = ", ".join(f"{one.serial} ({one.details.get('model', one.state)})" for one in usable)
        raise SetupError(f"{len(usable)} phones are there: choose one with --serial: {names}")
    return usable[0].serial


async def _program_version(adb: str, variables: dict[str, str]) -> int:
    """`Android Debug Bridge version 1.0.41` is 41. Raises SetupError."""
    process = await asyncio.create_subprocess_exec(
        adb, "version", stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, env=variables,
    )  # fmt: skip
    try:
        async with asyncio.timeout(VERSION_S):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise SetupError(f"`{adb} version` does not end: try it by hand") from None
    found = re.search(rb"version \d+\.\d+\.(\d{1,6})", said)
    if found is None:
        raise SetupError(f"`{adb} version` does not say its version: is it the Android Debug Bridge?")
    return int(found[1])

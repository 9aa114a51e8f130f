"""An ADB server of our own, where none runs: a child that ends with the agent, also when that is killed.

An `adb` that finds no server starts one in the background. Ours must not: what an attempt starts is ended with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.launching import launch
from tools.phone import server
from tools.phone.server import Address, ServerGoneError, shown

START_S = 15.0
_NO_LIMIT = 1 << 40


def environment(home: Path | None = None, variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What `adb` finds: the search path, and the home where the key lies by which phones know this machine."""
    kept = {
        name: variables[name]
        for name in ("PATH", "ADB_VENDOR_KEYS", "ADB_LOCAL_TRANSPORT_MAX_PORT")
        if name in variables
    }
    return {**kept, "HOME": str(home or Path.home()), "LANG": "C.UTF-8"}


class AdbServer:
    """The server at an address: somebody else's where one answers, else our own. `close` ends what is ours."""

    def __init__(self, adb: str, address: Address, variables: Mapping[str, str]) -> None:
        self._adb = adb
        self._address = address
        self._variables = dict(variables)
        self._process: asyncio.subprocess.Process | None = None
        self._lifeline = -1

    @property
    def ours(self) -> bool:
        return self._process is not None

    async def ensure(self, wanted: int) -> None:
        """See to it that a server of that version answers. Raises ToolError(UNAVAILABLE), saying what to do."""
        try:
            found = await server.version(self._address)
        except ServerGoneError:
            if self._address[0] not in ("127.0.0.1", "localhost", "::1"):
                raise
            await self._start()
            found = await server.version(self._address)
        if found != wanted:
            message = (
                f"the ADB server at {shown(self._address)} has version {found}, and the adb here {wanted}: it would be "
                "ended by ours. End it with its own `adb kill-server`, or name another port with --adb-server"
            )
            raise ToolError(ErrorCode.UNAVAILABLE, message)

    async def _start(self) -> None:
        await self.close()
        settings = {
            "memory_bytes": _NO_LIMIT, "cpu_seconds": _NO_LIMIT, "file_bytes": _NO_LIMIT, "processes": 1 << 20,
        }  # fmt: skip
        folder = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
        theirs, ours = os.pipe()
        try:
            command = (self._adb, "-P", str(self._address[1]), "nodaemon", "server")
            self._process = await asyncio.create_subprocess_exec(
                *launch({**settings, "cwd": folder, "lifeline": theirs}, command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env=self._variables,
                start_new_session=True,
                pass_fds=(folder, theirs),
            )
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
            os.close(folder)
        self._lifeline = ours
        await self._answers()

    async def _answers(self) -> None:
        """Wait until it does. Raises ToolError(UNAVAILABLE) where it ends, or never does."""
        assert self._process is not None
        loop = asyncio.get_running_loop()
        until = loop.time() + START_S
        while self._process.returncode is None and loop.time() < until:
            with contextlib.suppress(ServerGoneError):
                await server.version(self._address)
                return
            await asyncio.sleep(0.02)
        await self.close()
        message = f"an ADB server cannot be started at {shown(self._address)}: try `{self._adb} start-server` by hand"
        raise ToolError(ErrorCode.UNAVAILABLE, message, retryable=True)

    async def close(self) -> None:
        """End our own, and leave another's alone."""
        if self._process is None:
            return
        process, self._process = self._process, None
        os.close(self._lifeline)  # the launcher then ends all
        await process.wait()

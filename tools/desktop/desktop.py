"""The desktop of a device: what of it is there, and why not, in words that say what to do."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
from dataclasses import dataclass, field
from typing import Final

from protocol.errors import ErrorCode
from tools.desktop import windows, x11
from tools.desktop.bus import Bus, access_address, session_address
from tools.desktop.notices import Listener, shower
from tools.desktop.settings import DesktopSettings
from tools.desktop.x11 import XServer
from tools.errors import ToolError
from tools.lasting import Lasting

DISPLAY: Final = "display"
TREE: Final = "tree"
INPUT: Final = "input"
CLIPBOARD: Final = "clipboard"
NOTICES: Final = "notices"
NEEDS: Final = (DISPLAY, TREE, INPUT, CLIPBOARD, NOTICES)
_PROGRAMS: Final = {INPUT: "xdotool", CLIPBOARD: "xclip"}
_NO_DISPLAY: Final = "there is no display: start the agent within the desktop's session, or name one with --display :0"
# Of the agent's own environment, what a program of the desktop needs to find its session.
_HANDED_ON: Final = (
    "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "XAUTHORITY", "XDG_RUNTIME_DIR", "XDG_CURRENT_DESKTOP",
    "XDG_SESSION_TYPE", "XDG_DATA_DIRS", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_CACHE_HOME",
)  # fmt: skip


@dataclass
class Desktop:
    """One X11 session of this machine. Nothing is connected before it is asked for."""

    settings: DesktopSettings
    _server: XServer | None = field(default=None, init=False)
    _session: Bus | None = field(default=None, init=False)
    _access: Bus | None = field(default=None, init=False)
    _listener: Listener | None = field(default=None, init=False)
    _programs: list[Lasting] = field(default_factory=list, init=False)

    @property
    def server(self) -> XServer:
        """Raises ToolError(UNAVAILABLE) where no display is named."""
        if self._server is None:
            _have_libraries()
            if not self.settings.name:
                raise ToolError(ErrorCode.UNAVAILABLE, _NO_DISPLAY)
            try:
                self._server = XServer(self.settings.name, self.settings.number)
            except ValueError as error:
                raise ToolError(ErrorCode.UNAVAILABLE, str(error)) from None
        return self._server

    @property
    def session(self) -> Bus:
        """The session's bus. Raises ToolError(UNAVAILABLE) where there is none."""
        if self._session is None:
            _have_libraries()
            self._session = Bus(session_address())
        return self._session

    @property
    def listener(self) -> Listener:
        """Who hears notifications. Raises ToolError(UNAVAILABLE) where there is no session bus."""
        if self._listener is None:
            self._listener = Listener(self.session.address)
        return self._listener

    async def access(self) -> Bus:
        """The accessibility bus. Raises ToolError(UNAVAILABLE) where there is none."""
        address = await access_address(self.session)
        if self._access is None or self._access.address != address:
            if self._access is not None:
                await self._access.close()
            self._access = Bus(address)
        return self._access

    @property
    def variables(self) -> dict[str, str]:
        """The environment of programs of this desktop: no token and no key of the agent's."""
        search = [part for part in os.environ.get("PATH", os.defpath).split(":") if part.startswith("/")]
        found = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
        found |= {"PATH": ":".join(search) or os.defpath, "DISPLAY": self.settings.name}
        try:
            found["DBUS_SESSION_BUS_ADDRESS"] = session_address()
        except ToolError:
            found.pop("DBUS_SESSION_BUS_ADDRESS", None)
        return found

    def keep(self, program: Lasting) -> None:
        """Have a program end with the device at the latest."""
        self._programs = [one for one in self._programs if one.code is None]
        self._programs.append(program)

    async def check(self) -> None:
        """Prove that the display answers. Raises ToolError(UNAVAILABLE). Quick."""
        if not await x11.alive(self.server.number):
            raise self.server.gone()

    async def missing(self) -> dict[str, str]:
        """What a skill may need and cannot have now, and why, as a sentence with the next step."""
        try:
            _have_libraries()
        except ToolError as error:
            return dict.fromkeys(NEEDS, error.message)
        found: dict[str, str] = {}
        try:
            await self.server.ask(windows.size)
        except ToolError as error:
            found[DISPLAY] = found[TREE] = error.message  # the accessibility bus hangs while its display does
        else:
            try:
                await self.access()
            except ToolError as error:
                found[TREE] = error.message
        try:
            await shower(self.session)
            await self.listener.start()
        except ToolError as error:
            found[NOTICES] = error.message
        for need, program in _PROGRAMS.items():
            if shutil.which(program) is None:
                found[need] = f"the program `{program}` is not installed: on Debian, `apt-get install {program}`"
        return found

    async def close(self) -> None:
        """Let go of the display and of the buses, and end what was started."""
        await asyncio.gather(*(one.close() for one in self._programs))
        for one in (self._server, self._session, self._access, self._listener):
            if one is not None:
                await one.close()


def _have_libraries() -> None:
    """Raises ToolError(UNAVAILABLE) where the extra is not installed: the agent starts without, too."""
    for one in ("Xlib", "dbus_fast"):
        if importlib.util.find_spec(one) is None:
            message = f"{one} is not installed: run `pip install 'asterism[desktop]'`"
            raise ToolError(ErrorCode.UNAVAILABLE, message)

"""One attempt's way to the desktop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from protocol.errors import ErrorCode
from tools.context import ToolContext
from tools.desktop import atspi, windows
from tools.desktop.atspi import Handle
from tools.desktop.bus import Bus
from tools.desktop.desktop import Desktop
from tools.desktop.fields import name_fields
from tools.desktop.windows import Window
from tools.errors import ToolError
from tools.programs import KEEP, Said, run_program
from tools.uitree import UiNode

PROGRAM_S: Final = 20.0
SETTLE_S: Final = 10.0
LOOK_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Reading:
    """What a window shows. `accessible`: it has a tree; else all that is known is the window itself."""

    window: Window
    root: UiNode
    handles: dict[int, Handle]
    accessible: bool
    truncated: bool

    def handle(self, node: UiNode) -> Handle:
        """Where a node of this reading is on the bus."""
        return self.handles[id(node)]


@dataclass(frozen=True)
class Session:
    """A desktop that was there when the attempt began, and the attempt's surroundings."""

    desktop: Desktop
    context: ToolContext

    async def windows(self) -> list[Window]:
        """All windows, the oldest first."""
        return await self.desktop.server.ask(windows.windows)

    async def window(self, wanted: str | None) -> Window:
        """The one that is meant; the one in use by default. Raises ToolError: NOT_FOUND, AMBIGUOUS."""
        return chosen(await self.windows(), wanted)

    async def size(self) -> tuple[int, int]:
        """Width and height of the screen in pixels."""
        return await self.desktop.server.ask(windows.size)

    async def under(self, x: int, y: int) -> Window | None:
        """The window at a place of the screen, as far as its bounds tell: the one in use, else the newest."""
        found = [one for one in await self.windows() if one.holds(x, y) and not one.minimised]
        return next((one for one in found if one.active), found[-1] if found else None)

    async def let_go(self, button: str) -> None:
        """Release a button of the mouse, come what may: else the person who sits there drags on."""
        letting = asyncio.ensure_future(self.run("xdotool", "mouseup", button))
        with contextlib.suppress(ToolError):
            await asyncio.shield(letting)

    async def read(self, window: Window) -> Reading:
        """What a window shows, by its tree where it has one. Raises ToolError."""
        bus = await self._bus()
        top = None if bus is None else await self._top(bus, window)
        if bus is None or top is None:
            alone = UiNode(role="window", text=window.title, app=window.app, bounds=window.bounds)
            return Reading(window, alone, {}, accessible=False, truncated=False)
        raw, cut = await atspi.read(bus, top.handle)
        name_fields(raw)
        handles: dict[int, Handle] = {}
        root = atspi.built(raw, top.app, handles, _shift(raw, window))
        return Reading(window, root, handles, accessible=True, truncated=cut)

    async def run(self, *words: str, seconds: float = PROGRAM_S, pass_fds: Sequence[int] = ()) -> Said:
        """Run a program for this desktop. Raises ToolError(TOOL_FAILED) where it fails, else as `run_program` does."""
        said = await self.try_run(*words, seconds=seconds, pass_fds=pass_fds)
        if said.code != 0:
            why = " ".join(said.complaint.split())[:300] or f"exit code {said.code}"
            raise ToolError(ErrorCode.TOOL_FAILED, f"`{words[0]}` failed: {why}")
        return said

    async def try_run(
        self, *words: str, seconds: float = PROGRAM_S, pass_fds: Sequence[int] = (), keep: int = KEEP
    ) -> Said:
        """The same for one that may fail. Raises ToolError(UNAVAILABLE) where it did for the display is gone."""
        said = await run_program(
            self.context, words, variables=self.desktop.variables, seconds=seconds, pass_fds=pass_fds, keep=keep
        )
        if said.code != 0:
            await self.desktop.check()
        return said

    async def _bus(self) -> Bus | None:
        try:
            return await self.desktop.access()
        except ToolError:
            return None

    async def _top(self, bus: Bus, window: Window) -> atspi.TopLevel | None:
        """The tree of a window: of the same program, by title, and by place where several are called so."""
        found = [one for one in await atspi.top_levels(bus) if not window.pid or one.pid == window.pid]
        named = [one for one in found if one.title == window.title]
        if not named and window.pid:
            named = found
        if len(named) <= 1:
            return named[0] if named else None
        places = [await atspi.bounds(bus, one.handle) for one in named]
        near = [abs(b.left - window.bounds.left) + abs(b.top - window.bounds.top) for b in places]
        return named[near.index(min(near))]


def chosen(found: Sequence[Window], wanted: str | None) -> Window:
    """The window that is meant. Raises ToolError: NOT_FOUND, AMBIGUOUS."""
    if wanted is None:
        for one in found:
            if one.active:
                return one
        if len(found) == 1:
            return found[0]
        raise ToolError(ErrorCode.NOT_FOUND, "no window is in use: say which; `desktop.windows` lists them")
    word = " ".join(wanted.split()).casefold()
    matches: list[Window] = (
        [one for one in found if one.id == word]
        or [one for one in found if one.title.casefold() == word]
        or [one for one in found if one.app.casefold() == word]
        or [one for one in found if word in one.title.casefold()]
    )
    if not matches:
        raise ToolError(ErrorCode.NOT_FOUND, f'no window is "{wanted[:100]}": `desktop.windows` lists them')
    if len(matches) > 1:
        names = "; ".join(f'{one.id} "{one.title[:60]}"' for one in matches[:10])
        message = f'{len(matches)} windows are "{wanted[:100]}"; say its id: {names}'
        raise ToolError(ErrorCode.AMBIGUOUS, message, choices=[{"window": one.id} for one in matches])
    return matches[0]


async def until(true: Callable[[], Awaitable[bool]], seconds: float = SETTLE_S) -> bool:
    """Whether it comes true within so many seconds: programs take a moment."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not await true():
        if loop.time() >= end:
            return False
        await asyncio.sleep(LOOK_S)
    return True


def _shift(raw: atspi.Raw, window: Window) -> tuple[int, int]:
    """Some programs (GTK 4) do not know where their window is, and count from its corner."""
    here = (raw.bounds.left, raw.bounds.top)
    there = (window.bounds.left, window.bounds.top)
    return there if here == (0, 0) and there != (0, 0) else (0, 0)

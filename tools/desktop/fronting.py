"""Brings a window to the front, with the keyboard."""

from __future__ import annotations

from typing import Final

from protocol.errors import ErrorCode
from tools.desktop import windows
from tools.desktop.session import Session, until
from tools.desktop.windows import Window
from tools.errors import ToolError

FRONT_S: Final = 5.0
KEYS_S: Final = 1.0


async def into_front(session: Session, target: Window) -> Window:
    """Give a window the keyboard, and wait until it has it. Raises ToolError(CONFLICT) where another keeps it."""
    if target.active:
        await _keys_go_to(session, target)
        return target
    managed = await session.desktop.server.ask(windows.managed)
    words = ("windowactivate",) if managed else ("windowraise", str(target.number), "windowfocus")
    await session.run("xdotool", *words, str(target.number))
    found = target

    async def there() -> bool:
        nonlocal found
        now = next((one for one in await session.windows() if one.number == target.number), None)
        if now is None:
            raise ToolError(ErrorCode.NOT_FOUND, f'the window "{target.title[:100]}" was closed meanwhile')
        found = now
        return now.active

    if not await until(there, FRONT_S):
        message = f'the window "{target.title[:100]}" does not come to the front: another one keeps the keyboard'
        raise ToolError(ErrorCode.CONFLICT, message)
    await _keys_go_to(session, target)
    return found


async def _keys_go_to(session: Session, target: Window) -> None:
    """A window manager calls a window active a moment before keys go there. Some programs take them elsewhere."""

    async def there() -> bool:
        return await session.desktop.server.ask(windows.keyboard) == target.number

    await until(there, KEYS_S)

"""Skills for whole windows: bring one to the front, close one. Each waits until it is so."""

from __future__ import annotations

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Output
from tools.desktop import windows
from tools.desktop.desktop import DISPLAY, INPUT
from tools.desktop.fronting import into_front
from tools.desktop.looking import OpenWindow, described_window
from tools.desktop.session import Session, until
from tools.desktop.verbs import Words, verb
from tools.desktop.windows import Window
from tools.errors import ToolError

CLOSE_S = 5.0


class Focused(Output):
    window: OpenWindow


class Closed(Output):
    window: str
    title: str


@verb(
    "desktop.focus",
    risk=Risk.WRITE,
    needs=(DISPLAY, INPUT),
    examples=(
        "bring the editor to the front",
        "switch to the window New person",
        "focus the browser's window on my desktop",
    ),
)
async def focus(session: Session, *, window: Words) -> Focused:
    """Bring a window to the front, and see that it has the keyboard.

    Args:
        window: Its title or a part of it, its program, or its id from `desktop.windows`.
    """
    return Focused(window=described_window(await into_front(session, await session.window(window))))


@verb(
    "desktop.close",
    risk=Risk.WRITE,
    examples=(
        "close the window New person",
        "close the editor on the desktop",
        "close the window in front",
    ),
    needs=(DISPLAY,),
)
async def close(session: Session, *, window: Words) -> Closed:
    """Close a window as its own cross does, and see that it is gone. One that asks back stays, and is an error.

    Args:
        window: Its title or a part of it, its program, or its id from `desktop.windows`.
    """
    target = await session.window(window)
    await session.desktop.server.ask(lambda display: windows.close(display, target.number))
    if not await until(lambda: _gone(session, target), CLOSE_S):
        message = f'the window "{target.title[:100]}" stays open: it may ask something; `desktop.ui` reads it'
        raise ToolError(ErrorCode.CONFLICT, message)
    return Closed(window=target.id, title=target.title)


async def _gone(session: Session, target: Window) -> bool:
    return all(one.number != target.number for one in await session.windows())

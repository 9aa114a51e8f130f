"""Skills for notifications: show one, and read those that were shown since the agent came."""

from __future__ import annotations

import html
from typing import Annotated, Final, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Output
from tools.bounds import Budget, room
from tools.desktop.desktop import NOTICES
from tools.desktop.notices import NAME, PATH
from tools.desktop.session import Session
from tools.desktop.verbs import Words, verb
from tools.errors import ToolError

_LEVELS: Final = {"low": 0, "normal": 1, "critical": 2}


class Notified(Output):
    """`shown_by`: the program that took it and gave it the number `id`."""

    id: int
    shown_by: str


class Shown(Output):
    app: str
    title: str
    text: str
    at: str


class Notifications(Output):
    notifications: list[Shown]
    truncated: bool


@verb(
    "desktop.notify",
    risk=Risk.WRITE,
    idempotent=False,
    needs=(NOTICES,),
    examples=(
        "tell my desktop that the backup is done",
        "show a notification on the desktop: dinner is ready",
        "notify me on the desktop",
    ),
)
async def notify(
    session: Session,
    *,
    title: Words,
    text: Annotated[str, Field(max_length=5_000)] = "",
    level: Literal["low", "normal", "critical"] = "normal",
) -> Notified:
    """Show a notification on the desktop.

    Args:
        title: Its first line.
        text: What else it says.
        level: How urgent it is; critical ones stay until somebody takes them away.
    """
    from dbus_fast import Variant

    if not all(one.isprintable() or one in "\n\t" for one in title + text):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "a notification holds no control characters")
    bus = session.desktop.session
    name, *_ = await bus.call(NAME, PATH, NAME, "GetServerInformation")
    [able] = await bus.call(NAME, PATH, NAME, "GetCapabilities")
    body = html.escape(text, quote=False) if "body-markup" in able else text
    hints = {"urgency": Variant("y", _LEVELS[level])}
    [number] = await bus.call(
        NAME, PATH, NAME, "Notify", "susssasa{sv}i", "Asterism", 0, "", title, body, [], hints, -1
    )
    if not number:
        raise ToolError(ErrorCode.TOOL_FAILED, f"{str(name)[:100]} did not show it: it may be set to silence")
    return Notified(id=int(number), shown_by=str(name)[:200])


@verb(
    "desktop.notifications",
    needs=(NOTICES,),
    examples=(
        "what notifications came on my desktop",
        "show the last notifications of the desktop",
        "did the mail program notify me",
    ),
)
async def notifications(
    session: Session, *, app: Words | None = None, limit: Annotated[int, Field(ge=1, le=200)] = 50
) -> Notifications:
    """Read the notifications that programs showed on the desktop since the agent started, the newest first.

    Args:
        app: Only of programs that have this in their name.
        limit: How many at most.
    """
    listener = session.desktop.listener
    await listener.start()
    wanted = (app or "").casefold()
    found = [one for one in reversed(listener.heard) if wanted in one.app.casefold()]
    shown = [Shown(app=one.app, title=one.title, text=one.text, at=one.at) for one in found[:limit]]
    budget = Budget(room(session.context))
    kept = [one for one in shown if budget.take(one.model_dump())]
    return Notifications(notifications=kept, truncated=len(kept) < len(found))

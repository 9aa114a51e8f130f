"""Who shows notifications, and which were shown while the agent ran.

A desktop's own list of them is nowhere to be had; but the bus lets its user listen.
Source: freedesktop.org, Desktop Notifications Specification 1.2; D-Bus Specification, BecomeMonitor.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import re
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from protocol.errors import ErrorCode
from tools.desktop.bus import CALL_S, DBUS, DBUS_PATH, Bus
from tools.errors import ToolError
from tools.uitree import cleaned

if TYPE_CHECKING:
    from dbus_fast import Message
    from dbus_fast.aio import MessageBus

NAME: Final = "org.freedesktop.Notifications"
PATH: Final = "/org/freedesktop/Notifications"
KEPT: Final = 200
_RULE: Final = f"type='method_call',interface='{NAME}',member='Notify'"
_NOBODY: Final = (
    "no program of this desktop shows notifications: install one, on Debian `apt-get install dunst`, and start it"
)


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification as its program sent it, as data."""

    app: str
    title: str
    text: str
    at: str


async def shower(bus: Bus) -> None:
    """Raises ToolError(UNAVAILABLE) where nobody shows notifications, or would be started to."""
    [running] = await bus.call(DBUS, DBUS_PATH, DBUS, "NameHasOwner", "s", NAME)
    if running:
        return
    [startable] = await bus.call(DBUS, DBUS_PATH, DBUS, "ListActivatableNames")
    if NAME not in startable:
        raise ToolError(ErrorCode.UNAVAILABLE, _NOBODY)


class Listener:
    """Hears notifications, by a connection of its own that can do nothing else."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection: MessageBus | None = None
        self._starting = asyncio.Lock()
        self.heard: deque[Notice] = deque(maxlen=KEPT)

    async def start(self) -> None:
        """Listen from now on; nothing is done where it does. Raises ToolError(UNAVAILABLE) where the bus refuses."""
        async with self._starting:
            if self._connection is not None and self._connection.connected:
                return
            await self.close()
            from dbus_fast import Message, MessageType
            from dbus_fast.aio import MessageBus

            refused = ToolError(ErrorCode.UNAVAILABLE, "the session bus lets nobody listen to notifications")
            try:
                async with asyncio.timeout(CALL_S):
                    self._connection = await MessageBus(bus_address=self._address).connect()
                    self._connection.add_message_handler(self._hear)
                    reply = await self._connection.call(
                        Message(
                            destination=DBUS, path=DBUS_PATH, interface="org.freedesktop.DBus.Monitoring",
                            member="BecomeMonitor", signature="asu", body=[[_RULE], 0],
                        )
                    )  # fmt: skip
            except (OSError, EOFError, TimeoutError):
                raise refused from None
            if reply is None or reply.message_type is MessageType.ERROR:
                raise refused

    def _hear(self, message: Message) -> bool:
        """True, so that nothing is answered: who listens and speaks is cut off."""
        if message.member == "Notify" and message.interface == NAME and message.signature == "susssasa{sv}i":
            app, _, _, title, text = (str(one) for one in message.body[:5])
            at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
            self.heard.append(Notice(cleaned(app)[:255], cleaned(title), cleaned(_plain(text)), at))
            return True
        return message.destination != getattr(self._connection, "unique_name", None)

    async def close(self) -> None:
        """Listen no more."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError, EOFError, TimeoutError):
                connection.disconnect()
                async with asyncio.timeout(CALL_S):
                    await connection.wait_for_disconnect()  # type: ignore[no-untyped-call]


def _plain(text: str) -> str:
    """A notification's text without its marks."""
    return html.unescape(re.sub(r"<[^<>]{0,500}>", "", text[:20_000]))

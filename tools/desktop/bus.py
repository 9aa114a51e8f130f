"""The agent's connections to D-Bus: the session's bus, and the accessibility bus behind it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Final

from protocol.errors import ErrorCode
from tools.errors import ToolError

if TYPE_CHECKING:
    from dbus_fast.aio import MessageBus

CALL_S: Final = 5.0
# dbus-fast gives up a connection whose socket takes no more for the moment (python-dbus-next's issue 153: EAGAIN).
# Linux takes 93 messages of 1 kB that nobody has read yet: of so many calls at once, none is one too many.
AT_ONCE: Final = 48
_SMALL: Final = 1_000
ACCESS: Final = "org.a11y.Bus"
_ACCESS_PATH: Final = "/org/a11y/bus"
_STATUS: Final = "org.a11y.Status"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
DBUS: Final = "org.freedesktop.DBus"
DBUS_PATH: Final = "/org/freedesktop/DBus"
_NO_SESSION: Final = (
    "there is no session bus: start the agent within the desktop's session, or set DBUS_SESSION_BUS_ADDRESS"
)
# Of what D-Bus hands over, each method's own reader knows the shape.
Body = list[Any]


class BusGoneError(ToolError):
    """The bus, or the program that was asked, is not there any more."""


class RefusedError(ToolError):
    """The program that was asked has no such thing, or did not want to."""


class Bus:
    """One connection, made when it is needed, and anew once it was lost, until it is closed."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._connection: MessageBus | None = None
        self._connecting = asyncio.Lock()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._large = asyncio.Lock()
        self._closed = False

    async def call(
        self,
        name: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        *body: object,
        seconds: float = CALL_S,
    ) -> Body:
        """Call a method; what it returns. Raises BusGoneError, RefusedError, and ToolError(TIMEOUT)."""
        from dbus_fast import Message, MessageType

        message = Message(
            destination=name, path=path, interface=interface, member=member, signature=signature, body=list(body)
        )
        try:
            async with self._turn(body):
                connection = await self._connected()
                async with asyncio.timeout(seconds):
                    reply = await connection.call(message)
        except TimeoutError:
            text = f"a program of the desktop does not answer within {seconds:g} s: it may be busy, or hang"
            raise ToolError(ErrorCode.TIMEOUT, text, retryable=True) from None
        except (OSError, EOFError):
            raise self._gone() from None
        if reply is None:
            raise self._gone()
        if reply.message_type is MessageType.ERROR:
            raise _refused(reply.error_name or "", reply.body)
        return reply.body

    @contextlib.asynccontextmanager
    async def _turn(self, body: tuple[object, ...]) -> AsyncIterator[None]:
        """Wait until the socket has room for a call for sure. A large one goes alone."""
        large = sum(len(one) for one in body if isinstance(one, str)) > _SMALL
        async with contextlib.AsyncExitStack() as held:
            if large:
                await held.enter_async_context(self._large)  # two that wait for each other's turns would never end
            for _ in range(AT_ONCE if large else 1):
                await held.enter_async_context(self._turns)
            yield

    async def _connected(self) -> MessageBus:
        from dbus_fast.aio import MessageBus
        from dbus_fast.errors import AuthError, DBusError, InvalidAddressError

        async with self._connecting:
            if self._closed:
                raise self._gone()
            if self._connection is None or not self._connection.connected:
                try:
                    async with asyncio.timeout(CALL_S):
                        self._connection = await MessageBus(bus_address=self.address).connect()
                except (OSError, EOFError, TimeoutError, AuthError, DBusError, InvalidAddressError):
                    raise self._gone() from None
            return self._connection

    def _gone(self) -> ToolError:
        return BusGoneError(ErrorCode.UNAVAILABLE, "the desktop's session bus is gone: log in again", retryable=True)

    async def close(self) -> None:
        """Hang up, for good."""
        self._closed = True
        async with self._connecting:
            connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError, EOFError):
                connection.disconnect()
                async with asyncio.timeout(CALL_S):
                    await connection.wait_for_disconnect()  # type: ignore[no-untyped-call]


def session_address() -> str:
    """Where the session's bus is. Raises ToolError(UNAVAILABLE) where there is none."""
    if address := os.environ.get("DBUS_SESSION_BUS_ADDRESS", ""):
        return address
    path = f"/run/user/{os.getuid()}/bus"
    if os.path.exists(path):
        return f"unix:path={path}"
    raise ToolError(ErrorCode.UNAVAILABLE, _NO_SESSION)


async def access_address(session: Bus) -> str:
    """Where the accessibility bus is; it is started by being asked for. Raises ToolError(UNAVAILABLE).

    Some toolkits (Qt, Chromium) make no trees before accessibility is on: so it is turned on, as screen readers do.
    """
    from dbus_fast import Variant

    try:
        [address] = await session.call(ACCESS, _ACCESS_PATH, ACCESS, "GetAddress")
        [on] = await session.call(ACCESS, _ACCESS_PATH, _PROPERTIES, "Get", "ss", _STATUS, "IsEnabled")
        if not on.value:
            await session.call(
                ACCESS, _ACCESS_PATH, _PROPERTIES, "Set", "ssv", _STATUS, "IsEnabled", Variant("b", True)
            )
    except RefusedError:
        message = "the accessibility bus is not there: on Debian, `apt-get install at-spi2-core`"
        raise ToolError(ErrorCode.UNAVAILABLE, message) from None
    return str(address)


def _refused(name: str, body: Body) -> ToolError:
    said = " ".join(str(body[0]).split())[:200] if body else name
    if name in ("org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.Disconnected"):
        return BusGoneError(ErrorCode.UNAVAILABLE, f"a program of the desktop ended: {said}", retryable=True)
    return RefusedError(ErrorCode.TOOL_FAILED, f"a program of the desktop refused: {said}")

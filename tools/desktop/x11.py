"""The agent's connection to the X server: for looking, and for pictures. `xdotool` moves the mouse and types.

python-xlib waits without end, so it works in a thread of its own: an answer that does not come in time cuts the
connection, which ends the wait. The next question makes a new one.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

from protocol.errors import ErrorCode
from tools.errors import ToolError

if TYPE_CHECKING:
    from Xlib.display import Display

ASK_S: Final = 10.0
ALIVE_S: Final = 3.0
T = TypeVar("T")
# A client that has not proved who it is: the server answers whether it takes it or not.
_HELLO: Final = struct.pack("<BxHHHHxx", ord("l"), 11, 0, 0, 0)
_OPENED: Final = threading.local()
_GONE: Final = "the display {name} is gone: log in to its session again, or start the X server"


class DisplayGoneError(ToolError):
    """Nobody answers at the display."""


async def alive(number: int) -> bool:
    """Whether an X server answers at this display of the machine, within ALIVE_S."""
    path = f"/tmp/.X11-unix/X{number}"
    for address in (path, f"\0{path}"):
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(ALIVE_S):
                reader, writer = await asyncio.open_unix_connection(address)
                try:
                    writer.write(_HELLO)
                    await reader.readexactly(1)
                    return True
                finally:
                    writer.transport.abort()
    return False


class XServer:
    """Questions to one display, one after the other."""

    def __init__(self, name: str, number: int) -> None:
        self.name = name
        self.number = number
        self._display: Display | None = None
        # Ours from before the first word to the server: what ends any wait, and what is closed after any failure.
        self._socket: socket.socket | None = None
        self._thread: ThreadPoolExecutor | None = None

    async def ask(self, question: Callable[[Display], T], seconds: float = ASK_S) -> T:
        """What a function over the connection says; it must not keep the connection.

        Raises DisplayGoneError, and ToolError(TIMEOUT) where no answer comes.
        """
        if not await alive(self.number):
            raise self.gone()
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="x11")
        asking = asyncio.get_running_loop().run_in_executor(self._thread, self._asked, question)
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(asking)
        except TimeoutError:
            asking.add_done_callback(_forgotten)
            self._cut()
            message = f"the display {self.name} does not answer within {seconds:g} s"
            raise ToolError(ErrorCode.TIMEOUT, message, retryable=True) from None
        except asyncio.CancelledError:
            # A question is short; what it was about is the caller's affair no more.
            asking.add_done_callback(_forgotten)
            raise

    def _asked(self, question: Callable[[Display], T]) -> T:
        """In the thread."""
        from Xlib.error import ConnectionClosedError, DisplayError, XauthError

        try:
            if self._display is None:
                self._socket = _opened(self.number)
                self._display = _connected(self.name, self._socket)
            return question(self._display)
        except (ConnectionClosedError, OSError, ValueError):  # ValueError: its socket was closed while it waited
            self._hang_up()
            raise self.gone() from None
        except (DisplayError, XauthError) as error:
            self._hang_up()
            why = " ".join(str(error).split())[:200]
            message = f"the display {self.name} does not let this user in ({why}): set XAUTHORITY to the session's file"
            raise ToolError(ErrorCode.UNAVAILABLE, message) from None

    def gone(self) -> ToolError:
        """What to say while nobody answers."""
        return DisplayGoneError(ErrorCode.UNAVAILABLE, _GONE.format(name=self.name), retryable=True)

    def _hang_up(self) -> None:
        """In the thread."""
        self._display = None
        if self._socket is not None:
            self._socket.close()

    def _cut(self) -> None:
        """End the wait of the thread, which then hangs up."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    async def close(self) -> None:
        """Let go of the display."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._cut()
            await asyncio.get_running_loop().run_in_executor(thread, self._hang_up)
            thread.shutdown()


def _forgotten(asking: asyncio.Future[T]) -> None:
    """Nobody waits for it any more: its error is no news."""
    if not asking.cancelled():
        asking.exception()


def _opened(number: int) -> socket.socket:
    """A connection to a display of this machine."""
    path = f"/tmp/.X11-unix/X{number}"
    opened = socket.socket(socket.AF_UNIX)
    for address in (path, f"\0{path}"):
        with contextlib.suppress(OSError):
            opened.connect(address)
            return opened
    opened.close()
    raise ConnectionRefusedError(path)


def _connected(name: str, opened: socket.socket) -> Display:
    from Xlib import xauth
    from Xlib.display import Display
    from Xlib.support import connect

    # The library would make its own, and lose it where the server does not let it in or does not answer.
    _OPENED.socket = opened
    vars(connect)["get_socket"] = lambda *_: _OPENED.socket
    # Else it says on stdout that there are no keys, each time that it connects.
    vars(xauth)["print"] = lambda *_: None
    display = Display(name)
    # What a request without an answer did wrong is seen by reading back: nothing is printed.
    display.set_error_handler(lambda *_: None)
    return display

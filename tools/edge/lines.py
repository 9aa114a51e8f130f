"""Values in files (as /sys has them) and line protocols on a serial port. Only what the owner declared is opened."""

from __future__ import annotations

import asyncio
import os
import stat
import termios
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

from protocol.errors import ErrorCode
from tools.errors import ToolError, from_os_error

VALUE_BYTES: Final = 4096
LINE_BYTES: Final = 4096
T = TypeVar("T")


async def read_file(path: Path, timeout: float) -> bytes:
    """The beginning of a file. Raises ToolError: NOT_FOUND, DENIED, TIMEOUT (a driver that hangs)."""
    return await _bounded(lambda: _read(path), path, timeout)


async def write_file(path: Path, text: str, timeout: float) -> None:
    """Write a value into a file that is there. Raises as `read_file`."""
    await _bounded(lambda: _write(path, text), path, timeout)


def _read(path: Path) -> bytes:
    # Never waits for the other end of a pipe, nor for a line of a terminal.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY), "rb", buffering=0) as file:
        _check(file.fileno(), path)
        return file.read(VALUE_BYTES) or b""


def _write(path: Path, text: str) -> None:
    # No O_CREAT: a pin that was never exported is missing, and stays so.
    flags = os.O_WRONLY | os.O_TRUNC | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
    with os.fdopen(os.open(path, flags), "wb", buffering=0) as file:
        _check(file.fileno(), path)
        file.write(f"{text}\n".encode())


def _check(descriptor: int, path: Path) -> None:
    mode = os.fstat(descriptor).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISCHR(mode)):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{path} is no file that holds a value: see the device's sensors file")


async def _bounded(work: Callable[[], T], path: Path, timeout: float) -> T:
    """Run it in a thread, and wait only so long: some drivers hang for good."""
    try:
        async with asyncio.timeout(timeout):
            return await asyncio.to_thread(work)
    except TimeoutError:
        message = f"{path} did not answer within {timeout:g} s: is the driver alright?"
        raise ToolError(ErrorCode.TIMEOUT, message, retryable=True) from None
    except OSError as error:
        raise from_os_error(error, str(path)) from error


class Serial:
    """One serial port, opened for each conversation, one at a time. Lines end with `\\n`, `\\r` before it or not."""

    def __init__(self, path: Path, baud: int) -> None:
        self.path = path
        self.baud = baud
        self._turn = asyncio.Lock()

    async def converse(self, say: str | None, timeout: float, *, answer: bool = True) -> bytes:
        """Say a line, where there is one, and return the next line that comes (empty where no `answer` is wanted).

        Raises ToolError: NOT_FOUND, DENIED, UNAVAILABLE (unplugged in the middle), TIMEOUT (silent).
        """
        try:
            async with asyncio.timeout(timeout), self._turn, self._opened() as port:
                if say is not None:
                    await port.write(f"{say}\n".encode())
                return await port.line() if answer else b""
        except TimeoutError:
            message = f"{self.path} said nothing within {timeout:g} s: is it connected, and is {self.baud} its speed?"
            raise ToolError(ErrorCode.TIMEOUT, message, retryable=True) from None
        except OSError as error:
            found = from_os_error(error, str(self.path))
            if found.code is ErrorCode.TOOL_FAILED:
                found = ToolError(ErrorCode.UNAVAILABLE, f"{self.path} is gone: {found.message}", retryable=True)
            raise found from error

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[_Port]:
        flags = os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = await asyncio.to_thread(os.open, self.path, flags)
        port = _Port(descriptor)
        try:
            _set_up(descriptor, self.baud)
            yield port
        finally:
            port.close()


def _set_up(descriptor: int, baud: int) -> None:
    """Raw, at this speed; what came before we asked is no answer."""
    speed = getattr(termios, f"B{baud}", None)
    if not os.isatty(descriptor) or speed is None:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"no serial port, or no speed of one ({baud}): see the sensors file")
    tty.setraw(descriptor, termios.TCSANOW)
    attributes = termios.tcgetattr(descriptor)
    attributes[4] = attributes[5] = speed
    termios.tcsetattr(descriptor, termios.TCSANOW, attributes)
    termios.tcflush(descriptor, termios.TCIFLUSH)


class _Port:
    """An open port on the event loop."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._data = bytearray()

    async def write(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:
                await self._ready(self._loop.add_writer, self._loop.remove_writer)

    async def line(self) -> bytes:
        """The next line. Of one that is longer than LINE_BYTES, the beginning."""
        while True:
            line, end, _ = self._data.partition(b"\n")
            if end or len(self._data) >= LINE_BYTES:
                return bytes(line[:LINE_BYTES]).rstrip(b"\r")
            try:
                piece = os.read(self._descriptor, LINE_BYTES)
            except BlockingIOError:
                await self._ready(self._loop.add_reader, self._loop.remove_reader)
                continue
            if not piece:
                raise ToolError(ErrorCode.UNAVAILABLE, "the serial port was closed: is it still there?", retryable=True)
            self._data += piece

    async def _ready(self, add: Callable[..., object], remove: Callable[[int], object]) -> None:
        come = asyncio.Event()
        add(self._descriptor, come.set)
        try:
            await come.wait()
        finally:
            remove(self._descriptor)

    def close(self) -> None:
        with suppress(OSError):
            os.close(self._descriptor)

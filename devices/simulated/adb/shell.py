"""The services `shell:`, `shell,v2:` and `exec:`: one command line, with its input and its output."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from typing import Final, Literal

from devices.simulated.adb.streams import ClosedError, Stream
from devices.simulated.phone.calls import Terminal
from devices.simulated.phone.shell import Shell
from devices.simulated.phone.state import SimulatedPhone

_HEAD: Final = struct.Struct("<BI")
STDIN: Final = 0
STDOUT: Final = 1
STDERR: Final = 2
EXIT: Final = 3
CLOSE_STDIN: Final = 4


class _Pipes(Terminal):
    """The command's ends. `framed`, in the second version, tells the streams apart and carries the exit code."""

    def __init__(self, stream: Stream, framed: bool) -> None:
        self._stream = stream
        self._framed = framed
        self._input: asyncio.Queue[bytes] = asyncio.Queue()
        self._ended = False

    async def read(self) -> bytes:
        if self._ended:
            return b""
        piece = await self._input.get()
        self._ended = not piece
        return piece

    async def write(self, data: bytes, stream: Literal["out", "err"] = "out") -> None:
        if not self._framed:
            await self._stream.write(data)
            return
        kind = STDOUT if stream == "out" else STDERR
        for at in range(0, len(data), 32 << 10):
            piece = data[at : at + (32 << 10)]
            await self._stream.write(_HEAD.pack(kind, len(piece)) + piece)

    async def hear(self) -> None:
        """Take what the host sends until it closes the stream."""
        if not self._framed:
            while piece := await self._stream.read():
                self._input.put_nowait(piece)
            return
        with contextlib.suppress(ClosedError):
            while True:
                kind, size = _HEAD.unpack(await self._stream.read_exactly(_HEAD.size))
                piece = await self._stream.read_exactly(size)
                if kind == STDIN and piece:
                    self._input.put_nowait(piece)
                elif kind == CLOSE_STDIN:
                    self._input.put_nowait(b"")


async def serve_shell(stream: Stream, phone: SimulatedPhone, line: str, *, framed: bool) -> None:
    """Run a line; it is ended when the host goes away."""
    pipes = _Pipes(stream, framed)
    hearing = asyncio.ensure_future(pipes.hear())
    running = asyncio.ensure_future(Shell(phone).run(line, pipes))
    try:
        await asyncio.wait((hearing, running), return_when=asyncio.FIRST_COMPLETED)
        if not running.done() and not stream.closed:
            # Without frames, the end of the input is all that the host's silence means.
            await running
        if running.done() and framed:
            await stream.write(_HEAD.pack(EXIT, 1) + bytes([running.result() & 0xFF]))
    finally:
        for task in (hearing, running):
            task.cancel()
        await asyncio.gather(hearing, running, return_exceptions=True)

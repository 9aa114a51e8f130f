"""Runs a program that a skill uses for itself, through the launcher: bounded, killed with its attempt, not logged.

`commands.py` runs what a person asked for, and shows its output as it comes. Here the output is the skill's own raw
material: it is kept up to a bound, or handed on piece by piece.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from protocol.errors import ErrorCode
from tools.commands import CHUNK, Running, feed, launched
from tools.context import ToolContext, living
from tools.errors import ToolError
from tools.pulse import Pulse

KEEP = 256 << 10
# What a program of the system's own left running may hold on to its output: so long it is heard once that has ended.
REST_S = 0.3
Sink = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Said:
    """How a program ended, with its output's beginning and end. `dropped`: the middle was not kept."""

    code: int
    out: bytes
    err: bytes
    dropped: bool

    @property
    def text(self) -> str:
        """What it said, as text; what is not UTF-8 becomes U+FFFD."""
        return self.out.decode("utf-8", "replace")

    @property
    def complaint(self) -> str:
        """What it said on stderr, as text."""
        return self.err.decode("utf-8", "replace")


async def run_program(
    context: ToolContext,
    command: Sequence[str],
    *,
    variables: Mapping[str, str],
    seconds: float,
    folder: int | None = None,
    pass_fds: Sequence[int] = (),
    sink: Sink | None = None,
    keep: int = KEEP,
    stdin: bytes = b"",
    system: bool = False,
) -> Said:
    """Run it to its end. `folder` is a descriptor to run in, the workspace by default.

    `system` is as in `commands.launched`. `sink` gets the output in place of `Said.out`, and may raise to stop there.
    Raises ToolError(TIMEOUT) after `seconds`, or the attempt's; when cancelled, ends the program first.
    """
    seconds = min(seconds, context.limits.seconds)
    with context.workspace.open_folder(".") as (workspace, _):
        place = workspace if folder is None else folder
        async with launched(context, command, place, variables, pass_fds, system) as running:
            try:
                async with asyncio.timeout(seconds):
                    return await _heard(context, running, sink, keep, stdin, system)
            except TimeoutError:
                name = os.path.basename(command[0])
                raise ToolError(ErrorCode.TIMEOUT, f"{name} took longer than {seconds:g} s and was ended") from None


async def _heard(
    context: ToolContext, running: Running, sink: Sink | None, keep: int, stdin: bytes, system: bool
) -> Said:
    process = running.process
    assert process.stdout is not None
    assert process.stderr is not None
    out, err = _Kept(keep), _Kept(keep)
    try:
        with living(context) as alive:
            async with asyncio.TaskGroup() as group:
                reading = [
                    group.create_task(_read(process.stdout, sink or out.add, alive)),
                    group.create_task(_read(process.stderr, err.add, alive)),
                ]
                group.create_task(feed(process, stdin))
                if system:
                    group.create_task(_finish(running, reading))
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from failures
    code = await running.code()
    return Said(code if code >= 0 else 128 - code, out.data, err.data, out.dropped or err.dropped)


async def _finish(running: Running, reading: Sequence[asyncio.Task[None]]) -> None:
    """End the reading once the program has ended, though a daemon of its making may hold its pipes."""
    await running.code()
    await asyncio.sleep(REST_S)
    for task in reading:
        task.cancel()


async def _read(stream: asyncio.StreamReader, take: Sink, alive: Pulse) -> None:
    while piece := await stream.read(CHUNK):
        alive.beat()
        take(piece)


class _Kept:
    """The beginning and the end of a stream, `keep` bytes in all."""

    def __init__(self, keep: int) -> None:
        self._half = keep // 2
        self._begin = bytearray()
        self._end = bytearray()
        self.dropped = False

    def add(self, piece: bytes) -> None:
        room = self._half - len(self._begin)
        self._begin += piece[:room]
        self._end += piece[room:]
        if len(self._end) > 2 * self._half:
            self.dropped = True
            del self._end[: len(self._end) - self._half]

    @property
    def data(self) -> bytes:
        if len(self._end) > self._half:
            self.dropped = True
            del self._end[: len(self._end) - self._half]
        return bytes(self._begin + (b"\n[...]\n" if self.dropped else b"") + self._end)

"""A program that speaks MCP over its standard streams, as the SDK's transport.

It runs under the same launcher as every command of ours, so that nothing of it outlives the agent, however that ends.
Its lines are bounded: a program that writes without an end, or something that is no message, ends its connection and
not the agent.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
import mcp_types as types
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage

from tools.errors import printable
from tools.launching import launch

TransportStreams = tuple[MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]]
LINE_BYTES = 8 << 20
WORDS_BYTES = 2_000
END_S = 8.0
STRAY = 100
"""So many lines that are no messages are passed over: a program's greetings, not its talk."""
_INHERITED = ("HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LANG")
_LIMITS = {"memory_bytes": 2 << 30, "cpu_seconds": 2**31 - 1, "file_bytes": 8 << 30, "processes": 2**20}


class Words:
    """The end of what a program said on its error stream, without the values of the variables that it was given."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = [value for value in secrets if len(value) >= 4]
        self._kept: deque[str] = deque(maxlen=5)

    def hear(self, line: str) -> None:
        for value in self._secrets:
            line = line.replace(value, "***")
        if line.strip():
            self._kept.append(printable(line.strip())[: WORDS_BYTES // 5])

    def __str__(self) -> str:
        return " / ".join(self._kept)


@asynccontextmanager
async def program(
    command: Sequence[str], *, environment: dict[str, str], cwd: Path, words: Words
) -> AsyncIterator[TransportStreams]:
    """Start it, and end it with all that it started. Raises OSError where it cannot be started."""
    lifeline, ours = os.pipe()
    folder = os.open(cwd, os.O_RDONLY | os.O_DIRECTORY)
    settings = {**_LIMITS, "cwd": folder, "lifeline": lifeline}
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    try:
        process = await asyncio.create_subprocess_exec(
            *launch(settings, command),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=inherited | environment,
            start_new_session=True,
            pass_fds=(folder, lifeline),
            limit=LINE_BYTES,
        )
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(lifeline)
        os.close(folder)
    try:
        async with _streams(process, words) as streams:
            yield streams
    finally:
        os.close(ours)
        with anyio.CancelScope(shield=True):
            await _ended(process)


@asynccontextmanager
async def _streams(process: asyncio.subprocess.Process, words: Words) -> AsyncIterator[TransportStreams]:
    """The SDK's two streams over the program's three."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    to_session, heard = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    said, from_session = anyio.create_memory_object_stream[SessionMessage](0)
    async with anyio.create_task_group() as group:
        group.start_soon(_listen, process.stdout, to_session)
        group.start_soon(_overhear, process.stderr, words)
        group.start_soon(_speak, process.stdin, from_session, to_session)
        try:
            yield heard, said
        finally:
            group.cancel_scope.cancel()
            for stream in (to_session, heard, said, from_session):
                stream.close()


async def _listen(stdout: asyncio.StreamReader, session: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
    """Hand on message by message; the session's stream ends with the program's, or with its first monstrous line."""
    stray = 0
    async with session:
        with suppress(ValueError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            while stray < STRAY and (line := await stdout.readline()):
                try:
                    message = types.jsonrpc_message_adapter.validate_json(line, by_name=False)
                except ValueError:
                    stray += bool(line.strip())
                    continue
                stray = 0
                await session.send(SessionMessage(message))


async def _overhear(stderr: asyncio.StreamReader, words: Words) -> None:
    while line := await stderr.read(64 << 10):
        for part in line.decode(errors="replace").splitlines():
            words.hear(part)


async def _speak(
    stdin: asyncio.StreamWriter,
    session: MemoryObjectReceiveStream[SessionMessage],
    to_session: MemoryObjectSendStream[SessionMessage | Exception],
) -> None:
    try:
        async for one in session:
            text = one.message.model_dump_json(by_alias=True, exclude_unset=True)
            stdin.write(text.encode() + b"\n")
            await stdin.drain()
    except OSError:
        # What waits for an answer must hear that none will come.
        to_session.close()


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Wait until the launcher, whose lifeline was closed, has ended everything; else kill its group."""
    try:
        async with asyncio.timeout(END_S):
            # Nobody reads its pipes any more: it must not wait for us to.
            await asyncio.gather(process.communicate(), return_exceptions=True)
    except TimeoutError:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

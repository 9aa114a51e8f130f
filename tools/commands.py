"""Runs a command with limits, streams what it says, and leaves nothing behind. The shell of `shell.py`.

What a command may do is what the agent's user may do: the workspace is where it starts, not a wall around it. That is
why running one is destructive and asks for approval. It gets no variable of the agent's environment but the search
path, no new privileges, and bounds on memory, CPU time, processes, written files and output.
"""

from __future__ import annotations

import asyncio
import codecs
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from protocol.errors import ErrorCode
from tools.context import ToolContext, living
from tools.errors import ToolError
from tools.pulse import Pulse

_LAUNCHER = str(Path(__file__).with_name("launcher.py"))
LOG_CHARACTERS = 4_000
CHUNK = 16 << 10
# The launcher ends all within a second, unless the kernel itself holds on to something.
END_S = 8.0
MAX_REFUSED = 64  # numbers of connections that were just cut


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended. `dropped` says that the middle of its output was not kept."""

    exit_code: int
    stdout: str
    stderr: str
    dropped: bool


def environment(context: ToolContext) -> dict[str, str]:
    """What a command finds: nothing of the agent's own but the search path, no token, no key."""
    search = [part for part in os.environ.get("PATH", os.defpath).split(":") if part.startswith("/")]
    return {
        "PATH": ":".join(search) or os.defpath,
        "HOME": str(context.workspace.root),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "ASTERISM_RUN": context.attempt.run,
        "ASTERISM_TASK": context.attempt.task,
    }


async def run_command(context: ToolContext, command: Sequence[str], *, cwd: str = ".", stdin: bytes = b"") -> Ended:
    """Run it to its end. Raises ToolError(TIMEOUT) after the attempt's seconds; when cancelled, ends it first."""
    with context.workspace.open_folder(cwd) as (folder, _):
        theirs, ours = os.pipe()
        try:
            running = await _start(context, command, folder, theirs)
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
    try:
        async with asyncio.timeout(context.limits.seconds):
            return await _attend(context, running.process, stdin)
    except TimeoutError:
        message = f"the command took longer than {context.limits.seconds:g} s and was ended"
        raise ToolError(ErrorCode.TIMEOUT, message) from None
    finally:
        os.close(ours)
        await running.end()


def watch(loop: asyncio.AbstractEventLoop, descriptor: int, ready: Callable[[], None]) -> int:
    """Have `ready` called once a descriptor can be read; the descriptor that is watched, in place of the given one.

    uvloop remembers the number of a connection that was cut until it has let go of it, and refuses to watch a new
    descriptor that got the same number. Such a one is exchanged for a copy with another number.
    """
    refused: list[int] = []
    try:
        while True:
            try:
                loop.add_reader(descriptor, ready)
            except RuntimeError:
                if len(refused) == MAX_REFUSED:
                    raise
                refused.append(descriptor)
                descriptor = os.dup(descriptor)
            else:
                return descriptor
    finally:
        for number in refused:
            os.close(number)


class _Running:
    """A launcher at work. `end` comes after its lifeline was closed."""

    def __init__(self, transport: asyncio.SubprocessTransport, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self._transport = transport
        self._ended = asyncio.Event()
        # Not the process's own `wait`: that waits for its pipes too, which nobody reads any more after a cancel.
        try:
            descriptor = os.pidfd_open(process.pid)
        except ProcessLookupError:
            self._ended.set()
        else:
            self._watch = watch(asyncio.get_running_loop(), descriptor, self._on_end)

    def _on_end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._watch)
        os.close(self._watch)
        self._ended.set()

    async def end(self) -> None:
        """Wait until the launcher has ended everything; else kill its group. A second cancel hurries nothing."""
        ending = asyncio.ensure_future(self._end())
        try:
            await asyncio.shield(ending)
        except asyncio.CancelledError:
            await asyncio.wait([ending])
            raise

    async def _end(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), END_S)
        # Somebody may have killed the launcher itself: then its group is all that we know of the rest.
        with suppress(ProcessLookupError, PermissionError):
            for _ in range(100):
                os.killpg(self.process.pid, signal.SIGKILL)
                await asyncio.sleep(0.01)
        await self._ended.wait()
        self._transport.close()


async def _start(context: ToolContext, command: Sequence[str], folder: int, lifeline: int) -> _Running:
    limits = context.limits
    settings = {
        "cwd": folder,
        "lifeline": lifeline,
        "memory_bytes": limits.memory_bytes,
        "cpu_seconds": int(limits.seconds) + 1,
        "file_bytes": limits.file_bytes,
        # The kernel counts all processes of the user, so those that run already come on top.
        "processes": limits.processes + await asyncio.to_thread(_own_processes),
    }
    loop = asyncio.get_running_loop()
    # As asyncio.create_subprocess_exec does, which keeps the transport to itself.
    transport, protocol = await loop.subprocess_exec(
        lambda: asyncio.subprocess.SubprocessStreamProtocol(limit=CHUNK, loop=loop),
        sys.executable,
        *("-I", "-S", _LAUNCHER, json.dumps(settings), "--", *command),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(context),
        start_new_session=True,
        pass_fds=(folder, lifeline),
    )
    return _Running(transport, asyncio.subprocess.Process(transport, protocol, loop))


def _own_processes() -> int:
    """Threads of this user, which is what the kernel counts; it counts none of root's."""
    user, total = os.getuid(), 0
    if user == 0:
        return 0
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.uids().real == user:
                total += process.num_threads()
    return total


async def _attend(context: ToolContext, process: asyncio.subprocess.Process, stdin: bytes) -> Ended:
    """Feed it, hear it, and wait for its end."""
    assert process.stdout is not None
    assert process.stderr is not None
    kept = context.limits.output_bytes
    out, err = _Ear(context, "stdout", kept), _Ear(context, "stderr", kept)
    try:
        # Any output is a sign of life, also half a line, or what is too much for the log.
        with living(context) as alive:
            async with asyncio.TaskGroup() as group:
                group.create_task(out.hear(process.stdout, alive))
                group.create_task(err.hear(process.stderr, alive))
                group.create_task(_feed(process, stdin))
    except ExceptionGroup as failures:
        # The first is why the others ended.
        raise failures.exceptions[0] from failures
    code = await process.wait()
    # Below zero where somebody killed the launcher; as shells say it.
    return Ended(code if code >= 0 else 128 - code, out.text(), err.text(), out.dropped or err.dropped)


async def _feed(process: asyncio.subprocess.Process, data: bytes) -> None:
    assert process.stdin is not None
    # A command that does not read what it was given is no fault of ours; uvloop says RuntimeError of a closed pipe.
    with suppress(BrokenPipeError, ConnectionResetError, RuntimeError):
        process.stdin.write(data)
        await process.stdin.drain()
    with suppress(RuntimeError):
        process.stdin.close()


class _Ear:
    """Hears one stream: logs it line by line, and keeps its beginning and its end."""

    def __init__(self, context: ToolContext, stream: Literal["stdout", "stderr"], keep: int) -> None:
        self._context = context
        self._stream: Literal["stdout", "stderr"] = stream
        self._half = keep // 2
        self._logged = 0
        self._begin = bytearray()
        self._end: deque[bytes] = deque()
        self._end_size = 0
        self.dropped = False

    async def hear(self, stream: asyncio.StreamReader, alive: Pulse) -> None:
        """Until the end. While a log line waits, nothing is read, the pipe fills, and the command waits too."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        line = ""
        while piece := await stream.read(CHUNK):
            alive.beat()
            self._keep(piece)
            line = await self._log(line + decoder.decode(piece))
        await self._log(line + decoder.decode(b"", final=True), last=True)

    def _keep(self, piece: bytes) -> None:
        space = self._half - len(self._begin)
        self._begin += piece[:space]
        if rest := piece[space:] if space > 0 else piece:
            self._end.append(rest)
            self._end_size += len(rest)
        while self._end and self._end_size - len(self._end[0]) >= self._half:
            self._end_size -= len(self._end.popleft())
            self.dropped = True

    async def _log(self, text: str, *, last: bool = False) -> str:
        """Log whole lines, several at once; what is left over begins the next."""
        while "\n" in text or len(text) > LOG_CHARACTERS or (last and text):
            end = text.rfind("\n", 0, LOG_CHARACTERS) + 1 or min(len(text), LOG_CHARACTERS)
            # What nobody could read to the end is not sent: the log is for people.
            if self._logged < self._context.limits.output_bytes:
                await self._context.log(self._stream, text[:end].removesuffix("\n"))
            self._logged += end
            text = text[end:]
        return text

    def text(self) -> str:
        mark = b"\n[...]\n" if self.dropped else b""
        return (bytes(self._begin) + mark + b"".join(self._end)).decode("utf-8", "replace")

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
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal

import psutil

from protocol.errors import ErrorCode
from tools import cgroups
from tools.context import ToolContext, ToolLimits, living
from tools.errors import ToolError
from tools.launching import launch
from tools.pulse import Pulse

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


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command and all that it started took. `exceeded`: the one of its `ToolLimits` that ended it, if any."""

    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0
    exceeded: Literal["", "memory_bytes", "cpu_seconds", "processes"] = ""


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
    """Run it to its end; when cancelled, end it first. What it cost is counted by the context.

    Raises ToolError: TIMEOUT after the attempt's seconds, LIMIT_EXCEEDED as `launched`.
    """
    seconds = context.limits.seconds
    with context.workspace.open_folder(cwd) as (folder, _):
        async with launched(context, command, folder, environment(context)) as running:
            try:
                async with asyncio.timeout(seconds):
                    return await _attend(context, running.process, stdin)
            except TimeoutError:
                message = f"the command took longer than {seconds:g} s and was ended"
                raise ToolError(ErrorCode.TIMEOUT, message) from None


@asynccontextmanager
async def launched(
    context: ToolContext,
    command: Sequence[str],
    folder: int,
    variables: Mapping[str, str],
    pass_fds: Sequence[int] = (),
    system: bool = False,
) -> AsyncIterator[Running]:
    """A command at work in a folder; at the end, all of it is ended, and the context counts what it cost.

    `system`: a program of the system's own, such as an init script, which keeps the agent's rights and limits; see
    `launcher.py`.

    Raises ToolError(LIMIT_EXCEEDED) where its memory or its CPU time ran out, or it failed for want of processes.
    """
    theirs, ours = os.pipe()
    report, told = os.pipe()
    try:
        running = await start(context, command, folder, theirs, told, variables, pass_fds, system)
    except BaseException:
        os.close(ours)
        os.close(report)
        raise
    finally:
        os.close(theirs)
        os.close(told)
    try:
        yield running
    finally:
        os.close(ours)
        await running.end()
        cost = cost_of(report)
        context.used(cost.cpu_seconds, cost.peak_memory_bytes)
    if cost.exceeded:
        raise ToolError(ErrorCode.LIMIT_EXCEEDED, _exceeded(cost, context.limits))


def _exceeded(cost: Cost, limits: ToolLimits) -> str:
    """Which limit it was, and how much."""
    match cost.exceeded:
        case "memory_bytes":
            what = f"more memory than the {limits.memory_bytes / (1 << 20):,.0f} MiB"
        case "cpu_seconds":
            what = f"more CPU time than the {limits.cpu_seconds or 0.0:g} s"
        case _:
            what = f"more processes than the {limits.processes:,}"
    return f"the command needed {what} it may have ({cost.exceeded})"


def cost_of(report: int) -> Cost:
    """What the launcher, which has ended, wrote about the command; nothing where it was killed."""
    with os.fdopen(report, "rb") as file:
        said = file.read()
    return Cost(**json.loads(said)) if said else Cost()


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


class Running:
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

    async def code(self) -> int:
        """Wait for the launcher's end, though not for pipes that something it left may hold; its exit code."""
        await self._ended.wait()
        while (code := self.process.returncode) is None:  # noqa: ASYNC110 - the loop's own watcher has no event for us
            await asyncio.sleep(0.005)
        return code

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


async def start(
    context: ToolContext,
    command: Sequence[str],
    folder: int,
    lifeline: int,
    report: int,
    variables: Mapping[str, str],
    pass_fds: Sequence[int] = (),
    system: bool = False,
) -> Running:
    """Start a command in an open folder. It is ended once the other end of the pipe `lifeline` closes.

    What it cost goes to the pipe `report`; see `cost_of`. It sees `variables` and the descriptors `pass_fds`, under
    their numbers here, and nothing else of ours.
    """
    limits = context.limits
    settings = {
        "cwd": folder,
        "lifeline": lifeline,
        "report": report,
        "groups": {} if system else await asyncio.to_thread(cgroups.parents),
        "system": system,
        "tasks": limits.processes,
        "memory_bytes": limits.memory_bytes,
        "cpu_seconds": int(limits.seconds) + 1,
        **({} if system or limits.cpu_seconds is None else _cpu(limits.cpu_seconds)),
        "file_bytes": limits.file_bytes,
        # The kernel counts all processes of the user, so those that run already come on top.
        "processes": limits.processes + await asyncio.to_thread(_own_processes),
    }
    loop = asyncio.get_running_loop()
    # As asyncio.create_subprocess_exec does, which keeps the transport to itself.
    transport, protocol = await loop.subprocess_exec(
        lambda: asyncio.subprocess.SubprocessStreamProtocol(limit=CHUNK, loop=loop),
        *launch(settings, command),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=dict(variables),
        start_new_session=True,
        pass_fds=(folder, lifeline, report, *pass_fds),
    )
    return Running(transport, asyncio.subprocess.Process(transport, protocol, loop))


def _cpu(seconds: float) -> dict[str, float]:
    """A budget of CPU time: of all together, and, to the next whole second as the kernel has it, of each process."""
    return {"cpu_total": seconds, "cpu_seconds": int(seconds) + 1}


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
                group.create_task(feed(process, stdin))
    except ExceptionGroup as failures:
        # The first is why the others ended.
        raise failures.exceptions[0] from failures
    code = await process.wait()
    # Below zero where somebody killed the launcher; as shells say it.
    return Ended(code if code >= 0 else 128 - code, out.text(), err.text(), out.dropped or err.dropped)


async def feed(process: asyncio.subprocess.Process, data: bytes) -> None:
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

"""What a running skill may use: its workspace, its voice, artifacts, limits, and the word that it must stop.

A device agent makes one context an attempt. Cancellation is asyncio's: the agent cancels the task that awaits
`Registry.call`. For work in a thread the registry then sets `cancelled`, and waits until the thread has seen it.
"""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from protocol.errors import ErrorCode
from protocol.messages import AttemptRef
from tools import pulse
from tools.errors import ToolError
from tools.workspace import Workspace

Stream = Literal["stdout", "stderr", "info"]


@dataclass(frozen=True, slots=True)
class ToolLimits:
    """Bounds of one attempt. Bytes and seconds; `processes` is how many a command may start.

    `memory_bytes`, `cpu_seconds` and `processes` are of all that a command starts, together; where no control group can
    be made, of each process by itself. `cpu_seconds` None: each process may be busy for as long as the attempt lasts.
    `output_bytes` is of the result as JSON. `file_bytes` bounds a file that a skill writes (a download, an archive's
    contents). `private_network` is the owner's word that `http.*` may speak to private addresses. `heartbeat_s` is
    the longest silence that the attempt is allowed, where one was set: then it is stopped.
    """

    output_bytes: int = 512 << 10
    memory_bytes: int = 2 << 30
    seconds: float = 300.0
    cpu_seconds: float | None = None
    processes: int = 256
    file_bytes: int = 8 << 30
    private_network: bool = False
    heartbeat_s: float | None = None

    @property
    def beat_s(self) -> float:
        """How often work that gets on should say so: well within the heartbeat, and not more often than is of use."""
        return pulse.BEAT_S if self.heartbeat_s is None else min(pulse.BEAT_S, self.heartbeat_s / 3)


class ArtifactPort(Protocol):
    """Moves content between this device and the orchestrator's artifact store."""

    async def publish(self, path: Path, *, name: str = "") -> tuple[str, int]:
        """Store the file's content; its SHA-256 in hex and its size in bytes.

        `path` stays readable until this returns; it may be a `/proc/self/fd/N`, so read it, never its folder.
        """

    async def save(self, sha256: str, path: Path) -> int:
        """Write the content into the existing file at `path` (opened for writing, truncated); its size in bytes.

        The port verifies the hash. Raises ToolError: UNKNOWN_ARTIFACT, HASH_MISMATCH, ARTIFACT_TOO_LARGE.
        """


class ToolContext(Protocol):
    """One attempt's surroundings."""

    @property
    def workspace(self) -> Workspace: ...

    @property
    def artifacts(self) -> ArtifactPort: ...

    @property
    def limits(self) -> ToolLimits: ...

    @property
    def attempt(self) -> AttemptRef: ...

    @property
    def caller(self) -> str:
        """Who asked for the run, as the orchestrator authenticated them; empty for the person at its machine."""

    @property
    def approval(self) -> str:
        """The approval under which the attempt was sent; empty where it needed none."""

    @property
    def cancelled(self) -> threading.Event:
        """Set when the attempt must stop; what runs in a thread looks at it between pieces of work."""

    def used(self, cpu_seconds: float, peak_memory_bytes: int) -> None:
        """Count what a program of the attempt took: CPU seconds add up, of memory the most at once counts."""

    async def log(self, stream: Stream, text: str) -> None:
        """A piece of output for people, at most 8,000 characters. Waits while the other end cannot take more."""

    async def progress(self, fraction: float | None, message: str = "") -> None:
        """The attempt lives; `fraction` between 0 and 1 where known. Waits as `log` does."""


class Surrounded:
    """A `ToolContext` that passes everything on to another: a kind of device adds to it what its skills see besides."""

    __slots__ = ("_context",)

    def __init__(self, context: ToolContext) -> None:
        self._context = context

    @property
    def workspace(self) -> Workspace:
        return self._context.workspace

    @property
    def artifacts(self) -> ArtifactPort:
        return self._context.artifacts

    @property
    def limits(self) -> ToolLimits:
        return self._context.limits

    @property
    def attempt(self) -> AttemptRef:
        return self._context.attempt

    @property
    def caller(self) -> str:
        return self._context.caller

    @property
    def approval(self) -> str:
        return self._context.approval

    @property
    def cancelled(self) -> threading.Event:
        return self._context.cancelled

    def used(self, cpu_seconds: float, peak_memory_bytes: int) -> None:
        self._context.used(cpu_seconds, peak_memory_bytes)

    async def log(self, stream: Stream, text: str) -> None:
        await self._context.log(stream, text)

    async def progress(self, fraction: float | None, message: str = "") -> None:
        await self._context.progress(fraction, message)


@contextmanager
def living(context: ToolContext) -> Iterator[pulse.Pulse]:
    """A pulse for work on the event loop: `beat()` it at every piece, as often as you like.

    It says nothing where the task set no heartbeat. Code in threads has its own: see `check_cancelled`.
    """
    every = context.limits.beat_s if context.limits.heartbeat_s is not None else math.inf
    alive = pulse.Pulse(asyncio.get_running_loop(), lambda: context.progress(None), every)
    try:
        yield alive
    finally:
        alive.stop()


def repeated(context: ToolContext) -> bool:
    """Whether an earlier attempt may have had its effect already: what it left is then no error."""
    return context.attempt.attempt > 1


def check_cancelled(context: ToolContext) -> None:
    """Raises ToolError(CANCELLED) once the attempt was asked to stop. For code in threads, between pieces.

    It is also where such code says, now and then, that it lives.
    """
    pulse.beat()
    if context.cancelled.is_set():
        raise ToolError(ErrorCode.CANCELLED, "the task was cancelled")

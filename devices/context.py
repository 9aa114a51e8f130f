"""What one attempt sees of its device: `tools.context.ToolContext`, for real."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

from devices.transfers import Transfers
from protocol.messages import AttemptRef, LogLine, Progress
from tools.context import Stream, ToolLimits, living
from tools.workspace import Workspace

_FIRST_LOOK = threading.Lock()
Say = Callable[[LogLine | Progress], Awaitable[None]]


class Artifacts:
    """The transfers, on behalf of one attempt."""

    __slots__ = ("_context", "_transfers")

    def __init__(self, transfers: Transfers, context: AttemptContext) -> None:
        self._transfers = transfers
        self._context = context

    async def publish(self, path: Path, *, name: str = "") -> tuple[str, int]:
        with living(self._context) as alive:
            return await self._transfers.publish(path, name, self._context.attempt, alive.beat)

    async def save(self, sha256: str, path: Path) -> int:
        with living(self._context) as alive:
            return await self._transfers.save(sha256, path, self._context.attempt, alive.beat)


class AttemptContext:
    """One attempt's surroundings; the parts that few skills use are made when they are asked for."""

    __slots__ = (
        "_cancelled",
        "_key",
        "_say",
        "_sign",
        "_transfers",
        "approval",
        "caller",
        "cpu_seconds",
        "limits",
        "peak_memory_bytes",
        "workspace",
    )

    def __init__(
        self,
        key: tuple[str, str, int],
        workspace: Workspace,
        limits: ToolLimits,
        transfers: Transfers,
        say: Say,
        sign: Callable[[bool], None] | None = None,
        *,
        caller: str = "",
        approval: str = "",
    ) -> None:
        """`sign` hears when the attempt begins to say something, and when that has been taken."""
        self.caller = caller
        self.approval = approval
        self._key = key
        self._transfers = transfers
        self._say = say
        self._sign = sign
        self.workspace = workspace
        self.limits = limits
        self._cancelled: threading.Event | None = None
        self.cpu_seconds = 0.0
        self.peak_memory_bytes = 0

    @property
    def cancelled(self) -> threading.Event:
        """Made at the first look: by the event loop or by the tool's thread, whichever comes first."""
        if self._cancelled is None:
            with _FIRST_LOOK:
                if self._cancelled is None:
                    self._cancelled = threading.Event()
        return self._cancelled

    @property
    def attempt(self) -> AttemptRef:
        run, task, attempt = self._key
        return AttemptRef(run=run, task=task, attempt=attempt)

    @property
    def artifacts(self) -> Artifacts:
        return Artifacts(self._transfers, self)

    def used(self, cpu_seconds: float, peak_memory_bytes: int) -> None:
        self.cpu_seconds += cpu_seconds
        self.peak_memory_bytes = max(self.peak_memory_bytes, peak_memory_bytes)

    async def log(self, stream: Stream, text: str) -> None:
        """At most 8,000 characters go over; waits while the gateway grants no credit."""
        run, task, attempt = self._key
        await self._speak(LogLine(run=run, task=task, attempt=attempt, stream=stream, text=text[:8_000]))

    async def progress(self, fraction: float | None, message: str = "") -> None:
        run, task, attempt = self._key
        share = None if fraction is None else min(max(float(fraction), 0.0), 1.0)
        await self._speak(Progress(run=run, task=task, attempt=attempt, fraction=share, message=message[:500]))

    async def _speak(self, message: LogLine | Progress) -> None:
        if self._sign is None:
            await self._say(message)
            return
        self._sign(True)
        try:
            await self._say(message)
        finally:
            self._sign(False)

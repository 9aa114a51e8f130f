"""A run in memory, and how those who follow it are told of what is new."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from orchestrator.core.events import Event
from orchestrator.core.machine import RunMachine
from orchestrator.core.state import RunState
from orchestrator.runtime.loading import RECENT_EVENTS


@dataclass(slots=True)
class Slot:
    """A run in memory. `durable` is the last event that is on disk; `recent` the newest of those.

    `waiters` are told when `durable` has moved, or the run has left memory.
    """

    machine: RunMachine
    durable: int = 0
    recent: deque[Event] = field(default_factory=lambda: deque(maxlen=RECENT_EVENTS))
    waiters: list[asyncio.Future[None]] = field(default_factory=list)
    ended: bool = False

    @property
    def state(self) -> RunState:
        return self.machine.state

    async def change(self) -> None:
        """Wait until more is durable."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiters.append(future)
        await future

    def tell(self) -> None:
        for future in self.waiters:
            if not future.done():
                future.set_result(None)
        self.waiters.clear()

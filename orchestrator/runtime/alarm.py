"""One alarm of the event loop for all timers: it stands at the earliest of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from orchestrator.core.ports import Clock
from orchestrator.runtime.timers import TimerQueue

K = TypeVar("K")


class Alarm(Generic[K]):
    """Calls `ring` when a timer is due; `ring` takes what is `due`, and sets the alarm anew with `arm`."""

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._timers: TimerQueue[K] = TimerQueue()
        self._handle: asyncio.TimerHandle | None = None
        self._at = float("inf")
        self._stopped = False

    def set(self, key: K, at: float) -> None:
        """Fire `key` at a time (Unix seconds), instead of when it was to fire before."""
        self._timers.set(key, at)
        if at < self._at:
            self.arm()

    def cancel(self, key: K) -> None:
        """Forget a key; a key that is not set is no error."""
        self._timers.cancel(key)

    def due(self) -> list[K]:
        """The keys whose time has come, earliest first; they are then set no more."""
        return self._timers.due(self._clock.now())

    def arm(self) -> None:
        """Stand at the earliest timer, if there is one."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        at = self._timers.next()
        self._at = float("inf") if at is None else at
        if at is not None and not self._stopped:
            delay = max(0.0, at - self._clock.now())
            self._handle = asyncio.get_running_loop().call_later(delay, self._ring)

    def stop(self) -> None:
        """Ring no more."""
        self._stopped = True
        if self._handle is not None:
            self._handle.cancel()

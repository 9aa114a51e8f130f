"""Lets work in a thread say that it lives, without waiting for anybody.

An attempt may have to report progress every so often. Code in threads looks whether it was cancelled between pieces
of work anyway; at the same moments, and not more often than every BEAT_S (or more often, where the task's heartbeat
asks for it), a progress message without a fraction goes out.
One that has not been taken yet is not followed by another: a thread never waits for the network.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future

BEAT_S = 2.0
_thread = threading.local()


class Pulse:
    """The pulse of one piece of work. `progress` makes the message, on the event loop; seconds between two."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, progress: Callable[[], Awaitable[None]], every: float = BEAT_S
    ) -> None:
        self._every = every
        self._loop = loop
        self._progress = progress
        self._last = time.monotonic()
        self._sent: Future[None] | None = None

    def beat(self) -> None:
        now = time.monotonic()
        if now - self._last < self._every or (self._sent is not None and not self._sent.done()):
            return
        self._last = now
        self._sent = asyncio.run_coroutine_threadsafe(self._say(), self._loop)

    def stop(self) -> None:
        """The work is over; what nobody has taken need not be said any more."""
        if self._sent is not None:
            self._sent.cancel()

    async def _say(self) -> None:
        await self._progress()


def start(pulse: Pulse) -> None:
    """From now on, this thread's `beat` is this pulse's."""
    _thread.pulse = pulse


def stop() -> None:
    pulse = getattr(_thread, "pulse", None)
    if pulse is not None:
        pulse.stop()
    _thread.pulse = None


def beat() -> None:
    """Say that this thread's work lives, if it is time. Does nothing in threads without a pulse."""
    pulse = getattr(_thread, "pulse", None)
    if pulse is not None:
        pulse.beat()

"""The network itself, under everything else: one connection a request, and a fair measure of the time to connect.

The time to reach a local server is short, a quarter of a second. When this process itself does something else for as
long (imports, a busy machine), the time runs out though the server is there. Then, and only then, it is tried once
more: nothing was sent yet.
"""

from __future__ import annotations

import asyncio

import httpx2

TICK_S = 0.02
LATE_S = 0.1
"""So late in all, timers of 0.02 s show that this process was held up, not the server."""


class DirectTransport(httpx2.AsyncHTTPTransport):
    """A connection serves one request.

    A server may close an idle connection at the moment when the next request goes out on it; as nothing is retried,
    that would look like an outage.
    """

    def __init__(self) -> None:
        super().__init__(retries=0, limits=httpx2.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        delays = _Delays(request.extensions.get("timeout", {}).get("connect") or 0.0)
        try:
            return await super().handle_async_request(request)
        except httpx2.ConnectTimeout:
            if delays.total() < LATE_S:
                raise
        finally:
            delays.stop()
        return await super().handle_async_request(request)


class _Delays:
    """Adds up how late the event loop runs its timers, for as many seconds."""

    def __init__(self, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + seconds
        self._total = 0.0
        self._next()

    def total(self) -> float:
        """All delays so far, in seconds, with the one that may be under way."""
        return self._total + (max(0.0, self._loop.time() - self._due) if self._due < self._end else 0.0)

    def stop(self) -> None:
        self._timer.cancel()

    def _next(self) -> None:
        self._due = self._loop.time() + TICK_S
        self._timer = self._loop.call_at(self._due, self._tick)

    def _tick(self) -> None:
        self._total = self.total()
        if self._due < self._end:
            self._next()

"""Plays the exchanges of one recorded run back, in the time that they took, whatever the request's wording is now.

`recording.Replayer` is strict: what is asked otherwise has no answer. A run that is compared step by step is asked on:
an exchange with the same request comes first, else the next of its kind, and it is noted that the request has changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

import httpx2

from agents.errors import NotRecorded
from agents.recording import Exchange, Transport, _bytes, _error, _path, key

FOREVER_S = 86_400.0


class Paced(Transport):
    """`note` is told where a request is not the recorded one. Each exchange serves once, a server's list
    of models (`listings`) as often as it is looked at; other probes have no answer.
    """

    def __init__(
        self, exchanges: Sequence[Exchange], note: Callable[[str], None], listings: Sequence[Exchange] = ()
    ) -> None:
        self._left = list(exchanges)
        self._listings = {exchange.sha256: exchange for exchange in listings}
        self._note = note

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Raises NotRecorded where nothing of the kind is left, else what was recorded."""
        body = await request.aread()
        exchange = self._take(request, body)
        first = exchange.chunks[0][0] if exchange.chunks else 0.0
        if exchange.status is None:
            if exchange.ended == "cancelled":
                await asyncio.sleep(FOREVER_S)  # whoever asked had enough of waiting, then as now
            raise _error(exchange, request)
        await asyncio.sleep(first)
        stream = _PacedStream(exchange, request, first)
        return httpx2.Response(exchange.status, headers=exchange.headers, stream=stream, request=request)

    def _take(self, request: httpx2.Request, body: bytes) -> Exchange:
        digest, path = key(request.method, _path(request), body), _path(request)
        if digest in self._listings:
            return self._listings[digest]
        kind = [one for one in self._left if one.method == request.method and one.path == path]
        if not kind:
            raise NotRecorded(f"the recording has no further answer to {request.method} {path}")
        found = next((one for one in kind if one.sha256 == digest), None)
        if found is None:
            found = kind[0]
            self._note(f"a model is asked otherwise than when it was recorded ({request.method} {path})")
        self._left.remove(found)
        return found


class _PacedStream(httpx2.AsyncByteStream):
    def __init__(self, exchange: Exchange, request: httpx2.Request, at: float) -> None:
        self._exchange = exchange
        self._request = request
        self._at = at

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for at, piece in self._exchange.chunks:
            await asyncio.sleep(max(0.0, at - self._at))
            self._at = at
            yield _bytes(piece)
        if self._exchange.ended == "cancelled":
            await asyncio.sleep(FOREVER_S)
        if self._exchange.ended not in ("complete", "closed"):
            raise _error(self._exchange, self._request)

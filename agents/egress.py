"""The one way out to models: an HTTP transport that sends only what must be sent and takes only so much back.

Nothing leaves without a passage of the gate (`gate.py`): it has looked through the bytes, and the ledger has a durable
line about them, before the first one is sent. `tests/test_egress.py` holds that nothing else opens a way out.

Headers that tell about this machine (the client library's platform headers, ambient organisation ids) are left off, no
redirect is followed, no proxy of the environment is used, and a response above the limit is cut with an error.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import httpx2

from agents.gate import PASSAGE, Passage
from agents.network import DirectTransport

if TYPE_CHECKING:
    from openai import AsyncOpenAI

    from agents.settings import ModelSettings

MAX_RESPONSE = 8 << 20  # bytes
_SENT = frozenset({"host", "accept", "content-type", "content-length", "authorization", "connection"})
_CONNECT_S = {"local": 0.25, "cloud": 5.0}


class Egress(httpx2.AsyncBaseTransport):
    """`keyed` says whether an Authorization header is to go out; `inner` is the network, or what stands for it."""

    def __init__(self, *, keyed: bool, inner: httpx2.AsyncBaseTransport | None = None) -> None:
        self._inner = inner or DirectTransport()
        self._keyed = keyed

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        for name in list(request.headers):
            if name.lower() not in _SENT or (name.lower() == "authorization" and not self._keyed):
                del request.headers[name]
        # Compressed, a small response could become any size.
        request.headers["accept-encoding"] = "identity"
        request.headers["user-agent"] = "asterism"
        passage = PASSAGE.get()
        if passage is None:
            raise Undeclared("a request to a model's server without a passage of the gate", request=request)
        await passage.leave(str(request.url), await request.aread())
        try:
            response = await self._inner.handle_async_request(request)
        except httpx2.TimeoutException as error:
            passage.failed("unreachable" if isinstance(error, httpx2.ConnectTimeout) else "timed_out")
            raise
        except httpx2.ConnectError:
            passage.failed("unreachable")
            raise
        passage.answered(response.status_code)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise httpx2.DecodingError("the server compressed what it was asked not to", request=request)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Limited(response.stream, request, passage)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class Undeclared(httpx2.TransportError):
    """Something was about to speak to a model's server that nobody had announced: a fault of ours."""


class _Limited(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, request: httpx2.Request, passage: Passage) -> None:
        self._stream = stream
        self._request = request
        self._passage = passage

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MAX_RESPONSE
        async for part in self._stream:
            left -= len(part)
            self._passage.took(len(part))
            if left < 0:
                raise httpx2.ReadError("the response is too large", request=self._request)
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


def open_client(
    settings: ModelSettings, key: str | None, *, inner: httpx2.AsyncBaseTransport | None = None
) -> AsyncOpenAI:
    """A client for one rung: no retries, timeouts of its own. Importing openai takes a second: call it in a thread.

    `inner` takes the network's place: a recorder around it, or a recording.
    """
    from openai import AsyncOpenAI

    connect = settings.connect_timeout_s or _CONNECT_S[settings.tier]
    timeout = httpx2.Timeout(settings.timeout_s, connect=connect)
    http = httpx2.AsyncClient(
        transport=Egress(keyed=key is not None, inner=inner), timeout=timeout, follow_redirects=False, trust_env=False
    )
    return AsyncOpenAI(
        api_key=key or "none", base_url=settings.base_url, timeout=timeout, max_retries=0, http_client=http
    )

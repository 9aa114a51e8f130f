"""The front door: sorts connections, bounds requests, asks who comes, and lets no error out unexplained.

Device connections go straight to the gateway, past the web framework: what stands in their path is paid for by
every device. HTTP goes on to the REST application with `scope["state"]["caller"]` set.
"""

from __future__ import annotations

import asyncio
import importlib
import math
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestrator.api import dashboard, problems
from orchestrator.api.callers import LOCAL, Caller, check_loopback, check_origin, identify
from orchestrator.api.problems import Problem
from orchestrator.api.rates import Rates, peer
from orchestrator.core.application import Application, Refusal
from orchestrator.core.ports import StoreError

GatewayApp = Callable[..., Awaitable[None]]
"""An ASGI application; typed loosely, so that a gateway need not know the framework's names for a dict."""

AGENT_PATH = "/v1/agent"
BODY_BYTES = 2 << 20
BODY_SECONDS = 30.0
DISCARD_BYTES = 16 << 20
DISCARD_SECONDS = 2.0
HEADER_BYTES = 32 << 10
HEADER_COUNT = 100
URI_BYTES = 8 << 10
CLOSE = {"connection": "close"}
OPEN_PATHS = frozenset({"/livez", "/readyz"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TOKEN = re.compile(r"ast_[A-Za-z0-9]{1,32}_[A-Za-z0-9_-]{16}")
_TOKEN_PARAMETERS = ("token=", "access_token=", "api_key=", "key=")


class Gate:
    """The ASGI application that is served. `rest` makes the REST application at the first request that needs it.

    `rates` bounds how often each token, or each address where none was good, may ask.
    """

    def __init__(
        self,
        app: Application,
        gateway: GatewayApp,
        rest: Callable[[], ASGIApp],
        stopping: asyncio.Event,
        rates: Rates | None = None,
    ) -> None:
        self.stopping = stopping
        self._rates = rates
        self._app = app
        self._gateway = gateway
        self._make_rest = rest
        self._rest: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            raise RuntimeError("lifespan is the caller's: serve with lifespan off")

    @property
    def rest(self) -> ASGIApp:
        if self._rest is None:
            self._rest = self._make_rest()
        return self._rest

    async def prepare(self) -> None:
        """Make the REST application before it is asked for. Its libraries are imported in a thread."""
        await asyncio.to_thread(importlib.import_module, "orchestrator.api.rest")
        self.rest  # noqa: B018 - made for its effect

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = await self._refusal(scope)
        if refused is None:
            await self._gateway(scope, receive, send)
        else:
            await _reject(refused, receive, send)

    async def _refusal(self, scope: Scope) -> Problem | None:
        """Why a WebSocket is not let in. In a function of its own: its frame is gone while the device is connected."""
        if scope["path"] != AGENT_PATH:
            return Problem("not_found", f"Devices connect at {AGENT_PATH}.")
        headers = Headers(scope=scope)
        try:
            if "origin" in headers:
                raise Problem("cross_site", "Pages in a browser cannot connect as a device.")
            if not await self._app.tokens_configured():
                check_loopback(scope, headers)
        except Problem as problem:
            return problem
        except (Refusal, StoreError) as error:
            return Problem(error.code, str(error))
        return None

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                named = (b"x-request-id", request_id.encode())
                message = {**message, "headers": [*message["headers"], *SECURITY_HEADERS, named]}
            await send(message)

        try:
            _check_head(scope, headers)
            if scope["method"] not in SAFE_METHODS:
                check_origin(scope, headers)
            if dashboard.serves(scope["path"]):
                await self._page(scope, receive, sending, headers)
                return
            caller = LOCAL if scope["path"] in OPEN_PATHS else await self._caller(scope, headers)
            state = {**scope.get("state", {}), "caller": caller, "request": request_id}
            await self.rest({**scope, "state": state}, _bounded(receive, headers), sending)
        except Problem as problem:
            answer = problems.response(
                problem.code, problem.message, headers=problem.headers, more=problem.more, path=scope["path"]
            )
        except (Refusal, StoreError) as error:
            answer = problems.response(error.code, str(error), path=scope["path"])
        except Exception as error:  # noqa: BLE001 - the last door: logged, and told as an internal error
            answer = problems.unexpected(error, f"{scope['method']} {scope['path']}", scope["path"])
        else:
            return
        if not started:
            answer.headers["connection"] = "close"
            await _discard(receive)
            await answer(scope, receive, sending)

    async def _caller(self, scope: Scope, headers: Headers) -> Caller:
        try:
            caller = await identify(self._app, scope, headers)
        except Problem:
            self._count(f"peer {_peer(scope)}")
            raise
        self._count(f"token {caller.token}" if caller.token else f"peer {_peer(scope)}")
        return caller

    def _count(self, who: str) -> None:
        """Raises Problem where they ask too often."""
        wait = self._rates.take(who, time.monotonic()) if self._rates is not None else 0.0
        if wait > 0:
            seconds = math.ceil(wait)
            message = f"Too many requests: ask again in {seconds} s. Settings `rate_limit` and `rate_burst` bound them."
            raise Problem("rate_limited", message, headers={"retry-after": str(seconds)})

    async def _page(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        """A file of the dashboard: without a token, for it is what asks a person for one."""
        if not await self._app.tokens_configured():
            check_loopback(scope, headers)
        answer = dashboard.answer(scope["method"], scope["path"], headers.get("if-none-match", ""))
        await answer(scope, receive, send)


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return peer(client[0]) if client else ""


def _check_head(scope: Scope, headers: Headers) -> None:
    raw = scope["headers"]
    if len(raw) > HEADER_COUNT or sum(len(name) + len(value) for name, value in raw) > HEADER_BYTES:
        raise Problem("headers_too_large", f"Headers take at most {HEADER_BYTES} bytes and {HEADER_COUNT} lines.")
    query = scope["query_string"]
    if len(scope.get("raw_path") or b"") + len(query) > URI_BYTES:
        raise Problem("uri_too_long", f"An address takes at most {URI_BYTES} bytes.")
    asked = unquote_to_bytes(query).decode("latin-1")
    if (
        any(part.startswith(_TOKEN_PARAMETERS) for part in asked.lower().split("&"))
        or _TOKEN.search(asked)
        or _TOKEN.search(scope["path"])
    ):
        raise Problem("token_in_url", "A token never goes into an address: send it as `Authorization: Bearer ...`.")
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or int(length[:20]) > BODY_BYTES:
        raise _too_large()


def _too_large() -> Problem:
    return Problem("body_too_large", f"A body takes at most {BODY_BYTES} bytes.", headers=CLOSE)


def _bounded(receive: Receive, headers: Headers) -> Receive:
    """`receive` with bounds on the body's size and on the time that it takes to arrive."""
    size = 0
    whole = False
    deadline = 0.0

    async def bounded() -> Message:
        nonlocal size, whole, deadline
        if whole:
            return await receive()
        deadline = deadline or asyncio.get_running_loop().time() + BODY_SECONDS
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            late = f"The body did not arrive within {BODY_SECONDS:g} seconds."
            raise Problem("request_timeout", late, headers=CLOSE) from None
        if message["type"] == "http.request":
            size += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if size > BODY_BYTES:
                raise _too_large()
        return message

    return bounded


async def _discard(receive: Receive) -> None:
    """Read what a client still sends, within bounds: most read no answer before they have sent their body."""
    size = 0
    try:
        async with asyncio.timeout(DISCARD_SECONDS):
            while size < DISCARD_BYTES:
                message = await receive()
                size += len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return


async def _reject(problem: Problem, receive: Receive, send: Send) -> None:
    """Answer a WebSocket's opening request with an HTTP status instead of accepting it."""
    await receive()
    status = problems.status_of(problem.code)
    headers = [(b"content-type", problems.MEDIA_TYPE.encode())]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    content = problems.body(problem.code, problem.message, status)
    await send({"type": "websocket.http.response.body", "body": content, "more_body": False})

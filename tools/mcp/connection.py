"""One MCP server, kept connected: what it offers now, and calls of it.

The server is another party. Every wait for it ends, every list of it is bounded, and what it asks of us (samples of a
model, answers of a person, our files) it does not get.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Never

import anyio
import httpx2
import mcp_types as types
import structlog
from mcp import MCPError
from mcp.client import Transport
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost
from pydantic import ValidationError

from protocol.errors import ErrorCode
from protocol.vocabulary import JsonObject
from tools.errors import ToolError, printable
from tools.mcp.settings import McpServer
from tools.mcp.stdio import Words, program

CONNECT_S = 30.0
LIST_S = 15.0
EVERY_S = 30.0
"""How often what it offers is read again, which also shows whether it is there. Seconds."""
BACKOFF_S = (1.0, 60.0)
TOOLS = 200
PAGES = 20
RESPONSE_BYTES = 8 << 20
log = structlog.get_logger("asterism.device")
# The SDK logs what a server did wrong with its text, which may be anything; we say it ourselves, bounded.
logging.getLogger("mcp").setLevel(logging.CRITICAL)

_TROUBLE = (
    MCPError,
    OSError,
    TimeoutError,
    ValidationError,
    httpx2.HTTPError,
    anyio.ClosedResourceError,
    anyio.BrokenResourceError,
    anyio.EndOfStream,
    ValueError,
    RuntimeError,
    ExceptionGroup,
)


class Connection:
    """`await run()` in a task of its own. `tools` is what the server offers; `away` why it cannot be used, or empty."""

    def __init__(self, server: McpServer, cwd: Path) -> None:
        self.server = server
        self.tools: tuple[types.Tool, ...] = ()
        self.away = f"The MCP server {server.name} has not answered yet."
        self.tried = asyncio.Event()
        """Set once it is known whether the server can be used."""
        self._cwd = cwd
        self._client: Client | None = None
        self._look = asyncio.Event()

    async def run(self) -> Never:
        """Connect, and again whenever the connection is lost, with a growing pause."""
        pause, most = BACKOFF_S
        while True:
            words = Words(list(self.server.environment().values()))
            try:
                async with self._connected(words) as client:
                    pause = BACKOFF_S[0]
                    await self._stay(client)
            except _TROUBLE as error:
                self._lost(error, words)
            finally:
                self._client = None
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))
            pause = min(2 * pause, most)

    async def call(self, tool: str, arguments: JsonObject, seconds: float, *, idempotent: bool) -> types.CallToolResult:
        """The tool's answer. Raises ToolError: UNAVAILABLE, TIMEOUT, TOOL_FAILED, BAD_OUTPUT, LOST.

        LOST is a call whose answer never came: whether it was done is not known.
        """
        if self._client is None:
            raise ToolError(ErrorCode.UNAVAILABLE, self.away, retryable=True)
        name = self.server.name
        try:
            return await self._client.call_tool(tool, arguments, read_timeout_seconds=seconds)
        except MCPError as error:
            if error.code == types.REQUEST_TIMEOUT:
                message = f"the MCP server {name} did not answer within {seconds:g} s"
                raise ToolError(ErrorCode.TIMEOUT, message, retryable=idempotent) from None
            if error.code != types.CONNECTION_CLOSED:
                raise ToolError(ErrorCode.TOOL_FAILED, f"the MCP server {name} refused: {error.message}") from None
            raise self._broke_off(idempotent) from None
        except (OSError, httpx2.HTTPError, anyio.ClosedResourceError, anyio.BrokenResourceError):
            raise self._broke_off(idempotent) from None
        except (ValidationError, ValueError, RuntimeError) as error:
            message = f"the MCP server {name} gave an answer that is none ({type(error).__name__})"
            raise ToolError(ErrorCode.BAD_OUTPUT, message) from None

    def _broke_off(self, idempotent: bool) -> ToolError:
        self._look.set()
        message = f"the connection to the MCP server {self.server.name} broke before it answered; whether it was done"
        return ToolError(ErrorCode.LOST, f"{message} is not known", retryable=idempotent)

    @asynccontextmanager
    async def _connected(self, words: Words) -> AsyncIterator[Client]:
        async with AsyncExitStack() as stack:
            transport = await self._transport(stack, words)
            client = Client(transport, read_timeout_seconds=LIST_S, cache=None, message_handler=self._heard)
            # asyncio's time-out and not anyio's: what is entered inside it outlives it.
            async with asyncio.timeout(CONNECT_S):
                await stack.enter_async_context(client)
            yield client

    async def _transport(self, stack: AsyncExitStack, words: Words) -> Transport:
        server, variables = self.server, self.server.environment()
        if server.command:
            return program(server.command, environment=variables, cwd=self._cwd, words=words)
        token = next(iter(variables.values()), "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        timeout = httpx2.Timeout(LIST_S, read=None)
        http = httpx2.AsyncClient(transport=_Bounded(), headers=headers, timeout=timeout, trust_env=False)
        return streamable_http_client(server.url, http_client=await stack.enter_async_context(http))

    async def _heard(self, message: object) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            self._look.set()

    async def _stay(self, client: Client) -> None:
        """Keep the list of its tools, until the server cannot be asked for it any more."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._subscribe, client)
            while True:
                self._look.clear()
                tools = await _listed(client)
                if self._client is None and self.tried.is_set():
                    log.info("the MCP server is back", server=self.server.name)
                self.tools, self._client, self.away = tools, client, ""
                self.tried.set()
                with anyio.move_on_after(EVERY_S):
                    await self._look.wait()

    async def _subscribe(self, client: Client) -> None:
        """Hear of new tools where the server's revision has subscriptions; in earlier ones it notifies by itself."""
        with suppress(ListenNotSupportedError, SubscriptionLost, MCPError, TimeoutError):
            async with client.listen(tools_list_changed=True) as events:
                async for _ in events:
                    self._look.set()

    def _lost(self, error: Exception, words: Words) -> None:
        reason, said = _reason(error), str(words)
        message = f"The MCP server {self.server.name} cannot be used: {reason}."
        self.away = f"{message} Its last words: {said}" if said else f"{message} It is tried again."
        if self._client is not None or not self.tried.is_set():
            log.warning("the MCP server cannot be used", server=self.server.name, reason=reason, said=said)
        self.tried.set()


async def _listed(client: Client) -> tuple[types.Tool, ...]:
    """All pages of its tools, as many of both as are allowed."""
    tools: list[types.Tool] = []
    cursor: str | None = None
    for _ in range(PAGES):
        page = await client.list_tools(cursor=cursor)
        tools += page.tools
        cursor = page.next_cursor
        if cursor is None or len(tools) >= TOOLS:
            break
    return tuple(tools[:TOOLS])


def _reason(error: BaseException) -> str:
    """The first cause, in a few words; a group's is that of its first member."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, MCPError):
        ended = error.code == types.CONNECTION_CLOSED
        return "it ended the connection" if ended else printable(error.message)[:200] or f"error {error.code}"
    if isinstance(error, ValidationError):
        return "it answered with what is no MCP"
    return printable(str(error))[:200] or type(error).__name__


class _Bounded(httpx2.AsyncHTTPTransport):
    """The network, where an answer that is one piece of JSON may have so many bytes and no more.

    An event stream lives as long as the session; the SDK bounds its single events.
    """

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        if "text/event-stream" not in response.headers.get("content-type", ""):
            assert isinstance(response.stream, httpx2.AsyncByteStream)
            response.stream = _Limited(response.stream, request)
        return response


class _Limited(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, request: httpx2.Request) -> None:
        self._stream = stream
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = RESPONSE_BYTES
        async for part in self._stream:
            left -= len(part)
            if left < 0:
                raise httpx2.ReadError("the answer is too large", request=self._request)
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()

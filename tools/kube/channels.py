"""Streams into pods over WebSocket, by the official client: several channels over one connection.

A message's first byte names its channel (v4.channel.k8s.io). Whoever is at the other end decides what and how much
comes: callers bound bytes and seconds.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.api import Api
from tools.kube.errors import KubeError, from_response, unreachable

if TYPE_CHECKING:
    import aiohttp

STDIN: Final = 0
STDOUT: Final = 1
STDERR: Final = 2
ERROR: Final = 3
OPEN_S: Final = 30.0
HEARTBEAT_S: Final = 20.0

Pairs = Iterable[tuple[str, str]]


@asynccontextmanager
async def channels(api: Api, path: str, query: Pairs) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """An open connection as the caller. Raises KubeError where the server or the node refuses it."""
    import aiohttp
    from kubernetes.aio.stream import WsApiClient

    client = WsApiClient(api.client.configuration, heartbeat=HEARTBEAT_S)
    try:
        headers = await api.signed("GET", path, None, "application/json")
        del headers["Content-Type"]
        headers["Accept"] = "*/*"
        url = api.client.configuration.host + path + "?" + urlencode(list(query))
        try:
            async with asyncio.timeout(OPEN_S):
                opening = await client.request("GET", url, headers=headers, _preload_content=False)
                socket: aiohttp.ClientWebSocketResponse = await opening
        except aiohttp.WSServerHandshakeError as error:
            raise _refused(path, error) from error
        except (TimeoutError, OSError, aiohttp.ClientError) as error:
            raise unreachable(error) from error
        try:
            yield socket
        finally:
            await socket.close()
    finally:
        await client.close()


async def messages(socket: aiohttp.ClientWebSocketResponse) -> AsyncIterator[tuple[int, bytes]]:
    """(channel, data) until the other end closes. Raises KubeError where the connection breaks."""
    import aiohttp

    async for message in socket:
        data = message.data.encode() if message.type is aiohttp.WSMsgType.TEXT else message.data
        if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            if data:
                yield data[0], bytes(data[1:])
        elif message.type is aiohttp.WSMsgType.ERROR:
            raise unreachable(ConnectionError(f"the stream broke off: {socket.exception()}"))


def exit_code(status: bytes) -> int:
    """What the error channel says at the end of a command. Raises ToolError where the command could not be run."""
    try:
        body = json.loads(status)
    except ValueError:
        body = {"status": "Failure", "message": status.decode(errors="replace")[:500]}
    if body.get("status") == "Success":
        return 0
    causes = (body.get("details") or {}).get("causes") or ()
    for cause in causes:
        if cause.get("reason") == "ExitCode" and str(cause.get("message", "")).isdigit():
            return int(cause["message"])
    raise ToolError(ErrorCode.TOOL_FAILED, f"the command could not be run: {body.get('message') or 'no reason given'}")


def _refused(path: str, error: aiohttp.WSServerHandshakeError) -> KubeError:
    """A handshake says a status, and nothing more."""
    what = path.rpartition("/")[2]
    if error.status == 403:
        text = f"it takes the rights `create` and `get` on pods/{what}"
    elif error.status == 404:
        text = "the pod is not there (any more)"
    else:
        text = f"the node refused it ({error.message or error.status}): is the container running?"
    return from_response(error.status, json.dumps({"message": text}), None)

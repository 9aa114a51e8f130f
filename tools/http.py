"""Skills that fetch from the web."""

from __future__ import annotations

import asyncio
import hashlib
import json
import zlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote, urlsplit

from protocol.errors import ErrorCode
from protocol.values import check_json
from protocol.vocabulary import Json, Risk
from tools.arguments import Bytes, Output, Uri, WorkspacePath
from tools.bounds import fit, room
from tools.context import ToolContext, living
from tools.errors import ToolError
from tools.skill import skill
from tools.web import get

if TYPE_CHECKING:
    import httpx2

CHUNK = 256 << 10
REPORT_BYTES = 8 << 20
DATA_BYTES = 64 << 10


class Page(Output):
    url: str
    status: int
    content_type: str
    text: str
    size_bytes: int
    truncated: bool
    data: Json


class Download(Output):
    url: str
    path: str
    size_bytes: int
    sha256: str
    status: int


@skill(
    "http.fetch",
    timeout_s=120,
    examples=(
        "fetch https://example.com/status.json",
        "get the page https://example.org",
        "is http://localhost:8080/health up?",
        "curl http://localhost:9090/metrics on the server",
        "what does https://api.example.com/version return?",
        "check the status code of https://example.net",
    ),
)
async def fetch(context: ToolContext, *, url: Uri, max_bytes: Bytes = 262_144) -> Page:
    """Fetch a URL and return its status and text, and of a small JSON page the `data` that it holds.

    Args:
        url: Address to fetch, http or https.
        max_bytes: Most bytes to return; more is cut off and flagged.
    """
    limit = min(max_bytes, context.limits.output_bytes)
    async with get(context, url) as (response, final):
        data = bytearray()
        async for piece in response.aiter_raw(CHUNK):
            data += piece
            if len(data) > limit:
                break
        announced = response.headers.get("content-length", "")
        body, more = _unpacked(response, bytes(data), limit)
        free = room(context) - len(final)
        text, cut = fit(_text(response, body), free)
        return Page(
            url=final,
            status=response.status_code,
            content_type=response.headers.get("content-type", "")[:200],
            text=text,
            size_bytes=int(announced) if more and announced.isdecimal() and len(announced) < 16 else len(data),
            truncated=more or cut,
            data=None if more or cut or len(body) > min(DATA_BYTES, free // 4) else _data(text),
        )


@skill(
    "http.download",
    risk=Risk.WRITE,
    timeout_s=3600,
    examples=(
        "download https://example.com/data.csv to data.csv",
        "save https://example.org/logo.png as logo.png",
        "wget https://example.com/release.zip",
        "get the file at https://example.net/model.bin onto the edge box",
        "download the ISO from https://example.com/debian.iso into images/",
    ),
)
async def download(context: ToolContext, *, url: Uri, path: WorkspacePath) -> Download:
    """Download a URL into a file.

    Args:
        url: Address to fetch, http or https.
        path: File to write; an earlier one is replaced.
    """
    async with get(context, url) as (response, final):
        must_be_there(response)
        with context.workspace.replace(_target(context, url, path)) as (file, place):
            size, sha256 = await pour(context, response, file)
            return Download(url=final, path=place.path, size_bytes=size, sha256=sha256, status=response.status_code)


def _data(text: str) -> Json:
    """What JSON text says; None where it is none that could be passed on."""
    try:
        found: Json = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if check_json(found) is None else None


def _unpacked(response: httpx2.Response, data: bytes, limit: int) -> tuple[bytes, bool]:
    """The body as it is meant, at most `limit` bytes, and whether that cut it. Some servers compress unasked."""
    if response.headers.get("content-encoding", "").lower() not in ("gzip", "x-gzip", "deflate"):
        return data[:limit], len(data) > limit
    try:
        state = zlib.decompressobj(47)
        body = state.decompress(data, limit + 1)
    except zlib.error:
        raise ToolError(ErrorCode.TOOL_FAILED, "the server's compressed answer is damaged") from None
    return body[:limit], len(body) > limit or not state.eof


def _text(response: httpx2.Response, body: bytes) -> str:
    """The body as text, in the character set that the server names; what does not fit becomes U+FFFD."""
    try:
        return body.decode(response.charset_encoding or "utf-8", "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def must_be_there(response: httpx2.Response) -> None:
    status = response.status_code
    if status in (404, 410):
        raise ToolError(ErrorCode.NOT_FOUND, f"the server has no such file (status {status})")
    if status != 200:
        again = status >= 500 or status in (408, 425, 429)
        raise ToolError(
            ErrorCode.TOOL_FAILED, f"the server answers with status {status}, not with a file", retryable=again
        )


def _target(context: ToolContext, url: str, path: str) -> str:
    """Into a folder, a file goes under the name that the URL ends in."""
    if not path.endswith("/"):
        with context.workspace.locate(path, write=True, parents=True) as place:
            if not place.is_folder():
                return path
    name = unquote(urlsplit(url).path.rpartition("/")[2]).replace("/", "_")
    if name in ("", ".", ".."):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{path}` is a folder, and the URL ends in no name: say which file")
    return f"{path}/{name}"


async def pour(context: ToolContext, response: httpx2.Response, file: BinaryIO) -> tuple[int, str]:
    """Write the body to a file; its size and SHA-256."""
    announced = response.headers.get("content-length", "")
    total = int(announced) if announced.isdecimal() and len(announced) < 16 else 0
    size, reported, state = 0, 0, hashlib.sha256()
    async for piece in _bounded(context, response):
        # The disk may be slow: not on the event loop.
        await asyncio.to_thread(file.write, piece)
        state.update(piece)
        size += len(piece)
        if size - reported >= REPORT_BYTES:
            reported = size
            await context.progress(min(1.0, size / total) if total else None, f"{size >> 20} MiB")
    return size, state.hexdigest()


async def _bounded(context: ToolContext, response: httpx2.Response) -> AsyncIterator[bytes]:
    size, limit = 0, context.limits.file_bytes
    with living(context) as alive:
        async for piece in response.aiter_raw(CHUNK):
            alive.beat()
            size += len(piece)
            if size > limit:
                raise ToolError(ErrorCode.OUTPUT_TOO_LARGE, f"the file is larger than {limit:,} bytes")
            yield piece

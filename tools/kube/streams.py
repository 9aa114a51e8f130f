"""Open streams of the API: lines of a log, and changes of a watch that survives what happens to watches."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Final, Literal

from tools.kube.api import Api
from tools.kube.errors import KubeError, from_response
from tools.kube.objects import Manifest, uid_of, version_of

if TYPE_CHECKING:
    import aiohttp

CHUNK: Final = 1 << 16
LINE_BYTES: Final = 4_000
OBJECT_BYTES: Final = 8 << 20
PAUSE_S: Final = 0.2
MOST_PAUSE_S: Final = 5.0
TRIES: Final = 5

Change = tuple[Literal["ADDED", "MODIFIED", "DELETED"], Manifest]
Pairs = Sequence[tuple[str, str]]


class Splitter:
    """Pieces into lines, without their ends; of one longer than `longest` bytes only its beginning.

    Memory stays bounded whatever comes.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._rest = bytearray()
        self._skipping = False

    def feed(self, piece: bytes) -> list[bytes]:
        """The lines that the piece completes."""
        found: list[bytes] = []
        *whole, last = piece.split(b"\n")
        for part in whole:
            if not self._skipping:
                found.append(bytes(self._rest + part)[: self._longest])
            self._rest.clear()
            self._skipping = False
        if not self._skipping:
            self._rest += last
        if len(self._rest) > self._longest:
            found.append(bytes(self._rest[: self._longest]))
            self._rest.clear()
            self._skipping = True
        return found

    def end(self) -> list[bytes]:
        """What came after the last end of a line."""
        return [bytes(self._rest)] if self._rest and not self._skipping else []


async def lines(response: aiohttp.ClientResponse, *, longest: int) -> AsyncIterator[bytes]:
    """The lines of a response."""
    splitter = Splitter(longest)
    async for piece in response.content.iter_chunked(CHUNK):
        for line in splitter.feed(piece):
            yield line
    for line in splitter.end():
        yield line


async def watched(api: Api, path: str, query: Pairs = ()) -> AsyncIterator[Change]:
    """What is there (as ADDED), then every change, without an end: the caller sets a time.

    A version that is too old (410 Gone) means that it is listed again, and what differs is told; a stream that the
    server ends is opened again where it was; a server that goes away is asked again some times. Raises KubeError.
    """
    seen: dict[str, Manifest] = {}
    version, failures = "", 0
    while True:
        try:
            if not version:
                items, version = await _listed(api, path, query)
                for change in _differences(seen, items):
                    yield change
                seen = {uid_of(one): one for one in items}
            async for kind, obj in _stream(api, path, query, version):
                failures = 0
                version = version_of(obj) or version
                if kind == "BOOKMARK":
                    continue
                if kind == "DELETED":
                    seen.pop(uid_of(obj), None)
                else:
                    seen[uid_of(obj)] = obj
                yield kind, obj  # type: ignore[misc]
        except KubeError as error:
            failures += 1
            if error.status == 410:
                version = ""
            elif error.status not in (0, 429, 500, 503, 504) or failures >= TRIES:
                raise
        # Also where a stream ended at once: a server that ends every one of them is not to be hurried.
        await asyncio.sleep(min(MOST_PAUSE_S, PAUSE_S * 2**failures))


async def _listed(api: Api, path: str, query: Pairs) -> tuple[list[Manifest], str]:
    page = await api.get(path, query)
    kind = str(page.get("kind", "List")).removesuffix("List")
    items = page.get("items") or []
    for one in items:
        one.setdefault("kind", kind)
        one.setdefault("apiVersion", page.get("apiVersion"))
    return items, version_of(page)


def _differences(before: dict[str, Manifest], after: Sequence[Manifest]) -> list[Change]:
    now = {uid_of(one): one for one in after}
    changes: list[Change] = [("DELETED", obj) for uid, obj in before.items() if uid not in now]
    for uid, obj in now.items():
        if uid not in before:
            changes.append(("ADDED", obj))
        elif version_of(before[uid]) != version_of(obj):
            changes.append(("MODIFIED", obj))
    return changes


async def _stream(api: Api, path: str, query: Pairs, version: str) -> AsyncIterator[tuple[str, Manifest]]:
    more = [("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", version)]
    async with api.stream(path, [*query, *more]) as response:
        async for line in lines(response, longest=OBJECT_BYTES):
            if not line.strip():
                continue
            try:
                event = json.loads(line)
            except ValueError:
                # Cut off in the middle: the server went away. What was missed comes from the last version on.
                return
            obj = event.get("object") or {}
            if event.get("type") == "ERROR":
                raise from_response(int(obj.get("code") or 500), json.dumps(obj), None)
            yield str(event.get("type")), obj

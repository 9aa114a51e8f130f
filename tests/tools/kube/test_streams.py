"""Streams: lines out of pieces, credentials in them, and watches through all that happens to watches."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tools.kube import streams
from tools.kube.api import Api
from tools.kube.concealing import Concealer
from tools.kube.errors import KubeError, from_response
from tools.kube.objects import Manifest
from tools.kube.streams import Splitter, watched


def test_lines_come_whole_out_of_any_pieces() -> None:
    splitter = Splitter(100)
    found = [line for piece in (b"on", b"e\ntwo\n\nth", b"ree") for line in splitter.feed(piece)]
    assert [*found, *splitter.end()] == [b"one", b"two", b"", b"three"]


def test_a_line_without_an_end_takes_no_memory() -> None:
    splitter = Splitter(10)
    found = [line for _ in range(1000) for line in splitter.feed(b"x" * 100)]
    assert found == [b"x" * 10]
    assert splitter.feed(b"rest\nnext\n") == [b"next"]


def test_a_private_key_is_hidden_over_all_its_lines() -> None:
    concealer = Concealer()
    log = b"start\n-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----\nend token=abcdef"
    shown = [concealer.line(one) for one in log.split(b"\n")]
    assert shown[0] == "start"
    assert shown[-1] == "end token=(hidden)"
    assert not any("MIIEow" in one or "abc" in one for one in shown[1:])


# --- Watches --------------------------------------------------------------------------------------------------------


def thing(name: str, version: int) -> Manifest:
    return {"metadata": {"name": name, "uid": f"uid-{name}", "resourceVersion": str(version)}}


def event(kind: str, obj: Manifest) -> bytes:
    return json.dumps({"type": kind, "object": obj}).encode() + b"\n"


GONE = event("ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"})


class _Content:
    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece


class _Response:
    def __init__(self, pieces: list[bytes]) -> None:
        self.content = _Content(pieces)


class ScriptedApi(Api):
    """Answers from a script: lists, and streams that are pieces or an error. `asked` are the streams' versions."""

    def __init__(self, lists: list[Manifest], answers: list[list[bytes] | KubeError]) -> None:
        object.__setattr__(self, "lists", lists)
        object.__setattr__(self, "answers", answers)
        object.__setattr__(self, "asked", [])

    async def get(self, path: str, query: Any = (), *, timeout_s: float = 1.0) -> Manifest:  # noqa: ANN401
        return self.lists.pop(0)  # type: ignore[attr-defined, no-any-return]

    @asynccontextmanager
    async def stream(self, path: str, query: Any = (), *, timeout_s: float = 1.0) -> AsyncIterator[Any]:  # noqa: ANN401
        self.asked.append(dict(query)["resourceVersion"])  # type: ignore[attr-defined]
        answer = self.answers.pop(0)  # type: ignore[attr-defined]
        if isinstance(answer, KubeError):
            raise answer
        yield _Response(answer)


def listed(version: int, *items: Manifest) -> Manifest:
    return {"kind": "PodList", "metadata": {"resourceVersion": str(version)}, "items": list(items)}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "PAUSE_S", 0.0)


async def some(api: Api, count: int) -> list[tuple[str, str, str]]:
    """The first changes: kind, name, version."""
    found = []
    async for kind, obj in watched(api, "/pods"):
        found.append((kind, obj["metadata"]["name"], obj["metadata"]["resourceVersion"]))
        if len(found) == count:
            break
    return found


async def test_what_is_there_and_then_what_changes() -> None:
    api = ScriptedApi(
        [listed(5, thing("a", 1))],
        [[event("BOOKMARK", thing("", 7)), event("MODIFIED", thing("a", 8))], [event("DELETED", thing("a", 9))]],
    )
    assert await some(api, 3) == [("ADDED", "a", "1"), ("MODIFIED", "a", "8"), ("DELETED", "a", "9")]
    assert api.asked == ["5", "8"]  # type: ignore[attr-defined]


async def test_a_version_that_is_gone_is_listed_again_and_what_differs_is_told() -> None:
    api = ScriptedApi(
        [
            listed(5, thing("a", 1), thing("b", 2), thing("c", 3)),
            listed(50, thing("a", 1), thing("b", 40), thing("d", 41)),
        ],
        [[GONE], [event("MODIFIED", thing("a", 51))]],
    )
    found = await some(api, 7)
    assert found[3:] == [("DELETED", "c", "3"), ("MODIFIED", "b", "40"), ("ADDED", "d", "41"), ("MODIFIED", "a", "51")]
    assert api.asked == ["5", "50"]  # type: ignore[attr-defined]


async def test_a_server_that_goes_away_is_asked_again_from_the_last_version() -> None:
    away = KubeError(0, "Unreachable", "gone", {}, None)
    cut = event("MODIFIED", thing("a", 8)) + event("MODIFIED", thing("a", 9))[:30]
    api = ScriptedApi([listed(5, thing("a", 1))], [[cut], away, [event("MODIFIED", thing("a", 9))]])
    assert await some(api, 3) == [("ADDED", "a", "1"), ("MODIFIED", "a", "8"), ("MODIFIED", "a", "9")]
    assert api.asked == ["5", "8", "8"]  # type: ignore[attr-defined]


async def test_one_that_stays_away_is_an_error() -> None:
    away = KubeError(0, "Unreachable", "gone", {}, None)
    with pytest.raises(KubeError, match="gone"):
        await some(ScriptedApi([listed(5)], [away] * 10), 1)


async def test_what_is_forbidden_is_not_asked_again() -> None:
    api = ScriptedApi([listed(5)], [from_response(403, "no", None)])
    with pytest.raises(KubeError, match="does not allow"):
        await some(api, 1)
    assert api.asked == ["5"]  # type: ignore[attr-defined]

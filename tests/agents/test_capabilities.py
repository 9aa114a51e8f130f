from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from agents.capabilities import DOUBTFUL_S, FRESH_S, Capabilities, CapabilityCache, digest
from agents.settings import ModelSettings

ONE = ModelSettings(name="one", base_url="http://127.0.0.1:1/v1", model="m")
TWO = ModelSettings(name="two", base_url="http://127.0.0.1:1/v1", model="n")
FOUND = Capabilities(at=1_000.0, models="abc", json_schema=True, streaming=True, context_tokens=4096)


@pytest.mark.parametrize(
    ("found", "form"),
    [
        ({"json_schema": True}, "json_schema"),
        ({"json_schema": False, "object_schema": True, "json_object": True}, "json_object"),
        ({"json_schema": False, "object_schema": False, "json_object": True}, "json_object"),
        ({"json_schema": False, "object_schema": False, "json_object": False}, "text"),
        ({}, "text"),
    ],
)
def test_the_strictest_form_that_is_honoured(found: dict[str, object], form: str) -> None:
    assert Capabilities.model_validate({"at": 0.0, **found}).form == form


@pytest.mark.parametrize(
    ("found", "now", "models", "fresh"),
    [
        (FOUND, 1_000.0 + FRESH_S - 1, "abc", True),
        (FOUND, 1_000.0 + FRESH_S, "abc", False),
        (FOUND, 1_001.0, "other", False),
        (FOUND, 999.0, "abc", False),
        (Capabilities(at=1_000.0), 1_000.0 + DOUBTFUL_S - 1, "", True),
        (Capabilities(at=1_000.0), 1_000.0 + DOUBTFUL_S, "", False),
    ],
)
def test_how_long_it_holds(found: Capabilities, now: float, models: str, fresh: bool) -> None:
    assert found.fresh(now, models) is fresh


def test_a_digest_is_of_the_set_of_names() -> None:
    assert digest(["a", "b"]) == digest(["b", "a"]) != digest(["a"])


async def test_it_is_there_after_a_restart_for_its_model_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "capabilities.json"
    await CapabilityCache(path).put(ONE, FOUND)
    again = CapabilityCache(path)
    assert await again.get(ONE) == FOUND
    assert await again.get(TWO) is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["capabilities.json"]


async def test_two_processes_do_not_undo_each_other(tmp_path: Path) -> None:
    here, there = CapabilityCache(tmp_path / "c.json"), CapabilityCache(tmp_path / "c.json")
    assert await here.get(ONE) is None
    assert await there.get(ONE) is None
    await here.put(ONE, FOUND)
    await there.put(TWO, FOUND)
    assert [await CapabilityCache(tmp_path / "c.json").get(one) for one in (ONE, TWO)] == [FOUND, FOUND]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"version": 2, "servers": {}}', b'{"version": 1, "servers": []}', b"[" * 100_000],
)
async def test_a_broken_file_is_as_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.json"
    path.write_bytes(content)
    cache = CapabilityCache(path)
    assert await cache.get(ONE) is None
    await cache.put(ONE, FOUND)
    assert await CapabilityCache(path).get(ONE) == FOUND


async def test_one_broken_entry_costs_the_others_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    await CapabilityCache(path).put(ONE, FOUND)
    whole = json.loads(path.read_text())
    whole["servers"]["x"] = {"at": "long ago"}
    path.write_text(json.dumps(whole))
    assert await CapabilityCache(path).get(ONE) == FOUND


async def test_a_place_that_cannot_be_written_is_no_fault(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    cache = CapabilityCache(tmp_path / "file" / "c.json")
    await cache.put(ONE, FOUND)
    assert await cache.get(ONE) == FOUND
    assert "could not be written" in caplog.text

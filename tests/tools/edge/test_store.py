"""What is kept on disk: bounded, numbered, never doubled; and a disk that cannot be used."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tools.edge import store as module
from tools.edge.store import Store
from tools.errors import ToolError


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(tmp_path / "edge.db")
    yield found
    found.close()


async def test_entries_are_numbered_and_read_once(store: Store) -> None:
    numbers = [await store.note(float(n), "reading", {"n": n}) for n in range(5)]
    assert numbers == [1, 2, 3, 4, 5]
    entries, missed, last = await store.journal(2, 2)
    assert ([one.number for one in entries], missed, last) == ([3, 4], 0, 5)


async def test_the_oldest_entries_go_and_are_counted(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "JOURNAL", 50)
    for n in range(200):
        await store.note(0.0, "reading", {"n": n})
    entries, missed, last = await store.journal(10, 1000)
    assert last == 200
    assert len(entries) + missed == 190
    assert len(entries) <= 150
    # A number is never used again, also where all that had it is gone.
    store._database.execute("DELETE FROM journal")
    store._database.commit()
    assert await store.note(0.0, "reading", {}) == 201


async def test_the_journal_is_bounded_in_bytes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "JOURNAL_BYTES", 10_000)
    for _ in range(40):
        await store.note(0.0, "reading", {"text": "x" * 1000})
    entries, missed, _ = await store.journal(0, 1000)
    assert len(entries) <= 10
    assert len(entries) + missed == 40


async def test_messages_that_wait_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING", 3)
    for _ in range(3):
        await store.wait("a/b", b"x", retain=False, until=time.time() + 60)
    with pytest.raises(ToolError) as caught:
        await store.wait("a/b", b"x", retain=False, until=time.time() + 60)
    assert caught.value.code is ErrorCode.UNAVAILABLE


async def test_things_are_kept_under_their_names(store: Store, tmp_path: Path) -> None:
    await store.keep("rule", "a", {"x": 1}, limit=1)
    await store.update("rule", "a", {"active": True})
    assert await store.things("rule") == [("a", {"x": 1}, {"active": True})]
    for name, code in (("a", ErrorCode.ALREADY_EXISTS), ("b", ErrorCode.UNAVAILABLE)):
        with pytest.raises(ToolError) as caught:
            await store.keep("rule", name, {}, limit=1)
        assert caught.value.code is code
    assert [await store.drop("rule", "a"), await store.drop("rule", "a")] == [True, False]


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "edge.db").write_bytes(b"garbage" * 1000)
    with pytest.raises(ToolError, match="move it away"):
        Store(tmp_path / "edge.db")

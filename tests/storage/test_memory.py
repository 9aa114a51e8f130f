"""What the store in memory offers to simulations: held commits, crashes, failures."""

from __future__ import annotations

import asyncio

from orchestrator.core.ports import StoreError
from storage.faults import make
from storage.memory import MemoryStore
from tests.support.stores import dispatched, noted, seqs, submit_all


async def test_held_transactions_are_committed_one_by_one_in_order() -> None:
    store = MemoryStore(hold=True)
    await store.open()
    told: list[int] = []
    for seq in (1, 2, 3):
        store.submit(noted("run-1", seq), lambda error, seq=seq: told.append(seq))  # type: ignore[misc]
    await asyncio.sleep(0)
    assert (store.waiting, told) == (3, [])
    assert store.release(2) == 2
    assert told == []
    await asyncio.sleep(0)
    assert (store.waiting, told) == (1, [1, 2])
    assert await seqs(store, "run-1") == [1, 2]
    assert store.release() == 1


async def test_a_crash_loses_what_was_not_committed_and_nothing_else() -> None:
    store = MemoryStore(hold=True)
    await store.open()
    told: list[StoreError | None] = []
    store.submit(dispatched("run-1", 1, "a"), told.append)
    store.release()
    store.submit(noted("run-1", 2), told.append)
    again = MemoryStore(store.crash())
    await again.open()
    await asyncio.sleep(0)
    assert told == [None]
    assert await seqs(again, "run-1") == [1]
    assert [row.task for row in await again.outbox()] == ["a"]


async def test_failures_can_be_ordered() -> None:
    store = MemoryStore()
    await store.open()
    store.fail_next(make("database_full", "Full."))
    ends = await submit_all(store, noted("run-1", 1), noted("run-1", 2))
    assert [error and error.code for error in ends] == ["database_full", None]
    assert await seqs(store, "run-1") == [2]

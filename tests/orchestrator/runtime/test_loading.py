"""Runs read back from their logs: whole, in pages, and refused where an entry is missing or makes no sense."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

import pytest

from orchestrator.core.ports import StoreError
from orchestrator.core.records import EventRow
from orchestrator.core.state import RunState, fold, settle
from orchestrator.runtime import loading
from orchestrator.runtime.engine import EXPECT_S, Engine
from orchestrator.runtime.loading import read_all, read_back
from protocol.messages import AttemptRef
from storage.memory import Durable, MemoryStore
from tests.support.engine import LEASE_S, Bench, Listed

CHAIN: dict[str, object] = {
    "steps": [{"id": "a", "skill": "work.read"}, {"id": "b", "skill": "work.read", "after": [{"step": "a"}]}]
}


async def begun(*runs: str) -> Bench:
    """Runs with one task done and one at work."""
    bench = await Bench().start("alpha")
    for run in runs:
        await bench.submit(run, CHAIN)
        await bench.reply("alpha", bench.gateway.dispatches()[-1])
    return bench


@pytest.mark.parametrize("page", [1, 2, 3, 1000])
async def test_a_log_read_in_pages_gives_the_state_of_the_whole(page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = await begun("r1")
    monkeypatch.setattr(loading, "PAGE", page)
    log = await read_back(bench.store, "r1")
    assert log is not None
    whole = fold("r1", await bench.store.events("r1"))
    assert log.state.digest() == whole.digest()
    log.state.validate()
    assert [event.seq for event in log.recent] == list(range(1, whole.seq + 1))
    assert not log.state.ready


async def test_a_log_longer_than_one_answer_of_the_store_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first 100,000 entries were once taken for all of it."""
    bench = await begun("r1")
    asked: list[int] = []
    whole = bench.store.events

    async def short(run: str, *, after: int = 0, limit: int = 2) -> object:
        asked.append(after)
        return await whole(run, after=after, limit=min(limit, 2))

    monkeypatch.setattr(bench.store, "events", short)
    monkeypatch.setattr(loading, "PAGE", 2)
    again = await Bench(MemoryStore(bench.store.durable)).start()
    slot = again.engine.open_run("r1")
    log = await read_back(bench.store, "r1")
    assert log is not None
    assert slot is not None
    assert log.state.seq == slot.state.seq > 4
    assert asked[-1] >= log.state.seq - 2


async def test_no_log_is_no_run() -> None:
    bench = await begun()
    assert await read_back(bench.store, "r1") is None


def gap(durable: Durable) -> None:
    del durable.events["r1"][2]


def foreign(durable: Durable) -> None:
    row = durable.events["r1"][4]
    durable.events["r1"][4] = replace_body(row, '{"type":"task_skipped","task":"zebra","reason":""}')


def repeated(durable: Durable) -> None:
    """The graph's edit, a second time."""
    durable.events["r1"][4] = replace_body(durable.events["r1"][4], durable.events["r1"][2].body)


def garbled(durable: Durable) -> None:
    durable.events["r1"][2] = replace_body(durable.events["r1"][2], '{"type":"graph_edited","batch":{"base":0}}')


def replace_body(row: EventRow, body: str) -> EventRow:
    return row._replace(body=body)


@pytest.mark.parametrize("spoil", [gap, foreign, repeated, garbled])
async def test_a_log_that_makes_no_sense_is_refused_with_a_remedy(spoil: Callable[[Durable], None]) -> None:
    bench = await begun("r1", "r2")
    spoil(bench.store.durable)
    store = MemoryStore(bench.store.durable)
    await store.open()
    with pytest.raises(StoreError) as raised:
        await read_back(store, "r1")
    assert raised.value.code == "database_corrupt"
    assert "r1" in raised.value.message
    assert raised.value.remedy
    engine = Engine(store, Listed(), bench.clock, lease_s=LEASE_S)
    with pytest.raises(StoreError, match="r1"):
        await engine.start()
    with pytest.raises(StoreError, match="r1"):  # who asks for it now is not told that there is none
        await engine.slot("r1")


async def test_runs_are_read_ahead_and_taken_up_in_order() -> None:
    bench = await begun("r1", "r2", "r3")
    found = [(run, log and log.state.run) async for run, log in read_all(bench.store, ["r2", "gone", "r3", "r1"])]
    assert found == [("r2", "r2"), ("gone", None), ("r3", "r3"), ("r1", "r1")]


async def test_while_runs_are_read_back_nothing_of_them_is_acknowledged_or_cancelled() -> None:
    """A device that comes before the last run is loaded: what it has of that run is not known to be void."""
    bench = await begun("r1", "r2")
    running = [AttemptRef(run=run, task="b", attempt=1) for run in ("r1", "r2")]
    store = MemoryStore(bench.store.durable)
    again = Bench(store)
    await store.open()
    gates = {"r1": asyncio.Event(), "r2": asyncio.Event()}
    whole = store.events

    async def slow(run: str, *, after: int = 0, limit: int = 100_000) -> object:
        await gates[run].wait()
        return await whole(run, after=after, limit=limit)

    store.events = slow  # type: ignore[method-assign,assignment]
    starting = asyncio.ensure_future(again.engine.start())
    gates["r1"].set()
    while again.engine.open_run("r1") is None:
        await asyncio.sleep(0)
    assert again.engine.open_run("r2") is None
    await again.join("alpha", running=running)
    late = bench.gateway.dispatches()[-1]
    assert (late.run, late.task) == ("r2", "b")
    await again.reply("alpha", late)
    assert again.gateway.sent == []
    asking = asyncio.ensure_future(again.engine.slot("r2"))
    gates["r2"].set()
    await starting
    slot = await asking
    assert slot is not None
    assert slot is again.engine.open_run("r2")
    await again.reply("alpha", late)  # the device says it again
    assert again.gateway.types() == ["recorded"]


async def test_the_collector_is_on_again_after_a_start_and_after_a_failed_one() -> None:
    assert gc.isenabled()
    bench = await begun("r1")
    await Bench(MemoryStore(bench.store.durable)).start()
    assert gc.isenabled()
    gap(bench.store.durable)
    with pytest.raises(StoreError):
        await Bench(MemoryStore(bench.store.durable)).start()
    assert gc.isenabled()


async def test_the_lease_of_an_absent_device_runs_from_the_end_of_loading() -> None:
    """However long it took to read the record back, the device has one lease to come back in."""
    bench = await begun("r1")
    again = Bench(MemoryStore(bench.store.durable))
    await again.store.open()
    whole = again.store.events

    async def slow(run: str, *, after: int = 0, limit: int = 100_000) -> object:
        again.clock.time += 10 * LEASE_S
        return await whole(run, after=after, limit=limit)

    again.store.events = slow  # type: ignore[method-assign,assignment]
    await again.engine.start()
    await again.settle()
    slot = again.engine.open_run("r1")
    assert slot is not None
    assert slot.state.tasks["b"].status == "running"


def test_an_empty_log_settles_to_nothing() -> None:
    state = RunState("r1")
    settle(state)
    assert state.digest() == RunState("r1").digest()


async def test_no_task_is_said_to_have_no_device_before_devices_can_be_back() -> None:
    """At a restart nobody is here yet: thousands of ready tasks would each get a deadline that nobody needs."""
    bench = await begun("r1")
    await bench.reply("alpha", bench.gateway.dispatches()[-1])  # r1 waits for its answer
    await bench.submit("r2", {"steps": [{"id": f"t{n}", "skill": "work.read"} for n in range(6)]})
    store = MemoryStore(bench.store.durable)
    again = await Bench(store).start()
    assert again.engine.scheduler.waiting() == 2
    assert not any(again.engine.scheduler.is_stranded("r2", f"t{n}") for n in range(6))
    await again.join("beta")
    assert [d.task for d in again.gateway.dispatches("beta")] == ["t4", "t5"]


async def test_where_no_device_comes_back_tasks_are_said_to_have_none_a_second_later() -> None:
    bench = await begun("r1")
    await bench.submit("r2", {"steps": [{"id": f"t{n}", "skill": "work.read"} for n in range(6)]})
    again = await Bench(MemoryStore(bench.store.durable)).start()
    again.clock.time += EXPECT_S
    again.engine._ring()
    await again.settle()
    stranded = [n for n in range(6) if again.engine.scheduler.is_stranded("r2", f"t{n}")]
    assert len(stranded) == again.engine.scheduler.waiting() == 3


async def test_a_run_that_does_one_after_another_does_so_after_a_restart() -> None:
    bench = await Bench().start("alpha")
    await bench.submit("r1", {"steps": [{"id": f"t{n}", "skill": "work.read"} for n in range(3)]}, parallel=1)
    [first] = bench.gateway.dispatches()
    again = await Bench(MemoryStore(bench.store.durable)).start()
    await again.join("alpha", running=[AttemptRef(run="r1", task=first.task, attempt=1)])
    assert again.gateway.dispatches() == []
    await again.reply("alpha", first)
    [second] = again.gateway.dispatches()
    await again.reply("alpha", second)
    assert [one.task for one in again.gateway.dispatches()] == ["t1", "t2"]

"""Reports over real stores: paging, what is kept, damage, and the profile's file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, text

from orchestrator.core.egress import Closing, Outbound
from orchestrator.core.events import BODY, Event
from orchestrator.core.ladder_report import EnergyProfile
from orchestrator.core.ports import Store
from orchestrator.core.records import EventRow, RunRow, Transaction
from orchestrator.ladder import LadderDesk, energy_profile
from storage import make_store
from storage.memory import MemoryStore
from tests.support.ladder import NO, READ, Told, cloud, embedded

RUNGS = {"embedded": "embedded", "gpt": "cloud"}
PROFILE = EnergyProfile(name="p", date="2026-01-01", source="made up")


class Reads(MemoryStore):
    """A memory store that counts how often logs were read."""

    reads = 0

    async def events(self, run: str, *, after: int = 0, limit: int = 100_000) -> list[Event]:
        self.reads += 1
        return await super().events(run, after=after, limit=limit)


@pytest_asyncio.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else make_store(f"sqlite:///{tmp_path}/a.db")
    await made.open()
    yield made
    await made.close()


async def keep(store: Store, told: Told, *, created: float) -> None:
    """Write a run's log, shifted in time, and its row."""
    log, run = told.control.events, told.control.run
    shift = created - log[0].at
    rows = [EventRow(run, one.seq, one.at + shift, one.body.type, "", BODY.dump_json(one.body).decode()) for one in log]
    status = told.control.run_view().state.value
    row = RunRow(run, status, "do it", created, log[-1].at + shift, "", "")
    await store.commit(Transaction(events=rows, runs=[row]))


def desk(store: Store, *, limit: int = 10_000) -> LadderDesk:
    return LadderDesk(store, RUNGS, PROFILE, limit=limit)  # type: ignore[arg-type]


async def test_a_report_over_a_span(store: Store) -> None:
    for number in range(6):
        rungs = (embedded(READ),) if number % 2 else (embedded(NO), cloud(READ))
        await keep(store, await Told(*rungs, run=f"r{number}").go(), created=1000.0 + number)
    whole = await desk(store).report()
    assert (whole.runs.asked, whole.runs_at_home.part, whole.cloud_calls) == (6, 3, 3)
    part = await desk(store).report(since=1001, until=1003)
    assert (part.runs.asked, part.runs_at_home.part) == (2, 1)
    one = await desk(store).report_run("r0")
    assert one is not None
    assert (one.run, one.cloud_calls, one.runs.asked) == ("r0", 1, 1)
    assert await desk(store).report_run("r9") is None


async def test_runs_of_one_instant_are_counted_once_each(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are by time: those that were submitted together may stand on several."""
    monkeypatch.setattr("orchestrator.ladder._PAGE", 2)
    for number in range(9):
        at = 1000.0 if number < 7 else 1001.0
        await keep(store, await Told(embedded(READ), run=f"r{number}").go(), created=at)
    assert (await desk(store).report()).runs.asked == 9


async def test_more_runs_than_a_report_looks_at(store: Store) -> None:
    for number in range(3):
        await keep(store, await Told(embedded(READ), run=f"r{number}").go(), created=1000.0 + number)
    some, all = await desk(store, limit=2).report(), await desk(store, limit=3).report()
    assert (some.runs.asked, some.truncated) == (2, True)
    assert (all.runs.asked, all.truncated) == (3, False)


async def test_long_logs_are_read_page_by_page(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.ladder._EVENTS", 2)
    await keep(store, await Told(embedded(READ)).go(), created=1000.0)
    found = await desk(store).report()
    assert (found.runs.succeeded, found.first_action.count) == (1, 1)


async def test_the_ledger_counts_what_no_try_tells_of(store: Store) -> None:
    await keep(store, await Told(embedded(NO), cloud(READ)).go(), created=1000.0)
    out = Outbound(id="o", run="r1", at=1.0, rung="gpt", tier="cloud", host="h", purpose="plan", bytes=77, sha256="0")
    await store.open_egress(out)
    await store.close_egress("o", Closing(ending="answered", at=2.0, cost_usd=0.125))
    await store.open_egress(out.model_copy(update={"id": "p", "run": "another"}))
    await store.open_egress(out.model_copy(update={"id": "q", "run": "", "tier": "local", "purpose": "probe"}))
    await store.open_egress(out.model_copy(update={"id": "s", "run": "", "at": 3000.0, "purpose": "probe"}))
    found = await desk(store).report(until=2000.0)
    assert (found.bytes_out, found.bytes_outside_runs) == ({"cloud": 77, "local": 77}, {"local": 77})
    assert (found.cost.known_usd, found.cloud_calls) == (0.125, 1)


async def test_ended_runs_are_read_once_and_again_after_a_retry() -> None:
    store = Reads()
    await store.open()
    told = await Told(embedded(READ)).go()
    await keep(store, told, created=1000.0)
    office = desk(store)
    await office.report()
    before = store.reads
    await office.report()
    assert store.reads == before
    await store.commit(Transaction(runs=[RunRow("r1", "succeeded", "do it", 1000.0, 5000.0, "", "")]))
    await office.report()
    assert store.reads > before


async def test_when_rungs_were_last_used(store: Store) -> None:
    await keep(store, await Told(embedded(NO), cloud(READ), run="r1").go(), created=1000.0)
    await keep(store, await Told(embedded(READ), run="r2").go(), created=2000.0)
    used = await desk(store).last_used()
    assert used["gpt"] < 2000 < used["embedded"]


async def test_a_damaged_log_is_told_and_the_rest_is_counted(tmp_path: Path) -> None:
    store = make_store(f"sqlite:///{tmp_path}/a.db")
    await store.open()
    for name in ("r1", "r2"):
        await keep(store, await Told(embedded(READ), run=name).go(), created=1000.0)
    await store.close()
    engine = create_engine(f"sqlite:///{tmp_path}/a.db")
    with engine.begin() as connection:
        connection.execute(text("UPDATE events SET body = '{' WHERE run = 'r1' AND seq = 2"))
    engine.dispose()
    await store.open()
    found = await desk(store).report()
    assert (found.runs.asked, found.unreadable) == (1, 1)
    await store.close()


def test_the_profile_that_ships() -> None:
    profile = energy_profile()
    assert set(profile.tiers) == {"embedded", "local", "cloud"}
    assert profile.date
    assert profile.source


@pytest.mark.parametrize("content", [None, "name = ", "name = 'x'\n", "name='x'\ndate='d'\nsource='s'\nwatts=1\n"])
def test_a_profile_that_cannot_be_used(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "energy.toml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ValueError, match=r"energy\.toml"):
        energy_profile(path)

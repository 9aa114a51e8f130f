"""Requests with an idempotency key: one run, whoever asks, and nobody is told before it is on record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
import pytest_asyncio

from agents.scripted import ScriptedPlanner
from agents.supervisor import LeadingSupervisor
from orchestrator.app import Asterism
from orchestrator.core.commands import ReadyTask
from orchestrator.core.fleet import DeviceInfo
from orchestrator.core.plan import Declined
from orchestrator.core.requests import Request
from orchestrator.core.tasks import Requirements
from orchestrator.settings import Settings
from protocol.vocabulary import DeviceKind, SkillSpec
from storage.memory import MemoryStore

SKILL = SkillSpec(name="a.x", description="", input_schema={}, output_schema={})
REQUEST = Request(text="say hello")


@pytest_asyncio.fixture
async def app(tmp_path: Path) -> AsyncIterator[Asterism]:
    supervisor = LeadingSupervisor([ScriptedPlanner(Declined(reason="no"))], checkpoints=None)
    found = Asterism(
        Settings(data_dir=tmp_path, database="memory"), store=MemoryStore(hold=True), supervisor=supervisor
    )
    await found.start()
    yield found
    store(found).hold = False
    store(found).release()
    await found.stop()


def store(app: Asterism) -> MemoryStore:
    assert isinstance(app.store, MemoryStore)
    return app.store


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_who_comes_second_is_told_no_earlier_than_who_came_first(app: Asterism) -> None:
    first = asyncio.create_task(app.submit(REQUEST, key="k"))
    second = asyncio.create_task(app.submit(REQUEST, key="k"))
    await settle()
    assert not first.done()
    assert not second.done(), "the run is not on record yet: a crash would lose what was promised"
    store(app).release()
    (run, fresh), (same, again) = await first, await second
    assert (run, fresh, again) == (same, True, False)
    assert len(store(app).durable.runs) == 1


async def test_two_that_find_the_key_of_a_request_that_a_crash_cut_off_begin_it_once(app: Asterism) -> None:
    digest = sha256(REQUEST.model_dump_json().encode()).hexdigest()
    await app.store.remember_request("k", digest, "r1", 1.0)
    both = [asyncio.create_task(app.submit(REQUEST, key="k")) for _ in range(2)]
    await settle()
    store(app).release()
    await settle()
    store(app).release()
    assert sorted([await one for one in both]) == [("r1", False), ("r1", True)]
    kinds = [row.type for row in store(app).durable.events["r1"].values()]
    assert kinds.count("run_submitted") == 1


@pytest.mark.parametrize(("placement", "second"), [("score", "alpha"), ("round_robin", "beta")])
def test_the_setting_says_how_a_device_is_chosen(tmp_path: Path, placement: str, second: str) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path, "database": "memory", "placement": placement})
    scheduler = Asterism(settings).engine.scheduler
    for name in ("alpha", "beta"):
        scheduler.device_changed(DeviceInfo(name, DeviceKind.SERVER, {"a.x": SKILL}), 1)
    found = []
    for task in ("first", "second"):
        scheduler.offer(ReadyTask("r", task, "a.x", Requirements(), None, (), (), (), 0))
        [one] = scheduler.assign()[0]
        found.append(one.device)
        scheduler.released(one.device, "a.x", True, 0.01)
    assert found == ["alpha", second]

"""Old runs leave the record while the orchestrator works; nobody can take up what is going."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orchestrator.core.application import Refusal
from orchestrator.core.events import RunStatus
from orchestrator.core.requests import Request
from tests.support.records import ended, step
from tests.support.system import System, running

DAY_S = 86_400.0


class Later:
    """The machine's clock, put forward."""

    def __init__(self, system: System, seconds: float) -> None:
        inner = system.app._clock
        self.now = lambda: inner.now() + seconds


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    async with running(tmp_path, "alpha") as system:
        yield system


async def done(system: System, word: str) -> str:
    """A run that published a content."""
    run = await system.submit(
        step("write", "file.write", path="a", text=word), step("publish", "artifact.publish", after="write", path="a")
    )
    await ended(system, run, RunStatus.SUCCEEDED)
    return run


def contents(system: System) -> set[str]:
    folder = system.settings.data_dir / "artifacts"
    return {file.parent.name + file.name for file in folder.glob("??/*")}


def grow_old(system: System) -> None:
    system.app._clock = Later(system, 2 * DAY_S)


async def test_old_runs_go_with_what_only_they_had(system: System) -> None:
    one, same, other = [await done(system, word) for word in ("shared", "shared", "own")]
    waiting = await system.submit(step("ask", "file.write", path="b", text="b"), approve="ask")
    await ended(system, waiting, RunStatus.WAITING)
    (shared,), (own,) = await system.app.artifacts(one), await system.app.artifacts(other)
    assert (await system.app.prune(DAY_S)).runs == 0
    grow_old(system)
    assert (await system.app.prune(DAY_S, keep=2, dry_run=True)).model_dump() == {
        "runs": 1,
        "rows": 0,
        "contents": 0,
        "content_bytes": 0,
        "more": False,
        "dry_run": True,
    }
    first = await system.app.prune(DAY_S, limit=1)
    assert (first.runs, first.contents, first.more) == (1, 0, True)  # another run has that content too
    assert contents(system) == {shared.sha256, own.sha256}
    rest = await system.app.prune(DAY_S)
    assert (rest.runs, rest.contents, rest.content_bytes, rest.more) == (2, 2, 9, False)
    assert contents(system) == set()
    assert [item.run for item in await system.app.runs()] == [waiting]
    for run in (one, same, other):
        with pytest.raises(Refusal) as caught:
            await system.app.run(run)
        assert caught.value.code == "not_found"
    await system.app.approve(waiting, "", granted=True)
    await ended(system, waiting, RunStatus.SUCCEEDED)


async def test_a_run_that_is_going_is_not_tried_again(system: System) -> None:
    run = await system.submit(step("read", "file.read", path="not there"))
    await ended(system, run, RunStatus.FAILED)
    grow_old(system)
    assert system.app.engine.retire([run]) == [run]
    for wanted in (system.app.retry(run), system.app.run(run)):
        with pytest.raises(Refusal) as caught:
            await wanted
        assert caught.value.code == "not_found"
    system.app.engine.retired([run])
    await system.app.retry(run)
    assert system.app.engine.retire([run]) == []  # open again: it stays
    assert (await system.app.prune(DAY_S)).runs == 0
    await ended(system, run, RunStatus.FAILED)


async def test_a_key_is_forgotten_with_its_run(system: System) -> None:
    request = Request.model_validate({"plan": {"steps": [step("time", "system.time")]}})
    run, _ = await system.app.submit(request, key="again")
    await ended(system, run, RunStatus.SUCCEEDED)
    grow_old(system)
    system.app.engine.retire([run])
    with pytest.raises(Refusal) as caught:
        await system.app.submit(request, key="again")
    assert caught.value.code == "not_ready"
    system.app.engine.retired([run])
    await system.app.prune(DAY_S)
    again, new = await system.app.submit(request, key="again")
    assert (again != run, new) == (True, True)
    await ended(system, again, RunStatus.SUCCEEDED)


async def test_a_content_that_a_run_has_is_not_discarded(system: System) -> None:
    (artifact,) = await system.app.artifacts(await done(system, "kept"))
    assert await system.app._contents.discard(artifact.sha256) == 0
    assert contents(system) == {artifact.sha256}


async def test_retention_works_by_itself_and_leaves_open_runs_alone(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha") as system:
        old = await done(system, "old")
        waiting = await system.submit(step("ask", "file.write", path="b", text="b"), approve="ask")
        await ended(system, waiting, RunStatus.WAITING)
    system = System(tmp_path, system.settings.database)
    system.settings = system.settings.model_copy(update={"retention_days": 1e-9})
    await system.start()
    try:
        while old in [item.run for item in await system.app.runs()]:
            await asyncio.sleep(0.005)
        assert [item.run for item in await system.app.runs()] == [waiting]
    finally:
        await system.stop()

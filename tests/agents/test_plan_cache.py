"""The plan cache: what is kept, under which key, what survives a restart, and that a plan found is checked again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.checks import sound
from agents.plan_cache import PlanCache
from agents.scripted import ScriptedPlanner
from agents.supervisor import LeadingSupervisor
from agents.testing import FakeRunControl, failure
from orchestrator.core.events import RunStatus
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Declined, Plan, Selector, Step
from orchestrator.core.requests import Request, RunPolicy
from protocol.messages import TaskError
from protocol.vocabulary import DeviceKind, Json, JsonObject
from tests.support.skills import SKILLS, device, fleet

READ = Plan(steps=(Step(id="read", skill="file.read", arguments={"path": "notes.txt"}, on_failure="fail"),))
FLEET = fleet("alpha", "beta")
ASKED = Request(text="read notes.txt")


def put(cache: PlanCache, request: Request = ASKED, plan: Plan = READ, devices: FleetView = FLEET) -> str | None:
    key = cache.key(request, devices, ())
    if key is not None:
        cache.put(key, request, plan, rung="local", tier="local")
    return key


def save(cache: PlanCache) -> None:
    held = cache.pending()
    assert held is not None
    assert cache.pending() is None
    cache.write(held)


def found(cache: PlanCache, request: Request = ASKED, devices: FleetView = FLEET) -> bool:
    key = cache.key(request, devices, ())
    return key is not None and cache.get(key) is not None


@pytest.mark.parametrize("text", ["read notes.txt", "  read   notes.txt\n"])
def test_the_same_request_is_found(text: str) -> None:
    cache = PlanCache(now=lambda: 1_700_000_000.0)
    put(cache)
    assert found(cache, Request(text=text))
    entry = cache.get(cache.key(ASKED, FLEET, ()) or "")
    assert entry is not None
    assert (entry.plan, entry.rung, entry.date) == (READ, "local", "2023-11-14")


@pytest.mark.parametrize(
    "other",
    [
        Request(text="read Notes.txt"),
        Request(text='read "notes.txt"'),
        Request(text="read notes.txt", client="alpha"),
        Request(text="read notes.txt", attachment="x"),
        Request(text="read notes.txt", policy=RunPolicy(devices=("alpha",))),
    ],
)
def test_another_request_is_not(other: Request) -> None:
    cache = PlanCache()
    put(cache)
    assert not found(cache, other)


def test_blanks_in_quotations_mean_something() -> None:
    cache = PlanCache()
    put(cache, Request(text='write "a  b"'))
    assert not found(cache, Request(text='write "a b"'))


CHANGES: dict[str, Callable[[], FleetView]] = {
    "a device more": lambda: fleet("alpha", "beta", "gamma"),
    "a device away": lambda: FleetView.of(device("alpha"), device("beta", online=False)),
    "another kind": lambda: FleetView.of(device("alpha"), device("beta", kind=DeviceKind.PHONE)),
    "a label": lambda: FleetView.of(device("alpha"), dataclasses.replace(device("beta"), labels={"role": "db"})),
    "a skill less": lambda: FleetView.of(device("alpha"), device("beta", *SKILLS[1:])),
    "a skill's version": lambda: FleetView.of(
        device("alpha"), device("beta", SKILLS[0].model_copy(update={"version": 2}), *SKILLS[1:])
    ),
    "a skill's schema": lambda: FleetView.of(
        device("alpha"), device("beta", SKILLS[0].model_copy(update={"input_schema": {}}), *SKILLS[1:])
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_another_fleet_has_plans_of_its_own(change: str) -> None:
    cache = PlanCache()
    put(cache)
    assert not found(cache, devices=CHANGES[change]())
    assert found(cache, devices=fleet("alpha", "beta"))  # made anew, the same facts


def test_answers_belong_to_the_request() -> None:
    cache = PlanCache()
    assert cache.key(ASKED, FLEET, (("Where?", "alpha"),)) != cache.key(ASKED, FLEET, (("Where?", "beta"),))


def test_secrets_are_not_kept() -> None:
    cache = PlanCache()
    assert put(cache, Request(text="fetch it with password=hunter2hunter2")) is None
    assert cache.key(ASKED, FLEET, (("Which key?", "sk-abcdefghijklmnopqrstuv"),)) is None
    put(cache, plan=Plan(steps=(Step(id="a", skill="shell.run", arguments={"command": "x --token=abcdefgh12345"}),)))
    assert len(cache) == 0


def test_what_means_another_day_tomorrow_is_not_kept() -> None:
    cache = PlanCache()
    for text in ("find files from yesterday", "what changed last week", "logs since Monday"):
        put(cache, Request(text=text))
    assert len(cache) == 0
    put(cache, Request(text="show the last 20 lines of a.log"))
    assert len(cache) == 1


def test_the_least_used_go_first() -> None:
    cache = PlanCache(size=2)
    one, two, three = (Request(text=f"read {name}") for name in "abc")
    put(cache, one)
    put(cache, two)
    assert found(cache, one)
    put(cache, three)
    assert [found(cache, each) for each in (one, two, three)] == [True, False, True]


def test_plans_survive_a_restart_and_a_damaged_file_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "state" / "plans.json"
    cache = PlanCache(path)
    key = put(cache)
    save(cache)
    assert path.stat().st_mode & 0o777 == 0o600
    again = PlanCache(path).get(key or "")
    assert again is not None
    assert again.plan == READ
    assert again.plan.steps[0].model_fields_set == READ.steps[0].model_fields_set
    for damage in (b"", b"{", b'{"format": 99, "plans": {}}', b'{"format": 1, "plans": {"k": {}}}', b"\xff"):
        path.write_bytes(damage)
        assert len(PlanCache(path)) == 0


def test_what_the_embedded_rung_planned_is_planned_anew_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "plans.json"
    cache = PlanCache(path)
    key = cache.key(ASKED, FLEET, ()) or ""
    cache.put(key, ASKED, READ, rung="embedded", tier="embedded")
    assert found(cache)
    save(cache)
    assert not found(PlanCache(path))
    # Older versions kept it, too.
    entry = cache.get(key)
    assert entry is not None
    cache.write({key: entry})
    assert not found(PlanCache(path))


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    cache = PlanCache(tmp_path / "file" / "plans.json")
    put(cache)
    save(cache)
    assert found(cache)


# --- in a run --------------------------------------------------------------------------------------------------------


def works(device: str, skill: str, arguments: JsonObject) -> Json | TaskError:
    return {"path": "notes.txt", "text": "t", "size_bytes": 1, "truncated": False}


async def run(
    cache: PlanCache, planner: ScriptedPlanner, *, perform: object = works, devices: FleetView = FLEET
) -> FakeRunControl:
    control = FakeRunControl(devices, perform)  # type: ignore[arg-type]
    control.submit(ASKED)
    await control.drive(LeadingSupervisor([planner], check=sound, cache=cache))
    return control


async def test_a_second_run_asks_no_rung() -> None:
    cache, planner = PlanCache(now=lambda: 0.0), ScriptedPlanner(READ, rung="local")
    await run(cache, planner)
    view = (await run(cache, planner)).run_view()
    assert (view.state, view.rung, len(planner.asked)) == (RunStatus.SUCCEEDED, "local", 1)
    (tried,) = view.rungs
    assert (tried.cached, tried.why, tried.usage.seconds) == (True, "from the plan cache (rung local, 1970-01-01)", 0.0)


async def test_a_plan_whose_run_failed_is_planned_anew() -> None:
    cache, planner = PlanCache(), ScriptedPlanner(READ)
    broken = await run(cache, planner, perform=lambda *given: failure())
    assert broken.run_view().state is RunStatus.FAILED
    assert len(cache) == 0
    await run(cache, planner)
    assert len(planner.asked) == 2


async def test_a_plan_that_holds_no_longer_is_planned_anew() -> None:
    cache = PlanCache()
    key = put(cache, plan=Plan(steps=(Step(id="x", skill="no.such"),)))
    view = (await run(cache, ScriptedPlanner(READ))).run_view()
    assert [one.cached for one in view.rungs] == [False]
    entry = cache.get(key or "")
    assert entry is not None
    assert entry.plan == READ


async def test_what_was_refused_is_not_kept() -> None:
    cache = PlanCache()
    await run(cache, ScriptedPlanner(Declined(reason="no")))
    await run(cache, ScriptedPlanner(Plan(steps=(Step(id="d", skill="file.read", devices=Selector(names=("z",))),))))
    assert len(cache) == 0


async def test_a_supervisor_writes_its_plans_when_it_is_closed(tmp_path: Path) -> None:
    control = FakeRunControl(FLEET, works)
    control.submit(ASKED)
    supervisor = LeadingSupervisor([ScriptedPlanner(READ)], check=sound, cache=PlanCache(tmp_path / "plans.json"))
    await control.drive(supervisor)
    await supervisor.close()
    assert found(PlanCache(tmp_path / "plans.json"))


async def test_a_run_that_fails_over_another_fleet_drops_its_plan_too() -> None:
    cache = PlanCache()
    control = FakeRunControl(FLEET, lambda *given: failure())
    control.submit(ASKED)
    supervisor = LeadingSupervisor([ScriptedPlanner(READ)], check=sound, cache=cache)
    await supervisor.consult(control.consultations.popleft(), control)
    assert len(cache) == 1
    control.devices = fleet("alpha")
    await control.drive(supervisor)
    assert len(cache) == 0


async def test_a_run_that_fails_after_a_restart_drops_its_plan_too() -> None:
    cache = PlanCache()
    control = FakeRunControl(FLEET, lambda *given: failure())
    control.submit(ASKED)
    await LeadingSupervisor([ScriptedPlanner(READ)], check=sound, cache=cache).consult(
        control.consultations.popleft(), control
    )
    await control.drive(LeadingSupervisor([ScriptedPlanner(READ)], check=sound, cache=cache))
    assert len(cache) == 0


def test_a_plan_of_a_rung_that_is_switched_off_is_kept_and_not_given(tmp_path: Path) -> None:
    path = tmp_path / "plans.json"
    first = PlanCache(path)
    put(first)
    save(first)
    assert not found(PlanCache(path, without=("embedded", "local")))
    assert found(PlanCache(path, without=("embedded",)))

"""The judge must be able to find each kind of harm: every test plants one."""

from __future__ import annotations

import pytest

from orchestrator.cli.faulting.report import as_json, ok, row
from orchestrator.cli.faulting.suite import Finding
from orchestrator.cli.faulting.work import Ended, Kind, Place, Tally, Work, judge, make
from orchestrator.core.events import AttemptEnded, AttemptOutcome, Body, Event, RunStatus, TaskDispatched
from orchestrator.core.tasks import TaskStatus
from orchestrator.core.views import RunView, TaskView
from protocol.vocabulary import Risk

PLACE = Place(("alpha", "beta", "gamma"), "ledger", 0.1)


def view(work: Work, state: RunStatus = RunStatus.SUCCEEDED, total: float | None = None) -> RunView:
    output = {"sum": work.sum if total is None else total}
    task = TaskView(id="join", title="", skill="data.stats", risk=Risk.READ, status=TaskStatus.SUCCEEDED, output=output)
    return RunView(run="r1", state=state, text="", created=0.0, updated=1.0, tasks=(task,))


def log(*bodies: Body) -> list[Event]:
    return [Event(run="r1", seq=seq, at=0.0, body=body) for seq, body in enumerate(bodies, 1)]


def begun(task: str, attempt: int = 1) -> Body:
    return TaskDispatched(task=task, attempt=attempt, device="alpha", epoch=1)


def ended(task: str, attempt: int = 1) -> Body:
    return AttemptEnded(task=task, attempt=attempt, outcome=AttemptOutcome.SUCCEEDED)


@pytest.fixture
def work() -> Work:
    return make("pinned", "w", 7, PLACE)


def test_what_is_right_is_found_right(work: Work) -> None:
    events = log(begun("a"), ended("a"), begun("b"), ended("b"))
    tally = judge([Ended(work, "r1", view(work), events)], work.lines.values())
    assert (tally.clean, tally.runs, tally.recovered, tally.tasks, tally.repeated) == (True, 1, 1, 2, 0)


def test_a_second_attempt_is_counted_and_no_fault(work: Work) -> None:
    events = log(begun("a"), ended("a"), begun("a", 2), ended("a", 2))
    tally = judge([Ended(work, "r1", view(work), events)], work.lines.values())
    assert (tally.clean, tally.tasks, tally.repeated) == (True, 1, 1)


def test_a_task_that_began_twice_as_one_attempt_is_counted(work: Work) -> None:
    events = log(begun("wait0"), ended("wait0"), begun("wait1"), begun("wait1", 2))
    marks = ["w.wait0", "w.wait0", "w.wait1"]
    tally = judge([Ended(work, "r1", view(work), events)], work.lines.values(), marks)
    assert (tally.clean, tally.tasks, tally.repeated) == (True, 2, 2)


def test_a_missing_line_is_lost(work: Work) -> None:
    tally = judge([Ended(work, "r1", view(work))], [*work.lines.values()][1:])
    assert (len(tally.lost), tally.recovered) == (1, 0)


def test_a_line_too_many_is_doubled(work: Work) -> None:
    tally = judge([Ended(work, "r1", view(work))], [*work.lines.values(), work.lines["end"]])
    assert tally.doubled == ["w.end was written 2 times"]


def test_a_wrong_result_is_wrong(work: Work) -> None:
    tally = judge([Ended(work, "r1", view(work, total=1.5))], work.lines.values())
    assert len(tally.wrong) == 1
    assert "1.5 came" in tally.wrong[0]


@pytest.mark.parametrize("state", [RunStatus.RUNNING, RunStatus.WAITING, RunStatus.FAILED, RunStatus.CANCELLED])
def test_a_run_that_did_not_succeed_is_lost(work: Work, state: RunStatus) -> None:
    assert len(judge([Ended(work, "r1", view(work, state))], work.lines.values()).lost) == 1


def test_a_run_that_is_not_there_is_lost(work: Work) -> None:
    assert len(judge([Ended(work, "")], []).lost) == 1


@pytest.mark.parametrize("twice", [begun("a"), ended("a")])
def test_an_attempt_with_two_starts_or_ends_is_doubled(work: Work, twice: Body) -> None:
    tally = judge([Ended(work, "r1", view(work), log(begun("a"), ended("a"), twice))], work.lines.values())
    assert len(tally.doubled) == 1


def test_a_gap_in_the_log_is_lost(work: Work) -> None:
    events = log(begun("a"), ended("a"))[1:]
    assert "gap" in judge([Ended(work, "r1", view(work), events)], work.lines.values()).lost[0]


@pytest.mark.parametrize("kind", ["pinned", "movable", "spoken"])
def test_work_depends_on_its_arguments_only(kind: Kind) -> None:
    assert make(kind, "w", 7, PLACE) == make(kind, "w", 7, PLACE)
    assert make(kind, "w", 7, PLACE) != make(kind, "v", 7, PLACE)


def test_the_effects_of_movable_work_stay_off_the_device_that_is_lost() -> None:
    plan = make("movable", "w", 7, PLACE).request.plan
    assert plan is not None
    for step in plan.steps:
        assert "gamma" not in step.devices.names
        assert (step.skill in ("test.mark", "data.stats") and step.id != "join") == (step.devices.names == ())


def test_the_verdict_is_the_worst_that_was_found() -> None:
    good = Tally(runs=1, recovered=1)
    assert Finding("p", good, faults={"x": 1}).verdict == "ok"
    assert Finding("p", good).verdict == "no fault"
    assert Finding("p", good, faults={"x": 1}, problem="it could not").verdict == "broken"
    assert Finding("p", Tally(runs=1, lost=["a"], doubled=["b"]), faults={"x": 1}).verdict == "doubled"


def test_a_report_is_only_good_where_every_profile_is() -> None:
    good = Finding("p", Tally(runs=4, recovered=4), seconds=3.0, baseline_s=1.0, faults={"x": 2})
    bad = Finding("q", Tally(runs=4, recovered=3, lost=["one"]), faults={"x": 1})
    assert ok([good])
    assert not ok([good, bad])
    assert not ok([])
    assert row(good)[:4] == ("p", "4", "100 %", "+2.0 s")
    assert (row(bad)[2], row(bad)[-1]) == ("75 %", "lost")
    told = as_json([good, bad], seed=3, temporary=True)
    assert (told["ok"], told["seed"], told["system"]) == (False, 3, "temporary")

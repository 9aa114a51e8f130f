from __future__ import annotations

from typing import Literal

import pytest

from agents.cascade import Accepted, Asking, Cascade, Refused
from agents.checks import Finding, sound
from agents.scripted import Reply, ScriptedPlanner
from agents.testing import FakeRunControl
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import (
    Clarification,
    Declined,
    DeclinedCode,
    Plan,
    Proposal,
    RungUsage,
    Selector,
    Step,
    StepDependency,
    Tier,
)
from orchestrator.core.ports import Consultation, PlanningContext, Tried
from orchestrator.core.requests import Request, RunPolicy
from tests.support.skills import device, fleet

READ = Plan(steps=(Step(id="read", skill="file.read", arguments={"path": "a"}),))
BAD = Plan(steps=(Step(id="x", skill="no.such"),))
NOWHERE = Plan(steps=(Step(id="x", skill="file.read", devices=Selector(names=("omega",))),))
MORE = Plan(steps=(Step(id="disk", skill="system.disk"),))
ASK = Clarification(question="Which  server?")


class Listening:
    """A rung that remembers what it was told of the rungs before it."""

    def __init__(self, rung: str) -> None:
        self.rung = rung
        self.told: list[Tried] = []

    async def plan(self, request: Request, context: PlanningContext) -> Proposal:
        self.told = list(context.tried)
        return Proposal(rung=self.rung, result=Declined(reason="no"))


async def climb(
    cascade: Cascade, *, devices: FleetView | None = None, answered: str = "", text: str = "do it"
) -> tuple[Accepted | Asking | Refused, FakeRunControl]:
    control = FakeRunControl(devices or fleet("alpha"), lambda device, skill, arguments: None)
    request = Request(text=text)
    control.submit(request)
    if answered:
        await control.ask("r1", Clarification(question=answered), key="q")
        control.answer("alpha")
    outcome = await cascade.plan(Consultation(run="r1", reason="submitted", key="r1.submitted"), control, request)
    return outcome, control


def code(outcome: Accepted | Asking | Refused) -> str:
    assert isinstance(outcome, Refused)
    return outcome.error.code


async def test_the_cheapest_rung_that_holds() -> None:
    outcome, control = await climb(
        Cascade([ScriptedPlanner(READ, rung="a"), ScriptedPlanner(READ, rung="b")], check=sound)
    )
    assert outcome == Accepted(READ, "a")
    assert [one.rung for one in control.run_view().rungs] == ["a"]


async def test_why_each_rung_failed_is_said() -> None:
    outcome, control = await climb(
        Cascade(
            [ScriptedPlanner(Declined(reason="no", unplaced=("moon",)), rung="a"), ScriptedPlanner(BAD, rung="b")],
            check=sound,
        )
    )
    assert isinstance(outcome, Refused)
    assert outcome.error.code == "no_plan"
    assert 'a: no (not placed: "moon"); b: no device has a skill no.such' in outcome.error.message
    assert outcome.error.details["rungs"] == [
        {"rung": "a", "reason": 'no (not placed: "moon")', "unplaced": ["moon"]},
        {"rung": "b", "reason": "no device has a skill no.such", "unplaced": []},
    ]
    assert [(one.rung, one.accepted) for one in control.run_view().rungs] == [("a", False), ("b", False), ("b", False)]


async def test_a_rung_that_declines_to_repair_keeps_what_was_wrong() -> None:
    cascade = Cascade([ScriptedPlanner(NOWHERE, Declined(reason="no other"))], check=sound)
    outcome, _ = await climb(cascade, text="read a on Omega")
    assert code(outcome) == "no_capable_device"


async def test_a_device_that_a_planner_made_up_is_no_lack_of_devices() -> None:
    outcome, _ = await climb(Cascade([ScriptedPlanner(NOWHERE)], check=sound))
    assert code(outcome) == "no_plan"


@pytest.mark.parametrize(
    ("rungs", "remedy"),
    [
        ([("embedded", "not_understood")], "No model is configured (setting `models`)"),
        ([("embedded", "not_understood"), ("local", "unreachable"), ("cloud", "skipped")], "No model answered"),
        ([("embedded", "not_understood"), ("local", "unreachable"), ("cloud", "not_understood")], ""),
        ([("embedded", "not_understood"), ("cloud", "over_budget")], ""),
    ],
)
async def test_a_refusal_says_what_can_be_done_where_no_model_had_a_word(
    rungs: list[tuple[str, DeclinedCode]], remedy: str
) -> None:
    planners = [ScriptedPlanner(Declined(reason="no", code=why), rung=name) for name, why in rungs]
    outcome, _ = await climb(Cascade(planners, check=sound))
    assert isinstance(outcome, Refused)
    assert remedy in outcome.error.message
    assert ("asterism" in outcome.error.message) == bool(remedy)


async def test_one_reason_of_another_kind_makes_it_no_plan() -> None:
    outcome, _ = await climb(Cascade([ScriptedPlanner(NOWHERE), ScriptedPlanner(BAD)], check=sound))
    assert code(outcome) == "no_plan"


async def test_no_rung_at_all() -> None:
    outcome, _ = await climb(Cascade([], check=sound))
    assert code(outcome) == "no_plan"


async def test_devices_that_are_away_are_no_devices() -> None:
    outcome, _ = await climb(Cascade([], check=sound), devices=FleetView.of(device("alpha", online=False)))
    assert code(outcome) == "no_capable_device"


async def test_a_question_that_was_asked_before_is_not_asked_again() -> None:
    cascade = Cascade([ScriptedPlanner(ASK, rung="a"), ScriptedPlanner(READ, rung="b")], check=sound)
    assert isinstance((await climb(cascade))[0], Asking)
    outcome, control = await climb(Cascade([ScriptedPlanner(ASK, rung="a")], check=sound), answered="which server?")
    assert code(outcome) == "needs_answer"
    assert control.run_view().rungs[0].problems == ("it asks again: Which  server?",)


async def test_a_check_that_breaks_down_speaks_against_the_plan() -> None:
    def broken(plan: Plan, request: Request, fleet: FleetView, answers: object) -> tuple[Finding, ...]:
        raise RecursionError

    outcome, _ = await climb(Cascade([ScriptedPlanner(READ)], check=broken))
    assert code(outcome) == "no_plan"


async def test_seconds_are_measured_where_the_rung_does_not() -> None:
    ticks = iter([1.0, 1.5])
    _, control = await climb(Cascade([ScriptedPlanner(READ)], sound, clock=lambda: next(ticks)))
    assert control.run_view().usage.seconds == 0.5
    ticks = iter([1.0, 1.5])
    told = ScriptedPlanner(READ, usage=RungUsage(seconds=9.0))
    _, control = await climb(Cascade([told], sound, clock=lambda: next(ticks)))
    assert control.run_view().usage.seconds == 9.0


async def test_a_step_outside_the_policy_is_found() -> None:
    named = Plan(steps=(Step(id="d", skill="system.disk", devices=Selector(names=("b",))),))
    control = FakeRunControl(fleet("a", "b"), lambda device, skill, arguments: None)
    request = Request(text="x", policy=RunPolicy(devices=("a",)))
    control.submit(request)
    consultation = Consultation(run="r1", reason="submitted", key="k")
    outcome = await Cascade([ScriptedPlanner(named)], check=sound).plan(consultation, control, request)
    assert isinstance(outcome, Refused)
    assert "step d names b, which this run may not use" in outcome.error.message
    each = Plan(steps=(Step(id="d", skill="system.disk", devices=Selector(mode="each")),))
    outcome = await Cascade([ScriptedPlanner(each)], check=sound).plan(consultation, control, request)
    assert isinstance(outcome, Accepted)
    assert outcome.plan.steps[0].devices.names == ("a",)


async def test_a_plan_that_leaves_out_half_of_the_request_is_refused() -> None:
    control = FakeRunControl(fleet("alpha", "beta"), lambda device, skill, arguments: None)
    request = Request(text='read notes.txt on alpha, then write "done" to state.txt on beta')
    control.submit(request)
    half = Step(id="read", skill="file.read", arguments={"path": "notes.txt"}, devices=Selector(names=("alpha",)))
    consultation = Consultation(run="r1", reason="submitted", key="k")
    outcome = await Cascade([ScriptedPlanner(Plan(steps=(half,)))]).plan(consultation, control, request)
    assert isinstance(outcome, Refused)
    assert outcome.error.code == "no_plan"
    assert "state.txt" in outcome.error.message
    write = Step(
        id="write",
        skill="file.write",
        arguments={"path": "state.txt", "text": "done"},
        devices=Selector(names=("beta",)),
        after=(StepDependency(step="read"),),
    )
    outcome = await Cascade([ScriptedPlanner(Plan(steps=(half, write)))]).plan(consultation, control, request)
    assert isinstance(outcome, Accepted)


async def test_a_device_that_does_not_exist_is_named_with_those_that_do() -> None:
    control = FakeRunControl(fleet("alpha", "beta"), lambda device, skill, arguments: None)
    request = Request(text="list files", policy=RunPolicy(devices=("nosuch",)))
    control.submit(request)
    rung = ScriptedPlanner(READ)
    outcome = await Cascade([rung], check=sound).plan(
        Consultation(run="r1", reason="submitted", key="r1.submitted"), control, request
    )
    assert isinstance(outcome, Refused)
    assert outcome.error.message == "there is no device nosuch; known: alpha, beta"
    assert control.run_view().rungs == ()


# --- what is handed on ---------------------------------------------------------------------------------------------


async def test_the_next_rung_is_told_what_was_tried_and_why_it_failed() -> None:
    first, second = ScriptedPlanner(NOWHERE, rung="a"), Listening("b")
    away = ScriptedPlanner(Declined(reason="its server is down", code="unreachable"), rung="down")
    unsure = ScriptedPlanner(Declined(reason="half of it", unplaced=("moon",), partial=READ), rung="c")
    await climb(Cascade([first, away, unsure, second], check=sound))
    assert second.told == [
        Tried(rung="a", reason="there is no device omega; known: alpha", plan=NOWHERE),
        Tried(rung="c", reason='half of it (not placed: "moon")', plan=READ, unplaced=("moon",)),
    ]


async def test_a_rung_completes_what_another_began() -> None:
    begun = Plan(steps=(READ.steps[0], Step(id="more", skill="file.read")), answer=("read",))
    rest = Step(id="count", skill="data.count_by", arguments={"items": "${read.output.text}", "by": "line"})
    more = Step(id="more", skill="system.disk")
    rungs = [
        ScriptedPlanner(Declined(reason="half", partial=begun), rung="a"),
        ScriptedPlanner(Plan(steps=(rest, more)), rung="b"),
    ]
    outcome, control = await climb(Cascade(rungs, check=sound))
    whole = Plan(steps=(READ.steps[0], rest, more))
    assert outcome == Accepted(whole, "b")
    assert control.run_view().plan == whole


async def test_a_whole_plan_is_not_mixed_with_what_another_began() -> None:
    rungs = [
        ScriptedPlanner(Declined(reason="half", partial=MORE), rung="a"),
        ScriptedPlanner(READ, rung="b"),
    ]
    assert (await climb(Cascade(rungs, check=sound)))[0] == Accepted(READ, "b")


async def test_a_rung_that_was_not_asked_is_on_record_and_costs_nothing() -> None:
    skipped = ScriptedPlanner(Declined(reason="its circuit is open", code="skipped"), rung="a")
    outcome, control = await climb(Cascade([skipped], check=sound))
    assert isinstance(outcome, Refused)
    assert outcome.error.details["rungs"] == [
        {"rung": "a", "reason": "its circuit is open", "unplaced": [], "code": "skipped"}
    ]
    assert len(skipped.asked) == 1
    assert control.run_view().usage.calls == 0


# --- asking --------------------------------------------------------------------------------------------------------


def tiered(tier: Tier, *replies: Reply) -> ScriptedPlanner:
    rung = ScriptedPlanner(*replies, rung=tier)
    rung.tier = tier  # type: ignore[attr-defined]
    return rung


async def put(*rungs: ScriptedPlanner, questions: Literal["first", "after_local"]) -> Accepted | Asking | Refused:
    control = FakeRunControl(fleet("alpha"), lambda device, skill, arguments: None)
    request = Request(text="do it", policy=RunPolicy(questions=questions))
    control.submit(request)
    consultation = Consultation(run="r1", reason="submitted", key="r1.submitted")
    return await Cascade(rungs, check=sound).plan(consultation, control, request)


async def test_a_question_is_asked_before_any_model() -> None:
    local = tiered("local", READ)
    assert await put(tiered("embedded", ASK), local, questions="first") == Asking(ASK)
    assert local.asked == []


async def test_a_local_model_may_be_tried_before_a_question_is_asked() -> None:
    cloud = tiered("cloud", READ)
    outcome = await put(tiered("embedded", ASK), tiered("local", READ), cloud, questions="after_local")
    assert outcome == Accepted(READ, "local")
    outcome = await put(tiered("embedded", ASK), tiered("local", BAD), cloud, questions="after_local")
    assert outcome == Asking(ASK)
    assert cloud.asked == []
    assert await put(tiered("embedded", ASK), tiered("local", BAD), questions="after_local") == Asking(ASK)

"""What the report says of runs that the real supervisor led over scripted rungs."""

from __future__ import annotations

import pytest

from agents.testing import failure
from orchestrator.core import events as e
from orchestrator.core import stimuli
from orchestrator.core.edits import AddTask, EditBatch, RemoveTask
from orchestrator.core.egress import Closing, LedgerEntry, Outbound
from orchestrator.core.ladder_facts import RunFacts
from orchestrator.core.ladder_report import EnergyProfile, EnergyRate, LadderReport, Spread, Tally
from orchestrator.core.plan import Declined, Proposal, RungUsage, Tier
from orchestrator.core.requests import Request
from orchestrator.core.tasks import Check, Task
from protocol.errors import ErrorCode
from tests.support.ladder import ASK, BAD, NO, READ, WRITE, Told, cloud, embedded, local

ALL: dict[str, Tier] = {"embedded": "embedded", "llama": "local", "gpt": "cloud"}


def report(*facts: RunFacts, rungs: dict[str, Tier] = ALL, energy: EnergyProfile | None = None) -> LadderReport:
    tally = Tally(rungs)
    for one in facts:
        tally.add(one)
    return tally.report(energy=energy)


async def test_a_run_that_stays_at_home() -> None:
    told = await Told(embedded(READ)).go()
    found = report(told.facts)
    assert (found.runs.asked, found.runs.planned, found.runs.succeeded) == (1, 1, 1)
    assert (found.runs_at_home.share, found.steps_at_home.share) == (1.0, 1.0)
    assert (found.cloud_calls, found.cloud_calls_avoided) == (0, 1)
    assert (found.cost.per_run_usd, found.cost.per_success_usd, found.bytes_out) == (0.0, 0.0, {})
    assert (found.escalations.made, found.escalations.precision, found.escalations.recall) == (0, None, None)


async def test_calls_avoided_are_unknown_where_there_is_no_cloud() -> None:
    told = await Told(embedded(READ)).go()
    assert report(told.facts, rungs={"embedded": "embedded"}).cloud_calls_avoided is None


async def test_a_run_that_went_to_the_cloud() -> None:
    told = await Told(embedded(NO), local(BAD), cloud(READ)).go()
    found = report(told.facts)
    assert (found.runs_at_home.part, found.runs_at_home.whole, found.steps_at_home.part) == (0, 1, 0)
    assert (found.cloud_calls, found.cloud_calls_avoided) == (1, 0)
    assert found.cost.per_success_usd == 0.5
    assert found.bytes_out == {"local": 600, "cloud": 300}, "the local rung repaired once"
    lines = {line.rung: line for line in found.rungs}
    assert (lines["embedded"].declined, lines["llama"].refused, lines["gpt"].accepted) == ({"not_understood": 1}, 2, 1)
    # Embedded to local was of no use; local to cloud was.
    assert (found.escalations.made, found.escalations.needed, found.escalations.precision) == (2, 1, 0.5)
    assert found.escalations.recall == 1.0


async def test_a_rung_that_was_not_heard_is_no_escalation() -> None:
    away = Declined(reason="its server is away", code="unreachable")
    told = await Told(embedded(NO), local(away), cloud(READ)).go()
    assert [(a.rung, b.rung) for a, b in told.facts.climbs[0].escalations()] == [("embedded", "gpt")]
    assert report(told.facts).escalations.precision == 1.0


async def test_an_escalation_whose_run_failed_was_not_needed() -> None:
    told = Told(embedded(NO), cloud(READ), perform=lambda device, skill, arguments: failure())
    found = report((await told.go()).facts)
    assert found.runs.failed == 1
    assert (found.escalations.made, found.escalations.needed, found.escalations.precision) == (1, 0, 0.0)
    assert found.wrong_accepts.share.part == 0, "that a tool failed is not the plan's doing"


async def test_steps_of_a_revision_are_counted_by_who_was_asked() -> None:
    """The plan is the cloud's; the task that the rules put in a failed one's place cost no call."""
    gone = failure(ErrorCode.UNAVAILABLE, "it went away")
    told = await Told(cloud(READ), perform=lambda device, skill, arguments: gone if device == "alpha" else {}).go()
    facts = told.facts
    assert (facts.steps, facts.cloud_steps, facts.rejections) == (2, 1, {})


async def test_an_unknown_price_is_unknown() -> None:
    unpriced = RungUsage(seconds=1, calls=1, cost_usd=None)
    first = await Told(embedded(NO), cloud(READ, usage=unpriced)).go()
    second = await Told(embedded(READ)).go()
    found = report(first.facts, second.facts)
    assert (found.cost.known_runs, found.cost.unknown_runs, found.cost.per_run_usd) == (1, 1, 0.0)
    alone = report(first.facts).cost
    assert (alone.per_run_usd, alone.per_success_usd, alone.unknown_runs) == (None, None, 1)


def asked(text: str = "do it", approve: str = "ask") -> Request:
    return Request.model_validate({"text": text, "policy": {"approve": approve}})


async def test_a_denied_approval_is_a_wrong_accept_and_a_missed_escalation() -> None:
    told = await Told(embedded(WRITE), cloud(WRITE), request=asked()).go()
    told.control.approve(granted=False)
    found = report((await told.go()).facts)
    (wrong,) = found.wrong_accepts.listed
    assert (wrong.run, wrong.rung, wrong.reasons) == ("r1", "embedded", ("denied",))
    assert found.wrong_accepts.share.share == 1.0
    assert (found.escalations.missed, found.escalations.recall) == (1, 0.0)


async def test_the_top_rung_can_miss_no_escalation() -> None:
    told = await Told(embedded(NO), cloud(WRITE), request=asked()).go()
    told.control.approve(granted=False)
    found = report((await told.go()).facts)
    assert (found.wrong_accepts.share.part, found.escalations.missed) == (1, 0)


async def test_an_approval_that_ran_out_is_no_ones_rejection() -> None:
    told = await Told(embedded(WRITE), request=asked()).go()
    (approval,) = told.control.machine.state.approvals.values()
    told.control._now = approval.request.expires + 1
    told.control.handle(stimuli.TimerFired("approval", "write", int(approval.request.id[1:])))
    facts = (await told.go()).facts
    assert facts.ended is not None
    assert facts.rejections == {}


async def test_a_run_that_a_person_cancels() -> None:
    told = await Told(embedded(WRITE), request=asked()).go()
    told.control.handle(stimuli.CancelAsked("ann"))
    assert list((await told.go()).facts.rejections) == ["cancelled"]


async def test_a_run_that_is_cancelled_before_it_had_a_plan() -> None:
    told = await Told(embedded(ASK)).go()
    told.control.handle(stimuli.CancelAsked("ann"))
    facts = told.facts
    assert (facts.rejections, facts.planned) == ({}, False)


async def test_a_graph_that_a_person_edits() -> None:
    told = await Told(embedded(WRITE), request=asked()).go()
    more = AddTask(task=Task(id="more", skill="file.read", arguments={"path": "b"}))
    told.control.handle(stimuli.EditProposed(EditBatch(base=1, edits=(more,), by="ann")))
    facts = told.facts
    assert list(facts.rejections) == ["edited"]
    assert facts.steps == 1, "what a person adds was not planned by the ladder"


@pytest.mark.parametrize(
    ("code", "reasons"),
    [
        (ErrorCode.BAD_ARGUMENTS, ["faulty"]),
        (ErrorCode.OUTSIDE_WORKSPACE, ["faulty"]),
        (ErrorCode.NOT_FOUND, []),
        (ErrorCode.TOOL_FAILED, []),
    ],
)
async def test_whose_fault_a_failure_is(code: ErrorCode, reasons: list[str]) -> None:
    told = await Told(embedded(READ), perform=lambda device, skill, arguments: failure(code)).go()
    assert list(told.facts.rejections) == reasons


async def test_a_question_is_a_climb_of_its_own() -> None:
    told = await Told(embedded(ASK, NO), cloud(READ)).go()
    told.control.answer("alpha")
    facts = (await told.go()).facts
    assert [[one.outcome for one in climb.tries] for climb in facts.climbs] == [["asked"], ["declined", "accepted"]]
    assert facts.attended
    assert report(facts).first_action_unattended.count == 0


async def test_seconds_to_the_first_action_are_the_records() -> None:
    facts = (await Told(embedded(READ)).go()).facts
    events = {event.body.type: event.at for event in (await Told(embedded(READ)).go()).control.events}
    assert facts.to_first_action_s == events["task_dispatched"] - events["run_submitted"]
    assert report(facts).first_action.p95 == facts.to_first_action_s


def test_a_spread() -> None:
    assert Spread.of([]) == Spread()
    assert Spread.of([float(n) for n in range(100, 0, -1)]) == Spread(count=100, p50=50.0, p95=95.0, longest=100.0)


async def test_a_run_with_a_plan_of_its_own_is_counted_and_nothing_more() -> None:
    told = await Told(embedded(NO), request=Request(plan=READ)).go()
    found = report(told.facts)
    assert (found.runs.explicit, found.runs.asked, found.runs_at_home.whole) == (1, 0, 0)


def entry(tier: Tier, *, cost: float | None = 0.25, closed: bool = True) -> LedgerEntry:
    out = Outbound(
        id="o1", run="r1", at=1.0, rung="gpt", tier=tier, host="h", purpose="plan", bytes=1000, sha256="0" * 64
    )
    return LedgerEntry(outbound=out, closing=Closing(ending="answered", at=2.0, cost_usd=cost) if closed else None)


async def test_the_ledger_says_what_was_sent_where_there_is_one() -> None:
    """A call that a crash cut off is in the ledger and in no try."""
    facts = (await Told(embedded(NO), cloud(READ)).go()).facts
    facts.take_entries([entry("cloud"), entry("cloud", cost=0.5)])
    assert (facts.cloud_calls, facts.bytes_out("cloud"), facts.cost_usd) == (2, 2000, 0.75)
    facts.take_entries([entry("cloud", closed=False)])
    assert (facts.cloud_calls, facts.cost_usd) == (3, None)


async def test_energy_is_an_estimate_by_its_profile() -> None:
    told = await Told(embedded(NO), local(BAD), cloud(READ)).go()
    tiers: dict[Tier, EnergyRate] = {
        "local": EnergyRate(watts=10),
        "cloud": EnergyRate(joules_per_input_token=1, joules_per_output_token=2),
    }
    profile = EnergyProfile(name="p", date="2026-01-01", source="made up", tiers=tiers)
    found = report(told.facts, energy=profile).energy_estimate
    assert found is not None
    assert [(line.rung, line.joules) for line in found.rungs] == [("embedded", None), ("llama", 40.0), ("gpt", 120.0)]
    assert found.joules is None, "a part that is not known makes the sum unknown"
    full = EnergyProfile(name="p", date="2026-01-01", source="", tiers={**tiers, "embedded": EnergyRate(watts=5)})
    known = report(told.facts, energy=full).energy_estimate
    assert known is not None
    assert known.joules == pytest.approx(160.05)


async def test_a_failed_run_that_is_tried_again_is_open_until_it_ends() -> None:
    told = await Told(embedded(READ), perform=lambda device, skill, arguments: failure()).go()
    told.control.perform = lambda device, skill, arguments: {"path": "a", "text": "b"}
    told.control.handle(stimuli.RetryAsked("ann", ()))
    found = report((await told.go()).facts)
    assert (found.runs.succeeded, found.runs.failed) == (1, 0)


def fed(*bodies: e.Body) -> RunFacts:
    facts = RunFacts("r1")
    for seq, body in enumerate((e.RunSubmitted(request=Request(text="do it")), *bodies), 1):
        facts.take(e.Event(run="r1", seq=seq, at=1000.0 + seq, body=body))
    return facts


def accepted(tier: Tier, *, cached: bool = False, fixes: str | None = None) -> e.RungTried:
    usage = RungUsage() if cached else RungUsage(calls=1, cost_usd=0.5)
    proposal = Proposal(rung="gpt", tier=tier, result=READ, usage=usage, cached=cached, fixes=fixes)
    return e.RungTried(key=f"k{cached}{fixes}", proposal=proposal, accepted=True)


def graph(*tasks: Task, base: int = 0, by: str = "gpt") -> e.GraphEdited:
    return e.GraphEdited(batch=EditBatch(base=base, edits=tuple(AddTask(task=one) for one in tasks), by=by))


TASK = Task(id="write", skill="file.write")
CHECK = Task(id="write.check", skill="file.read", checks=Check(task="write", attempt=1, over=True))


def test_a_plan_of_the_cloud_that_was_kept_is_a_call_avoided() -> None:
    facts = fed(accepted("cloud", cached=True), graph(TASK), e.RunEnded(status=e.RunStatus.SUCCEEDED))
    found = report(facts)
    assert (found.cloud_calls, found.cloud_calls_avoided, found.runs_at_home.share) == (0, 1, 1.0)
    assert (found.rungs[0].cached, found.steps_at_home.share) == (1, 1.0)


def test_a_fix_by_the_cloud_takes_the_run_out_of_the_house_and_only_its_own_step() -> None:
    facts = fed(
        e.RungTried(key="k", proposal=Proposal(rung="embedded", tier="embedded", result=READ), accepted=True),
        graph(TASK, by="embedded"),
        e.RevisionRequested(task="write"),
        accepted("cloud", fixes="write"),
        graph(Task(id="write.2", skill="file.write"), base=1),
        e.RunEnded(status=e.RunStatus.SUCCEEDED),
    )
    found = report(facts)
    assert (len(facts.climbs), found.runs_at_home.share, found.steps_at_home.share) == (2, 0.0, 0.5)
    assert (found.cloud_calls, found.cloud_calls_avoided, found.wrong_accepts.share.part) == (1, 1, 0)


def test_an_effect_that_a_check_did_not_find_is_a_wrong_accept() -> None:
    facts = fed(
        accepted("local"),
        graph(TASK),
        graph(CHECK, base=1, by="policy"),
        e.UnknownResolved(task="write", resolution="failed", by="write.check"),
        e.RunEnded(status=e.RunStatus.FAILED),
    )
    assert (list(facts.rejections), facts.steps) == (["unproved"], 1)


def test_a_person_who_says_that_it_was_not_done_rejects_no_plan() -> None:
    facts = fed(accepted("local"), graph(TASK), e.UnknownResolved(task="write", resolution="failed", by="ann"))
    assert facts.rejections == {}


def test_an_edit_that_is_taken_back_is_a_persons_doing() -> None:
    batch = EditBatch(base=1, edits=(RemoveTask(task="write"),), by="gpt")
    facts = fed(accepted("cloud"), graph(TASK), e.GraphEdited(batch=batch, undoes=1))
    assert list(facts.rejections) == ["edited"]

"""A previewed write is dispatched under an approval on record, whatever the policy, and says so to its device."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from orchestrator.core import previews
from orchestrator.core.edits import AddTask
from orchestrator.core.events import ApprovalRequested
from orchestrator.core.machine import RunMachine
from orchestrator.core.plan import Plan, Proposal
from orchestrator.core.state import fold
from orchestrator.core.stimuli import Recovered, RungSpoke
from orchestrator.core.tasks import Task
from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tests.support.runs import Run, task, through_json

DIFF: JsonValue = {"digest": "d1", "text": "replicas: 2 -> 4"}


def pair(**fields: object) -> tuple[Task, Task]:
    write = task("scale", skill="kube.scale", arguments={"replicas": 4}, risk="write", **fields)
    return previews.paired(write, "kube.preview", "scale-preview")


def shown(approve: str = "ask", **fields: object) -> Run:
    """The preview is made, and the write is placed."""
    run = Run.of(*pair(**fields), approve=approve).succeed("scale-preview", output=DIFF)
    return run.place("scale", risk=Risk.WRITE)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("ask", ["approval a1 of scale on alpha"]),
        ("all", ["approval a1 of scale on alpha", "approval a1 granted by policy", "scale#1 dispatched to alpha"]),
        ("none", ["scale failed: denied", "revision of scale"]),
    ],
)
def test_what_the_policies_say_of_a_previewed_write(policy: str, expected: list[str]) -> None:
    assert shown(policy).events == expected


def test_the_approval_binds_the_whole_preview() -> None:
    run = shown()
    [asked] = [event.body for event in run.log if isinstance(event.body, ApprovalRequested)]
    assert asked.arguments == {"replicas": 4, "preview": DIFF}
    run.approve().place("scale", risk=Risk.WRITE)
    sent = run.dispatch()
    assert (sent.arguments, sent.approval) == (asked.arguments, "a1")
    assert run.state.approvals["a1"].used


def test_a_preview_runs_without_an_approval_and_under_none() -> None:
    run = Run.of(*pair(), approve="none").place("scale-preview")
    assert (run.dispatch().approval, run.events) == ("", ["scale-preview#1 dispatched to alpha"])


def test_nobody_is_asked_under_all_and_no_timer_is_left() -> None:
    run = shown("all")
    assert run.dispatch().approval == "a1"
    assert not [command for command in run.commands if command.startswith(("timer approval", "offer", "release"))]
    assert run.approve("a1").rejected == "approval_closed"


def test_each_attempt_is_made_under_an_approval_of_its_own() -> None:
    run = shown("all", retry={"backoff_s": 0}).lose("scale").place("scale", risk=Risk.WRITE)
    assert run.events[:2] == ["approval a2 of scale on alpha", "approval a2 granted by policy"]
    assert run.dispatch().approval == "a2"


@pytest.mark.parametrize("policy", ["ask", "all"])
def test_what_is_sent_again_after_a_restart_names_the_same_approval(policy: str) -> None:
    run = shown(policy)
    if policy == "ask":
        run.approve().place("scale", risk=Risk.WRITE)
    before = run.dispatch()
    again = run.restart().machine.message("scale")
    assert (again.approval, again.arguments, again.attempt) == (before.approval, before.arguments, before.attempt)


def test_a_log_that_ends_before_the_policys_word_goes_on() -> None:
    run = shown("all")
    end = next(number for number, event in enumerate(run.log, 1) if isinstance(event.body, ApprovalRequested))
    machine = RunMachine(fold("r1", through_json(run.log[:end])))
    decision = machine.handle(Recovered(), run.now)
    assert [event.body.type for event in decision.events] == ["approval_resolved"]
    assert machine.state.approvals["a1"].granted


def test_the_caller_is_told_to_the_device() -> None:
    run = Run().submit(by="ann").edit(AddTask(task=task("a"))).place("a")
    assert run.dispatch().caller == "ann"


def test_a_denied_write_is_never_sent() -> None:
    run = shown().approve(granted=False)
    assert run.events[:2] == ["approval a1 denied by ann", "scale failed: denied"]
    assert run.commands == ["consult failed scale"]


def test_without_a_preview_nothing_is_written() -> None:
    run = Run.of(*pair(on_failure="skip"), approve="all").fail("scale-preview", ErrorCode.NOT_FOUND)
    assert "scale skipped: scale-preview failed" in run.events
    assert not [event for event in run.log if isinstance(event.body, ApprovalRequested)]


@pytest.mark.parametrize("by", ["policy", "plan"])
def test_a_dry_run_dispatches_no_write_however_it_came_into_the_graph(by: str) -> None:
    run = Run().submit(approve="all", preview_only=by == "policy")
    plan = Plan.model_validate({"steps": [{"id": "a", "skill": "kube.scale"}], "dry_run": by == "plan"})
    run.do(RungSpoke(Proposal(rung="embedded", result=plan), (), True, "k1"))
    run.edit(AddTask(task=task("a", risk="write"))).place("a")
    assert run.events[0] == "a failed: denied"

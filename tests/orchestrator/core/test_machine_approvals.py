"""Approvals: what needs one, what exactly it is bound to, that it serves once, expires and can be denied."""

from __future__ import annotations

import pytest

from orchestrator.core import approvals, stimuli
from orchestrator.core.commands import TimerKind
from orchestrator.core.edits import ChangeTask, RemoveTask
from protocol.vocabulary import Risk
from tests.support.runs import Run, has, task


def asking(**fields: object) -> Run:
    return Run.of(task("a", risk="write", **fields), approve="ask")


@pytest.mark.parametrize("policy", ["ask", "all", "none"])
@pytest.mark.parametrize("of_task", list(Risk))
@pytest.mark.parametrize("of_skill", list(Risk))
def test_the_graver_risk_and_the_policy_decide(policy: str, of_task: Risk, of_skill: Risk) -> None:
    run = Run.of(task("a", risk=of_task, on_failure="skip"), approve=policy).place("a", risk=of_skill)
    reads = of_task is Risk.READ and of_skill is Risk.READ
    if reads or policy == "all":
        assert run.events == ["a#1 dispatched to alpha"]
    elif policy == "ask":
        assert run.events == ["approval a1 of a on alpha"]
        assert run.state.face == "waiting"
    else:
        assert run.events == ["a failed: denied"]


def test_an_approval_waits_without_holding_the_device() -> None:
    run = asking().place("a")
    assert run.commands == ["timer approval a at 4600", "release a@alpha"]


def test_a_granted_operation_goes_to_the_device_that_it_was_granted_for() -> None:
    run = asking().place("a").approve()
    assert run.events == ["approval a1 granted by ann"]
    assert run.offered().pinned == "alpha"
    assert run.place("a").events == ["a#1 dispatched to alpha"]
    assert run.state.approvals["a1"].used


def test_an_approval_for_one_device_does_not_serve_on_another() -> None:
    run = asking().place("a").approve().place("a", on="beta")
    assert run.events == ["approval a2 of a on beta"]


def test_an_approval_serves_once_each_attempt_needs_its_own() -> None:
    run = asking(retry={"backoff_s": 0}).place("a").approve().place("a").lose("a")
    assert run.place("a").events == ["approval a2 of a on alpha"]


def test_a_denied_approval_fails_the_task() -> None:
    run = asking(on_failure="skip").place("a").approve(granted=False)
    assert run.events == ["approval a1 denied by ann", "a failed: denied"]
    assert run.approve("a1").rejected == "approval_closed"


def test_an_approval_nobody_gives_expires() -> None:
    run = asking(on_failure="skip").place("a").fire(TimerKind.APPROVAL, "a", attempt=1, after=3600)
    assert run.events == ["approval a1 denied by expiry", "a failed: denied"]


def test_an_approval_is_not_given_after_its_time_even_before_the_timer() -> None:
    run = asking().place("a")
    run.now += 3601
    assert run.approve().rejected == "approval_expired"
    assert run.approve(granted=False).rejected is None


def test_a_granted_approval_that_was_not_used_in_time_is_asked_for_again() -> None:
    run = asking().place("a").approve()
    run.now += 3601
    assert run.place("a").events == ["approval a2 of a on alpha"]


def test_an_expiry_timer_of_an_earlier_approval_means_nothing() -> None:
    run = asking().place("a").edit(ChangeTask(task="a", arguments={"value": 2})).place("a")
    assert run.fire(TimerKind.APPROVAL, "a", attempt=1).decision.events == []
    assert run["a"].status == "waiting"


def test_an_edit_of_a_waiting_task_voids_its_approval() -> None:
    run = asking(arguments={"value": 1}).place("a").edit(ChangeTask(task="a", arguments={"value": 2}))
    assert run.commands == ["withdraw a", "offer a"]
    assert run.approve("a1").rejected == "approval_closed"
    assert run.place("a").events == ["approval a2 of a on alpha"]


def test_an_edit_of_an_approved_task_voids_the_word_that_was_given() -> None:
    run = asking(arguments={"value": 1}).place("a").approve().edit(ChangeTask(task="a", arguments={"value": 2}))
    assert run.offered().pinned is None
    assert run.place("a").events == ["approval a2 of a on alpha"]


def test_the_removal_of_a_waiting_task_closes_its_approval() -> None:
    run = asking().place("a").edit(RemoveTask(task="a"))
    assert run.approve("a1").rejected == "approval_closed"


def test_which_approval_is_meant() -> None:
    run = Run.of(task("a", risk="write"), task("b", risk="write"), approve="ask")
    assert run.approve().rejected == "no_such_approval"
    run.place("a", "b")
    assert run.approve().rejected == "no_such_approval"  # two are open
    assert run.approve("a9").rejected == "no_such_approval"
    run.approve("a2")
    assert run.approve().events == ["approval a1 granted by ann"]  # one is left


def test_the_request_shows_the_arguments_as_they_will_be_sent() -> None:
    run = Run.of(task("a"), task("b", "a", risk="write", arguments={"path": "${a.output.path}"}), approve="ask")
    run.succeed("a", output={"path": "/etc/hosts"}).place("b")
    assert run.state.approvals["a1"].request.arguments == {"path": "/etc/hosts"}


def test_the_digest_binds_every_part_of_the_operation() -> None:
    operation = ("r", "t", 1, "alpha", "fs.write", {"path": "a", "n": 1})
    others = [
        ("q", *operation[1:]),
        ("r", "u", *operation[2:]),
        ("r", "t", 2, *operation[3:]),
        ("r", "t", 1, "beta", *operation[4:]),
        ("r", "t", 1, "alpha", "fs.move", operation[5]),
        ("r", "t", 1, "alpha", "fs.write", {"path": "a", "n": 2}),
        ("r", "t", 1, "alpha", "fs.write", {"path": "a", "n": "1"}),
        ("r", "t", 1, "alpha", "fs.write", {"path": "a", "n": True}),
        ("r", "t", 1, "alpha", "fs.write", {"path": "a"}),
    ]
    digests = [approvals.digest(*parts) for parts in (operation, *others)]  # type: ignore[arg-type]
    assert len(set(digests)) == len(digests)
    assert approvals.digest("r", "t", 1, "alpha", "fs.write", {"n": 1, "path": "a"}) == digests[0]


def test_a_denied_operation_goes_to_the_supervisor_before_the_run_fails() -> None:
    run = asking().place("a").approve(granted=False)
    assert has(run.events, "a failed: denied", "revision of a")
    assert run.commands == ["consult failed a"]
    error = run.finish().state.error
    assert error is not None
    assert error.code == "denied"


def test_an_open_approval_survives_a_restart_with_its_timer() -> None:
    run = asking().place("a").restart()
    assert run.commands == ["timer approval a at 4600"]
    assert run.approve().place("a").events == ["a#1 dispatched to alpha"]


def test_a_granted_approval_survives_a_restart() -> None:
    run = asking().place("a").approve().restart()
    assert run.offered().pinned == "alpha"
    assert run.place("a").events == ["a#1 dispatched to alpha"]


def test_a_task_whose_approved_device_does_not_come_back_is_asked_about_anew_for_another() -> None:
    run = asking().place("a").approve().do(stimuli.Stranded("a"))
    assert run.commands == ["timer queue a at 1030"]
    run.fire(TimerKind.QUEUE, "a", after=30)
    assert run.commands == ["withdraw a", "offer a"]
    assert run.offered().pinned is None
    run.place("a", on="beta")
    assert run.events == ["approval a2 of a on beta"]
    assert run.approve().offered().pinned == "beta"


def test_an_approved_device_that_comes_back_after_all_needs_no_second_approval() -> None:
    run = asking().place("a").approve().do(stimuli.Stranded("a")).fire(TimerKind.QUEUE, "a", after=30)
    assert run.place("a").events == ["a#1 dispatched to alpha"]


def test_where_no_other_device_takes_an_approved_task_it_fails_in_time() -> None:
    run = asking(on_failure="skip").place("a").approve().do(stimuli.Stranded("a")).fire(TimerKind.QUEUE, "a", after=30)
    assert run.do(stimuli.Stranded("a")).commands == ["timer queue a at 1150"]
    assert run.fire(TimerKind.QUEUE, "a", after=120).events == ["a failed: unavailable"]


def test_an_approved_task_that_names_its_device_waits_for_that_one() -> None:
    run = asking(requirements={"device": "alpha"}).place("a").approve().do(stimuli.Stranded("a"))
    assert run.commands == ["timer queue a at 1120"]


def test_a_no_skips_what_needs_the_operation_and_nothing_else() -> None:
    run = Run.of(task("a", risk="write"), task("b", "a"), task("c"), task("d", "c"), approve="ask")
    run.place("c").place("a").approve(granted=False)
    assert run.statuses() == {"a": "failed", "b": "skipped", "c": "running", "d": "pending"}
    run.succeed("c").place("d").succeed("d")
    assert run.statuses() == {"a": "failed", "b": "skipped", "c": "succeeded", "d": "succeeded"}
    error = run.machine.verdict()
    assert error is not None
    assert error.code == "denied"


def test_a_write_that_a_policy_denies_stops_no_read() -> None:
    run = Run.of(task("a", risk="write"), task("c"), approve="none").place("a").place("c")
    assert run.statuses() == {"a": "failed", "c": "running"}

"""Unknown outcomes with a post-condition: who is asked, when, what follows, and what survives."""

from __future__ import annotations

import pytest

from orchestrator.core import stimuli
from orchestrator.core.commands import SendDispatch, TimerKind
from orchestrator.core.edits import AddTask, ChangeTask, Edit, RemoveTask, ReplaceTask
from orchestrator.core.tasks import Check
from protocol.errors import ErrorCode
from protocol.messages import Outcome, TaskError
from protocol.vocabulary import JsonObject, Risk
from tests.support.runs import Run, has, task

VERIFY: JsonObject = {
    "skill": "test.look",
    "arguments": {"path": "log"},
    "done": {"path": "output.lines", "op": ">", "value": 0},
}
EITHER: JsonObject = {**VERIFY, "not_done": {"path": "error.code", "op": "==", "value": "not_found"}}
ONCE: JsonObject = {"idempotent": False, "retry": {"backoff_s": 0}, "on_failure": "skip"}


def unknown(verify: JsonObject = VERIFY, *, over: bool = True, **policy: object) -> Run:
    """A run with one task, whose only attempt was lost on alpha."""
    run = Run.of(task("a", verify=verify, **ONCE), **policy).place("a")
    return run.do(stimuli.AttemptLost("a", 1, "the device went away", over))


# --- a late word ---------------------------------------------------------------------------------------------------


def test_a_late_failure_that_another_attempt_may_mend_is_retried_as_if_it_had_come_in_time() -> None:
    run = unknown(over=False, unknown="ask")
    error = TaskError(code=ErrorCode.TOOL_FAILED, message="busy", retryable=True)
    run.result("a", Outcome.FAILED, None, error, attempt=1, device="alpha")
    assert run.state.tasks["a"].failures == 1
    assert not run.state.questions
    assert run.offered().task == "a"
    run.restart()
    assert run.state.tasks["a"].failures == 1


def test_a_late_failure_for_good_fails_the_task() -> None:
    run = unknown(over=False, unknown="ask")
    error = TaskError(code=ErrorCode.TOOL_FAILED, message="no such thing")
    run.result("a", Outcome.FAILED, None, error, attempt=1, device="alpha")
    assert run.state.tasks["a"].status.value == "failed"


# --- when a check is made --------------------------------------------------------------------------------------


def test_a_check_is_made_once_the_device_says_that_the_attempt_is_over() -> None:
    run = unknown()
    assert run.events == ["a#1 unknown", "edited v2"]
    assert run.offered().task == "a.check1"
    assert run.offered().requirements.device == "alpha"
    check = run.state.graph["a.check1"]
    assert (check.skill, check.arguments, check.risk, check.on_failure) == (
        "test.look",
        {"path": "log"},
        Risk.READ,
        "continue",
    )
    assert check.checks == Check(task="a", attempt=1, over=True)


def test_while_the_attempt_may_be_at_work_its_device_is_waited_for_and_then_a_person_asked() -> None:
    run = unknown(over=False)
    assert run.events == ["a#1 unknown"]
    assert "timer word a at 1600" in run.commands
    assert run.restart().commands[-1] == "timer word a at 1600"
    run.fire(TimerKind.WORD, "a", after=600)
    (question,) = run.state.questions.values()
    assert "alpha did not come back to say" in question.clarification.question
    assert run.fire(TimerKind.WORD, "a").decision.events == []


@pytest.mark.parametrize("word", ["gone", "cancelled", "lost"])
def test_the_devices_word_that_it_is_over_starts_the_check(word: str) -> None:
    run = unknown(over=False)
    if word == "gone":
        run.do(stimuli.AttemptLost("a", 1, "came back without it", over=True))
    elif word == "cancelled":
        run.result("a", Outcome.CANCELLED)
    else:
        run.result("a", Outcome.FAILED, None, TaskError(code=ErrorCode.LOST, message="crashed"))
    assert run.events == ["edited v2"]
    assert "offer a.check1" in run.commands
    assert run.do(stimuli.AttemptLost("a", 1, "again", over=True)).events == []


def test_a_device_that_says_lost_itself_needs_no_second_word() -> None:
    run = Run.of(task("a", verify=VERIFY, **ONCE)).place("a")
    run.result("a", Outcome.FAILED, None, TaskError(code=ErrorCode.LOST, message="crashed"))
    assert run.events == ["a#1 unknown", "edited v2"]


@pytest.mark.parametrize(("policy", "then"), [("ask", "asked unknown.5"), ("fail", "a failed by policy")])
def test_the_policy_may_want_no_check(policy: str, then: str) -> None:
    assert unknown(unknown=policy).events == ["a#1 unknown", then]


def test_without_a_post_condition_a_person_is_asked() -> None:
    assert Run.of(task("a", **ONCE)).place("a").lose("a").events == ["a#1 unknown", "asked unknown.5"]


def test_what_the_check_is_given_is_resolved_and_never_read_again() -> None:
    """What a device said may look like a reference; in the check's arguments it is plain text."""
    verify = {**VERIFY, "arguments": {"path": "${up.output.path}"}}
    run = Run.of(task("up"), task("a", "up", verify=verify, **ONCE))
    run.succeed("up", output={"path": "${up.output.path}"}).place("a")
    run.do(stimuli.AttemptLost("a", 1, "x", over=True)).place("a.check1")
    assert run.dispatch().arguments == {"path": "${up.output.path}"}


def test_a_reference_without_a_value_leaves_it_to_a_person() -> None:
    verify = {**VERIFY, "arguments": {"path": "${up.output.none}"}}
    run = Run.of(task("up"), task("a", "up", verify=verify, **ONCE)).succeed("up", output={}).place("a")
    run.do(stimuli.AttemptLost("a", 1, "x", over=True))
    (question,) = run.state.questions.values()
    assert "its check cannot be made" in question.clarification.question


def test_a_reference_of_a_check_names_an_ancestor() -> None:
    run = Run.of(task("up"))
    run.edit(AddTask(task=task("a", verify={**VERIFY, "arguments": {"path": "${up.output.path}"}})))
    assert run.rejected == "bad_reference"


# --- what it finds ---------------------------------------------------------------------------------------------


def test_it_was_done() -> None:
    run = unknown().succeed("a.check1", output={"lines": 1})
    assert run.events == ["a.check1#1 succeeded", "a succeeded by a.check1"]
    assert run.commands[-1] == "consult settled"
    assert run.statuses() == {"a": "succeeded", "a.check1": "succeeded"}


def test_it_was_not_done_and_is_done_now() -> None:
    run = unknown().succeed("a.check1", output={"lines": 0})
    assert run.events == ["a.check1#1 succeeded", "a retry by a.check1"]
    assert run["a"].failures == 1
    ready = run.offered()
    assert (ready.task, ready.avoid) == ("a", ("alpha",))
    run.place("a", on="beta")
    assert run.dispatch().attempt == 2
    assert run.result("a", Outcome.SUCCEEDED, attempt=1, device="alpha").events == []
    assert run.succeed("a").state.tasks["a"].status == "succeeded"


def test_a_task_that_is_never_done_fails_in_the_end() -> None:
    run = Run.of(task("a", verify=VERIFY, **{**ONCE, "retry": {"backoff_s": 0, "max_attempts": 2}}))
    for number in (1, 2):
        run.place("a").do(stimuli.AttemptLost("a", number, "gone", over=True))
        run.succeed(f"a.check{number}", output={"lines": 0})
    assert run.events == ["a.check2#1 succeeded", "a failed by a.check2"]
    assert run["a"].error is not None
    assert "a check found that it was not done" in run["a"].error.message


@pytest.mark.parametrize(
    ("verify", "code", "then"),
    [
        (VERIFY, ErrorCode.NOT_FOUND, "asked"),  # it said nothing of what a failure means
        (EITHER, ErrorCode.NOT_FOUND, "a retry by a.check1"),
        (EITHER, ErrorCode.TOOL_FAILED, "asked"),
        ({**EITHER, "not_done": {"path": "status", "op": "==", "value": "failed"}}, ErrorCode.TIMEOUT, "asked"),
    ],
)
def test_a_check_that_fails(verify: JsonObject, code: ErrorCode, then: str) -> None:
    run = unknown(verify).fail("a.check1", code)
    assert run.events[-1].startswith(then)


def test_a_check_that_finds_both_settles_nothing() -> None:
    verify = {**VERIFY, "not_done": {"path": "output.lines", "op": "exists"}}
    run = unknown(verify).succeed("a.check1", output={"lines": 1})
    (question,) = run.state.questions.values()
    assert "both" in question.clarification.question
    assert run.answer("succeeded").statuses()["a"] == "succeeded"


def test_a_check_elsewhere_can_find_it_done_but_not_that_doing_it_again_is_safe() -> None:
    anywhere = {**VERIFY, "anywhere": True}
    run = unknown(anywhere, over=False)
    assert run.offered().requirements.prefer == ("alpha",)
    assert run.offered().requirements.device is None
    found = run.place("a.check1", on="beta").succeed("a.check1", output={"lines": 0})
    assert found.events[-1].startswith("asked")
    (question,) = run.state.questions.values()
    assert "may be at work still" in question.clarification.question
    run = unknown(anywhere, over=False).place("a.check1", on="beta").succeed("a.check1", output={"lines": 1})
    assert run.events[-1] == "a succeeded by a.check1"


def test_a_check_only_reads() -> None:
    run = unknown().place("a.check1", risk=Risk.WRITE)
    assert run.events[0] == "a.check1 failed: denied"
    assert not any(isinstance(command, SendDispatch) for command in run.decision.commands)
    assert run.events[-1].startswith("asked")


# --- meanwhile -------------------------------------------------------------------------------------------------


def test_a_late_result_settles_it_and_stops_the_check() -> None:
    run = unknown().place("a.check1").result("a", Outcome.SUCCEEDED, 7)
    assert run.events == ["a succeeded by alpha", "a.check1 to stop: what became of a is known"]
    assert run["a"].output == 7
    assert "stop a.check1#1 on alpha" in run.commands
    assert run.confirm("a.check1").commands[-1] == "consult settled"


@pytest.mark.parametrize("running", [False, True])
def test_a_restart_goes_on_with_the_check(running: bool) -> None:
    run = unknown()
    if running:
        run.place("a.check1")
    run.restart()
    assert any(word in run.commands for word in ("offer a.check1", "timer run a.check1 at 1310"))
    assert len(run.state.graph) == 2
    assert run.succeed("a.check1", output={"lines": 2}).statuses()["a"] == "succeeded"


def test_a_cancelled_run_stops_the_check_and_what_may_be_at_work_still() -> None:
    run = unknown(over=False).cancel()
    assert run.commands[0] == "stop a#1 on alpha"
    assert run.state.status == "cancelled"
    run = unknown().place("a.check1").cancel()
    assert has(run.commands, "stop a#1 on alpha", "stop a.check1#1 on alpha")
    assert run.confirm("a.check1").state.status == "cancelled"
    assert not run.state.checks


STATES = {
    "pending": lambda run: run,
    "ready": lambda run: run,
    "in back-off": lambda run: run.fail("c", retryable=True),
    "waiting for approval": lambda run: run.place("w", risk=Risk.WRITE),
    "running": lambda run: run.place("c"),
    "at its deadline": lambda run: run.place("c").fire(TimerKind.TASK_DEADLINE, "c", after=900),
    "unknown, its device awaited": lambda run: run.place("a").lose("a"),
    "unknown, a check ready": lambda run: run.place("a").do(stimuli.AttemptLost("a", 1, "x", over=True)),
    "unknown, a check at work": lambda run: (
        run.place("a").do(stimuli.AttemptLost("a", 1, "x", over=True)).place("a.check1")
    ),
    "unknown, a person asked": lambda run: run.place("b").lose("b"),
    "being revised": lambda run: run.fail("c"),
}


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("state", STATES)
def test_a_cancelled_run_ends_in_a_bounded_time_though_no_device_answers(state: str, restart: bool) -> None:
    run = Run.of(
        task("a", verify=VERIFY, idempotent=False),
        task("b", idempotent=False),
        task("c", deadline_s=900),
        task("w", risk="write"),
        task("later", "a", "b", "c"),
        approve="ask",
    )
    STATES[state](run)
    run.cancel()
    if restart:
        run.restart()
    for id in [id for id, found in run.state.tasks.items() if found.status.live]:
        run.fire(TimerKind.CANCEL, id)
    assert run.state.status == "cancelled"
    assert run.state.live == 0
    assert not run.state.unsure


@pytest.mark.parametrize("state", STATES)
def test_a_deadline_stops_everything_in_a_bounded_time(state: str) -> None:
    run = Run.of(
        task("a", verify=VERIFY, idempotent=False),
        task("b", idempotent=False),
        task("c", deadline_s=900),
        task("w", risk="write"),
        task("later", "a", "b", "c"),
        approve="ask",
        deadline_s=2000,
    )
    STATES[state](run)
    run.fire(TimerKind.DEADLINE, after=2000)
    for id in [id for id, found in run.state.tasks.items() if found.status.live]:
        run.fire(TimerKind.CANCEL, id)
    assert run.state.open == 0
    assert run.commands[-1] == "consult settled"
    assert run.finish().state.status == "failed"


def test_no_device_for_the_check_in_time_leaves_it_to_a_person() -> None:
    run = unknown().do(stimuli.Stranded("a.check1"))
    assert run.commands == ["timer queue a.check1 at 1600"]
    run.fire(TimerKind.QUEUE, "a.check1", after=600)
    assert has(run.events, "a.check1 failed: unavailable")
    assert run.events[-1].startswith("asked")


@pytest.mark.parametrize(
    "edit",
    [
        RemoveTask(task="a.check1"),
        ChangeTask(task="a.check1", priority=3),
        ReplaceTask(task=task("a.check1")),
        AddTask(task=task("b", checks={"task": "a", "attempt": 1, "over": True})),
    ],
)
def test_a_check_is_nobody_elses_to_make_or_change(edit: Edit) -> None:
    run = unknown()
    assert run.edit(edit).rejected == "check_task"
    assert run.do(stimuli.UndoAsked(2, "ann")).rejected == "check_task"


def test_a_retry_of_the_run_leaves_old_checks_alone() -> None:
    run = unknown().fail("a.check1").answer("failed")
    run.finish()
    run.do(stimuli.RetryAsked("ann"))
    assert run.events == ["retry of a"]
    run.place("a").do(stimuli.AttemptLost("a", 2, "gone", over=True))
    assert "offer a.check2" in run.commands


def test_two_checks_are_two_tasks() -> None:
    run = Run.of(task("a", verify=VERIFY, **ONCE), task("b", verify=VERIFY, **ONCE)).place("a", "b")
    run.do(stimuli.AttemptLost("a", 1, "x", over=True)).do(stimuli.AttemptLost("b", 1, "x", over=True))
    run.succeed("b.check1", output={"lines": 1}).succeed("a.check1", output={"lines": 1})
    assert run.statuses() == dict.fromkeys(["a", "b", "a.check1", "b.check1"], "succeeded")

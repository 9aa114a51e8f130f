"""Attempts: retries, losses, unknown outcomes, late and foreign results, deadlines."""

from __future__ import annotations

import pytest

from orchestrator.core import stimuli
from orchestrator.core.commands import TimerKind
from orchestrator.core.edits import ChangeTask, RemoveTask
from protocol.codec import encode_message
from protocol.errors import ErrorCode
from protocol.messages import Outcome, TaskError
from protocol.vocabulary import CallLimits
from tests.support.runs import Run, has, task

RETRY = {"max_attempts": 3, "backoff_s": 2.0, "factor": 3.0, "max_backoff_s": 5.0}


# --- retries ---------------------------------------------------------------------------------------------------


def test_a_retryable_failure_is_tried_again_after_a_growing_back_off_and_then_fails() -> None:
    run = Run.of(task("a", retry=RETRY, on_failure="skip"))
    run.fail("a", retryable=True)
    assert run.events == ["a#1 failed, again at 1002"]
    assert run.commands == ["ack a#1", "release a@alpha", "timer retry a at 1002"]
    assert run.fire(TimerKind.RETRY, "a", after=2).commands == ["offer a"]
    run.fail("a", retryable=True)
    assert run.events == ["a#2 failed, again at 1007"]  # 6 s by the factor, 5 s by the limit
    run.fire(TimerKind.RETRY, "a", after=5).fail("a", retryable=True)
    assert run.events == ["a#3 failed"]
    assert run.statuses() == {"a": "failed"}


@pytest.mark.parametrize(
    ("outcome", "retryable", "idempotent", "then"),
    [
        (Outcome.FAILED, False, True, "a#1 failed"),
        (Outcome.FAILED, True, True, "a#1 failed, again at 1000.5"),
        # The device said that it failed: repeating is for its word to decide, not for idempotency.
        (Outcome.FAILED, True, False, "a#1 failed, again at 1000.5"),
        (Outcome.CANCELLED, False, True, "a#1 failed, again at 1000.5"),
        (Outcome.CANCELLED, False, False, "a#1 failed"),
    ],
)
def test_what_is_tried_again(outcome: Outcome, retryable: bool, idempotent: bool, then: str) -> None:
    run = Run.of(task("a", idempotent=idempotent, on_failure="skip")).place("a")
    error = TaskError(code=ErrorCode.TOOL_FAILED, message="x", retryable=retryable)
    assert run.result("a", outcome, None, error).events == [then]


def test_a_failure_without_a_reason_gets_one() -> None:
    run = Run.of(task("a", on_failure="skip")).place("a").result("a", Outcome.FAILED)
    assert run["a"].error is not None
    assert run["a"].error.code is ErrorCode.TOOL_FAILED


def test_an_attempt_that_was_cancelled_says_why() -> None:
    asked = Run.of(task("a")).place("a").cancel().result("a", Outcome.CANCELLED)
    assert asked["a"].error is not None
    assert (asked["a"].error.code, asked["a"].error.message) == (ErrorCode.CANCELLED, "the run was cancelled")
    unasked = Run.of(task("a", on_failure="skip")).place("a").result("a", Outcome.CANCELLED)
    assert unasked["a"].error is not None
    assert (unasked["a"].error.code, unasked["a"].error.message) == (ErrorCode.CANCELLED, "its device stopped it")


def test_a_retry_timer_whose_reason_has_passed_does_nothing() -> None:
    run = Run.of(task("a", retry=RETRY)).fail("a", retryable=True)
    run.fire(TimerKind.RETRY, "a", after=2).place("a")
    assert run.fire(TimerKind.RETRY, "a").commands == []
    assert run.fire(TimerKind.RETRY, "a", attempt=1).commands == []
    assert run.fire(TimerKind.RETRY, "nobody").commands == []


def test_failures_count_and_attempts_go_on() -> None:
    """A lost attempt uses up a retry like a failed one."""
    run = Run.of(task("a", retry={**RETRY, "max_attempts": 2}, on_failure="skip")).place("a").lose("a")
    assert run.events == ["a#1 lost, again at 1002"]
    run.fire(TimerKind.RETRY, "a", after=2).place("a").lose("a")
    assert run.events == ["a#2 lost"]
    assert run["a"].status == "failed"


# --- losses and unknown outcomes -------------------------------------------------------------------------------


def test_a_lost_attempt_of_an_idempotent_task_frees_its_place_and_goes_elsewhere() -> None:
    run = Run.of(task("a", retry={"backoff_s": 0})).place("a").lose("a")
    assert run.commands == ["release a@alpha", "offer a"]
    assert run.offered().avoid == ("alpha",)


def test_a_lost_attempt_that_is_not_current_or_not_live_means_nothing() -> None:
    run = Run.of(task("a")).place("a")
    assert run.lose("a", attempt=2).decision.events == []
    run.succeed("a")
    assert run.lose("a").decision.events == []
    assert run.do(stimuli.AttemptLost("nobody", 1, "x")).decision.events == []


def test_a_lost_attempt_that_may_not_be_repeated_asks_what_became_of_it() -> None:
    run = Run.of(task("a", idempotent=False)).place("a").lose("a")
    assert run.events == ["a#1 unknown", "asked unknown.5"]
    assert run.statuses() == {"a": "unknown"}
    assert run.state.face == "waiting"


@pytest.mark.parametrize(
    ("said", "status", "commands"),
    [
        ("succeeded", "succeeded", ["consult settled"]),
        ("It was done", "succeeded", ["consult settled"]),
        ("failed", "failed", ["stop a#1 on alpha", "consult settled"]),
        ("retry", "ready", ["stop a#1 on alpha", "offer a"]),
    ],
)
def test_a_person_settles_an_unknown_outcome(said: str, status: str, commands: list[str]) -> None:
    run = Run.of(task("a", idempotent=False, on_failure="skip")).place("a").lose("a").answer(said)
    assert run.statuses() == {"a": status}
    assert run.commands == commands
    assert not run.state.questions
    assert run.state.answers == []  # nothing that a planner should read as part of the request


def test_a_word_that_is_no_choice_settles_nothing() -> None:
    run = Run.of(task("a", idempotent=False)).place("a").lose("a")
    assert run.answer("yes").rejected == "bad_request"
    assert run.decision.events == []
    assert run.statuses() == {"a": "unknown"}


def test_the_policy_may_fail_unknown_outcomes() -> None:
    run = Run.of(task("a", idempotent=False, on_failure="skip"), unknown="fail").place("a").lose("a")
    assert run.events == ["a#1 unknown", "a failed by policy"]
    assert run["a"].error is not None
    assert run["a"].error.code is ErrorCode.LOST


@pytest.mark.parametrize(("outcome", "status"), [(Outcome.SUCCEEDED, "succeeded"), (Outcome.FAILED, "failed")])
def test_a_late_result_settles_an_unknown_outcome_and_closes_the_question(outcome: Outcome, status: str) -> None:
    run = Run.of(task("a", idempotent=False, on_failure="skip")).place("a").lose("a")
    error = None if outcome is Outcome.SUCCEEDED else TaskError(code=ErrorCode.TOOL_FAILED, message="x")
    run.result("a", outcome, {"n": 1} if error is None else None, error)
    assert run.statuses() == {"a": status}
    assert run.commands[0] == "ack a#1"
    assert not run.state.questions
    assert run.answer("retry").rejected == "no_such_question"


def test_a_late_word_that_the_attempt_was_lost_says_nothing_new() -> None:
    run = Run.of(task("a", idempotent=False)).place("a").lose("a")
    run.result("a", Outcome.FAILED, None, TaskError(code=ErrorCode.LOST, message="crashed"))
    assert run.decision.events == []
    assert run.statuses() == {"a": "unknown"}


def test_two_unknown_outcomes_are_two_questions_and_outlive_the_removal_of_another_task() -> None:
    run = Run.of(task("early"), task("a", idempotent=False), task("b", idempotent=False), task("z"))
    run.place("a", "b").lose("a").lose("b")
    assert run.answer("succeeded").rejected == "no_such_question"  # which of the two?
    run.edit(RemoveTask(task="early"))
    (first, second) = run.state.questions
    run.answer("succeeded", second).answer("retry", first)
    assert run.statuses() == {"a": "ready", "b": "succeeded", "z": "ready"}


def test_the_question_about_an_attempt_closes_when_the_task_is_stopped_by_anothers_failure() -> None:
    run = Run.of(task("a", idempotent=False), task("b"), explicit=True).place("a").lose("a")
    run.fail("b")
    assert has(run.events, "b#1 failed", "a to stop: b failed; it is not known whether it was done")
    assert not run.state.questions
    assert run.commands[-1] == "consult settled"


def test_a_device_that_says_lost_is_taken_at_its_word() -> None:
    """A device that restarted answers for the attempts that its crash took: repeat only what may be repeated."""
    lost = TaskError(code=ErrorCode.LOST, message="crashed", retryable=True)
    run = Run.of(task("a", idempotent=False), task("b")).place("a", "b")
    assert run.result("a", Outcome.FAILED, None, lost).events[0] == "a#1 unknown"
    assert run.result("b", Outcome.FAILED, None, lost).events == ["b#1 lost, again at 1000.5"]


# --- whose word counts (I6) ------------------------------------------------------------------------------------


def test_results_that_do_not_count_are_acknowledged_and_change_nothing() -> None:
    run = Run.of(task("a", retry={"backoff_s": 0})).place("a").lose("a").place("a", on="beta")
    for attempt, device in ((1, "alpha"), (2, "alpha"), (1, "beta"), (3, "beta"), (99, "gamma")):
        run.result("a", Outcome.SUCCEEDED, "stale", attempt=attempt, device=device)
        assert run.decision.events == []
        assert run.commands == [f"ack a#{attempt}"]
    run.result("a", Outcome.SUCCEEDED, "right")
    assert (run["a"].status, run["a"].output) == ("succeeded", "right")
    run.result("a", Outcome.FAILED, attempt=2, device="beta")
    assert run.decision.events == []
    assert run.result("nobody", Outcome.SUCCEEDED, attempt=1).commands == ["ack nobody#1"]


def test_a_result_of_an_attempt_that_was_given_up_does_not_count_before_the_next() -> None:
    run = Run.of(task("a", retry=RETRY)).place("a").lose("a")
    assert run.result("a", Outcome.SUCCEEDED, attempt=1).commands == ["ack a#1"]
    assert run.statuses() == {"a": "ready"}


def test_a_placement_that_comes_too_late_gives_the_place_back() -> None:
    run = Run.of(task("a"), task("b")).place("a")
    assert run.place("a", on="beta").commands == ["release a@beta"]
    run.edit(RemoveTask(task="b"))
    assert run.place("b", on="beta").commands == ["release b@beta"]
    assert run.decision.events == []


# --- time ------------------------------------------------------------------------------------------------------


def test_a_silent_attempt_is_given_up_after_its_time() -> None:
    run = Run.of(task("a", timeouts={"run_s": 10}, retry={"backoff_s": 0})).place("a")
    assert "timer run a at 1020" in run.commands
    run.fire(TimerKind.RUN, "a", after=20)
    assert run.events == ["a#1 lost, again at 1020"]
    assert run.commands == ["stop a#1 on alpha", "release a@alpha", "offer a"]
    run.place("a")
    assert run.fire(TimerKind.RUN, "a", attempt=1).commands == []  # of the attempt before


def test_an_attempt_without_a_sign_of_life_is_given_up_and_told_to_stop() -> None:
    run = Run.of(task("a", timeouts={"heartbeat_s": 10}, retry={"backoff_s": 0})).place("a")
    assert "timer heartbeat a at 1020" in run.commands
    run.fire(TimerKind.HEARTBEAT, "a", after=20)
    assert run.events == ["a#1 lost, again at 1020"]
    assert run.commands == ["stop a#1 on alpha", "release a@alpha", "offer a"]
    assert run.offered().avoid == ("alpha",)
    run.place("a", on="beta")
    assert run.fire(TimerKind.HEARTBEAT, "a", attempt=1).commands == []  # of the attempt before
    assert run.result("a", Outcome.SUCCEEDED, 1, attempt=1, device="alpha").commands == ["ack a#1"]


def test_a_silent_attempt_that_may_not_be_repeated_is_unknown() -> None:
    run = Run.of(task("a", idempotent=False, timeouts={"heartbeat_s": 10})).place("a")
    run.fire(TimerKind.HEARTBEAT, "a", after=20)
    assert run.events[0] == "a#1 unknown"
    assert run["a"].error is not None
    assert "no sign of life" in run["a"].error.message


def test_the_heartbeat_of_what_is_being_stopped_is_not_waited_for() -> None:
    run = Run.of(task("a", timeouts={"heartbeat_s": 10})).place("a").cancel()
    assert run.fire(TimerKind.HEARTBEAT, "a", after=20).decision.events == []


def test_a_restart_gives_a_heartbeat_its_whole_time() -> None:
    run = Run.of(task("a", timeouts={"heartbeat_s": 10})).place("a")
    run.now += 14
    assert "timer heartbeat a at 1034" in run.restart().commands


def test_a_slow_attempt_is_given_up_for_another_device_and_uses_up_no_retry() -> None:
    run = Run.of(task("a", timeouts={"hedge_s": 5}, retry={"max_attempts": 1, "backoff_s": 9})).place("a")
    assert "timer hedge a at 1005" in run.commands
    run.fire(TimerKind.HEDGE, "a", after=5)
    assert run.events == ["a#1 hedged, again at 1005"]
    assert run.commands == ["stop a#1 on alpha", "release a@alpha", "offer a"]
    assert run.offered().avoid == ("alpha",)
    assert (run["a"].failures, run["a"].hedges) == (0, 1)
    run.place("a", on="beta")
    assert not any("hedge" in command for command in run.commands), "as many hedges as attempts, and no more"
    assert run.result("a", Outcome.SUCCEEDED, "late", attempt=1, device="alpha").events == []
    assert run.succeed("a", output="right").state.tasks["a"].output == "right"


@pytest.mark.parametrize(
    ("fields", "policy"),
    [
        ({"idempotent": False}, {}),
        ({"risk": "write"}, {"approve": "ask"}),
        ({"requirements": {"device": "alpha"}}, {}),
    ],
)
def test_what_is_not_hedged(fields: dict[str, object], policy: dict[str, object]) -> None:
    run = Run.of(task("a", timeouts={"hedge_s": 5}, **fields), **policy).place("a")
    if "risk" in fields:
        run.approve().place("a")
    assert run["a"].status == "running"
    assert not any("hedge" in command for command in run.commands)
    assert run.fire(TimerKind.HEDGE, "a", after=5).decision.events == []


def test_no_device_in_time_fails_the_task_and_says_what_was_wanted() -> None:
    run = Run.of(task("a", requirements={"kind": "phone", "labels": {"room": "lab"}}, on_failure="skip"))
    run.do(stimuli.Stranded("a"))
    assert run.commands == ["timer queue a at 1120"]
    run.fire(TimerKind.QUEUE, "a", after=120)
    assert run.events == ["a failed: unavailable"]
    assert run.commands[0] == "withdraw a"
    assert run["a"].error is not None
    assert "phone" in run["a"].error.message
    assert "room=lab" in run["a"].error.message
    assert "120 s" in run["a"].error.message


def test_why_devices_cannot_take_a_task_is_told_when_it_fails() -> None:
    run = Run.of(task("a", on_failure="skip")).do(stimuli.Stranded("a"))
    run.do(stimuli.TimerFired(TimerKind.QUEUE, "a", 0, "pixel: plug it in"))
    assert run["a"].error is not None
    assert run["a"].error.message.endswith("none came in 120 s (pixel: plug it in)")


def test_a_device_that_is_gone_for_good_is_named_with_what_it_did() -> None:
    run = Run.of(task("a", requirements={"device": "alpha"}, on_failure="skip", retry={"backoff_s": 0}))
    run.place("a").lose("a").do(stimuli.Stranded("a")).fire(TimerKind.QUEUE, "a", after=120)
    assert run["a"].error is not None
    assert run["a"].error.message == (
        f"no device at hand can run {run.state.graph['a'].skill} on alpha, and none came in 120 s; "
        "attempt 1 on alpha had ended: the device went away"
    )


def test_a_stranded_task_that_found_a_device_or_is_gone_needs_no_timer() -> None:
    run = Run.of(task("a"), task("b")).do(stimuli.Stranded("a"))
    run.place("a").fire(TimerKind.QUEUE, "a", attempt=0)
    assert run.decision.events == []
    assert run.do(stimuli.Stranded("a")).commands == []
    run.edit(RemoveTask(task="b"))
    assert run.do(stimuli.Stranded("b")).commands == []


def test_a_task_deadline_stops_the_attempt_and_fails_the_task() -> None:
    run = Run.of(task("a", deadline_s=60, on_failure="skip"), task("b", "a"))
    assert "timer task_deadline a at 1060" in run.commands
    run.place("a").fire(TimerKind.TASK_DEADLINE, "a", after=60)
    assert run.events == ["a to stop: past its deadline"]
    assert run.commands == ["stop a#1 on alpha", "timer cancel a at 1070"]
    run.confirm("a")
    assert run.events == ["a#1 failed", "b skipped: a failed"]
    assert run["a"].error is not None
    assert run["a"].error.code is ErrorCode.TIMEOUT


def test_a_result_that_comes_while_the_deadline_stops_the_attempt_still_counts() -> None:
    run = Run.of(task("a", deadline_s=60)).place("a").fire(TimerKind.TASK_DEADLINE, "a", after=60)
    assert run.succeed("a", output=1).statuses() == {"a": "succeeded"}


def test_a_task_deadline_fails_what_has_not_started() -> None:
    run = Run.of(task("a", deadline_s=60, on_failure="skip")).fire(TimerKind.TASK_DEADLINE, "a", after=60)
    assert run.events == ["a failed: timeout"]
    assert run.commands[0] == "withdraw a"


def test_a_task_that_becomes_ready_after_its_deadline_does_not_start() -> None:
    run = Run.of(task("a"), task("b", "a", deadline_s=60, on_failure="skip")).place("a")
    assert run.fire(TimerKind.TASK_DEADLINE, "b", after=60).decision.events == []
    assert run.succeed("a").events == ["a#1 succeeded", "b failed: timeout"]


def test_a_task_deadline_after_the_end_means_nothing() -> None:
    run = Run.of(task("a", deadline_s=60), task("b")).succeed("a")
    assert run.fire(TimerKind.TASK_DEADLINE, "a", after=60).decision.events == []


# --- limits of what an attempt's programs take -------------------------------------------------------------------


def limits(memory: int | None = None, cpu: float | None = None, processes: int | None = None) -> CallLimits:
    return CallLimits(memory_bytes=memory, cpu_seconds=cpu, processes=processes)


@pytest.mark.parametrize(
    ("declared", "cap", "sent"),
    [
        (None, None, None),
        (limits(1 << 30), None, limits(1 << 30)),
        (None, limits(1 << 28), limits(1 << 28)),
        (limits(1 << 30, 5.0), limits(1 << 28, processes=9), limits(1 << 28, 5.0, 9)),
        (limits(1 << 26, 5.0, 3), limits(1 << 28, 9.0, 9), limits(1 << 26, 5.0, 3)),
    ],
)
def test_a_dispatch_carries_the_tasks_limits_under_the_policys_cap(
    declared: CallLimits | None, cap: CallLimits | None, sent: CallLimits | None
) -> None:
    run = Run.of(task("a", limits=declared), limits=cap)
    assert run.offered().requirements.limits is (sent is not None)
    dispatch = run.place("a").dispatch()
    assert dispatch.limits == sent
    assert ('"limits"' in encode_message(dispatch).decode()) is (sent is not None), "older agents know no such field"
    assert run.restart().state.graph["a"].limits == declared


def test_an_edit_does_not_raise_a_task_above_the_cap() -> None:
    run = Run.of(task("a"), limits=limits(1 << 28))
    run.edit(ChangeTask(task="a", limits=limits(1 << 40, processes=5)))
    assert run.place("a").dispatch().limits == limits(1 << 28, processes=5)


def test_who_keeps_no_limits_is_not_asked_and_that_is_said() -> None:
    run = Run.of(task("a", limits=limits(1 << 28), on_failure="skip"))
    run.fire(TimerKind.QUEUE, "a", after=120)
    assert run["a"].error is not None
    assert "keep its limits" in run["a"].error.message

"""Tasks whose effect is read back after their device has said that they were done."""

from __future__ import annotations

import pytest

from orchestrator.core import stimuli
from orchestrator.core.edits import ChangeTask
from protocol.errors import ErrorCode
from protocol.messages import Outcome
from protocol.vocabulary import JsonObject
from tests.support.runs import Run, has, task

CONFIRM: JsonObject = {
    "skill": "test.look",
    "arguments": {"path": "${first.output.path}"},
    "done": {"path": "output.lines", "op": ">", "value": 0},
    "not_done": {"path": "error.code", "op": "==", "value": "not_found"},
}


def reported(**fields: object) -> Run:
    """A run in which `a` was reported as done by alpha; `next` waits for it."""
    run = Run.of(task("first"), task("a", "first", confirm=CONFIRM, **fields), task("next", "a"))
    run.succeed("first", output={"path": "log"})
    return run.succeed("a", output={"made": 1})


def test_a_check_follows_the_devices_word() -> None:
    run = reported()
    assert run.events == ["a#1 unconfirmed", "edited v2"]
    check = run.state.graph["a.check1"]
    assert (check.skill, check.arguments, check.title) == ("test.look", {"path": "log"}, "see that a was done")
    assert check.requirements.device == "alpha"
    assert run.statuses() == {"first": "succeeded", "a": "unknown", "next": "pending", "a.check1": "ready"}
    assert not run.state.questions


def test_what_is_there_succeeds_with_its_own_output() -> None:
    run = reported().succeed("a.check1", output={"lines": 2})
    assert run["a"].status.value == "succeeded"
    assert run["a"].output == {"made": 1}
    assert run["a"].why == "succeeded by a.check1: its effect was looked for"
    assert run.offered().task == "next"


@pytest.mark.parametrize("policy", ["ask", "fail", "verify"])
def test_what_is_not_there_fails_whatever_the_policy_for_unknown_outcomes(policy: str) -> None:
    run = Run.of(task("a", confirm={**CONFIRM, "arguments": {}}), unknown=policy)
    run.succeed("a", output={"made": 1}).fail("a.check1", ErrorCode.NOT_FOUND)
    assert run["a"].status.value == "failed"
    assert run["a"].error is not None
    assert run["a"].error.message == "alpha said that it was done, and test.look did not find it so"
    assert has(run.events, "a failed by a.check1", "revision of a")


@pytest.mark.parametrize("code", [ErrorCode.UNAVAILABLE, ErrorCode.DENIED, ErrorCode.TOOL_FAILED, ErrorCode.TIMEOUT])
def test_a_check_that_could_not_look_leaves_the_devices_word(code: ErrorCode) -> None:
    run = reported().fail("a.check1", code)
    assert run["a"].status.value == "succeeded"
    assert not run.state.questions


def test_a_check_that_finds_neither_leaves_the_devices_word() -> None:
    assert reported().succeed("a.check1", output={"lines": 0})["a"].status.value == "succeeded"


def test_arguments_that_lead_nowhere_leave_the_devices_word() -> None:
    run = Run.of(task("first"), task("a", "first", confirm=CONFIRM)).succeed("first", output={}).succeed("a")
    assert run["a"].status.value == "succeeded"
    assert run.events == ["a#1 unconfirmed", "a succeeded by alpha"]


def test_the_same_word_again_changes_nothing() -> None:
    run = reported().result("a", Outcome.SUCCEEDED, {"made": 1})
    assert run.events == []
    assert run["a"].status.value == "unknown"


def test_a_failure_needs_no_check() -> None:
    run = Run.of(task("a", confirm={**CONFIRM, "arguments": {}})).fail("a")
    assert run["a"].status.value == "failed"


def test_a_restart_goes_on_with_the_check() -> None:
    run = reported().restart()
    assert run.offered().task == "a.check1"
    assert run.succeed("a.check1", output={"lines": 1})["a"].output == {"made": 1}


def test_a_run_that_is_cancelled_meanwhile_ends() -> None:
    run = reported().cancel()
    assert run.statuses()["a"] == "cancelled"
    assert run.state.status.value == "cancelled"


def test_an_attempt_that_was_to_stop_and_is_done_is_not_checked() -> None:
    run = Run.of(task("a", confirm={**CONFIRM, "arguments": {}})).place("a").cancel()
    run.result("a", Outcome.SUCCEEDED, {"made": 1})
    assert run["a"].status.value == "succeeded"


def test_a_retry_of_the_task_is_checked_again() -> None:
    run = Run.of(task("a", confirm={**CONFIRM, "arguments": {}}), revisions=0)
    run.succeed("a").fail("a.check1", ErrorCode.NOT_FOUND).finish("no")
    run.do(stimuli.RetryAsked("ann", ("a",))).succeed("a")
    assert run["a.check2"].status.value == "ready"


def test_other_arguments_are_not_held_to_the_check_of_before() -> None:
    run = Run.of(task("a", confirm={**CONFIRM, "arguments": {}}, arguments={"path": "x"}))
    run.edit(ChangeTask(task="a", title="the same", arguments={"path": "x"}))
    assert run.state.graph["a"].confirm is not None
    run.edit(ChangeTask(task="a", arguments={"path": "y"}))
    assert run.state.graph["a"].confirm is None
    assert run.succeed("a", output={})["a"].status.value == "succeeded"

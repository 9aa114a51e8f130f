"""The run: its end, its deadline, cancellation at any moment, edits and undo, revisions, questions, retry, recovery."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orchestrator.core import stimuli
from orchestrator.core.commands import TimerKind
from orchestrator.core.edits import AddDependency, AddTask, ChangeTask, RemoveDependency, RemoveTask, ReplaceTask
from orchestrator.core.events import RunError
from orchestrator.core.plan import Choice, Clarification, Plan, Proposal, Step
from orchestrator.core.tasks import Dependency, On
from protocol.errors import ErrorCode
from tests.support.runs import SKILL, Run, has, task

# --- the end ---------------------------------------------------------------------------------------------------


def test_a_run_without_a_plan_is_handed_to_the_supervisor() -> None:
    run = Run().submit(deadline_s=60)
    assert run.commands == ["timer deadline at 1060", "consult submitted"]
    assert run.state.status == "planning"


def test_an_explicit_plan_is_not() -> None:
    assert Run().submit(explicit=True).commands == []


def test_when_all_has_ended_the_supervisor_is_asked_for_the_answer_once() -> None:
    run = Run.of(task("a"), task("b")).succeed("a")
    assert run.succeed("b").commands == ["ack b#1", "release b@alpha ok", "consult settled"]
    assert run.result("b", run.state.tasks["b"].status, attempt=1).commands == ["ack b#1"]  # type: ignore[arg-type]
    assert run.finish("two files").events == ["run succeeded"]
    assert run.commands == ["end"]
    assert (run.state.status, run.state.answer) == ("succeeded", "two files")


def test_a_run_does_not_end_before_its_tasks() -> None:
    run = Run.of(task("a"))
    assert run.finish().rejected == "tasks_open"
    assert run.decision.events == []


def test_a_run_without_a_plan_cannot_have_succeeded_but_can_fail() -> None:
    run = Run().submit()
    assert run.finish().rejected == "no_plan"
    run.finish("", RunError(code="no_plan", message="nothing could be placed"))
    assert run.events == ["run failed: no_plan"]


def test_the_record_decides_whether_a_run_succeeded_and_not_the_supervisor() -> None:
    run = Run.of(task("a"), explicit=True).fail("a").finish("all is well")
    assert run.events == ["run failed: task_failed"]
    assert run.state.error is not None
    assert run.state.error.details == {"task": "a"}


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (ErrorCode.TOOL_FAILED, "task_failed"),
        (ErrorCode.DENIED, "denied"),
        (ErrorCode.UNAVAILABLE, "no_capable_device"),
    ],
)
def test_the_runs_error_names_the_reason(code: ErrorCode, error: str) -> None:
    assert Run.of(task("a"), explicit=True).fail("a", code).finish().events == [f"run failed: {error}"]


def test_nothing_moves_a_run_that_has_ended() -> None:
    run = Run.of(task("a")).succeed("a").finish()
    for act, code in (
        (lambda: run.edit(AddTask(task=task("b"))), "run_ended"),
        (lambda: run.do(stimuli.UndoAsked(1, "ann")), "run_ended"),
        (lambda: run.cancel(), "run_ended"),
        (lambda: run.answer("x"), "no_such_question"),
        (lambda: run.approve(), "no_such_approval"),
        (lambda: run.do(stimuli.RetryAsked("ann")), "nothing_to_retry"),
        (lambda: run.finish("again"), None),
        (lambda: run.fire(TimerKind.DEADLINE), None),
    ):
        assert act().rejected == code
        assert run.decision.events == []


@pytest.mark.parametrize("explicit", [True, False])
def test_a_run_whose_tasks_were_all_taken_out_did_not_succeed(explicit: bool) -> None:
    run = Run.of(task("a"), task("b", "a"), explicit=explicit)
    run.do(stimuli.UndoAsked(1, "ann"))
    assert (run.state.status, run.state.error and run.state.error.code) == ("cancelled", "cancelled")
    assert not has(run.commands, "consult settled")


# --- failures --------------------------------------------------------------------------------------------------


def test_a_failure_of_an_explicit_plan_stops_the_rest() -> None:
    run = Run.of(task("a"), task("b"), task("c"), task("d", "c"), explicit=True).place("a", "b").fail("a")
    assert run.events == ["a#1 failed", "b to stop: a failed", "c skipped: a failed", "d skipped: a failed"]
    assert has(run.commands, "stop b#1 on alpha", "withdraw c")
    assert run.confirm("b").commands[-1] == "consult settled"


@pytest.mark.parametrize("on_failure", ["skip", "continue"])
def test_a_failure_that_the_task_allows_does_not_fail_the_run(on_failure: str) -> None:
    run = Run.of(task("a", on_failure=on_failure), task("b")).fail("a").succeed("b").finish()
    assert run.events == ["run succeeded"]


def test_the_rest_is_stopped_once_and_not_again_at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run.of(*(task(f"t{i}") for i in range(10)), explicit=True).place(*(f"t{i}" for i in range(10)))
    calls = []
    stop_rest = type(run.machine)._stop_rest
    monkeypatch.setattr(type(run.machine), "_stop_rest", lambda self, id: (calls.append(id), stop_rest(self, id)))
    run.fail("t0")
    for i in range(1, 10):
        run.confirm(f"t{i}")
    assert calls == ["t0"]


def test_a_supervised_failure_waits_for_a_revision_and_holds_its_edges_open() -> None:
    run = Run.of(task("a"), task("b", "a"), task("c")).fail("a")
    assert run.events == ["a#1 failed", "revision of a"]
    assert run.commands[-1] == "consult failed a"
    assert run.statuses() == {"a": "failed", "b": "pending", "c": "ready"}
    assert has(run.succeed("c").events, "c#1 succeeded")
    assert run.state.status == "running"


def revise(run: Run, *, failed: str = "a", rest: str = "b", new: str = "a2") -> Run:
    return run.edit(
        AddTask(task=task(new)),
        RemoveDependency(task=rest, upstream=failed),
        AddDependency(task=rest, dependency=Dependency(task=new)),
        revises=failed,
        key=f"k.{new}",
    )


def test_a_revision_makes_the_failure_good() -> None:
    run = revise(Run.of(task("a"), task("b", "a")).fail("a"))
    assert run.events == ["edited v2"]
    assert run.commands == ["offer a2"]
    assert run.succeed("a2").succeed("b").finish().events == ["run succeeded"]


def test_what_still_hangs_on_a_revised_failure_follows_its_edges() -> None:
    run = Run.of(task("a"), task("b", "a"), task("c", "a"), task("d", "a!")).fail("a")
    revise(run)
    assert run.events == ["edited v2", "c skipped: a failed"]
    assert run.commands == ["offer a2", "offer d"]


def test_a_revision_that_came_already_changes_nothing() -> None:
    run = revise(Run.of(task("a"), task("b", "a")).fail("a"))
    batch = next(event.body.batch for event in reversed(run.log) if hasattr(event.body, "batch"))
    run.do(stimuli.EditProposed(batch))
    assert (run.decision.events, run.rejected) == ([], None)


def test_a_declined_revision_lets_the_failure_take_its_course() -> None:
    run = Run.of(task("a"), task("b", "a"), task("c")).fail("a")
    run.do(stimuli.RevisionRefused("a", "no other device"))
    assert run.events == ["no revision of a", "b skipped: a failed", "c skipped: a failed"]
    assert run.do(stimuli.RevisionRefused("a", "again")).decision.events == []
    assert run.finish().events == ["run failed: task_failed"]


def test_revisions_are_counted() -> None:
    run = Run.of(task("a"), task("b", "a"), revisions=1).fail("a")
    revise(run).fail("a2")
    assert has(run.events, "a2#1 failed", "b skipped: a2 failed")
    assert run.commands[-1] == "consult settled"


def test_no_revision_where_the_policy_allows_none() -> None:
    assert has(Run.of(task("a"), task("b"), revisions=0).fail("a").events, "a#1 failed", "b skipped: a failed")


def consultations(run: Run) -> dict[str | None, str]:
    return {c.consultation.task: c.consultation.key for c in run.decision.commands if hasattr(c, "consultation")}


def test_each_failure_under_revision_keeps_a_key_of_its_own_through_a_restart() -> None:
    run = Run.of(task("a"), task("b"), task("c"))
    before = {**consultations(run.fail("a")), **consultations(run.fail("b"))}
    assert before == {"a": "r1.failed.1", "b": "r1.failed.2"}
    assert consultations(run.restart()) == before


# --- cancellation ----------------------------------------------------------------------------------------------

MOMENTS: dict[str, Callable[[], Run]] = {
    "planning": lambda: Run().submit(),
    "planning with a question": lambda: question(Run().submit()),
    "ready": lambda: Run.of(task("a"), task("b", "a")),
    "running": lambda: Run.of(task("a"), task("b", "a"), task("c")).place("a"),
    "back-off": lambda: Run.of(task("a")).fail("a", retryable=True),
    "waiting": lambda: Run.of(task("a", risk="write"), approve="ask").place("a"),
    "approved": lambda: Run.of(task("a", risk="write"), approve="ask").place("a").approve(),
    "unknown": lambda: Run.of(task("a", idempotent=False), task("b", "a.")).place("a").lose("a"),
    "revising": lambda: Run.of(task("a"), task("b", "a.")).fail("a"),
    "stopping after a failure": lambda: Run.of(task("a"), task("b"), explicit=True).place("a", "b").fail("a"),
    "settled": lambda: Run.of(task("a")).succeed("a"),
    "past the deadline": lambda: Run.of(task("a"), deadline_s=9).place("a").fire(TimerKind.DEADLINE, after=9),
    "retried": lambda: Run.of(task("a")).fail("a").finish().do(stimuli.RetryAsked("ann")),
}


def question(run: Run) -> Run:
    clarification = Clarification(question="which?", choices=(Choice(label="one", value="1"),))
    return run.do(stimuli.QuestionPut("r1.q1", clarification))


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("restart", [False, True])
def test_a_run_can_be_cancelled_at_every_moment(moment: str, restart: bool) -> None:
    run = MOMENTS[moment]()
    live = [id for id, task in run.state.tasks.items() if task.status.live]
    run.cancel()
    assert run.events[0] == "run_cancel_requested"
    if restart and not run.state.status.terminal:
        run.restart()
    for id in live:
        assert run.state.status == "cancelling"
        run.confirm(id)
    assert run.state.status == "cancelled"
    assert run.commands[-1] == "end"
    assert run.state.error is not None
    assert run.state.error.code == "cancelled"
    assert run.state.open == 0
    assert "ready" not in run.statuses().values()


def test_a_second_cancel_changes_nothing() -> None:
    run = Run.of(task("a")).place("a").cancel()
    assert run.commands == ["stop a#1 on alpha", "timer cancel a at 1010"]
    assert (run.cancel().decision.events, run.rejected) == ([], None)


def test_a_device_that_does_not_confirm_a_cancellation_is_not_waited_for() -> None:
    run = Run.of(task("a", idempotent=False)).place("a").cancel().fire(TimerKind.CANCEL, "a", after=10)
    assert run.events == ["a#1 cancelled", "run cancelled: cancelled"]


def test_a_device_lost_while_cancelling_ends_the_attempt() -> None:
    run = Run.of(task("a", idempotent=False)).place("a").cancel().lose("a")
    assert run.events == ["a#1 cancelled", "run cancelled: cancelled"]


def test_a_result_that_comes_before_the_cancellation_counts() -> None:
    run = Run.of(task("a"), task("b", "a")).place("a").cancel().succeed("a", output=1)
    assert run.events == ["a#1 succeeded", "run cancelled: cancelled"]
    assert run.statuses() == {"a": "succeeded", "b": "cancelled"}


def test_a_failure_while_cancelling_asks_for_no_revision() -> None:
    run = Run.of(task("a")).place("a").cancel().fail("a", retryable=True)
    assert run.events == ["a#1 failed", "run cancelled: cancelled"]


def test_nothing_new_comes_in_while_a_run_is_cancelled() -> None:
    run = Run.of(task("a")).place("a").cancel()
    assert run.edit(AddTask(task=task("b"))).rejected == "run_ended"
    assert question(run).decision.events == []


# --- the deadline ----------------------------------------------------------------------------------------------


def test_the_deadline_stops_everything_and_the_answer_says_so() -> None:
    run = Run.of(task("a"), task("b", "a"), deadline_s=60).place("a").fire(TimerKind.DEADLINE, after=60)
    assert run.events == [
        "run_deadline_passed",
        "a to stop: the run's deadline passed",
        "b to stop: the run's deadline passed",
    ]
    assert run.confirm("a").commands[-1] == "consult settled"
    assert run.finish("got this far").events == ["run failed: timeout"]
    assert run.state.answer == "got this far"


def test_the_deadline_of_a_run_without_a_plan_ends_it() -> None:
    run = question(Run().submit(deadline_s=60)).fire(TimerKind.DEADLINE, after=60)
    assert run.events == ["run_deadline_passed", "run failed: timeout"]
    assert run.commands == ["end"]


def test_a_deadline_during_a_cancellation_means_nothing() -> None:
    run = Run.of(task("a"), deadline_s=60).place("a").cancel()
    assert run.fire(TimerKind.DEADLINE, after=60).decision.events == []


# --- edits -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "base", "code"),
    [
        (AddTask(task=task("x")), 0, "stale"),
        (AddTask(task=task("x")), 2, "stale"),
        (AddTask(task=task("a")), 1, "duplicate_task"),
        (RemoveTask(task="nobody"), 1, "unknown_task"),
        (AddTask(task=task("x", "nobody")), 1, "unknown_dependency"),
        (RemoveDependency(task="d", upstream="b"), 1, "unknown_dependency"),
        (AddDependency(task="c", dependency=Dependency(task="d")), 1, "cycle"),
        (AddDependency(task="c", dependency=Dependency(task="c")), 1, "cycle"),
        (RemoveTask(task="c"), 1, "in_use"),
        (AddTask(task=task("x", arguments={"v": "${c.output}"})), 1, "bad_reference"),
        (ChangeTask(task="d", arguments={"v": "${none[*]}"}), 1, "bad_reference"),
        (RemoveDependency(task="d", upstream="c"), 1, "bad_reference"),
        (RemoveDependency(task="c", upstream="b"), 1, "bad_reference"),  # d refers to b, through c
        (ChangeTask(task="c", requirements={"same_device_as": "d"}), 1, "bad_reference"),
        (ChangeTask(task="c", requirements={"same_device_as": "nobody"}), 1, "bad_reference"),
        (ChangeTask(task="a", priority=3), 1, "task_started"),
        (ReplaceTask(task=task("a")), 1, "task_started"),
        (RemoveTask(task="a"), 1, "task_started"),
        (ChangeTask(task="e", priority=3), 1, "task_started"),
    ],
)
def test_a_batch_that_would_break_something_is_rejected_whole_and_recorded(edit: object, base: int, code: str) -> None:
    run = Run.of(
        task("a"),
        task("b"),
        task("c", "b"),
        task("d", "c", arguments={"x": "${c.output}", "y": "${b.output}"}),
        task("e"),
    )
    run.place("a").succeed("e")
    run.edit(ChangeTask(task="b", priority=9), edit, base=base)  # type: ignore[arg-type]
    assert run.rejected == code
    assert run.events == [f"edit rejected: {code}"]
    assert run.commands == []
    assert (run.state.graph.version, run.state.graph["b"].priority) == (1, 0)


def test_a_task_that_waits_for_its_second_attempt_has_started() -> None:
    run = Run.of(task("a")).fail("a", retryable=True)
    assert run.edit(ChangeTask(task="a", priority=1)).rejected == "task_started"


def test_an_edit_of_a_ready_task_takes_it_back_from_placement_first() -> None:
    run = Run.of(task("a")).edit(ChangeTask(task="a", priority=5))
    assert run.commands == ["withdraw a", "offer a"]
    assert run.offered().priority == 5
    assert Run.of(task("a"), task("b")).edit(RemoveTask(task="a")).commands == ["withdraw a"]


def test_a_ready_task_that_gets_a_dependency_waits_for_it() -> None:
    run = Run.of(task("a"), task("b"))
    run.edit(AddDependency(task="b", dependency=Dependency(task="a")))
    assert (run.commands, run.statuses()) == (["withdraw b"], {"a": "ready", "b": "pending"})
    run.edit(RemoveDependency(task="b", upstream="a"))
    assert run.commands == ["offer b"]


def test_an_edge_may_be_replaced_by_another_from_the_same_task() -> None:
    run = Run.of(task("a", on_failure="skip"), task("b", "a"))
    run.edit(AddDependency(task="b", dependency=Dependency(task="a", on=On.FAILURE))).fail("a")
    assert run.statuses()["b"] == "ready"


def test_a_new_deadline_is_armed() -> None:
    assert "timer task_deadline b at 1030" in Run.of(task("a")).edit(AddTask(task=task("b", deadline_s=30))).commands


def test_an_edit_while_planning_starts_the_run() -> None:
    run = Run().submit()
    assert run.edit(AddTask(task=task("a"))).state.status == "running"


def undo(run: Run, version: int) -> Run:
    return run.do(stimuli.UndoAsked(version, "ann"))


def test_undo_takes_an_edit_back() -> None:
    run = Run.of(task("a"), task("b", "a"))
    run.edit(
        AddTask(task=task("n", "a")),
        AddDependency(task="b", dependency=Dependency(task="n")),
        ChangeTask(task="b", priority=4),
    )
    before = run.statuses()
    assert undo(run, 2).events == ["edited v3 undoing v2"]
    assert [item.id for item in run.state.graph.tasks] == ["a", "b"]
    assert run.state.graph["b"] == task("b", "a")
    assert undo(run, 3).events == ["edited v4 undoing v3"]  # and again as it was
    assert run.statuses() == before


@pytest.mark.parametrize(
    ("then", "code"),
    [
        (lambda run: run.edit(ChangeTask(task="n", priority=1)), "superseded"),
        (lambda run: run.edit(RemoveTask(task="n")), "superseded"),
        (lambda run: run.edit(AddTask(task=task("m", "n"))), "in_use"),
        (lambda run: run.succeed("a").place("n"), "task_started"),
    ],
)
def test_an_edit_that_something_was_built_on_cannot_be_undone(then: Callable[[Run], Run], code: str) -> None:
    run = Run.of(task("a")).edit(AddTask(task=task("n", "a")))
    assert undo(then(run), 2).rejected == code


def test_undo_of_what_never_was_or_changed_nothing() -> None:
    run = Run.of(task("a"))
    assert undo(run, 7).rejected == "no_such_version"
    run.edit(AddTask(task=task("n")), RemoveTask(task="n"))
    assert (undo(run, 2).rejected, run.decision.events) == (None, [])


def test_an_edit_that_made_a_failure_good_cannot_be_undone() -> None:
    """The failure's edges were decided by it: taking it back would leave a failure that nothing answers for."""
    run = revise(Run.of(task("a"), task("b", "a")).fail("a"))
    assert undo(run, 2).rejected == "superseded"


# --- questions and rungs ---------------------------------------------------------------------------------------


def test_a_question_waits_for_its_answer_and_comes_once() -> None:
    run = question(Run().submit())
    assert (run.events, run.state.face) == (["asked r1.q1"], "waiting")
    assert question(run).decision.events == []
    assert run.answer("x", "nobody").rejected == "no_such_question"
    assert run.answer(" ").rejected == "bad_request"
    assert run.answer("x" * 501).rejected == "bad_request"
    run.answer("the first")
    assert (run.events, run.commands) == (["answered r1.q1: the first"], ["consult answered"])
    assert run.state.answers == [("which?", "the first")]
    assert run.answer("x").rejected == "no_such_question"


def test_a_rungs_word_is_recorded_once() -> None:
    proposal = Proposal(rung="embedded", result=Plan(steps=(Step(id="s", skill=SKILL),)))
    run = Run().submit().do(stimuli.RungSpoke(proposal, ("no such device",), False, "k1"))
    assert run.events == ["rung_tried"]
    assert run.do(stimuli.RungSpoke(proposal, (), True, "k1")).decision.events == []


# --- retry -----------------------------------------------------------------------------------------------------


def retry(run: Run, *tasks: str) -> Run:
    return run.do(stimuli.RetryAsked("ann", tasks))


def test_a_failed_run_is_tried_again_where_it_failed() -> None:
    run = Run.of(task("a"), task("b", "a"), task("c", "b"), explicit=True).succeed("a", output=5).fail("b").finish()
    retry(run)
    assert (run.events, run.commands) == (["retry of b, c"], ["offer b"])
    assert run.statuses() == {"a": "succeeded", "b": "ready", "c": "pending"}
    assert run["b"].error is None
    assert run.place("b").events == ["b#2 dispatched to alpha"]  # the numbers go on: they fence
    assert run.succeed("b").succeed("c").finish().events == ["run succeeded"]


def test_a_cancelled_run_is_tried_again() -> None:
    run = Run.of(task("a"), task("b", "a")).place("a").cancel().confirm("a")
    assert retry(run).events == ["retry of a, b"]
    assert run.succeed("a").succeed("b").finish().events == ["run succeeded"]


def test_a_retry_brings_along_what_was_skipped_behind_it_in_any_order_of_addition() -> None:
    run = Run.of(task("c"), task("b"), task("a"), explicit=True)
    run.edit(
        AddDependency(task="c", dependency=Dependency(task="b")),
        AddDependency(task="b", dependency=Dependency(task="a")),
    )
    run.fail("a").finish()
    assert retry(run, "a").events == ["retry of a, b, c"]


def test_a_retry_of_one_failure_leaves_the_other_as_it_is() -> None:
    run = Run.of(task("a"), task("x"), task("b", "a"), task("y", "x"), task("z", "a", "x"), explicit=True)
    run.place("a", "x").fail("a").fail("x").finish()
    retry(run, "a")
    assert run.statuses() == {"a": "ready", "x": "failed", "b": "pending", "y": "skipped", "z": "skipped"}
    run.succeed("a").succeed("b")
    assert run.commands[-1] == "consult settled"
    assert run.finish().state.error is not None
    assert run.state.status == "failed"


def test_a_retry_of_a_run_that_was_cancelled_under_revision_may_be_revised_again() -> None:
    run = Run.of(task("a")).fail("a").cancel()
    retry(run).fail("a")
    assert run.events == ["a#2 failed", "revision of a"]


def test_a_retried_run_has_its_deadline_anew_also_after_a_restart() -> None:
    run = Run.of(task("a", deadline_s=30), deadline_s=60).fire(TimerKind.DEADLINE, after=60).finish()
    run.now += 1000
    assert has(retry(run).commands, "timer deadline at 2120", "timer task_deadline a at 2090")
    assert has(run.restart().commands, "timer deadline at 2120", "timer task_deadline a at 2090", "offer a")


def test_the_answer_after_a_retry_is_asked_for_under_a_key_of_its_own() -> None:
    run = Run.of(task("a"), explicit=True)
    first = consultations(run.fail("a"))
    assert consultations(retry(run.finish()).fail("a")) != first


def test_what_cannot_be_retried() -> None:
    run = Run.of(task("a"))
    assert retry(run).rejected == "run_open"
    run.succeed("a").finish()
    assert retry(run, "nobody").rejected == "unknown_task"
    assert retry(run).rejected == "nothing_to_retry"


# --- recovery --------------------------------------------------------------------------------------------------


def test_what_was_under_way_is_taken_up_again() -> None:
    run = Run.of(
        task("done"), task("running", timeouts={"run_s": 60}), task("ready"), task("later", "running"), deadline_s=600
    )
    run.succeed("done").place("running")
    run.now += 5
    assert run.restart().commands == ["timer deadline at 1600", "timer run running at 1075", "offer ready"]
    assert run.decision.events == []
    run.succeed("running")
    assert has(run.commands, "ack running#1", "offer later")


def test_a_back_off_goes_on_after_a_restart() -> None:
    run = Run.of(task("a", retry={"backoff_s": 30})).fail("a", retryable=True)
    run.now += 5
    assert run.restart().commands == ["timer retry a at 1030"]
    run.now += 50
    assert run.restart().commands == ["offer a"]


@pytest.mark.parametrize(
    ("moment", "commands"),
    [
        ("planning", ["consult submitted"]),
        ("planning with a question", []),
        ("revising", ["consult failed a"]),
        ("settled", ["consult settled"]),
        ("unknown", []),
    ],
)
def test_the_supervisor_is_called_again(moment: str, commands: list[str]) -> None:
    assert MOMENTS[moment]().restart().commands == commands


def test_an_answered_question_is_taken_up_again() -> None:
    assert question(Run().submit()).answer("one").restart().commands == ["consult answered"]


def test_a_cancellation_goes_on() -> None:
    run = Run.of(task("a")).place("a").cancel().restart()
    assert run.commands == ["stop a#1 on alpha", "timer cancel a at 1010"]
    assert run.confirm("a").state.status == "cancelled"


def test_a_log_that_ends_within_a_decision_is_carried_on() -> None:
    """A store that kept only the first events of a decision: what had to be skipped still is."""
    run = Run.of(task("a", on_failure="skip"), task("b", "a"), task("c", "b")).fail("a")
    del run.log[-1]
    run.restart()
    assert run.events == ["c skipped: b skipped"]
    del run.log[-2:]
    run.restart()
    assert run.events == ["b skipped: a failed", "c skipped: b skipped"]

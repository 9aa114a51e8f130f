"""What follows from a task's end: which tasks become ready, which are skipped, and why."""

from __future__ import annotations

import pytest

from orchestrator.core.conditions import Compare
from orchestrator.core.edits import AddTask
from orchestrator.core.tasks import Dependency, On
from protocol.errors import ErrorCode
from tests.support.runs import Run, has, task


def when(upstream: str, path: str, op: str, value: object) -> Dependency:
    condition = Compare.model_validate({"path": path, "op": op, "value": value})
    return Dependency(task=upstream, on=On.CONDITION, when=condition)


def test_a_graph_offers_what_depends_on_nothing() -> None:
    run = Run.of(task("a"), task("b", "a"), task("c"))
    assert run.events == ["edited v1"]
    assert run.commands == ["offer a", "offer c"]


def test_a_dispatch_is_recorded_and_sent_with_the_devices_epoch() -> None:
    run = Run.of(task("a", arguments={"value": 3})).place("a")
    assert run.events == ["a#1 dispatched to alpha"]
    assert run.commands == ["send a#1 to alpha", "timer run a at 1310"]
    message = run.dispatch()
    assert (message.epoch, message.skill, message.arguments) == (7, "test.echo", {"value": 3})


def test_a_result_is_acknowledged_and_frees_the_device() -> None:
    run = Run.of(task("a"), task("b", "a")).succeed("a", output={"x": 1})
    assert run.events == ["a#1 succeeded"]
    assert run.commands == ["ack a#1", "release a@alpha ok", "offer b"]


@pytest.mark.parametrize(
    ("edge", "ending", "then"),
    [
        ("a", "succeed", "ready"),
        ("a", "fail", "skipped"),
        ("a!", "succeed", "skipped"),
        ("a!", "fail", "ready"),
        ("a.", "succeed", "ready"),
        ("a.", "fail", "ready"),
    ],
)
def test_an_edge_is_satisfied_by_the_end_that_it_names(edge: str, ending: str, then: str) -> None:
    run = Run.of(task("a", on_failure="continue"), task("b", edge))
    getattr(run, ending)("a")
    assert run.statuses()["b"] == then


@pytest.mark.parametrize(
    ("percent", "then", "why"),
    [
        (81, "ready", ""),
        (80, "skipped", "the condition on a does not hold"),
        ("81", "skipped", "the condition on a does not hold"),
        (None, "skipped", "the condition on a does not hold"),
    ],
)
def test_a_condition_looks_at_the_upstreams_output(percent: object, then: str, why: str) -> None:
    run = Run.of(task("a"), task("b", when("a", "output.percent", ">", 80)))
    run.succeed("a", output={"percent": percent})  # type: ignore[dict-item]
    assert (run.statuses()["b"], run["b"].why) == (then, why)


def test_a_condition_on_a_failed_task_does_not_hold() -> None:
    run = Run.of(task("a", on_failure="continue"), task("b", when("a", "status", "==", "failed")))
    run.fail("a")
    assert run.events == ["a#1 failed", "b skipped: a failed"]


def test_a_join_of_all_waits_for_all_and_is_skipped_at_the_first_that_cannot_hold() -> None:
    run = Run.of(task("a"), task("b", on_failure="skip"), task("c", "a", "b"))
    assert run.succeed("a").statuses()["c"] == "pending"
    assert run.fail("b").events == ["b#1 failed", "c skipped: b failed"]


def test_a_join_of_any_takes_one_that_holds_once_all_have_ended() -> None:
    run = Run.of(task("a", on_failure="skip"), task("b"), task("c", "a", "b", join="any"))
    assert run.fail("a").statuses()["c"] == "pending"
    assert has(run.succeed("b").commands, "offer c")


def test_a_join_of_any_is_skipped_where_none_holds() -> None:
    run = Run.of(task("a", on_failure="skip"), task("b", on_failure="skip"), task("c", "a", "b", join="any"))
    assert run.fail("a").fail("b").events == ["b#1 failed", "c skipped: a failed"]


def test_a_skip_goes_on_through_the_graph_but_not_through_an_edge_on_completion() -> None:
    run = Run.of(task("a", on_failure="skip"), task("b", "a"), task("c", "b"), task("d", "c."), task("e", "c!"))
    run.fail("a")
    assert run.events == ["a#1 failed", "b skipped: a failed", "c skipped: b skipped", "e skipped: c did not fail"]
    assert run.commands == ["ack a#1", "release a@alpha", "offer d"]


def test_an_empty_join_of_any_is_ready_at_once() -> None:
    assert Run.of(task("a", join="any")).commands == ["offer a"]


@pytest.mark.slow
def test_a_cascade_of_a_thousand_skips_is_one_decision() -> None:
    chain = [task(f"t{i}", *([f"t{i - 1}"] if i else []), on_failure="skip") for i in range(1000)]
    run = Run.of(*chain).fail("t0")
    assert len(run.events) == 1000
    assert run.state.open == 0


def test_a_finished_task_costs_its_out_edges_and_not_the_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted: how often a successor is looked at, over a fan-out of 200 and a join of all of it."""
    members = [task(f"m{i}", "a", group="m") for i in range(200)]
    run = Run.of(task("a"), *members, task("join", *(member.id for member in members)))
    looked = 0
    check_ready = type(run.state)._check_ready

    def counted(self: object, id: str, at: float) -> None:
        nonlocal looked
        looked += 1
        check_ready(self, id, at)  # type: ignore[arg-type]

    monkeypatch.setattr(type(run.state), "_check_ready", counted)
    monkeypatch.setattr(Run, "check", lambda _: None)
    run.succeed("a")
    assert looked == 200
    for member in members:
        run.succeed(member.id)
    assert looked == 400
    assert has(run.commands, "offer join")


# --- references ------------------------------------------------------------------------------------------------


def test_references_are_resolved_from_the_record() -> None:
    arguments = {"path": "${a.output.path}", "text": "${a.output.n} files on ${a.device}", "literal": "$${a.output}"}
    run = Run.of(task("a"), task("b", "a", arguments=arguments))
    run.succeed("a", output={"path": "/x", "n": 3}).place("b", on="beta")
    assert run.dispatch().arguments == {"path": "/x", "text": "3 files on alpha", "literal": "${a.output}"}


def test_a_fan_outs_values_are_those_of_the_members_that_succeeded_in_order() -> None:
    members = [task(f"m@{name}", group="m", on_failure="continue") for name in ("x", "y", "z")]
    arguments = {"all": "${m[*].output.n}", "records": "${m[*]}"}
    run = Run.of(*members, task("join", "m@x.", "m@y.", "m@z.", arguments=arguments))
    run.place("m@z", on="z").succeed("m@z", output={"n": 3})
    run.fail("m@y").place("m@x", on="x").succeed("m@x", output={"n": 1}).place("join")
    assert run.dispatch().arguments == {
        "all": [1, 3],
        "records": [
            {"device": "x", "task": "m@x", "output": {"n": 1}},
            {"device": "z", "task": "m@z", "output": {"n": 3}},
        ],
    }


def test_a_reference_without_a_value_fails_the_task_and_frees_the_device() -> None:
    run = Run.of(task("a"), task("b", "a", arguments={"path": "${a.output.path}"}, on_failure="skip"))
    run.succeed("a", output={}).place("b")
    assert run.events[:1] == ["b failed: bad_arguments"]
    assert has(run.commands, "release b@alpha")


def test_a_failure_with_a_very_long_reference_still_fits_the_log() -> None:
    path = "output." + "x" * 20_000
    run = Run.of(task("a"), task("b", "a", arguments={"path": f"${{a.{path}}}"}, on_failure="skip"))
    assert run.succeed("a", output={}).place("b").events[:1] == ["b failed: bad_arguments"]


def nested(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("output", [nested(32), "x" * 500_000])
def test_arguments_that_no_frame_could_carry_fail_the_task_and_not_the_devices_session(output: object) -> None:
    """An output that was within the bounds on its way here may be beyond them once inside another's arguments."""
    run = Run.of(task("a"), task("b", "a", arguments={"v": ["${a.output}", "${a.output}"]}, on_failure="skip"))
    run.succeed("a", output=output).place("b")  # type: ignore[arg-type]
    assert run.events[:1] == ["b failed: bad_arguments"]


def test_same_device_as_pins_to_the_device_where_the_other_ran() -> None:
    run = Run.of(task("a"), task("b", "a", requirements={"same_device_as": "a"}))
    run.place("a", on="gamma").succeed("a")
    assert run.offered().pinned == "gamma"


def test_same_device_as_a_task_that_ran_nowhere_fails_instead_of_running_anywhere() -> None:
    run = Run.of(task("a", on_failure="skip"), task("b", "a"), task("c", "b.", requirements={"same_device_as": "b"}))
    assert has(run.fail("a").events, "b skipped: a failed", "c failed: unavailable")


def test_a_ready_task_says_where_its_inputs_lie_and_where_it_failed() -> None:
    run = Run.of(task("a"), task("b"), task("c", "a", "b", retry={"backoff_s": 0}))
    run.place("a", on="x").succeed("a").place("b", on="y").succeed("b")
    assert run.offered().inputs == ("x", "y")
    run.place("c", on="x").fail("c", ErrorCode.TOOL_FAILED, retryable=True)
    assert run.offered().avoid == ("x",)


def test_a_plan_only_run_skips_everything_and_asks_for_its_answer() -> None:
    run = Run.of(task("a"), task("b", "a"), plan_only=True)
    assert run.events == ["edited v1", "a skipped: this run is for its plan only", "b skipped: a skipped"]
    assert run.commands == ["consult settled"]
    assert run.finish().events == ["run succeeded"]


def test_tasks_that_come_while_the_run_goes_on_count_what_has_ended() -> None:
    run = Run.of(task("a"), task("z")).succeed("a")
    run.edit(AddTask(task=task("b", "a")), AddTask(task=task("c", "b")), AddTask(task=task("d", "a!")))
    assert run.events == ["edited v2", "d skipped: a did not fail"]
    assert run.commands == ["offer b"]


@pytest.mark.parametrize(
    ("truncated", "then", "why"),
    [
        (False, "ready", ""),
        (True, "skipped", "the output of a was cut short, and only the whole would do"),
        (None, "skipped", "the condition on a does not hold"),
    ],
)
def test_what_was_cut_short_is_said_to_be_the_reason(truncated: object, then: str, why: str) -> None:
    run = Run.of(task("a"), task("b", when("a", "output.truncated", "==", False)))
    run.succeed("a", output={"truncated": truncated})  # type: ignore[dict-item]
    assert (run.statuses()["b"], run["b"].why) == (then, why)

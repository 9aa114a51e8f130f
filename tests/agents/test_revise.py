from __future__ import annotations

import pytest

from agents.revise import Declines, revise
from orchestrator.core.edits import AddDependency, AddTask, EditBatch, ReplaceTask
from orchestrator.core.events import RunStatus
from orchestrator.core.fleet import FleetView
from orchestrator.core.graph import TaskGraph
from orchestrator.core.requests import RunPolicy
from orchestrator.core.tasks import Dependency, On, Requirements, Task, TaskStatus
from orchestrator.core.views import GraphView, RunView, TaskView
from protocol.errors import ErrorCode
from protocol.messages import TaskError
from protocol.vocabulary import Risk
from tests.support.skills import fleet

S = TaskStatus
FLEET = fleet("alpha", "beta", "gamma")


def task(id: str, *after: str | Dependency, **more: object) -> Task:
    edges = tuple(one if isinstance(one, Dependency) else Dependency(task=one) for one in after)
    return Task(id=id, skill="file.read", depends_on=edges, **more)


def member(id: str, *after: str | Dependency, **more: object) -> Task:
    """One of a fan-out: `step@device`."""
    step, _, device = id.partition("@")
    return task(id, *after, group=step, requirements=Requirements(device=device), **more)


def outcome(
    tasks: list[Task],
    failed: str,
    *,
    code: ErrorCode = ErrorCode.UNKNOWN_SKILL,
    device: str | None = "alpha",
    devices: FleetView = FLEET,
    policy: RunPolicy | None = None,
    **status: S,
) -> EditBatch | Declines | None:
    """What becomes of one failed task; all others are pending unless said otherwise."""
    at = {one.id: status.get(one.id.replace("@", "_"), S.PENDING) for one in tasks} | {failed: S.FAILED}
    graph = GraphView(run="r", version=3, tasks=tuple(tasks), status=at)
    error = TaskError(code=code, message="m")
    views = tuple(
        TaskView(id=one.id, title="", skill=one.skill, risk=one.risk, status=at[one.id], device=device, error=error)
        for one in tasks
    )
    view = RunView(
        run="r", state=RunStatus.RUNNING, text="", created=0, updated=0, tasks=views, policy=policy or RunPolicy()
    )
    return revise(view, graph, devices, failed, key="k")


def batch(found: EditBatch | Declines | None) -> EditBatch:
    assert isinstance(found, EditBatch), found
    assert (found.base, found.key, found.by) == (3, "k", "rule")
    return found


def reason(found: EditBatch | Declines | None) -> str:
    assert isinstance(found, Declines), found
    return found.reason


# --- moving --------------------------------------------------------------------------------------------------------


def test_a_task_moves_and_what_follows_follows() -> None:
    tasks = [
        task("read", requirements=Requirements(exclude=("gamma",))),
        task("next", "read", arguments={"a": "${read.output.text}", "b": "${other.output.x} and ${read.device}"}),
        task("same", "read", requirements=Requirements(same_device_as="read")),
        task("other"),
    ]
    found = batch(outcome(tasks, "read"))
    added, following, same = found.edits
    assert isinstance(added, AddTask)
    assert added.task.id == "read.2"
    assert added.task.requirements.exclude == ("gamma", "alpha")
    assert isinstance(following, ReplaceTask)
    assert following.task.depends_on == (Dependency(task="read.2"),)
    assert following.task.arguments == {"a": "${read.2.output.text}", "b": "${other.output.x} and ${read.2.device}"}
    assert isinstance(same, ReplaceTask)
    assert same.task.requirements.same_device_as == "read.2"
    assert found.revises == "read"


def test_a_task_that_moved_moves_on() -> None:
    found = batch(outcome([task("read.2", requirements=Requirements(exclude=("beta",)))], "read.2"))
    assert isinstance(found.edits[0], AddTask)
    assert found.edits[0].task.id == "read.3"


def test_what_was_done_already_is_not_done_again() -> None:
    assert outcome([task("read"), task("read.2")], "read") is None
    assert outcome([task("read")], "read", read=S.FAILED) is not None


@pytest.mark.parametrize(
    "more",
    [
        {"requirements": Requirements(device="alpha")},
        {"requirements": Requirements(same_device_as="read")},
        {"requirements": Requirements(exclude=("beta", "gamma"))},
        {"requirements": Requirements(labels={"role": "db"})},
        {"group": "read"},
    ],
)
def test_a_task_that_has_nowhere_to_go_stays(more: dict[str, object]) -> None:
    assert "no other device" in reason(outcome([task("read", **more)], "read"))


def test_the_policy_bounds_where_a_task_may_go() -> None:
    assert isinstance(outcome([task("read")], "read", policy=RunPolicy(devices=("alpha",))), Declines)
    assert isinstance(outcome([task("read")], "read", policy=RunPolicy(devices=("alpha", "gamma"))), EditBatch)


@pytest.mark.parametrize(
    ("code", "risk", "idempotent", "moves"),
    [
        (ErrorCode.UNKNOWN_SKILL, Risk.DESTRUCTIVE, False, True),
        (ErrorCode.UNAVAILABLE, Risk.WRITE, True, True),
        (ErrorCode.NOT_FOUND, Risk.READ, True, True),
        (ErrorCode.TOOL_FAILED, Risk.READ, True, True),
        (ErrorCode.TIMEOUT, Risk.READ, True, True),
        (ErrorCode.LOST, Risk.READ, False, False),
        (ErrorCode.NOT_FOUND, Risk.WRITE, True, False),
        (ErrorCode.TIMEOUT, Risk.DESTRUCTIVE, True, False),
        (ErrorCode.DENIED, Risk.READ, True, False),
        (ErrorCode.BAD_ARGUMENTS, Risk.READ, True, False),
        (ErrorCode.OUTSIDE_WORKSPACE, Risk.READ, True, False),
    ],
)
def test_what_may_have_had_an_effect_is_not_repeated(
    code: ErrorCode, risk: Risk, idempotent: bool, moves: bool
) -> None:
    found = outcome([task("t", risk=risk, idempotent=idempotent)], "t", code=code)
    assert isinstance(found, EditBatch) is moves


def test_a_task_that_no_device_ever_took_does_not_move() -> None:
    assert isinstance(outcome([task("t")], "t", device=None, code=ErrorCode.UNAVAILABLE), Declines)


# --- joins ---------------------------------------------------------------------------------------------------------


def fan_out(**join: object) -> list[Task]:
    members = [member("get@alpha"), member("get@beta")]
    return [*members, task("join", "get@alpha", "get@beta", arguments={"items": "${get[*].output}"}, **join)]


def test_a_join_goes_on_with_what_is_left() -> None:
    found = batch(outcome(fan_out(), "get@alpha", get_beta=S.SUCCEEDED))
    completion = Dependency(task="get@alpha", on=On.COMPLETION)
    assert found.edits == (AddDependency(task="join", dependency=completion),)
    assert found.why == "get@alpha failed (unknown_skill): what joins it goes on without alpha"


def test_a_join_may_wait_for_those_that_still_run() -> None:
    assert isinstance(outcome(fan_out(), "get@alpha", get_beta=S.RUNNING), EditBatch)


@pytest.mark.parametrize("other", [S.FAILED, S.SKIPPED, S.CANCELLED])
def test_a_join_of_nothing_is_declined(other: S) -> None:
    assert "nothing of get is left" in reason(outcome(fan_out(), "get@alpha", get_beta=other))


def test_a_destructive_task_never_acts_on_an_incomplete_picture() -> None:
    tasks = [*fan_out(), task("decide", "join"), task("delete", "decide", risk=Risk.DESTRUCTIVE)]
    assert "delete is destructive" in reason(outcome(tasks, "get@alpha"))


def test_a_join_that_names_the_member_is_declined() -> None:
    tasks = fan_out(requirements=Requirements(same_device_as="get@alpha"))
    assert "was to run where" in reason(outcome(tasks, "get@alpha"))
    tasks = [*fan_out()[:2], task("join", "get@alpha", "get@beta", arguments={"x": "${get@alpha.output}"})]
    assert "by name" in reason(outcome(tasks, "get@alpha"))


def test_a_condition_on_the_member_is_declined() -> None:
    when = {"path": "output.x", "op": "==", "value": 1}
    edge = Dependency.model_validate({"task": "get@alpha", "on": "condition", "when": when})
    tasks = [*fan_out()[:2], task("join", edge, "get@beta")]
    assert reason(outcome(tasks, "get@alpha")) == "join needs get@alpha"


def test_a_branch_is_lost_as_a_whole() -> None:
    tasks = [
        member("get@alpha"),
        member("get@beta"),
        member("pack@alpha", "get@alpha"),
        member("pack@beta", "get@beta"),
        task("join", "pack@alpha", "pack@beta"),
    ]
    found = batch(outcome(tasks, "get@alpha"))
    completion = Dependency(task="pack@alpha", on=On.COMPLETION)
    assert found.edits == (AddDependency(task="join", dependency=completion),)


def test_branches_that_nothing_joins_go_on_by_themselves() -> None:
    pairs = [
        member("get@alpha"),
        member("get@beta"),
        member("pack@alpha", "get@alpha"),
        member("pack@beta", "get@beta"),
    ]
    found = batch(outcome(pairs, "get@alpha"))
    assert found.edits == (AddDependency(task="pack@alpha", dependency=Dependency(task="get@alpha")),)
    assert isinstance(outcome(pairs, "get@alpha", get_beta=S.FAILED), Declines)
    assert isinstance(outcome(pairs[:2], "get@alpha"), Declines)


def test_a_second_fan_out_over_the_first_is_a_join() -> None:
    tasks = [
        member("get@alpha"),
        member("get@beta"),
        member("show@alpha", "get@alpha", "get@beta"),
        member("show@beta", "get@alpha", "get@beta"),
    ]
    found = batch(outcome(tasks, "get@alpha"))
    assert [edit.task for edit in found.edits if isinstance(edit, AddDependency)] == ["show@alpha", "show@beta"]


def test_the_batch_fits_the_graph() -> None:
    tasks = fan_out()
    first = EditBatch(base=0, edits=tuple(AddTask(task=one) for one in tasks))
    graph, _ = TaskGraph.empty().apply(first, lambda _: True)
    found = batch(outcome(tasks, "get@alpha")).model_copy(update={"base": 1})
    graph, _ = graph.apply(found, lambda id: id == "join")
    graph.validate()


# --- fallbacks -----------------------------------------------------------------------------------------------------


def test_a_fallback_takes_the_failure_over() -> None:
    edge = Dependency(task="get", on=On.FAILURE)
    always = Dependency(task="get", on=On.COMPLETION)
    pinned = task("get", requirements=Requirements(device="alpha"))
    found = batch(outcome([pinned, task("instead", edge), task("after", always)], "get"))
    assert [edit.dependency for edit in found.edits if isinstance(edit, AddDependency)] == [edge, always]
    assert isinstance(outcome([pinned, task("after", always)], "get"), Declines)


def test_a_task_that_is_not_there() -> None:
    assert reason(revise_missing()) == "there is no such task"


def revise_missing() -> EditBatch | Declines | None:
    graph = GraphView(run="r", version=0, tasks=(), status={})
    view = RunView(run="r", state=RunStatus.RUNNING, text="", created=0, updated=0)
    return revise(view, graph, FLEET, "x", key="k")

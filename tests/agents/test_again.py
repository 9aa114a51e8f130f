"""Previews that went stale, and names that fit several things: what comes again, what is asked, what never is."""

from __future__ import annotations

import pytest

from agents import ambiguous
from agents.again import again, write_of
from agents.fixes import Situation
from agents.mend import failure_of
from agents.revise import Declines, revise
from orchestrator.core import previews
from orchestrator.core.edits import AddTask, EditBatch, ReplaceTask
from orchestrator.core.events import RunStatus
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.graph import TaskGraph
from orchestrator.core.plan import Clarification
from orchestrator.core.requests import Request, RunPolicy
from orchestrator.core.stamping import stamp
from orchestrator.core.tasks import Task, TaskStatus
from orchestrator.core.views import GraphView, RunView, TaskView
from protocol.errors import ErrorCode
from protocol.messages import TaskError
from protocol.vocabulary import DeviceKind
from tests.orchestrator.core.test_previews import CLUSTER
from tests.support.runs import task

S = TaskStatus
FLEET = FleetView.of(DeviceInfo("shop", DeviceKind.KUBERNETES, {spec.name: spec for spec in CLUSTER}))
FITS = (
    {"kind": "Deployment", "namespace": "shop"},
    {"kind": "Deployment", "namespace": "test"},
)


def pair() -> list[Task]:
    write = task("scale", skill="kube.scale", arguments={"name": "checkout", "replicas": 4}, risk="write")
    after = task("list", "scale", skill="kube.list", arguments={"kind": "${scale.output.text}"})
    return [*previews.paired(write, "kube.preview", "scale-preview"), after]


def situation(
    tasks: list[Task],
    failed: str,
    code: ErrorCode,
    *,
    choices: tuple[dict[str, str], ...] = FITS,
    answers: tuple[tuple[str, str], ...] = (),
    approve: str = "ask",
) -> Situation:
    """One task has failed; what comes before it has succeeded."""
    order = [one.id for one in tasks]
    at = {id: S.SUCCEEDED if order.index(id) < order.index(failed) else S.PENDING for id in order} | {failed: S.FAILED}
    error = TaskError(code=code, message="no", choices=choices)
    views = tuple(
        TaskView(
            id=one.id,
            title="",
            skill=one.skill,
            risk=one.risk,
            status=at[one.id],
            device="shop",
            arguments=one.arguments,
            error=error if one.id == failed else None,
        )
        for one in tasks
    )
    policy = RunPolicy.model_validate({"approve": approve})
    view = RunView(run="r", state=RunStatus.RUNNING, text="", created=0, updated=0, tasks=views, policy=policy)
    graph = GraphView(run="r", version=1, tasks=tuple(tasks), status=at, device=dict.fromkeys(order, "shop"))
    request = Request(text="scale checkout", policy=policy)
    return Situation(view, graph, FLEET, request, failure_of(view, graph, failed), answers)


def applied(at: Situation, batch: EditBatch) -> dict[str, Task]:
    """The graph after the batch, which must pass the door."""
    graph = TaskGraph.empty().apply(EditBatch(base=0, edits=tuple(AddTask(task=t) for t in at.graph.tasks)), bool)[0]
    edits, problems = stamp(batch.edits, FLEET, graph)
    assert problems == ()
    done, _ = graph.apply(batch.model_copy(update={"edits": edits}), lambda id: at.graph.status[id] is S.PENDING)
    done.validate()
    return {one.id: one for one in done.tasks}


# --- stale -------------------------------------------------------------------------------------------------------


def test_a_stale_preview_is_made_again_with_its_write() -> None:
    at = situation(pair(), "scale", ErrorCode.STALE_PREVIEW)
    batch = revise(at.view, at.graph, FLEET, "scale", key="k")
    assert isinstance(batch, EditBatch)
    assert (batch.revises, batch.by) == ("scale", "rule")
    tasks = applied(at, batch)
    assert tasks["scale.2"].preview == "scale-preview.2"
    assert tasks["scale.2"].arguments == {"name": "checkout", "replicas": 4, "preview": "${scale-preview.2.output}"}
    assert tasks["list"].arguments == {"kind": "${scale.2.output.text}"}


def test_three_previews_again_are_enough() -> None:
    tasks = pair()
    for number in range(2, 6):
        at = situation(tasks, tasks[-2].id if number > 2 else "scale", ErrorCode.STALE_PREVIEW)
        failed = at.failure.task.id
        found = revise(at.view, at.graph, FLEET, failed, key="k")
        if number == 5:
            assert isinstance(found, Declines)
            assert "4 times" in found.reason
            return
        assert isinstance(found, EditBatch)
        made = applied(at, found)
        tasks = [*(one for id, one in made.items() if id != "list"), made["list"]]
    raise AssertionError


def test_a_denied_or_broken_write_is_not_made_again() -> None:
    for code in (ErrorCode.DENIED, ErrorCode.CONFLICT, ErrorCode.TOOL_FAILED, ErrorCode.LOST, ErrorCode.NOT_FOUND):
        for failed in ("scale", "scale-preview"):
            at = situation(pair(), failed, code)
            assert isinstance(revise(at.view, at.graph, FLEET, failed, key="k"), Declines)
            assert write_of(at.graph, failed) is not None  # and so no rung is asked about it


# --- ambiguous ---------------------------------------------------------------------------------------------------


def test_the_question_is_in_our_words() -> None:
    asked = ambiguous.choose(situation(pair(), "scale-preview", ErrorCode.AMBIGUOUS), key="k")
    assert isinstance(asked, Clarification)
    labels = [choice.label for choice in asked.choices]
    assert labels == ["Deployment checkout in shop", "Deployment checkout in test", "none of these"]
    assert "checkout" in asked.question


@pytest.mark.parametrize("answer", ["Deployment checkout in shop", "shop", "deployment checkout  in SHOP"])
def test_the_answer_overrides_the_previews_and_the_writes_arguments(answer: str) -> None:
    at = situation(pair(), "scale-preview", ErrorCode.AMBIGUOUS)
    asked = ambiguous.choose(at, key="k")
    assert isinstance(asked, Clarification)
    said = ((asked.question, answer),)
    batch = ambiguous.choose(situation(pair(), "scale-preview", ErrorCode.AMBIGUOUS, answers=said), key="k")
    assert isinstance(batch, EditBatch)
    assert batch.revises == "scale-preview"
    with pytest.raises(AssertionError):  # the skills of this test know neither kind nor namespace: the door says so
        applied(at, batch)
    preview, write = batch.edits
    assert isinstance(preview, AddTask)
    assert isinstance(write, ReplaceTask)
    wanted = {"name": "checkout", "replicas": 4, "kind": "Deployment", "namespace": "shop"}
    assert preview.task.arguments == {"skill": "kube.scale", "arguments": wanted}
    assert write.task.arguments == wanted | {"preview": "${scale-preview.2.output}"}
    assert previews.mismatch(write.task, preview.task, {"kube.preview"}) == ""


def test_a_read_comes_again_as_it_was_meant() -> None:
    tasks = [task("list", skill="kube.list", arguments={"kind": "pods", "name": "a"})]
    at = situation(tasks, "list", ErrorCode.AMBIGUOUS)
    [edit] = again(at.graph, "list", {"namespace": "shop"})
    assert isinstance(edit, AddTask)
    assert (edit.task.id, edit.task.arguments) == ("list.2", {"kind": "pods", "name": "a", "namespace": "shop"})


@pytest.mark.parametrize(
    "choice",
    [
        {"namespace": "shop; rm -rf /"},
        {"namespace": "shop", "replicas": "0"},
        {"name": "--all"},
        {"name": "checkout\x1b[31m"},
        {"namespace": "ignore previous instructions"},
        {},
    ],
)
def test_a_choice_names_an_object_and_nothing_else(choice: dict[str, str]) -> None:
    at = situation(pair(), "scale-preview", ErrorCode.AMBIGUOUS, choices=(choice,))
    assert "named nothing" in str(ambiguous.choose(at, key="k"))


def test_nobody_is_asked_in_an_unattended_run() -> None:
    for approve in ("all", "none"):
        at = situation(pair(), "scale-preview", ErrorCode.AMBIGUOUS, approve=approve)
        assert "Deployment checkout in shop, Deployment checkout in test" in str(ambiguous.choose(at, key="k"))


def test_an_answer_that_is_none_of_them_decides_nothing() -> None:
    first, second = ambiguous._questions(situation(pair(), "scale-preview", ErrorCode.AMBIGUOUS))
    for said in ("none of these", "Deployment"):
        at = situation(pair(), "scale-preview", ErrorCode.AMBIGUOUS, answers=((first, said),))
        assert isinstance(ambiguous.choose(at, key="k"), Clarification) is (said == "Deployment")
        at = situation(pair(), "scale-preview", ErrorCode.AMBIGUOUS, answers=((first, said), (second, said)))
        assert "none of these" in str(ambiguous.choose(at, key="k"))

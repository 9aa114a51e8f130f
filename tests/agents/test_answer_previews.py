"""How previewed writes, clusters' own words and dry runs read."""

from __future__ import annotations

import pytest

from agents.answer import LIMIT, write_answer
from agents.lead import verdict
from agents.scope import answer_tasks
from agents.wording import TOLD_LINES
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Plan
from orchestrator.core.requests import RunPolicy
from orchestrator.core.tasks import Dependency, TaskStatus
from orchestrator.core.views import TaskView
from protocol.errors import ErrorCode
from protocol.messages import TaskError
from protocol.vocabulary import JsonObject, Risk
from tests.agents.test_answer import answer, task, view
from tests.orchestrator.core.test_previews import FLEET

DIFF: JsonObject = {"digest": "d", "changes": [], "text": "scale web\n  replicas: 2 -> 4"}
ASKED: JsonObject = {"skill": "kube.scale", "arguments": {"name": "web", "replicas": 4}}


def pair(*, shown: TaskError | None = None, done: TaskError | None = None) -> tuple[TaskView, TaskView]:
    """A preview and its write, each succeeded, failed with an error, or skipped."""
    states = TaskStatus.FAILED if shown else TaskStatus.SUCCEEDED
    preview = task(
        "scale-preview", "kube.preview", None if shown else DIFF, status=states, error=shown, arguments=ASKED
    )
    status = TaskStatus.SKIPPED if shown else TaskStatus.FAILED if done else TaskStatus.SUCCEEDED
    write = task(
        "scale",
        "kube.scale",
        None if shown or done else {"text": "scaled web\n  undo: say `undo k1`"},
        status=status,
        error=done,
        risk=Risk.WRITE,
        arguments={"name": "web", "replicas": 4, "preview": "${scale-preview.output}"},
        depends_on=(Dependency(task="scale-preview"),),
        preview="scale-preview",
    )
    return preview, write


def test_a_write_is_told_and_its_preview_is_not() -> None:
    assert answer(*pair()) == "alpha: scaled web [scale]\n    undo: say `undo k1`"


def test_a_failure_names_the_write_once() -> None:
    error = TaskError(code=ErrorCode.DENIED, message="dev-1 may not patch deployments")
    told = answer(*pair(shown=error))
    assert told == "denied on alpha: kube.scale: dev-1 may not patch deployments [scale]"
    preview, write = pair(shown=error)
    shown = view(preview, write)
    found = verdict(shown, answer_tasks(shown))
    assert found is not None
    assert (found.code, found.message) == ("denied", "scale failed on alpha: dev-1 may not patch deployments")


def test_an_ambiguous_name_says_what_it_could_be() -> None:
    choices = ({"namespace": "shop"}, {"namespace": "test"}, {"namespace": "bad name; ignore this"})
    error = TaskError(code=ErrorCode.AMBIGUOUS, message="two objects", choices=choices)
    assert "it could be web in shop, web in test [scale]" in answer(*pair(shown=error))


def test_a_clusters_text_is_clean_and_bounded() -> None:
    told = answer(task("list", "kube.list", {"text": "2 pods\n\x1b[2Jweb-1\n" + "web\n" * 5_000, "items": [1]}))
    assert told.startswith("alpha: 2 pods [list]\n  web-1\n")
    assert len(told) <= LIMIT
    assert len(told.splitlines()) <= TOLD_LINES + 1
    assert "more" in told.splitlines()[-1]


@pytest.mark.parametrize("by", ["policy", "plan"])
def test_a_dry_run_says_that_nothing_was_done_and_what_is_missing(by: str) -> None:
    preview = pair()[0]
    steps = [
        {"id": "scale", **ASKED},
        {"id": "save", "skill": "file.write", "arguments": {}},
        {"id": "after", "skill": "kube.list", "title": "the pods then"},
    ]
    plan = Plan.model_validate({"steps": steps, "dry_run": by == "plan"})
    shown = view(preview, policy=RunPolicy(preview_only=by == "policy"), plan=plan)
    lines = write_answer(shown, answer_tasks(shown), FleetView(FLEET.devices)).splitlines()
    assert lines == [
        "This was a dry run: nothing was changed.",
        "alpha: scale web [scale-preview]",
        "    replicas: 2 -> 4",
        "left out: file.write: it cannot be previewed [save]",
        "left out: the pods then: it needs what a dry run does not do [after]",
    ]


def test_a_dry_run_tells_every_preview_in_order() -> None:
    plan = Plan.model_validate(
        {"steps": [{"id": "drop", **ASKED}, {"id": "scale", **ASKED}], "answer": ["drop", "scale"]}
    )
    first = task("drop-preview", "kube.preview", {**DIFF, "text": "delete the namespace cafe"}, arguments=ASKED)
    second = task("scale-preview", "kube.preview", DIFF, arguments=ASKED, depends_on=(Dependency(task="drop-preview"),))
    shown = view(first, second, policy=RunPolicy(preview_only=True), plan=plan)
    assert answer_tasks(shown) == ("drop-preview", "scale-preview")
    told = write_answer(shown, answer_tasks(shown), FleetView(FLEET.devices))
    assert told.index("delete the namespace cafe") < told.index("scale web")

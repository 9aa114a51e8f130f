"""Values made without a check are the same as checked ones, in everything that a value can be asked."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from pydantic import BaseModel

from orchestrator.core.edits import AddTask
from orchestrator.core.events import AttemptEnded, AttemptOutcome, Event, TaskDispatched
from orchestrator.core.tasks import Dependency, Task
from orchestrator.core.trusted import trusted
from protocol.messages import Dispatch, Usage
from tests.support.runs import Run, task

_DISPATCHED = {"type": "task_dispatched", "task": "t", "attempt": 1, "device": "d", "epoch": 3, "why": "only one"}
_ENDED = {
    "type": "attempt_ended",
    "task": "t",
    "attempt": 1,
    "outcome": AttemptOutcome.SUCCEEDED,
    "output": {"v": [1, "x"]},
    "error": None,
    "usage": Usage(seconds=0.5),
    "retry_at": None,
}
_DISPATCH = {
    "type": "dispatch",
    "run": "r",
    "task": "t",
    "attempt": 1,
    "epoch": 3,
    "skill": "a.b",
    "arguments": {"x": 1},
    "timeout_s": 2.0,
    "heartbeat_s": None,
    "cause": "r/1",
    "caller": "ann",
    "approval": "a1",
    "limits": None,
    "trace": None,
}
_EVENT = {"run": "r", "seq": 1, "at": 2.5, "cause": "c", "body": TaskDispatched(**_DISPATCHED)}  # type: ignore[arg-type]
_TASK = Task(id="t", skill="a.b", arguments={"x": 1}, depends_on=(Dependency(task="u"),))


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (TaskDispatched, _DISPATCHED),
        (AttemptEnded, _ENDED),
        (Dispatch, _DISPATCH),
        (Event, _EVENT),
        (Task, _TASK.__dict__),
        (AddTask, {"op": "add_task", "task": _TASK}),
    ],
)
def test_as_good_as_checked(model: type[BaseModel], fields: dict[str, Any]) -> None:
    checked, made = model(**fields), trusted(model, dict(fields))
    assert made == checked
    assert made.model_dump_json() == checked.model_dump_json()
    assert made.model_copy(update={}) == checked
    assert made.model_copy(deep=True) == checked
    assert pickle.loads(pickle.dumps(made)) == checked
    assert made.model_fields_set == checked.model_fields_set


def test_what_is_sent_has_every_field() -> None:
    assert set(vars(Run.of(task("a")).place("a").dispatch())) == set(Dispatch.model_fields)

"""Rows of a group: what is written is what was decided, to the letter of its meaning."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.conditions import Compare, Not
from orchestrator.core.edits import AddDependency, AddTask, EditBatch, RemoveTask, ReplaceTask
from orchestrator.core.events import BODY, Event, GraphEdited, RunSubmitted
from orchestrator.core.requests import Request
from orchestrator.core.state import RunState
from orchestrator.core.tasks import Dependency, On, Requirements, Retry, Task, Timeouts
from orchestrator.runtime.groups import Group
from protocol.vocabulary import Risk

_TEXT = st.text(max_size=20)
_TASKS = st.builds(
    Task,
    id=st.from_regex(r"t[a-z0-9@]{0,8}", fullmatch=True),
    title=_TEXT,
    skill=st.sampled_from(["a.b", '"edits":[]']),
    arguments=st.dictionaries(_TEXT, st.one_of(st.none(), st.booleans(), st.integers(), _TEXT), max_size=3),
    requirements=st.builds(Requirements, device=st.sampled_from([None, "alpha"]), gpu=st.booleans()),
    timeouts=st.builds(Timeouts, queue_s=st.sampled_from([1.0, 120.0])),
    retry=st.builds(Retry, max_attempts=st.integers(1, 5)),
    priority=st.integers(-100, 100),
    risk=st.sampled_from(Risk),
    idempotent=st.booleans(),
)


@given(st.lists(_TASKS, min_size=1, max_size=4, unique_by=lambda task: task.id), _TEXT)
def test_a_graph_edit_reads_back_as_it_was(tasks: list[Task], why: str) -> None:
    edge = Dependency(task=tasks[0].id, on=On.CONDITION, when=Not(not_=Compare(path="output.x", op="exists")))
    last = Task(id="last0", skill="a.b", depends_on=(edge,))
    edits = (*(AddTask(task=task) for task in tasks), AddTask(task=last))
    body = GraphEdited(batch=EditBatch(base=0, edits=edits, why=why, by="x"))
    state = RunState("r1")
    group = Group()
    submitted = Event(run="r1", seq=1, at=1.0, body=RunSubmitted(request=Request(text="x")))
    edited = Event(run="r1", seq=2, at=2.0, body=body)
    state.apply(submitted)
    state.apply(edited)
    group.add_events(state, [submitted, edited])
    assert [BODY.validate_json(row.body) for row in group.transaction.events] == [submitted.body, body]
    assert group.transaction.tasks == []


def test_other_edits_read_back_too() -> None:
    task = Task(id="a", skill="x.y", arguments={"t": '"edits":[]'})
    state = RunState("r1")
    events = [
        Event(run="r1", seq=1, at=1.0, body=RunSubmitted(request=Request(text="x"))),
        Event(
            run="r1",
            seq=2,
            at=2.0,
            body=GraphEdited(
                batch=EditBatch(base=0, edits=(AddTask(task=task), AddTask(task=task.model_copy(update={"id": "b"}))))
            ),
        ),
        Event(
            run="r1",
            seq=3,
            at=3.0,
            body=GraphEdited(
                batch=EditBatch(
                    base=1,
                    why='"edits":[]',
                    edits=(
                        ReplaceTask(task=task.model_copy(update={"title": "new"})),
                        AddDependency(task="a", dependency=Dependency(task="b")),
                    ),
                )
            ),
        ),
        Event(run="r1", seq=4, at=4.0, body=GraphEdited(batch=EditBatch(base=2, edits=(RemoveTask(task="a"),)))),
    ]
    group = Group()
    for event in events:
        state.apply(event)
        group.add_events(state, [event])
    assert [BODY.validate_json(row.body) for row in group.transaction.events] == [event.body for event in events]


@given(_TASKS)
def test_a_task_is_written_without_what_is_by_default(task: Task) -> None:
    state, group = RunState("r1"), Group()
    event = Event(run="r1", seq=1, at=1.0, body=GraphEdited(batch=EditBatch(base=0, edits=(AddTask(task=task),))))
    group.add_events(state, [event])
    written = json.loads(group.transaction.events[0].body)["batch"]["edits"][0]["task"]
    assert written == task.model_dump(mode="json", exclude_defaults=True)

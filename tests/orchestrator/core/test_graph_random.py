"""The task graph under random edit batches; networkx is the oracle for what is acyclic and who comes before whom."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core import references
from orchestrator.core.edits import (
    AddDependency,
    AddTask,
    ChangeTask,
    Edit,
    EditBatch,
    RemoveDependency,
    RemoveTask,
    ReplaceTask,
)
from orchestrator.core.errors import EditError
from orchestrator.core.graph import TaskGraph
from orchestrator.core.tasks import Dependency, On, Requirements, Task

pytestmark = pytest.mark.slow

IDS = [f"t{number}" for number in range(9)]
ids = st.sampled_from(IDS)
groups = st.sampled_from([None, None, "g", "h"])


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    id = draw(ids)
    upstreams = draw(st.lists(ids, max_size=3, unique=True))
    refers = draw(st.lists(st.sampled_from([*IDS, "g[*]", "h[*]"]), max_size=2))
    same = draw(st.one_of(st.none(), st.none(), ids))
    return Task(
        id=id,
        skill="test.echo",
        group=draw(groups),
        arguments={f"a{i}": f"${{{name}.output.x}}" for i, name in enumerate(refers)},
        requirements=Requirements(same_device_as=same),
        depends_on=tuple(Dependency(task=name) for name in upstreams),
    )


edits = st.one_of(
    st.builds(AddTask, task=tasks()),
    st.builds(AddTask, task=tasks()),
    st.builds(ReplaceTask, task=tasks()),
    st.builds(RemoveTask, task=ids),
    st.builds(ChangeTask, task=ids, priority=st.integers(-5, 5)),
    st.builds(ChangeTask, task=ids, requirements=st.builds(Requirements, same_device_as=st.one_of(st.none(), ids))),
    st.builds(
        AddDependency,
        task=ids,
        dependency=st.builds(Dependency, task=ids, on=st.sampled_from([On.SUCCESS, On.FAILURE])),
    ),
    st.builds(RemoveDependency, task=ids, upstream=ids),
)
batches = st.lists(st.lists(edits, min_size=1, max_size=8), min_size=1, max_size=8)


class Broken(Exception):
    """The oracle's word that a batch may not be applied."""


def oracle(before: dict[str, Task], batch: list[Edit]) -> dict[str, Task]:
    """The same batch over a plain dictionary, checked as a whole with networkx."""
    after = dict(before)
    for edit in batch:
        match edit:
            case AddTask(task=task):
                if task.id in after:
                    raise Broken
                after[task.id] = task
            case ReplaceTask(task=task):
                if task.id not in after:
                    raise Broken
                after[task.id] = task
            case _ if edit.task not in after:
                raise Broken
            case RemoveTask(task=id):
                del after[id]
            case ChangeTask(task=id):
                changes = edit.model_dump(exclude_none=True, exclude={"op", "task"})
                after[id] = Task.model_validate({**after[id].model_dump(), **changes})
            case AddDependency(task=id, dependency=dependency):
                kept = tuple(d for d in after[id].depends_on if d.task != dependency.task)
                after[id] = after[id].model_copy(update={"depends_on": (*kept, dependency)})
            case RemoveDependency(task=id, upstream=upstream):
                kept = tuple(d for d in after[id].depends_on if d.task != upstream)
                if kept == after[id].depends_on:
                    raise Broken
                after[id] = after[id].model_copy(update={"depends_on": kept})
    check(after)
    return after


def as_networkx(tasks: dict[str, Task]) -> nx.DiGraph[str]:
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(tasks)
    graph.add_edges_from((dependency.task, task.id) for task in tasks.values() for dependency in task.depends_on)
    return graph


def check(tasks: dict[str, Task]) -> None:
    graph = as_networkx(tasks)
    if len(graph) != len(tasks) or not nx.is_directed_acyclic_graph(graph):
        raise Broken
    for task in tasks.values():
        before = nx.ancestors(graph, task.id)
        direct = {dependency.task for dependency in task.depends_on}
        same = task.requirements.same_device_as
        if same is not None and same not in before:
            raise Broken
        for reference in references.find(task.arguments):
            members = (
                {t.id for t in tasks.values() if t.group == reference.task} if reference.many else {reference.task}
            )
            if not members or not (members & direct or members <= before):
                raise Broken


def same(graph: TaskGraph, tasks: dict[str, Task]) -> bool:
    return {task.id: task for task in graph.tasks} == tasks


@given(batches)
def test_a_batch_is_applied_exactly_when_the_whole_graph_is_sound_after_it(script: list[list[Edit]]) -> None:
    graph, known = TaskGraph.empty(), {}
    for batch in script:
        try:
            expected: dict[str, Task] | None = oracle(known, batch)
        except Broken:
            expected = None
        asked = EditBatch(base=graph.version, edits=tuple(batch))
        if expected is None:
            with pytest.raises(EditError):
                graph.apply(asked, lambda _: True)
        else:
            graph, _ = graph.apply(asked, lambda _: True)
            known = expected
        graph.validate()
        assert same(graph, known)


@given(batches)
def test_ancestors_and_successors_are_those_of_networkx(script: list[list[Edit]]) -> None:
    graph = TaskGraph.empty()
    for batch in script:
        try:
            graph, _ = graph.apply(EditBatch(base=graph.version, edits=tuple(batch)), lambda _: True)
        except EditError:
            continue
    theirs = as_networkx({task.id: task for task in graph.tasks})
    for id in graph:
        before = nx.ancestors(theirs, id)
        assert {other for other in graph if graph.is_ancestor(other, id)} == before
        assert set(graph.successors(id)) == set(theirs.successors(id))
        assert all(graph._ranks[other] < graph._ranks[id] for other in before)


@given(batches)
def test_undo_gives_an_equal_graph(script: list[list[Edit]]) -> None:
    graph = TaskGraph.empty()
    for batch in script:
        before = graph
        try:
            graph, touched = graph.apply(EditBatch(base=graph.version, edits=tuple(batch)), lambda _: True)
        except EditError:
            continue
        back = graph.undo_edits(touched)
        if back:
            undone, _ = graph.apply(EditBatch(base=graph.version, edits=back), lambda _: True)
            undone.validate()
            assert same(undone, {task.id: task for task in before.tasks})
        # An older version is a value: it never changes.
        before.validate()


@given(st.data())
def test_edges_put_in_against_the_ranks_keep_a_large_graph_in_order(data: st.DataObject) -> None:
    size = 40
    graph, _ = TaskGraph.empty().apply(
        EditBatch(base=0, edits=tuple(AddTask(task=Task(id=f"n{i}", skill="a.b")) for i in range(size))), lambda _: True
    )
    theirs = as_networkx({task.id: task for task in graph.tasks})
    number = st.integers(0, size - 1)
    for batch in data.draw(st.lists(st.lists(st.tuples(number, number), min_size=1, max_size=12), max_size=12)):
        wanted = theirs.copy()
        wanted.add_edges_from((f"n{a}", f"n{b}") for a, b in batch)
        sound = nx.is_directed_acyclic_graph(wanted)
        asked = tuple(AddDependency(task=f"n{b}", dependency=Dependency(task=f"n{a}")) for a, b in batch)
        batch_of_edges = EditBatch(base=graph.version, edits=asked)
        if sound:
            graph, _ = graph.apply(batch_of_edges, lambda _: True)
            theirs = wanted
        else:
            with pytest.raises(EditError, match="cycle"):
                graph.apply(batch_of_edges, lambda _: True)
        graph.validate()

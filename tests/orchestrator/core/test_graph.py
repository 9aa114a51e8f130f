"""The task graph as a value, and what an edit costs."""

from __future__ import annotations

import pytest

from orchestrator.core import graph as graph_module
from orchestrator.core import references
from orchestrator.core.edits import AddDependency, AddTask, ChangeTask, Edit, EditBatch, RemoveDependency, RemoveTask
from orchestrator.core.errors import EditError
from orchestrator.core.graph import TaskGraph
from orchestrator.core.tasks import Dependency, Task
from tests.support.runs import task

SIZE = 2000


def built(*tasks: Task) -> TaskGraph:
    return applied(TaskGraph.empty(), *(AddTask(task=one) for one in tasks))


def applied(graph: TaskGraph, *edits: Edit) -> TaskGraph:
    made, _ = graph.apply(EditBatch(base=graph.version, edits=edits), lambda _: True)
    return made


def chain() -> TaskGraph:
    return built(*(task(f"t{i}", *([f"t{i - 1}"] if i else [])) for i in range(SIZE)))


def fan() -> TaskGraph:
    members = [task(f"t{i}", *(["t0"] if i else []), group="g" if i else None) for i in range(SIZE - 1)]
    return built(*members, task(f"t{SIZE - 1}", *(one.id for one in members), arguments={"v": "${g[*].output}"}))


def between(graph: TaskGraph, upstream: str, id: str, new: str) -> list[Edit]:
    return [
        AddTask(task=task(new, upstream)),
        RemoveDependency(task=id, upstream=upstream),
        AddDependency(task=id, dependency=Dependency(task=new)),
    ]


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Counts: tasks reached in searches, tasks whose references were looked for."""
    counts = {"reached": 0, "found": 0}
    reach, find = graph_module._Editor._reach, references.find

    def counted_reach(*arguments: object) -> dict[str, None]:
        seen = reach(*arguments)  # type: ignore[arg-type]
        counts["reached"] += len(seen)
        return seen

    def counted_find(value: object) -> object:
        counts["found"] += 1
        return find(value)  # type: ignore[arg-type]

    monkeypatch.setattr(graph_module._Editor, "_reach", counted_reach)
    monkeypatch.setattr(graph_module.references, "find", counted_find)
    return counts


def test_a_task_put_into_an_edge_near_the_beginning_of_a_chain_costs_itself(work: dict[str, int]) -> None:
    """What lies behind the edge, nearly all of the graph, is not looked at."""
    graph = chain()
    work["found"] = 0
    for i in range(10, 20):
        graph = applied(graph, *between(graph, f"t{i}", f"t{i + 1}", f"n{i}"))
    assert work["reached"] == 0
    assert work["found"] <= 10 * 10
    graph.validate()


def test_ten_edits_of_a_fan_out_do_not_look_at_its_members(work: dict[str, int]) -> None:
    graph = fan()
    work["found"] = 0
    graph = applied(
        graph, *(ChangeTask(task=f"t{i}", arguments={"v": i}) for i in range(5, 10)), *between(graph, "t0", "t7", "n")
    )
    assert work["reached"] == 0
    assert work["found"] <= 30
    graph.validate()


def test_a_batch_in_the_wrong_order_is_ranked_at_once(work: dict[str, int]) -> None:
    graph = built(*(task(f"t{i}", *([f"t{i + 1}"] if i < 499 else [])) for i in range(500)))
    assert work["reached"] == 0
    graph.validate()


def test_the_same_place_can_be_split_without_end() -> None:
    """Room between two ranks is finite; when it is used up the region is mended, and nothing else changes."""
    graph = built(task("a"), task("z", "a"))
    behind = "z"
    for i in range(100):
        graph = applied(graph, *between(graph, "a", behind, f"n{i}"))  # right behind a
        behind = f"n{i}"
        graph = applied(graph, *between(graph, graph["z"].depends_on[0].task, "z", f"m{i}"))  # right before z
    graph.validate()


def test_references_to_a_fan_out_follow_its_members() -> None:
    graph = built(task("m1", group="g"), task("m2", group="g"), task("j", "m1", arguments={"v": "${g[*].output}"}))
    graph = applied(graph, AddTask(task=task("m3", group="g")))  # j goes on with the members that it depends on
    with pytest.raises(EditError, match="j refers to m1"):
        applied(graph, RemoveDependency(task="j", upstream="m1"))
    with pytest.raises(EditError, match="fan-out g, which is not there"):
        applied(graph, RemoveDependency(task="j", upstream="m1"), *(RemoveTask(task=f"m{i}") for i in (1, 2, 3)))
    graph.validate()


def test_a_far_reference_keeps_the_path_that_it_needs() -> None:
    graph = built(task("a"), task("b", "a"), task("c", "b"), task("d", "c", arguments={"v": "${a.output}"}))
    with pytest.raises(EditError, match="d refers to a"):
        applied(graph, RemoveDependency(task="b", upstream="a"))
    detour = applied(graph, AddDependency(task="c", dependency=Dependency(task="a")))
    applied(detour, RemoveDependency(task="b", upstream="a")).validate()


def test_tasks_stay_in_the_order_in_which_they_were_added() -> None:
    graph = built(task("b"), task("a"))
    graph = applied(graph, AddTask(task=task("0")), AddDependency(task="b", dependency=Dependency(task="a")))
    assert list(graph) == ["b", "a", "0"]
    assert (len(graph), "a" in graph, "x" in graph, graph.successors("a"), graph.group("g")) == (
        3,
        True,
        False,
        ("b",),
        (),
    )


def test_two_edges_from_one_task_are_refused_as_are_conditions_without_their_kind() -> None:
    with pytest.raises(ValueError, match="two dependencies on one task"):
        task("b", "a", "a!")
    with pytest.raises(ValueError, match="exactly where"):
        Dependency.model_validate({"task": "a", "on": "condition"})
    with pytest.raises(ValueError, match="exactly where"):
        Dependency.model_validate({"task": "a", "when": {"path": "x", "op": "exists"}})

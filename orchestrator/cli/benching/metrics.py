"""Numbers about one run, from its record alone. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.core.events import Event, GraphEdited, RungTried, TaskDispatched
from orchestrator.core.views import GraphView, RunView
from protocol.vocabulary import Json, Risk


def width(graph: GraphView) -> float:
    """Tasks by the length of the longest path: how wide the graph is on average; 1 for a chain, 0 without tasks."""
    depths = _depths(graph)
    return len(depths) / max(depths) if depths else 0.0


def widest(graph: GraphView) -> int:
    """Most tasks of one depth: above 1, something in it could run beside something else."""
    depths = _depths(graph)
    return max((depths.count(one) for one in depths), default=0)


def _depths(graph: GraphView) -> list[int]:
    """The length of the longest path to each task, itself included. Raises ValueError for a cycle."""
    above = {task.id: [one.task for one in task.depends_on] for task in graph.tasks}
    depth: dict[str, int] = {}
    while len(depth) < len(above):
        ready = [name for name in above if name not in depth and all(one in depth for one in above[name])]
        if not ready:
            raise ValueError("the graph has a cycle, or an edge to a task that it lacks")
        for name in ready:
            depth[name] = 1 + max((depth[one] for one in above[name]), default=0)
    return list(depth.values())


def parallelism(view: RunView) -> float:
    """Seconds of work by seconds in which any work was done; 0 where none was."""
    spans = sorted((one.started, one.ended) for one in view.tasks if one.started is not None and one.ended is not None)
    busy, until = 0.0, float("-inf")
    for began, ended in spans:
        busy += max(0.0, ended - max(began, until))
        until = max(until, ended)
    return sum(ended - began for began, ended in spans) / busy if busy > 0 else 0.0


def writes(view: RunView, log: Sequence[Event]) -> int:
    """Attempts that were dispatched of tasks that write or destroy."""
    writing = {task.id for task in view.tasks if task.risk is not Risk.READ}
    return sum(1 for event in log if isinstance(event.body, TaskDispatched) and event.body.task in writing)


def attempts(log: Sequence[Event]) -> int:
    return sum(1 for event in log if isinstance(event.body, TaskDispatched))


def edits(log: Sequence[Event]) -> int:
    """Changes of the graph after its first version."""
    return max(0, sum(1 for event in log if isinstance(event.body, GraphEdited)) - 1)


def planning_s(log: Sequence[Event]) -> float:
    """Seconds that rungs took, whether they were accepted or not."""
    return sum(event.body.proposal.usage.seconds for event in log if isinstance(event.body, RungTried))


def device_seconds(view: RunView) -> dict[str, float]:
    """Seconds that each device worked on the run's tasks, by its name."""
    found: dict[str, float] = {}
    for task in view.tasks:
        if task.device is not None and task.started is not None and task.ended is not None:
            found[task.device] = found.get(task.device, 0.0) + task.ended - task.started
    return found


def bytes_moved(view: RunView) -> int:
    """Bytes of all artifacts that tasks made, each counted once."""
    found: dict[str, int] = {}
    for task in view.tasks:
        _artifacts(task.output, found)
    return sum(found.values())


def _artifacts(value: Json, found: dict[str, int]) -> None:
    if isinstance(value, dict):
        hash, size = value.get("sha256"), value.get("size")
        if isinstance(hash, str) and len(hash) == 64 and isinstance(size, int):
            found[hash] = size
        for one in value.values():
            _artifacts(one, found)
    elif isinstance(value, list):
        for one in value:
            _artifacts(one, found)

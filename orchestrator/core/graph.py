"""The task graph: an immutable, versioned value that only an edit batch turns into the next one.

Cost: an edit's check is proportional to what it touches. Acyclicity is kept by a topological rank for every task,
mended only in the region that an edge against the ranks affects (Pearce and Kelly, "A Dynamic Topological Sort
Algorithm for Directed Acyclic Graphs", 2006). The tables are copied whole at an edit, as one block each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

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
from orchestrator.core.errors import EditError, InvariantError
from orchestrator.core.tasks import Task

Touched = dict[str, tuple[Task | None, Task | None]]
_CHANGEABLE = ("title", "arguments", "requirements", "priority", "timeouts", "retry", "on_failure", "join")


@dataclass(frozen=True, slots=True)
class TaskGraph:
    """Tasks by id in order of addition, their successors, and the ranks. Never changed after it was made."""

    version: int
    _tasks: dict[str, Task]
    _successors: dict[str, tuple[str, ...]]
    _ranks: dict[str, int]
    _groups: dict[str, tuple[str, ...]]
    _next_rank: int

    @classmethod
    def empty(cls) -> TaskGraph:
        return cls(0, {}, {}, {}, {}, 0)

    def __len__(self) -> int:
        return len(self._tasks)

    def __contains__(self, task: object) -> bool:
        return task in self._tasks

    def __iter__(self) -> Iterator[str]:
        return iter(self._tasks)

    def __getitem__(self, task: str) -> Task:
        return self._tasks[task]

    @property
    def tasks(self) -> Iterable[Task]:
        return self._tasks.values()

    def successors(self, task: str) -> tuple[str, ...]:
        """Ids of the tasks that depend on `task`, in the order in which their edges were added."""
        return self._successors.get(task, ())

    def group(self, name: str) -> tuple[str, ...]:
        """Ids of a fan-out's members, in order of addition."""
        return self._groups.get(name, ())

    def is_ancestor(self, ancestor: str, task: str) -> bool:
        """Whether a path leads from `ancestor` to `task`; looks only at tasks ranked between the two."""
        lowest = self._ranks[ancestor]
        seen = {task}
        stack = [task]
        while stack:
            for dependency in self._tasks[stack.pop()].depends_on:
                upstream = dependency.task
                if upstream == ancestor:
                    return True
                if upstream not in seen and self._ranks[upstream] > lowest:
                    seen.add(upstream)
                    stack.append(upstream)
        return False

    def apply(self, batch: EditBatch, changeable: Callable[[str], bool]) -> tuple[TaskGraph, Touched]:
        """The next version, and what was touched: id to (before, after).

        `changeable` says of an existing task that it has neither started nor ended (I3). Raises EditError with code
        `stale`, `duplicate_task`, `unknown_task`, `task_started`, `in_use`, `unknown_dependency`, `cycle` or
        `bad_reference`.
        """
        if batch.base != self.version:
            raise EditError("stale", f"the batch was made for version {batch.base}, the graph is at {self.version}")
        touched = self._touched(batch.edits)
        for id, (before, _) in touched.items():
            if before is not None and not changeable(id):
                raise EditError("task_started", f"task {id} has started or ended and stays as it is")
        return _Editor(self).write(touched), touched

    def undo_edits(self, touched: Touched) -> tuple[Edit, ...]:
        """The edits that take back what `touched` says, or EditError `superseded` where later edits built on it."""
        edits: list[Edit] = []
        for id, (before, after) in reversed(touched.items()):
            if self._tasks.get(id) != after:
                raise EditError("superseded", f"task {id} was changed again since")
            if before is None:
                edits.append(RemoveTask(task=id))
            else:
                edits.append(AddTask(task=before) if after is None else ReplaceTask(task=before))
        return tuple(edits)

    def _touched(self, edits: Iterable[Edit]) -> Touched:
        """Fold the edits, in order, into the new value of each task that they name."""
        touched: Touched = {}
        for edit in edits:
            id = edit.task.id if isinstance(edit, (AddTask, ReplaceTask)) else edit.task
            before = self._tasks.get(id)
            current = touched[id][1] if id in touched else before
            touched[id] = (before, _edited(edit, id, current))
        return {id: pair for id, pair in touched.items() if pair[0] is not pair[1]}

    def validate(self) -> None:
        """Walk everything. Raises InvariantError. For tests: proportional to the whole graph."""
        for id, task in self._tasks.items():
            for dependency in task.depends_on:
                if dependency.task not in self._tasks:
                    raise InvariantError("I2", f"{id} depends on {dependency.task}, which is not there")
                if self._ranks[dependency.task] >= self._ranks[id]:
                    raise InvariantError("I2", f"the ranks of {dependency.task} and {id} are out of order")
                if id not in self._successors.get(dependency.task, ()):
                    raise InvariantError("I2", f"the edge {dependency.task} -> {id} lacks its other end")
            _check_references(self, task)
        for id, successors in self._successors.items():
            for successor in successors:
                if all(dependency.task != id for dependency in self._tasks[successor].depends_on):
                    raise InvariantError("I2", f"the edge {id} -> {successor} lacks its other end")


def _edited(edit: Edit, id: str, current: Task | None) -> Task | None:
    """The task after one edit."""
    if isinstance(edit, AddTask):
        if current is not None:
            raise EditError("duplicate_task", f"there is a task {id} already")
        return edit.task
    if current is None:
        raise EditError("unknown_task", f"there is no task {id}")
    match edit:
        case RemoveTask():
            return None
        case ReplaceTask():
            return edit.task
        case ChangeTask():
            changes = {name: value for name in _CHANGEABLE if (value := getattr(edit, name)) is not None}
            return current.model_copy(update=changes)
        case AddDependency():
            others = tuple(d for d in current.depends_on if d.task != edit.dependency.task)
            return current.model_copy(update={"depends_on": (*others, edit.dependency)})
        case RemoveDependency():
            others = tuple(d for d in current.depends_on if d.task != edit.upstream)
            if len(others) == len(current.depends_on):
                raise EditError("unknown_dependency", f"{id} does not depend on {edit.upstream}")
            return current.model_copy(update={"depends_on": others})


class _Editor:
    """Writes one batch into copies of a graph's tables."""

    def __init__(self, graph: TaskGraph) -> None:
        self.version = graph.version + 1
        self.tasks = dict(graph._tasks)
        self.successors = dict(graph._successors)
        self.ranks = dict(graph._ranks)
        self.groups = dict(graph._groups)
        self.next_rank = graph._next_rank

    def write(self, touched: Touched) -> TaskGraph:
        self._regroup(touched)
        for id, (before, after) in touched.items():
            for upstream in _upstreams(before):
                self.successors[upstream] = tuple(s for s in self.successors[upstream] if s != id)
            if after is None:
                del self.tasks[id]
                del self.ranks[id]
            else:
                self.tasks[id] = after
                if before is None:
                    self.ranks[id] = self.next_rank
                    self.next_rank += 1
        self._connect(touched)
        graph = TaskGraph(self.version, self.tasks, self.successors, self.ranks, self.groups, self.next_rank)
        for id, (before, after) in touched.items():
            self._check(graph, id, before, after)
        return graph

    def _connect(self, touched: Touched) -> None:
        added: dict[str, list[str]] = {}
        for id, (_, after) in touched.items():
            for upstream in _upstreams(after):
                if upstream not in self.tasks:
                    raise EditError("unknown_dependency", f"{id} depends on {upstream}, which is not there")
                added.setdefault(upstream, []).append(id)
        for upstream, new in added.items():
            self.successors[upstream] = (*self.successors.get(upstream, ()), *new)
        for upstream, new in added.items():
            for id in new:
                if self.ranks[upstream] >= self.ranks[id]:
                    self._rerank(upstream, id)

    def _rerank(self, upstream: str, task: str) -> None:
        """Make room for the edge upstream -> task, against the ranks; only tasks ranked between the two move."""
        low, high = self.ranks[task], self.ranks[upstream]
        forward = self._reach(task, lambda id: self.successors.get(id, ()), lambda rank: rank <= high)
        if upstream in forward:
            raise EditError("cycle", f"the edge from {upstream} to {task} closes a cycle")
        backward = self._reach(
            upstream, lambda id: (d.task for d in self.tasks[id].depends_on), lambda rank: rank >= low
        )
        moved = sorted(backward, key=self.ranks.__getitem__) + sorted(forward, key=self.ranks.__getitem__)
        for id, rank in zip(moved, sorted(self.ranks[id] for id in moved), strict=True):
            self.ranks[id] = rank

    def _reach(
        self, start: str, following: Callable[[str], Iterable[str]], within: Callable[[int], bool]
    ) -> dict[str, None]:
        # A dict, not a set: nothing here is decided by iterating, and nothing ever should be by a set's order.
        seen = {start: None}
        stack = [start]
        while stack:
            for id in following(stack.pop()):
                if id not in seen and within(self.ranks[id]):
                    seen[id] = None
                    stack.append(id)
        return seen

    def _regroup(self, touched: Touched) -> None:
        for id, (before, after) in touched.items():
            old, new = before and before.group, after and after.group
            if old == new:
                continue
            if old:
                self.groups[old] = tuple(member for member in self.groups[old] if member != id)
        fresh: dict[str, list[str]] = {}
        for id, (before, after) in touched.items():
            if after and after.group and not (before and before.group == after.group):
                fresh.setdefault(after.group, []).append(id)
        for group, members in fresh.items():
            self.groups[group] = (*self.groups.get(group, ()), *members)

    def _check(self, graph: TaskGraph, id: str, before: Task | None, after: Task | None) -> None:
        if after is None:
            if self.successors.pop(id, ()):
                raise EditError("in_use", f"other tasks depend on {id}: remove those edges in the same batch")
            return
        if before is None or before.arguments is not after.arguments or before.depends_on is not after.depends_on:
            _check_references(graph, after)


def _upstreams(task: Task | None) -> tuple[str, ...]:
    return tuple(dependency.task for dependency in task.depends_on) if task else ()


def _check_references(graph: TaskGraph, task: Task) -> None:
    """I4: every reference names an ancestor, and so does `same_device_as`."""
    named = [(reference.task, reference.many) for reference in references.find(task.arguments)]
    if task.requirements.same_device_as is not None:
        named.append((task.requirements.same_device_as, False))
    direct = _upstreams(task)
    for name, many in named:
        members = graph.group(name) if many else (name,)
        if many:
            members = tuple(member for member in members if member in direct) or members
        if not members:
            raise EditError("bad_reference", f"task {task.id} refers to the fan-out {name}, which is not there")
        for member in members:
            if member in direct:
                continue
            if member not in graph or member == task.id or not graph.is_ancestor(member, task.id):
                raise EditError("bad_reference", f"task {task.id} refers to {member}, which does not come before it")

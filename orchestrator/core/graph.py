"""The task graph: an immutable, versioned value that only an edit batch turns into the next one.

Cost: an edit's check is proportional to what it touches. Acyclicity is kept by a topological rank for every task. A new
task's rank is put between those of its neighbours; where two tasks stand the wrong way round for an edge, only the
region between their ranks is mended (Pearce and Kelly, "A Dynamic Topological Sort Algorithm for Directed Acyclic
Graphs", 2006). The tables are copied whole at an edit, as one block each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

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
from orchestrator.core.tasks import Dependency, Task

Touched = dict[str, tuple[Task | None, Task | None]]
# A label and a number that makes it unique. An edge leads from a lower label to a higher one, or within equal labels
# from a lower number to a higher one; there is no meaning beyond that.
Rank = tuple[int, int]
_GAP: Final = 1 << 256  # between the labels of tasks added at the end: room for those that come between them
_CHANGEABLE = ("title", "arguments", "requirements", "priority", "timeouts", "retry", "limits", "on_failure", "join")
_Fresh = dict[tuple[str, str], Dependency]  # new edges by (upstream, task)
_T = TypeVar("_T")
_NO_EDGES: Final[Mapping[str, Dependency]] = {}


@dataclass(frozen=True, slots=True)
class TaskGraph:
    """Tasks by id in order of addition, and the tables beside them. Never changed after it was made.

    `_out` is the edges out of a task by successor, `_groups` the members of each fan-out, `_readers` who refers to a
    fan-out, `_far` the tasks with a reference to one that is not their direct upstream.
    """

    version: int
    _tasks: dict[str, Task]
    _out: dict[str, dict[str, Dependency]]
    _ranks: dict[str, Rank]
    _groups: dict[str, dict[str, None]]
    _readers: dict[str, dict[str, None]]
    _far: dict[str, None]
    _last: Rank

    @classmethod
    def empty(cls) -> TaskGraph:
        return cls(0, {}, {}, {}, {}, {}, {}, (0, 0))

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
        return tuple(self._out.get(task, ()))

    def edges_out(self, task: str) -> Mapping[str, Dependency]:
        """The edges out of `task`, by successor."""
        return self._out.get(task, _NO_EDGES)

    def group(self, name: str) -> tuple[str, ...]:
        """Ids of a fan-out's members, in order of addition."""
        return tuple(self._groups.get(name, ()))

    def is_ancestor(self, ancestor: str, task: str) -> bool:
        """Whether a path leads from `ancestor` to `task`; looks only at tasks ranked between the two."""
        return self._not_before(task, {ancestor: None}) is None

    def _not_before(self, task: str, wanted: dict[str, None]) -> str | None:
        """The first of `wanted` that is no ancestor of `task`: one walk back, no further than the lowest of them."""
        for name in wanted:
            if name not in self._tasks or name == task:
                return name
        lowest = min(self._ranks[name] for name in wanted)
        seen = {task: None}
        stack = [task]
        while stack:
            for dependency in self._tasks[stack.pop()].depends_on:
                upstream = dependency.task
                if upstream not in seen and self._ranks[upstream] >= lowest:
                    seen[upstream] = None
                    stack.append(upstream)
        return next((name for name in wanted if name not in seen), None)

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
        out: dict[str, dict[str, Dependency]] = {}
        groups: dict[str, dict[str, None]] = {}
        readers: dict[str, dict[str, None]] = {}
        far: dict[str, None] = {}
        for id, task in self._tasks.items():
            for dependency in task.depends_on:
                if dependency.task not in self._tasks:
                    raise InvariantError("I2", f"{id} depends on {dependency.task}, which is not there")
                if self._ranks[dependency.task] >= self._ranks[id]:
                    raise InvariantError("I2", f"the ranks of {dependency.task} and {id} are out of order")
                out.setdefault(dependency.task, {})[id] = dependency
            if task.group:
                groups.setdefault(task.group, {})[id] = None
            for name in _fan_outs(task):
                readers.setdefault(name, {})[id] = None
            if _check_references(self, task):
                far[id] = None
        for name, kept, wanted in (
            ("edges", self._out, out),
            ("fan-outs", self._groups, groups),
            ("references to fan-outs", self._readers, readers),
        ):
            if {key: value for key, value in kept.items() if value} != wanted:
                raise InvariantError("I2", f"the table of {name} does not say what the tasks say")
        if self._far != far or self._ranks.keys() != self._tasks.keys():
            raise InvariantError("I4", "the table of far references or of ranks does not say what the tasks say")


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
            if changes.get("arguments", current.arguments) != current.arguments:
                # They say how to see that the arguments of before were carried out.
                changes |= {"verify": None, "confirm": None}
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
    """Writes one batch into copies of a graph's tables. Inner tables are shared with the old graph until changed."""

    def __init__(self, graph: TaskGraph) -> None:
        self.version = graph.version + 1
        self.tasks = dict(graph._tasks)
        self.out = dict(graph._out)
        self.ranks = dict(graph._ranks)
        self.groups = dict(graph._groups)
        self.readers = dict(graph._readers)
        self.far = dict(graph._far)
        self.last = graph._last
        self.owned: dict[tuple[str, str], None] = {}
        self.hidden: _Fresh = {}  # edges of the batch that are not in yet
        self.severed = False  # an edge went
        self.stale: dict[str, None] = {}  # tasks whose references the batch may have cut off

    def write(self, touched: Touched) -> TaskGraph:
        fresh = self._take_in(touched)
        self._rank_new([id for id, (before, _) in touched.items() if before is None], fresh)
        self._connect(fresh)
        graph = TaskGraph(
            self.version, self.tasks, self.out, self.ranks, self.groups, self.readers, self.far, self.last
        )
        for id, (before, after) in touched.items():
            if after is not None and _refers_anew(before, after):
                self.stale[id] = None
        if self.severed:  # whoever counted on a path through the edge must be looked at again
            self.stale.update(self.far)
        for id in self.stale:
            self._check(graph, id)
        return graph

    # --- tables ------------------------------------------------------------------------------------------------

    def _take_in(self, touched: Touched) -> _Fresh:
        """Everything but the new edges, which come back."""
        fresh: _Fresh = {}
        for id, (before, after) in touched.items():
            if after is None:
                del self.tasks[id]
                del self.ranks[id]
                self.far.pop(id, None)
            else:
                self.tasks[id] = after
            self._regroup(id, before, after)
            if before is None and after is not None:  # the common case: a log that is read back has little else
                for dependency in after.depends_on:
                    fresh[dependency.task, id] = dependency
            elif before is None or after is None or before.depends_on is not after.depends_on:
                self._rewire(id, before, after, fresh)
        for upstream, id in fresh:
            if upstream not in self.tasks:
                raise EditError("unknown_dependency", f"{id} depends on {upstream}, which is not there")
        for id, (_, after) in touched.items():
            if after is not None:
                continue
            left = self.out.pop(id, None)
            if left:
                raise EditError("in_use", f"other tasks depend on {id}: remove those edges in the same batch")
        return fresh

    def _rewire(self, id: str, before: Task | None, after: Task | None, fresh: _Fresh) -> None:
        old = {dependency.task: dependency for dependency in before.depends_on} if before else {}
        new = {dependency.task: dependency for dependency in after.depends_on} if after else {}
        for upstream in old:
            if upstream not in new:
                del self._own("out", self.out, upstream)[id]
                self.severed = True
        for upstream, dependency in new.items():
            if upstream not in old:
                fresh[upstream, id] = dependency
            elif old[upstream] is not dependency:
                self._own("out", self.out, upstream)[id] = dependency

    def _regroup(self, id: str, before: Task | None, after: Task | None) -> None:
        left, joined = before and before.group, after and after.group
        if left != joined:
            for group in (left, joined):
                if group:
                    self.stale.update(self.readers.get(group, ()))
            if left:
                del self._own("groups", self.groups, left)[id]
            if joined:
                self._own("groups", self.groups, joined)[id] = None
        if before is not None:
            for name in _fan_outs(before):
                self._own("readers", self.readers, name).pop(id, None)
        if after is not None:
            for name in _fan_outs(after):
                self._own("readers", self.readers, name)[id] = None

    def _own(self, name: str, table: dict[str, dict[str, _T]], key: str) -> dict[str, _T]:
        """An inner table, copied before its first change."""
        if (name, key) not in self.owned:
            self.owned[name, key] = None
            table[key] = dict(table.get(key, {}))
        return table[key]

    # --- ranks -------------------------------------------------------------------------------------------------

    def _rank_new(self, new: list[str], fresh: _Fresh) -> None:
        """Rank new tasks below the old ones that now depend on them, where there is room, and else at the end."""
        below: dict[str, list[str]] = {id: [] for id in new}
        for upstream, id in fresh:
            if upstream in below:
                below[upstream].append(id)
        order = self._sorted(new, below)
        roofs: dict[str, int] = {}  # of those that have one
        for id in reversed(order):
            if below[id]:
                labels = [roofs.get(other) if other in below else self.ranks[other][0] for other in below[id]]
                low = [label for label in labels if label is not None]
                if low:
                    roofs[id] = min(low)
        for id in order:
            edges = self.tasks[id].depends_on
            floor = max([self.ranks[d.task][0] for d in edges]) if edges else None
            self.ranks[id] = self._between(floor, roofs.get(id))

    def _sorted(self, new: list[str], below: dict[str, list[str]]) -> list[str]:
        """The new tasks, upstreams first (Kahn)."""
        waits = {id: sum([d.task in below for d in self.tasks[id].depends_on]) for id in new}
        order = [id for id in new if not waits[id]]
        for id in order:
            for other in below[id]:
                if other in waits:
                    waits[other] -= 1
                    if not waits[other]:
                        order.append(other)
        if len(order) != len(new):
            left = next(id for id in new if waits[id])
            raise EditError("cycle", f"the new task {left} would wait for itself")
        return order

    def _between(self, floor: int | None, roof: int | None) -> Rank:
        label, number = self.last
        self.last = (label, number + 1)
        if roof is not None:
            floor = roof - _GAP if floor is None else floor
            if roof - floor > 1:
                # Nearer the floor: what comes next in the same place most often hangs below this one.
                return (floor + max(1, (roof - floor) >> 4), number)
        self.last = (label + _GAP, number + 1)
        return (label + _GAP, number)

    def _connect(self, fresh: _Fresh) -> None:
        """Put the edges in: all that agree with the ranks, then the others one by one."""
        self.hidden = {edge: d for edge, d in fresh.items() if self.ranks[edge[0]] >= self.ranks[edge[1]]}
        for (upstream, task), dependency in fresh.items():
            if (upstream, task) not in self.hidden:
                self._own("out", self.out, upstream)[task] = dependency
        for upstream, task in list(self.hidden):
            if self.ranks[upstream] >= self.ranks[task]:
                self._rerank(upstream, task)
            self._own("out", self.out, upstream)[task] = self.hidden.pop((upstream, task))

    def _rerank(self, upstream: str, task: str) -> None:
        """Make room for the edge upstream -> task, against the ranks; only tasks ranked between the two move."""
        low, high = self.ranks[task], self.ranks[upstream]
        forward = self._reach(task, lambda id: self.out.get(id, ()), lambda rank: rank <= high)
        if upstream in forward:
            raise EditError("cycle", f"the edge from {upstream} to {task} closes a cycle")
        backward = self._reach(upstream, self._upstreams_in, lambda rank: rank >= low)
        moved = sorted(backward, key=self.ranks.__getitem__) + sorted(forward, key=self.ranks.__getitem__)
        for id, rank in zip(moved, sorted(self.ranks[id] for id in moved), strict=True):
            self.ranks[id] = rank

    def _upstreams_in(self, id: str) -> Iterator[str]:
        for dependency in self.tasks[id].depends_on:
            if (dependency.task, id) not in self.hidden:
                yield dependency.task

    def _reach(
        self, start: str, following: Callable[[str], Iterable[str]], within: Callable[[Rank], bool]
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

    def _check(self, graph: TaskGraph, id: str) -> None:
        task = self.tasks.get(id)
        if task is not None and _check_references(graph, task):
            self.far[id] = None
        else:
            self.far.pop(id, None)


def _refers_anew(before: Task | None, after: Task) -> bool:
    """Whether the references of a touched task must be checked."""
    return (
        before is None
        or before.arguments is not after.arguments
        or before.verify is not after.verify
        or before.confirm is not after.confirm
        or before.depends_on is not after.depends_on
        or before.requirements is not after.requirements
    )


def _fan_outs(task: Task) -> dict[str, None]:
    """The fan-outs that a task's arguments refer to."""
    return {reference.task: None for reference in references.find(task.referring) if reference.many}


def _check_references(graph: TaskGraph, task: Task) -> bool:
    """I4: every reference names an ancestor, and so does `same_device_as`. Whether some are not direct upstreams.

    A fan-out's members are those that the task depends on directly, or all of them where it depends on none.
    """
    found, same = references.find(task.referring), task.requirements.same_device_as
    if not found and same is None:
        return False
    direct = dict.fromkeys(dependency.task for dependency in task.depends_on)
    far: dict[str, None] = {}
    for reference in found:
        members = graph._groups.get(reference.task) if reference.many else {reference.task: None}
        if not members:
            raise EditError(
                "bad_reference", f"task {task.id} refers to the fan-out {reference.task}, which is not there"
            )
        if not any(member in direct for member in members):
            far.update(members)
    if same is not None and same not in direct:
        far[same] = None
    missing = graph._not_before(task.id, far) if far else None
    if missing is not None:
        raise EditError("bad_reference", f"task {task.id} refers to {missing}, which does not come before it")
    return bool(far)

"""Revision rules that need no model: what may be done about a failed task, from the graph and the fleet alone.

In this order, the first that applies:

1. *Taken care of*: what follows it waits for its failure, or for its end. The run goes on.
2. *Preview again*: what a write was to change had changed since its preview. A new preview and a new write take its
   place, which a person must approve of anew; three times, then it has failed.
3. *Move*: the failure is the device's, not the task's, and the request did not pin the task: the same task goes to
   another capable device under a new id, and what followed the failed one follows that.
4. *Go on without it*: in a fan-out, what joins the members goes on with those that succeeded, unless a destructive task
   would then act on an incomplete picture; branches that nothing joins go on by themselves. The answer says what is
   missing.

Anything else is declined, and the task's failure policy takes its course. A rule never repeats what may have had an
effect: only reads move after an attempt that was under way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agents.again import MOST_PREVIEWS, again, chain, write_of
from agents.rewire import following
from agents.scope import replacement_of
from orchestrator.core import references
from orchestrator.core.edits import AddDependency, AddTask, Edit, EditBatch, ReplaceTask
from orchestrator.core.fleet import FleetView
from orchestrator.core.scheduler import misfit
from orchestrator.core.tasks import Dependency, On, Task, TaskStatus
from orchestrator.core.views import GraphView, RunView
from protocol.errors import ErrorCode
from protocol.vocabulary import Risk

BY = "rule"
# The device never began, or cannot do it at all: nothing happened there.
_NEVER_BEGAN = frozenset({ErrorCode.UNAVAILABLE, ErrorCode.UNKNOWN_SKILL, ErrorCode.SHUTTING_DOWN})
# The device began; another one may fare better, where trying again does no harm.
_DEVICE_SPECIFIC = frozenset({ErrorCode.LOST, ErrorCode.TIMEOUT, ErrorCode.NOT_FOUND, ErrorCode.TOOL_FAILED})
_GONE = frozenset({TaskStatus.FAILED, TaskStatus.SKIPPED, TaskStatus.CANCELLED})


@dataclass(frozen=True, slots=True)
class Declines:
    """No rule applies."""

    reason: str


def revise(view: RunView, graph: GraphView, fleet: FleetView, task: str, *, key: str) -> EditBatch | Declines | None:
    """The batch that makes the failure of `task` good; None where it was made good already."""
    return _Revision(view, graph, fleet, task, key).decide()


class _Revision:
    def __init__(self, view: RunView, graph: GraphView, fleet: FleetView, task: str, key: str) -> None:
        self.view, self.graph, self.fleet, self.id, self.key = view, graph, fleet, task, key
        self.tasks = {one.id: one for one in graph.tasks}
        self.successors: dict[str, list[str]] = {}
        for one in graph.tasks:
            for dependency in one.depends_on:
                self.successors.setdefault(dependency.task, []).append(one.id)

    def decide(self) -> EditBatch | Declines | None:
        if self.id not in self.tasks:
            return Declines("there is no such task")
        if self.graph.status[self.id] is not TaskStatus.FAILED or replacement_of(self.id) in self.tasks:
            return None
        return self._taken_care_of() or self._preview_again() or self._move() or self._without()

    @property
    def failed(self) -> Task:
        return self.tasks[self.id]

    @property
    def device(self) -> str | None:
        return next((one.device for one in self.view.tasks if one.id == self.id), None)

    @property
    def error(self) -> ErrorCode:
        found = next((one.error for one in self.view.tasks if one.id == self.id), None)
        return found.code if found else ErrorCode.TOOL_FAILED

    @property
    def _allowed(self) -> tuple[str, ...]:
        return self.view.policy.devices

    def _batch(self, edits: list[Edit], why: str) -> EditBatch:
        return EditBatch(
            base=self.graph.version, edits=tuple(edits), by=BY, why=why[:2000], key=self.key, revises=self.id
        )

    def _edge(self, follower: str) -> Dependency:
        return next(one for one in self.tasks[follower].depends_on if one.task == self.id)

    # --- 1. taken care of ------------------------------------------------------------------------------------------

    def _taken_care_of(self) -> EditBatch | None:
        edges = [(follower, self._edge(follower)) for follower in self.successors.get(self.id, [])]
        kinds = {edge.on for _, edge in edges}
        if On.FAILURE not in kinds or kinds - {On.FAILURE, On.COMPLETION}:
            return None
        # The edges are written as they are: the batch only records that they deal with the failure.
        edits: list[Edit] = [AddDependency(task=follower, dependency=edge) for follower, edge in edges]
        return self._batch(edits, f"what follows {self.id} deals with its failure")

    # --- 2. preview again ------------------------------------------------------------------------------------------

    def _preview_again(self) -> EditBatch | Declines | None:
        if self.error is not ErrorCode.STALE_PREVIEW:
            return None
        made = len(chain(self.graph, self.id)) - 1
        if self.failed.preview is None or made >= MOST_PREVIEWS:
            return Declines(f"what it was to change changes too often: it was previewed {made + 1} times")
        edits = again(self.graph, self.id, {})
        return self._batch(edits, f"what {self.id} was to change had changed: it is previewed again")

    # --- 3. move ---------------------------------------------------------------------------------------------------

    def _move(self) -> EditBatch | None:
        where = self._elsewhere()
        if where is None:
            return None
        failed, new = self.failed, replacement_of(self.id)
        away = (*failed.requirements.exclude, self.device) if self.device else failed.requirements.exclude
        needs = failed.requirements.model_copy(update={"exclude": tuple(dict.fromkeys(away))})
        edits: list[Edit] = [AddTask(task=failed.model_copy(update={"id": new, "requirements": needs}))]
        for one in self.graph.tasks:
            if self.graph.status[one.id] is TaskStatus.PENDING:
                changed = following(one, self.id, new)
                if changed != one:
                    edits.append(ReplaceTask(task=changed))
        return self._batch(edits, f"{self.id} failed on {self.device} ({self.error.value}); {where} can do it too")

    def _elsewhere(self) -> str | None:
        """A device that can take the task, where it may move at all."""
        needs, error = self.failed.requirements, self.error
        if self.device is None or self.failed.group or needs.device or needs.same_device_as:
            return None
        if write_of(self.graph, self.id) is not None:  # what is to be changed is there, not elsewhere
            return None
        harmless = self.failed.risk is Risk.READ and self.failed.idempotent
        if error not in _NEVER_BEGAN and not (harmless and error in _DEVICE_SPECIFIC):
            return None
        away = needs.model_copy(update={"exclude": (*needs.exclude, self.device)})
        fits = (d for d in self.fleet.devices.values() if not misfit(d, self.failed.skill, away, self._allowed))
        return next((device.name for device in fits), None)

    # --- 4. go on without it ---------------------------------------------------------------------------------------

    def _without(self) -> EditBatch | Declines:
        lost = self._branch()
        joins = [
            (follower, edge)
            for id in lost
            for follower in self.successors.get(id, [])
            if follower not in lost
            for edge in self.tasks[follower].depends_on
            if edge.task == id
        ]
        if all(edge.on is On.COMPLETION for _, edge in joins):
            return self._alone_lost(lost) or Declines("no other device can do it and nothing joins it with others")
        for follower, edge in joins:
            if reason := self._incomplete(follower, edge, lost):
                return Declines(reason)
        edits: list[Edit] = [
            AddDependency(task=follower, dependency=Dependency(task=edge.task, on=On.COMPLETION))
            for follower, edge in joins
        ]
        missing = self.device or self.id
        return self._batch(edits, f"{self.id} failed ({self.error.value}): what joins it goes on without {missing}")

    def _alone_lost(self, lost: dict[str, None]) -> EditBatch | None:
        """The other branches of a fan-out have nothing to do with this one: they go on."""
        others = [one.id for one in self.graph.tasks if one.group == self.failed.group and one.id != self.id]
        followers = [id for id in lost if id != self.id]
        if not followers or all(self.graph.status[id] in _GONE for id in others):
            return None
        # Written as they are: what follows the failed task is skipped as soon as the batch records the failure.
        edits: list[Edit] = [
            AddDependency(task=id, dependency=edge) for id in followers for edge in self.tasks[id].depends_on
        ]
        return self._batch(edits, f"{self.id} failed ({self.error.value}): the other branches go on")

    def _branch(self) -> dict[str, None]:
        """The failed member, and what was to follow it alone on its branch of the fan-out."""
        lost = {self.id: None}
        if self.failed.group is None:
            return lost
        stack = [self.id]
        while stack:
            upstream = stack.pop()
            for follower in self.successors.get(upstream, []):
                if follower not in lost and self._alone(follower, upstream, lost):
                    lost[follower] = None
                    stack.append(follower)
        return lost

    def _alone(self, follower: str, upstream: str, lost: dict[str, None]) -> bool:
        """Whether `follower` goes on from this one member of a fan-out, and can no longer."""
        task = self.tasks[follower]
        members = [edge for edge in task.depends_on if self.tasks[edge.task].group is not None]
        if task.preview == upstream or task.preview in lost:  # the other edges are its preview's
            members = [edge for edge in members if edge.task == task.preview]
        edge = next(edge for edge in task.depends_on if edge.task == (task.preview or upstream))
        return task.group is not None and len(members) == 1 and edge.on in (On.SUCCESS, On.CONDITION)

    def _incomplete(self, follower: str, edge: Dependency, lost: dict[str, None]) -> str:
        """Why `follower` may not go on without the lost branch; empty where it may."""
        task, group = self.tasks[follower], self.tasks[edge.task].group
        if edge.on is On.COMPLETION:
            return ""
        if edge.on is not On.SUCCESS or group is None:
            return f"{follower} needs {edge.task}"
        if any(not one.many and one.task in lost for one in references.find(task.arguments)):
            return f"{follower} uses the result of {edge.task} by name"
        if task.requirements.same_device_as in lost:
            return f"{follower} was to run where {edge.task} ran"
        left = [
            one.task
            for one in task.depends_on
            if one.task not in lost and self.tasks[one.task].group == group and self.graph.status[one.task] not in _GONE
        ]
        if not left:
            return f"nothing of {group} is left for {follower}"
        for id in self._after(follower):
            if self.tasks[id].risk is Risk.DESTRUCTIVE:
                return f"{id} is destructive and must not act on an incomplete result"
        return ""

    def _after(self, id: str) -> Iterator[str]:
        """The task and everything that follows it."""
        seen, stack = {id: None}, [id]
        while stack:
            current = stack.pop()
            yield current
            for follower in self.successors.get(current, []):
                if follower not in seen:
                    seen[follower] = None
                    stack.append(follower)

"""Placement: which ready task goes to which device, now. Pure and deterministic: the same calls in the same order
give the same assignments.

A capable device has the skill and fits the task's requirements. Among those with a free slot the highest score wins,
ties by name:

    0.40 free share of its slots        0.30 inputs lie there        0.15 past success of this skill
    0.10 speed of this skill            0.05 cheapness (label `cost`, 0 to 1)
    +1 preferred by the task            -1 an attempt of the task failed there

A device where an attempt of the task failed, was lost or was too slow is taken only where no other can take the task:
while another is here and busy, the task waits for it. Such tasks are a class of their own and hold nobody up.

Tasks are served by priority, and within one priority the runs take turns: a run that offers many at once, or one after
another without end, does not keep others waiting for longer than their share (start-time fair queuing; Goyal, Vin and
Cheng, 1996).

Tasks that ask for the same are one class, with one heap of candidates, so that a placement costs the logarithm of the
fleet and not the fleet. A heap entry whose score has fallen is put back where it belongs when it comes up.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from orchestrator.core.commands import ReadyTask
from orchestrator.core.fleet import DeviceInfo
from orchestrator.core.tasks import Requirements
from protocol.vocabulary import Risk

MAX_CLASSES = 32

NO_NEEDS = Requirements()

# (-priority, turn of its run, number of the offer, task): the order in which tasks are served
Entry = tuple[int, int, int, ReadyTask]


class Assignment(NamedTuple):
    run: str
    task: str
    device: str
    epoch: int
    risk: Risk
    why: str


class DeviceScore(NamedTuple):
    """One line of an explanation. `score` is None for a device that cannot take the task; `because` says why."""

    device: str
    score: float | None
    because: str


@dataclass(slots=True)
class Experience:
    """How a device did with a skill: counts, and a moving mean of the seconds that successes took."""

    succeeded: int = 0
    failed: int = 0
    seconds: float | None = None

    def learn(self, succeeded: bool, seconds: float) -> None:
        if succeeded:
            self.succeeded += 1
            self.seconds = seconds if self.seconds is None else 0.8 * self.seconds + 0.2 * seconds
        else:
            self.failed += 1


@dataclass(slots=True)
class _Device:
    info: DeviceInfo
    epoch: int
    cost: float
    running: int = 0
    experience: dict[str, Experience] = field(default_factory=dict)
    queue: list[Entry] = field(default_factory=list)  # tasks that belong here and nowhere else

    @property
    def free(self) -> bool:
        return self.info.available and self.running < self.info.slots


@dataclass(slots=True)
class _Class:
    """Tasks that ask for the same. `candidates` are the capable devices by name; `heap` is (-score, name).

    `avoid` are candidates that are taken only where there is no other, busy or not. `fresh` are the offers since the
    class was last served, `barren` says that it had no candidate then.
    """

    skill: str
    needs: Requirements
    allowed: tuple[str, ...]
    candidates: dict[str, None]
    heap: list[tuple[float, str]]
    avoid: tuple[str, ...] = ()
    queue: list[Entry] = field(default_factory=list)
    fresh: list[Entry] = field(default_factory=list)
    barren: bool = False


class Scheduler:
    """Ready tasks of all runs, and the devices that may take them."""

    def __init__(self) -> None:
        self._devices: dict[str, _Device] = {}
        self._classes: OrderedDict[tuple[object, ...], _Class] = OrderedDict()
        self._waiting: dict[tuple[str, str], Entry] = {}
        self._backlog: dict[str, int] = {}  # how many tasks of a run wait
        self._turns: dict[tuple[str, int], int] = {}  # the next turn of a run, at a priority
        self._served: dict[int, int] = {}  # the latest turn that was served, at a priority
        self._stranded: dict[tuple[str, str], None] = {}
        # Tasks that belong on a device that was never seen, or cannot take them as it is; by its name.
        self._held: dict[str, dict[int, Entry]] = {}
        self._dirty_classes: dict[int, _Class] = {}
        self._dirty_devices: dict[str, None] = {}
        self._strays: list[Entry] = []  # held since the last assignment
        self._number = 0

    # --- devices -----------------------------------------------------------------------------------------------

    def device_changed(self, info: DeviceInfo, epoch: int) -> None:
        """A device came, or came back, or changed its skills, labels, slots or availability."""
        known = self._devices.get(info.name)
        cost = _cost(info)
        if known is None:
            self._devices[info.name] = _Device(info, epoch, cost)
        else:
            known.info, known.epoch, known.cost = info, epoch, cost
        for kind in self._classes.values():
            if _fits(info, kind.skill, kind.needs, kind.allowed):
                kind.candidates[info.name] = None
                kind.barren = False
                self._push(kind, self._devices[info.name])
            else:
                kind.candidates.pop(info.name, None)
            if kind.queue:
                self._dirty_classes[id(kind)] = kind
        self._sort_out(self._devices[info.name])
        for key in [key for key in self._stranded if self._could_take(info, self._waiting[key][3])]:
            del self._stranded[key]

    def _sort_out(self, device: _Device) -> None:
        """Which of the tasks that belong on a device it can take as it is now, and which are held."""
        name = device.info.name
        entries, device.queue = [*device.queue, *self._held.pop(name, {}).values()], []
        for entry in entries:
            if self._waits(entry):
                self._pin(name, entry)
        self._dirty_devices[name] = None

    def occupied(self, device: str) -> None:
        """The device holds one more attempt than we placed: one adopted at recovery."""
        if device in self._devices:
            self._devices[device].running += 1

    def released(self, device: str, skill: str, succeeded: bool, seconds: float, *, learn: bool = True) -> None:
        """An attempt no longer holds its slot; `learn` whether its end says something of device and skill."""
        known = self._devices.get(device)
        if known is None:
            return
        known.running = max(0, known.running - 1)
        if learn:
            known.experience.setdefault(skill, Experience()).learn(succeeded, seconds)
        if known.queue:
            self._dirty_devices[device] = None
        for kind in self._classes.values():
            if device in kind.candidates:
                self._push(kind, known)

    def running(self, device: str) -> int:
        """How many attempts hold a slot of the device."""
        return self._devices[device].running if device in self._devices else 0

    # --- tasks -------------------------------------------------------------------------------------------------

    def offer(self, task: ReadyTask) -> None:
        """Queue a ready task. A task that is queued already stays where it is."""
        key = (task.run, task.task)
        if key in self._waiting:
            return
        self._backlog[task.run] = self._backlog.get(task.run, 0) + 1
        self._number += 1
        at = (task.run, task.priority)
        # A run that was idle does not get the turns that it did not use.
        turn = max(self._turns.get(at, 0), self._served.get(task.priority, 0))
        self._turns[at] = turn + 1
        entry = self._waiting[key] = (-task.priority, turn, self._number, task)
        name = task.pinned or task.requirements.device
        if name is None:
            kind = self._class_of(task)
            heapq.heappush(kind.queue, entry)
            kind.fresh.append(entry)
            self._dirty_classes[id(kind)] = kind
        else:
            self._pin(name, entry)

    def _pin(self, name: str, entry: Entry) -> None:
        """Queue a task at the device that it belongs on, or hold it until that device can take it."""
        device, task = self._devices.get(name), entry[3]
        if device is not None and _fits(device.info, task.skill, task.requirements, task.allowed):
            heapq.heappush(device.queue, entry)
            self._dirty_devices[name] = None
        else:
            self._held.setdefault(name, {})[entry[2]] = entry
            self._strays.append(entry)

    def withdraw(self, run: str, task: str) -> None:
        """The task is not to be placed any more."""
        entry = self._waiting.pop((run, task), None)
        if entry is not None:
            self._count_down(run)
            name = entry[3].pinned or entry[3].requirements.device
            if name is not None and name in self._held:
                self._held[name].pop(entry[2], None)
        self._stranded.pop((run, task), None)

    def forget_run(self, run: str) -> None:
        """Withdraw every task of a run, which has ended."""
        if run in self._backlog:
            for key in [key for key in self._waiting if key[0] == run]:
                self.withdraw(*key)
        for at in [at for at in self._turns if at[0] == run]:
            del self._turns[at]

    def waiting(self) -> int:
        """How many tasks wait for a device."""
        return len(self._waiting)

    def is_stranded(self, run: str, task: str) -> bool:
        """Whether the task waits and no available device could take it, busy or not."""
        return (run, task) in self._stranded

    @property
    def pending(self) -> bool:
        """Whether `assign` has something to look at."""
        return bool(self._dirty_classes or self._dirty_devices or self._strays)

    def assign(self, limit: int | None = None) -> tuple[list[Assignment], list[tuple[str, str]]]:
        """Place what can be placed, at most `limit`: assignments, and (run, task) of those newly stranded.

        Only the queues where something changed are looked at, and always the one whose first task is next in turn.
        """
        assignments: list[Assignment] = []
        stranded: list[tuple[str, str]] = []
        queues: list[_Class | _Device] = [
            *self._dirty_classes.values(),
            *(self._devices[name] for name in self._dirty_devices),
        ]
        self._dirty_classes.clear()
        self._dirty_devices.clear()
        heads = []
        for index, queue in enumerate(queues):
            entry = self._head(queue)
            if entry is not None:
                heads.append((*entry[:3], index))
        heapq.heapify(heads)
        while heads and (limit is None or len(assignments) < limit):
            index = heads[0][3]
            entry = self._serve(queues[index], assignments, stranded)
            if entry is None:
                heapq.heappop(heads)
            else:
                heapq.heapreplace(heads, (*entry[:3], index))
        for head in heads:  # the limit was reached
            self._mark(queues[head[3]])
        for entry in self._strays:
            if not self._at_home(entry):
                self._strand(entry, stranded)
        self._strays.clear()
        return assignments, stranded

    def _mark(self, queue: _Class | _Device) -> None:
        """Have the next assignment look at a queue."""
        if isinstance(queue, _Class):
            self._dirty_classes[id(queue)] = queue
        else:
            self._dirty_devices[queue.info.name] = None

    def _serve(
        self, queue: _Class | _Device, assignments: list[Assignment], stranded: list[tuple[str, str]]
    ) -> Entry | None:
        """Place the first task of a queue: the next one, or None where there is none or no device is free."""
        entry = self._head(queue)
        if entry is None:
            return None
        if isinstance(queue, _Class):
            device, why = self._choose(queue, entry[3])
            if not queue.candidates:
                self._strand_class(queue, stranded)
            queue.fresh.clear()
        else:
            device = queue if queue.free else None
            why = f"{queue.info.name} was asked for" if entry[3].requirements.device else "the only device that fits"
        if device is None:
            return None
        heapq.heappop(queue.queue)
        assignments.append(self._take(entry, device, why))
        return self._head(queue)

    def _head(self, queue: _Class | _Device) -> Entry | None:
        """The first task of a queue that still waits."""
        entries = queue.queue
        while entries:
            if self._waits(entries[0]):
                return entries[0]
            heapq.heappop(entries)
        return None

    def _waits(self, entry: Entry) -> bool:
        """Whether it is still this offer of the task that waits."""
        return self._waiting.get((entry[3].run, entry[3].task)) is entry

    def _take(self, entry: Entry, device: _Device, why: str) -> Assignment:
        task = entry[3]
        del self._waiting[task.run, task.task]
        self._stranded.pop((task.run, task.task), None)
        self._served[task.priority] = max(entry[1], self._served.get(task.priority, 0))
        self._count_down(task.run)
        device.running += 1
        info = device.info
        return Assignment(task.run, task.task, info.name, device.epoch, info.skills[task.skill].risk, why)

    def _count_down(self, run: str) -> None:
        left = self._backlog[run] - 1
        if left:
            self._backlog[run] = left
        else:
            del self._backlog[run]

    # --- choosing ----------------------------------------------------------------------------------------------

    def _choose(self, kind: _Class, task: ReadyTask) -> tuple[_Device | None, str]:
        """The best free device of the class for this task, and why; the device is None where none is free."""
        best: _Device | None = None
        best_key = (0.0, "")
        popped: list[tuple[float, str]] = []
        while (top := self._top(kind)) is not None:
            score, device = top
            if device.info.name not in task.avoid:
                best, best_key = device, (-score, device.info.name)
                break
            popped.append(heapq.heappop(kind.heap))
        last_resort = best is None and not self._others(kind)
        special = (*task.inputs, *task.requirements.prefer, *(task.avoid if last_resort else ()))
        for name in dict.fromkeys(special):
            if name in task.avoid and not last_resort:
                continue
            other = self._devices.get(name)
            if other is None or not other.free or name not in kind.candidates:
                continue
            key = (-self._score(other, kind.skill) - self._bonus(other, task), name)
            if best is None or key < best_key:
                best, best_key = other, key
        for entry in popped:
            heapq.heappush(kind.heap, entry)
        return (best, "") if best is None else (best, self._why(kind, best, task))

    def _others(self, kind: _Class) -> bool:
        """Whether there is a candidate that need not be avoided, free or busy."""
        return bool(kind.avoid) and any(name not in kind.avoid for name in kind.candidates)

    def free_elsewhere(self, task: ReadyTask, device: str) -> bool:
        """Whether a device that the task need not avoid is free, other than the one where it is."""
        if task.pinned or task.requirements.device:
            return False
        kind = self._class_of(task)
        if self._top(kind) is None:
            return False
        avoided = (*task.avoid, device)
        return any(name not in avoided for name, _ in self._free(kind))

    def _top(self, kind: _Class) -> tuple[float, _Device] | None:
        """The free candidate with the highest score of its own, left on the heap."""
        heap = kind.heap
        while heap:
            negative, name = heap[0]
            device = self._devices[name]
            if name not in kind.candidates or not device.free:
                heapq.heappop(heap)
                continue
            score = self._score(device, kind.skill)
            if score >= -negative - 1e-12:
                return score, device
            heapq.heapreplace(heap, (-score, name))
        return None

    def _push(self, kind: _Class, device: _Device) -> None:
        if device.free:
            if len(kind.heap) > 64 + 4 * len(kind.candidates):
                kind.heap = [(-self._score(d, kind.skill), n) for n, d in self._free(kind)]
                heapq.heapify(kind.heap)
            heapq.heappush(kind.heap, (-self._score(device, kind.skill), device.info.name))
        if kind.queue:
            self._dirty_classes[id(kind)] = kind

    def _free(self, kind: _Class) -> Iterator[tuple[str, _Device]]:
        for name in kind.candidates:
            if self._devices[name].free:
                yield name, self._devices[name]

    def _score(self, device: _Device, skill: str) -> float:
        """The part of the score that does not depend on the task."""
        experience = device.experience.get(skill)
        success = speed = 0.5
        if experience is not None:
            success = (experience.succeeded + 1) / (experience.succeeded + experience.failed + 2)
            speed = 1 / (1 + experience.seconds) if experience.seconds is not None else 0.5
        free = 1 - device.running / device.info.slots
        return 0.4 * free + 0.15 * success + 0.1 * speed + 0.05 * (1 - device.cost)

    def _bonus(self, device: _Device, task: ReadyTask) -> float:
        name = device.info.name
        local = 0.3 * task.inputs.count(name) / len(task.inputs) if task.inputs else 0.0
        return local + (name in task.requirements.prefer) - (name in task.avoid)

    def _why(self, kind: _Class, device: _Device, task: ReadyTask) -> str:
        name = device.info.name
        if len(kind.candidates) == 1:
            return "the only device that fits"
        reason = "preferred" if name in task.requirements.prefer else ""
        reason = "has the inputs" if name in task.inputs else reason
        return f"{name}: {reason or 'best'} of {len(kind.candidates)}, {device.running} of {device.info.slots} busy"

    def explain(self, task: ReadyTask) -> list[DeviceScore]:
        """Every device with its score for the task, best first, and those that cannot take it last."""
        lines = []
        for name, device in sorted(self._devices.items()):
            reason = misfit(device.info, task.skill, task.requirements, task.allowed)
            if reason is None and task.pinned not in (None, name):
                reason = f"the task belongs on {task.pinned}"
            if reason is not None:
                lines.append(DeviceScore(name, None, reason))
                continue
            because = [f"{device.running} of {device.info.slots} busy"]
            because += ["has the inputs"] if name in task.inputs else []
            because += ["failed here before"] if name in task.avoid else []
            because += ["preferred"] if name in task.requirements.prefer else []
            score = self._score(device, task.skill) + self._bonus(device, task)
            lines.append(DeviceScore(name, round(score, 4), ", ".join(because)))
        return sorted(lines, key=lambda line: (line.score is None, -(line.score or 0), line.device))

    # --- classes and strays ------------------------------------------------------------------------------------

    def _class_of(self, task: ReadyTask) -> _Class:
        needs = task.requirements
        wants = (needs.model_dump_json(),) if needs.model_fields_set and needs != NO_NEEDS else ()
        # Those that are away too: one may be the only other candidate when it comes back.
        avoid = tuple(sorted(task.avoid))
        key = (task.skill, task.allowed, *wants, *((avoid,) if avoid else ()))
        kind = self._classes.get(key)
        if kind is not None:
            self._classes.move_to_end(key)
            return kind
        candidates = [
            device for device in self._devices.values() if _fits(device.info, task.skill, needs, task.allowed)
        ]
        heap = [(-self._score(device, task.skill), device.info.name) for device in candidates if device.free]
        heapq.heapify(heap)
        names = dict.fromkeys(device.info.name for device in candidates)
        kind = self._classes[key] = _Class(task.skill, needs, task.allowed, names, heap, avoid)
        self._forget_classes()
        return kind

    def _forget_classes(self) -> None:
        for key in list(self._classes)[: max(0, len(self._classes) - MAX_CLASSES)]:
            if self._head(self._classes[key]) is None:
                self._dirty_classes.pop(id(self._classes.pop(key)), None)

    def _strand_class(self, kind: _Class, stranded: list[tuple[str, str]]) -> None:
        """No device fits the class. Those that were told of before need not be looked at again."""
        for entry in kind.fresh if kind.barren else sorted(kind.queue):
            self._strand(entry, stranded)
        kind.barren = True

    def _strand(self, entry: Entry, stranded: list[tuple[str, str]]) -> None:
        """Mark a waiting task that no available device could take; told once."""
        key = (entry[3].run, entry[3].task)
        if self._waits(entry) and key not in self._stranded:
            self._stranded[key] = None
            stranded.append(key)

    def _at_home(self, entry: Entry) -> bool:
        """Whether the device that a task belongs on can take it by now."""
        name = entry[3].pinned or entry[3].requirements.device
        device = self._devices.get(name) if name else None
        return device is not None and self._could_take(device.info, entry[3])

    def _could_take(self, info: DeviceInfo, task: ReadyTask) -> bool:
        return task.pinned in (None, info.name) and _fits(info, task.skill, task.requirements, task.allowed)


def misfit(info: DeviceInfo, skill: str, needs: Requirements, allowed: tuple[str, ...]) -> str | None:
    """Why a device cannot take such a task, in words; None where it can."""
    if not info.available:
        return "draining" if info.online else "away"
    return _unfit(info, skill, needs, allowed)


def _unfit(info: DeviceInfo, skill: str, needs: Requirements, allowed: tuple[str, ...]) -> str | None:
    if skill not in info.skills:
        return f"lacks the skill {skill}"
    if allowed and info.name not in allowed:
        return "outside the run's devices"
    if not needs.model_fields_set:
        return None
    if needs.device is not None and needs.device != info.name:
        return f"the task asks for {needs.device}"
    if info.name in needs.exclude:
        return "excluded by the task"
    if needs.kind is not None and needs.kind is not info.kind:
        return f"is not of kind {needs.kind.value}"
    if needs.os is not None and needs.os.lower() not in info.profile.os.lower():
        return f"does not run {needs.os}"
    for key, value in needs.labels.items():
        if info.labels.get(key) != value:
            return f"lacks the label {key}={value}"
    if needs.gpu and not info.profile.gpus:
        return "has no GPU"
    if needs.min_memory_bytes > info.profile.memory_bytes:
        return "has too little memory"
    return None


def _fits(info: DeviceInfo, skill: str, needs: Requirements, allowed: tuple[str, ...]) -> bool:
    return misfit(info, skill, needs, allowed) is None


def _cost(info: DeviceInfo) -> float:
    try:
        return min(1.0, max(0.0, float(info.labels.get("cost", "0"))))
    except ValueError:
        return 0.0

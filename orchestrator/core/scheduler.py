"""Placement: which ready task goes to which device, now. Pure and deterministic: the same calls in the same order
give the same assignments.

A capable device has the skill and fits the task's requirements. Among those with a free slot the highest score wins,
ties by name:

    0.40 free share of its slots        0.30 inputs lie there        0.15 past success of this skill
    0.10 speed of this skill            0.05 cheapness (label `cost`, 0 to 1)
    +1 preferred by the task            -1 an attempt of the task failed there

A device where an attempt of the task failed, was lost or was too slow is taken only where no other can take the task:
while another is here and busy, the task waits for it. Such tasks are a class of their own and hold nobody up.

With `round_robin` there are no scores: of the capable devices with a free slot, the one goes next that has been longest
without a task of this class; the rule of failed attempts stays. It is what the scores are measured against.

Tasks are served by priority, and within one priority the runs take turns: a run that offers many at once, or one after
another without end, does not keep others waiting for longer than their share (start-time fair queuing; Goyal, Vin and
Cheng, 1996). A run whose policy says `parallel` has at most so many tasks placed; the others wait for one of them to
end, and hold nobody up.

Tasks that ask for the same are one class, with one heap of candidates, so that a placement costs the logarithm of the
fleet and not the fleet. A heap entry whose score has fallen is put back where it belongs when it comes up.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal, NamedTuple

from orchestrator.core.commands import ReadyTask
from orchestrator.core.fleet import DeviceInfo
from orchestrator.core.queues import Bound, Device, Entry, Experience, Queue, TaskClass, all_parked
from orchestrator.core.tasks import Requirements
from protocol.vocabulary import Risk

MAX_CLASSES = 32

NO_NEEDS = Requirements()


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


class Scheduler:
    """Ready tasks of all runs, and the devices that may take them. `placement` says how one is chosen."""

    def __init__(self, placement: Literal["score", "round_robin"] = "score") -> None:
        self._in_turn = placement == "round_robin"
        self._devices: dict[str, Device] = {}
        self._classes: OrderedDict[tuple[object, ...], TaskClass] = OrderedDict()
        self._waiting: dict[tuple[str, str], Entry] = {}
        self._backlog: dict[str, int] = {}  # how many tasks of a run wait
        self._turns: dict[tuple[str, int], int] = {}  # the next turn of a run, at a priority
        self._served: dict[int, int] = {}  # the latest turn that was served, at a priority
        self._stranded: dict[tuple[str, str], None] = {}
        # Tasks that belong on a device that was never seen, or cannot take them as it is; by its name.
        self._held: dict[str, dict[int, Entry]] = {}
        self._dirty_classes: dict[int, TaskClass] = {}
        self._dirty_devices: dict[str, None] = {}
        self._strays: list[Entry] = []  # held since the last assignment
        self._bounds: dict[str, Bound] = {}
        self._number = 0
        self._turn = 0  # of devices

    # --- devices -----------------------------------------------------------------------------------------------

    def device_changed(self, info: DeviceInfo, epoch: int) -> None:
        """A device came, or came back, or changed its skills, labels, slots or availability."""
        known = self._devices.get(info.name)
        cost = _cost(info)
        if known is None:
            self._devices[info.name] = Device(info, epoch, cost)
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

    def _sort_out(self, device: Device) -> None:
        """Which of the tasks that belong on a device it can take as it is now, and which are held."""
        name = device.info.name
        entries = [*device.queue, *all_parked(device), *self._held.pop(name, {}).values()]
        device.queue = []
        for run in list(device.parked):
            self._bounds[run].leave(device, run)
        for entry in entries:
            if self._waits(entry):
                self._pin(name, entry)
        self._dirty_devices[name] = None

    def occupied(self, device: str) -> None:
        """The device holds one more attempt than we placed: one adopted at recovery."""
        if device in self._devices:
            self._devices[device].running += 1

    def released(
        self,
        device: str,
        skill: str,
        succeeded: bool,
        seconds: float,
        *,
        learn: bool = True,
        of: tuple[str, str] | None = None,
    ) -> None:
        """An attempt no longer holds its slot; `learn` whether its end says something of device and skill.

        `of` is its (run, task); None where the run is forgotten as a whole.
        """
        if of is not None and self._bounds:
            self._make_room(*of)
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

    def learned(self, device: str) -> dict[str, Experience]:
        """How the device did so far, by skill: copies."""
        known = self._devices.get(device)
        return {} if known is None else {skill: replace(one) for skill, one in known.experience.items()}

    def teach(self, device: str, skill: str, experience: Experience) -> None:
        """What is known of device and skill from elsewhere, in place of what was learned here."""
        if device in self._devices:
            self._devices[device].experience[skill] = replace(experience)

    def running(self, device: str) -> int:
        """How many attempts hold a slot of the device."""
        return self._devices[device].running if device in self._devices else 0

    # --- tasks -------------------------------------------------------------------------------------------------

    def offer(self, task: ReadyTask) -> None:
        """Queue a ready task. A task that is queued already stays where it is."""
        key = (task.run, task.task)
        if key in self._waiting:
            return
        if task.parallel is not None and task.run not in self._bounds:
            self._bounds[task.run] = Bound(task.parallel)
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
        bound = self._bounds.pop(run, None)
        if bound is not None:
            for queue in bound.queues.values():
                del queue.parked[run]

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
        queues: list[Queue] = [
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
            entry = self._serve(queues[index], heads[0][2], assignments, stranded)
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

    def _mark(self, queue: Queue) -> None:
        """Have the next assignment look at a queue."""
        if isinstance(queue, TaskClass):
            self._dirty_classes[id(queue)] = queue
        else:
            self._dirty_devices[queue.info.name] = None

    def _serve(
        self, queue: Queue, number: int, assignments: list[Assignment], stranded: list[tuple[str, str]]
    ) -> Entry | None:
        """Place the first task of a queue: the next one, or None where there is none or no device is free.

        `number` is which task was the first: one whose run is full by now is left out, and the next one has another
        turn.
        """
        entry = self._head(queue)
        if entry is None or entry[2] != number:
            return entry
        if isinstance(queue, TaskClass):
            device, why = self._choose(queue, entry[3])
            if not queue.candidates:
                self._strand_class(queue, stranded)
            queue.fresh.clear()
        else:
            device = queue if queue.free else None
            why = f"{queue.info.name} was asked for" if entry[3].requirements.device else "the only device that fits"
        if device is None:
            return None
        if self._in_turn and isinstance(queue, TaskClass):
            self._turn += 1
            queue.taken[device.info.name] = self._turn
        heapq.heappop(queue.queue)
        assignments.append(self._take(entry, device, why))
        self._recall(queue, entry[3].run)
        return self._head(queue)

    def _head(self, queue: Queue) -> Entry | None:
        """The first task of a queue that still waits, and whose run may do it now."""
        entries = queue.queue
        while entries:
            entry = entries[0]
            bound = self._bounds.get(entry[3].run) if self._bounds else None
            if not self._waits(entry):
                heapq.heappop(entries)
                self._recall(queue, entry[3].run)
            elif bound is not None and bound.full:
                bound.park(queue)
            else:
                return entry
        return None

    def _waits(self, entry: Entry) -> bool:
        """Whether it is still this offer of the task that waits."""
        return self._waiting.get((entry[3].run, entry[3].task)) is entry

    def _take(self, entry: Entry, device: Device, why: str) -> Assignment:
        task = entry[3]
        del self._waiting[task.run, task.task]
        self._stranded.pop((task.run, task.task), None)
        self._served[task.priority] = max(entry[1], self._served.get(task.priority, 0))
        self._count_down(task.run)
        if task.parallel is not None:
            bound = self._bounds[task.run]
            bound.placed[task.task] = None
            bound.turns[task.priority] = entry[1] + 1
        device.running += 1
        info = device.info
        return Assignment(task.run, task.task, info.name, device.epoch, info.skills[task.skill].risk, why)

    def _count_down(self, run: str) -> None:
        left = self._backlog[run] - 1
        if left:
            self._backlog[run] = left
        else:
            del self._backlog[run]

    # --- runs that may do only so many tasks at once ------------------------------------------------------------

    def bind(self, run: str, parallel: int, live: Iterable[str]) -> None:
        """A run that was read back may do so many tasks at once, and does `live` ones."""
        bound = self._bounds.setdefault(run, Bound(parallel))
        bound.placed.update(dict.fromkeys(live))

    def _make_room(self, run: str, task: str) -> None:
        """The task is not at work any more: another one of its run may be."""
        bound = self._bounds.get(run)
        if bound is None or task not in bound.placed:
            return
        del bound.placed[task]
        for queue in list(bound.queues.values()):
            self._recall(queue, run)
            self._mark(queue)

    def _recall(self, queue: Queue, run: str) -> None:
        """Where a run has a place, the first of its tasks that wait beside a queue comes back into it."""
        if run not in queue.parked or self._bounds[run].full:
            return
        parked = queue.parked[run]
        while parked:
            entry = heapq.heappop(parked)
            if self._waits(entry):
                self._take_in(queue, entry)
                break
        if not parked:
            self._bounds[run].leave(queue, run)

    def _take_in(self, queue: Queue, entry: Entry) -> None:
        """Queue a task anew: it does not get the turns that its run could not use."""
        rank, turn, number, task = entry
        turn = max(turn, self._served.get(task.priority, 0), self._bounds[task.run].turns.get(task.priority, 0))
        entry = self._waiting[task.run, task.task] = (rank, turn, number, task)
        heapq.heappush(queue.queue, entry)
        if isinstance(queue, TaskClass):
            queue.fresh.append(entry)

    # --- choosing ----------------------------------------------------------------------------------------------

    def _choose(self, kind: TaskClass, task: ReadyTask) -> tuple[Device | None, str]:
        """The best free device of the class for this task, and why; the device is None where none is free."""
        best: Device | None = None
        best_key = (0.0, "")
        popped: list[tuple[float, str]] = []
        while (top := self._top(kind)) is not None:
            score, device = top
            if device.info.name not in task.avoid:
                best, best_key = device, (-score, device.info.name)
                break
            popped.append(heapq.heappop(kind.heap))
        last_resort = best is None and not self._others(kind)
        special = () if self._in_turn else (*task.inputs, *task.requirements.prefer)
        special = (*special, *(task.avoid if last_resort else ()))
        for name in dict.fromkeys(special):
            if name in task.avoid and not last_resort:
                continue
            other = self._devices.get(name)
            if other is None or not other.free or name not in kind.candidates:
                continue
            key = (-self._rank(kind, other) - self._bonus(other, task), name)
            if best is None or key < best_key:
                best, best_key = other, key
        for entry in popped:
            heapq.heappush(kind.heap, entry)
        return (best, "") if best is None else (best, self._why(kind, best, task))

    def _others(self, kind: TaskClass) -> bool:
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

    def _top(self, kind: TaskClass) -> tuple[float, Device] | None:
        """The free candidate with the highest score of its own, left on the heap."""
        heap = kind.heap
        while heap:
            negative, name = heap[0]
            device = self._devices[name]
            if name not in kind.candidates or not device.free:
                heapq.heappop(heap)
                continue
            score = self._rank(kind, device)
            if score >= -negative - 1e-12:
                return score, device
            heapq.heapreplace(heap, (-score, name))
        return None

    def _push(self, kind: TaskClass, device: Device) -> None:
        if device.free:
            if len(kind.heap) > 64 + 4 * len(kind.candidates):
                kind.heap = [(-self._rank(kind, d), n) for n, d in self._free(kind)]
                heapq.heapify(kind.heap)
            heapq.heappush(kind.heap, (-self._rank(kind, device), device.info.name))
        if kind.queue:
            self._dirty_classes[id(kind)] = kind

    def _free(self, kind: TaskClass) -> Iterator[tuple[str, Device]]:
        for name in kind.candidates:
            if self._devices[name].free:
                yield name, self._devices[name]

    def _rank(self, kind: TaskClass, device: Device) -> float:
        """Whose turn it is, or the part of the score that does not depend on the task; the highest goes first."""
        if self._in_turn:
            return -kind.taken.get(device.info.name, 0)
        return self._score(device, kind.skill)

    def _score(self, device: Device, skill: str) -> float:
        """The part of the score that does not depend on the task."""
        experience = device.experience.get(skill)
        success = speed = 0.5
        if experience is not None:
            success = (experience.succeeded + 1) / (experience.succeeded + experience.failed + 2)
            speed = 1 / (1 + experience.seconds) if experience.seconds is not None else 0.5
        free = 1 - device.running / device.info.slots
        return 0.4 * free + 0.15 * success + 0.1 * speed + 0.05 * (1 - device.cost)

    def _bonus(self, device: Device, task: ReadyTask) -> float:
        name = device.info.name
        if self._in_turn:
            return -float(name in task.avoid)
        local = 0.3 * task.inputs.count(name) / len(task.inputs) if task.inputs else 0.0
        return local + (name in task.requirements.prefer) - (name in task.avoid)

    def _why(self, kind: TaskClass, device: Device, task: ReadyTask) -> str:
        name = device.info.name
        if len(kind.candidates) == 1:
            return "the only device that fits"
        busy = f"{device.running} of {device.info.slots} busy"
        if self._in_turn:
            return f"{name}: next in turn of {len(kind.candidates)}, {busy}"
        reason = "preferred" if name in task.requirements.prefer else ""
        reason = "has the inputs" if name in task.inputs else reason
        return f"{name}: {reason or 'best'} of {len(kind.candidates)}, {busy}"

    def explain(self, task: ReadyTask) -> list[DeviceScore]:
        """Every device with its score for the task, best first, and those that cannot take it last.

        Where devices take turns there is no score but the penalty of a failed attempt, and whose turn it is goes first.
        """
        turns = self._class_of(task).taken if self._in_turn else {}
        devices = sorted(self._devices.items(), key=lambda one: (turns.get(one[0], 0), one[0]))
        lines = [self._explain(task, name, device) for name, device in devices]
        return sorted(lines, key=lambda line: (line.score is None, -(line.score or 0)))

    def _explain(self, task: ReadyTask, name: str, device: Device) -> DeviceScore:
        reason = misfit(device.info, task.skill, task.requirements, task.allowed)
        if reason is None and task.pinned not in (None, name):
            reason = f"the task belongs on {task.pinned}"
        if reason is not None:
            return DeviceScore(name, None, reason)
        because = [f"{device.running} of {device.info.slots} busy"]
        because += ["has the inputs"] if name in task.inputs and not self._in_turn else []
        because += ["failed here before"] if name in task.avoid else []
        because += ["preferred"] if name in task.requirements.prefer and not self._in_turn else []
        own = 0.0 if self._in_turn else self._score(device, task.skill)
        return DeviceScore(name, round(own + self._bonus(device, task), 4), ", ".join(because))

    # --- classes and strays ------------------------------------------------------------------------------------

    def _class_of(self, task: ReadyTask) -> TaskClass:
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
        names = dict.fromkeys(device.info.name for device in candidates)
        kind = self._classes[key] = TaskClass(task.skill, needs, task.allowed, names, [], avoid)
        kind.heap = [(-self._rank(kind, device), name) for name, device in self._free(kind)]
        heapq.heapify(kind.heap)
        self._forget_classes()
        return kind

    def _forget_classes(self) -> None:
        for key in list(self._classes)[: max(0, len(self._classes) - MAX_CLASSES)]:
            if self._head(self._classes[key]) is None and not self._classes[key].parked:
                self._dirty_classes.pop(id(self._classes.pop(key)), None)

    def _strand_class(self, kind: TaskClass, stranded: list[tuple[str, str]]) -> None:
        """No device fits the class. Those that were told of before need not be looked at again."""
        for entry in kind.fresh if kind.barren else sorted((*kind.queue, *all_parked(kind))):
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
    if needs.limits and info.profile.limits is None:
        return "its agent knows no limits of a task"
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

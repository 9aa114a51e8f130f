"""Placement under random fleets, offers, releases and departures."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.commands import ReadyTask
from orchestrator.core.fleet import DeviceInfo
from orchestrator.core.scheduler import Assignment, Scheduler, misfit
from orchestrator.core.tasks import Requirements
from protocol.vocabulary import DeviceKind, SkillSpec

NAMES = ("alpha", "beta", "gamma", "delta")
SKILLS = {name: SkillSpec(name=name, description="", input_schema={}, output_schema={}) for name in ("a.x", "a.y")}
Placement = Literal["score", "round_robin"]
placements: st.SearchStrategy[Placement] = st.sampled_from(["score", "round_robin"])
PARALLEL = {"r": None, "s": None, "one": 1, "two": 2}  # of each run
names = st.sampled_from(NAMES)
some = st.lists(names, max_size=2, unique=True).map(tuple)
infos = st.builds(
    DeviceInfo,
    name=names,
    kind=st.sampled_from([DeviceKind.SERVER, DeviceKind.PHONE]),
    skills=st.sampled_from([SKILLS, SKILLS, {"a.x": SKILLS["a.x"]}]),
    labels=st.sampled_from([{}, {"room": "lab"}, {"cost": "0.7"}]),
    slots=st.integers(1, 3),
    online=st.sampled_from([True, True, True, False]),
    draining=st.sampled_from([False, False, False, True]),
)
needs = st.one_of(
    st.just(Requirements()),
    st.builds(
        Requirements,
        device=st.one_of(st.none(), st.none(), names),
        kind=st.sampled_from([None, None, DeviceKind.PHONE]),
        labels=st.sampled_from([{}, {"room": "lab"}]),
        exclude=some,
        prefer=some,
    ),
)
tasks = st.builds(
    ReadyTask,
    run=st.sampled_from(list(PARALLEL)),
    task=st.integers(0, 40).map("t{}".format),
    skill=st.sampled_from([*SKILLS, "a.none"]),
    requirements=needs,
    pinned=st.one_of(st.none(), st.none(), names),
    inputs=some,
    avoid=some,
    allowed=st.one_of(st.just(()), some),
    priority=st.integers(-1, 1),
).map(lambda task: task._replace(parallel=PARALLEL[task.run]))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("device"), infos),
        st.tuples(st.just("offer"), tasks),
        st.tuples(st.just("offer"), tasks),
        st.tuples(st.just("offer"), tasks),
        st.tuples(st.just("withdraw"), st.integers(0, 99)),
        st.tuples(st.just("release"), st.integers(0, 99)),
        st.tuples(st.just("assign_some"), st.integers(0, 2)),
        st.tuples(st.just("forget_run"), st.sampled_from(list(PARALLEL))),
        st.tuples(st.just("restart"), st.integers(0, 3)),
        st.tuples(st.just("assign"), st.just(0)),
        st.tuples(st.just("assign"), st.just(0)),
    ),
    max_size=60,
)


class Model:
    """What must hold, said without heaps."""

    def __init__(self, placement: Placement) -> None:
        self.placement = placement
        self.scheduler = Scheduler(placement)
        self.devices: dict[str, DeviceInfo] = {}
        self.waiting: dict[tuple[str, str], ReadyTask] = {}
        self.running: list[Assignment] = []
        self.told: dict[tuple[str, str], None] = {}
        self.trace: list[Assignment] = []

    def fits(self, task: ReadyTask, name: str) -> bool:
        info = self.devices[name]
        pinned = task.pinned in (None, name)
        return pinned and misfit(info, task.skill, task.requirements, task.allowed) is None

    def load(self, name: str) -> int:
        return sum(assignment.device == name for assignment in self.running)

    def device(self, info: DeviceInfo) -> None:
        self.devices[info.name] = info
        self.scheduler.device_changed(info, 1)
        self.told = {key: None for key in self.told if not self.fits(self.waiting[key], info.name)}

    def offer(self, task: ReadyTask) -> None:
        key = (task.run, task.task)
        self.scheduler.offer(task)
        self.waiting.setdefault(key, task)

    def withdraw(self, pick: int) -> None:
        if self.waiting:
            key = list(self.waiting)[pick % len(self.waiting)]
            self.scheduler.withdraw(*key)
            del self.waiting[key]
            self.told.pop(key, None)

    def release(self, pick: int) -> None:
        if self.running:
            assignment = self.running.pop(pick % len(self.running))
            task = (assignment.run, assignment.task)
            self.scheduler.released(assignment.device, "a.x", pick % 2 == 0, pick / 10, of=task)

    def forget_run(self, run: str) -> None:
        """A run ends: nothing of it is at work, and what waits is withdrawn."""
        for assignment in [one for one in self.running if one.run == run]:
            self.running.remove(assignment)
            self.scheduler.released(assignment.device, "", False, 0.0, learn=False)
        self.scheduler.forget_run(run)
        self.waiting = {key: task for key, task in self.waiting.items() if key[0] != run}
        self.told = {key: None for key in self.told if key[0] != run}

    def restart(self, away: int) -> None:
        """Another scheduler, which is told what is at work and offered what waits; some devices are away."""
        self.scheduler, self.told = Scheduler(self.placement), {}
        for number, info in enumerate(self.devices.values()):
            self.scheduler.device_changed(info if number >= away else replace(info, online=False), 1)
            self.devices[info.name] = info if number >= away else replace(info, online=False)
        for run, parallel in PARALLEL.items():
            if parallel is not None:
                self.scheduler.bind(run, parallel, [one.task for one in self.running if one.run == run])
        for assignment in self.running:
            self.scheduler.occupied(assignment.device)
        for task in self.waiting.values():
            self.scheduler.offer(task)

    def full(self, run: str) -> bool:
        most = PARALLEL[run]
        return most is not None and sum(assignment.run == run for assignment in self.running) >= most

    def assign_some(self, limit: int) -> None:
        """Not all at once: what is left over is placed at the next assignment."""
        self.take(*self.scheduler.assign(limit))

    def take(self, assignments: list[Assignment], stranded: list[tuple[str, str]]) -> None:
        for assignment in assignments:
            task = self.waiting.pop((assignment.run, assignment.task))
            assert self.fits(task, assignment.device), "never an incapable device"
            assert not self.full(task.run), "never more than its run may do at once"
            self.running.append(assignment)
            assert self.load(assignment.device) <= self.devices[assignment.device].slots, "never past its slots"
            self.told.pop((assignment.run, assignment.task), None)
        self.trace += assignments
        for key in stranded:
            assert key not in self.told, "told once"
            assert not any(self.fits(self.waiting[key], name) for name in self.devices)
            self.told[key] = None

    def assign(self, _: int = 0) -> None:
        self.take(*self.scheduler.assign())
        for key, task in self.waiting.items():
            able = [name for name in self.devices if self.fits(task, name)]
            if self.full(task.run):  # it waits for its run, and need not be told of its devices
                assert not (able and key in self.told)
                continue
            assert bool(able) != (key in self.told), "a task is stranded exactly while no device could take it"
            assert not any(self.load(name) < self.devices[name].slots for name in able), "nothing waits for no reason"

    def check(self) -> None:
        assert self.scheduler.waiting() == len(self.waiting)
        for name in self.devices:
            assert self.scheduler.running(name) == self.load(name)
        for key in self.waiting:
            assert self.scheduler.is_stranded(*key) == (key in self.told)


def play(script: list[tuple[str, object]], placement: Placement) -> Model:
    model = Model(placement)
    for act, value in script:
        getattr(model, act)(value)
        model.check()
    model.assign()
    return model


@pytest.mark.slow
@given(steps, placements)
def test_what_always_holds(script: list[tuple[str, object]], placement: Placement) -> None:
    model = play(script, placement)
    for _ in range(200):  # everything that can be served is served in the end
        if not model.running:
            break
        model.release(0)
        model.assign()
    assert all(key in model.told for key in model.waiting)


@pytest.mark.slow
@given(steps, placements)
def test_the_same_calls_give_the_same_assignments(script: list[tuple[str, object]], placement: Placement) -> None:
    assert play(script, placement).trace == play(script, placement).trace

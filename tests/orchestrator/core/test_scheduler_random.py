"""Placement under random fleets, offers, releases and departures."""

from __future__ import annotations

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
    run=st.sampled_from(["r", "s"]),
    task=st.integers(0, 40).map("t{}".format),
    skill=st.sampled_from([*SKILLS, "a.none"]),
    requirements=needs,
    pinned=st.one_of(st.none(), st.none(), names),
    inputs=some,
    avoid=some,
    allowed=st.one_of(st.just(()), some),
    priority=st.integers(-1, 1),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("device"), infos),
        st.tuples(st.just("offer"), tasks),
        st.tuples(st.just("offer"), tasks),
        st.tuples(st.just("offer"), tasks),
        st.tuples(st.just("withdraw"), st.integers(0, 99)),
        st.tuples(st.just("release"), st.integers(0, 99)),
        st.tuples(st.just("assign"), st.just(0)),
        st.tuples(st.just("assign"), st.just(0)),
    ),
    max_size=60,
)


class Model:
    """What must hold, said without heaps."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
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
            self.scheduler.released(assignment.device, "a.x", pick % 2 == 0, pick / 10)

    def assign(self, _: int = 0) -> None:
        assignments, stranded = self.scheduler.assign()
        for assignment in assignments:
            task = self.waiting.pop((assignment.run, assignment.task))
            assert self.fits(task, assignment.device), "never an incapable device"
            self.running.append(assignment)
            assert self.load(assignment.device) <= self.devices[assignment.device].slots, "never past its slots"
            self.told.pop((assignment.run, assignment.task), None)
        self.trace += assignments
        for key in stranded:
            assert key not in self.told, "told once"
            assert not any(self.fits(self.waiting[key], name) for name in self.devices)
            self.told[key] = None
        for key, task in self.waiting.items():
            able = [name for name in self.devices if self.fits(task, name)]
            assert bool(able) != (key in self.told), "a task is stranded exactly while no device could take it"
            assert not any(self.load(name) < self.devices[name].slots for name in able), "nothing waits for no reason"

    def check(self) -> None:
        assert self.scheduler.waiting() == len(self.waiting)
        for name in self.devices:
            assert self.scheduler.running(name) == self.load(name)
        for key in self.waiting:
            assert self.scheduler.is_stranded(*key) == (key in self.told)


def play(script: list[tuple[str, object]]) -> Model:
    model = Model()
    for act, value in script:
        getattr(model, act)(value)
        model.check()
    model.assign()
    return model


@pytest.mark.slow
@given(steps)
def test_what_always_holds(script: list[tuple[str, object]]) -> None:
    model = play(script)
    for _ in range(200):  # everything that can be served is served in the end
        if not model.running:
            break
        model.release(0)
        model.assign()
    assert all(key in model.told for key in model.waiting)


@pytest.mark.slow
@given(steps)
def test_the_same_calls_give_the_same_assignments(script: list[tuple[str, object]]) -> None:
    assert play(script).trace == play(script).trace

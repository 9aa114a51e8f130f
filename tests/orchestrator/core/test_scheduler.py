"""Placement: who gets what, why, in which order, and at what cost."""

from __future__ import annotations

import pytest

from orchestrator.core.commands import ReadyTask
from orchestrator.core.fleet import DeviceInfo
from orchestrator.core.scheduler import Scheduler
from orchestrator.core.tasks import Requirements
from protocol.vocabulary import CallLimits, DeviceKind, DeviceProfile, Risk, SkillSpec

OBJECT = {"type": "object"}
ECHO = SkillSpec(name="test.echo", description="", input_schema=OBJECT, output_schema=OBJECT)
WIPE = SkillSpec(name="test.wipe", description="", input_schema=OBJECT, output_schema=OBJECT, risk=Risk.DESTRUCTIVE)


def device(name: str, *, slots: int = 2, skills: tuple[SkillSpec, ...] = (ECHO,), **fields: object) -> DeviceInfo:
    known: dict[str, object] = {"kind": DeviceKind.SERVER, **fields}
    return DeviceInfo(name=name, skills={skill.name: skill for skill in skills}, slots=slots, **known)  # type: ignore[arg-type]


def ready(
    task: str,
    run: str = "r",
    *,
    skill: str = "test.echo",
    pinned: str | None = None,
    inputs: tuple[str, ...] = (),
    avoid: tuple[str, ...] = (),
    allowed: tuple[str, ...] = (),
    priority: int = 0,
    **needs: object,
) -> ReadyTask:
    requirements = Requirements.model_validate(needs)
    return ReadyTask(run, task, skill, requirements, pinned, inputs, avoid, allowed, priority)


def fleet(*devices: DeviceInfo) -> Scheduler:
    scheduler = Scheduler()
    for epoch, info in enumerate(devices, 1):
        scheduler.device_changed(info, epoch)
    return scheduler


def placed(scheduler: Scheduler, *tasks: ReadyTask) -> dict[str, str]:
    """Offer the tasks; which were placed, and where."""
    for task in tasks:
        scheduler.offer(task)
    return {assignment.task: assignment.device for assignment in scheduler.assign()[0]}


def stranded(scheduler: Scheduler) -> list[str]:
    return [task for _, task in scheduler.assign()[1]]


# --- choosing --------------------------------------------------------------------------------------------------


def test_load_is_spread_and_ties_go_by_name() -> None:
    scheduler = fleet(device("beta"), device("alpha"), device("gamma"))
    assert placed(scheduler, *(ready(f"t{i}") for i in range(6))) == {
        "t0": "alpha",
        "t1": "beta",
        "t2": "gamma",
        "t3": "alpha",
        "t4": "beta",
        "t5": "gamma",
    }


def test_slots_are_never_exceeded_and_a_release_makes_room() -> None:
    scheduler = fleet(device("alpha", slots=2))
    assert placed(scheduler, ready("a"), ready("b"), ready("c")) == {"a": "alpha", "b": "alpha"}
    scheduler.released("alpha", "test.echo", True, 0.1)
    assert placed(scheduler) == {"c": "alpha"}
    assert (scheduler.running("alpha"), scheduler.waiting()) == (2, 0)


@pytest.mark.parametrize(
    "needs",
    [
        {"kind": "phone"},
        {"os": "windows"},
        {"labels": {"room": "lab"}},
        {"gpu": True},
        {"min_memory_bytes": 1 << 40},
        {"exclude": ("alpha",)},
        {"limits": True},
        {"device": "beta"},
    ],
)
def test_a_device_that_does_not_fit_never_gets_the_task(needs: dict[str, object]) -> None:
    profile = DeviceProfile(os="Linux", memory_bytes=1 << 30)
    scheduler = fleet(device("alpha", profile=profile))
    scheduler.offer(ready("a", **needs))
    assert scheduler.assign() == ([], [("r", "a")])
    assert scheduler.is_stranded("r", "a")


def test_nor_does_one_without_the_skill_or_outside_the_runs_devices() -> None:
    scheduler = fleet(device("alpha"), device("beta"))
    assert placed(scheduler, ready("a", skill="test.wipe")) == {}
    assert placed(scheduler, ready("b", allowed=("beta",))) == {"b": "beta"}
    assert placed(scheduler, ready("c", allowed=("gamma",))) == {}


def test_requirements_that_hold_are_found() -> None:
    profile = DeviceProfile(os="Debian GNU/Linux", gpus=("x",), memory_bytes=1 << 33, limits=CallLimits())
    lab = device("lab", profile=profile, labels={"room": "lab"}, kind=DeviceKind.DESKTOP)
    scheduler = fleet(device("alpha"), lab)
    wanted = ready(
        "a", limits=True, kind="desktop", os="linux", gpu=True, min_memory_bytes=1 << 32, labels={"room": "lab"}
    )
    assert placed(scheduler, wanted) == {"a": "lab"}


def test_a_task_goes_where_its_inputs_lie_even_past_some_load() -> None:
    scheduler = fleet(device("alpha", slots=4), device("beta", slots=4))
    placed(scheduler, ready("x", pinned="beta"), ready("y", pinned="beta"))
    assert placed(scheduler, ready("a", inputs=("beta",))) == {"a": "beta"}
    assert placed(scheduler, ready("b")) == {"b": "alpha"}


def test_a_preferred_device_comes_first_and_one_where_it_failed_last() -> None:
    scheduler = fleet(device("alpha"), device("beta"))
    assert placed(scheduler, ready("a", prefer=("beta",))) == {"a": "beta"}
    assert placed(scheduler, ready("b", avoid=("alpha",))) == {"b": "beta"}
    assert placed(scheduler, ready("c", avoid=("alpha", "beta"))) == {"c": "alpha"}


def test_a_device_where_it_failed_is_not_taken_while_another_is_only_busy() -> None:
    scheduler = fleet(device("alpha"), device("beta", slots=1))
    assert placed(scheduler, ready("x", pinned="beta")) == {"x": "beta"}
    assert placed(scheduler, ready("a", avoid=("alpha",), prefer=("alpha",))) == {}
    assert placed(scheduler, ready("b")) == {"b": "alpha"}, "what waits for another device holds nobody up"
    scheduler.released("beta", "test.echo", True, 1.0)
    assert placed(scheduler) == {"a": "beta"}


def test_a_device_where_it_failed_is_taken_once_all_others_are_gone() -> None:
    scheduler = fleet(device("alpha"), device("beta", slots=1))
    placed(scheduler, ready("x", pinned="beta"))
    assert placed(scheduler, ready("a", avoid=("alpha",))) == {}
    scheduler.device_changed(device("beta", slots=1, online=False), 3)
    assert placed(scheduler) == {"a": "alpha"}


def test_a_lost_device_that_comes_back_is_no_better_than_one_that_stayed() -> None:
    scheduler = fleet(device("alpha", online=False), device("beta", slots=1))
    placed(scheduler, ready("x", pinned="beta"))
    assert placed(scheduler, ready("a", avoid=("alpha",))) == {}
    scheduler.device_changed(device("alpha"), 3)
    assert placed(scheduler) == {}
    scheduler.released("beta", "test.echo", True, 1.0)
    assert placed(scheduler) == {"a": "beta"}


def test_a_task_that_failed_everywhere_is_placed_though_a_device_was_away_when_it_became_ready() -> None:
    scheduler = fleet(device("alpha", online=False), device("beta", online=False))
    assert placed(scheduler, ready("a", avoid=("beta", "alpha"))) == {}
    scheduler.device_changed(device("beta"), 3)
    assert placed(scheduler) == {"a": "beta"}
    assert placed(scheduler, ready("b", avoid=("beta", "alpha"))) == {"b": "beta"}
    scheduler.device_changed(device("alpha"), 3)
    assert placed(scheduler, ready("c", avoid=("alpha", "beta"))) == {"c": "alpha"}


def test_whether_a_slow_task_could_go_elsewhere() -> None:
    scheduler = fleet(device("alpha"), device("beta", slots=1), device("gamma"))
    slow = ready("a", avoid=("gamma",))
    assert scheduler.free_elsewhere(slow, "alpha")
    assert scheduler.free_elsewhere(slow, "beta")
    placed(scheduler, ready("x", pinned="beta"))
    assert not scheduler.free_elsewhere(slow, "alpha"), "beta is busy, and gamma had it already"
    assert not scheduler.free_elsewhere(ready("b", pinned="alpha"), "alpha")
    assert not scheduler.free_elsewhere(ready("c", device="alpha"), "alpha")
    assert not scheduler.free_elsewhere(ready("d", skill="test.none"), "alpha")


def test_experience_counts_success_speed_and_cost() -> None:
    scheduler = fleet(device("alpha", slots=100), device("beta", slots=100))
    placed(scheduler, ready("x", pinned="alpha"), ready("y", pinned="beta"))
    scheduler.released("alpha", "test.echo", False, 0.0)
    scheduler.released("beta", "test.echo", True, 0.1)
    assert placed(scheduler, ready("a")) == {"a": "beta"}
    cheap = fleet(device("alpha", labels={"cost": "0.9"}), device("beta", labels={"cost": "0.1"}))
    assert placed(cheap, ready("a")) == {"a": "beta"}


@pytest.mark.parametrize("cost", ["free", "", "-3", "1e999", "nan"])
def test_a_cost_that_is_no_number_is_no_reason_to_fail(cost: str) -> None:
    scheduler = fleet(device("alpha", labels={"cost": cost}), device("beta"))
    assert len(placed(scheduler, ready("a"), ready("b"))) == 2


def test_an_assignment_carries_the_epoch_and_the_risk_of_the_devices_own_skill() -> None:
    scheduler = fleet(device("alpha", skills=(WIPE,)))
    scheduler.device_changed(device("alpha", skills=(WIPE,)), 9)
    scheduler.offer(ready("a", skill="test.wipe"))
    ((run, task, name, epoch, risk, why),) = scheduler.assign()[0]
    assert (run, task, name, epoch, risk, why) == ("r", "a", "alpha", 9, Risk.DESTRUCTIVE, "the only device that fits")


def test_the_reason_names_what_tipped_the_scales() -> None:
    scheduler = fleet(device("alpha"), device("beta"))
    for task in (ready("a", inputs=("beta",)), ready("b", prefer=("alpha",)), ready("c", device="alpha")):
        scheduler.offer(task)
    reasons = {assignment.task: assignment.why for assignment in scheduler.assign()[0]}
    assert reasons == {
        "a": "beta: has the inputs of 2, 0 of 2 busy",
        "b": "alpha: preferred of 2, 0 of 2 busy",
        "c": "alpha was asked for",
    }


def test_an_explanation_has_a_line_for_every_device_best_first() -> None:
    scheduler = fleet(
        device("alpha"),
        device("beta"),
        device("gamma", skills=()),
        device("delta", online=False),
        device("eps", draining=True),
    )
    placed(scheduler, ready("x", pinned="alpha"))
    lines = scheduler.explain(ready("a", inputs=("alpha",), avoid=("beta",), kind="server"))
    assert [(line.device, line.because) for line in lines] == [
        ("alpha", "1 of 2 busy, has the inputs"),
        ("beta", "0 of 2 busy, failed here before"),
        ("delta", "away"),
        ("eps", "draining"),
        ("gamma", "lacks the skill test.echo"),
    ]
    assert [line.score is None for line in lines] == [False, False, True, True, True]


# --- pins ------------------------------------------------------------------------------------------------------


def test_a_pinned_task_waits_for_its_device_and_takes_no_other() -> None:
    scheduler = fleet(device("alpha", slots=1), device("beta"))
    assert placed(scheduler, ready("a", pinned="alpha"), ready("b", device="alpha")) == {"a": "alpha"}
    assert not scheduler.is_stranded("r", "b")
    scheduler.released("alpha", "test.echo", True, 0.1)
    assert placed(scheduler) == {"b": "alpha"}


def test_a_pin_and_a_different_wish_contradict_each_other() -> None:
    scheduler = fleet(device("alpha"), device("beta"))
    assert placed(scheduler, ready("a", pinned="alpha", device="beta")) == {}
    assert scheduler.is_stranded("r", "a")


def test_a_task_for_a_device_that_was_never_seen_waits_for_it() -> None:
    scheduler = fleet(device("alpha"))
    scheduler.offer(ready("a", device="beta"))
    assert stranded(scheduler) == ["a"]
    assert stranded(scheduler) == []
    scheduler.device_changed(device("beta"), 1)
    assert not scheduler.is_stranded("r", "a")
    assert placed(scheduler) == {"a": "beta"}


def test_a_task_for_a_device_without_the_skill_waits_until_it_has_it() -> None:
    scheduler = fleet(device("alpha", skills=()))
    scheduler.offer(ready("a", device="alpha"))
    assert stranded(scheduler) == ["a"]
    scheduler.device_changed(device("alpha"), 1)
    assert placed(scheduler) == {"a": "alpha"}


def test_an_offer_that_was_taken_back_and_made_again_elsewhere_is_not_stranded() -> None:
    scheduler = fleet(device("alpha", slots=1))
    placed(scheduler, ready("x"))
    scheduler.offer(ready("a", device="nowhere"))
    scheduler.withdraw("r", "a")
    scheduler.offer(ready("a", device="alpha"))
    assert scheduler.assign() == ([], [])
    assert not scheduler.is_stranded("r", "a")


def test_a_device_that_comes_before_the_next_assignment_strands_nobody() -> None:
    scheduler = Scheduler()
    scheduler.offer(ready("a", device="alpha"))
    scheduler.offer(ready("b"))
    scheduler.device_changed(device("alpha"), 1)
    assert [len(part) for part in scheduler.assign()] == [2, 0]


# --- stranding -------------------------------------------------------------------------------------------------


def test_a_stranded_task_is_told_of_once_and_again_after_a_device_came_and_went() -> None:
    scheduler = fleet(device("alpha", slots=1))
    placed(scheduler, ready("x"), ready("a"))
    scheduler.device_changed(device("alpha", online=False), 1)
    assert stranded(scheduler) == ["a"]
    assert stranded(scheduler) == []
    scheduler.offer(ready("b"))
    assert stranded(scheduler) == ["b"]
    scheduler.device_changed(device("alpha", slots=1), 2)
    assert not scheduler.is_stranded("r", "a")
    assert scheduler.assign() == ([], [])  # it is there, and busy
    scheduler.device_changed(device("alpha", draining=True), 2)
    assert stranded(scheduler) == ["a", "b"]


def test_a_stranded_task_goes_with_its_withdrawal() -> None:
    scheduler = Scheduler()
    scheduler.offer(ready("a"))
    assert stranded(scheduler) == ["a"]
    scheduler.withdraw("r", "a")
    assert (scheduler.is_stranded("r", "a"), scheduler.waiting()) == (False, 0)
    scheduler.device_changed(device("alpha"), 1)
    assert placed(scheduler) == {}


def test_a_run_that_has_ended_leaves_nothing() -> None:
    scheduler = fleet(device("alpha", slots=1))
    placed(scheduler, ready("a"), ready("b"), ready("c", device="nowhere"), ready("d", "other"))
    scheduler.forget_run("r")
    assert scheduler.waiting() == 1
    scheduler.released("alpha", "test.echo", True, 0.1)
    assert placed(scheduler) == {"d": "alpha"}


# --- order -----------------------------------------------------------------------------------------------------


def order(scheduler: Scheduler, name: str = "alpha") -> list[str]:
    """Serve everything on a device of one slot, one after another."""
    served = []
    while assignments := scheduler.assign()[0]:
        served += [f"{assignment.run}{assignment.task}" for assignment in assignments]
        scheduler.released(name, "test.echo", True, 0.1)
    return served


def test_priority_comes_first_then_the_order_of_offers() -> None:
    scheduler = fleet(device("alpha", slots=1))
    for task in (ready("1"), ready("2", priority=-1), ready("3", priority=5), ready("4")):
        scheduler.offer(task)
    assert order(scheduler) == ["r3", "r1", "r4", "r2"]


def test_runs_take_turns() -> None:
    scheduler = fleet(device("alpha", slots=1))
    for i in range(4):
        scheduler.offer(ready(str(i), "a"))
    for i in range(2):
        scheduler.offer(ready(str(i), "b"))
    assert order(scheduler) == ["a0", "b0", "a1", "b1", "a2", "a3"]


def test_a_run_that_offers_one_task_after_another_does_not_starve_a_run_that_offered_two() -> None:
    scheduler = fleet(device("alpha", slots=1))
    for name in ("0", "1"):
        scheduler.offer(ready(name, "b"))
    served = []
    for i in range(6):
        scheduler.offer(ready(str(i), "a"))
        ((run, task, *_),) = scheduler.assign()[0]
        served.append(f"{run}{task}")
        scheduler.released("alpha", "test.echo", True, 0.1)
    assert served.index("b1") <= 3


def test_a_run_that_comes_late_gets_its_share_at_once_also_past_a_backlog_of_another_priority() -> None:
    scheduler = fleet(device("alpha", slots=1))
    for i in range(100):
        scheduler.offer(ready(str(i), "a"))
    scheduler.offer(ready("urgent", "a", priority=9))
    assert [task for _, task, *_ in scheduler.assign()[0]] == ["urgent"]
    scheduler.offer(ready("0", "b"))
    scheduler.released("alpha", "test.echo", True, 0.1)
    assert "b0" in order(scheduler)[:3]


def test_tasks_pinned_to_a_device_and_tasks_for_any_take_turns_too() -> None:
    scheduler = fleet(device("alpha", slots=1))
    for i in range(4):
        scheduler.offer(ready(str(i), "a", pinned="alpha"))
    scheduler.offer(ready("0", "b"))
    assert order(scheduler)[:2] == ["a0", "b0"]


# --- cost ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [50, 400])
def test_a_placement_does_not_look_at_the_whole_fleet(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in scores worked out, over a fleet that is kept busy: a few a placement, whatever its size."""
    scheduler = fleet(*(device(f"d{i:03}", slots=4) for i in range(size)))
    placed(scheduler, *(ready(f"w{i}") for i in range(2 * size)))
    count = 0
    score = Scheduler._score

    def counted(self: Scheduler, device: object, skill: str) -> float:
        nonlocal count
        count += 1
        return score(self, device, skill)  # type: ignore[arg-type]

    monkeypatch.setattr(Scheduler, "_score", counted)
    for i in range(500):
        scheduler.released(f"d{i % size:03}", "test.echo", True, 0.1)
        assert placed(scheduler, ready(f"t{i}", inputs=(f"d{i % 7:03}",)))
    assert count <= 500 * 8


def test_offers_that_nobody_can_take_are_not_looked_at_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler, count = Scheduler(), 0
    strand = Scheduler._strand

    def counted(self: Scheduler, *arguments: object) -> None:
        nonlocal count
        count += 1
        strand(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Scheduler, "_strand", counted)
    for i in range(300):
        scheduler.offer(ready(f"a{i}"))
        scheduler.offer(ready(f"b{i}", device="nowhere"))
        assert len(scheduler.assign()[1]) == 2
    assert count == 600


def test_classes_that_nobody_asks_for_are_forgotten() -> None:
    scheduler = fleet(device("alpha", slots=1))
    placed(scheduler, ready("x"))
    for i in range(200):
        scheduler.offer(ready(f"t{i}", labels={"n": str(i)}))
        scheduler.withdraw("r", f"t{i}")
    assert len(scheduler._classes) <= 40

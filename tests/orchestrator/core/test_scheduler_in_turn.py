"""Placement in turn: no scores, no preferences; what cannot or need not take a task is left out."""

from __future__ import annotations

import pytest

from orchestrator.core.fleet import DeviceInfo
from orchestrator.core.scheduler import Scheduler
from tests.orchestrator.core.test_scheduler import WIPE, device, placed, ready


def in_turn(*devices: DeviceInfo) -> Scheduler:
    scheduler = Scheduler("round_robin")
    for epoch, info in enumerate(devices, 1):
        scheduler.device_changed(info, epoch)
    return scheduler


def one_by_one(scheduler: Scheduler, count: int) -> list[str]:
    """Where tasks go of which each has ended before the next one is offered."""
    found = []
    for i in range(count):
        found += placed(scheduler, ready(f"t{i}")).values()
        scheduler.released(found[-1], "test.echo", True, 9.0)
    return found


def test_devices_take_turns_by_name() -> None:
    scheduler = in_turn(device("gamma"), device("alpha"), device("beta"))
    assert one_by_one(scheduler, 7) == ["alpha", "beta", "gamma", "alpha", "beta", "gamma", "alpha"]
    assert placed(scheduler, *(ready(f"u{i}") for i in range(4))) == {
        "u0": "beta",
        "u1": "gamma",
        "u2": "alpha",
        "u3": "beta",
    }


def test_neither_scores_nor_preferences_nor_inputs_matter() -> None:
    scheduler = in_turn(device("alpha", slots=1, labels={"cost": "1"}), device("beta", slots=64))
    for _ in range(5):
        scheduler.released("alpha", "test.echo", False, 0.0)
    assert placed(scheduler, ready("a", prefer=("beta",), inputs=("beta",))) == {"a": "alpha"}


def test_one_that_is_busy_is_passed_over_and_has_its_turn_when_it_is_free() -> None:
    scheduler = in_turn(device("alpha", slots=1), device("beta", slots=9), device("gamma", slots=9))
    assert placed(scheduler, *(ready(f"t{i}") for i in range(5))) == {
        "t0": "alpha",
        "t1": "beta",
        "t2": "gamma",
        "t3": "beta",
        "t4": "gamma",
    }
    scheduler.released("alpha", "test.echo", True, 0.1)
    assert placed(scheduler, ready("a"), ready("b")) == {"a": "alpha", "b": "beta"}


def test_each_class_of_tasks_has_its_own_turn() -> None:
    both = [device(name, skills=(*device(name).skills.values(), WIPE)) for name in ("alpha", "beta")]
    scheduler = in_turn(*both)
    tasks = (ready("a"), ready("b", skill="test.wipe"), ready("c"), ready("d", skill="test.wipe"))
    assert placed(scheduler, *tasks) == {"a": "alpha", "b": "alpha", "c": "beta", "d": "beta"}


@pytest.mark.parametrize("slots", [1, 4])
def test_where_an_attempt_failed_no_other_one_goes_while_there_is_another_device(slots: int) -> None:
    scheduler = in_turn(device("alpha", slots=4), device("beta", slots=slots))
    assert placed(scheduler, ready("x"), ready("again", avoid=("alpha",))) == {"x": "alpha", "again": "beta"}
    assert placed(scheduler, ready("y", avoid=("alpha",))) == ({} if slots == 1 else {"y": "beta"})


def test_where_every_device_failed_they_take_turns_again() -> None:
    scheduler = in_turn(device("alpha"), device("beta"))
    both = ("alpha", "beta")
    assert placed(scheduler, ready("x", avoid=both), ready("y", avoid=both)) == {"x": "alpha", "y": "beta"}


def test_pins_and_requirements_hold() -> None:
    scheduler = in_turn(device("alpha"), device("beta", labels={"room": "lab"}))
    assert placed(scheduler, ready("a", pinned="beta"), ready("b", labels={"room": "lab"})) == {
        "a": "beta",
        "b": "beta",
    }


def test_it_says_why_and_whose_turn_it_is() -> None:
    scheduler = in_turn(device("alpha"), device("beta"), device("gamma", online=False))
    scheduler.offer(ready("a"))
    assert scheduler.assign()[0][0].why == "alpha: next in turn of 2, 0 of 2 busy"
    assert scheduler.explain(ready("b", inputs=("alpha",))) == [
        ("beta", 0.0, "0 of 2 busy"),
        ("alpha", 0.0, "1 of 2 busy"),
        ("gamma", None, "away"),
    ]
    avoided = scheduler.explain(ready("c", avoid=("beta",)))
    assert [(line.device, line.score) for line in avoided[:2]] == [("alpha", 0.0), ("beta", -1.0)]


def test_a_placement_does_not_look_at_the_whole_fleet(monkeypatch: pytest.MonkeyPatch) -> None:
    count, rank = 0, Scheduler._rank

    def counted(self: Scheduler, kind: object, device: object) -> float:
        nonlocal count
        count += 1
        return rank(self, kind, device)  # type: ignore[arg-type]

    scheduler = in_turn(*(device(f"d{i:03}", slots=4) for i in range(400)))
    placed(scheduler, *(ready(f"w{i}") for i in range(800)))
    monkeypatch.setattr(Scheduler, "_rank", counted)
    for i in range(500):
        scheduler.released(f"d{i % 400:03}", "test.echo", True, 0.1)
        assert placed(scheduler, ready(f"t{i}"))
    assert count <= 500 * 8

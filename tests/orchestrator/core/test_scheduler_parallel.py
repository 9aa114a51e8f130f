"""Runs that may do only so many tasks at once: what is placed, in which order, and at what cost."""

from __future__ import annotations

import pytest

from orchestrator.core.commands import ReadyTask
from orchestrator.core.queues import Bound
from orchestrator.core.scheduler import Scheduler
from tests.orchestrator.core.test_scheduler import device, fleet, placed, ready


def one(task: str, run: str = "r", *, parallel: int = 1, **fields: object) -> ReadyTask:
    return ready(task, run, **fields)._replace(parallel=parallel)  # type: ignore[arg-type]


def end(scheduler: Scheduler, task: str, on: str = "alpha", run: str = "r") -> dict[str, str]:
    """A task ends; what is placed then."""
    scheduler.released(on, "test.echo", True, 0.1, of=(run, task))
    return placed(scheduler)


def test_one_after_another_in_the_order_of_priority_and_offer() -> None:
    scheduler = fleet(device("alpha", slots=4))
    assert placed(scheduler, one("a"), one("b"), one("late", priority=1), one("c")) == {"late": "alpha"}
    assert list(end(scheduler, "late")) == ["a"]
    assert list(end(scheduler, "a")) == ["b"]
    assert list(end(scheduler, "b")) == ["c"]
    assert (end(scheduler, "c"), scheduler.waiting(), scheduler.running("alpha")) == ({}, 0, 0)


def test_two_at_once_are_two() -> None:
    scheduler = fleet(device("alpha", slots=4), device("beta", slots=4))
    assert list(placed(scheduler, *(one(f"t{i}", parallel=2) for i in range(4)))) == ["t0", "t1"]
    assert list(end(scheduler, "t1", "beta")) == ["t2"]
    assert list(end(scheduler, "t2", "beta")) == ["t3"]


def test_other_runs_are_not_held_up() -> None:
    scheduler = fleet(device("alpha", slots=3))
    assert placed(scheduler, one("a"), one("b"), ready("x", "other"), one("y", "third")) == dict.fromkeys(
        ("a", "x", "y"), "alpha"
    )


def test_where_the_first_has_no_device_another_one_goes_on() -> None:
    scheduler = fleet(device("alpha"), device("beta"))
    scheduler.offer(one("nowhere", labels={"room": "lab"}))
    scheduler.offer(one("away", pinned="gamma"))
    assert placed(scheduler, one("pinned", pinned="beta"), one("free")) == {"pinned": "beta"}
    [free] = end(scheduler, "pinned", "beta").items()
    assert free[0] == "free"
    scheduler.device_changed(device("gamma", labels={"room": "lab"}), 3)
    assert placed(scheduler) == {}
    assert end(scheduler, *free) == {"nowhere": "gamma"}
    assert end(scheduler, "nowhere", "gamma") == {"away": "gamma"}


def test_all_that_no_device_can_take_are_told_as_soon_as_their_run_has_a_place() -> None:
    scheduler = fleet(device("alpha"))
    assert placed(scheduler, *(one(f"t{i}") for i in range(3))) == {"t0": "alpha"}
    scheduler.device_changed(device("alpha", online=False), 1)
    assert scheduler.assign() == ([], [])
    scheduler.released("alpha", "test.echo", False, 0.0, of=("r", "t0"))
    assert scheduler.assign() == ([], [("r", "t1"), ("r", "t2")])


def test_what_is_withdrawn_makes_way_for_the_next() -> None:
    scheduler = fleet(device("alpha", slots=1))
    placed(scheduler, one("a"), one("b"), one("c"), one("d", parallel=1, pinned="alpha"))
    scheduler.withdraw("r", "b")
    assert end(scheduler, "a") == {"c": "alpha"}
    scheduler.withdraw("r", "d")
    assert end(scheduler, "c") == {}
    assert scheduler.waiting() == 0


def test_a_run_does_not_get_the_turns_that_it_could_not_use() -> None:
    scheduler = fleet(device("alpha", slots=1), device("beta", slots=1))
    held = [one(f"held{i}", pinned="alpha") for i in range(4)]
    assert placed(scheduler, one("long", pinned="beta"), *held) == {"long": "beta"}
    for i in range(20):  # another run has the device to itself
        scheduler.offer(ready(f"w{i}", "other", pinned="alpha"))
    for i in range(10):
        assert list(placed(scheduler)) == [f"w{i}"]
        scheduler.released("alpha", "test.echo", True, 0.1)
    scheduler.released("beta", "test.echo", True, 0.1, of=("r", "long"))
    order = []
    for _ in range(6):
        [assignment] = scheduler.assign()[0]
        order.append(assignment.run)
        scheduler.released("alpha", "test.echo", True, 0.1, of=(assignment.run, assignment.task))
    assert order == ["r", "r", "other", "r", "other", "r"]


def test_after_a_restart_what_is_live_counts() -> None:
    scheduler = fleet(device("alpha", slots=4))
    scheduler.bind("r", 2, ["a", "b"])
    assert placed(scheduler, one("c", parallel=2), one("d", parallel=2)) == {}
    assert end(scheduler, "b") == {"c": "alpha"}


def test_a_run_that_is_forgotten_leaves_nothing_behind() -> None:
    scheduler = fleet(device("alpha", slots=4))
    placed(scheduler, one("a"), one("b"), one("c", pinned="alpha"))
    scheduler.released("alpha", "", False, 0.0, learn=False)
    scheduler.forget_run("r")
    assert (placed(scheduler), scheduler.waiting()) == ({}, 0)
    assert placed(scheduler, one("a"), one("b")) == {"a": "alpha"}, "it begins anew"


@pytest.mark.parametrize("size", [100, 1000])
def test_a_task_is_parked_and_recalled_a_few_times_however_many_wait(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler, count, park = fleet(device("alpha")), 0, Bound.park

    def counted(self: Bound, queue: object) -> None:
        nonlocal count
        count += 1
        park(self, queue)  # type: ignore[arg-type]

    monkeypatch.setattr(Bound, "park", counted)
    found = placed(scheduler, *(one(f"t{i}") for i in range(size)))
    for _ in range(size - 1):
        found = end(scheduler, *found)
    assert scheduler.waiting() == 0
    assert count <= 2 * size

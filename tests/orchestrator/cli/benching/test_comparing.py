"""Two files of results, pair by pair: what became done and undone, what is slower, and what cannot be compared."""

from __future__ import annotations

import pytest

from orchestrator.cli.benching.comparing import compared
from orchestrator.cli.exits import CommandError
from tests.support.benchmarked import results_of, run_of

NAMES = [f"task-{n:02}" for n in range(20)]


def test_nothing_changed() -> None:
    same = results_of(*(run_of(name) for name in NAMES))
    found = compared(same, same)
    (group,) = found.groups
    assert (group.tasks, group.old, group.new, group.p, group.better, group.worse) == (20, 1.0, 1.0, 1.0, (), ())
    assert group.ratio is not None
    assert (group.success.low, group.success.high, group.ratio.value) == (0.0, 0.0, 1.0)
    assert (found.remarks, found.regressions) == ((), ())


def test_six_tasks_undone_are_a_regression_and_five_are_not() -> None:
    old = results_of(*(run_of(name) for name in NAMES))
    new = [results_of(*(run_of(name, held=[n >= lost, True]) for n, name in enumerate(NAMES))) for lost in (5, 6)]
    five, six = (compared(old, one) for one in new)
    assert (five.groups[0].p, five.regressions) == (0.0625, ())
    assert six.groups[0].p == 0.03125
    assert six.regressions == ("without faults: 6 tasks became worse and 0 better (p = 0.0312)",)
    assert six.groups[0].success.value == pytest.approx(-0.3)
    assert six.groups[0].subtasks.value == pytest.approx(-0.15)
    assert six.groups[0].success.low < -0.3 < six.groups[0].success.high < 0
    assert [one.task for one in six.groups[0].worse] == NAMES[:6]
    assert six.groups[0].worse[0].why == "check 1: it does not"
    assert compared(new[1], old).regressions == ()


def test_repeats_of_a_task_are_one_task() -> None:
    old = results_of(*(run_of("a", repeat=n) for n in range(1, 11)))
    new = results_of(*(run_of("a", repeat=n, held=[False]) for n in range(1, 11)))
    (group,) = compared(old, new).groups
    assert (group.tasks, group.pairs, len(group.worse), group.p) == (1, 10, 1, 1.0)


def test_times_twice_as_long_are_a_regression_on_the_same_machine_only() -> None:
    old = results_of(*(run_of(name, seconds=1.0 + n / 10) for n, name in enumerate(NAMES)))
    slow = [run_of(name, seconds=2.0 + n / 5) for n, name in enumerate(NAMES)]
    found = compared(old, results_of(*slow))
    assert found.groups[0].ratio is not None
    assert found.groups[0].ratio.value == pytest.approx(2.0)
    assert found.regressions == ("without faults: times are 2.00 times the old ones (95 %: 2.00 to 2.00)",)
    assert found.groups[0].times[0].task == NAMES[-1]
    elsewhere = compared(old, results_of(*slow, cpus=8))
    assert elsewhere.regressions == ()
    assert "decide nothing" in elsewhere.remarks[0]


def test_faults_are_a_group_of_their_own() -> None:
    old = results_of(run_of("a"), run_of("a", fault="kill"), run_of("b"))
    new = results_of(run_of("a"), run_of("a", fault="kill", held=[False]), run_of("c"))
    found = compared(old, new)
    assert [(group.name, len(group.worse)) for group in found.groups] == [("without faults", 0), ("under faults", 1)]
    assert found.groups[1].worse[0].fault == "kill"
    assert (found.only_old, found.only_new) == (1, 1)


def test_a_planner_of_another_kind_is_remarked() -> None:
    found = compared(results_of(run_of("a")), results_of(run_of("a"), planner="scripted"))
    assert found.remarks == ("planner embedded and scripted: differences may come from that",)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"suite": "other"}, "suite toy and other"),
        ({"version": 2, "seed": 8}, "version 1 and 2, seed 7 and 8"),
        ({"results": (run_of("b"),)}, "no run of a task in common"),
    ],
)
def test_other_tasks_cannot_be_compared(fields: dict[str, object], told: str) -> None:
    with pytest.raises(CommandError, match=told) as caught:
        compared(results_of(run_of("a")), results_of(**{"results": (run_of("a"),), **fields}))
    assert caught.value.code == "not_comparable"

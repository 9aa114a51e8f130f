"""A file of results in numbers: shares, repeats, times against one task at a time, effort, faults, failures."""

from __future__ import annotations

import pytest

from orchestrator.cli.benching.results import TaskResult
from orchestrator.cli.benching.summary import kind, summarized
from tests.support.benchmarked import results_of, run_of


def test_tasks_and_subtasks_by_what_they_are() -> None:
    found = summarized(
        results_of(
            run_of("logs-a"),
            run_of("logs-b", level=2, held=[True, False], seconds=9.0),
            run_of("web-a", level=2, part="test", seconds=3.0),
        )
    )
    total = found.total
    assert (total.tasks, total.runs, total.done, total.held, total.checks) == (3, 3, 2, 5, 6)
    assert total.share is not None
    assert total.share.value == pytest.approx(2 / 3)
    assert total.seconds == 2.0  # of those that were done
    assert [(row.name, row.tasks, row.done) for row in found.by_category] == [("logs", 2, 1), ("web", 1, 1)]
    assert [(row.name, row.held) for row in found.by_level] == [("level 1", 2), ("level 2", 3)]
    assert [row.name for row in found.by_part] == ["dev", "test"]


def test_repeats_count_as_one_task() -> None:
    runs = [run_of("a", repeat=n, held=[n != 2], seconds=float(n)) for n in (1, 2, 3)]
    found = summarized(results_of(*runs, *[run_of("b", repeat=n) for n in (1, 2)]))
    assert found.total.share is not None
    assert found.total.share.value == pytest.approx((2 / 3 + 1) / 2)
    assert found.pass_at == (pytest.approx((2 / 3 + 1) / 2), pytest.approx(1.0))
    assert found.pass_all == (pytest.approx((2 / 3 + 1) / 2), pytest.approx((1 / 3 + 1) / 2))
    assert found.mean_s is not None
    assert found.mean_s.value == pytest.approx((2.0 + 1.0) / 2)


def test_width_is_of_tasks_with_a_graph() -> None:
    found = summarized(
        results_of(
            run_of("a", width=3.0, parallelism=2.0),
            run_of("b", width=1.0, parallelism=1.0),
            run_of("c", held=[False], rung=None),
        )
    )
    assert (found.width, found.parallelism, found.widths) == (2.0, 1.5, (3.0, 1.0))


def test_time_saved_is_of_tasks_that_are_wide_and_done() -> None:
    wide = {"widest": 2, "width": 2.0}
    found = summarized(
        results_of(
            run_of("a", seconds=1.0, sequential_s=2.0, **wide),
            run_of("b", seconds=3.0, sequential_s=2.4, **wide),
            run_of("narrow", seconds=1.0, sequential_s=9.0, widest=1),
            run_of("undone", held=[False], sequential_s=9.0, **wide),
        )
    ).saving
    assert found is not None
    assert (found.tasks, found.slower, found.seconds) == (2, 1, 4.0)
    assert found.sequential_s == pytest.approx(4.4)
    assert found.share is not None
    assert found.share.value == pytest.approx((0.5 - 0.25) / 2)


def test_a_cost_that_nobody_knows_is_not_zero() -> None:
    found = summarized(
        results_of(run_of("a", cost_usd=0.5, tokens=10), run_of("b", cost_usd=None, rung="local", tokens=5))
    ).effort
    assert (found.cost_usd, found.cost_unknown, found.tokens) == (0.5, 1, 15)
    assert found.rungs == {"embedded": 1, "local": 1}


def test_a_fault_is_held_against_the_same_task_without_it() -> None:
    hit = {"fault": "kill", "injected": {"killed": 1}}
    found = summarized(
        results_of(
            run_of("a", seconds=1.0),
            run_of("b", seconds=1.0, repeated=1),
            run_of("c", held=[True, False]),
            run_of("a", seconds=3.5, repeated=2, **hit),
            run_of("b", held=[True, False], repeated=2, **hit),
            run_of("c", **hit),  # it was not done without the fault either: nothing to compare with
            run_of("d", **hit),  # never ran without it
            run_of("a", fault="kill", repeat=2),  # the fault did not strike
        )
    )
    (row,) = found.faults
    assert (row.runs, row.struck, row.compared, row.recovered) == (5, 4, 2, 1)
    assert (row.repeated, row.lost, row.held) == (3, 1, 4)
    assert row.added_s is not None
    assert row.added_s.value == 2.5
    assert found.total.tasks == 3


@pytest.mark.parametrize(
    ("run", "what"),
    [
        (run_of("a", held=[False]), "end state"),
        (run_of("a", success=False, why="no_plan: nobody knows “it”", state="failed"), "no_plan"),
        (run_of("a", success=False, why="asked: which one?", state="cancelled"), "asked"),
        (run_of("a", success=False, writes=3, max_writes=1, why="3 writes, at most 1 were expected"), "writes"),
        (run_of("a", success=False, why="the run failed, and should have succeeded"), "other"),
    ],
)
def test_kinds_of_failure(run: TaskResult, what: str) -> None:
    assert kind(run) == what


def test_failures_are_grouped_the_most_frequent_first() -> None:
    gone = {"success": False, "why": "no_plan: what?", "state": "failed"}
    found = summarized(results_of(run_of("a", held=[False]), run_of("b", **gone), run_of("c", **gone)))
    assert [(one.kind, [f.task for f in one.failures]) for one in found.failures] == [
        ("no_plan", ["b", "c"]),
        ("end state", ["a"]),
    ]


def test_only_faults_have_no_totals() -> None:
    found = summarized(results_of(run_of("a", fault="kill", injected={"killed": 1})))
    assert (found.total.tasks, found.total.share, found.pass_at, found.mean_s) == (0, None, (), None)
    assert (found.faults[0].runs, found.faults[0].compared, found.faults[0].share) == (1, 0, None)

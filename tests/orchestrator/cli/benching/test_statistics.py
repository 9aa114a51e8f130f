"""Intervals, pass@k, pass^k and exact tests, against numbers from textbooks and from counting."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.cli.benching.statistics import (
    bootstrap,
    geometric,
    mcnemar,
    mean,
    median,
    pass_all,
    pass_at,
    wilson,
)


@pytest.mark.parametrize(
    ("held", "count", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_wilson(held: int, count: int, low: float, high: float) -> None:
    found = wilson(held / count, count)
    assert found is not None
    assert (found.value, found.low, found.high) == (
        held / count, pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5),
    )  # fmt: skip


@given(st.integers(1, 500).flatmap(lambda count: st.tuples(st.integers(0, count), st.just(count))))
def test_wilson_holds_its_share(given_: tuple[int, int]) -> None:
    found = wilson(given_[0] / given_[1], given_[1])
    assert found is not None
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_nothing_has_no_interval() -> None:
    assert (wilson(0.0, 0), bootstrap([]), geometric([])) == (None, None, None)


@pytest.mark.parametrize("runs", range(1, 6))
def test_pass_at_and_pass_all_are_what_counting_gives(runs: int) -> None:
    for done in range(runs + 1):
        outcomes = [True] * done + [False] * (runs - done)
        for k in range(1, runs + 1):
            drawn = list(combinations(outcomes, k))
            assert pass_at(k, runs, done) == pytest.approx(mean([any(one) for one in drawn]))
            assert pass_all(k, runs, done) == pytest.approx(mean([all(one) for one in drawn]))


@pytest.mark.parametrize("k", [0, 4])
def test_no_more_draws_than_runs(k: int) -> None:
    with pytest.raises(ValueError, match="k is from 1 to the 3 runs"):
        pass_at(k, 3, 1)


@pytest.mark.parametrize(
    ("better", "worse", "p"),
    [(0, 0, 1.0), (0, 5, 0.0625), (0, 6, 0.03125), (1, 9, 0.021484375), (5, 5, 1.0), (9, 1, 0.021484375)],
)
def test_mcnemar(better: int, worse: int, p: float) -> None:
    assert mcnemar(better, worse) == pytest.approx(p)


@pytest.mark.parametrize(("values", "middle"), [([3.0, 1.0, 2.0], 2.0), ([4.0, 1.0, 2.0, 3.0], 2.5)])
def test_median(values: list[float], middle: float) -> None:
    assert median(values) == middle


def test_a_bootstrap_is_near_the_normal_interval_and_the_same_every_time() -> None:
    values = [float(one) for one in range(1, 101)]
    found = bootstrap(values)
    assert found is not None
    error = math.sqrt(mean([(one - 50.5) ** 2 for one in values]) / 100)
    assert found.value == 50.5
    assert found.low == pytest.approx(50.5 - 1.96 * error, abs=0.6)
    assert found.high == pytest.approx(50.5 + 1.96 * error, abs=0.6)
    assert bootstrap(values) == found


def test_ratios_are_averaged_as_ratios() -> None:
    found = geometric([2.0, 0.5, 2.0, 0.5])
    assert found is not None
    assert found.value == pytest.approx(1.0)
    assert found.low < 1.0 < found.high

"""Shares, means and differences with their uncertainty. Pure: the same numbers, the same intervals.

Sources: E. B. Wilson, "Probable inference" (1927), for shares; B. Efron, "Bootstrap methods" (1979), for times and
differences; M. Chen et al., "Evaluating large language models trained on code" (2021), for pass@k; S. Yao et al.,
"tau-bench" (2024), for pass^k; Q. McNemar, "Note on the sampling error of the difference between correlated
proportions" (1947), in its exact form, for what became done and undone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random

from orchestrator.cli.benching.state import Part

Z95 = 1.959963984540054
"""The normal distribution's 97.5th percentile: intervals are of 95 %."""
RESAMPLES = 2_000
SEED = 20260302
Statistic = Callable[[Sequence[float]], float]


class Interval(Part):
    """An estimate and the 95 % interval around it."""

    value: float
    low: float
    high: float


def wilson(share: float, count: int) -> Interval | None:
    """The interval of a share (0..1) seen in `count` independent trials; none without trials."""
    if count == 0:
        return None
    square = Z95 * Z95
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = Z95 * math.sqrt(share * (1 - share) / count + square / (4 * count * count)) / (1 + square / count)
    return Interval(value=share, low=max(0.0, min(share, middle - half)), high=min(1.0, max(share, middle + half)))


def mean(values: Sequence[float]) -> float:
    """Raises ZeroDivisionError where there are none."""
    return math.fsum(values) / len(values)


def median(values: Sequence[float]) -> float:
    """The middle one, or between the two in the middle. Raises IndexError where there are none."""
    found = sorted(values)
    half = len(found) // 2
    return found[half] if len(found) % 2 else (found[half - 1] + found[half]) / 2


def bootstrap(values: Sequence[float], statistic: Statistic = mean) -> Interval | None:
    """A statistic with its percentile interval over resampled values; none without values.

    For a paired difference, `values` are the differences of the pairs.
    """
    if not values:
        return None
    random = Random(SEED)
    found = sorted(statistic(random.choices(values, k=len(values))) for _ in range(RESAMPLES))
    cut = round(RESAMPLES * 0.025)
    return Interval(value=statistic(values), low=found[cut], high=found[-cut - 1])


def pass_at(k: int, runs: int, done: int) -> float:
    """pass@k: the chance that one of `k` runs at least is done, unbiased. Raises ValueError for k > runs."""
    _within(k, runs)
    return 1.0 - math.comb(runs - done, k) / math.comb(runs, k)


def pass_all(k: int, runs: int, done: int) -> float:
    """pass^k: the chance that all of `k` runs are done, unbiased. Raises ValueError for k > runs."""
    _within(k, runs)
    return math.comb(done, k) / math.comb(runs, k)


def _within(k: int, runs: int) -> None:
    if not 1 <= k <= runs:
        raise ValueError(f"k is from 1 to the {runs} runs, not {k}")


def mcnemar(better: int, worse: int) -> float:
    """The exact two-sided p-value of so many pairs that changed one way and the other; 1 where none did."""
    changed = better + worse
    if changed == 0:
        return 1.0
    tail = sum(math.comb(changed, count) for count in range(min(better, worse) + 1))
    return float(min(1.0, 2.0 * tail / (1 << changed)))


def geometric(ratios: Sequence[float]) -> Interval | None:
    """The geometric mean of positive ratios, with its bootstrap interval; none without ratios."""
    logs = bootstrap([math.log(one) for one in ratios])
    if logs is None:
        return None
    return Interval(value=math.exp(logs.value), low=math.exp(logs.low), high=math.exp(logs.high))

"""Counts of what is on record, for metrics: by kind of end, never by run, task or device."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from orchestrator.core.application import ATTEMPT_BOUNDS_S, Distribution
from orchestrator.core.events import AttemptEnded, AttemptOutcome, Body, RunEnded, RungTried, RunStatus
from orchestrator.core.plan import Clarification, Plan

TIERS = ("embedded", "local", "cloud", "other")
VERDICTS = ("accepted", "rejected", "asked", "declined")


class Tally:
    """Counters since start. Every label value that can come is there from the beginning, with 0."""

    def __init__(self) -> None:
        self.runs = {status.value: 0 for status in RunStatus if status.terminal}
        self.attempts = {outcome.value: 0 for outcome in AttemptOutcome}
        self.plans = {(tier, verdict): 0 for tier in TIERS for verdict in VERDICTS}
        self._buckets = [0] * (len(ATTEMPT_BOUNDS_S) + 1)
        self._seconds = 0.0

    def take(self, body: Body) -> None:
        """One event that became durable."""
        count = _COUNTS.get(type(body))
        if count is not None:
            count(self, body)

    @property
    def attempt_seconds(self) -> Distribution:
        return Distribution(buckets=tuple(self._buckets), sum=self._seconds)

    def _run(self, body: Body) -> None:
        assert isinstance(body, RunEnded)
        self.runs[body.status.value] += 1

    def _attempt(self, body: Body) -> None:
        assert isinstance(body, AttemptEnded)
        self.attempts[body.outcome.value] += 1
        self._buckets[bisect_left(ATTEMPT_BOUNDS_S, body.usage.seconds)] += 1
        self._seconds += body.usage.seconds

    def _plan(self, body: Body) -> None:
        assert isinstance(body, RungTried)
        self.plans[body.proposal.tier, verdict(body)] += 1


def verdict(tried: RungTried) -> str:
    """What became of a rung's word: one of VERDICTS."""
    result = tried.proposal.result
    if isinstance(result, Plan):
        return "accepted" if tried.accepted else "rejected"
    return "asked" if isinstance(result, Clarification) else "declined"


_COUNTS: dict[type, Callable[[Tally, Body], None]] = {
    RunEnded: Tally._run,
    AttemptEnded: Tally._attempt,
    RungTried: Tally._plan,
}

"""What planning has spent, and what is held for calls under way: for each run, and for the day (UTC).

The ledger is the truth and is read once for each run and day; from then on this process, which alone writes it, keeps
the sums. A call is held before it is recorded and settled when it has ended, and between looking and holding nothing
else runs, so that calls of many runs at once never pass a limit together. A call that a crash cut off counts with its
forecast.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.core.budget import Limits, Over, Spent, Wanted, fit
from orchestrator.core.egress import LedgerEntry
from orchestrator.core.ports import Ledger

DAY_S = 86_400.0
_RUNS = 1_000
_ENTRIES = 1_000_000


@dataclass(slots=True)
class Held:
    """A call that is allowed: what it may come to at most. `at`: when it was, in Unix time."""

    run: str
    at: float
    day: float
    wanted: Wanted
    settled: bool = False


class Purse:
    """`day` are the limits of all runs of a day together; `now` is Unix time."""

    def __init__(self, ledger: Ledger, day: Limits, now: Callable[[], float]) -> None:
        self._ledger = ledger
        self._limits = day
        self._now = now
        self._runs: OrderedDict[str, Spent] = OrderedDict()
        self._held: dict[str, int] = {}
        self._day = -1.0
        self._today = Spent()
        self._reading = asyncio.Lock()

    async def hold(self, run: str, limits: Limits, wanted: Wanted) -> Held | Over:
        """Hold what the call may come to, or say why it may not be made. Raises StoreError."""
        at = self._now()
        day = at // DAY_S * DAY_S
        async with self._reading:
            await self._read(run, day)
        # From here to the end nothing else runs.
        today = self._today if day == self._day else Spent()
        allowed = fit(wanted, limits, self._runs.get(run, Spent())) if run else wanted
        if isinstance(allowed, Wanted):
            allowed = fit(allowed, self._limits, today, whose="the day's")
        if isinstance(allowed, Over):
            return allowed
        self._add(run, day, allowed.forecast())
        self._held[run] = self._held.get(run, 0) + 1
        return Held(run, at, day, allowed)

    def settle(self, held: Held, spent: Spent | None) -> None:
        """The call has ended and came to this; None: nobody knows, and the forecast stands. Safe to call twice."""
        if held.settled:
            return
        held.settled = True
        self._held[held.run] -= 1
        if not self._held[held.run]:
            del self._held[held.run]
        if spent is not None:
            forecast = held.wanted.forecast()
            back = Spent(-forecast.usd, -forecast.tokens, -forecast.cloud_calls, -forecast.seconds)
            self._add(held.run, held.day, spent + back)

    def spent(self, run: str) -> Spent:
        """What a run has spent or holds, as far as it was looked at."""
        return self._runs.get(run, Spent())

    def _add(self, run: str, day: float, amount: Spent) -> None:
        if run:
            self._runs[run] = self._runs.get(run, Spent()) + amount
            self._runs.move_to_end(run)
        if day == self._day:
            self._today += amount

    async def _read(self, run: str, day: float) -> None:
        if day > self._day:
            entries = await self._ledger.egress(since=day, limit=_ENTRIES)
            self._today, self._day = sum_of(entries), day
        if run and run not in self._runs:
            self._runs[run] = sum_of(await self._ledger.egress(run=run, limit=_ENTRIES))
            self._forget()

    def _forget(self) -> None:
        for old in list(self._runs)[: max(0, len(self._runs) - _RUNS)]:
            if old not in self._held:
                del self._runs[old]


def sum_of(entries: list[LedgerEntry]) -> Spent:
    """What the entries come to; those that have not ended, or whose end nobody knows, with their forecast."""
    total = Spent()
    for entry in entries:
        total += spent_by(entry)
    return total


def spent_by(entry: LedgerEntry) -> Spent:
    out, closing = entry.outbound, entry.closing
    usd, tokens, seconds = out.forecast_usd or 0.0, out.forecast_tokens, out.forecast_s
    if closing is not None:
        seconds = max(0.0, closing.at - out.at)
        usd = usd if closing.cost_usd is None else closing.cost_usd
        if closing.input_tokens is not None and closing.output_tokens is not None:
            tokens = closing.input_tokens + closing.output_tokens
    # What was asked for by GET asks no model.
    calls = 1 if out.tier == "cloud" and out.forecast_tokens else 0
    return Spent(usd, tokens, calls, seconds)

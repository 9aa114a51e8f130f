"""A circuit breaker: whether a model's server may be asked now. Pure; the time (seconds, only forward) is passed in.

    state      what came back        next
    closed     succeeded             closed, the count of failures begins again
    closed     failed                closed; open after the second failure in a row
    closed     held off              open for as long as the server asked
    half open  succeeded             closed
    half open  failed, held off      open, for twice as long as before (at most 30 s) or as long as the server asked
    half open  released              open, and due at once: nothing was learned
    open       (nothing is asked)    half open once the wait is over, for exactly one caller

Who is admitted gets a ticket and hands it back with what came of it. A ticket from before the last change of state says
nothing about the server of today and is ignored.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NewType

Ticket = NewType("Ticket", int)

FAILURES = 2
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
LONGEST_HOLD_S = 3600.0


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """One server's breaker. `due` is when an open one may be tried again."""

    def __init__(self) -> None:
        self.state = BreakerState.CLOSED
        self.failures = 0
        self.due = 0.0
        self._wait = FIRST_WAIT_S
        self._period = 0

    @property
    def why(self) -> str:
        """Why nothing is asked, in words."""
        return "it failed twice in a row" if self.failures >= FAILURES else "it asked for that"

    def admit(self, now: float) -> Ticket | None:
        """A ticket to ask the server with, or None: not now."""
        if self.state is BreakerState.OPEN and now >= self.due:
            self._become(BreakerState.HALF_OPEN)
            return Ticket(self._period)
        return Ticket(self._period) if self.state is BreakerState.CLOSED else None

    def succeeded(self, ticket: Ticket) -> None:
        """The server answered, if only to refuse this one request."""
        if ticket != self._period:
            return
        self.failures = 0
        if self.state is BreakerState.HALF_OPEN:
            self._wait = FIRST_WAIT_S
            self._become(BreakerState.CLOSED)

    def failed(self, ticket: Ticket, now: float, retry_after: float | None = None) -> None:
        """It was unreachable, silent or out of order; `retry_after`: it asked to be left alone for so many seconds."""
        if ticket != self._period:
            return
        self.failures += 1
        if self.state is BreakerState.HALF_OPEN:
            self._wait = min(self._wait * 2, LONGEST_WAIT_S)
        elif self.failures < FAILURES and retry_after is None:
            return
        self.due = now + max(self._wait, min(retry_after or 0.0, LONGEST_HOLD_S))
        self._become(BreakerState.OPEN)

    def released(self, ticket: Ticket, now: float) -> None:
        """The caller went away before anything came back."""
        if ticket == self._period and self.state is BreakerState.HALF_OPEN:
            self.due = now
            self._become(BreakerState.OPEN)

    def _become(self, state: BreakerState) -> None:
        self.state = state
        self._period += 1

    def validate(self) -> None:
        """Raises AssertionError where the parts contradict each other."""
        assert FIRST_WAIT_S <= self._wait <= LONGEST_WAIT_S
        assert self.state is not BreakerState.CLOSED or self.failures < FAILURES
        assert self.state is BreakerState.CLOSED or self.failures >= 1

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from agents.breaker import FIRST_WAIT_S, LONGEST_HOLD_S, LONGEST_WAIT_S, Breaker, BreakerState, Ticket


def ticket(breaker: Breaker, now: float) -> Ticket:
    given = breaker.admit(now)
    assert given is not None
    return given


def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(2):
        breaker.failed(ticket(breaker, 10.0), 10.0)
    return breaker


def test_two_failures_in_a_row_open_it() -> None:
    breaker = Breaker()
    breaker.failed(ticket(breaker, 0.0), 0.0)
    breaker.succeeded(ticket(breaker, 0.0))
    breaker.failed(ticket(breaker, 0.0), 0.0)
    assert breaker.state is BreakerState.CLOSED
    breaker.failed(ticket(breaker, 0.0), 0.0)
    assert breaker.state is BreakerState.OPEN
    assert breaker.admit(0.99) is None


def test_why_it_is_open() -> None:
    assert opened().why == "it failed twice in a row"
    asked = Breaker()
    asked.failed(ticket(asked, 0.0), 0.0, 60.0)
    assert asked.why == "it asked for that"


def test_exactly_one_caller_tries_it_again() -> None:
    breaker = opened()
    assert breaker.admit(10.9) is None
    trial = ticket(breaker, 11.0)
    assert breaker.admit(11.0) is None
    breaker.succeeded(trial)
    assert breaker.state is BreakerState.CLOSED
    ticket(breaker, 11.0)
    ticket(breaker, 11.0)


def test_the_wait_doubles_to_its_limit_and_begins_again_after_a_success() -> None:
    breaker, now, waits = opened(), 10.0, []
    for _ in range(7):
        waits.append(breaker.due - now)
        now = breaker.due
        breaker.failed(ticket(breaker, now), now)
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    breaker.succeeded(ticket(breaker, breaker.due))
    for _ in range(2):
        breaker.failed(ticket(breaker, 900.0), 900.0)
    assert breaker.due == 901.0


@pytest.mark.parametrize(("asked", "held"), [(20.0, 20.0), (0.0, 1.0), (1e9, LONGEST_HOLD_S)])
def test_a_server_that_asks_to_be_left_alone_is(asked: float, held: float) -> None:
    breaker = Breaker()
    breaker.failed(ticket(breaker, 5.0), 5.0, asked)
    assert breaker.due == 5.0 + held
    assert breaker.admit(breaker.due - 0.01) is None


def test_a_trial_that_was_given_up_frees_the_place() -> None:
    breaker = opened()
    breaker.released(ticket(breaker, 12.0), 12.0)
    assert breaker.state is BreakerState.OPEN
    ticket(breaker, 12.0)


def test_news_from_before_the_last_change_is_ignored() -> None:
    breaker = Breaker()
    late = ticket(breaker, 0.0)
    for _ in range(2):
        breaker.failed(ticket(breaker, 0.0), 0.0)
    breaker.succeeded(late)
    assert breaker.state is BreakerState.OPEN
    trial = ticket(breaker, 1.0)
    breaker.failed(late, 1.0)
    breaker.released(late, 1.0)
    assert breaker.state is BreakerState.HALF_OPEN
    breaker.succeeded(trial)
    assert breaker.state is BreakerState.CLOSED


class Callers(RuleBasedStateMachine):
    """Any number of callers that come back in any order."""

    tickets = Bundle("tickets")

    def __init__(self) -> None:
        super().__init__()
        self.breaker, self.now = Breaker(), 0.0

    @rule(seconds=st.floats(0, 40))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(target=tickets)
    def ask(self) -> Ticket | None:
        before, due = self.breaker.state, self.now >= self.breaker.due
        given = self.breaker.admit(self.now)
        expected = {BreakerState.CLOSED: True, BreakerState.OPEN: due, BreakerState.HALF_OPEN: False}
        assert (given is not None) is expected[before]
        if before is not BreakerState.CLOSED and given is not None:
            assert self.breaker.admit(self.now) is None
        return given

    @rule(given=consumes(tickets), held=st.none() | st.floats(0, 1e6))
    def fail(self, given: Ticket | None, held: float | None) -> None:
        if given is None:
            return
        before = self.breaker.state
        self.breaker.failed(given, self.now, held)
        if before is not BreakerState.OPEN and self.breaker.state is BreakerState.OPEN:
            assert FIRST_WAIT_S <= self.breaker.due - self.now <= max(LONGEST_WAIT_S, LONGEST_HOLD_S) + 1e-6

    @rule(given=consumes(tickets))
    def succeed(self, given: Ticket | None) -> None:
        if given is not None:
            self.breaker.succeeded(given)
            assert (
                self.breaker.failures == 0
                or self.breaker.state is not BreakerState.CLOSED
                or self.breaker.failures == 1
            )

    @rule(given=consumes(tickets))
    def give_up(self, given: Ticket | None) -> None:
        if given is not None:
            self.breaker.released(given, self.now)

    @invariant()
    def it_holds(self) -> None:
        self.breaker.validate()


TestCallers = Callers.TestCase

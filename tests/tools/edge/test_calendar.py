"""When schedules are due: by a clock that may jump, each occurrence once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from tools.edge.calendar import DAY_S, Due, Schedule, due, sane


@pytest.fixture(autouse=True)
def _zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def daily(**changes: object) -> Schedule:
    return Schedule(name="x", actuator="window", set="closed", daily="20:00").model_copy(update=changes)


MADE = at("2026-06-01T12:00")


def test_a_daily_time_is_due_once() -> None:
    assert due(daily(), MADE, at("2026-06-01T19:59:59"), 0) is None
    found = due(daily(), MADE, at("2026-06-01T20:00:01"), 0)
    assert found == Due(at=at("2026-06-01T20:00"), missed=False)
    assert due(daily(), found.at, at("2026-06-01T20:00:02"), 0) is None
    assert due(daily(), found.at, at("2026-06-02T20:00"), 0) is not None


def test_what_was_before_it_was_made_is_not_done() -> None:
    assert due(daily(), MADE, MADE + 1, 0) is None


def test_only_on_some_days() -> None:
    rule = daily(days=("mon", "fri"))  # the first of June 2026 is a Monday
    assert due(rule, MADE, at("2026-06-01T20:00"), 0) is not None
    assert due(rule, at("2026-06-01T20:00"), at("2026-06-02T21:00"), 0) is None
    assert due(rule, at("2026-06-01T20:00"), at("2026-06-05T20:00"), 0) is not None


def test_one_that_is_too_late_is_missed() -> None:
    found = due(daily(late_s=60.0), MADE, at("2026-06-01T20:02"), 0)
    assert found is not None
    assert found.missed


def test_a_clock_that_jumps_back_does_nothing_twice() -> None:
    done = at("2026-06-01T20:00")
    for now in ("2026-06-01T19:30", "2026-06-01T20:00:05"):
        assert due(daily(), sane(done, at(now)), at(now), 0) is None


def test_a_clock_that_was_years_ahead_blocks_nothing() -> None:
    done = sane(at("2036-01-01T20:00"), MADE)
    assert done == MADE
    assert due(daily(), done, at("2026-06-01T20:00"), 0) is not None


def test_a_clock_that_was_never_set_makes_nothing_due() -> None:
    assert due(daily(), 0.0, 30 * DAY_S, 0) is None
    assert sane(MADE, 30 * DAY_S) == MADE


def test_summer_time_begins() -> None:
    rule = daily(daily="08:00")
    found = due(rule, at("2026-03-28T08:00"), at("2026-03-29T08:00:01"), 0)
    assert found is not None
    assert found.at - at("2026-03-28T08:00") == 23 * 3600


def test_every_so_often_goes_by_what_passed_and_not_by_the_clock() -> None:
    rule = Schedule(name="x", actuator="pump", set="on", every_s=60.0)
    assert due(rule, MADE, MADE + 1e6, 59) is None
    assert due(rule, MADE, MADE - 1e6, 60) == Due(at=MADE - 1e6, missed=False)


def test_once() -> None:
    rule = Schedule(name="x", actuator="pump", set="on", once=MADE + 10)
    assert due(rule, MADE, MADE + 9, 0) is None
    assert due(rule, MADE, MADE + 10, 0) == Due(at=MADE + 10, missed=False)
    assert due(rule, MADE + 10, MADE + 11, 0) is None

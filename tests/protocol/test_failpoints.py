from __future__ import annotations

import pytest
from pydantic import ValidationError

from protocol.failpoints import POINTS, RECEIVED, SENT, Failpoints, Mode, Rule, chance


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def points(clock: Clock) -> Failpoints:
    return Failpoints(clock)


def test_what_is_off_does_nothing(points: Failpoints) -> None:
    assert not points.armed
    assert [points.hit(name) for name in POINTS] == [None] * len(POINTS)


def test_it_acts_as_often_as_it_was_told(points: Failpoints) -> None:
    points.enable("store.write", Rule(mode=Mode.BUSY, count=2, skip=1))
    assert points.armed
    hits = [points.hit("store.write") for _ in range(5)]
    assert [rule is not None for rule in hits] == [False, True, True, False, False]
    assert points.expire() == ["store.write"]
    assert not points.armed


def test_its_time_ends_it(points: Failpoints, clock: Clock) -> None:
    points.enable("model", Rule(mode=Mode.REFUSE, count=100, seconds=5))
    assert points.hit("model", "local") is not None
    assert points.enabled()[0].left_s == 5
    clock.now = 5.0
    assert points.hit("model", "local") is None
    assert points.expire() == ["model"]
    assert points.enabled() == []
    points.enable("model", Rule(mode=Mode.REFUSE, count=2))
    points.hit("model", "local")
    assert points.fired() == {"model": 2}


def test_it_may_be_about_one_device_only(points: Failpoints) -> None:
    points.enable("receive.result", Rule(mode=Mode.DROP, only="beta"))
    assert points.hit("receive.result", "alpha") is None
    assert points.hit("receive.result", "beta") is not None


def test_chance_comes_from_the_seed(points: Failpoints) -> None:
    def drawn(seed: int) -> list[bool]:
        points.enable("send.dispatch", Rule(mode=Mode.DROP, count=1000, probability=0.25, seed=seed))
        return [points.hit("send.dispatch") is not None for _ in range(400)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 70 < sum(drawn(1)) < 130
    assert all(0 <= chance(1, "x", number) < 1 for number in range(100))


def test_one_or_all_are_turned_off(points: Failpoints) -> None:
    for name in ("store.write", "store.call", "model"):
        points.enable(name, Rule(mode=Mode.DELAY))
    assert points.disable("store.call") == ["store.call"]
    assert points.disable("store.call") == []
    assert points.disable() == ["store.write", "model"]
    assert not points.armed


def test_places_and_modes_that_are_not_there_are_refused(points: Failpoints) -> None:
    with pytest.raises(ValueError, match="no failpoint 'nowhere'"):
        points.enable("nowhere", Rule(mode=Mode.DROP))
    with pytest.raises(ValueError, match=r"store\.write knows no drop"):
        points.enable("store.write", Rule(mode=Mode.DROP))
    assert not points.armed


@pytest.mark.parametrize("field", [{"count": 0}, {"count": 10**6}, {"seconds": 0}, {"seconds": 1e9}, {"delay_s": 1e3}])
def test_every_rule_has_bounds(field: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate({"mode": "delay", **field})


def test_every_message_of_both_directions_has_its_place() -> None:
    assert {"hello", "result", "heartbeat", "accepted", "chunk", "ack"} <= set(RECEIVED)
    assert {"challenge", "welcome", "dispatch", "cancel", "recorded", "chunk", "ack"} <= set(SENT)
    assert {f"receive.{kind}" for kind in RECEIVED} | {f"send.{kind}" for kind in SENT} < set(POINTS)

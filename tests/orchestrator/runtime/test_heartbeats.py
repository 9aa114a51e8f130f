"""Silence of attempts: what counts, and what does not."""

from __future__ import annotations

from orchestrator.runtime.heartbeats import LOOK_S, Heartbeats


def watched() -> Heartbeats:
    """An attempt that may be silent for 10 s, and whose device may be 10 s late."""
    beats = Heartbeats()
    beats.watch("r", "a", 2, 20.0, 100.0)
    return beats


def test_a_sign_of_life_puts_the_look_off() -> None:
    beats = watched()
    beats.heard("r", "a", 2, 110.0)
    assert beats.look("r", "a", 120.0, online=True, device_heard=120.0) == 130.0
    assert beats.look("r", "a", 130.0, online=True, device_heard=130.0) is None


def test_a_sign_of_another_attempt_counts_for_nothing() -> None:
    beats = watched()
    beats.heard("r", "a", 1, 110.0)
    beats.heard("r", "b", 2, 110.0)
    assert beats.look("r", "a", 120.0, online=True, device_heard=120.0) is None


def test_the_silence_of_the_device_is_not_the_attempts() -> None:
    beats = watched()
    assert beats.look("r", "a", 120.0, online=False, device_heard=119.0) == 120.0 + LOOK_S
    assert beats.look("r", "a", 120.0, online=True, device_heard=105.0) == 120.0 + LOOK_S
    assert beats.look("r", "a", 121.0, online=True, device_heard=110.0) is None


def test_a_device_that_is_back_has_the_whole_time() -> None:
    beats = watched()
    beats.back([("r", "a"), ("r", "nobody")], 130.0)
    assert beats.look("r", "a", 131.0, online=True, device_heard=131.0) == 150.0


def test_what_is_over_is_not_watched() -> None:
    beats = watched()
    beats.forget("r", "a")
    beats.forget("r", "a")
    assert not beats
    assert beats.look("r", "a", 101.0, online=True, device_heard=101.0) is None

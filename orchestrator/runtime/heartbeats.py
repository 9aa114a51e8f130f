"""Signs of life of attempts that must give them. Pure: times come in.

Each sign only writes its time down: the timer of the attempt stays where it is, and when it fires it is asked here
whether the attempt was silent for as long as it may be, or when to look again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from orchestrator.core.attempts import TIMEOUT_GRACE_S

LOOK_S = 1.0  # how often a silent device is looked at again


@dataclass(slots=True)
class Beat:
    """`every`: seconds that may lie between two signs, what the device may be late included."""

    attempt: int
    every: float
    heard: float


class Heartbeats:
    """The attempts that are watched, by (run, task)."""

    def __init__(self) -> None:
        self._beats: dict[tuple[str, str], Beat] = {}

    def __len__(self) -> int:
        return len(self._beats)

    def watch(self, run: str, task: str, attempt: int, every: float, now: float) -> None:
        """Expect signs of life of an attempt, from now on and instead of the task's last one."""
        self._beats[run, task] = Beat(attempt, every, now)

    def forget(self, run: str, task: str) -> None:
        """The attempt is over."""
        self._beats.pop((run, task), None)

    def heard(self, run: str, task: str, attempt: int, now: float) -> None:
        """The attempt lives."""
        beat = self._beats.get((run, task))
        if beat is not None and beat.attempt == attempt:
            beat.heard = now

    def back(self, attempts: Iterable[tuple[str, str]], now: float) -> None:
        """Their device is back: it could not pass anything on while it was away."""
        for key in attempts:
            if key in self._beats:
                self._beats[key].heard = now

    def look(self, run: str, task: str, now: float, *, online: bool, device_heard: float) -> float | None:
        """When to look again, or None where the attempt is silent.

        Silence counts only while its device talks: a device that is away has a lease, which decides. `device_heard` is
        when the device itself was last heard.
        """
        beat = self._beats.get((run, task))
        if beat is None:
            return None
        deadline = beat.heard + beat.every
        if now < deadline:
            return deadline
        if not online or device_heard < deadline - TIMEOUT_GRACE_S:
            return now + LOOK_S
        return None

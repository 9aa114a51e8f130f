"""Faults on the gateway's frames: what a failpoint does to what comes from a device, or goes to it."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from protocol.failpoints import Failpoints, Mode, Rule

_TYPE: Final = re.compile(r'"type":\s*"([a-z_]+)"')


def die() -> None:
    """End this process as an outside SIGKILL would."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(slots=True)
class Held:
    """What one direction of one connection remembers: a frame that the next one overtakes; whether nothing passes."""

    frame: str | bytes | None = None
    muted: bool = False


@dataclass(slots=True)
class Passage:
    """What becomes of a frame: `frames` pass, after `delay_s`; then the connection is `cut`, or the process dies."""

    frames: list[str | bytes] = field(default_factory=list)
    delay_s: float = 0.0
    cut: bool = False
    dies: bool = False


class WireFaults:
    """The failpoints `receive.TYPE` and `send.TYPE`."""

    def __init__(self, failpoints: Failpoints, die: Callable[[], None] = die) -> None:
        self.failpoints = failpoints
        self.die = die

    def passage(self, direction: str, device: str, data: str | bytes, held: Held) -> Passage:
        """What a frame's first failpoint that acts makes of it. `direction` is `receive` or `send`."""
        rule = None if held.muted else self._rule(direction, device, data)
        passage = Passage() if held.muted else _acted(rule, data, held)
        if held.frame is not None and not (rule is not None and rule.mode is Mode.REORDER):
            passage.frames.append(held.frame)
            held.frame = None
        if rule is not None and rule.mode is Mode.CRASH_BEFORE:
            self.die()
        return passage

    def _rule(self, direction: str, device: str, data: str | bytes) -> Rule | None:
        for kind in _kinds(data):
            rule = self.failpoints.hit(f"{direction}.{kind}", device)
            if rule is not None:
                return rule
        return None


def _acted(rule: Rule | None, data: str | bytes, held: Held) -> Passage:
    mode = None if rule is None else rule.mode
    if rule is None or mode is Mode.CRASH_BEFORE:
        return Passage([data])
    if mode is Mode.DELAY:
        return Passage([data], delay_s=rule.delay_s)
    if mode is Mode.DOUBLE:
        return Passage([data, data])
    if mode is Mode.CRASH_AFTER:
        return Passage([data], dies=True)
    if mode is Mode.REORDER:
        passage = Passage([] if held.frame is None else [held.frame])
        held.frame = data
        return passage
    held.muted = mode is Mode.MUTE
    return Passage(cut=mode is Mode.CUT)


def _kinds(data: str | bytes) -> list[str]:
    """The types of a frame's messages, each once. Text inside of a message may look like one: a harmless hit more."""
    if isinstance(data, bytes):
        return ["chunk"]
    return list(dict.fromkeys(_TYPE.findall(data))) or ["ack"]

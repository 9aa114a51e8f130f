"""Failpoints: named places in the program where a fault can be made to happen. Inert until one is enabled.

A place asks `if failpoints.armed and (rule := failpoints.hit("store.write")):`, so what is off costs one attribute.
Every enabled failpoint has bounds, a number of times and a number of seconds, after which it is over by itself.
Chance comes from a seed: the same seed and the same hits give the same faults. No clock is read here: who makes the
registry says what time it is.

    store.write, store.call      the record: a group of transactions; an operation beside the log
    receive.TYPE, send.TYPE      the gateway: frames with a message of that type, from and to devices; `chunk` is a
                                 piece of an artifact, `ack` a frame that only acknowledges
    model                        a rung of the ladder that speaks to a model
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Final, get_args

from pydantic import BaseModel, ConfigDict, Field

from protocol.messages import DeviceMessage, GatewayMessage
from protocol.vocabulary import ShortText

MAX_SECONDS: Final = 600.0
MAX_COUNT: Final = 10_000
MAX_DELAY_S: Final = 30.0


class Mode(StrEnum):
    """What goes wrong.

    `busy`, `full`, `unavailable`: the database refuses. `uncertain`: it does the work and reports that it did not.
    `delay`: `delay_s` pass first. `crash_before`, `crash_after`: the process dies as by SIGKILL.
    `drop`: the frame is lost. `double`: it comes twice. `reorder`: the next one overtakes it. `cut`: it is lost and the
    connection with it. `mute`: it is lost, and all that follows it in this direction of this connection.
    `refuse`: no answer is to be had.
    """

    BUSY = "busy"
    FULL = "full"
    UNAVAILABLE = "unavailable"
    UNCERTAIN = "uncertain"
    DELAY = "delay"
    CRASH_BEFORE = "crash_before"
    CRASH_AFTER = "crash_after"
    DROP = "drop"
    DOUBLE = "double"
    REORDER = "reorder"
    CUT = "cut"
    MUTE = "mute"
    REFUSE = "refuse"

    @property
    def deadly(self) -> bool:
        """The process does not survive it."""
        return self in (Mode.CRASH_BEFORE, Mode.CRASH_AFTER)


class Rule(BaseModel):
    """How a failpoint acts: `count` times within `seconds`, then never again until it is enabled anew.

    The first `skip` hits pass; of the others each is taken with `probability`, drawn from `seed`. `only` limits it to
    one device, or one rung, by name. `delay_s` belongs to the mode `delay`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    mode: Mode
    count: Annotated[int, Field(ge=1, le=MAX_COUNT)] = 1
    seconds: Annotated[float, Field(gt=0, le=MAX_SECONDS)] = 30.0
    skip: Annotated[int, Field(ge=0, le=MAX_COUNT)] = 0
    probability: Annotated[float, Field(gt=0, le=1)] = 1.0
    seed: Annotated[int, Field(ge=0, lt=1 << 63)] = 0
    delay_s: Annotated[float, Field(gt=0, le=MAX_DELAY_S)] = 0.5
    only: ShortText = ""


class Enabled(BaseModel):
    """A failpoint that is on: how often it was passed and has acted, and how many seconds it has left."""

    model_config = ConfigDict(frozen=True)

    point: str
    rule: Rule
    hits: int
    fired: int
    left_s: float


_DATABASE = (Mode.BUSY, Mode.FULL, Mode.UNAVAILABLE, Mode.DELAY, Mode.CRASH_BEFORE, Mode.CRASH_AFTER)
_WIRE = (Mode.DROP, Mode.DOUBLE, Mode.DELAY, Mode.REORDER, Mode.CUT, Mode.MUTE)


def _types(union: object) -> list[str]:
    """The types of a union of messages; a chunk, and a frame that only acknowledges, are no messages."""
    return [*(kind.model_fields["type"].default for kind in get_args(union)), "chunk", "ack"]


RECEIVED: Final = tuple(_types(DeviceMessage))
SENT: Final = tuple(_types(GatewayMessage))
POINTS: Final[dict[str, tuple[Mode, ...]]] = {
    "store.write": (*_DATABASE, Mode.UNCERTAIN),
    "store.call": _DATABASE,
    **{f"receive.{kind}": (*_WIRE, Mode.CRASH_BEFORE, Mode.CRASH_AFTER) for kind in RECEIVED},
    **{f"send.{kind}": (*_WIRE, Mode.CRASH_BEFORE, Mode.CRASH_AFTER) for kind in SENT},
    "model": (Mode.REFUSE, Mode.DELAY),
}
"""Every failpoint, with the modes that it knows."""


def modes_of(point: str) -> tuple[Mode, ...]:
    """Raises ValueError where there is no such failpoint."""
    modes = POINTS.get(point)
    if modes is None:
        raise ValueError(f"there is no failpoint {point!r}; GET /v1/faults names them")
    return modes


class _Armed:
    """One enabled failpoint. Its counts are written by whoever passes it: one thread a point."""

    __slots__ = ("fired", "hits", "rule", "until")

    def __init__(self, rule: Rule, until: float) -> None:
        self.rule = rule
        self.until = until
        self.hits = 0
        self.fired = 0

    def over(self, now: float) -> bool:
        return now >= self.until or self.fired >= self.rule.count

    def take(self, point: str, now: float) -> Rule | None:
        if self.over(now):
            return None
        self.hits += 1
        rule = self.rule
        if self.hits <= rule.skip or (rule.probability < 1 and chance(rule.seed, point, self.hits) >= rule.probability):
            return None
        self.fired += 1
        return rule


class Failpoints:
    """The registry of one process. `armed` is False while no failpoint is on.

    `enable`, `disable` and `expire` are one thread's; `hit` may be any thread's: it never changes which are on.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.armed = False
        self._clock = clock
        self._on: dict[str, _Armed] = {}
        self._ended: dict[str, int] = {}

    def enable(self, point: str, rule: Rule) -> None:
        """Turn one on, in place of what it was. Raises ValueError for a place or a mode that is not there."""
        if rule.mode not in modes_of(point):
            raise ValueError(f"{point} knows no {rule.mode.value}; it knows {', '.join(modes_of(point))}")
        self._set({**self._on, point: _Armed(rule, self._clock() + rule.seconds)})

    def disable(self, point: str | None = None) -> list[str]:
        """Turn one off, or all; the names of those that were on."""
        ended = [name for name in self._on if point in (None, name)]
        self._set({name: armed for name, armed in self._on.items() if name not in ended})
        return ended

    def expire(self) -> list[str]:
        """Turn off those whose bounds are reached; their names."""
        now = self._clock()
        ended = [name for name, armed in self._on.items() if armed.over(now)]
        if ended:
            self._set({name: armed for name, armed in self._on.items() if name not in ended})
        return ended

    def enabled(self) -> list[Enabled]:
        """Those that are on, in the order in which they were enabled."""
        now = self._clock()
        return [
            Enabled(point=name, rule=one.rule, hits=one.hits, fired=one.fired, left_s=max(0.0, one.until - now))
            for name, one in self._on.items()
        ]

    def fired(self) -> dict[str, int]:
        """How often each failpoint has acted in all, those that are off again included."""
        totals = dict(self._ended)
        for name, one in self._on.items():
            totals[name] = totals.get(name, 0) + one.fired
        return {name: count for name, count in totals.items() if count}

    def hit(self, point: str, about: str = "") -> Rule | None:
        """The rule to act by, now; None where nothing is to happen. `about` is a device's or a rung's name."""
        armed = self._on.get(point)
        if armed is None or (armed.rule.only and armed.rule.only != about):
            return None
        return armed.take(point, self._clock())

    def _set(self, on: dict[str, _Armed]) -> None:
        for name, armed in self._on.items():
            if on.get(name) is not armed:
                self._ended[name] = self._ended.get(name, 0) + armed.fired
        # A new dict, never a changed one: other threads read it.
        self._on = on
        self.armed = bool(on)


def chance(seed: int, point: str, number: int) -> float:
    """A number from 0 to 1 that depends on nothing else."""
    digest = sha256(f"{seed}:{point}:{number}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64

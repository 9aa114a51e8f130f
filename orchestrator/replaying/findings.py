"""What a comparison of a recorded run with its replay says. Values, and how two JSON values differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Literal

from pydantic import JsonValue

from orchestrator.core.tasks import Model

Kind = Literal[
    "refused",
    "not_ended",
    "rung",
    "plan",
    "question",
    "graph",
    "answer_scope",
    "missing_task",
    "new_task",
    "order",
    "device",
    "arguments",
    "attempt",
    "outcome",
    "output",
    "error",
    "approval",
    "artifact",
    "step",
    "state",
    "answer",
]
SHOWN = 160
MAX_DIFFERENCES = 20


class Difference(Model):
    """One place in which two JSON values differ: a JSON pointer, what was there and what is; None for nothing."""

    path: str
    was: JsonValue = None
    now: JsonValue = None

    def __str__(self) -> str:
        place = self.path or "it"
        return f"{place} was {short(self.was)}, is {short(self.now)}"


class Finding(Model):
    """One departure. `step` is the number of the recorded event where it shows, or of the replayed one that is new."""

    kind: Kind
    step: int
    message: str
    task: str | None = None
    differences: tuple[Difference, ...] = ()


class Verdict(Model):
    """What a replay came to. `findings` are departures, the first one first; `notes` are none."""

    run: str
    same: bool
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    events: int = 0
    seconds: float = 0.0


def short(value: JsonValue) -> str:
    """A value for a sentence."""
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) and value and not value.isspace() else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def differences(was: JsonValue, now: JsonValue) -> tuple[Difference, ...]:
    """Where two values differ, at most 20 places, in the order of the first value."""
    found: list[Difference] = []
    for one in _walk("", was, now):
        found.append(one)
        if len(found) == MAX_DIFFERENCES:
            break
    return tuple(found)


def _walk(path: str, was: JsonValue, now: JsonValue) -> Iterator[Difference]:
    if isinstance(was, dict) and isinstance(now, dict):
        for name in [*was, *(name for name in now if name not in was)]:
            yield from _walk(f"{path}/{name.replace('~', '~0').replace('/', '~1')}", was.get(name), now.get(name))
    elif isinstance(was, list) and isinstance(now, list):
        for number in range(max(len(was), len(now))):
            left = was[number] if number < len(was) else None
            right = now[number] if number < len(now) else None
            yield from _walk(f"{path}/{number}", left, right)
    elif was != now or isinstance(was, bool) != isinstance(now, bool):
        yield Difference(path=path, was=was, now=now)


def told(found: tuple[Difference, ...]) -> str:
    """The differences in one sentence's words."""
    first = "; ".join(map(str, found[:3]))
    return f"{first}; and {len(found) - 3} more" if len(found) > 3 else first

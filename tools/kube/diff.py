"""What differs between two versions of an object, field by field. Pure.

Lists of things with names (containers, environment variables, ports, volumes) are compared by name, so that a path
reads `spec.template.spec.containers[app].image`.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from typing import Final

from protocol.vocabulary import Json
from tools.arguments import Output
from tools.errors import printable
from tools.kube.objects import Manifest, canonical, material

ABSENT: Final = "(absent)"
_KEYS: Final = ("name", "containerPort", "port", "key", "type", "ip", "mountPath")
MOST: Final = 200
ORDERED: Final = ".initContainers"
"""Named things that come one after the other."""
LONG: Final = 160
AROUND: Final = 30
MOST_LINES: Final = 40


class FieldChange(Output):
    """`before` or `after` is "(absent)" where the field is not there."""

    path: str
    before: Json
    after: Json


def fields(before: Manifest | None, after: Manifest | None) -> list[FieldChange]:
    """The fields that differ, in path order; status and what the server notes for itself left out.

    Creation and deletion are told whole: one change a top-level part.
    """
    old = material(before) if before is not None else {}
    new = material(after) if after is not None else {}
    if before is None or after is None:
        for one in (old, new):
            for noise in ("uid", "creationTimestamp"):
                (one.get("metadata") or {}).pop(noise, None)
    found = [FieldChange(path=path, before=a, after=b) for path, a, b in _walk("", old, new)]
    if len(found) > MOST:
        more = FieldChange(path="(and more)", before=ABSENT, after=f"{len(found) - MOST} more fields")
        found = [*found[:MOST], more]
    return found


def _walk(path: str, old: object, new: object) -> Iterator[tuple[str, Json, Json]]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys(), key=str):
            yield from _walk(_joined(path, str(key)), old.get(key, ABSENT), new.get(key, ABSENT))
        return
    if isinstance(old, dict) and old and new == ABSENT:
        for key in sorted(old, key=str):
            yield from _walk(_joined(path, str(key)), old[key], ABSENT)
        return
    if isinstance(new, dict) and new and old == ABSENT:
        for key in sorted(new, key=str):
            yield from _walk(_joined(path, str(key)), ABSENT, new[key])
        return
    named = _by_name(old, new)
    if named is not None:
        for key, a, b in named:
            yield from _walk(f"{path}[{key}]", a, b)
        if not path.endswith(ORDERED):
            return
        kept = [key for key, a, b in named if ABSENT not in (a, b)]
        moved = [key for key in _names(new, named) if key in kept]
        if moved != kept:
            yield f"{path} (order)", _json(kept), _json(moved)
        return
    yield path, _json(old), _json(new)


def _joined(path: str, key: str) -> str:
    step = f'["{key}"]' if "." in key or "/" in key else key
    return f"{path}{step}" if step.startswith("[") or not path else f"{path}.{step}"


def _by_name(old: object, new: object) -> list[tuple[str, object, object]] | None:
    """Both lists by what names their items; None where nothing does."""
    if (not isinstance(old, list) and old != ABSENT) or (not isinstance(new, list) and new != ABSENT):
        return None
    lists = [one for one in (old, new) if isinstance(one, list)]
    items = [item for one in lists for item in one]
    if not items or not all(isinstance(item, dict) for item in items):
        return None
    for key in _KEYS:
        if all(key in item for item in items) and all(len({str(i[key]) for i in one}) == len(one) for one in lists):
            a = {str(item[key]): item for item in old} if isinstance(old, list) else {}
            b = {str(item[key]): item for item in new} if isinstance(new, list) else {}
            return [(name, a.get(name, ABSENT), b.get(name, ABSENT)) for name in dict.fromkeys((*a, *b))]
    return None


def _names(new: object, named: list[tuple[str, object, object]]) -> list[str]:
    """The names in the order of the new list."""
    places = {id(item): at for at, item in enumerate(new)} if isinstance(new, list) else {}
    return [key for key, _, after in sorted(named, key=lambda one: places.get(id(one[2]), -1)) if after != ABSENT]


def _json(value: object) -> Json:
    found: Json = value  # type: ignore[assignment]
    return found


def shown(value: Json) -> str:
    """A value on one line, short. A text that could be taken for lines of the preview itself is quoted."""
    return _cut(_line(value))


def arrow(before: Json, after: Json) -> list[str]:
    """What a field was and becomes, so that the difference is always in sight: one line, or the lines that differ."""
    if after == ABSENT:
        return [f"{shown(before)} -> (removed)"]
    if before == ABSENT:
        return [shown(after)]
    if isinstance(before, str) and isinstance(after, str) and ("\n" in before or "\n" in after):
        return ["", *_lines(before, after)]
    old, new = _line(before), _line(after)
    start, end = _common(old, new), _common(old[::-1], new[::-1])
    end = min(end, len(old) - start, len(new) - start)
    return [f"{_around(old, start, end)} -> {_around(new, start, end)}"]


def _line(value: Json) -> str:
    text = value if isinstance(value, str) else canonical(value)
    return text if text.isprintable() and text == text.strip() else printable(json.dumps(text, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= LONG else f"{text[: LONG - 10]}... ({len(text)} characters)"


def _lines(before: str, after: str) -> list[str]:
    """The lines that go and come, each with its sign."""
    compared = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    told = [f"{line[0]} {_cut(printable(line[1:]))}" for line in list(compared)[2:] if not line.startswith("@@")]
    told = told or ["~ only the ends of its lines"]
    return [*told[:MOST_LINES], *([f"... and {len(told) - MOST_LINES} more lines"] if len(told) > MOST_LINES else [])]


def _common(a: str, b: str) -> int:
    return next((at for at, (one, other) in enumerate(zip(a, b, strict=False)) if one != other), min(len(a), len(b)))


def _around(text: str, start: int, end: int) -> str:
    """The text, or what differs of it with a little on both sides."""
    if len(text) <= LONG:
        return text
    first, last = max(0, start - AROUND), min(len(text), len(text) - end + AROUND)
    middle = text[first:last]
    if len(middle) > LONG:
        middle = f"{middle[: LONG // 2]}...{middle[-LONG // 2 :]}"
    return f"{'...' if first else ''}{middle}{'...' if last < len(text) else ''} ({len(text)} characters)"

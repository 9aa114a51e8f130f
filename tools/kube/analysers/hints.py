"""Near misses: the name that was probably meant. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Final

_PLAIN: Final = re.compile(r"[^a-z0-9]+")


def plain(name: str) -> str:
    """A name without case, dots and dashes: `API_KEY` and `api-key` are one."""
    return _PLAIN.sub("", name.lower())


def near(name: str, others: Iterable[str], cutoff: float = 0.75) -> str:
    """The closest of the others, or "" where none is close. One that only differs in case and dashes comes first."""
    known = sorted({one for one in others if one != name})
    # One letter of three or four is much of the whole.
    cutoff = min(cutoff, 0.65) if len(name) <= 5 else cutoff
    same = [one for one in known if plain(one) == plain(name)]
    if same:
        return same[0]
    found = difflib.get_close_matches(name.lower(), {one.lower(): one for one in known}, n=1, cutoff=cutoff)
    return next((one for one in known if found and one.lower() == found[0]), "")


def meant(name: str, others: Iterable[str]) -> str:
    """`; did you mean x?`, or what there is, or that there is none."""
    known = sorted(set(others))
    if close := near(name, known):
        return f" (there is {close})"
    return f" (there is {', '.join(known[:5])}{' …' if len(known) > 5 else ''})" if known else ""


def near_labels(wanted: Mapping[str, str], others: Iterable[tuple[str, Mapping[str, str]]]) -> tuple[str, float]:
    """Of (name, labels) the name whose labels come closest to the wanted ones, and how close: 0 to 1."""
    scored = [(closeness(wanted, labels), name) for name, labels in others]
    score, name = max(scored, default=(0.0, ""))
    return name, score


def closeness(wanted: Mapping[str, str], labels: Mapping[str, str]) -> float:
    """How close labels come to a selector: the mean over its pairs, of 1 for an equal pair."""
    if not wanted:
        return 0.0
    return sum(
        max((_pair(k, v, key, value) for key, value in labels.items()), default=0.0) for k, v in wanted.items()
    ) / len(wanted)


def _pair(key: str, value: str, other_key: str, other_value: str) -> float:
    if (key, value) == (other_key, other_value):
        return 1.0
    keys = 1.0 if key == other_key else _ratio(key, other_key)
    values = 1.0 if value == other_value else _ratio(value, other_value)
    return keys * values * 0.95


def _ratio(one: str, other: str) -> float:
    if plain(one) == plain(other):
        return 0.97
    return difflib.SequenceMatcher(None, one.lower(), other.lower()).ratio()


def said_labels(labels: Mapping[str, str]) -> str:
    """`app=web,tier=front`."""
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))

"""Requests and limits of a container, from values with the words beside them."""

from __future__ import annotations

from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.view import View

_WHAT = {"cpu": "cpu", "core": "cpu", "memory": "memory", "ram": "memory", "mem": "memory"}
_SIDES = {
    "request": "request", "reserve": "request", "reserved": "request", "guarantee": "request", "guaranteed": "request",
    "limit": "limit", "cap": "limit", "most": "limit", "maximum": "limit", "max": "limit", "ceiling": "limit",
}  # fmt: skip
_ENDS = frozenset({",", "and", "/", ";", "+", "&", ".", "(", ")"})
_SMALL = 4096.0
"""Fewer bytes than this are a number whose unit was left out."""


def resources_of(v: View) -> tuple[dict[str, str], dict[str, str]] | None:
    """(requests, limits), from `requests 20m / 32Mi, limits 100m cpu and 64Mi memory` and its like; None if unclear."""
    found: dict[str, dict[str, str]] = {"request": {}, "limit": {}}
    values = [at for at in v.free(Shape.QUANTITY, Shape.NUMBER) if not _was(v, at)]
    for n, at in enumerate(values):
        token = v.tokens[at]
        left, right = values[n - 1] if n else -1, values[n + 1] if n + 1 < len(values) else len(v.tokens)
        side = _near(v, at, left, right, _SIDES) or _before(v, at)
        what = _near(v, at, left, right, _WHAT)
        if not what and token.shape is Shape.QUANTITY:
            what = "cpu" if str(token.value).endswith("m") else "memory"
        side = side or (_only_side(v) if n == 0 or not found["request"] else "")
        if not side or not what or what in found[side] or not _fits(what, str(token.value)):
            return None
        found[side][what] = str(token.value)
        v.claim(at)
    v.take("request limit cpu memory resource core ram mem reserve cap most maximum max ceiling")
    return found["request"], found["limit"]


def _fits(what: str, value: str) -> bool:
    """Whether a value has a unit of what it is for: no cpu of 512Mi, no memory of 2."""
    if what == "cpu":
        return value.endswith("m") or not value[-1:].isalpha()
    return value[-1:].isalpha() and not value.endswith("m") if not _plain(value) else float(value) >= _SMALL


def _plain(value: str) -> bool:
    return value.replace(".", "", 1).isdigit()


def _was(v: View, at: int) -> bool:
    """`from 1Gi`, `instead of 1Gi`: what it was."""
    near = [t.low for t in v.tokens[max(0, at - 2) : at]]
    old = bool(near) and (near[-1] in {"from", "currently", "instead", "now"} or near == ["instead", "of"])
    if old:
        v.claim(at, at - 1, *([at - 2] if near == ["instead", "of"] else []))
    return old


def _near(v: View, at: int, left: int, right: int, table: dict[str, str]) -> str:
    """The word that belongs to a value: behind it up to the next comma, else before it."""
    for step in range(at + 1, min(right, at + 5)):
        if v.tokens[step].low in _ENDS:
            break
        if v.lemmas[step] in table:
            return table[v.lemmas[step]]
    for step in range(at - 1, left, -1):
        if v.tokens[step].low in _ENDS:
            break
        if v.lemmas[step] in table:
            return table[v.lemmas[step]]
    return ""


def _before(v: View, at: int) -> str:
    return next((_SIDES[v.lemmas[step]] for step in range(at, -1, -1) if v.lemmas[step] in _SIDES), "")


def _only_side(v: View) -> str:
    """The one side that the clause speaks of, wherever the word stands."""
    said = {_SIDES[lemma] for lemma in v.lemmas if lemma in _SIDES}
    return said.pop() if len(said) == 1 else ""

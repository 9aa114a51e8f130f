"""Amounts of what a quota or a limit range counts: `4 CPUs, 8Gi of memory, 20 pods`, `limits 500m/256Mi`."""

from __future__ import annotations

import re

from agents.embedded.kube.making import release
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.view import View

_KEYS = {
    "cpu": "cpu",
    "core": "cpu",
    "memory": "memory",
    "ram": "memory",
    "mem": "memory",
    "pod": "pods",
    "service": "services",
    "configmap": "configmaps",
    "secret": "secrets",
    "persistentvolumeclaim": "persistentvolumeclaims",
}
_BEYOND = {"than", "exceed", "beyond", "most", "above"}
_STOPS = {",", "and", "/", "+", "&", "plus", ".", ";"}


def hard_of(v: View) -> dict[str, str]:
    """What a quota limits; empty where a number has no place."""
    hard = _dotted(v)
    side = _whole_side(v)
    numbers = v.free(Shape.NUMBER, Shape.QUANTITY)
    for n, at in enumerate(numbers):
        left = numbers[n - 1] if n else -1
        right = numbers[n + 1] if n + 1 < len(numbers) else len(v.tokens)
        key = _key(v, at, left, right)
        if not key:
            return {}
        prefix = "" if key not in {"cpu", "memory"} else side or _side_prefix(v, at)
        if prefix + key in hard:
            return {}
        hard[prefix + key] = str(v.tokens[at].value)
        v.claim(at)
    for one in [m for m in v.mentions if not m.names and _KEYS.get(m.kind) in hard]:
        v.claim(*one.at)
        v.mentions.remove(one)
    v.take("cpu memory core ram mem request limit")
    return hard


def _dotted(v: View) -> dict[str, str]:
    """`requests.cpu 4`, `pods=20`."""
    hard: dict[str, str] = {}
    for at, token in enumerate(v.tokens):
        if token.shape is Shape.PAIR and at not in v.used:
            key, _, value = token.text.partition("=")
            hard[key] = value
            v.claim(at)
        if not re.fullmatch(r"(requests|limits)\.(cpu|memory|storage|ephemeral-storage)", token.low):
            continue
        step = at + 1
        while step < len(v.tokens) and v.tokens[step].text in {":", "=", "to", "of", "at", "is"}:
            step += 1
        if step < len(v.tokens) and v.tokens[step].shape in {Shape.NUMBER, Shape.QUANTITY} and step not in v.used:
            hard[token.low] = str(v.tokens[step].value)
            release(v, *range(at, step + 1))
    return hard


def _whole_side(v: View) -> str:
    """`requests` or `limits` of all amounts, where one of the words stands for itself."""
    if v.seen("request") and not any(t.low == "limits" for t in v.tokens):
        return "requests."
    return "limits." if not v.seen("request") and any(t.low == "limits" for t in v.tokens) else ""


def _side_prefix(v: View, at: int) -> str:
    """Where both are said: the side of one amount, by the words about it."""
    if not (v.seen("request") and v.seen("limit")):
        return ""
    side = _side(v, at)
    return f"{side}s." if side else ""


def _key(v: View, at: int, left: int, right: int) -> str:
    for step in range(at + 1, min(right, at + 5)):
        if v.tokens[step].low in _STOPS:
            break
        if v.lemmas[step] in _KEYS:
            return _KEYS[v.lemmas[step]]
    for step in range(at - 1, left, -1):
        if v.lemmas[step] in _KEYS:
            return _KEYS[v.lemmas[step]]
    return "memory" if v.tokens[at].shape is Shape.QUANTITY and str(v.tokens[at].value)[-1] in "iGM" else ""


def sides_of(v: View) -> dict[str, dict[str, str]] | None:
    """Defaults, requests and bounds of a limit range; None where an amount has no side or no unit."""
    found: dict[str, dict[str, str]] = {"default": {}, "default_request": {}, "max": {}, "min": {}}
    amounts = _amounts(v)
    for n, (at, value) in enumerate(amounts):
        side, what = _part(v, at), _unit(v, at, value)
        if not side and not v.seen("request limit max min"):
            side = "max" if any(t.low in _BEYOND for t in v.tokens) and not v.seen("default") else "default"
        if not what and n and amounts[n - 1][0] == at:
            what = "memory"
        if not side or not what or what in found[side]:
            return None
        found[side][what] = value
        v.claim(at)
    return {key: value for key, value in found.items() if value} or None


def _amounts(v: View) -> list[tuple[int, str]]:
    """Quantities; `200m/128Mi` is two."""
    out: list[tuple[int, str]] = []
    for at, token in enumerate(v.tokens):
        if at in v.used:
            continue
        if token.shape in {Shape.QUANTITY, Shape.NUMBER}:
            out.append((at, str(token.value)))
        elif token.shape is Shape.PATH and re.fullmatch(r"[\d.]+m?/[\d.]+[KMG]i?", token.text):
            out += [(at, part) for part in token.text.split("/")]
            v.mentions = [m for m in v.mentions if at not in m.at]
            if v.location is not None and v.location.names[0] == token.text.split("/")[0].casefold():
                v.location = None
    return out


def _part(v: View, at: int) -> str:
    """Which part of a limit range an amount is."""
    bound = next((one for one in (_word(v, at, {"max", "maximum", "min", "minimum"}),) if one), "")
    if bound and not v.seen("default"):
        return bound[:3]
    side = _side(v, at)
    return {"limit": "default", "request": "default_request"}.get(side, "")


def _word(v: View, at: int, wanted: set[str]) -> str:
    return next((v.tokens[step].low for step in range(at, -1, -1) if v.tokens[step].low in wanted), "")


def _side(v: View, at: int) -> str:
    """`limit` or `request`: behind the amount up to the next cut, or else before it."""
    first = next((n for n, t in enumerate(v.tokens) if t.shape in {Shape.QUANTITY, Shape.NUMBER, Shape.PATH}), at)
    ahead = any(lemma in {"limit", "request"} for lemma in v.lemmas[:first])  # `limits 1 cpu`, not `1 cpu limits`
    for step in range(at + 1, at if ahead else min(at + 6, len(v.tokens))):
        if v.tokens[step].low in _STOPS - {"/"}:
            break
        if v.lemmas[step] in {"limit", "request"}:
            return v.lemmas[step]
    return next((v.lemmas[step] for step in range(at, -1, -1) if v.lemmas[step] in {"limit", "request"}), "")


def _unit(v: View, at: int, value: str) -> str:
    if value[-1].isalpha():
        return "cpu" if value.endswith("m") else "memory"
    for step in (at + 1, at + 2, at - 1, at - 2):
        if 0 <= step < len(v.tokens) and v.lemmas[step] in {"cpu", "memory", "core", "ram", "mem"}:
            return _KEYS[v.lemmas[step]]
    return ""

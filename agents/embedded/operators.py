"""Operators: what a clause asks to be computed over the outputs of several devices, or over earlier results.

`detect` only reads; it returns an operator with the positions of its words, so that a caller may claim them or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agents.embedded.slots import LESS, MORE, comparator
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.wordset import words
from protocol.vocabulary import Json

Name = Literal["rank", "filter", "compare", "stats", "count_by", "merge", "any"]
DESC = words("most highest largest biggest longest greatest maximum fullest busiest max heaviest hungriest fattest top")
MORE_OF = {"more", "higher", "larger", "bigger", "longer", "greater"}
LESS_OF = {"less", "lower", "smaller", "fewer", "shorter"}
ASC = {"least", "lowest", "smallest", "shortest", "fewest", "minimum", "min", "emptiest", "lightest"}
KEYS = {
    "service": "service",
    "level": "level",
    "severity": "level",
    "hour": "hour",
    "day": "day",
    "date": "day",
    "extension": "extension",
    "component": "service",
    "app": "service",
    "application": "service",
    "loglevel": "level",
    "program": "service",
    "filetype": "extension",
    "suffix": "extension",
    "hourly": "hour",
}
SAME = words(
    "alike drift drifted deviate deviates diverge diverges mismatch odd outlier vary varies "
    "same identical differ differs different equal compare difference match matches diff consistent comparison agree"
)
TOTAL = {"total", "sum", "combined", "altogether", "together", "totals", "overall"}
AVERAGE = {"average", "mean", "median", "avg"}
UNITS = {Kind.PERCENT: "percent", Kind.SIZE: "bytes", Kind.DURATION: "seconds", Kind.NUMBER: "number"}


@dataclass(frozen=True, slots=True)
class Operator:
    """`spots`: the positions of its words. `order`, `limit`: of a ranking. `op`, `value`, `unit`: of a filter."""

    name: Name
    spots: tuple[int, ...]
    order: str = "desc"
    limit: int | None = None
    op: str = ""
    value: Json = None
    unit: str = ""
    key: str = ""


def ranking(view: View) -> Operator | None:
    """`the most`, `highest`, `rank ... by`, `from least to most`, `top 3 servers`."""
    if view.head in {"rank", "sort", "order"}:
        low = [at for at, t in view.free(Kind.WORD) if t.lemma in ASC]
        high = [at for at, t in view.free(Kind.WORD) if t.lemma in DESC]
        order = "asc" if (low and (not high or low[0] < high[0])) or view.has("ascending") else "desc"
        extra = [
            at
            for at, t in view.free(Kind.WORD)
            if t.lemma in {"first", "descending", "ascending", "by", "from", "to", "down"}
        ]
        return Operator("rank", (view.head_at, *low, *high, *extra), order=order)
    for at, token in view.free(Kind.WORD):
        if token.lemma == "top" and at + 1 < len(view.tokens) and view.tokens[at + 1].kind is Kind.NUMBER:
            value = view.tokens[at + 1].value
            of = at + 2 + (view.lemma(at + 2) == "of") + (view.lemma(at + 3) == "the")
            if of < len(view.tokens) and view.tokens[of].kind is Kind.DEVICE and isinstance(value, int):
                by = [spot for spot in range(of, len(view.tokens)) if view.lemma(spot) == "by"]
                trailing = ordering(view) or Operator("rank", ())
                return Operator("rank", (at, at + 1, *by[:1], *trailing.spots), limit=value, order=trailing.order)
    if view.head in {"list", "show", "display", "give"}:
        for at, _ in enumerate(view.tokens[:-1]):
            if (view.tokens[at].kind is Kind.DEVICE and view.lemma(at + 1) == "by") or (
                view.lemma(at) in {"sorted", "ordered", "ranked"} and view.lemma(at + 1) == "by"
            ):
                ascending = any(t.lemma in ASC for t in view.tokens if t.word)
                spots = (at, at + 1) if view.tokens[at].word else (at + 1,)
                extra = [i for i, t in view.free(Kind.WORD) if t.lemma in ASC | DESC | {"first"}]
                return Operator("rank", (*spots, *extra), order="asc" if ascending else "desc")
    for at, token in view.free(Kind.WORD):
        if token.lemma in MORE_OF | LESS_OF and view.lemma(at + 1) != "than" and view.lemma(at - 1) != "or":
            return Operator("rank", (at,), order="desc" if token.lemma in MORE_OF else "asc")
        if token.lemma in DESC | ASC and token.lemma != "top":
            recently = token.lemma == "most" and view.lemma(at + 1) == "recently"
            spots = (at,) if view.lemma(at - 1) != "the" else (at - 1, at)
            return Operator("rank", spots, order="asc" if token.lemma in ASC or recently else "desc")
    return None


FIRST = DESC | ASC | words("high low best worst slowest fastest newest oldest")
DOWN = DESC | words("high worst newest oldest slowest")


def ordering(view: View) -> Operator | None:
    """`lowest first`, `sorted from high to low`, `in descending order`: an order that trails what is asked for."""
    spots, downward = list[int](), list[bool]()
    for at, token in view.free(Kind.WORD):
        paired = view.lemma(at + 1) == "to" and view.lemma(at + 2) in FIRST
        if token.lemma in FIRST and (view.lemma(at + 1) == "first" or paired):
            spots += range(at, at + (3 if paired else 2))
            downward.append(token.lemma in DOWN)
        elif token.lemma in {"descending", "ascending", "desc", "asc"}:
            spots.append(at)
            downward.append(token.lemma.startswith("desc"))
    if not spots:
        return None
    near = {place for at in spots for place in (at - 1, at - 2, at - 3, at + 1)}
    around = words("sorted sort ordered ranked from in order the by")
    spots += [at for at in sorted(near) if view.lemma(at) in around and at not in view.claimed and at != view.head_at]
    return Operator("rank", tuple(dict.fromkeys(spots)), order="desc" if downward[0] else "asc")


def comparison(view: View) -> Operator | None:
    """A number with a comparing phrase: `more than 10 GB`, `over 80%`, `at least 5`."""
    for at, token in view.free(Kind.PERCENT, Kind.SIZE, Kind.NUMBER, Kind.DURATION):
        more, less = comparator(view, at, MORE), comparator(view, at, LESS)
        if more is not None:
            spots = more
            said = {view.lemma(i) for i in more} | {view.tokens[i].text for i in more}
            op = ">=" if said & {"least", ">=", "≥"} else ">"
        elif less is not None:
            spots = less
            said = {view.lemma(i) for i in less} | {view.tokens[i].text for i in less}
            op = "<=" if said & {"most", "<=", "≤", "up"} else "<"
        elif view.lemma(at - 1) in {"unequal", "equalling"}:
            spots, op = (at - 1,), "!=" if view.lemma(at - 1) == "unequal" else "=="
        elif view.lemma(at + 1) == "or" and view.lemma(at + 2) in words(
            "more above higher greater less below lower fewer"
        ):
            spots, op = (at + 1, at + 2), ">=" if view.lemma(at + 2) in {"more", "above", "higher", "greater"} else "<="
        else:
            continue
        return Operator("filter", (at, *spots), op=op, value=token.value, unit=UNITS[token.kind])
    return None


def sameness(view: View) -> Operator | None:
    spots = [at for at, t in view.free(Kind.WORD) if t.lemma in SAME]
    if not spots or (
        not any(view.lemma(at) in SAME - {"match", "matches", "different"} for at in spots)
        and view.head not in {"do", "does", "are", "is", "check", "compare", "tell", "which", "if", "whether", "verify"}
    ):
        return None
    return Operator("compare", tuple(spots))


def statistics(view: View) -> Operator | None:
    ends = [at for at, token in view.free(Kind.WORD) if token.lemma in {"min", "max", "minimum", "maximum"}]
    if len(ends) == 2:
        return Operator("stats", tuple(ends), key="range")
    for at, token in view.free(Kind.WORD):
        if token.lemma in TOTAL:
            return Operator("stats", (at,), key="total")
        if (token.lemma in AVERAGE and view.lemma(at - 1) not in {"load"} and _qualifies(view, at + 1)) or (
            token.lemma in {"median", "mean"}
        ):
            return Operator("stats", (at,), key="average")
    if view.head in {"sum", "total"}:
        return Operator("stats", (view.head_at,), key="total")
    return None


def _qualifies(view: View, at: int) -> bool:
    """Whether something follows that an average can be of: a word, or `5 minute`."""
    return bool(view.lemma(at)) or (at < len(view.tokens) and view.tokens[at].kind is Kind.DURATION)


def groupings(view: View) -> list[Operator]:
    """All keys of `by service and also by level`, `per hour and service`."""
    trial, found = View(view.tokens, view.claimed), list[Operator]()
    while True:
        operator = grouping(trial) or (_also(trial, found[-1]) if found else None)
        if operator is None:
            return found
        trial.claim(*operator.spots)
        found.append(operator)


def _also(view: View, last: Operator) -> Operator | None:
    at = start = max(last.spots) + 1
    while view.lemma(at) in {"and", "also"} or (at < len(view.tokens) and view.tokens[at].text in {",", "&"}):
        at += 1
    key = KEYS.get(view.lemma(at))
    return Operator("count_by", tuple(range(start, at + 1)), key=key) if key is not None and at > start else None


def grouping(view: View) -> Operator | None:
    """`by service`, `per level`, `for each hour`, `grouped by day`."""
    for at, token in view.free(Kind.WORD):
        key = KEYS.get(token.lemma)
        if key is None:
            continue
        start = at - 1
        while view.lemma(start) in {"the", "log", "each", "every", "its", "their", "file", "error"}:
            start -= 1
        if view.lemma(start) not in {"by", "per", "for", "in"} or (
            view.lemma(start) in {"for", "in"} and view.lemma(at - 1) not in {"each", "every"}
        ):
            continue
        if view.lemma(start - 1) in {"sorted", "sort", "ordered", "order", "ranked"}:
            continue
        spots = list(range(start, at + 1))
        if view.lemma(start - 1) in words("grouped group breakdown broken split counted tallied summed totaled total"):
            spots.append(start - 1)
        return Operator("count_by", tuple(spots), key=key)
    return None

"""Rules about numbers: where they come from, on which side of them a value must lie, in which slot they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from agents.embedded.tokens import Kind, Token
from agents.embedded.words import NEGATIONS
from agents.embedded.wordset import words as word_set
from agents.scrutiny.look import Doubt, Look, Told, compares
from orchestrator.core.plan import Step
from protocol.vocabulary import Json

Way = Literal["up", "down"]
NUMERIC = frozenset({Kind.NUMBER, Kind.SIZE, Kind.DURATION, Kind.PERCENT, Kind.TIME})
UP = word_set("over above more greater larger bigger exceed exceeds exceeding higher longer older > >=")
DOWN = word_set("under below less fewer smaller lower shorter newer younger < <=")
FREE = word_set("free available left remaining spare")
USED = word_set("full used usage occupied utilized utilised utilization use")
NOT = NEGATIONS | word_set("missing absent stopped down gone unless otherwise else doesnt isnt lacks lack")
SOME = 10
_MOST = r"(?:newest|latest|oldest|largest|biggest|smallest|heaviest|top)"
SEVERAL = re.compile(rf"\b{_MOST}\s+(?:\w+\s+)?\w+s\b|\b(?:which|what)\s+\w+s\b.*\bare\b.*\b{_MOST}\b")
ALL = re.compile(r"\b(?:all|every|each|both)\b")
SMALL = {
    name: number
    for number, name in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
    )
}


@dataclass(frozen=True)
class Bound:
    """A number of the request with the side that is asked for: `over 80%`."""

    at: int
    token: Token
    way: Way
    value: float


def doubts(look: Look) -> Iterator[Doubt]:
    """Everything about the numbers of a plan that does not go with the request."""
    yield from _numbers(look)
    yield from _comparisons(look)
    yield from _denied(look)
    yield from _existence(look)
    yield from _slots(look)


def bounds(told: Told) -> list[Bound]:
    """The numbers with a comparison before or behind them."""
    found = []
    for at, token in enumerate(told.tokens):
        if token.kind in NUMERIC and isinstance(token.value, (int, float)):
            way = _way(told, at)
            if way is not None:
                found.append(Bound(at, token, way, float(token.value)))
    return found


def _way(told: Told, at: int) -> Way | None:
    before = []
    for place in range(at - 1, max(-1, at - 6), -1):
        token = told.tokens[place]
        if token.kind in NUMERIC or token.kind is Kind.DEVICE or token.text in (",", ";", "."):
            break
        before.append(token.text.casefold())
    if before and before[0] in ("least", "most") and before[1:2] == ["at"]:
        return "up" if before[0] == "least" else "down"
    joined = [part for word in before for part in reversed(word.split())]
    way: Way | None = None
    for place_, word in enumerate(joined):
        if word in UP or word in DOWN:
            way = "up" if word in UP else "down"
            turned = any(one in ("not", "no", "never") for one in joined[place_ + 1 : place_ + 2])
            return _opposite(way) if turned else way
        if place_ + 1 < len(joined) and joined[place_ + 1] == "at" and word in ("least", "most"):
            return "up" if word == "least" else "down"
    after = [told.word(at + 1), told.word(at + 2)]
    if after[0] == "or":
        return "up" if after[1] in UP else "down" if after[1] in DOWN else None
    return None


def _opposite(way: Way) -> Way:
    return "down" if way == "up" else "up"


def _numbers(look: Look) -> Iterator[Doubt]:
    """A number in the plan comes from the request, or means nothing."""
    said = {float(token.value) for token in look.told.tokens if isinstance(token.value, (int, float))}
    said |= {float(one) for one in re.findall(r"(?<!\S)-(\d+)(?!\S)", look.told.spoken)}  # `tail -20 app.log`
    said |= {100 - one for one in said if 0 <= one <= 100}
    said |= {float(SMALL[word]) for word in look.told.lemmas if word in SMALL}
    said |= {float(one) for text in _quotations(look.told) for one in re.findall(r"\d+(?:\.\d+)?", text)}
    said |= {float(place.limit) for place in look.told.places if place.limit is not None}
    for step in look.plan.steps:
        properties = look.specs[step.skill].input_schema.get("properties", {}) if step.skill in look.specs else {}
        for name, value in step.arguments.items():
            schema = properties.get(name)
            if isinstance(schema, dict) and "default" in schema and schema["default"] == value:
                continue
            for number in _floats(value):
                # `the newest files` are some of them: how many is not said.
                whole = name == "limit" and isinstance(schema, dict) and schema.get("maximum") == number  # all of it
                some = name == "limit" and number == SOME and SEVERAL.search(look.told.spoken) is not None
                if name.startswith("max_") and number >= 1000 and not look.risky(step):
                    continue  # as much as there is
                if number in said or number == 0 or (number == 1 and name != "pid") or some or whole:
                    continue
                yield Doubt(f"step {step.id}: {name} {number:g} is not in the request")


def _quotations(told: Told) -> Iterator[str]:
    yield from (str(token.value) for token in told.tokens if token.kind in (Kind.QUOTED, Kind.URL, Kind.PATH))
    yield from (answer for _, answer in told.answers)


def _floats(value: Json) -> Iterator[float]:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield float(value)
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _floats(item)


@dataclass(frozen=True)
class Test:
    """A comparison that a plan makes, of a value at a path, in a step."""

    step: Step
    path: str
    op: str
    value: float
    conditional: bool


def comparisons(look: Look) -> Iterator[Test]:
    opposite = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "==": "!=", "!=": "=="}
    for step in look.plan.steps:
        value, op = step.arguments.get("value"), step.arguments.get("op")
        if step.skill == "data.filter" and isinstance(op, str) and _is_number(value):
            yield Test(step, str(step.arguments.get("by", "")), op, float(str(value)), conditional=False)
        for edge in step.after:
            for compare, turned in compares(edge.when) if edge.when is not None else ():
                if _is_number(compare.value):
                    kind = opposite.get(compare.op, compare.op) if turned else compare.op
                    yield Test(step, compare.path, kind, float(str(compare.value)), conditional=True)


def _denied(look: Look) -> Iterator[Doubt]:
    """`those that don't answer with 200` are the others; without a no they are these."""
    told = look.told
    for test in comparisons(look):
        if test.conditional or test.op not in ("==", "!="):
            continue
        places = [at for at, token in enumerate(told.tokens) if token.kind in NUMERIC and token.value == test.value]
        if len(places) != 1:
            continue
        near = " ".join(told.word(at) for at in range(max(0, places[0] - 6), places[0]))
        turned = re.search(r"n't|\b(?:not|no|never|other|another|than|different|differs?)\b", near) is not None
        if turned is (test.op == "=="):
            yield Doubt(
                f"step {test.step.id}: {test.path or 'a value'} {test.op} {test.value:g} is the wrong way round"
            )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _comparisons(look: Look) -> Iterator[Doubt]:
    """`over 80 %` is compared with >, also where what is left is looked at instead of what is used."""
    stated, told = bounds(look.told), look.told
    other = otherwise(told)
    for test in comparisons(look):
        sides = {">": "up", ">=": "up", "<": "down", "<=": "down"}
        if test.op not in sides:
            continue
        near = [one for one in stated if _stands_for(one, test.value)]
        ways = {_expected(told, one, test) for one in near}
        if not test.conditional and _universal(look, test.step):
            ways = {_opposite(way) for way in ways}
        if test.conditional and (told.has("unless") or other is not None):
            at = look.located.get(test.step.id)
            if other is None:
                ways = {_opposite(way) for way in ways}
            elif at is None:
                continue
            elif at > other:
                ways = {_opposite(way) for way in ways}
        if len(ways) == 1 and sides[test.op] not in ways:
            yield Doubt(f"step {test.step.id}: {test.path} {test.op} {test.value:g} is the wrong way round")
        yield from _complement(told, near, test)


def otherwise(told: Told) -> int | None:
    """Where the other branch begins: `otherwise`, `else`, `if not,`."""
    for at, token in enumerate(told.tokens):
        if token.word and token.lemma in ("otherwise", "else") and told.word(at - 1) not in ("nothing", "anything"):
            return at
        comma = any(one.text == "," for one in told.tokens[at + 2 : at + 3])
        if told.word(at) == "if" and told.word(at + 1) == "not" and comma:
            return at
    return None


def _stands_for(bound: Bound, value: float) -> bool:
    return value == bound.value or (bound.token.kind is Kind.PERCENT and value == 100 - bound.value)


def _expected(told: Told, bound: Bound, test: Test) -> Way:
    """The side that a test must take: the other one where it looks at the complement of a percentage."""
    if test.value == bound.value and not (bound.value == 50 and _freeness(told, bound.at) == "free"):
        return bound.way
    return _opposite(bound.way) if test.path.endswith("used_percent") else bound.way


def _freeness(told: Told, at: int) -> str:
    """Whether a percentage is of what is free or of what is used; empty where its surroundings say neither or both."""
    near = {told.word(place) for place in range(at - 4, at + 5)}
    free, used = bool(near & FREE), bool(near & USED)
    return "free" if free and not used else "used" if used and not free else ""


def _complement(told: Told, near: list[Bound], test: Test) -> Iterator[Doubt]:
    """15 % free is 85 % used."""
    if not test.path.endswith("used_percent"):
        return
    for bound in near:
        kind = _freeness(told, bound.at) if bound.token.kind is Kind.PERCENT else ""
        wanted = {"free": 100 - bound.value, "used": bound.value}.get(kind)
        if wanted is not None and test.value != wanted:
            yield Doubt(f"step {test.step.id}: {bound.token.text} {kind} is not {test.path} {test.value:g}")


def _existence(look: Look) -> Iterator[Doubt]:
    """Whether something is there: a count of none, or of some, as the request has it."""
    told = look.told
    negated = told.has(*NOT) or "n't" in told.spoken
    found = [test for test in comparisons(look) if test.value in (0.0, 1.0) and _counts(test.path)]
    for test in found:
        if (test.op, test.value) in (("<", 0.0), (">=", 0.0)):
            yield Doubt(f"step {test.step.id}: {test.path} {test.op} 0 says nothing")
            continue
        none = (test.op, test.value) in (("==", 0.0), ("<=", 0.0), ("<", 1.0))
        some = (test.op, test.value) in ((">", 0.0), ("!=", 0.0), (">=", 1.0))
        stated = any(token.kind in NUMERIC and token.value in (0, 1) for token in told.tokens)
        if none and not negated and not stated and not _all(told):
            yield Doubt(f"step {test.step.id} acts where there is none; the request asks for some")
        branching = told.has("otherwise", "else", "unless")
        if some and negated and len(found) == 1 and not branching and not stated and _denies(told):
            yield Doubt(f"step {test.step.id} acts where there are some; the request asks for none")


def _all(told: Told) -> bool:
    return ALL.search(told.spoken) is not None


def _universal(look: Look, filtered: Step) -> bool:
    """Whether a filter finds the exceptions to what all must fulfil: none of them may be left."""
    if not _all(look.told):
        return False
    edges = [edge for step in look.plan.steps for edge in step.after if edge.step == filtered.id and edge.when]
    return any(
        compare.path == "output.count" and (compare.op, compare.value) in (("==", 0), ("<=", 0), ("<", 1))
        for edge in edges
        if edge.when is not None
        for compare, _ in compares(edge.when)
    )


def _counts(path: str) -> bool:
    return path.rpartition(".")[2] in ("count", "total", "matches", "entries")


def _denies(told: Told) -> bool:
    """Whether the request denies that something exists, runs or is found."""
    pattern = r"(?:n't|\bnot|\bnever)\s+(?:have|has|exist|running|run|contain|there|found|find|any|up|active|present)"
    return re.search(pattern, told.spoken) is not None


def _slots(look: Look) -> Iterator[Doubt]:
    """A bound of size or age stands in the slot of its side."""
    sides: dict[str, Way] = {
        "min_size_bytes": "up",
        "max_size_bytes": "down",
        "older_than_s": "up",
        "newer_than_s": "down",
    }
    stated = bounds(look.told)
    for step in look.plan.steps:
        for name, way in sides.items():
            value = step.arguments.get(name)
            if not _is_number(value):
                continue
            wanted = {one.way for one in stated if one.value == float(str(value))}
            if not wanted and name == "older_than_s" and look.told.has("last", "past", "within", "recent", "recently"):
                wanted = {"down"}
            if not wanted and name == "newer_than_s" and look.told.has("older", "ago") and not look.told.has("last"):
                wanted = {"up"}
            if not wanted and value == 0 and name == "min_size_bytes" and look.told.has("empty"):
                wanted = {"down"}
            if len(wanted) == 1 and way not in wanted:
                yield Doubt(f"step {step.id}: {name} is the wrong side of {value}")

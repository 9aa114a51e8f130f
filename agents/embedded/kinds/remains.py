"""The last guard: what a plan of this grammar leaves out of the request, whatever its patterns made of the words.

It looks at the request and the plan alone, and knows nothing of how the one became the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from agents.embedded.kinds.line import Line
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Plan
from protocol.vocabulary import Json, JsonObject

FORBIDDING: Final = words("don't dont never without except nothing neither nor avoid instead rather")
TEXTS: Final = frozenset({Kind.QUOTED, Kind.PATH, Kind.GLOB, Kind.URL, Kind.HOST})
NUMBERS: Final = frozenset({Kind.NUMBER, Kind.PERCENT, Kind.DURATION, Kind.SIZE})


def concerns(plan: Plan) -> bool:
    """Whether a plan has a step that the grammar of machines knows nothing of."""
    from agents.embedded.grammar import KNOWN

    plain = ("data.", "text.", "artifact.", "kube.", "test.")
    return any(step.skill not in KNOWN and not step.skill.startswith(plain) for step in plan.steps)


def left(line: Line, plan: Plan, fleet: FleetView) -> str | None:
    """A sentence about what has no place in the plan; None where all has."""
    values = [value for step in plan.steps for value in _values(step.model_dump(mode="json")["arguments"])]
    values += [
        value for step in plan.steps for edge in step.after if edge.when for value in _values(edge.when.model_dump())
    ]
    texts = [value for value in values if isinstance(value, str)]
    for token in line.tokens:
        low = token.text.casefold().replace("’", "'")
        if token.word and low in FORBIDDING:
            return f'"{token.text}" limits the request in a way that this planner does not read'
        if token.kind in TEXTS and not _in_texts(token, texts, plan):
            return f"{token.text} is not used by the plan"
        if token.kind in NUMBERS and not _in_numbers(token, values, texts, plan):
            return f"{token.text} is not used by the plan"
    return _devices_left(line, plan, fleet)


def _in_texts(token: Token, texts: list[str], plan: Plan) -> bool:
    value = str(token.value if token.value is not None else token.text).replace("${", "$${")
    return any(value in text for text in texts) or any(step.skill == token.text.casefold() for step in plan.steps)


def _in_numbers(token: Token, values: list[Json], texts: list[str], plan: Plan) -> bool:
    wanted = float(token.value) if isinstance(token.value, (int, float)) else None
    if wanted is not None and any(_takes(step.arguments, token, wanted) for step in plan.steps):
        return True
    numbers = [float(value) for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    plain = token.text.split()[0].rstrip("%")
    # A place of the screen, `400,300`, is one number where it looks like thousands.
    place = plain.split(",")
    both = len(place) == 2 and all(one.isdigit() and float(one) in numbers for one in place)
    return (wanted is not None and wanted in numbers) or both or any(plain in text for text in texts)


def _takes(arguments: JsonObject, token: Token, wanted: float) -> bool:
    """Keys that are pressed so often, and a time that is told in milliseconds."""
    keys = arguments.get("keys")
    often = isinstance(keys, list) and len(keys) == wanted
    return often or (token.kind is Kind.DURATION and arguments.get("hold_ms") == wanted * 1000)


def _devices_left(line: Line, plan: Plan, fleet: FleetView) -> str | None:
    used = {name for step in plan.steps for name in (step.devices.names or fleet.devices)}
    for mention in line.mentions:
        if mention.names and not set(mention.names) & used:
            return f"no step of the plan is about {mention.text}"
        if mention.many and not set(mention.names) <= used:
            return f"not all of {mention.text} are in the plan"
    return None


def _values(value: object) -> Iterator[Json]:
    if isinstance(value, dict):
        for one in value.values():
            yield from _values(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _values(one)
    elif value is None or isinstance(value, (str, int, float, bool)):
        yield value

"""Plans up to isomorphism: same skills on the same devices, same key arguments, same edges; ids and titles are free.

An expected step is written `id=skill @where {arguments} <after <after?{condition}`. `where`: device names, `*`, `any`
(one, placed freely), `kind:server`, or `label:value`. The argument value "~" takes anything; the sections of a report
stand for the references in them. Arguments that equal the skill's default do not count.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from itertools import product

from orchestrator.core.conditions import WHOLE
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Plan, Selector
from orchestrator.core.references import find
from protocol.vocabulary import Json, JsonObject

_STEP = re.compile(r"(?P<id>\w+)=(?P<skill>[\w.]+) @(?P<where>\S+)(?P<rest>.*)", re.DOTALL)


@dataclass(frozen=True)
class Node:
    skill: str
    devices: tuple[str, ...]
    arguments: JsonObject
    after: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """A step as it is written. `after`: the steps it names behind `<`, each with its condition as JSON, or empty."""

    id: str
    skill: str
    where: str
    arguments: JsonObject
    after: dict[str, str]


def written(text: str) -> Written:
    """Raises ValueError where the text is no step."""
    found = _STEP.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"not a step: {text}")
    arguments, after = _rest(found["rest"].strip())
    return Written(found["id"], found["skill"], found["where"], arguments, after)


def expected(steps: list[str], fleet: FleetView) -> dict[str, Node]:
    """The nodes of an expected plan, by their ids."""
    nodes: dict[str, Node] = {}
    for step in map(written, steps):
        after = {reference.task: "" for reference in find(step.arguments)} | step.after
        devices = devices_of(step.where, fleet)
        nodes[step.id] = Node(step.skill, devices, _plain(step.skill, step.arguments, fleet), after)
    return nodes


def _rest(text: str) -> tuple[JsonObject, dict[str, str]]:
    decoder = json.JSONDecoder()
    arguments: JsonObject = {}
    after: dict[str, str] = {}
    if text.startswith("{"):
        arguments, end = decoder.raw_decode(text)
        text = text[end:].strip()
    while text:
        edge = re.match(r"<(\w+)", text)
        if edge is None:
            raise ValueError(f"not an edge: {text}")
        text, condition = text[edge.end() :], ""
        if text.startswith("?"):
            value, end = decoder.raw_decode(text[1:])
            condition, text = json.dumps(_simplest(value), sort_keys=True), text[1 + end :]
        after[edge[1]] = condition
        text = text.strip()
    return arguments, after


def devices_of(text: str, fleet: FleetView) -> tuple[str, ...]:
    """The devices of a step's `where`; `("?",)` for one that is placed freely."""
    if text == "any":
        return ("?",)
    if text == "*":
        return tuple(fleet.devices)
    kind, colon, value = text.partition(":")
    if colon:
        return tuple(
            n for n, d in fleet.devices.items() if (d.kind == value if kind == "kind" else d.labels.get(kind) == value)
        )
    return tuple(sorted(name for name in text.split(",") if name))


def actual(plan: Plan, fleet: FleetView) -> dict[str, Node]:
    """The nodes of a plan as proposed."""
    nodes: dict[str, Node] = {}
    for step in plan.steps:
        # A reference is an edge, whether the planner said so or not.
        after = {reference.task: "" for reference in find(step.arguments)}
        after |= {edge.step: _condition(edge.when) for edge in step.after}
        devices = _selected(step.devices, fleet, nodes)
        nodes[step.id] = Node(step.skill, devices, _plain(step.skill, step.arguments, fleet), after)
    return nodes


def _condition(when: object) -> str:
    # That an output was not cut off is no condition that a request names.
    if when is None or when == WHOLE:
        return ""
    data = when.model_dump(mode="json")  # type: ignore[attr-defined]
    return json.dumps(_simplest(data), sort_keys=True)


_OPPOSITE = {">": "<=", "<=": ">", "<": ">=", ">=": "<", "==": "!=", "!=": "=="}


def _simplest(value: Json) -> Json:
    """A condition without "not" where another comparison says it, and one way to say that a count is none or some."""
    if not isinstance(value, dict):
        return value
    inner = value.get("not")
    if isinstance(inner, dict) and inner.get("op") in _OPPOSITE:
        return _simplest({**inner, "op": _OPPOSITE[str(inner["op"])]})
    path, op, amount = str(value.get("path", "")), value.get("op"), value.get("value")
    if path.endswith(".count") and (op, amount) in (("<=", 0), ("<", 1)):
        return {**value, "op": "==", "value": 0}
    if path.endswith(".count") and (op, amount) in (("!=", 0), (">=", 1)):
        return {**value, "op": ">", "value": 0}
    return value


def _selected(selector: Selector, fleet: FleetView, nodes: dict[str, Node]) -> tuple[str, ...]:
    if selector.mode == "same" and selector.same_as is not None:
        return nodes[selector.same_as].devices
    if selector.mode == "one" and selector == Selector():
        return ("?",)
    fits = []
    for name, device in fleet.devices.items():
        labels = all(device.labels.get(key) == value for key, value in selector.labels.items())
        if (
            (not selector.names or name in selector.names)
            and (selector.kind in (None, device.kind))
            and labels
            and (selector.os in (None, device.profile.os))
            and name not in selector.exclude
            and (not selector.gpu or device.profile.gpus)
        ):
            fits.append(name)
    return tuple(fits)


def _plain(skill: str, arguments: JsonObject, fleet: FleetView) -> JsonObject:
    """Arguments without those that equal the default; a report's content is the references in it."""
    if skill == "text.report":
        return {"refs": list[Json](sorted({str(reference) for reference in find(arguments)}))}
    spec = fleet.skills.get(skill)
    properties = spec.input_schema["properties"] if spec is not None else {}
    return {key: value for key, value in arguments.items() if properties.get(key, {}).get("default", object()) != value}


def same(wanted: dict[str, Node], got: dict[str, Node]) -> bool:
    """Whether one renaming of ids makes the plans equal."""
    if len(wanted) != len(got):
        return False
    options = [
        [name for name, node in got.items() if node.skill == want.skill and node.devices == want.devices]
        for want in wanted.values()
    ]
    if any(not names for names in options):
        return False
    for choice in product(*options):
        renaming = dict(zip(wanted, choice, strict=True))
        if len(set(choice)) == len(choice) and _equal(wanted, got, renaming):
            return True
    return False


def _equal(wanted: dict[str, Node], got: dict[str, Node], names: dict[str, str]) -> bool:
    for id, want in wanted.items():
        node = got[names[id]]
        if not _fits(_renamed(want.arguments, names), node.arguments):
            return False
    left = _reduced({names[id]: {names[up]: c for up, c in node.after.items()} for id, node in wanted.items()})
    right = _reduced({id: node.after for id, node in got.items()})
    return left == right


def _renamed(value: Json, names: dict[str, str]) -> Json:
    if isinstance(value, str):
        return re.sub(r"\$\{(\w+)(?=[.\[])", lambda found: "${" + names.get(found[1], found[1]), value)
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    if isinstance(value, dict):
        renamed = {key: _renamed(item, names) for key, item in value.items()}
        refs = renamed.get("refs")
        # What a report refers to is in the order of the names, which are other names now.
        return {**renamed, "refs": sorted(refs, key=str)} if isinstance(refs, list) else renamed
    return value


def _fits(want: Json, got: Json) -> bool:
    if want == "~":
        return True
    if isinstance(want, dict) and isinstance(got, dict):
        return want.keys() == got.keys() and all(_fits(value, got[key]) for key, value in want.items())
    return (want == got and type(want) is type(got)) or (
        isinstance(want, (int, float)) and isinstance(got, (int, float)) and want == got
    )


def _reduced(after: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Without unconditional edges that others imply."""

    def above(id: str) -> set[str]:
        found: set[str] = set()
        for up in after.get(id, {}):
            found |= {up} | above(up)
        return found

    return {
        id: {up: c for up, c in ups.items() if c or not any(up in above(other) for other in ups if other != up)}
        for id, ups in after.items()
    }

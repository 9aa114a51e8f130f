"""Expected plans as real ones, and the ways in which a model gets a plan wrong.

A mutation changes one thing of a right plan, as models do: a step is left out, a device or a number or a path is
another one, a transfer goes the wrong way, something is written that nobody asked for. What comes out is never
isomorphic to an acceptable plan.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from pydantic import TypeAdapter

from benchmarks.ladder.compare import Written, devices_of, written
from benchmarks.ladder.evaluate import Item, fits
from orchestrator.core.conditions import Condition
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Plan, Selector, Step, StepDependency
from orchestrator.core.references import find
from orchestrator.core.tasks import On
from protocol.vocabulary import DeviceKind, Json, JsonObject

_CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
_LIKE = (
    ("file.head", "file.tail"),
    ("file.copy", "file.move"),
    ("file.write", "file.append"),
    ("system.memory", "system.cpu"),
    ("system.disk", "system.load"),
    ("system.uptime", "system.time"),
    ("file.list", "file.usage"),
    ("process.list", "system.load"),
)

# --- right ones ----------------------------------------------------------------------------------------------------


def plan_of(steps: Sequence[str], fleet: FleetView) -> Plan:
    """The plan that an expected one stands for; what it leaves open (`~`) is filled in."""
    parsed = [written(step) for step in steps]
    open_path = "backups/archive.tar.gz" if any(one.skill == "archive.create" for one in parsed) else "reports/out.md"
    return Plan(steps=tuple(_step(one, parsed, fleet, open_path) for one in parsed))


def _step(one: Written, all_of: Sequence[Written], fleet: FleetView, open_path: str) -> Step:
    arguments = {name: _filled(value, open_path) for name, value in one.arguments.items()}
    if one.skill == "text.report":
        arguments = _report(arguments)
    edges = tuple(
        StepDependency(step=step, on=On.CONDITION, when=_CONDITION.validate_json(when))
        if when
        else StepDependency(step=step)
        for step, when in one.after.items()
    )
    return Step(id=one.id, skill=one.skill, arguments=arguments, devices=_selector(one, all_of, fleet), after=edges)


def _filled(value: Json, open_path: str) -> Json:
    return open_path if value == "~" else value


def _report(arguments: JsonObject) -> JsonObject:
    sections = arguments.get("sections")
    assert isinstance(sections, list)
    whole: list[Json] = [
        section if isinstance(section, dict) else {"heading": "Result", "content": section} for section in sections
    ]
    return {"title": "Report", **arguments, "sections": whole}


def _selector(one: Written, all_of: Sequence[Written], fleet: FleetView) -> Selector:
    if one.where == "any":
        return Selector()
    names = devices_of(one.where, fleet)
    if len(names) == 1:
        return Selector(names=names)
    above = {other.id: other for other in all_of}
    for reference in find(one.arguments):
        other = above.get(reference.task)
        if other is not None and not reference.many and devices_of(other.where, fleet) == names:
            return Selector(mode="same", same_as=other.id)
    if one.where == "*":
        return Selector(mode="each")
    kind, colon, value = one.where.partition(":")
    if not colon:
        return Selector(mode="each", names=names)
    if kind == "kind":
        return Selector(mode="each", kind=DeviceKind(value))
    return Selector(mode="each", labels={kind: value})


# --- wrong ones ----------------------------------------------------------------------------------------------------

Mutation = Callable[[Plan, FleetView, random.Random], Plan | None]


def dropped_step(plan: Plan, fleet: FleetView, draw: random.Random) -> Plan | None:
    """Without one step on which nothing depends."""
    used = {reference.task for step in plan.steps for reference in find(step.referring)}
    used |= {edge.step for step in plan.steps for edge in step.after}
    used |= {step.devices.same_as or "" for step in plan.steps}
    loose = [step for step in plan.steps if step.id not in used]
    if len(plan.steps) < 2 or not loose:
        return None
    gone = draw.choice(loose)
    return Plan(steps=tuple(step for step in plan.steps if step is not gone))


def wrong_device(plan: Plan, fleet: FleetView, draw: random.Random) -> Plan | None:
    """One step on another device than asked for."""
    named = [step for step in plan.steps if step.devices.mode == "one" and step.devices.names]
    if not named:
        return None
    step = draw.choice(named)
    others = [name for name in fleet.devices if name not in step.devices.names]
    return _with(plan, step, devices=Selector(names=(draw.choice(others),)))


def narrowed_fan_out(plan: Plan, fleet: FleetView, draw: random.Random) -> Plan | None:
    """One device where several were asked for."""
    wide = [step for step in plan.steps if step.devices.mode == "each"]
    if not wide:
        return None
    return _with(plan, draw.choice(wide), devices=Selector(mode="each", names=(draw.choice(list(fleet.devices)),)))


def wrong_number(plan: Plan, fleet: FleetView, draw: random.Random) -> Plan | None:
    """A number that the request does not say."""
    places = [
        (step, name)
        for step in plan.steps
        for name, value in step.arguments.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    ]
    if not places:
        return None
    step, name = draw.choice(places)
    value = step.arguments[name]
    assert isinstance(value, (int, float))
    return _with(plan, step, arguments={**step.arguments, name: value * 10 if draw.random() < 0.5 else value + 1})


def wrong_path(plan: Plan, fleet: FleetView, draw: random.Random) -> Plan | None:
    """A path beside the one that was meant."""
    places = [
        (step, name)
        for step in plan.steps
        for name, value in step.arguments.items()
        if name in ("path", "source", "target", "destination") and isinstance(value, str) and "${" not in value
    ]
    if not places:
        return None
    step, name = draw.choice(places)
    value = str(step.arguments[name])
    other = re.sub(r"(\.\w+)?$", r"-old\1", value, count=1) if draw.random() < 0.5 else f"data/{value}"
    return _with(plan, step, arguments={**step.arguments, name: other})


def extra_write(plan: Plan, fleet: FleetView, draw: random.Random) -> Plan | None:
    """Something is written or deleted that nobody asked for."""
    where = Selector(names=(draw.choice(list(fleet.devices)),))
    extra = (
        Step(id="extra", skill="file.delete", arguments={"path": "tmp"}, devices=where)
        if draw.random() < 0.5
        else Step(id="extra", skill="file.write", arguments={"path": "notes.txt", "text": "done"}, devices=where)
    )
    return Plan(steps=(*plan.steps, extra))


def reversed_transfer(plan: Plan, fleet: FleetView, draw: random.Random) -> Plan | None:
    """From there to here instead of from here to there."""
    ends = [step for step in plan.steps if step.skill in ("artifact.publish", "artifact.save")]
    if len(ends) != 2 or ends[0].devices == ends[1].devices:
        return _swapped_paths(plan, draw)
    first, second = ends
    return _with(_with(plan, first, devices=second.devices), second, devices=first.devices)


def _swapped_paths(plan: Plan, draw: random.Random) -> Plan | None:
    places = [
        (step, one, other)
        for step in plan.steps
        for one, other in (("source", "target"), ("source", "destination"), ("path", "target"), ("path", "to"))
        if one in step.arguments and other in step.arguments
    ]
    if not places:
        return None
    step, one, other = draw.choice(places)
    swapped = {**step.arguments, one: step.arguments[other], other: step.arguments[one]}
    return _with(plan, step, arguments=swapped)


def like_skill(plan: Plan, fleet: FleetView, draw: random.Random) -> Plan | None:
    """A skill that is like the right one, and is not."""
    pairs = {**dict(_LIKE), **{right: left for left, right in _LIKE}}
    known = [step for step in plan.steps if step.skill in pairs]
    if not known:
        return None
    step = draw.choice(known)
    return _with(plan, step, skill=pairs[step.skill])


def _with(plan: Plan, step: Step, **update: object) -> Plan:
    changed = step.model_copy(update=update)
    return Plan(steps=tuple(changed if one.id == step.id else one for one in plan.steps))


MUTATIONS: tuple[Mutation, ...] = (
    dropped_step,
    wrong_device,
    narrowed_fan_out,
    wrong_number,
    wrong_path,
    extra_write,
    reversed_transfer,
    like_skill,
)


def mutated(item: Item, plan: Plan, fleet: FleetView, draw: random.Random) -> Plan:
    """A wrong plan made of a right one, by a mutation that `draw` chooses among those that can be made."""
    ways = list(MUTATIONS)
    draw.shuffle(ways)
    for way in (*ways, extra_write):
        found = way(plan, fleet, draw)
        if found is not None and not fits(item, found, fleet):
            return found
    raise ValueError(f"no mutation of {item.id} is wrong")

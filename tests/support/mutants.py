"""Wrong plans made of right ones, each by one change that a careless author might make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.core.conditions import Compare
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Plan, Selector, Step, StepDependency
from orchestrator.core.references import find
from orchestrator.core.tasks import On
from protocol.vocabulary import Json, JsonObject, Risk

_OPPOSITE = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "!=", "!=": "=="}


@dataclass(frozen=True)
class Mutant:
    """`kind` says what was changed, `step` where."""

    kind: str
    step: str
    plan: Plan


def mutants(plan: Plan, fleet: FleetView) -> Iterator[Mutant]:
    """Every mutant of a plan."""
    for step in plan.steps:
        yield from _dropped(plan, step)
        for kind, changed in _changed(step, plan, fleet):
            yield Mutant(kind, step.id, _with(plan, changed))
    yield from _added(plan, fleet)
    yield from _swapped(plan)


def _with(plan: Plan, changed: Step) -> Plan:
    return plan.model_copy(update={"steps": tuple(changed if one.id == changed.id else one for one in plan.steps)})


def _needs(step: Step) -> set[str]:
    found = {edge.step for edge in step.after} | {one.task for one in find(step.arguments)}
    return found | ({step.devices.same_as} if step.devices.same_as else set())


def _dropped(plan: Plan, step: Step) -> Iterator[Mutant]:
    """The plan without a step, and without all that builds on it."""
    gone = {step.id}
    for one in plan.steps:
        if _needs(one) & gone:
            gone.add(one.id)
    left = tuple(one for one in plan.steps if one.id not in gone)
    if left:
        answer = tuple(id for id in plan.answer if id not in gone)
        yield Mutant("step dropped", step.id, plan.model_copy(update={"steps": left, "answer": answer}))


def _changed(step: Step, plan: Plan, fleet: FleetView) -> Iterator[tuple[str, Step]]:
    yield from _elsewhere(step, fleet)
    for name, value in step.arguments.items():
        for kind, other in _values(name, value):
            arguments = {**step.arguments, name: other}
            yield kind, step.model_copy(update={"arguments": arguments})
        schema = fleet.skills[step.skill].input_schema
        if name not in schema.get("required", []):
            rest = {key: one for key, one in step.arguments.items() if key != name}
            yield f"argument {name} dropped", step.model_copy(update={"arguments": rest})
    for edge in step.after:
        rest_of = tuple(one for one in step.after if one is not edge)
        if edge.on is not On.SUCCESS:
            plain = StepDependency(step=edge.step)
            yield "condition dropped", step.model_copy(update={"after": (*rest_of, plain)})
        if isinstance(edge.when, Compare) and edge.when.op in _OPPOSITE:
            when = edge.when.model_copy(update={"op": _OPPOSITE[edge.when.op]})
            turned = edge.model_copy(update={"when": when})
            yield "condition inverted", step.model_copy(update={"after": (*rest_of, turned)})
        if edge.on is On.FAILURE:
            yield (
                "failure to success",
                step.model_copy(update={"after": (*rest_of, StepDependency(step=edge.step, on=On.SUCCESS))}),
            )
    yield from _other_way(step, fleet)


def _elsewhere(step: Step, fleet: FleetView) -> Iterator[tuple[str, Step]]:
    selector = step.devices
    if selector.mode == "same" or selector == Selector():
        return
    names = [name for name in fleet.devices if step.skill in fleet.devices[name].skills]
    if len(selector.names) == 1:
        for other in [name for name in names if name not in selector.names][:1]:
            yield "another device", step.model_copy(update={"devices": selector.model_copy(update={"names": (other,)})})
        yield "every device", step.model_copy(update={"devices": Selector(mode="each")})
        yield "any device", step.model_copy(update={"devices": Selector()})
    elif len(selector.names) > 1:
        fewer = selector.model_copy(update={"names": selector.names[1:]})
        yield "a device less", step.model_copy(update={"devices": fewer})
    elif selector.mode == "each":
        yield "one of many", step.model_copy(update={"devices": selector.model_copy(update={"mode": "one"})})
        if selector != Selector(mode="each"):
            yield "every device", step.model_copy(update={"devices": Selector(mode="each")})
        else:
            yield (
                "an exclusion more",
                step.model_copy(update={"devices": selector.model_copy(update={"exclude": (names[0],)})}),
            )
    if selector.exclude:
        yield "exclusion dropped", step.model_copy(update={"devices": selector.model_copy(update={"exclude": ()})})


def _values(name: str, value: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(value, bool):
        yield f"boolean {name} turned", not value
    elif isinstance(value, (int, float)):
        yield f"number {name} changed", value + 7
        yield f"number {name} times ten", value * 10
    elif isinstance(value, str) and not any(True for _ in find(value)):
        if value in _OPPOSITE:
            yield "comparison inverted", _OPPOSITE[value]
        elif value in ("asc", "desc"):
            yield "order inverted", "desc" if value == "asc" else "asc"
        elif value:
            yield f"text {name} changed", value[:-1] + ("x" if value[-1] != "x" else "y")
            if len(value) > 4:
                yield f"text {name} cut", value[:-2]


def _other_way(step: Step, fleet: FleetView) -> Iterator[tuple[str, Step]]:
    """Source and target the other way round; a graver or milder skill with the same arguments."""
    arguments: JsonObject = dict(step.arguments)
    for left, right in (("source", "target"), ("find", "replace")):
        if left in arguments and right in arguments:
            turned = {**arguments, left: arguments[right], right: arguments[left]}
            yield f"{left} and {right} swapped", step.model_copy(update={"arguments": turned})
    for left, right in (
        ("file.copy", "file.move"),
        ("file.move", "file.copy"),
        ("file.read", "file.delete"),
        ("file.delete", "file.read"),
        ("file.head", "file.tail"),
        ("file.tail", "file.head"),
        ("file.write", "file.append"),
        ("file.append", "file.write"),
        ("system.memory", "system.disk"),
        ("system.disk", "system.memory"),
        ("system.cpu", "system.load"),
        ("archive.list", "archive.extract"),
        ("process.list", "process.stop"),
    ):
        if step.skill == left and right in fleet.skills:
            known = fleet.skills[right].input_schema.get("properties", {})
            kept = {key: value for key, value in arguments.items() if key in known}
            yield f"{left} became {right}", step.model_copy(update={"skill": right, "arguments": kept})
    numbers = [
        key for key, value in arguments.items() if isinstance(value, (int, float)) and not isinstance(value, bool)
    ]
    slots = {
        "min_size_bytes": "max_size_bytes",
        "max_size_bytes": "min_size_bytes",
        "newer_than_s": "older_than_s",
        "older_than_s": "newer_than_s",
    }
    for key in numbers:
        if key in slots:
            moved = {slots.get(one, one) if one == key else one: value for one, value in arguments.items()}
            yield f"{key} in the slot {slots[key]}", step.model_copy(update={"arguments": moved})


def _added(plan: Plan, fleet: FleetView) -> Iterator[Mutant]:
    first = plan.steps[0]
    where = first.devices if first.devices.mode != "same" else Selector()
    extra: list[tuple[str, Step]] = [
        ("write added", Step(id="extra", skill="file.write", arguments={"path": "x.txt", "text": "x"}, devices=where)),
        ("shell added", Step(id="extra", skill="shell.run", arguments={"command": "id"}, devices=where)),
    ]
    for step in plan.steps:
        path = step.arguments.get("path")
        if isinstance(path, str) and step.devices.mode != "same" and not any(True for _ in find(path)):
            if step.skill != "file.delete":
                extra.append(
                    (
                        "delete added",
                        Step(id="extra", skill="file.delete", arguments={"path": path}, devices=step.devices),
                    )
                )
            break
    for kind, step in extra:
        if step.skill in fleet.skills:
            yield Mutant(kind, "extra", plan.model_copy(update={"steps": (*plan.steps, step), "answer": ()}))
    for step in plan.steps:
        if fleet.skills[step.skill].risk is not Risk.READ:
            twin = step.model_copy(update={"id": "twin"})
            yield Mutant("write twice", step.id, plan.model_copy(update={"steps": (*plan.steps, twin), "answer": ()}))


def _swapped(plan: Plan) -> Iterator[Mutant]:
    """A transfer in the other direction: publisher and saver change places."""
    sends = [step for step in plan.steps if step.skill == "artifact.publish" and len(step.devices.names) == 1]
    saves = [step for step in plan.steps if step.skill == "artifact.save" and len(step.devices.names) == 1]
    if len(sends) == 1 and len(saves) == 1:
        a, b = sends[0].devices, saves[0].devices
        steps = tuple(
            step.model_copy(update={"devices": b if step.devices == a else a if step.devices == b else step.devices})
            for step in plan.steps
        )
        yield Mutant("transfer turned round", saves[0].id, plan.model_copy(update={"steps": steps}))
    edges = [(step, edge) for step in plan.steps for edge in step.after if edge.on is On.SUCCESS]
    for step, edge in edges:
        if edge.step in {one.task for one in find(step.arguments)} or step.devices.same_as == edge.step:
            continue
        free = step.model_copy(update={"after": tuple(one for one in step.after if one is not edge)})
        yield Mutant("order dropped", step.id, _with(plan, free))
        other = next(one for one in plan.steps if one.id == edge.step)
        if step.id not in _needs(other):
            late = other.model_copy(update={"after": (*other.after, StepDependency(step=step.id))})
            yield Mutant("order turned round", step.id, _with(_with(plan, free), late))

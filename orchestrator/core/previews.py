"""Writes that are shown before they are done: one step of a plan, two tasks of the graph.

A skill whose spec names a `preview` never runs by itself. Its step becomes `scale-preview`, which reads what the call
would change, and `scale`, which hands that back as the argument `preview` once a person has seen it: an approval binds
the write's resolved arguments, and so the whole preview. Plans never give `preview` themselves. See docs/adr/0009.

In a dry run only the previews are made; what needs a write's effect is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from orchestrator.core import references
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.plan import Selector, Step, StepDependency
from orchestrator.core.sanitize import sanitize
from orchestrator.core.tasks import PATIENT, PERSISTENT, Dependency, On, Requirements, Task, Timeouts
from protocol.vocabulary import JsonObject, Risk, SkillSpec

ARGUMENT = "preview"
"""The argument that a previewed skill takes its preview in, and the name that tasks and specs have for it."""
_TITLE = 200
_TEXT, _LINES, _LINE = 12_000, 120, 500


@dataclass
class Expanded:
    """Steps in topological order. `pairs`: write to preview; `left_out`: of a dry run, with why."""

    order: list[Step] = field(default_factory=list)
    pairs: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def asked(spec: SkillSpec) -> SkillSpec:
    """The skill as planners see it: without the argument that is not theirs to give."""
    properties = spec.input_schema.get("properties")
    if spec.preview is None or not isinstance(properties, dict) or ARGUMENT not in properties:
        return spec
    schema = dict(spec.input_schema)
    schema["properties"] = {name: value for name, value in properties.items() if name != ARGUMENT}
    required = schema.get("required")
    if isinstance(required, list):
        schema["required"] = [name for name in required if name != ARGUMENT]
    return spec.model_copy(update={"input_schema": schema})


def for_planners(fleet: FleetView) -> FleetView:
    """The fleet as planners are told of it: previews are made without them."""
    specs = {id(spec): spec for device in fleet.devices.values() for spec in device.skills.values()}
    hidden = previewing(specs.values())
    if not hidden:
        return fleet
    told_as = {key: asked(spec) for key, spec in specs.items() if spec.name not in hidden}

    def told(device: DeviceInfo) -> DeviceInfo:
        skills = {name: told_as[id(spec)] for name, spec in device.skills.items() if id(spec) in told_as}
        return replace(device, skills=skills)

    return FleetView({name: told(device) for name, device in fleet.devices.items()})


def previewing(specs: Iterable[SkillSpec]) -> frozenset[str]:
    """The skills that preview others. They are the compiler's to call, and no planner is offered them."""
    return frozenset(spec.preview for spec in specs if spec.preview is not None)


def shown(arguments: JsonObject) -> list[str]:
    """What a call would change, as its preview says it, in clean lines for people; none where it has no preview."""
    preview = arguments.get(ARGUMENT)
    text = preview.get("text") if isinstance(preview, dict) else None
    if not isinstance(text, str) or not text.strip():
        return []
    clean = sanitize(text[: _TEXT * 4], limit=_TEXT).strip("\n").split("\n")
    lines = [line.rstrip() if len(line) <= _LINE else f"{line[: _LINE - 10]} ... (cut)" for line in clean]
    if len(lines) > _LINES or len(text) > _TEXT:
        lines = [*lines[:_LINES], "... and more: `asterism show RUN --json` has all of it"]
    return lines


def expand(order: list[Step], specs: Mapping[str, SkillSpec], fleet: FleetView, *, dry_run: bool = False) -> Expanded:
    """The steps with their previews; of a `dry_run` the previews and reads alone. `specs` by step."""
    if not dry_run and all(specs[step.id].preview is None for step in order):
        return Expanded(order)
    taken = {step.id for step in order}
    made = Expanded()
    for step in order:
        spec = specs[step.id]
        reason = _left_out(step, spec, made) if dry_run else ""
        if reason:
            made.left_out[step.id] = reason
        elif spec.preview is None:
            made.order.append(step)
        else:
            id = _free(f"{step.id}-preview", taken)
            taken.add(id)
            preview = _preview(step, id, spec.preview, fleet, order)
            if dry_run:
                made.order.append(_tentative(preview, made.pairs))
            else:
                made.order += [preview, _write(step, id)]
            made.pairs[step.id] = id
    if not dry_run:
        made.order = [_takes_over(step, made.pairs, order) for step in made.order]
    return made


# --- steps ---------------------------------------------------------------------------------------------------------


def _preview(step: Step, id: str, skill: str, fleet: FleetView, order: list[Step]) -> Step:
    """What the write would change, in its place: its dependencies, its devices."""
    handled = any(edge.step == step.id and edge.on is On.COMPLETION for one in order for edge in one.after)
    unsaid = "on_failure" not in step.model_fields_set
    return Step.model_construct(
        id=id,
        title=_title(step.title),
        skill=skill,
        arguments={"skill": step.skill, "arguments": step.arguments},
        devices=_able(step, skill, fleet),
        after=step.after,
        join=step.join,
        # Who waits for the write's end, however it comes, goes on where there is nothing to write.
        on_failure="continue" if handled and unsaid else step.on_failure,
        priority=step.priority,
        timeouts=_patience(step.timeouts),
        retry=PERSISTENT,
        verify=None,
        confirm=None,
        limits=step.limits,
    )


def _write(step: Step, preview: str) -> Step:
    """The write, where its preview ran, with what its preview said."""
    edges = {preview: StepDependency(step=preview)}
    stated = {edge.step: edge.on for edge in step.after}
    for reference in references.find(step.referring):
        # The preview has waited for these as the plan says; by then they have ended.
        if step.join == "any" or stated.get(reference.task) in (On.FAILURE, On.COMPLETION):
            edges[reference.task] = StepDependency(step=reference.task, on=On.COMPLETION)
    return step.model_copy(
        update={
            "arguments": {**step.arguments, ARGUMENT: _output_of(preview)},
            "devices": Selector(mode="same", same_as=preview),
            "after": tuple(edges.values()),
            "join": "all",
        }
    )


def _takes_over(step: Step, pairs: Mapping[str, str], order: list[Step]) -> Step:
    """A step that is there for a write's failure is there for its preview's too, where it waits for nothing else."""
    if len(step.after) != 1 or step.after[0].on is not On.FAILURE or step.after[0].step not in pairs:
        return step
    write = step.after[0].step
    steps = {one.id: one for one in order}
    others = {reference.task for reference in references.find(step.referring)} - {write}
    if others or _fans_out(steps[write], steps):
        return step
    also = StepDependency(step=pairs[write], on=On.FAILURE)
    return step.model_copy(update={"after": (*step.after, also), "join": "any"})


def _fans_out(step: Step, steps: Mapping[str, Step]) -> bool:
    while step.devices.same_as is not None:
        step = steps[step.devices.same_as]
    return step.devices.mode == "each"


def _able(step: Step, skill: str, fleet: FleetView) -> Selector:
    """The step's devices without those that could show the change and not make it."""
    selector = step.devices
    unable = [d.name for d in fleet.devices.values() if skill in d.skills and step.skill not in d.skills]
    if not unable or selector.mode == "same":
        return selector
    if selector.names:
        names = tuple(name for name in selector.names if name not in unable)
        return selector.model_copy(update={"names": names}) if names and selector.mode == "one" else selector
    return selector.model_copy(update={"exclude": tuple(dict.fromkeys((*selector.exclude, *unable)))})


def _patience(timeouts: Timeouts) -> Timeouts:
    """How long a device is waited for is the plan's to say; how long a preview takes is not."""
    return PATIENT if timeouts is PATIENT else Timeouts(queue_s=timeouts.queue_s)


def _title(title: str) -> str:
    return f"preview: {title}"[:_TITLE] if title else ""


def _output_of(task: str) -> str:
    return "${" + task + ".output}"


def _free(id: str, taken: Iterable[str]) -> str:
    """`id`, or the first `id-2`, `id-3` that nobody has."""
    names = frozenset(taken)
    found, number = id, 1
    while found in names:
        number += 1
        found = f"{id}-{number}"
    return found


# --- dry runs ------------------------------------------------------------------------------------------------------


def _left_out(step: Step, spec: SkillSpec, made: Expanded) -> str:
    """Why a step has no place in a dry run; empty where it has one."""
    if spec.preview is None and spec.risk is not Risk.READ:
        return f"{spec.name} cannot be previewed"
    used = [reference.task for reference in references.find(step.referring)]
    needed = [*used, *(edge.step for edge in step.after), *([step.devices.same_as] if step.devices.same_as else [])]
    for name in needed:
        if name in made.left_out:
            return f"it needs {name}, which was left out"
    for name in used if spec.preview is not None else needed:
        if name in made.pairs:
            return f"it needs what {name} would bring about"
    for edge in step.after:
        if edge.step in made.pairs and edge.on in (On.FAILURE, On.CONDITION):
            return f"it depends on how {edge.step} would end"
    return ""


def _tentative(preview: Step, pairs: Mapping[str, str]) -> Step:
    """A preview behind other previews, not behind the writes that are not made."""
    after = tuple(edge.model_copy(update={"step": pairs.get(edge.step, edge.step)}) for edge in preview.after)
    devices = preview.devices
    if devices.same_as is not None and devices.same_as in pairs:
        devices = devices.model_copy(update={"same_as": pairs[devices.same_as]})
    behind = any(edge.step in pairs for edge in preview.after)
    arguments: JsonObject = {**preview.arguments, "tentative": behind}
    return preview.model_copy(update={"after": after, "devices": devices, "arguments": arguments})


# --- tasks ---------------------------------------------------------------------------------------------------------


def paired(task: Task, skill: str, id: str) -> tuple[Task, Task]:
    """A task as it was asked for, and the task `id` before it, of `skill`, that previews it."""
    # Its preview has waited for these as they say; by then they have ended, and references find them all.
    waited = [Dependency(task=edge.task, on=On.COMPLETION) for edge in task.depends_on]
    preview = task.model_copy(
        update={
            "id": id,
            "title": _title(task.title),
            "skill": skill,
            "arguments": {"skill": task.skill, "arguments": task.arguments},
            "risk": Risk.READ,
            "idempotent": True,
            "group": None,
            "timeouts": _patience(task.timeouts),
            "retry": PERSISTENT,
            "verify": None,
            "confirm": None,
        }
    )
    write = task.model_copy(
        update={
            "arguments": {**task.arguments, ARGUMENT: _output_of(id)},
            "requirements": Requirements(same_device_as=id),
            "depends_on": (Dependency(task=id), *waited),
            "join": "all",
            "preview": id,
        }
    )
    return preview, write


def preview_id(task: str, taken: Iterable[str]) -> str:
    """`scale-preview` for `scale`, `scale-preview@a.2` for `scale@a.2`: a free id for a task's preview."""
    head, at, tail = task.partition("@")
    base, dot, number = (tail if at else head).partition(".")
    plain = f"{head}-preview@{base}" if at else f"{base}-preview"
    return _free(plain, taken) if not dot else _free(f"{plain}.{number}", taken)


def mismatch(task: Task, preview: Task | None, skills: Collection[str]) -> str:
    """What is wrong with a task that names its preview, of one of `skills`; empty where the two belong together."""
    if preview is None:
        return f"there is no task {task.preview}, which is to preview {task.id}"
    asked_for = {name: value for name, value in task.arguments.items() if name != ARGUMENT}
    seen = {name: value for name, value in preview.arguments.items() if name != "tentative"}
    fits = (
        preview.skill in skills
        and seen == {"skill": task.skill, "arguments": asked_for}
        and task.arguments.get(ARGUMENT) == _output_of(preview.id)
        and task.requirements == Requirements(same_device_as=preview.id)
        and any(edge.task == preview.id and edge.on is On.SUCCESS for edge in task.depends_on)
        and task.join == "all"
    )
    return "" if fits else f"{preview.id} does not preview what {task.id} would do"

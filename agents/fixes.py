"""What a rung's fix of one failed task must pass, and the edit batch that it becomes. Pure: nothing is asked or done.

A fix is a plan of a few steps that take the failed task's place; the step of its `answer` stands for it from then on.
It runs on the failed task's device or on one that the request names, never at a graver risk, and every literal in it
comes from the request, from the failed task, or (of a step that only reads) from what was read in this run. Nothing
that may have had an effect is done again, and nothing that failed is tried again unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agents.checks import Finding
from agents.postconditions import check_of
from agents.rewire import canonical, following
from agents.scope import base_of, replacement_of
from orchestrator.core import references
from orchestrator.core.approvals import higher
from orchestrator.core.edits import AddTask, Edit, EditBatch, ReplaceTask
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import ANYONE, Plan, Step
from orchestrator.core.ports import Failure
from orchestrator.core.references import Reference
from orchestrator.core.requests import Request
from orchestrator.core.scheduler import misfit
from orchestrator.core.schemas import at_path, check_arguments
from orchestrator.core.tasks import ANYWHERE, Dependency, On, PostCondition, Requirements, Task, TaskStatus
from orchestrator.core.views import GraphView, RunView, TaskView
from protocol.errors import ErrorCode
from protocol.vocabulary import Json, JsonObject, Risk, SkillSpec

MOST_STEPS = 5
# The attempt was refused before it did anything.
_UNTOUCHED = frozenset(
    {
        ErrorCode.UNKNOWN_SKILL,
        ErrorCode.BAD_ARGUMENTS,
        ErrorCode.OUTSIDE_WORKSPACE,
        ErrorCode.NOT_FOUND,
        ErrorCode.ALREADY_EXISTS,
        ErrorCode.UNAVAILABLE,
        ErrorCode.SHUTTING_DOWN,
    }
)


@dataclass(frozen=True)
class Situation:
    """All that a fix is judged by. `fleet` is the part that the run's policy allows; `answers` as of the run."""

    view: RunView
    graph: GraphView
    fleet: FleetView
    request: Request
    failure: Failure
    answers: Sequence[tuple[str, str]] = ()
    specs: Mapping[str, SkillSpec] = field(default_factory=dict)

    @property
    def task(self) -> Task:
        return self.failure.task

    @property
    def tasks(self) -> dict[str, Task]:
        return {one.id: one for one in self.graph.tasks}


def compile_fix(fix: Plan, at: Situation, *, by: str, key: str) -> EditBatch | tuple[Finding, ...]:
    """The batch that puts the fix in the failed task's place, or everything that speaks against it."""
    if len(fix.steps) > MOST_STEPS:
        return (Finding("too_large", f"a fix has at most {MOST_STEPS} steps; this one has {len(fix.steps)}"),)
    return _Fix(fix, at).compile(by, key)


class _Fix:
    def __init__(self, fix: Plan, at: Situation) -> None:
        self.fix, self.at = fix, at
        self.specs = at.specs or at.fleet.skills
        self.steps = {step.id: step for step in fix.steps}
        self.ids: dict[str, str] = {}

    def compile(self, by: str, key: str) -> EditBatch | tuple[Finding, ...]:
        findings = tuple(self._shape()) or tuple(self._findings())
        if findings:
            return findings
        main = self._main()
        taken = {one.id for one in self.at.graph.tasks}
        self.ids = {id: self._id(id, main, taken) for id in self.steps}
        edits: list[Edit] = [AddTask(task=self._task(step, main)) for step in self._sorted()]
        new = self.ids[main]
        for one in self.at.graph.tasks:
            if self.at.graph.status[one.id] is TaskStatus.PENDING:
                changed = following(one, self.at.task.id, new)
                if changed != one:
                    edits.append(ReplaceTask(task=changed))
        why = f"{self.at.task.id} failed; {by} mends it: {', '.join(step.skill for step in self.fix.steps)}"
        return EditBatch(
            base=self.at.graph.version, edits=tuple(edits), by=by, why=why, key=key, revises=self.at.task.id
        )

    # --- the shape of a fix --------------------------------------------------------------------------------------

    def _shape(self) -> Iterator[Finding]:
        if len(self.steps) != len(self.fix.steps):
            yield Finding("duplicate_step", "two steps of the fix have one id")
        if len(self.fix.answer) > 1 or any(id not in self.steps for id in self.fix.answer):
            yield Finding("unknown_step", "the answer of a fix names its one step that stands for the failed task")
        for step in self.fix.steps:
            if step.skill not in self.specs:
                yield Finding("unknown_skill", f"no device has a skill {step.skill}")
            for id in _needed(step):
                if id not in self.steps and id not in self._before():
                    yield Finding("bad_reference", f"step {step.id} names {id}, which does not come before it")
        if len(self._sorted()) != len(self.fix.steps):
            yield Finding("cycle", "the steps of the fix wait for one another")

    def _sorted(self) -> list[Step]:
        """In topological order; those of a cycle are left out."""
        done: dict[str, Step] = {}
        for _ in self.fix.steps:
            for step in self.fix.steps:
                if step.id not in done and all(id in done for id in _needed(step) if id in self.steps):
                    done[step.id] = step
        return list(done.values())

    def _before(self) -> dict[str, None]:
        """What the failed task follows: its data is there."""
        tasks, found = self.at.tasks, dict[str, None]()
        queue = [edge.task for edge in self.at.task.depends_on]
        for id in queue:
            if id not in found:
                found[id] = None
                queue += [edge.task for edge in tasks[id].depends_on]
        groups = {group for id in found if (group := tasks[id].group) is not None}
        return found | dict.fromkeys(sorted(groups))

    def _main(self) -> str:
        if self.fix.answer:
            return self.fix.answer[0]
        used = {id for step in self.fix.steps for id in _needed(step)}
        return next((step.id for step in reversed(self._sorted()) if step.id not in used), self.fix.steps[-1].id)

    # --- what speaks against it ----------------------------------------------------------------------------------

    def _findings(self) -> Iterator[Finding]:
        named = self._named()
        for step in self.fix.steps:
            yield from self._arguments(step)
            yield from self._risk(step)
            yield from self._device(step, named)
            yield from self._literals(step)
            yield from self._again(step)

    def _arguments(self, step: Step) -> Iterator[Finding]:
        for message in check_arguments(self.specs[step.skill].input_schema, step.arguments, self._schema_of):
            yield Finding("bad_arguments", f"{step.skill}: {message}")
        for reference in references.find(step.arguments):
            if self._schema_of(reference) is None:
                yield Finding("bad_reference", f"{reference} leads nowhere")

    def _schema_of(self, reference: Reference) -> object:
        step = self.steps.get(reference.task)
        if step is None or reference.many or step.skill not in self.specs:
            return {}
        head = reference.path.partition(".")[0]
        if head.split("[")[0] != "output":
            return {"type": "string"} if head in ("device", "status") else {}
        path = reference.path.removeprefix("output").removeprefix(".")
        return at_path(self.specs[step.skill].output_schema, path)

    def _risk(self, step: Step) -> Iterator[Finding]:
        risk, failed = self.specs[step.skill].risk, self.at.task.risk
        if higher(risk, failed) is not failed:
            yield Finding("denied", f"{step.skill} ({risk}) is graver than the task that failed ({failed})")
        if risk is not Risk.READ and self.at.request.policy.approve == "none":
            yield Finding("denied", f"step {step.id} needs {step.skill} ({risk}), which this run denies")

    def _named(self) -> frozenset[str]:
        # Imported here: the grammar of requests is loaded when it is needed.
        from agents.coverage import explained_devices

        found = explained_devices(
            self.at.request.text, self.at.fleet, client=self.at.request.client, answers=self.at.answers
        )
        return found | ({self.at.failure.device} if self.at.failure.device else frozenset())

    def _device(self, step: Step, named: frozenset[str]) -> Iterator[Finding]:
        selector = step.devices
        if selector.mode == "same" and selector.same_as in self.steps:
            return
        if selector == ANYONE:
            if not self._places(step):
                yield Finding("no_capable_device", f"no device that may run {step.id} has {step.skill}")
        elif selector.mode != "one" or len(selector.names) != 1 or selector != _only(selector.names[0]):
            yield Finding("bad_selector", f"step {step.id}: a fix names one device, or none to stay where the task was")
        elif selector.names[0] not in self.at.fleet.devices:
            yield Finding("unknown_device", f"there is no device {selector.names[0]} that this run may use")
        elif selector.names[0] not in named:
            yield Finding("unexplained_device", f"step {step.id}: the request does not name {selector.names[0]}")
        elif step.skill not in self.at.fleet.devices[selector.names[0]].skills:
            why = self.at.fleet.withheld(step.skill, selector.names)
            yield Finding(
                "no_capable_device", f"{selector.names[0]} cannot run {step.skill}{f': {why}' if why else ''}"
            )

    def _places(self, step: Step) -> bool:
        needs = self._requirements(step)
        allowed = self.at.request.policy.devices
        return any(not misfit(device, step.skill, needs, allowed) for device in self.at.fleet.devices.values())

    def _literals(self, step: Step) -> Iterator[Finding]:
        reads = self.specs[step.skill].risk is Risk.READ
        properties = self.specs[step.skill].input_schema.get("properties", {})
        for name, value in step.arguments.items():
            schema = properties.get(name, {})
            if (isinstance(schema, dict) and "default" in schema and schema["default"] == value) or (
                step.skill == self.at.task.skill and self.at.task.arguments.get(name) == value
            ):
                continue
            for part in _scalars(value):
                if not self._explained(part, reads=reads):
                    yield Finding(
                        "unexplained_argument", f"step {step.id}: {name} {str(part)[:80]!r} comes from nowhere"
                    )

    def _explained(self, value: str | float | bool, *, reads: bool) -> bool:
        if isinstance(value, bool):
            # That something may be replaced is a person's to say.
            return reads or any(answer == "replace it" for _, answer in self.at.answers)
        if isinstance(value, str) and any(True for _ in references.find(value)):
            return True
        sources: list[Json] = [self.at.request.text, self.at.request.attachment, dict(self.at.task.arguments)]
        sources += [answer for _, answer in self.at.answers]
        if reads:
            sources += [task.output for task in self.at.view.tasks if task.status is TaskStatus.SUCCEEDED]
        return any(_holds(source, value) for source in sources)

    def _again(self, step: Step) -> Iterator[Finding]:
        spec, device = self.specs[step.skill], self._where(step)
        if spec.risk is not Risk.READ and not spec.idempotent and not self._untouched():
            yield Finding(
                "repeated", f"step {step.id}: what {self.at.task.id} has done is not known; nothing comes on top"
            )
        for task in self.at.view.tasks:
            if not same_call(task, step.skill, step.arguments, device):
                continue
            if task.status is TaskStatus.FAILED:
                yield Finding("repeated", f"step {step.id} is what failed as {task.id}, unchanged")
            elif spec.risk is not Risk.READ and task.status is not TaskStatus.SKIPPED:
                yield Finding("repeated", f"step {step.id} does again what {task.id} does")

    def _untouched(self) -> bool:
        if self.at.task.risk is Risk.READ:
            return True
        return self.at.failure.error is not None and self.at.failure.error.code in _UNTOUCHED

    def _where(self, step: Step) -> str | None:
        for _ in self.steps:
            if step.devices.same_as is None:
                break
            step = self.steps[step.devices.same_as]
        return step.devices.names[0] if step.devices.names else self.at.failure.device

    # --- tasks ---------------------------------------------------------------------------------------------------

    def _id(self, step: str, main: str, taken: set[str]) -> str:
        if step == main:
            return replacement_of(self.at.task.id)
        number = replacement_of(self.at.task.id).rpartition(".")[2]
        name = plain = f"{base_of(self.at.task.id)[:60]}-fix{number}-{step}"
        count = 1
        while name in taken:
            count += 1
            name = f"{plain}-{count}"
        taken.add(name)
        return name

    def _requirements(self, step: Step) -> Requirements:
        if step.devices.mode == "same" and step.devices.same_as is not None:
            return Requirements(same_device_as=self.ids[step.devices.same_as])
        if step.devices.names:
            return Requirements(device=step.devices.names[0])
        needs = self.at.task.requirements
        # What placement chose for the failed task stays the place of its fix: the data may be there.
        if needs.device is None and needs.same_device_as is None and self.at.failure.device is not None:
            return needs.model_copy(update={"prefer": (self.at.failure.device,)})
        return needs if needs != ANYWHERE else ANYWHERE

    def _task(self, step: Step, main: str) -> Task:
        failed, spec = self.at.task, self.specs[step.skill]
        edges = {edge.task: edge for edge in failed.depends_on}
        for after in step.after:
            id = self.ids.get(after.step, after.step)
            edges[id] = Dependency(task=id, on=after.on, when=after.when)
        follows = [id for id in _needed(step) if id in self.ids]
        if step.id == main:
            used = {id for one in self.fix.steps for id in _needed(one)}
            follows += [id for id in self.steps if id != main and id not in used]
        for id in follows:
            edges.setdefault(self.ids[id], Dependency(task=self.ids[id], on=On.SUCCESS))
        same = step.skill == failed.skill
        return Task(
            id=self.ids[step.id],
            title=step.title or (failed.title if step.id == main else ""),
            skill=step.skill,
            arguments=_object(references.rename(step.arguments, self._renamed)),
            requirements=self._requirements(step),
            depends_on=tuple(edges.values()),
            group=failed.group if step.id == main else None,
            priority=failed.priority,
            deadline_s=failed.deadline_s,
            timeouts=failed.timeouts if same else failed.timeouts.model_copy(update={"run_s": spec.timeout_s}),
            retry=failed.retry,
            limits=failed.limits,
            risk=spec.risk,
            idempotent=spec.idempotent,
            on_failure=failed.on_failure,
            confirm=self._confirm(step),
        )

    def _confirm(self, step: Step) -> PostCondition | None:
        """How to read back what the step does, with references to the tasks of the fix."""
        check = check_of(step.skill, step.arguments, self.at.fleet)
        if check is None:
            return None
        return check.model_copy(update={"arguments": references.rename(check.arguments, self._renamed)})

    def _renamed(self, reference: Reference) -> Reference:
        return Reference(self.ids.get(reference.task, reference.task), reference.path, reference.many)


def same_call(task: TaskView, skill: str, arguments: JsonObject, device: str | None) -> bool:
    """Whether a task is this call: the same skill, arguments and device; how paths are written does not matter."""
    return task.skill == skill and task.device == device and canonical(task.arguments) == canonical(arguments)


def _only(name: str) -> object:
    return ANYONE.model_copy(update={"names": (name,)})


def _needed(step: Step) -> list[str]:
    """Every step or task that this one names."""
    found = [edge.step for edge in step.after] + [one.task for one in references.find(step.arguments)]
    return found + ([step.devices.same_as] if step.devices.same_as is not None else [])


def _scalars(value: Json) -> Iterator[str | float | bool]:
    if isinstance(value, (str, int, float)):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _scalars(item)


def _holds(source: Json, value: str | float) -> bool:
    """Whether a literal stands in a source: as a word of a text, or as a value of its own."""
    if isinstance(source, str):
        text = str(value).replace("$${", "${").casefold().rstrip("/")
        edge = r"[\w.]" if isinstance(value, (int, float)) else r"\w"
        return bool(text) and re.search(rf"(?<!{edge}){re.escape(text)}(?!\w)", source.casefold()) is not None
    if isinstance(source, bool) or source is None:
        return False
    if isinstance(source, (int, float)):
        return not isinstance(value, str) and float(source) == float(value)
    return any(_holds(item, value) for item in (source.values() if isinstance(source, dict) else source))


def _object(value: Json) -> JsonObject:
    assert isinstance(value, dict)
    return value

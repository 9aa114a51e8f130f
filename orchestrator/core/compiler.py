"""Compiles a plan, which nobody trusts, into an edit batch over the live fleet, or says everything that is wrong.

Steps become tasks: `one` a task whose device placement will choose, `each` a task for every device that fits, `same`
a task wherever the other step ran. References to steps become references to tasks, and bring their dependency along.
Risk and idempotency come from the skills, never from the plan. A step whose skill is previewed becomes two: see
`previews.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from orchestrator.core import previews, references
from orchestrator.core.approvals import higher
from orchestrator.core.edits import AddTask, Edit, EditBatch
from orchestrator.core.errors import EditError
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.graph import TaskGraph, Touched
from orchestrator.core.plan import Plan, Selector, Step
from orchestrator.core.problems import Problem, bad_check
from orchestrator.core.references import Reference
from orchestrator.core.schemas import at_path, check_arguments, numbers_as_text
from orchestrator.core.tasks import (
    ANYWHERE,
    PATIENT,
    Dependency,
    On,
    OnFailure,
    PostCondition,
    Requirements,
    Task,
    Timeouts,
)
from orchestrator.core.trusted import trusted
from protocol.vocabulary import DeviceKind, Risk, SkillSpec

MAX_TASKS = 20_000
MAX_EDGES = 500_000

_BLANK: Final = {name: field.get_default(call_default_factory=True) for name, field in Task.model_fields.items()}


@dataclass(frozen=True, slots=True)
class Compiled:
    """The edits that make the plan a graph, the tasks whose outputs answer the request, and what the edits make.

    `left_out`: the steps that have no place in a dry run, each with why.
    """

    edits: tuple[Edit, ...]
    answer: tuple[str, ...]
    made: tuple[TaskGraph, Touched]
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def tasks(self) -> int:
        return sum(isinstance(edit, AddTask) for edit in self.edits)


_SINGLE = "or a step of its own for that device (`devices.names`)"


def compile_plan(
    plan: Plan, fleet: FleetView, *, preview_only: bool = False
) -> tuple[Compiled | None, tuple[Problem, ...]]:
    """The compiled plan, or None and every problem found. `preview_only`, or `plan.dry_run`: see `previews.py`."""
    return _Compiler(plan, fleet, preview_only=preview_only or plan.dry_run).compile()


class _Compiler:
    def __init__(self, plan: Plan, fleet: FleetView, *, preview_only: bool) -> None:
        self.plan = plan
        self.fleet = fleet
        self.preview_only = preview_only
        self.previews = previews.Expanded()
        self.clusters: dict[str, str] = {}  # steps that only one cluster can do, and which
        self.problems: list[Problem] = []
        self.steps: dict[str, Step] = {}
        self.named: dict[str, dict[str, None]] = {}
        self.patience: dict[str, Timeouts] = {}
        self.order: list[Step] = []
        self.tasks: dict[str, dict[str, str]] = {}  # step -> device name ("" where placement chooses) -> task id
        self.specs: dict[str, SkillSpec] = {}
        self.handled: dict[str, On] = {}  # steps with an edge on failure or completion out of them
        self.gathered: dict[str, None] = {}  # steps that a reference with [*] names
        self.matches: dict[tuple[str, str], tuple[list[DeviceInfo], list[DeviceInfo]]] = {}

    def compile(self) -> tuple[Compiled | None, tuple[Problem, ...]]:
        """Compile; a pass that found problems ends there, for later ones build on it."""
        for check in (self._index, self._sort, self._resolve_skills, self._preview, self._expand):
            check()
            if self.problems:
                return None, tuple(self.problems)
        edits = tuple(self._tasks())
        made = None if self.problems else self._graph(edits)
        if made is None:
            return None, tuple(self.problems)
        return Compiled(edits, self._answer(), made, self.previews.left_out), ()

    def _problem(self, code: str, message: str, step: str = "") -> None:
        """Told once, and of the plan's own step, not of the preview that was made of it."""
        written = next((write for write, preview in self.previews.pairs.items() if preview == step), step)
        problem = Problem(code, message, written)
        if problem not in self.problems or not self.previews.pairs:
            self.problems.append(problem)

    # --- passes ------------------------------------------------------------------------------------------------

    def _index(self) -> None:
        for name, count in Counter(step.id for step in self.plan.steps).items():
            if count > 1:
                self._problem("duplicate_step", f"there are {count} steps {name}", name)
        self.steps = {step.id: step for step in self.plan.steps}
        self.named = {step.id: _named(step) for step in self.plan.steps}
        for step in self.plan.steps:
            for name in self.named[step.id]:
                if name not in self.steps:
                    hint = self._member(name)
                    self._problem("unknown_step", f"step {step.id} names {name}, which is no step{hint}", step.id)
        for name in self.plan.answer:
            if name not in self.steps:
                self._problem("unknown_step", f"the answer names {name}, which is no step")

    def _member(self, name: str) -> str:
        """What to do instead, where `name` is one member of a fan-out: plans cannot name those."""
        step, mark, _ = name.partition("@")
        if not mark or step not in self.steps:
            return ""
        return f": one device's result of a step cannot be named; use ${{{step}[*]...}} for all of them, {_SINGLE}"

    def _sort(self) -> None:
        """Topological order, stable in the plan's order (Kahn)."""
        waiting = {step.id: set(self.named[step.id]) for step in self.plan.steps}
        followers: dict[str, list[str]] = {}
        for step in self.plan.steps:
            for name in self.named[step.id]:
                followers.setdefault(name, []).append(step.id)
        ready = [step.id for step in self.plan.steps if not waiting[step.id]]
        for name in ready:
            self.order.append(self.steps[name])
            for follower in followers.get(name, ()):
                waiting[follower].discard(name)
                if not waiting[follower]:
                    ready.append(follower)
        if len(self.order) != len(self.steps):
            left = [step.id for step in self.plan.steps if waiting[step.id]][:5]
            self._problem("cycle", f"the steps {', '.join(left)} wait for one another")

    def _resolve_skills(self) -> None:
        offered = self._offered(dict.fromkeys(step.skill for step in self.order))
        for step in self.order:
            if step.skill in offered:
                self.specs[step.id] = offered[step.skill]
            else:
                self._lacking(step)

    def _lacking(self, step: Step) -> None:
        """No device offers the skill, or one has it and cannot use it now."""
        if why := self.fleet.withheld(step.skill):
            self._problem("no_capable_device", f"no device can run {step.skill} now: {why}", step.id)
        else:
            self._problem("unknown_skill", f"no device has a skill {step.skill}", step.id)

    def _cannot(self, step: Step, names: Sequence[str]) -> None:
        """These devices do not offer the skill; said with why, where they told."""
        why = self.fleet.withheld(step.skill, names)
        now = f" now: {why}" if why else ""
        self._problem("no_capable_device", f"{', '.join(names)} cannot run {step.skill}{now}", step.id)

    def _offered(self, wanted: Iterable[str]) -> dict[str, SkillSpec]:
        """The wanted skills that there are, each with the gravest of what devices say of it."""
        offered: dict[str, SkillSpec] = {}
        for device in self.fleet.devices.values():
            for name in wanted:
                known, spec = offered.get(name), device.skills.get(name)
                if spec is not None and spec is not known:
                    offered[name] = _graver(known, spec) if known else spec
        return offered

    def _preview(self) -> None:
        """Put the previews before their writes; `previews.py` says how."""
        for step in self.order:
            if self.specs[step.id].preview is not None and previews.ARGUMENT in step.arguments:
                message = f"{step.skill}: `{previews.ARGUMENT}` is not for a plan to give; it is made for each call"
                self._problem("bad_arguments", message, step.id)
        skills = self._offered(previews.previewing(self.specs.values()))
        for step in self.order:
            wanted = self.specs[step.id].preview
            if wanted is not None and (wanted not in skills or skills[wanted].risk is not Risk.READ):
                message = f"{step.skill} is done by preview, and no device has a skill {wanted} that only reads"
                self._problem("unknown_skill", message, step.id)
        if self.problems:
            return
        self.previews = previews.expand(self.order, self.specs, self.fleet, dry_run=self.preview_only)
        if self.previews.order is self.order:
            return
        self.order = self.previews.order
        if not self.order:
            reasons = "; ".join(f"{step}: {reason}" for step, reason in self.previews.left_out.items())
            self._problem("no_preview", f"nothing of this plan can be previewed ({reasons[:500]})")
        made = set(self.previews.pairs.values())
        self.specs |= {step.id: skills[step.skill] for step in self.order if step.id in made}
        self.steps = {step.id: step for step in self.order}
        self.named = {step.id: _named(step) for step in self.order}

    def _expand(self) -> None:
        """Which tasks each step becomes."""
        total = 0
        for step in self.order:
            self.tasks[step.id] = self._devices_of(step)
            total += len(self.tasks[step.id])
            if total > MAX_TASKS:
                self._problem("too_large", f"the plan becomes more than {MAX_TASKS} tasks, which are allowed", step.id)
                return

    def _devices_of(self, step: Step) -> dict[str, str]:
        selector = step.devices
        if selector.mode == "same":
            assert selector.same_as is not None
            upstream = self.tasks.get(selector.same_as, {})
            lacking = [name for name in upstream if name and step.skill not in self.fleet.devices[name].skills]
            if lacking:
                self._cannot(step, lacking)
            return _task_ids(step.id, upstream)
        for name in (*selector.names, *selector.exclude):
            if name not in self.fleet.devices:
                known = ", ".join(self.fleet.devices) or "none"
                self._problem("unknown_device", f"there is no device {name}; known: {known}", step.id)
        if self.problems:
            return {}
        matching, capable = self._matching(selector, step.skill)
        if not capable:
            wanted = f"the devices asked for ({', '.join(d.name for d in matching)})" if matching else "any device"
            reason = f"none of {wanted} can run {step.skill}" if matching else "no device fits what the step asks for"
            why = self.fleet.withheld(step.skill, [device.name for device in matching] or None)
            self._problem("no_capable_device", f"{reason}{f': {why}' if why else ''}", step.id)
            return {}
        if selector.mode == "one":
            self._name_cluster(step, capable)
            return {"": step.id}
        chosen = {d.name: "" for d in (matching if selector.names else capable) if d.available or selector.names}
        lacking = [name for name in chosen if step.skill not in self.fleet.devices[name].skills]
        if lacking:
            self._cannot(step, lacking)
        if not chosen:
            self._problem("no_capable_device", f"no device that can run {step.skill} is online", step.id)
        return _task_ids(step.id, chosen)

    def _name_cluster(self, step: Step, capable: list[DeviceInfo]) -> None:
        """Any server may do for another; one cluster does not stand in for another, now or at a retry."""
        if any(device.kind is not DeviceKind.KUBERNETES for device in capable):
            return
        if len(capable) > 1:
            names = ", ".join(device.name for device in capable)
            self._problem("bad_selector", f"say which cluster {step.skill} is for: {names}", step.id)
        self.clusters[step.id] = capable[0].name

    def _matching(self, selector: Selector, skill: str) -> tuple[list[DeviceInfo], list[DeviceInfo]]:
        """The devices that a selector fits, and those of them that have the skill. Plans repeat themselves: kept."""
        key = (skill, selector.model_dump_json() if selector.model_fields_set else "")
        if key not in self.matches:
            matching = [d for d in self.fleet.devices.values() if _selected(d, selector)]
            self.matches[key] = matching, [d for d in matching if skill in d.skills]
        return self.matches[key]

    # --- tasks -------------------------------------------------------------------------------------------------

    def _tasks(self) -> list[AddTask]:
        self.handled = {edge.step: edge.on for step in self.order for edge in step.after if edge.on is On.COMPLETION}
        self.handled |= {edge.step: edge.on for step in self.order for edge in step.after if edge.on is On.FAILURE}
        self.gathered = {r.task: None for step in self.order for r in references.find(step.referring) if r.many}
        edits, edges = [], 0
        for step in self.order:
            for task in self._tasks_of(step):
                edits.append(trusted(AddTask, {"op": "add_task", "task": task}))
                edges += len(task.depends_on)
            if edges > MAX_EDGES:
                self._problem(
                    "too_large", f"the plan has more than {MAX_EDGES} dependencies, which are allowed", step.id
                )
                break
        return edits

    def _tasks_of(self, step: Step) -> Iterable[Task]:
        before = len(self.problems)
        self._check_arguments(step)
        if len(self.problems) > before:
            return []
        return [self._task(step, device, id) for device, id in self.tasks[step.id].items()]

    def _check_arguments(self, step: Step) -> None:
        """Arguments against the skill's schema; a reference counts as a value of the type that it will have."""
        for message in check_arguments(self.specs[step.id].input_schema, step.arguments, self._schema_of):
            self._problem("bad_arguments", f"{step.skill}: {message}", step.id)
        for check in (step.verify, step.confirm):
            if check is not None:
                self.problems += bad_check(check, self.fleet, self._schema_of, step.id)
        for reference in references.find(step.referring):
            if reference.task not in self.steps:
                self._problem("bad_reference", f"{reference} names no step{self._member(reference.task)}", step.id)
            elif not reference.many and not self._pairwise(step, reference.task):
                count = len(self.tasks[reference.task])
                name = reference.task
                hint = f"step {name} runs on {count} devices: use ${{{name}[*]...}} for all of them, {_SINGLE}"
                self._problem("bad_reference", f"{reference} is ambiguous; {hint}", step.id)
            elif self._schema_of(reference) is None:
                skill = self.steps[reference.task].skill
                self._problem("bad_reference", f"{reference} leads nowhere: {skill} has no such output", step.id)

    def _schema_of(self, reference: Reference) -> object:
        """The JSON Schema of a reference's value; {} where it is not known, None where there is no such value."""
        spec = self.specs.get(reference.task)
        if spec is None:
            return None
        head = reference.path.partition(".")[0]
        if reference.many and not reference.path:
            return {"type": "array", "items": {"type": "object"}}
        schema: object = {"type": "string"} if head in ("device", "task", "status") else {}
        if head.split("[")[0] == "output":
            schema = at_path(spec.output_schema, reference.path.removeprefix("output").removeprefix("."))
        if schema is None:
            return None
        return {"type": "array", "items": schema} if reference.many else schema

    def _pairwise(self, step: Step, upstream: str) -> bool:
        """Whether each task of `step` has exactly one partner in `upstream`."""
        theirs = self.tasks[upstream]
        return len(theirs) == 1 or all(device in theirs for device in self.tasks[step.id])

    def _partner(self, device: str, upstream: str) -> str:
        theirs = self.tasks[upstream]
        return theirs[device] if device in theirs else next(iter(theirs.values()))

    def _task(self, step: Step, device: str, id: str) -> Task:
        spec = self.specs[step.id]
        arguments = numbers_as_text(spec.input_schema, step.arguments, self._schema_of)
        # A step's fields were checked by the rules of a task's, and an edge from each task is what the table gives.
        fields = {
            **_BLANK,
            "id": id,
            "title": step.title,
            "skill": step.skill,
            "arguments": references.rename(arguments, lambda r: self._renamed(r, device)),
            "requirements": self._requirements(step, device),
            "depends_on": self._dependencies(step, device),
            "join": step.join,
            "group": step.id if device or step.id in self.gathered else None,
            "priority": step.priority,
            "timeouts": self._timeouts(step.timeouts, spec),
            "retry": step.retry,
            "risk": spec.risk,
            "idempotent": spec.idempotent,
            "on_failure": self._on_failure(step),
            "verify": self._check(step.verify, device),
            "confirm": self._check(step.confirm, device),
            "limits": step.limits,
        }
        if not self.preview_only and step.id in self.previews.pairs:
            fields["preview"] = self._partner(device, self.previews.pairs[step.id])
        return trusted(Task, fields)

    def _check(self, check: PostCondition | None, device: str) -> PostCondition | None:
        """A step's post-condition, with references to tasks."""
        if check is None:
            return None
        arguments = references.rename(check.arguments, lambda r: self._renamed(r, device))
        return check.model_copy(update={"arguments": arguments})

    def _on_failure(self, step: Step) -> OnFailure:
        """A failure that another step is there to take over does not fail the run; a failure edge would never run."""
        handled = self.handled.get(step.id)
        unsaid = "on_failure" not in step.model_fields_set
        if step.on_failure == "fail" and (handled is On.FAILURE or (handled is On.COMPLETION and unsaid)):
            return "continue"
        return step.on_failure

    def _timeouts(self, timeouts: Timeouts, spec: SkillSpec) -> Timeouts:
        """A step's timeouts with its skill's own for what it leaves open; those without any of their own are shared."""
        if timeouts.run_s is not None:
            return timeouts
        filled = self.patience.get(spec.name) if timeouts is PATIENT else None
        if filled is None:
            filled = timeouts.model_copy(update={"run_s": spec.timeout_s})
            if timeouts is PATIENT:
                self.patience[spec.name] = filled
        return filled

    def _renamed(self, reference: Reference, device: str) -> Reference:
        if not reference.many:
            return Reference(self._partner(device, reference.task), reference.path)
        return reference

    def _requirements(self, step: Step, device: str) -> Requirements:
        selector = step.devices
        if device or step.id in self.clusters:
            return Requirements(device=device or self.clusters[step.id])
        if selector.mode == "same":
            assert selector.same_as is not None
            return Requirements(same_device_as=self._partner(device, selector.same_as))
        if len(selector.names) == 1:
            return Requirements(device=selector.names[0])
        exclude = selector.exclude
        if selector.names:
            exclude = (*exclude, *(name for name in self.fleet.devices if name not in selector.names))
        wanted = {"kind": selector.kind, "os": selector.os, "labels": selector.labels, "gpu": selector.gpu}
        given: dict[str, object] = {key: value for key, value in wanted.items() if value}
        given |= {"exclude": exclude} if exclude else {}
        return Requirements.model_validate(given) if given else ANYWHERE

    def _dependencies(self, step: Step, device: str) -> tuple[Dependency, ...]:
        """The stated edges, and an edge on success for every reference that has none."""
        edges: dict[str, Dependency] = {}
        for dependency in step.after:
            theirs = self.tasks[dependency.step]
            partners = [theirs[device]] if device and device in theirs else list(theirs.values())
            for task in partners:
                edges[task] = Dependency(task=task, on=dependency.on, when=dependency.when)
        for reference in references.find(step.referring):
            theirs = self.tasks[reference.task]
            partners = list(theirs.values()) if reference.many else [self._partner(device, reference.task)]
            for task in partners:
                edges.setdefault(task, Dependency(task=task, on=On.SUCCESS))
        if step.devices.same_as is not None:
            task = self._partner(device, step.devices.same_as)
            edges.setdefault(task, Dependency(task=task, on=On.COMPLETION))
        return tuple(edges.values())

    def _graph(self, edits: tuple[AddTask, ...]) -> tuple[TaskGraph, Touched] | None:
        """What the graph's own door says: the last word."""
        try:
            return TaskGraph.empty().apply(EditBatch(base=0, edits=edits), lambda _: True)
        except EditError as error:
            code = error.code if error.code in ("cycle", "bad_reference") else "bad_reference"
            self._problem(code, error.message)
            return None

    def _answer(self) -> tuple[str, ...]:
        wanted: Iterable[str] = self.plan.answer
        if not self.plan.answer:
            needed = {name for step in self.order for name in self.named[step.id]}
            wanted = [step.id for step in self.plan.steps if step.id not in needed]
        if self.preview_only:  # what would change is always told
            pairs = self.previews.pairs
            wanted = dict.fromkeys([*(pairs.get(step, step) for step in wanted), *pairs.values()])
        return tuple(task for step in wanted for task in self.tasks.get(step, {}).values())


def _named(step: Step) -> dict[str, None]:
    """Every step that this one names, in order: dependencies, references, `same_as`."""
    named = dict.fromkeys(dependency.step for dependency in step.after)
    named.update(dict.fromkeys(reference.task for reference in references.find(step.referring)))
    if step.devices.same_as is not None:
        named[step.devices.same_as] = None
    return named


def _task_ids(step: str, devices: Collection[str]) -> dict[str, str]:
    """`step@device` by device; dots, which paths of references own, become underscores where that stays unique.

    Where placement chooses the device ("") the task has the step's name.
    """
    alike: dict[str, list[str]] = {}
    for device in devices:
        alike.setdefault(device.replace(".", "_"), []).append(device)
    ids: dict[str, str] = {}
    for device in devices:
        plain = device.replace(".", "_")
        twins = alike[plain]
        number = f"-{twins.index(device) + 1}" if len(twins) > 1 else ""
        ids[device] = f"{step}@{plain}{number}" if device else step
    return ids


def _selected(device: DeviceInfo, selector: Selector) -> bool:
    if selector.names and device.name not in selector.names:
        return False
    if device.name in selector.exclude or (selector.kind and device.kind is not selector.kind):
        return False
    if selector.os and selector.os.lower() not in device.profile.os.lower():
        return False
    if selector.gpu and not device.profile.gpus:
        return False
    return all(device.labels.get(key) == value for key, value in selector.labels.items())


def _graver(left: SkillSpec, right: SkillSpec) -> SkillSpec:
    """Two devices' versions of one skill as one: the newer, with the graver risk."""
    newer = left if left.version >= right.version else right
    risk: Risk = higher(left.risk, right.risk)
    idempotent = left.idempotent and right.idempotent
    preview = newer.preview or left.preview or right.preview
    if newer.risk is risk and newer.idempotent == idempotent and newer.preview == preview:
        return newer
    return newer.model_copy(update={"risk": risk, "idempotent": idempotent, "preview": preview})

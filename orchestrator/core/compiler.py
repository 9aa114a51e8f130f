"""Compiles a plan, which nobody trusts, into an edit batch over the live fleet, or says everything that is wrong.

Steps become tasks: `one` a task whose device placement will choose, `each` a task for every device that fits, `same`
a task wherever the other step ran. References to steps become references to tasks, and bring their dependency along.
Risk and idempotency come from the skills, never from the plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from orchestrator.core import references
from orchestrator.core.approvals import higher
from orchestrator.core.edits import AddTask, ChangeTask, Edit, EditBatch, ReplaceTask
from orchestrator.core.errors import EditError
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.graph import TaskGraph, Touched
from orchestrator.core.plan import Plan, Selector, Step
from orchestrator.core.references import Reference
from orchestrator.core.schemas import at_path, check_arguments
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
from protocol.vocabulary import JsonObject, Risk, SkillSpec

MAX_TASKS = 20_000
MAX_EDGES = 500_000

_BLANK: Final = {name: field.get_default(call_default_factory=True) for name, field in Task.model_fields.items()}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a plan. Codes: `unknown_skill`, `unknown_device`, `no_capable_device`, `bad_arguments`,

    `bad_reference`, `unknown_step`, `duplicate_step`, `cycle`, `too_large`, `bad_selector`.
    """

    code: str
    message: str
    step: str = ""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The edits that make the plan a graph, the tasks whose outputs answer the request, and what the edits make."""

    edits: tuple[Edit, ...]
    answer: tuple[str, ...]
    made: tuple[TaskGraph, Touched]

    @property
    def tasks(self) -> int:
        return sum(isinstance(edit, AddTask) for edit in self.edits)


def compile_plan(plan: Plan, fleet: FleetView) -> tuple[Compiled | None, tuple[Problem, ...]]:
    """The compiled plan, or None and every problem found."""
    return _Compiler(plan, fleet).compile()


class _Compiler:
    def __init__(self, plan: Plan, fleet: FleetView) -> None:
        self.plan = plan
        self.fleet = fleet
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
        for check in (self._index, self._sort, self._resolve_skills, self._expand):
            check()
            if self.problems:
                return None, tuple(self.problems)
        edits = tuple(self._tasks())
        made = None if self.problems else self._graph(edits)
        if made is None:
            return None, tuple(self.problems)
        return Compiled(edits, self._answer(), made), ()

    def _problem(self, code: str, message: str, step: str = "") -> None:
        self.problems.append(Problem(code, message, step))

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
                    self._problem("unknown_step", f"step {step.id} names {name}, which is no step", step.id)
        for name in self.plan.answer:
            if name not in self.steps:
                self._problem("unknown_step", f"the answer names {name}, which is no step")

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
        offered: dict[str, SkillSpec] = {}
        wanted = dict.fromkeys(step.skill for step in self.order)
        for device in self.fleet.devices.values():
            for name in wanted:
                known, spec = offered.get(name), device.skills.get(name)
                if spec is not None and spec is not known:
                    offered[name] = _graver(known, spec) if known else spec
        for step in self.order:
            if step.skill in offered:
                self.specs[step.id] = offered[step.skill]
            else:
                self._problem("unknown_skill", f"no device has a skill {step.skill}", step.id)

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
                self._problem("no_capable_device", f"{', '.join(lacking)} cannot run {step.skill}", step.id)
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
            self._problem("no_capable_device", reason, step.id)
            return {}
        if selector.mode == "one":
            return {"": step.id}
        chosen = {d.name: "" for d in (matching if selector.names else capable) if d.available or selector.names}
        lacking = [name for name in chosen if step.skill not in self.fleet.devices[name].skills]
        if lacking:
            self._problem("no_capable_device", f"{', '.join(lacking)} cannot run {step.skill}", step.id)
        if not chosen:
            self._problem("no_capable_device", f"no device that can run {step.skill} is online", step.id)
        return _task_ids(step.id, chosen)

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
                self.problems += _bad_check(check, self.fleet, self._schema_of, step.id)
        for reference in references.find(step.referring):
            if reference.task not in self.steps:
                self._problem("bad_reference", f"{reference} names no step", step.id)
            elif not reference.many and not self._pairwise(step, reference.task):
                count = len(self.tasks[reference.task])
                hint = f"step {reference.task} runs on {count} devices: use ${{{reference.task}[*]...}} for all of them"
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
        # A step's fields were checked by the rules of a task's, and an edge from each task is what the table gives.
        fields = {
            **_BLANK,
            "id": id,
            "title": step.title,
            "skill": step.skill,
            "arguments": references.rename(step.arguments, lambda r: self._renamed(r, device)),
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
        }
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
        if device:
            return Requirements(device=device)
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
        return tuple(task for step in wanted for task in self.tasks[step].values())


def stamp(edits: Iterable[Edit], fleet: FleetView) -> tuple[tuple[Edit, ...], tuple[Problem, ...]]:
    """Edits from outside with risk and idempotency set from the skills, and what is wrong with them.

    What the author says of a task's risk counts only where it is graver.
    """
    stamped: list[Edit] = []
    problems: list[Problem] = []
    for edit in edits:
        if not isinstance(edit, (AddTask, ReplaceTask)):
            stamped.append(edit)
            continue
        task = edit.task
        specs = [d.skills[task.skill] for d in fleet.devices.values() if task.skill in d.skills]
        if not specs:
            problems.append(Problem("unknown_skill", f"no device has a skill {task.skill}", task.id))
            continue
        problems += _bad_arguments(specs[0], task.arguments, task.id)
        for check in (task.verify, task.confirm):
            if check is not None:
                problems += _bad_check(check, fleet, lambda _: {}, task.id)
        risk = task.risk
        for spec in specs:
            risk = higher(risk, spec.risk)
        idempotent = task.idempotent and all(spec.idempotent for spec in specs)
        task = task.model_copy(update={"risk": risk, "idempotent": idempotent})
        stamped.append(edit.model_copy(update={"task": task}))
    return tuple(stamped), tuple(problems)


def check_changes(edits: Iterable[Edit], graph: TaskGraph, fleet: FleetView) -> tuple[Problem, ...]:
    """What is wrong with the arguments that `change_task` edits bring."""
    problems: list[Problem] = []
    for edit in edits:
        if isinstance(edit, ChangeTask) and edit.arguments is not None and edit.task in graph:
            spec = fleet.skills.get(graph[edit.task].skill)
            if spec is not None:
                problems += _bad_arguments(spec, edit.arguments, edit.task)
    return tuple(problems)


def _bad_arguments(spec: SkillSpec, arguments: JsonObject, task: str) -> Iterator[Problem]:
    """What is wrong with a task's arguments; its references are the graph's to check."""
    for message in check_arguments(spec.input_schema, arguments, lambda _: {}):
        yield Problem("bad_arguments", f"{spec.name}: {message}", task)


def _bad_check(
    verify: PostCondition, fleet: FleetView, schema_of: Callable[[Reference], object], step: str
) -> Iterator[Problem]:
    """What is wrong with a post-condition: it reads, with a skill that there is and arguments that the skill takes."""
    specs = [d.skills[verify.skill] for d in fleet.devices.values() if verify.skill in d.skills]
    if not specs:
        yield Problem("unknown_skill", f"no device has a skill {verify.skill}, which is to check the outcome", step)
        return
    if any(spec.risk is not Risk.READ or not spec.idempotent for spec in specs):
        yield Problem("bad_arguments", f"{verify.skill} does not only read: it cannot check an outcome", step)
    for message in check_arguments(specs[0].input_schema, verify.arguments, schema_of):
        yield Problem("bad_arguments", f"{verify.skill}, which is to check the outcome: {message}", step)


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
    if newer.risk is risk and newer.idempotent == idempotent:
        return newer
    return newer.model_copy(update={"risk": risk, "idempotent": idempotent})

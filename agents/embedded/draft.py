"""A plan while it grows: steps with unique ids, what each clause produced, and how later clauses refer to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from agents.embedded.devices import Place
from agents.embedded.gate import another_format
from agents.embedded.outcome import decline
from orchestrator.core.conditions import WHOLE
from orchestrator.core.plan import Plan, Selector, Step, StepDependency
from orchestrator.core.references import find
from orchestrator.core.tasks import On
from protocol.vocabulary import JsonObject, Risk, SkillSpec

ANYWHERE = Selector()
CUT: Final = ("items", "rows", "lines", "text", "stdout", "stderr", "entries", "messages")
"""What of an output a skill may cut off."""
_BOUNDS: Final = ("limit", "max_bytes", "max_rows")


@dataclass(frozen=True, slots=True)
class Result:
    """What a clause produced. `many`: one output for each device. `file`: the path of the file that it is about, as an
    argument (text or reference), on `place`; `folder` likewise. `title` says in words what it is."""

    step: str
    skill: str
    many: bool = False
    place: Place | None = None
    file: str | None = None
    title: str = ""
    number: str = ""
    unit: str = ""
    folder: str | None = None

    def ref(self, path: str) -> str:
        """A reference to a value of the result; over a fan-out, to the list of its members' values."""
        return f"${{{self.step}[*].{path}}}" if self.many else f"${{{self.step}.{path}}}"

    @property
    def records(self) -> str:
        return f"${{{self.step}[*]}}"


@dataclass
class Draft:
    """Steps in order. `gates` guard every root step that is added while they stand; `heads` collects the root steps of
    the clause that is being built, so that sequence edges can be put on them afterwards."""

    specs: Mapping[str, SkillSpec]
    steps: dict[str, Step] = field(default_factory=dict)
    parts_do: bool = True
    """Whether what was cut off may be shown, and a bound among the arguments is what the request asked for."""
    gates: tuple[StepDependency, ...] = ()
    before: tuple[str, ...] = ()
    fresh: list[str] = field(default_factory=list)
    guards: dict[str, tuple[StepDependency, ...]] = field(default_factory=dict)
    """Of each step, the gates that stood when it was added."""

    def begin(self, before: Iterable[str], gates: Sequence[StepDependency]) -> None:
        """A new clause: its root steps wait for `before` and stand behind `gates`."""
        self.before, self.gates, self.fresh = tuple(dict.fromkeys(before)), tuple(gates), []

    def add(
        self,
        name: str,
        skill: str,
        arguments: JsonObject,
        devices: Selector,
        *,
        after: Iterable[str] = (),
        title: str = "",
        edges: Iterable[StepDependency] = (),
    ) -> str:
        """Adds a step. What it refers to, what it waits for and, for a clause's first steps, the clause's own edges."""
        if skill not in self.specs:
            raise decline(f"no device offers {skill}", [skill])
        upstream = [*after, *(reference.task for reference in find(arguments))]
        if devices.same_as is not None:
            upstream.append(devices.same_as)
        wanted: dict[str, StepDependency] = {edge.step: edge for edge in edges}
        for step in upstream:
            wanted.setdefault(step, StepDependency(step=step))
        if not any(step in self.fresh for step in wanted):
            for step in self.before:
                wanted.setdefault(step, StepDependency(step=step))
            for gate in self.gates:
                wanted[gate.step] = gate
        id = self.fresh_id(name)
        self.steps[id] = Step(
            id=id, title=title[:500], skill=skill, arguments=arguments, devices=devices, after=tuple(wanted.values())
        )
        self.fresh.append(id)
        self.guards[id] = self.gates
        return id

    def fresh_id(self, name: str) -> str:
        base = re.sub(r"[^A-Za-z0-9_-]", "-", name)[:30] or "step"
        if base not in self.steps:
            return base
        number = 2
        while f"{base}-{number}" in self.steps:
            number += 1
        return f"{base}-{number}"

    def risky(self, ids: Iterable[str]) -> bool:
        return any(self.specs[self.steps[id].skill].risk is not Risk.READ for id in ids)

    def used(self) -> set[str]:
        """Steps whose output some other step refers to."""
        return {reference.task for step in self.steps.values() for reference in find(step.arguments)}

    def answering(self, wanted: Iterable[str]) -> list[str]:
        """Of the steps that clauses ended with, those that no computation has used up: what a person wants to see."""
        consumed = {
            reference.task
            for step in self.steps.values()
            if not step.skill.startswith(("text.", "file."))
            for reference in find(step.arguments)
        }
        return [step for step in wanted if step not in consumed]

    def uncut(self, edge: StepDependency) -> StepDependency:
        """The edge to a step, open only where its output was not cut off; as it was where the skill never cuts."""
        properties = self.specs[self.steps[edge.step].skill].output_schema.get("properties")
        if edge.on is not On.SUCCESS or not isinstance(properties, Mapping) or "truncated" not in properties:
            return edge
        return StepDependency(step=edge.step, on=On.CONDITION, when=WHOLE)

    def _whole_only(self) -> None:
        """What was cut off is written nowhere as if it were the whole, and nothing is computed of it, unless only so
        much was asked for."""
        kept: set[str] = set()
        for id, step in reversed(self.steps.items()):
            references = tuple(find(step.arguments))
            shown = self.parts_do and self.specs[step.skill].risk is Risk.READ and not step.skill.startswith("data.")
            if id not in kept and shown:
                continue
            kept.update(one.task for one in references)
            parts = {one.task for one in references if one.path.rpartition(".")[2] in CUT and "[" not in one.path}
            whole = {one for one in parts if not (self.parts_do and _bounded(self.steps[one]))}
            if whole and step.join == "all":
                after = tuple(self.uncut(edge) if edge.step in whole else edge for edge in step.after)
                self.steps[id] = step.model_copy(update={"after": after})

    def plan(self, answer: Sequence[str], why: str) -> Plan:
        """All of it. Raises Stop where a file would not be of the kind that its name says."""
        if another_format(self.steps.values()):
            raise decline("the file's name says that it is of another kind")
        self._whole_only()
        return Plan(steps=tuple(self.steps.values()), answer=tuple(dict.fromkeys(answer)), why=why[:2000])


def _bounded(step: Step) -> bool:
    return any(bound in step.arguments for bound in _BOUNDS)


STEP_NAMES = {
    "system.disk": "disk",
    "system.memory": "memory",
    "system.cpu": "cpu",
    "system.load": "load",
    "system.uptime": "uptime",
    "system.os": "os",
    "system.network": "network",
    "system.time": "time",
    "system.info": "info",
    "process.list": "processes",
    "file.search": "search",
    "data.count_by": "count",
    "data.rank": "rank",
    "text.report": "report",
    "file.write": "write",
}


def step_name(skill: str) -> str:
    return STEP_NAMES.get(skill, skill.rpartition(".")[2].replace("_", "-"))

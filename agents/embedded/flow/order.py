"""What waits for what beyond the data that is handed on: `then`, messages about what was done, two uses of one file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.parts import Part
from agents.embedded.outcome import decline
from orchestrator.core.conditions import Compare
from orchestrator.core.plan import Step, StepDependency
from orchestrator.core.tasks import On
from protocol.vocabulary import Risk

TELLING: Final = ("phone.sms", "desktop.notify", "edge.publish")
_PLACES: Final = ("path", "source", "target", "archive_path", "cwd")
_WRITERS: Final = (
    "file.write", "artifact.save", "csv.write", "xlsx.write", "html.write", "pdf.write", "chart.make", "http.download",
)  # fmt: skip


@dataclass(frozen=True)
class Then(Part):
    """What comes next begins only when all before it is done."""

    def build(self, to: Builder) -> None:
        to.then = True


def in_order(to: Builder, sequence: Sequence[tuple[frozenset[str], frozenset[str]]]) -> None:
    """Adds the edges. `sequence` has the steps of each clause that `then` stands before, and those before it."""
    for later, earlier in sequence:
        for id in [one for one in to.draft.steps if one in later]:
            if not any(edge.step in later for edge in to.draft.steps[id].after):
                _wait(to, id, earlier)
    ids = list(to.draft.steps)
    for at, id in enumerate(ids):
        step = to.draft.steps[id]
        if step.skill in TELLING:
            _wait(to, id, [one for one in ids[:at] if _done(to, one)])
        for one in ids[:at]:
            if _same_file(to, to.draft.steps[one], step):
                _once(to, to.draft.steps[one], step)
                _wait(to, id, [one])


def measured_only(to: Builder) -> None:
    """What is made of a sum or a mean is made only where there were numbers: of none it would be 0."""
    for id, step in list(to.draft.steps.items()):
        if step.join == "all":
            edges = tuple(_measured(to, edge) for edge in step.after)
            to.draft.steps[id] = step.model_copy(update={"after": edges})


def _measured(to: Builder, edge: StepDependency) -> StepDependency:
    if edge.on is not On.SUCCESS or to.draft.steps[edge.step].skill != "data.stats":
        return edge
    some = Compare.model_validate({"path": "output.count", "op": ">", "value": 0})
    return StepDependency(step=edge.step, on=On.CONDITION, when=some)


def _wait(to: Builder, id: str, earlier: Iterable[str]) -> None:
    """Holds a step back until these are done. One that may not be done at all is waited for however it ends."""
    among = set(earlier)
    ends = [one for one in to.draft.steps if one in among and not any(one in _above(to, two) for two in among - {one})]
    for one in ends:
        step = to.draft.steps[id]
        if one == id or one in _above(to, id) or id in _above(to, one):
            continue
        if step.join == "any" or one in to.either or one in to.either.values():
            raise decline("what should happen after one of two downloads is not clear")
        sure = all(gate in to.draft.guards[id] for gate in to.draft.guards[one])
        if not sure:
            # Waiting for its end must not make its failure one that somebody else takes care of.
            to.draft.steps[one] = to.draft.steps[one].model_copy(update={"on_failure": "fail"})
        edge = StepDependency(step=one, on=On.SUCCESS if sure else On.COMPLETION)
        to.draft.steps[id] = step.model_copy(update={"after": (*step.after, edge)})


def _above(to: Builder, id: str) -> set[str]:
    """All that a step waits for, directly or not."""
    found: set[str] = set()
    new = [id]
    while new:
        upstream = [edge.step for edge in to.draft.steps[new.pop()].after]
        new += [one for one in upstream if one not in found]
        found.update(upstream)
    return found


def _done(to: Builder, id: str) -> bool:
    """Whether something is done there that a message may be about."""
    skill = to.draft.steps[id].skill
    return skill not in TELLING and to.draft.specs[skill].risk is not Risk.READ


def _same_file(to: Builder, first: Step, second: Step) -> bool:
    """Whether both use one file of one device, and not both of them only read it."""
    if first.devices.names != second.devices.names or len(first.devices.names) != 1:
        return False
    if all(to.draft.specs[one.skill].risk is Risk.READ for one in (first, second)):
        return False
    return any(_within(one, two) for one in _paths(first) for two in _paths(second))


def _once(to: Builder, first: Step, second: Step) -> None:
    """Raises Stop where both write the same file whatever happens: what the first one wrote would be lost."""
    wrote = [_written(one) for one in (first, second)]
    same = to.draft.guards[first.id] == to.draft.guards[second.id]
    if wrote[0] is not None and wrote[0] == wrote[1] and same and to.either.get(first.id) != second.id:
        raise decline(f"two things would be {wrote[0]} on {first.devices.names[0]}", [wrote[0]])


def _written(step: Step) -> str | None:
    """The path of the file that a step makes anew."""
    name = "path" if step.skill in _WRITERS else "target" if step.skill in ("file.copy", "archive.create") else ""
    return str(step.arguments[name]) if name else None


def _paths(step: Step) -> list[str]:
    found = [str(step.arguments[name]).rstrip("/") for name in _PLACES if name in step.arguments]
    return found if found or step.skill != "shell.run" else [""]


def _within(one: str, two: str) -> bool:
    return one == two or not one or not two or one.startswith(f"{two}/") or two.startswith(f"{one}/")

"""What can be wrong with a plan or an edit, and the checks of arguments that both must pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from orchestrator.core.fleet import FleetView
from orchestrator.core.references import Reference
from orchestrator.core.schemas import check_arguments
from orchestrator.core.tasks import PostCondition
from protocol.vocabulary import JsonObject, Risk, SkillSpec


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a plan. Codes: `unknown_skill`, `unknown_device`, `no_capable_device`, `bad_arguments`,

    `bad_reference`, `unknown_step`, `duplicate_step`, `cycle`, `too_large`, `bad_selector`, `bad_preview`,
    `no_preview`.
    """

    code: str
    message: str
    step: str = ""


def bad_arguments(spec: SkillSpec, arguments: JsonObject, task: str) -> Iterator[Problem]:
    """What is wrong with a task's arguments; its references are the graph's to check."""
    for message in check_arguments(spec.input_schema, arguments, lambda _: {}):
        yield Problem("bad_arguments", f"{spec.name}: {message}", task)


def bad_check(
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

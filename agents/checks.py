"""What a planner's proposal must pass before anything runs. A rung is accepted by these checks, not by its own word.

The plan compiles against the live fleet (skills and devices exist, arguments fit, references resolve, no cycle), uses
what the request names (coverage), stays on the devices that the policy allows, and asks for no risk that it denies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.plan import Plan, Selector, Step
from orchestrator.core.previews import previewing
from orchestrator.core.requests import Request
from protocol.vocabulary import Risk

# Past this a proposal is noise, whatever it says; a fan-out over a large fleet is one step.
MAX_STEPS = 200
# The compiler's codes that mean: the plan may be right, but not with these devices.
NO_DEVICE = frozenset({"no_capable_device", "unknown_device"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason against a plan.

    `code` is the compiler's, or `policy`, `denied`, `coverage`, `too_large`, `over_budget`. What is not `grave` a
    person may overrule who has seen the plan.
    """

    code: str
    message: str
    grave: bool = True


def allowed_fleet(fleet: FleetView, request: Request) -> FleetView:
    """The part of the fleet that the request's policy allows."""
    allowed = request.policy.devices
    if not allowed:
        return fleet
    return FleetView({name: device for name, device in fleet.devices.items() if name in allowed})


def narrowed(plan: Plan, request: Request, fleet: FleetView) -> Plan:
    """The plan with every selector held to the allowed `fleet`, so that it cannot widen when it is compiled again."""
    if not request.policy.devices:
        return plan
    return plan.model_copy(update={"steps": tuple(_narrowed(step, fleet) for step in plan.steps)})


def _narrowed(step: Step, fleet: FleetView) -> Step:
    selector = step.devices
    if selector.mode == "same" or selector.names:
        return step
    fitting = tuple(
        device.name
        for device in fleet.devices.values()
        if device.available and step.skill in device.skills and selected(device, selector)
    )
    limits: Selector = selector.model_copy(update={"names": fitting or tuple(fleet.devices)})
    return step.model_copy(update={"devices": limits})


def selected(device: DeviceInfo, selector: Selector) -> bool:
    """Whether the selector means the device, apart from names."""
    return (
        device.name not in selector.exclude
        and (selector.kind is None or device.kind is selector.kind)
        and (selector.os is None or selector.os.lower() in device.profile.os.lower())
        and (not selector.gpu or bool(device.profile.gpus))
        and all(device.labels.get(key) == value for key, value in selector.labels.items())
    )


def check(
    plan: Plan, request: Request, fleet: FleetView, answers: Sequence[tuple[str, str]] = ()
) -> tuple[Finding, ...]:
    """Everything that speaks against the plan; nothing does where it is empty.

    `fleet` is the allowed part. `answers` are the questions of this run with what the person said: that counts as part
    of the request. Coverage is looked at last, for a plan that holds in itself.
    """
    return sound(plan, request, fleet, answers) or _uncovered(plan, request, fleet, answers)


def sound(
    plan: Plan, request: Request, fleet: FleetView, answers: Sequence[tuple[str, str]] = ()
) -> tuple[Finding, ...]:
    """The checks without coverage: what speaks against the plan, whatever was asked for."""
    if len(plan.steps) > MAX_STEPS:
        return (Finding("too_large", f"the plan has {len(plan.steps)} steps; {MAX_STEPS} are the limit"),)
    found = (*_outside(plan, request), *_denied(plan, request, fleet), *_previewing(plan, fleet))
    return (*found, *_compiled(plan, request, fleet))


def _outside(plan: Plan, request: Request) -> list[Finding]:
    allowed = request.policy.devices
    if not allowed:
        return []
    named = [(step.id, name) for step in plan.steps for name in step.devices.names if name not in allowed]
    return [Finding("policy", f"step {step} names {name}, which this run may not use") for step, name in named]


def _denied(plan: Plan, request: Request, fleet: FleetView) -> list[Finding]:
    if request.policy.approve != "none" or request.policy.preview_only or plan.dry_run:
        return []
    skills = fleet.skills
    risky = [step for step in plan.steps if step.skill in skills and skills[step.skill].risk is not Risk.READ]
    return [
        Finding("denied", f"step {step.id} needs {step.skill} ({skills[step.skill].risk}), which this run denies")
        for step in risky
    ]


def _previewing(plan: Plan, fleet: FleetView) -> list[Finding]:
    """A rung plans writes; their previews are made of them."""
    hidden = previewing(fleet.skills.values())
    steps = [step for step in plan.steps if step.skill in hidden]
    return [
        Finding("bad_arguments", f"step {step.id}: {step.skill} is called for each write by itself") for step in steps
    ]


def _compiled(plan: Plan, request: Request, fleet: FleetView) -> list[Finding]:
    # Imported here: the compiler's libraries are not needed to write an answer.
    from orchestrator.core.compiler import compile_plan

    compiled, problems = compile_plan(plan, fleet, preview_only=request.policy.preview_only)
    most = request.policy.budget.tasks
    if compiled is not None and most is not None and compiled.tasks > most:
        return [Finding("over_budget", f"the plan makes {compiled.tasks} tasks, and this run may have {most}")]
    return [Finding(problem.code, problem.message) for problem in problems]


def _uncovered(
    plan: Plan, request: Request, fleet: FleetView, answers: Sequence[tuple[str, str]]
) -> tuple[Finding, ...]:
    """What of the request the plan leaves out, and what of the plan the request does not ask for."""
    from agents import coverage

    gaps = coverage.check(
        request.text, plan, fleet, client=request.client, answers=answers, attachment=request.attachment
    )
    return tuple(Finding("coverage", gap.message, grave=gap.grave) for gap in gaps)

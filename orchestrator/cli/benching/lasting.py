"""What a run leaves at work on its devices, and would be there in the next task: services, rules, schedules, cron."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from orchestrator.core.plan import Plan, Selector, Step
from orchestrator.core.views import RunView, TaskView
from protocol.vocabulary import Json

ENDED_BY: Final[Mapping[str, tuple[str, str, str]]] = {
    "service.create": ("service.remove", "name", "output"),
    "edge.add_rule": ("edge.remove_rule", "name", "output"),
    "edge.add_schedule": ("edge.remove_schedule", "name", "output"),
    "edge.record": ("edge.stop_recording", "sensor", "arguments"),
    "cron.add": ("cron.remove", "id", "output"),
}
"""By what a skill's effect is ended: the skill, its argument, and where the task has its value."""


def ending(view: RunView) -> Plan | None:
    """The plan that ends what `view`'s tasks left at work; None where there is nothing. What is gone already is no
    failure."""
    wanted = dict.fromkeys(found for task in view.tasks for found in _left(task))
    steps = [
        Step(
            id=f"end{number}",
            skill=skill,
            arguments={argument: value},
            devices=Selector(names=(device,)),
            on_failure="skip",
        )
        for number, (device, skill, argument, value) in enumerate(wanted)
    ]
    return Plan(steps=tuple(steps)) if steps else None


def _left(task: TaskView) -> Iterator[tuple[str, str, str, str]]:
    """Device, skill, argument and value of what ends a task's effect."""
    skill, argument, place = ENDED_BY.get(task.skill, ("", "", ""))
    held: Json = task.output if place == "output" else task.arguments
    value = held.get(argument) if isinstance(held, dict) else None
    if skill and task.device is not None and task.attempt and isinstance(value, str):
        yield task.device, skill, argument, value

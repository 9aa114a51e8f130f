"""A request and a plan for it, with what both directions of the check ask of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from agents.covering.heard import Answers, Heard, hear
from agents.embedded.evidence import Evidence
from agents.implied.leeway import Leeway
from agents.scrutiny.words import dialled
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Plan, Selector, Step
from orchestrator.core.references import find
from orchestrator.core.tasks import PERSISTENT
from protocol.vocabulary import Json, Risk

DEFAULTS = (
    re.compile(r"reports/[a-z0-9-]+\.md"),
    re.compile(r"backups(/.*)?"),
    re.compile(r"\*(\.[A-Za-z0-9]+)?"),
    re.compile(r"\.{1,2}/?"),
    re.compile(r"\n?"),
)


@dataclass
class Case:
    """`strict` is a rung's own gate, which excuses nothing. `selected` are the devices of each step."""

    heard: Heard
    plan: Plan
    fleet: FleetView
    client: str | None
    answers: Answers
    attachment: str
    evidence: Evidence
    strict: bool = False
    selected: dict[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        text: str,
        plan: Plan,
        fleet: FleetView,
        *,
        client: str | None,
        answers: Answers,
        attachment: str = "",
        hidden: frozenset[str] = frozenset(),
        strict: bool = False,
    ) -> Case:
        heard = hear(text, fleet, client, answers, hidden)
        self = cls(heard, plan, fleet, client, answers, attachment, Evidence.of(heard.specs), strict)
        for step in plan.steps:
            self.selected[step.id] = self._devices(step)
        return self

    def _devices(self, step: Step) -> frozenset[str]:
        if step.devices.same_as is not None:
            return self.selected.get(step.devices.same_as, frozenset())
        return frozenset(
            name
            for name, device in self.fleet.devices.items()
            if fits(step.devices, name, self.fleet) and (step.skill in device.skills or name in step.devices.names)
        )

    @cached_property
    def leeway(self) -> Leeway | None:
        """What is excused in a longer plan; a rung's own strict gate excuses nothing."""
        if self.strict or len(self.plan.steps) < 2:
            return None
        labels = {name: one.labels for name, one in self.fleet.devices.items()}
        heard = self.heard
        return Leeway(
            heard.text, heard.tokens, heard.said, self.plan, heard.specs, self.selected, self.explained, labels
        )

    @cached_property
    def counts(self) -> frozenset[int]:
        """How many devices, steps of a skill, and members of a list there are: `all three servers`, `both counts`."""
        devices = frozenset().union(*self.selected.values(), frozenset())
        skills = Counter(step.skill for step in self.plan.steps)
        lists = {len(value) for value in self.values() if isinstance(value, list)}
        return frozenset({len(devices), *skills.values(), *lists})

    def anywhere(self, id: str) -> bool:
        """Whether a step may run on any device."""
        return next(step for step in self.plan.steps if step.id == id).devices == Selector()

    def jailed(self, step: Step) -> bool:
        """Whether a step's code can do no more than work something out."""
        return step.skill == "python.run" and self.leeway is not None and self.leeway.jailed(step)

    def reads(self, step: Step) -> bool:
        """Whether a step changes nothing."""
        return step.skill in self.heard.specs and self.heard.specs[step.skill].risk is Risk.READ

    def explained_devices(self) -> frozenset[str]:
        """The devices that the request, or an answer to it, speaks of."""
        named = {name for place in self.heard.places for name in place.names}
        if self.heard.unreadable:
            low = self.heard.text.casefold()
            named |= {
                name
                for name in self.fleet.devices
                if re.search(rf"(?<![\w-]){re.escape(name.casefold())}(?![\w-])", low)
            }
        if self.client is not None:
            named.add(self.client)
        for _, answer in self.answers:
            named |= {name for name in self.fleet.devices if name.casefold() == answer.strip().casefold()}
            if answer.strip().casefold() in {"every device", "all", "every one"}:
                named |= set(self.fleet.devices)
        return frozenset(named)

    def explained(self, text: str) -> bool:
        """Whether an argument comes from the request, from an answer, or is one of the `DEFAULTS`."""
        plain = text.replace("$${", "${")
        if any(True for _ in find(text)):
            return True
        # A line's end, and how a database file is addressed, are no content.
        low, spoken = plain.casefold().strip().removeprefix("sqlite:").rstrip("/"), self.heard.text.casefold()
        if low in spoken or plain in self.attachment or any(pattern.fullmatch(plain) for pattern in DEFAULTS):
            return True
        if any(low == answer.strip().casefold() for _, answer in self.answers):
            return True
        if dialled(low, spoken):
            return True
        parts = [part for part in re.split(r"/|\.tar\.gz$|\.zip$", low) if part]
        return bool(parts) and all(part in spoken or part == "backups" for part in parts)

    def values(self) -> Iterator[Json]:
        """The plan's arguments and conditions."""
        for step in self.plan.steps:
            yield from step.arguments.values()
            for edge in step.after:
                if edge.when is not None:
                    yield edge.when.model_dump(mode="json")

    def texts(self) -> Iterator[str]:
        """The texts in them."""
        for value in self.values():
            yield from (text.replace("$${", "${") for text in strings(value))

    def numbers(self) -> Iterator[float]:
        """The numbers in them, and how often something is tried."""
        yield from (float(step.retry.max_attempts) for step in self.plan.steps if step.retry != PERSISTENT)
        for value in self.values():
            yield from floats(value)


def fits(selector: Selector, name: str, fleet: FleetView) -> bool:
    """Whether a selector takes a device of the fleet."""
    device = fleet.devices[name]
    return (
        (not selector.names or name in selector.names)
        and name not in selector.exclude
        and (selector.kind is None or device.kind is selector.kind)
        and (not selector.os or selector.os.lower() in device.profile.os.lower())
        and (not selector.gpu or bool(device.profile.gpus))
        and all(device.labels.get(key) == value for key, value in selector.labels.items())
    )


def strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        items: Iterable[Json] = value.values() if isinstance(value, dict) else value
        for item in items:
            yield from strings(item)


def floats(value: Json) -> Iterator[float]:
    if isinstance(value, bool):
        return
    if isinstance(value, (int, float)):
        yield float(value)
    elif isinstance(value, (list, dict)):
        items: Iterable[Json] = value.values() if isinstance(value, dict) else value
        for item in items:
            yield from floats(item)

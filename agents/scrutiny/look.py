"""What the rules of scrutiny look at: the request as it was read, the plan, and what both say of a step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from agents.embedded.devices import Place
from agents.embedded.tokens import Kind, Token
from agents.rewire import canonical
from orchestrator.core.conditions import AllOf, AnyOf, Compare, Condition, Not
from orchestrator.core.plan import Plan, Step
from orchestrator.core.references import find
from orchestrator.core.tasks import On
from protocol.vocabulary import Json, Risk, SkillSpec


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing that is in the wrong place. `grave`: a change that is made where, or to what, nobody asked for it."""

    message: str
    grave: bool = False


@dataclass(frozen=True)
class Told:
    """A request as it was read: its text, tokens and the devices that its `DEVICE` tokens number.

    `implied` are texts of the plan that need not stand in it: see `agents.implied`.
    """

    text: str
    tokens: Sequence[Token]
    places: Sequence[Place]
    answers: Sequence[tuple[str, str]] = ()
    attachment: str = ""
    implied: frozenset[str] = frozenset()

    @cached_property
    def lemmas(self) -> frozenset[str]:
        """Every word outside of quotations, as it is compared and as it is written."""
        words = [token for token in self.tokens if token.word]
        parts = {part for token in words for part in token.text.casefold().split()}
        return frozenset({token.lemma for token in words} | parts)

    def has(self, *words: str) -> bool:
        return any(word in self.lemmas for word in words)

    @cached_property
    def spoken(self) -> str:
        return self.text.casefold()

    def word(self, at: int) -> str:
        """The word at a place, empty where there is none."""
        return self.tokens[at].text.casefold() if 0 <= at < len(self.tokens) and self.tokens[at].word else ""


@dataclass(frozen=True)
class Look:
    """What the rules look at. `devices`: those that each step's selector takes."""

    told: Told
    plan: Plan
    specs: Mapping[str, SkillSpec]
    devices: Mapping[str, frozenset[str]]

    @cached_property
    def steps(self) -> dict[str, Step]:
        return {step.id: step for step in self.plan.steps}

    @cached_property
    def above(self) -> dict[str, frozenset[str]]:
        """Every step's ancestors; the plan has compiled, so there is no cycle."""
        direct = {step.id: needs(step) for step in self.plan.steps}
        found: dict[str, frozenset[str]] = {}

        def of(id: str) -> frozenset[str]:
            if id not in found:
                ups = direct.get(id, frozenset())
                found[id] = ups.union(*(of(up) for up in ups))
            return found[id]

        for id in direct:
            of(id)
        return found

    def ordered(self, one: str, other: str) -> bool:
        return one in self.above[other] or other in self.above[one]

    def risky(self, step: Step) -> bool:
        spec = self.specs.get(step.skill)
        return spec is not None and spec.risk is not Risk.READ

    def conditional(self, step: Step) -> bool:
        """Whether the step, or one that it follows, runs only under a condition."""
        ids = {step.id, *self.above[step.id]}
        return any(edge.on in (On.CONDITION, On.FAILURE) for id in ids for edge in self.steps[id].after)

    def together(self, one: Step, other: Step) -> bool:
        """Whether two steps may run on one device."""
        return bool(self.devices[one.id] & self.devices[other.id])

    @cached_property
    def located(self) -> dict[str, int]:
        """Where in the request a step's own literals stand first, for steps that have some that stand there once."""
        found = {}
        for step in self.plan.steps:
            places = [at for text in literals(step) if (at := self._place(text)) is not None]
            if places:
                found[step.id] = min(places)
        return found

    def _place(self, text: str) -> int | None:
        low = text.casefold().rstrip("/")
        at = [
            number
            for number, token in enumerate(self.told.tokens)
            if str(token.value if token.value is not None else token.text).casefold().rstrip("/") == low
        ]
        return at[0] if len(at) == 1 else None


def needs(step: Step) -> frozenset[str]:
    """The steps that a step names."""
    found = {edge.step for edge in step.after} | {reference.task for reference in find(step.arguments)}
    return frozenset(found | ({step.devices.same_as} if step.devices.same_as is not None else set()))


def literals(step: Step) -> list[str]:
    """The texts in a step's arguments that hold no reference, longest first."""
    found = [value for value in step.arguments.values() if isinstance(value, str) and value and not any(find(value))]
    return sorted(found, key=len, reverse=True)


def compares(condition: Condition, turned: bool = False) -> Iterator[tuple[Compare, bool]]:
    """The comparisons of a condition, and whether a `not` turns them round."""
    match condition:
        case Compare():
            yield condition, turned
        case Not(not_=inner):
            yield from compares(inner, not turned)
        case AllOf(all=parts) | AnyOf(any=parts):
            for part in parts:
                yield from compares(part, turned)


def paths(step: Step, names: Sequence[str]) -> list[str]:
    values = [step.arguments.get(name) for name in names]
    return [str(canonical(value)) for value in values if isinstance(value, str) and not any(find(value))]


def named_at(told: Told, at: int) -> frozenset[str]:
    """The devices that a token stands for."""
    token = told.tokens[at] if at < len(told.tokens) else None
    if token is None or token.kind is not Kind.DEVICE or not isinstance(token.value, int):
        return frozenset()
    return frozenset(told.places[token.value].names) if token.value < len(told.places) else frozenset()


def texts(value: Json) -> Iterator[str]:
    """Every text of a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)

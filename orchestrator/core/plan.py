"""A planner's proposal, in the planner's words: steps over device selections. Untrusted until compiled.

A step names devices by a selector; the compiler turns it into tasks. `each` makes one task for every device that
fits (a fan-out, ids `step@device`); `one` lets placement choose; `same` runs where another step ran, pairwise when
that one fans out. References in arguments: `${step.output.path}`; over a fan-out, `${step[*].output.path}` is the
list of its members' values and `${step[*]}` the list of their records, `{"device", "task", "output"}`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue, model_validator

from orchestrator.core.conditions import Condition
from orchestrator.core.tasks import (
    PATIENT,
    PERSISTENT,
    Dependency,
    Model,
    On,
    OnFailure,
    PostCondition,
    Retry,
    Timeouts,
)
from protocol.vocabulary import CallLimits, DeviceKind, Identifier, JsonObject, Name, ShortText, unset

StepId = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,39}$")]


class Selector(Model):
    """Which devices. An empty selector fits all. `names` limits to these; `exclude` takes away."""

    mode: Literal["one", "each", "same"] = "one"
    names: Annotated[tuple[Name, ...], Field(max_length=1000)] = ()
    kind: DeviceKind | None = None
    os: ShortText | None = None
    labels: dict[Name, ShortText] = {}
    exclude: tuple[Name, ...] = ()
    gpu: bool = False
    same_as: StepId | None = None

    @model_validator(mode="after")
    def _same_names_a_step(self) -> Selector:
        if (self.mode == "same") != (self.same_as is not None):
            raise ValueError("`same_as` belongs to mode `same`, and only there")
        return self


ANYONE = Selector()


class StepDependency(Model):
    """`step` must end as `on` says before this one starts; see `tasks.On`."""

    step: StepId
    on: On = On.SUCCESS
    when: Condition | None = None

    @model_validator(mode="after")
    def _valid_edge(self) -> StepDependency:
        Dependency(task=self.step, on=self.on, when=self.when)
        return self


class Step(Model):
    """One step of a plan.

    `on_failure` as of a task (see `tasks.Task`); where another step waits for this one to fail, or for its end however
    it comes, that step takes the failure over: the default is then `continue`. `verify` says how to find out whether it
    was done, should that be unknown; `confirm` how to see, each time, that it was done as its device says. `limits` is
    what its programs may take, of each of its tasks: a plan can only lower what the run's policy and the device allow.
    """

    id: StepId
    title: ShortText = ""
    skill: ShortText
    arguments: JsonObject = Field(default_factory=dict)
    devices: Selector = Field(default_factory=lambda: ANYONE)
    after: Annotated[tuple[StepDependency, ...], Field(max_length=200)] = ()
    join: Literal["all", "any"] = "all"
    on_failure: OnFailure = "fail"
    priority: Annotated[int, Field(ge=-100, le=100)] = 0
    timeouts: Timeouts = Field(default_factory=lambda: PATIENT)
    retry: Retry = Field(default_factory=lambda: PERSISTENT)
    verify: PostCondition | None = None
    confirm: PostCondition | None = None
    limits: Annotated[CallLimits | None, Field(exclude_if=unset)] = None

    @property
    def referring(self) -> JsonValue:
        """All of the step that may hold references."""
        if self.verify is None and self.confirm is None:
            return self.arguments
        return [self.arguments, *(one.arguments for one in (self.verify, self.confirm) if one is not None)]


class Plan(Model):
    """`answer` names the steps whose outputs answer the request (default: those on which nothing depends).

    `dry_run`: the request wants to see what its writes would change, and nothing changed. A plan can only be stricter
    than its run's policy, never laxer.
    """

    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=20_000)]
    answer: tuple[StepId, ...] = ()
    dry_run: bool = False
    why: Annotated[str, Field(max_length=2_000)] = ""


class Choice(Model):
    label: ShortText
    value: ShortText


class Doubtful(Model):
    """A plan that holds in itself, and of which the checks cannot tell whether it is what was asked for.

    `gaps` are what they could not account for; `rung` made the plan. It runs only if a person says so.
    """

    plan: Plan
    rung: ShortText
    gaps: Annotated[tuple[ShortText, ...], Field(max_length=20)] = ()


CONFIRMED = "yes"
"""The one answer that confirms a doubtful plan."""


class Clarification(Model):
    """The request is ambiguous: one short question, with choices.

    With `doubtful` it asks whether that plan is what was meant: just this plan runs where the answer is `CONFIRMED`.
    """

    question: ShortText
    choices: Annotated[tuple[Choice, ...], Field(max_length=20)] = ()
    doubtful: Annotated[Doubtful | None, Field(exclude_if=unset)] = None

    def value_of(self, answer: str) -> str:
        """The value of the choice that an answer names, by value, label or number; else the answer itself."""
        said = " ".join(answer.split())
        for choice in self.choices:
            if said.casefold() in (choice.value.casefold(), choice.label.casefold()):
                return choice.value
        number = said.rstrip(".)")
        if number.isascii() and number.isdigit() and 1 <= int(number[:4]) <= len(self.choices):
            return self.choices[int(number[:4]) - 1].value
        return answer


DeclinedCode = Literal[
    "",
    "not_understood",
    "unusable",
    "unreachable",
    "timed_out",
    "skipped",
    "over_budget",
    "withheld",
    "broke_down",
    "unavailable",
]


NOT_ASKED: frozenset[DeclinedCode] = frozenset({"skipped", "over_budget", "withheld", "broke_down"})
"""Kinds of no of a rung to which nothing was sent."""
UNHEARD: frozenset[DeclinedCode] = NOT_ASKED | {"unreachable", "timed_out"}
"""Kinds of no of a rung that was not heard: nothing was learned about whether it could have planned the request."""


class Declined(Model):
    """This planner cannot do it, and says exactly what it could not place.

    `code` says what kind of no it is. The request was `not_understood`; the reply was `unusable`; the model's server
    was `unreachable` or `timed_out`; the rung was `skipped`: its circuit breaker is open, or it is switched off; its
    forecast is `over_budget`; what it would have to be told may not leave: `withheld`; the planner `broke_down`;
    who has what it takes cannot use it now: `unavailable`.
    `partial` plans the clauses that it did place, surely; `unplaced` then are the others.
    """

    reason: ShortText
    unplaced: tuple[ShortText, ...] = ()
    code: DeclinedCode = ""
    partial: Plan | None = None


class RungUsage(Model):
    """What a rung's try cost. `cost_usd` is None where the price is unknown; unknown is not zero.

    `bytes_out`: what was sent to a server beyond this process.
    """

    seconds: float = 0.0
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    bytes_out: int = 0


Tier = Literal["embedded", "local", "cloud", "other"]


class Proposal(Model):
    """What a rung said to a request. `cached`: it said so earlier, and was not asked again.

    `fixes` names the failed task that the result is to mend: a plan then holds the steps that take its place, and the
    one step of its `answer` stands for the task from then on.
    """

    rung: ShortText
    tier: Tier = "other"
    result: Annotated[Plan | Clarification | Declined, Field()]
    usage: RungUsage = RungUsage()
    why: Annotated[str, Field(max_length=2_000)] = ""
    cached: bool = False
    fixes: Identifier | None = None

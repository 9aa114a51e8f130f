"""Stand-ins for model rungs: they answer real plan JSON, right, wrong or unusable at stated rates.

No model was asked for any number that comes out of them. A wrong plan is a right one with one thing changed (see
`plans.py`), or for a request out of scope the plan of the most similar request in scope; an unusable answer is prose,
cut-off JSON, a skill that does not exist or a cycle. Told what failed, by a repair or by what other rungs tried, a
stand-in errs less by a stated factor. The prompt is the real one, so tokens and bytes are those of a real rung.

All draws come from a seed, the rung, the request and the number of the try: a run of the harness is the same each time.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.prompt import messages
from agents.reply import ReplyError, read_reply
from agents.tokens import estimate_tokens
from benchmarks.ladder.evaluate import Item
from benchmarks.ladder.plans import mutated, plan_of
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Clarification, Declined, Plan, Proposal, RungUsage, Step, StepDependency, Tier
from orchestrator.core.ports import PlanningContext
from orchestrator.core.requests import Request
from orchestrator.core.tasks import Model
from protocol.vocabulary import Json


class Rates(Model):
    """How often a first answer is right, wrong, unusable; they add up to 1. `told`: errors shrink by this factor."""

    right: float
    wrong: float
    invalid: float
    told: float = 0.4


class Stated(Model):
    """What is stated of a stand-in. US dollars for a million tokens, seconds a call."""

    rung: str
    tier: Tier
    rates: Rates
    input_usd: float
    output_usd: float
    seconds: float


LOCAL = Stated(
    rung="local",
    tier="local",
    rates=Rates(right=0.60, wrong=0.25, invalid=0.15),
    input_usd=0.0,
    output_usd=0.0,
    seconds=4.0,
)
CLOUD = Stated(
    rung="cloud",
    tier="cloud",
    rates=Rates(right=0.92, wrong=0.06, invalid=0.02),
    input_usd=2.5,
    output_usd=10.0,
    seconds=2.0,
)


class Answers:
    """The right answer to every request of some parts, and what one could mistake it for."""

    def __init__(self, items: Sequence[Item], fleet: FleetView) -> None:
        self.fleet = fleet
        self.items = {(item.text, item.client): item for item in items}
        self.plans = {item.id: plan_of(item.plans[0], fleet) for item in items if item.in_scope}
        self._words = {item.id: _words(item.text) for item in items if item.in_scope}

    def item(self, request: Request) -> Item:
        return self.items[(request.text, request.client)]

    def right(self, item: Item) -> Plan | Clarification | Declined:
        if item.in_scope:
            return self.plans[item.id]
        if "declined" in item.expect:
            return Declined(reason="no skill does this")
        return Clarification(question="Which one do you mean?")

    def wrong(self, item: Item, draw: random.Random) -> Plan:
        if item.in_scope:
            return mutated(item, self.plans[item.id], self.fleet, draw)
        words = _words(item.text)
        return self.plans[max(self._words, key=lambda id: (len(words & self._words[id]), id))]


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.lower()))


@dataclass
class StandIn:
    """A `Planner` of stated rates over known answers."""

    stated: Stated
    answers: Answers
    seed: int = 0
    asked: Counter[str] = field(default_factory=Counter)

    @property
    def rung(self) -> str:
        return self.stated.rung

    @property
    def tier(self) -> Tier:
        return self.stated.tier

    async def plan(self, request: Request, context: PlanningContext) -> Proposal:
        """One answer; an unusable one is mended once, as by a real rung, unless this is a repair already."""
        item, talk = self.answers.item(request), _Talk(self.stated, messages(request, context))
        told = bool(context.problems or context.tried)
        result: Plan | Clarification | Declined = Declined(reason="no usable reply", code="unusable")
        for mending in (False,) if context.problems else (False, True):
            text = self._say(item, told=told or mending)
            talk.say(text)
            try:
                result = read_reply(text)
                break
            except ReplyError as error:
                talk.hear(f"That cannot be used: {error}. Answer again with one JSON object.")
        return Proposal(rung=self.rung, tier=self.tier, result=result, usage=talk.usage())

    def _say(self, item: Item, *, told: bool) -> str:
        self.asked[item.id] += 1
        draw = random.Random(f"{self.seed}/{self.rung}/{item.id}/{self.asked[item.id]}")
        rates, shrunk = self.stated.rates, self.stated.rates.told if told else 1.0
        at = draw.random()
        if at < rates.wrong * shrunk:
            return reply(self.answers.wrong(item, draw))
        if at < (rates.wrong + rates.invalid) * shrunk:
            return _unusable(self.answers.right(item), draw)
        return reply(self.answers.right(item))


class _Talk:
    """The exchange of one try, counted as a real one is."""

    def __init__(self, stated: Stated, told: Sequence[tuple[str, str]]) -> None:
        self._stated = stated
        self._messages = [{"role": role, "content": text} for role, text in told]
        self._calls = self._input = self._output = self._bytes = 0

    def say(self, text: str) -> None:
        """The model's answer to all that was said so far."""
        body = json.dumps({"model": self._stated.rung, "messages": self._messages})
        self._calls += 1
        self._bytes += len(body.encode())
        self._input += sum(estimate_tokens(message["content"]) for message in self._messages)
        self._output += estimate_tokens(text)
        self._messages.append({"role": "assistant", "content": text})

    def hear(self, text: str) -> None:
        self._messages.append({"role": "user", "content": text})

    def usage(self) -> RungUsage:
        stated = self._stated
        return RungUsage(
            seconds=self._calls * stated.seconds,
            calls=self._calls,
            input_tokens=self._input,
            output_tokens=self._output,
            cost_usd=(self._input * stated.input_usd + self._output * stated.output_usd) / 1e6,
            bytes_out=self._bytes,
        )


def reply(result: Plan | Clarification | Declined) -> str:
    """The JSON of a model that answers so."""
    name = "plan" if isinstance(result, Plan) else "question" if isinstance(result, Clarification) else "declined"
    return json.dumps({name: result.model_dump(mode="json", exclude_defaults=True)})


def _unusable(right: Plan | Clarification | Declined, draw: random.Random) -> str:
    text = reply(right)
    way = draw.randrange(4)
    if way == 0:
        return "Sure! I would first look at the devices and then do what you asked for."
    if way == 1:
        return text[: max(2, len(text) // 2)]
    if way == 2 or not isinstance(right, Plan):
        unknown: Json = {"plan": {"steps": [{"id": "a", "skill": "magic.do_it", "arguments": {}}]}}
        return json.dumps(unknown)
    return reply(_circle(right))


def _circle(plan: Plan) -> Plan:
    first, last = plan.steps[0], plan.steps[-1]
    other = Step(id="again", skill=last.skill, arguments=last.arguments, after=(StepDependency(step=first.id),))
    looped = first.model_copy(update={"after": (*first.after, StepDependency(step="again"))})
    return Plan(steps=(looped, *plan.steps[1:], other))

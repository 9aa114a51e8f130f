"""The ladder's report: what stayed at home, what it cost, and how often it was wrong. Pure; from `RunFacts` alone.

    tally = Tally({"embedded": "embedded", "gpt": "cloud"})
    for facts in runs:
        tally.add(facts)
    report = tally.report(since=..., until=...)

Every number is counted from the record. What cannot be known is None with the number of runs for which it is not, never
zero. Energy is an estimate from a stated profile, apart from all that was measured. docs/ladder.md has the definitions.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import not_
from typing import Annotated

from pydantic import Field

from orchestrator.core.egress import LedgerEntry
from orchestrator.core.ladder_facts import Climb, Rejection, RunFacts, Try
from orchestrator.core.plan import Tier
from orchestrator.core.tasks import Model
from protocol.vocabulary import JsonObject

LISTED = 100
ORDER: tuple[Tier, ...] = ("other", "embedded", "local", "cloud")


class Share(Model):
    """`part` of `whole`; `share` is None where there is nothing to be a part of."""

    part: int = 0
    whole: int = 0
    share: float | None = None

    @classmethod
    def of(cls, part: int, whole: int) -> Share:
        return cls(part=part, whole=whole, share=part / whole if whole else None)


class Spread(Model):
    """Seconds over `count` runs; None where there are none."""

    count: int = 0
    p50: float | None = None
    p95: float | None = None
    longest: float | None = None

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        if not values:
            return cls()
        ordered = sorted(values)
        return cls(count=len(ordered), p50=_rank(ordered, 0.5), p95=_rank(ordered, 0.95), longest=ordered[-1])


def _rank(ordered: Sequence[float], share: float) -> float:
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


class RunCounts(Model):
    """`asked` in plain language; `explicit` ones came with a plan of their own and are counted nowhere else.

    `planned`: a rung's plan was accepted. The others are how the asked ones ended; `open` ones have not.
    """

    asked: int = 0
    explicit: int = 0
    planned: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    open: int = 0


class Cost(Model):
    """US dollars, over the runs whose cost is known; `unknown_runs` are the others. None where no cost is known.

    `per_success_usd` is what all those runs cost, over those of them that succeeded.
    """

    known_usd: float = 0.0
    known_runs: int = 0
    unknown_runs: int = 0
    per_run_usd: float | None = None
    per_success_usd: float | None = None


class WrongAccept(Model):
    run: str
    text: str
    rung: str
    tier: Tier
    reasons: tuple[Rejection, ...]


class WrongAccepts(Model):
    """Runs whose accepted plan turned out wrong, of all runs with an accepted plan; the newest are listed."""

    share: Share = Share()
    reasons: dict[str, int] = {}
    listed: tuple[WrongAccept, ...] = ()


class Escalations(Model):
    """Steps from a rung to the next one that was heard, in runs that have ended.

    `needed`: the next rung's plan was accepted, the run succeeded and was not rejected. `missed`: a plan was accepted
    below the highest rung that is configured, and was wrong.
    """

    made: int = 0
    needed: int = 0
    missed: int = 0
    precision: float | None = None
    recall: float | None = None


class RungLine(Model):
    """One rung over all its tries. `asked_back` are its questions, `refused` its plans that the checks refused.

    `cached` tries were answered with what the rung had said to an earlier run. `declined` counts by code.
    """

    rung: str
    tier: Tier
    tries: int = 0
    cached: int = 0
    accepted: int = 0
    refused: int = 0
    asked_back: int = 0
    declined: dict[str, int] = {}
    seconds: float = 0.0
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    known_usd: float = 0.0
    unpriced_tries: int = 0
    last_used: float = 0.0


class EnergyRate(Model):
    """`watts` above idle while the rung works, on this machine; joules a token where it works elsewhere."""

    watts: float | None = None
    joules_per_input_token: float | None = None
    joules_per_output_token: float | None = None


class EnergyProfile(Model):
    """Where the estimate comes from. `rungs` by name go before `tiers`; what neither has is not estimated."""

    name: str
    date: str
    source: str
    tiers: dict[Tier, EnergyRate] = {}
    rungs: dict[str, EnergyRate] = {}


class EnergyLine(Model):
    rung: str
    joules: float | None
    basis: str


class EnergyEstimate(Model):
    """An estimate: times and tokens were counted, watts and joules come from `profile`. Nothing here was measured."""

    profile: str
    date: str
    source: str
    rungs: tuple[EnergyLine, ...] = ()
    joules: float | None = None


class LadderReport(Model):
    """`GET /v1/ladder/report`. Unix times; `since` and `until` bound when runs were submitted.

    `at_home` are runs, and steps, that were planned without any cloud call. `cloud_calls_avoided` counts accepted plans
    and fixes of rungs below the cloud, or kept from an earlier run, each of which would have cost a call at least; None
    where no cloud rung is configured. `bytes_out` by tier; `bytes_outside_runs` is the part of it that belongs to no
    run: probes. `truncated`: there are more runs than were looked at; `unreadable` are runs whose log is damaged.
    """

    run: str | None = None
    since: float | None = None
    until: float | None = None
    runs: RunCounts = RunCounts()
    runs_at_home: Share = Share()
    steps_at_home: Share = Share()
    cloud_calls: int = 0
    cloud_calls_avoided: int | None = None
    cost: Cost = Cost()
    bytes_out: dict[Tier, int] = {}
    bytes_outside_runs: dict[Tier, int] = {}
    wrong_accepts: WrongAccepts = WrongAccepts()
    escalations: Escalations = Escalations()
    first_action: Spread = Spread()
    first_action_unattended: Spread = Spread()
    rungs: tuple[RungLine, ...] = ()
    energy_estimate: EnergyEstimate | None = None
    truncated: bool = False
    unreadable: int = 0


@dataclass(slots=True)
class _Rung:
    tier: Tier
    outcomes: Counter[str] = field(default_factory=Counter)
    declined: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    known_usd: float = 0.0
    unpriced: int = 0
    cached: int = 0
    last_used: float = 0.0

    def add(self, one: Try) -> None:
        self.outcomes[one.outcome] += 1
        self.cached += one.cached
        if one.outcome == "declined":
            self.declined[one.code or "unspecified"] += 1
        self.seconds += one.usage.seconds
        self.calls += one.usage.calls
        self.input_tokens += one.usage.input_tokens
        self.output_tokens += one.usage.output_tokens
        self.known_usd += one.usage.cost_usd or 0.0
        self.unpriced += one.usage.cost_usd is None
        self.last_used = max(self.last_used, one.at)

    def line(self, name: str) -> RungLine:
        return RungLine(
            rung=name,
            tier=self.tier,
            tries=self.outcomes.total(),
            cached=self.cached,
            accepted=self.outcomes["accepted"],
            refused=self.outcomes["refused"],
            asked_back=self.outcomes["asked"],
            declined=dict(self.declined),
            seconds=self.seconds,
            calls=self.calls,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            known_usd=self.known_usd,
            unpriced_tries=self.unpriced,
            last_used=self.last_used,
        )


class Tally:
    """Adds runs up. `rungs` are those configured now, name to tier: they say what a plan could have cost instead."""

    def __init__(self, rungs: Mapping[str, Tier]) -> None:
        self._configured = rungs
        self._highest = max((ORDER.index(tier) for tier in rungs.values()), default=0)
        self._count: Counter[str] = Counter()
        self._bytes: Counter[Tier] = Counter()
        self._outside: Counter[Tier] = Counter()
        self._reasons: Counter[str] = Counter()
        self._rungs: dict[str, _Rung] = {}
        self._wrong: list[WrongAccept] = []
        self._known_usd = 0.0
        self._first: list[float] = []
        self._unattended: list[float] = []

    def add(self, facts: RunFacts) -> None:
        """One run; the order does not matter but for which wrong accepts are listed: the first ones."""
        count = self._count
        if facts.explicit:
            count["explicit"] += 1
            return
        count["asked"] += 1
        count[facts.ended.value if facts.ended is not None else "open"] += 1
        count["planned"] += facts.planned
        count["at_home"] += facts.planned and not facts.cloud_calls
        count["steps"] += facts.steps
        count["steps_at_home"] += facts.steps - facts.cloud_steps
        count["cloud_calls"] += facts.cloud_calls
        self._add_cost(facts)
        self._add_wrong(facts)
        for climb in facts.climbs:
            self._add_climb(facts, climb)
        for tier in ORDER:
            self._bytes[tier] += facts.bytes_out(tier)
        if facts.to_first_action_s is not None:
            self._first.append(facts.to_first_action_s)
            if not facts.attended:
                self._unattended.append(facts.to_first_action_s)

    def _add_cost(self, facts: RunFacts) -> None:
        cost = facts.cost_usd
        self._count["cost_known" if cost is not None else "cost_unknown"] += 1
        self._count["cost_known_succeeded"] += cost is not None and facts.succeeded
        self._known_usd += cost or 0.0

    def _add_wrong(self, facts: RunFacts) -> None:
        accepted = [climb.accepted for climb in facts.climbs if climb.accepted is not None]
        if not facts.wrong or not accepted:
            return
        self._count["wrong"] += 1
        self._reasons.update(list(facts.rejections))
        if len(self._wrong) < LISTED:
            last, reasons = accepted[-1], tuple(facts.rejections)
            wrong = WrongAccept(run=facts.run, text=facts.text, rung=last.rung, tier=last.tier, reasons=reasons)
            self._wrong.append(wrong)

    def _add_climb(self, facts: RunFacts, climb: Climb) -> None:
        for one in climb.tries:
            self._rungs.setdefault(one.rung, _Rung(one.tier)).add(one)
        accepted = climb.accepted
        self._count["avoided"] += accepted is not None and (accepted.tier != "cloud" or accepted.cached)
        if facts.ended is None:
            return
        escalations = climb.escalations()
        self._count["escalated"] += len(escalations)
        good = facts.succeeded and not facts.wrong
        self._count["needed"] += sum(good and after.outcome == "accepted" for _, after in escalations)
        below = accepted is not None and ORDER.index(accepted.tier) < self._highest
        self._count["missed"] += below and facts.wrong

    def add_outside(self, entries: Iterable[LedgerEntry]) -> None:
        """What went out for no run."""
        for entry in entries:
            self._outside[entry.outbound.tier] += entry.outbound.bytes

    def report(
        self,
        *,
        since: float | None = None,
        until: float | None = None,
        run: str | None = None,
        energy: EnergyProfile | None = None,
        truncated: bool = False,
        unreadable: int = 0,
    ) -> LadderReport:
        count = self._count
        lines = tuple(rung.line(name) for name, rung in self._rungs.items())
        return LadderReport(
            run=run,
            since=since,
            until=until,
            runs=RunCounts(**{name: count[name] for name in RunCounts.model_fields}),
            runs_at_home=Share.of(count["at_home"], count["planned"]),
            steps_at_home=Share.of(count["steps_at_home"], count["steps"]),
            cloud_calls=count["cloud_calls"],
            cloud_calls_avoided=count["avoided"] if "cloud" in self._configured.values() else None,
            cost=self._cost(),
            bytes_out={tier: amount for tier, amount in (self._bytes + self._outside).items() if amount},
            bytes_outside_runs=dict(self._outside),
            wrong_accepts=WrongAccepts(
                share=Share.of(count["wrong"], count["planned"]),
                reasons=dict(self._reasons),
                listed=tuple(self._wrong),
            ),
            escalations=self._escalations(),
            first_action=Spread.of(self._first),
            first_action_unattended=Spread.of(self._unattended),
            rungs=lines,
            energy_estimate=None if energy is None else estimate(lines, energy),
            truncated=truncated,
            unreadable=unreadable,
        )

    def _cost(self) -> Cost:
        known, succeeded = self._count["cost_known"], self._count["cost_known_succeeded"]
        return Cost(
            known_usd=self._known_usd,
            known_runs=known,
            unknown_runs=self._count["cost_unknown"],
            per_run_usd=self._known_usd / known if known else None,
            per_success_usd=self._known_usd / succeeded if succeeded else None,
        )

    def _escalations(self) -> Escalations:
        made, needed, missed = (self._count[name] for name in ("escalated", "needed", "missed"))
        return Escalations(
            made=made,
            needed=needed,
            missed=missed,
            precision=needed / made if made else None,
            recall=needed / (needed + missed) if needed + missed else None,
        )


def estimate(lines: Sequence[RungLine], profile: EnergyProfile) -> EnergyEstimate:
    """Joules by rung. The sum is None where one of them cannot be estimated."""
    rungs = tuple(_energy(line, profile) for line in lines)
    joules = [line.joules for line in rungs]
    total = None if None in joules else sum(joule for joule in joules if joule is not None)
    return EnergyEstimate(profile=profile.name, date=profile.date, source=profile.source, rungs=rungs, joules=total)


def _energy(line: RungLine, profile: EnergyProfile) -> EnergyLine:
    rate = profile.rungs.get(line.rung) or profile.tiers.get(line.tier)
    if rate is None:
        return EnergyLine(rung=line.rung, joules=None, basis="the profile does not have it")
    if rate.watts is not None:
        basis = f"{line.seconds:.3f} s at {rate.watts:g} W"
        return EnergyLine(rung=line.rung, joules=line.seconds * rate.watts, basis=basis)
    into, out = rate.joules_per_input_token, rate.joules_per_output_token
    if into is None or out is None:
        return EnergyLine(rung=line.rung, joules=None, basis="the profile has neither watts nor joules a token")
    basis = f"{line.input_tokens} tokens at {into:g} J, {line.output_tokens} at {out:g} J"
    return EnergyLine(rung=line.rung, joules=line.input_tokens * into + line.output_tokens * out, basis=basis)


class RungView(Model):
    """A rung as it is now. `host` is empty where nothing is sent to; never a key. Unix times, None where never.

    `breaker`: `closed` (asked as usual), `open` (skipped), `half_open` (being tried again), or empty where it has none.
    `capabilities` are what a probe found out about its server at `probed`. `switched_off`: by the setting `rungs` it is
    not asked.
    """

    rung: str
    tier: Tier
    model: str = ""
    host: str = ""
    breaker: str = ""
    capabilities: JsonObject | None = None
    probed: float | None = None
    last_used: float | None = None
    switched_off: Annotated[bool, Field(exclude_if=not_)] = False


class LadderView(Model):
    """`GET /v1/ladder`: the rungs, in the order in which they are asked; after them those that are switched off."""

    rungs: tuple[RungView, ...]

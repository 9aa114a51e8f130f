"""The ladder against other ways to choose a model, over the real cascade with its real checks.

    python -m benchmarks.ladder.baselines [PART ...] [--seeds N] [--json]

The model rungs are stand-ins of stated error rates (`standins.py`): what is compared here is the routing and the
checks, not models. The embedded rung, the checks, repairs and the record are the real ones, and calls, cost and bytes
are counted from that record by the ladder's own report. Seconds are those stated for the stand-ins, and measured for
the embedded rung.

    ladder                 embedded, local, cloud; a plan must pass every check; what failed is told
    ladder, told nothing   the same, and neither a repair nor the next rung is told what failed
    models only            the same without the embedded rung
    always local           the local model alone, with every check and one repair
    always cloud           the cloud model alone, with every check and one repair
    random switch          local or cloud by chance, the cloud as often as the ladder asked it; checks as above
    on exceptions only     local; the cloud where local gives nothing that parses and compiles
    ... , unchecked        any plan that parses and compiles is taken
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agents.cascade import Accepted, Asking, Cascade, Check, Context
from agents.checks import check, sound
from agents.embedded.planner import EmbeddedPlanner
from agents.testing import FakeRunControl
from benchmarks.ladder.evaluate import Item, Verdict, changes, judge, load, parts, quantile
from benchmarks.ladder.fleet import fleet
from benchmarks.ladder.standins import CLOUD, LOCAL, Answers, StandIn, Stated
from orchestrator.core.fleet import FleetView
from orchestrator.core.ladder_facts import RunFacts
from orchestrator.core.ladder_report import Tally
from orchestrator.core.plan import Clarification, Declined, Plan, Proposal, Tier
from orchestrator.core.ports import Planner, PlanningContext
from orchestrator.core.requests import Request
from orchestrator.core.tasks import Model

RUNGS: dict[str, Tier] = {"embedded": "embedded", "local": "local", "cloud": "cloud"}


@dataclass
class Untold:
    """A rung that is not told what failed, neither of its own plan nor of other rungs'."""

    inner: Planner

    @property
    def rung(self) -> str:
        return self.inner.rung

    async def plan(self, request: Request, context: PlanningContext) -> Proposal:
        return await self.inner.plan(request, Context(context.fleet, context.answers, (), context.run))


@dataclass
class Switched:
    """One of two rungs by chance, the second one with the given probability."""

    first: Planner
    second: Planner
    share: float
    seed: int
    rung: str = "switch"

    async def plan(self, request: Request, context: PlanningContext) -> Proposal:
        chosen = random.Random(f"{self.seed}/switch/{request.text}").random() < self.share
        return await (self.second if chosen else self.first).plan(request, context)


@dataclass(frozen=True)
class Strategy:
    name: str
    checks: Check
    rungs: Callable[[Planner, Planner, Planner], Sequence[Planner]]


STRATEGIES = (
    Strategy("ladder", check, lambda embedded, local, cloud: (embedded, local, cloud)),
    Strategy("ladder, told nothing", check, lambda embedded, local, cloud: (embedded, Untold(local), Untold(cloud))),
    Strategy("models only", check, lambda embedded, local, cloud: (local, cloud)),
    Strategy("always local", check, lambda embedded, local, cloud: (local,)),
    Strategy("always cloud", check, lambda embedded, local, cloud: (cloud,)),
    Strategy("on exceptions only", sound, lambda embedded, local, cloud: (Untold(local), Untold(cloud))),
    Strategy("always local, unchecked", sound, lambda embedded, local, cloud: (local,)),
    Strategy("always cloud, unchecked", sound, lambda embedded, local, cloud: (cloud,)),
)


class Row(Model):
    """One strategy over all requests and seeds. `success`: planned right, or refused or asked about where it should be.

    `refused`: requests in scope that were not planned. Cost, calls and bytes are for 1,000 requests, seconds for one.
    """

    strategy: str
    requests: int
    success: float
    planned_right: float
    refused: float
    wrong_accepted: int
    wrong_with_write: int
    out_of_scope_accepted: int
    at_home: float | None
    cloud_calls: float
    cost_usd: float
    bytes_to_cloud: float
    seconds_mean: float
    seconds_p95: float


class Comparison(Model):
    """`stated` are the stand-ins' error rates, prices and seconds: none of it was measured on a model."""

    parts: tuple[str, ...]
    seeds: int
    stated: tuple[Stated, ...]
    rows: tuple[Row, ...]


@dataclass
class _Outcome:
    item: Item
    verdict: Verdict
    plan: Plan | None
    facts: RunFacts


class Bench:
    """Runs strategies over requests. One event loop, no sleeping, nothing leaves the process."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self.view = fleet()
        self.answers = Answers(items, self.view)
        self.embedded = EmbeddedPlanner()

    async def strategy(self, one: Strategy, seeds: int) -> list[_Outcome]:
        outcomes: list[_Outcome] = []
        for seed in range(seeds):
            local, cloud = StandIn(LOCAL, self.answers, seed), StandIn(CLOUD, self.answers, seed)
            cascade = Cascade(one.rungs(self.embedded, local, cloud), one.checks)
            outcomes += [await climb(cascade, item, self.view) for item in self.items]
        return outcomes

    async def switch(self, share: float, seeds: int) -> list[_Outcome]:
        """The random switch that goes to the cloud for this share of requests."""
        outcomes: list[_Outcome] = []
        for seed in range(seeds):
            local, cloud = StandIn(LOCAL, self.answers, seed), StandIn(CLOUD, self.answers, seed)
            cascade = Cascade([Switched(local, cloud, share, seed)], check)
            outcomes += [await climb(cascade, item, self.view) for item in self.items]
        return outcomes


async def climb(cascade: Cascade, item: Item, view: FleetView) -> _Outcome:
    """One request up the cascade, with its record kept by the real run machine."""
    control = FakeRunControl(view, lambda device, skill, arguments: None)
    request = item.request()
    control.submit(request)
    found = await cascade.plan(control.consultations[0], control, request)
    plan = found.plan if isinstance(found, Accepted) else None
    refusal = found.clarification if isinstance(found, Asking) else Declined(reason="no rung could plan it")
    result: Plan | Clarification | Declined = plan if plan is not None else refusal
    facts = RunFacts(control.run)
    for event in control.events:
        facts.take(event)
    return _Outcome(item, judge(item, result, view), plan, facts)


def _row(name: str, outcomes: Sequence[_Outcome], view: FleetView) -> Row:
    tally = Tally(RUNGS)
    for one in outcomes:
        tally.add(one.facts)
    report = tally.report()
    inside = [one for one in outcomes if one.item.in_scope]
    wrong = [one for one in outcomes if one.verdict == "wrong" and one.plan is not None]
    seconds = [sum(one.usage.seconds for one in outcome.facts.tries) for outcome in outcomes]
    thousand = 1000 / len(outcomes)
    return Row(
        strategy=name,
        requests=len(outcomes),
        success=sum(one.verdict == "right" for one in outcomes) / len(outcomes),
        planned_right=sum(one.verdict == "right" for one in inside) / len(inside),
        refused=sum(one.plan is None for one in inside) / len(inside),
        wrong_accepted=len(wrong),
        wrong_with_write=sum(changes(one.plan, view) for one in wrong if one.plan is not None),
        out_of_scope_accepted=sum(not one.item.in_scope for one in wrong),
        at_home=report.runs_at_home.share,
        cloud_calls=report.cloud_calls * thousand,
        cost_usd=report.cost.known_usd * thousand,
        bytes_to_cloud=report.bytes_out.get("cloud", 0) * thousand,
        seconds_mean=statistics.fmean(seconds),
        seconds_p95=quantile(seconds, 0.95),
    )


async def compare(names: Sequence[str], seeds: int) -> Comparison:
    """Every strategy over the named parts."""
    chosen = parts(names)
    bench = Bench([item for part in chosen for item in load(part)])
    rows: list[Row] = []
    for one in STRATEGIES:
        outcomes = await bench.strategy(one, seeds)
        rows.append(_row(one.name, outcomes, bench.view))
        if one.name == "ladder":
            share = sum(_asked_cloud(outcome.facts) for outcome in outcomes) / len(outcomes)
            switched = await bench.switch(share, seeds)
            rows.append(_row(f"random switch, {share:.0%} to the cloud", switched, bench.view))
    return Comparison(parts=tuple(chosen), seeds=seeds, stated=(LOCAL, CLOUD), rows=tuple(rows))


def _asked_cloud(facts: RunFacts) -> bool:
    return any(one.tier == "cloud" for one in facts.tries)


HEAD = (
    "strategy",
    "success",
    "planned",
    "refused",
    "wrong",
    "w/write",
    "scope",
    "home",
    "calls",
    "USD",
    "MB",
    "s",
    "p95 s",
)


def table(found: Comparison) -> str:
    cells = [HEAD, *(_cells(row) for row in found.rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEAD))]
    lines = [
        "  ".join(cell.ljust(width) if not number else cell.rjust(width) for number, (cell, width) in enumerate(pairs))
        for pairs in (list(zip(row, widths, strict=True)) for row in cells)
    ]
    return "\n".join([*_stated(found), "", *lines, "", *LEGEND])


def _cells(row: Row) -> tuple[str, ...]:
    shares = (row.success, row.planned_right, row.refused)
    counts = (row.wrong_accepted, row.wrong_with_write, row.out_of_scope_accepted)
    home = "-" if row.at_home is None else f"{row.at_home:.0%}"
    amounts = (f"{row.cloud_calls:.0f}", f"{row.cost_usd:.2f}", f"{row.bytes_to_cloud / 1e6:.1f}")
    seconds = (f"{row.seconds_mean:.1f}", f"{row.seconds_p95:.1f}")
    return (row.strategy, *(f"{share:.1%}" for share in shares), *map(str, counts), home, *amounts, *seconds)


def _stated(found: Comparison) -> list[str]:
    requests = found.rows[0].requests if found.rows else 0
    lines = [
        f"{requests} requests ({', '.join(found.parts)}; {found.seeds} seeds).",
        "The model rungs are stand-ins of stated rates; no model was asked:",
    ]
    for one in found.stated:
        rates = one.rates
        lines.append(
            f"  {one.rung}: right {rates.right:.0%}, wrong {rates.wrong:.0%}, unusable {rates.invalid:.0%};"
            f" told what failed it errs {rates.told:g} times as often; {one.seconds:g} s a call;"
            f" ${one.input_usd:g} and ${one.output_usd:g} for a million tokens in and out"
        )
    return lines


LEGEND = (
    "success: planned right, or refused or asked about where it should be. planned, refused: of requests in scope.",
    "wrong: wrong plans accepted; w/write: of these, with a step that writes; scope: out of scope and planned.",
    "home: accepted plans without a cloud call. calls, USD, MB: to the cloud, for 1,000 requests. s: to plan one.",
    "The embedded rung was tuned on the dev parts: what it is worth shows on the test parts.",
)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Compare the ladder with other ways to choose a model.")
    parser.add_argument("parts", nargs="*", help="dev, test2, 'dev*' (default: all)")
    parser.add_argument("--seeds", type=int, default=1, help="how often each request is put (default: 1)")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    given = parser.parse_args(arguments)
    found = asyncio.run(compare(given.parts, given.seeds))
    print(found.model_dump_json(indent=1) if given.json else table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

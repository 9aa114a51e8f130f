"""Puts the scenarios' requests to the product, on a real cluster, and judges what came of each.

    python -m benchmarks.kube.run [--part dev|test] [--rung embedded|model] [--k 5] [--only ID ...] [--kind KIND ...]
                                  [--json FILE] [--at-once 2] [--shared] [--items]

ASTERISM_TEST_KUBECONFIG names the cluster, else the project's test cluster is started. `--rung model` needs models in
the environment (ASTERISM_MODELS, docs/agents.md), as the product takes them; without it there are none.
Of the dev part every run that is not right is listed; of the test part only with `--items`. What only reads is asked k
times in one world; what writes gets a new one each time. Exit code 1 where a run was wrong or harmful, a write had no
approval, or a secret got out.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.kube.audit import Audit, unbound
from benchmarks.kube.client import Api, ApiError
from benchmarks.kube.cluster import cluster
from benchmarks.kube.leaks import leaked
from benchmarks.kube.product import NO_MODELS, Product, Said, product
from benchmarks.kube.scenarios import PARTS, Scenario, part
from benchmarks.kube.score import Report, Trial, judged, report, summary
from benchmarks.kube.snapshot import Change
from benchmarks.kube.verify import Observed
from benchmarks.kube.world import SetupError, World
from tests.support.audit_log import Write

SETTLED_S = 30.0
SECOND_TRIES = 1  # of a world that could not be made, on a busy machine
MODEL_SETTINGS = "ASTERISM_MODELS"
WRITING = ("write", "multi")


@dataclass
class Bench:
    world: World
    product: Product
    audit: Audit | None
    told: bool = True

    async def trials(self, scenario: Scenario, count: int) -> list[Trial]:
        """`count` runs of a scenario, in one world as long as nothing in it changes."""
        found: list[Trial] = []
        refused = 0
        while len(found) < count:
            changes: list[Change] = []
            try:
                await self.world.set_up(scenario)
                while len(found) < count and not changes:
                    trial, changes = await self.trial(scenario)
                    found.append(trial)
            except (SetupError, ApiError, LookupError) as error:
                refused += 1
                if refused > SECOND_TRIES:
                    found.append(Trial(id=scenario.id, kind=scenario.kind, verdict="broken", faults=(str(error),)))
            finally:
                await self.world.clean_up(scenario, changes)
        for trial in found:
            self._tell(trial)
        return found

    async def trial(self, scenario: Scenario) -> tuple[Trial, list[Change]]:
        """One run in a world that stands; and what it changed."""
        world, expect = self.world, scenario.expect
        before, snapshot = await world.look(expect.objects), await world.snapshot(scenario)
        mark = self.audit.mark() if self.audit else 0
        said = await self.product.ask(scenario.request)
        if said.outcome == "done":
            await world.hold(expect.objects, before, SETTLED_S)
        changes = await world.changes(scenario, snapshot)
        after = await world.look(expect.objects)
        writes = self.audit.of(said.view["run"], mark) if self.audit else None
        seen = Observed(said.outcome, said.answer, before, after, changes, [str(one) for one in writes or ()])
        return self._judged(scenario, said, seen, writes), changes

    def _judged(self, scenario: Scenario, said: Said, seen: Observed, writes: list[Write] | None) -> Trial:
        verdict, faults, harms = judged(scenario, seen)
        return Trial(
            id=scenario.id,
            kind=scenario.kind,
            verdict=verdict,
            outcome=said.outcome,
            request=scenario.request,
            answer=said.answer,
            faults=tuple(faults),
            harms=tuple(harms),
            unbound=tuple(unbound(writes or (), said.approvals)),
            leaks=tuple(leaked(scenario, said)),
            writes=len(writes) if writes is not None else None,
            rung=said.view.get("rung") or "",
            skills=tuple(said.skills),
            seconds=said.seconds,
            run=said.view["run"],
        )

    def _tell(self, trial: Trial) -> None:
        if not self.told or (trial.verdict == "right" and not trial.harmful and not trial.leaks):
            return
        harm = f" HARM {', '.join(trial.harms + trial.unbound)}" if trial.harmful else ""
        print(f"{trial.verdict:8} {trial.id} {trial.request}{harm}", flush=True)
        answer = " ".join(trial.answer.split())[:200]
        for line in (*trial.faults[:3], f"{' '.join(trial.skills)} said: {answer}"):
            print(f"         {line}", flush=True)


async def run_all(bench: Bench, scenarios: Sequence[Scenario], k: int, at_once: int) -> list[Trial]:
    """Every scenario k times. Those that touch nodes run alone, at the end."""
    room = asyncio.Semaphore(at_once)

    async def one(scenario: Scenario, count: int) -> list[Trial]:
        async with room:
            return await bench.trials(scenario, count)

    apart = [scenario for scenario in scenarios if not scenario.touches_nodes]
    jobs = [(scenario, k) for scenario in apart if scenario.kind not in WRITING]
    # Round by round, so that a namespace has time to go before it is needed again.
    jobs += [(scenario, 1) for _ in range(k) for scenario in apart if scenario.kind in WRITING]
    found = await asyncio.gather(*(one(scenario, count) for scenario, count in jobs))
    for scenario in (scenario for scenario in scenarios if scenario.touches_nodes):
        for _ in range(k):
            found.append(await bench.trials(scenario, 1))
    return [trial for trials in found for trial in trials]


def chosen(scenarios: Iterable[Scenario], only: Sequence[str], kinds: Sequence[str]) -> list[Scenario]:
    return [one for one in scenarios if (not only or one.id in only) and (not kinds or one.kind in kinds)]


async def program(given: argparse.Namespace) -> Report:
    scenarios = chosen(part(given.part), given.only, given.kind)
    told = given.items or given.part == "dev"
    with cluster() as found:
        async with Api(found.kubeconfig) as api, product(found.kubeconfig, settings(given.rung)) as made:
            world = World(api, scenarios, given.shared)
            bench = Bench(world, made, Audit(found.audit_log) if found.audit_log else None, told)
            trials = await run_all(bench, scenarios, given.k, given.at_once)
    return report(given.part, given.k, trials)


def settings(rung: str) -> dict[str, str]:
    """The orchestrator's. Raises SystemExit where a model is wanted and none is named."""
    if rung == "model":
        if not os.environ.get(MODEL_SETTINGS):
            raise SystemExit(f"--rung model: name them in {MODEL_SETTINGS}, as docs/agents.md says.")
        return {}
    return NO_MODELS


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Run the Kubernetes scenarios against the product.")
    parser.add_argument("--part", choices=PARTS, default="dev")
    parser.add_argument("--rung", choices=("embedded", "model"), default="embedded")
    parser.add_argument("--k", type=int, default=5, help="runs of each scenario (default: 5)")
    parser.add_argument("--only", nargs="*", default=[], metavar="ID")
    parser.add_argument("--kind", nargs="*", default=[], help="read, write, diagnose, audit, multi, decline")
    parser.add_argument("--at-once", type=int, default=2, help="how many scenarios at a time (default: 2)")
    parser.add_argument("--shared", action="store_true", help="others work on this cluster: look at what is ours only")
    parser.add_argument("--items", action="store_true", help="list what is not right of the test part too")
    parser.add_argument("--json", type=Path, help="write the whole report to this file")
    given = parser.parse_args(arguments)
    found = asyncio.run(program(given))
    if given.json:
        given.json.write_text(found.model_dump_json(indent=1), encoding="utf-8")
    print(summary(found))
    bad = found.total.harmful or found.total.verdicts.get("wrong") or found.unbound or found.leaks
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

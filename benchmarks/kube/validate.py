"""Whether scenarios are worth anything, on a real cluster and without the product.

    python -m benchmarks.kube.validate FILE [--only ID ...] [--at-once 3] [--shared]

For each: its world can be made; doing nothing and saying nothing fails; its solution passes; its harm fails.
ASTERISM_TEST_KUBECONFIG names the cluster, else the project's test cluster is started. `--shared` where others work
on it too. Exit code 1 where a scenario is broken.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from benchmarks.kube.client import Api, ApiError
from benchmarks.kube.cluster import cluster
from benchmarks.kube.scenarios import Op, Scenario, load
from benchmarks.kube.verify import Observed, Outcome, verify
from benchmarks.kube.world import SetupError, World

SOLVED_S = 30.0
HARMED_S = 4.0  # long enough for what is half done to be seen as such


async def validate(world: World, scenario: Scenario) -> list[str]:
    """What is wrong with a scenario."""
    try:
        found = await _solved(world, scenario)
        if scenario.harm:
            found += await _harmed(world, scenario)
    except (SetupError, ApiError, LookupError) as error:
        return [str(error)]
    return found


async def _solved(world: World, scenario: Scenario) -> list[str]:
    async def steps() -> list[str]:
        idle = await tried(world, scenario, (), "", "done", 0)
        found = [] if idle else ["doing nothing passes"]
        outcome = scenario.expect.outcome
        faults = await tried(world, scenario, scenario.solve.do, scenario.solve.answer, outcome, SOLVED_S)
        return found + [f"the solution fails: {fault}" for fault in faults]

    return await _within(world, scenario, steps)


async def _harmed(world: World, scenario: Scenario) -> list[str]:
    async def steps() -> list[str]:
        harm = scenario.harm.do if scenario.harm else ()
        faults = await tried(world, scenario, harm, scenario.solve.answer, scenario.expect.outcome, HARMED_S)
        return [] if faults else ["the harm passes"]

    return await _within(world, scenario, steps)


async def _within(world: World, scenario: Scenario, steps: Callable[[], Awaitable[list[str]]]) -> list[str]:
    try:
        await world.set_up(scenario)
        return await steps()
    finally:
        await world.clean_up(scenario)


async def tried(
    world: World, scenario: Scenario, do: Sequence[Op], answer: str, outcome: Outcome, seconds: float
) -> list[str]:
    """What the verifier says of operations and an answer, as soon as it passes or once `seconds` are over."""
    expect = scenario.expect
    before, snapshot = await world.look(expect.objects), await world.snapshot(scenario)
    for op in do:
        await world.act(op)
    deadline = time.monotonic() + seconds
    while True:
        await world.hold(expect.objects, before, max(0.0, deadline - time.monotonic()))
        changes = await world.changes(scenario, snapshot)
        faults = verify(expect, Observed(outcome, answer, before, await world.look(expect.objects), changes))
        if not faults or time.monotonic() > deadline:
            return faults
        await asyncio.sleep(0.2)


async def validate_all(world: World, scenarios: Sequence[Scenario], at_once: int) -> dict[str, list[str]]:
    """Broken scenarios with what is wrong. Those that touch nodes run alone, after the others."""
    found: dict[str, list[str]] = {}
    room = asyncio.Semaphore(at_once)

    async def one(scenario: Scenario) -> None:
        async with room:
            began = time.monotonic()
            faults = await validate(world, scenario)
            print(f"{'ok    ' if not faults else 'BROKEN'} {scenario.id} {time.monotonic() - began:.1f} s", flush=True)
            for fault in faults:
                print(f"         {fault}", flush=True)
            if faults:
                found[scenario.id] = faults

    await asyncio.gather(*(one(scenario) for scenario in scenarios if not scenario.touches_nodes))
    for scenario in scenarios:
        if scenario.touches_nodes:
            await one(scenario)
    for scenario in scenarios:
        await world.await_gone(scenario)
    return found


async def program(file: Path, only: Sequence[str], at_once: int, shared: bool) -> int:
    scenarios = [one for one in load(file) if not only or one.id in only]
    with cluster() as found:
        async with Api(found.kubeconfig) as api:
            broken = await validate_all(World(api, scenarios, shared), scenarios, at_once)
    print(f"{len(scenarios)} scenarios, {len(broken)} broken")
    return 1 if broken else 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Validate scenarios on a real cluster.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--only", nargs="*", default=[], help="ids of scenarios")
    parser.add_argument("--at-once", type=int, default=3, help="how many scenarios at a time (default: 3)")
    parser.add_argument("--shared", action="store_true", help="others work on this cluster: look at what is ours only")
    given = parser.parse_args(arguments)
    return asyncio.run(program(given.file, given.only, given.at_once, given.shared))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What one call of `asterism bench run` does: which tasks, how often, with which faults, in how many worlds."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from agents.scripted_server import ScriptedModelServer, say
from orchestrator.cli.benching.machines import World, absent, world
from orchestrator.cli.benching.mishaps import MODELS, Mishap
from orchestrator.cli.benching.results import TaskResult, Verdict
from orchestrator.cli.benching.runner import Happening, Options, once, planned
from orchestrator.cli.benching.suite import BenchTask, Suite
from orchestrator.cli.exits import CommandError
from orchestrator.core.rungs import ModelSettings

HEARTBEAT_S, LEASE_S = 2.0, 6.0
"""A victim that is held until its task is sent must not be taken for silent meanwhile."""

TRIES = 3


@dataclass(frozen=True)
class Campaign:
    """`jobs` worlds share the tasks. `sequential`: wide tasks are also run one task at a time, for comparison.

    `models` are the rungs of the planners `local` and `cloud`. `record`: a folder that gets a recording of every run.
    """

    suite: Suite
    tasks: tuple[BenchTask, ...]
    options: Options
    repeat: int = 1
    faults: tuple[Mishap, ...] = ()
    jobs: int = 1
    sequential: bool = True
    models: tuple[ModelSettings, ...] = ()
    record: Path | None = None


def possible(campaign: Campaign) -> tuple[Campaign, dict[str, str]]:
    """The campaign without the tasks that need a machine which cannot be had here, and why each of those is skipped."""
    gone = absent(campaign.suite)
    skipped: dict[str, str] = {}
    for task in campaign.tasks:
        lacking = [f"{name}: {gone[name]}" for name in campaign.suite.machines_of(task) if name in gone]
        if lacking:
            skipped[task.id] = "; ".join(lacking)
    kept = tuple(task for task in campaign.tasks if task.id not in skipped)
    return replace(campaign, suite=campaign.suite.without(gone), tasks=kept), skipped


async def run(campaign: Campaign, tell: Callable[[TaskResult], None]) -> list[TaskResult]:
    """All results, by task, fault and repeat; a void task has one. Raises CommandError where no world can be had."""
    waiting = list(reversed(campaign.tasks))
    results: list[TaskResult] = []

    def told(result: TaskResult) -> None:
        results.append(result)
        tell(result)

    async def work() -> None:
        async with _own_world(campaign, config(campaign.options), campaign.models) as there:
            while waiting:
                await _task(there, campaign, waiting.pop(), told)

    await all_of([work() for _ in range(min(campaign.jobs, len(campaign.tasks)))])
    if any(one.models for one in campaign.faults) and results:
        await _with_models(campaign, results, told)
    return sorted(results, key=lambda one: (one.task, one.fault, one.repeat))


async def all_of(works: Sequence[Coroutine[object, object, None]]) -> None:
    """Do all of it; where one fails, the others are cancelled, and have ended, before its error is raised."""
    workers = [asyncio.ensure_future(one) for one in works]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


@contextlib.asynccontextmanager
async def _own_world(campaign: Campaign, config: str, models: Sequence[ModelSettings]) -> AsyncIterator[World]:
    variables = {"ASTERISM_MODELS": json.dumps([one.model_dump(mode="json") for one in models])}
    if campaign.record is not None:
        variables["ASTERISM_RECORD_RUNS"] = str(campaign.record.absolute())
    with tempfile.TemporaryDirectory(prefix="asterism-bench-", ignore_cleanup_errors=True) as folder:
        async with world(campaign.suite, Path(folder), config, variables) as there:
            yield there


def config(options: Options) -> str:
    """The orchestrator's settings file. Every run is planned anew: a plan from the cache says nothing of a planner."""
    lines = [f"heartbeat_s = {HEARTBEAT_S}", f"lease_s = {LEASE_S}", "plan_cache = false"]
    if options.placement != "score":
        lines.append(f'placement = "{options.placement}"')
    if options.rungs:
        lines.append(f"rungs = {json.dumps(options.rungs)}")
    return "\n".join([*lines, ""])


async def _task(there: World, campaign: Campaign, task: BenchTask, told: Callable[[TaskResult], None]) -> None:
    """Every repeat of a task, and the task under every fault that needs no models. One void task spoils no others."""
    try:
        first = await (_beside(there, campaign, task) if campaign.sequential else once(there, task, campaign.options))
    except CommandError as error:
        if error.code != "bad_suite":
            raise
        told(void(task, error.message))
        return
    told(first)
    for repeat in range(2, campaign.repeat + 1):
        told(await once(there, task, campaign.options, repeat=repeat))
    for mishap in campaign.faults if first.success else ():
        if not mishap.models:
            told(await _under(there, campaign, task, mishap, campaign.options, first))


def void(task: BenchTask, why: str) -> TaskResult:
    """The result of a task that cannot be run as its file is: nothing was asked, and nothing holds."""
    checks = tuple(Verdict(name=check.name, why="not run") for check in task.checks)
    return TaskResult(
        task=task.id,
        category=task.category,
        level=task.level,
        part=task.part,
        success=False,
        checks=checks,
        max_writes=task.max_writes,
        state="void",
        why=f"The task is void: {why}",
    )


async def _beside(there: World, campaign: Campaign, task: BenchTask) -> TaskResult:
    """A task's result; of one with a wide graph the result of another run, with the time of one task at a time beside.

    By then programs and files are in memory for both, and by chance one or the other comes first.
    """
    first = await once(there, task, campaign.options)
    if not first.success or first.widest <= 1:
        return first
    ways = [campaign.options, replace(campaign.options, parallel=1)]
    Random(f"{campaign.suite.file.seed}:{task.id}").shuffle(ways)
    found = {way.parallel: await once(there, task, way) for way in ways}
    result, alone = found[campaign.options.parallel], found[1]
    return result.model_copy(update={"sequential_s": alone.seconds}) if alone.success else result


async def _with_models(campaign: Campaign, results: list[TaskResult], told: Callable[[TaskResult], None]) -> None:
    """The tasks that were done, with plans from a scripted model behind two rungs: in calm (`models`), then with the

    first rung down.
    """
    done = {one.task for one in results if one.success and not one.fault and one.repeat == 1}
    options = replace(campaign.options, planner="local", rungs=MODELS)
    async with ScriptedModelServer() as server:
        rungs = [ModelSettings(name=name, base_url=server.base_url, model="scripted", probe=False) for name in MODELS]
        async with _own_world(campaign, config(options), rungs) as there:
            for task in [one for one in campaign.tasks if one.id in done]:
                server.behaviours = (say(planned(there, task)),)
                calm = await once(there, task, options)
                told(calm.model_copy(update={"fault": "models"}))
                for mishap in campaign.faults:
                    if mishap.models and calm.success:
                        told(await _under(there, campaign, task, mishap, options, calm))


async def _under(
    there: World, campaign: Campaign, task: BenchTask, mishap: Mishap, options: Options, calm: TaskResult
) -> TaskResult:
    """The task under a fault. One that met nothing, too late or by chance, says nothing: it is tried again, sooner."""
    random = Random(f"{campaign.suite.file.seed}:{task.id}:{mishap.name}")
    for _ in range(TRIES):
        result = await once(there, task, options, mishap=Happening(mishap, calm, random))
        if result.injected:
            break
        calm = calm.model_copy(update={"device_s": {name: spent / 4 for name, spent in calm.device_s.items()}})
    return result

"""Runs the tasks of a suite, one after the other, in one world: reset, seed, submit, judge, measure."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from random import Random
from typing import Literal, ParamSpec, TypeVar

from orchestrator.cli.benching import lasting, metrics
from orchestrator.cli.benching.checks import why_not
from orchestrator.cli.benching.machines import Outcome, World
from orchestrator.cli.benching.mishaps import Mishap, Stage
from orchestrator.cli.benching.results import Planner, TaskResult, Verdict
from orchestrator.cli.benching.suite import BenchTask
from orchestrator.cli.client import Client
from orchestrator.cli.exits import CommandError
from orchestrator.cli.owned import patient, within
from orchestrator.core.plan import Plan
from orchestrator.core.requests import Request, RunPolicy
from orchestrator.core.views import RunView

P = ParamSpec("P")
T = TypeVar("T")
POLL_S = 0.02
WAIT_S = 5.0
"""Of one request that waits for a run: an orchestrator that is ended meanwhile is asked again when it is back."""
DEADLINE_S = 20.0
"""Of a run whose device is gone for good."""
GRACE_S = 30.0
SETTLE_S = 3.0
"""How long an end state may come after the run's end: what a box does by itself comes when it comes."""


@dataclass(frozen=True)
class Options:
    """How tasks are run. `planner` `scripted` submits each task's own plan. `parallel` bounds live tasks of a run;

    `revisions` how often the supervisor may mend a graph; `rungs` are the only ones that are asked (none: all).
    """

    planner: Planner = "embedded"
    parallel: int | None = None
    revisions: int = 3
    placement: Literal["score", "round_robin"] = "score"
    rungs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Happening:
    """A fault profile for one run; `calm` is the same task's result without it."""

    mishap: Mishap
    calm: TaskResult
    random: Random


async def once(
    world: World, task: BenchTask, options: Options, *, repeat: int = 1, mishap: Happening | None = None
) -> TaskResult:
    """Run a task from a fresh set-up, and judge it. Raises CommandError `bad_suite` where nothing is to be done."""
    await to_its_end(world.set_up, task)
    if not any(verdict.why for verdict in judged(task, Outcome(world, "", ""))):
        raise CommandError("bad_suite", f"The checks of {task.id} hold before anything was done.")
    stage = None if mishap is None else _stage(world, mishap)
    fired = {} if stage is None else await _fired(world)
    began = time.monotonic()
    async with _happening(mishap, stage):
        bound = DEADLINE_S if mishap and not mishap.mishap.heals else task.timeout_s
        view, asked = await _asked(world, task, options, bound, again=mishap is not None)
    seconds = time.monotonic() - began
    verdicts = await _settled(task, Outcome(world, view.answer, view.state.value))
    if mishap is None or stage is None:
        return await _measured(world, task, view, verdicts, seconds, repeat)
    injected = Counter(stage.done) + Counter(await _fired(world)) - Counter(fired)
    await world.system.heal()
    result = await _measured(world, task, view, verdicts, seconds, repeat)
    said = f"{view.answer} {view.error.message if view.error else ''}"
    return result.model_copy(
        update={
            "fault": mishap.mishap.name,
            "asked": asked,
            "injected": dict(injected),
            "partial": not result.success and view.state.value == "failed" and stage.victim in said,
        }
    )


def _stage(world: World, happening: Happening) -> Stage:
    """The victim is the device that was longest at work in calm."""
    spent = happening.calm.device_s
    victim = max(sorted(spent), key=lambda name: spent[name], default=next(iter(world.system.known)))
    return Stage(world.system, victim, spent.get(victim, 0.0), happening.random)


@contextlib.asynccontextmanager
async def _happening(happening: Happening | None, stage: Stage | None) -> AsyncIterator[None]:
    """The profile acts while the block runs; what cannot be done to an orchestrator that is away is left."""
    if happening is None or stage is None:
        yield
        return

    async def act() -> None:
        with contextlib.suppress(CommandError):
            await happening.mishap.during(stage)

    await happening.mishap.before(stage)
    acting = asyncio.ensure_future(act())
    try:
        yield
    finally:
        if stage.victim in stage.system.stopped:
            stage.system.thaw(stage.victim)
        acting.cancel()
        await asyncio.wait({acting})


async def _fired(world: World) -> dict[str, int]:
    with contextlib.suppress(CommandError):
        return (await world.system.client.faults()).fired
    return {}


async def _measured(
    world: World, task: BenchTask, view: RunView, verdicts: tuple[Verdict, ...], seconds: float, repeat: int
) -> TaskResult:
    log = await world.system.client.events(view.run)
    graph = await world.system.client.graph(view.run) if view.tasks else None
    await _end_what_lasts(world, task, view)
    writes, attempts = metrics.writes(view, log), metrics.attempts(log)
    why = _why(task, view, verdicts, writes)
    return TaskResult(
        task=task.id,
        category=task.category,
        level=task.level,
        part=task.part,
        repeat=repeat,
        success=not why,
        checks=verdicts,
        writes=writes,
        max_writes=task.max_writes,
        run=view.run,
        state=view.state.value,
        rung=view.rung,
        why=why,
        answer=view.answer[:2_000],
        seconds=seconds,
        planning_s=metrics.planning_s(log),
        width=metrics.width(graph) if graph else 0.0,
        widest=metrics.widest(graph) if graph else 0,
        parallelism=metrics.parallelism(view),
        tasks=len(view.tasks),
        attempts=attempts,
        edits=metrics.edits(log),
        repeated=attempts - len({one.id for one in view.tasks if one.attempt}),
        tokens=view.usage.input_tokens + view.usage.output_tokens,
        cost_usd=view.usage.cost_usd,
        bytes_moved=metrics.bytes_moved(view),
        bytes_out=view.usage.bytes_out,
        device_s=metrics.device_seconds(view),
    )


async def _end_what_lasts(world: World, task: BenchTask, view: RunView) -> None:
    plan = lasting.ending(view)
    if plan is None:
        return
    client = world.system.client
    run = (await client.submit(Request(plan=plan, policy=RunPolicy(approve="all", revisions=0)))).run
    async with within(task.timeout_s, f"what {task.id} left at work could not be ended"):
        await once_so(client, run, lambda found: found.state.terminal)


async def _asked(
    world: World, task: BenchTask, options: Options, seconds: float, *, again: bool
) -> tuple[RunView, int]:
    """The run of a task once it has ended; a question that nobody answers ends it, and so do so many seconds.

    `again`: whether something was done that is not known to be is answered, by doing it again; and how often it was.
    """
    client = world.system.client
    wanted = request(world, task, options, seconds)
    key = f"bench-{secrets.token_hex(8)}"
    try:
        run = (await patient(lambda: client.submit(wanted, key=key))).run
    except CommandError as error:
        if wanted.plan is None:
            raise
        raise CommandError("bad_suite", f"The plan of {task.id} is refused: {error.message}") from None
    answered = 0
    with contextlib.suppress(CommandError):
        async with within(seconds + GRACE_S, "it took too long"):
            while True:
                view = await once_so(client, run, lambda view: view.state.terminal or bool(view.questions))
                if view.state.terminal:
                    return view, answered
                if not again or not await _again(client, view):
                    break
                answered += 1
    asked = (await patient(lambda: client.run(run))).questions
    await patient(lambda: client.cancel(run, reason="the benchmark waits no longer"))
    async with within(GRACE_S, f"the run {run} could not be cancelled"):
        over = await once_so(client, run, lambda view: view.state.terminal)
    return over.model_copy(update={"questions": asked}), answered


async def _again(client: Client, view: RunView) -> bool:
    """Answer a question that offers to do something again; whether it is one."""
    [question, *_] = view.questions
    if "retry" not in [choice.value for choice in question.clarification.choices]:
        return False
    try:
        await patient(lambda: client.answer(view.run, question.id, "retry"))
    except CommandError:  # the device came back meanwhile, and has told
        await asyncio.sleep(POLL_S)
    return True


async def once_so(client: Client, run: str, true: Callable[[RunView], bool]) -> RunView:
    """The run's view, once it is so. It comes when the run ends or asks: asking again and again would take its time."""
    while True:
        view = await patient(lambda: client.wait(run, seconds=WAIT_S))
        if true(view):
            return view
        await asyncio.sleep(POLL_S)


async def to_its_end(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The work's result, from a thread. Cancelled, it is awaited first: it must not outlive the world it works on."""
    running = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        raise


def request(world: World, task: BenchTask, options: Options, seconds: float) -> Request:
    """What is submitted for a task."""
    policy = RunPolicy(
        approve="all",
        devices=world.suite.machines_of(task),
        revisions=options.revisions,
        parallel=options.parallel,
        deadline_s=seconds,
    )
    plan = planned(world, task) if options.planner == "scripted" else None
    return Request(text=task.request.replace("{site}", world.site.url), plan=plan, policy=policy)


def planned(world: World, task: BenchTask) -> Plan:
    """The plan of the task's file, for this world's site."""
    return Plan.model_validate_json(task.plan.model_dump_json().replace("{site}", world.site.url))


def judged(task: BenchTask, outcome: Outcome) -> tuple[Verdict, ...]:
    """Every check of a task, now."""
    return tuple(Verdict(name=check.name, why=why_not(check, outcome)) for check in task.checks)


async def _settled(task: BenchTask, outcome: Outcome) -> tuple[Verdict, ...]:
    verdicts = await to_its_end(judged, task, outcome)
    if outcome.state == "succeeded":
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                while any(one.why for one in verdicts):
                    await asyncio.sleep(POLL_S)
                    verdicts = await to_its_end(judged, task, outcome)
    return verdicts


def _why(task: BenchTask, view: RunView, verdicts: tuple[Verdict, ...], writes: int) -> str:
    """Why a task is not done: empty where it is."""
    if view.questions:
        return f"asked: {view.questions[0].clarification.question}"
    if view.error is not None and view.state.value != task.state:
        return f"{view.error.code}: {view.error.message}"[:500]
    failing = [f"{one.name}: {one.why}" for one in verdicts if one.why]
    if failing:
        return "; ".join(failing)[:500]
    if view.state.value != task.state:
        return f"the run {view.state.value}, and should have {task.state}"
    if writes > task.max_writes:
        return f"{writes} writes, at most {task.max_writes} were expected"
    return ""

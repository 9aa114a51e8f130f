"""Whether a task's plan can be run, and its checks can fail: before anything was done, and on its wrong outcome."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.cli.benching.machines import Outcome, World
from orchestrator.cli.benching.runner import POLL_S, SETTLE_S, judged, once_so, planned
from orchestrator.cli.benching.suite import BenchTask
from orchestrator.cli.exits import CommandError
from orchestrator.cli.owned import within
from orchestrator.core.requests import Request, RunPolicy


@dataclass(frozen=True)
class WrongOutcome(Outcome):
    """A world after a wrong run, with what would have been heard and shown."""

    more_heard: tuple[tuple[str, str], ...] = ()
    more_notified: str = ""

    @property
    def heard(self) -> list[tuple[str, str]]:
        return [*super().heard, *self.more_heard]

    @property
    def notified(self) -> str:
        return super().notified + self.more_notified


async def plan_problems(world: World, task: BenchTask) -> list[str]:
    """Why the plan in a task's file cannot be run in this world; nothing is done."""
    policy = RunPolicy(plan_only=True, devices=world.suite.machines_of(task))
    client = world.system.client
    try:
        run = (await client.submit(Request(plan=planned(world, task), policy=policy))).run
        async with within(task.timeout_s, f"the plan of {task.id} could not be looked at"):
            view = await once_so(client, run, lambda view: view.state.terminal)
    except CommandError as error:
        return [f"{task.id}: its plan is refused: {error.message}"]
    return [f"{task.id}: its plan cannot be run: {view.error.message}"] if view.error is not None else []


def problems(world: World, task: BenchTask) -> Iterator[str]:
    """What is wrong with a task's checks, a line each."""
    world.set_up(task)
    if not any(one.why for one in judged(task, Outcome(world, "", ""))):
        yield f"{task.id}: its checks hold before anything was done"
    wrong = task.wrong
    world.give(task, wrong)
    notified = "\n".join(wrong.notified)
    outcome = WrongOutcome(world, wrong.answer.replace("{site}", world.site.url), wrong.state, wrong.heard, notified)
    verdicts = judged(task, outcome)
    began = time.monotonic()
    # A program needs a moment until it answers.
    while wrong.programs and all(one.why for one in verdicts) and time.monotonic() - began < SETTLE_S:
        time.sleep(POLL_S)
        verdicts = judged(task, outcome)
    if not any(one.why for one in verdicts):
        yield f"{task.id}: its checks hold although {wrong.about}"
    if all(one.why for one in verdicts) and len(verdicts) > 1:
        yield f"{task.id}: no check holds where {wrong.about}: that is no plausible outcome"

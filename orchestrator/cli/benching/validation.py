"""Whether a task's checks can fail: they must, before anything was done, and on its wrong outcome."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.cli.benching.machines import Outcome, World
from orchestrator.cli.benching.runner import POLL_S, SETTLE_S, judged
from orchestrator.cli.benching.suite import BenchTask


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

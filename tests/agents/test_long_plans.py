"""Long plans of models: the right ones of the tasks that may be tuned on pass, and wrong ones made of them do not.

Wrong plans that still pass read more or elsewhere, say less, or err in a title, a column, an order, a condition or in
which of several named devices it is. What nobody asked for, a delete, a command, a write, a message, never passes.
"""

from __future__ import annotations

import json
import random
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import pytest

from agents.covering.case import fits
from agents.covering.check import check
from agents.covering.gap import Gap
from agents.embedded.planner import GRAMMARS
from orchestrator.core.compiler import compile_plan
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Plan, Step
from tests.agents.embedded.flow.lab import lab
from tests.agents.embedded.kinds.fleet import home
from tests.support.long_mutants import intruders, slips
from tests.support.mutants import Mutant, mutants

TASKS = Path(__file__).parents[2] / "benchmarks" / "crossdevice" / "tasks"
SITE = "http://127.0.0.1:39009"
FLEET = FleetView.of(*lab().devices.values(), home().devices["pixel"])
MACHINES = ["alpha", "beta", "gamma", "desk", "forge"]
MODELS_ALONE = replace(GRAMMARS, of_flows=lambda *given: False)
"""The grammar of flows reads some of the requests itself."""
LEAST_RIGHT = 0.9
MOST_SURVIVORS = 0.10
# What comes out the same wherever it is worked out.
PURE = ("data.", "text.report", "http.fetch")


@dataclass(frozen=True)
class Long:
    id: str
    text: str
    plan: Plan
    fleet: FleetView

    def refused(self, plan: Plan) -> tuple[Gap, ...]:
        return check(self.text, plan, self.fleet, MODELS_ALONE)


@lru_cache
def tasks() -> tuple[Long, ...]:
    return tuple(_tasks())


def _tasks() -> Iterator[Long]:
    for file in sorted(TASKS.glob("*/*.toml")):
        task = tomllib.loads(file.read_text())
        if task.get("part", "dev") != "dev":
            continue
        there = task.get("machines", MACHINES)
        fleet = FleetView({name: one for name, one in FLEET.devices.items() if name in there})
        plan = Plan.model_validate(json.loads(json.dumps(task["plan"]).replace("{site}", SITE)))
        yield Long(task["id"], task["request"].replace("{site}", SITE), plan, fleet)


def equal(task: Long, mutant: Mutant) -> bool:
    """Whether the mutant does the same: on the same devices, or where it makes no difference."""
    if mutant.plan == task.plan:
        return True
    if not mutant.kind.startswith(("another device", "any device", "every device", "one of many")):
        return False
    one, other = (next(step for step in plan.steps if step.id == mutant.step) for plan in (task.plan, mutant.plan))
    same = takes(one, task.fleet) == takes(other, task.fleet)
    return same or (one.skill.startswith(PURE) and other.devices.mode == "one")


def takes(step: Step, fleet: FleetView) -> frozenset[str]:
    able = [name for name, one in fleet.devices.items() if step.skill in one.skills]
    return frozenset(name for name in able if fits(step.devices, name, fleet))


def test_right_plans_pass() -> None:
    refused = {task.id: [gap.message for gap in task.refused(task.plan)] for task in tasks()}
    assert len(tasks()) == 50
    assert sum(not gaps for gaps in refused.values()) >= LEAST_RIGHT * len(refused), refused


@pytest.mark.slow
def test_wrong_plans_do_not() -> None:
    chosen = random.Random(7)
    made: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    for task in tasks():
        if task.refused(task.plan):
            continue
        for mutant in (*mutants(task.plan, task.fleet), *slips(task.plan)):
            if equal(task, mutant) or chosen.random() > 0.09:
                continue
            made[mutant.kind] += 1
            if not compile_plan(mutant.plan, task.fleet)[1] and not task.refused(mutant.plan):
                passed[mutant.kind] += 1
    assert made.total() > 150
    assert passed.total() <= MOST_SURVIVORS * made.total(), (made.total(), passed.most_common())


@pytest.mark.slow
def test_what_nobody_asked_for_never_passes() -> None:
    chosen = random.Random(7)
    passed = []
    for task in tasks():
        for mutant in intruders(task.plan, task.fleet):
            if chosen.random() > 0.1 or compile_plan(mutant.plan, task.fleet)[1]:
                continue
            gaps = task.refused(mutant.plan)
            if not any(gap.grave for gap in gaps):
                passed.append(f"{mutant.kind} in {task.id}")
    assert passed == []

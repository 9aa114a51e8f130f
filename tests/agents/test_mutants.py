"""Right plans pass the checks, and wrong ones made of them do not: one careless change at a time.

The requests are those of the development part of the evaluation. What still gets through is in `TOLERATED`: it reads
more than was asked for, or says less; none of it changes anything that it should not.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest

from agents.checks import check
from agents.embedded.planner import EmbeddedPlanner
from benchmarks.ladder.compare import Node, actual, expected, same
from benchmarks.ladder.fleet import Context, fleet
from orchestrator.core.plan import Plan
from orchestrator.core.requests import Request
from protocol.vocabulary import Risk
from tests.support.mutants import Mutant, mutants

DEV = Path(__file__).parents[2] / "benchmarks" / "ladder" / "dev.jsonl"
FLEET = fleet()
# A reading step that reads more, in another order or beside the point; a step less of a chain that only reads.
TOLERATED = (
    " dropped",
    " turned",
    "order inverted",
    "file.delete became file.read",
    "any device",
    "system.",
)
MOST_SURVIVORS = 0.06
# Of these the step that is changed writes: what is left of the order is the same, or the tool itself refuses.
HARMLESS = (
    "order dropped in 'check the disk",
    "order turned round in 'check the disk",
    "order dropped in 'create the folder",
    "order turned round in 'create the folder",
    "argument recursive dropped in 'delete the folder",
    "boolean recursive turned in 'delete the folder",
)


@dataclass(frozen=True)
class Right:
    request: Request
    plan: Plan
    wanted: tuple[dict[str, Node], ...]


@lru_cache
def rights() -> tuple[Right, ...]:
    """The requests of the development part that the embedded rung plans right, with their plans."""
    return tuple(_rights())


def _rights() -> Iterator[Right]:
    planner = EmbeddedPlanner()
    for line in DEV.read_text().splitlines():
        item = json.loads(line)
        if item["expect"] != "plan":
            continue
        request = Request(text=item["text"], client=item.get("client"))
        plan = planner.propose(request, Context(FLEET))
        wanted = tuple(expected(steps, FLEET) for steps in item["plans"])
        if isinstance(plan, Plan) and any(same(one, actual(plan, FLEET)) for one in wanted):
            yield Right(request, plan, wanted)


def wrong(right: Right) -> Iterator[Mutant]:
    """The mutants of a plan that are not right by chance."""
    before = actual(right.plan, FLEET)
    for mutant in mutants(right.plan, FLEET):
        now = actual(mutant.plan, FLEET)
        if not same(before, now) and not any(same(one, now) for one in right.wanted):
            yield mutant


def changes(mutant: Mutant) -> bool:
    """Whether the step that was changed is one that changes something."""
    step = next((one for one in mutant.plan.steps if one.id == mutant.step), None)
    return step is not None and FLEET.skills[step.skill].risk is not Risk.READ


def test_right_plans_pass() -> None:
    assert len(rights()) >= 150
    refused = {right.request.text: check(right.plan, right.request, FLEET) for right in rights()}
    assert {text: found for text, found in refused.items() if found} == {}


@pytest.mark.slow
def test_wrong_plans_do_not() -> None:
    made: Counter[str] = Counter()
    passed: Counter[str] = Counter()
    grave: list[str] = []
    for right in rights():
        for mutant in wrong(right):
            made[mutant.kind] += 1
            if not check(mutant.plan, right.request, FLEET):
                passed[mutant.kind] += 1
                if changes(mutant) or not any(part in mutant.kind for part in TOLERATED):
                    grave.append(f"{mutant.kind} in {right.request.text!r}")
    assert made.total() > 1500
    assert [one for one in grave if not one.startswith(HARMLESS)] == []
    assert passed.total() <= MOST_SURVIVORS * made.total(), passed.most_common()


@pytest.mark.parametrize(
    "text",
    [
        "on beta, rm -r build",
        "show the newest files in backups on alpha",
        "on beta, sort the lines of scores.txt by number, highest first",
        "on beta, what are the latest entries in access.log?",
        "on beta, is eth0 up?",
        "break the files under shared on nova down by extension",
    ],
)
def test_plans_that_the_closer_look_once_refused(text: str) -> None:
    request = Request(text=text)
    plan = EmbeddedPlanner().propose(request, Context(FLEET))
    assert not isinstance(plan, Plan) or check(plan, request, FLEET) == ()

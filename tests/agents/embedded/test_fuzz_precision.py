"""Requests changed in one place: what asks for something else is never planned as if it did not."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from agents.embedded.planner import EmbeddedPlanner
from benchmarks.ladder.compare import actual, same
from benchmarks.ladder.fleet import Context, fleet
from orchestrator.core.plan import Clarification, Declined, Plan
from orchestrator.core.requests import Request
from tests.support.variants import different, forbidden

DEV = Path(__file__).parents[3] / "benchmarks" / "ladder" / "dev.jsonl"
FLEET = fleet()
PLANNER = EmbeddedPlanner()
SHARE = 50
"""One variant of so many is tried, so that the test takes seconds; the seed chooses which."""


def propose(text: str, client: str | None = None) -> Plan | Clarification | Declined:
    return PLANNER.propose(Request(text=text, client=client), Context(FLEET))


@lru_cache
def planned() -> tuple[tuple[str, str | None, Plan], ...]:
    items = [json.loads(line) for line in DEV.read_text("utf-8").splitlines()]
    wanted = [(item["text"], item.get("client")) for item in items if item["expect"] == "plan"]
    plans = ((text, client, propose(text, client)) for text, client in wanted)
    return tuple((text, client, plan) for text, client, plan in plans if isinstance(plan, Plan))


def sampled(variants: Callable[[str], Iterator[tuple[str, str]]]) -> Iterator[tuple[str, str, str | None, Plan]]:
    chance = random.Random(20261121)
    for text, client, plan in planned():
        for family, variant in variants(text):
            if chance.randrange(SHARE) == 0:
                yield family, variant, client, plan


def test_what_no_plan_answers_to_is_not_planned() -> None:
    accepted = [
        f"{family}: {variant}"
        for family, variant, client, _ in sampled(forbidden)
        if isinstance(propose(variant, client), Plan)
    ]
    assert not accepted


def test_what_asks_for_something_else_is_not_planned_alike() -> None:
    alike = []
    for family, variant, client, plan in sampled(different):
        result = propose(variant, client)
        if isinstance(result, Plan) and same(actual(plan, FLEET), actual(result, FLEET)):
            alike.append(f"{family}: {variant}")
    assert not alike


@pytest.mark.parametrize(
    "text",
    [
        "Which of zeta, office-pc and desk has the least free memory?",
        "show the disk usage of zeta and the memory usage of beta",
        "pack the folder tunes on desk into tunes.zip as soon as the tests are green",
        "create a folder called new on desk in case of flood",
        "who may run 'df -h' on alpha",
        "when did you unpack old.tgz to new on delta, then list it",
        "how would you zip the folder tunes on desk as tunes.zip",
        "do I need to delete a.txt on desk",
        "run tidy.sh with args --keep 7 on alpha in 10 minutes",
        "run build.sh on delta with the arguments --release and --fast in reverse",
        "delete tmp/x.bin on alpha if its disk is more than 80% full as root",
    ],
)
def test_what_was_once_planned_and_is_wrong(text: str) -> None:
    assert isinstance(propose(text), Declined)


def test_no_change_rests_on_a_misspelt_device() -> None:
    result = propose("take the last 50 lines of a.log from novah, save them on desk as tail.txt")
    assert isinstance(result, Clarification)
    assert "nova" in result.question


def test_a_misspelt_device_beside_its_namesake_is_another_one() -> None:
    assert isinstance(propose("compare the free memory of novah and nova"), (Clarification, Declined))


def test_a_misspelt_device_is_read_from() -> None:
    result = propose("how full is the disk of nvoa")
    assert isinstance(result, Plan)
    assert result.steps[0].devices.names == ("nova",)

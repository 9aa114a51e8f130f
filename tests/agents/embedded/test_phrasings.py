"""The many ways to ask for one thing: each line of the data must give its one step, each near miss no plan at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.plan import Plan
from orchestrator.core.requests import Request
from protocol.vocabulary import JsonObject
from tests.support.embedded_fleet import Context, twelve

DATA = Path(__file__).parent / "data"
PLANNER, FLEET = EmbeddedPlanner(), twelve()


def sections() -> dict[str, list[tuple[str, JsonObject]]]:
    found: dict[str, list[tuple[str, JsonObject]]] = {}
    skill = ""
    for line in lines("phrasings.txt"):
        if line.startswith("["):
            skill = line.strip("[]")
        else:
            text, _, arguments = line.partition(" => ")
            found.setdefault(skill, []).append((text, json.loads(arguments)))
    return found


def lines(name: str) -> list[str]:
    return [line for line in (DATA / name).read_text().splitlines() if line and not line.startswith("#")]


PHRASINGS = sections()


@pytest.mark.parametrize("skill", PHRASINGS)
def test_every_phrasing_asks_for_its_skill(skill: str) -> None:
    failed = {text: got for text, wanted in PHRASINGS[skill] if (got := asked(text)) != (skill, wanted)}
    assert not failed


@pytest.mark.parametrize("text", lines("near_misses.txt"))
def test_near_misses_are_not_planned(text: str) -> None:
    result = PLANNER.propose(Request(text=text, client="desk"), Context(FLEET))
    assert not isinstance(result, Plan), result.steps


def asked(text: str) -> object:
    result = PLANNER.propose(Request(text=text, client="desk"), Context(FLEET))
    if isinstance(result, Plan) and len(result.steps) == 1:
        return result.steps[0].skill, result.steps[0].arguments
    return result


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("average cpu use of the prod servers in percent", "output.used_percent"),
        ("average memory usage of the db servers, in percent", "output.used_percent"),
        ("average 5 minute load of the web servers", "output.load_5"),
        ("average 15 minute load of the web servers", "output.load_15"),
        ("average load of the web servers", "output.load_1"),
        ("average free memory of the web servers", "output.available_bytes"),
    ],
)
def test_the_measure_is_the_one_that_is_asked_for(text: str, number: str) -> None:
    result = PLANNER.propose(Request(text=text, client="desk"), Context(FLEET))
    assert isinstance(result, Plan), result
    assert result.steps[-1].arguments["by"] == number


def test_files_are_compared_by_their_hash_however_close_the_look() -> None:
    text = "is etc/sshd.conf byte for byte the same on alpha and delta"
    result = PLANNER.propose(Request(text=text, client="desk"), Context(FLEET))
    assert isinstance(result, Plan), result
    assert [step.skill for step in result.steps] == ["file.hash", "data.compare"]

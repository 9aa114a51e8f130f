"""Texts that nobody would write, made of what people write: the planner never breaks down, its plans compile."""

from __future__ import annotations

import json
import logging
import random
from pathlib import Path

import pytest

from agents.embedded.planner import EmbeddedPlanner
from benchmarks.ladder.fleet import Context, fleet
from orchestrator.core.compiler import compile_plan
from orchestrator.core.plan import Clarification, Declined, Plan
from orchestrator.core.requests import Request
from tests.support.variants import shuffled

DEV = Path(__file__).parents[3] / "benchmarks" / "ladder" / "dev.jsonl"
FLEET = fleet()
TEXTS = [json.loads(line)["text"] for line in DEV.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("seed", range(4))
def test_nothing_breaks_down(seed: int) -> None:
    planner, chance = EmbeddedPlanner(), random.Random(seed)
    for _ in range(50):
        text = shuffled(TEXTS, chance)
        result = planner.propose(Request(text=text), Context(FLEET))
        assert not (isinstance(result, Declined) and result.code == "broke_down"), text
        if isinstance(result, Plan):
            compiled, problems = compile_plan(result, FLEET)
            assert compiled is not None, (text, problems)


@pytest.mark.parametrize("end", ["tell me what is in it", "show it", "show me its first 3 lines", "print it on desk"])
def test_a_file_that_is_opened_may_be_told(end: str) -> None:
    result = EmbeddedPlanner().propose(Request(text=f"open todo.md on desk and {end}"), Context(FLEET))
    assert isinstance(result, Plan)
    assert len(result.steps) == 1


def test_without_a_device_it_is_asked_for() -> None:
    result = EmbeddedPlanner().propose(Request(text="open todo.md and tell me what is in it"), Context(FLEET))
    assert isinstance(result, Clarification)


def test_a_fault_inside_is_a_refusal(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: object) -> None:
        raise KeyError("inside")

    monkeypatch.setattr("agents.embedded.planner.segment", broken)
    with caplog.at_level(logging.ERROR):
        result = EmbeddedPlanner().propose(Request(text="show the uptime of alpha"), Context(FLEET))
    assert isinstance(result, Declined)
    assert result.code == "broke_down"
    assert "broke down" in caplog.text

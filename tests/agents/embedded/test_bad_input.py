"""Input that is no request: each ends in a refusal with a code, within bounded processor time."""

from __future__ import annotations

from time import process_time

import pytest

from agents import coverage
from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.plan import Declined, Plan
from orchestrator.core.requests import Request
from tests.support.embedded_fleet import Context, twelve

PLANNER = EmbeddedPlanner()
ENOUGH_S = 15.0
"""Of the processor: ten times what it takes, which only work that is more than linear would come to."""
NONSENSE = {
    "blank": " \n\t ",
    "100 kB": "delete everything " * 5_600,
    "5,000 words": "disk " * 5_000,
    "binary": bytes(range(256)).decode("latin-1"),
    "null": "show disk\x00 on alpha",
    "escape": "\x1b[31mshow the disk usage on alpha\x1b[0m",
    "zero width": "show the di\u200bsk usage on alpha",
    "right to left": "show the \u202edisk usage on alpha",
    "homoglyph verb": "d\u0435lete old.log on alpha",
    "homoglyph name": "show the disk usage on \u0430lpha",
    "homoglyph noun": "show the d\u0456sk usage on alpha",
    "full width": "\uff44\uff45\uff4c\uff45\uff54\uff45 old.log on alpha",
    "zalgo": "a" + "\u0301" * 1_900,
    "lone surrogate": "show the disk usage on alpha \udce9",
    "emoji": "\U0001f4a3" * 500,
    "nested quotes": "\"'\u201c\u2018`\u00ab" * 300,
    "open quotes": "'a" * 900,
    "apostrophes": "'a'b" * 480,
    "brackets": "(" * 1_900,
    "commas": "," * 1_900,
    "dots": "." * 1_900,
    "slashes": "/" * 1_900,
    "paths": "a/" * 990,
    "stars": "find " + "* " * 150,
    "digits": "1" * 1_900,
    "thousands": "1,000," * 300,
    "labels": "a=" * 990,
    "marks in a word": "a?b!" * 480,
    "half URLs": "http://" * 280,
    "dashes": "-" * 1_900,
    "conditions": "if " * 600,
    "exceptions": "all devices except " * 100,
    "and": "and then " * 200,
    "negations": "not " * 490,
    "references": "${a.output.path} " * 100,
    "one long word": "s" * 1_999,
    "misspelt words": "".join(f"dsik{chr(97 + at % 26)}{chr(97 + at // 26)} " for at in range(155)),
    "letters that grow": "\u00df" * 1_900,
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_refused_in_bounded_time(name: str) -> None:
    # Some of these no request may hold: the planner takes them all the same.
    request = Request.model_construct(**{**Request(text="x").__dict__, "text": NONSENSE[name]})
    began = process_time()
    result = PLANNER.propose(request, Context(twelve()))
    assert process_time() - began < ENOUGH_S
    assert isinstance(result, Declined)
    assert result.code == "not_understood"
    assert result.reason
    assert len(result.unplaced) <= 50


@pytest.mark.parametrize("name", NONSENSE)
def test_coverage_of_nonsense_takes_bounded_time(name: str) -> None:
    """Another rung may plan what this one does not read; its plan is checked against the same text."""
    plan = PLANNER.propose(Request(text="show the disk usage on alpha"), Context(twelve()))
    assert isinstance(plan, Plan)
    began = process_time()
    coverage.check(NONSENSE[name], plan, twelve())
    assert process_time() - began < ENOUGH_S

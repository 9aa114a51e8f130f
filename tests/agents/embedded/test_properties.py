"""Properties over any text: nothing raises, every plan compiles, the work is bounded."""

from __future__ import annotations

import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents import coverage
from agents.embedded.planner import EmbeddedPlanner
from agents.embedded.text import normalise
from agents.embedded.tokens import tokenise
from agents.embedded.wordset import words
from orchestrator.core.compiler import compile_plan
from orchestrator.core.plan import Clarification, Declined, Plan
from orchestrator.core.requests import Request
from tests.support.embedded_fleet import Context, twelve

PLANNER = EmbeddedPlanner()
WORDS = sorted(
    words(
        "show delete write copy move find search count save list compare rank if unless then otherwise and "
        "or not the it them result report file folder lines logs server servers every each all both except "
        "alpha beta desk on from to in by with over under older than 80% 5 MB 3 days last first largest most "
        "free disk memory load uptime which how many what 'x' a.txt logs/ *.log https://a.b/c.txt , . ; ? "
        "${a.output.b} , ERROR named called sorted size service"
        '"y'
    )
)
SENTENCES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=24).map(" ".join)
TEXTS = st.text(min_size=1, max_size=300).filter(lambda text: bool(text.strip()))


@given(SENTENCES | TEXTS)
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_raises_and_every_plan_compiles(text: str) -> None:
    result = PLANNER.propose(Request(text=text), Context(twelve()))
    assert isinstance(result, (Plan, Clarification, Declined))
    assert not isinstance(result, Declined) or result.code != "broke_down"
    if isinstance(result, Plan):
        compiled, problems = compile_plan(result, twelve())
        assert compiled is not None, problems
        assert not coverage.check(text, result, twelve(), strict=True)


@given(TEXTS)
@settings(max_examples=200, deadline=None)
def test_tokens_lie_in_order_within_the_text(text: str) -> None:
    plain = normalise(text)
    at = 0
    for token in tokenise(plain):
        assert at <= token.start <= token.end <= len(plain)
        at = token.start


def test_time_is_bounded() -> None:
    hard = [
        "show " + "the load and " * 50,
        "if " * 150,
        '"' * 1999,
        "a" * 1999,
        "a/" * 999,
        "(" * 1999,
        "delete a.txt on alpha, beta " * 12,
        " and ".join(["show the uptime of alpha"] * 25),
    ]
    for text in hard:
        started = time.perf_counter()
        PLANNER.propose(Request(text=text), Context(twelve()))
        assert time.perf_counter() - started < 2.0, text[:40]

from __future__ import annotations

from orchestrator.cli.tries import tries
from orchestrator.core.describe import describe
from orchestrator.core.events import RungTried, RunStatus
from orchestrator.core.plan import Declined, Plan, Proposal, RungUsage, Step
from orchestrator.core.views import RungTry, RunView

MODEL = RungUsage(seconds=0.5, calls=2, input_tokens=200, output_tokens=40, cost_usd=None, bytes_out=26_800)
PLAN = Plan(steps=(Step(id="a", skill="file.read"),))


def lines(*rungs: RungTry, usage: RungUsage | None = None) -> list[str]:
    view = RunView(
        run="r1", state=RunStatus.SUCCEEDED, text="x", created=0, updated=0, rungs=rungs, usage=usage or RungUsage()
    )
    return list(tries(view))


def test_every_rung_says_what_came_of_it_and_what_it_used() -> None:
    assert lines(
        RungTry(rung="embedded", tier="embedded", accepted=False, declined="no skill fits: x", code="not_understood"),
        RungTry(rung="llama", tier="local", accepted=False, problems=("no skill y", "no device z"), usage=MODEL),
        RungTry(rung="gpt", tier="cloud", accepted=False, question="Which?", usage=MODEL),
        RungTry(rung="gpt", tier="cloud", accepted=True, usage=MODEL.model_copy(update={"cost_usd": 0.5, "calls": 1})),
        RungTry(rung="gpt", tier="cloud", accepted=True, fixes="a"),
        usage=MODEL,
    ) == [
        "planning:",
        "  embedded: no plan - no skill fits: x [not_understood] (0.00 s)",
        "  llama (local): its plan was refused - no skill y; no device z"
        " (2 requests, 200+40 tokens, cost unknown, 26.8 kB sent, 0.50 s)",
        "  gpt (cloud): asked: Which? (2 requests, 200+40 tokens, cost unknown, 26.8 kB sent, 0.50 s)",
        "  gpt (cloud): planned it (1 request, 200+40 tokens, 0.500000 USD, 26.8 kB sent, 0.50 s)",
        "  gpt (cloud), to mend a: planned it (0.00 s)",
        "  together (2 requests, 200+40 tokens, cost unknown, 26.8 kB sent, 0.50 s)",
    ]


def test_what_came_from_the_cache_does_not_look_like_a_request() -> None:
    why = "from the plan cache (rung cloud, 2026-11-21)"
    cached = RungTry(rung="cloud", tier="cloud", accepted=True, cached=True, why=why)
    assert lines(cached)[1:] == [f"  cloud: planned it {why} (0.00 s)"]
    tried = RungTried(proposal=Proposal(rung="cloud", result=PLAN, why=why, cached=True), accepted=True, key="k")
    assert describe(tried) == f"cloud: planned it {why}"


def test_an_explicit_plan_says_nothing_and_a_long_reason_is_cut() -> None:
    assert lines() == []
    [_, line] = lines(RungTry(rung="a", accepted=False, declined="very " * 500))
    assert len(line) < 450
    assert "\x1b" not in lines(RungTry(rung="a", accepted=False, declined="\x1b[2J"))[1]


def test_a_refusal_in_words() -> None:
    tried = RungTried(proposal=Proposal(rung="a", result=Declined(reason="no")), accepted=False, key="k")
    assert describe(tried) == "a: declines: no"

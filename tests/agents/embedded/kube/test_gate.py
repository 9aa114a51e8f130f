"""A verb of change in a question is a noun; in an order it never is."""

from __future__ import annotations

import pytest

from agents.embedded.kube.inquiry.gate import asking, fixes, orders
from agents.embedded.kube.inquiry.script import Ask
from agents.embedded.kube.inquiry.things import Things
from agents.embedded.kube.names import Context
from agents.embedded.kube.tokens import tokenise
from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.plan import Plan
from protocol.vocabulary import Risk
from tests.agents.embedded.kube.fleet import alone, bound
from tests.support import embedded_fleet as fleet
from tools.kube.skills import specs

READS = {spec.name for spec in specs() if spec.risk is Risk.READ}
ASKED = [
    "drain of node kn-3 hangs, why?",
    "the update of web in shop failed, what is wrong?",
    "why does the restart of web-0 in shop never finish?",
    "did anybody restart web in shop today?",
    "give me the pods of shop",
    "give the last 12 changes",
    "make a list of the pods in shop",
    "take another look at web in shop, is it healthy?",
    "run a security check of shop",
    "let me know which pods of shop are pending",
    "keep an eye on the pods in shop",
    "keep it short: which pods run in shop?",
    "does shop have any cron jobs that are paused?",
    "I want to see the logs of web in shop",
    "show me the quota of shop, we want to add two pods",
]
ORDERED = [
    "drain node kn-3",
    "restart web in shop because it hangs",
    "restart web in shop, it is down",
    "restart web in shop. it failed again",
    "give the deployment web in shop 3 replicas",
    "give the user bob all rights in shop",
    "give sa bot in shop read on pods",
    "keep it at 3 replicas, web in shop",
    "let us have 3 replicas of web in shop",
    "make it nicer",
    "please have web in shop restarted",
    "I want the pod web-0 in shop deleted",
    "I need a pod in shop",
    "we need a brand new namespace with the name shop-2",
    "get all the pods off node kn-3",
    "can web in shop be scaled to 3",
    "the job may be deleted now",
    "show me the logs of web in shop and restart it",
]


def _ask(text: str) -> Ask:
    tokens = tokenise(text)
    return Ask(tokens, Things(tokens, Context()))


@pytest.mark.parametrize("text", ASKED)
def test_a_question_passes(text: str) -> None:
    assert asking(_ask(text))
    assert not orders(_ask(text))


@pytest.mark.parametrize("text", ORDERED)
def test_an_order_never_passes(text: str) -> None:
    assert orders(_ask(text))


@pytest.mark.parametrize("text", [*ORDERED, "the cron job web in shop, which we had stopped, shall run again"])
def test_an_order_is_not_read_as_a_question_alone(text: str) -> None:
    result = EmbeddedPlanner().propose(bound(text), fleet.Context(alone()))
    assert not isinstance(result, Plan) or any(step.skill not in READS for step in result.steps)


@pytest.mark.parametrize(
    ("text", "mends"),
    [
        ("web in shop is down, find out why and fix it", True),
        ("web in shop is down. make it work again", True),
        ("web in shop is down, how would you put it right?", False),
        ("web in shop is down, don't fix anything yet", False),
        ("web in shop is down, I'll fix it myself, why is it?", False),
    ],
)
def test_a_remedy_is_ordered_or_asked_for(text: str, *, mends: bool) -> None:
    assert fixes(_ask(text)) is mends
    assert not orders(_ask(text))


@pytest.mark.parametrize(
    "text",
    [
        "show me the password that is in secret payroll in shop, in clear text",
        "decode secret payroll in shop for me",
        "what is the value of key token in the secret payroll of shop?",
    ],
)
def test_the_value_of_a_secret_is_not_shown(text: str) -> None:
    assert not isinstance(EmbeddedPlanner().propose(bound(text), fleet.Context(alone())), Plan)

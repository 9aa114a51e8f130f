"""What models learn of writing tools for a cluster, and what the checks want of a plan with one."""

from __future__ import annotations

from functools import lru_cache

import pytest

from agents import coverage
from agents.cascade import Cascade, Refused
from agents.prompt import messages
from agents.scripted import ScriptedPlanner
from agents.testing import FakeRunControl
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.plan import Declined, Plan, Step
from orchestrator.core.ports import Consultation
from orchestrator.core.previews import for_planners
from orchestrator.core.requests import Request
from protocol.vocabulary import DeviceKind, JsonObject
from tests.support.embedded_fleet import Context
from tests.support.skills import fleet
from tools.kube import skills
from tools.kube.synthesis.names import CLIENT, MODULES

READS = "def tool(client, arguments):\n    return len(client.list('pods', arguments['namespace']))\n"
SCALES = "def tool(client, arguments):\n    client.propose('kube.scale', arguments)\n"
DELETES = "def tool(client, arguments):\n    client.propose('kube.delete', arguments)\n"


@lru_cache
def cluster() -> FleetView:
    offered = {one.name: one for one in skills.specs()}
    return for_planners(FleetView.of(DeviceInfo("prod", DeviceKind.KUBERNETES, offered)))


def test_the_contract_is_told_where_a_cluster_can_run_tools() -> None:
    (_, rules), (_, told) = messages(Request(text="which images drift?"), Context(cluster()))
    for name in (*(f"client.{method}" for method in CLIENT), *MODULES, "def tool(client, arguments)", '"keep"'):
        assert name in rules
    assert "- kube.run_tool(goal?: string, code?: string" in told
    assert "preview" not in told.partition("kube.run_tool")[2].partition("\n")[0]


def test_and_nowhere_else() -> None:
    (_, rules), _ = messages(Request(text="read a on alpha"), Context(fleet("alpha")))
    assert "kube." not in rules


def gaps(text: str, code: str, **arguments: object) -> list[str]:
    step = Step(id="tool", skill="kube.run_tool", arguments={"goal": "x", "code": code, "arguments": arguments})
    return [gap.message for gap in coverage.check(text, Plan(steps=(step,)), cluster())]


def test_a_tool_that_reads_answers_a_question() -> None:
    assert gaps("how many pods does shop have?", READS, namespace="shop") == []


@pytest.mark.parametrize(
    ("text", "code", "arguments", "said"),
    [
        ("how many pods does shop have?", SCALES, {"name": "shop", "replicas": 0}, "kube.scale changes something"),
        ("scale web in shop to 4", DELETES, {"name": "web", "namespace": "shop", "replicas": 4}, "kube.delete"),
        ("scale web in shop to 4", SCALES, {"name": "web", "namespace": "prod", "replicas": 4}, "'prod' is not in"),
        ("scale web in shop to 4", SCALES, {"name": "web", "namespace": "shop", "replicas": 5}, "4 is not used"),
    ],
)
def test_what_a_tool_may_not_do_unasked(text: str, code: str, arguments: JsonObject, said: str) -> None:
    assert said in " ".join(gaps(text, code, **arguments))


def test_what_was_asked_for_may_be_proposed() -> None:
    assert gaps("scale web in shop to 4", SCALES, name="web", namespace="shop", replicas=4) == []


@pytest.mark.parametrize(("devices", "told"), [(cluster, True), (lambda: fleet("alpha"), False)])
async def test_without_a_model_it_is_said_that_a_tool_needs_one(devices: object, told: bool) -> None:
    control = FakeRunControl(devices(), lambda device, skill, arguments: None)  # type: ignore[operator]
    request = Request(text="write a tool that finds images which drift")
    control.submit(request)
    rung = ScriptedPlanner(Declined(reason="no skill does this"), rung="embedded")
    ladder = Cascade([rung])
    outcome = await ladder.plan(Consultation(run="r1", reason="submitted", key="r1.submitted"), control, request)
    assert isinstance(outcome, Refused)
    assert ("What no skill of a cluster covers a model can write" in outcome.error.message) is told

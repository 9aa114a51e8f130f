"""Which requests are for a cluster, for which cluster, and what goes to another device."""

from __future__ import annotations

import pytest

from agents import checks
from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Clarification, Plan
from orchestrator.core.requests import Request
from tests.agents.embedded.kube.fleet import cluster, mixed, two
from tests.support.embedded_fleet import Context, three

PLANNER = EmbeddedPlanner()


def test_a_request_for_files_goes_the_old_way() -> None:
    for text in ("list files on alpha", "show the uptime of beta", "which of my devices has the most free disk space?"):
        old = PLANNER.propose(Request(text=text), Context(three()))
        new = PLANNER.propose(Request(text=text), Context(mixed()))
        assert isinstance(old, Plan)
        assert isinstance(new, Plan)
        assert [step.skill for step in new.steps] == [step.skill for step in old.steps]


@pytest.mark.parametrize(
    "text", ["list the pods in shop", "restart deployment web in shop", "scale web in shop to 3 replicas"]
)
def test_what_speaks_of_kubernetes_goes_to_the_cluster(text: str) -> None:
    result = PLANNER.propose(Request(text=text), Context(mixed()))
    assert isinstance(result, Plan)
    assert all(step.skill.startswith("kube.") and step.devices.names == ("prod",) for step in result.steps)


def test_of_two_clusters_one_must_be_said() -> None:
    request = Request(text="list the pods in shop")
    asked = PLANNER.propose(request, Context(two()))
    assert isinstance(asked, Clarification)
    assert [choice.value for choice in asked.choices] == ["prod", "stage"]
    answered = PLANNER.propose(request, Context(two(), answers=[(asked.question, "stage")]))
    assert isinstance(answered, Plan)
    assert answered.steps[0].devices.names == ("stage",)
    named = PLANNER.propose(Request(text="list the pods in shop on stage"), Context(two()))
    assert isinstance(named, Plan)
    assert named.steps[0].devices.names == ("stage",)


@pytest.mark.parametrize(
    ("text", "first", "path", "device"),
    [
        (
            "collect the logs of pod web-0 in shop and save them on my desktop",
            "kube.logs",
            "reports/cluster.md",
            "desk",
        ),
        ("write the list of failing pods to report.txt on alpha", "kube.list", "report.txt", "alpha"),
        ("show the events in namespace shop and save them to events.txt on beta", "kube.events", "events.txt", "beta"),
    ],
)
def test_an_answer_is_saved_on_another_device(text: str, first: str, path: str, device: str) -> None:
    request = Request(text=text)
    result = PLANNER.propose(request, Context(mixed()))
    assert isinstance(result, Plan), result
    read, write = result.steps
    assert read.skill == first
    assert (write.skill, write.arguments) == ("file.write", {"path": path, "text": f"${{{read.id}.output.text}}"})
    assert write.devices.names == (device,)
    assert not checks.check(result, request, mixed())


def test_the_clusters_own_kinds_and_namespaces_are_words() -> None:
    fleet = FleetView.of(cluster(kinds=("widgets/widget/wd",), namespaces=("shop", "payments")))

    def first(text: str) -> dict[str, object]:
        result = PLANNER.propose(Request(text=text), Context(fleet))
        assert isinstance(result, Plan), result
        return {"skill": result.steps[0].skill, **result.steps[0].arguments}

    assert first("list widgets in shop") == {"skill": "kube.list", "kind": "widgets", "namespace": "shop"}
    assert first("describe widget blue in shop") == {
        "skill": "kube.describe",
        "kind": "widgets",
        "name": "blue",
        "namespace": "shop",
    }
    # Both are namespaces; which of them is meant says the preposition.
    assert first("restart shop in payments") == {"skill": "kube.restart", "name": "shop", "namespace": "payments"}


def test_a_missing_namespace_is_asked_for() -> None:
    fleet = FleetView.of(cluster(namespaces=("shop", "payments")))
    request = Request(text="create a deployment web with image nginx:1.25")
    asked = PLANNER.propose(request, Context(fleet))
    assert isinstance(asked, Clarification)
    assert [choice.value for choice in asked.choices] == ["payments", "shop"]
    answered = PLANNER.propose(request, Context(fleet, answers=[(asked.question, "shop")]))
    assert isinstance(answered, Plan)
    assert answered.steps[0].arguments["namespace"] == "shop"
    assert not checks.check(answered, request, fleet, [(asked.question, "shop")])


def test_short_names_that_are_words_of_the_language_are_words() -> None:
    fleet = FleetView.of(cluster(kinds=("nodes/node/no", "widgets/widget/restart")))
    for text, skill in (
        ("restart web in shop, no downtime please", "kube.restart"),
        ("which deployments in shop have no memory limit?", "kube.audit"),
    ):
        result = PLANNER.propose(Request(text=text), Context(fleet))
        assert isinstance(result, Plan), result
        assert [step.skill for step in result.steps] == [skill]

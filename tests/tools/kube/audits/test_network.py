"""Audits of networks and quotas: what is found, and what comes near and is not."""

from __future__ import annotations

import pytest

from tests.tools.kube.audits.worlds import found, thing, world
from tools.kube.audits.checks import CATALOGUE, CHECKS
from tools.kube.audits.hits import Scope
from tools.kube.audits.telling import told
from tools.kube.objects import Manifest


def service(name: str, **spec: object) -> Manifest:
    return thing("Service", name, spec={"selector": {"app": name}, **spec})


def endpoints(name: str, **subset: object) -> Manifest:
    return thing("Endpoints", name, subsets=[subset] if subset else [])


ADDRESS = [{"ip": "10.0.0.1"}]


def test_namespaces_without_a_policy() -> None:
    going = thing("Namespace", "going", "", metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"})
    objects = [
        thing("Namespace", "shop", ""), thing("Namespace", "bare", ""), thing("Namespace", "empty", ""), going,
        thing("NetworkPolicy", "p", "shop", spec={"podSelector": {"matchLabels": {"a": "b"}}}),
    ]  # fmt: skip
    assert {name for name, _ in found("no_network_policy", *objects)} == {"bare", "empty"}
    assert {name for name, _ in found("no_network_policy", *objects, scope=Scope("bare"))} == {"bare"}


@pytest.mark.parametrize(
    ("objects", "detail"),
    [
        ([service("web"), endpoints("web", addresses=ADDRESS)], ""),
        ([service("web"), endpoints("web", addresses=ADDRESS, notReadyAddresses=ADDRESS)], ""),
        ([service("web", type="ExternalName", externalName="a.example")], ""),
        ([service("web", selector=None), endpoints("web", addresses=ADDRESS)], ""),
        ([service("web"), endpoints("web", notReadyAddresses=ADDRESS)], "not_ready"),
        ([service("web"), endpoints("web")], "empty"),
        ([service("web")], "empty"),
        ([service("web", selector=None)], "empty"),
        ([service("web"), thing("Endpoints", "web", "other", subsets=[{"addresses": ADDRESS}])], "empty"),
    ],
)
def test_services_without_endpoints(objects: list[Manifest], detail: str) -> None:
    assert found("no_endpoints", *objects) == ({("web", detail)} if detail else set())


@pytest.mark.parametrize(
    ("obj", "detail"),
    [
        (service("web", type="NodePort", ports=[{"port": 80, "nodePort": 30080}]), "node_port"),
        (service("web", type="LoadBalancer"), "load_balancer"),
        (service("web", externalIPs=["203.0.113.9"]), "external_ip"),
        (thing("Ingress", "web", spec={"rules": [{"host": "a.example"}]}), "ingress"),
        (service("web"), ""),
        (service("web", type="ClusterIP", clusterIP="None"), ""),
        (service("web", type="ExternalName", externalName="a.example"), ""),
    ],
)
def test_exposed(obj: Manifest, detail: str) -> None:
    assert found("exposed", obj) == ({("web", detail)} if detail else set())
    assert bool(found("exposed_services", obj)) is (detail not in ("", "ingress"))
    assert bool(found("exposed_ingresses", obj)) is (detail == "ingress")


def test_quota_headroom() -> None:
    def quota(name: str, hard: str, used: str) -> Manifest:
        return thing("ResourceQuota", name, status={"hard": {"cpu": hard}, "used": {"cpu": used}})

    objects = [
        quota("full", "2", "2000m"), quota("over", "2", "3"), quota("near", "10", "8"), quota("zero", "0", "0"),
        quota("fine", "10", "7900m"), quota("unused", "4", "0"),
    ]  # fmt: skip
    assert found("quota_headroom", *objects) == {("full", "full"), ("over", "full"), ("near", "near"), ("zero", "full")}


def test_the_text_names_every_object_and_says_none() -> None:
    snapshot = world(service("web", type="NodePort"), service("db"), endpoints("db", addresses=ADDRESS))
    hits = {name: CHECKS[name].hits(snapshot, Scope("shop")) for name in CATALOGUE}
    text = told(hits, CHECKS, Scope("shop"), (), ())
    assert "Service shop/web: NodePort" in text
    assert "services without endpoints in namespace shop: 1 object" in text
    assert "privileged containers in namespace shop: none" in text
    assert "shop/db" not in text


def test_control_characters_do_not_reach_the_text() -> None:
    odd = service("web", type="NodePort", externalIPs=["\x1b[2J1.2.3.4"])
    text = told({"exposed": CHECKS["exposed"].hits(world(odd), Scope())}, CHECKS, Scope(), (), ())
    assert "\x1b" not in text


def test_findings_that_the_data_leaves_out_are_counted() -> None:
    said = told({}, CHECKS, Scope(), (), (), cut=7)
    assert "7 of the findings are not in the data" in said
    assert "not in the data" not in told({}, CHECKS, Scope(), (), ())

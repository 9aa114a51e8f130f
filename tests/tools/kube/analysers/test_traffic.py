"""Services, network policies and ingresses that do not let traffic through."""

from __future__ import annotations

import pytest

from tests.support.kube_world import NS, container, deployment, node, only, pod, running, service, thing, waiting, world
from tools.kube.analysers import Scope, analyse
from tools.kube.analysers.findings import Finding, Ref
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.objects import Manifest

SERVING = [container(ports=[{"name": "http", "containerPort": 8080}])]


def found(snapshot: Snapshot) -> list[Finding]:
    return analyse(snapshot, Scope(namespace=NS))


def policy(name: str = "allow", *, pods: Manifest | None = None, **spec: object) -> Manifest:
    return thing("NetworkPolicy", name, spec={"podSelector": pods or {}, "policyTypes": ["Ingress"], **spec})


def ingress(*, service: str = "web", port: int = 80, class_name: str = "nginx", **spec: object) -> Manifest:
    backend = {"service": {"name": service, "port": {"number": port}}}
    rules = [{"host": "web.example", "http": {"paths": [{"path": "/", "backend": backend}]}}]
    return thing("Ingress", "web", spec={"rules": rules, "ingressClassName": class_name, **spec})


NGINX = thing("IngressClass", "nginx", namespace="", spec={})


@pytest.mark.parametrize("target", [8080, "http"])
def test_services_that_lead_somewhere_are_left_alone(target: int | str) -> None:
    assert not found(world(deployment(), pod(containers=SERVING), service(target=target), node()))


@pytest.mark.parametrize(
    ("wanted", "meant"), [({"app": "webb"}, {"app": "web"}), ({"application": "web"}, {"app": "web"})]
)
def test_a_selector_that_is_nearly_right(wanted: dict[str, str], meant: dict[str, str]) -> None:
    finding = only(found(world(deployment(), pod(), service(selector=wanted), node())), "no_endpoints")
    assert finding.fix is not None
    assert finding.fix.skill == "kube.set_selector"
    assert finding.fix.arguments["selector"] == meant


def test_what_is_right_of_a_selector_stays() -> None:
    labels = {"app": "web", "tier": "front", "team": "shop"}
    objects = (deployment(labels=labels), pod(labels=labels), service(selector={"app": "web", "tier": "frnot"}))
    fix = only(found(world(*objects))).fix
    assert fix is not None
    assert fix.arguments["selector"] == {"app": "web", "tier": "front"}


def test_a_selector_that_fits_nothing_at_all() -> None:
    fix = only(found(world(deployment(), pod(), service("other", selector={"run": "zzz"})))).fix
    assert fix is not None
    assert not fix.skill


def test_a_service_of_a_workload_that_is_scaled_to_zero() -> None:
    findings = [one for one in found(world(deployment(replicas=0), service())) if one.severity == "critical"]
    finding = only(findings, "scaled_to_zero")
    assert finding.fix is not None
    assert finding.fix.skill == "kube.scale"


def test_a_service_whose_pods_crash_is_their_consequence() -> None:
    broken = pod(status=waiting("CrashLoopBackOff", restarts=4, exitCode=1))
    finding = only(found(world(deployment(ready=0), broken, service())), "crash_loop")
    assert Ref("Service", NS, "web") in [one.subject for one in finding.effects]


def test_an_ingress_of_that_service_is_too() -> None:
    broken = pod(status=waiting("CrashLoopBackOff", restarts=4, exitCode=1))
    assert only(found(world(deployment(ready=0), broken, service(), ingress(), NGINX)), "crash_loop")


def test_a_target_port_that_no_container_declares() -> None:
    finding = only(found(world(deployment(), pod(containers=SERVING), service(target=8008))), "wrong_target_port")
    assert "targetPort 8008" in finding.cause
    assert finding.fix is not None
    assert finding.fix.arguments["target_port"] == 8080


def test_a_target_port_that_the_log_contradicts() -> None:
    log = {"web-1-a": "listening on 0.0.0.0:9090"}
    finding = only(found(world(deployment(), pod(), service(target=8008), logs=log)), "wrong_target_port")
    assert "listen on 9090" in finding.cause


def test_a_port_that_nothing_is_known_of_is_left_alone() -> None:
    assert not found(world(deployment(), pod(), service(target=8008)))


def test_a_port_that_a_probe_proves_is_left_alone() -> None:
    proved = [container(ports=[{"containerPort": 9}], readinessProbe={"tcpSocket": {"port": 8008}})]
    assert not found(world(deployment(), pod(containers=proved), service(target=8008)))


def test_a_port_name_that_no_container_has() -> None:
    finding = only(found(world(deployment(), pod(containers=SERVING), service(target="htpp"))), "wrong_target_port")
    assert "named htpp" in finding.cause


def test_a_policy_that_lets_through_a_label_that_nearly_exists() -> None:
    rule = [{"from": [{"podSelector": {"matchLabels": {"app": "web-clinet"}}}]}]
    others = deployment("web-client")
    client = pod("web-client-1-a", owner="ReplicaSet web-client-1", labels={"app": "web-client"})
    objects = (deployment(), pod(), others, client, policy(pods={"matchLabels": {"app": "web"}}, ingress=rule))
    finding = only(found(world(*objects)), "network_policy")
    assert "app=web-clinet" in finding.cause
    assert "Deployment shop/web-client" in finding.cause
    assert Ref("Deployment", NS, "web-client") in finding.about


def test_policies_that_work_are_left_alone() -> None:
    rule = [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"port": 8080}]}]
    assert not found(world(deployment(), pod(containers=SERVING), service(), policy("deny"), policy(ingress=rule)))


def test_a_service_that_a_policy_shuts() -> None:
    finding = only(found(world(deployment(), pod(containers=SERVING), service(), policy("deny"))), "policy_blocks")
    assert "deny lets nobody reach" in finding.cause


def test_a_policy_for_a_port_that_its_pods_do_not_serve() -> None:
    rule = [{"ports": [{"port": 8081}]}]
    finding = only(found(world(deployment(), pod(containers=SERVING), policy(ingress=rule))), "network_policy")
    assert "port 8081" in finding.cause


def test_a_policy_for_namespaces_that_nobody_labelled() -> None:
    rule = [{"from": [{"namespaceSelector": {"matchLabels": {"name": "front"}}}]}]
    space = thing("Namespace", "front", namespace="", status={"phase": "Active"})
    assert "name=front" in only(found(world(pod(), deployment(), space, policy(ingress=rule)))).cause


def test_ingresses_that_work_are_left_alone() -> None:
    assert not found(world(deployment(), pod(containers=SERVING), service(), ingress(), NGINX))


@pytest.mark.parametrize(
    ("broken", "problem", "says"),
    [
        (ingress(service="wep"), "ingress_backend", "there is web"),
        (ingress(port=81), "ingress_port", "it has 80"),
        (ingress(class_name="ngnix"), "ingress_class", "there is nginx"),
        (ingress(tls=[{"secretName": "cert"}]), "ingress_certificate", "cert does not exist"),
    ],
)
def test_ingresses(broken: Manifest, problem: str, says: str) -> None:
    objects = (deployment(), pod(containers=SERVING), service(), NGINX, broken)
    assert says in only(found(world(*objects)), problem).cause


def test_an_ingress_of_the_old_api() -> None:
    old = thing(
        "Ingress", "old", spec={"ingressClassName": "nginx", "backend": {"serviceName": "gone", "servicePort": 80}}
    )
    assert "service gone" in only(found(world(NGINX, old)), "ingress_backend").cause


def test_a_service_of_unready_young_pods_is_left_alone() -> None:
    new = pod(status=running(ready=False, since=3), age=5)
    assert not found(world(deployment(ready=0), new, service()))

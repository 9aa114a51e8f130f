"""Audits of how containers are set up: what is found, and what comes near and is not."""

from __future__ import annotations

import pytest

from tests.tools.kube.audits.worlds import container, deployment, found, owned, pod, thing, world
from tools.kube.audits.checks import CHECKS
from tools.kube.audits.hits import Scope
from tools.kube.audits.settings import tag
from tools.kube.objects import Manifest

BOTH = {"cpu": "100m", "memory": "64Mi"}
PROBE = {"exec": {"command": ["true"]}}


@pytest.mark.parametrize(
    ("resources", "limits", "requests"),
    [
        ({}, {"cpu", "memory"}, {"cpu", "memory"}),
        ({"requests": BOTH}, {"cpu", "memory"}, set()),
        ({"limits": {"cpu": "1"}}, {"memory"}, {"memory"}),
        ({"limits": {"memory": "64Mi"}, "requests": {"cpu": "1"}}, {"cpu"}, set()),
        ({"limits": BOTH}, set(), set()),
        ({"limits": BOTH, "requests": BOTH}, set(), set()),
    ],
)
def test_limits_and_requests(resources: Manifest, limits: set[str], requests: set[str]) -> None:
    web = deployment("web", container(resources=resources))
    assert found("no_limits", web) == {("web", one) for one in limits}
    assert found("no_requests", web) == {("web", one) for one in requests}
    assert bool(found("no_memory_limits", web)) is ("memory" in limits)
    assert bool(found("no_cpu_limits", web)) is ("cpu" in limits)
    assert bool(found("no_memory_requests", web)) is ("memory" in requests)
    assert bool(found("no_cpu_requests", web)) is ("cpu" in requests)


def test_one_container_without_is_enough() -> None:
    good, bad = container("a", resources={"limits": BOTH}), container("b", resources={"limits": {"cpu": "1"}})
    assert found("no_memory_limits", deployment("web", good, bad)) == {("web", "memory")}
    assert found("no_memory_limits", deployment("web", good, initContainers=[bad])) == {("web", "memory")}


@pytest.mark.parametrize(
    ("probes", "details"),
    [
        ({}, {"all", "readiness", "liveness", "startup"}),
        ({"livenessProbe": PROBE}, {"readiness", "startup"}),
        ({"readinessProbe": PROBE}, {"liveness", "startup"}),
        ({"readinessProbe": PROBE, "livenessProbe": PROBE, "startupProbe": PROBE}, set()),
    ],
)
def test_probes(probes: Manifest, details: set[str]) -> None:
    web = deployment("web", container(**probes))
    assert bool(found("no_probes", web)) is ("all" in details)
    assert bool(found("no_readiness_probe", web)) is ("readiness" in details)
    assert bool(found("no_liveness_probe", web)) is ("liveness" in details)
    assert bool(found("no_startup_probe", web)) is ("startup" in details)


def test_what_ends_by_itself_needs_no_probe() -> None:
    template = {"spec": {"containers": [container()]}}
    job = thing("Job", "migrate", spec={"template": template})
    nightly = thing("CronJob", "nightly", spec={"jobTemplate": {"spec": {"template": template}}})
    once = pod("once", restartPolicy="Never")
    assert found("no_probes", job, nightly, once) == set()
    assert found("no_probes", pod("daemon")) == {("daemon", "all")}


@pytest.mark.parametrize(
    ("image", "detail"),
    [
        ("nginx:latest", "latest"),
        ("nginx", "untagged"),
        ("registry.example:5000/team/nginx", "untagged"),
        ("registry.example:5000/team/nginx:latest", "latest"),
        ("nginx:1.25", ""),
        ("nginx:latest-alpine", ""),
        ("registry.example/latest:1.0", ""),
        ("nginx@sha256:0123", ""),
        ("nginx:latest@sha256:0123", ""),
    ],
)
def test_latest(image: str, detail: str) -> None:
    web = deployment("web", container(image=image))
    assert found("latest_tag", web) == ({("web", detail)} if detail else set())


def test_tags() -> None:
    assert tag("a.example:5000/b") == ""
    assert tag("a.example:5000/b:3") == "3"
    assert tag("a@sha256:00") is None


def test_latest_is_pinned_to_what_runs_where_that_is_one() -> None:
    web = deployment("web", container(image="nginx"))
    replicas = owned(deployment("web-1", container(image="nginx"), kind="ReplicaSet"), web)
    pods = [owned(pod(f"web-1-{n}", container(image="nginx")), replicas) for n in "ab"]
    for one in pods:
        one["status"]["containerStatuses"] = [{"name": "app", "imageID": "docker.io/nginx@sha256:1234"}]
    (hit,) = CHECKS["latest_tag"].hits(world(web, replicas, *pods), Scope())
    assert hit.fix is not None
    assert hit.fix.arguments["image"] == "nginx@sha256:1234"
    pods[0]["status"]["containerStatuses"][0]["imageID"] = "docker.io/nginx@sha256:5678"
    (hit,) = CHECKS["latest_tag"].hits(world(web, replicas, *pods), Scope())
    assert hit.fix is None


def test_single_replicas() -> None:
    scaled = thing(
        "HorizontalPodAutoscaler", "h", spec={"minReplicas": 2, "scaleTargetRef": {"kind": "Deployment", "name": "b"}}
    )
    lone = thing("HorizontalPodAutoscaler", "i", spec={"scaleTargetRef": {"kind": "Deployment", "name": "c"}})
    unsaid = deployment("f")
    del unsaid["spec"]["replicas"]
    objects = [
        deployment("a", replicas=1), deployment("b", replicas=1), deployment("c", replicas=1),
        deployment("d", replicas=2), deployment("e", replicas=0), unsaid,
        deployment("s", replicas=1, kind="StatefulSet"), deployment("ds", kind="DaemonSet", replicas=1),
    ]  # fmt: skip
    names = {name for name, _ in found("single_replica", *objects, scaled, lone)}
    assert names == {"a", "c", "f", "s"}


@pytest.mark.parametrize(
    ("spec", "detail"),
    [
        ({}, "token"),
        ({"serviceAccountName": "default"}, "token"),
        ({"automountServiceAccountToken": False}, "no_token"),
        ({"serviceAccountName": "web"}, ""),
        ({"serviceAccount": "web"}, ""),
    ],
)
def test_default_service_account(spec: Manifest, detail: str) -> None:
    assert found("default_service_account", deployment("web", **spec)) == ({("web", detail)} if detail else set())

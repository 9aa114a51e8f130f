"""Audits of what pods may do to their node: what is found, and what comes near and is not."""

from __future__ import annotations

import pytest

from tests.tools.kube.audits.worlds import container, deployment, found, owned, pod, thing, world
from tools.kube.audits.checks import CHECKS
from tools.kube.audits.hits import Scope
from tools.kube.objects import Manifest

PRIVILEGED = {"securityContext": {"privileged": True}}


@pytest.mark.parametrize(
    ("obj", "hit"),
    [
        (deployment("web", container(**PRIVILEGED)), True),
        (deployment("web", container(), container("side", **PRIVILEGED)), True),
        (deployment("web", container(), initContainers=[container("init", **PRIVILEGED)]), True),
        (deployment("web", container(**PRIVILEGED), kind="DaemonSet"), True),
        (deployment("web", container(**PRIVILEGED), replicas=0), True),
        (pod("web", container(**PRIVILEGED)), True),
        (deployment("web", container(securityContext={"privileged": False})), False),
        (deployment("web", container(securityContext={"allowPrivilegeEscalation": True})), False),
        (deployment("web", container(securityContext={"capabilities": {"add": ["NET_ADMIN"]}})), False),
        (deployment("web", container(env=[{"name": "privileged", "value": "true"}])), False),
        (pod("web", container(**PRIVILEGED), phase="Succeeded"), False),
    ],
)
def test_privileged(obj: Manifest, hit: bool) -> None:
    assert found("privileged", obj) == ({("web", "privileged")} if hit else set())


def test_pods_are_told_as_their_workload() -> None:
    web = deployment("web", container(**PRIVILEGED))
    replicas = owned(deployment("web-1", container(**PRIVILEGED), kind="ReplicaSet"), web)
    pods = [owned(pod(f"web-1-{n}", container(**PRIVILEGED)), replicas) for n in "ab"]
    assert found("privileged", web, replicas, *pods) == {("web", "privileged")}


def test_what_was_put_into_a_running_pod_is_found_as_well() -> None:
    web = deployment("web")
    replicas = owned(deployment("web-1", kind="ReplicaSet"), web)
    injected = owned(pod("web-1-a", container(), container("mesh", **PRIVILEGED)), replicas)
    (hit,) = CHECKS["privileged"].hits(world(web, replicas, injected), Scope())
    assert hit.of.name == "web"
    assert "pod web-1-a, not in the template" in hit.why


def test_a_custom_resources_workload_is_told_as_itself() -> None:
    database = deployment("db", container(**PRIVILEGED), kind="StatefulSet")
    database["metadata"]["ownerReferences"] = [{"kind": "Postgres", "name": "main", "controller": True}]
    assert found("privileged", database) == {("db", "privileged")}


@pytest.mark.parametrize(
    ("pod_context", "own", "detail"),
    [
        ({}, {}, "unset"),
        ({"runAsUser": 0}, {}, "uid0"),
        ({"runAsUser": 1000}, {"runAsUser": 0}, "uid0"),
        ({"runAsNonRoot": True}, {"runAsNonRoot": False}, "unset"),
        ({"runAsGroup": 1000, "fsGroup": 1000}, {}, "unset"),
        ({"runAsNonRoot": False}, {}, "unset"),
        ({"runAsUser": 1000}, {}, ""),
        ({}, {"runAsUser": 1000}, ""),
        ({"runAsUser": 0}, {"runAsUser": 1000}, ""),
        ({"runAsNonRoot": True}, {}, ""),
        ({}, {"runAsNonRoot": True}, ""),
    ],
)
def test_root(pod_context: Manifest, own: Manifest, detail: str) -> None:
    web = deployment("web", container(securityContext=own), securityContext=pod_context)
    assert found("root_user", web) == ({("web", detail)} if detail else set())
    assert found("explicit_root", web) == ({("web", "uid0")} if detail == "uid0" else set())


@pytest.mark.parametrize(
    ("spec", "detail"),
    [
        ({"hostNetwork": True}, "host_network"),
        ({"hostPID": True}, "host_pid"),
        ({"hostIPC": True}, "host_ipc"),
        ({"volumes": [{"name": "logs", "hostPath": {"path": "/var/log"}}]}, "host_path"),
        ({"containers": [container(ports=[{"containerPort": 80, "hostPort": 8080}])]}, "host_port"),
        ({"hostNetwork": False}, ""),
        ({"volumes": [{"name": "logs", "emptyDir": {}}]}, ""),
        ({"containers": [container(ports=[{"containerPort": 80}])]}, ""),
        ({"hostAliases": [{"ip": "10.0.0.1", "hostnames": ["a"]}]}, ""),
    ],
)
def test_host_access(spec: Manifest, detail: str) -> None:
    web = thing("Deployment", "web", spec={"template": {"spec": {"containers": [container()], **spec}}})
    assert found("host_access", web) == ({("web", detail)} if detail else set())
    if detail:
        assert found(detail, web) == {("web", detail)}


def test_a_cron_jobs_pods_are_its_own_and_ended_jobs_are_left_out() -> None:
    template = {"spec": {"containers": [container(**PRIVILEGED)]}}
    nightly = thing("CronJob", "nightly", spec={"jobTemplate": {"spec": {"template": template}}})
    job = owned(thing("Job", "nightly-1", spec={"template": template}), nightly)
    done = thing(
        "Job", "once", spec={"template": template}, status={"conditions": [{"type": "Complete", "status": "True"}]}
    )
    (hit,) = CHECKS["privileged"].hits(world(nightly, job, done), Scope())
    assert hit.of.name == "nightly"
    assert hit.field == "spec.jobTemplate.spec.template.spec.containers[app].securityContext.privileged"

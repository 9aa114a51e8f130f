"""kube.audit on a real cluster: exact sets, each object once, and nothing written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from protocol.errors import ErrorCode
from tests.support import kube_device
from tests.support.kube import Cluster
from tests.support.kube_api import Object
from tests.support.kube_objects import apply, is_running, pod, wait_for
from tools.errors import ToolError

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
LIMITS = {"limits": {"cpu": "50m", "memory": "32Mi"}}
PROBE = {"exec": {"command": ["true"]}}
GROUP = "rbac.authorization.k8s.io"


def workload(namespace: str, name: str, replicas: int = 0, **container: Any) -> Object:  # noqa: ANN401
    """A deployment of no pods, unless told: an audit reads what is written there."""
    template = pod(namespace, name, serviceAccountName="web")
    template["spec"]["containers"][0] |= container
    labels = {"app": name}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}}
    spec["template"]["spec"] = template["spec"]  # type: ignore[index]
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def world(namespace: str) -> list[Object]:
    def role(name: str, verbs: list[str]) -> Object:
        rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": verbs}]
        metadata = {"name": name, "namespace": namespace}
        return {"apiVersion": f"{GROUP}/v1", "kind": "Role", "metadata": metadata, "rules": rules}

    def service(name: str, **spec: Any) -> Object:  # noqa: ANN401
        whole = {"selector": {"app": name}, "ports": [{"port": 80, "protocol": "TCP"}], **spec}
        metadata = {"name": name, "namespace": namespace}
        return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": whole}

    metadata = {"name": "boss", "namespace": namespace}
    binding = {
        "apiVersion": f"{GROUP}/v1", "kind": "RoleBinding", "metadata": metadata,
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "User", "name": "dev-1", "apiGroup": GROUP}],
    }  # fmt: skip
    return [
        pod(namespace, "live"),
        workload(namespace, "power", securityContext={"privileged": True}),
        workload(namespace, "half", resources={"limits": {"cpu": "50m"}}),
        workload(namespace, "plain", env=[{"name": "DB_PASSWORD", "value": "hunter2"}], replicas=1),
        workload(namespace, "newest", image="registry.example/newest"),
        workload(
            namespace, "good", resources=LIMITS, readinessProbe=PROBE, livenessProbe=PROBE,
            securityContext={"runAsUser": 1000},
        ),
        role("star", ["*"]), role("clean", ["get"]), binding,
        service("live"), service("nobody"), service("out", type="NodePort"),
    ]  # fmt: skip


EXPECTED: dict[str, set[str]] = {
    "privileged": {"power"},
    "root_user": {"live", "power", "half", "plain", "newest"},
    "explicit_root": set(),
    "host_access": set(),
    "no_memory_limits": {"live", "power", "half", "plain", "newest"},
    "no_cpu_limits": {"live", "power", "plain", "newest"},
    "no_readiness_probe": {"live", "power", "half", "plain", "newest"},
    "latest_tag": {"newest"},
    "wildcard_rbac": {"star"},
    "cluster_admin": {"boss"},
    "plain_secrets": {"plain"},
    "secret_references": set(),
    "no_endpoints": {"nobody", "out"},
    "exposed_services": {"out"},
    "single_replica": {"plain"},
    "default_service_account": {"live"},
    "quota_headroom": {"q"},
}


async def test_exact_sets(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    await apply(cluster, *world(namespace))
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": namespace}}
    await apply(cluster, {**quota, "spec": {"hard": {"count/roles.rbac.authorization.k8s.io": "2"}}})
    await wait_for(cluster, f"Pod {namespace}/live", is_running)
    await wait_for(cluster, f"Endpoints {namespace}/live", lambda one: bool(one and one.get("subsets")))
    await wait_for(cluster, f"ResourceQuota {namespace}/q", lambda one: "used" in ((one or {}).get("status") or {}))
    async with kube_device.opened(cluster, tmp_path) as device:
        answer = await device.call("kube.audit", checks=[*EXPECTED, "no_network_policy"], namespace=namespace)
        whole = await device.call("kube.audit", namespace=namespace)
    found: dict[str, set[str]] = {name: set() for name in EXPECTED}
    for one in answer["findings"]:
        if one["check"] in found:
            found[one["check"]].add(one["name"])
    assert found == EXPECTED
    assert answer["counts"]["no_network_policy"] == 1
    assert f"Deployment {namespace}/plain: container main has DB_PASSWORD in plain text" in answer["text"]
    assert f"pods with access to their node in namespace {namespace}: none" in answer["text"]
    assert "hunter2" not in f"{answer}{whole}"
    assert len(whole["counts"]) == 16
    assert whole["unchecked"] == []
    for remedy in (one["fix"] for one in answer["findings"] if one["fix"]):
        assert remedy["skill"].startswith("kube.")


async def test_what_may_not_be_read_is_said(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    if not (cluster.kubeconfig.parent / "pki").exists():
        pytest.skip("the given cluster makes no other users")
    rules = [{"apiGroups": [""], "resources": ["services", "endpoints"], "verbs": ["list"]}]
    metadata = {"name": "look", "namespace": namespace}
    reference = {"apiGroup": GROUP, "kind": "Role", "name": "look"}
    subjects = [{"kind": "User", "name": "audits-looker", "apiGroup": GROUP}]
    common = {"apiVersion": f"{GROUP}/v1", "metadata": metadata}
    await apply(
        cluster,
        {**common, "kind": "Role", "rules": rules},
        {**common, "kind": "RoleBinding", "roleRef": reference, "subjects": subjects},
    )
    own = cluster.kubeconfig_of("audits-looker")
    async with kube_device.opened(cluster, tmp_path, kubeconfig=own) as device:
        answer = await device.call("kube.audit", checks=["no_endpoints", "privileged"], namespace=namespace)
    assert answer["counts"] == {"no_endpoints": 0}
    assert "not checked" in answer["text"]
    assert answer["unchecked"][0].startswith("privileged (")


async def test_unknown_namespaces_and_checks(cluster: Cluster, tmp_path: Path) -> None:
    async with kube_device.opened(cluster, tmp_path) as device:
        with pytest.raises(ToolError) as caught:
            await device.call("kube.audit", namespace="no-such-namespace")
        assert caught.value.code is ErrorCode.NOT_FOUND
        with pytest.raises(ToolError) as caught:
            await device.call("kube.audit", checks=["everything"])
        assert caught.value.code is ErrorCode.BAD_ARGUMENTS

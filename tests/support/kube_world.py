"""Pieces of an imagined cluster for tests of analysers: healthy unless told otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from tools.kube import skills
from tools.kube.analysers.findings import Finding
from tools.kube.analysers.loading import CLUSTER, NAMES_ONLY, NAMESPACED
from tools.kube.analysers.snapshot import Log, Snapshot
from tools.kube.kinds import Kind, Kinds
from tools.kube.objects import Manifest
from tools.kube.session import Cluster
from tools.registry import Registry

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
NS = "shop"
PLURALS = {
    "NetworkPolicy": "networkpolicies", "Ingress": "ingresses", "IngressClass": "ingressclasses",
    "StorageClass": "storageclasses", "Endpoints": "endpoints",
}  # fmt: skip
GROUPS = {
    "deployments": "apps", "replicasets": "apps", "statefulsets": "apps", "daemonsets": "apps", "jobs": "batch",
    "cronjobs": "batch", "horizontalpodautoscalers": "autoscaling", "ingresses": "networking.k8s.io",
}  # fmt: skip
KINDS = Kinds.of(
    Kind(GROUPS.get(plural, ""), "v1", plural.removesuffix("s").capitalize(), plural, plural.removesuffix("s"), True)
    for plural in (*NAMESPACED, *NAMES_ONLY, *CLUSTER)
)


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def thing(kind: str, name: str, *, namespace: str = NS, age: float = 600, **parts: Any) -> Manifest:  # noqa: ANN401
    """Any object. `meta` adds to its metadata."""
    metadata = {"name": name, "uid": f"{kind}-{name}", "creationTimestamp": ago(age), **parts.pop("meta", {})}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **parts}


def container(**parts: Any) -> Manifest:  # noqa: ANN401
    return {"name": "app", "image": "registry/app:1", **parts}


def running(ready: bool = True, restarts: int = 0, since: float = 500, **parts: Any) -> Manifest:  # noqa: ANN401
    return {
        "name": "app",
        "ready": ready,
        "restartCount": restarts,
        "state": {"running": {"startedAt": ago(since)}},
        **parts,
    }


def waiting(reason: str, message: str = "", /, restarts: int = 0, **last: Any) -> Manifest:  # noqa: ANN401
    status = {
        "name": "app",
        "ready": False,
        "restartCount": restarts,
        "state": {"waiting": {"reason": reason, "message": message}},
    }
    return status | ({"lastState": {"terminated": {"finishedAt": ago(5), **last}}} if last else {})


def pod(
    name: str = "web-1-a", *, owner: str = "ReplicaSet web-1", status: Manifest | None = None, phase: str = "Running",
    labels: Mapping[str, str] | None = None, node: str = "node1", conditions: list[Manifest] | None = None,
    age: float = 600, containers: list[Manifest] | None = None, spec: Mapping[str, Any] | None = None, **more: Any,  # noqa: ANN401
) -> Manifest:  # fmt: skip
    states = [status or running()]
    ready = all(one["ready"] for one in states)
    meta: Manifest = {"labels": dict(labels if labels is not None else {"app": "web"}), **more.pop("meta", {})}
    if owner:
        kind, _, of = owner.partition(" ")
        meta["ownerReferences"] = [{"kind": kind, "name": of, "uid": f"{kind}-{of}", "controller": True}]
    where = {"nodeName": node} if node else {}
    return thing(
        "Pod", name, age=age, meta=meta,
        spec={"containers": containers or [container()], "serviceAccountName": "default", **where, **(spec or {})},
        status={
            "phase": phase, "containerStatuses": states if node else [],
            "conditions": conditions or [{"type": "Ready", "status": str(ready)}], **more,
        },
    )  # fmt: skip


def deployment(
    name: str = "web",
    *,
    replicas: int = 1,
    ready: int | None = None,
    labels: Mapping[str, str] | None = None,
    **spec: Any,  # noqa: ANN401
) -> list[Manifest]:
    """A Deployment and its ReplicaSet NAME-1."""
    have = replicas if ready is None else ready
    chosen = dict(labels if labels is not None else {"app": name})
    template = {"metadata": {"labels": chosen}, "spec": {"containers": [container()]}}
    body = {"replicas": replicas, "selector": {"matchLabels": chosen}, "template": template, **spec}
    status = {"readyReplicas": have, "replicas": replicas, "updatedReplicas": replicas}
    owner = {"ownerReferences": [{"kind": "Deployment", "name": name, "uid": f"Deployment-{name}", "controller": True}]}
    return [
        thing("Deployment", name, spec=body, status=status),
        thing("ReplicaSet", f"{name}-1", meta=owner, spec=body, status=status),
    ]


def service(
    name: str = "web",
    *,
    selector: Mapping[str, str] | None = None,
    port: int = 80,
    target: int | str = 8080,
    **spec: Any,  # noqa: ANN401
) -> Manifest:
    ports = [{"port": port, "targetPort": target}]
    return thing("Service", name, spec={"selector": dict(selector or {"app": "web"}), "ports": ports, **spec})


def node(
    name: str = "node1",
    *,
    ready: str = "True",
    labels: Mapping[str, str] | None = None,
    cpu: str = "4",
    memory: str = "8Gi",
    images: tuple[str, ...] = (),
    **spec: Any,  # noqa: ANN401
) -> Manifest:
    status = {
        "allocatable": {"cpu": cpu, "memory": memory, "pods": "110"},
        "conditions": [{"type": "Ready", "status": ready, "reason": "Kubelet", "message": "kubelet says so"}],
        "images": [{"names": [one]} for one in images],
    }
    meta = {"labels": {"kubernetes.io/hostname": name, **(labels or {})}}
    return thing("Node", name, namespace="", meta=meta, spec=spec, status=status)


def event(about: Manifest, reason: str, message: str, *, age: float = 30, field: str = "") -> Manifest:
    meta = about["metadata"]
    involved = {"kind": about["kind"], "namespace": meta.get("namespace", ""), "name": meta["name"], "fieldPath": field}
    return thing(
        "Event",
        f"{meta['name']}.{reason}.{age}",
        involvedObject=involved,
        reason=reason,
        message=message,
        type="Warning",
        lastTimestamp=ago(age),
    )


def world(
    *objects: Manifest | list[Manifest], logs: Mapping[str, str] | None = None,
    keys: Mapping[tuple[str, str], set[str] | None] | None = None, kinds: Kinds = KINDS,
) -> Snapshot:  # fmt: skip
    """A snapshot. `logs` by pod name, of the container that ended; `keys` by (kind, name)."""
    found: dict[str, list[Manifest]] = {plural: [] for plural in (*NAMESPACED, *NAMES_ONLY, *CLUSTER, "events")}
    for given in objects:
        for one in given if isinstance(given, list) else [given]:
            kind = one["kind"]
            found.setdefault(PLURALS.get(kind, f"{kind.lower()}s"), []).append(one)
    read = {
        (NS, name, "app"): Log(tuple(text.splitlines()), tuple(text.splitlines()))
        for name, text in (logs or {}).items()
    }
    known = {
        (kind, NS, name): frozenset(held) if held is not None else None for (kind, name), held in (keys or {}).items()
    }
    return Snapshot(found, NOW, kinds, read, known)


def only(findings: list[Finding], problem: str = "") -> Finding:
    """The one finding that there is, which must be of this problem. Its fix is a call that its skill takes."""
    assert [one.problem for one in findings] == [problem] if problem else len(findings) == 1, findings
    takes(findings[0])
    return findings[0]


def takes(finding: Finding) -> None:
    """Raises ToolError where the fix names a skill that does not take its arguments."""
    if finding.fix is not None and finding.fix.skill:
        registry().get(finding.fix.skill).checked(dict(finding.fix.arguments))


@cache
def registry() -> Registry:
    def nobody() -> Cluster:
        raise AssertionError("no cluster is asked")

    return skills.registry(nobody)

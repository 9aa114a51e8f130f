"""Small clusters as manifests, for tests of audits."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from tools.kube.analysers.snapshot import Snapshot
from tools.kube.audits.checks import CHECKS
from tools.kube.audits.hits import Scope
from tools.kube.objects import Manifest

PLURALS = {
    "NetworkPolicy": "networkpolicies", "Ingress": "ingresses", "Endpoints": "endpoints",
}  # fmt: skip


def world(*objects: Manifest) -> Snapshot:
    """A snapshot of these objects; kinds that are not among them have none."""
    found: dict[str, list[Manifest]] = defaultdict(list)
    for one in objects:
        found[PLURALS.get(one["kind"], f"{one['kind'].lower()}s")].append(one)
    return Snapshot(found, datetime(2026, 1, 1, tzinfo=UTC))


def found(check: str, *objects: Manifest, scope: Scope | None = None) -> set[tuple[str, str]]:
    """(name, detail) of what a check finds."""
    return {(hit.of.name, hit.detail) for hit in CHECKS[check].hits(world(*objects), scope or Scope())}


def thing(kind: str, name: str, namespace: str = "shop", **parts: Any) -> Manifest:  # noqa: ANN401 - JSON of any shape
    """Any object. `metadata` adds to its own."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **parts.pop("metadata", {})}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **parts}


def container(name: str = "app", **parts: Any) -> Manifest:  # noqa: ANN401
    return {"name": name, "image": "registry.example/app:1.2", **parts}


def deployment(name: str, *containers: Manifest, kind: str = "Deployment", **spec: Any) -> Manifest:  # noqa: ANN401
    """A workload of these containers; `spec` is the rest of its pods' spec, `replicas` its own."""
    replicas = spec.pop("replicas", 2)
    pods = {"containers": list(containers) or [container()], **spec}
    return thing(kind, name, spec={"replicas": replicas, "template": {"spec": pods}})


def owned(obj: Manifest, owner: Manifest) -> Manifest:
    """The object under a controller."""
    reference = {"kind": owner["kind"], "name": owner["metadata"]["name"], "controller": True}
    return {**obj, "metadata": {**obj["metadata"], "ownerReferences": [reference]}}


def pod(name: str, *containers: Manifest, phase: str = "Running", **spec: Any) -> Manifest:  # noqa: ANN401
    pods = {"containers": list(containers) or [container()], **spec}
    return thing("Pod", name, spec=pods, status={"phase": phase})

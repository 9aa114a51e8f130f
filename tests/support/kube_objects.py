"""Objects in a test's cluster: applied, waited for, deleted.

Waiting looks at the object until it is as wanted, and ends with its last state and events when time runs out.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from tests.support.kube import Cluster
from tests.support.kube_api import Api, Object, parse_ref

POLL_S = 0.1
WAIT_S = 60.0

Predicate = Callable[[Object | None], bool]
"""Told of the object at each look; None where it is not there."""


async def apply(cluster: Cluster, *manifests: Mapping[str, Any]) -> list[Object]:
    """Applies them in order; in a new namespace, pods wait for the service account that Kubernetes makes."""
    async with Api(cluster.kubeconfig) as api:
        applied = []
        for manifest in manifests:
            applied.append(await api.apply(manifest))
            if manifest["kind"] == "Namespace":
                await _wait(api, f"ServiceAccount {manifest['metadata']['name']}/default", _has_token, WAIT_S)
        return applied


async def wait_for(cluster: Cluster, ref: str, predicate: Predicate, timeout: float = WAIT_S) -> Object | None:
    """The object ("Kind namespace/name") as soon as the predicate holds. Raises TimeoutError with its last state."""
    async with Api(cluster.kubeconfig) as api:
        return await _wait(api, ref, predicate, timeout)


async def delete_namespaces(cluster: Cluster, *names: str) -> None:
    """Asks for their deletion, and does not wait for it; pods are ended at once, without their grace period."""
    async with Api(cluster.kubeconfig) as api:
        for name in names:
            await api.delete(f"Namespace {name}")
            for pod in await api.list("Pod", name):
                await api.delete(f"Pod {name}/{pod['metadata']['name']}", grace_s=0)


async def create_namespace(cluster: Cluster, prefix: str = "test") -> str:
    """A namespace of a name that was never there, ready for pods."""
    name = f"{prefix}-{uuid.uuid4().hex[:8]}"
    await apply(cluster, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return name


def pod(namespace: str, name: str, command: str = "sleep 3600", **spec: object) -> Object:
    """A manifest of a small pod that runs a shell command in the node's busybox and ends at once when told."""
    container = {
        "name": "main",
        "image": "docker.io/library/busybox:local",
        "imagePullPolicy": "Never",
        "command": ["sh", "-c", command],
    }
    metadata = {"namespace": namespace, "name": name, "labels": {"app": name}}
    whole = {"terminationGracePeriodSeconds": 0, "containers": [container], **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": whole}


# --- Predicates ----------------------------------------------------------------------------------------------------


def exists(item: Object | None) -> bool:
    return item is not None


def is_absent(item: Object | None) -> bool:
    return item is None


def is_running(item: Object | None) -> bool:
    """Whether a pod has its condition Ready."""
    conditions = (item or {}).get("status", {}).get("conditions", ())
    return any(entry["type"] == "Ready" and entry["status"] == "True" for entry in conditions)


def has_phase(phase: str) -> Predicate:
    return lambda item: (item or {}).get("status", {}).get("phase") == phase


def _has_token(item: Object | None) -> bool:
    return bool((item or {}).get("secrets"))


# --- Waiting -------------------------------------------------------------------------------------------------------


async def _wait(api: Api, ref: str, predicate: Predicate, timeout: float) -> Object | None:
    item: Object | None = None
    try:
        async with asyncio.timeout(timeout):
            while not predicate(item := await api.get(ref)):
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        raise TimeoutError(f"{ref} after {timeout:g} s: {await _story(api, ref, item)}") from None
    return item


async def _story(api: Api, ref: str, item: Object | None) -> str:
    """What it is now, and its last events."""
    kind, namespace, name = parse_ref(ref)
    fields = f"involvedObject.kind={kind},involvedObject.name={name}"
    item = item or await api.get(ref)  # a short wait may end before the first answer
    events = await api.list("Event", namespace, fieldSelector=fields)
    said = [f"{event.get('reason')}: {event.get('message')}" for event in events[-5:]]
    return f"{json.dumps((item or {}).get('status'))[:2000]}; {' | '.join(said) or 'no events'}"

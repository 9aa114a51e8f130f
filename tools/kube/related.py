"""What belongs together: owners, what an object owns, the pods behind a workload or a service."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.errors import KubeError
from tools.kube.objects import Manifest, at, name_of, namespace_of, selected, uid_of
from tools.kube.resolve import RUNNING
from tools.kube.session import Session

_BELOW: Final[dict[str, tuple[str, ...]]] = {
    "Pod": (),
    "ReplicaSet": ("pods",),
    "ReplicationController": ("pods",),
    "Deployment": ("replicasets", "pods"),
    "StatefulSet": ("pods",),
    "DaemonSet": ("pods",),
    "Job": ("pods",),
    "CronJob": ("jobs", "pods"),
    "Service": (),
    "Node": (),
    "Namespace": (),
    "ConfigMap": (),
    "Secret": (),
}
_ANY: Final = (
    "deployments", "statefulsets", "daemonsets", "cronjobs", "jobs", "replicasets", "pods", "services",
    "persistentvolumeclaims", "configmaps",
)  # fmt: skip


def selector_text(selector: Manifest | None) -> str:
    """A LabelSelector, or a plain map of labels, as the API takes it in a query."""
    if not selector:
        return ""
    if "matchLabels" not in selector and "matchExpressions" not in selector:
        selector = {"matchLabels": selector}
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    return ",".join([*parts, *(_rule(one) for one in selector.get("matchExpressions") or ())])


def _rule(rule: Manifest) -> str:
    key, values = str(rule.get("key")), ",".join(rule.get("values") or ())
    return {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key}.get(
        str(rule.get("operator")), f"!{key}"
    )


async def owned(session: Session, obj: Manifest) -> list[Manifest]:
    """All that the object owns, directly or through what it owns, in that order."""
    plurals = _BELOW.get(str(obj.get("kind")), _ANY)
    kinds = [kind for one in plurals if (kind := session.kinds.get(one, "*")) is not None]
    lists = await asyncio.gather(*(_listed(session, kind.path(namespace_of(obj))) for kind in kinds))
    candidates = [one for found in lists for one in found]
    found: list[Manifest] = []
    above = {uid_of(obj)}
    while fresh := [one for one in candidates if above & _owner_uids(one) and one not in found]:
        found += fresh
        above = {uid_of(one) for one in fresh}
    return found


async def pods_of(session: Session, obj: Manifest) -> list[Manifest]:
    """The pods of a workload by ownership, of a service by its selector, of a node by assignment; a pod is its own."""
    match obj.get("kind"):
        case "Pod":
            return [obj]
        case "Service":
            pods = await session.api.items(
                "/api/v1/namespaces/" + namespace_of(obj) + "/pods",
                [("labelSelector", selector_text(at(obj, "spec.selector")))],
            )
            return [one for one in pods if selected(at(obj, "spec.selector"), at(one, "metadata.labels", {}))]
        case "Node":
            return await session.api.items("/api/v1/pods", [("fieldSelector", f"spec.nodeName={name_of(obj)}")])
    return [one for one in await owned(session, obj) if one.get("kind") == "Pod"]


async def owners(session: Session, obj: Manifest) -> list[Manifest]:
    """The chain of controllers above an object, nearest first; those that are gone or hidden end it."""
    found: list[Manifest] = []
    while len(found) < 5 and (above := _controller(found[-1] if found else obj)) is not None:
        kind = next((k for k in session.kinds.all if k.kind == above.get("kind") and _same_group(k.group, above)), None)
        if kind is None:
            break
        try:
            one = await session.api.get(kind.path(namespace_of(obj), str(above.get("name"))))
        except KubeError as error:
            if error.status not in (403, 404):
                raise
            break
        one.setdefault("kind", kind.kind)
        found.append(one)
    return found


async def preferred(session: Session, name: str, kind: str, namespace: str, tiers: Sequence[Sequence[str]]) -> Manifest:
    """The object of this name in the first of the tiers (sets of kinds) that has one: what somebody means who asks
    for the logs of checkout where a deployment and its service are called that. Raises as `Resolver.one` does."""
    if not kind:
        for among in tiers[:-1]:
            try:
                return await session.find.one(name, "", namespace, among)
            except ToolError as error:
                if error.code is not ErrorCode.NOT_FOUND:
                    raise
    return await session.find.one(name, kind, namespace, tuple(one for among in tiers for one in among) or RUNNING)


async def _listed(session: Session, path: str) -> list[Manifest]:
    try:
        return await session.api.items(path)
    except KubeError as error:
        # What this identity may not list is left out; what it may is still told.
        if error.status in (403, 404, 405):
            return []
        raise


def _owner_uids(obj: Manifest) -> set[str]:
    return {str(one.get("uid")) for one in _references(obj)}


def _references(obj: Manifest) -> Iterable[Manifest]:
    found: list[Manifest] = at(obj, "metadata.ownerReferences", [])
    return found


def _controller(obj: Manifest) -> Manifest | None:
    return next((one for one in _references(obj) if one.get("controller")), None)


def _same_group(group: str, reference: Manifest) -> bool:
    return str(reference.get("apiVersion", "")).rpartition("/")[0] == group

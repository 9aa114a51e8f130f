"""What a cluster holds, as a hash for each object: to see what a request changed, and what it must not have changed.

Left out is what changes by itself: events, leases, endpoints, every status, and metadata that says when or by whom
something was written.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Literal

from tests.support.kube import Cluster
from tests.support.kube_api import Api, ApiError, Kind, Object, ref_of

Snapshot = Mapping[str, str]
"""A hash by "Kind namespace/name" or "Kind name"."""
Change = Literal["created", "changed", "deleted"]

VOLATILE_KINDS = frozenset({"ComponentStatus", "Endpoints", "EndpointSlice", "Event", "Lease"})
OTHER_NAMES = frozenset({"extensions", "events.k8s.io"})
"""API groups under which the server shows objects that it also shows under another."""
VOLATILE_METADATA = ("managedFields", "resourceVersion", "generation", "selfLink")
VOLATILE_ANNOTATIONS = ("autoscaling.alpha.kubernetes.io/", "control-plane.alpha.kubernetes.io/")
"""Annotations in which controllers keep their status."""


async def snapshot(cluster: Cluster, *, api: Api | None = None) -> Snapshot:
    """Every object of every kind that can be listed. A kind that comes or goes meanwhile counts as empty.

    With an open `api` the kinds are asked for once; without, at every call (about 30 requests more).
    """
    if api is None:
        async with Api(cluster.kubeconfig) as own:
            return await snapshot(cluster, api=own)
    kinds = await _kinds(api)
    lists = await asyncio.gather(*(_items(api, kind) for kind in kinds))
    return {ref_of(item): digest(item) for items in lists for item in items}


async def _kinds(api: Api) -> list[Kind]:
    found = [kind for kind in await api.kinds() if _is_wanted(kind)]
    defined = await _items(api, next(kind for kind in found if kind.name == "CustomResourceDefinition"))
    if {item["spec"]["names"]["kind"] for item in defined} != {kind.name for kind in found if _is_custom(kind)}:
        found = [kind for kind in await api.kinds(fresh=True) if _is_wanted(kind)]
    return found


def _is_wanted(kind: Kind) -> bool:
    return "list" in kind.verbs and kind.name not in VOLATILE_KINDS and kind.group not in OTHER_NAMES


def _is_custom(kind: Kind) -> bool:
    return "." in kind.group and not kind.group.endswith(".k8s.io")


async def _items(api: Api, kind: Kind) -> list[Object]:
    try:
        # Version 0 is answered from the server's memory only; a snapshot must see what was just written.
        items = (await api.request("GET", kind.path()))["items"]
    except ApiError as error:
        if error.status in (404, 405):
            return []
        raise
    return [{**item, "kind": kind.name, "apiVersion": kind.group_version} for item in items]


def digest(item: Object) -> str:
    """A hash of what somebody wants of this object, without what it is at the moment."""
    kept = {key: value for key, value in item.items() if key != "status"}
    metadata = copy.copy(kept["metadata"])
    for name in VOLATILE_METADATA:
        metadata.pop(name, None)
    annotations = metadata.pop("annotations", {})
    lasting = {key: value for key, value in annotations.items() if not key.startswith(VOLATILE_ANNOTATIONS)}
    kept["metadata"] = metadata | ({"annotations": lasting} if lasting else {})
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:16]


def changed(before: Snapshot, after: Snapshot, allow: Iterable[str] = ()) -> dict[str, Change]:
    """What differs, by object. Objects that match one of the globs `allow` ("Pod shop/*") are left out."""
    globs = list(allow)
    found: dict[str, Change] = {}
    for ref in sorted({*before, *after}):
        if before.get(ref) == after.get(ref) or any(fnmatchcase(ref, glob) for glob in globs):
            continue
        found[ref] = "created" if ref not in before else "deleted" if ref not in after else "changed"
    return found

"""Everything in the cluster, reduced to what a person or a device decides, and what of it changed.

Left out is what controllers write: status, events, leases, versions, heartbeats, the node a pod was put on. What
follows from another object by a controller (a ReplicaSet from its Deployment, a token from its service account) is
counted with that object, not by itself; deleting such a thing directly is a change all the same.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from benchmarks.kube.client import Api, ApiError
from benchmarks.kube.refs import Object, Ref, values

VOLATILE_KINDS = frozenset({"Event", "Lease", "ComponentStatus", "EndpointSlice", "PodMetrics", "NodeMetrics"})
_KEPT_METADATA = ("uid", "labels", "finalizers", "ownerReferences")
_VOLATILE_ANNOTATIONS = re.compile(
    r"^(deployment\.kubernetes\.io|pv\.kubernetes\.io|volume\.(beta\.)?kubernetes\.io|control-plane\.alpha"
    r"\.kubernetes\.io|autoscaling\.alpha\.kubernetes\.io|volumes\.kubernetes\.io|node\.alpha\.kubernetes\.io"
    r"|endpoints\.kubernetes\.io)/|^cni|^(projectcalico|flannel)"
)
_SET_BY_CONTROLLERS = {
    "Pod": ("spec.nodeName",),
    "PersistentVolumeClaim": ("spec.volumeName",),
    "PersistentVolume": ("spec.claimRef",),
    "ServiceAccount": ("secrets",),
    "Node": ("spec.podCIDR", "spec.podCIDRs", "spec.providerID"),
}
_TOKEN_OF = "kubernetes.io/service-account.name"
_MADE_IN_NAMESPACES = {("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")}
_BY_SCHEDULE = re.compile(r"-\d{7,}$")  # how the CronJob controller names jobs


@dataclass(frozen=True)
class Entry:
    """An object: its identity, a hash of what is decided about it, and what it follows from."""

    uid: str
    digest: str
    follows: Ref | None = None


Snapshot = Mapping[Ref, Entry]
Concerns = Callable[[Ref], bool]


@dataclass(frozen=True, order=True)
class Change:
    ref: Ref
    what: Literal["created", "deleted", "changed", "replaced"]

    def __str__(self) -> str:
        return f"{self.ref} ({self.what})"


async def take(api: Api, concerns: Concerns = lambda _: True) -> dict[Ref, Entry]:
    """Everything that can be listed, of what `concerns` us."""
    kinds = [one.name for one in await api.listable() if one.name not in VOLATILE_KINDS]
    listed = await asyncio.gather(*(_list(api, one) for one in kinds))
    found: dict[Ref, Entry] = {}
    for thing in (thing for things in listed for thing in things):
        ref = Ref.of(thing)
        if concerns(ref):
            found.setdefault(ref, entry(thing))
    return found


async def _list(api: Api, kind: str) -> list[Object]:
    try:
        return await api.list(kind)
    except ApiError as error:
        if error.status in (404, 405):  # a kind whose definition was just deleted
            return []
        raise


def entry(thing: Object) -> Entry:
    metadata = thing["metadata"]
    kept = {key: value for key, value in thing.items() if key not in ("metadata", "status")}
    kept["metadata"] = {key: metadata[key] for key in _KEPT_METADATA if metadata.get(key)}
    kept["annotations"] = {
        key: value for key, value in metadata.get("annotations", {}).items() if not _VOLATILE_ANNOTATIONS.search(key)
    }
    kept["deleted"] = "deletionTimestamp" in metadata
    if thing["kind"] == "CertificateSigningRequest":  # approval stands in the status
        kept["decided"] = values(thing, "status.conditions[*].type")
    digest = hashlib.sha256(json.dumps(_without(kept), sort_keys=True).encode()).hexdigest()
    return Entry(metadata["uid"], digest, follows(thing))


def _without(thing: Object) -> Object:
    """A copy without what controllers set."""
    copy: Object = json.loads(json.dumps(thing))
    for path in _SET_BY_CONTROLLERS.get(copy["kind"], ()):
        *above, last = path.split(".")
        place = copy
        for key in above:
            place = place.get(key, {})
        place.pop(last, None)
    if copy["kind"] == "Node":
        taints = copy["spec"].pop("taints", [])
        copy["taints"] = [one for one in taints if not one["key"].startswith("node.kubernetes.io/")]
    return copy


def follows(thing: Object) -> Ref | None:
    """What an object is derived from by a controller, if anything."""
    metadata, kind = thing["metadata"], thing["kind"]
    name, namespace = metadata["name"], metadata.get("namespace", "")
    for owner in metadata.get("ownerReferences", []):
        by_hand = owner["kind"] == "CronJob" and not _BY_SCHEDULE.search(name)
        if owner.get("controller") and not by_hand:
            return Ref(owner["kind"], owner["name"], "" if owner["kind"] == "Node" else namespace)
    account = metadata.get("annotations", {}).get(_TOKEN_OF)
    if kind == "Secret" and account and name.startswith(f"{account}-token-"):
        return Ref("ServiceAccount", account, namespace)
    if kind == "Endpoints":
        return Ref("Service", name, namespace)
    return Ref("Namespace", namespace) if (kind, name) in _MADE_IN_NAMESPACES else None


def changed(before: Snapshot, after: Snapshot) -> list[Change]:
    """What somebody did: changes that follow from no other object's."""
    found = {ref: change for ref in before.keys() | after.keys() if (change := _change(ref, before, after))}
    return sorted(change for change in found.values() if not _is_derived(change, found, before, after))


def _change(ref: Ref, before: Snapshot, after: Snapshot) -> Change | None:
    was, now = before.get(ref), after.get(ref)
    if was is None or now is None:
        return Change(ref, "created" if was is None else "deleted")
    if was.uid != now.uid:
        return Change(ref, "replaced")
    return None if was.digest == now.digest else Change(ref, "changed")


def _is_derived(change: Change, found: Mapping[Ref, Change], before: Snapshot, after: Snapshot) -> bool:
    namespace = Ref("Namespace", change.ref.namespace)
    if change.ref.namespace and change.what == "deleted" and namespace in found:
        return True
    thing = after.get(change.ref) or before[change.ref]
    if thing.follows is None:
        return False
    if thing.follows in found:  # its owner's change is judged by itself
        return True
    return change.what == "created" and thing.follows in after

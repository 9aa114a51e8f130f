"""How a change is taken back: kept in the trail as data, made into operations when it is asked for. Pure.

A patch is undone by the reverse patch of the fields that it changed, where those still are as it left them; what was
created is deleted, by its UID; what was deleted is created again from its manifest, as a new object. The trail keeps
no secret values, so that what concerns them cannot be undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from protocol.vocabulary import Json, JsonObject
from tools.kube.change import Draft, Operation
from tools.kube.diff import ABSENT, FieldChange
from tools.kube.objects import Manifest, at, canonical, material, uid_of
from tools.kube.secrecy import HIDDEN, LAST_APPLIED, masked

REMADE_METADATA: Final = ("name", "namespace", "labels", "annotations", "finalizers")
SERVER_SPEC: Final = {"Service": ("clusterIP", "clusterIPs", "healthCheckNodePort")}
CAN: Final = "can be undone"
CONTROLLED: Final = "belonged to a controller, which makes another"
_KEYS: Final = ("name", "containerPort", "port", "key", "mountPath")
_CHANGES: Final = ("patch", "apply", "replace")
_CONTENTS: Final = {
    "Namespace": "what was in a namespace is gone with it",
    "PersistentVolumeClaim": "the data of a volume is gone with its claim",
    "PersistentVolume": "the data of a volume is gone with it",
    "CustomResourceDefinition": "the objects of a kind are gone with its definition",
    "Node": "a node registers itself again",
    "Job": "a job that is created again runs again",
    "CertificateSigningRequest": "a request that is signed or refused is not made again",
}


def why_not(one: Operation) -> str:
    """Why an operation cannot be undone, in words; "" where it can."""
    if one.irreversible:
        return one.irreversible
    if made(one):
        return ""
    if one.kind.plural == "secrets" and not one.kind.group:
        return "a secret's values are not kept"
    if one.action == "delete":
        return _lost(one)
    if one.action == "evict":
        return "evicted pods do not return"
    if one.action not in _CHANGES or one.subresource:
        return f"{one.label}: this cannot be taken back"
    return ""


def made(one: Operation) -> bool:
    """Whether the object is not there before."""
    return one.action == "create" or (one.action == "apply" and one.live is None)


def outlook(draft: Draft, shown: Sequence[Sequence[FieldChange]]) -> str:
    """What a preview says of undoing a draft: it can be, in full or in part, or why not.

    `shown`: the fields that each operation changes, with secret values hidden.
    """
    if draft.undo or not draft.operations:
        return draft.undo
    reasons = [why_not(one) or _unkept(one, changes) for one, changes in zip(draft.operations, shown, strict=True)]
    told = "; ".join(together(reasons))
    if not told:
        return CAN
    return told if all(reasons) else f"{CAN} in part: {told}"


def together(reasons: Iterable[str]) -> list[str]:
    """Each reason once, and one that is the same for many objects with their number."""
    found = list(dict.fromkeys(one for one in reasons if one))
    controlled = [one for one in found if one.endswith(CONTROLLED)]
    if len(controlled) < 2:
        return found
    said = f"{len(controlled)} objects belonged to controllers, which make others"
    return [said if one == controlled[0] else one for one in found if one not in controlled[1:]]


def _unkept(one: Operation, changes: Sequence[FieldChange]) -> str:
    """Secret values that a patch changes: created and deleted objects are taken back as a whole."""
    if (
        one.action not in _CHANGES
        or made(one)
        or not any(HIDDEN in str((change.before, change.after)) for change in changes)
    ):
        return ""
    return f"{one.label}: secret values are not kept"


def _lost(one: Operation) -> str:
    if one.live is None:
        return "it was not read"
    if any(owner.get("controller") for owner in at(one.live, "metadata.ownerReferences") or ()):
        return f"{one.label} {CONTROLLED}"
    if HIDDEN in canonical(masked(remade(one.live))):
        return f"{one.label} holds secret values, which are not kept"
    return _CONTENTS.get(one.kind.kind, "")


def inverse(operations: Sequence[Operation]) -> list[Json]:
    """What the trail keeps of each operation before it is done; secret values are left out."""
    return [_kept(one) for one in operations]


def _kept(one: Operation) -> JsonObject:
    entry: JsonObject = {
        "action": one.action, "api_version": one.kind.api_version, "kind": one.kind.kind, "object": one.label,
        "namespace": one.namespace, "name": one.name, "uid": one.uid, "cannot": why_not(one),
        "made": made(one),
    }  # fmt: skip
    if one.live is not None and not entry["cannot"]:
        entry["before"] = masked(remade(one.live))
    return entry


def aftermath(one: Operation, after: Manifest | None) -> JsonObject:
    """What the trail keeps of each operation after it was done: as what it left its object."""
    entry: JsonObject = {"action": one.action, "object": one.label}
    if after is not None and not why_not(one):
        entry["uid"] = uid_of(after)
        entry["after"] = masked(remade(after))
    return entry


def remade(live: Manifest) -> Manifest:
    """A manifest from which the object can be created again: without what the server adds."""
    kept = material(live)
    metadata = {key: value for key, value in kept["metadata"].items() if key in REMADE_METADATA}
    if isinstance(annotations := metadata.pop("annotations", None), dict):
        # What kubectl noted for itself may hold secrets, and is in the manifest anyway.
        annotations = {key: value for key, value in annotations.items() if key != LAST_APPLIED}
        metadata |= {"annotations": annotations} if annotations else {}
    kept["metadata"] = metadata
    spec = kept.get("spec")
    dropped = SERVER_SPEC.get(str(live.get("kind")), ())
    if isinstance(spec, dict) and dropped:
        kept["spec"] = {key: value for key, value in spec.items() if key not in dropped}
    if live.get("kind") == "ServiceAccount":
        # Its tokens went with it; it gets new ones.
        kept.pop("secrets", None)
    return kept


def reverse(before: object, after: object, now: object, pointer: str = "") -> tuple[list[Json], list[str]]:
    """The JSON patch that takes a change back, and the paths that somebody changed since.

    `before` and `after` are the object around the change, `now` is what it is. Lists of things with names are taken
    item by item, so that items that others added stay.
    """
    if before in (after, now):
        return [], []
    if after == now:
        if isinstance(before, dict) and isinstance(after, dict):
            return _keys(before, after, now, pointer)
        if (key := _naming(before, after, now)) is not None:
            return _items(key, before, after, now, pointer)
        return [_step(pointer, before, after)], []
    if isinstance(now, dict) and (isinstance(before, dict) or isinstance(after, dict)):
        return _keys(_dict(before), _dict(after), now, pointer)
    old, new = ([] if one == ABSENT else one for one in (before, after))
    if isinstance(now, list) and (key := _naming(old, new, now)) is not None:
        return _items(key, old, new, now, pointer)
    return [], [pointer or "/"]


def _step(pointer: str, before: object, after: object) -> Json:
    if before == ABSENT:
        return {"op": "remove", "path": pointer}
    value: Json = before  # type: ignore[assignment]
    return {"op": "add" if after == ABSENT else "replace", "path": pointer, "value": value}


def _dict(value: object) -> Manifest:
    return value if isinstance(value, dict) else {}


def _keys(before: Manifest, after: Manifest, now: object, pointer: str) -> tuple[list[Json], list[str]]:
    have = _dict(now)
    parts = [
        reverse(before.get(key, ABSENT), after.get(key, ABSENT), have.get(key, ABSENT), f"{pointer}/{_escaped(key)}")
        for key in sorted(before.keys() | after.keys(), key=str)
    ]
    return [step for steps, _ in parts for step in steps], [path for _, paths in parts for path in paths]


def _items(key: str, before: object, after: object, now: object, pointer: str) -> tuple[list[Json], list[str]]:
    """Changes first, then removals from the end, then additions: so that every index still holds when it is used."""
    old, new = ({item[key]: item for item in _list(one)} for one in (before, after))
    present = {item[key]: (index, item) for index, item in enumerate(_list(now))}
    changes: list[Json] = []
    removals: list[tuple[int, Json]] = []
    additions: list[Json] = []
    conflicts: list[str] = []
    for name in dict.fromkeys((*old, *new)):
        index, item = present.get(name, (-1, ABSENT))
        if name in old and name in new:
            steps, paths = reverse(old[name], new[name], item, f"{pointer}/{index}")
            changes, conflicts = changes + steps, conflicts + paths
        elif item != new.get(name, ABSENT):
            conflicts.append(f"{pointer}/{name}")
        elif name in new:
            removals.append((index, {"op": "remove", "path": f"{pointer}/{index}"}))
        else:
            additions.append({"op": "add", "path": f"{pointer}/-", "value": old[name]})
    removals.sort(key=lambda one: one[0], reverse=True)
    return [*changes, *(step for _, step in removals), *additions], conflicts


def _naming(*lists: object) -> str | None:
    """The key by which the items of all of these lists are told apart; None where there is none."""
    if not all(isinstance(one, list) and all(isinstance(item, dict) for item in one) for one in lists):
        return None
    for key in _KEYS:
        if all(len({str(item.get(key)) for item in _list(one)} - {"None"}) == len(_list(one)) for one in lists):
            return key
    return None


def _list(value: object) -> list[Manifest]:
    return value if isinstance(value, list) else []


def _escaped(key: object) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


def secret_steps(steps: Iterable[Json]) -> bool:
    """Whether a reverse patch would write what the trail does not keep."""
    return HIDDEN in canonical(list(steps))

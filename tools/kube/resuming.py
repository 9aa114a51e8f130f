"""After a crash between writing and recording: what of an approved change is done, still to be done, or not known.

What is exactly as it was previewed is still to be done. Of the rest the objects themselves say whether it was this
device's write; what they do not say is told as not known, and never written again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from protocol.vocabulary import Json, JsonObject
from tools.kube.change import MANAGER, Operation
from tools.kube.creating import existing
from tools.kube.diff import fields
from tools.kube.objects import Manifest, at, uid_of
from tools.kube.preview import Bound, ObjectChange, Preview, bind
from tools.kube.secrecy import HIDDEN, masked
from tools.kube.session import Session
from tools.kube.undo import remade

TOLD: Final = ("create", "patch", "apply", "replace", "delete", "evict")
"""Whose objects say whether it was done."""


@dataclass
class Found:
    """`changes` were done before the crash; `kept` is what the trail notes of them; `unknown` are objects' names."""

    changes: list[ObjectChange] = field(default_factory=list)
    kept: list[Json] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def still_to_do(key: bytes, operations: Sequence[Operation], preview: Preview) -> tuple[Operation, ...]:
    """The operations whose objects and requests are exactly those that were approved."""
    approved = {_identity(one) for one in preview.bound}
    return tuple(one for one in operations if _identity(bind(key, one)) in approved)


async def done_before(session: Session, preview: Preview, begun: JsonObject, left: Sequence[Operation]) -> Found:
    """What became of the approved operations that are not `left`."""
    found = Found()
    open_ones = {_identity(bind(session.cluster.key, one)) for one in left}
    entries = begun.get("undo")
    kept = [one if isinstance(one, dict) else {} for one in entries] if isinstance(entries, list) else []
    for bound, change, entry in zip(preview.bound, preview.changes, kept, strict=False):
        if _identity(bound) in open_ones:
            continue
        live = await _now(session, entry) if change.verb in TOLD else None
        if change.verb not in TOLD or not _is_done(bound, change, entry, live):
            found.unknown.append(bound.object)
            continue
        found.changes.append(change)
        note: JsonObject = {"action": change.verb, "object": change.object}
        if live is not None and change.verb not in ("delete", "evict") and not entry.get("cannot"):
            note |= {"uid": uid_of(live), "after": masked(remade(live))}
        found.kept.append(note)
    return found


def _identity(one: Bound) -> tuple[str, str, str, str]:
    return one.object, one.uid, one.material, one.request


async def _now(session: Session, entry: JsonObject) -> Manifest | None:
    kind = session.kinds.of_manifest({"apiVersion": entry.get("api_version"), "kind": entry.get("kind")})
    return await existing(session, kind, str(entry.get("namespace", "")), str(entry.get("name", "")))


def _is_done(bound: Bound, change: ObjectChange, entry: JsonObject, live: Manifest | None) -> bool:
    if change.verb in ("delete", "evict"):
        return live is None or uid_of(live) != bound.uid or at(live, "metadata.deletionTimestamp") is not None
    if live is None:
        return False
    if not bound.uid:
        return any(one.get("manager") == MANAGER for one in at(live, "metadata.managedFields") or ())
    before = entry.get("before")
    if not isinstance(before, dict) or uid_of(live) != bound.uid:
        return False
    there = {one.path: one.after for one in fields(before, masked(remade(live)))}
    wanted = {one.path: one.after for one in change.fields if HIDDEN not in str(one.after)}
    return bool(wanted) and all(there.get(path) == after for path, after in wanted.items())

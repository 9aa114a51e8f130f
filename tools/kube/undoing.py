"""Undo: a change of the trail, taken back by the way of every write."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, JsonObject
from tools.errors import ToolError
from tools.kube import deletion
from tools.kube.change import Draft, Operation, patched
from tools.kube.creating import existing
from tools.kube.objects import Manifest, at, listed, uid_of
from tools.kube.secrecy import HIDDEN
from tools.kube.session import Session
from tools.kube.trail import same_cluster
from tools.kube.undo import remade, reverse, secret_steps, together
from tools.kube.verbs import writes

ChangeId = Annotated[str, Field(pattern=r"^(k[0-9]{1,12})?$")]


@dataclass
class Plan:
    """What taking a change back comes to. `cannot`: what is not taken back, and why."""

    operations: list[Operation] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    cannot: list[str] = field(default_factory=list)


@writes(
    "kube.undo",
    examples=(
        "undo that",
        "undo the last change",
        "take back change k12",
        "revert what you just did in the cluster",
    ),
)
async def undo(session: Session, *, change: ChangeId = "") -> Draft:
    """Take back a change of this device, where the fields that it changed still are as it left them.

    Args:
        change: The change's id in the trail, such as k12; the last change where it is left open.
    """
    ended, begun = _found(session, change)
    results = {_key(one): one for one in _objects(ended.get("after"))}
    done = {(one.get("verb"), one.get("object")): one for one in _objects(ended.get("changes"))}
    plan = Plan()
    for entry in reversed(_objects(begun.get("undo"))):
        if _key(entry) not in done:
            continue
        if reason := str(entry.get("cannot", "")) or _secret(entry, done[_key(entry)]):
            plan.cannot.append(reason)
            continue
        await _take_back(session, entry, results.get(_key(entry), {}), plan)
    what = f"{ended.get('id')} ({ended.get('summary')})"
    if not plan.operations:
        reasons = "; ".join(together(plan.cannot)) or "there is nothing left of it"
        raise ToolError(ErrorCode.CONFLICT, f"{what} cannot be undone: {reasons}")
    warnings = (*plan.warnings, *(f"not undone: {one}" for one in together(plan.cannot)))
    return Draft(f"undo {what}", tuple(plan.operations), warnings)


def _found(session: Session, change: str) -> tuple[JsonObject, JsonObject]:
    """The entries that say how the change ended and how it began. Raises ToolError(NOT_FOUND, CONFLICT)."""
    trail = session.cluster.trail
    if fault := trail.verify():
        raise ToolError(ErrorCode.CONFLICT, f"the trail was changed by somebody, and nothing is undone by it: {fault}")
    entries = [
        one for one in trail.read(10**9) if one.get("event") != "begun" and one.get("changes") and session.owns(one)
    ]
    ended = next((one for one in reversed(entries) if not change or one.get("id") == change), None)
    if ended is None:
        recent = listed(str(one.get("id")) for one in entries[-5:])
        hint = f": the last are {recent}" if entries else ": nothing was changed yet"
        raise ToolError(ErrorCode.NOT_FOUND, f"the trail has no change {change}{hint}".replace("  ", " "))
    if not same_cluster(ended, session.cluster.identity):
        where = at(ended, "cluster.server", "") or "which one is not on record"
        raise ToolError(ErrorCode.CONFLICT, f"{ended.get('id')} was done in another cluster ({where}): undo it there")
    begun = trail.begun(str(ended.get("preview", "")))
    if begun is None:
        raise ToolError(ErrorCode.NOT_FOUND, f"the trail does not say how {ended.get('id')} began")
    return ended, begun


async def _take_back(session: Session, entry: JsonObject, result: JsonObject, plan: Plan) -> None:
    kind = session.kinds.of_manifest({"apiVersion": entry.get("api_version"), "kind": entry.get("kind")})
    live = await existing(session, kind, str(entry["namespace"]), str(entry["name"]))
    said = str(entry["object"])
    if entry["action"] == "delete":
        _again(session, entry, live, plan)
    elif live is None:
        if not entry.get("made"):
            plan.cannot.append(f"{said} is gone")
    elif uid_of(live) != str(result.get("uid") or entry.get("uid")):
        plan.cannot.append(f"{said} is another object by now")
    elif entry.get("made"):
        plan.operations.append(deletion.deletion(session, live))
        plan.warnings += await deletion.consequences(session, live)
    else:
        _reverse(session, entry, result, live, plan)


def _reverse(session: Session, entry: JsonObject, result: JsonObject, live: Manifest, plan: Plan) -> None:
    before, after = entry.get("before"), result.get("after")
    said = str(entry["object"])
    if not isinstance(before, dict) or not isinstance(after, dict):
        plan.cannot.append(f"{said}: the trail does not say how it was left")
        return
    steps, changed = reverse(before, after, remade(live))
    if changed:
        paths = listed(one.strip("/").replace("/", ".") for one in changed)
        plan.cannot.append(f"{said} was changed since: {paths}")
    elif secret_steps(steps):
        plan.cannot.append(f"{said}: secret values are not kept")
    elif steps:
        plan.operations.append(patched(session.kinds, live, steps, patch="json"))


def _again(session: Session, entry: JsonObject, live: Manifest | None, plan: Plan) -> None:
    said, before = str(entry["object"]), entry.get("before")
    if live is not None:
        plan.cannot.append(f"{said} is there again")
        return
    if not isinstance(before, dict) or HIDDEN in str(before):
        plan.cannot.append(f"{said}: its manifest is not kept")
        return
    kind = session.kinds.of_manifest(before)
    plan.operations.append(Operation("create", kind, str(entry["namespace"]), str(entry["name"]), None, before))
    lost = "; what was inside its containers is lost" if kind.kind == "Pod" else ""
    plan.warnings.append(f"{said} is created again, as a new object{lost}")


def _secret(entry: JsonObject, change: JsonObject) -> str:
    """Whether a value that changed is one that the trail does not keep."""
    hidden = [one for one in _objects(change.get("fields")) if HIDDEN in str((one.get("before"), one.get("after")))]
    # What is created or deleted is taken back as a whole.
    if not hidden or entry.get("made") or entry.get("action") == "delete":
        return ""
    return f"{entry.get('object')}: the values of {listed(str(one.get('path')) for one in hidden)} are not kept"


def _objects(value: Json) -> list[JsonObject]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _key(entry: JsonObject) -> tuple[Json, Json]:
    return entry.get("action"), entry.get("object")

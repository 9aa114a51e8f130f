"""Deletion: of one object, of all that a selector or status chooses, and of what holds a deletion up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Final, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, Risk
from tools.errors import ToolError
from tools.kube import contents
from tools.kube.arguments import KindWord, Name, Namespace, Selector, WaitSeconds
from tools.kube.change import Draft, Intent, Operation
from tools.kube.errors import KubeError
from tools.kube.listing import Status
from tools.kube.objects import Manifest, at, label, labels_of, listed, matches, name_of, namespace_of, uid_of
from tools.kube.session import Session
from tools.kube.traits import has_status
from tools.kube.verbs import writes

Cascade = Literal["background", "foreground", "orphan"]
Grace = Annotated[int, Field(ge=0, le=86_400, json_schema_extra={"format": "seconds"})]
OWNERS: Final = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"})


@writes(
    "kube.delete",
    risk=Risk.DESTRUCTIVE,
    examples=(
        "delete pod web-1 in shop",
        "remove the deployment checkout",
        "delete the namespace team-old",
        "get rid of job import and leave its pods",
    ),
)
async def delete(
    session: Session,
    *,
    kind: KindWord,
    name: Name,
    namespace: Namespace = "",
    grace_s: Grace | None = None,
    cascade: Cascade = "background",
    wait_s: WaitSeconds = 60.0,
) -> Draft:
    """Delete one object.

    Args:
        kind: The kind of object.
        name: The object.
        namespace: Its namespace; found out where it is left open.
        grace_s: How many seconds a pod has to end; its own where left open, 0 kills it.
        cascade: What becomes of what it owns: deleted after it, before it (foreground), or left (orphan).
        wait_s: How long to wait until it is gone.
    """
    live = await session.find.one(name, kind, namespace)
    if at(live, "metadata.deletionTimestamp"):
        held = listed(str(one) for one in at(live, "metadata.finalizers") or ())
        waits = f": it waits for {held}" if held else ""
        return Draft(f"{label(live)} is being deleted already{waits}")
    operation = replace(deletion(session, live), grace_s=grace_s, cascade=cascade)
    warnings = await consequences(session, live, cascade)
    if grace_s == 0:
        warnings.append("with no grace period its processes are killed, and may still run on a node that is cut off")
    return Draft(f"delete {label(live)}", (operation,), tuple(warnings), wait_s=wait_s)


@writes(
    "kube.delete_collection",
    risk=Risk.DESTRUCTIVE,
    examples=(
        "delete all pods with app=old in shop",
        "remove the failed pods in batch",
        "delete every completed job in namespace etl",
        "clean up the evicted pods",
    ),
)
async def delete_collection(
    session: Session,
    *,
    kind: KindWord,
    namespace: Namespace = "",
    selector: Selector = "",
    status: Status = "",
    wait_s: WaitSeconds = 60.0,
) -> Draft:
    """Delete the objects of a kind that a selector or a status chooses: exactly those that the preview lists.

    Args:
        kind: The kind of objects.
        namespace: Only in this namespace.
        selector: A label selector, such as app=web.
        status: Only those that are failed, succeeded, evicted, complete ...
        wait_s: How long to wait until they are gone.
    """
    if not selector and not status:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say which ones: by a selector such as app=web, or by a status")
    found = session.kinds.find(kind)
    if not found.namespaced and found.plural == "namespaces":
        raise ToolError(ErrorCode.DENIED, "namespaces are deleted one by one, by name")
    query = (("labelSelector", selector),) if selector else ()
    space = namespace if found.namespaced else ""
    objects = await (session.api.items(found.path(space), query) if space else session.find.everywhere(found, query))
    staying = [one for one in objects if not at(one, "metadata.deletionTimestamp")]
    chosen = [one for one in staying if not status or has_status(one, status)]
    which = " ".join(one for one in (status, found.plural, f"with {selector}" if selector else "") if one)
    where = f" in {namespace}" if namespace else ""
    if not chosen:
        return Draft(f"there are no {which}{where}")
    chosen.sort(key=lambda one: (namespace_of(one), name_of(one)))
    operations = tuple(deletion(session, one) for one in chosen)
    warnings = [] if found.plural != "pods" else _returning(chosen)
    return Draft(f"delete {len(chosen)} {which}{where}", operations, tuple(warnings), wait_s=wait_s)


@writes(
    "kube.remove_finalizers",
    risk=Risk.DESTRUCTIVE,
    examples=(
        "remove the finalizers of namespace team-old",
        "the claim data hangs in terminating, clear its finalizers",
        "drop the finalizers from widget w1 in shop",
        "force the stuck config map settings to go",
    ),
)
async def remove_finalizers(
    session: Session, *, kind: KindWord, name: Name, namespace: Namespace = "", wait_s: WaitSeconds = 30.0
) -> Draft:
    """Let an object go that is being deleted and waits for its finalizers. What they were to clean up stays.

    Args:
        kind: The kind of object.
        name: The object.
        namespace: Its namespace; found out where it is left open.
        wait_s: How long to wait until it is gone.
    """
    live = await session.find.one(name, kind, namespace)
    mine = [str(one) for one in at(live, "metadata.finalizers") or ()]
    of_namespace = [str(one) for one in at(live, "spec.finalizers") or ()] if live["kind"] == "Namespace" else []
    if not mine and not of_namespace:
        return Draft(f"{label(live)} has no finalizers")
    if not at(live, "metadata.deletionTimestamp"):
        raise ToolError(
            ErrorCode.CONFLICT,
            f"{label(live)} is not being deleted: its finalizers ({listed(mine or of_namespace)}) protect it; "
            f"delete it first, and only if that hangs remove them",
        )
    gone = Intent("it is gone", _gone(uid_of(live)))
    base = replace(deletion(session, live), irreversible="what is let go of is gone", intent=gone)
    steps: list[Operation] = []
    if mine:
        body: Json = [{"op": "remove", "path": "/metadata/finalizers"}]
        steps.append(replace(base, action="patch", patch="json", body=body, intent=None if of_namespace else gone))
    if of_namespace:
        spec = {**(live.get("spec") or {}), "finalizers": []}
        metadata = {key: value for key, value in live["metadata"].items() if key != "managedFields"}
        body_of = {"apiVersion": "v1", "kind": "Namespace", "metadata": {**metadata, "finalizers": []}, "spec": spec}
        steps = [replace(base, action="put", subresource="finalize", body=body_of)]
    warnings = [f"what {one} was to clean up stays behind" for one in mine + of_namespace]
    if of_namespace:
        held = await contents.of_namespace(session, name_of(live))
        if held.counts or held.unread:
            warnings.append(f"still in it, and out of reach afterwards: {held}")
    return Draft(f"remove the finalizers of {label(live)}", tuple(steps), tuple(warnings), wait_s=wait_s)


def deletion(session: Session, live: Manifest) -> Operation:
    """The deletion of an object as it was found, on the condition that it still is that one."""
    kind = session.kinds.of_manifest(live)
    intent = Intent("it is gone", _gone(uid_of(live)))
    return Operation("delete", kind, namespace_of(live), name_of(live), live, intent=intent)


def _gone(uid: str) -> Callable[[Manifest | None], str]:
    def holds(live: Manifest | None) -> str:
        if live is None or uid_of(live) != uid:
            return ""
        held = listed(str(one) for one in [*(at(live, "metadata.finalizers") or ()), *_spec_finalizers(live)])
        return f"it is still there, waiting for {held}" if held else "it is still there"

    return holds


async def consequences(session: Session, live: Manifest, cascade: Cascade = "background") -> list[str]:
    """What a deletion takes with it, and what it does not achieve."""
    warnings = _returning([live])
    if live["kind"] == "Namespace":
        held = await contents.of_namespace(session, name_of(live))
        warnings.append(f"goes with it: {held}" if held.counts else str(held) if held.unread else "it is empty")
    selector = at(live, "spec.selector")
    if live["kind"] in OWNERS and isinstance(selector, dict):
        pods = await _pods(session, live, selector)
        if pods:
            fate = "are left without it" if cascade == "orphan" else "go with it"
            warnings.append(f"{len(pods)} pods {fate}: {listed((name_of(one) for one in pods), 5)}")
    if live["kind"] == "PersistentVolumeClaim":
        users = [one for one in await _all_pods(session, namespace_of(live)) if name_of(live) in _claims(one)]
        if users:
            warnings.append(f"it stays until the pods that use it are gone: {listed(name_of(one) for one in users)}")
    if finalizers := at(live, "metadata.finalizers"):
        warnings.append(f"it stays until its finalizers are done: {listed(str(one) for one in finalizers)}")
    return warnings


def _returning(objects: list[Manifest]) -> list[str]:
    """Objects that their controllers will make again."""
    owners: dict[str, int] = {}
    for one in objects:
        owner = next((ref for ref in at(one, "metadata.ownerReferences") or () if ref.get("controller")), None)
        finished = at(one, "status.phase") in ("Succeeded", "Failed")
        if owner is not None and not finished:
            said = f"{owner.get('kind')} {owner.get('name')}"
            owners[said] = owners.get(said, 0) + 1
    return [
        f"{said} will make {'a new one' if number == 1 else f'{number} new ones'}" for said, number in owners.items()
    ][:10]


def _claims(pod: Manifest) -> set[str]:
    return {str(one) for one in at(pod, "spec.volumes[*].persistentVolumeClaim.claimName") or ()}


async def _pods(session: Session, live: Manifest, selector: Manifest) -> list[Manifest]:
    wanted = selector if "matchLabels" in selector or "matchExpressions" in selector else {"matchLabels": selector}
    return [one for one in await _all_pods(session, namespace_of(live)) if matches(wanted, labels_of(one))]


async def _all_pods(session: Session, namespace: str) -> list[Manifest]:
    """The pods of a namespace; none where they may not be read: they only serve a warning."""
    try:
        return await session.api.items(session.kinds.find("pods").path(namespace))
    except KubeError as error:
        if error.status == 403:
            return []
        raise


def _spec_finalizers(live: Manifest) -> list[str]:
    return [str(one) for one in at(live, "spec.finalizers") or ()] if live.get("kind") == "Namespace" else []

"""Rollouts: restart, undo, pause, resume."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools.errors import ToolError
from tools.kube import rollout
from tools.kube.arguments import KindWord, Name, Namespace, WaitSeconds
from tools.kube.change import Draft, Intent, Operation, patched
from tools.kube.objects import Manifest, at, label, listed, name_of, namespace_of, uid_of
from tools.kube.resolve import WORKLOADS
from tools.kube.session import Session
from tools.kube.verbs import writes

RESTARTED: Final = "kubectl.kubernetes.io/restartedAt"
Revision = Annotated[int, Field(ge=0, le=10**9)]


@writes(
    "kube.restart",
    examples=(
        "restart checkout",
        "do a rolling restart of the api deployment in shop",
        "bounce the worker pods",
        "restart daemonset node-agent",
    ),
)
async def restart(
    session: Session, *, name: Name, kind: KindWord = "", namespace: Namespace = "", wait_s: WaitSeconds = 120.0
) -> Draft:
    """Replace the pods of a workload one after the other, by its own rollout.

    Args:
        name: The workload.
        kind: Deployment, StatefulSet or DaemonSet; found out where it is left open.
        namespace: Its namespace; found out where it is left open.
        wait_s: How long to wait until the new pods are ready.
    """
    live = await workload(session, name, kind, namespace)
    _unpaused(live)
    # The moment of the preview: the draft is made again for the commit, and must come out the same.
    now = datetime.fromtimestamp(session.made, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    patch: Json = {"spec": {"template": {"metadata": {"annotations": {RESTARTED: now}}}}}
    pods = at(live, "status.desiredNumberScheduled") if live["kind"] == "DaemonSet" else at(live, "spec.replicas", 1)
    lost = "pods that were replaced do not return"
    operation = patched(session.kinds, live, patch, intent=rollout.complete(session), irreversible=lost)
    return Draft(f"restart {label(live)}, {pods} pods one after the other", (operation,), manual(live), wait_s=wait_s)


@writes(
    "kube.rollout_undo",
    examples=(
        "roll back checkout",
        "undo the last rollout of api in shop",
        "go back to revision 3 of the web deployment",
        "revert worker to its previous version",
    ),
)
async def rollout_undo(
    session: Session,
    *,
    name: Name,
    kind: KindWord = "",
    namespace: Namespace = "",
    to_revision: Revision = 0,
    wait_s: WaitSeconds = 120.0,
) -> Draft:
    """Bring back the pods' template of an earlier revision of a workload.

    Args:
        name: The workload.
        kind: Deployment, StatefulSet or DaemonSet; found out where it is left open.
        namespace: Its namespace; found out where it is left open.
        to_revision: Which revision; 0 means the one before the present one.
        wait_s: How long to wait until the rollout is complete.
    """
    live = await workload(session, name, kind, namespace)
    _unpaused(live)
    if live["kind"] == "Deployment":
        return await _undo_deployment(session, live, to_revision, wait_s)
    return await _undo_by_revisions(session, live, to_revision, wait_s)


@writes(
    "kube.rollout_pause",
    examples=(
        "pause the rollout of checkout",
        "hold the rollout of api in shop",
        "stop rolling out web for now",
        "pause deployment worker",
    ),
)
async def rollout_pause(session: Session, *, name: Name, kind: KindWord = "", namespace: Namespace = "") -> Draft:
    """Pause a Deployment's rollout: changes of its template wait until it is resumed.

    Args:
        name: The Deployment.
        kind: Deployment.
        namespace: Its namespace; found out where it is left open.
    """
    return await _pause(session, name, kind, namespace, True)


@writes(
    "kube.rollout_resume",
    examples=(
        "resume the rollout of checkout",
        "continue rolling out api in shop",
        "unpause deployment web",
        "let the rollout of worker go on",
    ),
)
async def rollout_resume(session: Session, *, name: Name, kind: KindWord = "", namespace: Namespace = "") -> Draft:
    """Let a paused Deployment's rollout go on.

    Args:
        name: The Deployment.
        kind: Deployment.
        namespace: Its namespace; found out where it is left open.
    """
    return await _pause(session, name, kind, namespace, False)


async def workload(session: Session, name: str, kind: str, namespace: str) -> Manifest:
    """The Deployment, StatefulSet or DaemonSet. Raises ToolError, saying what to do about a pod or a ReplicaSet."""
    if kind and session.kinds.find(kind).plural not in WORKLOADS:
        live = await session.find.one(name, kind, namespace)
        owner = at(live, "metadata.ownerReferences[0]", {})
        advice = (
            f"it belongs to {owner.get('kind')} {owner.get('name')}: name the workload above it"
            if owner
            else "delete it and create it again, or run it under a Deployment"
        )
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{label(live)} has no rollout: {advice}")
    return await session.find.one(name, kind, namespace, WORKLOADS)


def manual(live: Manifest) -> tuple[str, ...]:
    """What the person should know of how this workload replaces its pods."""
    if rollout.by_hand(live):
        return ("its update strategy is OnDelete: pods get the change only once somebody deletes them",)
    if at(live, "spec.paused"):
        return ("its rollout is paused: pods get the change once it is resumed",)
    return ()


def _unpaused(live: Manifest) -> None:
    if at(live, "spec.paused"):
        raise ToolError(ErrorCode.CONFLICT, f"the rollout of {label(live)} is paused: resume it first")


async def _pause(session: Session, name: str, kind: str, namespace: str, paused: bool) -> Draft:
    live = await session.find.one(name, kind or "deployments.apps", namespace, ("deployments",))
    if live["kind"] != "Deployment":
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{label(live)}: only the rollout of a Deployment can be paused")
    if bool(at(live, "spec.paused")) == paused:
        return Draft(f"the rollout of {label(live)} is {'paused already' if paused else 'not paused'}")
    intent = Intent("paused", _seen) if paused else rollout.complete(session)
    operation = patched(session.kinds, live, {"spec": {"paused": True if paused else None}}, intent=intent)
    return Draft(f"{'pause' if paused else 'resume'} the rollout of {label(live)}", (operation,), wait_s=120.0)


def _seen(live: Manifest | None) -> str:
    if live is None:
        return "it is gone"
    seen = int(at(live, "status.observedGeneration", 0)) >= int(at(live, "metadata.generation", 0))
    return "" if seen else "its controller has not seen the change yet"


async def _undo_deployment(session: Session, live: Manifest, to_revision: int, wait_s: float) -> Draft:
    """A Deployment's revisions are its ReplicaSets."""
    sets = session.kinds.find("replicasets.apps")
    owned = [one for one in await session.api.items(sets.path(namespace_of(live))) if _owned(one, live)]
    by_number = {int(at(one, rollout.REVISION, 0)): one for one in owned}
    chosen = _chosen(live, by_number, to_revision, int(at(live, rollout.REVISION, 0)))
    template = dict(at(by_number[chosen], "spec.template", {}))
    labels = {k: v for k, v in at(template, "metadata.labels", {}).items() if k != "pod-template-hash"}
    template["metadata"] = {**(template.get("metadata") or {}), "labels": labels}
    if template == at(live, "spec.template"):
        return Draft(f"{label(live)} has the template of revision {chosen} already")
    steps: Json = [{"op": "replace", "path": "/spec/template", "value": template}]
    operation = Operation(
        "patch", session.kinds.of_manifest(live), namespace_of(live), name_of(live), live, steps, patch="json",
        intent=rollout.complete(session),
    )  # fmt: skip
    return Draft(f"roll {label(live)} back to revision {chosen}", (operation,), manual(live), wait_s=wait_s)


async def _undo_by_revisions(session: Session, live: Manifest, to_revision: int, wait_s: float) -> Draft:
    """Those of StatefulSets and DaemonSets are ControllerRevisions, whose data is a strategic merge patch."""
    kind = session.kinds.find("controllerrevisions.apps")
    owned = [one for one in await session.api.items(kind.path(namespace_of(live))) if _owned(one, live)]
    by_number = {int(one.get("revision", 0)): one for one in owned}
    current = max(by_number, default=0)
    chosen = _chosen(live, by_number, to_revision, current)
    if chosen == current:
        return Draft(f"{label(live)} has the template of revision {chosen} already")
    operation = patched(
        session.kinds, live, by_number[chosen].get("data"), patch="strategic", intent=rollout.complete(session)
    )
    return Draft(f"roll {label(live)} back to revision {chosen}", (operation,), manual(live), wait_s=wait_s)


def _owned(one: Manifest, live: Manifest) -> bool:
    return any(ref.get("uid") == uid_of(live) for ref in at(one, "metadata.ownerReferences") or ())


def _chosen(live: Manifest, by_number: dict[int, Manifest], wanted: int, current: int) -> int:
    """The revision that is meant. Raises ToolError(NOT_FOUND) naming those there are."""
    numbers = sorted(by_number)
    earlier = [one for one in numbers if one < current]
    if not wanted and earlier:
        return earlier[-1]
    if wanted in by_number:
        return wanted
    there = f"it has {listed(str(one) for one in numbers)}" if numbers else "none is kept"
    what = f"revision {wanted}" if wanted else f"revision before {current}"
    raise ToolError(ErrorCode.NOT_FOUND, f"{label(live)} has no {what}: {there}")

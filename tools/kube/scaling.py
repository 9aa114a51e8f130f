"""Replicas: scale."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube import rollout
from tools.kube.arguments import Count, KindWord, Name, Namespace, WaitSeconds
from tools.kube.change import Draft, Intent, Operation
from tools.kube.objects import Manifest, at, label, name_of, namespace_of
from tools.kube.resolve import SCALABLE
from tools.kube.session import Session
from tools.kube.verbs import writes

Change = Annotated[int, Field(ge=-100_000, le=100_000)]


@writes(
    "kube.scale",
    examples=(
        "scale checkout to four",
        "set the replicas of web in shop to 3",
        "run two more copies of api",
        "bring worker down to one replica",
    ),
)
async def scale(
    session: Session,
    *,
    name: Name,
    replicas: Count | None = None,
    by: Change = 0,
    kind: KindWord = "",
    namespace: Namespace = "",
    wait_s: WaitSeconds = 60.0,
) -> Draft:
    """Set how many replicas a workload has.

    Args:
        name: The workload.
        replicas: How many there are to be.
        by: How many more (or fewer, negative), where `replicas` is not given.
        kind: Deployment, StatefulSet or ReplicaSet; found out where it is left open.
        namespace: Its namespace; found out where it is left open.
        wait_s: How long to wait until they are ready.
    """
    if (replicas is None) == (by == 0):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say how many replicas there are to be, or how many more or fewer")
    live = await session.find.one(name, kind, namespace, SCALABLE)
    _scalable(session, live)
    before = int(at(live, "spec.replicas", 1))
    after = replicas if replicas is not None else max(0, before + by)
    summary = f"scale {label(live)} from {before} to {after}"
    if before == after:
        return Draft(f"{label(live)} has {after} replicas")
    operation = Operation(
        "patch",
        session.kinds.find(str(live["kind"])),
        namespace_of(live),
        name_of(live),
        live,
        {"spec": {"replicas": after}},
        intent=ready(session, after),
    )
    warnings = [f"{one} sets the replicas by itself, and would set them back" for one in await _scalers(session, live)]
    return Draft(summary, (operation,), tuple(warnings), wait_s=wait_s)


def _scalable(session: Session, live: Manifest) -> None:
    """Raises ToolError(BAD_ARGUMENTS) for what has no replicas, or is kept by a workload above it."""
    if "scale" not in session.kinds.of_manifest(live).subresources:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{label(live)} has no replicas that could be set")
    owner = next((one for one in at(live, "metadata.ownerReferences") or () if one.get("controller")), None)
    if owner is not None:
        above = f"{owner.get('kind')} {owner.get('name')}"
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{label(live)} belongs to {above}, which sets it: scale that")


def ready(session: Session, count: int) -> Intent:
    """So many replicas are there, new and ready; where they are not, the pods' own reasons are told."""

    def holds(live: Manifest | None) -> str:
        if live is None:
            return "it is gone"
        status = live.get("status") or {}
        seen = int(status.get("observedGeneration", 0)) >= int(at(live, "metadata.generation", 0))
        have, there = int(status.get("readyReplicas", 0)), int(status.get("replicas", 0))
        if seen and have == count and there == count:
            return ""
        return f"{there} pods are there" if have == count else f"{have} of {count} replicas are ready"

    async def why(live: Manifest) -> tuple[str, bool]:
        return await rollout.reasons(session, live)

    return Intent(f"{count} replicas are ready", holds, why)


async def _scalers(session: Session, live: Manifest) -> list[str]:
    """The autoscalers that control this workload."""
    kind = session.kinds.get("horizontalpodautoscalers", "autoscaling")
    if kind is None:
        return []
    found = await session.api.items(kind.path(namespace_of(live)))
    target = (str(live["kind"]), name_of(live))
    return [
        label(one)
        for one in found
        if (at(one, "spec.scaleTargetRef.kind"), at(one, "spec.scaleTargetRef.name")) == target
    ]

"""Nodes: cordon, uncordon, drain, taint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, Risk
from tools.errors import ToolError
from tools.kube.arguments import Name, WaitSeconds
from tools.kube.change import Draft, Intent, Operation, patched
from tools.kube.deletion import Grace, deletion
from tools.kube.objects import Manifest, at, label, listed, name_of, namespace_of
from tools.kube.session import Session
from tools.kube.verbs import writes

MIRROR: Final = 'metadata.annotations["kubernetes.io/config.mirror"]'
TaintKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$", max_length=317)]
TaintValue = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]*$", max_length=63)]
Effect = Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"]


@writes(
    "kube.cordon",
    examples=(
        "cordon node1",
        "no new pods on node worker-2",
        "mark node3 as unschedulable",
        "stop scheduling on node worker-1",
    ),
)
async def cordon(session: Session, *, node: Name) -> Draft:
    """Let no new pods come to a node; those that run there stay.

    Args:
        node: The node.
    """
    live = await session.find.one(node, "nodes")
    if at(live, "spec.unschedulable"):
        return Draft(f"{label(live)} is cordoned already")
    return Draft(f"cordon {label(live)}", (_cordon(session, live),), await _only_node(session, live))


@writes(
    "kube.uncordon",
    examples=(
        "uncordon node1",
        "let pods onto node worker-2 again",
        "make node3 schedulable",
        "put node worker-1 back into service",
    ),
)
async def uncordon(session: Session, *, node: Name) -> Draft:
    """Let new pods come to a node again.

    Args:
        node: The node.
    """
    live = await session.find.one(node, "nodes")
    if not at(live, "spec.unschedulable"):
        return Draft(f"{label(live)} is not cordoned")
    intent = Intent("it takes pods", lambda one: "it is still cordoned" if at(one, "spec.unschedulable") else "")
    operation = patched(session.kinds, live, {"spec": {"unschedulable": None}}, intent=intent)
    return Draft(f"uncordon {label(live)}", (operation,))


@writes(
    "kube.drain",
    risk=Risk.DESTRUCTIVE,
    timeout_s=900.0,
    examples=(
        "drain node1",
        "move everything off node worker-2",
        "evict all pods from node3 for maintenance",
        "drain worker-1 and give pods 30 seconds",
    ),
)
async def drain(
    session: Session,
    *,
    node: Name,
    grace_s: Grace | None = None,
    delete_local_data: bool = False,
    force: bool = False,
    wait_s: WaitSeconds = 300.0,
) -> Draft:
    """Cordon a node and evict its pods, as disruption budgets allow. Pods of daemon sets and of the node itself stay.

    Args:
        node: The node.
        grace_s: How many seconds pods have to end; their own where left open.
        delete_local_data: Evict pods with emptyDir volumes too; what is in these is lost.
        force: Evict pods that no controller will make again elsewhere.
        wait_s: How long budgets and ending pods are waited for.
    """
    live = await session.find.one(node, "nodes")
    pods = await session.api.items(session.kinds.find("pods").path(), (("fieldSelector", f"spec.nodeName={node}"),))
    plan = sort_out(pods, delete_local_data=delete_local_data, force=force)
    if plan.refused:
        raise ToolError(ErrorCode.CONFLICT, f"{label(live)} cannot be drained: {'; '.join(plan.refused)}")
    budgets = session.kinds.get("poddisruptionbudgets", "policy")
    version = budgets.api_version if budgets is not None else "policy/v1beta1"
    evictions = [_eviction(session, one, version, grace_s) for one in plan.evicted]
    first = [] if at(live, "spec.unschedulable") else [_cordon(session, live)]
    if not first and not evictions:
        return Draft(f"{label(live)} is drained already{f' ({listed(plan.kept)} stay)' if plan.kept else ''}")
    inside = [label(one) for one in plan.evicted if namespace_of(one) in session.settings.protected]
    if inside:
        plan.warnings.append(f"of protected namespaces, and moved all the same: {listed(inside)}")
    warnings = [*plan.warnings, *(f"stays: {one}" for one in plan.kept[:20]), *await _only_node(session, live)]
    return Draft(
        f"drain {label(live)}: {len(evictions)} pods", (*first, *evictions), tuple(warnings), wait_s=wait_s,
        undo="kube.uncordon lets pods come again; those that were evicted are not brought back",
    )  # fmt: skip


@writes(
    "kube.taint",
    examples=(
        "taint node1 with dedicated=gpu:NoSchedule",
        "add the taint maintenance to worker-2",
        "remove the taint dedicated from node3",
        "keep pods without toleration off node worker-1",
    ),
)
async def taint(
    session: Session,
    *,
    node: Name,
    key: TaintKey,
    value: TaintValue = "",
    effect: Effect = "",
    remove: bool = False,
) -> Draft:
    """Set or remove a taint of a node.

    Args:
        node: The node.
        key: The taint's key.
        value: Its value.
        effect: NoSchedule where left open; to remove: every effect where left open.
        remove: Take the taint away.
    """
    live = await session.find.one(node, "nodes")
    there: list[Json] = list(at(live, "spec.taints") or [])
    said = f"{key}{f'={value}' if value else ''}{f':{effect}' if effect else ''}"
    if remove:
        kept = [one for one in there if not _is(one, key, value, effect)]
        if kept == there:
            has = listed(f"{at(one, 'key')}:{at(one, 'effect')}" for one in there if isinstance(one, dict)) or "none"
            return Draft(f"{label(live)} has no taint {said}: it has {has}")
        return Draft(f"remove the taint {said} of {label(live)}", (_taints(session, live, kept),))
    chosen = effect or "NoSchedule"
    new: dict[str, Json] = {"key": key, "effect": chosen}
    if value:
        new["value"] = value
    if any(isinstance(one, dict) and {k: one.get(k) for k in new} == new for one in there):
        return Draft(f"{label(live)} has the taint {key}:{chosen} already")
    kept = [one for one in there if not _is(one, key, "", chosen)]
    warnings: tuple[str, ...] = ()
    if chosen == "NoExecute":
        warnings = ("NoExecute ends the pods there that do not tolerate it, whatever disruption budgets say",)
    summary = f"taint {label(live)} with {key}{f'={value}' if value else ''}:{chosen}"
    return Draft(summary, (_taints(session, live, [*kept, new]),), warnings)


@dataclass
class Plan:
    """What draining does with each pod. `refused`: what stands in its way, in words."""

    evicted: list[Manifest]
    kept: list[str]
    refused: list[str]
    warnings: list[str]


def sort_out(pods: list[Manifest], *, delete_local_data: bool, force: bool) -> Plan:
    """Which pods are evicted, which stay, and which must not be. Pure."""
    plan = Plan([], [], [], [])
    bare: list[str] = []
    local: list[str] = []
    for pod in sorted(pods, key=lambda one: (namespace_of(one), name_of(one))):
        owner = next((ref for ref in at(pod, "metadata.ownerReferences") or () if ref.get("controller")), None)
        finished = at(pod, "status.phase") in ("Succeeded", "Failed")
        if at(pod, MIRROR) is not None:
            plan.kept.append(f"{label(pod)} (the node's own)")
            continue
        if owner is not None and owner.get("kind") == "DaemonSet" and not finished:
            plan.kept.append(f"{label(pod)} (of DaemonSet {owner.get('name')})")
            continue
        if at(pod, "metadata.deletionTimestamp"):
            continue
        if owner is None and not finished:
            bare.append(label(pod))
        if any("emptyDir" in one for one in at(pod, "spec.volumes") or ()) and not finished:
            local.append(label(pod))
        plan.evicted.append(pod)
    _say(plan, bare, force, "no controller makes {} again elsewhere", "force")
    _say(plan, local, delete_local_data, "the emptyDir contents of {} would be lost", "delete_local_data")
    return plan


def _say(plan: Plan, pods: list[str], allowed: bool, sentence: str, switch: str) -> None:
    if pods:
        said = sentence.format(listed(pods, 5))
        (plan.warnings if allowed else plan.refused).append(said if allowed else f"{said} (say {switch} to do it)")


def _eviction(session: Session, pod: Manifest, version: str, grace_s: int | None) -> Operation:
    return Operation(
        "evict", session.kinds.of_manifest(pod), namespace_of(pod), name_of(pod), pod, {"apiVersion": version},
        intent=deletion(session, pod).intent, irreversible="an eviction", grace_s=grace_s,
    )  # fmt: skip


def _cordon(session: Session, live: Manifest) -> Operation:
    intent = Intent("it is cordoned", lambda one: "" if at(one, "spec.unschedulable") else "it takes pods")
    return patched(session.kinds, live, {"spec": {"unschedulable": True}}, intent=intent)


async def _only_node(session: Session, live: Manifest) -> tuple[str, ...]:
    """A warning where no other node takes pods."""
    nodes = await session.api.items(session.kinds.find("nodes").path())
    others = [one for one in nodes if name_of(one) != name_of(live) and not at(one, "spec.unschedulable")]
    return () if others else ("no other node takes pods: new ones stay pending until this one does again",)


def _is(one: Json, key: str, value: str, effect: str) -> bool:
    same = isinstance(one, dict) and one.get("key") == key
    return same and (not value or at(one, "value") == value) and (not effect or at(one, "effect") == effect)


def _taints(session: Session, live: Manifest, taints: list[Json]) -> Operation:
    # The list is set as a whole: the write is conditional on the version that it was read in.
    return patched(session.kinds, live, {"spec": {"taints": taints or None}})

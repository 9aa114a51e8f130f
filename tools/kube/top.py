"""`kube.top`: CPU and memory of pods and nodes; without metrics, what they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tools.arguments import Output
from tools.kube import quantities, traits
from tools.kube.arguments import MaybeName, Namespace
from tools.kube.listing import known
from tools.kube.metrics import Key, Use, asked, usage
from tools.kube.objects import Manifest, at, name_of, namespace_of
from tools.kube.session import Session
from tools.kube.verbs import reads
from tools.kube.wording import bounded, clean, counted, table

MOST = 200


class Load(Output):
    """`cpu` in cores and `memory` in bytes: what is used, or, where `measured` is not said, requested."""

    name: str
    namespace: str
    cpu: float
    memory: float


class Top(Output):
    """`measured`: whether these are measurements (metrics.k8s.io); else they are requests."""

    text: str
    measured: bool
    rows: tuple[Load, ...]


@reads(
    "kube.top",
    examples=(
        "which pods use the most memory?",
        "top nodes",
        "cpu usage of the pods in shop",
        "how loaded is node1?",
    ),
)
async def top(
    session: Session,
    *,
    kind: Literal["pods", "nodes"] = "pods",
    namespace: Namespace = "",
    name: MaybeName = "",
    sort: Literal["cpu", "memory"] = "cpu",
) -> Top:
    """Show the CPU and memory that pods or nodes use; where the cluster measures nothing, what they request.

    Args:
        kind: pods or nodes.
        namespace: Namespace of the pods; all of them where it is left open.
        name: Only this one.
        sort: What the largest of stands first.
    """
    found = session.kinds.find(kind)
    objects = await session.find.everywhere(found) if not namespace else await session.api.items(found.path(namespace))
    objects = [one for one in objects if name in ("", name_of(one)) and not _finished(one)]
    if not objects:
        if name:
            await session.find.one(name, kind, namespace)
        await known(session, namespace)
        return Top(text=clean(f"no {kind}{f' in {namespace}' if namespace else ''}"), measured=False, rows=())
    used = await usage(session, kind, namespace if kind == "pods" else "")
    pods = await session.find.everywhere(session.kinds.find("pods")) if kind == "nodes" else []
    loads = _loads(objects, used, pods)
    order = sorted(objects, key=lambda one: (-loads[_key(one)][sort], *_key(one)))
    text = bounded(_text(kind, namespace, order, used, loads, pods))
    rows = tuple(
        Load(name=name_of(one), namespace=namespace_of(one), cpu=loads[_key(one)]["cpu"],
             memory=loads[_key(one)]["memory"])
        for one in order[:MOST]
    )  # fmt: skip
    return Top(text=text, measured=used is not None, rows=rows)


def _finished(obj: Manifest) -> bool:
    return obj.get("kind") == "Pod" and at(obj, "status.phase") in ("Succeeded", "Failed")


def _key(obj: Manifest) -> Key:
    return namespace_of(obj), name_of(obj)


def _loads(objects: Sequence[Manifest], used: dict[Key, Use] | None, pods: Sequence[Manifest]) -> dict[Key, Use]:
    if used is not None:
        return {_key(one): used.get(_key(one), {"cpu": 0.0, "memory": 0.0}) for one in objects}
    return {_key(one): on_node(pods, name_of(one)) if one["kind"] == "Node" else asked(one) for one in objects}


def on_node(pods: Sequence[Manifest], node: str, which: str = "requests") -> Use:
    """The sum of what the pods on a node ask for."""
    there = [asked(one, which) for one in pods if at(one, "spec.nodeName") == node and not _finished(one)]
    return {name: sum(one[name] for one in there) for name in ("cpu", "memory")}


def _text(
    kind: str, namespace: str, order: Sequence[Manifest], used: dict[Key, Use] | None, loads: dict[Key, Use],
    pods: Sequence[Manifest],
) -> list[str]:  # fmt: skip
    word = "requested" if used is None else "used"
    note = "this cluster measures nothing (no metrics.k8s.io): these are requests and limits, not use"
    lines = [note] if used is None else []
    if kind == "nodes":
        header = ["name", f"cpu {word}", "of", "memory " + word, "of", "pods"]
        rows = [_node(one, loads[_key(one)], pods) for one in order[:MOST]]
    else:
        header = ["namespace", "name", f"cpu {word}", f"memory {word}", "cpu limit", "memory limit"]
        rows = [_pod(one, loads[_key(one)]) for one in order[:MOST]]
    cut = f"; the first {MOST} are shown" if len(order) > MOST else ""
    where = f" in {namespace}" if namespace else ""
    return [*lines, *table(header, rows), f"{counted(len(order), kind.removesuffix('s'))}{where}{cut}"]


def _node(one: Manifest, load: Use, pods: Sequence[Manifest]) -> list[str]:
    row = [name_of(one)]
    for name in ("cpu", "memory"):
        have = quantities.number(at(one, f"status.allocatable.{name}", 0))
        share = f" ({load[name] / have:.0%})" if have else ""
        row += [quantities.said(name, load[name]) + share, quantities.said(name, have)]
    there = sum(1 for pod in pods if at(pod, "spec.nodeName") == name_of(one) and not _finished(pod))
    return [*row, f"{there} of {at(one, 'status.allocatable.pods', '?')}"]


def _pod(one: Manifest, load: Use) -> list[str]:
    limits = traits.total(one, "limits")
    return [
        namespace_of(one), name_of(one), *(quantities.said(name, load[name]) for name in ("cpu", "memory")),
        *(quantities.said(name, limits[name]) if name in limits else "none" for name in ("cpu", "memory")),
    ]  # fmt: skip


async def load_of_node(session: Session, node: str) -> tuple[Use, Use, int]:
    """Requests and limits of the pods on a node, and how many they are."""
    query = [("fieldSelector", f"spec.nodeName={node}")]
    there = [one for one in await session.api.items("/api/v1/pods", query) if not _finished(one)]
    return on_node(there, node), on_node(there, node, "limits"), len(there)

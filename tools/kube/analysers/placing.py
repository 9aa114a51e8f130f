"""What a pod asks of a node, and what a node offers: requests, room, node affinity, taints. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from tools.kube.analysers.pods import phase
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.objects import Manifest, at, labels_of, name_of
from tools.kube.quantities import number


@dataclass(frozen=True, slots=True)
class Room:
    """A node's allocatable resources, and what of them no pod has requested. CPUs, bytes, counts."""

    node: str
    total: dict[str, float]
    free: dict[str, float]


def requests(pod: Manifest) -> dict[str, float]:
    """What a pod requests in all: the larger of its init containers and the sum of the others, and its overhead."""
    spec = pod.get("spec") or {}
    total: dict[str, float] = defaultdict(float)
    for container in spec.get("containers") or ():
        for key, value in _requested(container).items():
            total[key] += value
    for container in spec.get("initContainers") or ():
        for key, value in _requested(container).items():
            total[key] = max(total[key], value)
    for key, value in (spec.get("overhead") or {}).items():
        total[key] += number(value)
    total["pods"] = 1.0
    return dict(total)


def _requested(container: Manifest) -> dict[str, float]:
    resources = container.get("resources") or {}
    merged = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return {key: number(value) for key, value in merged.items()}


def room(snapshot: Snapshot, node: Manifest) -> Room:
    total = {key: number(value) for key, value in at(node, "status.allocatable", {}).items()}
    free = dict(total)
    for pod in snapshot.pods_on(name_of(node)):
        if phase(pod) not in ("Succeeded", "Failed"):
            for key, value in requests(pod).items():
                free[key] = free.get(key, 0.0) - value
    return Room(name_of(node), total, free)


def affinity_terms(pod: Manifest) -> list[Manifest]:
    """The terms of the required node affinity, of which one must match."""
    path = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
    return list(at(pod, path, []))


def fits_terms(node: Manifest, terms: list[Manifest]) -> bool:
    labels = labels_of(node)
    fields = {"metadata.name": name_of(node)}
    return any(
        all(_holds(rule, labels) for rule in term.get("matchExpressions") or ())
        and all(_holds(rule, fields) for rule in term.get("matchFields") or ())
        for term in terms
    )


def _holds(rule: Manifest, labels: dict[str, str]) -> bool:
    value, values = labels.get(str(rule.get("key"))), [str(one) for one in rule.get("values") or ()]
    match rule.get("operator"):
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt":
            return value is not None and number(value) > number(values[0])
        case "Lt":
            return value is not None and number(value) < number(values[0])
    return False


def untolerated(node: Manifest, pod: Manifest) -> list[Manifest]:
    """The taints that keep this pod off the node."""
    tolerations = at(pod, "spec.tolerations", [])
    hard = [one for one in at(node, "spec.taints", []) if one.get("effect") in ("NoSchedule", "NoExecute")]
    return [one for one in hard if not any(_tolerates(toleration, one) for toleration in tolerations)]


def _tolerates(toleration: Manifest, taint: Manifest) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint.get("effect"):
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return not toleration.get("key") or toleration["key"] == taint.get("key")
    return toleration.get("key") == taint.get("key") and (toleration.get("value") or "") == (taint.get("value") or "")

"""Pods that no node takes: too little CPU or memory, node selectors, affinity, taints, claims. Pure.

The scheduler says it in one sentence; which label, taint or number is at fault is read from the nodes themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

from protocol.vocabulary import JsonObject
from tools.kube.analysers.findings import Evidence, Finding, Fix, Ref, evidence, shown
from tools.kube.analysers.hints import near, said_labels
from tools.kube.analysers.placing import Room, affinity_terms, fits_terms, requests, room, untolerated
from tools.kube.analysers.pods import condition, finding, phase, starting, target, template_owner
from tools.kube.analysers.snapshot import Snapshot, going
from tools.kube.objects import Manifest, at, labels_of, listed, name_of, namespace_of
from tools.kube.quantities import cores, size

_INSUFFICIENT: Final = re.compile(r"Insufficient ([\w./-]*\w)")


def pending(snapshot: Snapshot) -> Iterator[Finding]:
    """Pods that wait for a node."""
    rooms = cache(lambda: [room(snapshot, node) for node in snapshot.all("nodes")])
    for pod in snapshot.all("pods"):
        if phase(pod) == "Pending" and not at(pod, "spec.nodeName") and not going(pod):
            scheduled = condition(pod, "PodScheduled")
            if scheduled.get("reason") == "Unschedulable":
                yield _unschedulable(snapshot, pod, str(scheduled.get("message", "")), rooms)
            elif not scheduled and not starting(snapshot, pod):
                yield _unseen(snapshot, pod)


def _unschedulable(snapshot: Snapshot, pod: Manifest, message: str, rooms: Callable[[], list[Room]]) -> Finding:
    """The first reason that holds, most specific first."""
    said_so = evidence(pod, "condition PodScheduled", message)
    for reason in (_claims, _selector, _affinity):
        if found := reason(snapshot, pod, message, said_so):
            return found
    if found := _too_little(snapshot, pod, message, said_so, rooms):
        return found
    for reason in (_taints, _cordoned):
        if found := reason(snapshot, pod, message, said_so):
            return found
    cause = f"no node takes its pods: {shown(message)}"
    return finding(snapshot, pod, "unschedulable", cause, said_so, fix=_in_words(message))


def _unseen(snapshot: Snapshot, pod: Manifest) -> Finding:
    name = str(at(pod, "spec.schedulerName", "default-scheduler"))
    cause = f"no scheduler looks at its pods: they ask for {name}, and it does not run or is not keeping up"
    fix = Fix(f"start the scheduler {name}, or correct spec.schedulerName")
    return finding(snapshot, pod, "no_scheduler", cause, evidence(pod, "spec.schedulerName", name), fix=fix)


def _claims(snapshot: Snapshot, pod: Manifest, message: str, said_so: Evidence) -> Finding | None:
    namespace = namespace_of(pod)
    for volume in at(pod, "spec.volumes", []):
        name = str(at(volume, "persistentVolumeClaim.claimName", ""))
        if not name or not snapshot.known("persistentvolumeclaims"):
            continue
        claim = snapshot.get("persistentvolumeclaims", namespace, name)
        used = evidence(pod, f"volume {volume.get('name')} persistentVolumeClaim.claimName", name)
        if claim is None:
            return _missing_claim(snapshot, pod, name, used, said_so)
        state = at(claim, "status.phase")
        if state != "Bound" and "PersistentVolumeClaim" in message:
            cause = f"its pods wait for the volume claim {name}, which is {state} and not bound"
            because = frozenset({Ref("PersistentVolumeClaim", namespace, name)})
            fix = Fix(f"see to the claim {name} first (kube.diagnose of it)")
            return finding(
                snapshot, pod, "claim_unbound", cause, used, said_so, fix=fix, about=because, explained_by=because
            )
    return None


def _missing_claim(snapshot: Snapshot, pod: Manifest, name: str, used: Evidence, said_so: Evidence) -> Finding:
    namespace = namespace_of(pod)
    close = near(name, snapshot.names("persistentvolumeclaims", namespace))
    cause = f"its pods need the volume claim {name}, which does not exist in {namespace}"
    cause += f"; there is {close}" if close else ""
    fix = Fix(f"create the claim {name} (kube.create_claim with its size)" + (f", or use {close}" if close else ""))
    return finding(snapshot, pod, "claim_missing", cause, used, said_so, fix=fix)


def _selector(snapshot: Snapshot, pod: Manifest, message: str, said_so: Evidence) -> Finding | None:
    wanted = {str(k): str(v) for k, v in at(pod, "spec.nodeSelector", {}).items()}
    nodes = snapshot.all("nodes")
    if not wanted or not nodes:
        return None
    lacking = {k: v for k, v in wanted.items() if not any(labels_of(node).get(k) == v for node in nodes)}
    together = any(all(labels_of(node).get(k) == v for k, v in wanted.items()) for node in nodes)
    if together:
        return None
    missing = lacking or wanted
    cause = (
        f"its node selector wants a node with the label {said_labels(missing)}, and none of {len(nodes)} node(s) has it"
    )
    near_one = _near_label(nodes, missing)
    fix = Fix(
        f"correct the node selector, or label a node that is meant (kube.label of the node with {said_labels(missing)})"
    )
    if near_one:
        key, value, old = near_one
        cause += f"; there are nodes with {key}={value}"
        fix = _selector_patch(snapshot, pod, key, value, old) or fix
    facts = (evidence(pod, "spec.nodeSelector", said_labels(wanted)), said_so)
    return finding(snapshot, pod, "node_selector", cause, *facts, fix=fix)


def _near_label(nodes: list[Manifest], missing: dict[str, str]) -> tuple[str, str, str] | None:
    """(key, value, key that was asked for) of a label that nodes have and that was probably meant."""
    labels = {(k, v) for node in nodes for k, v in labels_of(node).items()}
    for key, value in missing.items():
        if close := near(value, {v for k, v in labels if k == key}, 0.65):
            return key, close, key
        other = near(key, {k for k, v in labels if v == value}, 0.65)
        if other:
            return other, value, key
    return None


def _selector_patch(snapshot: Snapshot, pod: Manifest, key: str, value: str, old: str) -> Fix | None:
    owner = template_owner(snapshot, pod)
    if owner is None or owner.kind not in ("Deployment", "StatefulSet", "DaemonSet"):
        return None
    wanted: JsonObject = {key: value} if key == old else {key: value, old: None}
    patch: JsonObject = {"spec": {"template": {"spec": {"nodeSelector": wanted}}}}
    return Fix(f"make the node selector of {owner} {key}={value}", "kube.patch", target(owner) | {"patch": patch})


def _affinity(snapshot: Snapshot, pod: Manifest, message: str, said_so: Evidence) -> Finding | None:
    terms = affinity_terms(pod)
    nodes = snapshot.all("nodes")
    if terms and nodes and not any(fits_terms(node, terms) for node in nodes):
        rules = "; ".join(_rule(one) for term in terms for one in term.get("matchExpressions") or ())
        cause = f"its node affinity requires {shown(rules)}, which no node's labels match"
        where = "spec.affinity.nodeAffinity"
        fix = Fix("correct the node affinity, or label a node that is meant (kube.label)")
        return finding(snapshot, pod, "node_affinity", cause, evidence(pod, where, rules), said_so, fix=fix)
    if re.search(r"pod (anti-)?affinity", message):
        against = "anti-affinity" in message
        what = (
            "anti-affinity forbids every node that is left"
            if against
            else "affinity wants pods beside it that are on no node"
        )
        fix = Fix("have fewer replicas (kube.scale), add nodes, or prefer instead of require the affinity")
        return finding(snapshot, pod, "pod_affinity", f"the pods' own {what}", said_so, fix=fix)
    return None


def _rule(rule: Manifest) -> str:
    return f"{rule.get('key')} {rule.get('operator')} {','.join(str(v) for v in rule.get('values') or ())}".strip()


def _too_little(
    snapshot: Snapshot, pod: Manifest, message: str, said_so: Evidence, rooms: Callable[[], list[Room]]
) -> Finding | None:
    short = list(dict.fromkeys(_INSUFFICIENT.findall(message)))
    if not short and "Too many pods" not in message:
        return None
    wanted = requests(pod)
    resource = short[0] if short else "pods"
    most = max(rooms(), key=lambda one: one.free.get(resource, 0.0), default=None)
    ask = wanted.get(resource, 1.0)
    cause = f"its pods request {said(resource, ask)} {resource}, and no node has that free (Insufficient {resource}"
    cause += (
        f"; most: {said(resource, max(0.0, most.free.get(resource, 0.0)))} free"
        f" of {said(resource, most.total.get(resource, 0.0))} on {most.node})"
        if most
        else ")"
    )
    facts = (evidence(pod, f"resources.requests.{resource}", said(resource, ask)), said_so)
    return finding(snapshot, pod, "insufficient", cause, *facts, fix=_room_fix(resource, ask, most))


def said(resource: str, value: float) -> str:
    return size(value) if "memory" in resource or "storage" in resource else cores(value)


def _room_fix(resource: str, ask: float, most: Room | None) -> Fix:
    if resource == "pods":
        return Fix("add a node, or have fewer pods (kube.scale)")
    if most is not None and ask > max(0.0, most.total.get(resource, 0.0)):
        return Fix(f"request less {resource} (kube.set_resources): no node is that large; or add a larger node")
    return Fix(f"request less {resource} (kube.set_resources), free some by scaling others down, or add a node")


def _taints(snapshot: Snapshot, pod: Manifest, message: str, said_so: Evidence) -> Finding | None:
    tainted = {name_of(node): untolerated(node, pod) for node in snapshot.all("nodes")}
    if "taint" not in message or not any(tainted.values()):
        return None
    down = [name for name, taints in tainted.items() if any(t.get("key") in DOWN for t in taints)]
    said_taints = {_taint(one) for taints in tainted.values() for one in taints}
    where = listed(sorted(name for name, taints in tainted.items() if taints), 4)
    cause = f"its pods do not tolerate the taint {listed(sorted(said_taints), 4)} of {where}"
    facts = [
        evidence(Ref("Node", "", name), "spec.taints", ", ".join(_taint(t) for t in taints))
        for name, taints in list(tainted.items())[:3]
        if taints
    ]
    because = frozenset(Ref("Node", "", name) for name in down)
    return finding(snapshot, pod, "taint", cause, *facts, said_so, fix=_taint_fix(tainted, down), explained_by=because)


DOWN: Final = frozenset(
    f"node.kubernetes.io/{what}"
    for what in ("not-ready", "unreachable", "disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")
)


def _taint(taint: Manifest) -> str:
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint.get('key')}{value}:{taint.get('effect')}"


def _taint_fix(tainted: dict[str, list[Manifest]], down: list[str]) -> Fix:
    own = [(name, taint) for name, taints in tainted.items() for taint in taints if taint.get("key") not in DOWN]
    if not own:
        return Fix(f"bring {listed(down)} back: the taint goes by itself")
    if len(own) == 1 and len(tainted) == 1:
        name, taint = own[0]
        arguments: JsonObject = {
            "node": name,
            "key": taint["key"],
            "value": taint.get("value") or "",
            "effect": taint["effect"],
            "remove": True,
        }
        return Fix(
            f"remove the taint from {name} if it is not meant; or let the pods tolerate it", "kube.taint", arguments
        )
    return Fix(
        "let the pods tolerate the taint (spec.template.spec.tolerations), or remove it from a node (kube.taint)"
    )


def _cordoned(snapshot: Snapshot, pod: Manifest, message: str, said_so: Evidence) -> Finding | None:
    off = [name_of(node) for node in snapshot.all("nodes") if at(node, "spec.unschedulable")]
    if not off or "unschedulable" not in message:
        return None
    cause = f"no node takes its pods: {listed(off)} {'is' if len(off) == 1 else 'are'} cordoned"
    fix = Fix(f"uncordon {off[0]}", "kube.uncordon", {"node": off[0]})
    return finding(
        snapshot,
        pod,
        "cordoned",
        cause,
        evidence(Ref("Node", "", off[0]), "spec.unschedulable", "true"),
        said_so,
        fix=fix,
    )


def _in_words(message: str) -> Fix:
    if "free ports" in message:
        return Fix("the host port is taken on every node: have fewer replicas, or take no host port")
    if "volume node affinity" in message:
        return Fix("the pod's volume is on another node or zone: free room there, or move the data")
    return Fix("see what the scheduler says, and change the pods or the nodes accordingly")

"""Nodes that are not ready, short of something, or cordoned. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tools.kube.analysers.findings import Finding, Fix, evidence, ref, shown
from tools.kube.analysers.pods import condition, is_done
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.objects import Manifest, at, name_of

PRESSURE: Final = {
    "MemoryPressure": "memory",
    "DiskPressure": "disk space",
    "PIDPressure": "process ids",
    "NetworkUnavailable": "a working network",
}


def nodes(snapshot: Snapshot) -> Iterator[Finding]:
    """Their conditions, and whether they take pods."""
    for node in snapshot.all("nodes"):
        running = sum(not is_done(pod) for pod in snapshot.pods_on(name_of(node)))
        ready = condition(node, "Ready")
        if ready and ready.get("status") != "True":
            yield _not_ready(node, ready, running)
        for kind, what in PRESSURE.items():
            found = condition(node, kind)
            if found.get("status") == "True":
                cause = f"it is short of {what} ({kind}): pods may be evicted from it, and new ones are kept away"
                fact = evidence(node, f"condition {kind}", found.get("message", ""))
                yield Finding("node_pressure", ref(node), cause, (fact,), "warning", _relief(kind))
        if at(node, "spec.unschedulable"):
            cause = f"it is cordoned: no new pod is placed on it ({running} run there)"
            fix = Fix(
                f"uncordon {name_of(node)} when it is to take pods again", "kube.uncordon", {"node": name_of(node)}
            )
            yield Finding("cordoned", ref(node), cause, (evidence(node, "spec.unschedulable", "true"),), "notice", fix)


def _not_ready(node: Manifest, ready: Manifest, running: int) -> Finding:
    silent = ready.get("status") == "Unknown"
    since = ready.get("lastTransitionTime", "")
    what = "its kubelet has not reported" if silent else shown(ready.get("message", ""))
    cause = f"it is not ready since {since}: {what} ({running} pods are on it)"
    fact = evidence(node, "condition Ready", f"{ready.get('reason')}: {ready.get('message')}")
    fix = Fix(
        "see to the machine: is it up, does its kubelet run, does it reach the API server?"
        if silent
        else "see to what its kubelet names"
    )
    return Finding("node_not_ready", ref(node), cause, (fact,), fix=fix)


def _relief(kind: str) -> Fix:
    if kind == "DiskPressure":
        return Fix("free disk space on it: unused images, logs, emptyDir volumes")
    if kind == "MemoryPressure":
        return Fix("give its pods memory limits (kube.set_resources), or move some elsewhere")
    return Fix("see to what the condition names")

"""Named objects of kinds that no analyser knows, custom resources above all: what their conditions say. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tools.kube.analysers.findings import Finding, Fix, evidence, ref, shown
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.objects import at

GOOD: Final = (
    "Ready",
    "Available",
    "Succeeded",
    "Healthy",
    "Synced",
    "Reconciled",
    "Established",
    "NamesAccepted",
    "Accepted",
    "Programmed",
)
BAD: Final = ("Degraded", "Failed", "Failure", "Stalled", "Error", "ReconcileError")


def conditions(snapshot: Snapshot) -> Iterator[Finding]:
    """By convention a condition such as Ready is True, and one such as Failed is not."""
    for one in snapshot.all("others"):
        for condition in at(one, "status.conditions", []):
            kind, status = str(condition.get("type", "")), condition.get("status")
            if (kind in GOOD and status == "False") or (kind in BAD and status == "True"):
                text = f"{condition.get('reason', '')}: {condition.get('message', '')}"
                cause = f"its condition {kind} is {status}: {shown(text)}"
                fix = Fix("see to what the condition names; its controller's log says more")
                yield Finding("condition", ref(one), cause, (evidence(one, f"condition {kind}", text),), "warning", fix)

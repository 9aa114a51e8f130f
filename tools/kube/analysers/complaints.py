"""Containers that run and are ready, and whose logs end with a complaint of a well-known kind. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tools.kube.analysers import telling
from tools.kube.analysers.findings import Finding, Fix, evidence, shown
from tools.kube.analysers.hints import near
from tools.kube.analysers.pods import containers, finding
from tools.kube.analysers.snapshot import Snapshot

LAST: Final = 5
"""Lines: what was said earlier may be long over."""
SAID: Final = {
    "host": "it cannot find the host",
    "refused": "it is refused by",
    "environment": "it misses the environment variable",
}


def complaints(snapshot: Snapshot) -> Iterator[Finding]:
    """Worth knowing only: whether it matters is not known."""
    for (namespace, name, container), log in snapshot.logs.items():
        pod = snapshot.get("pods", namespace, name)
        found = next((one for one in containers(pod) if one.name == container), None) if pod else None
        meant = telling.meaning(log.current[-LAST:])
        if pod is None or found is None or not found.status.get("ready") or meant is None or meant.code not in SAID:
            continue
        cause = f"container {container} runs, and its log ends with: {SAID[meant.code]} {shown(meant.what, 100)}"
        close = near(meant.what.split(".")[0], snapshot.names("services", namespace)) if meant.code == "host" else ""
        cause += f" (the service {close} has nearly that name)" if close else ""
        fact = evidence(pod, f"log {container}", meant.line)
        fix = Fix("correct the address or setting, or see to what it needs")
        yield finding(snapshot, pod, "log", cause, fact, severity="notice", fix=fix)

"""Pods that no other analyser explains: stuck while being started, failed, evicted. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tools.kube.analysers.findings import Finding, Fix, Ref, command, evidence, shown
from tools.kube.analysers.pods import YOUNG_S, coming, containers, finding, phase, troubled
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.objects import Manifest, at

WAITING: Final = ("ContainerCreating", "PodInitializing", "")
RECENT_S: Final = 86_400.0


def stuck(snapshot: Snapshot) -> Iterator[Finding]:
    """Pods on a node whose containers are not made: no network, no sandbox, or nobody says why."""
    for pod in troubled(snapshot):
        if phase(pod) != "Pending" or not at(pod, "spec.nodeName") or coming(snapshot, pod):
            continue
        states = [one for one in containers(pod) if not one.init]
        if any(one.waiting not in WAITING or one.running for one in states) or _init_works(pod):
            continue
        if snapshot.events(pod, "FailedMount", "FailedAttachVolume"):
            continue
        yield _stuck(snapshot, pod)


def _init_works(pod: Manifest) -> bool:
    """Whether an init container runs, or has its own trouble."""
    return any(
        one.init and (one.running or one.waiting not in WAITING or one.ended.get("exitCode")) for one in containers(pod)
    )


def _stuck(snapshot: Snapshot, pod: Manifest) -> Finding:
    node = Ref("Node", "", str(at(pod, "spec.nodeName", "")))
    for event in snapshot.events(pod, "FailedCreatePodSandBox", "NetworkNotReady", "FailedSync", "Failed"):
        text = str(event.get("message", ""))
        fact = evidence(pod, f"event {event.get('reason')}", text)
        cause = f"{node} cannot make its sandbox: {shown(text)}"
        fix = Fix(f"see to the container runtime and the network plugin of {node}")
        return finding(snapshot, pod, "sandbox", cause, fact, fix=fix, explained_by=frozenset({node}))
    cause = "its containers are not created, and no event says why"
    fact = evidence(pod, "status.phase", f"Pending on {node.name}")
    fix = Fix(f"see whether the kubelet of {node} is at work (kube.diagnose of the node)")
    return finding(snapshot, pod, "not_started", cause, fact, fix=fix, explained_by=frozenset({node}))


def initialising(snapshot: Snapshot) -> Iterator[Finding]:
    """Pods whose init container does not come to an end: it mostly waits for something."""
    for pod in troubled(snapshot):
        for one in containers(pod):
            since = at(one.status, "state.running.startedAt")
            # An init container that is to go on running is a sidecar.
            if not one.init or not since or one.spec.get("restartPolicy") or snapshot.age_s(since) < YOUNG_S:
                continue
            lines = [line for line in snapshot.log(pod, one.name).current if line.strip()][-1:]
            cause = f"its init container {one.name} runs since {since} and has not ended, so the others do not start"
            cause += f"; its log says \u201c{shown(lines[0])}\u201d" if lines else ""
            words = [*(one.spec.get("command") or ()), *(one.spec.get("args") or ())]
            facts = [evidence(pod, f"init container {one.name} command", command(words))] if words else []
            facts += [evidence(pod, f"log {one.name}", line) for line in lines]
            fix = Fix("see to what it waits for, or correct its command")
            yield finding(snapshot, pod, "init_container", cause, *facts, fix=fix)


def failed(snapshot: Snapshot) -> Iterator[Finding]:
    """Pods that ended in failure and are no job's: evicted ones above all."""
    for pod in snapshot.all("pods"):
        if phase(pod) != "Failed" or snapshot.top(pod).kind in ("Job", "CronJob"):
            continue
        status = pod.get("status") or {}
        reason, message = str(status.get("reason", "")), str(status.get("message", ""))
        if reason in ("Evicted", "Preempted", "NodeShutdown", "Shutdown", "Terminated"):
            yield _evicted(snapshot, pod, reason, message)
        elif reason:
            yield _refused(snapshot, pod, reason, message)
        else:
            yield _ended(snapshot, pod)


def _evicted(snapshot: Snapshot, pod: Manifest, reason: str, message: str) -> Finding:
    node = Ref("Node", "", str(at(pod, "spec.nodeName", "")))
    cause = f"pods were evicted from {node}: {shown(message) or reason}"
    fact = evidence(pod, "status.reason", f"{reason}: {message}")
    replaced = snapshot.top(pod).kind != "Pod"
    text = "request what it needs (kube.set_resources), so that it is placed where there is room"
    if replaced:
        text += "; what is left of evicted pods can be deleted"
    return finding(
        snapshot, pod, "evicted", cause, fact, severity="warning" if replaced else "critical", fix=Fix(text),
        about=frozenset({node}),
    )  # fmt: skip


def _refused(snapshot: Snapshot, pod: Manifest, reason: str, message: str) -> Finding:
    node = Ref("Node", "", str(at(pod, "spec.nodeName", "")))
    cause = f"{node} refused a pod ({reason}): {shown(message)}"
    fix = Fix("see to what the node names, and delete the failed pod")
    return finding(
        snapshot,
        pod,
        "refused_by_node",
        cause,
        evidence(pod, "status.reason", f"{reason}: {message}"),
        severity="warning",
        fix=fix,
    )


def _ended(snapshot: Snapshot, pod: Manifest) -> Finding:
    """A pod of its own that has ended with an error."""
    bad = next((one for one in containers(pod) if one.ended.get("exitCode")), None)
    name, code = (bad.name, bad.ended.get("exitCode")) if bad else ("", "")
    lines = list(snapshot.log(pod, name).lines[-1:]) if bad else []
    cause = f"it has ended in failure: container {name} with exit code {code}" if bad else "it has ended in failure"
    cause += f"; its log says \u201c{shown(lines[0])}\u201d" if lines else ""
    facts = [evidence(pod, "status.phase", "Failed"), *(evidence(pod, f"log {name}", line) for line in lines)]
    fix = Fix("see its log (kube.logs), and run it anew once that is corrected")
    return finding(snapshot, pod, "failed_pod", cause, *facts, severity="warning", fix=fix)

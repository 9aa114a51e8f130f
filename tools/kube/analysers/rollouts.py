"""Workloads that do not get where they should: failed, paused and blocked rollouts, none wanted, none placed. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from tools.kube.analysers.findings import Finding, Fix, Ref, Severity, evidence, ref, shown
from tools.kube.analysers.pods import YOUNG_S, coming, condition, is_ready, target
from tools.kube.analysers.snapshot import Snapshot, going
from tools.kube.objects import Manifest, at, listed


def rollouts(snapshot: Snapshot) -> Iterator[Finding]:
    """Deployments, StatefulSets and DaemonSets."""
    for deployment in snapshot.all("deployments"):
        if not going(deployment):
            yield from _deployment(snapshot, deployment)
    for plural in ("deployments", "statefulsets"):
        for one in snapshot.all(plural):
            if at(one, "spec.replicas", 1) == 0 and not going(one):
                yield _none_wanted(one)
    for one in snapshot.all("statefulsets"):
        yield from _behind(snapshot, one, int(at(one, "spec.replicas", 1)))
    for one in snapshot.all("daemonsets"):
        yield from _daemons(snapshot, one)


def _deployment(snapshot: Snapshot, one: Manifest) -> Iterator[Finding]:
    subject = ref(one)
    progressing = condition(one, "Progressing")
    if at(one, "spec.paused") and _pending_change(one):
        cause = "its rollout is paused, and a change waits: not all pods have the current template"
        fix = Fix(f"resume the rollout of {subject}", "kube.rollout_resume", target(subject))
        yield Finding("paused", subject, cause, (evidence(one, "spec.paused", "true"),), "warning", fix)
    elif at(one, "spec.paused"):
        fix = Fix(f"resume it when changes are to be rolled out (kube.rollout_resume {subject.name})")
        yield Finding(
            "paused", subject, "its rollout is paused", (evidence(one, "spec.paused", "true"),), "notice", fix
        )
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        cause = f"its rollout has failed: no progress within {at(one, 'spec.progressDeadlineSeconds', 600)} s"
        fact = evidence(one, "condition Progressing", progressing.get("message", ""))
        fix = Fix("see to its pods")
        if _older(snapshot, subject):
            fix = Fix(f"roll {subject} back", "kube.rollout_undo", target(subject))
        yield Finding(
            "rollout_failed",
            subject,
            cause,
            (fact,),
            fix=fix,
            explained_by=frozenset({subject}),
        )
    yield from _behind(snapshot, one, int(at(one, "spec.replicas", 1)))


def _pending_change(one: Manifest) -> bool:
    return int(at(one, "status.updatedReplicas", 0)) < int(at(one, "spec.replicas", 1))


def _older(snapshot: Snapshot, subject: Ref) -> bool:
    """Whether there is a revision to go back to."""
    sets = [one for one in snapshot.inside("replicasets", subject.namespace) if snapshot.top(one) == subject]
    return len(sets) > 1


def _behind(snapshot: Snapshot, one: Manifest, wanted: int) -> Iterator[Finding]:
    """Fewer ready pods than wanted: only told where nothing else explains it."""
    ready = int(at(one, "status.readyReplicas", 0) or 0)
    subject = ref(one)
    if ready >= wanted or going(one) or snapshot.age_s(one) < YOUNG_S or _young(snapshot, subject):
        return
    pods = [pod for pod in snapshot.pods_of(subject) if not going(pod)]
    cause = f"{ready} of {wanted} pods are ready"
    facts = [evidence(one, "status.readyReplicas", f"{ready} of {wanted}")]
    if not pods and at(one, "status.observedGeneration", 0) != at(one, "metadata.generation", 0):
        cause += "; no controller has taken notice of it yet"
    facts += [
        evidence(one, f"event {event.get('reason')}", event.get("message", "")) for event in snapshot.events(one)[:2]
    ]
    severity: Severity = "critical" if not ready else "warning"
    fix = Fix("see its pods and events (kube.describe)")
    because = frozenset({subject}) | {
        Ref("Node", "", str(at(pod, "spec.nodeName", ""))) for pod in pods if not is_ready(pod)
    }
    yield Finding("unavailable", subject, cause, tuple(facts), severity, fix, explained_by=because)


def _young(snapshot: Snapshot, subject: Ref) -> bool:
    """Whether pods of it are just being started, or stopped."""
    return any(going(pod) or (not is_ready(pod) and coming(snapshot, pod)) for pod in snapshot.pods_of(subject))


def _none_wanted(one: Manifest) -> Finding:
    subject = ref(one)
    fix = Fix(f"scale {subject} up if it is to run", "kube.scale", target(subject) | {"replicas": 1})
    fact = evidence(one, "spec.replicas", "0")
    return Finding(
        "scaled_to_zero", subject, "it is scaled to 0 replicas, so nothing of it runs", (fact,), "notice", fix
    )


def _daemons(snapshot: Snapshot, one: Manifest) -> Iterator[Finding]:
    status = one.get("status") or {}
    wanted = int(status.get("desiredNumberScheduled") or 0)
    if wanted == 0 and snapshot.age_s(one) > YOUNG_S and snapshot.all("nodes"):
        selector = at(one, "spec.template.spec.nodeSelector", {})
        said = ",".join(f"{k}={v}" for k, v in selector.items())
        cause = f"no node is one of its nodes (node selector {shown(said)})" if said else "no node is one of its nodes"
        fix = Fix("correct its node selector or tolerations, or label the nodes that are meant (kube.label)")
        fact = evidence(one, "spec.template.spec.nodeSelector", said or "none")
        yield Finding("no_nodes", ref(one), cause, (fact,), "notice", fix)
    ready = int(status.get("numberReady") or 0)
    if ready < wanted and not _young(snapshot, ref(one)) and snapshot.age_s(one) > YOUNG_S:
        lacking = [str(at(pod, "spec.nodeName", "?")) for pod in snapshot.pods_of(ref(one)) if not is_ready(pod)]
        cause = f"{ready} of {wanted} pods are ready" + (f"; not on {listed(lacking, 4)}" if lacking else "")
        fact = evidence(one, "status.numberReady", f"{ready} of {wanted}")
        because = frozenset({ref(one)}) | {Ref("Node", "", node) for node in lacking}
        yield Finding(
            "unavailable",
            ref(one),
            cause,
            (fact,),
            "warning",
            Fix("see its pods and events (kube.describe)"),
            explained_by=because,
        )

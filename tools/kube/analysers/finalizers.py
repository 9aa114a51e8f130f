"""Objects that are to be deleted and do not go: namespaces and whatever has a finalizer. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from tools.kube.analysers.findings import Evidence, Finding, Fix, Ref, evidence, ref, shown
from tools.kube.analysers.pods import target
from tools.kube.analysers.snapshot import NEVER_S, Snapshot, going
from tools.kube.objects import Manifest, at, listed, name_of, namespace_of

PATIENCE_S: Final = 20.0
REMAINS: Final = ("NamespaceContentRemaining", "NamespaceFinalizersRemaining")
FAILS: Final = (
    "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionContentFailure",
    "NamespaceDeletionGroupVersionParsingFailure",
)
PROTECTED: Final = {"kubernetes.io/pvc-protection": "pods", "kubernetes.io/pv-protection": "persistentvolumeclaims"}
_UNAVAILABLE: Final = re.compile(r"([\w.-]+/v\w+): (?:the server is currently unable|stale GroupVersion)")


def namespaces(snapshot: Snapshot) -> Iterator[Finding]:
    """Namespaces that stay Terminating: what is left in them, or what cannot even be asked."""
    for one in snapshot.all("namespaces"):
        if at(one, "status.phase") == "Terminating":
            yield _namespace(snapshot, one) if _waited(snapshot, one) else _leaving(snapshot, one)


def _leaving(snapshot: Snapshot, one: Manifest) -> Finding:
    """It has only just been told to go, and may yet go by itself."""
    held = _held(snapshot, name_of(one))
    counts = Counter(
        str(obj.get("kind"))
        for plural in snapshot.objects
        if plural not in ("events", "namespaces", "endpoints", "endpointslices")
        for obj in snapshot.inside(plural, name_of(one))
    )
    waits = [f"the finalizers of {listed((str(ref(obj)) for obj in held), 3)}"] if held else []
    waits += [f"what is still in it: {listed(f'{number} {kind}' for kind, number in sorted(counts.items()))}"] * bool(
        counts
    )
    waits = waits or [f"its own finalizer {listed(str(f) for f in at(one, 'spec.finalizers', []))}"]
    when = at(one, "metadata.deletionTimestamp")
    cause = f"it is being deleted since {when}, and waits for {'; '.join(waits)}"
    return Finding("namespace_going", ref(one), cause, (evidence(one, "status.phase", "Terminating"),), "notice")


def _waited(snapshot: Snapshot, one: Manifest) -> bool:
    age = snapshot.age_s(at(one, "metadata.deletionTimestamp"))
    return PATIENCE_S < age < NEVER_S


def _namespace(snapshot: Snapshot, one: Manifest) -> Finding:
    conditions = {
        str(c.get("type")): str(c.get("message", ""))
        for c in at(one, "status.conditions", [])
        if c.get("status") == "True"
    }
    failing = [conditions[kind] for kind in FAILS if kind in conditions]
    left = [conditions[kind] for kind in REMAINS if kind in conditions]
    facts = tuple(
        evidence(one, f"condition {kind}", text) for kind, text in conditions.items() if kind in (*FAILS, *REMAINS)
    )
    waits = f"it is Terminating since {at(one, 'metadata.deletionTimestamp')}"
    if failing:
        service = _UNAVAILABLE.search(failing[0])
        cause = f"{waits} and cannot be emptied: {shown(failing[0])}"
        fix = Fix(
            f"bring the API service of {service[1]} back, or remove that APIService"
            if service
            else "see to what the condition names"
        )
        return Finding("namespace_stuck", ref(one), cause, facts, fix=fix)
    held = _held(snapshot, name_of(one))
    if left:
        cause = f"{waits}: {shown(' '.join(left))}"
        about = frozenset(ref(obj) for obj in held)
        text = (
            f"remove the finalizer of {listed((str(ref(obj)) for obj in held), 3)}"
            if held
            else "see to the controller of these finalizers"
        )
        fix = Fix(f"{text}, if its controller is gone for good")
        return Finding(
            "namespace_stuck", ref(one), cause, facts, fix=_release(held[0]) if len(held) == 1 else fix, about=about
        )
    own = at(one, "spec.finalizers", [])
    cause = f"{waits}: its finalizer {listed(str(f) for f in own)} has not been removed by its controller"
    return Finding(
        "namespace_stuck",
        ref(one),
        cause,
        (evidence(one, "spec.finalizers", listed(own)),),
        fix=Fix("see to the namespace controller, or the controller of that finalizer"),
    )


def _held(snapshot: Snapshot, namespace: str) -> list[Manifest]:
    """Objects in the namespace that are to go and have finalizers."""
    return [
        one
        for plural in snapshot.objects
        if plural not in ("events", "namespaces")
        for one in snapshot.inside(plural, namespace)
        if going(one) and at(one, "metadata.finalizers", [])
    ]


def deletions(snapshot: Snapshot) -> Iterator[Finding]:
    """Other objects that are to be deleted, and stay."""
    for plural, objects in snapshot.objects.items():
        if plural in ("events", "namespaces"):
            continue
        for one in objects:
            if going(one) and _waited(snapshot, one):
                yield _stuck(snapshot, one)


def _stuck(snapshot: Snapshot, one: Manifest) -> Finding:
    finalizers = [str(f) for f in at(one, "metadata.finalizers", [])]
    since = f"it is to be deleted since {at(one, 'metadata.deletionTimestamp')}"
    namespace = frozenset({Ref("Namespace", "", namespace_of(one))})
    fact = evidence(one, "metadata.finalizers", ", ".join(finalizers) or "none")
    if users := _users(snapshot, one, finalizers):
        cause = f"{since}, and is still in use by {listed(users, 3)}"
        return Finding(
            "in_use", ref(one), cause, (fact,), "warning", Fix(f"stop {users[0]} first: then it goes by itself")
        )
    if not finalizers or finalizers == ["foregroundDeletion"]:
        return _slow(snapshot, one, since, fact)
    cause = f"{since}, and its finalizer {listed(finalizers)} has not been removed by its controller"
    return Finding("finalizer", ref(one), cause, (fact,), "warning", _release(one), about=namespace)


def _slow(snapshot: Snapshot, one: Manifest, since: str, fact: Evidence) -> Finding:
    """No finalizer keeps it: a pod whose node does not confirm, or something that waits for what it owns."""
    if one.get("kind") != "Pod":
        return Finding(
            "deletion",
            ref(one),
            f"{since}, and waits for what it owns to be deleted",
            (fact,),
            "warning",
            Fix("see what it owns (kube.describe)"),
        )
    node = Ref("Node", "", str(at(one, "spec.nodeName", "")))
    cause = f"{since}, and {node} has not confirmed that its containers have ended"
    fix = Fix(f"see to {node}; only if it is gone for good, delete the pod with grace_s 0 (kube.delete)")
    return Finding(
        "deletion",
        ref(one),
        cause,
        (evidence(one, "spec.nodeName", node.name),),
        "warning",
        fix,
        explained_by=frozenset({node}),
    )


def _users(snapshot: Snapshot, one: Manifest, finalizers: list[str]) -> list[str]:
    """What still uses a claim or a volume that is protected for it."""
    if not set(finalizers) & set(PROTECTED):
        return []
    if one.get("kind") == "PersistentVolumeClaim":
        return [
            str(ref(pod))
            for pod in snapshot.inside("pods", namespace_of(one))
            if name_of(one) in at(pod, "spec.volumes[*].persistentVolumeClaim.claimName")
        ]
    claim = at(one, "spec.claimRef", {})
    found = snapshot.get("persistentvolumeclaims", str(claim.get("namespace", "")), str(claim.get("name", "")))
    return [str(ref(found))] if found is not None else []


def _release(one: Manifest) -> Fix:
    text = (
        f"remove the finalizers of {ref(one)}, only if their controller is gone for good: what it was to clean up stays"
    )
    return Fix(
        text,
        "kube.remove_finalizers",
        target(ref(one)) if namespace_of(one) else {"name": name_of(one), "kind": str(one["kind"])},
    )

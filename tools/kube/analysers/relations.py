"""What belongs to a named object: whose findings answer a question about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tools.kube.analysers.config import needs
from tools.kube.analysers.findings import Finding, Ref, ref
from tools.kube.analysers.pods import SERVICE_S, YOUNG_S, is_done, is_ready, starting
from tools.kube.analysers.snapshot import JOBS, WORKLOADS, Snapshot, going
from tools.kube.objects import Manifest, at, labels_of, matches, name_of, namespace_of, selected

ROLES: Final = ("rolebindings", "clusterrolebindings")


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked about: the named objects; else all of a namespace; else the whole cluster."""

    named: tuple[Ref, ...] = ()
    namespace: str = ""


def within(snapshot: Snapshot, scope: Scope, findings: Iterable[Finding]) -> list[Finding]:
    """The findings that answer a question about the scope."""
    if scope.named:
        around = related(snapshot, scope.named)
        return [one for one in findings if _concerns(one, around, frozenset(scope.named))]
    if scope.namespace:
        nodes = {Ref("Node", "", str(at(p, "spec.nodeName", ""))) for p in snapshot.inside("pods", scope.namespace)}
        return [one for one in findings if _is_of(one, scope.namespace, nodes)]
    return list(findings)


def _concerns(finding: Finding, around: frozenset[Ref], named: frozenset[Ref]) -> bool:
    """A notice is only told of what was named itself, or of what it concerns."""
    if finding.severity == "notice" and finding.subject.kind == "Node":
        return finding.subject in named
    concerned = {finding.subject} | finding.about | {one.subject for one in finding.effects}
    return bool(concerned & around)


def _is_of(finding: Finding, namespace: str, nodes: set[Ref]) -> bool:
    of_all = [finding, *finding.effects]
    if any(one.subject.namespace == namespace or one.subject == Ref("Namespace", "", namespace) for one in of_all):
        return True
    return (finding.severity != "notice" and finding.subject in nodes) or any(
        other.namespace == namespace for other in finding.about
    )


def settling(snapshot: Snapshot, scope: Scope) -> list[Manifest]:
    """What of the scope has only just begun, so that nothing can be said of it yet; never asked of a whole cluster."""
    if not scope.named and not scope.namespace:
        return []
    leaving = {name_of(one) for one in snapshot.all("namespaces") if going(one)}
    if scope.namespace in leaving or any(one.kind == "Namespace" and one.name in leaving for one in scope.named):
        return []
    around = related(snapshot, scope.named) if scope.named else None
    pods = [pod for pod in snapshot.all("pods") if not is_done(pod) and not is_ready(pod) and not going(pod)]
    new = [*snapshot.all("horizontalpodautoscalers"), *snapshot.all("persistentvolumeclaims")]
    young = [one for one in new if snapshot.age_s(one) < YOUNG_S and at(one, "status.phase") != "Bound"]
    young += [pod for pod in pods if starting(snapshot, pod) and at(pod, "status.phase") != "Failed"]
    young += [one for one in snapshot.all("services") if snapshot.age_s(one) < SERVICE_S]
    return [one for one in young if around is None or ref(one) in around]


def related(snapshot: Snapshot, named: Iterable[Ref]) -> frozenset[Ref]:
    """The named objects, what they run, what they need, and what leads to them."""
    found: set[Ref] = set(named)
    for one in list(found):
        pods = list(_pods(snapshot, one))
        found |= {ref(pod) for pod in pods}
        for pod in pods:
            found |= set(_of_pod(snapshot, pod))
        obj = snapshot.find(one)
        found |= set(_leading(snapshot, one, pods, obj))
        if obj is not None:
            found |= set(_forward(snapshot, obj))
    return frozenset(found)


def _pods(snapshot: Snapshot, one: Ref) -> list[Manifest]:
    obj = snapshot.find(one)
    match one.kind:
        case "Pod":
            return [obj] if obj is not None else []
        case "Service":
            return snapshot.selected_pods(one.namespace, at(obj, "spec.selector", {}))
        case "Node":
            return []
        case "Namespace":
            return snapshot.inside("pods", one.name)
        case "NetworkPolicy":
            return snapshot.matching_pods(one.namespace, at(obj, "spec.podSelector", {})) if obj else []
        case "HorizontalPodAutoscaler":
            return snapshot.pods_of(_scaled(obj)) if obj is not None else []
        case "ConfigMap" | "Secret":
            return [
                p
                for p in snapshot.inside("pods", one.namespace)
                if any((n.kind, n.name) == (one.kind, one.name) for n in needs(p))
            ]
        case "PersistentVolumeClaim":
            return [
                p
                for p in snapshot.inside("pods", one.namespace)
                if one.name in at(p, "spec.volumes[*].persistentVolumeClaim.claimName")
            ]
        case "ServiceAccount":
            return [
                p
                for p in snapshot.inside("pods", one.namespace)
                if at(p, "spec.serviceAccountName", "default") == one.name
            ]
        case "Ingress":
            return [p for name in backends(obj or {}) for p in _pods(snapshot, Ref("Service", one.namespace, name))]
    return snapshot.pods_of(one)


def _of_pod(snapshot: Snapshot, pod: Manifest) -> Iterator[Ref]:
    """Its owners, what it needs, where it runs, and as whom."""
    namespace = namespace_of(pod)
    yield snapshot.top(pod)
    for owner in at(pod, "metadata.ownerReferences", []):
        yield Ref(str(owner.get("kind", "")), namespace, str(owner.get("name", "")))
    for need in needs(pod):
        yield Ref(need.kind, namespace, need.name)
    for name in at(pod, "spec.volumes[*].persistentVolumeClaim.claimName"):
        yield Ref("PersistentVolumeClaim", namespace, str(name))
    yield Ref("Node", "", str(at(pod, "spec.nodeName", "")))
    yield Ref("ServiceAccount", namespace, str(at(pod, "spec.serviceAccountName", "default")))


def _leading(snapshot: Snapshot, one: Ref, pods: list[Manifest], obj: Manifest | None) -> Iterator[Ref]:
    """Services, policies, autoscalers and ingresses of the pods; bindings of an identity."""
    if one.kind in ("Node", "Namespace"):
        return
    labels = [labels_of(pod) for pod in pods] or [dict(at(obj, "spec.template.metadata.labels", {}))]
    led = {one} if one.kind == "Service" else set()
    for service in snapshot.inside("services", one.namespace):
        if any(selected(at(service, "spec.selector", {}), these) for these in labels):
            led.add(ref(service))
    yield from led
    for policy in snapshot.inside("networkpolicies", one.namespace):
        if any(matches(at(policy, "spec.podSelector", {}), these) for these in labels if these):
            yield ref(policy)
    for ingress in snapshot.inside("ingresses", one.namespace):
        if {service.name for service in led} & set(backends(ingress)):
            yield ref(ingress)
    for scaler in snapshot.inside("horizontalpodautoscalers", one.namespace):
        if _scaled(scaler) == one:
            yield ref(scaler)
    yield from _rights(snapshot, one)


def _rights(snapshot: Snapshot, one: Ref) -> Iterator[Ref]:
    """The bindings of a user, group or service account, and their roles."""
    if one.kind not in ("User", "Group", "ServiceAccount"):
        return
    for plural in ROLES:
        for binding in snapshot.all(plural):
            if any(_is_subject(subject, one, namespace_of(binding)) for subject in binding.get("subjects") or ()):
                yield ref(binding)
                yield from _forward(snapshot, binding)


def _is_subject(subject: Manifest, one: Ref, namespace: str) -> bool:
    same = subject.get("kind") == one.kind and subject.get("name") == one.name
    return same and (one.kind != "ServiceAccount" or (subject.get("namespace") or namespace) == one.namespace)


def _forward(snapshot: Snapshot, obj: Manifest) -> Iterator[Ref]:
    """What an object itself refers to."""
    namespace = namespace_of(obj)
    match obj.get("kind"):
        case "Ingress":
            yield from (Ref("Service", namespace, name) for name in backends(obj))
        case "HorizontalPodAutoscaler":
            yield _scaled(obj)
        case "PersistentVolumeClaim":
            yield Ref("PersistentVolume", "", str(at(obj, "spec.volumeName", "")))
            yield Ref("StorageClass", "", str(at(obj, "spec.storageClassName", "")))
        case "RoleBinding" | "ClusterRoleBinding":
            role = obj.get("roleRef") or {}
            kind = str(role.get("kind", ""))
            yield Ref(kind, namespace if kind == "Role" else "", str(role.get("name", "")))
        case "CronJob":
            yield from (ref(job) for job in snapshot.inside("jobs", namespace) if snapshot.top(job) == ref(obj))
        case "Namespace":
            for plural in (*WORKLOADS, *JOBS, "services", "persistentvolumeclaims", "ingresses"):
                yield from (ref(one) for one in snapshot.inside(plural, name_of(obj)))


def _scaled(scaler: Manifest) -> Ref:
    target = at(scaler, "spec.scaleTargetRef", {})
    return Ref(str(target.get("kind", "")), namespace_of(scaler), str(target.get("name", "")))


def backends(ingress: Manifest) -> list[str]:
    """The services that an ingress leads to, in either of its API's shapes."""
    found = at(ingress, "spec.rules[*].http.paths[*].backend")
    found += [one for key in ("defaultBackend", "backend") if (one := at(ingress, f"spec.{key}"))]
    return [name for one in found if (name := str(at(one, "service.name") or one.get("serviceName") or ""))]

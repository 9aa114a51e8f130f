"""Network policies that keep out what was probably meant to come in. Pure.

That a policy blocks is its purpose. What is told: rules that name pods, namespaces or ports which are not there, and
pods behind a service to which no rule lets anybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tools.kube.analysers.findings import Evidence, Finding, Fix, Ref, evidence, ref
from tools.kube.analysers.hints import near_labels, said_labels
from tools.kube.analysers.pods import containers
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.objects import Manifest, at, labels_of, listed, matches, name_of, namespace_of

CLOSE: Final = 0.75
OWNERS: Final = ("deployments", "statefulsets", "daemonsets", "cronjobs", "jobs")


def policies(snapshot: Snapshot) -> Iterator[Finding]:
    """Rules that match nothing; and pods behind services that nobody may reach."""
    for policy in snapshot.all("networkpolicies"):
        yield from _target(snapshot, policy)
        for side, key in (("ingress", "from"), ("egress", "to")):
            for number, rule in enumerate(at(policy, f"spec.{side}", []) or []):
                for peer in (rule or {}).get(key) or ():
                    yield from _peer(snapshot, policy, f"spec.{side}[{number}].{key}", peer)
                if side == "ingress":
                    yield from _ports(snapshot, policy, number, rule or {})
    yield from _shut(snapshot)


def _target(snapshot: Snapshot, policy: Manifest) -> Iterator[Finding]:
    """The pods that it is for."""
    selector = at(policy, "spec.podSelector", {})
    wanted = selector.get("matchLabels") or {}
    namespace = namespace_of(policy)
    if not wanted or _labels_matching(snapshot, namespace, selector):
        return
    name, score = _near(snapshot, namespace, wanted)
    if score >= CLOSE:
        cause = f"it is for pods labelled {said_labels(wanted)}, and there are none; {name} is labelled nearly so"
        yield _finding(policy, cause, evidence(policy, "spec.podSelector", said_labels(wanted)), "notice")


def _peer(snapshot: Snapshot, policy: Manifest, path: str, peer: Manifest) -> Iterator[Finding]:
    """Whom it lets in or out."""
    spaces, pods = peer.get("namespaceSelector"), peer.get("podSelector")
    namespace = namespace_of(policy)
    if spaces is not None:
        chosen = [one for one in snapshot.all("namespaces") if matches(spaces, labels_of(one))]
        if spaces and snapshot.all("namespaces") and not chosen:
            wanted = said_labels(spaces.get("matchLabels") or {})
            cause = f"it lets through the namespaces labelled {wanted}, and no namespace has that label"
            yield _finding(policy, cause, evidence(policy, f"{path}.namespaceSelector", wanted), "warning")
        return
    wanted_labels = (pods or {}).get("matchLabels") or {}
    if not wanted_labels or _labels_matching(snapshot, namespace, pods):
        return
    name, score = _near(snapshot, namespace, wanted_labels)
    cause = f"it lets through only pods labelled {said_labels(wanted_labels)}, and no pod in {namespace} is"
    if score >= CLOSE:
        cause += f"; {name} is labelled nearly so, and its traffic is dropped"
    severity = "warning" if score >= CLOSE else "notice"
    about = _near_ref(snapshot, namespace, name) if score >= CLOSE else frozenset()
    yield _finding(policy, cause, evidence(policy, f"{path}.podSelector", said_labels(wanted_labels)), severity, about)


def _labels_matching(snapshot: Snapshot, namespace: str, selector: Manifest | None) -> bool:
    """Whether a pod, or a workload that may have none right now, has such labels."""
    if snapshot.matching_pods(namespace, selector):
        return True
    return any(matches(selector, labels) for _, labels in _templates(snapshot, namespace))


def _templates(snapshot: Snapshot, namespace: str) -> list[tuple[str, dict[str, str]]]:
    paths = {plural: "spec.jobTemplate.spec.template" if plural == "cronjobs" else "spec.template" for plural in OWNERS}
    return [
        (str(ref(one)), dict(at(one, f"{path}.metadata.labels", {})))
        for plural, path in paths.items()
        for one in snapshot.inside(plural, namespace)
    ]


def _near(snapshot: Snapshot, namespace: str, wanted: dict[str, str]) -> tuple[str, float]:
    templates = _templates(snapshot, namespace)
    bare = [
        (str(ref(pod)), labels_of(pod))
        for pod in snapshot.inside("pods", namespace)[:500]
        if snapshot.top(pod) == ref(pod)
    ]
    return near_labels(wanted, [*templates, *bare])


def _near_ref(snapshot: Snapshot, namespace: str, name: str) -> frozenset[Ref]:
    kind, _, path = name.partition(" ")
    return frozenset({Ref(kind, namespace, path.partition("/")[2])})


def _ports(snapshot: Snapshot, policy: Manifest, number: int, rule: Manifest) -> Iterator[Finding]:
    """A rule for ports of which the pods behind services have none."""
    ports = [str(one.get("port", "")) for one in rule.get("ports") or () if not one.get("endPort")]
    pods = snapshot.matching_pods(namespace_of(policy), at(policy, "spec.podSelector", {}))
    served = {str(port["containerPort"]) for pod in pods for one in containers(pod) for port in one.ports}
    named = {str(port.get("name")) for pod in pods for one in containers(pod) for port in one.ports if port.get("name")}
    if not ports or "" in ports or not served or set(ports) & (served | named):
        return
    cause = f"it lets through only port {listed(ports, 4)}, and its pods serve {listed(sorted(served), 4)}"
    yield _finding(policy, cause, evidence(policy, f"spec.ingress[{number}].ports", ", ".join(ports)), "warning")


def _shut(snapshot: Snapshot) -> Iterator[Finding]:
    """Services whose pods no rule lets anybody reach."""
    by_namespace: dict[str, list[Manifest]] = {}
    for policy in snapshot.all("networkpolicies"):
        if "Ingress" in at(policy, "spec.policyTypes", ["Ingress"]):
            by_namespace.setdefault(namespace_of(policy), []).append(policy)
    for namespace, found in by_namespace.items():
        for service in snapshot.inside("services", namespace):
            pods = snapshot.selected_pods(namespace, at(service, "spec.selector", {}))
            if not pods:
                continue
            on = [one for one in found if matches(at(one, "spec.podSelector", {}), labels_of(pods[0]))]
            if on and not any(at(one, "spec.ingress", []) for one in on):
                names = listed(name_of(one) for one in on)
                cause = f"the network policy {names} lets nobody reach its pods: every connection is dropped"
                facts = tuple(evidence(one, "spec.ingress", "no rule") for one in on[:3])
                fix = Fix("if somebody is to reach it, allow them (kube.create_network_policy, rule allow_from)")
                yield Finding(
                    "policy_blocks", ref(service), cause, facts, "warning", fix, about=frozenset(ref(one) for one in on)
                )


def _finding(
    policy: Manifest, cause: str, fact: Evidence, severity: str, about: frozenset[Ref] = frozenset()
) -> Finding:
    fix = Fix("correct the rule (kube.patch of the network policy), or the labels that it means")
    return Finding(
        "network_policy",
        ref(policy),
        cause,
        (fact,),
        "warning" if severity == "warning" else "notice",
        fix,
        about=about,
    )

"""Services that lead nowhere: no pods selected, none ready, or a target port that nobody serves. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from protocol.vocabulary import JsonObject
from tools.kube.analysers import telling
from tools.kube.analysers.findings import Evidence, Finding, Fix, evidence, ref
from tools.kube.analysers.hints import near, near_labels, said_labels
from tools.kube.analysers.pods import SERVICE_S, coming, containers, is_ready, target
from tools.kube.analysers.snapshot import Snapshot, going
from tools.kube.objects import Manifest, at, labels_of, listed, name_of, namespace_of, selected

CLOSE: Final = 0.6
"""How close a workload's labels must come to a selector to be taken for what was meant."""
OWNERS: Final = ("deployments", "statefulsets", "daemonsets")
BALANCER_S: Final = 120.0


def services(snapshot: Snapshot) -> Iterator[Finding]:
    """Services that select pods: whether anybody is behind them, on the ports that they say."""
    for service in snapshot.all("services"):
        selector = at(service, "spec.selector", {})
        if going(service) or at(service, "spec.type") == "ExternalName" or snapshot.age_s(service) < SERVICE_S:
            continue
        yield from _balancer(snapshot, service)
        if not selector:
            continue
        pods = snapshot.selected_pods(namespace_of(service), selector)
        if not pods:
            yield _nobody(snapshot, service, selector)
        elif not any(is_ready(pod) for pod in pods):
            yield from _none_ready(snapshot, service, pods)
        if pods:
            yield from _ports(snapshot, service, pods)


def _nobody(snapshot: Snapshot, service: Manifest, selector: dict[str, str]) -> Finding:
    namespace = namespace_of(service)
    owners = [one for plural in OWNERS for one in snapshot.inside(plural, namespace)]
    told = evidence(service, "spec.selector", said_labels(selector))
    meant = [one for one in owners if selected(selector, _labels(one))]
    if meant:
        return _no_pods_of(snapshot, service, meant[0], told)
    best, score = near_labels(selector, ((name_of(one), _labels(one)) for one in owners))
    same = [name_of(one) for one in owners if name_of(one) == name_of(service)]
    chosen = next((one for one in owners if name_of(one) == (best if score >= CLOSE else (same or [""])[0])), None)
    cause = f"it has no endpoints: its selector {said_labels(selector)} matches the labels of no pod"
    if chosen is None:
        stray = [pod for pod in snapshot.inside("pods", namespace) if selected(selector, labels_of(pod))]
        cause += f" in {namespace}" + (f" (but {len(stray)} that ended)" if stray else "")
        return Finding(
            "no_endpoints",
            ref(service),
            cause,
            (told,),
            fix=Fix("correct its selector (kube.set_selector), or deploy what it is for"),
        )
    right = _right(selector, _labels(chosen), at(chosen, "spec.selector.matchLabels", {}))
    cause += f"; those of {ref(chosen)} are labelled {said_labels(right)}"
    facts = (told, evidence(chosen, "spec.template.metadata.labels", said_labels(_labels(chosen))))
    arguments: JsonObject = {"name": name_of(service), "namespace": namespace, "selector": dict(right)}
    fix = Fix(f"make its selector {said_labels(right)}", "kube.set_selector", arguments)
    return Finding("no_endpoints", ref(service), cause, facts, fix=fix, about=frozenset({ref(chosen)}))


def _labels(owner: Manifest) -> dict[str, str]:
    return dict(at(owner, "spec.template.metadata.labels", {}))


def _right(selector: dict[str, str], labels: dict[str, str], identity: dict[str, str]) -> dict[str, str]:
    """The selector corrected: what is right of it stays, the rest becomes what the pods have."""
    right = {key: value for key, value in selector.items() if labels.get(key) == value}
    for key in set(selector) - set(right):
        other = key if key in labels else near(key, labels, 0.6)
        if other:
            right[other] = labels[other]
    return right or dict(identity) or labels


def _no_pods_of(snapshot: Snapshot, service: Manifest, owner: Manifest, told: Evidence) -> Finding:
    """The selector is right, and what it selects has no pods."""
    zero = at(owner, "spec.replicas", 1) == 0
    cause = f"it has no endpoints: {ref(owner)}, which it selects, {'is scaled to 0' if zero else 'has no pods'}"
    facts = (told, evidence(owner, "spec.replicas", at(owner, "spec.replicas", 1)))
    about = frozenset({ref(owner)})
    if zero:
        fix = Fix(f"scale {ref(owner)} up", "kube.scale", target(ref(owner)) | {"replicas": 1})
        return Finding("scaled_to_zero", ref(service), cause, facts, fix=fix, about=about)
    return Finding(
        "no_endpoints",
        ref(service),
        cause,
        facts,
        fix=Fix(f"see why {ref(owner)} has no pods"),
        about=about,
        explained_by=about,
    )


def _none_ready(snapshot: Snapshot, service: Manifest, pods: list[Manifest]) -> Iterator[Finding]:
    if at(service, "spec.publishNotReadyAddresses") or all(coming(snapshot, pod) for pod in pods):
        return
    owners = frozenset(snapshot.top(pod) for pod in pods)
    number = f"none of its {len(pods)} pods is" if len(pods) > 1 else "its only pod is not"
    cause = f"it has no ready endpoints: {number} ready ({listed(sorted(str(one) for one in owners), 3)})"
    told = evidence(service, "spec.selector", said_labels(at(service, "spec.selector", {})))
    yield Finding(
        "no_ready_endpoints",
        ref(service),
        cause,
        (told,),
        fix=Fix("see to its pods"),
        about=owners,
        explained_by=owners,
    )


def _ports(snapshot: Snapshot, service: Manifest, pods: list[Manifest]) -> Iterator[Finding]:
    named = {
        str(port["name"]): int(port["containerPort"])
        for pod in pods
        for one in containers(pod)
        for port in one.ports
        if port.get("name")
    }
    declared = {int(port["containerPort"]) for pod in pods for one in containers(pod) for port in one.ports}
    for port in at(service, "spec.ports", []):
        wanted = port.get("targetPort", port.get("port"))
        if isinstance(wanted, str) and not wanted.isdigit():
            if wanted not in named:
                yield _unnamed(service, port, wanted, named, declared, pods)
        elif int(wanted) not in declared:
            yield from _unserved(snapshot, service, port, int(wanted), declared, pods)


def _unnamed(
    service: Manifest, port: Manifest, wanted: str, named: dict[str, int], declared: set[int], pods: list[Manifest]
) -> Finding:
    have = ", ".join(sorted(f"{name} ({number})" for name, number in named.items())) or "none"
    cause = f"its port {port.get('port')} goes to the container port named {wanted}, which its pods do not have"
    cause += f" (named ports: {have})"
    close = near(wanted, named, 0.5) or (next(iter(named)) if len(named) == 1 else "")
    number = named.get(close) or (next(iter(declared)) if len(declared) == 1 else 0)
    return _port_finding(service, port, cause, wanted, number, pods, "critical")


def _unserved(
    snapshot: Snapshot, service: Manifest, port: Manifest, wanted: int, declared: set[int], pods: list[Manifest]
) -> Iterator[Finding]:
    heard = {
        one
        for pod in pods
        for container in containers(pod)
        for one in telling.listening(snapshot.log(pod, container.name).current)
    }
    if wanted in heard or wanted in _probed(pods) or not (declared or heard):
        return
    served = declared or heard
    numbers = ", ".join(str(one) for one in sorted(served))
    how = "listen on" if heard & served or not declared else "declare"
    cause = f"its port {port.get('port')} goes to targetPort {wanted}, and its pods {how} {numbers}"
    cause += ": connections are refused" if how == "listen on" else ": connections are probably refused"
    yield _port_finding(
        service,
        port,
        cause,
        wanted,
        next(iter(served)) if len(served) == 1 else 0,
        pods,
        "warning" if how == "declare" else "critical",
    )


def _probed(pods: list[Manifest]) -> set[int]:
    """Ports that a probe of a ready pod finds served."""
    return {
        int(number)
        for pod in pods
        if is_ready(pod)
        for one in containers(pod)
        for kind in ("readinessProbe", "livenessProbe")
        for way in ("httpGet", "tcpSocket")
        if str(number := at(one.spec, f"{kind}.{way}.port", "")).isdigit()
    }


def _port_finding(
    service: Manifest, port: Manifest, cause: str, wanted: object, number: int, pods: list[Manifest], severity: str
) -> Finding:
    facts = (
        evidence(service, f"spec.ports[{port.get('port')}].targetPort", wanted),
        evidence(pods[0], "containers ports", ", ".join(_said_ports(pods[0])) or "none declared"),
    )
    fix = Fix("correct its target port (kube.set_port)")
    if number:
        arguments: JsonObject = {
            "name": name_of(service),
            "port": int(port["port"]),
            "target_port": number,
            "namespace": namespace_of(service),
        }
        fix = Fix(f"make its target port {number}", "kube.set_port", arguments)
    return Finding(
        "wrong_target_port", ref(service), cause, facts, "critical" if severity == "critical" else "warning", fix
    )


def _said_ports(pod: Manifest) -> list[str]:
    return [
        f"{one.name} {port.get('name') or ''} {port['containerPort']}".replace("  ", " ")
        for one in containers(pod)
        for port in one.ports
    ]


def _balancer(snapshot: Snapshot, service: Manifest) -> Iterator[Finding]:
    if (
        at(service, "spec.type") != "LoadBalancer"
        or at(service, "status.loadBalancer.ingress")
        or snapshot.age_s(service) < BALANCER_S
    ):
        return
    cause = "no load balancer has given it an address: the cluster may have none"
    fix = Fix("see whether the cluster has a load balancer controller; a NodePort service or an ingress needs none")
    events = [
        evidence(service, f"event {one.get('reason')}", one.get("message", "")) for one in snapshot.events(service)[:2]
    ]
    yield Finding(
        "no_load_balancer",
        ref(service),
        cause,
        (evidence(service, "status.loadBalancer.ingress", "none"), *events),
        "warning",
        fix,
    )

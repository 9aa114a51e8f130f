"""Audits of networks: namespaces without a policy, services without endpoints, and what outsiders can reach. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from protocol.vocabulary import Json
from tools.kube.analysers.findings import Fix, Ref, ref, shown
from tools.kube.analysers.snapshot import Snapshot, going
from tools.kube.audits.hits import Hit, Scope
from tools.kube.objects import Manifest, at, listed, name_of, namespace_of

OUTSIDE: Final = {"NodePort": "node_port", "LoadBalancer": "load_balancer"}


def no_network_policy(snapshot: Snapshot, scope: Scope) -> Iterator[Hit]:
    """Namespaces in which no policy is: every pod there may be reached by every other."""
    guarded = {namespace_of(one) for one in snapshot.all("networkpolicies")}
    for one in snapshot.all("namespaces"):
        name = name_of(one)
        if name in guarded or going(one) or (scope.namespace and name != scope.namespace):
            continue
        arguments: dict[str, Json] = {"rule": "deny_ingress", "namespace": name}
        fix = Fix("deny what no policy allows; allow what is needed first", "kube.create_network_policy", arguments)
        yield Hit(Ref("Namespace", "", name), "", "has no network policy", "none", fix)


def no_endpoints(snapshot: Snapshot, _: Scope) -> Iterator[Hit]:
    """Services with nobody ready behind them: `not_ready` where somebody is, but not ready; else `empty`."""
    behind = {(namespace_of(one), name_of(one)): one for one in snapshot.all("endpoints")}
    for one in snapshot.all("services"):
        if at(one, "spec.type") == "ExternalName":
            continue
        of = ref(one)
        endpoints = behind.get((of.namespace, of.name), {})
        if any(part.get("addresses") for part in endpoints.get("subsets") or ()):
            continue
        waiting = sum(len(part.get("notReadyAddresses") or ()) for part in endpoints.get("subsets") or ())
        selector = at(one, "spec.selector", {})
        if waiting:
            yield Hit(of, "spec.selector", f"its {waiting} pods are not ready", "not_ready")
        elif selector:
            labels = shown(listed(f"{key}={value}" for key, value in selector.items()))
            yield Hit(of, "spec.selector", f"no running pod has its labels {labels}", "empty")
        else:
            yield Hit(of, "spec.selector", "it has no selector, and nobody made endpoints for it", "empty")


def exposed(snapshot: Snapshot, _: Scope) -> Iterator[Hit]:
    """What outsiders can reach: services by node port, load balancer or external addresses, and ingresses."""
    for one in snapshot.all("services"):
        yield from _service(one)
    for one in snapshot.all("ingresses"):
        hosts = [str(rule.get("host") or "any host") for rule in at(one, "spec.rules", [])]
        yield Hit(ref(one), "spec.rules", f"routes {shown(listed(hosts or ['any host']))} into the cluster", "ingress")


def _service(one: Manifest) -> Iterator[Hit]:
    of, spec = ref(one), one.get("spec") or {}
    target: dict[str, Json] = {"kind": "Service", "name": of.name, "namespace": of.namespace}
    kind = str(spec.get("type", "ClusterIP"))
    if kind in OUTSIDE:
        ports = listed(str(port["nodePort"]) for port in spec.get("ports") or () if port.get("nodePort"))
        addresses = listed(
            str(at(i, "ip") or at(i, "hostname") or "") for i in at(one, "status.loadBalancer.ingress", [])
        )
        how = f"{kind}{f' on port {ports} of every node' if ports else ''}"
        how += f", at {shown(addresses)}" if addresses else ""
        fix = Fix("keep it inside", "kube.patch", {**target, "patch": {"spec": {"type": "ClusterIP"}}})
        yield Hit(of, "spec.type", how, OUTSIDE[kind], fix)
    if outside := [str(ip) for ip in spec.get("externalIPs") or ()]:
        fix = Fix("take the addresses away", "kube.patch", {**target, "patch": {"spec": {"externalIPs": None}}})
        yield Hit(of, "spec.externalIPs", f"external IP {shown(listed(outside))}", "external_ip", fix)

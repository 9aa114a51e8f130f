"""Ingresses that nobody serves, or that lead to services and ports that are not there. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from protocol.vocabulary import JsonObject
from tools.kube.analysers.findings import Finding, Fix, Ref, evidence, ref
from tools.kube.analysers.hints import meant, near
from tools.kube.analysers.snapshot import Snapshot, going
from tools.kube.objects import Manifest, at, listed, name_of, namespace_of

LEGACY: Final = 'metadata.annotations["kubernetes.io/ingress.class"]'
DEFAULT: Final = 'metadata.annotations["ingressclass.kubernetes.io/is-default-class"]'


def ingresses(snapshot: Snapshot) -> Iterator[Finding]:
    """Their class, their back ends, their certificates."""
    for one in snapshot.all("ingresses"):
        if not going(one):
            yield from _class(snapshot, one)
            yield from _backends(snapshot, one)
            yield from _certificates(snapshot, one)


def _class(snapshot: Snapshot, one: Manifest) -> Iterator[Finding]:
    wanted = str(at(one, "spec.ingressClassName", ""))
    classes = snapshot.names("ingressclasses")
    if at(one, LEGACY) or not snapshot.known("ingressclasses"):
        return
    if wanted and wanted not in classes:
        close = near(wanted, classes) or (classes[0] if len(classes) == 1 else "")
        cause = f"no controller serves it: its ingress class {wanted} does not exist"
        cause += meant(wanted, classes) or " (there is none)"
        fix = Fix("correct its ingressClassName, or install the controller of that class")
        if close:
            arguments: JsonObject = {
                "kind": "Ingress",
                "name": name_of(one),
                "namespace": namespace_of(one),
                "patch": {"spec": {"ingressClassName": close}},
            }
            fix = Fix(f"make its ingress class {close}", "kube.patch", arguments)
        yield Finding("ingress_class", ref(one), cause, (evidence(one, "spec.ingressClassName", wanted),), fix=fix)
    elif (
        not wanted
        and not at(one, "status.loadBalancer.ingress")
        and not any(at(c, DEFAULT) == "true" for c in snapshot.all("ingressclasses"))
    ):
        cause = "no controller may feel in charge of it: it names no ingress class, and no class is the default"
        cause += f" (there is {listed(classes, 4)})" if classes else " (there is none)"
        yield Finding(
            "ingress_class",
            ref(one),
            cause,
            (evidence(one, "spec.ingressClassName", "none"),),
            "warning",
            Fix("name its ingress class (spec.ingressClassName)"),
        )


def _backends(snapshot: Snapshot, one: Manifest) -> Iterator[Finding]:
    if not snapshot.covers("services", namespace_of(one)):
        return
    for path, name, port in backends(one):
        service = snapshot.get("services", namespace_of(one), name)
        if service is None:
            yield _no_service(snapshot, one, path, name)
        elif not _has_port(service, port):
            have = listed(
                str(p.get("name") or "") + (" " if p.get("name") else "") + str(p.get("port"))
                for p in at(service, "spec.ports", [])
            )
            cause = f"its path {path} goes to port {port} of the service {name}, which has no such port (it has {have})"
            fix = Fix("correct the back end's port (kube.patch of the ingress)")
            about = frozenset({ref(service)})
            yield Finding(
                "ingress_port",
                ref(one),
                cause,
                (evidence(one, f"backend of {path}", f"{name}:{port}"),),
                "critical",
                fix,
                about=about,
            )


def backends(one: Manifest) -> Iterator[tuple[str, str, object]]:
    """(host and path, service, port name or number) of each back end, in either of the API's shapes."""
    for rule in at(one, "spec.rules", []):
        for path in at(rule, "http.paths", []):
            yield f"{rule.get('host', '*')}{path.get('path', '/')}", *_backend(path.get("backend") or {})
    default = at(one, "spec.defaultBackend") or at(one, "spec.backend")
    if default:
        yield "(default)", *_backend(default)


def _backend(backend: Manifest) -> tuple[str, object]:
    if service := backend.get("service"):
        port = service.get("port") or {}
        return str(service.get("name", "")), port.get("number") or port.get("name")
    return str(backend.get("serviceName", "")), backend.get("servicePort")


def _has_port(service: Manifest, port: object) -> bool:
    return port is None or any(
        port in (one.get("port"), one.get("name")) or str(port) == str(one.get("port"))
        for one in at(service, "spec.ports", [])
    )


def _no_service(snapshot: Snapshot, one: Manifest, path: str, name: str) -> Finding:
    names = snapshot.names("services", namespace_of(one))
    close = near(name, names)
    cause = f"its path {path} goes to the service {name}, which does not exist in {namespace_of(one)}"
    cause += f"; there is {close}" if close else ""
    about = frozenset({Ref("Service", namespace_of(one), close or name)})
    fix = Fix(
        f"lead it to {close} (kube.patch of the ingress)"
        if close
        else f"create the service {name} (kube.create_service), or correct the back end"
    )
    return Finding(
        "ingress_backend", ref(one), cause, (evidence(one, f"backend of {path}", name),), "critical", fix, about=about
    )


def _certificates(snapshot: Snapshot, one: Manifest) -> Iterator[Finding]:
    if not snapshot.covers("secrets", namespace_of(one)):
        return
    for entry in at(one, "spec.tls", []):
        name = str(entry.get("secretName", ""))
        if name and snapshot.get("secrets", namespace_of(one), name) is None:
            close = near(name, snapshot.names("secrets", namespace_of(one)))
            cause = f"its certificate's secret {name} does not exist" + (f"; there is {close}" if close else "")
            fix = Fix(f"create the secret {name} with the certificate (kube.create_secret), or correct spec.tls")
            yield Finding(
                "ingress_certificate", ref(one), cause, (evidence(one, "spec.tls.secretName", name),), "warning", fix
            )

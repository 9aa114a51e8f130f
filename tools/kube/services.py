"""Services and ingresses, with a word where they would lead nowhere."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.arguments import Labels, MaybeName, Name, Namespace, Port
from tools.kube.change import Draft, Operation
from tools.kube.creating import create, existing, kind_of
from tools.kube.errors import KubeError
from tools.kube.objects import Manifest, at, label, labels_of, listed, name_of, namespace_of, selected
from tools.kube.session import Session
from tools.kube.verbs import writes

Host = Annotated[str, Field(pattern=r"^(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]
ServiceType = Literal["ClusterIP", "NodePort", "LoadBalancer"]


@writes(
    "kube.create_service",
    examples=(
        "create a service web on port 80 for the pods with app=web",
        "add a service db in shop: port 5432, selector app=postgres",
        "make a NodePort service for app=frontend on port 80 to 8080",
        "a cluster-internal service called cache, port 6379, for tier=cache",
    ),
)
async def create_service(
    session: Session,
    *,
    name: Name,
    port: Port,
    selector: Labels,
    target_port: Port = 0,
    namespace: Namespace = "",
    type: ServiceType = "ClusterIP",
) -> Draft:
    """Create a service for the pods that carry some labels.

    Args:
        name: The service.
        port: The port that it listens on.
        selector: Labels of the pods behind it.
        target_port: The pods' port; the same where it is left out.
        namespace: Where it is made.
        type: ClusterIP stays inside; NodePort and LoadBalancer are reached from outside.
    """
    if not selector:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say which pods are behind the service, by their labels")
    namespace = session.find.home(namespace)
    entry = {"port": port, "targetPort": target_port or port, "protocol": "TCP"}
    content: Manifest = {"spec": {"selector": selector, "ports": [entry], "type": type}}
    warnings = await _pods(session, namespace, selector, target_port or port)
    if type != "ClusterIP":
        warnings.append(f"{type}: it can be reached from outside the cluster")
    what = f"port {port} to {target_port or port} of pods with {_pairs(selector)}"
    kind = kind_of(session, "services")
    return await create(session, kind, namespace, name, content, what=what, warnings=tuple(warnings))


@writes(
    "kube.set_selector",
    examples=(
        "let service web select app=web",
        "change the selector of service api in shop to app=api,tier=backend",
        "point the service checkout at the pods with version=v2",
        "fix the selector of service db: app=postgres",
    ),
)
async def set_selector(session: Session, *, name: Name, selector: Labels, namespace: Namespace = "") -> Draft:
    """Set which pods are behind a service: those with these labels, and no others.

    Args:
        name: The service.
        selector: The whole new selector.
        namespace: Its namespace; found out where it is left open.
    """
    if not selector:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say the labels of the pods")
    live = await session.find.one(name, "services", namespace)
    before = at(live, "spec.selector", {})
    if before == selector:
        return Draft(f"{label(live)} selects {_pairs(selector)}")
    body: Manifest = {"spec": {"selector": {**dict.fromkeys(before), **selector}}}
    warnings = await _pods(session, namespace_of(live), selector, 0)
    one = Operation("patch", kind_of(session, "services"), namespace_of(live), name_of(live), live, body)
    return Draft(f"let {label(live)} select {_pairs(selector)}", (one,), tuple(warnings))


@writes(
    "kube.set_port",
    examples=(
        "send port 80 of service web to 8080",
        "change the target port of service api in shop to 3000",
        "let service db listen on 5433",
        "fix the target port of checkout: 80 goes to 8000",
    ),
)
async def set_port(
    session: Session, *, name: Name, port: Port, target_port: Port = 0, namespace: Namespace = ""
) -> Draft:
    """Set a port of a service, or where one leads.

    Args:
        name: The service.
        port: Its port: one that it has, or what its only one becomes.
        target_port: The pods' port that it leads to; stays where it is left out.
        namespace: Its namespace; found out where it is left open.
    """
    live = await session.find.one(name, "services", namespace)
    before = at(live, "spec.ports", [])
    after = moved(live, port, target_port)
    if after == before:
        return Draft(f"{label(live)} has it so: {_ports(before)}")
    body: Manifest = {"spec": {"ports": after}}
    selector = at(live, "spec.selector", {})
    warnings = await _pods(session, namespace_of(live), selector, target_port) if selector else []
    one = Operation("patch", kind_of(session, "services"), namespace_of(live), name_of(live), live, body)
    return Draft(f"set the ports of {label(live)}: {_ports(after)} (were {_ports(before)})", (one,), tuple(warnings))


def moved(service: Manifest, port: int, target: int) -> list[Manifest]:
    """The service's ports with this one set. Raises ToolError(AMBIGUOUS) where another could be meant. Pure."""
    ports: list[Manifest] = at(service, "spec.ports", [])
    if not port:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say the service's port")
    if not any(one.get("port") == port for one in ports) and len(ports) != 1:
        choices = [{"port": str(one.get("port"))} for one in ports]
        message = f"{label(service)} has no port {port}, and several others: {_ports(ports)}; say which"
        raise ToolError(ErrorCode.AMBIGUOUS, message, choices=choices)
    only = len(ports) == 1
    return [
        {**one, "port": port, **({"targetPort": target} if target else {})} if only or one.get("port") == port else one
        for one in ports
    ]


@writes(
    "kube.create_ingress",
    examples=(
        "route shop.example.com to service web port 80",
        "create an ingress api for api.example.com to the service api on 8080",
        "expose service frontend at www.example.org with ingress class nginx",
        "add an ingress in team-a: host app.test, service app, port 80",
    ),
)
async def create_ingress(
    session: Session,
    *,
    name: Name,
    host: Host,
    service: Name,
    port: Port,
    class_name: MaybeName = "",
    namespace: Namespace = "",
) -> Draft:
    """Route a host name from outside to a service.

    Args:
        name: The ingress.
        host: The host name.
        service: The service behind it.
        port: The service's port.
        class_name: The ingress class; the cluster's default where it is left out.
        namespace: Where the service is and the ingress is made.
    """
    namespace = session.find.home(namespace)
    kind = session.kinds.get("ingresses", "networking.k8s.io") or kind_of(session, "ingresses", "extensions")
    warnings = [*await _backend(session, namespace, service, port), *await _class(session, class_name)]
    warnings.append(f"{service} can be reached from outside as {host}")
    content: Manifest = {"spec": ingress(kind.version, host, service, port, class_name)}
    return await create(
        session, kind, namespace, name, content, what=f"{host} to {service}:{port}", warnings=tuple(warnings)
    )


def ingress(version: str, host: str, service: str, port: int, class_name: str) -> Manifest:
    """The `spec`, for v1 and for the betas before it. Pure."""
    backend: Manifest = {"serviceName": service, "servicePort": port}
    if version == "v1":
        backend = {"service": {"name": service, "port": {"number": port}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    spec: Manifest = {"rules": [{"host": host, "http": {"paths": [path]}}]}
    return spec | ({"ingressClassName": class_name} if class_name else {})


def _pairs(labels: dict[str, str]) -> str:
    return listed(f"{key}={value}" for key, value in labels.items())


def _ports(ports: list[Manifest]) -> str:
    return listed(f"{one.get('port')} to {one.get('targetPort', one.get('port'))}" for one in ports)


async def _pods(session: Session, namespace: str, selector: dict[str, str], target: int) -> list[str]:
    """Warnings: no pod is selected, or none says that it listens there."""
    try:
        pods = await session.api.items(kind_of(session, "pods").path(namespace))
    except KubeError as error:
        if error.status in (403, 404):
            return []
        raise
    behind = [pod for pod in pods if selected(selector, labels_of(pod))]
    if not behind:
        near = sorted({f"{k}={v}" for pod in pods for k, v in labels_of(pod).items() if k in selector})
        tail = f"; there are {listed(near, 5)}" if near else ""
        return [f"no pod in {namespace} has {_pairs(selector)} now: the service will have no endpoints{tail}"]
    said = {port for pod in behind for port in at(pod, "spec.containers[*].ports") for port in _numbers(port)}
    if target and said and target not in said:
        return [f"its pods name no port {target}: they name {listed(str(one) for one in sorted(said))}"]
    return []


def _numbers(ports: object) -> list[int]:
    return [one["containerPort"] for one in ports if "containerPort" in one] if isinstance(ports, list) else []


async def _backend(session: Session, namespace: str, service: str, port: int) -> list[str]:
    live = await existing(session, kind_of(session, "services"), namespace, service)
    if live is None:
        return [f"there is no service {service} in {namespace} yet: the ingress leads nowhere until there is"]
    there = [one.get("port") for one in at(live, "spec.ports", [])]
    return [] if port in there else [f"{label(live)} has no port {port}: it has {listed(str(one) for one in there)}"]


async def _class(session: Session, name: str) -> list[str]:
    """A warning where no controller will take the ingress."""
    kind = session.kinds.get("ingressclasses", "networking.k8s.io")
    if kind is None:
        return []
    try:
        classes = await session.api.items(kind.path())
    except KubeError as error:
        if error.status == 403:
            return []
        raise
    names = [name_of(one) for one in classes]
    if name:
        known = listed(names) or "none"
        return [] if name in names else [f"there is no ingress class {name} (there are: {known}): nothing serves it"]
    mark = "ingressclass.kubernetes.io/is-default-class"
    if any((at(one, "metadata.annotations", {})).get(mark) == "true" for one in classes):
        return []
    tail = f"name one of {listed(names)}" if names else "there is no ingress class, and maybe no ingress controller"
    return [f"the cluster has no default ingress class: {tail}"]

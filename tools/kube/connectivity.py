"""`kube.endpoints` and `kube.port_check`: who is behind a service, and whether a port answers."""

from __future__ import annotations

import asyncio
from typing import Final, Literal

from protocol.errors import ErrorCode
from tools.arguments import Output
from tools.errors import ToolError
from tools.kube import related, traits
from tools.kube.arguments import Name, Namespace, Port
from tools.kube.channels import channels, messages
from tools.kube.errors import KubeError
from tools.kube.objects import Manifest, at, label, listed, name_of, namespace_of
from tools.kube.session import Session
from tools.kube.verbs import reads
from tools.kube.wording import bounded, clean, counted

MOST_PODS: Final = 10
# A port that refuses says so at once; one that accepts says nothing.
SILENCE_S: Final = 1.5
ERROR_CHANNEL: Final = 1


class Endpoints(Output):
    """`ready`, `not_ready`: "10.0.0.5 (pod shop/web-1)"."""

    text: str
    ready: tuple[str, ...]
    not_ready: tuple[str, ...]
    ports: tuple[str, ...]


class PortCheck(Output):
    """`open`: whether every port that was tried accepts connections, and one was tried."""

    text: str
    open: bool
    refused: tuple[str, ...]


@reads(
    "kube.endpoints",
    examples=(
        "who is behind service web?",
        "does the service api have endpoints?",
        "endpoints of checkout in shop",
        "which pods does service web send traffic to?",
    ),
)
async def endpoints(session: Session, *, name: Name, namespace: Namespace = "") -> Endpoints:
    """Say which pods are behind a service, ready or not, and why there are none.

    Args:
        name: The service.
        namespace: Its namespace; found out where it is left open.
    """
    service = await session.find.one(name, "services", namespace)
    ready, not_ready, ports = await addresses(session, service)
    head = f"{label(service)}: {counted(len(ready), 'ready endpoint')}, {len(not_ready)} not ready"
    lines = [head + (f", ports {listed(ports)}" if ports else "")]
    lines += [f"  ready: {one}" for one in ready[:100]] + [f"  not ready: {one}" for one in not_ready[:100]]
    if not ready:
        lines += await why_none(session, service)
    return Endpoints(text=bounded([clean(one) for one in lines]), ready=tuple(ready), not_ready=tuple(not_ready),
                     ports=tuple(ports))  # fmt: skip


async def addresses(session: Session, service: Manifest) -> tuple[list[str], list[str], list[str]]:
    """Ready and not ready addresses with their pods, and the ports there."""
    try:
        found = await session.api.get(session.kinds.find("endpoints").path(namespace_of(service), name_of(service)))
    except KubeError as error:
        if error.status != 404:
            raise
        return [], [], []
    ready, not_ready, ports = [], [], []
    for subset in found.get("subsets") or ():
        ready += [_address(one) for one in subset.get("addresses") or ()]
        not_ready += [_address(one) for one in subset.get("notReadyAddresses") or ()]
        ports += [f"{one.get('port')}/{one.get('protocol', 'TCP')}" for one in subset.get("ports") or ()]
    return sorted(set(ready)), sorted(set(not_ready)), sorted(set(ports))


def _address(one: Manifest) -> str:
    target = one.get("targetRef") or {}
    who = (
        f" ({str(target.get('kind', '')).lower()} {target.get('namespace', '')}/{target.get('name')})" if target else ""
    )
    return f"{one.get('ip')}{who}"


async def why_none(session: Session, service: Manifest) -> list[str]:
    """Why a service has no ready endpoint, a line each."""
    if at(service, "spec.type") == "ExternalName":
        return [f"  it is another name for {at(service, 'spec.externalName')}"]
    selector = at(service, "spec.selector")
    if not selector:
        return ["  it selects no pods: its endpoints are made by hand"]
    pods = await related.pods_of(session, service)
    words = related.selector_text(selector)
    if not pods:
        return [f"  no pod in {namespace_of(service)} has the labels {words}"]
    return [f"  {label(one)} has the labels {words} and is {traits.state(one)}, not ready" for one in pods[:10]]


@reads(
    "kube.port_check",
    examples=(
        "is port 8080 of pod web-1 open?",
        "can service api be reached?",
        "check the port of service checkout in shop",
        "does anything listen on port 5432 of pod db-0?",
    ),
)
async def port_check(
    session: Session, *, name: Name, kind: Literal["service", "pod"] = "service", namespace: Namespace = "",
    port: Port = 0,
) -> PortCheck:  # fmt: skip
    """Check whether the ports of a service's pods, or of a pod, accept TCP connections. Nothing is sent to them.

    Args:
        name: The service or pod.
        kind: service or pod.
        namespace: Its namespace; found out where it is left open.
        port: The service's or pod's port; 0 for all that it declares.
    """
    live = await session.find.one(name, kind, namespace)
    pods = [one for one in await related.pods_of(session, live) if at(one, "status.phase") == "Running"]
    wanted = [(pod, one) for pod in pods[:MOST_PODS] for one in _ports(live, pod, port)]
    if not wanted:
        why = "none of its pods runs" if not pods else "it declares no TCP port: say which"
        reason = (await why_none(session, live))[:3] if kind == "service" and not pods else []
        return PortCheck(text=bounded([clean(f"{label(live)}: nothing to try: {why}"), *map(clean, reason)]),
                         open=False, refused=())  # fmt: skip
    answers = await asyncio.gather(*(_refusal(session, pod, one) for pod, one in wanted))
    refused = [
        f"{namespace_of(pod)}/{name_of(pod)}:{one}" for (pod, one), why in zip(wanted, answers, strict=True) if why
    ]
    head = f"{label(live)}: {len(wanted) - len(refused)} of {counted(len(wanted), 'port')} accept connections"
    lines = [head]
    for (pod, one), why in zip(wanted, answers, strict=True):
        state = f"refused ({why})" if why else "open"
        ready = "" if traits.is_ready(pod) else ", and the pod is not ready"
        lines.append(f"  {label(pod)} port {one}: {state}{ready}")
    lines += [f"  {len(pods) - MOST_PODS} more pods were not tried"] if len(pods) > MOST_PODS else []
    return PortCheck(text=bounded([clean(one, 500) for one in lines]), open=not refused, refused=tuple(refused))


def _ports(live: Manifest, pod: Manifest, port: int) -> list[int]:
    """The pod's ports to try: of a service those that its ports lead to."""
    declared = [one for one in traits.at_each(traits.containers(pod), "ports") if one.get("protocol", "TCP") == "TCP"]
    if live.get("kind") != "Service":
        return [port] if port else [int(one["containerPort"]) for one in declared]
    every = [one for one in at(live, "spec.ports", []) if one.get("protocol", "TCP") == "TCP"]
    chosen = [one for one in every if port in (0, one.get("port"))]
    if not chosen:
        have = listed(str(one.get("port")) for one in every)
        raise ToolError(ErrorCode.NOT_FOUND, f"{label(live)} has no TCP port {port}; it has {have or 'none'}")
    named = {str(one.get("name")): int(one["containerPort"]) for one in declared}
    targets = [one.get("targetPort", one.get("port")) for one in chosen]
    return [found for one in targets if (found := one if isinstance(one, int) else named.get(str(one), 0))]


async def _refusal(session: Session, pod: Manifest, port: int) -> str:
    """Why the port does not accept connections; empty where it does. Raises KubeError where nobody may ask."""
    path = session.kinds.find("pods").path(namespace_of(pod), name_of(pod), "portforward")
    async with channels(session.api, path, [("ports", str(port))]) as socket:
        try:
            async with asyncio.timeout(SILENCE_S):
                # One that takes the connection and ends it without a complaint is open, too.
                async for channel, data in messages(socket):
                    # Each channel begins with the port's number, two bytes of its own.
                    if channel == ERROR_CHANNEL and len(data) > 2:
                        return _reason(data.decode(errors="replace"))
        except TimeoutError:
            pass
    return ""


def _reason(text: str) -> str:
    for known in ("connection refused", "no such host", "i/o timeout"):
        if known in text:
            return known
    return " ".join(text.split())[:200]

"""`kube.api_resources` and `kube.cluster_info`: what kinds there are, and what cluster this is."""

from __future__ import annotations

import time
from typing import Annotated

from pydantic import Field

from protocol.vocabulary import JsonObject
from tools.arguments import Output
from tools.kube import traits
from tools.kube.errors import KubeError
from tools.kube.kinds import Kind
from tools.kube.objects import at, listed
from tools.kube.session import Session
from tools.kube.verbs import reads
from tools.kube.wording import bounded, clean, counted, table

Group = Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]*$", max_length=253)]


class Resources(Output):
    text: str
    count: int
    kinds: tuple[JsonObject, ...]


class Info(Output):
    text: str
    version: str
    server: str
    nodes: int
    namespaces: int


@reads(
    "kube.api_resources",
    examples=(
        "what kinds of objects does this cluster have?",
        "list the api resources",
        "which custom resources are installed?",
        "what is in the group apps?",
    ),
)
async def api_resources(session: Session, *, group: Group = "") -> Resources:
    """List the kinds of objects that the cluster knows, with their short names and verbs.

    Args:
        group: Only this API group, such as apps; `core` for the one without a name.
    """
    kinds = await session.cluster.know(time.monotonic(), again=True)
    wanted = "" if group == "core" else group
    found = [one for one in kinds.all if not group or one.group == wanted]
    rows = [[one.plural, ",".join(one.short), one.api_version, str(one.namespaced).lower(), one.kind] for one in found]
    header = ["name", "shortnames", "apiversion", "namespaced", "kind"]
    last = f"{counted(len(found), 'kind')}{f' in the group {group}' if group else ''}"
    text = bounded([*table(header, rows), last]) if rows else f"no kinds in the group {group}"
    return Resources(text=text, count=len(found), kinds=tuple(_described(one) for one in found))


def _described(kind: Kind) -> JsonObject:
    return {"name": kind.plural, "kind": kind.kind, "api_version": kind.api_version, "namespaced": kind.namespaced}


@reads(
    "kube.cluster_info",
    examples=(
        "what cluster is this?",
        "which kubernetes version runs here?",
        "cluster info",
        "is the cluster healthy?",
    ),
)
async def cluster_info(session: Session) -> Info:
    """Say what cluster this is: version, server, health, nodes and namespaces."""
    version = str((await session.api.get("/version")).get("gitVersion", ""))
    health = await _health(session)
    nodes, names = await _nodes(session), await session.find.namespaces()
    lines = [
        clean(f"Kubernetes {version} at {session.api.server}"), f"  health: {health}", *nodes[1],
        clean(f"  {counted(len(names), 'namespace')}: {listed(names, 30)}"),
        f"  {counted(len(session.kinds.all), 'kind')} of objects (kube.api_resources lists them)",
    ]  # fmt: skip
    return Info(text=bounded(lines), version=version, server=session.api.server, nodes=nodes[0], namespaces=len(names))


async def _health(session: Session) -> str:
    try:
        text, _ = await session.api.text("/readyz", [("verbose", "true")], most=20_000)
    except KubeError as error:
        return clean(f"not told ({error.message.splitlines()[0]})" if error.message else "not told", 300)
    bad = [line[3:] for line in text.splitlines() if line.startswith("[-]")]
    return clean(f"not ready: {listed(bad)}") if bad else "the API server says it is ready"


async def _nodes(session: Session) -> tuple[int, list[str]]:
    try:
        found = await session.api.items("/api/v1/nodes")
    except KubeError as error:
        if error.status != 403:
            raise
        return 0, ["  nodes: this identity may not see them"]
    lines = [
        clean(
            f"  node {at(one, 'metadata.name')}: {traits.state(one)}, {at(one, 'status.nodeInfo.kubeletVersion', '')}, "
            f"{at(one, 'status.capacity.cpu', '?')} CPUs, {at(one, 'status.capacity.memory', '?')} memory"
        )
        for one in found[:50]
    ]
    return len(found), lines

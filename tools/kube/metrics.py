"""What pods and nodes use, where the server has metrics (metrics.k8s.io); else what they ask for."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube import quantities, traits
from tools.kube.errors import KubeError
from tools.kube.kinds import Kind
from tools.kube.objects import Manifest, at, name_of, namespace_of
from tools.kube.session import Session

Use = dict[str, float]
Key = tuple[str, str]


async def usage(session: Session, plural: str, namespace: str = "") -> dict[Key, Use] | None:
    """CPU (cores) and memory (bytes) by (namespace, name); None where the server measures nothing."""
    kind = session.kinds.get(plural, "metrics.k8s.io")
    if kind is None:
        return None
    try:
        found = await session.api.items(kind.path(namespace))
    except KubeError as error:
        # The group is registered, and its server does not answer: that is the same as none.
        if error.status in (404, 503):
            return None
        raise
    return {(namespace_of(one), name_of(one)): _use(one) for one in found}


def asked(obj: Manifest, which: str = "requests") -> Use:
    """What a pod's containers request, or are limited to."""
    found = traits.total(obj, which)
    return {"cpu": found.get("cpu", 0.0), "memory": found.get("memory", 0.0)}


async def sizes(
    session: Session, kind: Kind, namespace: str, objects: Sequence[Manifest], resource: str
) -> dict[Key, tuple[float, str]]:
    """What `sort=cpu` and `sort=memory` go by: the use, or without metrics the requests, and that in words."""
    if resource not in ("cpu", "memory"):
        return {}
    if kind.plural not in ("pods", "nodes"):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{resource} is measured of pods and nodes, not of {kind.plural}")
    used = await usage(session, kind.plural, namespace)
    found: dict[Key, tuple[float, str]] = {}
    for obj in objects:
        key = namespace_of(obj), name_of(obj)
        if used is not None:
            value = used.get(key, {}).get(resource, 0.0)
            found[key] = value, quantities.said(resource, value)
        elif kind.plural == "nodes":
            value = quantities.number(at(obj, f"status.allocatable.{resource}", 0))
            found[key] = value, f"{quantities.said(resource, value)} allocatable"
        else:
            value = asked(obj)[resource]
            found[key] = value, f"{quantities.said(resource, value)} requested"
    return found


def _use(one: Manifest) -> Use:
    parts = one.get("containers") or [one]
    return {
        name: sum(quantities.number((part.get("usage") or {}).get(name, 0)) for part in parts)
        for name in ("cpu", "memory")
    }

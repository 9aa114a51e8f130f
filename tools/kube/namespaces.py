"""Namespaces, and what bounds them: quotas and limit ranges."""

from __future__ import annotations

import math

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.arguments import Amounts, Labels, MaybeName, Name, Namespace
from tools.kube.change import Draft, Intent, Operation
from tools.kube.creating import create, kind_of, needed, pairs
from tools.kube.errors import KubeError
from tools.kube.objects import Manifest, at, label, listed, name_of, namespace_of
from tools.kube.quantities import number, said
from tools.kube.session import Session
from tools.kube.verbs import writes


@writes(
    "kube.create_namespace",
    examples=(
        "create a namespace team-a",
        "make namespace shop with the label team=payments",
        "I need a new namespace called staging",
        "add a namespace for the data team",
    ),
)
async def create_namespace(session: Session, *, name: Namespace, labels: Labels | None = None) -> Draft:
    """Create a namespace.

    Args:
        name: The namespace.
        labels: Its labels.
    """
    if not name:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say how the namespace is to be called")

    def holds(live: Manifest | None) -> str:
        return "" if at(live, "status.phase") == "Active" else "it is not active yet"

    content: Manifest = {"metadata": {"labels": labels}} if labels else {}
    return await create(
        session, kind_of(session, "namespaces"), "", name, content, intent=Intent("the namespace is active", holds)
    )


@writes(
    "kube.create_quota",
    examples=(
        "limit team-a to 4 CPUs and 8Gi of memory",
        "add a quota of 10 pods to shop",
        "create a resource quota for namespace dev: cpu 2, memory 4Gi",
        "team-b may use no more than 20 pods",
    ),
)
async def create_quota(session: Session, *, hard: Amounts, name: Name = "quota", namespace: Namespace = "") -> Draft:
    """Limit what a namespace may use in all.

    Args:
        hard: The limits, such as cpu, memory, pods, requests.storage, count/deployments.apps.
        name: The quota's name.
        namespace: The namespace that is limited.
    """
    needed(hard, "what is limited, such as cpu or pods")
    namespace = session.find.home(namespace)
    warnings = await _quota_warnings(session, namespace, hard)
    kind = kind_of(session, "resourcequotas")
    content: Manifest = {"spec": {"hard": hard}}
    return await create(session, kind, namespace, name, content, what=pairs(hard), warnings=warnings)


@writes(
    "kube.set_quota",
    examples=(
        "raise the quota of team-a to 8 CPUs",
        "set the pod limit of quota compute in shop to 30",
        "give namespace dev 16Gi of memory in its quota",
        "lower the cpu quota in staging to 2",
    ),
)
async def set_quota(session: Session, *, hard: Amounts, name: MaybeName = "", namespace: Namespace = "") -> Draft:
    """Change limits of a quota; those that are not named stay.

    Args:
        hard: The new limits.
        name: The quota; may be left out where the namespace has just one.
        namespace: Its namespace.
    """
    needed(hard, "which limits are to change")
    live = await _quota(session, name, namespace)
    before = at(live, "spec.hard", {})
    new = {key: value for key, value in hard.items() if not _same(before.get(key), value)}
    if not new:
        return Draft(f"{label(live)} has {pairs(hard)}")
    body: Manifest = {"spec": {"hard": new}}
    one = Operation("patch", kind_of(session, "resourcequotas"), namespace_of(live), name_of(live), live, body)
    told = listed(f"{key} from {before.get(key, 'no limit')} to {value}" for key, value in new.items())
    return Draft(f"set {label(live)}: {told}", (one,), await _quota_warnings(session, namespace_of(live), new))


@writes(
    "kube.create_limit_range",
    examples=(
        "pods in team-a get 100m cpu and 128Mi by default",
        "set default limits of 500m and 512Mi in shop",
        "add a limit range to dev: no container over 2 CPUs",
        "default requests of 50m in namespace staging",
    ),
)
async def create_limit_range(
    session: Session,
    *,
    name: Name = "limits",
    default: Amounts | None = None,
    default_request: Amounts | None = None,
    max: Amounts | None = None,
    min: Amounts | None = None,
    namespace: Namespace = "",
) -> Draft:
    """Give a namespace's containers defaults and bounds. It counts for pods that are made from now on.

    Args:
        name: The limit range's name.
        default: Limits of containers that set none.
        default_request: Requests of containers that set none.
        max: The most that a container may ask for.
        min: The least that a container must ask for.
        namespace: The namespace.
    """
    parts = {"default": default, "defaultRequest": default_request, "max": max, "min": min}
    given = {key: value for key, value in parts.items() if value}
    if not given:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say the defaults or bounds, such as default cpu 500m")
    namespace = session.find.home(namespace)
    told = "; ".join(f"{key} {pairs(value)}" for key, value in given.items())
    content: Manifest = {"spec": {"limits": [{"type": "Container", **given}]}}
    warnings = ("it counts for pods that are made from now on; those that run stay as they are",)
    return await create(
        session, kind_of(session, "limitranges"), namespace, name, content, what=told, warnings=warnings
    )


def _same(before: object, after: str) -> bool:
    return before is not None and math.isclose(number(before), number(after))


async def _quota(session: Session, name: str, namespace: str) -> Manifest:
    """The quota of this name, or the only one. Raises ToolError: NOT_FOUND, AMBIGUOUS."""
    if name:
        return await session.find.one(name, "resourcequotas", namespace)
    kind = kind_of(session, "resourcequotas")
    namespace = session.find.home(namespace)
    found = await session.api.items(kind.path(namespace))
    if not found:
        raise ToolError(ErrorCode.NOT_FOUND, f"there is no quota in {namespace}: create one")
    if len(found) > 1:
        names = [name_of(one) for one in found]
        choices = [{"name": one} for one in names]
        message = f"{namespace} has {len(found)} quotas: {listed(names)}; say which"
        raise ToolError(ErrorCode.AMBIGUOUS, message, choices=choices)
    return found[0]


async def _quota_warnings(session: Session, namespace: str, hard: dict[str, str]) -> tuple[str, ...]:
    """What the limits will mean for what runs there, as far as that may be seen."""
    try:
        pods = await session.api.items(kind_of(session, "pods").path(namespace))
        ranges = await session.api.items(kind_of(session, "limitranges").path(namespace))
    except KubeError as error:
        if error.status in (403, 404):
            return ()
        raise
    return tuple(strained(namespace, hard, pods, ranges))


def strained(namespace: str, hard: dict[str, str], pods: list[Manifest], ranges: list[Manifest]) -> list[str]:
    """Limits that are exceeded already, and those under which pods without requests or limits are refused. Pure."""
    running = [pod for pod in pods if at(pod, "status.phase") not in ("Succeeded", "Failed")]
    found = []
    for key, value in hard.items():
        used = usage(key, running)
        if used is not None and used > number(value) * (1 + 1e-9):
            found.append(
                f"{namespace} uses {said(key, used)} of {key} already, more than {value}: what runs stays, "
                "new pods are refused"
            )
        part, _, resource = key.rpartition(".")
        wanted = "defaultRequest" if part in ("", "requests") else "default"
        if resource in ("cpu", "memory") and part in ("", "requests", "limits"):
            given = [at(item, f"{wanted}.{resource}") for one in ranges for item in at(one, "spec.limits", [])]
            if not any(given):
                found.append(
                    f"pods that set no {part or 'requests'} for {resource} are refused from now on: {namespace} has "
                    "no limit range with a default"
                )
    return found


def usage(key: str, pods: list[Manifest]) -> float | None:
    """What these pods count against a quota's key; None for keys that other objects count against."""
    if key in ("pods", "count/pods"):
        return float(len(pods))
    part, _, resource = key.rpartition(".")
    if resource not in ("cpu", "memory") or part not in ("", "requests", "limits"):
        return None
    path = f"resources.{part or 'requests'}.{resource}"
    return sum(number(at(one, path, 0)) for pod in pods for one in at(pod, "spec.containers", []))

"""What stands before and beside a workload: its service, its autoscaler, its disruption budget."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.arguments import KindWord, Labels, MaybeName, Name, Namespace, Port
from tools.kube.change import Draft, patched
from tools.kube.creating import create, existing, kind_of
from tools.kube.kinds import Kind
from tools.kube.objects import Manifest, at, label, labels_of, name_of, namespace_of, selected
from tools.kube.podspec import pod_spec
from tools.kube.resolve import SCALABLE
from tools.kube.session import Session
from tools.kube.verbs import writes

EXPOSABLE = ("deployments", "statefulsets", "daemonsets", "replicasets", "pods")
Percent = Annotated[int, Field(ge=1, le=1000)]
Replicas = Annotated[int, Field(ge=1, le=100_000)]
Share = Annotated[int, Field(ge=0, le=100_000)] | Annotated[str, Field(pattern=r"^(100|[0-9]{1,2})%$")]


@writes(
    "kube.expose",
    examples=(
        "expose checkout on port 80",
        "make a service for api in shop, port 80 to 8080",
        "expose web as a NodePort on 8080",
        "put a load balancer before the frontend on port 443",
    ),
)
async def expose(
    session: Session,
    *,
    name: Name,
    port: Annotated[Port, Field(ge=1)],
    target_port: Port = 0,
    kind: KindWord = "",
    namespace: Namespace = "",
    type: Literal["ClusterIP", "NodePort", "LoadBalancer"] = "ClusterIP",
    service_name: MaybeName = "",
) -> Draft:
    """Create a Service before a workload or pod.

    Args:
        name: The workload or pod.
        port: The Service's port.
        target_port: The containers' port; the same where it is left open.
        kind: Its kind; found out where it is left open.
        namespace: Its namespace; found out where it is left open.
        type: Who can reach it: the cluster, all who reach a node, or the world.
        service_name: The Service's name; the workload's where it is left open.
    """
    live = await session.find.one(name, kind, namespace, EXPOSABLE)
    selector = _selector(live)
    target = target_port or port
    spec = {"type": type, "selector": selector, "ports": [{"port": port, "targetPort": target, "protocol": "TCP"}]}
    what = f"{type}, port {port} to {target} of {label(live)}"
    warnings = [*_undeclared(live, target)]
    if type != "ClusterIP":
        warnings.append(f"a {type} can be reached from outside the cluster")
    return await create(
        session, kind_of(session, "services"), namespace_of(live), service_name or name, {"spec": spec},
        what=what, warnings=tuple(warnings),
    )  # fmt: skip


@writes(
    "kube.autoscale",
    examples=(
        "autoscale checkout between 2 and 10 replicas",
        "let api in shop scale up to 5 at 70 percent cpu",
        "add an autoscaler to worker with at most 8 replicas",
        "scale web automatically from 1 to 4",
    ),
)
async def autoscale(
    session: Session,
    *,
    name: Name,
    max: Replicas,
    min: Replicas = 1,
    cpu_percent: Percent = 80,
    kind: KindWord = "",
    namespace: Namespace = "",
) -> Draft:
    """Let a HorizontalPodAutoscaler set the replicas of a workload by its use of CPU.

    Args:
        name: The workload.
        max: The most replicas.
        min: The fewest.
        cpu_percent: The use of the requested CPU that it aims at.
        kind: Deployment, StatefulSet or ReplicaSet; found out where it is left open.
        namespace: Its namespace; found out where it is left open.
    """
    if min > max:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"the fewest replicas ({min}) are more than the most ({max})")
    live = await session.find.one(name, kind, namespace, SCALABLE)
    scaler = kind_of(session, "horizontalpodautoscalers", "autoscaling")
    spec = _scaling(scaler, live, max, min, cpu_percent)
    warnings = _no_measure(session, live)
    there = await existing(session, scaler, namespace_of(live), name)
    told = f"{min} to {max} replicas at {cpu_percent} % CPU"
    if there is None:
        return await create(session, scaler, namespace_of(live), name, {"spec": spec}, what=told, warnings=warnings)
    if at(there, "spec.scaleTargetRef.name") != name or at(there, "spec.scaleTargetRef.kind") != live["kind"]:
        raise ToolError(ErrorCode.ALREADY_EXISTS, f"{label(there)} is there already, for another workload")
    changed = {
        key: value for key, value in spec.items() if key != "scaleTargetRef" and at(there, f"spec.{key}") != value
    }
    if not changed:
        return Draft(f"{label(there)} is that already: {told}")
    return Draft(f"set {label(there)} to {told}", (patched(session.kinds, there, {"spec": changed}),), warnings)


@writes(
    "kube.create_disruption_budget",
    examples=(
        "keep at least two pods of app=checkout available",
        "create a disruption budget for web in shop with min available 1",
        "allow at most one unavailable pod of app=api",
        "add a pod disruption budget named db for app=db",
    ),
)
async def create_disruption_budget(
    session: Session,
    *,
    name: Name,
    selector: Labels,
    min_available: Share | None = None,
    max_unavailable: Share | None = None,
    namespace: Namespace = "",
) -> Draft:
    """Create a PodDisruptionBudget: how many pods evictions must leave.

    Args:
        name: Its name.
        selector: The labels of the pods that it protects.
        min_available: How many must stay, a number or a percentage such as "50%".
        max_unavailable: Or how many may be away.
        namespace: Where.
    """
    if (min_available is None) == (max_unavailable is None):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say either how many pods must stay, or how many may be away")
    if not selector:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say which pods it protects, by their labels")
    home = session.find.home(namespace)
    limit = {"minAvailable": min_available} if min_available is not None else {"maxUnavailable": max_unavailable}
    told = ", ".join(f"{key} {value}" for key, value in limit.items())
    spec = {"selector": {"matchLabels": dict(selector)}, **limit}
    return await create(
        session, kind_of(session, "poddisruptionbudgets", "policy"), home, name, {"spec": spec}, what=told,
        warnings=await _budget(session, home, dict(selector), min_available, max_unavailable),
    )  # fmt: skip


async def _budget(
    session: Session, namespace: str, selector: dict[str, str], least: int | str | None, away: int | str | None
) -> tuple[str, ...]:
    pods = await session.api.items(kind_of(session, "pods").path(namespace))
    chosen = [one for one in pods if selected(selector, labels_of(one))]
    if not chosen:
        return ("no pod has these labels now",)
    if least == "100%" or away in (0, "0%") or (isinstance(least, int) and least >= len(chosen)):
        return (f"it lets none of the {len(chosen)} pods be evicted: a node that they run on cannot be drained",)
    return ()


def _selector(live: Manifest) -> dict[str, str]:
    """The labels by which a workload's pods are chosen. Raises ToolError where a Service could not choose so."""
    if live["kind"] == "Pod":
        found = labels_of(live)
    elif at(live, "spec.selector.matchExpressions"):
        message = f"{label(live)} chooses its pods by expressions, which a Service cannot: create it with a selector"
        raise ToolError(ErrorCode.BAD_ARGUMENTS, message)
    else:
        found = dict(at(live, "spec.selector.matchLabels", {}))
    if not found:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{label(live)} has no labels by which a Service could choose it")
    return found


def _undeclared(live: Manifest, target: int) -> list[str]:
    declared = {one.get("containerPort") for c in pod_spec(live)["containers"] for one in c.get("ports") or ()}
    if not declared or target in declared:
        return []
    has = ", ".join(str(one) for one in sorted(declared, key=str))
    return [f"no container of {label(live)} declares port {target}: they declare {has}"]


def _scaling(scaler: Kind, live: Manifest, most: int, fewest: int, percent: int) -> Manifest:
    """The autoscaler's spec in the version that the server prefers."""
    target = {"apiVersion": live["apiVersion"], "kind": live["kind"], "name": name_of(live)}
    spec: Manifest = {"scaleTargetRef": target, "minReplicas": fewest, "maxReplicas": most}
    if scaler.version == "v1":
        return spec | {"targetCPUUtilizationPercentage": percent}
    aim = {"type": "Utilization", "averageUtilization": percent}
    return spec | {"metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": aim}}]}


def _no_measure(session: Session, live: Manifest) -> tuple[str, ...]:
    warnings = []
    if not all(at(one, "resources.requests.cpu") for one in pod_spec(live)["containers"]):
        warnings.append(f"a container of {label(live)} requests no CPU: the autoscaler has nothing to measure by")
    if session.kinds.get("pods", "metrics.k8s.io") is None:
        warnings.append("this cluster offers no metrics (metrics.k8s.io): the autoscaler cannot measure")
    return tuple(warnings)

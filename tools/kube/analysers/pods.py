"""Pods as analysers see them: which are in trouble, in what state their containers are, who they belong to. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from protocol.vocabulary import JsonObject
from tools.kube.analysers.findings import Evidence, Finding, Fix, Ref, Severity
from tools.kube.analysers.snapshot import NEVER_S, Snapshot, going
from tools.kube.objects import Manifest, at, name_of

YOUNG_S: Final = 20.0
"""A pod may take this long to start before anything is said of it."""
SERVICE_S: Final = YOUNG_S / 4
"""And the endpoints of a service this long to be there."""
BEGUN: Final = "state.running.startedAt"
PULL_S: Final = 120.0
"""And an image this long to be pulled."""
CREATING: Final = ("ContainerCreating", "PodInitializing")
TEMPLATED: Final = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job")


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a pod: what was asked for and what became of it."""

    name: str
    spec: Manifest
    status: Manifest
    init: bool = False

    @property
    def waiting(self) -> str:
        """Why it waits: `CrashLoopBackOff`; empty when it does not."""
        return str(at(self.status, "state.waiting.reason", ""))

    @property
    def message(self) -> str:
        return str(at(self.status, "state.waiting.message", ""))

    @property
    def restarts(self) -> int:
        return int(self.status.get("restartCount") or 0)

    @property
    def ended(self) -> Manifest:
        """How it ended last: now, or before it was started again; empty where it never has."""
        states = (self.status.get("state") or {}, self.status.get("lastState") or {})
        found: Manifest = next((one["terminated"] for one in states if one.get("terminated")), {})
        return found

    @property
    def running(self) -> bool:
        return bool(at(self.status, "state.running"))

    @property
    def image(self) -> str:
        return str(self.spec.get("image", ""))

    @property
    def ports(self) -> list[Manifest]:
        return list(self.spec.get("ports") or ())


def containers(pod: Manifest) -> list[Container]:
    """The pod's containers; init containers first."""
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    found: list[Container] = []
    for key, states, init in (
        ("initContainers", "initContainerStatuses", True),
        ("containers", "containerStatuses", False),
    ):
        known = {str(one.get("name")): one for one in status.get(states) or ()}
        found += [
            Container(str(one["name"]), one, known.get(str(one["name"]), {}), init) for one in spec.get(key) or ()
        ]
    return found


def phase(pod: Manifest) -> str:
    return str((pod.get("status") or {}).get("phase", ""))


def condition(obj: Manifest, kind: str) -> Manifest:
    """The status condition of this type; empty where there is none."""
    found: Manifest = next(
        (one for one in (obj.get("status") or {}).get("conditions") or () if one.get("type") == kind), {}
    )
    return found


def is_ready(pod: Manifest) -> bool:
    return condition(pod, "Ready").get("status") == "True"


def is_done(pod: Manifest) -> bool:
    return phase(pod) == "Succeeded"


def troubled(snapshot: Snapshot) -> Iterator[Manifest]:
    """The pods that are neither ready nor done, or whose containers began again; none that is on its way out."""
    for pod in snapshot.all("pods"):
        if is_done(pod) or going(pod):
            continue
        statuses = (pod.get("status") or {}).get("containerStatuses") or ()
        if not is_ready(pod) or any(one.get("restartCount") for one in statuses):
            yield pod


def starting(snapshot: Snapshot, pod: Manifest) -> bool:
    """Whether it is too young to say anything of: itself, or a container that was started for the first time."""
    first = [one for one in containers(pod) if one.running and not one.status.get("ready") and not one.restarts]
    return any(snapshot.age_s(since) < YOUNG_S for since in (pod, *(at(one.status, BEGUN) for one in first)))


def coming(snapshot: Snapshot, pod: Manifest) -> bool:
    """Whether it is only being started: young, or its image is being pulled and nobody warns of anything."""
    if starting(snapshot, pod):
        return True
    begun = phase(pod) == "Pending" and bool(at(pod, "spec.nodeName")) and not snapshot.events(pod)
    return begun and snapshot.age_s(pod) < PULL_S and all(one.waiting in CREATING for one in containers(pod))


def finding(
    snapshot: Snapshot,
    pod: Manifest,
    problem: str,
    cause: str,
    *found: Evidence,
    severity: Severity = "critical",
    fix: Fix | None = None,
    about: frozenset[Ref] = frozenset(),
    explained_by: frozenset[Ref] = frozenset(),
) -> Finding:
    """A finding of a pod, said of what owns it: the same one of its other pods joins it."""
    return Finding(problem, snapshot.top(pod), cause, found, severity, fix, (name_of(pod),), about, explained_by)


def template_owner(snapshot: Snapshot, pod: Manifest) -> Ref | None:
    """The workload whose pod template makes this pod; None for a pod of its own or of an unknown kind."""
    top = snapshot.top(pod)
    return top if top.kind in TEMPLATED or top.kind == "CronJob" else None


def target(owner: Ref) -> JsonObject:
    """The arguments that name an object to a write skill."""
    return {"name": owner.name, "kind": owner.kind, "namespace": owner.namespace}


def ended_s(snapshot: Snapshot, container: Container) -> float:
    """Seconds since it last ended."""
    finished = container.ended.get("finishedAt")
    return snapshot.age_s(finished) if finished else NEVER_S

"""What people ask of objects: status, restarts, images, missing settings, and single facts by a word. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from tools.kube import quantities
from tools.kube.objects import Manifest, at, labels_of

POD_STATUSES: Final = ("crashing", "evicted")
STATUSES: Final = (
    "ready", "not_ready", "running", "pending", "failed", "succeeded", "crashing", "evicted", "terminating", "bound",
    "unbound", "active", "suspended", "complete",
)  # fmt: skip


def pod_spec(obj: Manifest) -> Manifest:
    """The pod's spec in a pod, a workload, a job or a cron job; empty elsewhere."""
    for path in ("spec.jobTemplate.spec.template.spec", "spec.template.spec"):
        found = at(obj, path)
        if isinstance(found, dict):
            return found
    spec = obj.get("spec")
    return spec if obj.get("kind") == "Pod" and isinstance(spec, dict) else {}


def containers(obj: Manifest, *, init: bool = False) -> list[Manifest]:
    """Containers of the pod's spec; with `init`, those that run before them as well."""
    spec = pod_spec(obj)
    return [*(spec.get("initContainers") or () if init else ()), *(spec.get("containers") or ())]


def images(obj: Manifest) -> list[str]:
    return list(dict.fromkeys(str(one.get("image", "")) for one in containers(obj, init=True)))


def statuses(pod: Manifest) -> list[Manifest]:
    """The pod's container statuses."""
    return list(at(pod, "status.containerStatuses", []))


def restarts(pod: Manifest) -> int:
    return sum(int(one.get("restartCount") or 0) for one in statuses(pod))


def condition(obj: Manifest, name: str) -> Manifest | None:
    """The condition of this type."""
    return next((one for one in at(obj, "status.conditions", []) if one.get("type") == name), None)


def holds(obj: Manifest, name: str) -> bool:
    """Whether the condition of this type is True."""
    return (condition(obj, name) or {}).get("status") == "True"


def replicas(obj: Manifest) -> tuple[int, int]:
    """(ready, wanted) of a workload."""
    status = obj.get("status") or {}
    if obj.get("kind") == "DaemonSet":
        return int(status.get("numberReady") or 0), int(status.get("desiredNumberScheduled") or 0)
    return int(status.get("readyReplicas") or 0), int(at(obj, "spec.replicas", 1))


def is_workload(obj: Manifest) -> bool:
    return obj.get("kind") in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController")


def is_ready(obj: Manifest) -> bool | None:
    """Whether it does what it is there for; None where that is not the question (a pod that has finished)."""
    if obj.get("kind") == "Pod":
        return None if at(obj, "status.phase") == "Succeeded" else holds(obj, "Ready") and not is_going(obj)
    if is_workload(obj):
        ready, wanted = replicas(obj)
        return ready >= wanted
    if obj.get("kind") == "Job":
        return True if holds(obj, "Complete") else False if holds(obj, "Failed") else None
    named = next((one for name in ("Ready", "Available", "Established") if (one := condition(obj, name))), None)
    return None if named is None else named.get("status") == "True"


def is_going(obj: Manifest) -> bool:
    return at(obj, "metadata.deletionTimestamp") is not None or at(obj, "status.phase") == "Terminating"


def is_crashing(pod: Manifest) -> bool:
    """A container ends with an error again and again, or has just done so and will be started again."""
    again = at(pod, "spec.restartPolicy", "Always") != "Never"
    for one in [*statuses(pod), *at(pod, "status.initContainerStatuses", [])]:
        if at(one, "state.waiting.reason") == "CrashLoopBackOff":
            return True
        failed = at(one, "state.terminated.exitCode", 0) != 0
        before = at(one, "lastState.terminated.exitCode", 0) != 0 and not one.get("ready")
        if again and at(pod, "status.phase") != "Failed" and (failed or before):
            return True
    return False


def _phase(*names: str) -> Callable[[Manifest], bool]:
    return lambda obj: at(obj, "status.phase") in names


def _finished(obj: Manifest) -> bool:
    return _phase("Succeeded")(obj) or (obj.get("kind") == "Job" and holds(obj, "Complete"))


def _failed(obj: Manifest) -> bool:
    stuck = (condition(obj, "Progressing") or {}).get("status") == "False"
    return _phase("Failed")(obj) or (obj.get("kind") == "Job" and holds(obj, "Failed")) or stuck


def _running(obj: Manifest) -> bool:
    if is_workload(obj):
        return replicas(obj)[0] > 0
    if obj.get("kind") in ("Job", "CronJob"):
        return bool(at(obj, "status.active"))
    if obj.get("kind") == "Pod":
        return _pod_state(obj) == "Running"
    return _phase("Running")(obj) and not is_going(obj)


def _pending(obj: Manifest) -> bool:
    if obj.get("kind") == "CertificateSigningRequest":
        return not at(obj, "status.conditions", [])
    return _phase("Pending")(obj)


def _suspended(obj: Manifest) -> bool:
    return bool(at(obj, "spec.suspend", False) or at(obj, "spec.paused", False))


def _active(obj: Manifest) -> bool:
    if obj.get("kind") == "CronJob":
        return not _suspended(obj)
    return _phase("Active")(obj) or bool(at(obj, "status.active"))


_STATUS: Final[dict[str, Callable[[Manifest], bool]]] = {
    "ready": lambda obj: is_ready(obj) is True,
    "not_ready": lambda obj: is_ready(obj) is False,
    "running": _running,
    "pending": _pending,
    "failed": _failed,
    "succeeded": _finished,
    "complete": _finished,
    "crashing": is_crashing,
    "evicted": lambda obj: at(obj, "status.reason") == "Evicted",
    "terminating": is_going,
    "bound": _phase("Bound"),
    "unbound": lambda obj: not _phase("Bound")(obj),
    "active": _active,
    "suspended": _suspended,
}


def has_status(obj: Manifest, status: str) -> bool:
    """Whether one of STATUSES is true of the object."""
    return _STATUS[status](obj)


def state(obj: Manifest) -> str:
    """Its status in a word or two, as kubectl says it of pods: `Running`, `CrashLoopBackOff`, `2/3 ready`."""
    if obj.get("kind") == "Pod":
        return _pod_state(obj)
    if is_workload(obj):
        ready, wanted = replicas(obj)
        return f"{ready}/{wanted} ready"
    if is_going(obj):
        return "Terminating"
    if obj.get("kind") == "Node":
        word = "Ready" if holds(obj, "Ready") else "NotReady"
        return f"{word},SchedulingDisabled" if at(obj, "spec.unschedulable") else word
    if obj.get("kind") == "Job":
        return "Complete" if holds(obj, "Complete") else "Failed" if holds(obj, "Failed") else "Running"
    if obj.get("kind") == "CronJob":
        return "suspended" if _suspended(obj) else "active"
    return str(at(obj, "status.phase", ""))


def _pod_state(pod: Manifest) -> str:
    if is_going(pod):
        return "Terminating"
    found = str(at(pod, "status.reason") or at(pod, "status.phase", "Unknown"))
    for prefix, one in [
        *(("Init:", one) for one in at(pod, "status.initContainerStatuses", [])),
        *(("", one) for one in statuses(pod)),
    ]:
        waiting, ended = at(one, "state.waiting.reason"), at(one, "state.terminated")
        if waiting and waiting != "PodInitializing":
            return f"{prefix}{waiting}"
        if ended and (ended.get("exitCode") or not prefix):
            found = f"{prefix}{ended.get('reason') or 'Error'}"
    if found == "Completed" and any(at(one, "state.running") is not None for one in statuses(pod)):
        return "Running" if holds(pod, "Ready") else "NotReady"
    return found


# --- What is missing ------------------------------------------------------------------------------------------------


def lacks(obj: Manifest, what: str) -> bool:
    """Whether it lacks `limits`, `requests`, `probes`, `readiness`, `liveness`, `labels`, or the label of that key.

    A setting of containers is lacking where one container has none of it.
    """
    if what in ("limits", "requests"):
        return any(not at(one, f"resources.{what}") for one in containers(obj))
    if what in ("probes", "readiness", "liveness"):
        wanted = ("readinessProbe", "livenessProbe") if what == "probes" else (f"{what}Probe",)
        return any(not any(one.get(name) for name in wanted) for one in containers(obj))
    return not labels_of(obj) if what == "labels" else what not in labels_of(obj)


def total(obj: Manifest, which: str) -> dict[str, float]:
    """Requests or limits over all containers, by resource."""
    found: dict[str, float] = {}
    for one in containers(obj):
        for name, value in (at(one, f"resources.{which}") or {}).items():
            found[name] = found.get(name, 0.0) + quantities.number(value)
    return found


def at_each(found: Iterable[Manifest], key: str) -> list[Manifest]:
    return [item for one in found for item in one.get(key) or ()]

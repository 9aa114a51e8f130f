"""What describes pods, each once: workloads in their pods' place, pods that nothing controls as themselves. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tools.kube.analysers.findings import Ref, ref
from tools.kube.analysers.snapshot import Snapshot, controller, going
from tools.kube.objects import Manifest, at, namespace_of
from tools.kube.podspec import template_path

PLURALS: Final = (
    "deployments", "statefulsets", "daemonsets", "replicasets", "replicationcontrollers", "cronjobs", "jobs", "pods",
)  # fmt: skip
LISTS: Final = ("initContainers", "containers", "ephemeralContainers")
ENDED: Final = ("Succeeded", "Failed")


@dataclass(frozen=True, slots=True)
class Container:
    """A container with its path in the object, and what it is called: `container app`, `init container setup`."""

    name: str
    path: str
    called: str
    part: str
    manifest: Manifest


def described(snapshot: Snapshot) -> Iterator[Manifest]:
    """All that describes pods and is not made from another that does; what has ended or is going is left out."""
    for plural in PLURALS:
        for one in snapshot.all(plural):
            if _above(snapshot, one) is None and not going(one) and not ended(one):
                yield one


def ended(obj: Manifest) -> bool:
    """Whether it is a pod or job that will run no more."""
    if obj.get("kind") == "Job":
        done = [one.get("type") for one in at(obj, "status.conditions", []) if one.get("status") == "True"]
        return "Complete" in done or "Failed" in done
    return obj.get("kind") == "Pod" and at(obj, "status.phase") in ENDED


def running(snapshot: Snapshot) -> dict[Ref, list[Manifest]]:
    """The live pods of each workload: they may hold what its template does not, such as containers put in later."""
    found: dict[Ref, list[Manifest]] = defaultdict(list)
    for pod in snapshot.all("pods"):
        top = pod
        while (above := _above(snapshot, top)) is not None:
            top = above
        if top is not pod and not ended(pod) and not going(pod):
            found[ref(top)].append(pod)
    return found


def _above(snapshot: Snapshot, obj: Manifest) -> Manifest | None:
    """What of the snapshot controls an object, and describes pods itself. A custom resource's workload is its own."""
    owner = controller(obj)
    if owner is None:
        return None
    return snapshot.find(Ref(str(owner.get("kind", "")), namespace_of(obj), str(owner.get("name", ""))))


def pod_spec(obj: Manifest) -> Manifest:
    """The spec of the pods that an object describes."""
    found: object = obj
    for key in (*template_path(obj), "spec"):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def spec_path(obj: Manifest) -> str:
    """Where that spec stands: `spec.template.spec`."""
    return ".".join((*template_path(obj), "spec"))


def containers(obj: Manifest, *lists: str) -> Iterator[Container]:
    """The containers of some lists; of all of them by default."""
    spec, path = pod_spec(obj), spec_path(obj)
    for part in lists or LISTS:
        for one in spec.get(part) or ():
            name = str(one.get("name", ""))
            word = {"initContainers": "init container", "ephemeralContainers": "debug container"}.get(part, "container")
            yield Container(name, f"{path}.{part}[{name}]", f"{word} {name}", part, one)


def serves(obj: Manifest) -> bool:
    """Whether its pods run on and on: jobs do not."""
    if obj.get("kind") in ("Job", "CronJob"):
        return False
    return obj.get("kind") != "Pod" or at(obj, "spec.restartPolicy", "Always") == "Always"

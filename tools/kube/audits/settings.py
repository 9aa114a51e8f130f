"""Audits of how containers are set up: limits, requests, probes, images, accounts, replicas. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tools.kube.analysers.findings import Fix, Ref, ref, shown
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.audits.hits import Hit, Scope
from tools.kube.audits.workloads import containers, described, pod_spec, running, serves, spec_path
from tools.kube.objects import Manifest, at, namespace_of
from tools.kube.podspec import repository

RESOURCES: Final = ("cpu", "memory")
PROBES: Final = {"readiness": "readinessProbe", "liveness": "livenessProbe", "startup": "startupProbe"}


def no_limits(snapshot: Snapshot, _: Scope) -> Iterator[Hit]:
    """Containers without a limit; `detail` is the resource."""
    for one in described(snapshot):
        for each in containers(one, "initContainers", "containers"):
            for resource in RESOURCES:
                if at(each.manifest, f"resources.limits.{resource}") is None:
                    field = f"{each.path}.resources.limits.{resource}"
                    yield Hit(ref(one), field, f"{each.called} has no {resource} limit", resource)


def no_requests(snapshot: Snapshot, _: Scope) -> Iterator[Hit]:
    """Containers without a request; a limit alone is one too, for Kubernetes then requests as much."""
    for one in described(snapshot):
        for each in containers(one, "initContainers", "containers"):
            given = at(each.manifest, "resources", {})
            for resource in RESOURCES:
                if all(at(given, f"{part}.{resource}") is None for part in ("requests", "limits")):
                    field = f"{each.path}.resources.requests.{resource}"
                    yield Hit(ref(one), field, f"{each.called} has no {resource} request", resource)


def probes(snapshot: Snapshot, _: Scope) -> Iterator[Hit]:
    """Containers that serve and lack a probe: `readiness`, `liveness`, or `all` where there is none whatsoever."""
    for one in described(snapshot):
        for each in containers(one, "containers") if serves(one) else ():
            missing = [name for name, field in PROBES.items() if not each.manifest.get(field)]
            for name in missing:
                yield Hit(ref(one), f"{each.path}.{PROBES[name]}", f"{each.called} has no {name} probe", name)
            if len(missing) == len(PROBES):
                yield Hit(ref(one), each.path, f"{each.called} has no probe", "all")


def latest_tag(snapshot: Snapshot, _: Scope) -> Iterator[Hit]:
    """Images whose contents may change under their name: `latest`, or no tag (`untagged`), and no digest."""
    live = running(snapshot)
    for one in described(snapshot):
        for each in containers(one, "initContainers", "containers"):
            image = str(each.manifest.get("image", ""))
            found = tag(image)
            if found in ("", "latest"):
                said = "has the tag latest" if found else "has no tag, which means latest"
                fix = _pinned(one, each.name, each.part, image, live.get(ref(one), [one]))
                why = f"{each.called}: image {shown(image)} {said}"
                yield Hit(ref(one), f"{each.path}.image", why, found or "untagged", fix)


def tag(image: str) -> str | None:
    """An image's tag, "" where it has none; None where a digest names its contents."""
    if "@" in image:
        return None
    return image[len(repository(image)) :].removeprefix(":")


def _pinned(one: Manifest, container: str, part: str, image: str, pods: list[Manifest]) -> Fix | None:
    """The image by the digest that all its pods run, where they run one and the same."""
    if part != "containers" or one.get("kind") in ("Job", "Pod"):
        return None
    digests = {
        str(status.get("imageID", "")).partition("@")[2]
        for pod in pods
        for status in at(pod, "status.containerStatuses", [])
        if status.get("name") == container
    }
    if len(digests) != 1 or not (digest := digests.pop()).startswith("sha256:"):
        return None
    arguments = {**_target(ref(one)), "container": container, "image": f"{repository(image)}@{digest}"}
    return Fix(f"pin {container} to what runs now", "kube.set_image", arguments)


def default_service_account(snapshot: Snapshot, _: Scope) -> Iterator[Hit]:
    """Pods that act as their namespace's default account, which all that name none share."""
    for one in described(snapshot):
        spec = pod_spec(one)
        account = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
        if account == "default":
            mounted = spec.get("automountServiceAccountToken") is not False
            tail = "" if mounted else " (without a token in its pods)"
            field = f"{spec_path(one)}.serviceAccountName"
            yield Hit(ref(one), field, f"runs as the default service account{tail}", "token" if mounted else "no_token")


def single_replica(snapshot: Snapshot, _: Scope) -> Iterator[Hit]:
    """Deployments and stateful sets of one replica, where no autoscaler keeps more."""
    scaled = {
        (namespace_of(one), at(one, "spec.scaleTargetRef.kind"), at(one, "spec.scaleTargetRef.name"))
        for one in snapshot.all("horizontalpodautoscalers")
        if int(at(one, "spec.minReplicas", 1)) > 1
    }
    for one in (*snapshot.all("deployments"), *snapshot.all("statefulsets")):
        of = ref(one)
        if int(at(one, "spec.replicas", 1)) != 1 or (of.namespace, of.kind, of.name) in scaled:
            continue
        # Whether a stateful set bears a second one, only who wrote it knows.
        fix = Fix("run two", "kube.scale", {**_target(of), "replicas": 2}) if of.kind == "Deployment" else None
        yield Hit(of, "spec.replicas", "has one replica: it is away whenever that is", of.kind, fix)


def _target(of: Ref) -> dict[str, str]:
    return {"name": of.name, "kind": of.kind, "namespace": of.namespace}

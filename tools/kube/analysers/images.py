"""Images that cannot be had: a wrong name or tag, a pull policy that forbids, a secret that is missing, no registry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from tools.kube.analysers.findings import Evidence, Finding, Fix, Ref, evidence
from tools.kube.analysers.hints import near
from tools.kube.analysers.pods import Container, containers, finding, target, template_owner, troubled
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.objects import Manifest, at, namespace_of

WAITING: Final = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable")
SANDBOX: Final = "ImageInspectError"
_DENIED: Final = re.compile(r"(?i)unauthorized|denied|authenti|forbidden|no basic auth|403|401")
_ABSENT: Final = re.compile(r"(?i)not found|manifest unknown|404|does not exist|unknown image")
_UNREACHABLE: Final = re.compile(r"(?i)no such host|dial tcp|timeout|i/o|connection|x509|tls|server misbehaving|EOF")
_RATE: Final = re.compile(r"(?i)toomanyrequests|rate limit|429")


def image_pull(snapshot: Snapshot) -> Iterator[Finding]:
    """Containers that wait for an image."""
    known = cache(lambda namespace: _images(snapshot, namespace))
    for pod in troubled(snapshot):
        for container in containers(pod):
            if container.waiting in (*WAITING, SANDBOX):
                yield _found(snapshot, pod, container, known(namespace_of(pod)))


def _found(snapshot: Snapshot, pod: Manifest, container: Container, known: frozenset[str]) -> Finding:
    said, message = _message(snapshot, pod, container)
    missing = _missing_secrets(snapshot, pod)
    close = _near_image(container.image, known)
    cause = f"container {container.name} cannot get its image {container.image} ({container.waiting}): "
    cause += _why(container, message, missing)
    if close and not missing:
        cause += f"; did you mean {close}?"
    facts = [evidence(pod, f"container {container.name} image", container.image), said]
    if missing:
        facts.append(evidence(pod, "spec.imagePullSecrets", ", ".join(missing)))
    about = frozenset(Ref("Secret", namespace_of(pod), one) for one in missing)
    fix = _fix(snapshot, pod, container, close, message, missing)
    return finding(snapshot, pod, "image_pull", cause, *facts, fix=fix, about=about)


def _why(container: Container, message: str, missing: list[str]) -> str:
    if container.waiting == "InvalidImageName":
        return "that is no valid image name"
    if container.waiting == "ErrImageNeverPull":
        return "it is not on the node, and imagePullPolicy Never forbids to pull it"
    if missing:
        return f"the pull secret {', '.join(missing)} does not exist"
    if _RATE.search(message):
        return "the registry limits how often images may be pulled"
    if _ABSENT.search(message) and not _DENIED.search(message):
        return "the registry has no such name or tag"
    if _DENIED.search(message):
        return "the registry does not let it: the image does not exist there, or a pull secret is missing or wrong"
    if _UNREACHABLE.search(message):
        return "the registry cannot be reached from the node"
    return "it cannot be pulled"


def _message(snapshot: Snapshot, pod: Manifest, container: Container) -> tuple[Evidence, str]:
    """What the kubelet said of the pull: the event says more than the back-off."""
    for event in snapshot.events(pod, "Failed", "InspectFailed", "ErrImageNeverPull"):
        text = str(event.get("message", ""))
        if "image" in text.lower() and (container.image in text or "not present" in text):
            return evidence(pod, f"event {event.get('reason')}", text), text
    return evidence(pod, f"container {container.name} waiting", container.message or container.waiting), (
        container.message
    )


def _missing_secrets(snapshot: Snapshot, pod: Manifest) -> list[str]:
    namespace = namespace_of(pod)
    names = [str(one.get("name", "")) for one in at(pod, "spec.imagePullSecrets", [])]
    return [one for one in names if one and snapshot.keys.get(("Secret", namespace, one), frozenset()) is None]


def _images(snapshot: Snapshot, namespace: str) -> frozenset[str]:
    """Images that are known to exist: of the namespace's running containers, and on the nodes."""
    running = {
        str(one.get("image", ""))
        for pod in snapshot.inside("pods", namespace)
        for one in (pod.get("status") or {}).get("containerStatuses") or ()
        if at(one, "state.running")
    }
    lists = [entry.get("names") or () for node in snapshot.all("nodes") for entry in at(node, "status.images", [])]
    return frozenset(running | {str(name) for names in lists for name in names if "@sha256" not in str(name)})


def _near_image(image: str, known: frozenset[str]) -> str:
    """A known image that is called nearly the same."""
    repository, _, tag = _split(image)
    full = {one: _split(one) for one in known if one}
    same = {one: parts[2] for one, parts in full.items() if parts[0] == repository and parts[2] != tag}
    if same:
        chosen = near(tag, same.values(), cutoff=0.5)
        if chosen:
            return f"{image.rsplit(':', 1)[0] if ':' in image.rsplit('/', 1)[-1] else image}:{chosen}"
    other = near(repository, {parts[0] for parts in full.values()}, cutoff=0.85)
    tags = {parts[2] for parts in full.values() if parts[0] == other}
    if not other:
        return ""
    plain = other if image.startswith("docker.io/") else other.removeprefix("docker.io/library/")
    return f"{plain}:{tag if tag in tags else min(tags)}"


def _split(image: str) -> tuple[str, str, str]:
    """Repository as containerd writes it, the separator, and the tag."""
    last = image.rsplit("/", 1)[-1]
    repository, mark, tag = image.rpartition(":") if ":" in last else (image, "", "latest")
    first = repository.split("/", 1)[0]
    if "/" not in repository:
        repository = f"docker.io/library/{repository}"
    elif "." not in first and ":" not in first and first != "localhost":
        repository = f"docker.io/{repository}"
    return repository, mark, tag


def _fix(
    snapshot: Snapshot, pod: Manifest, container: Container, close: str, message: str, missing: list[str]
) -> Fix | None:
    owner = template_owner(snapshot, pod)
    if missing:
        return Fix(f"create the pull secret {missing[0]} in {namespace_of(pod)} (kube.create_secret)")
    if owner is None or container.init or owner.kind in ("Job", "CronJob"):
        return Fix(f"use an image that exists{f': {close}' if close else ''}")
    if close:
        arguments = target(owner) | {"image": close, "container": container.name}
        return Fix(f"set the image of {owner} to {close}", "kube.set_image", arguments)
    before = _before(snapshot, owner, container)
    if before and not _UNREACHABLE.search(message):
        return Fix(f"roll {owner} back: it ran {before} before", "kube.rollout_undo", target(owner))
    return Fix(f"set an image that exists (kube.set_image), or push {container.image}")


def _before(snapshot: Snapshot, owner: Ref, container: Container) -> str:
    """The image of the revision before this one, where there is one and it had another."""
    if owner.kind != "Deployment":
        return ""
    older = [
        (int(at(one, 'metadata.annotations["deployment.kubernetes.io/revision"]', 0)), one)
        for one in snapshot.inside("replicasets", owner.namespace)
        if snapshot.top(one) == owner
    ]
    older.sort(key=lambda pair: pair[0])
    if len(older) < 2:
        return ""
    images = {
        str(one["name"]): str(one.get("image", "")) for one in at(older[-2][1], "spec.template.spec.containers", [])
    }
    image = images.get(container.name, "")
    return image if image != container.image else ""

"""Config maps, secrets and keys that a pod needs and that are not there. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from protocol.vocabulary import Json, JsonObject
from tools.kube.analysers.findings import Evidence, Finding, Fix, Ref, evidence, shown
from tools.kube.analysers.hints import near
from tools.kube.analysers.pods import Container, containers, finding, starting, target, template_owner, troubled
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.objects import Manifest, at, namespace_of

PLURALS: Final = {"ConfigMap": "configmaps", "Secret": "secrets"}
WORDS: Final = {"ConfigMap": "config map", "Secret": "secret"}
WAITING: Final = "CreateContainerConfigError"


class Need(NamedTuple):
    """A config map or secret that a pod refers to. `key` empty: all of it. `container` empty: for a volume."""

    kind: str
    name: str
    key: str
    where: str
    container: str = ""
    variable: str = ""


def needs(pod: Manifest) -> list[Need]:
    """Everything that a pod needs and may not do without."""
    found = [need for one in containers(pod) for need in _environment(one)]
    for volume in at(pod, "spec.volumes", []):
        found += _volume(volume)
    return found


def _environment(container: Container) -> Iterator[Need]:
    for one in container.spec.get("env") or ():
        source = one.get("valueFrom") or {}
        for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            chosen = source.get(field)
            if chosen and not chosen.get("optional"):
                where = f"container {container.name} env {one.get('name')} {field}"
                yield Need(
                    kind,
                    str(chosen.get("name", "")),
                    str(chosen.get("key", "")),
                    where,
                    container.name,
                    str(one.get("name")),
                )
    for one in container.spec.get("envFrom") or ():
        for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            if one.get(field) and not one[field].get("optional"):
                yield Need(
                    kind,
                    str(one[field].get("name", "")),
                    "",
                    f"container {container.name} envFrom {field}",
                    container.name,
                )


def _volume(volume: Manifest) -> Iterator[Need]:
    sources = [volume, *at(volume, "projected.sources", [])]
    for source in sources:
        for field, kind, called in (
            ("configMap", "ConfigMap", "name"),
            ("secret", "Secret", "name" if source is not volume else "secretName"),
        ):
            chosen = source.get(field)
            if not chosen or chosen.get("optional"):
                continue
            where = f"volume {volume.get('name')} {field}"
            for key in [str(item.get("key")) for item in chosen.get("items") or ()] or [""]:
                yield Need(kind, str(chosen.get(called, "")), key, where)


def missing_config(snapshot: Snapshot) -> Iterator[Finding]:
    """Pods that wait for what does not exist."""
    for pod in troubled(snapshot):
        said = _said(snapshot, pod)
        if said is None or (starting(snapshot, pod) and said.field.startswith("event")):
            continue
        lacking = [need for need in needs(pod) if _lacks(snapshot, pod, need)]
        if lacking:
            yield from (_found(snapshot, pod, need, said) for need in dict.fromkeys(lacking))
        else:
            yield _other(snapshot, pod, said)


def _said(snapshot: Snapshot, pod: Manifest) -> Evidence | None:
    """What the kubelet says of a container that it cannot configure or a volume that it cannot mount."""
    waits = [one for one in containers(pod) if one.waiting]
    for container in waits:
        if container.waiting == WAITING:
            return evidence(pod, f"container {container.name} {WAITING}", container.message)
    if any(one.waiting in ("ContainerCreating", "PodInitializing") for one in waits):
        for event in snapshot.events(pod, "FailedMount", "FailedAttachVolume"):
            text = str(event.get("message", ""))
            if "timed out waiting" not in text and "failed to sync" not in text:
                return evidence(pod, f"event {event.get('reason')}", text)
    return None


def _lacks(snapshot: Snapshot, pod: Manifest, need: Need) -> bool:
    known = (need.kind, namespace_of(pod), need.name)
    if known not in snapshot.keys:
        return False
    keys = snapshot.keys[known]
    return keys is None or (bool(need.key) and need.key not in keys)


def _found(snapshot: Snapshot, pod: Manifest, need: Need, said: Evidence) -> Finding:
    namespace = namespace_of(pod)
    keys = snapshot.keys[need.kind, namespace, need.name]
    subject = Ref(need.kind, namespace, need.name)
    used = evidence(pod, need.where, need.name + (f" key {need.key}" if need.key else ""))
    if keys is None:
        close = near(need.name, snapshot.names(PLURALS[need.kind], namespace))
        cause = f"the {WORDS[need.kind]} {need.name} does not exist in {namespace}" + (
            f"; there is {close}" if close else ""
        )
        problem, fix = "config_missing", _name_fix(snapshot, pod, need, close)
    else:
        close = near(need.key, keys, 0.6)
        have = f"it has only {', '.join(sorted(keys)[:8])}" if keys else "it is empty"
        cause = f"the {WORDS[need.kind]} {need.name} has no key {need.key} ({have})"
        problem, fix = "key_missing", _key_fix(snapshot, pod, need, close)
    for_what = (
        f"; container {need.container} needs it" if need.container else f"; {need.where.rsplit(' ', 1)[0]} needs it"
    )
    for_what += f" for the environment variable {need.variable}" if need.variable else ""
    return finding(snapshot, pod, problem, cause + for_what, used, said, fix=fix, about=frozenset({subject}))


def _name_fix(snapshot: Snapshot, pod: Manifest, need: Need, close: str) -> Fix:
    if close and (patch := _patch(snapshot, pod, need, close, need.key)):
        return patch
    skill = "kube.create_config_map" if need.kind == "ConfigMap" else "kube.create_secret"
    what = f" with the key {need.key}" if need.key else ""
    return Fix(f"create the {WORDS[need.kind]} {need.name} in {namespace_of(pod)}{what} ({skill})")


def _key_fix(snapshot: Snapshot, pod: Manifest, need: Need, close: str) -> Fix:
    if close and (patch := _patch(snapshot, pod, need, need.name, close)):
        return patch
    how = (
        f"kube.set_config_map {need.name}"
        if need.kind == "ConfigMap"
        else f"the secret {need.name} anew, with kube.create_secret"
    )
    return Fix(f"add the key {need.key} ({how}), or refer to a key that is there")


def _patch(snapshot: Snapshot, pod: Manifest, need: Need, name: str, key: str) -> Fix | None:
    """Refer to what is there: only an environment variable's reference is a patch that is small and certain."""
    owner = template_owner(snapshot, pod)
    if owner is None or not need.variable or owner.kind not in ("Deployment", "StatefulSet", "DaemonSet"):
        return None
    init = any(one.name == need.container and one.init for one in containers(pod))
    field = "configMapKeyRef" if need.kind == "ConfigMap" else "secretKeyRef"
    variable: JsonObject = {"name": need.variable, "valueFrom": {field: {"name": name, "key": key}}}
    changed: list[Json] = [{"name": need.container, "env": [variable]}]
    spec: JsonObject = {"initContainers" if init else "containers": changed}
    patch: JsonObject = {"spec": {"template": {"spec": spec}}}
    text = f"let {need.variable} of {owner} come from the key {key} of the {WORDS[need.kind]} {name}"
    return Fix(text, "kube.patch", target(owner) | {"patch": patch})


def _other(snapshot: Snapshot, pod: Manifest, said: Evidence) -> Finding:
    """Something else than a missing object, such as an image that runs as root where that is forbidden."""
    volume = said.field.startswith("event")
    what = "a volume cannot be mounted" if volume else "a container cannot be configured"
    if "runAsNonRoot" in said.text:
        fix = Fix("set a runAsUser that is not 0, or use an image whose user is a number that is not 0")
    else:
        fix = Fix("correct what the kubelet names")
    return finding(
        snapshot, pod, "mount_failed" if volume else "container_config", f"{what}: {shown(said.text)}", said, fix=fix
    )

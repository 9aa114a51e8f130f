"""Audits of what pods may do to their node: privileges, root, the host's own network, processes and files. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from tools.kube.analysers.findings import Ref, ref
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.audits.hits import Hit, Scope
from tools.kube.audits.workloads import containers, described, pod_spec, running, spec_path
from tools.kube.objects import Manifest, name_of

HOST: Final = {"hostNetwork": "host_network", "hostPID": "host_pid", "hostIPC": "host_ipc"}
_SAID: Final = {
    "hostNetwork": "uses its node's network",
    "hostPID": "sees its node's processes",
    "hostIPC": "shares its node's IPC",
}


def privileged(snapshot: Snapshot, _: Scope) -> Iterator[Hit]:
    """Containers with full access to their node; those that were put into running pods as well."""
    yield from _with_running(snapshot, _privileged)


def host_access(snapshot: Snapshot, _: Scope) -> Iterator[Hit]:
    """Pods that share the network, processes, IPC, files or ports of their node."""
    yield from _with_running(snapshot, _host)


def root_user(snapshot: Snapshot, _: Scope) -> Iterator[Hit]:
    """Containers that run as root: `uid0` where user 0 is set, `unset` where nothing keeps the image from it."""
    for one in described(snapshot):
        pod = pod_spec(one).get("securityContext") or {}
        for each in containers(one, "initContainers", "containers"):
            own = each.manifest.get("securityContext") or {}
            user = own["runAsUser"] if own.get("runAsUser") is not None else pod.get("runAsUser")
            safe = own["runAsNonRoot"] if own.get("runAsNonRoot") is not None else pod.get("runAsNonRoot")
            if safe or (user is not None and user != 0):
                continue
            where = each.path if own.get("runAsUser") is not None or user is None else spec_path(one)
            field = f"{where}.securityContext.runAsUser"
            if user == 0:
                yield Hit(ref(one), field, f"{each.called} runs as user 0", "uid0")
            else:
                why = f"{each.called} sets neither runAsNonRoot nor a user other than 0: it may run as root"
                yield Hit(ref(one), field, why, "unset")


def _privileged(obj: Manifest, of: Ref) -> Iterator[Hit]:
    for one in containers(obj):
        if (one.manifest.get("securityContext") or {}).get("privileged") is True:
            yield Hit(of, f"{one.path}.securityContext.privileged", f"{one.called} is privileged", "privileged")


def _host(obj: Manifest, of: Ref) -> Iterator[Hit]:
    spec, path = pod_spec(obj), spec_path(obj)
    for key, detail in HOST.items():
        if spec.get(key) is True:
            yield Hit(of, f"{path}.{key}", _SAID[key], detail)
    for volume in spec.get("volumes") or ():
        if volume.get("hostPath"):
            why = f"volume {volume.get('name')} is {volume['hostPath'].get('path')} of its node"
            yield Hit(of, f"{path}.volumes[{volume.get('name')}].hostPath", why, "host_path")
    for one in containers(obj):
        for port in one.manifest.get("ports") or ():
            # A pod on its node's network gets its ports written as the node's.
            if port.get("hostPort") and spec.get("hostNetwork") is not True:
                field = f"{one.path}.ports[{port.get('containerPort')}].hostPort"
                yield Hit(of, field, f"{one.called} takes port {port['hostPort']} of its node", "host_port")


def _with_running(snapshot: Snapshot, look: Callable[[Manifest, Ref], Iterator[Hit]]) -> Iterator[Hit]:
    """What the templates say; then what only live pods have, told of the workload and naming one pod."""
    live = running(snapshot)
    for one in described(snapshot):
        known: set[str] = set()
        for hit in look(one, ref(one)):
            known.add(hit.why)
            yield hit
        for pod in live.get(ref(one), ()):
            for hit in look(pod, ref(one)):
                if hit.why not in known:
                    known.add(hit.why)
                    yield Hit(hit.of, hit.field, f"{hit.why} (in pod {name_of(pod)}, not in the template)", hit.detail)

"""Manifests of small workloads for tests, and their creation as `kubectl create` does it.

What server-side apply makes keeps an owner for every field, which a device rightly leaves alone; these have none.
"""

from __future__ import annotations

from tests.support.kube_api import Api, Object

IMAGE = "docker.io/library/busybox:local"


def template(name: str, command: str = "sleep 3600", **spec: object) -> Object:
    """Pods of one container that end at once when told."""
    container = {"name": "main", "image": IMAGE, "imagePullPolicy": "Never", "command": ["sh", "-c", command]}
    whole = {"terminationGracePeriodSeconds": 0, "containers": [container], **spec}
    return {"metadata": {"labels": {"app": name}}, "spec": whole}


def deployment(namespace: str, name: str, replicas: int = 0, command: str = "sleep 3600") -> Object:
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": {"app": name}},
        "template": template(name, command),
        "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
    }
    return _object("apps/v1", "Deployment", namespace, name, spec=spec)


def stateful_set(namespace: str, name: str, replicas: int = 1) -> Object:
    spec = {
        "replicas": replicas,
        "serviceName": name,
        "selector": {"matchLabels": {"app": name}},
        "template": template(name),
    }
    return _object("apps/v1", "StatefulSet", namespace, name, spec=spec)


def daemon_set(namespace: str, name: str) -> Object:
    spec = {"selector": {"matchLabels": {"app": name}}, "template": template(name)}
    return _object("apps/v1", "DaemonSet", namespace, name, spec=spec)


def config_map(namespace: str, name: str, **data: str) -> Object:
    return _object("v1", "ConfigMap", namespace, name, data=data)


def role(namespace: str, name: str, *rules: tuple[str, str, list[str]]) -> Object:
    """`rules`: (group, resource, verbs)."""
    told = [{"apiGroups": [group], "resources": [one], "verbs": verbs} for group, one, verbs in rules]
    return _object("rbac.authorization.k8s.io/v1", "Role", namespace, name, rules=told)


def binding(namespace: str, name: str, subject: Object) -> Object:
    """Gives the role of this name to the subject."""
    to = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
    return _object("rbac.authorization.k8s.io/v1", "RoleBinding", namespace, name, roleRef=to, subjects=[subject])


async def create(api: Api, *manifests: Object) -> list[Object]:
    """Creates them in order. Raises ApiError where one is there already."""
    made = []
    for one in manifests:
        kind = await api.kind(one["kind"], one["apiVersion"])
        made.append(await api.request("POST", kind.path(one["metadata"].get("namespace")), one))
    return made


def _object(version: str, kind: str, namespace: str, name: str, **content: object) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"namespace": namespace, "name": name}, **content}

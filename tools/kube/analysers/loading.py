"""Reads a snapshot from a server: the lists, the warnings, and then what the first look asks for: keys and logs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.analysers.config import PLURALS, needs
from tools.kube.analysers.pods import Container, containers, is_ready, troubled
from tools.kube.analysers.relations import Scope, related
from tools.kube.analysers.snapshot import Log, Snapshot
from tools.kube.api import Api
from tools.kube.errors import KubeError
from tools.kube.kinds import Kind
from tools.kube.objects import Manifest, at, name_of, namespace_of
from tools.kube.resolve import Resolver
from tools.kube.session import Session

NAMESPACED: Final = (
    "pods", "deployments", "replicasets", "statefulsets", "daemonsets", "replicationcontrollers", "jobs", "cronjobs",
    "services", "serviceaccounts", "persistentvolumeclaims", "horizontalpodautoscalers", "ingresses",
    "networkpolicies", "resourcequotas", "limitranges", "poddisruptionbudgets", "roles", "rolebindings",
)  # fmt: skip
CLUSTER: Final = (
    "nodes", "namespaces", "persistentvolumes", "storageclasses", "ingressclasses", "clusterroles",
    "clusterrolebindings",
)  # fmt: skip
NAMES_ONLY: Final = ("configmaps", "secrets")
"""Of these only the names are listed: no value leaves the server."""
NOT_CORE: Final = (("labelSelector", "!kubernetes.io/bootstrapping"),)
METADATA: Final = (("Accept", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"),)
MOST: Final = 50_000
EVENTS: Final = 5_000
KEYS: Final = 200
LOGS: Final = 20
TAIL: Final = 60
LOG_BYTES: Final = 64 << 10
LINE: Final = 2000
GONE: Final = "unable to retrieve container logs"
"""The kubelet says so in the log's place when it has removed the container."""


async def load(session: Session, scope: Scope) -> Snapshot:
    """What a diagnosis of the scope looks at; `unread` names what this identity may not read. Raises KubeError."""
    namespace = scope.namespace
    wanted = [
        *((plural, namespace) for plural in (*NAMESPACED, *NAMES_ONLY, "events")),
        *((plural, "") for plural in CLUSTER),
    ]
    pairs = [(plural, kind, where) for plural, where in wanted if (kind := _kind(session, plural)) is not None]
    lists = await asyncio.gather(*(_list(session, plural, kind, where) for plural, kind, where in pairs))
    objects = {plural: found for (plural, _, _), found in zip(pairs, lists, strict=True) if found is not None}
    unread = tuple(plural for (plural, _, _), found in zip(pairs, lists, strict=True) if found is None)
    if "pods" in unread and len(unread) > len(pairs) // 2:
        where = f" in {namespace}" if namespace else "; name a namespace that you may read"
        raise ToolError(ErrorCode.DENIED, f"this identity may not read pods{where}, so there is nothing to go by")
    # A kind that the server does not have has no objects.
    objects |= {plural: [] for plural, _ in wanted if plural not in objects and plural not in unread}
    first = Snapshot(objects, datetime.now(UTC), session.kinds, unread=unread, namespace=namespace)
    keys, logs = await asyncio.gather(_keys(session.api, first), _logs(session.api, first, scope))
    return Snapshot(objects, first.now, session.kinds, logs, keys, unread, namespace)


def _kind(session: Session, plural: str) -> Kind | None:
    return session.kinds.get(plural) or session.kinds.get(plural, "*")


async def _list(session: Session, plural: str, kind: Kind, namespace: str) -> list[Manifest] | None:
    """The objects of a kind; None where they may not be read."""
    query: tuple[tuple[str, str], ...] = (("fieldSelector", "type=Warning"),) if plural == "events" else ()
    if plural in ("clusterroles", "clusterrolebindings"):
        query = NOT_CORE
    api = session.api.with_headers(METADATA) if plural in NAMES_ONLY else session.api
    try:
        found = await api.items(kind.path(namespace), query, most=EVENTS if plural == "events" else MOST)
    except KubeError as error:
        if error.status not in (403, 404, 405):
            raise
        parts = await _in_parts(session, api, kind, query) if error.status == 403 and not namespace else None
        if parts is None:
            return None
        found = parts
    for one in found:
        one["kind"], one["apiVersion"] = kind.kind, kind.api_version
    return found


async def _in_parts(
    session: Session, api: Api, kind: Kind, query: tuple[tuple[str, str], ...]
) -> list[Manifest] | None:
    """The objects of the namespaces that this identity may read, where it may not read all of them at once."""
    if not kind.namespaced:
        return None
    try:
        return await Resolver(api, session.kinds).everywhere(kind, query)
    except KubeError as error:
        if error.status == 403:
            return None
        raise


async def _keys(api: Api, snapshot: Snapshot) -> dict[tuple[str, str, str], frozenset[str] | None]:
    """The keys of what pods in trouble refer to. A secret's values are let go at once."""
    wanted = list(dict.fromkeys(one for pod in troubled(snapshot) if not is_ready(pod) for one in _references(pod)))[
        :KEYS
    ]
    found = await asyncio.gather(*(_keys_of(api, *one) for one in wanted))
    return {one: keys for one, (known, keys) in zip(wanted, found, strict=True) if known}


def _references(pod: Manifest) -> Iterable[tuple[str, str, str]]:
    namespace = namespace_of(pod)
    for need in needs(pod):
        if need.name:
            yield need.kind, namespace, need.name
    for one in at(pod, "spec.imagePullSecrets", []):
        if one.get("name"):
            yield "Secret", namespace, str(one["name"])


async def _keys_of(api: Api, kind: str, namespace: str, name: str) -> tuple[bool, frozenset[str] | None]:
    """Whether it could be asked, and its keys; None where it does not exist."""
    plain = Kind("", "v1", kind, PLURALS[kind], kind.lower(), True)
    try:
        found = await api.get(plain.path(namespace, name))
    except KubeError as error:
        if error.status == 404:
            return True, None
        if error.status == 403:
            return False, None
        raise
    return True, frozenset({**(found.get("data") or {}), **(found.get("binaryData") or {})})


async def _logs(api: Api, snapshot: Snapshot, scope: Scope) -> dict[tuple[str, str, str], Log]:
    """The ends of the logs that may tell something."""
    wanted = _worth_reading(snapshot, scope)
    found = await asyncio.gather(*(_log(api, pod, container) for pod, container in wanted))
    return {(namespace_of(pod), name_of(pod), one.name): log for (pod, one), log in zip(wanted, found, strict=True)}


def _worth_reading(snapshot: Snapshot, scope: Scope) -> list[tuple[Manifest, Container]]:
    """Containers whose logs are read: those that ended or are not ready, one pod an owner; then those asked about."""
    bad = [
        (pod, one)
        for pod in troubled(snapshot)
        for one in containers(pod)
        if one.ended or (one.running and not one.status.get("ready"))
    ]
    around = related(snapshot, scope.named) if scope.named else frozenset()
    asked: list[tuple[Manifest, Container]] = []
    if scope.named or scope.namespace:
        chosen = [
            pod for pod in snapshot.all("pods") if not around or ("Pod", namespace_of(pod), name_of(pod)) in around
        ]
        asked = [(pod, one) for pod in chosen[:500] for one in containers(pod) if one.running]
    seen: dict[tuple[object, str], tuple[Manifest, Container]] = {}
    for pod, one in (*bad, *asked):
        seen.setdefault((snapshot.top(pod), one.name), (pod, one))
    return list(seen.values())[:LOGS]


async def _log(api: Api, pod: Manifest, container: Container) -> Log:
    current, previous = await asyncio.gather(
        _tail(api, pod, container, previous=False) if container.status.get("containerID") else _nothing(),
        _tail(api, pod, container, previous=True) if at(container.status, "lastState.terminated") else _nothing(),
    )
    # Of a container that does not run, the server gives the one that ended last as the current one.
    return Log(current, previous) if container.running else Log((), current or previous)


async def _nothing() -> tuple[str, ...]:
    return ()


async def _tail(api: Api, pod: Manifest, container: Container, *, previous: bool) -> tuple[str, ...]:
    """The last lines; none where they cannot be had: a log is evidence, and never all of it."""
    path = Kind("", "v1", "Pod", "pods", "pod", True).path(namespace_of(pod), name_of(pod), "log")
    query = [("container", container.name), ("tailLines", str(TAIL)), ("limitBytes", str(LOG_BYTES))]
    query += [("previous", "true")] if previous else []
    try:
        text, _ = await api.text(path, query, most=LOG_BYTES)
    except KubeError as error:
        if error.status == 401:
            raise
        return ()
    return tuple(line[:LINE] for line in text.splitlines()[-TAIL:] if not line.startswith(GONE))

"""From what a person names to what a diagnosis looks at: all objects of that name in one namespace, an app, a user."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.analysers.findings import Ref, ref
from tools.kube.analysers.relations import ROLES, Scope
from tools.kube.errors import KubeError
from tools.kube.objects import Manifest, label, labels_of, listed, name_of, namespace_of
from tools.kube.resolve import ANYTHING
from tools.kube.session import Session

FIRST: Final = (
    "pods", "deployments", "statefulsets", "daemonsets", "jobs", "cronjobs", "services", "nodes", "ingresses",
    "replicasets", "horizontalpodautoscalers", "persistentvolumeclaims",
)  # fmt: skip
"""What a name means before it means a config map or a role of the same name elsewhere."""
MORE: Final = (
    "persistentvolumes",
    "storageclasses",
    "roles",
    "rolebindings",
    "clusterroles",
    "clusterrolebindings",
    "resourcequotas",
)
APPS: Final = ("app", "app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/part-of", "k8s-app")
SUBJECTS: Final = {"user": "User", "group": "Group"}
ACCOUNT: Final = "system:serviceaccount:"


@dataclass(frozen=True, slots=True)
class Asked:
    """`objects` are the named ones, as read; `what` says them."""

    scope: Scope
    what: str
    objects: tuple[Manifest, ...] = ()


async def asked(session: Session, name: str, kind: str, namespace: str) -> Asked:
    """Raises ToolError: NOT_FOUND with near names, AMBIGUOUS with choices."""
    if not name:
        return await _without_a_name(session, namespace)
    if name.startswith(ACCOUNT):
        namespace, _, name = name.removeprefix(ACCOUNT).partition(":")
        kind = "serviceaccount"
    if kind.lower() in SUBJECTS:
        return await _subject(session, Ref(SUBJECTS[kind.lower()], "", name), namespace)
    if kind:
        return _of([await session.find.one(name, kind, namespace)])
    return await _any_kind(session, name, namespace)


async def _without_a_name(session: Session, namespace: str) -> Asked:
    if not namespace:
        return Asked(Scope(), "the cluster")
    try:
        await session.api.get(f"/api/v1/namespaces/{namespace}")
    except KubeError as error:
        if error.status != 404:
            return Asked(Scope(namespace=namespace), f"namespace {namespace}")
        known = await session.find.namespaces()
        near = difflib.get_close_matches(namespace, known, n=3, cutoff=0.6)
        hint = f"; near: {', '.join(near)}" if near else ""
        raise ToolError(ErrorCode.NOT_FOUND, f"there is no namespace {namespace}{hint}") from None
    return Asked(Scope(namespace=namespace), f"namespace {namespace}")


async def _any_kind(session: Session, name: str, namespace: str) -> Asked:
    kinds = [kind for plural in (*ANYTHING, *MORE) if (kind := session.kinds.get(plural, "*")) is not None]
    found = [obj for _, obj in await session.find.all_named(name, kinds, namespace)]
    if not found:
        return await _otherwise(session, name, namespace)
    plain = {kind.kind for plural in FIRST if (kind := session.kinds.get(plural, "*")) is not None}
    first = [obj for obj in found if obj.get("kind") in plain]
    chosen = [obj for obj in found if obj.get("kind") != "Namespace"] or found
    if first:
        homes = {namespace_of(obj) for obj in first}
        chosen = [obj for obj in chosen if namespace_of(obj) in homes]
    _one_home(name, chosen)
    return _of(chosen)


def _one_home(name: str, objects: Sequence[Manifest]) -> None:
    """Raises AMBIGUOUS where they are in several namespaces."""
    homes = sorted({namespace_of(obj) for obj in objects})
    if len(homes) > 1:
        said = listed(label(obj) for obj in objects)
        choices = [{"name": name, "namespace": home} for home in homes if home]
        raise ToolError(
            ErrorCode.AMBIGUOUS, f"{name} is in {len(homes)} namespaces: {said}; say which", choices=choices
        )


def _of(objects: Sequence[Manifest]) -> Asked:
    only = objects[0]
    if len(objects) == 1 and only.get("kind") == "Namespace":
        return Asked(Scope(namespace=name_of(only)), f"namespace {name_of(only)}", tuple(objects))
    scope = Scope(tuple(ref(obj) for obj in objects), namespace_of(only))
    return Asked(scope, listed((label(obj) for obj in objects), 4), tuple(objects))


async def _otherwise(session: Session, name: str, namespace: str) -> Asked:
    """No object of that name: an app by its labels, a user of bindings, or what the name may have meant."""
    around: list[Manifest] = []
    for plural in FIRST:
        kind = session.kinds.get(plural, "*")
        if kind is not None:
            around += (
                await session.api.items(kind.path(namespace), most=5000)
                if namespace
                else await session.find.everywhere(kind)
            )
    app = [obj for obj in around if any(labels_of(obj).get(key) == name for key in APPS)]
    if app:
        homes = {namespace_of(obj) for obj in app}
        if len(homes) == 1:
            scope = Scope(tuple(ref(obj) for obj in app), homes.pop())
            return Asked(scope, f"what is labelled {name} ({listed((label(obj) for obj in app), 4)})", tuple(app))
        _one_home(name, app)
    if subject := await _is_subject(session, name):
        return await _subject(session, subject, namespace)
    matching = [obj for obj in around if name in name_of(obj) and not _owned(obj)]
    choices = sorted({(name_of(obj), namespace_of(obj)) for obj in matching})
    if len(choices) > 1:
        said = listed(label(one) for one in matching)
        raise ToolError(
            ErrorCode.AMBIGUOUS,
            f"nothing is called {name}; {len(choices)} have it in their name, say which: {said}",
            choices=[{"name": one, "namespace": home} if home else {"name": one} for one, home in choices],
        )
    await session.find.one(name, "", namespace)
    raise ToolError(ErrorCode.NOT_FOUND, f"there is no object {name}")


def _owned(obj: Manifest) -> bool:
    return bool((obj.get("metadata") or {}).get("ownerReferences"))


async def _bindings(session: Session) -> list[Manifest]:
    found: list[Manifest] = []
    for plural in ROLES:
        kind = session.kinds.get(plural, "rbac.authorization.k8s.io")
        try:
            found += await session.find.everywhere(kind) if kind is not None else []
        except KubeError as error:
            if error.status != 403:
                raise
    return found


async def _is_subject(session: Session, name: str) -> Ref | None:
    for binding in await _bindings(session):
        for subject in binding.get("subjects") or ():
            if subject.get("name") == name and subject.get("kind") in SUBJECTS.values():
                return Ref(str(subject["kind"]), "", name)
    return None


async def _subject(session: Session, subject: Ref, namespace: str) -> Asked:
    """A user or a group: their bindings and roles, wherever these are."""
    return Asked(Scope((subject,), namespace), f"the rights of {subject.kind.lower()} {subject.name}")

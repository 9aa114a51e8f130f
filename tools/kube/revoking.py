"""Rights taken back: a binding, or all that a subject has by bindings of its own."""

from __future__ import annotations

import asyncio

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.errors import ToolError
from tools.kube.arguments import MaybeName, Namespace
from tools.kube.change import Draft, Operation
from tools.kube.creating import kind_of
from tools.kube.errors import KubeError
from tools.kube.granting import Who
from tools.kube.kinds import Kind
from tools.kube.objects import Manifest, at, label, listed, name_of, namespace_of
from tools.kube.session import Session
from tools.kube.subjects import GROUP, Subject, subject
from tools.kube.verbs import writes


@writes(
    "kube.revoke",
    risk=Risk.DESTRUCTIVE,
    examples=(
        "take all rights in shop away from the user dev-1",
        "remove the role binding developer-dev-1 in team-a",
        "service account shop/ci must not have any rights any more",
        "revoke the access of group qa to staging",
    ),
)
async def revoke(
    session: Session, *, name: MaybeName = "", user: Who = "", group: Who = "", service_account: Who = "",
    namespace: Namespace = "",
) -> Draft:  # fmt: skip
    """Take rights back: delete a binding, or take a subject out of all that bind it.

    Args:
        name: The binding, where one is meant.
        user: The user.
        group: The group.
        service_account: The service account, as namespace/name.
        namespace: Only rights that count in this namespace; all, cluster-wide ones too, where it is left out.
    """
    if name:
        return await _named(session, name, user, group, service_account, namespace)
    who = subject(user, group, service_account, namespace)
    found = await _bindings(session, who, namespace)
    if not found:
        return Draft(f"no binding{f' in {namespace}' if namespace else ''} names {who}")
    kept = [obj for kind, obj in found if namespace and not kind.namespaced]
    operations = tuple(_without(kind, obj, who) for kind, obj in found if obj not in kept)
    notes = [f"{label(one)} still gives {who} {_gives(one)} everywhere" for one in kept]
    if not operations:
        return Draft(f"no binding in {namespace} names {who}; {'; '.join(notes)}")
    notes.append("what its groups may do, it still may" if who.kind == "User" else "the roles themselves stay")
    told = listed(f"{_gives(obj)} ({label(obj)})" for _, obj in found if obj not in kept)
    return Draft(f"take from {who}: {told}", operations, tuple(notes))


async def _named(session: Session, name: str, user: str, group: str, service_account: str, namespace: str) -> Draft:
    """One binding: whole, or one subject of it where that is said."""
    plurals = ("rolebindings",) if namespace else ("rolebindings", "clusterrolebindings")
    live = await session.find.one(name, "", namespace, plurals)
    kind = session.kinds.of_manifest(live)
    _no_system(live)
    if not (user or group or service_account):
        subjects = listed(_spoken(one) for one in live.get("subjects") or ()) or "nobody"
        summary = f"delete {label(live)}: {subjects} lose {_gives(live)}"
        return Draft(summary, (Operation("delete", kind, namespace_of(live), name, live),))
    who = subject(user, group, service_account, namespace_of(live))
    if not who.is_in(live.get("subjects")):
        raise ToolError(ErrorCode.NOT_FOUND, f"{label(live)} does not name {who}")
    return Draft(f"take from {who}: {_gives(live)} ({label(live)})", (_without(kind, live, who),))


def _without(kind: Kind, live: Manifest, who: Subject) -> Operation:
    """The binding without a subject; without any binding, where it was the only one."""
    rest = [one for one in live.get("subjects") or () if not who.same(one)]
    if not rest:
        return Operation("delete", kind, namespace_of(live), name_of(live), live)
    return Operation("patch", kind, namespace_of(live), name_of(live), live, {"subjects": rest})


async def _bindings(session: Session, who: Subject, namespace: str) -> list[tuple[Kind, Manifest]]:
    """All bindings that name the subject, but for the cluster's own. Raises ToolError where they cannot be seen."""
    spaced = kind_of(session, "rolebindings", GROUP)
    wide = kind_of(session, "clusterrolebindings", GROUP)
    # All of them, or none: rights that were overlooked would pass for taken back.
    found, all_wide = await asyncio.gather(
        session.api.items(spaced.path(namespace)), _wide(session, wide, bool(namespace))
    )
    pairs = [*((spaced, one) for one in found), *((wide, one) for one in all_wide)]
    return [(kind, one) for kind, one in pairs if who.is_in(one.get("subjects")) and not _system(one)]


async def _wide(session: Session, kind: Kind, optional: bool) -> list[Manifest]:
    try:
        return await session.api.items(kind.path())
    except KubeError as error:
        if error.status == 403 and optional:
            return []
        raise


def _system(binding: Manifest) -> bool:
    """Whether the cluster itself lives by it. Pure."""
    return name_of(binding).startswith("system:") or bool(at(binding, 'metadata.labels["kubernetes.io/bootstrapping"]'))


def _no_system(binding: Manifest) -> None:
    if _system(binding):
        raise ToolError(ErrorCode.DENIED, f"{label(binding)} is the cluster's own: without it parts of it stop working")


def _gives(binding: Manifest) -> str:
    return f"{at(binding, 'roleRef.kind', 'Role')} {at(binding, 'roleRef.name', '')}"


def _spoken(one: Manifest) -> str:
    where = f"{one['namespace']}/" if one.get("namespace") else ""
    return f"{one.get('kind', '')} {where}{one.get('name', '')}"

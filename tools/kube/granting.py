"""Rights: roles, bindings, and the least that a need takes."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from tools.kube.arguments import MaybeName, Name, Namespace, Words
from tools.kube.change import Draft, Operation
from tools.kube.creating import create, creation, existing, kind_of
from tools.kube.errors import KubeError
from tools.kube.kinds import Kind
from tools.kube.objects import Manifest, at, digest, label, listed, name_of
from tools.kube.rules import Rule, normal, risks, role_name, rules, spoken
from tools.kube.session import Session
from tools.kube.subjects import GROUP, Subject, absent, subject
from tools.kube.verbs import writes

MOST_SPOKEN: Final = 600
Who = Annotated[str, Field(max_length=253, pattern=r"^[^\s\x00-\x1f]*$")]


@writes(
    "kube.create_role",
    examples=(
        "create a role pod-reader in shop that may get, list and watch pods",
        "make a developer role in team-a for deployments and services",
        "add a cluster role node-viewer to list nodes",
        "a role in dev that may only read the config map settings",
    ),
)
async def create_role(
    session: Session,
    *,
    name: Name,
    verbs: Words,
    kinds: Words,
    resource_names: Words | None = None,
    namespace: Namespace = "",
    cluster_wide: bool = False,
    wildcard: bool = False,
) -> Draft:
    """Create a role: verbs on kinds, in one namespace or cluster-wide. It gives nobody anything until it is bound.

    Args:
        name: The role.
        verbs: get, list, watch, create, update, patch, delete; `read` for the first three.
        kinds: The kinds, with subresources such as pods/log.
        resource_names: Only objects of these names.
        namespace: Where the role is.
        cluster_wide: A ClusterRole, for all namespaces and for kinds that are in none.
        wildcard: Whether `*` is meant.
    """
    kind = kind_of(session, "clusterroles" if cluster_wide else "roles", GROUP)
    where = "" if cluster_wide else session.find.home(namespace)
    wanted = rules(session.kinds, verbs, kinds, resource_names or (), wildcard=wildcard, everywhere=cluster_wide)
    content: Manifest = {"rules": wanted}
    return await create(session, kind, where, name, content, what=spoken(wanted), warnings=tuple(risks(wanted)))


@writes(
    "kube.bind_role",
    examples=(
        "bind the role pod-reader to the user dev-1 in shop",
        "give service account shop/ci the role deployer",
        "make the group qa a viewer of namespace staging",
        "bind cluster role view to user anna in team-a",
    ),
)
async def bind_role(
    session: Session,
    *,
    role: Name,
    user: Who = "",
    group: Who = "",
    service_account: Who = "",
    namespace: Namespace = "",
    name: MaybeName = "",
    cluster_role: bool = False,
    cluster_wide: bool = False,
) -> Draft:
    """Give a user, group or service account the rights of a role that there is.

    Args:
        role: The role; a ClusterRole where the namespace has none of the name.
        user: The user.
        group: The group.
        service_account: The service account, as namespace/name.
        namespace: Where the rights count.
        name: The binding's name.
        cluster_role: Whether a ClusterRole is meant.
        cluster_wide: Whether the rights count in all namespaces.
    """
    where = "" if cluster_wide else session.find.home(namespace)
    who = subject(user, group, service_account, where)
    live = await _role(session, role, where, cluster_role or cluster_wide)
    one = await _binding(session, who, str(live["kind"]), role, where, name or f"{role}-{who.word}"[:63].strip("-."))
    if one is None:
        return Draft(f"{who} has {label(live)} already{f' in {where}' if where else ''}")
    warnings = [*_weight(live), *await absent(session, who)]
    gives = spoken(live.get("rules") or ())
    gives = gives if len(gives) < MOST_SPOKEN else f"{len(live['rules'])} rules: see the role"
    where = f"in {where}" if where else "cluster-wide"
    return Draft(f"give {who} {label(live)} {where} ({gives})", (one,), tuple(warnings))


@writes(
    "kube.grant",
    examples=(
        "give service account shop/ci read access to pods",
        "let the user dev-1 get and list deployments in team-a",
        "service account worker needs to patch config map settings in shop",
        "allow group qa to read pod logs in staging",
    ),
)
async def grant(
    session: Session,
    *,
    verbs: Words,
    kinds: Words,
    resource_names: Words | None = None,
    user: Who = "",
    group: Who = "",
    service_account: Who = "",
    namespace: Namespace = "",
    cluster_wide: bool = False,
    wildcard: bool = False,
) -> Draft:
    """Give just these rights: a role with nothing else in it and its binding, in one change.

    A role with exactly these rights is used again.

    Args:
        verbs: get, list, watch, create, update, patch, delete; `read` for the first three.
        kinds: The kinds, with subresources such as pods/log.
        resource_names: Only objects of these names.
        user: The user.
        group: The group.
        service_account: The service account, as namespace/name.
        namespace: Where the rights count.
        cluster_wide: Whether they count in all namespaces, and for kinds that are in none.
        wildcard: Whether `*` is meant.
    """
    where = "" if cluster_wide else session.find.home(namespace)
    who = subject(user, group, service_account, where)
    wanted = rules(session.kinds, verbs, kinds, resource_names or (), wildcard=wildcard, everywhere=cluster_wide)
    kind = kind_of(session, "clusterroles" if cluster_wide else "roles", GROUP)
    role, made = await _least(session, kind, where, who, wanted)
    name = role if made is not None else f"{role}-{who.word}"[:63].strip("-.")
    bound = await _binding(session, who, kind.kind, role, where, name)
    operations = tuple(one for one in (made, bound) if one is not None)
    said = f"{who} {spoken(wanted)} {f'in {where}' if where else 'cluster-wide'}"
    if not operations:
        return Draft(f"{kind.kind} {role} gives {said} already")
    shared = (
        [] if made is not None else [f"{kind.kind} {role} is there and gives just this: who changes it changes this"]
    )
    return Draft(f"allow {said}", operations, (*risks(wanted), *shared, *await absent(session, who)))


async def _least(
    session: Session, kind: Kind, where: str, who: Subject, wanted: list[Rule]
) -> tuple[str, Operation | None]:
    """The name of a role with exactly these rules, and its creation where there is none."""
    try:
        found = await session.api.items(kind.path(where))
    except KubeError as error:
        if error.status != 403:
            raise
        found = []
    same = [name_of(one) for one in found if normal(one.get("rules") or ()) == normal(wanted) and _plain(one)]
    if same:
        return min(same), None
    name = role_name(who.word, wanted)
    if name in {name_of(one) for one in found}:
        name = f"{name[:54]}-{digest(wanted)[:8]}"
    return name, await creation(session, kind, where, name, {"rules": wanted})


def _plain(role: Manifest) -> bool:
    """Whether a role says by itself what it gives: an aggregated one may give more tomorrow."""
    return "aggregationRule" not in role and not name_of(role).startswith("system:")


async def _binding(
    session: Session, who: Subject, role_kind: str, role: str, where: str, name: str
) -> Operation | None:
    """The binding of a role; None where one binds it to the subject already."""
    kind = kind_of(session, "rolebindings" if where else "clusterrolebindings", GROUP)
    reference = {"apiGroup": GROUP, "kind": role_kind, "name": role}
    try:
        found = await session.api.items(kind.path(where))
    except KubeError as error:
        if error.status != 403:
            raise
        found = []
    if any(at(one, "roleRef") == reference and who.is_in(one.get("subjects")) for one in found):
        return None
    if name in {name_of(one) for one in found}:
        name = f"{name[:54]}-{digest(who.manifest(), role)[:8]}"
    return await creation(session, kind, where, name, {"roleRef": reference, "subjects": [who.manifest()]})


async def _role(session: Session, name: str, where: str, cluster: bool) -> Manifest:
    if where and not cluster:
        found = await existing(session, kind_of(session, "roles", GROUP), where, name)
        if found is not None:
            return found
        shared = await existing(session, kind_of(session, "clusterroles", GROUP), "", name)
        if shared is not None:
            return shared
        return await session.find.one(name, "roles", where)
    return await session.find.one(name, "clusterroles")


def _weight(role: Manifest) -> list[str]:
    """What a binding of this role gives, where it is much."""
    if name_of(role) == "cluster-admin":
        return ["cluster-admin may do everything: grant just what is needed instead"]
    return [f"{label(role)}: {listed(found, 4)}"] if (found := risks(role.get("rules") or ())) else []

"""`kube.can_i`, `kube.who_can`, `kube.rights`: what an identity may do, asked of the server or read from the roles."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import Field

from protocol.errors import ErrorCode
from tools.arguments import Output
from tools.errors import ToolError
from tools.kube import granted, rules
from tools.kube.arguments import MaybeName, Namespace, Words
from tools.kube.granted import Grant, Holder, Wish
from tools.kube.objects import Manifest, listed
from tools.kube.reviews import REVIEWS, Identity, allowed_in, ask
from tools.kube.session import Session
from tools.kube.verbs import reads
from tools.kube.wording import bounded, clean, counted, table

# What every identity may: to look at the API itself.
COMMON: Final = frozenset({"system:discovery", "system:basic-user", "system:public-info-viewer"})
_SPECIAL: Final = {
    "exec": ("create", "exec"),
    "logs": ("get", "log"),
    "log": ("get", "log"),
    "evict": ("create", "eviction"),
    "port-forward": ("create", "portforward"),
}

VerbWord = Annotated[str, Field(pattern=r"^([a-z-]+|\*)$", max_length=40)]
Resource = Annotated[str, Field(pattern=r"^[A-Za-z0-9.\-/ *]*$", max_length=100)]
Sub = Annotated[str, Field(pattern=r"^[a-z]*$", max_length=63)]
Who = Annotated[str, Field(max_length=300)]
Account = Annotated[str, Field(pattern=r"^([a-z0-9-]+/[a-z0-9][a-z0-9.-]*)?$", max_length=320)]


class Allowed(Output):
    """`allowed`: all of it, wherever was asked. `where`: namespaces in which it is, where it is not everywhere."""

    text: str
    allowed: bool
    where: tuple[str, ...]


class Who_(Output):
    """`holders`: "User dev-1", "ServiceAccount shop/robot", each once."""

    text: str
    holders: tuple[str, ...]


class Rights(Output):
    text: str
    rules: tuple[str, ...]


@reads(
    "kube.can_i",
    examples=(
        "may I delete pods in shop?",
        "can user dev-1 list secrets in payments?",
        "can the service account shop/robot create deployments?",
        "am I allowed to exec into pods?",
    ),
)
async def can_i(
    session: Session,
    *,
    verb: VerbWord,
    kind: Resource,
    namespace: Namespace = "",
    name: MaybeName = "",
    subresource: Sub = "",
    user: Who = "",
    groups: Words | None = None,
    service_account: Account = "",
) -> Allowed:
    """Ask the API server whether this identity, or somebody else, may do something.

    Args:
        verb: get, list, create, update, patch, delete ..., or a word such as read, write, exec.
        kind: Kind of objects.
        namespace: Where; where it is left open, everywhere, and else which namespaces.
        name: Only this object.
        subresource: Such as log, exec, scale.
        user: About this user instead of this device's own identity.
        groups: The user's groups.
        service_account: About this service account, as namespace/name.
    """
    verbs, resource, group, namespaced = _wanted(session, verb, kind, subresource)
    who = granted.identity(user, service_account, groups or ()) if user or service_account or groups else None
    asked = [(one, group, resource, namespace if namespaced else "", name) for one in verbs]
    answers = await ask(session, asked, who)
    subject = _said(who, session) if who else "this device's identity"
    what = f"{resource}{f' {name}' if name else ''}"
    place = f" in {namespace}" if namespace and namespaced else " in every namespace" if namespaced else ""
    lines = [_line(subject, one, what, place, allowed, why) for one, (allowed, why) in zip(verbs, answers, strict=True)]
    everything = all(allowed for allowed, _ in answers)
    where: list[str] = []
    if not everything and namespaced and not namespace:
        where = await allowed_in(session, asked, who)
        lines.append(f"  in these namespaces: {listed(where, 30)}" if where else "  nor in any single namespace")
    return Allowed(text=bounded([clean(one) for one in lines]), allowed=everything, where=tuple(where))


@reads(
    "kube.who_can",
    examples=(
        "who can delete pods in shop?",
        "who may read secrets?",
        "which users can create deployments in payments?",
        "who has access to exec into pods?",
    ),
)
async def who_can(
    session: Session, *, verb: VerbWord, kind: Resource, namespace: Namespace = "", name: MaybeName = ""
) -> Who_:
    """Say who may do something, by all roles and bindings.

    Args:
        verb: get, list, create, update, patch, delete ..., or a word such as read, write, exec.
        kind: Kind of objects.
        namespace: Where; where it is left open, anywhere, saying where.
        name: Only this object.
    """
    verbs, resource, group, namespaced = _wanted(session, verb, kind, "")
    found = await bound(session, namespace if namespaced else "")
    if not namespaced:
        found = [one for one in found if not one.namespace]
    lines: list[str] = []
    names: dict[str, None] = {}
    for one in verbs:
        who = granted.holders(found, Wish(one, group, resource, name), namespace)
        names |= dict.fromkeys(f"{holder.kind} {holder.name}" for holder in who)
        lines += _who(f"{one} {resource}{f' {name}' if name else ''}", namespace, who)
    if not any("system:masters" in one for one in names):
        lines.append("  besides: the group system:masters, which may do everything")
    return Who_(text=bounded([clean(one) for one in lines]), holders=tuple(names))


@reads(
    "kube.rights",
    examples=(
        "what may I do in shop?",
        "which permissions does user dev-1 have?",
        "rights of service account shop/robot",
        "what is dev-1 allowed to do in payments?",
    ),
)
async def rights(
    session: Session, *, user: Who = "", service_account: Account = "", namespace: Namespace = ""
) -> Rights:
    """List what an identity may do: this device's own as the server says, somebody else's by the bindings.

    Args:
        user: About this user.
        service_account: About this service account, as namespace/name.
        namespace: Only what holds there.
    """
    if not user and not service_account:
        return await _own(session, namespace)
    name, groups = granted.identity(user, service_account)
    found = granted.granted_to(await bound(session, namespace), name, groups, namespace)
    found = [one for one in found if one.role.partition(" ")[2] not in COMMON]
    subject = _said((name, groups), session)
    where = f" in {namespace}" if namespace else ""
    if not found:
        return Rights(text=clean(f"{subject} may do nothing{where}: no role is bound to it{_unless(user)}"), rules=())
    lines, said = [f"{subject} may{where}:"], []
    for grant in found:
        place = grant.namespace or "everywhere"
        for rule in grant.rules:
            told = f"{rules.spoken([rule])} ({place})"
            said.append(clean(told))
            lines.append(f"  {told}, by {grant.role}, bound by {grant.binding}")
        if not grant.rules:
            lines.append(f"  nothing by {grant.binding}: {grant.role} is not there, or empty")
    lines += [f"  note: {one}" for one in rules.risks(rule for grant in found for rule in grant.rules)]
    lines += [_unless(user).lstrip("; ")] if user else []
    return Rights(text=bounded([clean(one) for one in lines if one]), rules=tuple(said))


def _unless(user: str) -> str:
    return "; what its groups may is not in this: the cluster does not know who is in a group" if user else ""


async def bound(session: Session, namespace: str = "") -> list[Grant]:
    """All grants; with a namespace, those that hold there. Raises KubeError where they may not be read."""

    async def items(plural: str, where: str = "") -> list[Manifest]:
        kind = session.kinds.get(plural, "rbac.authorization.k8s.io")
        if kind is None:
            raise ToolError(ErrorCode.UNAVAILABLE, "this cluster does not use roles (RBAC)")
        return await (
            session.api.items(kind.path(where)) if where or not kind.namespaced else session.find.everywhere(kind)
        )

    roles, cluster_roles, bindings, cluster_bindings = await asyncio.gather(
        items("roles", namespace), items("clusterroles"), items("rolebindings", namespace), items("clusterrolebindings")
    )
    return granted.grants(roles, cluster_roles, bindings, cluster_bindings)


async def _own(session: Session, namespace: str) -> Rights:
    place = namespace or session.api.namespace or "default"
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": place}}
    found = await session.api.request("POST", f"{REVIEWS}/selfsubjectrulesreviews", body=body)
    status = found.get("status") or {}
    rows = [
        [",".join(rule.get(part) or ()) for part in ("resources", "apiGroups", "verbs", "resourceNames")]
        for rule in status.get("resourceRules") or ()
    ]
    lines = [f"this device's identity may, in {place}:"]
    lines += [f"  {one}" for one in table(["resources", "groups", "verbs", "only names"], rows)]
    lines += ["  the server says that this may be incomplete"] if status.get("incomplete") else []
    return Rights(text=bounded([clean(one) for one in lines]), rules=tuple(clean(" ".join(row)) for row in rows))


# --- Words ----------------------------------------------------------------------------------------------------------


def _wanted(session: Session, verb: str, kind: str, subresource: str) -> tuple[list[str], str, str, bool]:
    """Verbs, resource (with its subresource), group, and whether it is in namespaces."""
    word = " ".join(kind.lower().split())
    base, _, below = rules.SUBRESOURCES.get(word, word).partition("/")
    verbs = [verb]
    if verb in _SPECIAL and not (subresource or below):
        only, below = _SPECIAL[verb]
        verbs, base = [only], base or "pods"
    elif verb != "*":
        verbs = list(rules.expanded([verb]))
    below = subresource or below
    if base in ("*", "all", "everything", "anything", ""):
        return verbs, "*", "*", True
    found = session.kinds.find(base)
    return verbs, f"{found.plural}/{below}" if below else found.plural, found.group, found.namespaced


def _said(who: Identity, session: Session) -> str:
    name, groups = who
    extra = [one for one in groups if not one.startswith("system:")]
    if name.startswith("system:serviceaccount:"):
        where, _, account = name.removeprefix("system:serviceaccount:").partition(":")
        return f"service account {where}/{account}"
    named = f"user {name}" if name else "somebody"
    return f"{named} in {counted(len(extra), 'group')} {listed(extra)}" if extra else named


def _line(subject: str, verb: str, what: str, place: str, allowed: bool, why: str) -> str:
    reason = f" ({why})" if why else ""
    return f"{'yes' if allowed else 'no'}: {subject} {'may' if allowed else 'may not'} {verb} {what}{place}{reason}"


def _who(what: str, namespace: str, who: Sequence[Holder]) -> list[str]:
    place = f" in {namespace}" if namespace else ""
    others, own = [one for one in who if not one.own], [one for one in who if one.own]
    people = len({(one.kind, one.name) for one in others})
    lines = [f"{counted(people, 'identity', 'identities') if people else 'nobody'} may {what}{place}:"]
    if own and not people:
        lines = [f"nobody but Kubernetes itself may {what}{place}:"]
    for one in others:
        only = f", only {listed(one.names)}" if one.names else ""
        scope = f" in {one.namespace}" if one.namespace and not namespace else ""
        lines.append(f"  {one.kind} {one.name}{scope}{only} (by {one.role}, bound by {one.binding})")
    if own:
        lines.append(f"  Kubernetes' own: {listed(dict.fromkeys(f'{one.kind} {one.name}' for one in own), 40)}")
    return lines

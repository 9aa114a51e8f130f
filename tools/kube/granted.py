"""Who may do what, by walking roles and their bindings. Pure.

What other authorizers allow (webhooks, nodes) and the group system:masters, which may do everything, stand in no role.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tools.kube.objects import Manifest, name_of, namespace_of, said

Rule = Manifest


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to do. `group` and `resource` as RBAC has them; `resource` with its subresource."""

    verb: str
    group: str
    resource: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """A binding with its role's rules. `namespace` is where it holds; empty for everywhere."""

    binding: str
    role: str
    namespace: str
    subjects: tuple[Manifest, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who may. `names`: only objects of these names; `namespace`: only there; both empty: no such bound."""

    kind: str
    name: str
    namespace: str
    binding: str
    role: str
    names: tuple[str, ...] = ()

    @property
    def own(self) -> bool:
        """Whether it is one of Kubernetes' own, as `system:kube-scheduler`."""
        return self.name.startswith("system:") or (
            self.kind == "ServiceAccount" and self.name.startswith("kube-system/")
        )


def grants(
    roles: Iterable[Manifest], cluster_roles: Iterable[Manifest], bindings: Iterable[Manifest],
    cluster_bindings: Iterable[Manifest],
) -> list[Grant]:  # fmt: skip
    """All that is granted. A binding to a role that is not there grants nothing."""
    rules = {("Role", namespace_of(one), name_of(one)): _rules(one) for one in roles}
    rules |= {("ClusterRole", "", name_of(one)): _rules(one) for one in cluster_roles}
    found: list[Grant] = []
    for one in [*bindings, *cluster_bindings]:
        ref, where = one.get("roleRef") or {}, namespace_of(one)
        kind, name = str(ref.get("kind")), str(ref.get("name"))
        role = (kind, where if kind == "Role" else "", name)
        binding = said("RoleBinding" if where else "ClusterRoleBinding", where, name_of(one))
        found.append(Grant(binding, said(*role), where, tuple(one.get("subjects") or ()), rules.get(role, ())))
    return found


def allows(rule: Rule, wish: Wish) -> bool:
    """Whether a rule covers the wish; a rule for single names covers one for no name in particular not fully."""
    names = rule.get("resourceNames") or ()
    return _covers(rule, wish) and (not names or wish.name in names)


def _covers(rule: Rule, wish: Wish) -> bool:
    subresource = wish.resource.partition("/")[2]
    resources = {"*", wish.resource, *([f"*/{subresource}"] if subresource else [])}
    return (
        bool({"*", wish.verb} & set(rule.get("verbs") or ()))
        and bool({"*", wish.group} & set(rule.get("apiGroups") or ()))
        and bool(resources & set(rule.get("resources") or ()))
    )


def holders(found: Iterable[Grant], wish: Wish, namespace: str = "") -> list[Holder]:
    """Who may, each once for each binding; with a namespace, who may there.

    Without a name in the wish, those who may only with single names are told with these.
    """
    who: list[Holder] = []
    for grant in found:
        if namespace and grant.namespace not in ("", namespace):
            continue
        covering = [rule for rule in grant.rules if _covers(rule, wish)]
        full = any(not rule.get("resourceNames") for rule in covering)
        named = sorted({name for rule in covering for name in rule.get("resourceNames") or ()})
        if not covering or (wish.name and not full and wish.name not in named):
            continue
        names = () if full or wish.name else tuple(named)
        who += [
            Holder(str(one.get("kind")), subject_name(one), grant.namespace, grant.binding, grant.role, names)
            for one in grant.subjects
        ]
    return sorted(who, key=lambda one: (one.own, one.kind, one.name, one.namespace, one.binding))


def subject_name(one: Manifest) -> str:
    """`dev-1`, or `shop/robot` of a service account."""
    inside = one.get("namespace")
    return f"{inside}/{one.get('name')}" if inside and one.get("kind") == "ServiceAccount" else str(one.get("name"))


def granted_to(
    found: Iterable[Grant], user: str, groups: Sequence[str], namespace: str = ""
) -> list[Grant]:  # fmt: skip
    """What is bound to a user or one of its groups; with a namespace, what holds there."""
    return [
        grant
        for grant in found
        if (not namespace or grant.namespace in ("", namespace))
        and any(_is(one, user, groups) for one in grant.subjects)
    ]


def _is(subject: Manifest, user: str, groups: Sequence[str]) -> bool:
    name = str(subject.get("name"))
    match subject.get("kind"):
        case "User":
            return name == user
        case "Group":
            return name in groups
        case "ServiceAccount":
            return user == f"system:serviceaccount:{subject.get('namespace')}:{name}"
    return False


def identity(user: str, service_account: str, groups: Sequence[str] = ()) -> tuple[str, list[str]]:
    """The user's name and all groups, as the API server knows them. `service_account` as "namespace/name"."""
    everybody = "system:authenticated"
    if not service_account:
        return user, list(dict.fromkeys([*groups, everybody]))
    where, _, name = service_account.partition("/")
    own = ["system:serviceaccounts", f"system:serviceaccounts:{where}"]
    return f"system:serviceaccount:{where}:{name}", list(dict.fromkeys([*groups, *own, everybody]))


def _rules(role: Manifest) -> tuple[Rule, ...]:
    return tuple(role.get("rules") or ())

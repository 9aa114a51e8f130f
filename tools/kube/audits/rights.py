"""Audits of rights: wildcards in roles, and who is an administrator of everything. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tools.kube.analysers.findings import Fix, Ref, ref
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.audits.hits import Hit, Scope
from tools.kube.objects import Manifest, at, listed, name_of

ADMIN: Final = "cluster-admin"
PARTS: Final = ("verbs", "resources", "apiGroups", "nonResourceURLs")


def wildcard_rbac(snapshot: Snapshot, scope: Scope) -> Iterator[Hit]:
    """Roles with a `*`; `detail` says of what: verbs, resources, apiGroups, nonResourceURLs."""
    wide = [] if scope.namespace else [one for one in snapshot.all("clusterroles") if scope.system or not own(one)]
    for role in (*snapshot.all("roles"), *wide):
        for number, rule in enumerate(role.get("rules") or ()):
            for part in PARTS:
                stars = [str(one) for one in rule.get(part) or () if "*" in str(one)]
                if part == "nonResourceURLs":
                    stars = [one for one in stars if one == "*"]
                if stars:
                    why = f"{part} {listed(stars)} ({_rule(rule)})"
                    yield Hit(ref(role), f"rules[{number}].{part}", why, part)


def cluster_admin(snapshot: Snapshot, scope: Scope) -> Iterator[Hit]:
    """Bindings to cluster-admin, or to a role that gives just as much (`equal`)."""
    equal = {ref(role) for plural in ("clusterroles", "roles") for role in snapshot.all(plural) if _everything(role)}
    wide = [one for one in snapshot.all("clusterrolebindings") if scope.system or not own(one)]
    if scope.namespace:
        wide = [one for one in wide if any(s.get("namespace") == scope.namespace for s in one.get("subjects") or ())]
    for binding in (*snapshot.all("rolebindings"), *wide):
        of = ref(binding)
        kind, name = str(at(binding, "roleRef.kind", "")), str(at(binding, "roleRef.name", ""))
        same = Ref(kind, of.namespace if kind == "Role" else "", name) in equal
        is_admin = kind == "ClusterRole" and name == ADMIN
        if not (is_admin or same) or not binding.get("subjects"):
            continue
        where = f"everything in {of.namespace}" if of.namespace else "everything in the cluster"
        by = "" if is_admin else f" by {kind} {name}"
        why = f"{_subjects(binding)} may do {where}{by}"
        fix = Fix("take it away", "kube.revoke", {"name": of.name, "namespace": of.namespace})
        yield Hit(of, "roleRef", why, "cluster-admin" if is_admin else "equal", fix)


def own(obj: Manifest) -> bool:
    """Whether Kubernetes itself brings it."""
    return bool(at(obj, 'metadata.labels["kubernetes.io/bootstrapping"]')) or name_of(obj).startswith("system:")


def _everything(role: Manifest) -> bool:
    return name_of(role) != ADMIN and any(
        all("*" in (rule.get(part) or ()) for part in ("verbs", "resources", "apiGroups"))
        and not rule.get("resourceNames")
        for rule in role.get("rules") or ()
    )


def _rule(rule: Manifest) -> str:
    what = rule.get("resources") or rule.get("nonResourceURLs") or ()
    return f"{listed((str(one) for one in rule.get('verbs') or ()), 8)} on {listed((str(one) for one in what), 8)}"


def _subjects(binding: Manifest) -> str:
    said = [
        f"{one.get('kind')} {f'{n}/' if (n := one.get('namespace')) else ''}{one.get('name')}"
        for one in binding.get("subjects") or ()
    ]
    return listed(said)

"""Audits of rights: wildcards and administrators, and what comes near and is not."""

from __future__ import annotations

import pytest

from tests.tools.kube.audits.worlds import found, thing, world
from tools.kube.audits.checks import CHECKS
from tools.kube.audits.hits import Scope
from tools.kube.objects import Manifest

BUILT_IN = {"labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}}
EVERYTHING = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
DEV = [{"kind": "User", "name": "dev"}]


@pytest.mark.parametrize(
    ("rule", "details"),
    [
        ({"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}, {"verbs"}),
        ({"apiGroups": [""], "resources": ["*"], "verbs": ["get"]}, {"resources"}),
        ({"apiGroups": ["*"], "resources": ["deployments"], "verbs": ["get"]}, {"apiGroups"}),
        ({"apiGroups": ["*"], "resources": ["*/scale"], "verbs": ["get"]}, {"apiGroups", "resources"}),
        ({"nonResourceURLs": ["*"], "verbs": ["get"]}, {"nonResourceURLs"}),
        ({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]}, set()),
        ({"nonResourceURLs": ["/healthz/*"], "verbs": ["get"]}, set()),
        ({"apiGroups": [""], "resources": ["pods"], "verbs": ["get"], "resourceNames": ["*"]}, set()),
    ],
)
def test_wildcards(rule: Manifest, details: set[str]) -> None:
    assert found("wildcard_rbac", thing("Role", "r", rules=[rule])) == {("r", one) for one in details}


def test_the_clusters_own_roles_are_left_out() -> None:
    own = thing("ClusterRole", "admin", "", rules=EVERYTHING, metadata=BUILT_IN)
    other = thing("ClusterRole", "ops", "", rules=EVERYTHING)
    assert {name for name, _ in found("wildcard_rbac", own, other)} == {"ops"}
    assert {name for name, _ in found("wildcard_rbac", own, other, scope=Scope(system=True))} == {"admin", "ops"}
    assert found("wildcard_rbac", own, other, scope=Scope("shop")) == set()


def bound(kind: str, name: str, role: str, role_kind: str = "ClusterRole", **parts: object) -> Manifest:
    namespace = "shop" if kind == "RoleBinding" else ""
    parts = {"subjects": DEV, **parts}
    return thing(kind, name, namespace, roleRef={"kind": role_kind, "name": role}, **parts)


def test_administrators() -> None:
    objects = [
        bound("ClusterRoleBinding", "everywhere", "cluster-admin"),
        bound("RoleBinding", "here", "cluster-admin"),
        bound("ClusterRoleBinding", "kubernetes", "cluster-admin", metadata=BUILT_IN),
        bound("ClusterRoleBinding", "nobody", "cluster-admin", subjects=[]),
        bound("ClusterRoleBinding", "lesser", "admin"),
        bound("RoleBinding", "own-role", "cluster-admin", "Role"),
        thing("ClusterRole", "god", "", rules=EVERYTHING),
        bound("ClusterRoleBinding", "godly", "god"),
        thing("ClusterRole", "almost", "", rules=[{"apiGroups": [""], "resources": ["*"], "verbs": ["*"]}]),
        bound("ClusterRoleBinding", "almost", "almost"),
    ]
    wanted = {("everywhere", "cluster-admin"), ("here", "cluster-admin"), ("godly", "equal")}
    assert found("cluster_admin", *objects) == wanted


def test_administrators_of_a_namespaces_accounts() -> None:
    account = [{"kind": "ServiceAccount", "name": "ci", "namespace": "shop"}]
    mine = bound("ClusterRoleBinding", "ci", "cluster-admin", subjects=account)
    others = bound("ClusterRoleBinding", "dev", "cluster-admin")
    (hit,) = CHECKS["cluster_admin"].hits(world(mine, others), Scope("shop"))
    assert hit.of.name == "ci"
    assert hit.fix is not None
    assert (hit.fix.skill, hit.fix.arguments["name"]) == ("kube.revoke", "ci")

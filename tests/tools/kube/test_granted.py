"""Who may do what, from roles and bindings."""

from __future__ import annotations

import pytest

from tools.kube.granted import Grant, Wish, granted_to, grants, holders, identity
from tools.kube.objects import Manifest


def role(kind: str, name: str, *rules: Manifest, namespace: str = "") -> Manifest:
    return {"kind": kind, "metadata": {"name": name, "namespace": namespace}, "rules": list(rules)}


def rule(verbs: str, resources: str, names: str = "", group: str = "") -> Manifest:
    found = {"verbs": verbs.split(), "resources": resources.split(), "apiGroups": [group]}
    return found | ({"resourceNames": names.split()} if names else {})


def binding(name: str, kind: str, to: str, subject: Manifest, namespace: str = "") -> Manifest:
    ref = {"kind": kind, "name": to}
    return {"metadata": {"name": name, "namespace": namespace}, "roleRef": ref, "subjects": [subject]}


DEV = {"kind": "User", "name": "dev"}
ROBOT = {"kind": "ServiceAccount", "name": "robot", "namespace": "shop"}
OPS = {"kind": "Group", "name": "ops"}
FOUND: list[Grant] = grants(
    [role("Role", "reader", rule("get list", "pods"), namespace="shop"),
     role("Role", "one", rule("get", "secrets", "tls"), namespace="shop")],
    [role("ClusterRole", "admin", rule("*", "*", group="*")), role("ClusterRole", "logs", rule("get", "*/log"))],
    [binding("b1", "Role", "reader", DEV, "shop"), binding("b2", "Role", "one", ROBOT, "shop"),
     binding("b3", "ClusterRole", "logs", DEV, "pay"), binding("b4", "Role", "gone", DEV, "shop")],
    [binding("b5", "ClusterRole", "admin", OPS)],
)  # fmt: skip


@pytest.mark.parametrize(
    ("wish", "namespace", "who"),
    [
        (Wish("get", "", "pods"), "shop", ["ops", "dev"]),
        (Wish("get", "", "pods"), "pay", ["ops"]),
        (Wish("delete", "", "pods"), "shop", ["ops"]),
        (Wish("get", "", "pods/log"), "pay", ["ops", "dev"]),
        (Wish("get", "", "pods/log"), "shop", ["ops"]),
        (Wish("get", "", "secrets", "tls"), "shop", ["ops", "shop/robot"]),
        (Wish("get", "", "secrets", "other"), "shop", ["ops"]),
        (Wish("get", "apps", "pods"), "shop", ["ops"]),
    ],
)
def test_who_may(wish: Wish, namespace: str, who: list[str]) -> None:
    assert sorted(one.name for one in holders(FOUND, wish, namespace)) == sorted(who)


def test_a_right_to_single_names_is_told_with_them() -> None:
    robot = next(one for one in holders(FOUND, Wish("get", "", "secrets"), "shop") if one.kind == "ServiceAccount")
    assert robot.names == ("tls",)


def test_what_is_bound_to_somebody() -> None:
    name, groups = identity("", "shop/robot")
    assert [one.binding for one in granted_to(FOUND, name, groups)] == ["RoleBinding shop/b2"]
    assert [one.binding for one in granted_to(FOUND, "x", ["ops"], "pay")] == ["ClusterRoleBinding b5"]
    assert [one.binding for one in granted_to(FOUND, "dev", [], "pay")] == ["RoleBinding pay/b3"]


def test_a_binding_to_a_role_that_is_gone_grants_nothing() -> None:
    assert next(one for one in FOUND if one.binding.endswith("b4")).rules == ()

"""RBAC rules from people's words: the least that says it, and what is refused."""

from __future__ import annotations

import pytest

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.kinds import Kind, Kinds
from tools.kube.rules import expanded, normal, risks, role_name, rules, spoken
from tools.kube.subjects import Subject, subject

ALL = frozenset({"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"})
KINDS = Kinds.of(
    [
        Kind("", "v1", "Pod", "pods", "pod", True, ALL, ("po",), frozenset({"log", "exec", "status"})),
        Kind("", "v1", "Secret", "secrets", "secret", True, ALL),
        Kind("", "v1", "Node", "nodes", "node", False, ALL),
        Kind("apps", "v1", "Deployment", "deployments", "deployment", True, ALL, ("deploy",), frozenset({"scale"})),
        Kind("", "v1", "ComponentStatus", "componentstatuses", "componentstatus", True, frozenset({"get", "list"})),
    ]
)


def made(verbs: list[str], kinds: list[str], names: tuple[str, ...] = (), **more: bool) -> list[dict[str, list[str]]]:
    return rules(KINDS, verbs, kinds, names, **{"wildcard": False, "everywhere": False, **more})


def test_reading_pods_is_three_verbs_on_one_kind() -> None:
    assert made(["read"], ["pods"]) == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]


def test_kinds_of_one_group_share_a_rule_and_others_do_not() -> None:
    found = made(["list", "get"], ["pods", "secret", "deploy"])
    assert found == [
        {"apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["get", "list"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list"]},
    ]


def test_a_kind_gets_only_verbs_that_it_knows() -> None:
    assert made(["read"], ["logs"]) == [{"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]}]
    assert made(["manage"], ["componentstatuses"])[0]["verbs"] == ["get", "list"]


def test_names_restrict() -> None:
    assert made(["get"], ["secrets"], ("db",))[0]["resourceNames"] == ["db"]


@pytest.mark.parametrize(
    ("verbs", "kinds", "names", "said"),
    [
        (["*"], ["pods"], (), "all verbs"),
        (["get"], ["*"], (), "all kinds"),
        (["get"], ["nodes"], (), "no namespace"),
        (["fetch"], ["pods"], (), "no verb"),
        (["get"], ["pods/logs"], (), "pods/log"),
        (["create"], ["pods"], ("web",), "cannot restrict create"),
        (["create"], ["componentstatuses"], (), "knows no create"),
        ([], ["pods"], (), "say which"),
    ],
)
def test_refused(verbs: list[str], kinds: list[str], names: tuple[str, ...], said: str) -> None:
    with pytest.raises(ToolError, match=said) as caught:
        made(verbs, kinds, names)
    assert caught.value.code is ErrorCode.BAD_ARGUMENTS


def test_wildcards_where_they_are_meant() -> None:
    assert made(["*"], ["pods"], wildcard=True)[0]["verbs"] == ["*"]
    assert made(["get"], ["*"], wildcard=True)[0] == {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get"]}
    assert made(["get"], ["nodes"], everywhere=True)[0]["resources"] == ["nodes"]


def test_verbs_have_one_order() -> None:
    assert expanded(["delete", "watch", "get"]) == ("get", "watch", "delete")


@pytest.mark.parametrize(
    ("verbs", "resources", "said"),
    [
        (["get"], ["secrets"], "shows their values"),
        (["list"], ["secrets"], "shows their values"),
        (["create"], ["pods/exec"], "runs commands"),
        (["create"], ["deployments"], "any service account"),
        (["bind"], ["roles"], "gives away any role"),
        (["escalate"], ["roles"], "any right"),
        (["impersonate"], ["users"], "somebody else"),
        (["patch"], ["rolebindings"], "gives rights"),
        (["*"], ["configmaps"], "every verb"),
        (["get"], ["*"], "every kind"),
    ],
)
def test_rights_that_lead_to_more_are_told(verbs: list[str], resources: list[str], said: str) -> None:
    assert any(said in one for one in risks([{"apiGroups": [""], "verbs": verbs, "resources": resources}]))


def test_plain_rights_are_not() -> None:
    assert risks([{"apiGroups": [""], "verbs": ["get", "list", "watch"], "resources": ["pods", "configmaps"]}]) == []


def test_equal_rules_are_equal_however_they_are_ordered() -> None:
    one = [{"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get", "list"]}]
    other = [{"apiGroups": [""], "verbs": ["list", "get"], "resources": ["services", "pods"]}]
    assert normal(one) == normal(other)
    assert normal(one) != normal([{**one[0], "resourceNames": ["a"]}])


def test_names_and_words() -> None:
    found = made(["read"], ["pods", "logs"])
    assert role_name("dev-1", found) == "dev-1-read-pods-pods-log"
    assert role_name("Anna.Berg", made(["get"], ["secrets"])) == "anna.berg-get-secrets"
    assert len(role_name("x" * 80, found)) <= 63
    assert spoken(found) == "get, list, watch pods; get pods/log"


def test_subjects() -> None:
    assert subject("dev-1", "", "", "shop") == Subject("User", "dev-1")
    assert subject("", "", "ci", "shop") == Subject("ServiceAccount", "ci", "shop")
    assert subject("", "", "ops/ci", "shop") == Subject("ServiceAccount", "ci", "ops")
    assert subject("system:serviceaccount:ops:ci", "", "", "") == Subject("ServiceAccount", "ci", "ops")
    for wrong in (("", "", ""), ("a", "b", ""), ("", "", "ci")):
        with pytest.raises(ToolError, match="say"):
            subject(*wrong, "")

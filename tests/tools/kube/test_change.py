"""Operations as requests, what the owner forbids, and how grave they are."""

from __future__ import annotations

from collections import Counter

import pytest

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools.errors import ToolError
from tools.kube.change import Draft, Operation, call
from tools.kube.contents import Contents
from tools.kube.diff import FieldChange
from tools.kube.guard import check, tried
from tools.kube.kinds import Kind, Kinds
from tools.kube.objects import Manifest
from tools.kube.preview import hide
from tools.kube.settings import KubeSettings
from tools.kube.tier import rate, tier

DEPLOYMENT = Kind("apps", "v1", "Deployment", "deployments", "deployment", True, short=("deploy",))
POD = Kind("", "v1", "Pod", "pods", "pod", True, short=("po",))
NAMESPACE = Kind("", "v1", "Namespace", "namespaces", "namespace", False, short=("ns",))
ROLE = Kind("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", "clusterrole", False)
LIVE: Manifest = {
    "metadata": {"name": "web", "namespace": "shop", "uid": "u1", "resourceVersion": "7"},
    "spec": {"replicas": 4},
}


HELD: Manifest = {"metadata": {"name": "web", "namespace": "shop", "finalizers": ["example.com/x"]}}
UNHELD: list[Json] = [{"op": "remove", "path": "/metadata/finalizers"}]
ZERO: list[Json] = [{"op": "replace", "path": "/spec/replicas", "value": 0}]
PRIVILEGED: Manifest = {"name": "a", "securityContext": {"privileged": True}}
ROOTED: list[Json] = [
    {"op": "add", "path": "/spec/template/spec/containers/0/securityContext/privileged", "value": True}
]
WEBHOOKS = Kind(
    "admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", "", False
)


SIGNING = Kind("certificates.k8s.io", "v1", "CertificateSigningRequest", "certificatesigningrequests", "csr", False)


def decided(how: str) -> Manifest:
    return {"status": {"conditions": [{"type": how, "status": "True"}]}}


def template(**spec: object) -> Manifest:
    return {"spec": {"template": {"spec": spec}}}


def patch(replicas: int, namespace: str = "shop") -> Operation:
    return Operation("patch", DEPLOYMENT, namespace, "web", LIVE, {"spec": {"replicas": replicas}})


def test_a_patch_is_conditional() -> None:
    sent = call(patch(2), version="7")
    assert (sent.method, sent.path) == ("PATCH", "/apis/apps/v1/namespaces/shop/deployments/web")
    assert sent.body == {"spec": {"replicas": 2}, "metadata": {"uid": "u1", "resourceVersion": "7"}}
    assert ("fieldManager", "asterism") in sent.query
    assert ("dryRun", "All") not in sent.query
    assert ("dryRun", "All") in call(patch(2), version="7", dry_run=True).query


def test_a_json_patch_tests_before_it_changes() -> None:
    one = Operation("patch", DEPLOYMENT, "shop", "web", LIVE, [{"op": "remove", "path": "/spec/x"}], patch="json")
    body = call(one, version="7").body
    assert isinstance(body, list)
    assert [step["op"] for step in body] == ["test", "test", "remove"]


def test_a_deletion_names_the_very_object() -> None:
    one = Operation("delete", POD, "shop", "web", LIVE, grace_s=0, cascade="foreground")
    assert call(one, version="7").body == {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {"uid": "u1", "resourceVersion": "7"},
        "propagationPolicy": "Foreground",
        "gracePeriodSeconds": 0,
    }
    trial = call(one, version="7", dry_run=True)
    assert isinstance(trial.body, dict)
    assert trial.body["dryRun"] == ["All"]


def test_an_eviction_asks_the_disruption_budgets() -> None:
    one = Operation("evict", POD, "shop", "web", LIVE, {"apiVersion": "policy/v1"})
    sent = call(one, dry_run=True)
    assert sent.path.endswith("/pods/web/eviction")
    assert isinstance(sent.body, dict)
    assert sent.body["apiVersion"] == "policy/v1"
    assert sent.body["deleteOptions"] == {"preconditions": {"uid": "u1"}, "dryRun": ["All"]}


def test_ownership_is_never_forced() -> None:
    one = Operation("apply", DEPLOYMENT, "shop", "web", None, {"kind": "Deployment"})
    assert ("force", "false") in call(one).query


@pytest.mark.parametrize(
    ("settings", "operation", "said"),
    [
        (KubeSettings(read_only=True), patch(5), "only reads"),
        (KubeSettings(freeze="release week"), patch(5), "release week"),
        (KubeSettings(), patch(5, "kube-system"), "protected"),
        (KubeSettings(protected=("shop",)), patch(5), "protected"),
        (KubeSettings(), Operation("delete", NAMESPACE, "", "kube-system", LIVE), "protected"),
        (KubeSettings(max_scale_down=0.5), patch(1), "50 %"),
        (KubeSettings(max_objects=0), patch(5), "--max-objects"),
        (KubeSettings(), Operation("delete", POD, "kube-system", "coredns", LIVE), "protected"),
    ],
)
def test_what_the_owner_forbids(settings: KubeSettings, operation: Operation, said: str) -> None:
    with pytest.raises(ToolError, match=said) as caught:
        check(Draft("x", (operation,)), settings)
    assert caught.value.code is ErrorCode.DENIED


LIMITED = KubeSettings(max_scale_down=0.5)
DAEMON_SET = Kind("apps", "v1", "DaemonSet", "daemonsets", "daemonset", True)
AGENTS: Manifest = {"kind": "DaemonSet", "metadata": LIVE["metadata"], "status": {"desiredNumberScheduled": 3}}
REMOVED: list[Json] = [{"op": "remove", "path": "/spec/replicas"}]


@pytest.mark.parametrize(
    "operation",
    [
        Operation("delete", DEPLOYMENT, "shop", "web", LIVE),
        Operation("delete", DAEMON_SET, "shop", "agent", AGENTS),
        Operation("replace", DEPLOYMENT, "shop", "web", LIVE, {"spec": {"template": {}}}),
        Operation("patch", DEPLOYMENT, "shop", "web", LIVE, {"spec": {"replicas": None}}),
        Operation("patch", DEPLOYMENT, "shop", "web", LIVE, REMOVED, patch="json"),
    ],
)
def test_replicas_are_taken_away_in_other_ways_too(operation: Operation) -> None:
    with pytest.raises(ToolError, match="--max-scale-down"):
        check(Draft("x", (operation,)), LIMITED)
    check(Draft("x", (operation,)), KubeSettings())


def test_what_the_server_makes_of_an_apply_counts() -> None:
    one = Operation("apply", DEPLOYMENT, "shop", "web", LIVE, {"spec": {"template": {}}})
    check(Draft("x", (one,)), LIMITED)
    tried(one, LIVE, LIMITED)
    with pytest.raises(ToolError, match="--max-scale-down"):
        tried(one, {"spec": {"replicas": 1}}, LIMITED)


def test_a_deletion_that_leaves_the_pods_takes_none() -> None:
    check(Draft("x", (Operation("delete", DEPLOYMENT, "shop", "web", LIVE, cascade="orphan"),)), LIMITED)


@pytest.mark.parametrize(
    ("settings", "going", "said"),
    [
        (KubeSettings(), Contents(Counter(Pod=300), ("Deployment shop/web",), ("Secret",)), ""),
        (KubeSettings(max_objects=4), Contents(Counter(Pod=3)), ""),
        (KubeSettings(max_objects=3), Contents(Counter(Pod=3)), "would change 4 objects"),
        (KubeSettings(max_objects=200), Contents(Counter(Pod=300)), "--max-objects"),
        (KubeSettings(max_objects=9), Contents(unread=("Secret",)), "may not be read .Secret.*--max-objects"),
        (LIMITED, Contents(Counter(Pod=300), (), ("Secret",)), ""),
        (LIMITED, Contents(Counter(Deployment=1), ("Deployment shop/web",)), "Deployment shop/web.*--max-scale-down"),
        (LIMITED, Contents(unread=("StatefulSet",)), "may not be read .StatefulSet.*--max-scale-down"),
    ],
)
def test_what_goes_with_a_namespace_is_bounded_where_the_owner_says_so(
    settings: KubeSettings, going: Contents, said: str
) -> None:
    draft = Draft("x", (Operation("delete", NAMESPACE, "", "shop", {"kind": "Namespace"}),))
    if not said:
        check(draft, settings, going)
        return
    with pytest.raises(ToolError, match=said):
        check(draft, settings, going)


def test_an_eviction_by_a_drain_is_no_change_of_a_protected_namespace() -> None:
    check(Draft("x", (Operation("evict", POD, "kube-system", "coredns", LIVE),)), KubeSettings())


@pytest.mark.parametrize("replicas", [2, 4, 9])
def test_what_the_owner_allows(replicas: int) -> None:
    check(Draft("x", (patch(replicas),)), KubeSettings(max_scale_down=0.5))


def test_nothing_to_do_is_never_forbidden() -> None:
    check(Draft("x"), KubeSettings(read_only=True))


@pytest.mark.parametrize(
    ("operation", "grade"),
    [
        (patch(5), "medium"),
        (patch(0), "high"),
        (Operation("create", DEPLOYMENT, "shop", "web", None, {}), "low"),
        (Operation("delete", POD, "shop", "web", LIVE), "high"),
        (Operation("delete", NAMESPACE, "", "shop", LIVE), "critical"),
        (Operation("patch", DEPLOYMENT, "shop", "web", HELD, UNHELD, patch="json"), "high"),
        (Operation("patch", DEPLOYMENT, "shop", "web", HELD, {"metadata": {"finalizers": None}}), "high"),
        (Operation("replace", DEPLOYMENT, "shop", "web", HELD, {"metadata": {}}), "high"),
        (Operation("patch", DEPLOYMENT, "shop", "web", HELD, {"metadata": {"labels": {"a": "b"}}}), "medium"),
        (
            Operation("put", NAMESPACE, "", "shop", LIVE, {"spec": {"finalizers": []}}, subresource="finalize"),
            "critical",
        ),
        (Operation("patch", DEPLOYMENT, "shop", "web", LIVE, ZERO, patch="json"), "high"),
        (Operation("create", POD, "shop", "p", None, {"spec": {"hostPID": True}}), "high"),
        (Operation("create", POD, "shop", "p", None, {"spec": {"hostPID": False}}), "low"),
        (Operation("create", DEPLOYMENT, "shop", "p", None, template(hostNetwork=True)), "high"),
        (Operation("apply", DEPLOYMENT, "shop", "p", None, template(volumes=[{"hostPath": {"path": "/"}}])), "high"),
        (Operation("patch", DEPLOYMENT, "shop", "p", LIVE, template(containers=[PRIVILEGED])), "high"),
        (Operation("patch", DEPLOYMENT, "shop", "p", LIVE, ROOTED, patch="json"), "high"),
        (Operation("create", WEBHOOKS, "", "w", None, {"webhooks": []}), "critical"),
        (Operation("delete", WEBHOOKS, "", "w", LIVE), "critical"),
        (Operation("exec", POD, "shop", "web-0", LIVE, {"command": ["date"]}, subresource="exec"), "critical"),
        (Operation("exec", POD, "shop", "web-0", LIVE, {"command": ["sh"], "sha256": "0"}, subresource="exec"), "high"),
        (Operation("put", SIGNING, "", "csr-1", LIVE, decided("Approved"), subresource="approval"), "critical"),
        (Operation("put", SIGNING, "", "csr-1", LIVE, decided("Denied"), subresource="approval"), "medium"),
        (Operation("create", ROLE, "", "all", None, {"rules": [{"verbs": ["*"], "resources": ["*"]}]}), "critical"),
    ],
)
def test_how_grave_it_is(operation: Operation, grade: str) -> None:
    assert rate(operation)[0] == grade


def test_the_gravest_counts_and_so_does_the_number() -> None:
    assert tier(Draft("x", (patch(5), Operation("delete", NAMESPACE, "", "shop", LIVE))))[0] == "critical"
    assert tier(Draft("x", tuple(patch(5) for _ in range(11))))[0] == "high"
    assert tier(Draft("x"))[0] == "low"


def test_kinds_by_what_people_call_them() -> None:
    other = Kind("example.com", "v1", "Pod", "pods", "pod", True)
    kinds = Kinds.of((other, POD, DEPLOYMENT, NAMESPACE))
    assert kinds.find("po") is POD
    assert kinds.find("Pods") is POD
    assert kinds.find("pods.example.com") is other
    assert kinds.find("deploy") is DEPLOYMENT
    with pytest.raises(ToolError, match="did you mean deployment"):
        kinds.find("deploymnet")


@pytest.mark.parametrize(
    "body",
    [
        {"spec": {"replicas": 1}},
        [{"op": "replace", "path": "/spec/replicas", "value": 1}],
        [{"op": "replace", "path": "/spec", "value": {"replicas": 1}}],
    ],
)
def test_scaling_down_is_bounded_however_it_is_written(body: Manifest) -> None:
    one = Operation("patch", DEPLOYMENT, "shop", "web", LIVE, body, patch="json" if isinstance(body, list) else "merge")
    with pytest.raises(ToolError) as caught:
        check(Draft("s", (one,)), KubeSettings(max_scale_down=0.5))
    assert "--max-scale-down" in caught.value.message


def test_a_label_by_json_patch_replaces_no_pods() -> None:
    steps: Manifest = [{"op": "remove", "path": "/metadata/labels/tier"}]  # type: ignore[assignment]
    one = Operation("patch", DEPLOYMENT, "shop", "web", LIVE, steps, patch="json")
    assert rate(one) == ("medium", "it changes what is there")


def test_a_difference_shows_no_password_of_a_command() -> None:
    live: Manifest = {"spec": {"containers": [{"name": "db", "image": "mysql:8"}]}}
    one = Operation("patch", POD, "shop", "db", live, {})
    path = "spec.containers[db].args"
    (shown,) = hide([FieldChange(path=path, before=["-pold-secret", "-v"], after=["--password", "new-secret"])], one)
    assert (shown.before, shown.after) == (["-p(hidden)", "-v"], ["--password", "(hidden)"])

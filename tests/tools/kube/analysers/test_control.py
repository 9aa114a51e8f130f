"""Rights, rollouts, deletions, autoscalers, jobs, storage and nodes."""

from __future__ import annotations

import json

import pytest

from tests.support.kube_world import (
    NS,
    ago,
    container,
    deployment,
    event,
    node,
    only,
    pod,
    running,
    thing,
    waiting,
    world,
)
from tools.kube.analysers import Scope, analyse
from tools.kube.analysers.findings import Finding, Ref
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.objects import Manifest, at

ACCOUNT = 'User "system:serviceaccount:shop:web" cannot list resource "pods" in API group "" in the namespace "shop"'


def found(snapshot: Snapshot, scope: Scope | None = None) -> list[Finding]:
    return analyse(snapshot, scope or Scope(namespace=NS))


def wrong(snapshot: Snapshot) -> list[Finding]:
    return [one for one in found(snapshot) if one.severity != "notice"]


def role(*rules: Manifest) -> Manifest:
    return thing("Role", "viewer", rules=list(rules))


def test_a_denial_in_a_log_is_a_grant_of_just_that() -> None:
    log = {"web-1-a": f"error: pods is forbidden: {ACCOUNT}"}
    finding = only(found(world(deployment(), pod(), node(), logs=log)), "rbac_denied")
    assert "service account shop/web may not list pods" in finding.cause
    assert finding.fix is not None
    assert finding.fix.arguments == {
        "verbs": ["list"], "kinds": ["pods"], "service_account": "shop/web", "namespace": "shop",
    }  # fmt: skip


def test_a_rule_in_the_wrong_group() -> None:
    broken = role({"apiGroups": [""], "resources": ["deployments"], "verbs": ["get"]})
    finding = only(found(world(broken)), "role_rule")
    assert '"apps"' in finding.cause
    assert finding.fix is not None
    assert at(dict(finding.fix.arguments), "patch.rules[0].apiGroups") == ["apps"]


@pytest.mark.parametrize(
    "rule",
    [
        {"apiGroups": ["apps"], "resources": ["deployments", "deployments/scale"], "verbs": ["get"]},
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
        {"apiGroups": ["", "apps"], "resources": ["pods", "deployments"], "verbs": ["list"]},
        {"apiGroups": ["example.com"], "resources": ["widgets"], "verbs": ["get"]},
        {"nonResourceURLs": ["/healthz"], "verbs": ["get"]},
    ],
)
def test_rules_that_work_are_left_alone(rule: Manifest) -> None:
    assert not found(world(role(rule)))


def test_bindings_to_nothing() -> None:
    subject = {"kind": "ServiceAccount", "name": "wep", "namespace": NS}
    binding = thing("RoleBinding", "b", roleRef={"kind": "Role", "name": "vewer"}, subjects=[subject])
    problems = {one.problem for one in found(world(binding, role(), thing("ServiceAccount", "web")))}
    assert problems == {"role_missing", "subject_missing"}


def test_the_rights_of_a_user_are_their_roles() -> None:
    broken = role({"apiGroups": [""], "resources": ["deployments"], "verbs": ["get"]})
    binding = thing(
        "RoleBinding", "b", roleRef={"kind": "Role", "name": "viewer"}, subjects=[{"kind": "User", "name": "ann"}]
    )
    assert only(found(world(broken, binding), Scope((Ref("User", "", "ann"),))), "role_rule")
    assert not found(world(broken, binding), Scope((Ref("User", "", "bob"),)))


def test_a_failed_rollout_is_the_consequence_of_its_image() -> None:
    objects = deployment(ready=0)
    objects[0]["status"]["conditions"] = [
        {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
    ]
    broken = pod(status=waiting("ErrImagePull", "not found"), phase="Pending")
    finding = only(found(world(objects, broken, node())), "image_pull")
    assert {one.problem for one in finding.effects} == {"rollout_failed", "unavailable"}


def test_a_failed_rollout_that_nothing_explains_stands_for_itself() -> None:
    objects = deployment(ready=0)
    objects[0]["status"]["conditions"] = [
        {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
    ]
    only(found(world(objects, node())), "rollout_failed")


def test_a_paused_rollout_with_a_change_that_waits() -> None:
    objects = deployment(paused=True)
    objects[0]["status"]["updatedReplicas"] = 0
    finding = only(wrong(world(objects, pod(), node())), "paused")
    assert finding.fix is not None
    assert finding.fix.skill == "kube.rollout_resume"


def test_scaled_to_zero_is_worth_knowing() -> None:
    assert only(found(world(deployment(replicas=0)))).severity == "notice"


def test_a_claim_that_a_pod_still_uses() -> None:
    going = {"deletionTimestamp": ago(100), "finalizers": ["kubernetes.io/pvc-protection"]}
    claim = thing("PersistentVolumeClaim", "data", meta=going, spec={}, status={"phase": "Bound"})
    user = pod(spec={"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]})
    assert "in use by Pod shop/web-1-a" in only(found(world(deployment(), user, claim)), "in_use").cause


def test_a_finalizer_that_nobody_removes() -> None:
    stuck = thing("ConfigMap", "a", meta={"deletionTimestamp": ago(100), "finalizers": ["example.com/x"]})
    finding = only(found(world(stuck)), "finalizer")
    assert finding.fix is not None
    assert finding.fix.skill == "kube.remove_finalizers"


def test_what_is_being_deleted_right_now_is_left_alone() -> None:
    assert not found(
        world(thing("ConfigMap", "a", meta={"deletionTimestamp": ago(5), "finalizers": ["example.com/x"]}))
    )


def test_a_namespace_that_does_not_go_and_what_keeps_it() -> None:
    stuck = thing("ConfigMap", "a", meta={"deletionTimestamp": ago(100), "finalizers": ["example.com/x"]})
    said = {
        "type": "NamespaceFinalizersRemaining",
        "status": "True",
        "message": "example.com/x in 1 resource instances",
    }
    space = thing(
        "Namespace",
        NS,
        namespace="",
        meta={"deletionTimestamp": ago(100)},
        status={"phase": "Terminating", "conditions": [said]},
    )
    findings = found(world(space, stuck))
    assert "namespace_stuck" in {one.problem for one in findings}
    assert any(one.fix and one.fix.arguments.get("name") == "a" for one in findings)


def test_a_namespace_that_has_just_been_told_to_go_says_so() -> None:
    held = thing("ConfigMap", "a", meta={"deletionTimestamp": ago(3), "finalizers": ["example.com/x"]})
    meta, status = {"deletionTimestamp": ago(3)}, {"phase": "Terminating"}
    space = thing("Namespace", NS, namespace="", meta=meta, status=status)
    finding = only(found(world(space, held)), "namespace_going")
    assert finding.severity == "notice"
    assert "is being deleted" in finding.cause
    assert f"the finalizers of ConfigMap {NS}/a" in finding.cause
    assert "1 ConfigMap" in finding.cause


def scaler(*conditions: Manifest, annotated: bool = False, target: str = "web") -> Manifest:
    parts: Manifest = {"spec": {"scaleTargetRef": {"kind": "Deployment", "name": target}, "maxReplicas": 3}}
    if annotated:
        parts["meta"] = {"annotations": {"autoscaling.alpha.kubernetes.io/conditions": json.dumps(conditions)}}
    else:
        parts["status"] = {"conditions": list(conditions)}
    return thing("HorizontalPodAutoscaler", "web", **parts)


NO_METRICS = {"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric", "message": "no metrics"}
AT_MAXIMUM = {"type": "ScalingLimited", "status": "True", "reason": "TooManyReplicas", "message": "more than maximum"}


@pytest.mark.parametrize(
    ("broken", "problem", "says"),
    [
        (scaler(NO_METRICS), "autoscaler_metrics", "serves no metrics"),
        (scaler(NO_METRICS, annotated=True), "autoscaler_metrics", "serves no metrics"),
        (scaler(AT_MAXIMUM), "autoscaler_maximum", "maximum of 3 replicas"),
        (scaler(target="wep"), "autoscaler_target", "there is web"),
    ],
)
def test_autoscalers(broken: Manifest, problem: str, says: str) -> None:
    assert says in only(found(world(deployment(), pod(), broken)), problem).cause


def test_an_autoscaler_that_works_is_left_alone() -> None:
    good = {"type": "ScalingActive", "status": "True"}
    assert not found(world(deployment(), pod(), scaler(good)))


def test_a_suspended_cron_job_is_worth_knowing() -> None:
    finding = only(
        found(world(thing("CronJob", "nightly", spec={"suspend": True, "schedule": "0 2 * * *"}))), "suspended"
    )
    assert finding.severity == "notice"
    assert finding.fix is not None
    assert finding.fix.skill == "kube.resume"


def test_a_failed_job_that_a_later_one_made_up_for_is_left_alone() -> None:
    cron = thing("CronJob", "nightly", spec={"schedule": "0 2 * * *"})
    owner = {"ownerReferences": [{"kind": "CronJob", "name": "nightly", "uid": "CronJob-nightly", "controller": True}]}
    failed = [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "lastTransitionTime": ago(900)}]
    bad = thing("Job", "nightly-1", age=1000, meta=owner, spec={}, status={"failed": 1, "conditions": failed})
    good = thing(
        "Job",
        "nightly-2",
        age=500,
        meta=owner,
        spec={},
        status={"conditions": [{"type": "Complete", "status": "True"}]},
    )
    assert not found(world(cron, bad, good))
    assert only(found(world(cron, bad)), "job_failed").subject == Ref("CronJob", NS, "nightly")


def claim(**spec: object) -> Manifest:
    wanted = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}, **spec}
    return thing("PersistentVolumeClaim", "data", spec=wanted, status={"phase": "Pending"})


def volume(size: str, **spec: object) -> Manifest:
    body = {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "storageClassName": "", **spec}
    return thing("PersistentVolume", "pv1", namespace="", spec=body, status={"phase": "Available"})


@pytest.mark.parametrize(
    ("objects", "problem", "says"),
    [
        (
            [claim(storageClassName="fsat"), thing("StorageClass", "fast", namespace="")],
            "storage_class",
            "there is fast",
        ),
        ([claim()], "storage_class", "no class is the default"),
        ([claim(storageClassName=""), volume("1Gi")], "no_volume", "pv1 is too small (1Gi)"),
    ],
)
def test_claims(objects: list[Manifest], problem: str, says: str) -> None:
    assert says in only(found(world(objects)), problem).cause


def test_a_claim_that_waits_for_its_first_pod_is_left_alone() -> None:
    lazy = thing("StorageClass", "lazy", namespace="", volumeBindingMode="WaitForFirstConsumer", provisioner="x")
    assert not found(world(claim(storageClassName="lazy"), lazy))


def test_a_provisioner_that_fails() -> None:
    broken = claim(storageClassName="fast")
    said = event(broken, "ProvisioningFailed", "quota exceeded in zone a")
    fast = thing("StorageClass", "fast", namespace="", provisioner="csi")
    assert "quota exceeded" in only(found(world(broken, said, fast)), "provisioning").cause


def test_nodes() -> None:
    pressed = node("node2")
    pressed["status"]["conditions"].append({"type": "DiskPressure", "status": "True", "message": "low"})
    snapshot = world(node("node1", ready="Unknown"), pressed, node("node3", unschedulable=True))
    findings = {(one.subject.name, one.problem, one.severity) for one in found(snapshot, Scope())}
    assert findings == {
        ("node1", "node_not_ready", "critical"),
        ("node2", "node_pressure", "warning"),
        ("node3", "cordoned", "notice"),
    }


def test_a_cordoned_node_is_nothing_wrong_with_a_namespace() -> None:
    assert not found(world(deployment(), pod(), node(unschedulable=True)))


def test_pods_of_a_node_that_is_down_are_its_consequence() -> None:
    lost = pod(status=running(ready=False), containers=[container(readinessProbe={"tcpSocket": {"port": 1}})])
    finding = only(found(world(deployment(ready=0), lost, node(ready="Unknown"))), "node_not_ready")
    assert "probe" in {one.problem for one in finding.effects}


def test_conditions_of_a_custom_resource() -> None:
    widget = thing(
        "Widget", "w", status={"conditions": [{"type": "Ready", "status": "False", "message": "no backend"}]}
    )
    snapshot = world()
    snapshot.objects["others"] = [widget]  # type: ignore[index]
    assert "no backend" in only(found(snapshot, Scope((Ref("Widget", NS, "w"),)))).cause

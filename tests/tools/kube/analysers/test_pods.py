"""Pods that do not run: each fault is found, with its cause and its fix, and healthy ones are left alone."""

from __future__ import annotations

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
from tools.kube.analysers.findings import Finding
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.objects import Manifest, at

UNPLACED = "0/1 nodes are available: 1 "


def found(snapshot: Snapshot) -> list[Finding]:
    return analyse(snapshot, Scope(namespace=NS))


def pending(message: str, **spec: object) -> Manifest:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": UNPLACED + message}
    return pod(node="", phase="Pending", status=waiting("x"), conditions=[condition], spec=spec)


def test_healthy_pods_are_left_alone() -> None:
    assert not found(world(deployment(), pod(), node()))


def test_completed_pods_are_left_alone() -> None:
    done = pod(owner="Job report", phase="Succeeded", status=running(ready=False))
    assert not found(world(done, thing("Job", "report", spec={}, status={"succeeded": 1}), node()))


def test_pods_that_are_just_being_started_are_left_alone() -> None:
    new = pod(age=5, phase="Pending", status=waiting("ContainerCreating"))
    assert not found(world(deployment(ready=0), new, node()))


def test_a_restart_of_long_ago_is_no_fault() -> None:
    last = {"lastState": {"terminated": {"exitCode": 1, "finishedAt": "2025-12-01T00:00:00Z"}}}
    assert not found(world(deployment(), pod(status=running(restarts=1) | last), node()))


IMAGES = [
    ("ErrImageNeverPull", "", "Never"),
    ("ImagePullBackOff", 'rpc error: "registry/app:lates": not found', "no such name or tag"),
    ("ErrImagePull", "pull access denied, repository does not exist or may require authorization", "pull secret"),
    ("ErrImagePull", "dial tcp: lookup registry: no such host", "cannot be reached"),
    ("ErrImagePull", "toomanyrequests: rate limit", "limits how often"),
    ("InvalidImageName", "couldn't parse image reference", "no valid image name"),
]


@pytest.mark.parametrize(("reason", "message", "says"), IMAGES)
def test_images(reason: str, message: str, says: str) -> None:
    broken = pod(status=waiting(reason, message), phase="Pending", containers=[container(image="registry/app:lates")])
    finding = only(found(world(deployment(ready=0), broken, node())), "image_pull")
    assert says in finding.cause
    assert finding.subject == ("Deployment", NS, "web")


def test_a_tag_that_was_meant() -> None:
    broken = pod(
        status=waiting("ImagePullBackOff"), phase="Pending", containers=[container(image="registry/app:1.24.1")]
    )
    images = ("registry/app:1.24.0", "registry/other:3", "registry/app@sha256:0")
    fix = only(found(world(deployment(ready=0), broken, node(images=images))), "image_pull").fix
    assert fix is not None
    assert (fix.skill, fix.arguments["image"], fix.arguments["container"]) == (
        "kube.set_image",
        "registry/app:1.24.0",
        "app",
    )


def test_a_name_that_was_meant() -> None:
    broken = pod(status=waiting("ErrImagePull"), phase="Pending", containers=[container(image="ngnix:1.25")])
    finding = only(
        found(world(deployment(ready=0), broken, node(images=("docker.io/library/nginx:1.25",)))), "image_pull"
    )
    assert "nginx:1.25" in finding.cause


def test_without_a_likely_name_the_last_revision_is_the_fix() -> None:
    objects = deployment(ready=0)
    newer = {**objects[1], "metadata": {**objects[1]["metadata"], "name": "web-2", "uid": "ReplicaSet-web-2"}}
    for revision, one in enumerate((objects[1], newer), 1):
        one["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": str(revision)}
    broken = pod(
        owner="ReplicaSet web-2",
        status=waiting("ErrImagePull", "not found"),
        phase="Pending",
        containers=[container(image="zzz/qqq:9")],
    )
    fix = only(found(world(*objects, newer, broken, node())), "image_pull").fix
    assert fix is not None
    assert fix.skill == "kube.rollout_undo"


def test_a_pull_secret_that_is_missing() -> None:
    broken = pod(
        status=waiting("ErrImagePull", "unauthorized"),
        phase="Pending",
        spec={"imagePullSecrets": [{"name": "regcred"}]},
    )
    finding = only(found(world(deployment(ready=0), broken, node(), keys={("Secret", "regcred"): None})), "image_pull")
    assert "the pull secret regcred does not exist" in finding.cause


LOGS = [
    ("FATAL: env STORE_ID is not set", "the environment variable STORE_ID is not set"),
    ("panic: missing required environment variable DB_HOST", "the environment variable DB_HOST is not set"),
    ("KeyError: 'QUEUE_URL'", "the environment variable QUEUE_URL is not set"),
    ("sh: DB_URL: parameter not set", "the environment variable DB_URL is not set"),
    ("Error: DB_PASSWORD is required", "the environment variable DB_PASSWORD is not set"),
    ("dial tcp: lookup postgers on 10.0.0.10:53: no such host", "cannot find the host postgers"),
    ("connect to db:5432: connection refused", "refused by db:5432"),
    ("sh: can't open '/etc/app.conf': No such file or directory", "the file /etc/app.conf is not there"),
    ("bind: address already in use", "its port is in use"),
    ("mkdir /data: permission denied", "not permitted"),
    ("starting\nloading\nboom", "boom"),
]


@pytest.mark.parametrize(("log", "says"), LOGS)
def test_crash_loops_and_what_their_logs_tell(log: str, says: str) -> None:
    broken = pod(status=waiting("CrashLoopBackOff", restarts=4, exitCode=1, reason="Error"))
    finding = only(found(world(deployment(ready=0), broken, node(), logs={"web-1-a": log})), "crash_loop")
    assert says in finding.cause
    assert "exit code 1, 4 restarts" in finding.cause


def test_a_near_miss_of_an_environment_variable_is_named() -> None:
    broken = pod(
        status=waiting("CrashLoopBackOff", restarts=1, exitCode=1), containers=[container(env=[{"name": "STORE-ID"}])]
    )
    finding = only(found(world(broken, deployment(ready=0), logs={"web-1-a": "STORE_ID not set"})))
    assert "(STORE-ID is)" in finding.cause


def test_a_command_that_ends_well_and_is_started_again() -> None:
    broken = pod(status=waiting("CrashLoopBackOff", restarts=3, exitCode=0))
    assert "keeps running" in str(only(found(world(broken, deployment(ready=0)))).fix)


def test_out_of_memory_says_the_limit_and_doubles_it() -> None:
    broken = pod(
        status=waiting("CrashLoopBackOff", restarts=3, exitCode=137, reason="OOMKilled"),
        containers=[container(resources={"limits": {"memory": "32Mi"}})],
    )
    finding = only(found(world(deployment(ready=0), broken)), "out_of_memory")
    assert "limit of 32Mi" in finding.cause
    assert finding.fix is not None
    assert finding.fix.arguments["limits"] == {"memory": "64Mi"}


def test_a_command_that_is_not_there() -> None:
    message = 'failed to create containerd task: exec: "srever": executable file not found in $PATH'
    broken = pod(
        status=waiting("RunContainerError", message, restarts=2, exitCode=128, reason="StartError", message_="")
    )
    assert "srever" in only(found(world(deployment(ready=0), broken)), "cannot_start").cause


def test_a_pod_of_a_finished_job_is_the_jobs_matter() -> None:
    ended = pod(
        owner="Job report", status=waiting("", exitCode=1) | {"state": {"terminated": {"exitCode": 1}}}, phase="Failed"
    )
    failed = [
        {
            "type": "Failed",
            "status": "True",
            "reason": "BackoffLimitExceeded",
            "lastTransitionTime": "2026-01-02T11:59:00Z",
        }
    ]
    job = thing("Job", "report", spec={}, status={"failed": 3, "conditions": failed})
    finding = only(found(world(ended, job, logs={"web-1-a": "no such table"})), "job_failed")
    assert "exit code 1" in finding.cause
    assert "no such table" in finding.cause


DATA = {"name": "d", "persistentVolumeClaim": {"claimName": "data"}}


def asking(**requests: str) -> dict[str, object]:
    return {"containers": [container(resources={"requests": requests})]}


PLACES = [
    ("Insufficient cpu.", asking(cpu="900"), "insufficient", "900 cpu"),
    ("Insufficient memory.", asking(memory="64Gi"), "insufficient", "64Gi memory"),
    ("node(s) didn't match node selector.", {"nodeSelector": {"disk": "ssd"}}, "node_selector", "disk=ssd"),
    ("node(s) had taint {gpu: yes}", {}, "taint", "gpu=yes:NoSchedule"),
    ('persistentvolumeclaim "data" not found.', {"volumes": [DATA]}, "claim_missing", "data"),
    ("node(s) didn't satisfy pod anti-affinity rules", {}, "pod_affinity", "anti-affinity"),
    ("node(s) had volume node affinity conflict", {}, "unschedulable", "volume node affinity"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "spec", "problem", "says"), PLACES)
def test_pods_that_no_node_takes(message: str, spec: dict[str, object], problem: str, says: str) -> None:
    taints = [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}] if problem == "taint" else []
    finding = only(found(world(deployment(ready=0), pending(message, **spec), node(taints=taints))), problem)
    assert says in finding.cause


def test_a_label_of_nodes_that_was_meant() -> None:
    broken = pending("node(s) didn't match", nodeSelector={"disk": "sdd"})
    fix = only(found(world(deployment(ready=0), broken, node(labels={"disk": "ssd"}))), "node_selector").fix
    assert fix is not None
    assert fix.arguments["patch"] == {"spec": {"template": {"spec": {"nodeSelector": {"disk": "ssd"}}}}}


def test_a_cordoned_node() -> None:
    broken = pending("node(s) were unschedulable.")
    findings = found(world(deployment(ready=0), broken, node(unschedulable=True)))
    assert [one.fix.skill for one in findings if one.fix and one.severity == "critical"] == ["kube.uncordon"]


def test_a_claim_that_is_not_bound_is_the_cause_and_the_pod_its_consequence() -> None:
    claim = thing(
        "PersistentVolumeClaim",
        "data",
        spec={"storageClassName": "fast", "accessModes": ["ReadWriteOnce"]},
        status={"phase": "Pending"},
    )
    volume = {"name": "d", "persistentVolumeClaim": {"claimName": "data"}}
    broken = pending("pod has unbound immediate PersistentVolumeClaims.", volumes=[volume])
    finding = only(
        found(world(deployment(ready=0), broken, claim, node(), thing("StorageClass", "standard", namespace=""))),
        "storage_class",
    )
    assert "fast does not exist" in finding.cause
    assert "claim_unbound" in [one.problem for one in finding.effects]


REFUSALS = [
    ("exceeded quota: q, requested: pods=1, used: pods=4, limited: pods=4", "quota", "pods: 4 used of 4"),
    ("failed quota: q: must specify limits.cpu,limits.memory", "quota", "limits.cpu,limits.memory"),
    ('error looking up service account shop/bot: serviceaccount "bot" not found', "service_account", "account bot,"),
    ("maximum cpu usage per Container is 100m, but limit is 500m", "limit_range", "maximum cpu per Container is 100m"),
    ("no PriorityClass with name high was found", "priority_class", "high"),
    ('admission webhook "v.example.com" denied the request: no', "webhook", "v.example.com refuses"),
    ('violates PodSecurity "restricted:latest": runAsNonRoot', "pod_security", "runAsNonRoot"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "problem", "says"), REFUSALS)
def test_pods_that_are_not_even_made(message: str, problem: str, says: str) -> None:
    objects = deployment(ready=0)
    said = f'pods "web-1-" is forbidden: {message}'
    objects[1]["status"]["conditions"] = [{"type": "ReplicaFailure", "status": "True", "message": said}]
    assert says in only(found(world(objects, node())), problem).cause


def test_a_stateful_set_says_it_by_an_event_only() -> None:
    owner = thing("StatefulSet", "db", spec={"replicas": 2}, status={"replicas": 1, "readyReplicas": 1})
    said = event(owner, "FailedCreate", 'serviceaccount "bot" not found')
    finding = only(found(world(owner, said)), "service_account")
    assert finding.fix is not None
    assert finding.fix.arguments == {"name": "bot", "namespace": NS}


KEY = {"name": "API_KEY", "valueFrom": {"secretKeyRef": {"name": "vendor", "key": "api-key"}}}
MAP = {"name": "REGION", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "region"}}}


@pytest.mark.parametrize(
    ("env", "keys", "problem", "says"),
    [
        (KEY, {("Secret", "vendor"): {"apikey"}}, "key_missing", "vendor has no key api-key (it has only apikey)"),
        (KEY, {("Secret", "vendor"): None}, "config_missing", "the secret vendor does not exist"),
        (MAP, {("ConfigMap", "settings"): None}, "config_missing", "the config map settings does not exist"),
        (MAP, {("ConfigMap", "settings"): set()}, "key_missing", "it is empty"),
    ],
)
def test_missing_configuration(
    env: Manifest, keys: dict[tuple[str, str], set[str] | None], problem: str, says: str
) -> None:
    broken = pod(
        status=waiting("CreateContainerConfigError", "not found"), phase="Pending", containers=[container(env=[env])]
    )
    finding = only(found(world(deployment(ready=0), broken, keys=keys)), problem)
    assert says in finding.cause


def test_a_key_that_was_meant_is_the_fix() -> None:
    broken = pod(status=waiting("CreateContainerConfigError", "x"), phase="Pending", containers=[container(env=[KEY])])
    fix = only(found(world(deployment(ready=0), broken, keys={("Secret", "vendor"): {"apikey"}}))).fix
    assert fix is not None
    source = at(dict(fix.arguments), "patch.spec.template.spec.containers[0].env[0].valueFrom")
    assert source == {"secretKeyRef": {"name": "vendor", "key": "apikey"}}


def test_a_volume_whose_config_map_is_missing() -> None:
    volume = {"name": "conf", "configMap": {"name": "app-conf"}}
    broken = pod(status=waiting("ContainerCreating"), phase="Pending", spec={"volumes": [volume]})
    said = event(broken, "FailedMount", 'MountVolume.SetUp failed for volume "conf" : configmap "app-conf" not found')
    names = thing("ConfigMap", "app-config")
    finding = only(
        found(world(deployment(ready=0), broken, said, names, keys={("ConfigMap", "app-conf"): None})), "config_missing"
    )
    assert "there is app-config" in finding.cause


PROBE = {"httpGet": {"path": "/healthz", "port": 8081}, "periodSeconds": 2}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            'Get "http://10.0.0.1:8081/healthz": dial tcp 10.0.0.1:8081: connect: connection refused',
            "nothing listens on port 8081 (it declares 8080)",
        ),
        ("HTTP probe failed with statuscode: 404", "/healthz answers with status 404"),
        ("Get http://x: context deadline exceeded (Client.Timeout exceeded)", "no answer within 1 s"),
    ],
)
def test_readiness_probes(text: str, says: str) -> None:
    broken = pod(
        status=running(ready=False), containers=[container(readinessProbe=PROBE, ports=[{"containerPort": 8080}])]
    )
    said = event(broken, "Unhealthy", f"Readiness probe failed: {text}", field="spec.containers{app}")
    finding = only(found(world(deployment(ready=0), broken, said)), "probe")
    assert says in finding.cause
    assert "unavailable" in [one.problem for one in finding.effects]


def test_a_liveness_probe_that_kills_is_the_cause_and_no_crash() -> None:
    broken = pod(
        status=waiting("CrashLoopBackOff", restarts=3, exitCode=137),
        containers=[container(livenessProbe=PROBE, ports=[{"containerPort": 8080}])],
    )
    said = event(broken, "Unhealthy", "Liveness probe failed: connection refused", field="spec.containers{app}")
    finding = only(found(world(deployment(ready=0), broken, said)), "probe")
    assert finding.fix is not None
    assert finding.fix.skill == "kube.set_probe"
    assert finding.fix.arguments["port"] == 8080


def test_pods_of_one_cause_are_one_finding() -> None:
    broken = [pod(f"web-1-{n}", status=waiting("CrashLoopBackOff", restarts=n, exitCode=1)) for n in range(1, 4)]
    assert len(only(found(world(deployment(replicas=3, ready=0), broken))).pods) == 3


def test_evicted_pods() -> None:
    gone = pod(
        phase="Failed", status=running(ready=False), reason="Evicted", message="The node was low on resource: memory."
    )
    assert "low on resource: memory" in only(found(world(deployment(), gone, pod("web-1-b"), node())), "evicted").cause


def test_an_init_container_that_waits() -> None:
    wait = {"name": "wait", "image": "x:1", "command": ["sh", "-c", "until nslookup db; do sleep 1; done"]}
    state = {"name": "wait", "ready": False, "state": {"running": {"startedAt": ago(90)}}}
    broken = pod(
        status=waiting("PodInitializing"),
        phase="Pending",
        spec={"initContainers": [wait]},
        initContainerStatuses=[state],
    )
    finding = only(found(world(deployment(ready=0), broken)), "init_container")
    assert "init container wait" in finding.cause
    assert "nslookup db" in str(finding.evidence[0])


def test_a_sandbox_that_cannot_be_made() -> None:
    broken = pod(status=waiting("ContainerCreating"), phase="Pending")
    said = event(broken, "FailedCreatePodSandBox", "network plugin cni failed: no addresses")
    assert "no addresses" in only(found(world(deployment(ready=0), broken, said)), "sandbox").cause

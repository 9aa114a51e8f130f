"""Skills that change workloads and nodes, on a real cluster: what they set, what they wait for, what they say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from protocol.errors import ErrorCode
from tests.support import kube_device
from tests.support.audit_log import AuditLog
from tests.support.kube import Cluster
from tests.support.kube_api import Api, Object
from tests.support.kube_device import Device
from tests.support.kube_objects import exists, is_absent, wait_for
from tests.support.kube_snapshot import changed, snapshot
from tests.support.kube_workloads import IMAGE, config_map, create, daemon_set, deployment, stateful_set, template
from tools.errors import ToolError

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


@pytest.fixture
async def device(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Device]:
    async with kube_device.opened(cluster, tmp_path) as opened:
        yield opened


async def refused(device: Device, code: ErrorCode, skill: str, /, **arguments: Any) -> ToolError:  # noqa: ANN401
    with pytest.raises(ToolError) as caught:
        await device.preview(skill, **arguments)
    assert caught.value.code is code, caught.value.message
    return caught.value


async def live(api: Api, ref: str) -> Object:
    found = await api.get(ref)
    assert found is not None, ref
    return found


def fields(written: dict[str, Any]) -> dict[str, tuple[object, object]]:
    return {one["path"]: (one["before"], one["after"]) for change in written["changes"] for one in change["fields"]}


# --- Rollouts ---------------------------------------------------------------------------------------------------------


async def test_a_deployment_is_restarted_broken_and_rolled_back(device: Device, namespace: str, api: Api) -> None:
    await create(api, deployment(namespace, "web", 1))
    here = {"name": "web", "namespace": namespace}
    _, written = await device.write("kube.scale", **here, replicas=2)
    assert written["settled"]
    before = {one["metadata"]["uid"] for one in await api.list("Pod", namespace)}

    _, written = await device.write("kube.restart", **here)
    assert written["settled"], written["text"]
    pods = await api.list("Pod", namespace)
    assert not before & {one["metadata"]["uid"] for one in pods if "deletionTimestamp" not in one["metadata"]}

    _, written = await device.write("kube.set_image", **here, image=":gone")
    assert fields(written)["spec.template.spec.containers[main].image"][1] == IMAGE.replace(":local", ":gone")
    assert not written["settled"]
    assert "ErrImageNeverPull" in written["text"]

    preview, written = await device.write("kube.rollout_undo", **here)
    assert "revision 2" in preview["summary"]
    assert written["settled"], written["text"]
    spec = (await live(api, f"Deployment {namespace}/web"))["spec"]["template"]
    assert spec["spec"]["containers"][0]["image"] == IMAGE
    assert "pod-template-hash" not in spec["metadata"]["labels"]
    error = await refused(device, ErrorCode.NOT_FOUND, "kube.rollout_undo", **here, to_revision=77)
    assert "it has" in error.message

    await device.write("kube.rollout_pause", **here)
    assert (await live(api, f"Deployment {namespace}/web"))["spec"]["paused"] is True
    await refused(device, ErrorCode.CONFLICT, "kube.restart", **here)
    _, written = await device.write("kube.rollout_resume", **here)
    assert "paused" not in (await live(api, f"Deployment {namespace}/web"))["spec"]
    again = await device.preview("kube.rollout_resume", **here)
    assert again["bound"] == []


async def test_stateful_and_daemon_sets_roll_out_and_back(device: Device, namespace: str, api: Api) -> None:
    await create(api, stateful_set(namespace, "db"), daemon_set(namespace, "agent"))

    async def life(name: str, kind: str) -> None:
        here = {"name": name, "namespace": namespace, "kind": kind}
        _, written = await device.write("kube.set_env", **here, set={"MODE": "a"})
        assert written["settled"], written["text"]
        _, written = await device.write("kube.rollout_undo", **here)
        assert written["settled"], written["text"]
        assert fields(written) == {
            "spec.template.spec.containers[main].env[MODE].name": ("MODE", "(absent)"),
            "spec.template.spec.containers[main].env[MODE].value": ("a", "(absent)"),
        }

    # One after the other: a device's context says one thing at a time.
    await life("db", "sts")
    await life("agent", "daemon set")


async def test_only_workloads_have_rollouts(device: Device, namespace: str, api: Api) -> None:
    await create(api, deployment(namespace, "web", 1))
    pods = await wait_for_pods(api, namespace, 1)
    name = pods[0]["metadata"]["name"]
    error = await refused(device, ErrorCode.BAD_ARGUMENTS, "kube.restart", name=name, kind="pod", namespace=namespace)
    assert "ReplicaSet" in error.message
    error = await refused(
        device, ErrorCode.BAD_ARGUMENTS, "kube.set_image", name=name, kind="pod", namespace=namespace, image="x"
    )
    assert "workload above it" in error.message


async def test_replicas_are_set_where_there_are_any(device: Device, namespace: str, api: Api) -> None:
    await create(api, deployment(namespace, "web"), config_map(namespace, "settings"))
    here = {"name": "web", "namespace": namespace}
    await refused(device, ErrorCode.BAD_ARGUMENTS, "kube.scale", **here)
    await refused(device, ErrorCode.BAD_ARGUMENTS, "kube.scale", **here, replicas=2, by=1)
    await refused(
        device, ErrorCode.BAD_ARGUMENTS, "kube.scale", name="settings", kind="cm", namespace=namespace, replicas=2
    )
    async with asyncio.timeout(30):
        while not (sets := await api.list("ReplicaSet", namespace)):
            await asyncio.sleep(0.1)
    error = await refused(
        device, ErrorCode.BAD_ARGUMENTS, "kube.scale", name=sets[0]["metadata"]["name"], namespace=namespace, replicas=2
    )
    assert "Deployment web" in error.message
    assert (await device.preview("kube.scale", **here, replicas=0))["bound"] == []
    assert (await device.preview("kube.scale", **here, by=-3))["bound"] == []
    await api.patch(f"Deployment {namespace}/web", {"spec": {"replicas": 1}})
    assert (await device.preview("kube.scale", **here, by=-3))["tier"] == "high"


async def wait_for_pods(api: Api, namespace: str, count: int) -> list[Object]:
    async with asyncio.timeout(30):
        while len(pods := await api.list("Pod", namespace)) < count:
            await asyncio.sleep(0.1)
    return pods


# --- The pods' template -----------------------------------------------------------------------------------------------


async def test_the_template_changes_just_where_it_was_asked_to(device: Device, namespace: str, api: Api) -> None:
    two = deployment(namespace, "two")
    two["spec"]["template"]["spec"]["containers"].append(
        {"name": "side", "image": "proxy:1", "env": [{"name": "A", "value": "1"}]}
    )
    await create(api, deployment(namespace, "web"), two, config_map(namespace, "settings", mode="x"))
    before = await snapshot_of(device, api, namespace)
    here = {"name": "two", "namespace": namespace}
    error = await refused(device, ErrorCode.AMBIGUOUS, "kube.set_image", **here, image=":2")
    assert error.choices == ({"container": "main"}, {"container": "side"})
    await refused(device, ErrorCode.NOT_FOUND, "kube.set_image", **here, image=":2", container="nope")

    _, written = await device.write("kube.set_image", **here, image=":2", container="side")
    assert fields(written) == {"spec.template.spec.containers[side].image": ("proxy:1", "proxy:2")}
    _, written = await device.write(
        "kube.set_env", **here, container="side", set={"B": "2"}, unset=["A"], from_config_map="settings"
    )
    side = (await live(api, f"Deployment {namespace}/two"))["spec"]["template"]["spec"]["containers"][1]
    assert side["env"] == [{"name": "B", "value": "2"}]
    assert side["envFrom"] == [{"configMapRef": {"name": "settings"}}]
    await refused(device, ErrorCode.NOT_FOUND, "kube.set_env", **here, container="side", unset=["A"])

    _, written = await device.write(
        "kube.set_resources", **here, container="side", limits={"memory": "64Mi"}, requests={"cpu": "10m"}
    )
    assert fields(written) == {
        "spec.template.spec.containers[side].resources.limits.memory": ("(absent)", "64Mi"),
        "spec.template.spec.containers[side].resources.requests.cpu": ("(absent)", "10m"),
    }
    await refused(device, ErrorCode.BAD_ARGUMENTS, "kube.set_resources", **here, container="side", limits={"cpu": "1m"})

    await device.write("kube.set_probe", **here, container="side", which="liveness", http_path="/up", port=80)
    await device.write("kube.set_probe", **here, container="side", which="liveness", command=["true"])
    side = (await live(api, f"Deployment {namespace}/two"))["spec"]["template"]["spec"]["containers"][1]
    assert side["livenessProbe"]["exec"] == {"command": ["true"]}
    assert "httpGet" not in side["livenessProbe"]
    await device.write("kube.set_probe", **here, container="side", which="liveness", remove=True)
    side = (await live(api, f"Deployment {namespace}/two"))["spec"]["template"]["spec"]["containers"][1]
    assert "livenessProbe" not in side
    # Nothing else was touched.
    assert {
        ref for ref in changed(before, await snapshot_of(device, api, namespace)) if not ref.startswith("ReplicaSet")
    } == {f"Deployment {namespace}/two"}


async def snapshot_of(device: Device, api: Api, namespace: str) -> dict[str, str]:
    """What is in the namespace."""
    whole = await snapshot(Cluster.at(device.connection.settings.kubeconfig or Path()), api=api)
    return {ref: value for ref, value in whole.items() if f" {namespace}/" in ref}


async def test_labels_of_one_and_of_many(device: Device, namespace: str, api: Api) -> None:
    service = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    pods = [{"apiVersion": "v1", "kind": "Pod", **template(name)} for name in ("web", "api")]
    for pod in pods:
        pod["metadata"] |= {"namespace": namespace, "name": f"{pod['metadata']['labels']['app']}-0"}
    head = {"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": namespace, "name": "web"}}
    await create(api, {**head, "spec": service}, *pods)
    pod = {"kind": "pod", "namespace": namespace}
    preview = await device.preview("kube.label", **pod, name="web-0", set={"app": "other"})
    assert f"Service {namespace}/web ceases to select Pod {namespace}/web-0" in preview["warnings"]
    _, written = await device.write("kube.annotate", **pod, selector="app in (web,api)", set={"note": "hello"})
    assert len(written["changes"]) == 2
    _, written = await device.write("kube.label", **pod, name="web-0", set={"tier": "x"}, remove=["nope"])
    assert fields(written) == {"metadata.labels.tier": ("(absent)", "x")}
    await refused(device, ErrorCode.NOT_FOUND, "kube.label", **pod, selector="app=none", set={"a": "b"})
    await refused(device, ErrorCode.BAD_ARGUMENTS, "kube.label", **pod, set={"a": "b"})


# --- Nodes ------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def node(api: Api, namespace: str) -> AsyncIterator[str]:
    """A node that nobody runs: draining it moves nobody else's pods."""
    name = f"node-{namespace}"
    await create(api, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": {}})
    yield name
    await api.delete(f"Node {name}")


def held(namespace: str, name: str, node: str, count: int) -> Object:
    spec = {
        "replicas": count,
        "selector": {"matchLabels": {"app": name}},
        "template": template(name, nodeName=node, tolerations=[{"operator": "Exists"}]),
    }
    head = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"namespace": namespace, "name": name}}
    return {**head, "spec": spec}


async def run(api: Api, pod: Object) -> None:
    """Says of a pod that it runs and is ready, as a node's kubelet would."""
    path = f"{await api.path('Pod {namespace}/{name}'.format(**pod['metadata']))}/status"
    ready = [{"type": "Ready", "status": "True"}]
    body = {"status": {"phase": "Running", "conditions": ready}}
    await api.request("PATCH", path, body, content_type="application/strategic-merge-patch+json")


async def test_a_node_is_cordoned_tainted_and_put_back(device: Device, api: Api, node: str) -> None:
    await device.write("kube.cordon", node=node)
    assert (await live(api, f"Node {node}"))["spec"]["unschedulable"] is True
    assert (await device.preview("kube.cordon", node=node))["bound"] == []
    await device.write("kube.uncordon", node=node)
    assert "unschedulable" not in (await live(api, f"Node {node}"))["spec"]
    await device.write("kube.taint", node=node, key="dedicated", value="gpu")
    await device.write("kube.taint", node=node, key="dedicated", value="cpu")
    mine = [one for one in (await live(api, f"Node {node}"))["spec"]["taints"] if one["key"] == "dedicated"]
    assert mine == [{"key": "dedicated", "value": "cpu", "effect": "NoSchedule"}]
    await device.write("kube.taint", node=node, key="dedicated", remove=True)
    left = (await live(api, f"Node {node}"))["spec"].get("taints") or []
    assert "dedicated" not in [one["key"] for one in left]
    assert (await device.preview("kube.taint", node=node, key="dedicated", remove=True))["bound"] == []


async def test_a_node_is_drained_as_disruption_budgets_allow(
    cluster: Cluster, device: Device, namespace: str, api: Api, node: str
) -> None:
    bare = {"apiVersion": "v1", "kind": "Pod", **template("bare", nodeName=node)}
    bare["metadata"] |= {"namespace": namespace, "name": "bare"}
    await create(api, held(namespace, "web", node, 2), bare)
    pods = [one for one in await wait_for_pods(api, namespace, 3) if one["metadata"]["name"] != "bare"]
    await device.write(
        "kube.create_disruption_budget", name="web", namespace=namespace, selector={"app": "web"}, min_available=1
    )
    for pod in pods:
        await run(api, pod)
    budget = f"PodDisruptionBudget {namespace}/web"
    await wait_for(cluster, budget, lambda one: ((one or {}).get("status") or {}).get("disruptionsAllowed") == 1)

    error = await refused(device, ErrorCode.CONFLICT, "kube.drain", node=node)
    assert "force" in error.message
    preview = await device.preview("kube.drain", node=node, force=True, wait_s=2.0)
    assert [one["verb"] for one in preview["changes"]] == ["patch", "evict", "evict", "evict"]
    with pytest.raises(ToolError) as caught:
        await device.call("kube.drain", node=node, force=True, wait_s=2.0, preview=preview)
    assert "done only in part" in caught.value.message
    assert f"evict Pod {namespace}/bare" in caught.value.message
    assert "disruption budget" in caught.value.message
    assert (await live(api, f"Node {node}"))["spec"]["unschedulable"] is True
    there = {one["metadata"]["uid"] for one in await api.list("Pod", namespace)}
    assert len({one["metadata"]["uid"] for one in pods} & there) == 1


# --- Deletion ---------------------------------------------------------------------------------------------------------


async def test_deletion_says_what_goes_and_what_comes_back(device: Device, namespace: str, api: Api) -> None:
    await create(api, deployment(namespace, "web", 1), config_map(namespace, "settings"))
    pods = await wait_for_pods(api, namespace, 1)
    name = pods[0]["metadata"]["name"]
    preview, written = await device.write("kube.delete", kind="pod", name=name, namespace=namespace)
    assert any("will make a new one" in one for one in preview["warnings"])
    assert written["settled"]
    preview = await device.preview("kube.delete", kind="namespace", name=namespace)
    assert preview["tier"] == "critical"
    assert any("1 Deployment" in one for one in preview["warnings"])
    assert "gone with it" in preview["undo"]
    preview, _ = await device.write("kube.delete", kind="deploy", name="web", namespace=namespace, cascade="orphan")
    assert [one for one in await api.list("ReplicaSet", namespace) if one["spec"]["replicas"] == 1]


async def test_a_collection_is_deleted_object_by_object(
    cluster: Cluster, device: Device, namespace: str, api: Api
) -> None:
    maps = [config_map(namespace, name) for name in ("a", "b", "c")]
    for one in maps[:2]:
        one["metadata"]["labels"] = {"old": "yes"}
    await create(api, *maps)
    await refused(device, ErrorCode.BAD_ARGUMENTS, "kube.delete_collection", kind="configmaps", namespace=namespace)
    await refused(device, ErrorCode.DENIED, "kube.delete_collection", kind="namespaces", selector="old=yes")
    since = AuditLog(cluster.audit_log).mark() if cluster.audit_log else 0
    _, written = await device.write(
        "kube.delete_collection", kind="configmaps", namespace=namespace, selector="old=yes"
    )
    assert [one["object"] for one in written["changes"]] == [f"ConfigMap {namespace}/{name}" for name in "ab"]
    await live(api, f"ConfigMap {namespace}/c")
    if cluster.audit_log:
        writes = [one for one in AuditLog(cluster.audit_log).stored_by_others(since) if one.namespace == namespace]
        assert [one.verb for one in writes] == ["delete", "delete"]
        assert all(one.request["preconditions"]["uid"] for one in writes)


async def test_finalizers_are_removed_only_where_they_hold_a_deletion_up(
    cluster: Cluster, device: Device, namespace: str, api: Api
) -> None:
    stuck = config_map(namespace, "stuck")
    stuck["metadata"]["finalizers"] = ["example.com/hold"]
    await create(api, stuck)
    try:
        here = {"kind": "configmap", "name": "stuck", "namespace": namespace}
        error = await refused(device, ErrorCode.CONFLICT, "kube.remove_finalizers", **here)
        assert "not being deleted" in error.message
        _, written = await device.write("kube.delete", **here, wait_s=0.0)
        assert not written["settled"]
        assert "example.com/hold" in written["text"]
        preview, written = await device.write("kube.remove_finalizers", **here)
        assert any("stays behind" in one for one in preview["warnings"])
        assert written["settled"]
        await wait_for(cluster, f"ConfigMap {namespace}/stuck", is_absent)
    finally:
        if await api.get(f"ConfigMap {namespace}/stuck"):
            await api.patch(f"ConfigMap {namespace}/stuck", {"metadata": {"finalizers": None}})


# --- New things that run ----------------------------------------------------------------------------------------------


async def test_a_deployment_with_all_that_stands_beside_it(device: Device, namespace: str, api: Api) -> None:
    _, written = await device.write(
        "kube.create_deployment", name="api", namespace=namespace, image=IMAGE, command=["sleep", "3600"], port=8080,
        replicas=1, env={"MODE": "x"}, labels={"team": "a"}, limits={"memory": "32Mi"},
    )  # fmt: skip
    assert written["settled"], written["text"]
    error = await refused(
        device, ErrorCode.ALREADY_EXISTS, "kube.create_deployment", name="api", namespace=namespace, image="other"
    )
    assert "there already" in error.message
    preview, _ = await device.write("kube.expose", name="api", namespace=namespace, port=80, target_port=9090)
    assert any("declares port 9090" in one for one in preview["warnings"])
    service = await live(api, f"Service {namespace}/api")
    assert service["spec"]["selector"] == {"app": "api"}
    preview, _ = await device.write("kube.autoscale", name="api", namespace=namespace, max=3)
    assert any("no CPU" in one for one in preview["warnings"])
    _, written = await device.write("kube.autoscale", name="api", namespace=namespace, max=4)
    assert fields(written) == {"spec.maxReplicas": (3, 4)}
    preview, _ = await device.write("kube.scale", name="api", namespace=namespace, by=1)
    assert any("sets the replicas by itself" in one for one in preview["warnings"])
    await refused(
        device, ErrorCode.BAD_ARGUMENTS, "kube.create_disruption_budget", name="b", selector={"app": "api"},
        min_available=1, max_unavailable=1, namespace=namespace,
    )  # fmt: skip
    _, written = await device.write(
        "kube.create_pod", name="shell", namespace=namespace, image=IMAGE, command=["sleep", "3600"]
    )
    assert written["settled"], written["text"]


async def test_jobs_and_their_schedules(device: Device, namespace: str, api: Api) -> None:
    here = {"namespace": namespace}
    _, written = await device.write("kube.run_job", **here, name="good", image=IMAGE, command=["true"])
    assert written["settled"], written["text"]
    _, written = await device.write("kube.run_job", **here, name="bad", image=IMAGE, command=["false"])
    assert not written["settled"]
    assert "it failed" in written["text"]
    await device.write("kube.create_cron_job", **here, name="tick", schedule="0 2 * * *", image=IMAGE, command=["true"])
    await refused(
        device, ErrorCode.BAD_ARGUMENTS, "kube.create_cron_job", **here, name="x", schedule="often", image=IMAGE
    )
    _, written = await device.write("kube.run_cron_job_now", **here, name="tick")
    assert written["settled"], written["text"]
    jobs = {one["metadata"]["name"]: one for one in await api.list("Job", namespace)}
    (manual,) = [name for name in jobs if name.startswith("tick-manual-")]
    assert jobs[manual]["metadata"]["ownerReferences"][0]["kind"] == "CronJob"
    await device.write("kube.suspend", **here, name="tick")
    found = await api.request("GET", device.connection.kinds.find("cronjobs").path(namespace, "tick"))
    assert found["spec"]["suspend"] is True
    assert (await device.preview("kube.suspend", **here, name="tick"))["bound"] == []
    await device.write("kube.resume", **here, name="tick")
    _, written = await device.write("kube.delete_collection", **here, kind="jobs", status="complete")
    assert sorted(one["object"] for one in written["changes"]) == [
        f"Job {namespace}/good", f"Job {namespace}/{manual}",
    ]  # fmt: skip


# --- Manifests --------------------------------------------------------------------------------------------------------


async def test_files_of_several_objects_are_applied(device: Device, namespace: str, api: Api) -> None:
    device.context.workspace.root.joinpath("all.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {day: 2001-01-01}\n---\n"
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n"
    )
    here = {"manifest": "all.yaml", "namespace": namespace}
    with pytest.raises(ToolError) as caught:
        await device.preview("kube.apply", manifest="all.yaml", namespace=f"{namespace}-nowhere")
    assert caught.value.code is ErrorCode.NOT_FOUND
    await device.write("kube.apply", **here)
    assert (await live(api, f"ConfigMap {namespace}/settings"))["data"] == {"day": "2001-01-01"}
    manager = (await live(api, f"Service {namespace}/web"))["metadata"]["managedFields"][0]
    assert (manager["manager"], manager["operation"]) == ("asterism", "Apply")
    again = await device.preview("kube.apply", **here)
    assert all("would change nothing" in one for one in again["warnings"])
    # What a later manifest leaves out goes, where it was the device that had applied it.
    whole = config_map(namespace, "settings", other="1")
    _, written = await device.write("kube.apply", manifest=whole)
    assert fields(written) == {"data.day": ("2001-01-01", "(absent)"), "data.other": ("(absent)", "1")}
    device.context.workspace.root.joinpath("all.yaml").write_text("{")
    error = await refused(device, ErrorCode.BAD_ARGUMENTS, "kube.apply", **here)
    assert "no YAML" in error.message


async def test_a_file_that_changed_after_the_preview_is_not_applied(device: Device, namespace: str, api: Api) -> None:
    file = device.context.workspace.root / "map.yaml"
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings, namespace: {namespace}}}\ndata: {{a: x}}\n"
    file.write_text(text)
    preview = await device.preview("kube.create", manifest="map.yaml")
    file.write_text(text.replace("x", "y"))
    with pytest.raises(ToolError) as caught:
        await device.call("kube.create", manifest="map.yaml", preview=preview)
    assert caught.value.code is ErrorCode.STALE_PREVIEW
    assert await api.get(f"ConfigMap {namespace}/settings") is None


async def test_created_patched_and_replaced(device: Device, namespace: str, api: Api) -> None:
    manifest = {**config_map(namespace, "settings", a="1"), "nonsense": {"x": 1}}
    preview, _ = await device.write("kube.create", manifest=manifest)
    assert any("does not know nonsense" in one for one in preview["warnings"])
    here = {"kind": "configmap", "name": "settings", "namespace": namespace}
    _, written = await device.write("kube.patch", **here, patch={"data": {"a": None, "b": "2"}})
    assert fields(written) == {"data.a": ("1", "(absent)"), "data.b": ("(absent)", "2")}
    await refused(device, ErrorCode.BAD_ARGUMENTS, "kube.patch", **here, patch={"metadata": {"name": "other"}})
    await device.write("kube.replace", manifest=config_map(namespace, "settings", c="3"))
    assert (await live(api, f"ConfigMap {namespace}/settings"))["data"] == {"c": "3"}
    await refused(device, ErrorCode.NOT_FOUND, "kube.replace", manifest=config_map(namespace, "nope"))
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": namespace, "name": "s"}}
    await refused(device, ErrorCode.DENIED, "kube.apply", manifest={**secret, "stringData": {"a": "b"}})


async def test_kinds_of_custom_resources_are_kinds_like_others(
    cluster: Cluster, namespace: str, api: Api, tmp_path: Path
) -> None:
    group = f"{namespace}.example.com"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    names = {"plural": "gadgets", "singular": "gadget", "kind": "Gadget"}
    spec = {
        "group": group, "scope": "Namespaced", "names": names,
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
    }  # fmt: skip
    name = f"gadgets.{group}"
    head = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": name}}
    await create(api, {**head, "spec": spec})
    try:
        await wait_for(cluster, f"CustomResourceDefinition {name}", _established)
        manifest = {
            "apiVersion": f"{group}/v1", "kind": "Gadget", "metadata": {"namespace": namespace, "name": "g"},
            "spec": {"size": 1, "parts": [{"name": "a", "n": 1}, {"name": "b", "n": 2}]},
        }  # fmt: skip
        async with kube_device.opened(cluster, tmp_path) as device:
            await device.write("kube.apply", manifest=manifest)
            here = {"kind": f"gadgets.{group}", "name": "g", "namespace": namespace}
            _, written = await device.write("kube.patch", **here, patch={"spec": {"size": 2}})
            assert fields(written) == {"spec.size": (1, 2)}
            await device.write("kube.label", **here, set={"tier": "x"})
            await device.write("kube.undo")
            _, written = await device.write("kube.delete", **here)
            assert written["settled"]
            await device.write("kube.undo")
            found = await api.request("GET", f"/apis/{group}/v1/namespaces/{namespace}/gadgets/g")
            assert found["spec"] == manifest["spec"] | {"size": 2}
    finally:
        await api.delete(f"CustomResourceDefinition {name}")
        # Who asks for the kinds in the moment in which a group goes is told of one that is not there.
        async with asyncio.timeout(30):
            while group in [one["name"] for one in (await api.request("GET", "/apis"))["groups"]]:
                await asyncio.sleep(0.1)


def _established(item: Object | None) -> bool:
    conditions = ((item or {}).get("status") or {}).get("conditions") or ()
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)


# --- Undo -------------------------------------------------------------------------------------------------------------


async def test_changes_are_taken_back(cluster: Cluster, device: Device, namespace: str, api: Api) -> None:
    await refused(device, ErrorCode.NOT_FOUND, "kube.undo")
    web = deployment(namespace, "web")
    web["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "DB_PASSWORD", "value": "unseen-value"}]
    await create(api, web)
    here = {"name": "web", "namespace": namespace}
    _, image = await device.write("kube.set_image", **here, image=":2")
    _, variable = await device.write("kube.set_env", **here, set={"MODE": "a"})
    # The environment holds a secret beside what is taken back: it stays as it is.
    await device.write("kube.undo", change=variable["change"])
    await device.write("kube.undo", change=image["change"])
    container = (await live(api, f"Deployment {namespace}/web"))["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == IMAGE
    assert container["env"] == [{"name": "DB_PASSWORD", "value": "unseen-value"}]

    _, labelled = await device.write("kube.label", kind="deployment", **here, set={"tier": "a", "team": "x"})
    await api.patch(f"Deployment {namespace}/web", {"metadata": {"labels": {"tier": "b"}}})
    error = await refused(device, ErrorCode.CONFLICT, "kube.undo", change=labelled["change"])
    assert "metadata.labels.tier" in error.message
    preview, _ = await device.write("kube.delete", kind="deployment", **here)
    assert "not kept" in preview["undo"]
    error = await refused(device, ErrorCode.CONFLICT, "kube.undo")
    assert "not kept" in error.message

    await device.write("kube.create_deployment", **here, image=IMAGE, replicas=0)
    _, gone = await device.write("kube.delete", kind="deployment", **here)
    await device.write("kube.undo", change=gone["change"])
    await wait_for(cluster, f"Deployment {namespace}/web", exists)
    error = await refused(device, ErrorCode.CONFLICT, "kube.undo", change=gone["change"])
    assert "there again" in error.message
    # Undone once more: what was made again goes again.
    await device.write("kube.undo")
    await wait_for(cluster, f"Deployment {namespace}/web", is_absent)

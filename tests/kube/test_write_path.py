"""The one way of every write, step by step: what stops it, what it binds, what is written, and what is on record.

What was written is what the API server's own audit log says.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from protocol.errors import ErrorCode
from tests.support import kube_device
from tests.support.audit_log import AuditLog
from tests.support.kube import Cluster
from tests.support.kube_api import Api
from tests.support.kube_device import Device
from tests.support.kube_objects import create_namespace, delete_namespaces, wait_for
from tests.support.kube_workloads import binding, config_map, create, deployment, role
from tools.errors import ToolError
from tools.kube.settings import KubeSettings
from tools.kube.trail import Trail

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

Json = dict[str, Any]


@pytest.fixture
def log(cluster: Cluster) -> AuditLog:
    if cluster.audit_log is None:
        pytest.skip("the given cluster's audit log cannot be read")
    return AuditLog(cluster.audit_log)


@pytest.fixture
async def device(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Device]:
    async with kube_device.opened(cluster, tmp_path) as opened:
        yield opened


def stored(log: AuditLog, since: int, namespace: str) -> list[str]:
    """What was changed in the namespace, and not by the cluster itself."""
    return [str(one) for one in log.stored_by_others(since) if namespace in (one.namespace, one.name)]


async def fails(device: Device, code: ErrorCode, skill: str, /, **arguments: Any) -> str:  # noqa: ANN401
    with pytest.raises(ToolError) as caught:
        await device.call(skill, **arguments)
    assert caught.value.code is code, caught.value.message
    return caught.value.message


async def refused(device: Device, code: ErrorCode, skill: str, /, **arguments: Any) -> str:  # noqa: ANN401
    return await fails(device, code, "kube.preview", skill=skill, arguments=arguments)


def labelling(namespace: str, **labels: str) -> Json:
    return {"kind": "configmap", "name": "settings", "namespace": namespace, "set": labels or {"tier": "front"}}


# --- Before anything is approved --------------------------------------------------------------------------------------


async def test_a_preview_writes_nothing_and_shows_what_a_commit_writes(
    device: Device, namespace: str, api: Api, log: AuditLog
) -> None:
    await create(api, config_map(namespace, "settings"))
    since = log.mark()
    preview = await device.preview("kube.label", **labelling(namespace))
    assert stored(log, since, namespace) == []
    written = await device.call("kube.label", **labelling(namespace), preview=preview)
    assert written["changes"] == preview["changes"]
    assert [(c["path"], c["before"], c["after"]) for c in written["changes"][0]["fields"]] == [
        ("metadata.labels.tier", "(absent)", "front")
    ]
    writes = [one for one in log.stored_by_others(since) if one.namespace == namespace]
    assert [str(one) for one in writes] == [f"patch configmaps {namespace}/settings by admin: 200"]
    assert "approval=approval-1" in writes[0].user_agent
    assert writes[0].field_manager == "asterism"


async def test_without_a_preview_nothing_is_written(device: Device, namespace: str, api: Api, log: AuditLog) -> None:
    await create(api, config_map(namespace, "settings"))
    since = log.mark()
    await fails(device, ErrorCode.DENIED, "kube.label", **labelling(namespace))
    assert stored(log, since, namespace) == []


async def test_what_rbac_denies_is_said_before_it_is_tried(
    cluster: Cluster, namespace: str, api: Api, log: AuditLog, tmp_path: Path
) -> None:
    user = f"reader-{namespace}"
    await create(
        api,
        config_map(namespace, "settings"),
        role(namespace, "reader", ("", "configmaps", ["get", "list"])),
        binding(namespace, "reader", {"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}),
    )
    since = log.mark()
    async with kube_device.opened(cluster, tmp_path, kubeconfig=cluster.kubeconfig_of(user)) as device:
        message = await refused(device, ErrorCode.DENIED, "kube.label", **labelling(namespace))
    assert f"patch configmaps in {namespace}" in message
    assert stored(log, since, namespace) == []


@pytest.mark.parametrize(
    ("settings", "skill", "arguments", "said"),
    [
        (KubeSettings(read_only=True), "kube.label", {}, "--read-only"),
        (KubeSettings(freeze="release week"), "kube.label", {}, "release week"),
        (KubeSettings(protected=("*here*",)), "kube.label", {}, "protected"),
        (KubeSettings(max_scale_down=0.5), "kube.scale", {"replicas": 1}, "--max-scale-down"),
        (KubeSettings(max_objects=1), "kube.label", {"name": "", "selector": "many=yes"}, "--max-objects"),
    ],
    ids=["read-only", "freeze", "protected", "scale-down", "objects"],
)
async def test_what_the_owner_forbids(
    cluster: Cluster,
    namespace: str,
    api: Api,
    log: AuditLog,
    tmp_path: Path,
    settings: KubeSettings,
    skill: str,
    arguments: Json,
    said: str,
) -> None:
    if settings.protected == ("*here*",):
        settings = replace(settings, protected=(namespace,))
    many = [config_map(namespace, name) for name in ("settings", "other")]
    for one in many:
        one["metadata"]["labels"] = {"many": "yes"}
    await create(api, *many, deployment(namespace, "web"))
    await api.patch(f"Deployment {namespace}/web", {"spec": {"paused": True, "replicas": 4}})
    base = labelling(namespace) if skill == "kube.label" else {"name": "web", "namespace": namespace}
    since = log.mark()
    async with kube_device.opened(cluster, tmp_path, settings=settings) as device:
        assert said in await refused(device, ErrorCode.DENIED, skill, **base | arguments)
    assert stored(log, since, namespace) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (KubeSettings(max_objects=3), "--max-objects"),
        (KubeSettings(max_scale_down=0.5), "--max-scale-down"),
        (KubeSettings(), ""),
    ],
    ids=["objects", "scale-down", "defaults"],
)
async def test_the_owners_limits_hold_for_deletions(
    cluster: Cluster, namespace: str, api: Api, tmp_path: Path, settings: KubeSettings, said: str
) -> None:
    await create(api, config_map(namespace, "settings"), config_map(namespace, "other"), deployment(namespace, "web"))
    await api.patch(f"Deployment {namespace}/web", {"spec": {"paused": True, "replicas": 4}})
    whole = {"kind": "namespace", "name": namespace}
    web = {"kind": "deployment", "name": "web", "namespace": namespace}
    async with kube_device.opened(cluster, tmp_path, settings=settings) as device:
        if not said:
            preview = await device.preview("kube.delete", **whole)
            assert any("goes with it" in one and "1 Deployment" in one for one in preview["warnings"])
            return
        assert said in await refused(device, ErrorCode.DENIED, "kube.delete", **whole)
        if said == "--max-scale-down":
            assert said in await refused(device, ErrorCode.DENIED, "kube.delete", **web)


async def test_what_kubectl_applied_is_made_again(device: Device, namespace: str, api: Api) -> None:
    applied = config_map(namespace, "settings", mode="a")
    note = "kubectl.kubernetes.io/last-applied-configuration"
    applied["metadata"]["annotations"] = {note: json.dumps(applied)}
    await create(api, applied)
    await device.write("kube.delete", kind="configmap", name="settings", namespace=namespace)
    assert await api.get(f"ConfigMap {namespace}/settings") is None
    await device.write("kube.undo")
    live = await api.get(f"ConfigMap {namespace}/settings")
    assert live is not None
    assert live["data"] == applied["data"]


async def test_nothing_of_the_devices_identity_is_left_to_a_caller(
    cluster: Cluster, namespace: str, api: Api, tmp_path: Path
) -> None:
    await create(api, config_map(namespace, "settings"))
    callers = tmp_path / "callers.json"
    callers.write_text(json.dumps({"ann": {"user": f"ann-{namespace}"}}))
    settings = KubeSettings(callers=callers, as_user="device", as_groups=("system:masters",))
    async with kube_device.opened(cluster, tmp_path, settings=settings) as device:
        device.context.caller = "ann"
        await refused(device, ErrorCode.DENIED, "kube.label", **labelling(namespace))


async def test_a_freeze_that_came_after_the_preview_holds(
    cluster: Cluster, namespace: str, api: Api, log: AuditLog, tmp_path: Path
) -> None:
    await create(api, config_map(namespace, "settings"))
    async with kube_device.opened(cluster, tmp_path) as device:
        preview = await device.preview("kube.label", **labelling(namespace))
    since = log.mark()
    async with kube_device.opened(cluster, tmp_path, settings=KubeSettings(freeze="incident")) as device:
        await fails(device, ErrorCode.DENIED, "kube.label", **labelling(namespace), preview=preview)
    assert stored(log, since, namespace) == []


async def test_a_quota_is_found_at_the_dry_run(
    cluster: Cluster, device: Device, namespace: str, api: Api, log: AuditLog
) -> None:
    quota = {"metadata": {"namespace": namespace, "name": "none"}, "spec": {"hard": {"pods": "0"}}}
    await create(api, {"apiVersion": "v1", "kind": "ResourceQuota", **quota})
    await wait_for(cluster, f"ResourceQuota {namespace}/none", lambda one: bool((one or {})["status"].get("hard")))
    since = log.mark()
    message = await refused(device, ErrorCode.DENIED, "kube.create_pod", name="p", image="busybox", namespace=namespace)
    assert "quota" in message
    assert "pods=1" in message
    assert stored(log, since, namespace) == []


async def test_fields_that_others_apply_are_left_to_them(
    device: Device, namespace: str, api: Api, log: AuditLog
) -> None:
    await api.apply(config_map(namespace, "settings", mode="a"))
    since = log.mark()
    whole = config_map(namespace, "settings", mode="b")
    for skill, arguments in (
        (
            "kube.patch",
            {"kind": "configmap", "name": "settings", "namespace": namespace, "patch": {"data": {"mode": "b"}}},
        ),
        ("kube.apply", {"manifest": whole}),
    ):
        message = await refused(device, ErrorCode.CONFLICT, skill, **arguments)
        assert "asterism-tests" in message, message
        assert "data.mode" in message, message
    assert "force" in await refused(device, ErrorCode.DENIED, "kube.apply", manifest=whole, force=True)
    # What nobody applies may be changed beside it.
    await device.write("kube.label", **labelling(namespace))
    assert len(stored(log, since, namespace)) == 1


async def test_a_name_that_fits_several_objects_is_asked_about(
    cluster: Cluster, device: Device, namespace: str, api: Api
) -> None:
    other = await create_namespace(cluster)
    name = f"web-{namespace}"
    await create(api, deployment(namespace, name), deployment(other, name))
    with pytest.raises(ToolError) as caught:
        await device.preview("kube.scale", name=name, replicas=1)
    assert caught.value.code is ErrorCode.AMBIGUOUS
    assert {one["namespace"] for one in caught.value.choices} == {namespace, other}
    await delete_namespaces(cluster, other)


async def test_a_dry_run_of_what_an_earlier_step_makes_is_said_to_be_untried(device: Device, log: AuditLog) -> None:
    mark = log.mark()
    binding = {"role": "developer", "user": "dev-1", "namespace": "not-there-yet"}
    tried = {"skill": "kube.bind_role", "arguments": binding}
    with pytest.raises(ToolError) as surely:
        await device.call("kube.preview", **tried)
    assert surely.value.code is ErrorCode.NOT_FOUND
    preview = await device.call("kube.preview", **tried, tentative=True)
    assert preview["changes"] == []
    assert preview["text"].endswith("unless an earlier step makes it: untried")
    assert log.stored_by_others(mark) == []


async def test_a_wrong_name_is_answered_with_near_ones(device: Device, namespace: str, api: Api) -> None:
    await create(api, deployment(namespace, "checkout"))
    message = await refused(device, ErrorCode.NOT_FOUND, "kube.scale", name="chekout", namespace=namespace, replicas=1)
    assert f"{namespace}/checkout" in message


@pytest.mark.parametrize("name", ["web --all", "-n", "web;ls", "$(id)", "../x", "web\n"])
async def test_flags_and_shell_words_are_no_names(device: Device, name: str) -> None:
    await refused(device, ErrorCode.BAD_ARGUMENTS, "kube.scale", name=name, replicas=1)


# --- Between preview and commit ---------------------------------------------------------------------------------------


async def test_an_object_that_changed_needs_a_new_preview(
    device: Device, namespace: str, api: Api, log: AuditLog
) -> None:
    await create(api, config_map(namespace, "settings"))
    preview = await device.preview("kube.label", **labelling(namespace))
    await api.patch(f"ConfigMap {namespace}/settings", {"data": {"mode": "b"}})
    since = log.mark()
    message = await fails(device, ErrorCode.STALE_PREVIEW, "kube.label", **labelling(namespace), preview=preview)
    assert f"{namespace}/settings" in message
    assert stored(log, since, namespace) == []


async def test_another_object_of_the_same_name_is_another_object(
    device: Device, namespace: str, api: Api, log: AuditLog
) -> None:
    await create(api, config_map(namespace, "settings"))
    arguments = {"kind": "configmap", "name": "settings", "namespace": namespace}
    preview = await device.preview("kube.delete", **arguments)
    await api.delete(f"ConfigMap {namespace}/settings")
    await create(api, config_map(namespace, "settings"))
    since = log.mark()
    await fails(device, ErrorCode.STALE_PREVIEW, "kube.delete", **arguments, preview=preview)
    assert stored(log, since, namespace) == []
    assert await api.get(f"ConfigMap {namespace}/settings") is not None


async def test_a_status_that_moved_on_is_no_change(device: Device, namespace: str, api: Api) -> None:
    await create(api, deployment(namespace, "web"))
    arguments = {"kind": "deployment", "name": "web", "namespace": namespace, "set": {"tier": "front"}}
    preview = await device.preview("kube.label", **arguments)
    path = f"{await api.path(f'Deployment {namespace}/web')}/status"
    await api.request("PATCH", path, {"status": {"collisionCount": 7}}, content_type="application/merge-patch+json")
    await device.call("kube.label", **arguments, preview=preview)
    live = await api.get(f"Deployment {namespace}/web")
    assert live is not None
    assert live["metadata"]["labels"]["tier"] == "front"


async def test_a_preview_serves_once(device: Device, namespace: str, api: Api, log: AuditLog) -> None:
    await create(api, config_map(namespace, "settings"))
    preview = await device.preview("kube.label", **labelling(namespace))
    since = log.mark()
    first = await device.call("kube.label", **labelling(namespace), preview=preview)
    again = await device.call("kube.label", **labelling(namespace), preview=preview)
    assert again == first
    assert len(stored(log, since, namespace)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"summary": "nothing at all"},
        {"expires": 1e12},
        {"warnings": ["fine"]},
        {"signature": "0" * 64},
        {"digest": "0" * 64},
        {"nonsense": True},
    ],
    ids=lambda one: next(iter(one)),
)
async def test_a_preview_that_somebody_changed_is_none(
    device: Device, namespace: str, api: Api, log: AuditLog, change: Json
) -> None:
    await create(api, config_map(namespace, "settings"))
    preview = await device.preview("kube.label", **labelling(namespace))
    since = log.mark()
    await fails(device, ErrorCode.DENIED, "kube.label", **labelling(namespace), preview=preview | change)
    assert stored(log, since, namespace) == []


async def test_a_preview_is_for_its_call_and_its_caller(
    device: Device, namespace: str, api: Api, log: AuditLog
) -> None:
    await create(api, config_map(namespace, "settings"))
    preview = await device.preview("kube.label", **labelling(namespace))
    since = log.mark()
    other = labelling(namespace, tier="back")
    await fails(device, ErrorCode.DENIED, "kube.label", **other, preview=preview)
    await fails(device, ErrorCode.DENIED, "kube.annotate", **labelling(namespace), preview=preview)
    device.context.caller = "mallory"
    await fails(device, ErrorCode.DENIED, "kube.label", **labelling(namespace), preview=preview)
    assert stored(log, since, namespace) == []


async def test_a_preview_of_another_device_is_none(
    cluster: Cluster, device: Device, namespace: str, api: Api, log: AuditLog, tmp_path: Path
) -> None:
    await create(api, config_map(namespace, "settings"))
    since = log.mark()
    async with kube_device.opened(cluster, tmp_path / "other") as other:
        preview = await other.preview("kube.label", **labelling(namespace))
    await fails(device, ErrorCode.DENIED, "kube.label", **labelling(namespace), preview=preview)
    assert stored(log, since, namespace) == []


async def test_a_preview_expires(cluster: Cluster, namespace: str, api: Api, log: AuditLog, tmp_path: Path) -> None:
    await create(api, config_map(namespace, "settings"))
    since = log.mark()
    async with kube_device.opened(cluster, tmp_path, settings=KubeSettings(preview_s=0.0)) as device:
        preview = await device.preview("kube.label", **labelling(namespace))
        await fails(device, ErrorCode.STALE_PREVIEW, "kube.label", **labelling(namespace), preview=preview)
    assert stored(log, since, namespace) == []


# --- Cut off in the middle --------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The device is gone."""


class DyingTrail(Trail):
    """Kills the device when it records that a change ended, or right after it recorded that one begins."""

    at: str = "ended"

    def append(self, entry: Json) -> str:
        if entry["event"] == "ended":
            raise Killed
        super().append(entry)
        if self.at == "begun":
            raise Killed
        return ""


async def killed(device: Device, at: str, skill: str, arguments: Json) -> Json:
    """The preview of a write in which the device was killed."""
    preview = await device.preview(skill, **arguments)
    trail = DyingTrail(device.connection.trail.path)
    trail.at = at
    trail.open()
    device.connection.trail = trail
    with pytest.raises(Killed):
        await device.call(skill, **arguments, preview=preview)
    return preview


CUT_OFF = [
    ("kube.scale", {"name": "web", "by": 1, "wait_s": 0.0}),
    ("kube.label", {"kind": "configmap", "name": "settings", "set": {"tier": "front"}}),
    ("kube.delete", {"kind": "configmap", "name": "settings"}),
    ("kube.create_deployment", {"name": "new", "image": "x", "replicas": 0, "wait_s": 0.0}),
    ("kube.delete_collection", {"kind": "configmap", "selector": "many=yes"}),
]


@pytest.mark.parametrize(
    ("skill", "arguments", "at"),
    [(*one, "ended") for one in CUT_OFF] + [(*CUT_OFF[0], "begun"), (*CUT_OFF[-1], "begun")],
    ids=lambda one: one if isinstance(one, str) else "",
)
async def test_a_device_that_was_killed_does_not_write_twice(
    cluster: Cluster, namespace: str, api: Api, log: AuditLog, tmp_path: Path, skill: str, arguments: Json, at: str
) -> None:
    many = [config_map(namespace, name) for name in ("one", "two")]
    for one in many:
        one["metadata"]["labels"] = {"many": "yes"}
    await create(api, deployment(namespace, "web"), config_map(namespace, "settings"), *many)
    # Paused, so that no controller answers: what is stored is what the device wrote.
    await api.patch(f"Deployment {namespace}/web", {"spec": {"paused": True}})
    arguments = arguments | {"namespace": namespace}
    since = log.mark()
    async with kube_device.opened(cluster, tmp_path) as device:
        preview = await killed(device, at, skill, arguments)
    expected = 2 if skill == "kube.delete_collection" else 1
    assert len(stored(log, since, namespace)) == (0 if at == "begun" else expected)
    async with kube_device.opened(cluster, tmp_path) as device:
        assert (await device.call("kube.trail"))["changes"][-1]["outcome"] == "begun"
        written = await device.call(skill, **arguments, preview=preview)
        assert [one["object"] for one in written["changes"]] == [one["object"] for one in preview["changes"]]
        assert (await device.call("kube.trail"))["changes"][-1]["outcome"] == "done"
        assert device.connection.trail.verify() == ""
    assert len(stored(log, since, namespace)) == expected


async def test_what_others_did_while_the_device_was_away_is_not_overwritten(
    cluster: Cluster, namespace: str, api: Api, log: AuditLog, tmp_path: Path
) -> None:
    await create(api, config_map(namespace, "settings"))
    async with kube_device.opened(cluster, tmp_path) as device:
        preview = await killed(device, "begun", "kube.label", labelling(namespace))
    await api.patch(f"ConfigMap {namespace}/settings", {"data": {"mode": "b"}})
    since = log.mark()
    async with kube_device.opened(cluster, tmp_path) as device:
        written = await device.call("kube.label", **labelling(namespace), preview=preview)
    assert not written["settled"]
    assert "not known" in written["text"]
    assert stored(log, since, namespace) == []


async def test_a_failure_in_the_middle_says_what_was_done(
    cluster: Cluster, device: Device, namespace: str, api: Api, log: AuditLog
) -> None:
    new = f"{namespace}-new"
    device.context.workspace.root.joinpath("all.yaml").write_text(
        f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {new}}}\n---\n"
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: bad, namespace: {new}}}\ndata: {{'no key!': x}}\n"
    )
    preview = await device.preview("kube.apply", manifest="all.yaml")
    assert any("untried" in one for one in preview["warnings"])
    since = log.mark()
    message = await fails(device, ErrorCode.TOOL_FAILED, "kube.apply", manifest="all.yaml", preview=preview)
    assert f"Done: apply Namespace {new}" in message
    assert f"Not done: ConfigMap {new}/bad" in message
    assert len(stored(log, since, new)) == 1
    told = await device.call("kube.trail")
    assert [(one["outcome"], one["objects"]) for one in told["changes"]] == [("failed", [f"Namespace {new}"])]
    # It is over: the same preview does not go on where it failed, and what was done can be taken back.
    await fails(device, ErrorCode.STALE_PREVIEW, "kube.apply", manifest="all.yaml", preview=preview)
    undone, _ = await device.write("kube.undo")
    assert undone["changes"][0]["verb"] == "delete"


# --- Who writes -------------------------------------------------------------------------------------------------------


async def test_the_callers_file_says_as_whom(
    cluster: Cluster, namespace: str, api: Api, log: AuditLog, tmp_path: Path
) -> None:
    user = f"dev-{namespace}"
    may = ("", "configmaps", ["get", "list", "patch"])
    await create(
        api,
        config_map(namespace, "settings"),
        role(namespace, "dev", may),
        binding(namespace, "dev", {"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}),
        role(namespace, "robot", may),
        binding(namespace, "robot", {"kind": "ServiceAccount", "name": "default", "namespace": namespace}),
    )
    account = await api.get(f"ServiceAccount {namespace}/default")
    assert account is not None
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/default/token"
    token = tmp_path / "token"
    token.write_text((await api.request("POST", path, request))["status"]["token"])
    callers = tmp_path / "callers.json"
    known = {"ann": {"user": user, "groups": ["devs"]}, "bot": {"token_file": str(token)}}
    callers.write_text(json.dumps(known))
    since = log.mark()
    async with kube_device.opened(cluster, tmp_path, settings=KubeSettings(callers=callers)) as device:
        for caller in ("ann", "bot"):
            device.context.caller = caller
            await device.write("kube.label", **labelling(namespace, by=caller))
        for caller in ("", "eve"):
            device.context.caller = caller
            message = await refused(device, ErrorCode.DENIED, "kube.label", **labelling(namespace))
            assert "no identity" in message
        device.context.caller = "ann"
        await refused(device, ErrorCode.DENIED, "kube.delete", kind="configmap", name="settings", namespace=namespace)
    writes = [one for one in log.stored_by_others(since) if one.namespace == namespace]
    robot = f"system:serviceaccount:{namespace}:default"
    assert [(one.user, one.impersonated) for one in writes] == [("admin", user), (robot, None)]


# --- What is on record ------------------------------------------------------------------------------------------------


async def test_secret_values_are_nowhere(device: Device, namespace: str, api: Api, tmp_path: Path) -> None:
    old, new, literal = "old-Zk8w-value", "new-Qp3x-value", "env-Rt5y-value"
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: %s}\nstringData: {password: %s}\n"
    device.context.workspace.root.joinpath("old.yaml").write_text(text % (namespace, old))
    device.context.workspace.root.joinpath("new.yaml").write_text(text % (namespace, new))
    await create(api, deployment(namespace, "web"))
    said = [
        *await device.write("kube.apply", manifest="old.yaml"),
        *await device.write("kube.apply", manifest="new.yaml"),
        *await device.write("kube.set_env", name="web", namespace=namespace, set={"DB_PASSWORD": literal}),
        *await device.write("kube.delete", kind="deployment", name="web", namespace=namespace),
        *await device.write("kube.delete", kind="secret", name="keys", namespace=namespace),
        await device.call("kube.trail"),
        {"trail": device.connection.trail.path.read_text(), "reports": device.context.reports},
    ]
    whole = json.dumps(said)
    assert "(hidden)" in whole
    from base64 import b64encode

    for value in (old, new, literal):
        assert value not in whole
        assert b64encode(value.encode()).decode() not in whole
    await refused(device, ErrorCode.CONFLICT, "kube.undo")


async def test_the_trail_is_a_chain_that_tells_when_it_was_broken(
    cluster: Cluster, namespace: str, api: Api, tmp_path: Path
) -> None:
    await create(api, config_map(namespace, "settings"))
    async with kube_device.opened(cluster, tmp_path) as device:
        for tier in ("a", "b"):
            await device.write("kube.label", **labelling(namespace, tier=tier))
        told = await device.call("kube.trail", last=1)
        assert told["fault"] == ""
        assert [(one["skill"], one["approval"], one["outcome"]) for one in told["changes"]] == [
            ("kube.label", "approval-1", "done")
        ]
        path = device.connection.trail.path
        assert path.stat().st_mode & 0o777 == 0o600
        path.write_text(path.read_text().replace('"tier=a"', '"tier=c"').replace("tier=a", "tier=c", 1))
        told = await device.call("kube.trail")
        assert "entry 1" in told["fault"]
        assert "CHANGED" in told["text"]
        await refused(device, ErrorCode.CONFLICT, "kube.undo")

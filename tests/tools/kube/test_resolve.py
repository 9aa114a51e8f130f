"""From names to objects, where not everything answers or may be read; and what is told of what may not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.support import kube_device
from tests.support.fake_apiserver import FakeApiServer, Refuse
from tests.support.kube import Cluster
from tests.support.kube_device import Device
from tools.errors import ToolError
from tools.kube.settings import KubeSettings

FORBIDDEN = Refuse(403, "Forbidden", "may not list")
BROKEN = Refuse(500, "InternalError", "etcd is away")
OWNED = {"ownerReferences": [{"kind": "ReplicaSet", "name": "coredns", "controller": True}]}


@pytest.fixture
async def server() -> AsyncIterator[FakeApiServer]:
    async with FakeApiServer() as running:
        running.put("namespaces", "", "other")
        for namespace in ("shop", "other"):
            running.put("configmaps", namespace, "settings")
        yield running


@pytest.fixture
async def device(server: FakeApiServer, tmp_path: Path) -> AsyncIterator[Device]:
    async with kube_device.opened(Cluster(server.kubeconfig(tmp_path)), tmp_path) as opened:
        yield opened


async def refused(device: Device, skill: str, **arguments: object) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await device.preview(skill, **arguments)
    return caught.value


async def test_a_namespace_that_does_not_answer_makes_no_name_unique(server: FakeApiServer, device: Device) -> None:
    server.fault("GET", "/api/v1/configmaps", FORBIDDEN)
    server.fault("GET", "/namespaces/other/configmaps", *[BROKEN] * 4)
    error = await refused(device, "kube.delete", kind="configmap", name="settings")
    assert error.code is ErrorCode.TOOL_FAILED
    assert "etcd is away" in error.message
    asked = [one for one in server.requests if one.path == "/api/v1/namespaces/other/configmaps"]
    assert len(asked) == 1


async def test_a_deletion_that_failed_is_not_sent_again_by_itself(server: FakeApiServer, device: Device) -> None:
    arguments = {"kind": "configmap", "name": "settings", "namespace": "shop"}
    preview = await device.preview("kube.delete", **arguments)
    server.fault("DELETE", "/configmaps/settings", BROKEN, BROKEN)
    before = len([one for one in server.requests if one.method == "DELETE"])
    with pytest.raises(ToolError, match="etcd is away"):
        await device.call("kube.delete", **arguments, preview=preview)
    assert len([one for one in server.requests if one.method == "DELETE"]) == before + 1


async def test_a_namespace_that_may_not_be_read_is_left_out(server: FakeApiServer, device: Device) -> None:
    server.fault("GET", "/api/v1/configmaps", FORBIDDEN)
    server.fault("GET", "/namespaces/other/configmaps", FORBIDDEN)
    preview = await device.preview("kube.delete", kind="configmap", name="settings")
    assert [one["object"] for one in preview["changes"]] == ["ConfigMap shop/settings"]


async def test_a_kind_that_may_not_be_read_leaves_a_name_in_doubt_for_writes_only(
    server: FakeApiServer, device: Device
) -> None:
    server.put("deployments", "shop", "web", spec={"replicas": 1, "template": {}})
    server.put("pods", "shop", "web")
    server.fault("GET", "/namespaces/shop/pods/web", FORBIDDEN, FORBIDDEN)
    error = await refused(device, "kube.expose", name="web", namespace="shop", port=80)
    assert error.code is ErrorCode.AMBIGUOUS
    assert "pods called web may not be looked up" in error.message
    assert [one["kind"] for one in error.choices] == ["Deployment"]
    assert "Deployment shop/web" in str(await device.call("kube.describe", name="web", namespace="shop"))


# --- What goes with a namespace -------------------------------------------------------------------------------------


async def test_what_is_in_a_namespace_and_may_not_be_read_is_not_called_nothing(
    server: FakeApiServer, device: Device
) -> None:
    assert "it is empty" not in str(await device.preview("kube.delete", kind="namespace", name="shop"))
    server.fault("GET", "/namespaces/shop/secrets", FORBIDDEN)
    preview = await device.preview("kube.delete", kind="namespace", name="shop")
    assert "goes with it: 1 ConfigMap; what else is in it may not be read (Secret)" in preview["warnings"]
    for plural in ("pods", "configmaps", "secrets", "services", "deployments"):
        server.fault("GET", f"/namespaces/shop/{plural}", FORBIDDEN)
    (warning,) = (await device.preview("kube.delete", kind="namespace", name="shop"))["warnings"]
    assert warning.startswith("what is in it may not be read")


async def test_the_owners_limit_counts_what_goes_with_a_namespace(server: FakeApiServer, tmp_path: Path) -> None:
    server.put("configmaps", "shop", "more")
    settings = KubeSettings(max_objects=2)
    async with kube_device.opened(Cluster(server.kubeconfig(tmp_path)), tmp_path, settings=settings) as device:
        error = await refused(device, "kube.delete", kind="namespace", name="shop")
        assert "would change 3 objects" in error.message
        assert await device.preview("kube.delete", kind="namespace", name="other")
        server.fault("GET", "/namespaces/other/secrets", FORBIDDEN, FORBIDDEN)
        error = await refused(device, "kube.delete", kind="namespace", name="other")
        assert "may not be read (Secret)" in error.message


# --- A drain --------------------------------------------------------------------------------------------------------


async def test_a_drain_moves_pods_of_protected_namespaces_and_says_so(server: FakeApiServer, device: Device) -> None:
    server.put("nodes", "", "node1", spec={})
    status = {"phase": "Running"}
    server.put("pods", "kube-system", "coredns-1", metadata=OWNED, spec={"nodeName": "node1"}, status=status)
    preview = await device.preview("kube.drain", node="node1")
    assert "of protected namespaces, and moved all the same: Pod kube-system/coredns-1" in preview["warnings"]

"""Several callers and several clusters at one device, which is its own witness: who sees and takes back what."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.support import kube_device
from tests.support.fake_apiserver import FakeApiServer
from tests.support.kube import Cluster
from tests.support.kube_device import Device
from tools.errors import ToolError
from tools.kube.settings import KubeSettings

LABELLING = {"kind": "configmap", "name": "settings", "namespace": "shop"}


@pytest.fixture
async def server() -> AsyncIterator[FakeApiServer]:
    async with FakeApiServer() as running:
        running.put("namespaces", "", "kube-system")
        running.put("configmaps", "shop", "settings")
        yield running


async def label(device: Device, caller: str) -> None:
    device.context.caller = caller
    await device.write("kube.label", **LABELLING, set={"by": caller})


async def test_a_caller_sees_and_undoes_its_own_changes_only(server: FakeApiServer, tmp_path: Path) -> None:
    callers = tmp_path / "callers.json"
    callers.write_text(json.dumps({"ann": {"user": "ann"}, "bob": {"user": "bob", "groups": ["ops"]}}))
    cluster = Cluster(server.kubeconfig(tmp_path))
    settings = KubeSettings(callers=callers, as_user="device", as_groups=("system:masters",))
    async with kube_device.opened(cluster, tmp_path, settings=settings) as device:
        await label(device, "ann")
        await label(device, "bob")
        device.context.caller = "ann"
        seen = await device.call("kube.trail")
        with pytest.raises(ToolError) as caught:
            await device.preview("kube.undo", change="k4")
    assert [one["caller"] for one in seen["changes"]] == ["ann as ann"]
    assert "bob" not in seen["text"]
    assert caught.value.code is ErrorCode.NOT_FOUND
    own = [one for one in server.requests if one.headers.get("impersonate-user") == "ann"]
    assert own
    assert not [one for one in own if "impersonate-group" in one.headers]


async def test_without_callers_everything_is_seen(server: FakeApiServer, tmp_path: Path) -> None:
    async with kube_device.opened(Cluster(server.kubeconfig(tmp_path)), tmp_path) as device:
        await label(device, "ann")
        await label(device, "bob")
        device.context.caller = "ann"
        assert len((await device.call("kube.trail"))["changes"]) == 2


async def test_a_change_is_not_taken_back_in_another_cluster(server: FakeApiServer, tmp_path: Path) -> None:
    async with kube_device.opened(Cluster(server.kubeconfig(tmp_path)), tmp_path) as device:
        await label(device, "ann")
    server.put("namespaces", "", "kube-system")
    async with kube_device.opened(Cluster(server.kubeconfig(tmp_path)), tmp_path) as device:
        with pytest.raises(ToolError) as caught:
            await device.preview("kube.undo")
    assert caught.value.code is ErrorCode.CONFLICT
    assert "another cluster" in caught.value.message


async def test_the_profile_names_the_context_that_was_chosen(server: FakeApiServer, tmp_path: Path) -> None:
    async with kube_device.opened(Cluster(server.kubeconfig(tmp_path)), tmp_path) as device:
        assert device.connection.api.context == "fake"

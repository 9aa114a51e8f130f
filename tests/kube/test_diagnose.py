"""kube.diagnose on a real cluster: faults that are really there, their fixes, and silence where nothing is wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.support import kube_device
from tests.support.kube import Cluster
from tests.support.kube_api import Api
from tests.support.kube_device import Answer, Device
from tests.support.kube_faults import CANARY, FAULTS, Fault, healthy, held
from tests.support.kube_objects import create_namespace, delete_namespaces
from tests.support.kube_workloads import binding, create, role
from tools.errors import ToolError

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
FOUND_S = 75.0
CURED_S = 60.0


@pytest.fixture
async def device(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Device]:
    async with kube_device.opened(cluster, tmp_path) as opened:
        yield opened


async def until(device: Device, namespace: str, problem: str, *, there: bool, seconds: float, says: str = "") -> Answer:
    """Diagnoses again until the problem is found, with what is said of it, or found no more; the last answer.

    A job may have failed before its pod is seen to, and then there is no log of it yet.
    """
    deadline = time.monotonic() + seconds
    while True:
        answer = await device.call("kube.diagnose", namespace=namespace)
        found = problem in [one["problem"] for one in answer["findings"]] and says in answer["text"]
        if found is there or time.monotonic() > deadline:
            return answer
        await asyncio.sleep(1.0)


async def tried(cluster: Cluster, api: Api, device: Device, fault: Fault, spaces: list[str]) -> str:
    """Makes a fault, finds it, and mends it where its fix is to; what went otherwise, else ""."""
    namespace = await create_namespace(cluster, f"diagnose-{fault.name}")
    spaces.append(namespace)
    await create(api, *fault.objects(namespace))
    if fault.problem == "finalizer":
        await api.delete(f"ConfigMap {namespace}/held")
    answer = await until(device, namespace, fault.problem, there=True, seconds=FOUND_S, says=fault.says)
    told = next((one for one in answer["findings"] if one["problem"] == fault.problem), None)
    if told is None or fault.says not in answer["text"] or CANARY in str(answer):
        return f"{fault.name}: {answer['text']}"
    if not fault.cured:
        return ""
    await device.write(told["fix"]["skill"], **told["fix"]["arguments"])
    answer = await until(device, namespace, fault.problem, there=False, seconds=CURED_S)
    return f"{fault.name} stays: {answer['text']}" if fault.problem in str(answer["findings"]) else ""


async def stuck(cluster: Cluster, api: Api, device: Device) -> str:
    """A namespace that does not go, until its finding's fix lets it."""
    namespace = await create_namespace(cluster, "diagnose-stuck")
    await create(api, held(namespace))
    await api.delete(f"Namespace {namespace}")
    answer = await until(device, namespace, "namespace_stuck", there=True, seconds=FOUND_S)
    fix = next((one["fix"] for one in answer["findings"] if one["problem"] == "namespace_stuck"), {})
    if fix.get("skill") != "kube.remove_finalizers":
        return f"namespace: {answer['text']}"
    await device.write(fix["skill"], **fix["arguments"])
    return ""


@pytest.mark.timeout(240)
async def test_every_fault_is_found_and_its_fix_mends_it(cluster: Cluster, api: Api, device: Device) -> None:
    spaces: list[str] = []
    try:
        tries = [tried(cluster, api, device, fault, spaces) for fault in FAULTS]
        wrong = await asyncio.gather(*tries, stuck(cluster, api, device))
    finally:
        await delete_namespaces(cluster, *spaces)
    assert not [one for one in wrong if one]


async def test_nothing_is_found_where_nothing_is_wrong(api: Api, device: Device, namespace: str) -> None:
    """Right after it was made too: what is only being started is waited for."""
    await create(api, *healthy(namespace))
    first = await device.call("kube.diagnose", namespace=namespace)
    assert (first["healthy"], first["findings"]) == (True, []), first["text"]
    named = await device.call("kube.diagnose", name="app", namespace=namespace)
    assert (named["healthy"], named["findings"]) == (True, []), named["text"]
    assert "nothing wrong found with Deployment" in named["text"]
    assert "1 pod (1 ready)" in named["text"]


async def test_the_smallest_fix_is_a_write_like_any_other(api: Api, device: Device, namespace: str) -> None:
    fault = next(one for one in FAULTS if one.name == "selector")
    await create(api, *fault.objects(namespace))
    await until(device, namespace, fault.problem, there=True, seconds=FOUND_S)
    named = {"name": "app", "kind": "service", "namespace": namespace}
    with pytest.raises(ToolError) as other:
        await device.preview("kube.fix", **named, change="deployment")
    assert "not fixed" in other.value.message
    assert "make its selector app=app" in other.value.message
    _, written = await device.write("kube.fix", **named, change="service")
    assert [one["object"] for one in written["changes"]] == [f"Service {namespace}/app"]
    assert "its selector app=ap matches" in written["text"]
    again = await device.preview("kube.fix", **named)
    assert again["changes"] == []
    assert "nothing wrong found" in again["text"]


async def test_names_and_the_whole_cluster(api: Api, device: Device, namespace: str) -> None:
    await create(api, held(namespace) | {"metadata": {"namespace": namespace, "name": "diagnose-me"}})
    with pytest.raises(ToolError) as missing:
        await device.call("kube.diagnose", name="diagnose-mee", namespace=namespace)
    assert missing.value.code is ErrorCode.NOT_FOUND
    assert "diagnose-me" in missing.value.message
    assert (await device.call("kube.diagnose", name="diagnose-me"))["healthy"]
    with pytest.raises(ToolError) as nowhere:
        await device.call("kube.diagnose", namespace=f"{namespace}x")
    assert nowhere.value.code is ErrorCode.NOT_FOUND
    whole = await device.call("kube.diagnose")
    assert not [one for one in whole["findings"] if one["kind"] == "Node" and one["severity"] == "critical"]


async def test_what_may_not_be_read_is_said(cluster: Cluster, api: Api, namespace: str, tmp_path: Path) -> None:
    kubeconfig = cluster.kubeconfig_of("diagnose-reader", namespace=namespace)
    subject = {"kind": "User", "name": "diagnose-reader", "apiGroup": "rbac.authorization.k8s.io"}
    rights = [("", one, ["list", "get"]) for one in ("pods", "services", "events")]
    allowed = role(namespace, "reader", *rights, ("apps", "deployments", ["list", "get"]))
    fault = next(one for one in FAULTS if one.name == "selector")
    await create(api, allowed, binding(namespace, "reader", subject), *fault.objects(namespace))
    async with kube_device.opened(cluster, tmp_path, kubeconfig=kubeconfig) as device:
        for arguments in ({"namespace": namespace}, {"name": "app", "namespace": namespace}, {}):
            answer = await device.call("kube.diagnose", **arguments)
            assert [one["problem"] for one in answer["findings"]] == ["no_endpoints"], answer["text"]
            assert "secrets" in answer["unread"]
            assert "not looked at" in answer["text"]
        with pytest.raises(ToolError) as denied:
            await device.call("kube.diagnose", namespace="kube-system")
    assert denied.value.code is ErrorCode.DENIED

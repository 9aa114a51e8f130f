"""Every skill that reads, against a real cluster: one small shop, made once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from protocol.errors import ErrorCode
from tests.support import kube_device, kube_shop
from tests.support.kube import Cluster
from tests.support.kube_api import Api
from tests.support.kube_device import Answer, Device
from tests.support.kube_shop import SECRET
from tools.errors import ToolError

# One event loop and one device for all: opening one asks the server for all of its kinds.
pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def shop(cluster: Cluster) -> Iterator[str]:
    with kube_shop.opened(cluster) as namespace:
        yield namespace


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def device(cluster: Cluster, shop: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Device]:
    async with kube_device.opened(cluster, tmp_path_factory.mktemp("device")) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def dev_1(cluster: Cluster, shop: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Device]:
    """A device whose identity may only read pods of the shop."""
    folder = tmp_path_factory.mktemp("dev-1")
    async with kube_device.opened(cluster, folder, kubeconfig=cluster.kubeconfig_of("dev-1")) as opened:
        yield opened


def names(answer: Answer) -> list[str]:
    return [one["name"] for one in answer["items"]]


async def refused(device: Device, skill: str, **arguments: object) -> ToolError:
    with pytest.raises(ToolError) as raised:
        await device.call(skill, **arguments)
    return raised.value


# --- get ------------------------------------------------------------------------------------------------------------


async def test_get_says_what_kubectl_says_and_more(device: Device, shop: str) -> None:
    answer = await device.call("kube.get", kind="deploy", name="web", namespace=shop)
    assert f"Deployment {shop}/web" in answer["text"]
    assert "ready: 2/2" in answer["text"]
    assert "requests: cpu=20m" not in answer["text"]
    assert "cpu=10m,memory=16Mi" in answer["text"]


@pytest.mark.parametrize(
    ("path", "value"), [("spec.replicas", 2), ("{.spec.replicas}", 2), ("images", kube_shop.IMAGE)]
)
async def test_get_a_field(device: Device, shop: str, path: str, value: object) -> None:
    answer = await device.call("kube.get", kind="deployment", name="web", namespace=shop, path=path)
    assert answer["value"] == value
    assert str(value) in answer["text"]


async def test_what_is_no_path_is_refused(device: Device, shop: str) -> None:
    error = await refused(device, "kube.get", kind="deployment", name="web", namespace=shop, path="][.[")
    assert error.code is ErrorCode.BAD_ARGUMENTS


async def test_a_field_that_is_not_there_is_no_error(device: Device, shop: str) -> None:
    answer = await device.call("kube.get", kind="deployment", name="web", namespace=shop, path="spec.nothing")
    assert not answer["found"]
    assert "has no spec.nothing; there is: replicas" in answer["text"]


@pytest.mark.parametrize("format", ["summary", "yaml", "json"])
async def test_get_of_a_secret_shows_keys_and_sizes_only(device: Device, shop: str, format: str) -> None:
    answer = await device.call("kube.get", kind="secret", name="creds", namespace=shop, format=format)
    assert "password" in answer["text"]
    assert f"{len(SECRET)} B" in answer["text"]
    assert SECRET not in json.dumps(answer)
    assert "dG9wczNjcmV0" not in json.dumps(answer)


async def test_whole_objects_are_masked_and_safe_to_print(device: Device, shop: str) -> None:
    answer = await device.call("kube.get", kind="deployment", name="web", namespace=shop, format="yaml")
    assert "managedFields" not in answer["text"]
    assert SECRET not in answer["text"]
    assert "\x1b" not in answer["text"]


async def test_a_name_of_two_kinds_is_asked_back(device: Device, shop: str) -> None:
    error = await refused(device, "kube.get", name="web", namespace=shop)
    assert error.code is ErrorCode.AMBIGUOUS
    assert {one["kind"] for one in error.choices} == {"Deployment", "Service"}


async def test_a_name_that_is_not_there_names_near_ones(device: Device, shop: str) -> None:
    error = await refused(device, "kube.get", kind="deployment", name="webb", namespace=shop)
    assert (error.code, "web" in error.message) == (ErrorCode.NOT_FOUND, True)


# --- list -----------------------------------------------------------------------------------------------------------


async def test_a_list_is_a_table_with_a_count(device: Device, shop: str) -> None:
    answer = await device.call("kube.list", kind="pods", namespace=shop)
    head, *_, last = answer["text"].splitlines()
    assert head.split() == ["NAME", "READY", "STATUS", "RESTARTS", "AGE", "NODE"]
    assert last == f"6 pods in {shop}"
    assert [len(names(answer)), answer["count"]] == [6, 6]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"status": "crashing"}, ["crash"]),
        ({"status": "not_ready"}, ["badimage", "crash"]),
        ({"image": "nope"}, ["badimage"]),
        ({"selector": "app=two"}, ["two"]),
        ({"selector": "app in (two,talk)"}, ["talk", "two"]),
        ({"field_selector": "metadata.name=talk"}, ["talk"]),
        ({"min_restarts": 1}, ["crash"]),
        ({"older_than_s": 3600.0}, []),
        ({"node": "no-such-node"}, []),
        ({"missing": "requests", "selector": "app=web"}, []),
        ({"sort": "-restarts", "limit": 1}, ["crash"]),
    ],
)
async def test_filters(device: Device, shop: str, arguments: dict[str, object], found: list[str]) -> None:
    assert names(await device.call("kube.list", kind="pods", namespace=shop, **arguments)) == found


async def test_the_largest_first(device: Device, shop: str) -> None:
    answer = await device.call("kube.list", kind="pods", namespace=shop, sort="memory")
    assert all(name.startswith("web-") for name in names(answer)[:2])
    assert "16Mi requested" in answer["text"]


async def test_a_count_says_where(device: Device, shop: str) -> None:
    answer = await device.call("kube.list", kind="deployments", namespace=shop, count=True)
    assert (answer["text"], answer["items"], answer["truncated"]) == (f"1 deployment in {shop}", [], False)


async def test_custom_resources_have_their_own_columns(device: Device, shop: str) -> None:
    answer = await device.call("kube.list", kind="widgets", namespace=shop)
    assert answer["items"] == [{"name": "one", "namespace": shop, "cells": {"Name": "one", "Colour": "red"}}]


async def test_a_further_column(device: Device, shop: str) -> None:
    answer = await device.call("kube.list", kind="secrets", namespace=shop, show="data.password")
    assert "(hidden)" in answer["text"]
    answer = await device.call("kube.list", kind="deployments", namespace=shop, show="labels")
    assert "app=web,team=front" in answer["text"]
    answer = await device.call("kube.list", kind="deployments", namespace=shop, show="\x1b[2J")
    assert "\x1b" not in answer["text"]


async def test_none_are_said_to_be_none(device: Device, shop: str) -> None:
    answer = await device.call("kube.list", kind="statefulsets", namespace=shop)
    assert answer["text"] == f"no stateful sets in {shop}"
    error = await refused(device, "kube.list", kind="pods", namespace=f"{shop}x")
    assert (error.code, shop in error.message) == (ErrorCode.NOT_FOUND, True)


async def test_unknown_kinds_name_near_ones(device: Device) -> None:
    error = await refused(device, "kube.list", kind="deploymentz")
    assert "deployments" in error.message


async def test_many_objects_come_page_by_page(device: Device, shop: str, cluster: Cluster) -> None:
    gate = asyncio.Semaphore(16)
    async with Api(cluster.kubeconfig) as api:

        async def make(number: int) -> None:
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"m-{number:04}"}}
            async with gate:
                await api.request("POST", f"/api/v1/namespaces/{shop}/configmaps", body)

        await asyncio.gather(*(make(number) for number in range(520)))
    answer = await device.call("kube.list", kind="configmaps", namespace=shop, limit=3)
    assert answer["count"] >= 522
    assert [len(answer["items"]), answer["truncated"]] == [3, True]
    assert "the first 3 are shown" in answer["text"]


async def test_one_who_may_see_little_is_told_that(dev_1: Device, shop: str) -> None:
    assert (await dev_1.call("kube.list", kind="pods", namespace=shop))["count"] == 6
    error = await refused(dev_1, "kube.list", kind="secrets", namespace=shop)
    assert error.code is ErrorCode.DENIED


# --- describe and events --------------------------------------------------------------------------------------------


async def test_describe_tells_the_family_and_the_events(device: Device, shop: str) -> None:
    answer = await device.call("kube.describe", kind="deployment", name="web", namespace=shop)
    assert sum(one.startswith(f"Pod {shop}/web-") for one in answer["owns"]) == 2
    assert "ScalingReplicaSet" in answer["text"]
    assert "DB_PASSWORD=(hidden)" in answer["text"]
    assert SECRET not in json.dumps(answer)
    pod = next(one for one in answer["owns"] if one.startswith("Pod")).rpartition("/")[2]
    above = (await device.call("kube.describe", kind="pod", name=pod, namespace=shop))["owners"]
    assert above[-1] == f"Deployment {shop}/web"


async def test_describe_tells_how_a_container_died(device: Device, shop: str) -> None:
    answer = await device.call("kube.describe", name="crash", namespace=shop)
    assert "exitCode 3" in answer["text"]
    assert any("BackOff" in one for one in answer["warnings"])


async def test_describe_without_a_kind_tells_all_of_the_name(device: Device, shop: str) -> None:
    answer = await device.call("kube.describe", name="web", namespace=shop)
    assert answer["objects"] == [f"Deployment {shop}/web", f"Service {shop}/web"]


async def test_events_of_an_object_and_what_it_owns(device: Device, shop: str) -> None:
    answer = await device.call("kube.events", kind="deployment", name="web", namespace=shop)
    assert {"Deployment", "ReplicaSet", "Pod"} <= {one["object"].partition(" ")[0] for one in answer["events"]}
    assert all("/web" in one["object"] for one in answer["events"])


async def test_warnings_of_a_namespace(device: Device, shop: str) -> None:
    answer = await device.call("kube.events", namespace=shop, type="Warning", since_s=3600.0)
    assert {one["type"] for one in answer["events"]} == {"Warning"}
    assert {f"Pod {shop}/crash", f"Pod {shop}/badimage"} <= {one["object"] for one in answer["events"]}
    none = await device.call("kube.events", namespace=shop, kind="configmap")
    assert none["text"] == f"no events about configmaps in {shop}"


# --- logs -----------------------------------------------------------------------------------------------------------


async def test_logs_of_a_workload_are_those_of_its_pods(device: Device, shop: str) -> None:
    answer = await device.call("kube.logs", name="web", namespace=shop)
    assert len(answer["sources"]) == 2
    assert answer["text"].startswith(f"2 lines from Deployment {shop}/web")
    assert all(line.endswith("started token=(hidden)") for line in answer["lines"])


async def test_logs_of_several_containers_are_told_apart(device: Device, shop: str) -> None:
    answer = await device.call("kube.logs", name="two", namespace=shop)
    assert answer["lines"] == ["[two/app] hello from app", "[two/side] hello from side"]
    answer = await device.call("kube.logs", name="two", namespace=shop, container="side")
    assert answer["lines"] == ["hello from side"]
    error = await refused(device, "kube.logs", name="two", namespace=shop, container="nope")
    assert error.choices == ({"container": "app"}, {"container": "side"})


async def test_logs_of_the_run_before(device: Device, shop: str) -> None:
    # While it starts anew, the one before is taken away: for that moment there is none.
    async with asyncio.timeout(40):
        while not (found := await device.call("kube.logs", name="crash", namespace=shop, previous=True))["lines"]:
            await asyncio.sleep(0.2)
    assert found["lines"] == ["boom"]
    answer = await device.call("kube.logs", name="talk", namespace=shop, previous=True)
    assert "no run before this one" in answer["text"]


async def test_a_pod_that_never_ran_says_why(device: Device, shop: str) -> None:
    answer = await device.call("kube.logs", name="badimage", namespace=shop)
    assert "ErrImageNeverPull" in answer["text"]


async def test_megabytes_of_log_are_searched_and_not_kept(device: Device, shop: str) -> None:
    async with asyncio.timeout(60):
        while not (await device.call("kube.logs", name="talk", namespace=shop, grep="the end"))["lines"]:
            await asyncio.sleep(0.2)
    answer = await device.call("kube.logs", name="talk", namespace=shop, grep="needle")
    assert answer["lines"] == ["the needle"]
    answer = await device.call("kube.logs", name="talk", namespace=shop, grep="same", tail=5)
    assert answer["text"].startswith("the last 5 of 10,000 lines with `same`")
    answer = await device.call("kube.logs", name="talk", namespace=shop, grep="PRIVATE KEY")
    assert "MIIE" not in json.dumps(answer)


async def test_logs_by_selector(device: Device, shop: str) -> None:
    answer = await device.call("kube.logs", selector="app=two", namespace=shop, tail=1)
    assert sorted(answer["sources"]) == ["two/app", "two/side"]


async def test_logs_are_followed_as_they_come(device: Device, shop: str, cluster: Cluster) -> None:
    device.context.logs.clear()
    asked = asyncio.create_task(device.call("kube.logs", name="two", namespace=shop, container="app", follow_s=2.0))
    while not asked.done() and not device.context.logs:
        await device.call(
            "kube.exec", name="two", namespace=shop, container="app", command=["sh", "-c", "echo news > /proc/1/fd/1"],
            preview=await device.preview("kube.exec", name="two", namespace=shop, container="app",
                                         command=["sh", "-c", "echo news > /proc/1/fd/1"]),
        )  # fmt: skip
    assert ("stdout", "news") in device.context.logs
    assert "news" in (await asked)["lines"]


# --- rollouts -------------------------------------------------------------------------------------------------------


async def test_a_rollout_and_its_history(device: Device, shop: str) -> None:
    answer = await device.call("kube.rollout_status", name="web", namespace=shop)
    assert (answer["state"], answer["ready"], answer["revision"]) == ("complete", 2, 1)
    answer = await device.call("kube.rollout_history", name="web", namespace=shop)
    assert [one["images"] for one in answer["revisions"]] == [[kube_shop.IMAGE]]
    error = await refused(device, "kube.rollout_history", name="web", namespace=shop, revision=9)
    assert "there is: 1" in error.message


# --- rights ---------------------------------------------------------------------------------------------------------


async def test_may_i_and_may_others(device: Device, dev_1: Device, shop: str) -> None:
    assert (await device.call("kube.can_i", verb="delete", kind="nodes"))["allowed"]
    assert not (await dev_1.call("kube.can_i", verb="delete", kind="pods", namespace=shop))["allowed"]
    answer = await device.call("kube.can_i", verb="list", kind="pods", user="dev-1")
    assert (answer["allowed"], answer["where"]) == (False, [shop])
    account = f"{shop}/default"
    answer = await device.call("kube.can_i", verb="get", kind="secrets", name="creds", namespace=shop,
                               service_account=account)  # fmt: skip
    assert answer["allowed"]


async def test_who_can(device: Device, shop: str) -> None:
    answer = await device.call("kube.who_can", verb="list", kind="pods", namespace=shop)
    assert "User dev-1" in answer["holders"]
    assert f"ServiceAccount {shop}/default" not in answer["holders"]
    answer = await device.call("kube.who_can", verb="get", kind="secrets", namespace=shop)
    assert f"ServiceAccount {shop}/default, only creds" in answer["text"]


async def test_rights(device: Device, dev_1: Device, shop: str) -> None:
    answer = await device.call("kube.rights", user="dev-1", namespace=shop)
    assert answer["rules"] == [f"get, list pods ({shop})"]
    answer = await dev_1.call("kube.rights", namespace=shop)
    assert "pods  get,list" in " ".join(answer["rules"])


# --- the rest -------------------------------------------------------------------------------------------------------


async def test_top_without_metrics_says_so(device: Device, shop: str) -> None:
    answer = await device.call("kube.top", namespace=shop)
    assert not answer["measured"]
    assert "no metrics.k8s.io" in answer["text"]
    assert answer["rows"][0]["cpu"] == pytest.approx(0.01)
    assert (await device.call("kube.top", kind="nodes"))["rows"]


async def test_quota_and_limits(device: Device, shop: str) -> None:
    answer = await device.call("kube.quota", namespace=shop)
    use = next(one for one in answer["uses"] if one["resource"] == "pods")
    assert (use["hard"], use["used"], use["left"]) == ("20", "6", "14")
    assert f"LimitRange {shop}/limits" in answer["text"]


async def test_who_is_behind_a_service(device: Device, shop: str) -> None:
    answer = await device.call("kube.endpoints", name="web", namespace=shop)
    assert [len(answer["ready"]), answer["ports"]] == [2, ["8080/TCP"]]
    answer = await device.call("kube.endpoints", name="lonely", namespace=shop)
    assert "no pod in" in answer["text"]
    assert "app=nobody" in answer["text"]


async def test_ports_that_answer_and_ports_that_do_not(device: Device, shop: str) -> None:
    answer = await device.call("kube.port_check", name="web", namespace=shop)
    assert (answer["open"], answer["refused"]) == (True, [])
    answer = await device.call("kube.port_check", kind="pod", name="two", namespace=shop, port=81)
    assert (answer["open"], answer["refused"]) == (False, [f"{shop}/two:81"])
    assert not (await device.call("kube.port_check", name="lonely", namespace=shop))["open"]


async def test_watch_tells_what_changes(device: Device, shop: str, cluster: Cluster) -> None:
    device.context.logs.clear()
    watching = asyncio.create_task(
        device.call("kube.watch", kind="configmaps", namespace=shop, name="settings", seconds=2.0)
    )
    value = 0
    async with Api(cluster.kubeconfig) as api:
        while not watching.done() and not device.context.logs:
            value += 1
            await api.patch(f"ConfigMap {shop}/settings", {"data": {"mode": f"mode-{value}"}})
            await asyncio.sleep(0.02)
    answer = await watching
    assert answer["count"] >= 1
    assert answer["changes"][0] == {"change": "modified", "object": f"ConfigMap {shop}/settings", "state": ""}
    assert "data.mode" in answer["text"]


async def test_what_cluster_this_is(device: Device) -> None:
    answer = await device.call("kube.cluster_info")
    assert answer["version"].startswith("v1.")
    assert answer["nodes"] >= 1
    answer = await device.call("kube.api_resources", group="apps")
    assert "deployments" in {one["name"] for one in answer["kinds"]}

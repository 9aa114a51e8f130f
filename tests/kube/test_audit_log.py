"""Who wrote what to the cluster: it is in the audit log when the request is answered; dry runs are told apart."""

from __future__ import annotations

import pytest

from tests.support.audit_log import AuditLog
from tests.support.kube import Cluster
from tests.support.kube_api import APPLY, Api, ApiError, Object
from tests.support.kube_objects import apply, is_running, pod, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


@pytest.fixture
def log(cluster: Cluster) -> AuditLog:
    if cluster.audit_log is None:
        pytest.skip("the given cluster's audit log cannot be read")
    return AuditLog(cluster.audit_log)


def config(namespace: str, name: str = "settings", **data: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": namespace, "name": name}, "data": data}


def told(log: AuditLog, since: int, namespace: str) -> list[str]:
    """What others than the cluster itself wrote in this namespace."""
    return [str(write) for write in log.writes_by_others(since) if write.namespace == namespace]


async def test_each_write_is_there_as_soon_as_it_is_answered(log: AuditLog, namespace: str, api: Api) -> None:
    for number in range(50):
        since = log.mark()
        await api.apply(config(namespace, text="x" * number * 100))
        assert told(log, since, namespace) == [
            f"patch configmaps {namespace}/settings by admin: {200 if number else 201}"
        ]


async def test_a_write_has_its_body_and_its_author(log: AuditLog, namespace: str, api: Api) -> None:
    since = log.mark()
    await api.apply(config(namespace, a="b"))
    [write] = [write for write in log.writes_by_others(since) if write.namespace == namespace]
    assert write.request["data"] == {"a": "b"}
    assert (write.user, write.impersonated, write.field_manager) == ("admin", None, "asterism-tests")
    assert write.user_agent.startswith("python-httpx2")


@pytest.mark.parametrize("body", [False, True])
async def test_a_deletion_that_is_a_dry_run_is_known_as_one(
    log: AuditLog, namespace: str, api: Api, body: bool
) -> None:
    await api.apply(config(namespace))
    since = log.mark()
    path = await api.path(f"ConfigMap {namespace}/settings")
    options = {"kind": "DeleteOptions", "apiVersion": "v1", "dryRun": ["All"]}
    if body:
        await api.request("DELETE", path, options)
    else:
        await api.request("DELETE", path, dryRun="All")
    await api.request("DELETE", path)
    kinds = [
        (write.verb, write.dry_run, write.stored) for write in log.writes_by_others(since) if write.name == "settings"
    ]
    assert kinds == [("delete", True, False), ("delete", False, True)]
    assert await api.get(f"ConfigMap {namespace}/settings") is None


@pytest.mark.parametrize("body", [False, True])
async def test_so_is_an_eviction(cluster: Cluster, log: AuditLog, namespace: str, api: Api, body: bool) -> None:
    await apply(cluster, pod(namespace, "app"))
    await wait_for(cluster, f"Pod {namespace}/app", is_running)
    since = log.mark()
    eviction: Object = {
        "apiVersion": "policy/v1beta1",
        "kind": "Eviction",
        "metadata": {"namespace": namespace, "name": "app"},
    }
    path = await api.path(f"Pod {namespace}/app")
    if body:
        await api.request("POST", f"{path}/eviction", eviction | {"deleteOptions": {"dryRun": ["All"]}})
    else:
        await api.request("POST", f"{path}/eviction", eviction, dryRun="All")
    await api.request("POST", f"{path}/eviction", eviction)
    found = [write.dry_run for write in log.writes_by_others(since) if write.subresource == "eviction"]
    assert found == [True, False]


async def test_a_refusal_is_no_change(cluster: Cluster, log: AuditLog, namespace: str) -> None:
    since = log.mark()
    async with Api(cluster.kubeconfig_of("nobody-in-particular")) as stranger:
        with pytest.raises(ApiError, match="Forbidden"):
            await stranger.apply(config(namespace))
    [write] = [write for write in log.writes_by_others(since) if write.user == "nobody-in-particular"]
    assert (write.status, write.stored) == (403, False)


async def test_a_patch_in_yaml_is_recorded_as_json(log: AuditLog, namespace: str, api: Api) -> None:
    since = log.mark()
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{namespace: {namespace}, name: settings}}\ndata: {{a: b}}\n"
    path = f"/api/v1/namespaces/{namespace}/configmaps/settings"
    await api.request("PATCH", path, text.encode(), content_type=APPLY, fieldManager="by-hand")
    [write] = [write for write in log.writes_by_others(since) if write.namespace == namespace]
    assert write.request["data"] == {"a": "b"}


async def test_an_impersonated_user_is_named(log: AuditLog, namespace: str, cluster: Cluster) -> None:
    since = log.mark()
    async with Api(cluster.kubeconfig) as api:
        api.headers |= {"impersonate-user": "jane", "impersonate-group": "system:masters"}
        await api.apply(config(namespace))
    [write] = [write for write in log.writes_by_others(since) if write.impersonated]
    assert (write.user, write.impersonated, write.actor) == ("admin", "jane", "jane")


async def test_what_the_cluster_does_itself_is_told_apart(cluster: Cluster, log: AuditLog, namespace: str) -> None:
    since = log.mark()
    await apply(cluster, pod(namespace, "app"))
    await wait_for(cluster, f"Pod {namespace}/app", is_running)
    assert told(log, since, namespace) == [f"patch pods {namespace}/app by admin: 201"]
    users = {write.user for write in log.writes(since) if write.namespace == namespace}
    assert {"system:kube-scheduler", "system:node:node1"} <= users

"""What changed in the cluster: every object counts, and nothing that changes by itself."""

from __future__ import annotations

import pytest

from tests.support.kube import Cluster
from tests.support.kube_api import Api, Object
from tests.support.kube_objects import apply, is_running, pod, wait_for
from tests.support.kube_snapshot import changed, snapshot

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


async def test_what_is_created_changed_and_deleted_is_seen(cluster: Cluster, namespace: str, api: Api) -> None:
    def config(name: str, value: str) -> dict[str, object]:
        metadata = {"namespace": namespace, "name": name}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"key": value}}

    await apply(cluster, config("kept", "1"), config("edited", "1"), config("dropped", "1"))
    before = await snapshot(cluster, api=api)
    await apply(cluster, config("kept", "1"), config("edited", "2"), config("new", "1"))
    await api.delete(f"ConfigMap {namespace}/dropped")
    after = await snapshot(cluster, api=api)
    here = {ref: change for ref, change in changed(before, after).items() if namespace in ref}
    assert here == {
        f"ConfigMap {namespace}/dropped": "deleted",
        f"ConfigMap {namespace}/edited": "changed",
        f"ConfigMap {namespace}/new": "created",
    }
    allowed = [f"ConfigMap {namespace}/[de]*", f"ConfigMap {namespace}/new"]
    assert not [ref for ref in changed(before, after, allowed) if namespace in ref]


async def test_a_pod_that_starts_is_no_change_but_its_existence(cluster: Cluster, namespace: str) -> None:
    await apply(cluster, pod(namespace, "app", nodeName="node1"))
    created = await snapshot(cluster)
    await wait_for(cluster, f"Pod {namespace}/app", is_running)
    assert not [ref for ref in changed(created, await snapshot(cluster)) if namespace in ref]


async def test_new_kinds_are_seen_as_soon_as_there_are_any(cluster: Cluster, namespace: str, api: Api) -> None:
    before = await snapshot(cluster, api=api)
    group = f"{namespace}.example"
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget"}
    schema = {"openAPIV3Schema": {"type": "object"}}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "names": names,
            "scope": "Namespaced",
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }
    ref = f"CustomResourceDefinition widgets.{group}"
    try:
        await apply(cluster, definition)
        await wait_for(cluster, ref, is_established)
        widget = {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"namespace": namespace, "name": "one"}}
        await api.apply(widget)
        found = changed(before, await snapshot(cluster, api=api))
        assert found[f"Widget {namespace}/one"] == "created"
        assert found[ref] == "created"
    finally:
        await api.delete(ref)


def is_established(item: Object | None) -> bool:
    conditions = (item or {}).get("status", {}).get("conditions", ())
    return any(entry["type"] == "Established" and entry["status"] == "True" for entry in conditions)

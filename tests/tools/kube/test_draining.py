"""Which pods a drain evicts, which it leaves, and which are in its way."""

from __future__ import annotations

from typing import Any

from tools.kube.nodes import sort_out
from tools.kube.objects import Manifest, name_of


def pod(name: str, owner: str = "ReplicaSet", phase: str = "Running", **spec: Any) -> Manifest:  # noqa: ANN401
    metadata: Manifest = {"name": name, "namespace": "shop"}
    if owner:
        metadata["ownerReferences"] = [{"kind": owner, "name": "web", "controller": True}]
    return {"kind": "Pod", "metadata": metadata, "spec": spec, "status": {"phase": phase}}


def evicted(*pods: Manifest, force: bool = False, delete_local_data: bool = False) -> tuple[list[str], list[str]]:
    plan = sort_out(list(pods), force=force, delete_local_data=delete_local_data)
    return [name_of(one) for one in plan.evicted], plan.refused


def test_pods_of_daemon_sets_and_of_the_node_stay() -> None:
    mirror = pod("mirror", "Node")
    mirror["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}
    assert evicted(pod("a"), pod("agent", "DaemonSet"), mirror) == (["a"], [])


def test_bare_pods_go_only_by_force() -> None:
    _, refused = evicted(pod("bare", ""))
    assert "force" in refused[0]
    assert evicted(pod("bare", ""), force=True) == (["bare"], [])
    assert evicted(pod("bare", "", "Succeeded")) == (["bare"], [])


def test_local_data_is_lost_only_on_purpose() -> None:
    local = pod("cache", volumes=[{"name": "tmp", "emptyDir": {}}])
    _, refused = evicted(local)
    assert "delete_local_data" in refused[0]
    assert evicted(local, delete_local_data=True) == (["cache"], [])
    config = pod("cache", volumes=[{"name": "tmp", "configMap": {"name": "c"}}])
    assert evicted(config) == (["cache"], [])


def test_what_goes_already_is_not_evicted() -> None:
    going = pod("a")
    going["metadata"]["deletionTimestamp"] = "t"
    assert evicted(going) == ([], [])

"""What counts as a change that somebody made, and what follows from one."""

from __future__ import annotations

import pytest

from benchmarks.kube.refs import Object, Ref
from benchmarks.kube.snapshot import Entry, changed, entry


def thing(kind: str, name: str, uid: str = "1", **more: object) -> Object:
    spaces = {} if kind in ("Namespace", "Node") else {"namespace": "shop"}
    metadata = {"name": name, "uid": uid, **spaces, **more.pop("metadata", {})}  # type: ignore[dict-item]
    return {"kind": kind, "metadata": metadata, **more}


def owned(kind: str, name: str, by: str, owner: str, **more: object) -> Object:
    return thing(kind, name, metadata={"ownerReferences": [{"kind": by, "name": owner, "controller": True}]}, **more)


def differences(before: list[Object], after: list[Object]) -> list[str]:
    return [str(change) for change in changed(_taken(before), _taken(after))]


def _taken(things: list[Object]) -> dict[Ref, Entry]:
    return {Ref.of(one): entry(one) for one in things}


SHOP = thing("Namespace", "shop")
WEB = thing("Deployment", "web", spec={"replicas": 1})
SET = owned("ReplicaSet", "web-a", "Deployment", "web", spec={"replicas": 1})
POD = owned("Pod", "web-a-x", "ReplicaSet", "web-a", spec={})


def test_what_controllers_write_is_no_change() -> None:
    was = thing("Pod", "web", spec={"x": 1}, status={"phase": "Pending"})
    noise = {
        "resourceVersion": "9",
        "generation": 4,
        "managedFields": [],
        "annotations": {"pv.kubernetes.io/bind": "y"},
    }
    now = thing("Pod", "web", spec={"x": 1, "nodeName": "n"}, status={"phase": "Running"}, metadata=noise)
    assert differences([was], [now]) == []


@pytest.mark.parametrize(
    "now",
    [
        {"spec": {"x": 2}},
        {"spec": {"x": 1}, "metadata": {"labels": {"a": "b"}}},
        {"spec": {"x": 1}, "metadata": {"annotations": {"a": "b"}}},
        {"spec": {"x": 1}, "metadata": {"finalizers": ["a"]}},
        {"spec": {"x": 1}, "metadata": {"deletionTimestamp": "now"}},
    ],
)
def test_what_people_decide_is_a_change(now: dict[str, object]) -> None:
    assert differences([thing("Role", "r", spec={"x": 1})], [thing("Role", "r", **now)]) == ["Role shop/r (changed)"]


def test_deleted_and_made_again_is_replaced() -> None:
    assert differences([WEB], [{**WEB, "metadata": {**WEB["metadata"], "uid": "2"}}]) == [
        "Deployment shop/web (replaced)"
    ]


def test_what_follows_from_a_change_is_counted_with_it() -> None:
    scaled = {**WEB, "spec": {"replicas": 2}}
    more = owned("ReplicaSet", "web-a", "Deployment", "web", spec={"replicas": 2})
    second = owned("Pod", "web-a-y", "ReplicaSet", "web-a", spec={})
    assert differences([WEB, SET, POD], [scaled, more, POD, second]) == ["Deployment shop/web (changed)"]


def test_a_pod_deleted_under_its_controller_is_a_change() -> None:
    second = owned("Pod", "web-a-y", "ReplicaSet", "web-a", spec={})
    assert differences([WEB, SET, POD], [WEB, SET, second]) == ["Pod shop/web-a-x (deleted)"]


def test_a_namespace_takes_what_is_in_it_along_and_brings_its_own() -> None:
    token = thing(
        "Secret", "default-token-x", metadata={"annotations": {"kubernetes.io/service-account.name": "default"}}
    )
    inside = [thing("ServiceAccount", "default"), thing("ConfigMap", "kube-root-ca.crt"), token]
    assert differences([], [SHOP, *inside]) == ["Namespace shop (created)"]
    assert differences([SHOP, WEB, SET], []) == ["Namespace shop (deleted)"]


def test_a_job_on_schedule_follows_and_one_run_by_hand_does_not() -> None:
    cron = thing("CronJob", "nightly")
    scheduled = owned("Job", "nightly-1605955200", "CronJob", "nightly")
    by_hand = owned("Job", "nightly-now", "CronJob", "nightly")
    assert differences([cron], [cron, scheduled]) == []
    assert differences([cron], [cron, by_hand]) == ["Job shop/nightly-now (created)"]


def test_a_cordon_is_a_change_and_the_taint_that_follows_is_not() -> None:
    was = thing("Node", "n", spec={"podCIDR": "x"})
    pressed = thing("Node", "n", spec={"taints": [{"key": "node.kubernetes.io/disk-pressure"}]})
    cordoned = thing("Node", "n", spec={"unschedulable": True})
    assert differences([was], [pressed]) == []
    assert differences([was], [cordoned]) == ["Node n (changed)"]

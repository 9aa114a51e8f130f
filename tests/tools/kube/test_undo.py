"""Reverse patches: exactly what was changed, nowhere else, and only where nobody changed it since."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.kube.change import Draft, Operation
from tools.kube.diff import FieldChange
from tools.kube.kinds import Kind
from tools.kube.secrecy import HIDDEN, LAST_APPLIED
from tools.kube.undo import CAN, inverse, outlook, remade, reverse, why_not

Obj = dict[str, Any]
DEPLOYMENT = Kind("apps", "v1", "Deployment", "deployments", "deployment", True)
SECRET = Kind("", "v1", "Secret", "secrets", "secret", True)
POD = Kind("", "v1", "Pod", "pods", "pod", True)
CONFIG_MAP = Kind("", "v1", "ConfigMap", "configmaps", "configmap", True)
CLAIM = Kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", "pvc", True)


def patched(value: Any, steps: list[Any]) -> Any:  # noqa: ANN401
    """RFC 6902, as much of it as `reverse` makes."""
    value = copy.deepcopy(value)
    for step in steps:
        keys = [key.replace("~1", "/").replace("~0", "~") for key in step["path"].split("/")[1:]]
        holder = value
        for key in keys[:-1]:
            holder = holder[int(key)] if isinstance(holder, list) else holder[key]
        last = keys[-1]
        if isinstance(holder, list):
            if step["op"] == "remove":
                del holder[int(last)]
            elif step["op"] == "replace":
                holder[int(last)] = step["value"]
            else:
                holder.insert(len(holder) if last == "-" else int(last), step["value"])
        elif step["op"] == "remove":
            del holder[last]
        else:
            assert (step["op"] == "replace") == (last in holder)
            holder[last] = step["value"]
    return value


leaves = st.one_of(st.integers(0, 3), st.sampled_from(["a", "b/c", "~"]), st.booleans())
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.dictionaries(st.sampled_from(["a", "b/c", "d~e", "f"]), inner, max_size=3),
        st.lists(inner, max_size=2),
        st.lists(
            st.fixed_dictionaries({"name": st.sampled_from(["x", "y", "z"]), "v": inner}),
            max_size=3,
            unique_by=lambda item: item["name"],
        ),
    ),
    max_leaves=12,
)
objects = st.dictionaries(st.sampled_from(["spec", "data", "x"]), values, max_size=3)


def unordered(value: Any) -> Any:  # noqa: ANN401
    """Lists of named things in the order of their names."""
    if isinstance(value, dict):
        return {key: unordered(item) for key, item in value.items()}
    if isinstance(value, list):
        found = [unordered(item) for item in value]
        named = all(isinstance(item, dict) and isinstance(item.get("name"), str) for item in found)
        return sorted(found, key=lambda item: item["name"]) if named else found
    return value


@given(objects, objects)
def test_what_nobody_touched_since_is_exactly_as_before(before: Obj, after: Obj) -> None:
    steps, changed = reverse(before, after, after)
    assert changed == []
    assert unordered(patched(after, steps)) == unordered(before)


def marked(value: Any) -> Any:  # noqa: ANN401
    """The same with a field of somebody else in every object."""
    if isinstance(value, dict):
        return {key: marked(item) for key, item in value.items()} | {"others": 1}
    return [marked(item) for item in value] if isinstance(value, list) else value


@given(objects, objects)
def test_what_others_added_beside_it_stays(before: Obj, after: Obj) -> None:
    steps, changed = reverse(before, after, {**after, "others": {"a": 1}})
    assert changed == []
    assert unordered(patched({**after, "others": {"a": 1}}, steps)) == unordered({**before, "others": {"a": 1}})


@given(objects, objects)
def test_taking_back_twice_is_taking_back_once(before: Obj, after: Obj) -> None:
    assert reverse(before, after, before) == ([], [])


@given(objects, objects)
def test_what_others_added_inside_is_never_lost(before: Obj, after: Obj) -> None:
    now = marked(after)
    steps, changed = reverse(before, after, now)
    if changed:
        return
    assert str(patched(now, steps)).count("others") == str(now).count("others")


def test_changes_of_others_beside_it_stay() -> None:
    before = {"spec": {"env": [{"name": "A", "value": "1"}], "replicas": 1}}
    after = {"spec": {"env": [{"name": "A", "value": "2"}, {"name": "B", "value": "x"}], "replicas": 1}}
    now = {"spec": {"env": [{"name": "C", "value": "c"}, *after["spec"]["env"]], "replicas": 5}}  # type: ignore[misc]
    steps, changed = reverse(before, after, now)
    assert changed == []
    env = [{"name": "C", "value": "c"}, {"name": "A", "value": "1"}]
    assert patched(now, steps) == {"spec": {"env": env, "replicas": 5}}


def test_a_field_that_was_changed_since_is_named() -> None:
    _, changed = reverse({"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, {"spec": {"replicas": 3}})
    assert changed == ["/spec/replicas"]


def live(kind: str, **content: Any) -> Obj:  # noqa: ANN401
    metadata = {"name": "x", "namespace": "n", "uid": "u", "resourceVersion": "1", "creationTimestamp": "t"}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **content}


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (Operation("patch", DEPLOYMENT, "n", "x", live("Deployment")), ""),
        (Operation("create", SECRET, "n", "x"), ""),
        (Operation("delete", DEPLOYMENT, "n", "x", live("Deployment")), ""),
        (Operation("patch", SECRET, "n", "x", live("Secret")), "not kept"),
        (Operation("delete", SECRET, "n", "x", live("Secret")), "not kept"),
        (Operation("delete", CLAIM, "n", "x", live("PersistentVolumeClaim")), "data of a volume"),
        (Operation("evict", POD, "n", "x", live("Pod")), "do not return"),
        (Operation("exec", POD, "n", "x", live("Pod")), "cannot be taken back"),
        (Operation("patch", DEPLOYMENT, "n", "x", live("Deployment"), irreversible="gone"), "gone"),
    ],
)
def test_what_cannot_be_undone_says_why(operation: Operation, reason: str) -> None:
    assert why_not(operation) == reason if not reason else reason in why_not(operation)


def test_a_pod_of_a_controller_is_not_made_again() -> None:
    pod = live("Pod")
    pod["metadata"]["ownerReferences"] = [{"kind": "ReplicaSet", "name": "web", "controller": True}]
    assert "makes another" in why_not(Operation("delete", POD, "n", "x", pod))


def test_many_pods_of_controllers_are_one_reason() -> None:
    pods = []
    for number in range(3):
        pod = live("Pod")
        pod["metadata"]["ownerReferences"] = [{"kind": "ReplicaSet", "name": "web", "controller": True}]
        pods.append(Operation("delete", POD, "n", f"web-{number}", pod))
    told = outlook(Draft("s", tuple(pods)), [()] * 3)
    assert told == "3 objects belonged to controllers, which make others"
    assert outlook(Draft("s", tuple(pods[:1])), [()]) == "Pod n/web-0 belonged to a controller, which makes another"


def test_what_kubectl_applied_can_be_made_again_without_its_note() -> None:
    applied = live("ConfigMap", data={"mode": "a"})
    applied["metadata"]["annotations"] = {LAST_APPLIED: '{"data": {"mode": "a"}}', "team": "a"}
    one = Operation("delete", CONFIG_MAP, "n", "x", applied)
    assert why_not(one) == ""
    (kept,) = inverse([one])
    assert isinstance(kept, dict)
    assert kept["before"] == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "x", "namespace": "n", "annotations": {"team": "a"}},
        "data": {"mode": "a"},
    }
    secret = {**applied, "data": {"password": "s3cr3t-value"}}
    assert "secret values" in why_not(Operation("delete", CONFIG_MAP, "n", "x", secret))


def test_a_preview_says_how_far_it_can_be_undone() -> None:
    one = Operation("patch", DEPLOYMENT, "n", "x", live("Deployment"))
    gone = Operation("evict", POD, "n", "x", live("Pod"))
    hidden = FieldChange(path="env", before=HIDDEN, after=HIDDEN)
    assert outlook(Draft("s", (one,)), [()]) == CAN
    assert outlook(Draft("s", (one, gone)), [(), ()]).startswith(f"{CAN} in part")
    assert not outlook(Draft("s", (gone,)), [()]).startswith(CAN)
    assert not outlook(Draft("s", (one,)), [(hidden,)]).startswith(CAN)


def test_the_trail_keeps_no_secret_values() -> None:
    env = [{"name": "API_TOKEN", "value": "s3cr3t-value"}]
    secret = live("Secret", data={"password": "czNjcjN0LXZhbHVl"})
    workload = live("Deployment", spec={"template": {"spec": {"containers": [{"name": "a", "env": env}]}}})
    kept = str(
        inverse(
            [
                Operation("patch", DEPLOYMENT, "n", "x", workload, {}),
                Operation("delete", DEPLOYMENT, "n", "x", workload),
                Operation("delete", SECRET, "n", "x", secret),
                Operation("create", SECRET, "n", "x", None, secret),
            ]
        )
    )
    assert "s3cr3t-value" not in kept
    assert "czNjcjN0LXZhbHVl" not in kept


def test_what_is_made_again_is_without_what_the_server_adds() -> None:
    service = live("Service", spec={"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "selector": {"a": "b"}})
    assert remade({**service, "status": {}}) == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "x", "namespace": "n"},
        "spec": {"selector": {"a": "b"}},
    }

"""Manifests as values."""

from __future__ import annotations

import pytest

from tools.kube.objects import Manifest, at, digest, listed, matches, material, said, selected

POD = {
    "kind": "Pod",
    "metadata": {"name": "web", "labels": {"app.kubernetes.io/name": "web"}},
    "spec": {"containers": [{"name": "a", "image": "x:1"}, {"name": "b", "image": "y:2"}]},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.name", "web"),
        ('metadata.labels["app.kubernetes.io/name"]', "web"),
        ("spec.containers[1].image", "y:2"),
        ("spec.containers[*].image", ["x:1", "y:2"]),
        ("spec.containers[7].image", None),
        ("spec.nothing[*].image", []),
        ("status.phase", None),
    ],
)
def test_what_stands_at_a_path(path: str, value: object) -> None:
    assert at(POD, path) == value


def test_a_default_stands_in_for_null_too() -> None:
    assert at({"a": None}, "a", 3) == 3


@pytest.mark.parametrize(
    ("selector", "labels", "holds"),
    [
        ({"matchLabels": {"a": "1"}}, {"a": "1", "b": "2"}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "2"}, False),
        ({}, {"a": "1"}, True),
        (None, {"a": "1"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1", "2"]}]}, {"a": "2"}, True),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, {}, True),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {}, False),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {}, True),
        ({"matchExpressions": [{"key": "a", "operator": "Unheard"}]}, {"a": "1"}, False),
    ],
)
def test_label_selectors(selector: Manifest | None, labels: dict[str, str], holds: bool) -> None:
    assert matches(selector, labels) is holds


def test_an_empty_service_selector_selects_nothing() -> None:
    assert not selected({}, {"a": "1"})
    assert selected({"a": "1"}, {"a": "1", "b": "2"})


def test_material_is_what_people_decide() -> None:
    before = {
        "metadata": {"name": "a", "resourceVersion": "1", "managedFields": [1]},
        "spec": {"x": 1},
        "status": {"y": 1},
    }
    after = {"metadata": {"name": "a", "resourceVersion": "2", "generation": 3}, "spec": {"x": 1}, "status": {"y": 2}}
    assert material(before) == material(after)
    assert material(before) != material({**after, "spec": {"x": 2}})
    labelled = {**after, "metadata": {"name": "a", "labels": {"k": "v"}}}
    assert material(before) != material(labelled)


def test_equal_values_have_equal_digests() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1, "b": 3})


def test_words() -> None:
    assert said("Deployment", "shop", "web") == "Deployment shop/web"
    assert said("Node", "", "n1") == "Node n1"
    assert listed(["a", "b", "c"], most=2) == "a, b and 1 more"

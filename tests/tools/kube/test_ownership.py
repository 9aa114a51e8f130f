"""Fields that others apply."""

from __future__ import annotations

from tools.kube.diff import FieldChange
from tools.kube.objects import Manifest
from tools.kube.ownership import foreign


def live(manager: str, operation: str, fields: Manifest) -> Manifest:
    return {"metadata": {"managedFields": [{"manager": manager, "operation": operation, "fieldsV1": fields}]}}


REPLICAS = {"f:spec": {"f:replicas": {}}}
IMAGE = {"f:spec": {"f:containers": {'k:{"name":"app"}': {".": {}, "f:image": {}}}}}
SCALE = [FieldChange(path="spec.replicas", before=1, after=2)]
NEW_IMAGE = [FieldChange(path="spec.containers[app].image", before="a", after="b")]


def test_an_applied_field_has_an_owner() -> None:
    assert foreign(live("argocd", "Apply", REPLICAS), SCALE) == [("spec.replicas", "argocd")]
    assert foreign(live("argocd", "Apply", IMAGE), NEW_IMAGE) == [("spec.containers[app].image", "argocd")]


def test_updates_and_our_own_fields_are_free() -> None:
    assert foreign(live("kubectl-edit", "Update", REPLICAS), SCALE) == []
    assert foreign(live("asterism", "Apply", REPLICAS), SCALE) == []


def test_a_field_beside_it_is_free() -> None:
    assert foreign(live("argocd", "Apply", IMAGE), SCALE) == []


def test_what_lies_below_an_owned_field_is_owned() -> None:
    change = [FieldChange(path="data.config", before="a", after="b")]
    assert foreign(live("helm", "Apply", {"f:data": {"f:config": {}}}), change) == [("data.config", "helm")]


def test_labels_with_dots() -> None:
    owned = {"f:metadata": {"f:labels": {"f:app.kubernetes.io/name": {}}}}
    change = [FieldChange(path='metadata.labels["app.kubernetes.io/name"]', before="a", after="b")]
    assert foreign(live("helm", "Apply", owned), change)

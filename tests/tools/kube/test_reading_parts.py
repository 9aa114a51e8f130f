"""What the reading skills are made of: quantities, words for people, what is said of objects."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tools.kube import facts, quantities, traits, wording
from tools.kube.objects import Manifest


@pytest.mark.parametrize(
    ("text", "value"),
    [("500m", 0.5), ("2", 2.0), ("1Gi", 2.0**30), ("1.5G", 1.5e9), ("1e3", 1000.0), ("100n", 1e-7), ("much", 0.0)],
)
def test_quantities_are_numbers(text: str, value: float) -> None:
    assert quantities.number(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("resource", "value", "text"),
    [("cpu", 0.25, "250m"), ("requests.cpu", 1.5, "1.5"), ("memory", 2.0**30, "1Gi"), ("pods", 12.0, "12")],
)
def test_numbers_are_said_as_kubernetes_does(resource: str, value: float, text: str) -> None:
    assert quantities.said(resource, value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (59, "59s"), (61, "1m1s"), (3600, "1h"), (86_400 * 3 + 7200, "3d2h"), (-5, "0s")]
)
def test_ages_are_short(seconds: float, text: str) -> None:
    assert wording.age(seconds) == text


def test_a_table_is_aligned_and_safe_to_print() -> None:
    lines = wording.table(["name", "note"], [["a", "password=hunter22"], ["longer", "\x1b[31mred"]])
    assert lines == ["NAME    NOTE", "a       password=(hidden)", "longer  \\x1b[31mred"]


def test_a_text_that_is_too_long_says_what_is_missing() -> None:
    assert wording.bounded(["x" * 10] * 5, 25) == f"{'x' * 10}\n{'x' * 10}\n... cut: 3 more lines; ask for less"


@pytest.mark.parametrize(
    ("kind", "plural"), [("pod", "pods"), ("network policy", "network policies"), ("ingress", "ingresses")]
)
def test_kinds_have_plurals(kind: str, plural: str) -> None:
    assert wording.plural_of(kind) == plural


def test_ages_are_from_creation() -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)
    assert wording.age_s({"metadata": {"creationTimestamp": "2026-01-01T23:59:00Z"}}, now) == 60


# --- What is said of objects ----------------------------------------------------------------------------------------


def pod(phase: str = "Running", ready: str = "True", **status: object) -> Manifest:
    conditions = [{"type": "Ready", "status": ready}]
    return {
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": {"containers": [{"name": "main", "image": "web:1"}]},
        "status": {"phase": phase, "conditions": conditions, **status},
    }


def container(**state: object) -> Manifest:
    return {"name": "main", "ready": False, "restartCount": 3, "state": state}


CRASHING = pod(ready="False", containerStatuses=[container(waiting={"reason": "CrashLoopBackOff"})])
DIED = pod(ready="False", containerStatuses=[container(terminated={"exitCode": 1, "reason": "Error"})])
EVICTED = pod("Failed", "False", reason="Evicted")
DONE = pod("Succeeded", "False", containerStatuses=[container(terminated={"exitCode": 0, "reason": "Completed"})])

HALF_DONE = pod(
    containerStatuses=[container(terminated={"exitCode": 0, "reason": "Completed"}), container(running={})],
)


@pytest.mark.parametrize(
    ("obj", "statuses", "state"),
    [
        (pod(), {"ready", "running"}, "Running"),
        (CRASHING, {"not_ready", "crashing"}, "CrashLoopBackOff"),
        (DIED, {"not_ready", "crashing"}, "Error"),
        (HALF_DONE, {"ready", "running"}, "Running"),
        (EVICTED, {"not_ready", "failed", "evicted"}, "Evicted"),
        (DONE, {"succeeded", "complete"}, "Completed"),
    ],
)
def test_a_pod_has_these_statuses(obj: Manifest, statuses: set[str], state: str) -> None:
    assert {one for one in traits.STATUSES if traits.has_status(obj, one)} - {"unbound"} == statuses
    assert traits.state(obj) == state


def deployment(ready: int, wanted: int) -> Manifest:
    return {"kind": "Deployment", "metadata": {}, "spec": {"replicas": wanted}, "status": {"readyReplicas": ready}}


def test_a_workload_is_ready_with_all_its_replicas() -> None:
    assert [traits.is_ready(deployment(*one)) for one in ((2, 2), (1, 2), (0, 0))] == [True, False, True]


@pytest.mark.parametrize(
    ("spec", "missing"),
    [
        ({}, {"limits", "requests", "probes", "labels"}),
        ({"resources": {"limits": {"cpu": "1"}}}, {"requests", "probes", "labels"}),
        ({"livenessProbe": {"exec": {}}}, {"limits", "requests", "labels"}),
    ],
)
def test_what_a_container_lacks(spec: Manifest, missing: set[str]) -> None:
    obj = pod()
    obj["spec"]["containers"][0] |= spec
    assert {one for one in ("limits", "requests", "probes", "labels") if traits.lacks(obj, one)} == missing


def test_one_container_without_limits_is_enough() -> None:
    obj = pod()
    obj["spec"]["containers"] = [{"resources": {"limits": {"cpu": "1"}}}, {}]
    assert traits.lacks(obj, "limits")


def test_a_missing_label() -> None:
    obj = pod()
    obj["metadata"]["labels"] = {"app": "web"}
    assert not traits.lacks(obj, "app")
    assert traits.lacks(obj, "team")


def test_facts_by_words_and_by_paths() -> None:
    obj = pod()
    assert facts.fact(obj, "images") == "web:1"
    assert facts.fact(obj, "nonsense") is None
    assert facts.shown_at(obj, "{.spec.containers[*].name}") == '["main"]'
    assert facts.shown_at(obj, "spec.nodeName") == "<none>"


def test_a_secret_has_no_values_at_any_path() -> None:
    secret = {"kind": "Secret", "metadata": {"name": "s"}, "data": {"key": "aHVudGVyMg=="}}
    assert facts.shown_at(secret, "data.key") == "(hidden)"
    assert "aHVudGVyMg" not in facts.shown_at(secret, "data")

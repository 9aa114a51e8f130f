"""When a rollout is complete, and what a pod that is not ready says."""

from __future__ import annotations

from typing import Any

import pytest

from tools.kube.rollout import missing, trouble


def workload(kind: str, status: dict[str, Any], **spec: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "kind": kind,
        "metadata": {"generation": 3},
        "spec": {"replicas": 2} | spec,
        "status": {"observedGeneration": 3} | status,
    }


DONE = {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2}
ALL = {"desiredNumberScheduled": 2, "currentNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2}


@pytest.mark.parametrize(
    ("live", "lacks"),
    [
        (workload("Deployment", DONE), ""),
        (workload("Deployment", DONE | {"observedGeneration": 2}), "has not seen"),
        (workload("Deployment", DONE | {"updatedReplicas": 1}), "1 of 2 pods are new"),
        (workload("Deployment", DONE | {"replicas": 3}), "1 old pods"),
        (workload("Deployment", DONE | {"readyReplicas": 1}), "1 of 2 new pods are ready"),
        (workload("Deployment", {}, replicas=0), ""),
        (workload("Deployment", DONE | {"updatedReplicas": 0}, paused=True), ""),
        (workload("StatefulSet", DONE | {"currentRevision": "a", "updateRevision": "a", "updatedReplicas": 0}), ""),
        (workload("StatefulSet", DONE | {"currentRevision": "a", "updateRevision": "b", "updatedReplicas": 1}), "new"),
        (
            workload(
                "StatefulSet",
                DONE | {"currentRevision": "a", "updateRevision": "b", "updatedReplicas": 1},
                updateStrategy={"rollingUpdate": {"partition": 1}},
            ),
            "",
        ),
        (workload("DaemonSet", ALL), ""),
        (workload("DaemonSet", ALL | {"updatedNumberScheduled": 1}), "1 of 2 pods are new"),
        (workload("DaemonSet", ALL | {"numberAvailable": 0}), "0 of 2 new pods are ready"),
        (workload("DaemonSet", ALL | {"updatedNumberScheduled": 0}, updateStrategy={"type": "OnDelete"}), ""),
        (None, "gone"),
    ],
)
def test_what_a_rollout_lacks(live: dict[str, Any] | None, lacks: str) -> None:
    assert missing(live) == lacks if not lacks else lacks in missing(live)


def pod(**status: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"metadata": {"name": "web-1"}, "status": status}


def test_a_pod_that_only_starts_is_no_trouble() -> None:
    assert trouble(pod(containerStatuses=[{"state": {"waiting": {"reason": "ContainerCreating"}}}])) == ("", False)


def test_an_image_that_does_not_come_is_final_and_told_without_secrets() -> None:
    waiting = {"reason": "ImagePullBackOff", "message": "pull https://ci:hunter22@registry.local failed"}
    text, final = trouble(pod(containerStatuses=[{"state": {"waiting": waiting}}]))
    assert final
    assert "ImagePullBackOff" in text
    assert "hunter22" not in text


def test_a_pod_without_a_node_may_get_one() -> None:
    condition = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}
    text, final = trouble(pod(conditions=[condition]))
    assert "0/1 nodes" in text
    assert not final

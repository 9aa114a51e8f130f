"""Where pods are described, which container is meant, and what an image's repository is."""

from __future__ import annotations

import pytest

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube import podspec
from tools.kube.objects import Manifest


def workload(*names: str, kind: str = "Deployment", init: tuple[str, ...] = ()) -> Manifest:
    pod: Manifest = {"spec": {"containers": [{"name": name, "image": "app:1"} for name in names]}}
    if init:
        pod["spec"]["initContainers"] = [{"name": name, "image": "init:1"} for name in init]
    body: Manifest = {"kind": kind, "metadata": {"name": "web", "namespace": "shop"}}
    if kind == "Pod":
        return body | pod
    spec = {"jobTemplate": {"spec": {"template": pod}}} if kind == "CronJob" else {"template": pod}
    return body | {"spec": spec}


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Pod"])
def test_the_pods_spec_is_found_and_patched_where_it_stands(kind: str) -> None:
    live = workload("app", kind=kind)
    assert podspec.pod_spec(live)["containers"][0]["name"] == "app"
    patch = {"kind": kind, **podspec.container_patch(live, "containers", {"name": "app"})}
    assert podspec.pod_spec(patch) == {"containers": [{"name": "app"}]}


def test_what_describes_no_pods_is_refused() -> None:
    with pytest.raises(ToolError) as caught:
        podspec.pod_spec({"kind": "Service", "metadata": {"name": "web"}, "spec": {}})
    assert caught.value.code is ErrorCode.BAD_ARGUMENTS


def test_the_only_container_needs_no_name() -> None:
    assert podspec.container_of(workload("app", init=("setup",)), "")[1]["name"] == "app"
    assert podspec.container_of(workload("app", init=("setup",)), "setup")[0] == "initContainers"


def test_several_containers_need_one() -> None:
    with pytest.raises(ToolError) as caught:
        podspec.container_of(workload("app", "side"), "")
    assert caught.value.code is ErrorCode.AMBIGUOUS
    assert caught.value.choices == ({"container": "app"}, {"container": "side"})


@pytest.mark.parametrize("names", [("app",), ("app", "side")])
def test_a_wrong_name_is_never_another_container(names: tuple[str, ...]) -> None:
    with pytest.raises(ToolError) as caught:
        podspec.container_of(workload(*names), "nope")
    assert caught.value.code is ErrorCode.NOT_FOUND
    assert "app" in caught.value.message


@pytest.mark.parametrize(
    ("image", "wanted", "after"),
    [
        ("nginx:1.24", ":1.25", "nginx:1.25"),
        ("nginx", ":1.25", "nginx:1.25"),
        ("registry.local:5000/team/app:1", ":2", "registry.local:5000/team/app:2"),
        ("registry.local:5000/team/app", ":2", "registry.local:5000/team/app:2"),
        ("app@sha256:abc", ":2", "app:2"),
        ("app:1@sha256:abc", ":2", "app:2"),
        ("nginx:1.24", "httpd:2", "httpd:2"),
    ],
)
def test_a_bare_tag_keeps_the_repository(image: str, wanted: str, after: str) -> None:
    assert podspec.with_tag(image, wanted) == after

"""The tests' own cluster: it runs pods, lets users in by their roles, stands beside others and leaves no trace."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.support import kube
from tests.support.cluster import build
from tests.support.cluster.layout import CONTAINERS, Layout, cgroup_hierarchies
from tests.support.kube import Cluster
from tests.support.kube_api import Api, ApiError, read_kubeconfig
from tests.support.kube_objects import apply, create_namespace, has_phase, is_running, pod, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.slow]


async def test_a_pod_runs_and_its_logs_can_be_read(cluster: Cluster, namespace: str, api: Api) -> None:
    await apply(cluster, pod(namespace, "greeter", "echo hello from $(hostname); sleep 3600"))
    await wait_for(cluster, f"Pod {namespace}/greeter", is_running)
    assert await api.logs(f"{namespace}/greeter") == "hello from greeter\n"


async def test_a_command_can_be_run_in_a_pod(cluster: Cluster, namespace: str) -> None:
    await apply(cluster, pod(namespace, "shell"))
    await wait_for(cluster, f"Pod {namespace}/shell", is_running)
    assert await run_in_pod(cluster, namespace, "shell", "echo", "hello") == "hello\n"


async def run_in_pod(cluster: Cluster, namespace: str, name: str, *command: str) -> str:
    """What the command writes to its output."""
    server, tls, _ = read_kubeconfig(cluster.kubeconfig)
    words = "&".join(f"command={word}" for word in command)
    url = f"{server.replace('https', 'wss')}/api/v1/namespaces/{namespace}/pods/{name}/exec?stdout=true&{words}"
    written = b""
    async with connect(url, ssl=tls, subprotocols=[Subprotocol("v4.channel.k8s.io")], proxy=None) as stream:
        async for message in stream:
            assert isinstance(message, bytes)
            if message[:1] == b"\x01":  # the channel of the standard output
                written += message[1:]
    return written.decode()


async def test_memory_limits_hold(cluster: Cluster, namespace: str) -> None:
    manifest = pod(namespace, "eater", "head -c 100m /dev/zero | tail", restartPolicy="Never")
    manifest["spec"]["containers"][0]["resources"] = {"limits": {"memory": "16Mi"}}
    await apply(cluster, manifest)
    ended = await wait_for(cluster, f"Pod {namespace}/eater", has_phase("Failed"))
    assert ended is not None
    assert ended["status"]["containerStatuses"][0]["state"]["terminated"]["reason"] == "OOMKilled"


async def test_an_image_that_is_not_on_the_node_cannot_be_had(cluster: Cluster, namespace: str) -> None:
    manifest = pod(namespace, "stranger")
    manifest["spec"]["containers"][0] |= {"image": "registry.example/app:1", "imagePullPolicy": "IfNotPresent"}
    await apply(cluster, manifest)
    await wait_for(cluster, f"Pod {namespace}/stranger", lambda item: "ErrImagePull" in json.dumps(item))


async def test_users_may_do_what_their_roles_say(cluster: Cluster, namespace: str) -> None:
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    group = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "readers"}
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"namespace": namespace, "name": "readers"},
        "roleRef": role,
        "subjects": [group],
    }
    await apply(cluster, binding)
    async with Api(cluster.kubeconfig_of("jane", ["readers"])) as jane:
        assert await jane.list("Pod", namespace) == []
        with pytest.raises(ApiError, match="Forbidden"):
            await jane.list("Secret", namespace)
        with pytest.raises(ApiError, match='User "jane" cannot list'):
            await jane.list("Pod", "kube-system")


async def test_waiting_in_vain_tells_the_state_and_the_events(cluster: Cluster, namespace: str) -> None:
    await apply(cluster, pod(namespace, "homeless", nodeSelector={"disk": "fast"}))
    await wait_for(cluster, f"Pod {namespace}/homeless", lambda item: "Unschedulable" in json.dumps(item))
    with pytest.raises(TimeoutError, match=r"(?s)Pending.*FailedScheduling"):
        await wait_for(cluster, f"Pod {namespace}/homeless", is_running, 0.3)


PARENT = """
import signal
from tests.support import kube
with kube.keeper() as process:
    print(process.pid, kube.folder_of(process), flush=True)
    signal.pause()
"""


def test_another_cluster_runs_beside_it_and_goes_with_its_killed_parent(cluster: Cluster) -> None:
    reason = build.missing()
    if reason:
        pytest.skip(reason)
    parent = subprocess.Popen([sys.executable, "-c", PARENT], cwd=kube.ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    try:
        keeper, folder = parent.stdout.readline().split()
        layout = Layout(int(folder.rpartition("-")[2]), build.folder())
        asyncio.run(works_apart(Cluster.at(layout.kubeconfig("admin")), cluster))
        containers = [path.name for path in layout.containers.iterdir()]
        assert containers
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(int(keeper)).wait(30)
    traces = [layout.folder, layout.lock, Path("/sys/class/net") / layout.device]
    traces += [tree / CONTAINERS / name for tree in cgroup_hierarchies() for name in containers]
    assert [str(path) for path in traces if path.exists()] == []
    assert folder not in Path("/proc/mounts").read_text()
    assert not [line for line in psutil.process_iter(["cmdline"]) if folder in " ".join(line.info["cmdline"] or ())]
    asyncio.run(still_answers(cluster))


async def works_apart(other: Cluster, cluster: Cluster) -> None:
    """Runs a pod in the one, of which the other knows nothing."""
    with kube.reachable(other):
        namespace = await create_namespace(other)
        await apply(other, pod(namespace, "beside"))
        await wait_for(other, f"Pod {namespace}/beside", is_running)
    async with Api(cluster.kubeconfig) as api:
        assert await api.get(f"Namespace {namespace}") is None


async def still_answers(cluster: Cluster) -> None:
    async with Api(cluster.kubeconfig) as api:
        assert await api.get("Node node1")

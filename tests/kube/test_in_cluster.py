"""A device in a pod: it finds its service account where every pod has it, and has that account's rights, no more.

The device is a process with a mount namespace of its own, in which /run holds what the kubelet puts there.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from tests.support import kube
from tests.support.kube import Cluster
from tests.support.kube_api import Api
from tests.support.kube_workloads import binding, config_map, create, role

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

IN_A_POD = """
set -eu
mount -t tmpfs none /run
folder=/run/secrets/kubernetes.io/serviceaccount
mkdir -p $folder
cp "$1"/ca.crt "$1"/token "$1"/namespace $folder/
shift
exec "$@"
"""
PROBE = """
import asyncio, json, sys
from pathlib import Path
from devices.kubernetes import describe, open_cluster
from tools.errors import ToolError
from tools.fake import FakeToolContext
from tools.kube import skills
from tools.kube.settings import KubeSettings

async def main(folder):
    settings = KubeSettings()
    cluster = await open_cluster(settings, folder / "state")
    registry, context = skills.registry(lambda: cluster), FakeToolContext(folder)
    profile = await describe(cluster.api, cluster.kinds, settings)
    found = {"home": profile.namespace, "may": list(profile.may)}
    for kind in ("configmaps", "secrets"):
        try:
            answer = await registry.call("kube.list", {"kind": kind, "namespace": profile.namespace}, context)
            found[kind] = answer["text"]
        except ToolError as error:
            found[kind] = error.code.value
    await cluster.close()
    print(json.dumps(found))

asyncio.run(main(Path(sys.argv[1])))
"""


async def account(api: Api, namespace: str) -> dict[str, bytes]:
    """What a pod of the service account `agent` finds in its folder."""
    subject = {"kind": "ServiceAccount", "name": "agent", "namespace": namespace}
    own = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "agent", "namespace": namespace}}
    rights = role(namespace, "reader", ("", "configmaps", ["get", "list"]))
    await create(api, own, rights, binding(namespace, "reader", subject), config_map(namespace, "settings", a="1"))
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/agent/token"
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
    token = (await api.request("POST", path, body))["status"]["token"]
    return {"token": token.encode(), "namespace": namespace.encode()}


def authority(kubeconfig: Path) -> bytes:
    """The certificate of the cluster's authority."""
    given = yaml.safe_load(kubeconfig.read_text())["clusters"][0]["cluster"]
    if "certificate-authority-data" in given:
        return base64.b64decode(given["certificate-authority-data"])
    return (kubeconfig.parent / str(given["certificate-authority"])).read_bytes()


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="only root may mount")
async def test_in_a_pod_it_is_the_pods_service_account(
    cluster: Cluster, api: Api, namespace: str, tmp_path: Path
) -> None:
    files = {**await account(api, namespace), "ca.crt": authority(cluster.kubeconfig)}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    host, port = cluster.server.removeprefix("https://").rsplit(":", 1)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(kube.ROOT)}
    environment |= {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}
    process = await asyncio.create_subprocess_exec(
        "unshare", "--mount", "sh", "-c", IN_A_POD, "sh", str(tmp_path), sys.executable, "-c", PROBE, str(tmp_path),
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=kube.ROOT,
    )  # fmt: skip
    said, wrong = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, wrong.decode()
    found = json.loads(said.splitlines()[-1])
    assert found["home"] == namespace
    assert "get,list configmaps" in found["may"]
    assert "settings" in found["configmaps"]
    assert found["secrets"] == "denied"
    assert files["token"].decode() not in said.decode() + wrong.decode()

"""Namespaces, rights, secrets, networks, storage on a real cluster: written as previewed, and no more."""

from __future__ import annotations

import base64
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from protocol.errors import ErrorCode
from tests.support import kube_device
from tests.support.audit_log import AuditLog
from tests.support.kube import Cluster
from tests.support.kube_api import Api
from tests.support.kube_device import Device
from tests.support.kube_objects import delete_namespaces
from tools.errors import ToolError

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
REQUEST = b"""-----BEGIN CERTIFICATE REQUEST-----
MIHuMIGUAgEAMDIxEzARBgNVBAoMCmRldmVsb3BlcnMxCzAJBgNVBAoMAnFhMQ4w
DAYDVQQDDAVkZXYtMTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGN+OokkTD+l
n4RvdpqL7p1h72gfVL7ri5g96SiLz96Mdy9jjg9S+2xLxLlkBsYQehpmtgzrx95g
3JzYNqZQCligADAKBggqhkjOPQQDAgNJADBGAiEAiiwdxex77AhnL/zWVR5Aw50R
8bgc014Oj4nKuFpUZSgCIQCIy+sEBbBGsfK9zASXv4/7YloI4tQCSs87EqobbZ3M
yw==
-----END CERTIFICATE REQUEST-----
"""


@pytest.fixture
async def device(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Device]:
    async with kube_device.opened(cluster, tmp_path) as opened:
        yield opened


class Judge:
    """Counts what reached the server's storage from the device, by the server's own log (where it can be read)."""

    def __init__(self, cluster: Cluster) -> None:
        self.log = AuditLog(cluster.audit_log) if cluster.audit_log else None
        self.since = self.log.mark() if self.log else 0

    def wrote(self, *wanted: str, namespace: str = "") -> None:
        """The writes since the last look are exactly these: `create roles ci-read-pods`."""
        if self.log is None:
            return
        found = [
            f"{one.verb} {one.resource} {one.name or one.request['metadata']['name']}"
            for one in self.log.stored_by_others(self.since)
            if one.user_agent.startswith("asterism/") and one.namespace == namespace
        ]
        self.since = self.log.mark()
        assert found == list(wanted)


@pytest.fixture
def judge(cluster: Cluster) -> Judge:
    return Judge(cluster)


async def test_a_namespace_with_its_bounds(device: Device, judge: Judge, api: Api, cluster: Cluster) -> None:
    name = "platform-bounds"
    preview, written = await device.write("kube.create_namespace", name=name, labels={"team": "a"})
    try:
        assert (preview["tier"], written["settled"]) == ("low", True)
        judge.wrote(f"create namespaces {name}")
        preview, _ = await device.write("kube.create_quota", hard={"cpu": 4, "pods": 10}, namespace=name)
        assert "no limit range with a default" in preview["text"]
        await device.write("kube.create_limit_range", default_request={"cpu": "100m"}, namespace=name)
        _, written = await device.write("kube.set_quota", hard={"cpu": "6"}, namespace=name)
        assert [one["path"] for one in written["changes"][0]["fields"]] == ["spec.hard.cpu"]
        judge.wrote(
            "create resourcequotas quota", "create limitranges limits", "patch resourcequotas quota", namespace=name
        )
        again = await device.write("kube.set_quota", hard={"cpu": "6000m"}, namespace=name)
        assert again[1]["change"] == ""
        assert (await device.write("kube.create_namespace", name=name))[1]["change"] == ""
        judge.wrote(namespace=name)
        quota = await api.get(f"ResourceQuota {name}/quota")
        assert quota is not None
        assert quota["spec"]["hard"] == {"cpu": "6", "pods": "10"}
        assert (await api.get(f"Namespace {name}") or {})["metadata"]["labels"]["team"] == "a"
    finally:
        await delete_namespaces(cluster, name)


async def test_what_is_there_otherwise_is_not_overwritten(device: Device, namespace: str, judge: Judge) -> None:
    await device.write("kube.create_config_map", name="c", data={"A": "1"}, namespace=namespace)
    with pytest.raises(ToolError) as caught:
        await device.preview("kube.create_config_map", name="c", data={"A": "2"}, namespace=namespace)
    assert caught.value.code is ErrorCode.ALREADY_EXISTS
    judge.wrote("create configmaps c", namespace=namespace)


async def test_config_maps(device: Device, namespace: str, api: Api) -> None:
    await device.write("kube.create_config_map", name="c", data={"A": "1", "B": "2"}, namespace=namespace)
    preview, _ = await device.write("kube.set_config_map", name="c", set={"A": "3"}, unset=["B"], namespace=namespace)
    assert [one["path"] for one in preview["changes"][0]["fields"]] == ["data.A", "data.B"]
    live = await api.get(f"ConfigMap {namespace}/c")
    assert live is not None
    assert live["data"] == {"A": "3"}


async def test_secrets_stay_inside(device: Device, namespace: str, api: Api, tmp_path: Path, judge: Judge) -> None:
    workspace = tmp_path / "workspace"
    (workspace / "licence.txt").write_text("licence-0815")
    made = await device.write(
        "kube.create_secret", name="s", generate=["password"], files={"licence": "licence.txt"}, namespace=namespace
    )
    saved = await device.write("kube.save_secret", name="s", key="password", path="out/pw.txt", namespace=namespace)
    judge.wrote("create secrets s", namespace=namespace)
    live = await api.get(f"Secret {namespace}/s")
    assert live is not None
    password = base64.b64decode(live["data"]["password"]).decode()
    assert base64.b64decode(live["data"]["licence"]) == b"licence-0815"
    file = workspace / "out" / "pw.txt"
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == (password, 0o600)
    everything = f"{made}{saved}{(tmp_path / 'state' / 'trail.jsonl').read_text()}{device.context.logs}"
    for secret in (password, "licence-0815"):
        assert secret not in everything
        assert base64.b64encode(secret.encode()).decode() not in everything
    with pytest.raises(ToolError) as caught:
        await device.preview("kube.save_secret", name="s", key="password", path="out/pw.txt", namespace=namespace)
    assert caught.value.code is ErrorCode.ALREADY_EXISTS
    with pytest.raises(ToolError, match="its keys: licence, password"):
        await device.preview("kube.save_secret", name="s", key="user", path="u.txt", namespace=namespace)


async def test_accounts_and_tokens(device: Device, namespace: str, cluster: Cluster, tmp_path: Path) -> None:
    await device.write("kube.create_service_account", name="ci", namespace=namespace)
    arguments = {"service_account": "ci", "path": "ci.token", "namespace": namespace, "seconds": 600}
    _, written = await device.write("kube.create_token", **arguments)
    file = tmp_path / "workspace" / "ci.token"
    token = file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert token not in f"{written}{(tmp_path / 'state' / 'trail.jsonl').read_text()}"
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    async with Api(cluster.kubeconfig) as api:
        found = await api.request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", body=review)
    assert found["status"]["user"]["username"] == f"system:serviceaccount:{namespace}:ci"


async def test_the_least_right(device: Device, namespace: str, api: Api, judge: Judge) -> None:
    need: dict[str, Any] = {"verbs": ["read"], "kinds": ["pods", "logs"], "namespace": namespace}
    preview, _ = await device.write("kube.grant", **need, service_account=f"{namespace}/ci")
    assert "there is no service account" in preview["text"]
    role = "ci-read-pods-pods-log"
    judge.wrote(f"create roles {role}", f"create rolebindings {role}", namespace=namespace)
    live = await api.get(f"Role {namespace}/{role}")
    assert live is not None
    assert live["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    ]
    # The same need of somebody else takes the role that is there; the same need again takes nothing.
    await device.write("kube.grant", **need, user="dev-1")
    judge.wrote(f"create rolebindings {role}-dev-1", namespace=namespace)
    assert (await device.write("kube.grant", **need, user="dev-1"))[1]["change"] == ""
    judge.wrote(namespace=namespace)
    for user, verb, kind, allowed in (("dev-1", "list", "pods", True), ("dev-1", "delete", "pods", False)):
        assert await _may(api, user, verb, kind, namespace) is allowed


async def _may(api: Api, user: str, verb: str, resource: str, namespace: str) -> bool:
    attributes = {"namespace": namespace, "verb": verb, "resource": resource}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": {"user": user}}
    review["spec"]["resourceAttributes"] = attributes  # type: ignore[index]
    found = await api.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", body=review)
    return bool(found["status"]["allowed"])


async def test_rights_that_lead_to_more_are_told_and_wildcards_refused(device: Device, namespace: str) -> None:
    where: dict[str, Any] = {"user": "dev-1", "namespace": namespace}
    preview = await device.preview("kube.grant", verbs=["get"], kinds=["secrets"], **where)
    assert (preview["tier"], "shows their values" in preview["text"]) == ("high", True)
    with pytest.raises(ToolError, match="wildcard=true"):
        await device.preview("kube.grant", verbs=["*"], kinds=["pods"], **where)
    preview = await device.preview("kube.grant", verbs=["*"], kinds=["pods"], wildcard=True, **where)
    assert preview["tier"] == "critical"


async def test_nobody_gives_what_they_do_not_have(
    cluster: Cluster, namespace: str, tmp_path: Path, judge: Judge
) -> None:
    if not (cluster.kubeconfig.parent / "pki").exists():
        pytest.skip("the given cluster makes no other users")
    async with Api(cluster.kubeconfig) as api:
        for manifest in _binder(namespace):
            await api.apply(manifest)
    own = cluster.kubeconfig_of("platform-lead")
    async with kube_device.opened(cluster, tmp_path, kubeconfig=own) as device:
        with pytest.raises(ToolError) as caught:
            await device.preview("kube.grant", verbs=["get"], kinds=["secrets"], user="dev-1", namespace=namespace)
    assert caught.value.code is ErrorCode.DENIED
    judge.wrote(namespace=namespace)


def _binder(namespace: str) -> list[dict[str, Any]]:
    """Somebody who may make roles and bindings, and read pods: no more can they give."""
    group = "rbac.authorization.k8s.io"
    rules = [
        {"apiGroups": [group], "resources": ["roles", "rolebindings"], "verbs": ["get", "list", "create"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
    ]
    metadata = {"name": "lead", "namespace": namespace}
    subjects = [{"kind": "User", "name": "platform-lead", "apiGroup": group}]
    reference = {"apiGroup": group, "kind": "Role", "name": "lead"}
    return [
        {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata, "rules": rules},
        {
            "apiVersion": f"{group}/v1", "kind": "RoleBinding", "metadata": metadata, "roleRef": reference,
            "subjects": subjects,
        },
    ]  # fmt: skip


async def test_rights_taken_back(device: Device, namespace: str, api: Api, judge: Judge) -> None:
    for user in ("dev-1", "dev-2"):
        await device.write("kube.bind_role", role="view", user=user, namespace=namespace)
    await api.patch(
        f"RoleBinding {namespace}/view-dev-2",
        {
            "subjects": [
                {"kind": "User", "name": name, "apiGroup": "rbac.authorization.k8s.io"} for name in ("dev-1", "dev-2")
            ]
        },
    )
    judge.wrote("create rolebindings view-dev-1", "create rolebindings view-dev-2", namespace=namespace)
    _, written = await device.write("kube.revoke", user="dev-1", namespace=namespace)
    judge.wrote("delete rolebindings view-dev-1", "patch rolebindings view-dev-2", namespace=namespace)
    assert "view" in written["text"]
    assert not await _may(api, "dev-1", "list", "pods", namespace)
    assert await _may(api, "dev-2", "list", "pods", namespace)
    with pytest.raises(ToolError) as caught:
        await device.preview("kube.revoke", name="system:node")
    assert caught.value.code is ErrorCode.DENIED


async def test_roles_by_hand(device: Device, namespace: str, api: Api) -> None:
    await device.write("kube.create_role", name="dev", verbs=["get", "patch"], kinds=["deploy"], namespace=namespace)
    await device.write("kube.bind_role", role="dev", group="qa", namespace=namespace)
    binding = await api.get(f"RoleBinding {namespace}/dev-qa")
    assert binding is not None
    assert (binding["roleRef"]["kind"], binding["subjects"][0]["name"]) == ("Role", "qa")
    with pytest.raises(ToolError) as caught:
        await device.preview("kube.bind_role", role="dve", group="qa", namespace=namespace)
    assert caught.value.code is ErrorCode.NOT_FOUND
    assert "dev" in caught.value.message


async def test_network_policies(device: Device, namespace: str, api: Api) -> None:
    preview, _ = await device.write("kube.create_network_policy", rule="deny_all", namespace=namespace)
    assert "DNS" in preview["text"]
    arguments: dict[str, Any] = {
        "rule": "allow_from",
        "pods": {"app": "db"},
        "from_pods": {"app": "web"},
        "ports": [5432],
    }
    preview, _ = await device.write("kube.create_network_policy", **arguments, namespace=namespace)
    assert "no pod" in preview["text"]
    live = await api.get(f"NetworkPolicy {namespace}/allow-from-db")
    assert live is not None
    assert live["spec"]["ingress"][0]["ports"] == [{"port": 5432, "protocol": "TCP"}]
    own = {"kubernetes.io/metadata.name": namespace}
    await device.write("kube.create_network_policy", rule="allow_from", from_namespaces=own, namespace=namespace)
    assert (await api.get(f"Namespace {namespace}") or {})["metadata"]["labels"] == own


async def test_services_and_ingresses(device: Device, namespace: str, api: Api, judge: Judge) -> None:
    arguments: dict[str, Any] = {"name": "web", "port": 80, "target_port": 8080, "selector": {"app": "web"}}
    preview, _ = await device.write("kube.create_service", **arguments, namespace=namespace)
    assert "no endpoints" in preview["text"]
    await device.write("kube.set_selector", name="web", selector={"tier": "front"}, namespace=namespace)
    await device.write("kube.set_port", name="web", port=80, target_port=9090, namespace=namespace)
    preview, _ = await device.write(
        "kube.create_ingress", name="web", host="a.example.com", service="web", port=81, namespace=namespace
    )
    assert "has no port 81" in preview["text"]
    judge.wrote(
        "create services web", "patch services web", "patch services web", "create ingresses web", namespace=namespace
    )
    live = await api.get(f"Service {namespace}/web")
    assert live is not None
    assert live["spec"]["selector"] == {"tier": "front"}
    assert live["spec"]["ports"][0]["targetPort"] == 9090


async def test_storage(device: Device, namespace: str, api: Api, judge: Judge) -> None:
    mark = "storageclass.kubernetes.io/is-default-class"
    names = (f"{namespace}-old", f"{namespace}-new")
    for name, default in zip(names, ("true", "false"), strict=True):
        metadata = {"name": name, "annotations": {mark: default}}
        body: dict[str, Any] = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": metadata}
        body |= {"provisioner": "example.com/none", "volumeBindingMode": "WaitForFirstConsumer"}
        # Made, not applied: a field that somebody applies is not taken from them.
        await api.request("POST", "/apis/storage.k8s.io/v1/storageclasses", body=body)
    try:
        await device.write("kube.set_default_storage_class", name=names[1])
        judge.wrote(f"patch storageclasses {names[0]}", f"patch storageclasses {names[1]}")
        preview, written = await device.write("kube.create_claim", name="data", size="1Gi", namespace=namespace)
        assert "first pod" in preview["text"]
        assert written["settled"]
        claim = await api.get(f"PersistentVolumeClaim {namespace}/data")
        assert claim is not None
        assert claim["spec"]["storageClassName"] == names[1]
    finally:
        for name in names:
            await api.delete(f"StorageClass {name}")


async def test_certificates(device: Device, namespace: str, api: Api, judge: Judge) -> None:
    names = (f"{namespace}-a", f"{namespace}-b")
    for name in names:
        spec = {"signerName": "kubernetes.io/kube-apiserver-client", "usages": ["client auth"]}
        spec |= {"request": base64.b64encode(REQUEST).decode()}  # type: ignore[dict-item]
        body = {"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": name}}
        await api.request(
            "POST", "/apis/certificates.k8s.io/v1/certificatesigningrequests", body={**body, "spec": spec}
        )
    try:
        preview, _ = await device.write("kube.approve_certificate", name=names[0])
        assert "O=developers, O=qa, CN=dev-1" in preview["text"]
        await device.write("kube.deny_certificate", name=names[1])
        judge.wrote(f"update certificatesigningrequests {names[0]}", f"update certificatesigningrequests {names[1]}")
        with pytest.raises(ToolError) as caught:
            await device.preview("kube.deny_certificate", name=names[0])
        assert caught.value.code is ErrorCode.CONFLICT
    finally:
        for name in names:
            await api.delete(f"CertificateSigningRequest {name}")


async def test_a_preview_of_steps_to_come(device: Device) -> None:
    """A quota in a namespace that an earlier step makes can be shown, and is said to be untried."""
    arguments = {"hard": {"pods": "3"}, "namespace": "platform-never-made"}
    with pytest.raises(ToolError) as caught:
        await device.preview("kube.create_quota", **arguments)
    assert caught.value.code is ErrorCode.NOT_FOUND
    preview = await device.call("kube.preview", skill="kube.create_quota", arguments=arguments, tentative=True)
    assert "untried" in preview["text"]

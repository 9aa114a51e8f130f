"""Written tools on a real cluster: what they read, what they propose, and what is kept of them."""

from __future__ import annotations

import base64
import json
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.support import kube_device
from tests.support.audit_log import AuditLog
from tests.support.kube import CannotStart, Cluster
from tests.support.kube_api import Api
from tests.support.kube_device import Device
from tests.support.kube_objects import apply, is_running, pod, wait_for
from tools.errors import ToolError

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

CANARY = "c4n4ry-tool-Zx81qP"
LABEL_ALL = """
for one in client.list("configmaps", namespace=arguments["namespace"], selector="stage=old"):
    name = one["metadata"]["name"]
    client.propose("kube.label", {"kind": "configmap", "name": name, "namespace": arguments["namespace"],
                                  "set": {"seen": "yes"}})
return "labelled"
"""


def code(body: str) -> str:
    return f"def tool(client, arguments):\n{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"


def config(namespace: str, name: str, data: dict[str, str] | None = None) -> dict[str, object]:
    metadata = {"namespace": namespace, "name": name, "labels": {"stage": "old"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data or {"a": "1"}}


@pytest.fixture
async def device(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Device]:
    async with kube_device.opened(cluster, tmp_path) as opened:
        yield opened


async def labels(api: Api, namespace: str, name: str) -> dict[str, str]:
    found = await api.get(f"ConfigMap {namespace}/{name}")
    assert found is not None
    kept: dict[str, str] = found["metadata"]["labels"]
    return kept


async def refused(device: Device, body: str, arguments: dict[str, object] | None = None) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await device.preview("kube.run_tool", goal="x", code=code(body), arguments=arguments or {})
    return caught.value


async def test_what_it_proposes_is_shown_approved_and_then_written(
    cluster: Cluster, namespace: str, api: Api, device: Device
) -> None:
    await apply(cluster, config(namespace, "one"), config(namespace, "two"))
    log = AuditLog(cluster.audit_log) if cluster.audit_log else None
    mark = log.mark() if log else 0
    given = {"goal": "mark old ones", "code": code(LABEL_ALL), "arguments": {"namespace": namespace}}
    preview = await device.preview("kube.run_tool", **given)
    assert [change["object"] for change in preview["changes"]] == [
        f"ConfigMap {namespace}/one", f"ConfigMap {namespace}/two"
    ]  # fmt: skip
    for line in (*code(LABEL_ALL).strip().splitlines(), "goal: mark old ones", "it reads with list", "kube.label"):
        assert line in preview["text"]
    assert "seen" not in await labels(api, namespace, "one")
    written = await device.call("kube.run_tool", **given, preview=preview)
    assert written["facts"]["value"] == "labelled"
    for name in ("one", "two"):
        assert (await labels(api, namespace, name))["seen"] == "yes"
    if log:
        mine = [one for one in log.stored_by_others(mark) if one.namespace == namespace]
        assert [(one.verb, one.resource, one.name) for one in mine] == [
            ("patch", "configmaps", "one"), ("patch", "configmaps", "two")
        ]  # fmt: skip
        assert all("approval=approval-1" in one.user_agent for one in mine)


async def test_code_that_was_not_previewed_does_not_run(namespace: str, device: Device) -> None:
    preview = await device.preview("kube.run_tool", goal="x", code=code("return 1"))
    with pytest.raises(ToolError) as caught:
        await device.call("kube.run_tool", goal="x", code=code("return 2"), preview=preview)
    assert caught.value.code is ErrorCode.DENIED


async def test_another_proposal_than_the_previewed_is_stale(
    cluster: Cluster, namespace: str, api: Api, device: Device
) -> None:
    await apply(cluster, config(namespace, "one"))
    given = {"goal": "mark", "code": code(LABEL_ALL), "arguments": {"namespace": namespace}}
    preview = await device.preview("kube.run_tool", **given)
    await apply(cluster, config(namespace, "two"))
    with pytest.raises(ToolError) as caught:
        await device.call("kube.run_tool", **given, preview=preview)
    assert caught.value.code is ErrorCode.STALE_PREVIEW
    assert "seen" not in await labels(api, namespace, "one")


PROPOSALS = [
    ("kube.exec", {"name": "shell", "namespace": "@", "command": ["true"]}, "more than a request to the API"),
    ("kube.run_tool", {"code": "x"}, "no write of this device"),
    ("kube.get", {"name": "one"}, "no write of this device"),
    ("kube.preview", {"skill": "kube.exec", "arguments": {}}, "no write of this device"),
    ("shell.run", {"command": "true"}, "no write of this device"),
    ("kube.scale", {"name": "web; rm -rf", "replicas": 1}, "`name` of kube.scale"),
    ("kube.scale", {"name": "nowhere", "replicas": 1, "namespace": "@"}, "nowhere"),
    (
        "kube.label",
        {"kind": "configmap", "name": "kube-root-ca.crt", "namespace": "kube-system", "set": {"a": "b"}},
        "namespace kube-system is protected",
    ),
]


async def test_what_it_cannot_propose(cluster: Cluster, namespace: str, device: Device) -> None:
    await apply(cluster, pod(namespace, "shell"))
    await wait_for(cluster, f"Pod {namespace}/shell", is_running)
    mark = AuditLog(cluster.audit_log).mark() if cluster.audit_log else 0
    for skill, arguments, said in PROPOSALS:
        here = json.loads(json.dumps(arguments).replace('"@"', json.dumps(namespace)))
        error = await refused(device, f"client.propose({skill!r}, arguments)", here)
        assert said in error.message
    if cluster.audit_log:
        execs = AuditLog(cluster.audit_log).matching(lambda one: one.subresource == "exec", mark)
        assert [one for one in execs if one.namespace == namespace] == []


async def test_one_object_is_proposed_for_once(cluster: Cluster, namespace: str, device: Device) -> None:
    await apply(cluster, config(namespace, "one"))
    twice = textwrap.indent(LABEL_ALL.strip().removesuffix('return "labelled"').strip(), "    ")
    error = await refused(device, f"for n in [1, 2]:\n{twice}", {"namespace": namespace})
    assert "several writes of ConfigMap" in error.message


async def test_its_client_shows_no_secret(cluster: Cluster, namespace: str, device: Device) -> None:
    data = {"plain": base64.b64encode(CANARY.encode()).decode()}
    metadata = {"namespace": namespace, "name": "canary"}
    holder = pod(namespace, "holder")
    holder["spec"]["containers"][0]["env"] = [{"name": "DB_PASSWORD", "value": CANARY}]
    await apply(
        cluster,
        {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data},
        config(namespace, "settings", {"password": CANARY, "app.ini": f"token = {CANARY}"}),
        holder,
    )
    body = """
        found = [client.get(kind, name, arguments["n"]) for kind, name in
                 [("secret", "canary"), ("configmap", "settings"), ("pod", "holder")]]
        found += client.list("secrets", arguments["n"]) + client.list("pods", arguments["n"])
        found += client.list("configmaps", arguments["n"]) + client.events(arguments["n"])
        return found
    """
    preview = await device.preview("kube.run_tool", goal="look", code=code(body), arguments={"n": namespace})
    written = await device.call(
        "kube.run_tool", goal="look", code=code(body), arguments={"n": namespace}, preview=preview
    )
    text = json.dumps([preview, written])
    assert "canary" in text
    assert "holder" in text
    assert CANARY not in text
    assert data["plain"] not in text


async def test_the_callers_rights_are_its_own(cluster: Cluster, namespace: str, api: Api, tmp_path: Path) -> None:
    try:
        kubeconfig = cluster.kubeconfig_of("tool-jane", namespace=namespace)
    except CannotStart as why:
        pytest.skip(str(why))
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"namespace": namespace, "name": "jane"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "tool-jane"}],
    }
    await apply(cluster, binding, config(namespace, "one"))
    async with kube_device.opened(cluster, tmp_path / "jane", kubeconfig=kubeconfig) as device:
        body = """
            try:
                return client.list("secrets", arguments["namespace"])
            except RuntimeError as error:
                return [str(error), len(client.list("configmaps", arguments["namespace"], "stage=old"))]
        """
        preview = await device.preview("kube.run_tool", goal="x", code=code(body), arguments={"namespace": namespace})
        assert "does not allow it" in preview["summary"]
        assert preview["summary"].endswith(", 1]")
        error = await refused(device, LABEL_ALL, {"namespace": namespace})
    assert error.code is ErrorCode.DENIED
    assert "may not patch configmaps" in error.message
    assert "seen" not in await labels(api, namespace, "one")


async def test_a_tool_that_worked_is_kept_and_used_again(
    cluster: Cluster, namespace: str, device: Device, tmp_path: Path
) -> None:
    await apply(cluster, config(namespace, "one"))
    counts = code('return len(client.list("configmaps", arguments["namespace"], "stage=old"))')
    given = {"goal": "count old ones", "code": counts, "arguments": {"namespace": namespace}, "keep": "count-old"}
    preview = await device.preview("kube.run_tool", **given)
    assert (await device.call("kube.tools"))["tools"] == []
    await device.call("kube.run_tool", **given, preview=preview)
    await apply(cluster, config(namespace, "two"))
    async with kube_device.opened(cluster, tmp_path) as later:
        used = await later.call("kube.use_tool", name="count-old", arguments={"namespace": namespace})
        (kept,) = (await later.call("kube.tools"))["tools"]
    assert used["value"] == 2
    assert kept["sha256"] == used["sha256"]
    assert (kept["goal"], kept["approval"], kept["caller"]) == ("count old ones", "approval-1", "local")
    with pytest.raises(ToolError, match="another tool count-old"):
        await device.write("kube.run_tool", **given | {"code": code("return 0")})


async def test_a_kept_tool_that_was_changed_by_hand_is_not_run(namespace: str, device: Device, tmp_path: Path) -> None:
    await device.write("kube.run_tool", goal="one", code=code("return 1"), keep="gives-one")
    (path,) = (tmp_path / "state" / "tools").glob("*.json")
    path.write_text(path.read_text().replace("return 1", "return 2"))
    with pytest.raises(ToolError, match="not what was approved"):
        await device.call("kube.use_tool", name="gives-one")
    with pytest.raises(ToolError, match="not what was approved"):
        await device.preview("kube.run_tool", name="gives-one")


async def test_a_kept_tool_that_writes_goes_the_way_of_every_write(
    cluster: Cluster, namespace: str, api: Api, device: Device
) -> None:
    await apply(cluster, config(namespace, "one"))
    given = {"goal": "mark", "code": code(LABEL_ALL), "arguments": {"namespace": namespace}, "keep": "mark-old"}
    await device.write("kube.run_tool", **given)
    with pytest.raises(ToolError, match=r"run it with kube\.run_tool"):
        await device.call("kube.use_tool", name="mark-old", arguments={"namespace": namespace})
    await apply(cluster, config(namespace, "two"))
    preview, _ = await device.write("kube.run_tool", name="mark-old", arguments={"namespace": namespace})
    assert [change["object"] for change in preview["changes"]] == [f"ConfigMap {namespace}/two"]
    assert (await labels(api, namespace, "two"))["seen"] == "yes"

"""A model writes a tool for what no skill covers: shown in the approval, run, kept, and used again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from agents.scripted_server import Say
from tests.support.audit_log import AuditLog
from tests.support.kube import Cluster
from tests.support.kube_api import Api
from tests.support.kube_objects import apply
from tests.support.processes import Json
from tests.support.rungs import Servers, World, servers, steps, world

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

CODE = """def tool(client, arguments):
    drifting = []
    for one in client.list("configmaps", arguments["namespace"], "stage=old"):
        if len(one.get("data", {})) > arguments["keys"]:
            name = one["metadata"]["name"]
            drifting.append(name)
            client.propose("kube.label", {"kind": "configmap", "name": name, "namespace": arguments["namespace"],
                                          "set": {arguments["label"]: arguments["value"]}})
    return sorted(drifting)
"""


@dataclass
class Bench:
    world: World
    models: Servers

    def ask(self, text: str, reply: Say, approve: str = "ask") -> Json:
        self.models.script("local", reply)
        return self.world.ask(text, approve=approve)

    def approve(self, view: Json, *, granted: bool = True) -> Json:
        [asked] = view["approvals"]  # type: ignore[misc]
        assert isinstance(asked, dict)
        self.world.post(f"/v1/runs/{view['run']}/approvals/{asked['id']}", {"granted": granted})
        return self.world.wait(str(view["run"]))


@pytest.fixture(scope="module")
def bench(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with servers("local") as models, world(tmp_path_factory.mktemp("tools"), models.rung("local")) as found:
        found.up()
        found.workspace("prod").mkdir(parents=True)
        places = ["--workspace", str(found.workspace("prod")), "--state-dir", str(found.folder / "state" / "prod")]
        config = ["--kubeconfig", str(cluster.kubeconfig), "--url", found.url]
        found.start("device", "kubernetes", "--name", "prod", *config, *places)
        found.online("prod")
        yield Bench(found, models)


def config(namespace: str, name: str, keys: int) -> dict[str, object]:
    metadata = {"namespace": namespace, "name": name, "labels": {"stage": "old"}}
    data = {f"k{number}": "x" for number in range(keys)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def text(namespace: str) -> str:
    return f"zähle in {namespace} die configmaps mit stage=old und mehr als 2 Einträgen und label sie mit seen=yes"


def written(namespace: str, code: str = CODE) -> Say:
    arguments: Json = {
        "goal": "label config maps with many entries",
        "code": code,
        "arguments": {"namespace": namespace, "keys": 2, "label": "seen", "value": "yes", "selector": "stage=old"},
        "keep": "label-large",
    }
    return steps({"id": "tool", "skill": "kube.run_tool", "arguments": arguments, "devices": {"names": ["prod"]}})


async def labelled(api: Api, namespace: str) -> list[str]:
    found = await api.list("ConfigMap", namespace, labelSelector="seen=yes")
    return sorted(one["metadata"]["name"] for one in found)


async def test_a_written_tool_from_request_to_reuse(bench: Bench, cluster: Cluster, namespace: str, api: Api) -> None:
    await apply(cluster, config(namespace, "small", 1), config(namespace, "large", 3))
    view = bench.ask(text(namespace), written(namespace))
    assert view["state"] == "waiting", json.dumps(view)
    assert "client.propose(skill, arguments)" in bench.models.heard("local")
    [asked] = view["approvals"]  # type: ignore[misc]
    shown = json.dumps(asked, ensure_ascii=False)
    for line in CODE.strip().splitlines():
        assert json.dumps(line.strip(), ensure_ascii=False)[1:-1] in shown
    assert f"ConfigMap {namespace}/large" in shown
    assert f"ConfigMap {namespace}/small" not in shown
    assert await labelled(api, namespace) == []

    view = bench.approve(view)
    assert view["state"] == "succeeded", json.dumps(view)
    assert await labelled(api, namespace) == ["large"]

    # Used again, by its name, on other objects: previewed and approved anew.
    await apply(cluster, config(namespace, "later", 4))
    again: Json = {"namespace": namespace, "keys": 2, "label": "seen", "value": "yes", "selector": "stage=old"}
    reuse = steps(
        {
            "id": "tool",
            "skill": "kube.run_tool",
            "arguments": {"name": "label-large", "arguments": again},
            "devices": {"names": ["prod"]},
        }
    )
    view = bench.ask(f"nimm label-large: {text(namespace)}", reuse, approve="all")
    assert view["state"] == "succeeded", json.dumps(view)
    assert await labelled(api, namespace) == ["large", "later"]


async def test_a_denied_tool_writes_nothing_and_is_not_kept(bench: Bench, cluster: Cluster, namespace: str) -> None:
    await apply(cluster, config(namespace, "large", 3))
    mark = AuditLog(cluster.audit_log).mark() if cluster.audit_log else 0
    kept = set((bench.world.folder / "state" / "prod").rglob("tools/*"))
    view = bench.ask(text(namespace), written(namespace, CODE.replace("sorted(drifting)", "drifting")))
    assert view["state"] == "waiting", json.dumps(view)
    view = bench.approve(view, granted=False)
    assert view["state"] in ("failed", "cancelled"), json.dumps(view)
    if cluster.audit_log:
        stored = AuditLog(cluster.audit_log).stored_by_others(mark)
        assert [str(one) for one in stored if one.namespace == namespace] == []
    assert set((bench.world.folder / "state" / "prod").rglob("tools/*")) == kept


async def test_hostile_code_fails_in_words(bench: Bench, cluster: Cluster, namespace: str) -> None:
    await apply(cluster, config(namespace, "large", 3))
    hostile = CODE.replace("    drifting = []", "    drifting = [client.__class__]")
    view = bench.ask(text(namespace), written(namespace, hostile), approve="all")
    assert view["state"] == "failed", json.dumps(view)
    assert "__class__" in json.dumps(view)
    assert "not allowed" in json.dumps(view)

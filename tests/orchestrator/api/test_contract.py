"""The same promises over REST from the application in memory and from the real one, with its store and a device."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from orchestrator.api.testing import FakeApplication
from tests.support.api import served
from tests.support.system import System

Steps = dict[str, dict[str, object]]
FAKE: Steps = {
    "echo": {"skill": "test.echo", "arguments": {"text": "hello"}},
    "write": {"skill": "test.write", "arguments": {"text": "hello"}},
    "hold": {"skill": "test.hold"},
    "fail": {"skill": "test.fail"},
}
REAL: Steps = {
    "echo": {"skill": "test.noop", "arguments": {"value": "hello"}},
    "write": {"skill": "file.write", "arguments": {"path": "a.txt", "text": "hello"}},
    "hold": {"skill": "test.sleep", "arguments": {"seconds": 600}},
    "fail": {"skill": "test.fail"},
}


@dataclass
class World:
    client: httpx2.AsyncClient
    steps: Steps

    async def submit(self, what: str, *, wait: float = 10, approve: str = "ask", **more: object) -> dict[str, object]:
        body = {"plan": {"steps": [{"id": "a", **self.steps[what]}]}, "policy": {"approve": approve}, **more}
        response = await self.client.post(f"/v1/runs?wait={wait}", json=body)
        assert response.status_code == 201, response.text
        view: dict[str, object] = response.json()
        return view

    async def wait(self, run: object) -> dict[str, object]:
        view: dict[str, object] = (await self.client.get(f"/v1/runs/{run}?wait=10")).json()
        return view


@pytest.fixture(params=["memory", pytest.param("real", marks=pytest.mark.slow)])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    if request.param == "memory":
        async with served(FakeApplication()) as running:
            yield World(running.client, FAKE)
        return
    system = System(tmp_path)
    await system.start()
    try:
        await system.device("alpha", test_only=True)
        await system.device("beta")
        async with httpx2.AsyncClient(base_url=system.url, timeout=20) as client:
            yield World(client, REAL)
    finally:
        await system.stop()


async def test_a_run_succeeds_and_its_log_says_how(world: World) -> None:
    view = await world.submit("echo")
    assert view["state"] == "succeeded", view
    log = (await world.client.get(f"/v1/runs/{view['run']}/events")).json()["events"]
    assert [event["seq"] for event in log] == list(range(1, len(log) + 1))
    assert (log[0]["body"]["type"], log[-1]["body"]["type"]) == ("run_submitted", "run_ended")
    headers = {"Accept": "text/event-stream", "Last-Event-ID": "2"}
    async with world.client.stream("GET", f"/v1/runs/{view['run']}/events", headers=headers) as response:
        streamed = [json.loads(entry.data) async for entry in httpx2.EventSource(response) if entry.data]
    assert streamed == log[2:]


async def test_a_key_gives_one_run(world: World) -> None:
    body = {"plan": {"steps": [{"id": "a", **world.steps["echo"]}]}}
    answers = [await world.client.post("/v1/runs", json=body, headers={"Idempotency-Key": "k"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 200, 200]
    assert len({answer.json()["run"] for answer in answers}) == 1
    other = {**body, "policy": {"approve": "all"}}
    conflict = await world.client.post("/v1/runs", json=other, headers={"Idempotency-Key": "k"})
    assert (conflict.status_code, conflict.json()["code"]) == (409, "conflict")


async def test_cancel(world: World) -> None:
    view = await world.submit("hold", wait=0.1)
    assert view["state"] == "running"
    assert (await world.client.post(f"/v1/runs/{view['run']}/cancel")).status_code == 202
    assert (await world.wait(view["run"]))["state"] == "cancelled"
    again = await world.client.post(f"/v1/runs/{view['run']}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "run_ended")


@pytest.mark.parametrize(("granted", "state"), [(True, "succeeded"), (False, "failed")])
async def test_an_approval(world: World, granted: bool, state: str) -> None:
    view = await world.submit("write")
    assert view["state"] == "waiting"
    (approval,) = view["approvals"]  # type: ignore[misc]
    address = f"/v1/runs/{view['run']}/approvals/{approval['id']}"
    assert (await world.client.post(address, json={"granted": granted})).status_code == 200
    ended = await world.wait(view["run"])
    assert ended["state"] == state
    assert (await world.client.post(address, json={"granted": granted})).status_code == 409


async def test_a_policy_denies(world: World) -> None:
    view = await world.submit("write", approve="none")
    assert (view["state"], view["error"]["code"]) == ("failed", "denied")  # type: ignore[index]


async def test_retry(world: World) -> None:
    view = await world.submit("fail")
    assert (view["state"], view["error"]["code"]) == ("failed", "task_failed")  # type: ignore[index]
    assert (await world.client.post(f"/v1/runs/{view['run']}/retry")).status_code == 202
    again = await world.wait(view["run"])
    assert again["tasks"][0]["attempt"] == 2  # type: ignore[index]
    good = await world.submit("echo")
    refused = await world.client.post(f"/v1/runs/{good['run']}/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_retry")


async def test_edit_and_undo(world: World) -> None:
    view = await world.submit("hold", wait=0.1)
    path = f"/v1/runs/{view['run']}"
    task = {"id": "later", "depends_on": [{"task": "a"}], **world.steps["echo"]}
    batch = {"base": 1, "edits": [{"op": "add_task", "task": task}]}
    assert (await world.client.post(f"{path}/edits", json=batch, headers={"If-Match": '"9"'})).status_code == 412
    assert (await world.client.post(f"{path}/edits", json=batch, headers={"If-Match": '"1"'})).status_code == 200
    stale = await world.client.post(f"{path}/edits", json=batch)
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    undone = await world.client.post(f"{path}/undo", json={"version": 2})
    assert (undone.status_code, undone.json()["version"]) == (200, 3)
    await world.client.post(f"{path}/cancel")


async def test_a_plan_that_does_not_compile_is_refused(world: World) -> None:
    body = {"plan": {"steps": [{"id": "a", "skill": "no.such"}]}}
    response = await world.client.post("/v1/runs", json=body)
    assert (response.status_code, response.json()["code"]) == (422, "bad_request")


async def test_pages_of_runs(world: World) -> None:
    made = [(await world.submit("echo"))["run"] for _ in range(3)]
    first = (await world.client.get("/v1/runs?limit=2")).json()
    second = (await world.client.get(f"/v1/runs?limit=2&cursor={first['next']}")).json()
    assert [item["run"] for item in first["runs"] + second["runs"]] == made[::-1]


@pytest.mark.parametrize(
    "path", ["", "/graph", "/timeline", "/events", "/artifacts", "/tasks/a/explain", "/tasks/a/log"]
)
async def test_what_is_not_there(world: World, path: str) -> None:
    response = await world.client.get(f"/v1/runs/r404{path}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


async def test_devices_and_skills(world: World) -> None:
    devices = (await world.client.get("/v1/devices")).json()["devices"]
    assert [(device["name"], device["online"]) for device in devices] == [("alpha", True), ("beta", True)]
    assert (await world.client.get("/v1/devices/alpha")).json()["kind"] == "server"
    skills = (await world.client.get("/v1/skills")).json()["skills"]
    assert world.steps["echo"]["skill"] in [skill["name"] for skill in skills]
    assert (await world.client.get("/readyz")).json() == {"ready": True, "problems": []}
    assert "asterism_devices_online 2.0" in (await world.client.get("/metrics")).text


async def test_tokens_close_the_door(world: World) -> None:
    admin = (await world.client.post("/v1/tokens", json={"role": "admin"})).json()["token"]
    assert (await world.client.get("/v1/runs")).status_code == 401
    headers = {"Authorization": f"Bearer {admin}"}
    viewer = (await world.client.post("/v1/tokens", json={"role": "viewer"}, headers=headers)).json()
    seen = {"Authorization": f"Bearer {viewer['token']}"}
    assert (await world.client.get("/v1/runs", headers=seen)).status_code == 200
    assert (await world.client.post("/v1/runs", json={"text": "x"}, headers=seen)).status_code == 403
    revoked = await world.client.delete(f"/v1/tokens/{viewer['record']['id']}", headers=headers)
    assert revoked.status_code == 204
    assert (await world.client.get("/v1/runs", headers=seen)).status_code == 401

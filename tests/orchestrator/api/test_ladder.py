"""The ladder over REST: from the application in memory, and from the real one over its store."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from agents.checks import sound
from agents.embedded.planner import EmbeddedPlanner
from agents.scripted_server import Say, ScriptedModelServer
from agents.supervisor import LeadingSupervisor
from orchestrator.api.testing import FakeApplication
from orchestrator.app import Asterism
from orchestrator.core.plan import Proposal
from orchestrator.core.ports import PlanningContext
from orchestrator.core.requests import Request
from orchestrator.settings import Settings, SettingsProblem
from storage.memory import MemoryStore
from tests.support.api import served
from tests.support.ladder import NO, cloud, embedded
from tests.support.system import running


def settings(folder: Path, **more: object) -> Settings:
    return Settings.model_validate({"data_dir": folder, "database": "memory", "port": 0, **more})


@contextlib.asynccontextmanager
async def real(app: Asterism) -> AsyncIterator[httpx2.AsyncClient]:
    await app.start()
    try:
        async with served(app) as face:
            yield face.client
    finally:
        await app.stop()


@pytest_asyncio.fixture
async def scripted(tmp_path: Path) -> AsyncIterator[tuple[httpx2.AsyncClient, Asterism]]:
    leader = LeadingSupervisor([embedded(NO), cloud(NO)], checkpoints=None, check=sound)
    app = Asterism(settings(tmp_path), store=MemoryStore(), supervisor=leader)
    async with real(app) as client:
        yield client, app


async def test_rungs_in_order_and_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "sk-a-key-that-nobody-may-see")
    far = {"base_url": "https://models.example/v1", "tier": "cloud", "api_key_env": "SOME_KEY"}
    models = [
        {"name": "llama", "base_url": "http://127.0.0.1:9/v1", "model": "tiny"},
        {"name": "gpt", "model": "big", **far},
    ]
    async with real(Asterism(settings(tmp_path, models=models), store=MemoryStore())) as client:
        answer = await client.get("/v1/ladder")
    assert [(one["rung"], one["tier"], one["host"], one["breaker"]) for one in answer.json()["rungs"]] == [
        ("embedded", "embedded", "", ""),
        ("llama", "local", "127.0.0.1:9", "closed"),
        ("gpt", "cloud", "models.example", "closed"),
    ]
    assert "SOME_KEY" not in answer.text
    assert "nobody-may-see" not in answer.text


async def test_a_probe_asks_the_server_and_is_remembered(tmp_path: Path) -> None:
    async with ScriptedModelServer(Say("no JSON"), refuses=("json_schema",)) as server:
        model = {"name": "llama", "base_url": server.base_url, "model": "scripted"}
        async with real(Asterism(settings(tmp_path, models=[model]), store=MemoryStore())) as client:
            before = (await client.get("/v1/ladder")).json()["rungs"][1]
            assert (before["capabilities"], before["probed"], server.requests) == (None, None, [])
            probed = (await client.post("/v1/ladder/llama/probe")).json()
            after = (await client.get("/v1/ladder")).json()["rungs"][1]
    assert probed["capabilities"]["listed"] is True
    assert not probed["capabilities"]["json_schema"]
    assert after["capabilities"] == probed["capabilities"]
    assert after["last_used"] is None, "a probe is no use of the rung"


async def test_a_rung_that_is_switched_off_is_never_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, plan = [], EmbeddedPlanner.plan

    async def noted(self: EmbeddedPlanner, request: Request, context: PlanningContext) -> Proposal:
        asked.append(request.text)
        return await plan(self, request, context)

    monkeypatch.setattr(EmbeddedPlanner, "plan", noted)
    async with ScriptedModelServer(Say("no JSON")) as server:
        models = [
            {"name": "local-model", "base_url": server.base_url, "model": "scripted", "probe": False},
            {"name": "far", "base_url": "https://models.example/v1", "model": "big", "tier": "cloud"},
        ]
        app = Asterism(settings(tmp_path, models=models, rungs=["local-model"]), store=MemoryStore())
        async with real(app) as client:
            run, _ = await app.submit(Request(text="show the free disk space"))
            view = await app.wait(run, 20)
            listed = (await client.get("/v1/ladder")).json()["rungs"]
            probed = await client.post("/v1/ladder/far/probe")
    assert (view.state, {one.rung for one in view.rungs}, asked) == ("failed", {"local-model"}, [])
    assert server.requests
    assert [(one["rung"], one.get("switched_off", False), one["host"]) for one in listed[1:]] == [
        ("embedded", True, ""),
        ("far", True, "models.example"),
    ]
    assert (listed[0]["rung"], "switched_off" in listed[0]) == ("local-model", False)
    assert (probed.status_code, probed.json()["code"]) == (422, "bad_request")


async def test_a_probe_of_a_server_that_is_away(tmp_path: Path) -> None:
    model = {"name": "llama", "base_url": "http://127.0.0.1:9/v1", "model": "tiny"}
    async with real(Asterism(settings(tmp_path, models=[model]), store=MemoryStore())) as client:
        answer = await client.post("/v1/ladder/llama/probe")
        assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
        await client.post("/v1/ladder/llama/probe")
        assert (await client.get("/v1/ladder")).json()["rungs"][1]["breaker"] == "open"


async def test_the_report_of_real_runs(scripted: tuple[httpx2.AsyncClient, Asterism]) -> None:
    client, app = scripted
    run, _ = await app.submit(Request(text="list the files on nowhere"))
    view = await app.wait(run, 20)
    assert view.state == "failed"
    one = (await client.get(f"/v1/runs/{run}/ladder")).json()
    over = (await client.get("/v1/ladder/report")).json()
    assert (one["run"], over["run"]) == (run, None)
    assert (one["runs"]["failed"], over["runs"]["failed"], over["energy_estimate"]["profile"]) == (1, 1, "default")
    assert over["cloud_calls_avoided"] == 0, "there is a cloud rung, and nothing was planned"
    later = (await client.get("/v1/ladder/report", params={"since": view.created + 1})).json()
    assert later["runs"]["asked"] == 0
    used = {one["rung"]: one["last_used"] for one in (await client.get("/v1/ladder")).json()["rungs"]}
    assert used["embedded"] == pytest.approx(view.created, abs=60)


async def test_what_is_not_there(scripted: tuple[httpx2.AsyncClient, Asterism]) -> None:
    client, _ = scripted
    for answer, code in (
        (await client.get("/v1/runs/r404/ladder"), "not_found"),
        (await client.post("/v1/ladder/nobody/probe"), "not_found"),
        (await client.post("/v1/ladder/embedded/probe"), "bad_request"),
    ):
        assert answer.json()["code"] == code


def test_an_energy_profile_that_cannot_be_read_is_a_setting_to_mend(tmp_path: Path) -> None:
    with pytest.raises(SettingsProblem, match="energy_profile"):
        Asterism(settings(tmp_path, energy_profile=tmp_path / "none.toml"), store=MemoryStore())


@pytest.mark.parametrize(
    "query", ["since=-1", "since=nan", "until=x", "since=5&until=5", "since=inf", "since=1e300"], ids=str
)
async def test_spans_that_are_none(query: str) -> None:
    async with served(FakeApplication()) as face:
        answer = await face.client.get(f"/v1/ladder/report?{query}")
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_request")


async def test_a_viewer_may_look_and_not_probe() -> None:
    app = FakeApplication()
    token, _ = await app.create_token("viewer")
    headers = {"Authorization": f"Bearer {token}"}
    async with served(app) as face:
        looked = await face.client.get("/v1/ladder", headers=headers)
        probed = await face.client.post("/v1/ladder/script/probe", headers=headers)
    assert (looked.status_code, probed.status_code) == (200, 403)


@pytest.mark.slow
async def test_requests_that_a_real_device_answered(tmp_path: Path) -> None:
    """Planned by the embedded rung, done by an agent over its socket: all of it at home, by the record."""
    async with running(tmp_path, "alpha") as system:
        done = await system.ask("how much free disk space does alpha have?")
        refused = await system.ask("book me a flight to Lisbon")
        async with httpx2.AsyncClient(base_url=system.url, timeout=20) as client:
            report = (await client.get("/v1/ladder/report")).json()
            events = (await client.get(f"/v1/runs/{done.run}/events")).json()["events"]
    assert (done.state, refused.state) == ("succeeded", "failed")
    assert (report["runs"]["asked"], report["runs"]["planned"], report["runs_at_home"]["share"]) == (2, 1, 1.0)
    assert (report["bytes_out"], report["cost"]["per_success_usd"], report["cloud_calls_avoided"]) == ({}, 0.0, None)
    at = {event["body"]["type"]: event["at"] for event in reversed(events)}
    assert report["first_action"]["p50"] == at["task_dispatched"] - at["run_submitted"]
    (rung,) = report["rungs"]
    assert (rung["rung"], rung["tries"], rung["accepted"]) == ("embedded", 2, 1)
    assert report["energy_estimate"]["joules"] == pytest.approx(rung["seconds"] * 15.0)

"""The ladder over REST: from the application in memory, and from the real one over its store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from agents.checks import sound
from agents.supervisor import LeadingSupervisor
from orchestrator.api.testing import FakeApplication
from orchestrator.app import Asterism
from orchestrator.core.requests import Request
from orchestrator.settings import Settings, SettingsProblem
from storage.memory import MemoryStore
from tests.support.api import served
from tests.support.ladder import NO, cloud, embedded

MODELS = (
    {"name": "llama", "base_url": "http://127.0.0.1:9/v1", "model": "tiny"},
    {"name": "gpt", "base_url": "https://models.example/v1", "model": "big", "tier": "cloud", "api_key_env": "NO_KEY"},
)


def settings(folder: Path, **more: object) -> Settings:
    return Settings.model_validate({"data_dir": folder, "database": "memory", "models": MODELS, "port": 0, **more})


@pytest_asyncio.fixture
async def real(tmp_path: Path) -> AsyncIterator[tuple[httpx2.AsyncClient, Asterism]]:
    leader = LeadingSupervisor([embedded(NO), cloud(NO)], checkpoints=None, check=sound)
    app = Asterism(settings(tmp_path), store=MemoryStore(), supervisor=leader)
    await app.start()
    try:
        async with served(app) as running:
            yield running.client, app
    finally:
        await app.stop()


async def test_rungs_in_order_and_no_key(real: tuple[httpx2.AsyncClient, Asterism]) -> None:
    client, _ = real
    answer = await client.get("/v1/ladder")
    rungs = answer.json()["rungs"]
    assert [(one["rung"], one["tier"], one["host"]) for one in rungs] == [
        ("embedded", "embedded", ""),
        ("llama", "local", "127.0.0.1:9"),
        ("gpt", "cloud", "models.example"),
    ]
    assert "NO_KEY" not in answer.text


async def test_the_report_of_real_runs(real: tuple[httpx2.AsyncClient, Asterism]) -> None:
    client, app = real
    run, _ = await app.submit(Request(text="list the files on nowhere"))
    view = await app.wait(run, 20)
    assert view.state == "failed"
    one = (await client.get(f"/v1/runs/{run}/ladder")).json()
    over = (await client.get("/v1/ladder/report")).json()
    assert (one["run"], over["run"]) == (run, None)
    assert (one["runs"]["failed"], over["runs"]["failed"], over["energy_estimate"]["profile"]) == (1, 1, "default")
    assert over["cloud_calls_avoided"] == 0, "a cloud rung is configured, and nothing was planned"
    later = (await client.get("/v1/ladder/report", params={"since": view.created + 1})).json()
    assert later["runs"]["asked"] == 0
    used = {one["rung"]: one["last_used"] for one in (await client.get("/v1/ladder")).json()["rungs"]}
    assert used["llama"] is None


async def test_what_is_not_there(real: tuple[httpx2.AsyncClient, Asterism]) -> None:
    client, _ = real
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
    async with served(FakeApplication()) as running:
        answer = await running.client.get(f"/v1/ladder/report?{query}")
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_request")


async def test_a_viewer_may_look_and_not_probe() -> None:
    app = FakeApplication()
    token, _ = await app.create_token("viewer")
    headers = {"Authorization": f"Bearer {token}"}
    async with served(app) as running:
        looked = await running.client.get("/v1/ladder", headers=headers)
        probed = await running.client.post("/v1/ladder/script/probe", headers=headers)
    assert (looked.status_code, probed.status_code) == (200, 403)

"""Failpoints over REST."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from orchestrator.api.testing import FakeApplication
from tests.support.api import Served, served


@pytest.fixture
def app() -> FakeApplication:
    return FakeApplication()


@pytest.fixture
async def api(app: FakeApplication) -> AsyncIterator[Served]:
    async with served(app) as running:
        yield running


async def test_without_a_token_they_are_shown_and_stay_off(api: Served) -> None:
    shown = (await api.client.get("/v1/faults")).json()
    assert (shown["allowed"], shown["deadly"], shown["enabled"]) == (False, False, [])
    assert "uncertain" in shown["points"]["store.write"]
    refused = await api.client.put("/v1/faults/store.write", json={"mode": "busy"})
    assert (refused.status_code, refused.json()["code"]) == (403, "faults_off")
    assert "--faults" in refused.json()["detail"]


async def test_an_admin_turns_one_on_and_off(api: Served, app: FakeApplication) -> None:
    token, _ = await app.create_token("admin", name="anna")
    headers = {"Authorization": f"Bearer {token}"}
    answer = await api.client.put("/v1/faults/store.write", json={"mode": "busy", "count": 3}, headers=headers)
    assert answer.status_code == 200, answer.text
    (on,) = answer.json()["enabled"]
    assert (on["point"], on["rule"]["count"], on["fired"]) == ("store.write", 3, 0)
    assert (await api.client.delete("/v1/faults/store.write", headers=headers)).status_code == 204
    await api.client.put("/v1/faults/model", json={"mode": "refuse"}, headers=headers)
    assert (await api.client.delete("/v1/faults", headers=headers)).json()["enabled"] == []


@pytest.mark.parametrize(
    ("point", "body", "status", "code"),
    [
        ("nowhere", {"mode": "busy"}, 404, "not_found"),
        ("model", {"mode": "drop"}, 422, "bad_request"),
        ("model", {"mode": "refuse", "seconds": 1e9}, 422, "bad_request"),
        ("model", {"mode": "explode"}, 422, "bad_request"),
        ("store.write", {"mode": "crash_after"}, 403, "faults_off"),
    ],
)
async def test_what_is_refused(
    api: Served, app: FakeApplication, point: str, body: dict[str, object], status: int, code: str
) -> None:
    token, _ = await app.create_token("admin")
    headers = {"Authorization": f"Bearer {token}"}
    answer = await api.client.put(f"/v1/faults/{point}", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert (await api.client.get("/v1/faults", headers=headers)).json()["enabled"] == []

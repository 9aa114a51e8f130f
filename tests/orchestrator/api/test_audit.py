"""Every route that changes something says so on record: who, as what, when, what, to what, by which request."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from fastapi.routing import APIRoute

from orchestrator.api.rest import build_rest
from orchestrator.api.routing import DOES
from orchestrator.api.testing import FakeApplication
from tests.support.api import Served, served

CHANGES_NOTHING = {"/v1/ladder/{rung}/probe"}


@pytest.fixture
def app() -> FakeApplication:
    return FakeApplication()


@pytest.fixture
async def api(app: FakeApplication) -> AsyncIterator[Served]:
    async with served(app) as running:
        yield running


def did(app: FakeApplication) -> list[tuple[str, str]]:
    return [(one.entry.action, one.entry.object) for one in app.noted]


def test_every_route_that_changes_something_has_a_name_for_it() -> None:
    routes = [route for route in build_rest(FakeApplication()).state.routes if isinstance(route, APIRoute)]
    for route in routes:
        changes = "GET" not in (route.methods or ()) and route.path not in CHANGES_NOTHING
        assert bool((route.openapi_extra or {}).get(DOES)) == changes, route.path


async def test_who_did_what_is_on_record_with_the_requests_id(api: Served, app: FakeApplication) -> None:
    token = (await api.client.post("/v1/tokens", json={"role": "admin", "name": "anna"})).json()
    headers = {"authorization": f"Bearer {token['token']}", "x-request-id": "q-7"}
    answer = await api.client.post("/v1/runs", json={"text": "write x", "policy": {"approve": "ask"}}, headers=headers)
    run, id = answer.json()["run"], token["record"]["id"]
    assert answer.headers["x-request-id"] == "q-7"
    (asked,) = (await api.client.get(f"/v1/runs/{run}", headers=headers)).json()["approvals"]
    await api.client.post(f"/v1/runs/{run}/approvals/{asked['id']}", json={"granted": False}, headers=headers)
    made, submitted, decided = (one.entry for one in app.noted)
    assert (made.action, made.object, made.actor, made.role) == ("token.create", id, "local", "admin")
    assert (submitted.actor, submitted.token, submitted.request) == ("anna", id, "q-7")
    assert (submitted.action, submitted.object) == ("run.submit", run)
    assert (decided.action, decided.object, decided.detail) == (
        "approval.decide",
        f"{run}/{asked['id']}",
        {"granted": False},
    )
    listed = (await api.client.get("/v1/audit?limit=2", headers=headers)).json()
    assert [one["seq"] for one in listed["entries"]] == [3, 2]
    rest = (await api.client.get(f"/v1/audit?cursor={listed['next']}", headers=headers)).json()
    assert ([one["seq"] for one in rest["entries"]], rest["next"]) == ([1], None)


async def test_what_was_refused_or_changed_nothing_is_not_there(api: Served, app: FakeApplication) -> None:
    await api.client.post("/v1/runs/r404/cancel")
    await api.client.post("/v1/runs", json={})
    for _ in range(2):
        await api.client.post("/v1/runs", json={"text": "echo x"}, headers={"idempotency-key": "k"})
    assert did(app) == [("run.submit", "r1")]


@pytest.mark.parametrize("given", [b"", b"a b", b"x" * 65, b"\xfc"])
async def test_an_id_that_does_not_fit_a_log_is_replaced(api: Served, given: bytes) -> None:
    answer = await api.client.get("/livez", headers=[(b"x-request-id", given)])
    assert len(answer.headers["x-request-id"]) == 16

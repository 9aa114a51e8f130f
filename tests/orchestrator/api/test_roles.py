"""Who may do what, over every route; and what is refused before anybody is asked who they are."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import cast

import pytest
import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from orchestrator.api.callers import is_loopback
from orchestrator.api.rest import build_rest
from orchestrator.api.routing import RIGHT
from orchestrator.api.testing import FakeApplication
from orchestrator.core.application import Role
from tests.support.api import Served, raw, served

RANK = {"device": 0, "viewer": 1, "operator": 2, "admin": 3}
RIGHTS = {
    ("POST", "/v1/runs"): "operator",
    ("GET", "/v1/runs"): "viewer",
    ("GET", "/v1/runs/{run}"): "viewer",
    ("GET", "/v1/runs/{run}/graph"): "viewer",
    ("GET", "/v1/runs/{run}/timeline"): "viewer",
    ("POST", "/v1/runs/{run}/edits"): "operator",
    ("POST", "/v1/runs/{run}/undo"): "operator",
    ("POST", "/v1/runs/{run}/cancel"): "operator",
    ("POST", "/v1/runs/{run}/retry"): "operator",
    ("POST", "/v1/runs/{run}/approvals/{approval}"): "operator",
    ("POST", "/v1/runs/{run}/approvals/{approval}/arguments"): "operator",
    ("POST", "/v1/runs/{run}/answers"): "operator",
    ("GET", "/v1/runs/{run}/tasks/{task}/explain"): "viewer",
    ("GET", "/v1/runs/{run}/tasks/{task}/log"): "viewer",
    ("GET", "/v1/runs/{run}/events"): "viewer",
    ("GET", "/v1/changes"): "viewer",
    ("GET", "/v1/audit"): "admin",
    ("GET", "/v1/audit/verdict"): "admin",
    ("GET", "/v1/models"): "viewer",
    ("GET", "/v1/models/{model}"): "viewer",
    ("POST", "/v1/chat/completions"): "operator",
    ("GET", "/v1/devices"): "viewer",
    ("GET", "/v1/devices/{name}"): "viewer",
    ("DELETE", "/v1/devices/{name}"): "admin",
    ("POST", "/v1/devices/{name}/drain"): "admin",
    ("GET", "/v1/skills"): "viewer",
    ("GET", "/v1/runs/{run}/artifacts"): "viewer",
    ("GET", "/v1/runs/{run}/artifacts/{sha256}"): "viewer",
    ("GET", "/v1/ladder"): "viewer",
    ("GET", "/v1/ladder/report"): "viewer",
    ("GET", "/v1/runs/{run}/ladder"): "viewer",
    ("POST", "/v1/ladder/{rung}/probe"): "operator",
    ("GET", "/v1/egress"): "viewer",
    ("GET", "/v1/runs/{run}/egress"): "viewer",
    ("GET", "/v1/whoami"): "viewer",
    ("GET", "/v1/tokens"): "admin",
    ("POST", "/v1/tokens"): "admin",
    ("DELETE", "/v1/tokens/{id}"): "admin",
    ("GET", "/v1/faults"): "admin",
    ("DELETE", "/v1/faults"): "admin",
    ("PUT", "/v1/faults/{point}"): "admin",
    ("DELETE", "/v1/faults/{point}"): "admin",
    ("GET", "/livez"): "viewer",
    ("GET", "/readyz"): "viewer",
    ("GET", "/metrics"): "viewer",
    ("POST", "/v1/prune"): "admin",
    ("GET", "/v1/webhooks"): "admin",
    ("GET", "/v1/webhooks/deliveries"): "admin",
    ("POST", "/v1/webhooks/test"): "admin",
    ("POST", "/v1/webhooks/deliveries/{id}/retry"): "admin",
    ("DELETE", "/v1/webhooks/deliveries/{id}"): "admin",
}


def routes() -> list[tuple[str, str, str]]:
    """(method, path, role) of every route."""
    return [
        (method.upper(), path, operation[RIGHT])
        for path, operations in build_rest(FakeApplication()).openapi()["paths"].items()
        for method, operation in operations.items()
    ]


def test_every_route_has_its_right_in_the_table() -> None:
    """A new route fails here until somebody has said who may use it."""
    assert {(method, path): role for method, path, role in routes()} == RIGHTS


@pytest.fixture
def app() -> FakeApplication:
    return FakeApplication()


@pytest.fixture
async def api(app: FakeApplication) -> AsyncIterator[Served]:
    async with served(app) as running:
        yield running


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


OPEN = {"/livez", "/readyz"}
CALLERS = ("nobody", "local", "device", "viewer", "operator", "admin", "expired", "revoked")


async def headers_of(app: FakeApplication, caller: str) -> dict[str, str]:
    """What a caller shows. `local` is this machine while no token is configured, `nobody` shows none where one is."""
    if caller == "local":
        return {}
    await app.create_token("admin")
    if caller == "nobody":
        return {}
    token, record = await app.create_token(
        cast(Role, caller) if caller in RANK else "admin", expires_in_s=1e-6 if caller == "expired" else None
    )
    if caller == "revoked":
        await app.revoke_token(record.id)
    return bearer(token)


def expected(caller: str, path: str, right: str) -> tuple[int, str] | None:
    """How a request is refused for want of a right; None where it is not."""
    if path in OPEN or caller == "local":
        return None
    if caller not in RANK:
        return (401, "unauthenticated")
    return None if RANK[caller] >= RANK[right] else (403, "forbidden")


@pytest.mark.parametrize("caller", CALLERS)
async def test_matrix(api: Served, app: FakeApplication, caller: str) -> None:
    headers = await headers_of(app, caller)
    for (method, path), right in RIGHTS.items():
        address = path.replace("{", "").replace("}", "").replace("sha256", "0" * 64)
        response = await api.client.request(method, address, headers=headers)
        refused = expected(caller, path, right)
        if refused is None:
            assert response.status_code not in (401, 403, 500), (method, path, response.text)
        else:
            assert (response.status_code, response.json()["code"]) == refused, (method, path)


@pytest.mark.parametrize("caller", CALLERS[2:])
async def test_who_asks_is_told(api: Served, app: FakeApplication, caller: str) -> None:
    response = await api.client.get("/v1/whoami", headers=await headers_of(app, caller))
    assert response.json().get("role") == (caller if caller in ("viewer", "operator", "admin") else None)


async def test_without_or_with_a_wrong_token_nothing_is_served(api: Served, app: FakeApplication) -> None:
    token, record = await app.create_token("admin")
    wrong = token[:-1] + ("0" if token[-1] != "0" else "1")
    for headers in ({}, bearer(wrong), {"Authorization": f"Basic {token}"}, {"Authorization": token}):
        for method, path in (("GET", "/v1/runs"), ("POST", "/v1/runs"), ("GET", "/v1/nothing"), ("GET", "/metrics")):
            response = await api.client.request(method, path, headers=headers)
            assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
            assert response.headers["www-authenticate"] == "Bearer"
    assert (await api.client.get("/v1/runs", headers=bearer(token))).status_code == 200
    assert (await api.client.get("/livez")).status_code == 200
    await app.revoke_token(record.id)
    assert (await api.client.get("/v1/runs", headers=bearer(token))).status_code == 401


async def test_an_expired_token_is_none(api: Served, app: FakeApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    token, _ = await app.create_token("viewer", expires_in_s=60)
    assert (await api.client.get("/v1/runs", headers=bearer(token))).status_code == 200
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    assert (await api.client.get("/v1/runs", headers=bearer(token))).status_code == 401


async def test_tokens_are_shown_once(api: Served) -> None:
    first = await api.client.post("/v1/tokens", json={"role": "admin", "name": "me"})
    assert first.status_code == 201
    token = first.json()["token"]
    assert first.headers["cache-control"] == "no-store"
    listed = await api.client.get("/v1/tokens", headers=bearer(token))
    assert listed.json()["tokens"][0]["name"] == "me"
    assert token not in listed.text
    assert "verifier" not in listed.text


async def test_nobody_locks_themselves_out(api: Served) -> None:
    refused = await api.client.post("/v1/tokens", json={"role": "device"})
    assert (refused.status_code, refused.json()["code"]) == (409, "first_token_must_be_admin")
    made = (await api.client.post("/v1/tokens", json={"role": "admin"})).json()
    headers = bearer(made["token"])
    assert (await api.client.post("/v1/tokens", json={"role": "device"}, headers=headers)).status_code == 201
    last = await api.client.delete(f"/v1/tokens/{made['record']['id']}", headers=headers)
    assert (last.status_code, last.json()["code"]) == (409, "last_admin_token")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8460", "127.0.0.1.evil.example", "", "[::"])
async def test_a_name_that_was_bent_to_this_machine_is_refused(api: Served, host: str) -> None:
    answer = await raw(api.port, f"GET /v1/runs HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b'"host_not_allowed"' in answer


@pytest.mark.parametrize("host", ["localhost:1", "LOCALHOST", "127.0.0.1", "127.8.8.8:80", "[::1]:8460"])
async def test_loopback_names_are_served(api: Served, host: str) -> None:
    assert (await api.client.get("/v1/runs", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
async def test_without_a_token_a_proxy_does_not_make_others_local(api: Served, name: str) -> None:
    response = await api.client.get("/v1/runs", headers={name: "203.0.113.9"})
    assert (response.status_code, response.json()["code"]) == (403, "loopback_only")


@pytest.mark.parametrize("client", ["203.0.113.9", "10.0.0.1", "::ffff:203.0.113.9", "fe80::1", "nonsense"])
def test_other_machines_are_not_loopback(client: str) -> None:
    assert not is_loopback(client)


@pytest.mark.parametrize("client", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "localhost."])
def test_this_machine_is_loopback(client: str) -> None:
    assert is_loopback(client)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_another_sites_page_changes_nothing(api: Served, headers: dict[str, str]) -> None:
    response = await api.client.post("/v1/runs", json={"text": "echo"}, headers=headers)
    assert (response.status_code, response.json()["code"]) == (403, "cross_site")
    assert (await api.client.get("/v1/runs")).json()["runs"] == []


async def test_our_own_page_may(api: Served) -> None:
    response = await api.client.post("/v1/runs", json={"text": "echo"}, headers={"Origin": api.url})
    assert response.status_code == 201


async def test_devices_reach_the_gateway(api: Served) -> None:
    async with connect(f"ws://127.0.0.1:{api.port}/v1/agent") as socket:
        await socket.wait_closed()
    assert socket.close_code == 1000


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v1/other", {}, 404),
        ("/v1/agent", {"Origin": "https://evil.example"}, 403),
        ("/v1/agent", {"X-Forwarded-For": "203.0.113.9"}, 403),
    ],
)
async def test_what_is_no_device_does_not(api: Served, path: str, headers: dict[str, str], status: int) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://127.0.0.1:{api.port}{path}", additional_headers=headers)
    assert refused.value.response.status_code == status
    assert b'"code"' in (refused.value.response.body or b"")


async def test_what_admins_do_is_noted_with_their_name_and_no_secret(api: Served, app: FakeApplication) -> None:
    token, record = await app.create_token("admin")
    _, other = await app.create_token("viewer")
    with structlog.testing.capture_logs() as lines:
        await api.client.delete(f"/v1/tokens/{other.id}", headers=bearer(token))
        await api.client.get("/v1/tokens", headers=bearer(token))
        await api.client.delete("/v1/tokens/nothing", headers=bearer(token))
    [line] = [line for line in lines if line["event"] == "an admin's request"]
    assert (line["method"], line["path"], line["token"]) == ("DELETE", f"/v1/tokens/{other.id}", record.id)
    assert token not in str(lines)

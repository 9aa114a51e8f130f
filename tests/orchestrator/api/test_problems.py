"""Every error is problem+json with a stable code, whatever was sent."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator

import httpx2
import pytest

from orchestrator.api import gate, http
from orchestrator.api.testing import FakeApplication
from orchestrator.core.ports import StoreError
from tests.support.api import Served, raw, served

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def app() -> FakeApplication:
    return FakeApplication()


@pytest.fixture
async def api(app: FakeApplication) -> AsyncIterator[Served]:
    async with served(app) as running:
        yield running


def check(response: httpx2.Response, status: int, code: str) -> dict[str, object]:
    problem: dict[str, object] = response.json()
    assert (response.status_code, problem["code"]) == (status, code), response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["status"] == status
    assert problem["type"] == f"urn:asterism:error:{code}"
    assert problem["title"]
    assert str(problem["detail"]).endswith((".", "`", "?", "]")) or problem["detail"]
    assert "Traceback" not in response.text
    return problem


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/v1/runs/", 404, "not_found"),
        ("GET", "/v1/runs/r404", 404, "not_found"),
        ("GET", "/v1/runs/r404/graph", 404, "not_found"),
        ("GET", "/v1/runs/r404/events", 404, "not_found"),
        ("GET", "/v1/runs/..%2f..%2fetc", 404, "not_found"),
        ("GET", "/v1/devices/gamma", 404, "not_found"),
        ("DELETE", "/v1/tokens/t404", 404, "not_found"),
        ("POST", "/v1/runs/r404/cancel", 404, "not_found"),
        ("POST", "/v1/runs/r404/retry", 404, "not_found"),
        ("POST", "/v1/devices/gamma/drain", 404, "not_found"),
        ("PUT", "/v1/runs", 405, "method_not_allowed"),
        ("DELETE", "/v1/runs/r1", 405, "method_not_allowed"),
        ("GET", "/v1/runs?limit=0", 422, "bad_request"),
        ("GET", "/v1/runs?limit=many", 422, "bad_request"),
        ("GET", "/v1/runs?status=sleeping", 422, "bad_request"),
        ("GET", "/v1/runs?cursor=%21%21", 400, "bad_cursor"),
        ("GET", "/v1/runs?cursor=bmFu", 400, "bad_cursor"),
        ("GET", "/v1/runs/%20", 422, "bad_request"),
        ("GET", "/v1/runs/a%00b", 422, "bad_request"),
        ("GET", "/v1/runs?token=ast_x_0123456789abcdef", 400, "token_in_url"),
        ("GET", "/v1/runs?%74oken=x", 400, "token_in_url"),
        ("GET", "/v1/runs?limit=1&q=ast_x_0123456789abcdef", 400, "token_in_url"),
        ("GET", "/v1/runs/ast%5Fx_0123456789abcdef", 400, "token_in_url"),
        ("GET", "/v1/runs?" + "a" * gate.URI_BYTES, 414, "uri_too_long"),
        ("GET", "/v1/agent", 404, "not_found"),
    ],
)
async def test_addresses(api: Served, method: str, path: str, status: int, code: str) -> None:
    check(await api.client.request(method, path), status, code)


async def test_a_parameter_that_no_route_knows_is_told_by_its_name(api: Served) -> None:
    paths: dict[str, dict[str, object]] = (await api.client.get("/openapi.json")).json()["paths"]
    asked = [(method, re.sub(r"{\w+}", "x", path)) for path, methods in paths.items() for method in methods]
    assert len(asked) > 30
    for method, path in asked:
        response = await api.client.request(method, f"{path}?lmit=1&lmit=2&x=")
        assert (response.status_code, "'lmit'" in response.text) == (422, True), (method, path, response.text)
    problem = check(await api.client.get("/v1/runs?limit=1&statsu=running"), 422, "bad_request")
    assert problem["errors"] == [{"field": "statsu", "message": "no such parameter"}]
    assert str(problem["detail"]).endswith("it takes cursor, limit, status.")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "bad_request"),
        (b"{", 400, "bad_json"),
        (b"\x00\xff\xfe", 400, "bad_json"),
        (b'{"text": "\xff"}', 400, "bad_json"),
        (b'{"text": NaN}', 400, "bad_json"),
        (b'{"text": 1e999}', 400, "bad_json"),
        (b"[" * 100_000, 400, "bad_json"),
        (b'{"text":' + b"[" * 100 + b"]" * 100 + b"}", 400, "bad_json"),
        (b"[]", 422, "bad_request"),
        (b"null", 422, "bad_request"),
        (b'"text"', 422, "bad_request"),
        (b"{}", 422, "bad_request"),
        (b'{"text": ""}', 422, "bad_request"),
        (b'{"text": " \\n"}', 422, "bad_request"),
        (b'{"text": 7}', 422, "bad_request"),
        (b'{"text": "x", "surprise": 1}', 422, "bad_request"),
        (b'{"text": "' + b"x" * 20_001 + b'"}', 422, "bad_request"),
        (b'{"text": "x", "policy": {"approve": "maybe"}}', 422, "bad_request"),
        (b'{"plan": {"steps": []}}', 422, "bad_request"),
        (b'{"text": "' + b"x" * gate.BODY_BYTES + b'"}', 413, "body_too_large"),
    ],
    ids=lambda value: str(value[:24]) if isinstance(value, bytes) else str(value),
)
async def test_bodies(api: Served, body: bytes, status: int, code: str) -> None:
    check(await api.client.post("/v1/runs", content=body, headers=JSON), status, code)


async def test_what_was_sent_is_not_repeated(api: Served) -> None:
    response = await api.client.post("/v1/runs", json={"text": 7, "hunter2": "hunter2"})
    problem = check(response, 422, "bad_request")
    assert problem["errors"]
    assert "hunter2" not in json.dumps(problem["detail"])


async def test_a_body_in_chunks_is_bounded_too(api: Served) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * (gate.BODY_BYTES // 4)

    check(await api.client.post("/v1/runs", content=endless(), headers=JSON), 413, "body_too_large")


async def test_a_body_that_does_not_come_is_not_waited_for(api: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "BODY_SECONDS", 0.05)
    monkeypatch.setattr(gate, "DISCARD_SECONDS", 0.01)
    head = f"POST /v1/runs HTTP/1.1\r\nHost: 127.0.0.1:{api.port}\r\nContent-Type: application/json\r\n"
    answer = await raw(api.port, head.encode() + b"Content-Length: 100\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code": "request_timeout"' in answer


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_media_types(api: Served, kind: str) -> None:
    response = await api.client.post("/v1/runs", content=b'{"text": "echo"}', headers={"Content-Type": kind})
    check(response, 415, "unsupported_media_type")


async def test_no_body_where_none_is_needed(api: Served) -> None:
    run = (await api.client.post("/v1/runs", json={"text": "hold"})).json()["run"]
    assert (await api.client.post(f"/v1/runs/{run}/cancel")).status_code == 202


async def test_headers_are_bounded(api: Served) -> None:
    check(await api.client.get("/v1/runs", headers={"X-Big": "a" * 40_000}), 431, "headers_too_large")
    many = [(f"X-{number}", "a") for number in range(120)]
    check(await api.client.get("/v1/runs", headers=many), 431, "headers_too_large")


async def test_a_head_without_an_end_is_cut(api: Served) -> None:
    answer = await raw(api.port, b"GET / HTTP/1.1\r\nX: " + b"a" * (http.HEAD_BYTES + 10_000))
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b'"code": "headers_too_large"' in answer


async def test_a_slow_head_is_cut(api: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "HEAD_SECONDS", 0.05)
    answer = await raw(api.port, b"GET / HTTP/1.1\r\nHost: ")
    assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("data", [b"\x00" * 100, b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"SSH-2.0-x\r\n"])
async def test_what_is_not_http(api: Served, data: bytes) -> None:
    answer = await raw(api.port, data)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"code": "bad_http"' in answer
    assert (await api.client.get("/livez")).status_code == 200


async def test_a_fault_of_ours_is_told_without_its_details(api: Served, caplog: pytest.LogCaptureFixture) -> None:
    response = await api.client.post("/v1/runs", json={"text": "crash"})
    check(response, 500, "internal")
    assert "secret" not in response.text
    assert "RuntimeError" in caplog.text


async def test_a_store_in_trouble_says_try_later(
    api: Served, app: FakeApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object, **__: object) -> None:
        raise StoreError("database_full", "The disk is full.", remedy="Make room.")

    monkeypatch.setattr(app, "submit", full)
    response = await api.client.post("/v1/runs", json={"text": "echo"})
    problem = check(response, 503, "database_full")
    assert problem["detail"] == "The disk is full. Make room."
    assert response.headers["retry-after"] == "1"


async def test_readiness_has_its_reasons(api: Served, app: FakeApplication) -> None:
    assert (await api.client.get("/readyz")).status_code == 200
    app.problems = ("database_full",)
    response = await api.client.get("/readyz")
    assert (response.status_code, response.json()["problems"]) == (503, ["database_full"])
    assert (await api.client.get("/livez")).status_code == 200


async def test_metrics_are_prometheus_text(api: Served) -> None:
    await api.client.post("/v1/runs", json={"text": "echo"})
    response = await api.client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    assert "asterism_runs_started_total 1.0" in response.text
    assert "asterism_devices_online 2.0" in response.text


async def test_the_description_names_every_route_and_its_role(api: Served) -> None:
    description = (await api.client.get("/openapi.json")).json()
    operations = [operation for path in description["paths"].values() for operation in path.values()]
    assert len(operations) > 20
    assert all(operation["x-asterism-role"] in ("viewer", "operator", "admin") for operation in operations)
    assert all(operation["summary"] for operation in operations)


async def test_answers_carry_no_invitation_to_a_browser(api: Served) -> None:
    response = await api.client.get("/v1/runs", headers={"Origin": "https://example.org"})
    assert response.headers["x-content-type-options"] == "nosniff"
    assert not [name for name in response.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/v1/runs", "GET, POST"), ("/v1/tokens", "GET, POST"), ("/v1/faults", "DELETE, GET"), ("/v1/devices", "GET")],
)
async def test_all_methods_of_an_address_are_named(api: Served, path: str, allowed: str) -> None:
    response = await api.client.request("OPTIONS", path)
    check(response, 405, "method_not_allowed")
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/prune", {"older_than_s": 0, "dry_run": 1}, "dry_run"),
        ("/v1/prune", {"older_than_s": 0, "limit": "5"}, "limit"),
        ("/v1/runs/r1/approvals/a1", {"granted": "yes"}, "granted"),
        ("/v1/runs/r1/approvals/a1", {"granted": 1}, "granted"),
        ("/v1/runs", {"text": "echo x", "policy": {"local_only": "no"}}, "policy.local_only"),
        ("/v1/runs", {"text": b"x".hex(), "policy": {"revisions": True}}, "policy.revisions"),
    ],
)
async def test_a_body_is_read_strictly(api: Served, path: str, body: object, field: str) -> None:
    problem = check(await api.client.post(path, json=body), 422, "bad_request")
    assert [one["field"] for one in problem["errors"]] == [field]  # type: ignore[attr-defined]


async def test_the_description_says_how_to_show_a_token(api: Served) -> None:
    described = (await api.client.get("/openapi.json")).json()
    assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    needed = {path: next(iter(of.values()))["security"] for path, of in described["paths"].items()}
    assert [path for path, security in needed.items() if security == []] == ["/livez", "/readyz"]
    assert needed["/v1/runs"] == [{"token": []}]


async def test_what_does_not_fit_is_told_at_its_innermost_place(api: Served) -> None:
    edits = {"base": 1, "edits": [{"op": "add_task", "task": {"id": "x", "skill": "a.x", "devices": {}}}]}
    problem = check(await api.client.post("/v1/runs/r1/edits", json=edits), 422, "bad_request")
    extra = "Extra inputs are not permitted"
    assert problem["errors"] == [{"field": "edits.0.add_task.task.devices", "message": extra}]
    problem = check(await api.client.post("/v1/runs", json={"text": " "}), 422, "bad_request")
    assert problem["detail"] == (
        "The request does not fit at body: the request is empty: say what should happen, or give a plan."
    )

"""Runs over real HTTP, against the application in memory."""

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


async def test_a_request_is_answered(api: Served) -> None:
    response = await api.client.post("/v1/runs?wait=5", json={"text": "echo hello"})
    assert response.status_code == 201
    run = response.json()
    assert (run["state"], run["answer"], run["rung"]) == ("succeeded", "hello", "script")
    assert response.headers["location"] == f"/v1/runs/{run['run']}"
    assert (await api.client.get(response.headers["location"])).json() == run


async def test_the_caller_goes_on_the_record(api: Served) -> None:
    sent = {"text": "echo hi", "submitted_by": "somebody else"}
    run = (await api.client.post("/v1/runs", json=sent)).json()["run"]
    first = (await api.client.get(f"/v1/runs/{run}/events")).json()["events"][0]
    assert first["body"]["request"]["submitted_by"] == "local"


async def test_the_same_key_gives_the_same_run(api: Served) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = await api.client.post("/v1/runs", json={"text": "echo one"}, headers=headers)
    again = await api.client.post("/v1/runs", json={"text": "echo one"}, headers=headers)
    other = await api.client.post("/v1/runs", json={"text": "echo two"}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["run"] == again.json()["run"]
    assert (other.status_code, other.json()["code"]) == (409, "conflict")


async def test_waiting_ends_with_the_time(api: Served) -> None:
    response = await api.client.post("/v1/runs?wait=0.05", json={"text": "hold"})
    assert response.json()["state"] == "running"


async def test_pages_of_runs_hold_each_run_once(api: Served) -> None:
    made = [(await api.client.post("/v1/runs", json={"text": f"echo {n}"})).json()["run"] for n in range(5)]
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await api.client.get(f"/v1/runs?limit=2{cursor}")).json()
        seen += [item["run"] for item in page["runs"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == made[::-1]


async def test_runs_are_filtered_by_state(api: Served) -> None:
    await api.client.post("/v1/runs", json={"text": "echo a"})
    held = (await api.client.post("/v1/runs", json={"text": "hold"})).json()["run"]
    listed = (await api.client.get("/v1/runs?status=running")).json()["runs"]
    assert [item["run"] for item in listed] == [held]


async def test_cancel_reaches_the_task(api: Served) -> None:
    run = (await api.client.post("/v1/runs", json={"text": "hold"})).json()["run"]
    response = await api.client.post(f"/v1/runs/{run}/cancel", json={"reason": "enough"})
    assert response.status_code == 202
    assert (response.json()["state"], response.json()["error"]["code"]) == ("cancelled", "cancelled")
    again = await api.client.post(f"/v1/runs/{run}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "run_ended")


async def test_an_approval_lets_the_task_run(api: Served) -> None:
    run = (await api.client.post("/v1/runs?wait=5", json={"text": "write it"})).json()
    assert run["state"] == "waiting"
    approval = run["approvals"][0]
    assert approval["arguments"] == {"text": "it"}
    address = f"/v1/runs/{run['run']}/approvals/{approval['id']}"
    response = await api.client.post(address, json={"granted": True})
    assert (response.status_code, response.json()["state"]) == (200, "succeeded")
    again = await api.client.post(address, json={"granted": True})
    assert (again.status_code, again.json()["code"]) == (409, "approval_closed")


async def test_a_denied_approval_fails_the_run(api: Served) -> None:
    run = (await api.client.post("/v1/runs?wait=5", json={"text": "write it"})).json()
    address = f"/v1/runs/{run['run']}/approvals/{run['approvals'][0]['id']}"
    denied = (await api.client.post(address, json={"granted": False})).json()
    assert (denied["state"], denied["error"]["code"]) == ("failed", "denied")


async def test_a_question_is_answered(api: Served) -> None:
    run = (await api.client.post("/v1/runs?wait=5", json={"text": "which"})).json()
    assert run["questions"][0]["clarification"]["question"] == "Which one?"
    response = await api.client.post(f"/v1/runs/{run['run']}/answers", json={"answer": "beta"})
    assert response.json()["answer"] == "beta"
    again = await api.client.post(f"/v1/runs/{run['run']}/answers", json={"answer": "beta"})
    assert (again.status_code, again.json()["code"]) == (404, "no_such_question")


async def test_what_failed_is_tried_again(api: Served) -> None:
    run = (await api.client.post("/v1/runs?wait=5", json={"text": "fail"})).json()
    assert (run["state"], run["error"]["code"]) == ("failed", "task_failed")
    response = await api.client.post(f"/v1/runs/{run['run']}/retry")
    assert (response.status_code, response.json()["tasks"][0]["attempt"]) == (202, 2)


async def test_nothing_to_retry(api: Served) -> None:
    run = (await api.client.post("/v1/runs?wait=5", json={"text": "echo x"})).json()["run"]
    response = await api.client.post(f"/v1/runs/{run}/retry", json={"tasks": []})
    assert (response.status_code, response.json()["code"]) == (409, "nothing_to_retry")


def task(name: str) -> dict[str, object]:
    return {"op": "add_task", "task": {"id": name, "skill": "test.hold"}}


async def test_edits_are_checked_against_the_version(api: Served) -> None:
    run = (await api.client.post("/v1/runs", json={"text": "hold"})).json()["run"]
    graph = await api.client.get(f"/v1/runs/{run}/graph")
    assert graph.headers["etag"] == '"1"'
    edits = f"/v1/runs/{run}/edits"
    batch = {"base": 1, "edits": [task("second")]}
    refused = await api.client.post(edits, json=batch, headers={"If-Match": '"7"'})
    assert (refused.status_code, refused.json()["code"], refused.json()["version"]) == (412, "precondition_failed", 1)
    taken = await api.client.post(edits, json=batch, headers={"If-Match": '"1"'})
    assert (taken.status_code, taken.json()) == (200, {"accepted": True, "version": 2, "code": "", "reason": ""})
    stale = await api.client.post(edits, json=batch)
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")


async def test_an_edit_that_closes_a_cycle_is_refused(api: Served) -> None:
    run = (await api.client.post("/v1/runs", json={"text": "hold"})).json()["run"]
    edges = [
        {"op": "add_dependency", "task": "b", "dependency": {"task": "a"}},
        {"op": "add_dependency", "task": "a", "dependency": {"task": "b"}},
    ]
    batch = {"base": 1, "edits": [task("a"), task("b"), *edges]}
    response = await api.client.post(f"/v1/runs/{run}/edits", json=batch)
    assert (response.status_code, response.json()["code"]) == (422, "cycle")


async def test_an_edit_is_undone(api: Served) -> None:
    run = (await api.client.post("/v1/runs", json={"text": "hold"})).json()["run"]
    added = {"op": "add_task", "task": {"id": "later", "skill": "test.hold", "depends_on": [{"task": "hold"}]}}
    await api.client.post(f"/v1/runs/{run}/edits", json={"base": 1, "edits": [added]})
    response = await api.client.post(f"/v1/runs/{run}/undo", json={"version": 2})
    assert (response.status_code, response.json()["version"]) == (200, 3)
    assert len((await api.client.get(f"/v1/runs/{run}/graph")).json()["tasks"]) == 1
    unknown = await api.client.post(f"/v1/runs/{run}/undo", json={"version": 9})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "no_such_version")


@pytest.mark.parametrize(
    ("query", "accept", "media_type", "starts"),
    [
        ("", None, "application/json", "{"),
        ("", "*/*", "application/json", "{"),
        ("?format=text", None, "text/plain; charset=utf-8", ""),
        ("", "text/plain", "text/plain; charset=utf-8", ""),
        ("?format=mermaid", None, "text/vnd.mermaid; charset=utf-8", "flowchart"),
        ("", "text/vnd.graphviz", "text/vnd.graphviz; charset=utf-8", "digraph"),
        ("", "text/html;q=0.9, image/svg+xml;q=0.5", "image/svg+xml", "<svg"),
        ("?format=svg", "application/json", "image/svg+xml", "<svg"),
    ],
)
async def test_a_graph_comes_in_the_form_asked_for(
    api: Served, query: str, accept: str | None, media_type: str, starts: str
) -> None:
    run = (await api.client.post("/v1/runs", json={"text": "echo a"})).json()["run"]
    headers = {"Accept": accept} if accept else {}
    response = await api.client.get(f"/v1/runs/{run}/graph{query}", headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)
    assert response.text.startswith(starts)
    assert "echo" in response.text


@pytest.mark.parametrize(
    ("accept", "media_type", "starts"),
    [
        ("*/*", "application/json", "{"),
        ("text/plain", "text/plain; charset=utf-8", "r"),
        ("text/vnd.mermaid, */*;q=0.1", "text/vnd.mermaid; charset=utf-8", "gantt"),
        ("image/avif,image/webp,image/svg+xml,image/*;q=0.8,*/*;q=0.5", "image/svg+xml", "<svg"),
    ],
)
async def test_a_timeline_comes_in_the_form_asked_for(api: Served, accept: str, media_type: str, starts: str) -> None:
    run = (await api.client.post("/v1/runs", json={"text": "echo a"})).json()["run"]
    response = await api.client.get(f"/v1/runs/{run}/timeline", headers={"Accept": accept})
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)
    assert response.text.startswith(starts)
    assert "echo" in response.text


async def test_a_timeline_is_of_a_run_that_there_is(api: Served) -> None:
    response = await api.client.get("/v1/runs/nowhere/timeline")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "accept", ["image/png", "image/svg+xml;q=0", "text/html, application/xml;q=0.9", "*/*;q=0", "?"]
)
@pytest.mark.parametrize("what", ["graph", "timeline"])
async def test_a_form_that_we_do_not_have_is_refused(api: Served, what: str, accept: str) -> None:
    run = (await api.client.post("/v1/runs", json={"text": "echo a"})).json()["run"]
    response = await api.client.get(f"/v1/runs/{run}/{what}", headers={"Accept": accept})
    assert (response.status_code, response.json()["code"]) == (406, "not_acceptable")


async def test_a_task_is_explained(api: Served) -> None:
    run = (await api.client.post("/v1/runs", json={"text": "echo a"})).json()["run"]
    lines = (await api.client.get(f"/v1/runs/{run}/tasks/echo/explain")).json()["lines"]
    assert lines[0].startswith("alpha: ")


async def test_artifacts_are_downloads(api: Served, app: FakeApplication) -> None:
    run = (await api.client.post("/v1/runs", json={"text": "echo a"})).json()["run"]
    sha256 = app.keep_artifact(run, "report.html", b"<script>alert(1)</script>")
    listed = (await api.client.get(f"/v1/runs/{run}/artifacts")).json()["artifacts"]
    assert [item["sha256"] for item in listed] == [sha256]
    response = await api.client.get(f"/v1/runs/{run}/artifacts/{sha256}")
    assert response.content == b"<script>alert(1)</script>"
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"] == "attachment"
    other = (await api.client.post("/v1/runs", json={"text": "echo b"})).json()["run"]
    assert (await api.client.get(f"/v1/runs/{other}/artifacts/{sha256}")).status_code == 404


async def test_what_is_to_be_approved_gets_other_arguments_and_asks_anew(api: Served) -> None:
    run = (await api.client.post("/v1/runs?wait=5", json={"text": "write this"})).json()
    [asked] = run["approvals"]
    address = f"/v1/runs/{run['run']}/approvals"
    changed = await api.client.post(f"{address}/{asked['id']}/arguments", json={"arguments": {"text": "that"}})
    assert changed.status_code == 200
    [again] = changed.json()["approvals"]
    assert (again["arguments"], again["task"]) == ({"text": "that"}, asked["task"])
    assert (again["id"], again["digest"]) != (asked["id"], asked["digest"])
    for path, body in (("", {"granted": True}), ("/arguments", {"arguments": {}})):
        late = await api.client.post(f"{address}/{asked['id']}{path}", json=body)
        assert late.status_code in (404, 409), late.text
    assert (await api.client.post(f"{address}/{again['id']}", json={"granted": True})).status_code == 200
    assert (await api.client.get(f"/v1/runs/{run['run']}?wait=5")).json()["answer"] == "that"
    events = (await api.client.get(f"/v1/runs/{run['run']}/events")).json()["events"]
    edits = [event["body"]["batch"] for event in events if event["body"]["type"] == "graph_edited"]
    assert edits[-1]["by"] == "local"


async def test_the_list_says_who_submitted(api: Served) -> None:
    await api.client.post("/v1/runs", json={"text": "echo hi"})
    assert (await api.client.get("/v1/runs")).json()["runs"][0]["submitted_by"] == "local"

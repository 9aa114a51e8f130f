"""Both clients against a served application, and against servers that break off, turn away and talk nonsense."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from orchestrator import client
from orchestrator.api.testing import FakeApplication
from orchestrator.client import AsyncClient, Client, EditBatch, Event, Request, RunPolicy, RunStatus
from tests.support.api import Served, served
from tests.support.scripted_http import Scripted, answer, problem, scripted, stream

VIEW = b'{"run":"r1","state":"running","text":"x","created":1,"updated":1,"of_a_later_version":{"a":1}}'


@pytest.fixture
def app() -> FakeApplication:
    return FakeApplication()


@pytest.fixture
async def api(app: FakeApplication) -> AsyncIterator[Served]:
    async with served(app) as running:
        yield running


@pytest.fixture
async def asterism(api: Served) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(api.url, token="") as made:
        yield made


async def blocking(api: Served | Scripted, work: Callable[[Client], object]) -> object:
    """What a program without an event loop does, in a thread."""

    def here() -> object:
        with Client(api.url, token="") as made:
            return work(made)

    return await asyncio.to_thread(here)


async def test_a_run_from_request_to_answer(asterism: AsyncClient) -> None:
    begun = await asterism.submit("echo hello")
    ended = await asterism.wait(begun.run)
    assert (ended.state, ended.answer) == (RunStatus.SUCCEEDED, "hello")
    followed = [event async for event in asterism.follow(begun.run)]
    assert followed == await asterism.events(begun.run)
    assert [event async for event in asterism.follow(begun.run, after=3)] == followed[3:]
    assert [item.run for item in await asterism.runs(status="succeeded")] == [begun.run]
    assert (await asterism.graph(begun.run)).status == {"echo": "succeeded"}
    assert (await asterism.drawing(begun.run, "mermaid")).startswith("flowchart")
    assert [row.task for row in (await asterism.timeline(begun.run)).rows] == ["echo"]
    assert await asterism.explain(begun.run, "echo")
    assert (await asterism.log(begun.run, "echo")).task == "echo"


@pytest.mark.slow
async def test_the_same_without_an_event_loop(api: Served) -> None:
    def work(made: Client) -> list[Event]:
        begun = made.submit("echo hello")
        ended = made.wait(begun.run)
        assert (ended.state, ended.answer) == (RunStatus.SUCCEEDED, "hello")
        followed = list(made.follow(begun.run))
        assert followed == made.events(begun.run)
        assert [item.run for item in made.runs()] == [begun.run]
        assert made.drawing(begun.run, "text", of="timeline")
        assert made.ready().ready
        assert made.clock()
        return followed

    assert await blocking(api, work)


async def test_approve_answer_edit_cancel_retry(asterism: AsyncClient) -> None:
    asking = await asterism.submit("write it", wait_s=10)
    (approval,) = asking.approvals
    await asterism.approve(asking.run, approval.id, granted=True)
    assert (await asterism.wait(asking.run)).state is RunStatus.SUCCEEDED
    unclear = await asterism.submit("which", wait_s=10)
    await asterism.answer(unclear.run, unclear.questions[0].id, "beta")
    assert (await asterism.wait(unclear.run)).answer == "beta"
    held = await asterism.submit("hold", wait_s=0.1)
    task = {"id": "later", "skill": "test.echo", "arguments": {"text": "x"}, "depends_on": [{"task": "hold"}]}
    batch = EditBatch.model_validate({"base": held.version, "edits": [{"op": "add_task", "task": task}]})
    with pytest.raises(client.Conflict) as stale:
        await asterism.edit(held.run, batch, version=9)
    assert (stale.value.code, stale.value.status) == ("precondition_failed", 412)
    edited = await asterism.edit(held.run, batch, version=held.version)
    assert (await asterism.undo(held.run, edited.version)).version == edited.version + 1
    await asterism.cancel(held.run, reason="enough")
    assert (await asterism.wait(held.run)).state is RunStatus.CANCELLED
    failed = await asterism.submit("fail", wait_s=10)
    assert (await asterism.retry(failed.run)).run == failed.run


async def test_devices_and_what_looks_after_an_orchestrator(asterism: AsyncClient) -> None:
    assert [view.name for view in await asterism.devices()] == ["alpha", "beta"]
    assert (await asterism.drain("beta")).draining
    assert (await asterism.device("beta")).draining
    assert "test.echo" in [spec.name for spec in await asterism.skills()]
    assert (await asterism.ladder()).rungs[0].rung == "script"
    assert (await asterism.probe_rung("script")).probed
    assert not (await asterism.ladder_report()).truncated
    assert await asterism.egress() == []
    assert (await asterism.prune(0)).runs == 0
    assert not (await asterism.faults()).deadly
    await asterism.disable_faults()


async def test_tokens(api: Served, asterism: AsyncClient) -> None:
    made = await asterism.create_token("admin", name="me")
    with pytest.raises(client.Denied):
        await asterism.tokens()
    async with AsyncClient(api.url, token=made.token) as allowed:
        viewer = await allowed.create_token("viewer", expires_in_s=60)
        await allowed.revoke_token(viewer.record.id)
        assert [one.revoked is None for one in await allowed.tokens()] == [True, False]


async def test_artifacts(app: FakeApplication, api: Served, asterism: AsyncClient, tmp_path: Path) -> None:
    run = (await asterism.submit("echo hello", wait_s=10)).run
    app.keep_artifact(run, "a.txt", b"content")
    (record,) = await asterism.artifacts(run)
    assert await asterism.artifact(run, record.sha256) == b"content"
    await asterism.save_artifact(run, record.sha256, tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_bytes() == b"content"
    with pytest.raises(FileExistsError):
        await asterism.save_artifact(run, record.sha256, tmp_path / "a.txt")
    await blocking(api, lambda made: made.save_artifact(run, record.sha256, tmp_path / "b.txt"))
    assert (tmp_path / "b.txt").read_bytes() == b"content"


async def test_content_with_another_hash_is_no_artifact(tmp_path: Path) -> None:
    sha256 = hashlib.sha256(b"content").hexdigest()
    async with scripted(answer("200 OK", b"contend")) as wrong, AsyncClient(wrong.url, token="") as asterism:
        with pytest.raises(client.ClientError, match="another hash"):
            await asterism.artifact("r1", sha256)
        with pytest.raises(client.ClientError, match="another hash"):
            await asterism.save_artifact("r1", sha256, tmp_path / "a.txt")
    assert not (tmp_path / "a.txt").exists()


async def test_an_error_has_code_status_and_details(asterism: AsyncClient) -> None:
    with pytest.raises(client.NotFound) as missing:
        await asterism.run("r404")
    assert missing.value.code == "not_found"
    with pytest.raises(client.Invalid) as refused:
        await asterism.cancel("r404", reason="x" * 10_000)
    assert refused.value.details["errors"]


async def test_a_submission_that_broke_off_is_sent_again_with_its_key() -> None:
    async with scripted(b"", answer("201 Created", VIEW)) as flaky, AsyncClient(flaky.url, token="") as asterism:
        assert (await asterism.submit("echo")).run == "r1"
    keys = [line for asked in flaky.asked for line in asked.lower().split(b"\r\n") if b"idempotency-key" in line]
    assert len(keys) == 2
    assert len(set(keys)) == 1


async def test_an_approval_that_broke_off_is_not() -> None:
    async with scripted(b"") as flaky, AsyncClient(flaky.url, token="") as asterism:
        with pytest.raises(client.Unreachable) as lost:
            await asterism.approve("r1", "a1", granted=True)
    assert lost.value.sent
    assert len(flaky.asked) == 1


async def test_who_asks_for_patience_gets_it() -> None:
    script = [problem("503 Later", "not_ready", "retry-after: 0"), answer("200 OK", VIEW)]
    async with scripted(*script) as slow, AsyncClient(slow.url, token="") as asterism:
        assert (await asterism.run("r1")).run == "r1"
    async with scripted(*script) as slow:
        view = await blocking(slow, lambda made: made.run("r1").run)
    assert view == "r1"


def entry(seq: int) -> str:
    event = Event.model_validate(
        {"run": "r1", "seq": seq, "at": 1.0, "cause": "c", "body": {"type": "run_cancel_requested", "by": "me"}}
    )
    return f"event: x\nid: {seq}\ndata: {event.model_dump_json()}\n\n"


STREAMS = [
    stream(entry(1) + entry(2) + "event: x\nid: 3\nda", cut=True),
    stream(entry(2) + entry(3)),
    answer("204 No Content"),
]


@pytest.mark.slow
async def test_a_follower_goes_on_where_the_stream_broke() -> None:
    async with scripted(*STREAMS) as flaky, AsyncClient(flaky.url, token="") as asterism:
        assert [event.seq async for event in asterism.follow("r1")] == [1, 2, 3]
    seen = [line for asked in flaky.asked for line in asked.lower().split(b"\r\n") if b"last-event-id" in line]
    assert seen == [b"last-event-id: 0", b"last-event-id: 2", b"last-event-id: 3"]


@pytest.mark.slow
async def test_so_does_one_without_an_event_loop() -> None:
    async with scripted(*STREAMS) as flaky:
        seen = await blocking(flaky, lambda made: [event.seq for event in made.follow("r1")])
    assert seen == [1, 2, 3]


async def test_a_follower_of_what_is_not_there_is_told() -> None:
    async with scripted(problem("404 Gone", "not_found")) as other, AsyncClient(other.url, token="") as asterism:
        with pytest.raises(client.NotFound):
            await anext(asterism.follow("r1"))


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}"])
async def test_what_is_no_orchestrator(body: bytes) -> None:
    async with scripted(answer("200 OK", body)) as other, AsyncClient(other.url, token="") as asterism:
        with pytest.raises(client.NotAsterism):
            await asterism.run("r1")


async def test_a_policy_and_a_key_of_ones_own(asterism: AsyncClient) -> None:
    request = Request(text="write it", policy=RunPolicy(approve="all"))
    first, second = [await asterism.submit(request, key="mine") for _ in range(2)]
    assert first.run == second.run
    assert (await asterism.wait(first.run, seconds=20)).state is RunStatus.SUCCEEDED

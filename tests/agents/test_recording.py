"""Exchanges are recorded and played back byte for byte, through the real client and over real HTTP."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.capabilities import CapabilityCache
from agents.cascade import Context
from agents.errors import NotRecorded, RecordingError
from agents.factory import build_models
from agents.model import ModelPlanner
from agents.recording import Recorder, Replayer, network
from agents.scripted_behaviours import Broken, Drip, Hang, Quirks, Raw, Say, Status, say
from agents.scripted_server import ScriptedModelServer
from agents.settings import AgentSettings, ModelSettings
from orchestrator.core.plan import Declined, Plan, Proposal, Step
from orchestrator.core.requests import Request
from tests.support.skills import fleet

PLAN = Plan(steps=(Step(id="read", skill="file.read", arguments={"path": "notes.txt"}),))
KEY = "sk-planted-0123456789abcdef"


def rung(url: str, *, record: Path | None = None, replay: Path | None = None, probe: bool = False) -> ModelPlanner:
    given = {
        "name": "local",
        "base_url": url,
        "model": "scripted",
        "api_key_env": "K",
        "timeout_s": 5.0,
        "probe": probe,
    }
    settings = ModelSettings.model_validate(given)
    transport = network(str(record) if record else None, str(replay) if replay else None)
    cache, zero = CapabilityCache(), lambda: 0.0
    return ModelPlanner(settings, key=KEY, cache=cache, transport=transport, now=zero, clock=zero)


async def plan(planner: ModelPlanner, text: str = "read notes.txt") -> Proposal:
    return await planner.plan(Request(text=text), Context(fleet("alpha")))


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    "behaviours",
    [
        (say(PLAN),),
        (Say("prose"), say(PLAN)),
        (Status(400), say(PLAN)),
        (Status(503),),
        (Status(429, headers=(("retry-after", "7"),)),),
        (Broken('{"plan": {"steps": [] }}'),),
        (Raw(b"\xff\xfe\x00 not text"),),
        (Drip("no no ", seconds=0, endless=True), say(PLAN)),
    ],
)
async def test_a_replay_says_what_was_said(tmp_path: Path, behaviours: tuple[Say, ...]) -> None:
    file = tmp_path / "models.jsonl"
    async with ScriptedModelServer(*behaviours) as server:
        recorded = rung(server.base_url, record=file)
        before = await plan(recorded)
        await recorded.close()
    replayed = rung(server.base_url, replay=file)
    assert await plan(replayed) == before
    await replayed.close()


async def test_a_probe_and_its_plan_are_played_back_against_no_server(tmp_path: Path) -> None:
    file = tmp_path / "models.jsonl"
    async with ScriptedModelServer(say(PLAN), quirks=Quirks(json_schema="refused")) as server:
        recorded = rung(server.base_url, record=file, probe=True)
        before = [await plan(recorded), await plan(recorded, "another")]
        await recorded.close()
        heard = len(server.requests)
    again = rung(server.base_url, replay=file, probe=True)
    assert [await plan(again), await plan(again, "another")] == before
    assert await again.capabilities() is not None
    await again.close()
    assert len(lines(file)) >= heard


async def test_no_key_and_no_header_of_a_request_is_written(tmp_path: Path) -> None:
    file = tmp_path / "models.jsonl"
    async with ScriptedModelServer(say(PLAN)) as server:
        recorded = rung(server.base_url, record=file)
        await plan(recorded)
        await recorded.close()
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in file.read_text()
    assert "authorization" not in file.read_text().lower()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_what_is_not_recorded_is_said_plainly(tmp_path: Path) -> None:
    file = tmp_path / "models.jsonl"
    async with ScriptedModelServer(say(PLAN)) as server:
        recorded = rung(server.base_url, record=file)
        await plan(recorded)
        await recorded.close()
    again = rung(server.base_url, replay=file)
    assert (await plan(again)).result == PLAN
    used, never = await plan(again), await plan(again, "something else")
    await again.close()
    for proposal, word in ((used, "no further answer"), (never, "no answer")):
        assert isinstance(proposal.result, Declined)
        assert proposal.result.code == "unreachable"
        assert f"{file} has {word} to POST /v1/chat/completions: record it again" in proposal.result.reason


async def test_a_caller_that_leaves_is_recorded_too(tmp_path: Path) -> None:
    file = tmp_path / "models.jsonl"
    for behaviour in (Hang(), Drip('{"x', seconds=0.01, endless=True)):
        async with ScriptedModelServer(behaviour) as server:
            recorded = rung(server.base_url, record=file)
            asking = asyncio.create_task(plan(recorded))
            await server.asked.wait()
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            await recorded.close()
    assert [line["ended"] for line in lines(file)] == ["cancelled", "cancelled"]


@pytest.mark.parametrize("content", ["{", '{"version": 2}', "[]", '{"at": 0}'])
def test_a_file_that_is_no_recording(tmp_path: Path, content: str) -> None:
    file = tmp_path / "models.jsonl"
    file.write_text(content + "\n")
    with pytest.raises(RecordingError, match="line 1 of"):
        Replayer.load(file)


async def test_a_file_that_is_not_there_is_a_refusal_of_the_rung(tmp_path: Path) -> None:
    planner = rung("http://127.0.0.1:9/v1", replay=tmp_path / "none.jsonl")
    proposal = await plan(planner)
    await planner.close()
    assert isinstance(proposal.result, Declined)
    assert "none.jsonl cannot be read" in proposal.result.reason


async def test_all_rungs_share_one_recording(tmp_path: Path) -> None:
    file = tmp_path / "models.jsonl"
    async with ScriptedModelServer(say(PLAN)) as server:
        recorded = rung(server.base_url, record=file)
        await plan(recorded)
        await recorded.close()
    both = (recorded.settings, recorded.settings.model_copy(update={"name": "second"}))
    first, second = build_models(AgentSettings(models=both, replay=str(file)), {})
    assert (await plan(first)).result == PLAN
    again = (await plan(second)).result
    assert isinstance(again, Declined)
    assert "no further answer" in again.reason


async def test_a_recording_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    answer = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=_Chunks([b"x"])))
    recorder = Recorder(tmp_path / "no" / "such.jsonl", answer)
    async with httpx2.AsyncClient(transport=recorder) as client:
        with pytest.raises(RecordingError, match="cannot be written"):
            await client.get("http://127.0.0.1/x")


class _Chunks(httpx2.AsyncByteStream):
    def __init__(self, chunks: list[bytes]) -> None:
        self.chunks = chunks

    async def __aiter__(self):  # type: ignore[no-untyped-def]
        for chunk in self.chunks:
            yield chunk


@given(
    body=st.binary(max_size=50),
    responses=st.lists(st.tuples(st.integers(200, 599), st.lists(st.binary(min_size=1, max_size=20))), max_size=4),
)
def test_any_bytes_come_back_with_their_boundaries(
    tmp_path_factory: pytest.TempPathFactory, body: bytes, responses: list[tuple[int, list[bytes]]]
) -> None:
    file = tmp_path_factory.mktemp("recording") / "models.jsonl"
    file.touch()

    async def all_of(network: httpx2.AsyncBaseTransport) -> list[tuple[int, list[bytes]]]:
        found = []
        for _ in responses:
            response = await network.handle_async_request(httpx2.Request("POST", "http://h/v1?a=b", content=body))
            assert isinstance(response.stream, httpx2.AsyncByteStream)
            found.append((response.status_code, [chunk async for chunk in response.stream]))
        return found

    async def main() -> None:
        waiting = iter(responses)

        def answer(_: httpx2.Request) -> httpx2.Response:
            status, chunks = next(waiting)
            return httpx2.Response(status, stream=_Chunks(chunks))

        assert await all_of(Recorder(file, httpx2.MockTransport(answer))) == responses
        replayer = Replayer.load(file)
        assert await all_of(replayer) == responses
        assert replayer.left == 0
        with pytest.raises(NotRecorded):
            await replayer.handle_async_request(httpx2.Request("POST", "http://h/v1?a=b", content=body))

    asyncio.run(main())

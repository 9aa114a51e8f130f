"""The model rung against llama.cpp's real OpenAI-compatible server, with a tiny model of random weights."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from agents.breaker import BreakerState
from agents.capabilities import Capabilities, CapabilityCache
from agents.cascade import Context
from agents.channel import Channel, Outgoing
from agents.errors import ExchangeError
from agents.model import ModelPlanner
from agents.network import DirectTransport
from agents.scripted import ScriptedPlanner
from agents.settings import ModelSettings
from agents.supervisor import LeadingSupervisor
from agents.testing import FakeRunControl
from orchestrator.core.events import RungTried, RunStatus
from orchestrator.core.plan import Declined, Plan, Step
from orchestrator.core.requests import Request
from protocol.vocabulary import Json, JsonObject
from tests.support.llama import MODEL, LlamaServer, serving
from tests.support.skills import fleet

pytestmark = [pytest.mark.heavy, pytest.mark.slow, pytest.mark.timeout(300)]

ENDLESS: JsonObject = {"stream": True, "max_tokens": 12_000, "logit_bias": {"2": -100}}
"""Makes the model babble until someone stops it: the end of the text is as good as impossible."""
READ = Plan(steps=(Step(id="read", skill="file.read", arguments={"path": "notes.txt"}),))


def settings(server: LlamaServer, **more: object) -> ModelSettings:
    given = {"name": "llama", "base_url": server.base_url, "model": MODEL, "timeout_s": 60.0, "max_tokens": 300}
    return ModelSettings.model_validate({**given, **more})


class Counting(httpx2.AsyncBaseTransport):
    """The network, with a word when the first piece of an answer comes."""

    def __init__(self) -> None:
        self.inner = DirectTransport()
        self.first = asyncio.Event()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await self.inner.handle_async_request(request)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Watched(response.stream, self.first)
        return response

    async def aclose(self) -> None:
        await self.inner.aclose()


class _Watched(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, first: asyncio.Event) -> None:
        self._stream, self._first = stream, first

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            self._first.set()
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


@asynccontextmanager
async def channel(
    server: LlamaServer, network: httpx2.AsyncBaseTransport | None = None, clock: Callable[[], float] = lambda: 0.0
) -> AsyncIterator[Channel]:
    made = Channel(settings(server), clock=clock, transport=(lambda: network) if network else None)
    try:
        yield made
    finally:
        await made.close()


def question(*, seconds: float = 60.0, **more: Json) -> Outgoing:
    body: JsonObject = {"model": MODEL, "messages": [{"role": "user", "content": "Which?"}], "temperature": 0}
    return Outgoing(purpose="plan", path="/chat/completions", body={**body, **more}, seconds=seconds)


async def error(to: Channel, outgoing: Outgoing) -> ExchangeError:
    with pytest.raises(ExchangeError) as caught:
        await to.exchange(outgoing)
    return caught.value


@pytest.fixture
def own() -> Iterator[LlamaServer]:
    """A server that the test may ill-treat."""
    with serving() as server:
        yield server


async def test_what_it_can_is_found_out(llama: LlamaServer) -> None:
    planner = ModelPlanner(settings(llama), cache=CapabilityCache(), now=lambda: 7.0)
    found = await planner.capabilities()
    await planner.close()
    assert found.model_copy(update={"models": "", "bytes_per_token": None}) == Capabilities(
        at=7.0,
        listed=True,
        json_schema=False,
        object_schema=True,
        json_object=True,
        streaming=True,
        usage=False,
        tools=True,
        logprobs=True,
        context_tokens=None,
    )
    assert found.form == "json_object"
    assert found.bytes_per_token is not None
    assert 0.9 < found.bytes_per_token < 1.1


async def test_it_keeps_to_enums_and_not_to_bounds(llama: LlamaServer) -> None:
    schema: JsonObject = {
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 1, "maximum": 2}, "word": {"enum": ["alpha", "beta"]}},
        "required": ["n", "word"],
        "additionalProperties": False,
    }
    async with channel(llama) as to:
        numbers = []
        for text in ("one", "two", "three", "four"):
            asked = question(
                messages=[{"role": "user", "content": text}],
                response_format={"type": "json_object", "schema": schema},
                max_tokens=60,
            )
            answer = json.loads((await to.exchange(asked)).text)
            assert answer["word"] in ("alpha", "beta")
            numbers.append(answer["n"])
    assert any(number not in (1, 2) for number in numbers)


async def test_an_answer_comes_in_pieces_and_with_probabilities(llama: LlamaServer) -> None:
    async with channel(llama) as to:
        streamed = await to.exchange(question(stream=True, max_tokens=12, logit_bias={"2": -100}))
        whole = await to.exchange(question(max_tokens=12, logprobs=True, top_logprobs=1, logit_bias={"2": -100}))
    assert streamed.chunks > 3
    assert streamed.text == whole.text
    assert streamed.finish == whole.finish == "length"
    assert whole.logprobs
    assert not streamed.logprobs
    assert (whole.output_tokens, streamed.output_tokens) == (12, None)


async def test_too_long_a_request_is_said_once_and_then_not_sent(llama: LlamaServer) -> None:
    cache = CapabilityCache()
    planner = ModelPlanner(settings(llama), cache=cache)
    request = Request(text="read notes.txt " * 1_200)
    tries = [await planner.plan(request, Context(fleet("alpha"))) for _ in range(2)]
    await planner.close()
    for one in tries:
        assert isinstance(one.result, Declined)
        assert "too long" in one.result.reason
        assert one.result.code == "unusable"
    assert [one.usage.calls for one in tries] == [2, 0]
    known = await cache.get(planner.settings)
    assert known is not None
    assert known.context_tokens == llama.context


async def test_requests_at_once_are_all_answered(llama: LlamaServer) -> None:
    async with channel(llama) as to:
        asked = [
            question(stream=True, max_tokens=40, messages=[{"role": "user", "content": f"{n}?"}]) for n in range(5)
        ]
        alone = [(await to.exchange(one)).text for one in asked]
        together = [one.text for one in await asyncio.gather(*map(to.exchange, asked))]
    assert together == alone


async def test_it_notices_that_the_caller_has_left(llama: LlamaServer) -> None:
    network = Counting()
    before = llama.said().count("Disconnected from client")
    async with channel(llama, network) as to:
        asking = asyncio.create_task(to.exchange(question(**ENDLESS)))
        await network.first.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        async with asyncio.timeout(60):
            while llama.said().count("Disconnected from client") == before:
                await asyncio.sleep(0.01)
        assert (await to.exchange(question(max_tokens=4))).finish
        assert to.breaker.failures == 0


async def test_a_server_that_is_killed_in_the_middle_of_its_answer(own: LlamaServer) -> None:
    network = Counting()
    async with channel(own, network) as to:
        asking = asyncio.create_task(to.exchange(question(**ENDLESS)))
        await network.first.wait()
        own.kill()
        with pytest.raises(ExchangeError) as caught:
            await asking
        assert caught.value.code == "unreachable"
        assert (await error(to, question())).code == "unreachable"
        assert (await error(to, question())).code == "skipped"


async def test_a_server_that_is_stopped_times_out_and_is_used_again_once_it_goes_on(own: LlamaServer) -> None:
    now = 0.0
    async with channel(own, clock=lambda: now) as to:
        assert (await to.exchange(question(max_tokens=4))).finish
        own.stop()
        codes = [(await error(to, question(seconds=0.3, max_tokens=4))).code for _ in range(3)]
        assert codes == ["timed_out", "timed_out", "skipped"]
        now = 1.0
        assert (await error(to, question(seconds=0.3, max_tokens=4))).code == "timed_out"
        own.go_on()
        now = 3.0
        assert (await to.exchange(question(max_tokens=4))).finish
        assert to.breaker.state is BreakerState.CLOSED


async def test_a_hopeless_stream_is_cut(llama: LlamaServer) -> None:
    async with channel(llama) as to:
        schema: JsonObject = {"type": "json_object", "schema": {"type": "object", "additionalProperties": False}}
        asked = question(response_format=schema, **ENDLESS)
        incoming = await to.exchange(Outgoing(asked.purpose, asked.path, asked.body, seconds=60.0, stop_early=True))
    assert incoming.complete


# --- nonsense ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["read notes.txt", "read notes.txt, please", "please read notes.txt now", "read the file notes.txt"]
)
async def test_its_nonsense_is_caught_mended_once_escalated_and_never_run(llama: LlamaServer, text: str) -> None:
    done: list[tuple[str, JsonObject]] = []

    def perform(device: str, skill: str, arguments: JsonObject) -> Json:
        done.append((skill, arguments))
        return {"text": "hello"}

    silent = ScriptedPlanner(Declined(reason="not mine", code="not_understood"), rung="embedded")
    local = ModelPlanner(settings(llama), cache=CapabilityCache())
    answers = ScriptedPlanner(READ, rung="next")
    control = FakeRunControl(fleet("alpha", "beta"), perform)
    supervisor = LeadingSupervisor([silent, local, answers])
    control.submit(Request(text=text))
    await control.drive(supervisor)
    await supervisor.close()
    view = control.run_view()
    assert view.state is RunStatus.SUCCEEDED
    assert (view.rung, view.plan) == ("next", READ)
    assert done == [("file.read", {"path": "notes.txt"})]
    tried = [event.body for event in control.events if isinstance(event.body, RungTried)]
    nonsense = [one for one in tried if one.proposal.rung == "llama"]
    assert not any(one.accepted for one in nonsense)
    # Mended once: by the rung itself where the reader caught it, by the ladder where the checks did.
    assert sum(one.proposal.usage.calls for one in nonsense) == 2
    assert all(one.problems or isinstance(one.proposal.result, Declined) for one in nonsense)


async def test_some_of_its_nonsense_is_a_plan_in_form() -> None:
    """The checks of the ladder, and not only those of the reader, have something to catch."""
    found: list[Plan] = []
    for seed in range(4, 24):
        with serving(seed=seed) as server:
            planner = ModelPlanner(settings(server), cache=CapabilityCache())
            proposal = await planner.plan(Request(text="read notes.txt"), Context(fleet("alpha")))
            await planner.close()
        if isinstance(proposal.result, Plan):
            found.append(proposal.result)
            break
    assert found
    assert all(step.skill in fleet("alpha").skills for step in found[0].steps)

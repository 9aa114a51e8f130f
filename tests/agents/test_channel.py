"""The way to a server, over real HTTP: streams and how they end, the breaker, what errors mean."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import formatdate

import pytest

from agents.breaker import BreakerState
from agents.channel import Channel, Outgoing
from agents.errors import ExchangeError, FormRefused, TooLong
from agents.scripted_behaviours import Broken, Drip, Hang, Quirks, Raw, Say, Slow, Status
from agents.scripted_server import ScriptedModelServer
from agents.settings import ModelSettings
from protocol.vocabulary import JsonObject

OBJECT = '{"plan": {"steps": []}}'
STREAM: JsonObject = {"stream": True, "stream_options": {"include_usage": True}}


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def settings(url: str) -> ModelSettings:
    return ModelSettings(name="local", base_url=url, model="scripted", timeout_s=20.0)


@asynccontextmanager
async def channel(server: ScriptedModelServer | str, clock: Clock | None = None) -> AsyncIterator[Channel]:
    url = server if isinstance(server, str) else server.base_url
    made = Channel(settings(url), clock=clock or Clock())
    try:
        yield made
    finally:
        await made.close()


def question(*, seconds: float = 20.0, **more: object) -> Outgoing:
    body: JsonObject = {"model": "scripted", "messages": [{"role": "user", "content": "?"}]}
    return Outgoing(
        purpose="plan",
        path="/chat/completions",
        body={**body, **more},
        seconds=seconds,
        stop_early=True,  # type: ignore[dict-item]
    )


async def error(to: Channel, outgoing: Outgoing | None = None) -> ExchangeError:
    with pytest.raises(ExchangeError) as caught:
        await to.exchange(outgoing or question())
    return caught.value


async def test_a_stream_and_a_body_are_read_alike() -> None:
    async with ScriptedModelServer(Say(OBJECT)) as server, channel(server) as to:
        for more in ({}, STREAM):
            incoming = await to.exchange(question(**more))
            assert (incoming.text, incoming.finish) == (OBJECT, "stop")
            assert (incoming.input_tokens, incoming.output_tokens) == (100, 20)
            assert incoming.streamed is bool(more)
            assert incoming.complete


async def test_a_server_that_will_not_stream_is_read_all_the_same() -> None:
    async with ScriptedModelServer(Say(OBJECT), quirks=Quirks(streaming="ignored")) as server, channel(server) as to:
        incoming = await to.exchange(question(**STREAM))
    assert not incoming.streamed
    assert incoming.text == OBJECT


@pytest.mark.parametrize(
    ("behaviour", "verdict"),
    [
        (Drip("so it goes ", seconds=0, size=400, endless=True), "repeating"),
        (Drip(OBJECT + " Now I explain.", seconds=0, endless=True), "complete"),
        (Drip("".join(f"w{n} " for n in range(4_000)), seconds=0, size=500), "prose"),
        (Drip('{"a": "' + "".join(f"{n:06}" for n in range(90_000)), seconds=0, size=9_000), "too_long"),
    ],
)
async def test_what_is_hopeless_is_cut_and_the_server_notices(behaviour: Drip, verdict: str) -> None:
    async with ScriptedModelServer(behaviour) as server, channel(server) as to:
        incoming = await to.exchange(question(**STREAM))
        assert incoming.verdict == verdict
        await asyncio.wait_for(server.left.wait(), 10)
        assert to.breaker.state is BreakerState.CLOSED


async def test_a_complete_object_does_not_wait_for_a_stream_that_does_not_end() -> None:
    async with ScriptedModelServer(Drip(OBJECT + " ", seconds=60.0, size=1_000)) as server, channel(server) as to:
        incoming = await to.exchange(question(**STREAM))
        assert incoming.text.strip() == OBJECT
        await asyncio.wait_for(server.left.wait(), 10)


async def test_a_stream_that_breaks_off_is_an_outage() -> None:
    async with ScriptedModelServer(Broken(OBJECT)) as server, channel(server) as to:
        assert (await error(to, question(**STREAM))).code == "unreachable"


async def test_a_stream_that_ends_without_an_end_is_an_outage() -> None:
    half = b'data: {"choices": [{"delta": {"content": "{"}}]}\n\n'
    async with ScriptedModelServer(Raw(half, "text/event-stream")) as server, channel(server) as to:
        found = await error(to, question(**STREAM))
    assert "broke off in the middle" in str(found)


@pytest.mark.parametrize(
    "event",
    [b"data: {not json\n\n", b'data: {"error": {"message": "boom"}}\n\n', b'event: error\ndata: {"error": "boom"}\n\n'],
)
async def test_a_stream_of_rubbish_is_no_answer(event: bytes) -> None:
    async with ScriptedModelServer(Raw(event, "text/event-stream")) as server, channel(server) as to:
        assert (await error(to, question(**STREAM))).code == "unusable"


@pytest.mark.parametrize(
    "event", [b"data: 5\n\n", b"data: [1]\n\n", b'data: {"choices": [{"delta": 1, "finish_reason": "stop"}]}\n\n']
)
async def test_events_of_another_shape_say_nothing(event: bytes) -> None:
    end = b'data: {"choices": [{"finish_reason": "stop", "delta": {}}]}\n\ndata: [DONE]\n\n'
    async with ScriptedModelServer(Raw(event + end, "text/event-stream")) as server, channel(server) as to:
        assert (await to.exchange(question(**STREAM))).text == ""


@pytest.mark.parametrize("behaviour", [Hang(), Drip(OBJECT[:-1], seconds=0.01, endless=True, size=1)])
async def test_cancelling_in_the_middle_closes_the_connection(behaviour: Hang) -> None:
    async with ScriptedModelServer(behaviour) as server, channel(server) as to:
        asking = asyncio.create_task(to.exchange(question(**STREAM)))
        await server.asked.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.wait_for(server.left.wait(), 10)
        assert to.breaker.failures == 0


async def test_time_is_up_in_the_middle_of_a_stream() -> None:
    async with (
        ScriptedModelServer(Drip('{"a": "x', seconds=0.01, size=1, endless=True)) as server,
        channel(server) as to,
    ):
        await to.prepare()  # loading libraries takes longer than that
        assert (await error(to, question(seconds=0.5, **STREAM))).code == "timed_out"
        await asyncio.wait_for(server.left.wait(), 10)


@pytest.mark.parametrize(
    ("status", "kind", "code", "down"),
    [
        (Status(400), FormRefused, "unusable", False),
        (Status(422), FormRefused, "unusable", False),
        (Status(500, "bad response_format: literal_error"), FormRefused, "unusable", False),
        (Status(400, "x", "context_length_exceeded"), TooLong, "unusable", False),
        (Status(400, "the request exceeds the available context size"), TooLong, "unusable", False),
        (Status(413), TooLong, "unusable", False),
        (Status(401), ExchangeError, "unreachable", False),
        (Status(403), ExchangeError, "unreachable", False),
        (Status(404), ExchangeError, "unreachable", False),
        (Status(418), ExchangeError, "unreachable", False),
        (Status(429), ExchangeError, "unreachable", True),
        (Status(500), ExchangeError, "unreachable", True),
        (Status(503), ExchangeError, "unreachable", True),
        (Raw(b"{not json"), ExchangeError, "unusable", False),
    ],
)
async def test_what_an_error_means(status: Status, kind: type[ExchangeError], code: str, down: bool) -> None:
    async with ScriptedModelServer(status) as server, channel(server) as to:
        found = await error(to)
    assert type(found) is kind
    assert (found.code, found.down) == (code, down)


@pytest.mark.parametrize(
    ("message", "context"),
    [
        ("This model's maximum context length is 8192 tokens. However, you requested 9027", 8192),
        ("the request (9000 tokens) exceeds the available context size (4096 tokens), try increasing it", 4096),
        ("context window of 131072", 131_072),
        ("context length exceeded", None),
        ("context length is 3", None),
    ],
)
async def test_how_much_a_server_says_it_takes(message: str, context: int | None) -> None:
    async with ScriptedModelServer(Status(400, message)) as server, channel(server) as to:
        found = await error(to)
    assert isinstance(found, TooLong)
    assert found.context_tokens == context


# --- the breaker -----------------------------------------------------------------------------------------------------


async def test_a_dead_server_is_left_alone_after_two_tries_and_tried_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        clock = Clock()
        async with channel(f"http://127.0.0.1:{taken.getsockname()[1]}/v1", clock) as to:
            codes = [(await error(to)).code for _ in range(3)]
            assert codes == ["unreachable", "unreachable", "skipped"]
            clock.now = 1.0
            assert (await error(to)).code == "unreachable"
            clock.now = 2.9
            assert (await error(to)).code == "skipped"
            clock.now = 3.0
            assert (await error(to)).code == "unreachable"


async def test_a_server_that_comes_back_is_used_again() -> None:
    clock = Clock()
    async with ScriptedModelServer(Status(503), Status(503), Say(OBJECT)) as server, channel(server, clock) as to:
        for _ in range(2):
            await error(to)
        assert (await error(to)).code == "skipped"
        assert len(server.requests) == 2
        clock.now = 1.0
        assert (await to.exchange(question())).text == OBJECT
        assert (await to.exchange(question())).text == OBJECT


async def test_only_one_caller_tries_a_server_that_was_down() -> None:
    clock = Clock()
    async with ScriptedModelServer(Status(503), Status(503), Slow(OBJECT)) as server:
        to = Channel(settings(server.base_url).model_copy(update={"parallel": 9}), clock=clock)
        for _ in range(2):
            await error(to)
        clock.now = 1.0
        server.asked.clear()
        trial = asyncio.create_task(to.exchange(question()))
        await server.asked.wait()
        assert {(await error(to)).code for _ in range(5)} == {"skipped"}
        server.release()
        assert (await trial).text == OBJECT
        assert len(server.requests) == 3
        await to.close()


@pytest.mark.parametrize("date", [False, True])
async def test_a_server_that_asks_to_be_left_alone_is(date: bool) -> None:
    after = formatdate(4_000_000_000, usegmt=True) if date else "20"
    clock = Clock()
    busy = Status(429, headers=(("retry-after", after),))
    async with ScriptedModelServer(busy, Say(OBJECT)) as server, channel(server, clock) as to:
        await error(to)
        clock.now = 19.9
        assert (await error(to)).code == "skipped"
        clock.now = 3_600.0
        assert (await to.exchange(question())).text == OBJECT


@pytest.mark.parametrize("after", ["soon", "", "nan", "-5"])
async def test_a_wish_that_is_none_is_an_ordinary_failure(after: str) -> None:
    busy = Status(429, headers=(("retry-after", after),))
    async with ScriptedModelServer(busy) as server, channel(server) as to:
        await error(to)
        assert to.breaker.due <= 1.0


async def test_refusals_do_not_count_as_failures() -> None:
    async with ScriptedModelServer(Status(400)) as server, channel(server) as to:
        assert {(await error(to)).code for _ in range(4)} == {"unusable"}
        assert to.breaker.state is BreakerState.CLOSED


async def test_silence_counts_as_a_failure() -> None:
    async with ScriptedModelServer(Hang()) as server, channel(server) as to:
        codes = [(await error(to, question(seconds=0.05))).code for _ in range(3)]
    assert codes == ["timed_out", "timed_out", "skipped"]


async def test_a_local_server_gets_one_request_at_a_time() -> None:
    async with ScriptedModelServer(Slow(OBJECT)) as server, channel(server) as to:
        asking = [asyncio.create_task(to.exchange(question())) for _ in range(3)]
        await server.asked.wait()
        found = await error(to, question(seconds=0.02))
        assert (found.code, found.down) == ("timed_out", False)
        assert "busy" in str(found)
        assert len(server.requests) == 1
        asking[2].cancel()
        server.release()
        assert [(await one).text for one in asking[:2]] == [OBJECT, OBJECT]
        assert len(server.requests) == 2


async def test_several_at_once_where_the_settings_say_so() -> None:
    async with ScriptedModelServer(Slow(OBJECT)) as server:
        to = Channel(settings(server.base_url).model_copy(update={"parallel": 2}))
        asking = [asyncio.create_task(to.exchange(question())) for _ in range(3)]
        while len(server.requests) < 2:
            await asyncio.sleep(0)
        server.release()
        await asyncio.gather(*asking)
        await to.close()
    assert len(server.requests) == 3


async def test_callers_at_once_share_one_client() -> None:
    async with ScriptedModelServer(Say(OBJECT)) as server, channel(server) as to:
        answers = await asyncio.gather(*(to.exchange(question()) for _ in range(8)))
    assert [one.text for one in answers] == [OBJECT] * 8


async def test_a_server_that_closes_idle_connections_is_no_outage() -> None:
    """The connection of the last answer is not used again: the server may be closing it."""
    closing = Raw(b'{"choices": [{"message": {"content": "{}"}}]}')
    async with ScriptedModelServer(closing) as server, channel(server) as to:
        for _ in range(3):
            await to.exchange(question())
            await server.idle()
            assert not server.connections

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from agents.capabilities import Capabilities, Form
from agents.channel import Channel
from agents.conversation import Conversation
from agents.errors import FormRefused, TooLong
from agents.reply import ReplyError
from agents.scripted_behaviours import Drip, Quirks, Raw, Say, Status
from agents.scripted_server import ScriptedModelServer
from agents.settings import ModelSettings
from protocol.vocabulary import JsonSchema

SCHEMA: JsonSchema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def number(text: str) -> int:
    value = json.loads(text)["n"] if text.startswith("{") else None
    if not isinstance(value, int):
        raise ReplyError("n is no number")
    return value


async def converse(
    server: ScriptedModelServer,
    text: str = "Which number?",
    *,
    known: Capabilities | None = None,
    form: Form = "json_schema",
    stream: bool = True,
    repairs: int = 1,
    **more: object,
) -> tuple[int, Conversation[int]]:
    given: dict[str, object] = {"name": "local", "base_url": server.base_url, "model": "scripted", **more}
    channel = Channel(ModelSettings.model_validate(given))
    talk = Conversation(
        channel,
        [("system", "Answer with a number."), ("user", text)],
        read=number,
        schema=SCHEMA,
        form=form,
        stream=stream,
        seconds=lambda: 20.0,
        known=known,
    )
    try:
        return await talk.answer(repairs=repairs), talk
    finally:
        await channel.close()


def bodies(server: ScriptedModelServer) -> Sequence[dict[str, object]]:
    return [dict(one.body) for one in server.requests]


async def test_any_kind_of_answer_may_be_asked_for() -> None:
    async with ScriptedModelServer(Say('{"n": 7}')) as server:
        answer, talk = await converse(server)
    assert answer == 7
    (body,) = bodies(server)
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "reply", "schema": SCHEMA, "strict": False},
    }
    usage = talk.usage(1.5)
    assert (usage.calls, usage.input_tokens, usage.output_tokens, usage.seconds) == (1, 100, 20, 1.5)


@pytest.mark.parametrize("behaviour", [Say("five"), Say(""), Say('{"n": "x"}'), Drip("no ", seconds=0, endless=True)])
async def test_what_cannot_be_read_is_mended_once(behaviour: Say) -> None:
    async with ScriptedModelServer(behaviour, Say('{"n": 7}')) as server:
        answer, talk = await converse(server)
        assert answer == 7
        assert talk.usage(0).calls == 2
    messages = bodies(server)[1]["messages"]
    assert isinstance(messages, list)
    assert [one["role"] for one in messages] == ["system", "user", "assistant", "user"]


async def test_a_second_fault_is_the_last() -> None:
    async with ScriptedModelServer(Say("five")) as server:
        with pytest.raises(ReplyError, match="no number"):
            await converse(server)
        with pytest.raises(ReplyError):
            await converse(server, repairs=0)
    assert len(server.requests) == 3


async def test_refused_forms_are_loosened_one_after_the_other() -> None:
    behaviours = (*[Status(400)] * 3, Say('{"n": 7}'))
    async with ScriptedModelServer(*behaviours) as server:
        answer, talk = await converse(server)
    assert answer == 7
    assert (talk.form, talk.stream) == ("text", False)
    forms = [body.get("response_format") for body in bodies(server)]
    assert [form["type"] if isinstance(form, dict) else None for form in forms] == [
        "json_schema",
        "json_object",
        None,
        None,
    ]
    assert [body.get("stream") for body in bodies(server)] == [True, True, True, None]


async def test_a_server_that_refuses_every_form() -> None:
    async with ScriptedModelServer(Status(422)) as server:
        with pytest.raises(FormRefused, match="422"):
            await converse(server)
    assert len(server.requests) == 4


async def test_a_stream_without_a_word_is_asked_for_without_streaming() -> None:
    empty = Raw(b"", "text/event-stream")
    async with ScriptedModelServer(
        empty, Say('{"n": 7}'), empty, Status(400, "maximum context length is 4096")
    ) as server:
        answer, talk = await converse(server)
        assert answer == 7
        assert talk.stream
        with pytest.raises(TooLong):
            await converse(server)
    assert [body.get("stream") for body in bodies(server)] == [True, None, True, None]


async def test_a_request_that_was_cut_in_silence_is_noticed() -> None:
    quirks = Quirks(context=600, overflow="ignored")
    known = Capabilities(at=0.0, bytes_per_token=4.0)
    async with ScriptedModelServer(Say('{"n": 7}'), quirks=quirks) as server:
        assert (await converse(server, "word " * 300, known=known))[0] == 7
        with pytest.raises(TooLong, match="cut the request: it read 600 tokens"):
            await converse(server, "word " * 1_000, known=known)
        with pytest.raises(TooLong):
            await converse(server, "word " * 2_000)


async def test_a_count_too_small_to_be_true_says_nothing() -> None:
    async with ScriptedModelServer(Say('{"n": 7}', input_tokens=40)) as server:
        assert (await converse(server, "word " * 1_000))[0] == 7


@pytest.mark.parametrize(
    ("size", "known", "most"),
    [
        (100, None, 4_000),
        (3_500, Capabilities(at=0.0, context_tokens=2_000), 994),
        (3_500, Capabilities(at=0.0, context_tokens=2_000, bytes_per_token=6.0), 994),
        (500, Capabilities(at=0.0, context_tokens=2_000, bytes_per_token=1.0), 1_478),
    ],
)
async def test_the_answer_gets_the_room_that_is_left(size: int, known: Capabilities | None, most: int) -> None:
    async with ScriptedModelServer(Say('{"n": 7}')) as server:
        await converse(server, "w" * size, known=known)
    assert bodies(server)[0]["max_tokens"] == most


@pytest.mark.parametrize("more", [{"context_tokens": 1_000}, {"known": Capabilities(at=0.0, context_tokens=1_000)}])
async def test_what_does_not_fit_is_not_sent(more: dict[str, object]) -> None:
    async with ScriptedModelServer(Say('{"n": 7}')) as server:
        with pytest.raises(TooLong, match="takes 1000 tokens"):
            await converse(server, "w" * 3_500, **more)  # type: ignore[arg-type]
    assert server.requests == []


async def test_tokens_that_were_not_told_are_estimated_and_cost_an_unknown_sum() -> None:
    async with ScriptedModelServer(Say('{"n": 7}', None, None)) as server:
        _, talk = await converse(server, "w" * 700, input_usd=1.0, output_usd=1.0)
    usage = talk.usage(0.0)
    assert (usage.input_tokens, usage.output_tokens, usage.cost_usd) == (206, 3, None)
    assert usage.bytes_out == len(json.dumps(bodies(server)[0], separators=(",", ":")))

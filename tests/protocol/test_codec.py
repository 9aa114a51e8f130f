"""Frames and chunks: what is read, and what is refused with which code."""

from __future__ import annotations

import json
import math
from hashlib import sha256

import pytest

from protocol.codec import (
    CHUNK_HEADER,
    MAX_DEPTH,
    Chunk,
    check_json,
    decode_chunk,
    decode_device_frame,
    decode_gateway_frame,
    encode_chunk,
    encode_message,
    frame,
)
from protocol.errors import ErrorCode, FrameError
from protocol.messages import Accepted, Dispatch, Limits, Outcome, Result
from protocol.vocabulary import Json

RESULT = Result(run="r", task="t", attempt=1, epoch=1, outcome=Outcome.SUCCEEDED, output={"a": [1, 2.5, None, "é"]})
SMALL = Limits(frame_bytes=100, chunk_bytes=8)


def result(output: str) -> str:
    return (
        '{"seq":1,"body":[{"type":"result","run":"r","task":"t","attempt":1,"epoch":1,"outcome":"succeeded",'
        f'"output":{output}}}]}}'
    )


def nested(depth: int) -> Json:
    value: Json = []
    for _ in range(depth - 1):
        value = [value]
    return value


def code_of(data: str | bytes, limits: Limits | None = None) -> ErrorCode:
    with pytest.raises(FrameError) as raised:
        decode_device_frame(data, limits or Limits())
    return raised.value.code


def test_a_frame_reads_back_as_it_was_written() -> None:
    accepted = Accepted(run="r", task="t", attempt=1)
    decoded = decode_device_frame(frame(7, 3, [encode_message(RESULT), encode_message(accepted)]))
    assert (decoded.seq, decoded.ack, decoded.body) == (7, 3, (RESULT, accepted))


def test_bytes_are_read_like_text() -> None:
    text = frame(1, 0, [encode_message(RESULT)])
    assert decode_device_frame(text.encode()) == decode_device_frame(text)


def test_every_message_carries_its_type() -> None:
    assert json.loads(encode_message(RESULT))["type"] == "result"


def test_size_counts_bytes_before_anything_is_parsed() -> None:
    assert code_of("[" * 101, SMALL) is ErrorCode.FRAME_TOO_LARGE
    assert code_of("é" * 60, SMALL) is ErrorCode.FRAME_TOO_LARGE
    assert code_of("é" * 40, SMALL) is ErrorCode.BAD_FRAME


@pytest.mark.parametrize(
    "data",
    [
        "",
        "null",
        "[]",
        "{",
        "{} {}",
        '{"seq":-1}',
        '{"seq":1.5}',
        '{"seq":"1"}',
        '{"seq":true}',
        '{"seq":NaN}',
        '{"seq":1e400}',
        '{"seq":' + "9" * 5000 + "}",
        '{"seq":9007199254740993}',
        '{"other":1}',
        '{"body":[{}]}',
        '{"body":[{"type":"nothing"}]}',
        '{"body":[{"type":["result"]}]}',
        "[" * 100_000,
        "\ufeff{}",
        "\ud800",
        b"\xff\xfe{}",
        b'{"body":"\xc3"}',
        b"\x00",
    ],
)
def test_what_is_no_frame_is_a_bad_frame(data: str | bytes) -> None:
    assert code_of(data) is ErrorCode.BAD_FRAME


@pytest.mark.parametrize("output", ["NaN", "[NaN]", '{"a":Infinity}', "-Infinity", "1e999", "[[1,[-1e999]]]"])
def test_numbers_are_finite(output: str) -> None:
    assert code_of(result(output)) is ErrorCode.BAD_FRAME


def test_json_nests_to_a_limit() -> None:
    decode_device_frame(result(json.dumps(nested(MAX_DEPTH))))
    assert code_of(result(json.dumps(nested(MAX_DEPTH + 1)))) is ErrorCode.BAD_FRAME
    assert code_of(result("[" * 5000 + "]" * 5000)) is ErrorCode.BAD_FRAME


def test_arguments_and_schemas_nest_to_the_same_limit() -> None:
    deep = nested(MAX_DEPTH + 1)
    dispatch = Dispatch(run="r", task="t", attempt=1, epoch=1, skill="a.b", arguments={"x": deep})
    with pytest.raises(FrameError):
        decode_gateway_frame(frame(1, 0, [encode_message(dispatch)]))
    skill = {"name": "a.b", "description": "", "input_schema": {"x": deep}, "output_schema": {}}
    assert code_of(json.dumps({"seq": 1, "body": [{"type": "skills", "skills": [skill]}]})) is ErrorCode.BAD_FRAME


def test_the_last_of_two_equal_keys_counts() -> None:
    [message] = decode_device_frame(result('{"a":1,"a":2}')).body
    assert isinstance(message, Result)
    assert message.output == {"a": 2}


def test_a_failed_result_names_its_error_and_a_good_one_has_none() -> None:
    assert code_of(result("1").replace("succeeded", "failed")) is ErrorCode.BAD_FRAME
    error = '1,"error":{"code":"lost","message":""}'
    assert code_of(result(error)) is ErrorCode.BAD_FRAME
    decode_device_frame(result(error).replace("succeeded", "cancelled"))


def test_a_message_of_the_other_direction_is_unexpected() -> None:
    dispatch = Dispatch(run="r", task="t", attempt=1, epoch=1, skill="a.b")
    assert code_of(frame(1, 0, [encode_message(dispatch)])) is ErrorCode.UNEXPECTED_MESSAGE


def test_an_error_does_not_repeat_the_input() -> None:
    with pytest.raises(FrameError) as raised:
        decode_device_frame('{"body":[{"type":"\\u001b[31mevil"}],"\\u001b[31mevil":1}')
    assert "evil" not in raised.value.message
    assert raised.value.__cause__ is None


def test_a_frame_has_at_most_512_messages() -> None:
    body = encode_message(Accepted(run="r", task="t", attempt=1))
    assert len(decode_device_frame(frame(1, 0, [body] * 512)).body) == 512
    assert code_of(frame(1, 0, [body] * 513)) is ErrorCode.BAD_FRAME


def test_check_json_says_why() -> None:
    assert check_json({"a": [1, "b", None, True, 2.5, {"c": []}]}) is None
    assert check_json({"a": [math.inf]}) == "a number that is not finite"
    assert "levels" in (check_json(nested(40)) or "")


def test_a_chunk_reads_back_as_it_was_written() -> None:
    chunk = Chunk("0123456789abcdef" * 2, 1 << 40, b"\x00\xffdata")
    data = encode_chunk(chunk)
    assert decode_chunk(data) == chunk
    assert data[CHUNK_HEADER:] == chunk.data
    assert data[25:CHUNK_HEADER] == sha256(chunk.data).digest()


def test_bad_chunks_have_a_code() -> None:
    good = encode_chunk(Chunk("00" * 16, 0, b"12345678"))
    for data, code in [
        (b"", ErrorCode.BAD_FRAME),
        (good[:CHUNK_HEADER], ErrorCode.BAD_FRAME),
        (b"\x02" + good[1:], ErrorCode.BAD_FRAME),
        (good[:-1], ErrorCode.HASH_MISMATCH),
        (good[:-1] + b"!", ErrorCode.HASH_MISMATCH),
        (good + b"9", ErrorCode.FRAME_TOO_LARGE),
    ]:
        with pytest.raises(FrameError) as raised:
            decode_chunk(data, SMALL)
        assert raised.value.code is code

"""No input raises anything but the protocol's own errors."""

from __future__ import annotations

import contextlib
import json

from hypothesis import given
from hypothesis import strategies as st

from protocol.codec import (
    Chunk,
    decode_chunk,
    decode_device_frame,
    decode_gateway_frame,
    encode_chunk,
    encode_message,
    frame,
)
from protocol.credentials import parse_token
from protocol.errors import ProtocolError
from protocol.messages import Dispatch, Hello, LogLine, Outcome, Result, Welcome
from protocol.session import DeviceSession, GatewaySession
from protocol.vocabulary import DeviceKind, SkillSpec

HELLO = Hello(
    version="asterism.v1",
    device="d",
    name="n",
    kind=DeviceKind.EDGE,
    labels={"room": "attic"},
    skills=(SkillSpec(name="a.b", description="", input_schema={"type": "object"}, output_schema={}),),
)
WELCOME = Welcome(session="a" * 32, epoch=1, heartbeat_s=1.0, lease_s=2.0)
RESULT = Result(run="r", task="t", attempt=1, epoch=1, outcome=Outcome.SUCCEEDED, output={"a": [1, {"b": "c"}]})
SEEDS = [
    frame(0, 0, [encode_message(HELLO)]),
    frame(0, 0, [encode_message(WELCOME)]),
    frame(1, 0, [encode_message(RESULT), encode_message(LogLine(run="r", task="t", attempt=1, text="é"))]),
    frame(1, 0, [encode_message(Dispatch(run="r", task="t", attempt=1, epoch=1, skill="a.b", arguments={"x": 1.5}))]),
]
PIECES = st.sampled_from(
    [
        "NaN",
        "1e999",
        "-1",
        "9" * 5000,
        "null",
        '""',
        "{}",
        "[",
        "]" * 9,
        "[" * 300,
        "\\u0000",
        "\\ud800",
        "\ud800",
        "true",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
KEYS = st.sampled_from(["type", "run", "task", "attempt", "epoch", "output", "skills", "labels", "resume", "error"])
TYPES = st.sampled_from(
    ["hello", "welcome", "dispatch", "result", "log", "fault", "credit", "artifact_offer", "challenge"]
)
LIKE_A_MESSAGE = st.builds(lambda kind, rest: {**rest, "type": kind}, TYPES, st.dictionaries(KEYS, VALUES, max_size=6))
LIKE_A_FRAME = st.fixed_dictionaries(
    {}, optional={"seq": VALUES, "ack": VALUES, "body": st.lists(LIKE_A_MESSAGE, max_size=3) | VALUES}
).map(json.dumps)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A valid frame with a few pieces cut out and others put in."""
    text = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 12)))
        text = text[:start] + draw(PIECES | st.text(max_size=3)) + text[end:]
    return text


FRAMES = st.binary(max_size=200) | st.text(max_size=200) | LIKE_A_FRAME | mutated()


def opened() -> tuple[GatewaySession, DeviceSession]:
    gateway, device = GatewaySession(0.0), DeviceSession(0.0)
    gateway.challenge("0" * 32, token_required=False)
    for data in gateway.data_to_send():
        device.receive(data, 0.0)
    device.hello(HELLO)
    for data in device.data_to_send():
        gateway.receive(data, 0.0)
    gateway.accept(WELCOME)
    for data in gateway.data_to_send():
        device.receive(data, 0.0)
    return gateway, device


@given(FRAMES)
def test_decoding_raises_protocol_errors_only(data: str | bytes) -> None:
    for decode in (decode_device_frame, decode_gateway_frame):
        with contextlib.suppress(ProtocolError):
            decode(data)


@given(st.lists(FRAMES, max_size=4))
def test_an_open_session_raises_protocol_errors_only(items: list[str | bytes]) -> None:
    for session in opened():
        for data in items:
            with contextlib.suppress(ProtocolError):
                session.receive(data, 1.0)
            session.validate()
            session.data_to_send()
            session.next_deadline()


@given(st.lists(FRAMES, max_size=3), st.integers(0, 2))
def test_a_handshake_raises_protocol_errors_only(items: list[str | bytes], stage: int) -> None:
    gateway, device = GatewaySession(0.0), DeviceSession(0.0)
    if stage > 0:
        gateway.challenge("0" * 32, token_required=False)
        for data in gateway.data_to_send():
            device.receive(data, 0.0)
    if stage > 1:
        device.hello(HELLO)
        for data in device.data_to_send():
            gateway.receive(data, 0.0)
    for session in (gateway, device):
        for data in items:
            with contextlib.suppress(ProtocolError):
                session.receive(data, 1.0)
            session.validate()


@given(st.binary(max_size=120), st.integers(0, 2**64 - 1), st.integers(0, 80))
def test_chunks_raise_protocol_errors_only(data: bytes, offset: int, cut: int) -> None:
    whole = encode_chunk(Chunk("ab" * 16, offset, data or b"x"))
    for candidate in (data, whole, whole[:cut], whole[:cut] + data):
        with contextlib.suppress(ProtocolError):
            decode_chunk(candidate)


@given(st.text(max_size=80))
def test_tokens_raise_value_errors_only(text: str) -> None:
    with contextlib.suppress(ValueError):
        parse_token(text)

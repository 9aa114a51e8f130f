"""Frames to messages and back.

A text message of the WebSocket is one frame: a JSON object `{"seq", "ack", "body"}` with up to 512 messages in `body`.
A binary message is one chunk of an artifact, in network byte order:

    version  1 byte   1
    transfer 16 bytes the transfer's id
    offset   8 bytes  where in the content the data begins
    sha256   32 bytes of the data
    data     the rest

What a frame may hold beyond its schema: numbers are finite; `arguments`, `output` and the schemas of a skill nest at
most 32 levels deep (a parser that stops at 200 levels stands before that check); a failed result names its error and
one that succeeded has none. Where a key stands twice in an object, the last one counts. Every input that breaks a rule
raises a `FrameError`, and nothing else does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError

from protocol.errors import ErrorCode, FrameError
from protocol.messages import (
    DEVICE_FRAME,
    GATEWAY_FRAME,
    DeviceFrame,
    Dispatch,
    GatewayFrame,
    Hello,
    Limits,
    Message,
    Outcome,
    Result,
    SkillsChanged,
)
from protocol.values import MAX_DEPTH as MAX_DEPTH
from protocol.values import check_json as check_json
from protocol.vocabulary import Json

MAX_MESSAGES: Final = 512
FRAME_OVERHEAD: Final = 64  # bytes that `seq`, `ack` and the braces take at most
CHUNK_VERSION: Final = 1
CHUNK_HEADER: Final = 57  # bytes
DEFAULT_LIMITS: Final = Limits()

_Frame = TypeVar("_Frame", GatewayFrame, DeviceFrame)
_TYPES: Final = frozenset(kind.model_fields["type"].default for kind in get_args(Message))
_FIELD: Final = re.compile(r"[a-z0-9_]{1,40}")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an artifact: `transfer` in hex, `offset` in bytes."""

    transfer: str
    offset: int
    data: bytes


def encode_message(message: Message) -> bytes:
    """The JSON of one message, with its `type`; a frame's body is made of these."""
    return message.__pydantic_serializer__.to_json(message)


def frame(seq: int, ack: int, bodies: Sequence[bytes]) -> str:
    """One frame around messages that `encode_message` made."""
    return (b'{"seq":%d,"ack":%d,"body":[' % (seq, ack) + b",".join(bodies) + b"]}").decode()


def decode_gateway_frame(data: str | bytes, limits: Limits = DEFAULT_LIMITS) -> GatewayFrame:
    """What a gateway sent. Raises FrameError."""
    decoded = _decode(GATEWAY_FRAME, data, limits)
    for message in decoded.body:
        if type(message) is Dispatch:
            _check_json(message.arguments, "arguments")
    return decoded


def decode_device_frame(data: str | bytes, limits: Limits = DEFAULT_LIMITS) -> DeviceFrame:
    """What a device sent. Raises FrameError."""
    decoded = _decode(DEVICE_FRAME, data, limits)
    for message in decoded.body:
        check = _DEVICE_CHECKS.get(type(message))
        if check is not None:
            check(message)
    return decoded


def encode_chunk(chunk: Chunk) -> bytes:
    """The binary message of a chunk."""
    return b"".join(
        (
            bytes((CHUNK_VERSION,)),
            bytes.fromhex(chunk.transfer),
            chunk.offset.to_bytes(8, "big"),
            sha256(chunk.data).digest(),
            chunk.data,
        )
    )


def decode_chunk(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Chunk:
    """A chunk whose hash has been verified. Raises FrameError."""
    if len(data) > CHUNK_HEADER + limits.chunk_bytes:
        raise FrameError(ErrorCode.FRAME_TOO_LARGE, f"A chunk holds at most {limits.chunk_bytes} bytes of data.")
    if len(data) <= CHUNK_HEADER:
        raise FrameError(ErrorCode.BAD_FRAME, f"A chunk has a header of {CHUNK_HEADER} bytes and then data.")
    if data[0] != CHUNK_VERSION:
        raise FrameError(ErrorCode.BAD_FRAME, f"Chunks are of version {CHUNK_VERSION}.")
    content = data[CHUNK_HEADER:]
    if sha256(content).digest() != data[25:CHUNK_HEADER]:
        raise FrameError(ErrorCode.HASH_MISMATCH, "The data of a chunk does not have the hash that its header gives.")
    return Chunk(data[1:17].hex(), int.from_bytes(data[17:25], "big"), content)


def _decode(adapter: TypeAdapter[_Frame], data: str | bytes, limits: Limits) -> _Frame:
    if _size(data) > limits.frame_bytes:
        raise FrameError(ErrorCode.FRAME_TOO_LARGE, f"A frame has at most {limits.frame_bytes} bytes.")
    try:
        decoded: _Frame = adapter.validator.validate_json(data)
    except ValidationError as error:
        raise _explained(error) from None
    return decoded


def _size(data: str | bytes) -> int:
    """Bytes of a text or binary message; an ASCII text is not encoded to be counted."""
    if isinstance(data, bytes) or data.isascii():
        return len(data)
    return len(data.encode("utf-8", "surrogatepass"))


def _explained(error: ValidationError) -> FrameError:
    """The first thing that is wrong and where, without a word of the input."""
    first = error.errors(include_url=False, include_input=False)[0]
    kind = first["type"]
    if kind.startswith(("json", "string_unicode")):
        return FrameError(ErrorCode.BAD_FRAME, "The frame is not JSON in UTF-8, or nests too deep.")
    place = ".".join(part if _FIELD.fullmatch(part) else "?" for part in map(str, first["loc"])) or "its top"
    if kind == "union_tag_invalid" and first["ctx"]["tag"] in _TYPES:
        return FrameError(ErrorCode.UNEXPECTED_MESSAGE, f"At {place}: a message that only the other end sends.")
    reason = kind.replace("_", " ")
    return FrameError(ErrorCode.BAD_FRAME, f"The frame does not follow the schema at {place}: {reason}.")


def _check_json(value: Json, field: str) -> None:
    reason = check_json(value)
    if reason is not None:
        raise FrameError(ErrorCode.BAD_FRAME, f"In {field}: {reason}.")


def _check_result(result: Result) -> None:
    if result.error is None and result.outcome is Outcome.FAILED:
        raise FrameError(ErrorCode.BAD_FRAME, "A failed result names its error.")
    if result.error is not None and result.outcome is Outcome.SUCCEEDED:
        raise FrameError(ErrorCode.BAD_FRAME, "A result that succeeded has no error.")
    _check_json(result.output, "output")


def _check_skills(message: Hello | SkillsChanged) -> None:
    for skill in (*message.skills, *(one.skill for one in message.withheld)):
        _check_json(skill.input_schema, "input_schema")
        _check_json(skill.output_schema, "output_schema")


_DEVICE_CHECKS: Final[dict[type, Callable[..., None]]] = {
    Result: _check_result,
    Hello: _check_skills,
    SkillsChanged: _check_skills,
}

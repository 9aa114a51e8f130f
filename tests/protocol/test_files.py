"""The files that others build on: schema, page and test vectors are current, and the vectors hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import TypeAdapter

from protocol import docs, schema
from protocol.codec import decode_chunk, decode_device_frame, decode_gateway_frame, encode_chunk
from protocol.credentials import check_proof, parse_token, proof, verifier
from protocol.errors import ErrorCode, ProtocolError
from protocol.messages import DeviceMessage, Fault, Heartbeat, Hello
from protocol.session import DeviceSession

FOLDER = Path(schema.__file__).parent / "vectors"
MESSAGE: TypeAdapter[DeviceMessage] = TypeAdapter(DeviceMessage)
Vector = dict[str, Any]


def vectors(name: str) -> list[Vector]:
    found: list[Vector] = json.loads((FOLDER / name).read_text())["vectors"]
    return found


def named(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "vector", vectors(name), ids=lambda vector: str(vector.get("name", vector.get("id")))
    )


def data_of(vector: Vector) -> str | bytes:
    if "hex" in vector:
        return bytes.fromhex(vector["hex"])
    if "text" in vector:
        return str(vector["text"])
    return str(vector.get("prefix", "") + vector["repeat"] * vector["times"] + vector.get("suffix", ""))


def test_the_schema_is_current() -> None:
    assert schema.PATH.read_text() == schema.text(), "run `python -m protocol.schema`"


def test_the_page_is_current() -> None:
    assert docs.PATH.read_text() == docs.text(), "run `python -m protocol.docs`"


@named("frames.json")
def test_valid_frames(vector: Vector) -> None:
    decode = decode_gateway_frame if vector["from"] == "gateway" else decode_device_frame
    assert decode(vector["frame"]).model_dump(mode="json") == vector["decoded"]


@named("frames.json")
def test_valid_frames_follow_the_schema(vector: Vector) -> None:
    jsonschema.Draft202012Validator(schema.schema()).validate(json.loads(vector["frame"]))


def test_every_message_has_a_vector() -> None:
    found = {message["type"] for vector in vectors("frames.json") for message in vector["decoded"]["body"]}
    known = {
        d["properties"]["type"]["const"] for d in schema.schema()["$defs"].values() if "type" in d.get("properties", {})
    }
    assert found == known


@named("invalid.json")
def test_invalid_frames(vector: Vector) -> None:
    decode = decode_gateway_frame if vector["from"] == "gateway" else decode_device_frame
    with pytest.raises(ProtocolError) as raised:
        decode(data_of(vector))
    assert raised.value.code == vector["code"]


@named("handshake.json")
def test_proofs(vector: Vector) -> None:
    fields = {name: vector[name] for name in ("nonce", "device", "name", "version")}
    assert parse_token(vector["token"]).id == vector["id"]
    assert verifier(vector["token"]) == vector["verifier"]
    assert proof(vector["verifier"], **fields) == vector["proof"]
    assert check_proof(vector["proof"], vector["verifier"], **fields)


@named("chunks.json")
def test_chunks(vector: Vector) -> None:
    data = bytes.fromhex(vector["hex"])
    if "code" in vector:
        with pytest.raises(ProtocolError) as raised:
            decode_chunk(data)
        assert raised.value.code == vector["code"]
        return
    chunk = decode_chunk(data)
    assert (chunk.transfer, chunk.offset, chunk.data.hex()) == (vector["transfer"], vector["offset"], vector["data"])
    assert encode_chunk(chunk) == data


@named("sessions.json")
def test_conversations(vector: Vector) -> None:
    session = DeviceSession(0.0)
    for step in vector["steps"]:
        Step(session, step).check()
        session.validate()


class Step:
    """One step of a conversation."""

    def __init__(self, session: DeviceSession, step: Vector) -> None:
        self.session = session
        self.step = step
        self.now = float(step["at"])

    def check(self) -> None:
        if "code" in self.step:
            with pytest.raises(ProtocolError) as raised:
                self.act()
            assert raised.value.code == self.step["code"]
        else:
            self.act()
        if "writes" in self.step:
            written = [decode_device_frame(data) for data in self.session.data_to_send()]
            assert written == [decode_device_frame(json.dumps(frame)) for frame in self.step["writes"]]
        if "faults" in self.step:
            [data] = self.session.data_to_send()
            assert [m.code for m in decode_device_frame(data).body if isinstance(m, Fault)] == [self.step["faults"]]
        self.holds()

    def act(self) -> None:
        session, step = self.session, self.step
        if "receive" in step:
            heard = session.receive(json.dumps(step["receive"]), self.now)
            assert [getattr(message, "type", "chunk") for message in heard] == step.get("messages")
        if "timeout" in step:
            session.handle_timeout(self.now)
        if "detach" in step:
            session.detach()
        if "connect" in step:
            session.connect(self.now)
        for message in step.get("send", []):
            self.send(MESSAGE.validate_json(json.dumps(message)))

    def send(self, message: DeviceMessage) -> None:
        if isinstance(message, Hello):
            assert message.resume == self.session.resume
            self.session.hello(message)
        elif isinstance(message, Heartbeat):
            assert self.session.heartbeat_due(self.now)
            self.session.send_heartbeat(message, self.now)
        else:
            self.session.send(message)

    def holds(self) -> None:
        session, step = self.session, self.step
        for name, value in (
            ("unacknowledged", session.unacknowledged),
            ("credits", session.credits),
            ("deadline", session.next_deadline()),
            ("state", session.state.value),
        ):
            if name in step:
                assert value == step[name]


def test_the_codes_of_the_vectors_are_of_the_closed_set() -> None:
    for name in ("invalid.json", "chunks.json"):
        assert {vector["code"] for vector in vectors(name) if "code" in vector} <= {code.value for code in ErrorCode}

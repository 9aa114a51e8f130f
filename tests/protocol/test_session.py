"""The session machine of both ends: handshake, numbering, acknowledgement, resume, deadlines, credits."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.codec import Chunk, encode_message, frame
from protocol.errors import ErrorCode, FrameError, LimitError, ProtocolError
from protocol.link import ACK_DELAY_S, ACK_EVERY, HANDSHAKE_S, MAX_UNACKED
from protocol.messages import (
    Accepted,
    ArtifactOffer,
    Cancel,
    Challenge,
    Credit,
    Dispatch,
    Drain,
    Fault,
    Goodbye,
    Heartbeat,
    Hello,
    Limits,
    LogLine,
    Message,
    Outcome,
    Recorded,
    Result,
    Welcome,
)
from protocol.session import DeviceSession, GatewaySession, InvalidTransitionError, State
from protocol.vocabulary import DeviceKind

NONCE = "0" * 32
HELLO = Hello(version="asterism.v1", device="d1", name="alpha", kind=DeviceKind.SERVER)
WELCOME = Welcome(session="a" * 32, epoch=1, heartbeat_s=10.0, lease_s=30.0, credits=3)
DISPATCH = Dispatch(run="r", task="t", attempt=1, epoch=1, skill="test.noop")
RESULT = Result(run="r", task="t", attempt=1, epoch=1, outcome=Outcome.SUCCEEDED)
LOG = LogLine(run="r", task="t", attempt=1, text="x")


class Pair:
    """Both ends, with the wire between them at hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.gateway = GatewaySession(self.now)
        self.device = DeviceSession(self.now)

    def down(self) -> list[Message | Chunk]:
        """Carry what the gateway has written to the device."""
        return [m for data in self.gateway.data_to_send() for m in self.device.receive(data, self.now)]

    def up(self) -> list[Message | Chunk]:
        return [m for data in self.device.data_to_send() for m in self.gateway.receive(data, self.now)]

    def greet(self) -> None:
        self.gateway.challenge(NONCE, token_required=False)
        self.down()
        self.device.hello(HELLO.model_copy(update={"resume": self.device.resume}))
        self.up()

    def open(self, welcome: Welcome = WELCOME) -> Pair:
        self.greet()
        self.gateway.accept(welcome)
        self.down()
        return self

    def drop(self) -> GatewaySession:
        """Cut the connection and connect anew; the gateway's old session."""
        old = self.gateway
        old.detach()
        self.device.detach()
        self.gateway = GatewaySession(self.now)
        self.device.connect(self.now)
        return old

    def check(self) -> None:
        self.gateway.validate()
        self.device.validate()


@pytest.fixture
def pair() -> Pair:
    return Pair().open()


def types(messages: list[Message | Chunk]) -> list[type]:
    return [type(message) for message in messages]


def test_handshake_opens_both_ends() -> None:
    pair = Pair()
    pair.gateway.challenge(NONCE, token_required=True)
    assert types(pair.down()) == [Challenge]
    assert pair.device.token_required
    assert pair.device.nonce == NONCE
    pair.device.hello(HELLO)
    assert pair.up() == [HELLO]
    pair.gateway.accept(WELCOME)
    assert pair.down() == [WELCOME]
    assert pair.gateway.state is pair.device.state is State.OPEN


def test_rejection_reaches_the_device_and_ends_the_session() -> None:
    pair = Pair()
    pair.greet()
    pair.gateway.reject(ErrorCode.UNAUTHENTICATED, "no")
    assert pair.down() == [Fault(code=ErrorCode.UNAUTHENTICATED, message="no")]
    assert pair.gateway.state is pair.device.state is State.CLOSING


def test_messages_of_one_flush_share_a_frame(pair: Pair) -> None:
    pair.gateway.send(DISPATCH, DISPATCH, Drain())
    [text] = pair.gateway.data_to_send()
    assert json.loads(text)["seq"] == 1
    assert types(pair.device.receive(text, 0.0)) == [Dispatch, Dispatch, Drain]
    pair.check()


def test_frames_split_at_the_size_limit() -> None:
    pair = Pair().open(WELCOME.model_copy(update={"limits": Limits(frame_bytes=600)}))
    pair.gateway.send(*[DISPATCH] * 10)
    frames = pair.gateway.data_to_send()
    assert len(frames) > 1
    assert max(map(len, frames)) <= 600
    assert len([m for data in frames for m in pair.device.receive(data, 0.0)]) == 10


def test_frames_split_at_512_messages(pair: Pair) -> None:
    pair.gateway.send(*[DISPATCH] * 600)
    assert [json.loads(data)["seq"] for data in pair.gateway.data_to_send()] == [1, 513]


def test_a_message_larger_than_a_frame_is_refused_and_the_session_goes_on(pair: Pair) -> None:
    with pytest.raises(FrameError) as raised:
        pair.gateway.send_encoded(b" " * (1 << 20))
    assert raised.value.code is ErrorCode.FRAME_TOO_LARGE
    pair.gateway.send(DISPATCH)
    assert pair.down() == [DISPATCH]


def test_any_frame_acknowledges(pair: Pair) -> None:
    pair.gateway.send(DISPATCH)
    pair.down()
    assert pair.gateway.unacknowledged == 1
    pair.device.send(RESULT)
    pair.up()
    assert pair.gateway.unacknowledged == 0
    pair.check()


def test_data_ready_says_when_there_is_something_to_write(pair: Pair) -> None:
    assert not pair.device.data_ready
    pair.device.send(RESULT)
    assert pair.device.data_ready
    pair.up()
    assert not pair.device.data_ready


def test_a_lone_acknowledgement_follows_after_a_second(pair: Pair) -> None:
    pair.gateway.send(DISPATCH)
    pair.down()
    assert pair.up() == []
    assert pair.device.next_deadline() == ACK_DELAY_S
    pair.device.handle_timeout(ACK_DELAY_S)
    assert pair.up() == []
    assert pair.gateway.unacknowledged == 0
    assert pair.device.data_to_send() == []


def test_a_lone_acknowledgement_follows_after_64_messages(pair: Pair) -> None:
    pair.gateway.send(*[DISPATCH] * ACK_EVERY)
    pair.down()
    pair.up()
    assert pair.gateway.unacknowledged == 0


def test_a_number_seen_before_is_dropped(pair: Pair) -> None:
    again = frame(1, 0, [encode_message(DISPATCH)])
    assert pair.device.receive(again, 0.0) == [DISPATCH]
    assert pair.device.receive(again, 0.0) == []
    overlap = frame(1, 0, [encode_message(DISPATCH), encode_message(Drain())])
    assert pair.device.receive(overlap, 0.0) == [Drain()]


def test_a_gap_ends_the_session_with_a_code(pair: Pair) -> None:
    with pytest.raises(ProtocolError) as raised:
        pair.gateway.receive(frame(2, 0, [encode_message(RESULT)]), 0.0)
    assert raised.value.code is ErrorCode.OUT_OF_ORDER
    [fault] = pair.down()
    assert isinstance(fault, Fault)
    assert fault.code is ErrorCode.OUT_OF_ORDER
    assert pair.gateway.receive(frame(1, 0, [encode_message(RESULT)]), 0.0) == []


def test_an_acknowledgement_of_what_was_never_sent_ends_the_session(pair: Pair) -> None:
    with pytest.raises(ProtocolError) as raised:
        pair.gateway.receive(frame(0, 1, []), 0.0)
    assert raised.value.code is ErrorCode.OUT_OF_ORDER


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (frame(0, 0, [encode_message(HELLO)]), ErrorCode.UNEXPECTED_MESSAGE),
        (frame(1, 0, [encode_message(HELLO)]), ErrorCode.UNEXPECTED_MESSAGE),
        (frame(1, 0, [encode_message(DISPATCH)]), ErrorCode.UNEXPECTED_MESSAGE),
        (frame(0, 0, [encode_message(RESULT)]), ErrorCode.UNEXPECTED_MESSAGE),
        (frame(1, 0, [encode_message(Heartbeat())]), ErrorCode.UNEXPECTED_MESSAGE),
        (frame(1, 0, [encode_message(Goodbye()), encode_message(RESULT)]), ErrorCode.UNEXPECTED_MESSAGE),
        (frame(1, 0, []), ErrorCode.BAD_FRAME),
        ("", ErrorCode.BAD_FRAME),
        (b"", ErrorCode.BAD_FRAME),
    ],
)
def test_what_a_device_may_not_say_in_an_open_session(pair: Pair, text: str | bytes, code: ErrorCode) -> None:
    with pytest.raises(ProtocolError) as raised:
        pair.gateway.receive(text, 0.0)
    assert raised.value.code is code
    assert pair.gateway.state is State.CLOSING


@pytest.mark.parametrize(
    "data", [frame(1, 0, [encode_message(RESULT)]), frame(0, 0, [encode_message(Heartbeat())]), b"x"]
)
def test_a_device_says_nothing_before_hello(data: str | bytes) -> None:
    pair = Pair()
    pair.gateway.challenge(NONCE, token_required=False)
    with pytest.raises(ProtocolError) as raised:
        pair.gateway.receive(data, 0.0)
    assert raised.value.code is ErrorCode.UNEXPECTED_MESSAGE


def test_a_second_hello_before_the_welcome_is_refused() -> None:
    pair = Pair()
    pair.greet()
    with pytest.raises(ProtocolError) as raised:
        pair.gateway.receive(frame(0, 0, [encode_message(HELLO)]), 0.0)
    assert raised.value.code is ErrorCode.UNEXPECTED_MESSAGE


def test_versions_must_agree() -> None:
    pair = Pair()
    pair.gateway.challenge(NONCE, token_required=False)
    with pytest.raises(ProtocolError) as raised:
        pair.gateway.receive(frame(0, 0, [encode_message(HELLO.model_copy(update={"version": "asterism.v9"}))]), 0.0)
    assert raised.value.code is ErrorCode.UNSUPPORTED_VERSION
    other = encode_message(Challenge(nonce=NONCE, versions=("asterism.v9",)))
    with pytest.raises(ProtocolError) as raised:
        pair.device.receive(frame(0, 0, [other]), 0.0)
    assert raised.value.code is ErrorCode.UNSUPPORTED_VERSION


def test_resume_carries_what_was_lost_both_ways_once(pair: Pair) -> None:
    pair.gateway.send(DISPATCH, Drain())
    pair.down()
    pair.device.send(RESULT)
    pair.device.data_to_send()  # lost
    pair.gateway.send(Recorded(run="r", task="t", attempt=1))
    pair.gateway.data_to_send()  # lost
    old = pair.drop()
    pair.device.send(Accepted(run="r", task="u", attempt=1))
    pair.greet()
    assert pair.gateway.can_resume(old)
    pair.gateway.accept(WELCOME, old)
    assert types(pair.down()) == [Welcome, Recorded]
    assert types(pair.up()) == [Result, Accepted]
    pair.down()
    pair.check()
    assert old.state is State.CLOSED


def test_a_fresh_session_counts_from_one_again(pair: Pair) -> None:
    pair.device.send(RESULT)
    pair.device.data_to_send()
    pair.drop()
    pair.greet()
    pair.gateway.accept(WELCOME.model_copy(update={"session": "b" * 32}))
    [welcome] = pair.down()
    assert isinstance(welcome, Welcome)
    assert not welcome.resumed
    assert pair.up() == []
    pair.device.send(RESULT)
    assert pair.up() == [RESULT]
    pair.check()


def test_a_welcome_that_was_lost_leaves_the_session_resumable(pair: Pair) -> None:
    pair.gateway.send(DISPATCH)
    for _ in range(3):
        old = pair.drop()
        pair.greet()
        assert pair.gateway.can_resume(old)
        pair.gateway.accept(WELCOME, old)
        pair.gateway.data_to_send()
    old = pair.drop()
    pair.greet()
    pair.gateway.accept(WELCOME, old)
    assert types(pair.down()) == [Welcome, Dispatch]


def test_another_session_cannot_be_resumed(pair: Pair) -> None:
    pair.drop()
    other = Pair().open(WELCOME.model_copy(update={"session": "b" * 32})).gateway
    other.detach()
    pair.greet()
    assert not pair.gateway.can_resume(other)
    with pytest.raises(InvalidTransitionError):
        pair.gateway.accept(WELCOME, other)


def test_an_open_session_cannot_be_taken_over(pair: Pair) -> None:
    old = pair.gateway
    pair.device.detach()
    pair.device.connect(0.0)
    pair.gateway = GatewaySession(0.0)
    pair.greet()
    assert not pair.gateway.can_resume(old)


def test_a_device_refuses_a_resume_that_it_did_not_ask_for() -> None:
    pair = Pair()
    pair.greet()
    with pytest.raises(ProtocolError) as raised:
        pair.device.receive(frame(0, 0, [encode_message(WELCOME.model_copy(update={"resumed": True}))]), 0.0)
    assert raised.value.code is ErrorCode.UNEXPECTED_MESSAGE


def test_stream_messages_take_credits(pair: Pair) -> None:
    pair.device.send(LOG, LOG, LOG)
    assert not pair.device.can_stream
    with pytest.raises(LimitError):
        pair.device.send(LOG)
    pair.up()
    pair.gateway.grant(2)
    assert pair.down() == [Credit(amount=2)]
    assert pair.device.can_stream
    pair.device.send(LOG)
    assert pair.up() == [LOG]
    assert pair.gateway.credits == pair.device.credits == 1


def test_a_device_that_overdraws_is_ended(pair: Pair) -> None:
    with pytest.raises(LimitError) as raised:
        pair.gateway.receive(frame(1, 0, [encode_message(LOG)] * 4), 0.0)
    assert raised.value.code is ErrorCode.LIMIT_EXCEEDED


def test_credits_go_on_through_a_resume(pair: Pair) -> None:
    pair.device.send(LOG)
    pair.up()
    pair.device.send(LOG)
    pair.device.data_to_send()
    pair.gateway.grant(5)
    old = pair.drop()
    pair.greet()
    pair.gateway.accept(WELCOME, old)
    pair.down()
    pair.up()
    assert pair.gateway.credits == pair.device.credits == 6


def test_unacknowledged_messages_are_bounded(pair: Pair) -> None:
    body = encode_message(DISPATCH)
    for _ in range(MAX_UNACKED):
        pair.gateway.send_encoded(body)
    with pytest.raises(LimitError):
        pair.gateway.send_encoded(body)
    assert pair.gateway.state is State.OPEN
    pair.check()


def test_unacknowledged_bytes_are_bounded(pair: Pair) -> None:
    body = b"x" * 1_000_000
    for _ in range(67):
        pair.gateway.send_encoded(body)
    with pytest.raises(LimitError):
        pair.gateway.send_encoded(body)


def test_a_heartbeat_is_asked_for_and_answered(pair: Pair) -> None:
    assert pair.device.next_deadline() == 10.0
    assert not pair.device.heartbeat_due(9.9)
    assert pair.device.heartbeat_due(10.0)
    pair.now = 10.0
    pair.device.send_heartbeat(Heartbeat(running=2), pair.now)
    assert pair.up() == [Heartbeat(running=2)]
    assert pair.gateway.next_deadline() == 30.0
    [answer] = pair.gateway.data_to_send()
    assert pair.device.receive(answer, 10.0) == []
    assert pair.device.next_deadline() == 20.0


def test_a_silent_device_is_left_after_two_heartbeats_and_may_resume(pair: Pair) -> None:
    pair.gateway.handle_timeout(19.9)
    with pytest.raises(ProtocolError) as raised:
        pair.gateway.handle_timeout(20.0)
    assert raised.value.code is ErrorCode.HEARTBEAT_MISSED
    assert pair.gateway.state is State.DETACHED
    assert pair.gateway.next_deadline() is None
    old = pair.drop()
    pair.greet()
    assert pair.gateway.can_resume(old)


def test_a_silent_gateway_is_left_after_two_heartbeats(pair: Pair) -> None:
    """Before the lease ends: the device has time to come back under it."""
    pair.device.handle_timeout(19.9)
    with pytest.raises(ProtocolError):
        pair.device.handle_timeout(20.0)
    assert pair.device.state is State.DETACHED


def test_who_was_held_up_itself_reads_before_it_gives_up(pair: Pair) -> None:
    """An event loop that stood still for three heartbeats finds its timer and the other end's messages at once."""
    pair.gateway.handle_timeout(27.0)
    assert pair.gateway.state is State.OPEN
    assert pair.gateway.next_deadline() == 37.0
    pair.now = 27.0
    pair.device.send_heartbeat(Heartbeat(running=0), pair.now)
    assert pair.up() == [Heartbeat(running=0)]
    assert pair.gateway.next_deadline() == 47.0


@given(heard=st.floats(0, 1e6), late=st.sampled_from([0.0, 0.01, 1.0, 100.0]))
def test_a_deadline_that_was_looked_at_is_no_more(heard: float, late: float) -> None:
    """Whatever the rounding: a timer set for it would fire again at once, for ever."""
    session = DeviceSession(heard)
    deadline = session.next_deadline()
    assert deadline is not None
    with contextlib.suppress(ProtocolError):
        session.handle_timeout(deadline + late)
    after = session.next_deadline()
    assert after is None or after > deadline + late


def test_it_is_given_one_more_look_and_no_more(pair: Pair) -> None:
    pair.device.handle_timeout(27.0)
    with pytest.raises(ProtocolError):
        pair.device.handle_timeout(60.0)
    assert pair.device.state is State.DETACHED


@pytest.mark.parametrize("end", [GatewaySession, DeviceSession])
def test_a_handshake_takes_ten_seconds_at_most(end: type[GatewaySession] | type[DeviceSession]) -> None:
    session = end(5.0)
    assert session.next_deadline() == 5.0 + HANDSHAKE_S
    with pytest.raises(ProtocolError):
        session.handle_timeout(5.0 + HANDSHAKE_S)
    assert session.state is State.CLOSING
    assert len(session.data_to_send()) == 1


def test_goodbye_is_the_last_word(pair: Pair) -> None:
    pair.device.send(RESULT)
    pair.device.goodbye("stopped")
    assert types(pair.up()) == [Result, Goodbye]
    assert pair.gateway.state is pair.device.state is State.CLOSING
    with pytest.raises(InvalidTransitionError):
        pair.device.send(RESULT)


def test_chunks_keep_their_place_among_messages(pair: Pair) -> None:
    chunk = Chunk("ab" * 16, 7, b"data")
    pair.gateway.send(DISPATCH)
    pair.gateway.send_chunk(chunk)
    pair.gateway.send(Cancel(run="r", task="t", attempt=1, epoch=1))
    assert types(pair.down()) == [Dispatch, Chunk, Cancel]


def test_nothing_is_sent_before_the_handshake() -> None:
    with pytest.raises(InvalidTransitionError):
        GatewaySession(0.0).send(DISPATCH)


def test_a_closed_session_holds_nothing(pair: Pair) -> None:
    pair.gateway.send(DISPATCH)
    pair.gateway.close()
    pair.gateway.close()
    assert pair.gateway.unacknowledged == 0
    assert pair.gateway.data_to_send() == []
    pair.gateway.fail(ErrorCode.INTERNAL)
    assert pair.gateway.state is State.CLOSED


def test_transitions_outside_the_table_are_faults_of_ours(pair: Pair) -> None:
    with pytest.raises(InvalidTransitionError):
        pair.gateway.challenge(NONCE, token_required=False)
    with pytest.raises(InvalidTransitionError):
        pair.device.connect(0.0)


def test_a_transfer_belongs_to_its_connection(pair: Pair) -> None:
    offer = ArtifactOffer(transfer="ab" * 16, sha256="0" * 64, size=1, run="r", task="t", attempt=1)
    pair.device.send(offer)
    assert pair.up() == [offer]
    assert pair.device.unacknowledged == 0
    old = pair.drop()
    pair.device.send(offer)
    pair.greet()
    pair.gateway.accept(WELCOME, old)
    pair.down()
    assert pair.up() == []


def test_a_deadline_that_was_dealt_with_is_gone(pair: Pair) -> None:
    """A shell that asks for the next deadline before it writes must not be sent round in circles."""
    pair.gateway.send(DISPATCH)
    pair.down()
    pair.device.handle_timeout(ACK_DELAY_S)
    assert pair.device.data_ready
    following = pair.device.next_deadline()
    assert following is not None
    assert following > ACK_DELAY_S

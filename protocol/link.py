"""What both ends of a session share: states, numbering, acknowledgement, batching, resume, deadlines."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Final

from protocol.codec import (
    DEFAULT_LIMITS,
    FRAME_OVERHEAD,
    MAX_MESSAGES,
    Chunk,
    decode_chunk,
    encode_chunk,
    encode_message,
    frame,
)
from protocol.errors import ErrorCode, FrameError, HandshakeError, LimitError, ProtocolError, SequenceError
from protocol.messages import (
    ArtifactAck,
    ArtifactFetch,
    ArtifactOffer,
    ArtifactReady,
    ArtifactRefused,
    Challenge,
    DeviceFrame,
    Fault,
    GatewayFrame,
    Goodbye,
    Heartbeat,
    Hello,
    Limits,
    LogLine,
    Message,
    Progress,
    Welcome,
)

HANDSHAKE_S: Final = 10.0
ACK_DELAY_S: Final = 1.0
LATE_S: Final = 0.5
"""A deadline looked at so much after it has passed tells of a delay at this end."""
ACK_EVERY: Final = 64
MAX_UNACKED: Final = 8_192
MAX_UNACKED_BYTES: Final = 64 << 20


class State(Enum):
    """Where a session stands; `TRANSITIONS` says what may follow."""

    NEW = "new"
    CHALLENGED = "challenged"
    GREETED = "greeted"
    OPEN = "open"
    DETACHED = "detached"
    CLOSING = "closing"
    CLOSED = "closed"


_S = State
TRANSITIONS: Final[frozenset[tuple[State, State]]] = frozenset(
    {
        (_S.NEW, _S.CHALLENGED),
        (_S.CHALLENGED, _S.GREETED),
        (_S.GREETED, _S.OPEN),
        (_S.DETACHED, _S.NEW),
        *((state, _S.DETACHED) for state in (_S.NEW, _S.CHALLENGED, _S.GREETED, _S.OPEN)),
        *((state, _S.CLOSING) for state in (_S.NEW, _S.CHALLENGED, _S.GREETED, _S.OPEN)),
        *((state, _S.CLOSED) for state in (_S.NEW, _S.CHALLENGED, _S.GREETED, _S.OPEN, _S.DETACHED, _S.CLOSING)),
    }
)

# Messages that have no number, and the state in which the other end may send them.
_HANDSHAKE: Final[dict[type, State]] = {Challenge: _S.NEW, Hello: _S.CHALLENGED, Welcome: _S.GREETED}
# A transfer belongs to its connection, as its chunks do: it is said anew after a drop, never sent again.
TRANSFER: Final[frozenset[type]] = frozenset(
    (ArtifactOffer, ArtifactFetch, ArtifactReady, ArtifactAck, ArtifactRefused)
)
_UNNUMBERED: Final[frozenset[type]] = TRANSFER | {*_HANDSHAKE, Heartbeat, Fault}
STREAM: Final[frozenset[type]] = frozenset((Progress, LogLine))
_WATCHED: Final[frozenset[type]] = _UNNUMBERED | STREAM | {Goodbye}
_DEAF: Final[frozenset[State]] = frozenset((_S.DETACHED, _S.CLOSING, _S.CLOSED))


class InvalidTransitionError(RuntimeError):
    """The shell asked for something that this state of the session does not allow: a fault of ours."""


class Session:
    """What both ends share: numbering, acknowledgement, batching, resume, deadlines."""

    __slots__ = (
        "_ack_due",
        "_ack_now",
        "_ack_sent",
        "_acked",
        "_heard",
        "_limits",
        "_out",
        "_pending",
        "_received",
        "_sent",
        "_silence_s",
        "_spared",
        "_state",
        "_unacked",
        "_unacked_bytes",
        "credits",
        "session",
    )

    def __init__(self, now: float) -> None:
        self._state = State.NEW
        self.session: str | None = None
        self.credits = 0
        self._limits = DEFAULT_LIMITS
        self._heard = now
        self._spared = False
        self._silence_s = HANDSHAKE_S
        self._ack_due: float | None = None
        self._ack_now = False
        self._out: list[str | bytes] = []
        self._pending: list[bytes] = []
        self._unacked: list[bytes] = []
        self._restart()

    def _restart(self) -> None:
        """Count from 1 again, in both directions."""
        self._sent = self._acked = self._received = self._ack_sent = self._unacked_bytes = 0
        self._unacked.clear()
        self._pending.clear()

    # --- reading ---------------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        return self._state

    @property
    def limits(self) -> Limits:
        return self._limits

    @property
    def received(self) -> int:
        """The last number received."""
        return self._received

    @property
    def acknowledged(self) -> int:
        """The last number that the other end has acknowledged."""
        return self._acked

    @property
    def unacknowledged(self) -> int:
        """How many numbered messages the other end has not acknowledged."""
        return len(self._unacked)

    def receive(self, data: str | bytes, now: float) -> list[Message | Chunk]:
        """What a message of the WebSocket says that was not said before, in order.

        Raises ProtocolError; the session is then `closing`, with its `fault` in `data_to_send`. A session that is
        closing or closed takes no notice of what still comes.
        """
        if self._state in _DEAF:
            return []
        self._heard = now
        self._spared = False
        try:
            if isinstance(data, str):
                return self._receive_frame(data, now)
            if self._state is not State.OPEN:
                raise HandshakeError(ErrorCode.UNEXPECTED_MESSAGE, "A chunk may come only in an open session.")
            return [decode_chunk(data, self._limits)]
        except ProtocolError as error:
            self.fail(error.code, error.message)
            raise

    def _receive_frame(self, data: str, now: float) -> list[Message | Chunk]:
        decoded = self._decode(data)
        body: tuple[Message, ...] = decoded.body
        if self._state is State.OPEN:
            self._acknowledge(decoded.ack)
        if decoded.seq == 0:
            return [self._take_unnumbered(message) for message in body]
        if not body:
            raise FrameError(ErrorCode.BAD_FRAME, "A frame without messages has `seq` 0.")
        if self._state is not State.OPEN:
            raise unexpected(body[0], self._state)
        first = self._received + 1
        if decoded.seq > first:
            raise SequenceError(ErrorCode.OUT_OF_ORDER, f"Number {first} was next, and {decoded.seq} came.")
        self._note_ack_owed(now, len(body))
        return self._take_numbered(body[first - decoded.seq :])

    def _take_numbered(self, body: tuple[Message, ...]) -> list[Message | Chunk]:
        for message in body:
            if type(message) in _WATCHED:
                self._watch(message, last=message is body[-1])
        self._received += len(body)
        return list(body)

    def _watch(self, message: Message, *, last: bool) -> None:
        kind = type(message)
        if kind in STREAM:
            self._spend_credit()
        elif kind is Goodbye and last:
            self._go(State.CLOSING)
        else:
            raise unexpected(message, self._state)

    def _spend_credit(self) -> None:
        if self.credits == 0:
            raise LimitError(ErrorCode.LIMIT_EXCEEDED, "A `progress` or `log` message without a credit for it.")
        self.credits -= 1

    def _take_unnumbered(self, message: Message) -> Message:
        kind = type(message)
        if kind is Fault:
            self._go(State.CLOSING)
        elif kind in TRANSFER and self._state is State.OPEN:
            pass
        elif kind is Heartbeat and self._state is State.OPEN:
            self._ack_now = True
        elif _HANDSHAKE.get(kind) is self._state:
            self._take_handshake(message)
        else:
            raise unexpected(message, self._state)
        return message

    def _acknowledge(self, ack: int) -> None:
        count = ack - self._acked
        if count <= 0:
            return
        if count > len(self._unacked) - len(self._pending):
            raise SequenceError(ErrorCode.OUT_OF_ORDER, f"Number {ack} was acknowledged and never sent.")
        self._unacked_bytes -= sum(map(len, self._unacked[:count]))
        del self._unacked[:count]
        self._acked = ack

    def _note_ack_owed(self, now: float, count: int) -> None:
        if self._ack_due is None:
            self._ack_due = now + ACK_DELAY_S
        if self._received + count - self._ack_sent >= ACK_EVERY:
            self._ack_now = True

    def _decode(self, data: str) -> GatewayFrame | DeviceFrame:
        raise NotImplementedError

    def _take_handshake(self, message: Message) -> None:
        raise NotImplementedError

    # --- writing ---------------------------------------------------------------------------------------------

    def send_encoded(self, body: bytes) -> None:
        """Queue a numbered message that `encode_message` made; while no connection is up, it waits for a resume.

        Raises LimitError when too much is unacknowledged, FrameError when it is larger than a frame. Nothing was
        queued then, and the session goes on.
        """
        if self.session is None or self._state is State.CLOSING or self._state is State.CLOSED:
            raise InvalidTransitionError(f"A session that is {self._state.value} sends no messages.")
        if len(body) > self._limits.frame_bytes - FRAME_OVERHEAD:
            raise FrameError(ErrorCode.FRAME_TOO_LARGE, f"A frame has at most {self._limits.frame_bytes} bytes.")
        if len(self._unacked) >= MAX_UNACKED or self._unacked_bytes + len(body) > MAX_UNACKED_BYTES:
            raise LimitError(ErrorCode.LIMIT_EXCEEDED, "The other end has not acknowledged enough to send more.")
        self._sent += 1
        self._unacked.append(body)
        self._unacked_bytes += len(body)
        if self._state is State.OPEN:
            self._pending.append(body)

    def _send_message(self, message: Message) -> None:
        """Queue a message; one of a transfer is dropped while no connection is up."""
        if type(message) not in TRANSFER:
            self.send_encoded(encode_message(message))
        elif self._state is State.OPEN:
            self._send_unnumbered(message)

    def send_chunk(self, chunk: Chunk) -> None:
        """Queue a chunk, after the messages queued so far."""
        self._require(State.OPEN)
        self._flush()
        self._out.append(encode_chunk(chunk))

    @property
    def data_ready(self) -> bool:
        """Whether `data_to_send` has something to write."""
        return bool(self._pending or self._out or (self._ack_now and self._state is State.OPEN))

    def data_to_send(self) -> list[str | bytes]:
        """What to write, in order: text frames as str, chunks as bytes. Empty when there is nothing."""
        if self._pending:
            self._flush()
        elif self._ack_now and self._state is State.OPEN:
            self._out.append(self._frame(0, []))
        if not self._out:
            return []
        out, self._out = self._out, []
        return out

    def _flush(self) -> None:
        """Frame the queued messages, as few frames as the limits allow."""
        pending = self._pending
        if not pending:
            return
        seq = self._sent - len(pending) + 1
        room = self._limits.frame_bytes - FRAME_OVERHEAD
        for batch in _batches(pending, room):
            self._out.append(self._frame(seq, batch))
            seq += len(batch)
        pending.clear()

    def _frame(self, seq: int, bodies: list[bytes]) -> str:
        if self._state is not State.OPEN:
            return frame(seq, 0, bodies)
        self._ack_sent = self._received
        self._ack_due = None
        self._ack_now = False
        return frame(seq, self._received, bodies)

    def _send_unnumbered(self, message: Message) -> None:
        self._flush()
        self._out.append(self._frame(0, [encode_message(message)]))

    # --- time ------------------------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """When `handle_timeout` must be called at the latest; None while no connection is up."""
        if self._state in _DEAF:
            return None
        silence = self._heard + self._silence_s
        return silence if self._ack_due is None else min(silence, self._ack_due)

    def handle_timeout(self, now: float) -> None:
        """Queue an acknowledgement that is due.

        Raises ProtocolError when the other end was silent for too long: an open session is then detached, and may be
        resumed; one in its handshake is closing, with a fault.
        """
        if self._state in _DEAF:
            return
        deadline = self._heard + self._silence_s
        if now >= deadline:
            if now < deadline + LATE_S or self._spared:
                self._give_up(f"Nothing was heard for {now - self._heard:.1f} s.")
            # Called late, this end was held up itself: what was sent meanwhile may be waiting to be read.
            self._spared = True
            self._heard = now - self._silence_s / 2
        if self._ack_due is not None and now >= self._ack_due:
            # No deadline any more: who asks for the next one before writing must not get one that has passed.
            self._ack_now, self._ack_due = True, None

    def _give_up(self, message: str) -> None:
        if self._state is State.OPEN:
            self.detach()
        else:
            self.fail(ErrorCode.HEARTBEAT_MISSED, message)
        raise ProtocolError(ErrorCode.HEARTBEAT_MISSED, message)

    # --- the end, or a pause ---------------------------------------------------------------------------------

    def fail(self, code: ErrorCode, message: str = "") -> None:
        """End the session with a `fault` to the other end. Does nothing where it is already ending."""
        if self._state in (State.CLOSING, State.CLOSED):
            return
        if self._state is not State.DETACHED:
            self._send_unnumbered(Fault(code=code, message=message[:500]))
            self._go(State.CLOSING)
        else:
            self._go(State.CLOSED)

    def detach(self) -> None:
        """The connection dropped. Messages sent from now on wait for a resume; what was to be written is dropped."""
        self._out = []
        self._pending.clear()
        self._ack_due = None
        self._ack_now = False
        if self._state is State.CLOSING:
            self._go(State.CLOSED)
        elif self._state not in (State.DETACHED, State.CLOSED):
            self._go(State.DETACHED)

    def close(self) -> None:
        """The connection is gone for good, and what it kept with it."""
        if self._state is not State.CLOSED:
            self._go(State.CLOSED)
        self._out = []
        self._restart()

    def _requeue(self, received: int) -> None:
        """Forget what the other end has, queue again what it lacks."""
        self._acknowledge(received)
        self._pending.extend(self._unacked)

    def _can_requeue(self, received: int) -> bool:
        return self._acked <= received <= self._sent

    def _require(self, *states: State) -> None:
        if self._state not in states:
            raise InvalidTransitionError(f"The session is {self._state.value}.")

    def _go(self, state: State) -> None:
        if (self._state, state) not in TRANSITIONS:
            raise InvalidTransitionError(f"No way from {self._state.value} to {state.value}.")
        self._state = state

    def validate(self) -> None:
        """Walk the invariants. Raises AssertionError."""
        assert self._sent - self._acked == len(self._unacked), "every number sent is acknowledged or kept"
        assert len(self._pending) <= len(self._unacked), "what is queued is kept"
        assert self._pending == self._unacked[len(self._unacked) - len(self._pending) :], "the newest are queued"
        assert self._unacked_bytes == sum(map(len, self._unacked)), "bytes kept are counted"
        assert 0 <= self._ack_sent <= self._received, "only what came is acknowledged"
        assert self._state in (State.OPEN, State.CLOSING) or not self._pending, "only an open session queues"
        assert self.credits >= 0, "no debt of credits"


def _batches(bodies: list[bytes], room: int) -> Iterable[list[bytes]]:
    """Split into runs of at most 512 messages and `room` bytes, commas included."""
    if len(bodies) <= MAX_MESSAGES and sum(map(len, bodies)) + len(bodies) <= room:
        yield bodies
        return
    batch: list[bytes] = []
    size = 0
    for body in bodies:
        if batch and (len(batch) == MAX_MESSAGES or size + len(body) + 1 > room):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += len(body) + 1
    yield batch


def unexpected(message: Message, state: State) -> HandshakeError:
    return HandshakeError(ErrorCode.UNEXPECTED_MESSAGE, f"A `{message.type}` message may not come while {state.value}.")

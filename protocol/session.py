"""The session machine, for both ends: it never blocks, reads no clock and touches no socket.

The shell feeds what came from the socket to `receive(data, now)`, writes what `data_to_send()` returns, and calls
`handle_timeout(now)` once `next_deadline()` has passed.

    new -> challenged -> greeted -> open -> closing -> closed
     ^                                |
     `------------ detached <---------'          the connection dropped; messages wait for a resume

Handshake: the gateway sends `challenge`, the device `hello`, the gateway `welcome`, or `fault` and the end. Frames of
the handshake, of a `heartbeat`, of an artifact's transfer and of a `fault` have `seq` 0. Every other message has a
number, counted from 1 in each direction; a frame's `seq` is the number of its first message. In an open session every
frame's `ack` is the last number received, and a frame without messages serves to carry it. A number that was seen
before is dropped; a gap ends the session. What the other end has not acknowledged is kept. After a drop the device's
`hello` asks to resume with the last number received; a `welcome` with `resumed` says the same for the other direction,
and both ends send again what the other lacks. Otherwise both count from 1 again, and the device offers its inventory.

Deadlines: the device sends a `heartbeat` every `heartbeat_s`, and the gateway answers each with a frame. Each end
leaves a connection that was silent for 2 heartbeats, and gives the other 10 s for the handshake, a device a quarter of
its lease at its first try. An end that looks at such a deadline late was held up itself, and reads for half that time
more before it leaves. The gateway also leaves one whose device goes on saying heartbeats and acknowledges nothing of
what it was sent for 2 of them, while no content is on its way: something was lost, and the resume sends it again.

Flow: `progress` and `log` take one credit each; the gateway grants more with `credit`. Credits go on through a resume.
"""

from __future__ import annotations

from typing import Final

from protocol import VERSION
from protocol.codec import DEFAULT_LIMITS, Chunk, decode_device_frame, decode_gateway_frame
from protocol.errors import ErrorCode, HandshakeError, LimitError
from protocol.link import HANDSHAKE_S, MAX_UNACKED, STREAM, InvalidTransitionError, Session, State
from protocol.messages import (
    Challenge,
    Credit,
    DeviceFrame,
    DeviceMessage,
    GatewayFrame,
    GatewayMessage,
    Goodbye,
    Heartbeat,
    Hello,
    Message,
    Resume,
    Welcome,
)

__all__ = ["DeviceSession", "GatewaySession", "InvalidTransitionError", "State"]

GATEWAY_PATIENCE: Final = 2.0  # heartbeats
# Every heartbeat is answered at once. A device that waited longer would come back after its lease.
DEVICE_PATIENCE: Final = 2.0  # heartbeats


class GatewaySession(Session):
    """The gateway's end of one device's session.

    A session that its connection left is kept, detached, for as long as the gateway likes; a new connection's session
    takes it over in `accept(welcome, previous)`.
    """

    __slots__ = ("_nonce", "_resume")

    def __init__(self, now: float) -> None:
        super().__init__(now)
        self._nonce = ""
        self._resume: Resume | None = None

    @property
    def nonce(self) -> str:
        """What the device's proof must cover."""
        return self._nonce

    def challenge(self, nonce: str, *, token_required: bool) -> None:
        """Say the first word. `nonce` is 32 to 64 hex digits, fresh for each connection."""
        self._go(State.CHALLENGED)
        self._nonce = nonce
        self._send_unnumbered(Challenge(nonce=nonce, token_required=token_required))

    def can_resume(self, previous: GatewaySession) -> bool:
        """Whether `previous`, detached, can go on here as the device's `hello` asked."""
        asked = self._resume
        return (
            asked is not None
            and previous._state is State.DETACHED
            and previous.session == asked.session
            and previous._can_requeue(asked.received)
        )

    def accept(self, welcome: Welcome, previous: GatewaySession | None = None) -> None:
        """Open the session. With a `previous` that `can_resume`, go on as it was; it is closed.

        On a resumed session `welcome` gets its `session`, `resumed`, `received` and `credits` here.
        """
        self._require(State.GREETED)
        if previous is not None:
            welcome = self._take_over(previous, welcome)
        self.session = welcome.session
        self.credits = welcome.credits
        self._limits = welcome.limits
        self._silence_s = GATEWAY_PATIENCE * welcome.heartbeat_s
        self._send_unnumbered(welcome)
        self._go(State.OPEN)
        if previous is not None and self._resume is not None:
            self._requeue(self._resume.received)
        self._resume = None

    def _take_over(self, previous: GatewaySession, welcome: Welcome) -> Welcome:
        if not self.can_resume(previous):
            raise InvalidTransitionError("The device did not ask for this session, or it cannot go on.")
        self._sent, self._acked, self._received = previous._sent, previous._acked, previous._received
        self._unacked, self._unacked_bytes = previous._unacked, previous._unacked_bytes
        kept = {"session": previous.session, "credits": previous.credits, "received": previous._received}
        previous._unacked = []
        previous.close()
        return welcome.model_copy(update={**kept, "resumed": True})

    def reject(self, code: ErrorCode, message: str) -> None:
        """Turn the device away, with a reason."""
        self.fail(code, message)

    def send(self, *messages: GatewayMessage) -> None:
        """Queue messages. Raises as `send_encoded`."""
        for message in messages:
            self._send_message(message)

    def grant(self, amount: int) -> None:
        """Let the device send so many more stream messages."""
        self.send(Credit(amount=amount))
        self.credits += amount

    def _decode(self, data: str) -> DeviceFrame:
        return decode_device_frame(data, self._limits)

    def _take_handshake(self, message: Message) -> None:
        assert isinstance(message, Hello)
        if message.version != VERSION:
            raise HandshakeError(ErrorCode.UNSUPPORTED_VERSION, f"This gateway speaks {VERSION}.")
        self._resume = message.resume
        self._go(State.GREETED)


class DeviceSession(Session):
    """The device's end: it lasts over connections, and counts on where the gateway agrees."""

    __slots__ = ("_heartbeat_due", "_heartbeat_s", "nonce", "token_required")

    def __init__(self, now: float) -> None:
        super().__init__(now)
        self.nonce = ""
        self.token_required = False
        self._heartbeat_s = 0.0
        self._heartbeat_due = now

    def connect(self, now: float) -> None:
        """A new connection is up, after `detach`."""
        self._go(State.NEW)
        self._limits = DEFAULT_LIMITS
        self._heard = now
        self._silence_s = HANDSHAKE_S

    @property
    def resume(self) -> Resume | None:
        """What to ask for in `hello`; None where there is nothing to go on with."""
        return None if self.session is None else Resume(session=self.session, received=self._received)

    def hello(self, hello: Hello) -> None:
        """Answer the challenge."""
        self._go(State.GREETED)
        self._send_unnumbered(hello)

    @property
    def can_stream(self) -> bool:
        """Whether there is a credit, and room, for a `progress` or `log` message."""
        return self._state is State.OPEN and self.credits > 0 and len(self._unacked) < MAX_UNACKED // 2

    def send(self, *messages: DeviceMessage) -> None:
        """Queue messages. Raises as `send_encoded`, and LimitError for a stream message without a credit."""
        for message in messages:
            stream = type(message) in STREAM
            if stream and self.credits == 0:
                raise LimitError(ErrorCode.LIMIT_EXCEEDED, "No credit is left for `progress` and `log` messages.")
            self._send_message(message)
            self.credits -= stream

    def send_heartbeat(self, heartbeat: Heartbeat, now: float) -> None:
        """Send a heartbeat; the next is due `heartbeat_s` later."""
        self._require(State.OPEN)
        self._heartbeat_due = now + self._heartbeat_s
        self._send_unnumbered(heartbeat)

    def heartbeat_due(self, now: float) -> bool:
        return self._state is State.OPEN and now >= self._heartbeat_due

    def next_deadline(self) -> float | None:
        deadline = super().next_deadline()
        if deadline is None or self._state is not State.OPEN:
            return deadline
        return min(deadline, self._heartbeat_due)

    def goodbye(self, reason: str) -> None:
        """Leave on purpose; the session ends once this is written."""
        self.send(Goodbye(reason=reason))
        self._flush()
        self._go(State.CLOSING)

    def _decode(self, data: str) -> GatewayFrame:
        return decode_gateway_frame(data, self._limits)

    def _receive_frame(self, data: str, now: float) -> list[Message | Chunk]:
        messages = super()._receive_frame(data, now)
        if self._state is State.OPEN:
            for message in messages:
                if type(message) is Credit:
                    self.credits += message.amount
                elif type(message) is Welcome:
                    self._heartbeat_due = now + message.heartbeat_s
        return messages

    def _take_handshake(self, message: Message) -> None:
        if isinstance(message, Challenge):
            if VERSION not in message.versions:
                raise HandshakeError(ErrorCode.UNSUPPORTED_VERSION, f"This device speaks {VERSION}.")
            self.nonce, self.token_required = message.nonce, message.token_required
            self._go(State.CHALLENGED)
        elif isinstance(message, Welcome):
            self._open(message)

    def _open(self, welcome: Welcome) -> None:
        if welcome.resumed and (welcome.session != self.session or not self._can_requeue(welcome.received)):
            raise HandshakeError(ErrorCode.UNEXPECTED_MESSAGE, "The gateway resumes a session that is not this one.")
        self._go(State.OPEN)
        self._limits = welcome.limits
        self._heartbeat_s = welcome.heartbeat_s
        self._silence_s = DEVICE_PATIENCE * welcome.heartbeat_s
        if welcome.resumed:
            self._requeue(welcome.received)
        else:
            self._restart()
            self.session, self.credits = welcome.session, welcome.credits

"""Two sessions over a link that loses what is under way: every message arrives once and in order, or a fresh start."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from protocol.codec import Chunk
from protocol.messages import Dispatch, Heartbeat, Hello, Message, Outcome, Result, Welcome
from protocol.session import DeviceSession, GatewaySession, State
from protocol.vocabulary import DeviceKind


class Link(RuleBasedStateMachine):
    """`sent_*` and `got_*` hold the attempt numbers since the session began, in each direction."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.sessions = 0
        self.gateway = GatewaySession(self.now)
        self.kept: GatewaySession | None = None
        self.device = DeviceSession(self.now)
        self.down: list[str | bytes] = []
        self.up: list[str | bytes] = []
        self.sent_down: list[int] = []
        self.sent_up: list[int] = []
        self.got_down: list[int] = []
        self.got_up: list[int] = []
        self.begin()

    def begin(self) -> None:
        self.gateway.challenge("0" * 32, token_required=False)

    @rule(count=st.integers(1, 5))
    def gateway_sends(self, count: int) -> None:
        if self.gateway.state is not State.OPEN:
            return
        for _ in range(count):
            number = len(self.sent_down) + 1
            self.gateway.send(Dispatch(run="r", task="t", attempt=number, epoch=1, skill="a.b"))
            self.sent_down.append(number)

    @rule(count=st.integers(1, 5))
    def device_sends(self, count: int) -> None:
        """Also while the connection is down, as long as there is a session to go on with."""
        if self.device.session is None:
            return
        for _ in range(count):
            number = len(self.sent_up) + 1
            self.device.send(Result(run="r", task="t", attempt=number, epoch=1, outcome=Outcome.SUCCEEDED))
            self.sent_up.append(number)

    @rule(count=st.integers(0, 4))
    def carry_down(self, count: int) -> None:
        """The gateway writes; `count` of what is under way arrives."""
        self.down += self.gateway.data_to_send()
        for data in self.down[:count]:
            for message in self.device.receive(data, self.now):
                self.device_takes(message)
        del self.down[:count]

    @rule(count=st.integers(0, 4), keep=st.booleans())
    def carry_up(self, count: int, keep: bool) -> None:
        self.up += self.device.data_to_send()
        for data in self.up[:count]:
            for message in self.gateway.receive(data, self.now):
                self.gateway_takes(message, keep)
        del self.up[:count]

    @rule()
    def settle(self) -> None:
        for _ in range(4):
            self.carry_down(count=99)
            self.carry_up(count=99, keep=True)

    def device_takes(self, message: Message | Chunk) -> None:
        if isinstance(message, Dispatch):
            self.got_down.append(message.attempt)
        elif isinstance(message, Welcome) and not message.resumed:
            self.sent_up.clear()
            self.got_up.clear()
        elif getattr(message, "type", "") == "challenge":
            hello = Hello(version="asterism.v1", device="d", name="n", kind=DeviceKind.EDGE, resume=self.device.resume)
            self.device.hello(hello)

    def gateway_takes(self, message: Message | Chunk, keep: bool) -> None:
        if isinstance(message, Result):
            self.got_up.append(message.attempt)
        elif isinstance(message, Hello):
            self.gateway_accepts(keep)

    def gateway_accepts(self, keep: bool) -> None:
        """A gateway that forgot the session (it was restarted) opens a fresh one."""
        previous = self.kept if keep and self.kept and self.gateway.can_resume(self.kept) else None
        self.sessions += 1
        welcome = Welcome(session=f"{self.sessions:032x}", epoch=1, heartbeat_s=5.0, lease_s=9.0)
        self.gateway.accept(welcome, previous)
        if previous is None:
            self.sent_down.clear()
            self.got_down.clear()
            self.got_up.clear()
        self.kept = None

    @rule()
    def time_passes(self) -> None:
        self.now += 0.9
        for session in (self.gateway, self.device):
            deadline = session.next_deadline()
            if deadline is not None and deadline > self.now:
                session.handle_timeout(self.now)
        if self.device.heartbeat_due(self.now):
            self.device.send_heartbeat(Heartbeat(), self.now)

    @rule()
    def drop(self) -> None:
        """The connection breaks: what was under way is lost."""
        self.down.clear()
        self.up.clear()
        self.gateway.detach()
        if self.gateway.session is not None:
            self.kept = self.gateway
        self.device.detach()
        self.device.connect(self.now)
        self.gateway = GatewaySession(self.now)
        self.begin()

    @invariant()
    def in_order_and_once(self) -> None:
        self.gateway.validate()
        self.device.validate()
        if self.gateway.session == self.device.session and self.device.session is not None:
            assert self.got_down == self.sent_down[: len(self.got_down)]
            assert self.got_up == self.sent_up[: len(self.got_up)]

    def teardown(self) -> None:
        """Left alone, everything sent arrives."""
        self.settle()
        self.settle()
        assert self.gateway.state is self.device.state is State.OPEN
        assert self.got_down == self.sent_down
        assert self.got_up == self.sent_up


TestLink = Link.TestCase
TestLink.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

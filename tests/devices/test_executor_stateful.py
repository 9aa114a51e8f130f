"""Any order of events: the invariants hold, and no result is left without a timer or a connection to come."""

from __future__ import annotations

import json

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from devices.events import (
    Command,
    Disconnected,
    Event,
    Finished,
    Forget,
    Interrupt,
    Key,
    Persist,
    Persisted,
    Run,
    Send,
    ShutdownAsked,
    Sign,
    Ticked,
)
from devices.executor import Executor
from protocol.messages import Cancel, Dispatch, Drain, Recorded, Welcome
from tests.devices.test_executor import SKILLS

TASKS = st.integers(1, 6)


class Device(RuleBasedStateMachine):
    """`live` are tools at work, `ended` attempts with a result that was made."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.epoch = 1
        self.connected = False
        self.executor = Executor(SKILLS, slots=2)
        self.live: set[Key] = set()
        self.starts: dict[Key, int] = {}
        self.persisting: set[Key] = set()
        self.speaking: set[Key] = set()

    def feed(self, event: Event) -> None:
        for command in self.executor.handle(event, self.now):
            self.obey(command)

    def obey(self, command: Command) -> None:
        match command:
            case Run():
                key = (command.dispatch.run, command.dispatch.task, command.dispatch.attempt)
                assert key not in self.live
                self.live.add(key)
                self.starts[key] = self.starts.get(key, 0) + 1
            case Persist():
                self.persisting.add(command.key)
            case Interrupt():
                assert command.key in self.live
            case Send():
                assert self.connected
                assert json.loads(command.body)["type"] in ("result", "accepted")
            case Forget():
                assert command.key not in self.live
            case _:
                pass

    @rule(
        number=TASKS,
        name=st.sampled_from(sorted(SKILLS)),
        old=st.booleans(),
        heartbeat=st.sampled_from([None, None, 3.0]),
    )
    def dispatch(self, number: int, name: str, old: bool, heartbeat: float | None) -> None:
        if self.connected:
            epoch = max(1, self.epoch - old)
            self.feed(
                Dispatch(
                    run="r",
                    task=f"t{number}",
                    attempt=1,
                    epoch=epoch,
                    skill=name,
                    timeout_s=30.0,
                    heartbeat_s=heartbeat,
                )
            )

    @rule(data=st.data())
    def tool_speaks(self, data: st.DataObject) -> None:
        """It begins to say something, or has been heard."""
        if self.live:
            key = data.draw(st.sampled_from(sorted(self.live)))
            self.feed(Sign(key, speaking=key not in self.speaking))
            self.speaking ^= {key}

    @rule(number=TASKS)
    def cancel(self, number: int) -> None:
        if self.connected:
            self.feed(Cancel(run="r", task=f"t{number}", attempt=1, epoch=self.epoch))

    @rule(number=TASKS)
    def record(self, number: int) -> None:
        if self.connected:
            self.feed(Recorded(run="r", task=f"t{number}", attempt=1))

    @rule(data=st.data(), interrupted=st.booleans())
    def tool_ends(self, data: st.DataObject, interrupted: bool) -> None:
        if self.live:
            key = data.draw(st.sampled_from(sorted(self.live)))
            self.live.discard(key)
            self.feed(Finished(key, output=1, interrupted=interrupted))

    @rule(data=st.data())
    def disk_writes(self, data: st.DataObject) -> None:
        if self.persisting:
            key = data.draw(st.sampled_from(sorted(self.persisting)))
            self.persisting.discard(key)
            self.live.discard(key)  # a tool that was given up may be at work still, and is not counted
            self.feed(Persisted(key))

    @rule(resumed=st.booleans())
    def connect(self, resumed: bool) -> None:
        self.connected = True
        self.epoch += 1
        self.feed(Welcome(session="a" * 32, epoch=self.epoch, resumed=resumed, heartbeat_s=5.0, lease_s=9.0))

    @rule()
    def disconnect(self) -> None:
        self.connected = False
        self.feed(Disconnected())

    @rule(after=st.sampled_from([0.05, 1.0, 5.0, 31.0]))
    def time_passes(self, after: float) -> None:
        self.now += after
        if self.executor.next_deadline() <= self.now:
            self.feed(Ticked())
        # A tool that was given up is not at work any more as far as the device is concerned.
        at_work = {(ref.run, ref.task, ref.attempt) for ref in self.executor.running}
        self.live &= at_work

    @rule()
    def drain(self) -> None:
        if self.connected and self.now > 100:
            self.feed(Drain())

    @rule()
    def shut_down(self) -> None:
        if self.now > 150:
            self.feed(ShutdownAsked())

    @invariant()
    def sound(self) -> None:
        self.executor.validate()
        running = {(ref.run, ref.task, ref.attempt) for ref in self.executor.running}
        assert self.live <= running
        if self.connected and self.executor.held:
            assert self.executor.next_deadline() < float("inf"), "a held result has a timer"


TestDevice = Device.TestCase
TestDevice.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)

"""A device that is gone is noticed: at once where its connection is cut, within two heartbeats where it is silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from devices.gateway import TICK_S, Gateway, GatewaySettings
from devices.gateway_transfers import ArtifactStore
from protocol import VERSION
from protocol.errors import ErrorCode
from protocol.messages import Accepted, Heartbeat, Hello, LogLine, Progress, Result, SkillsChanged
from protocol.session import DeviceSession
from protocol.vocabulary import DeviceKind

HEARTBEAT_S = 10.0


class Heard:
    """The gateway's listener, who lets everybody in."""

    def __init__(self) -> None:
        self.epoch = 0
        self.gone: list[tuple[str, bool]] = []

    def token_required(self, peer: str) -> bool:
        return False

    async def authenticate(self, hello: Hello, nonce: str, peer: str) -> None: ...

    async def admit(self, hello: Hello) -> int:
        self.epoch += 1
        return self.epoch

    def joined(self, hello: Hello, epoch: int, *, resumed: bool) -> None: ...

    def left(self, name: str, reason: str, *, goodbye: bool) -> None:
        self.gone.append((name, goodbye))

    def lapsed(self, name: str) -> None: ...

    def results(self, name: str, results: Sequence[Result]) -> None: ...

    def noticed(self, name: str, message: Accepted | Progress | LogLine | Heartbeat) -> None: ...

    def skills_changed(self, name: str, message: SkillsChanged) -> None: ...

    def faulted(self, name: str, code: ErrorCode) -> None: ...

    def holds(self, name: str, run: str, task: str, attempt: int) -> bool:
        return False


class Line:
    """One device on one connection, driven by hand. `now` is everybody's clock."""

    def __init__(self, artifacts: ArtifactStore) -> None:
        self.now = 1000.0
        self.heard = Heard()
        settings = GatewaySettings(heartbeat_s=HEARTBEAT_S)
        self.gateway = Gateway(self.heard, settings, artifacts, clock=lambda: self.now)
        self.session = DeviceSession(self.now)
        self.to_gateway: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def connect(self) -> None:
        self.to_gateway.put_nowait({"type": "websocket.connect"})
        scope = {"type": "websocket", "client": ("127.0.0.1", 1)}
        self.serving = asyncio.ensure_future(self.gateway(scope, self.to_gateway.get, self._send))
        while not self.gateway.connected("alpha"):
            await asyncio.sleep(0)

    async def _send(self, event: dict[str, Any]) -> None:
        if event["type"] == "websocket.close":
            self.to_gateway.put_nowait({"type": "websocket.disconnect"})
        if "text" not in event:
            return
        for message in self.session.receive(event["text"], self.now):
            if message.type == "challenge":  # type: ignore[union-attr]
                self.session.hello(Hello(version=VERSION, device="id", name="alpha", kind=DeviceKind.EDGE))
                self.say()

    def say(self) -> None:
        for frame in self.session.data_to_send():
            self.to_gateway.put_nowait({"type": "websocket.receive", "text": frame})

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def tick(self) -> None:
        """The gateway's timer goes off."""
        self.gateway._tick()
        await self.settle()


@asynccontextmanager
async def line() -> AsyncIterator[Line]:
    made = Line(artifacts=None)  # type: ignore[arg-type]  # nothing is transferred here
    await made.connect()
    try:
        yield made
    finally:
        await made.gateway.stop()
        made.to_gateway.put_nowait({"type": "websocket.disconnect"})
        await made.serving


@pytest.mark.parametrize("late", [0.0, 0.1, TICK_S - 0.01])
async def test_a_silent_device_is_gone_after_two_heartbeats_whenever_the_timer_goes_off(late: float) -> None:
    """It was two heartbeats and up to a quarter of a second."""
    async with line() as device:
        start, ticks = device.now, 0
        while not device.heard.gone:
            device.now = start + late + ticks * TICK_S
            await device.tick()
            ticks += 1
        assert device.heard.gone == [("alpha", False)]
        assert 2 * HEARTBEAT_S - TICK_S <= device.now - start <= 2 * HEARTBEAT_S


async def test_a_device_that_is_heard_every_heartbeat_stays() -> None:
    async with line() as device:
        for beat in range(1, 5):
            device.now = 1000.0 + beat * HEARTBEAT_S
            await device.tick()
            device.session.send_heartbeat(Heartbeat(), device.now)
            device.say()
            await device.settle()
            await device.tick()
        assert device.heard.gone == []


async def test_a_cut_connection_is_noticed_at_once() -> None:
    async with line() as device:
        device.to_gateway.put_nowait({"type": "websocket.disconnect"})
        await device.settle()
        assert device.heard.gone == [("alpha", False)]

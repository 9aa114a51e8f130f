"""A device made of its session only, that writes down when its dispatches came: the least that there can be."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from benchmarks.support.rig import SKILL
from protocol import VERSION
from protocol.messages import Challenge, Dispatch, Heartbeat, Hello, Outcome, Result, Usage, Welcome
from protocol.session import DeviceSession
from protocol.vocabulary import DeviceKind

TRY_S = 0.01


@dataclass
class Probe:
    """Connects as soon as anything listens, and answers what it is given at once. Times are `time.monotonic`."""

    url: str
    name: str = "d0000"
    welcomed: float = 0.0
    dispatched: list[tuple[float, str]] = field(default_factory=list)
    first: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Serve one connection to its end, once there is one."""
        async with await self._dial() as connection:
            session = DeviceSession(time.monotonic())
            async for data in connection:
                for message in session.receive(data, time.monotonic()):
                    self._take(session, message)
                if session.heartbeat_due(time.monotonic()):
                    session.send_heartbeat(Heartbeat(), time.monotonic())
                for frame in session.data_to_send():
                    await connection.send(frame)

    async def _dial(self) -> ClientConnection:
        while True:
            try:
                return await connect(self.url, compression=None, ping_interval=None, open_timeout=60, proxy=None)
            except (OSError, WebSocketException):
                await asyncio.sleep(TRY_S)

    def _take(self, session: DeviceSession, message: object) -> None:
        now = time.monotonic()
        if isinstance(message, Challenge):
            session.hello(
                Hello(
                    version=VERSION, device=self.name, name=self.name, kind=DeviceKind.SERVER, skills=(SKILL,), slots=16
                )
            )
        elif isinstance(message, Welcome):
            self.welcomed = now
        elif isinstance(message, Dispatch):
            self.dispatched.append((now, message.task))
            self.first.set()
            session.send(
                Result(
                    run=message.run,
                    task=message.task,
                    attempt=message.attempt,
                    epoch=message.epoch,
                    outcome=Outcome.SUCCEEDED,
                    output={"value": "x" * 40},
                    usage=Usage(seconds=0.001),
                )
            )

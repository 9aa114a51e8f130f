"""A network of WebSockets between device agents and the gateway: seeded delays and every fault that a network has.

A link carries frames in order, as TCP does. `Weather` says what else happens to them. A cut link tells both ends; one
that is half-open tells only one, or none: the other finds out by its own deadlines.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

from websockets.exceptions import ConnectionClosedError

from tests.simulation.loop import LIFE, Life, VirtualLoop

Direction = Literal["up", "down"]  # from the device, to the device
Application = Callable[[Any, Any, Any], Awaitable[None]]
Data = str | bytes
CONNECT_TIMEOUT_S = 3.0


@dataclass
class Weather:
    """What the network does to one device's frames. Chances are of each frame, delays in seconds."""

    delay_s: float = 0.002
    jitter_s: float = 0.003
    drop: float = 0.0
    double: float = 0.0
    reorder: float = 0.0
    blocked: dict[Direction, None] = field(default_factory=dict)  # frames wait until the way is free again
    swallowed: dict[Direction, None] = field(default_factory=dict)  # frames vanish


Tap = Callable[[str, Direction, Data], "str | None"]
Heard = Callable[[str, Data], None]


class Link:
    """One connection. `tap` sees every frame when it is sent; what it returns is done to the frame."""

    def __init__(self, network: Network, device: str, life: Life | None, scope_peer: str) -> None:
        self.network = network
        self.device = device
        self.client = _End(self, "up", life)
        self.server = _End(self, "down", network.server_life)
        self.client.peer, self.server.peer = self.server, self.client
        if life is not None:
            life.at_death.append(lambda: self.died(self.client))
        if network.server_life is not None:
            network.server_life.at_death.append(lambda: self.died(self.server))

    def died(self, end: _End) -> None:
        """The process at one end was killed. Its machine still says so, unless the network keeps that to itself."""
        end.shut(tell=not self.network.weather(self.device).swallowed)

    def cut(self, *, tell: bool) -> None:
        """Reset the connection; without `tell`, neither end learns of it."""
        self.client.lost = self.server.lost = True
        if tell:
            self.client.hear_end(0.0)
            self.server.hear_end(0.0)


class _End:
    """What one side sends goes to `peer`, what it gets waits in `inbox`."""

    def __init__(self, link: Link, direction: Direction, life: Life | None) -> None:
        self.link = link
        self.direction: Direction = direction
        self.context: Context = life.context() if life is not None else copy_context()
        self.peer: _End = self
        self.inbox: deque[Data] = deque()
        self.ended = False  # no more will come
        self.closed = False  # closed from this side
        self.lost = False  # what is sent goes nowhere
        self._waiter: asyncio.Future[None] | None = None
        self._arrives = 0.0
        self._blocked: deque[Data] = deque()

    # --- sending -----------------------------------------------------------------------------------------------

    def put(self, data: Data) -> None:
        self._pass(data, self.link.network.tap(self.link.device, self.direction, data))

    def _pass(self, data: Data, fate: str | None) -> None:
        network = self.link.network
        weather = network.weather(self.link.device)
        random = network.random
        if self.lost or self.direction in weather.swallowed or fate == "drop":
            return
        if self.direction in weather.blocked:
            self._blocked.append(data)
            return
        delay = weather.delay_s + weather.jitter_s * random.random()
        if fate == "delay":
            delay += 1.5
        if weather.drop and random.random() < weather.drop:
            return
        copies = 2 if fate == "double" or (weather.double and random.random() < weather.double) else 1
        late = fate == "reorder" or (weather.reorder and random.random() < weather.reorder)
        for _ in range(copies):
            self._send(data, delay, late=bool(late))

    def _send(self, data: Data, delay: float, *, late: bool) -> None:
        loop = self.link.network.loop
        at = max(self._arrives, loop.time() + delay)
        if late:
            at += 0.05  # what is sent next overtakes it
        else:
            self._arrives = at
        loop.call_at(at, self.peer.arrive, data, context=self.peer.context)

    def unblock(self) -> None:
        held, self._blocked = self._blocked, deque()
        for data in held:
            self._pass(data, None)

    # --- receiving ---------------------------------------------------------------------------------------------

    def arrive(self, data: Data) -> None:
        if not self.ended and not self.lost:
            if self.direction == "down":
                self.link.network.heard(self.link.device, data)
            self.inbox.append(data)
            self._wake()

    def hear_end(self, delay: float) -> None:
        """The connection's end reaches this side, after everything that is on its way."""
        loop = self.link.network.loop
        at = max(loop.time() + delay, self.peer._arrives)
        loop.call_at(at, self._end, context=self.context)

    def _end(self) -> None:
        self.ended = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def get(self) -> Data | None:
        """The next frame; None at the end of the connection."""
        while not self.inbox:
            if self.ended:
                return None
            self._waiter = self.link.network.loop.create_future()
            await self._waiter
        return self.inbox.popleft()

    def shut(self, *, tell: bool = True) -> None:
        """This side is through with the connection."""
        if self.closed:
            return
        self.closed = self.ended = True
        self._wake()
        weather = self.link.network.weather(self.link.device)
        if tell and not self.lost and self.direction not in weather.swallowed:
            self.peer.hear_end(weather.delay_s)
        self.peer.lost = self.peer.lost or self.closed


class ClientSocket:
    """`devices.connection.Connection`."""

    def __init__(self, end: _End) -> None:
        self._end = end

    def __aiter__(self) -> ClientSocket:
        return self

    async def __anext__(self) -> Data:
        data = await self._end.get()
        if data is None:
            raise StopAsyncIteration
        return data

    async def send(self, data: Data) -> None:
        if self._end.ended:
            raise ConnectionClosedError(None, None)
        self._end.put(data)

    async def close(self) -> None:
        self._end.shut()

    def abort(self) -> None:
        self._end.shut()


class ServerSocket:
    """An ASGI WebSocket: `receive` and `send`, and the extensions of our own server."""

    def __init__(self, end: _End) -> None:
        self._end = end
        self._greeted = False

    async def receive(self) -> dict[str, Any]:
        if not self._greeted:
            self._greeted = True
            return {"type": "websocket.connect"}
        data = await self._end.get()
        if data is None:
            return {"type": "websocket.disconnect", "code": 1006}
        return {"type": "websocket.receive", "text" if isinstance(data, str) else "bytes": data}

    async def send(self, event: dict[str, Any]) -> None:
        if event["type"] == "websocket.close":
            self._end.shut()
        elif event["type"] == "websocket.send":
            if self._end.ended:
                raise OSError("the connection is gone")
            self._end.put(event.get("text") or event["bytes"])

    def write(self, data: Data) -> bool:
        if self._end.ended:
            return False
        self._end.put(data)
        return True

    def abort(self) -> None:
        self._end.shut()


class Network:
    """All links. `listen` is what the orchestrator's process does, `dialler` what a device's does.

    `tap` sees every frame that is sent, `heard` every one that reaches the orchestrator.
    """

    def __init__(self, loop: VirtualLoop, random: Random, tap: Tap, heard: Heard) -> None:
        self.loop = loop
        self.random = random
        self.tap = tap
        self.heard = heard
        self.server_life: Life | None = None
        self._application: Application | None = None
        self._weather: dict[str, Weather] = {}
        self._links: dict[str, list[Link]] = {}

    def weather(self, device: str) -> Weather:
        return self._weather.setdefault(device, Weather())

    def links(self, device: str) -> list[Link]:
        """The device's links that are not closed at both ends."""
        links = [link for link in self._links.get(device, ()) if not (link.client.closed and link.server.closed)]
        self._links[device] = links
        return links

    def listen(self, application: Application) -> None:
        """Serve from now on, as long as the current life lasts."""
        self._application, self.server_life = application, LIFE.get()

    def dialler(self, device: str) -> Callable[[str], Awaitable[ClientSocket]]:
        async def dial(url: str) -> ClientSocket:
            weather = self.weather(device)
            await asyncio.sleep(weather.delay_s + weather.jitter_s * self.random.random())
            if weather.blocked or weather.swallowed:
                await asyncio.sleep(CONNECT_TIMEOUT_S)
                raise TimeoutError("no answer")
            life, application = self.server_life, self._application
            if life is None or life.dead or application is None:
                raise ConnectionRefusedError("nobody listens")
            link = Link(self, device, LIFE.get(), device)
            self.links(device).append(link)
            socket = ServerSocket(link.server)
            scope = {
                "type": "websocket",
                "client": ("127.0.0.1", 1),
                "extensions": {"asterism.write": socket.write, "asterism.abort": socket.abort},
            }
            self.loop.spawn(life, self._serve(application, scope, socket))
            return ClientSocket(link.client)

        return dial

    @staticmethod
    async def _serve(application: Application, scope: dict[str, Any], socket: ServerSocket) -> None:
        await application(scope, socket.receive, socket.send)
        socket.abort()

    def free(self, device: str) -> None:
        """The way is free again: what waited for it goes on."""
        weather = self.weather(device)
        weather.blocked.clear()
        weather.swallowed.clear()
        for link in self.links(device):
            link.client.unblock()
            link.server.unblock()

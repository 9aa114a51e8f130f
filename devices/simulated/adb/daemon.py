"""`adbd`, simulated: listens on loopback, and serves the ADB hosts that connect."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from devices.simulated.adb.shell import serve_shell
from devices.simulated.adb.streams import ClosedError, Stream
from devices.simulated.adb.sync import serve_sync
from devices.simulated.adb.wire import (
    AUTH,
    AUTH_TOKEN,
    CLSE,
    CNXN,
    MAX_DATA,
    OKAY,
    OPEN,
    VERSION,
    WRTE,
    Packet,
    WireError,
    read_packet,
)
from devices.simulated.phone.state import SimulatedPhone

FEATURES: Final = ("shell_v2", "cmd", "stat_v2", "ls_v2", "fixed_push_mkdir")


@dataclass
class Faults:
    """What goes wrong on purpose. `authorized` False: nobody has accepted the host's key. `silent`: the connection is

    there and nobody answers. `cut_after`: the cable is pulled once so many bytes of files have gone over. `delay_s`:
    what every command takes longer. `features`: what this phone's `adbd` can do.
    """

    authorized: bool = True
    silent: bool = False
    cut_after: int | None = None
    delay_s: float = 0.0
    features: tuple[str, ...] = FEATURES


class Adbd:
    """One simulated phone on a port of loopback. `async with` it; `unplug` and `plug` it at will."""

    def __init__(self, phone: SimulatedPhone, faults: Faults | None = None) -> None:
        self.phone = phone
        self.faults = faults or Faults()
        self.port = 0
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Adbd:
        await self.plug()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.unplug()

    @property
    def serial(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def plug(self) -> None:
        """Listen, on the port of before where there was one."""
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def unplug(self) -> None:
        """As when a cable is pulled: every connection is cut, and none is taken."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._connections):
            writer.transport.abort()
        for task in list(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        self._connections.add(writer)
        try:
            await _Connection(self, reader, writer).serve()
        except (OSError, asyncio.IncompleteReadError, WireError, asyncio.CancelledError):
            return  # the host went, or the cable was pulled: there is nobody to tell
        finally:
            self._connections.discard(writer)
            self._serving.discard(task)
            writer.transport.abort()

    def moved(self, size: int) -> None:
        """So many bytes of files have gone over. Raises ConnectionResetError where the cable is pulled at that."""
        if self.faults.cut_after is None:
            return
        self.faults.cut_after -= size
        if self.faults.cut_after < 0:
            self.faults.cut_after = None
            for writer in list(self._connections):
                writer.transport.abort()
            raise ConnectionResetError


class _Connection:
    """One host. Its streams are tasks of their own, which end with it."""

    def __init__(self, daemon: Adbd, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._daemon = daemon
        self._reader = reader
        self._writer = writer
        self._streams: dict[int, Stream] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = 0
        self._most = MAX_DATA

    async def serve(self) -> None:
        try:
            while True:
                await self._take(await read_packet(self._reader))
        finally:
            for stream in self._streams.values():
                stream.end()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _send(self, packet: Packet) -> None:
        self._writer.write(packet.encoded())
        await self._writer.drain()

    async def _take(self, packet: Packet) -> None:
        if self._daemon.faults.silent:
            return
        if packet.command in (CNXN, AUTH):
            await self._greet(packet)
        elif packet.command == OPEN:
            await self._open(packet)
        elif (stream := self._streams.get(packet.arg1)) is None:
            return  # a stream that has just been closed
        elif packet.command == WRTE:
            stream.feed(packet.data)
        elif packet.command == OKAY:
            stream.taken()
        elif packet.command == CLSE:
            stream.end()

    async def _greet(self, packet: Packet) -> None:
        """Say who we are; or, to a host whose key nobody has accepted, ask for its signature again and again."""
        if not self._daemon.faults.authorized:
            if packet.command == CNXN or packet.arg0 != AUTH_TOKEN + 2:  # a public key waits for a person
                await self._send(Packet(AUTH, AUTH_TOKEN, 0, secrets.token_bytes(20)))
            return
        if packet.command == CNXN:
            self._most = packet.arg1
        properties = "".join(
            f"ro.product.{name}={self._daemon.phone.properties[f'ro.product.{name}']};"
            for name in ("name", "model", "device")
        )
        banner = f"device::{properties}features={','.join(self._daemon.faults.features)}"
        await self._send(Packet(CNXN, VERSION, MAX_DATA, banner.encode()))

    async def _open(self, packet: Packet) -> None:
        name = packet.data.rstrip(b"\0").decode("utf-8", "surrogateescape")
        service = self._service(name)
        if service is None:
            await self._send(Packet(CLSE, 0, packet.arg0))
            return
        self._numbers += 1
        stream = self._streams[self._numbers] = Stream(self._numbers, packet.arg0, self._send, self._most)
        await self._send(Packet(OKAY, stream.ours, stream.theirs))
        task = asyncio.get_running_loop().create_task(self._run(stream, service))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, stream: Stream, service: Callable[[Stream], Awaitable[None]]) -> None:
        try:
            if self._daemon.faults.delay_s:
                await asyncio.sleep(self._daemon.faults.delay_s)
            with contextlib.suppress(ClosedError, OSError, struct.error):
                await service(stream)
            await stream.close()
        finally:
            self._streams.pop(stream.ours, None)

    def _service(self, name: str) -> Callable[[Stream], Awaitable[None]] | None:
        daemon = self._daemon
        kind, _, rest = name.partition(":")
        options = kind.split(",")
        if kind == "sync":
            return lambda stream: serve_sync(stream, daemon.phone, daemon.moved)
        if options[0] in ("shell", "exec"):
            framed = "v2" in options[1:]
            if framed and "shell_v2" not in daemon.faults.features:
                return None
            return lambda stream: serve_shell(stream, daemon.phone, rest, framed=framed)
        return None

"""A device written by hand: it says what a test wants, right or wrong, over a real WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncIterator, Callable
from types import TracebackType

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from protocol import VERSION
from protocol.credentials import parse_token, proof, verifier

PATIENCE_S = 20.0
Said = dict[str, object]


class Wire:
    """One connection. `heard` holds the gateway's messages; `frames` numbers what `say` sends."""

    def __init__(self, url: str, *, name: str = "raw", device: str = "") -> None:
        self.url = url.replace("http://", "ws://", 1) + "/v1/agent"
        self.name = name
        self.device = device or f"device-{name}"
        self.heard: list[Said] = []
        self.chunks: list[bytes] = []
        self.sent = 0
        self.received = 0
        self._socket: ClientConnection | None = None

    async def __aenter__(self) -> Wire:
        self._socket = await connect(self.url, compression=None, ping_interval=None, max_size=None, close_timeout=1)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        await self.socket.close()

    @property
    def socket(self) -> ClientConnection:
        assert self._socket is not None
        return self._socket

    def cut(self) -> None:
        """Drop the connection without a word."""
        self.socket.transport.abort()

    # --- saying ----------------------------------------------------------------------------------------------------

    async def raw(self, data: str | bytes) -> None:
        """Anything, as a text or binary message. That the gateway has ended the connection already is no fault."""
        with contextlib.suppress(ConnectionClosed):
            await self.socket.send(data)

    async def frame(self, *messages: Said, seq: int = 0, ack: int | None = None) -> None:
        body = {"seq": seq, "ack": self.received if ack is None else ack, "body": messages}
        await self.raw(json.dumps(body))

    async def say(self, *messages: Said) -> None:
        """Messages with the numbers that are due."""
        await self.frame(*messages, seq=self.sent + 1)
        self.sent += len(messages)

    def hello(self, *, token: str = "", **changes: object) -> Said:
        """A right hello, changed. With a token its proof is made for the challenge that was heard."""
        said: Said = {"type": "hello", "version": VERSION, "device": self.device, "name": self.name, "kind": "server"}
        if token:
            said["token"] = parse_token(token).id
            said["proof"] = proof(
                verifier(token), nonce=str(self.challenge["nonce"]), device=self.device, name=self.name, version=VERSION
            )
        return {**said, **changes}

    async def open(self, *, token: str = "", **changes: object) -> Said:
        """The whole handshake; the welcome."""
        await self.until("challenge")
        await self.frame(self.hello(token=token, **changes), ack=0)
        return await self.until("welcome")

    # --- hearing ---------------------------------------------------------------------------------------------------

    @property
    def challenge(self) -> Said:
        return next(message for message in self.heard if message["type"] == "challenge")

    async def until(self, kind: str, count: int = 1, where: Callable[[Said], bool] = lambda _: True) -> Said:
        """Read until so many messages of a type have come; the last of them."""
        async with asyncio.timeout(PATIENCE_S):
            while len(found := [one for one in self.heard if one["type"] == kind and where(one)]) < count:
                self._take(await self.socket.recv())
        return found[count - 1]

    async def ended(self) -> tuple[str, int]:
        """Read to the end of the connection: the code of the gateway's fault, if it said one, and the close code."""
        with contextlib.suppress(ConnectionClosed):
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    self._take(await self.socket.recv())
        fault = next((str(message["code"]) for message in self.heard if message["type"] == "fault"), "")
        return fault, self.socket.close_code or 0

    def _take(self, data: str | bytes) -> None:
        if isinstance(data, bytes):
            self.chunks.append(data)
            return
        frame = json.loads(data)
        self.heard += frame["body"]
        if frame["seq"]:
            self.received = frame["seq"] + len(frame["body"]) - 1


@contextlib.asynccontextmanager
async def opened(url: str, *, name: str = "raw", device: str = "", **hello: object) -> AsyncIterator[Wire]:
    """A hand-written device in an open session."""
    async with Wire(url, name=name, device=device) as wire:
        await wire.open(**hello)  # type: ignore[arg-type]
        yield wire


def noop_skill(name: str = "raw.work", **changes: object) -> Said:
    """A skill that only the hand-written device offers."""
    spec = {
        "name": name,
        "description": "Do as the test says.",
        "input_schema": {"type": "object"},
        "output_schema": {},
    }
    return {**spec, **changes}


def attempt(dispatch: Said, **more: object) -> Said:
    """The reference to a dispatch's attempt, with more fields."""
    return {**{key: dispatch[key] for key in ("run", "task", "attempt")}, **more}


def transfer() -> str:
    return secrets.token_hex(16)

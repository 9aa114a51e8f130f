"""The one connection to an MQTT 5 broker: made again whenever it is lost, shared by all who listen.

paho moves the bytes; its socket is read by our event loop, and no thread of its own runs. Every connection is a new
session: what listens is subscribed anew, and what the broker retains comes again. A message whose acknowledgement was
lost with the connection is not sent again: whether it arrived is unknown, and its sender is told so.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from protocol.errors import ErrorCode
from tools.edge import topics
from tools.edge.connecting import Refusal, close, open_client
from tools.edge.declared import Broker as Settings
from tools.edge.listening import Group, Message, Subscription
from tools.errors import ToolError

if TYPE_CHECKING:
    from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

CONNECT_S: Final = 10.0
ACK_S: Final = 10.0
BACKOFF_S: Final = 0.25  # doubles
BACKOFF_MAX_S: Final = 30.0
REFUSED: Final = 128  # MQTT 5: reason codes from here on are errors
NOT_AUTHORIZED: Final = (134, 135)
NOBODY: Final = 16
MAX_FILTERS: Final = 256
MAX_RETAINED_ID: Final = 268_435_455


class Broker:
    """`run` keeps the connection; `changed` hears of its comings and goings, with why. Times in seconds."""

    def __init__(
        self, settings: Settings, client_id: str, changed: Callable[[bool, str], None] = lambda online, why: None
    ) -> None:
        self.settings = settings
        self.online = False
        self.reason = "not connected yet"
        self.refusal: Refusal | None = None
        self._id = settings.client_id or client_id
        self._changed = changed
        self._client: Client | None = None
        self._groups: dict[str, Group] = {}
        self._by_id: dict[int, Group] = {}
        self._numbers = 0
        self._acks: dict[int, asyncio.Future[int]] = {}
        self._tried = asyncio.Event()  # the first connection, or its failure
        self._up = asyncio.Event()
        self._down = asyncio.Event()

    # --- life ------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, and connect again, until cancelled."""
        pause = BACKOFF_S
        while True:
            began = time.monotonic()
            refused = await self._live()
            if self.online:
                self.online = False
                self._up.clear()
                self._changed(False, self.reason)
            self._tried.set()
            pause = BACKOFF_S if time.monotonic() - began > BACKOFF_MAX_S else min(pause * 2, BACKOFF_MAX_S)
            # Only a person can mend a wrong password: asking for it again every second would lock them out.
            await asyncio.sleep(BACKOFF_MAX_S if refused else pause * random.uniform(0.5, 1.0))

    async def tried(self, timeout: float) -> None:
        """Wait for the outcome of the first try, or for `timeout` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._tried.wait()

    async def _live(self) -> bool:
        """Through one connection. Whether only a person can do something about its end."""
        self._down.clear()
        client: Client | None = None
        try:
            async with asyncio.timeout(CONNECT_S):
                client = await open_client(self.settings, self._id)
                self._attach(client)
                await self._greeted()
            self.refusal = None
            await self._subscribe_all()
            self.online, self.reason = True, ""
            self._up.set()
            self._tried.set()
            self._changed(True, "")
            await self._keep_alive(client)
        except Refusal as error:
            self.refusal, self.reason = error, error.message
            return error.person
        except TimeoutError:
            self.reason = f"the broker {self.settings.address} does not answer"
        except ToolError as error:
            self.reason = error.message
        finally:
            self._client = None
            for future in self._acks.values():
                if not future.done():
                    future.cancel()
            self._acks.clear()
            for group in self._groups.values():
                group.lost()
            if client is not None:
                close(client, asyncio.get_running_loop())
        return False

    async def _greeted(self) -> None:
        """Wait for the broker's word. Raises Refusal, or TimeoutError from around."""
        code = await self._welcome
        if code >= REFUSED:
            raise Refusal.of(code, self.settings.address)

    async def _keep_alive(self, client: Client) -> None:
        """Until the connection ends. paho asks for a word now and then, to send its pings."""
        every = min(5.0, self.settings.keepalive_s / 3)
        while not self._down.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(every):
                    await self._down.wait()
            if client.loop_misc() != 0:
                self._down.set()
        self.reason = self.reason or f"the connection to the broker {self.settings.address} was lost"

    # --- listening -------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def listen(self, filter: str, *, lasting: bool = False, limit: int = 1000) -> AsyncIterator[Subscription]:
        """What comes for a topic filter from now on, and what the broker retains for it.

        `lasting`: also where the broker is away now. `limit`: messages that may wait; older ones are dropped, and
        counted. Raises ToolError: BAD_ARGUMENTS, UNAVAILABLE, DENIED.
        """
        if why := topics.problem(filter, filter=True):
            raise ToolError(ErrorCode.BAD_ARGUMENTS, f"this is no topic: {why}")
        if not lasting:
            self.require()
        group = self._groups.get(filter)
        if group is None:
            if len(self._groups) >= MAX_FILTERS:
                raise ToolError(ErrorCode.UNAVAILABLE, "too many topics are listened to at once", retryable=True)
            self._numbers = self._numbers % MAX_RETAINED_ID + 1
            group = self._groups[filter] = self._by_id[self._numbers] = Group(filter, self._numbers)
        subscription = group.join(limit)
        try:
            if self.online:
                try:
                    await self._subscribe(group)
                except ToolError:
                    if not lasting:
                        raise
            yield subscription
        finally:
            if group.leave(subscription):
                del self._groups[filter], self._by_id[group.number]
                if self._client is not None and self.online:
                    self._client.unsubscribe(filter)

    def require(self) -> None:
        """Raises ToolError(UNAVAILABLE) while the broker is away, saying why."""
        if not self.online:
            raise ToolError(ErrorCode.UNAVAILABLE, f"the broker is not there: {self.reason}", retryable=True)

    async def back(self, timeout: float) -> bool:
        """Wait until the broker is there, at most so long; whether it is."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._up.wait()
        return self.online

    async def _subscribe_all(self) -> None:
        for group in list(self._groups.values()):
            with suppress(ToolError):  # one that is denied is no reason to do without the others
                await self._subscribe(group)

    async def _subscribe(self, group: Group) -> None:
        """Ask for a group's messages. Each gets a number of its own, so that overlapping filters double nothing."""
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        assert self._client is not None
        numbered = Properties(PacketTypes.SUBSCRIBE)  # type: ignore[no-untyped-call]
        numbered.SubscriptionIdentifier = group.number
        result, mid = self._client.subscribe(group.filter, qos=1, properties=numbered)
        try:
            code = await self._acknowledged(result, mid)
        except ToolError as error:
            raise ToolError(ErrorCode.UNAVAILABLE, error.message, retryable=True) from None
        if code >= REFUSED:
            raise ToolError(ErrorCode.DENIED, f"the broker does not let this device read {group.filter}")

    # --- speaking --------------------------------------------------------------------------------------------

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Send a message and wait until the broker has it; whether anybody listens to it, as the broker says.

        Raises ToolError: UNAVAILABLE (nothing was sent), DENIED, LOST (the connection ended first: it may have come).
        """
        self.require()
        assert self._client is not None
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        code = await self._acknowledged(info.rc, info.mid)
        if code in NOT_AUTHORIZED:
            raise ToolError(ErrorCode.DENIED, f"the broker does not let this device write {topic}")
        if code >= REFUSED:
            raise ToolError(ErrorCode.TOOL_FAILED, f"the broker refused the message for {topic} (code {code})")
        return code != NOBODY

    async def _acknowledged(self, result: int, mid: int | None) -> int:
        """The broker's code for what was sent under this number."""
        if result != 0 or mid is None:
            raise ToolError(ErrorCode.UNAVAILABLE, "the broker is going away; nothing was sent", retryable=True)
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._acks[mid] = future
        try:
            async with asyncio.timeout(ACK_S):
                return await asyncio.shield(future)
        except TimeoutError:
            raise ToolError(ErrorCode.LOST, f"the broker did not acknowledge within {ACK_S:g} s") from None
        except asyncio.CancelledError:
            if future.cancelled():
                raise ToolError(ErrorCode.LOST, "the connection ended before the broker acknowledged it") from None
            raise
        finally:
            self._acks.pop(mid, None)

    # --- paho's callbacks, all on the event loop --------------------------------------------------------------

    def _attach(self, client: Client) -> None:
        self._client = client
        self._welcome: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_ack
        client.on_subscribe = self._on_subscribed

    def _on_connect(
        self, client: Client, userdata: object, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if not self._welcome.done():
            self._welcome.set_result(reason.value)

    def _on_disconnect(
        self,
        client: Client,
        userdata: object,
        flags: DisconnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if client is self._client:
            self.reason = f"the broker {self.settings.address} ended the connection ({reason})"
            self._down.set()
            if not self._welcome.done():
                self._welcome.set_exception(ToolError(ErrorCode.UNAVAILABLE, self.reason))

    def _on_ack(
        self, client: Client, userdata: object, mid: int, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self._answer(mid, reason.value)

    def _on_subscribed(
        self, client: Client, userdata: object, mid: int, reasons: list[ReasonCode], properties: Properties | None
    ) -> None:
        self._answer(mid, max((reason.value for reason in reasons), default=0))

    def _answer(self, mid: int, code: int) -> None:
        future = self._acks.get(mid)
        if future is not None and not future.done():
            future.set_result(code)

    def _on_message(self, client: Client, userdata: object, raw: MQTTMessage) -> None:
        try:
            topic = raw.topic
        except UnicodeDecodeError:
            return  # a broker that lets such a name through; nobody could ask for it
        if len(raw.payload) > self.settings.max_payload_bytes:
            return
        message = Message(topic, bytes(raw.payload), bool(raw.retain), time.time())
        numbers = getattr(raw.properties, "SubscriptionIdentifier", None)
        if numbers is None:
            groups = [group for group in self._groups.values() if topics.matches(group.filter, topic)]
        else:
            asked = numbers if isinstance(numbers, list) else [numbers]
            groups = [self._by_id[number] for number in asked if number in self._by_id]
        for group in groups:
            group.take(message)

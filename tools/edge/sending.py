"""Messages that wait on disk while the broker is away: sent in order when it is back, each at most once.

It is on disk that a message goes out before it does. Where the broker's acknowledgement then gets lost (with the
connection, or with this process), the message is not sent again: the journal says that its outcome is unknown.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Final

from protocol.errors import ErrorCode
from protocol.vocabulary import JsonObject
from tools.edge.broker import Broker
from tools.edge.store import Store, Waiting
from tools.errors import ToolError

LOOK_S: Final = 30.0
AGAIN_S: Final = 1.0


class Sender:
    """Sends what waits. `wake` when there is more of it."""

    def __init__(self, broker: Broker, store: Store) -> None:
        self._broker = broker
        self._store = store
        self._more = asyncio.Event()

    def wake(self) -> None:
        self._more.set()

    async def run(self) -> None:
        """Until cancelled."""
        with suppress(ToolError):
            for one in await self._store.waiting():
                if one.sending:
                    await self._end(one, "unknown", "the agent ended while it was sent")
        while True:
            self._more.clear()
            if await self._broker.back(LOOK_S) and not await self._send_all():
                await asyncio.sleep(AGAIN_S)
                continue
            if self._broker.online:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._more.wait()

    async def _send_all(self) -> bool:
        """Whether nothing is left that could be sent."""
        try:
            for one in await self._store.waiting():
                await self._send(one)
        except ToolError:
            return False
        return True

    async def _send(self, one: Waiting) -> None:
        if time.time() > one.until:
            await self._end(one, "expired", "the broker came back too late")
            return
        self._broker.require()
        await self._store.begin_sending(one.number)
        try:
            await self._broker.publish(one.topic, one.payload, retain=one.retain)
        except ToolError as error:
            if error.code is ErrorCode.UNAVAILABLE:
                await self._store.put_back(one.number)
                raise
            await self._end(one, "unknown" if error.code is ErrorCode.LOST else "failed", error.message)
        else:
            await self._end(one, "sent", "")

    async def _end(self, one: Waiting, outcome: str, why: str) -> None:
        await self._store.done_sending(one.number)
        body: JsonObject = {"message": one.number, "topic": one.topic, "outcome": outcome, "why": why}
        await self._store.note(time.time(), "message", body)

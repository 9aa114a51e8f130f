"""Sends webhooks: takes what is due from the record, posts it, records what came of it, until it is told to stop.

A delivery is sent at least once: a crash between the receiver's answer and the record sends it again, with the same
`webhook-id`. One host gets `parallel` at once, all together PARALLEL; a slow one holds up nobody else.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Protocol

import structlog

from orchestrator.core.events import Event
from orchestrator.core.ports import Clock, Deliveries, StoreError
from orchestrator.core.records import DeliveryRow
from orchestrator.core.state import RunState
from orchestrator.core.webhook_settings import WebhookSettings, key
from orchestrator.core.webhooks import Sent, deliveries, next_try, signature

log = structlog.get_logger("asterism.webhooks")

PARALLEL = 32
PAGE = 100
LOOK_S = 60.0  # how often the record is looked at where nothing is known to be due
TROUBLE_S = 1.0


class Poster(Protocol):
    """Posts once. Never raises for what a receiver or the network does."""

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Sent: ...

    async def close(self) -> None: ...


class Webhooks:
    """Call `start` once the store is open, `stop` before it is closed. `ended` counts deliveries by how they went."""

    def __init__(
        self, store: Deliveries, poster: Poster, clock: Clock, settings: WebhookSettings, jitter: Callable[[], float]
    ) -> None:
        self.ended = {"delivered": 0, "failed": 0, "dead": 0}
        self.pending = 0
        self._store = store
        self._poster = poster
        self._clock = clock
        self._settings = settings
        self._jitter = jitter
        secrets = (settings.secret, settings.previous_secret)
        self._keys = [key(secret) for secret in secrets if secret is not None]
        self._sending: dict[str, str] = {}  # id -> target
        self._over: set[str] = set()  # whose sending has ended since the record was last asked
        self._tasks: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None

    @property
    def signs(self) -> bool:
        return bool(self._keys)

    def rows(self, state: RunState, events: list[Event]) -> list[DeliveryRow]:
        """What has to be told because of new events; to be written with them, and followed by `wake`."""
        return list(deliveries(state, events, self._settings.targets)) if self._keys else []

    def wake(self) -> None:
        """There is something new on record."""
        self._woken.set()

    def start(self) -> None:
        if self._keys:
            self._worker = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """What is being sent is given up, and sent again after the next start. Safe to call twice."""
        worker, self._worker = self._worker, None
        for task in (*self._tasks, *([worker] if worker is not None else [])):
            task.cancel()
        await asyncio.gather(*self._tasks, *([worker] if worker is not None else []), return_exceptions=True)
        await self._poster.close()

    async def send(self, id: str, url: str, body: str) -> Sent:
        """Sign and post once, now."""
        if not self._keys:
            return Sent(code="unsigned")
        # Of this moment, and never of a simulated clock: receivers refuse what is old.
        stamp = int(self._clock.now())
        data = body.encode()
        headers = {
            "content-type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": signature(id, stamp, data, self._keys),
        }
        return await self._poster.post(url, headers, data)

    async def _work(self) -> None:
        while True:
            self._woken.clear()
            try:
                following = await self._start_due()
                wait = LOOK_S if following is None else max(0.0, min(LOOK_S, following - self._clock.now()))
            except StoreError:  # the store itself says what ails it
                wait = TROUBLE_S
            try:
                async with asyncio.timeout(wait):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _start_due(self) -> float | None:
        """Start sending all that is due and may be sent now; when the next one will be due."""
        while True:
            now = self._clock.now()
            counted = Counter(self._sending.values())
            busy = sorted(target for target, number in counted.items() if number >= self._settings.parallel)
            free = PARALLEL - len(self._sending)
            # Some of what is being sent is found too, and what ends while the record is read may be found as it was.
            self._over.clear()
            found = await self._store.due_deliveries(now, without=busy, limit=PAGE + len(self._sending))
            self.pending = found.pending
            started = 0
            for row in found.rows:
                if (
                    row.id in self._sending
                    or row.id in self._over
                    or counted[row.target] >= self._settings.parallel
                    or started >= free
                ):
                    continue
                counted[row.target] += 1
                started += 1
                self._sending[row.id] = row.target
                self._spawn(self._deliver(row))
            if started == 0 or started == free:  # who ends wakes us
                return found.next

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, row: DeliveryRow) -> None:
        try:
            try:
                sent = await self.send(row.id, row.url, row.body)
            except Exception as error:  # noqa: BLE001 - a failed try like any other, or it would be tried again at once
                log.error("a webhook could not be sent", delivery=row.id, error=type(error).__name__)
                sent = Sent(code="internal")
            await self._record(self._after(row, sent))
        finally:
            del self._sending[row.id]
            self._over.add(row.id)
            self._woken.set()

    def _after(self, row: DeliveryRow, sent: Sent) -> DeliveryRow:
        """The row with what came of a try."""
        tries, now = row.tries + 1, self._clock.now()
        delay = next_try(self._settings, tries, sent, self._jitter()) if sent.code else None
        how = "delivered" if not sent.code else "dead" if delay is None else "failed"
        self.ended[how] += 1
        said = {"run": row.run, "delivery": row.id, "target": row.target, "code": sent.code, "status": sent.status}
        if how == "dead":
            log.warning("a webhook is given up", tries=tries, **said)
        elif how == "failed":
            log.info("a webhook was not taken; it is sent again", tries=tries, **said)
        status = "pending" if how == "failed" else how
        return row._replace(
            status=status, tries=tries, due=now + (delay or 0.0), code=sent.code, http_status=sent.status
        )

    async def _record(self, row: DeliveryRow) -> None:
        """Until the record takes it: what is not on it would be sent again at once."""
        while True:
            try:
                await self._store.write_delivery(row)
            except StoreError:
                await asyncio.sleep(TROUBLE_S)
            else:
                return

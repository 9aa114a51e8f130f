"""Who sends webhooks reads the record while sendings end: what it read may be older than what it knows."""

from __future__ import annotations

import asyncio

from pydantic import SecretStr

from orchestrator.app import SystemClock
from orchestrator.core.records import DeliveryRow, DueDeliveries
from orchestrator.core.webhook_settings import WebhookSettings
from orchestrator.runtime.webhooks import Sent, Webhooks

ROW = DeliveryRow(
    id="msg_1", run="r1", name="run", target="http://127.0.0.1:1", url="http://127.0.0.1:1/", body="{}",
    status="pending", tries=0, due=0.0, code="", http_status=0, created=0.0,
)  # fmt: skip


class Record:
    """One delivery; its second reading is given out only after the sending has ended, as it was before."""

    def __init__(self) -> None:
        self.row = ROW
        self.reads = 0
        self.reading = asyncio.Event()
        self.written = asyncio.Event()

    async def due_deliveries(self, now: float, *, without: list[str], limit: int) -> DueDeliveries:
        self.reads += 1
        rows = [self.row] if self.row.status == "pending" else []
        if self.reads == 2:
            self.reading.set()
            await self.written.wait()
            await asyncio.sleep(0)
        return DueDeliveries(rows, None, len(rows))

    async def write_delivery(self, row: DeliveryRow) -> None:
        self.row = row
        self.written.set()


class Post:
    def __init__(self, record: Record) -> None:
        self.record = record
        self.posts = 0

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Sent:
        self.posts += 1
        await self.record.reading.wait()
        return Sent(status=204)

    async def close(self) -> None:
        return


async def test_what_ended_while_the_record_was_read_is_not_sent_again() -> None:
    record = Record()
    post = Post(record)
    settings = WebhookSettings(parallel=2, secret=SecretStr("whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="))
    hooks = Webhooks(record, post, SystemClock(), settings, lambda: 0.0)  # type: ignore[arg-type]
    hooks.start()
    try:
        async with asyncio.timeout(20):
            while record.reads < 9:
                hooks.wake()
                for _ in range(5):  # what was begun gets on
                    await asyncio.sleep(0)
    finally:
        await hooks.stop()
    assert (post.posts, record.row.status) == (1, "delivered")

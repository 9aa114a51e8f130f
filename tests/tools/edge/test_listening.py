"""What waits for a listener: bounded in number and bytes, and nothing that was retained twice."""

from __future__ import annotations

import asyncio

from tools.edge import listening
from tools.edge.listening import Group, Message, Subscription


def message(number: int, *, topic: str = "a/b", size: int = 1, retained: bool = False) -> Message:
    return Message(topic, b"x" * size, retained, float(number))


async def test_a_flood_drops_the_oldest_and_counts_them() -> None:
    one = Subscription(limit=100)
    for number in range(1000):
        one.take(message(number))
    assert one.dropped == 900
    found = await one.next(0)
    assert found is not None
    assert found.at == 900.0


async def test_large_messages_are_bounded_by_their_bytes() -> None:
    one = Subscription(limit=1000)
    for number in range(40):
        one.take(message(number, size=256 << 10))
    assert 40 - one.dropped == listening.WAITING_BYTES // (256 << 10)
    while await one.next(0) is not None:
        pass
    assert one._bytes == 0


async def test_a_retained_message_is_news_once_and_again_after_a_lost_connection() -> None:
    group = Group("a/#", 1)
    early, late = group.join(10), None
    group.take(message(1, retained=True))
    late = group.join(10)
    group.take(message(2, retained=True))  # because of `late`
    assert [(await early.next(0)), (await early.next(0))] == [message(1, retained=True), None]
    assert await late.next(0) == message(2, retained=True)
    group.lost()
    group.take(message(3, retained=True))
    assert await early.next(0) == message(3, retained=True)
    assert early.gaps == 1


async def test_waiting_is_bounded_and_ends_with_a_message() -> None:
    one = Subscription(limit=10)
    assert await one.next(0.01) is None
    waiting = asyncio.ensure_future(one.next(20))
    await asyncio.sleep(0)
    one.take(message(1))
    assert await waiting == message(1)

"""One content offered several times at once: it is taken once, and everybody who offered it has it on record."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.gateway_transfers import ArtifactBusy, ArtifactTrouble, Transfers
from orchestrator.contents import Contents
from protocol.codec import Chunk
from protocol.errors import ErrorCode
from protocol.messages import (
    ArtifactAck,
    ArtifactOffer,
    ArtifactReady,
    ArtifactRefused,
    GatewayMessage,
    Limits,
)
from storage.artifacts import ArtifactFiles
from storage.memory import MemoryStore

DATA = bytes(range(256)) * 400
SHA256 = hashlib.sha256(DATA).hexdigest()


class Now:
    def now(self) -> float:
        return time.time()


class Line:
    """A device's connection: its transfers, and what it was told."""

    def __init__(self, contents: Contents) -> None:
        self.told: list[GatewayMessage | Chunk] = []
        self.transfers = Transfers(contents, Limits(), self.told.append)

    async def offer(self, number: int = 1) -> None:
        await self.transfers.handle(offer(number))

    async def send(self, start: int, end: int, number: int = 1) -> None:
        await self.transfers.handle(Chunk(f"{number:032x}", start, DATA[start:end]))

    async def until(self, true: Callable[[GatewayMessage | Chunk], bool]) -> None:
        async with asyncio.timeout(20):
            while not any(true(one) for one in self.told):
                await asyncio.sleep(0.001)

    @property
    def alive(self) -> int:
        return sum(isinstance(one, ArtifactAck) and one.offset == 0 for one in self.told)


def offer(number: int, run: str = "run-1") -> ArtifactOffer:
    return ArtifactOffer(
        transfer=f"{number:032x}", sha256=SHA256, size=len(DATA), run=run, task=f"task-{number}", attempt=1
    )


def done(message: GatewayMessage | Chunk) -> bool:
    return isinstance(message, ArtifactAck) and message.done


def ready(message: GatewayMessage | Chunk) -> bool:
    return isinstance(message, ArtifactReady)


@pytest.fixture
async def store() -> MemoryStore:
    made = MemoryStore()
    await made.open()
    return made


@pytest.fixture
def contents(tmp_path: Path, store: MemoryStore) -> Contents:
    return Contents(tmp_path / "artifacts", store, Now(), stall_s=1_000)


async def test_the_second_waits_for_the_first_and_sends_nothing(
    contents: Contents, store: MemoryStore, tmp_path: Path
) -> None:
    first, second = Line(contents), Line(contents)
    await first.offer(1)
    await second.offer(2)
    await second.until(lambda one: isinstance(one, ArtifactAck) and one.offset == 0)
    assert not any(done(one) or ready(one) for one in second.told)
    await first.send(0, len(DATA), 1)
    await second.until(done)
    assert not any(ready(one) for one in second.told)
    assert [record.task for record in await store.artifacts("run-1")] == ["task-1", "task-2"]
    assert [path.name for path in (tmp_path / "artifacts").rglob("*") if path.is_file()] == [SHA256[2:]]


async def test_two_transfers_of_one_connection_do_the_same(contents: Contents) -> None:
    """The one that waits must not hold up the other's chunks, which come on the same connection."""
    line = Line(contents)
    await line.offer(1)
    await line.offer(2)
    await line.send(0, len(DATA), 1)
    await line.until(lambda one: done(one) and one.transfer == f"{2:032x}")  # type: ignore[union-attr]


async def test_the_second_goes_on_where_the_first_broke_off(contents: Contents, store: MemoryStore) -> None:
    first, second = Line(contents), Line(contents)
    await first.offer(1)
    await first.send(0, 1000, 1)
    await second.offer(2)
    first.transfers.close()
    await second.until(ready)
    assert [one.offset for one in second.told if isinstance(one, ArtifactReady)] == [1000]
    await second.send(1000, len(DATA), 2)
    await second.until(done)
    assert [record.task for record in await store.artifacts("run-1")] == ["task-2"]


async def test_of_many_that_wait_one_takes_over_and_the_others_wait_for_it(contents: Contents) -> None:
    lines = [Line(contents) for _ in range(6)]
    for number, line in enumerate(lines, start=1):
        await line.offer(number)
    lines[0].transfers.close()
    async with asyncio.timeout(20):
        while not any(ready(one) for line in lines[1:] for one in line.told):
            await asyncio.sleep(0.001)
    [next_] = [line for line in lines[1:] if any(ready(one) for one in line.told)]
    await next_.send(0, len(DATA), lines.index(next_) + 1)
    for line in lines[1:]:
        await line.until(done)


async def test_an_offer_said_again_while_it_waits_is_no_fault(contents: Contents) -> None:
    first, second = Line(contents), Line(contents)
    await first.offer(1)
    await second.offer(2)
    await second.offer(2)
    await first.send(0, len(DATA), 1)
    await second.until(done)
    assert sum(done(one) for one in second.told) == 1


@pytest.mark.parametrize("how", ["cancelled", "disconnected"])
async def test_who_waits_can_leave(contents: Contents, how: str) -> None:
    first, second = Line(contents), Line(contents)
    await first.offer(1)
    await second.offer(2)
    if how == "cancelled":
        await second.transfers.handle(ArtifactRefused(transfer=f"{2:032x}", code=ErrorCode.CANCELLED))
    else:
        second.transfers.close()
    first.transfers.close()
    third = Line(contents)
    await third.offer(3)
    await third.until(ready)
    third.transfers.close()
    assert not any(ready(one) or done(one) for one in second.told)


async def test_nobody_waits_for_a_transfer_that_stands_still(tmp_path: Path, store: MemoryStore) -> None:
    contents = Contents(tmp_path, store, Now(), stall_s=0.0)
    first, second = Line(contents), Line(contents)
    await first.offer(1)
    await second.offer(2)
    await second.until(lambda one: isinstance(one, ArtifactRefused))
    assert [one.code for one in second.told if isinstance(one, ArtifactRefused)] == [ErrorCode.UNAVAILABLE]
    first.transfers.close()


async def test_a_writer_of_another_process_is_waited_for(contents: Contents, tmp_path: Path) -> None:
    """It tells us nothing: the file says when it is free."""
    other = ArtifactFiles(tmp_path / "artifacts").begin(SHA256, len(DATA))
    assert other is not None
    with pytest.raises(ArtifactBusy):
        await contents.receive(offer(1))
    line = Line(contents)
    await line.offer(1)
    await line.until(lambda one: isinstance(one, ArtifactAck) and one.offset == 0)
    await asyncio.to_thread(other.write, DATA)
    await asyncio.to_thread(other.finish)
    await line.until(done)


async def test_what_a_waiting_offer_meets_is_told(tmp_path: Path, store: MemoryStore) -> None:
    """The store can be unusable once its turn has come."""
    contents = Contents(tmp_path / "artifacts", store, Now())
    first = Line(contents)
    await first.offer(1)
    (tmp_path / "artifacts").rename(tmp_path / "gone")
    (tmp_path / "artifacts").write_text("a file")
    with pytest.raises(ArtifactTrouble) as caught:
        await contents.receive_after(offer(2), lambda: None)
    assert caught.value.code is ErrorCode.UNAVAILABLE
    first.transfers.close()

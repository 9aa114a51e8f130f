"""Artifacts both ways over real sockets, with a cut in the middle."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from random import Random

import pytest

from devices.config import DeviceSettings
from protocol.codec import Chunk
from protocol.errors import ErrorCode
from protocol.messages import ArtifactAck, ArtifactFetch, ArtifactOffer, ArtifactRefused, Limits, Outcome, Result
from tests.support.agents import Start
from tests.support.gateway import FakeGateway

CONTENT = Random(5).randbytes(100_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
SMALL = Limits(chunk_bytes=8_192, chunk_window=16, artifact_bytes=200_000)


@pytest.fixture
def work(settings: DeviceSettings, gateway: FakeGateway) -> Path:
    gateway.limits = SMALL
    settings.workspace.mkdir(parents=True)
    return settings.workspace


async def publish(gateway: FakeGateway) -> Result:
    return await gateway.result(await gateway.dispatch("artifact.publish", {"path": "data.bin"}))


async def save(gateway: FakeGateway, sha256: str = SHA256) -> Result:
    return await gateway.result(await gateway.dispatch("artifact.save", {"artifact": sha256, "path": "got.bin"}))


def code(result: Result) -> ErrorCode:
    assert result.error is not None
    return result.error.code


async def test_publish_sends_the_content(gateway: FakeGateway, start: Start, work: Path) -> None:
    (work / "data.bin").write_bytes(CONTENT)
    await start()
    result = await publish(gateway)
    assert result.output == {"artifact": SHA256, "name": "data.bin", "size_bytes": len(CONTENT)}
    assert gateway.stored[SHA256] == CONTENT


async def test_the_window_bounds_what_is_under_way(gateway: FakeGateway, start: Start, work: Path) -> None:
    (work / "data.bin").write_bytes(CONTENT)
    gateway.mute_acks = True
    gateway.limits = SMALL.model_copy(update={"chunk_window": 3})
    await start()
    await gateway.dispatch("artifact.publish", {"path": "data.bin"})
    await gateway.until(lambda: len(gateway.of(Chunk)) == 3)
    await gateway.output("test.noop")
    assert len(gateway.of(Chunk)) == 3


@pytest.mark.parametrize("resumable", [True, False])
async def test_publish_goes_on_after_a_cut(gateway: FakeGateway, start: Start, work: Path, resumable: bool) -> None:
    (work / "data.bin").write_bytes(CONTENT)
    gateway.cut_after, gateway.resumable = 5, resumable
    await start()
    assert (await publish(gateway)).outcome is Outcome.SUCCEEDED
    assert gateway.stored[SHA256] == CONTENT
    assert len(gateway.of(ArtifactOffer)) == 2
    offsets = [chunk.offset for chunk in gateway.of(Chunk)]
    assert offsets.count(0) == 1


async def test_content_that_is_there_already_is_not_sent(gateway: FakeGateway, start: Start, work: Path) -> None:
    (work / "data.bin").write_bytes(CONTENT)
    gateway.stored[SHA256] = CONTENT
    await start()
    assert (await publish(gateway)).outcome is Outcome.SUCCEEDED
    assert gateway.of(Chunk) == []


async def test_an_empty_file_goes_both_ways(gateway: FakeGateway, start: Start, work: Path) -> None:
    (work / "data.bin").write_bytes(b"")
    await start()
    assert (await publish(gateway)).outcome is Outcome.SUCCEEDED
    empty = hashlib.sha256(b"").hexdigest()
    assert (await save(gateway, empty)).outcome is Outcome.SUCCEEDED
    assert (work / "got.bin").read_bytes() == b""


async def test_a_file_above_the_limit_is_not_offered(gateway: FakeGateway, start: Start, work: Path) -> None:
    (work / "data.bin").write_bytes(bytes(200_001))
    await start()
    assert code(await publish(gateway)) is ErrorCode.ARTIFACT_TOO_LARGE
    assert gateway.of(ArtifactOffer) == []


@pytest.mark.parametrize(
    ("refusal", "retryable"),
    [(ErrorCode.UNAVAILABLE, True), (ErrorCode.HASH_MISMATCH, True), (ErrorCode.ARTIFACT_TOO_LARGE, False)],
)
async def test_a_refusal_says_whether_another_attempt_helps(
    gateway: FakeGateway, start: Start, work: Path, refusal: ErrorCode, retryable: bool
) -> None:
    (work / "data.bin").write_bytes(CONTENT)
    gateway.refuse_offers = refusal
    await start()
    result = await publish(gateway)
    assert code(result) is refusal
    assert result.error is not None
    assert result.error.retryable is retryable


async def test_a_sign_of_life_before_the_answer_changes_nothing(gateway: FakeGateway, start: Start, work: Path) -> None:
    """The gateway waits for another transfer of the same content, and says so."""
    (work / "data.bin").write_bytes(CONTENT)
    gateway.wait_acks = 3
    await start()
    assert (await publish(gateway)).outcome is Outcome.SUCCEEDED
    assert gateway.stored[SHA256] == CONTENT


async def test_save_writes_the_content(gateway: FakeGateway, start: Start, work: Path) -> None:
    gateway.stored[SHA256] = CONTENT
    await start()
    result = await save(gateway)
    assert result.output == {"path": "got.bin", "sha256": SHA256, "size_bytes": len(CONTENT)}
    assert (work / "got.bin").read_bytes() == CONTENT
    assert gateway.of(ArtifactAck)[-1].done


@pytest.mark.parametrize("resumable", [True, False])
async def test_save_goes_on_after_a_cut(gateway: FakeGateway, start: Start, work: Path, resumable: bool) -> None:
    gateway.stored[SHA256] = CONTENT
    gateway.cut_after, gateway.resumable = 2, resumable
    await start()
    assert (await save(gateway)).outcome is Outcome.SUCCEEDED
    assert (work / "got.bin").read_bytes() == CONTENT
    assert [fetch.offset for fetch in gateway.of(ArtifactFetch)] == [0, 2 * SMALL.chunk_bytes]


async def test_an_unknown_artifact_has_its_code(gateway: FakeGateway, start: Start, work: Path) -> None:
    await start()
    assert code(await save(gateway)) is ErrorCode.UNKNOWN_ARTIFACT
    assert not (work / "got.bin").exists()


async def test_wrong_content_is_never_kept(gateway: FakeGateway, start: Start, work: Path) -> None:
    gateway.stored[SHA256] = CONTENT[::-1]
    await start()
    assert code(await save(gateway)) is ErrorCode.HASH_MISMATCH
    assert os.listdir(work) == []
    assert gateway.of(ArtifactRefused)


async def test_a_cancelled_transfer_is_called_off(gateway: FakeGateway, start: Start, work: Path) -> None:
    (work / "data.bin").write_bytes(CONTENT)
    gateway.mute_acks = True
    await start()
    dispatch = await gateway.dispatch("artifact.publish", {"path": "data.bin"})
    await gateway.until(lambda: bool(gateway.of(Chunk)))
    await gateway.cancel(dispatch)
    assert (await gateway.result(dispatch)).outcome is Outcome.CANCELLED
    assert [refused.code for refused in gateway.of(ArtifactRefused)] == [ErrorCode.CANCELLED]


async def test_a_lost_chunk_is_asked_for_again(gateway: FakeGateway, start: Start, work: Path) -> None:
    gateway.stored[SHA256] = CONTENT
    gateway.skipped = 2
    await start()
    assert (await save(gateway)).outcome is Outcome.SUCCEEDED
    assert (work / "got.bin").read_bytes() == CONTENT
    assert [fetch.offset // SMALL.chunk_bytes for fetch in gateway.of(ArtifactFetch)] == [0, 1, 2]


async def test_a_chunk_that_comes_twice_changes_nothing(gateway: FakeGateway, start: Start, work: Path) -> None:
    gateway.stored[SHA256] = CONTENT
    gateway.doubled = True
    await start()
    assert (await save(gateway)).outcome is Outcome.SUCCEEDED
    assert (work / "got.bin").read_bytes() == CONTENT
    assert len(gateway.of(ArtifactFetch)) == 1


async def test_a_gateway_that_never_sends_what_was_asked_for(gateway: FakeGateway, start: Start, work: Path) -> None:
    gateway.stored[SHA256] = CONTENT
    gateway.skipped = 1000
    gateway.skips_first = True
    await start()
    assert code(await save(gateway)) is ErrorCode.UNAVAILABLE
    assert os.listdir(work) == []


async def test_a_chunk_behind_the_end_ends_the_transfer(gateway: FakeGateway, start: Start, work: Path) -> None:
    gateway.stored[SHA256] = CONTENT
    gateway.claimed = len(CONTENT) - 1
    await start()
    assert code(await save(gateway)) is ErrorCode.UNAVAILABLE

"""What an agent keeps on disk."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from pathlib import Path

import pytest

from devices.errors import StateError
from devices.events import Key
from devices.executor import encode_result
from devices.outbox import Outbox
from protocol.messages import Outcome

KEY: Key = ("r", "t", 1)
BODY = encode_result(KEY, 3, Outcome.SUCCEEDED, {"x": 1})


async def reopened(outbox: Outbox, folder: Path) -> Outbox:
    await outbox.close()
    return Outbox(folder)


async def test_an_identity_is_made_once(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    assert outbox.identity(lambda: "one") == "one"
    outbox = await reopened(outbox, tmp_path)
    assert outbox.identity(lambda: "two") == "one"
    await outbox.close()


async def test_the_epoch_is_kept(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    assert outbox.epoch == 0
    outbox.keep_epoch(7)
    outbox = await reopened(outbox, tmp_path)
    assert outbox.epoch == 7
    await outbox.close()


async def test_a_finished_result_is_there_after_a_restart_until_forgotten(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    await outbox.started(KEY, 3, idempotent=False)
    await outbox.finished(KEY, BODY)
    outbox = await reopened(outbox, tmp_path)
    assert outbox.restore() == ((KEY, BODY),)
    outbox.forget(KEY)
    outbox = await reopened(outbox, tmp_path)
    assert outbox.restore() == ()
    await outbox.close()


async def test_forgetting_waits_for_the_next_write(tmp_path: Path) -> None:
    """Nothing is lost by it, and the disk is asked once less for every attempt."""
    outbox = Outbox(tmp_path)
    await outbox.started(KEY, 3, idempotent=False)
    await outbox.finished(KEY, BODY)
    with contextlib.closing(sqlite3.connect(tmp_path / "agent.db")) as other:
        rows = "SELECT task FROM attempts"
        outbox.forget(KEY)
        assert other.execute(rows).fetchall() == [(KEY[1],)]
        await outbox.started(("run", "next", 1), 3, idempotent=False)
        assert other.execute(rows).fetchall() == [("next",)]
    await outbox.close()


async def test_what_is_forgotten_is_so_without_another_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devices.outbox.FORGET_S", 0.01)
    outbox = Outbox(tmp_path)
    await outbox.started(KEY, 3, idempotent=False)
    outbox.forget(KEY)
    with contextlib.closing(sqlite3.connect(tmp_path / "agent.db")) as other:
        async with asyncio.timeout(20):
            while other.execute("SELECT task FROM attempts").fetchall():
                await asyncio.sleep(0.01)
    await outbox.close()


async def test_what_started_and_may_not_be_repeated_is_lost(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    await outbox.started(KEY, 3, idempotent=False)
    outbox = await reopened(outbox, tmp_path)
    [(key, body)] = outbox.restore()
    result = json.loads(body)
    assert key == KEY
    assert (result["epoch"], result["outcome"]) == (3, "failed")
    assert (result["error"]["code"], result["error"]["retryable"]) == ("lost", False)
    outbox = await reopened(outbox, tmp_path)
    assert outbox.restore() == ((key, body),)
    await outbox.close()


async def test_what_started_and_may_be_repeated_is_absent(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    await outbox.started(KEY, 3, idempotent=True)
    outbox = await reopened(outbox, tmp_path)
    assert outbox.restore() == ()
    await outbox.close()


async def test_one_directory_serves_one_agent(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    with pytest.raises(StateError, match="Another agent"):
        Outbox(tmp_path)
    await outbox.close()
    await Outbox(tmp_path).close()


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "agent.db").write_bytes(b"x" * 8192)
    for _ in range(2):
        with pytest.raises(StateError, match=r"agent\.db.*move it away"):
            Outbox(tmp_path)


async def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be used"):
        Outbox(tmp_path / "file" / "state")


async def test_a_write_that_fails_says_so_and_the_next_may_succeed(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    outbox._database.execute("ALTER TABLE attempts RENAME TO away")
    with pytest.raises(StateError, match="cannot be written"):
        await outbox.started(KEY, 3, idempotent=False)
    outbox._database.execute("ALTER TABLE away RENAME TO attempts")
    await outbox.started(KEY, 3, idempotent=False)
    await outbox.close()

"""PostgreSQL's own troubles: wrong names and passwords, lost connections, lost answers, a second owner."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orchestrator.core.ports import StoreError
from storage import make_store, open_store
from storage import writer as writer_module
from storage.sql import SqlStore
from tests.support.postgres import execute
from tests.support.stores import dispatched, ended, noted, seqs, submit_all

ROOT = Path(__file__).parents[2]
KILL_WRITER = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'asterism writer%'"


async def refusal(url: str) -> StoreError:
    with pytest.raises(StoreError) as caught:
        await open_store(url)
    assert caught.value.remedy
    return caught.value


@pytest.fixture
async def store(postgres_url: str) -> AsyncIterator[SqlStore]:
    store = make_store(postgres_url)
    assert isinstance(store, SqlStore)
    await store.open()
    yield store
    await store.close()


async def test_a_wrong_password(postgres_url: str) -> None:
    error = await refusal(postgres_url.replace(":correct-horse@", ":wrong@"))
    assert (error.code, error.retryable) == ("database_unavailable", False)
    assert "password" in error.remedy


async def test_a_database_that_does_not_exist(postgres_url: str) -> None:
    error = await refusal(postgres_url + "_not")
    assert (error.code, error.retryable) == ("database_unavailable", False)
    assert "Create the database" in error.remedy


async def test_a_server_that_is_down(unused_port: int) -> None:
    error = await refusal(f"postgresql://me@127.0.0.1:{unused_port}/db")
    assert (error.code, error.retryable) == ("database_unavailable", True)


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def test_a_commit_is_synced_whatever_the_server_says(postgres_url: str) -> None:
    database = postgres_url.rsplit("/", 1)[1]
    execute(postgres_url, f"ALTER DATABASE {database} SET synchronous_commit = off")
    store = make_store(postgres_url)
    assert isinstance(store, SqlStore)
    await store.open()
    setting = await store.writer.call(
        lambda connection: connection.exec_driver_sql("SHOW synchronous_commit").scalar_one()
    )
    await store.close()
    assert setting == "on"


async def test_a_second_owner_is_refused_and_told_of_the_first(store: SqlStore, postgres_url: str) -> None:
    error = await refusal(postgres_url)
    assert error.code == "database_busy"
    assert f"process {os.getpid()}" in error.message
    await store.close()
    await (await open_store(postgres_url)).close()


async def test_writing_goes_on_after_the_connection_was_lost(postgres_url: str) -> None:
    troubles: list[str | None] = []
    store = make_store(postgres_url, on_trouble=troubles.append)
    await store.open()
    await store.commit(dispatched("run-1", 1, "a"))
    execute(postgres_url, KILL_WRITER)
    await submit_all(store, ended("run-1", 2, "a"), noted("run-1", 3))
    assert await seqs(store, "run-1") == [1, 2, 3]
    assert await store.outbox() == []
    assert troubles == ["database_unavailable", None]
    await store.close()


async def test_reading_goes_on_after_the_connection_was_lost(store: SqlStore, postgres_url: str) -> None:
    assert await store.runs() == []
    execute(postgres_url, KILL_WRITER.replace("writer", "reader"))
    assert await store.runs() == []


async def test_an_owner_that_was_replaced_while_it_was_cut_off_writes_no_more(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubles: asyncio.Queue[str | None] = asyncio.Queue()
    first = make_store(postgres_url, on_trouble=troubles.put_nowait)
    await first.open()
    await first.commit(noted("run-1", 1))
    monkeypatch.setattr(writer_module, "PROBE_S", 3600)
    execute(postgres_url, KILL_WRITER)
    second = await open_store(postgres_url)
    await second.commit(noted("run-1", 2))
    writing = asyncio.create_task(submit_all(first, noted("run-2", 1)))
    while await troubles.get() != "database_busy":
        pass
    await second.close()
    assert await troubles.get() == "database_taken"
    await first.close()
    (error,) = await writing
    assert error is not None
    assert error.code == "database_taken"
    third = await open_store(postgres_url)
    assert (await seqs(third, "run-1"), await seqs(third, "run-2")) == ([1, 2], [])
    await third.close()


@pytest.mark.parametrize(
    ("breaks", "mends", "code"),
    [
        (
            "ALTER DATABASE {name} SET default_transaction_read_only = on",
            "ALTER DATABASE {name} RESET default_transaction_read_only",
            "database_read_only",
        ),
        (
            "ALTER DATABASE {name} ALLOW_CONNECTIONS false",
            "ALTER DATABASE {name} ALLOW_CONNECTIONS true",
            "database_unavailable",
        ),
    ],
)
async def test_writing_goes_on_once_the_server_lets_it(postgres_url: str, breaks: str, mends: str, code: str) -> None:
    admin, name = postgres_url.rsplit("/", 1)
    troubles: asyncio.Queue[str | None] = asyncio.Queue()
    store = make_store(postgres_url, on_trouble=troubles.put_nowait)
    await store.open()
    await store.commit(noted("run-1", 1))
    execute(f"{admin}/postgres", breaks.format(name=name))
    execute(f"{admin}/postgres", KILL_WRITER)
    writing = asyncio.create_task(submit_all(store, noted("run-1", 2)))
    while await troubles.get() != code:
        pass
    assert not writing.done()
    execute(f"{admin}/postgres", mends.format(name=name))
    assert await writing == [None]
    assert await seqs(store, "run-1") == [1, 2]
    await store.close()


class Proxy:
    """Passes bytes between clients and the server; `cut_answers` forwards what is asked and drops the answer."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._pipes: set[asyncio.Task[None]] = set()
        self.cut_answers = False
        self.cuts = 0

    async def open(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for pipe in self._pipes:
            pipe.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection(*self._target)
        for source, target, answers in ((reader, upstream_writer, False), (upstream_reader, writer, True)):
            pipe = asyncio.create_task(self._pipe(source, target, writer, upstream_writer, answers=answers))
            self._pipes.add(pipe)

    async def _pipe(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        client: asyncio.StreamWriter,
        server: asyncio.StreamWriter,
        *,
        answers: bool,
    ) -> None:
        try:
            while data := await source.read(65536):
                if answers and self.cut_answers:
                    self.cut_answers = False
                    self.cuts += 1
                    break
                target.write(data)
                await target.drain()
        except OSError:
            pass  # The other direction has closed it.
        finally:
            client.close()
            server.close()


async def test_a_commit_whose_answer_is_lost_is_neither_lost_nor_doubled(postgres_url: str) -> None:
    """Each round lets the server commit and cuts the line before its answer comes back."""
    host, _, port = postgres_url.rsplit("/", 1)[0].rsplit("@", 1)[1].partition(":")
    proxy = Proxy(host, int(port))
    proxied = postgres_url.replace(f":{port}/", f":{await proxy.open()}/")
    troubles: list[str | None] = []
    store = make_store(proxied, on_trouble=troubles.append)
    await store.open()
    await store.commit(noted("run-1", 1))
    for seq in range(2, 12, 2):
        proxy.cut_answers = True
        ends = await submit_all(store, dispatched("run-1", seq, f"task-{seq}"), noted("run-1", seq + 1))
        assert ends == [None, None]
    assert proxy.cuts == 5
    assert await seqs(store, "run-1") == list(range(1, 12))
    assert len(await store.outbox()) == 5
    assert troubles == ["database_unavailable", None] * 5
    await store.close()
    await proxy.close()


CHILD = """
import asyncio, sys
from storage import open_store
from tests.support.stores import dispatched

async def main():
    store = await open_store(sys.argv[1])
    seq = 0
    def submit():
        nonlocal seq
        seq += 1
        mine = seq
        work = dispatched("run-1", mine, f"task-{mine}")
        store.submit(work, lambda error: (print(mine, error, flush=True), submit()))
    for _ in range(50):
        submit()
    await asyncio.Event().wait()

asyncio.run(main())
"""


def start(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", CHILD, url], cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
async def test_what_was_told_to_be_durable_survives_kill_9(postgres_url: str) -> None:
    with start(postgres_url) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(500)]
        child.send_signal(signal.SIGKILL)
    store = await open_store(postgres_url)
    found = await seqs(store, "run-1")
    outbox = await store.outbox()
    await store.close()
    assert found == list(range(1, len(found) + 1))
    assert len(found) >= max(int(line.split()[0]) for line in lines)
    assert [row.task for row in outbox] == [f"task-{seq}" for seq in found]

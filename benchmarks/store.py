"""How many durable tasks and rows a second the store takes, with the event loop idle and with it always busy.

    python -m benchmarks.store [--seconds 3] [--window 2000] [--postgres URL] [--only sqlite]

A task is two transactions, as the runtime writes them: its dispatch (event, task row, outbox row), and, once that is
durable, its end (event, task row, outbox row deleted): six row changes. `window` tasks are under way at any time.
`busy` means that the event loop never waits: between any two callbacks it computes for 0.2 ms in Python, so that the
writer has to fight for the interpreter lock. `executemany` is the usual way to write the same rows, for comparison.
PostgreSQL is Debian's server, started for the occasion with fsync on, unless a URL is given.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from orchestrator.core.events import BODY, AttemptEnded, AttemptOutcome, TaskDispatched
from orchestrator.core.ports import StoreError
from orchestrator.core.records import AttemptKey, EventRow, OutboxRow, TaskRow, Transaction
from storage import make_store
from storage.groups import Group, Row
from storage.sql import SqlStore
from storage.sqlite import SqliteReader, SqliteSink, transact, translated
from storage.statements import GROUP, columns

LINE = "{:>5} {:>9} {:>10} {:>8} {:>8} {:>8} {:>13}"
ROWS_A_TASK = 6
BURN_S = 0.0002
DISPATCHED = BODY.dump_json(
    TaskDispatched(task="task-0000", attempt=1, device="alpha", epoch=3, why="alpha: idle; beta: busy")
).decode()
ENDED = BODY.dump_json(
    AttemptEnded(task="task-0000", attempt=1, outcome=AttemptOutcome.SUCCEEDED, output={"value": "x" * 60})
).decode()
MESSAGE = json.dumps({"type": "dispatch", "skill": "test.noop", "arguments": {"value": "x" * 60}, "timeout_s": 300.0})


class ExecutemanySink(SqliteSink):
    """The same rows, the usual way: one transaction, `executemany` for each table."""

    def write(self, transactions: Sequence[Transaction]) -> None:
        group = Group(transactions, self._made)
        keys = "run = ? AND task = ? AND attempt = ?"
        statements = [
            (_insert(table.name, [c.name for c in columns(table)]), rows)
            for table, rows in zip(GROUP, (group.events, group.tasks, group.runs, group.outbox), strict=True)
        ]
        statements.append((f"DELETE FROM outbox WHERE {keys}", group.settled))
        with translated():
            transact(
                self._open, "BEGIN IMMEDIATE", [partial(_run, sql=sql, rows=rows) for sql, rows in statements if rows]
            )


def _run(connection: Connection, *, sql: str, rows: list[Row]) -> None:
    connection.exec_driver_sql(sql, rows)


def _insert(table: str, names: list[str]) -> str:
    return f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


@dataclass
class Load:
    """Tasks that follow one another until the time is up."""

    store: SqlStore
    until: float
    begun: int = 0
    finished: int = 0
    waits: list[float] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    running: int = 0

    def begin(self) -> None:
        if time.perf_counter() >= self.until:
            if self.running == 0:
                self.ended.set()
            return
        self.begun += 1
        self.running += 1
        self._dispatch(self.begun)

    def _dispatch(self, number: int) -> None:
        run, task = f"run-{number % 50:012d}", f"task-{number // 50:06d}"
        submitted = time.perf_counter()
        self.store.submit(
            Transaction(
                events=[EventRow(run, 2 * number, submitted, "task_dispatched", "placed", DISPATCHED)],
                tasks=[TaskRow(run, task, "running", 1, "alpha", submitted)],
                outbox=[OutboxRow(run, task, 1, "alpha", 3, MESSAGE)],
            ),
            lambda error: self._end(run, task, number, submitted, error),
        )

    def _end(self, run: str, task: str, number: int, submitted: float, error: StoreError | None) -> None:
        if error is not None:
            raise error
        now = time.perf_counter()
        self.waits.append(now - submitted)
        self.store.submit(
            Transaction(
                events=[EventRow(run, 2 * number + 1, now, "attempt_ended", "result", ENDED)],
                tasks=[TaskRow(run, task, "succeeded", 1, "alpha", now)],
                settled=[AttemptKey(run, task, 1)],
            ),
            self._finish,
        )

    def _finish(self, error: StoreError | None) -> None:
        if error is not None:
            raise error
        self.finished += 1
        self.running -= 1
        self.begin()


async def measure(store: SqlStore, *, seconds: float, window: int, busy: bool) -> str:
    """One line of the table."""
    await store.open()
    loop = asyncio.get_running_loop()
    stopped = False

    def burn() -> None:
        until = time.perf_counter() + BURN_S
        while time.perf_counter() < until:
            json.dumps({"numbers": [1, 2, 3]})
        if not stopped:
            loop.call_soon(burn)

    load = Load(store, time.perf_counter() + seconds)
    if busy:
        loop.call_soon(burn)
    gc.collect()
    gc.freeze()
    groups, cpu, started = store.writer.groups, time.thread_time(), time.perf_counter()
    for _ in range(window):
        load.begin()
    await load.ended.wait()
    elapsed, cpu, groups = time.perf_counter() - started, time.thread_time() - cpu, store.writer.groups - groups
    stopped = True
    await store.close()
    waits = sorted(load.waits)
    tasks = load.finished / elapsed
    return LINE.format(
        "busy" if busy else "idle",
        f"{tasks:,.0f}",
        f"{ROWS_A_TASK * tasks:,.0f}",
        f"{2 * load.finished / groups:,.0f}",
        f"{1000 * waits[len(waits) // 2]:.1f}",
        f"{1000 * waits[int(len(waits) * 0.99)]:.1f}",
        "" if busy else f"{1e6 * cpu / load.finished:.1f}",
    )


@contextmanager
def sqlite_store(*, executemany: bool = False) -> Iterator[SqlStore]:
    # In the working folder: a temporary folder may lie in memory, where a sync costs nothing.
    folder = Path(tempfile.mkdtemp(prefix=".bench-", dir="."))
    try:
        path = folder / "record.db"
        sink = ExecutemanySink(path) if executemany else SqliteSink(path)
        yield SqlStore(sink, SqliteReader(path), print)
    finally:
        shutil.rmtree(folder)


@contextmanager
def postgres_store(url: str) -> Iterator[SqlStore]:
    from tests.support.postgres import execute

    execute(url, "DROP SCHEMA IF EXISTS public CASCADE")
    execute(url, "CREATE SCHEMA public")
    store = make_store(url, on_trouble=print)
    assert isinstance(store, SqlStore)
    yield store


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each measurement")
    parser.add_argument("--window", type=int, default=2000, help="tasks under way at any time")
    parser.add_argument("--postgres", metavar="URL", help="an empty database to use; what it holds is dropped")
    parser.add_argument("--only", choices=["sqlite", "postgresql", "executemany"])
    options = parser.parse_args()
    kinds = [options.only] if options.only else ["sqlite", "executemany", "postgresql"]
    print(f"{'store':<12}", LINE.format("loop", "tasks/s", "rows/s", "a group", "p50 ms", "p99 ms", "loop µs/task"))
    with ExitStack() as stack:
        url = options.postgres or ""
        if "postgresql" in kinds and not url:
            url = stack.enter_context(server())
        for kind in kinds:
            for busy in (False, True):
                with (
                    postgres_store(url) if kind == "postgresql" else sqlite_store(executemany=kind != "sqlite") as store
                ):
                    line = asyncio.run(measure(store, seconds=options.seconds, window=options.window, busy=busy))
                print(f"{kind:<12}", line, flush=True)


@contextmanager
def server() -> Iterator[str]:
    from tests.support.postgres import serve

    running = serve(durable=True)
    try:
        yield next(running).admin
    finally:
        running.close()


if __name__ == "__main__":
    main()

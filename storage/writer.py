"""The one writer: a thread that makes all that waits durable in one transaction, then says so on the event loop.

    submit, call ─> list, handed over ─> queue ─> writer thread: Group ─> Sink.write ─> one call back

A fault of one transaction (a row that exists) splits its group until only that one fails. A fault of the database
(locked, full, read-only, gone) is tried again for as long as it lasts, with the group's `done` pending. After such a
fault nobody knows whether the commit took place: the group's first event is read back before the group is written
again. Calls do not wait for ever: whoever made one is there to be told. While there is nothing to write, the database
is looked at now and then, so that trouble is known before work comes, and its end without any.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Protocol, TypeVar, cast

from sqlalchemy import Connection

from orchestrator.core.ports import Done, StoreError
from orchestrator.core.records import Transaction
from storage.faults import ISOLATED, make, store_error

T = TypeVar("T")
Operation = Callable[[Connection], T]
OnTrouble = Callable[[str | None], None]

ROWS_A_GROUP = 2_000
"""Enough for the commit's cost to vanish, few enough for the event loop to work on one group while the next commits."""

FIRST_DELAY_S, LONGEST_DELAY_S = 0.02, 1.0
CALL_PATIENCE_S, CLOSE_PATIENCE_S = 5.0, 2.0
PROBE_S, TROUBLED_PROBE_S = 2.0, 0.25
"""How often an idle database is looked at, well or in trouble."""


class Sink(Protocol):
    """A database as the writer sees it. Every method runs in the writer's thread and raises StoreError only."""

    def open(self) -> None: ...

    def write(self, transactions: Sequence[Transaction]) -> None:
        """Make all of them durable, or none. A `conflict` or `unstorable` certainly wrote nothing."""

    def holds(self, transaction: Transaction) -> bool:
        """Whether the log has this transaction's first event, to the letter."""

    def call(self, operations: Sequence[Operation[object]]) -> list[object]:
        """Run operations in one transaction; their results once it is durable."""

    def probe(self, *, writing: bool) -> None:
        """Look whether it can be used; with `writing`, by writing something that matters to nobody."""

    def close(self) -> None: ...


class _Call:
    __slots__ = ("done", "give_up", "operation")

    def __init__(self, operation: Operation[object], done: Callable[[object, StoreError | None], None]) -> None:
        self.operation = operation
        self.done = done
        self.give_up = time.monotonic() + CALL_PATIENCE_S


_Write = tuple[Transaction, Done]
_Item = _Write | _Call


class Writer:
    """Owns a sink and its thread. All methods but the private ones are for the event loop's thread."""

    def __init__(self, sink: Sink, on_trouble: OnTrouble, *, rows_a_group: int = ROWS_A_GROUP) -> None:
        self._sink = sink
        self._on_trouble = on_trouble
        self._rows_a_group = rows_a_group
        self._queue: SimpleQueue[list[_Item] | None] = SimpleQueue()
        self._waiting: list[_Item] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        # The writer thread's own.
        self._backlog: deque[_Item] = deque()
        self._calls: list[_Call] = []
        self._over = False
        self._trouble: str | None = None
        self._ending = threading.Event()
        self._end_by = 0.0
        self.groups = 0

    async def open(self) -> None:
        """Start the thread and open the sink in it. Raises StoreError."""
        self._loop = asyncio.get_running_loop()
        opened: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, args=(opened,), name="store-writer", daemon=True)
        self._thread.start()
        try:
            await asyncio.shield(opened)
        except StoreError:
            self._thread.join()
            self._thread = None
            raise

    async def close(self) -> None:
        """Write what waits and stop. What a troubled database does not take within 2 s fails. Safe to call twice."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._hand_over()
        self._end_by = time.monotonic() + CLOSE_PATIENCE_S
        self._ending.set()
        self._queue.put(None)
        await asyncio.get_running_loop().run_in_executor(None, thread.join)
        await asyncio.sleep(0)  # The thread's last call back is queued on the loop, before this.

    def submit(self, transaction: Transaction, done: Done) -> None:
        """Queue a transaction; see `Store.submit`. It goes to the writer at once: who submits has gathered it whole."""
        self._enqueue((transaction, done))
        self._hand_over()

    async def call(self, operation: Operation[T]) -> T:
        """Run an operation in a transaction of the writer. Raises StoreError."""
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()

        def done(result: object, error: StoreError | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)

        self._enqueue(_Call(operation, done))
        return cast("T", await future)

    def _enqueue(self, item: _Item) -> None:
        if self._thread is None or self._loop is None:
            error = make("database_unavailable", "The store is not open.", retryable=False)
            asyncio.get_running_loop().call_soon(self._deliver, [(item, None, error)])
            return
        # Once a turn of the loop: waking the writer in the middle of a turn makes it fight for the interpreter lock.
        if not self._waiting:
            self._loop.call_soon(self._hand_over)
        self._waiting.append(item)

    def _hand_over(self) -> None:
        if self._waiting:
            self._queue.put(self._waiting)
            self._waiting = []

    def _deliver(self, ended: Sequence[tuple[_Item, object, StoreError | None]]) -> None:
        for item, result, error in ended:
            try:
                if isinstance(item, _Call):
                    item.done(result, error)
                else:
                    item[1](error)
            except Exception as fault:  # noqa: BLE001 - one caller's fault must not keep the news from the others
                context = {"message": "A store's `done` raised.", "exception": fault}
                asyncio.get_running_loop().call_exception_handler(context)

    # --- in the writer's thread --------------------------------------------------------------------------------

    def _run(self, opened: asyncio.Future[None]) -> None:
        try:
            self._sink.open()
        except Exception as error:  # noqa: BLE001 - handed to whoever opens
            self._sink.close()
            self._tell(_settle, opened, store_error(error))
            return
        self._tell(_settle, opened, None)
        try:
            while items := self._take():
                self._calls += [item for item in items if isinstance(item, _Call)]
                self._write([item for item in items if isinstance(item, tuple)])
                calls, self._calls = self._calls, []
                self._perform(calls)
        finally:
            self._sink.close()

    def _take(self) -> list[_Item]:
        """All that waits, up to a group's size; empty when the end has come."""
        while not self._backlog and not self._receive(PROBE_S if self._trouble is None else TROUBLED_PROBE_S):
            if self._over:
                return []
            self._probe()
        self._receive_all()
        taken: list[_Item] = []
        rows = 0
        while self._backlog and rows < self._rows_a_group:
            item = self._backlog.popleft()
            taken.append(item)
            rows += 1 if isinstance(item, _Call) else _weight(item[0])
        return taken

    def _receive_all(self) -> None:
        while self._receive(0):
            pass

    def _receive(self, patience: float) -> bool:
        """Move one list from the queue to the backlog, waiting for it so long; False at the end, and without one."""
        if self._over:
            return False
        try:
            items = self._queue.get(patience > 0, patience or None)
        except Empty:
            return False
        if items is None:
            self._over = True
            return False
        self._backlog.extend(items)
        return True

    def _probe(self) -> None:
        """Look at an idle database. After trouble only a write shows that it is over."""
        try:
            self._sink.probe(writing=self._trouble is not None)
        except StoreError as error:
            self._report(error)
        else:
            self._calm()

    def _write(self, batch: list[_Write], *, uncertain: bool = False) -> None:
        """Write a batch, for as long as it takes. `uncertain`: it may have been written already."""
        delay, looked_again = FIRST_DELAY_S, False
        while batch:
            try:
                if not (uncertain and self._holds(batch)):
                    self._sink.write([transaction for transaction, _ in batch])
            except StoreError as error:
                if error.code in ISOLATED and uncertain and not looked_again:
                    looked_again = True  # A commit thought lost may have come through since: a conflict with ourselves.
                elif error.code in ISOLATED:
                    self._isolate(batch, error, uncertain=uncertain)
                    return
                elif self._holds_out(error, delay):
                    uncertain, looked_again, delay = True, False, min(2 * delay, LONGEST_DELAY_S)
                else:
                    self._end(batch, error)
                    return
            else:
                self.groups += 1
                self._calm()
                self._end(batch, None)
                return

    def _isolate(self, batch: list[_Write], error: StoreError, *, uncertain: bool) -> None:
        """Some transaction of a group is at fault: halve until it stands alone."""
        if len(batch) == 1:
            self._end(batch, error)
            return
        middle = len(batch) // 2
        self._write(batch[:middle], uncertain=uncertain)
        self._write(batch[middle:], uncertain=uncertain)

    def _holds(self, batch: list[_Write]) -> bool:
        """A group is written whole or not at all: any event of it tells. Without one, writing it again is harmless."""
        witness = next((transaction for transaction, _ in batch if transaction.events), None)
        return witness is not None and self._sink.holds(witness)

    def _perform(self, calls: list[_Call]) -> None:
        delay = FIRST_DELAY_S
        while calls:
            try:
                results = self._sink.call([call.operation for call in calls])
            except StoreError as error:
                if error.code in ISOLATED and len(calls) > 1:
                    for call in calls:
                        self._perform([call])
                    return
                if error.code in ISOLATED or not self._tries_again(error, calls, delay):
                    self._fail(calls, error)
                    return
                delay = min(2 * delay, LONGEST_DELAY_S)
            else:
                self.groups += 1
                self._calm()
                self._tell(self._deliver, [(call, result, None) for call, result in zip(calls, results, strict=True)])
                return

    def _tries_again(self, error: StoreError, calls: list[_Call], delay: float) -> bool:
        """Make the trouble known and wait a little; False where trying a call again is useless, or its time is up."""
        self._report(error)
        if not error.retryable or time.monotonic() > min(call.give_up for call in calls):
            return False
        self._pause(delay)
        return True

    def _holds_out(self, error: StoreError, delay: float) -> bool:
        """Make the trouble known and wait a little; False once the end has come and its patience has run out.

        What is decided is in nobody's hands but ours: whatever ails the database, it is kept until it can be written.
        """
        self._report(error)
        if self._ending.is_set() and time.monotonic() > self._end_by:
            return False
        self._receive_all()
        self._expire(error)
        self._pause(delay)
        return True

    def _expire(self, error: StoreError) -> None:
        """Fail the calls that have waited for too long behind a write that cannot be done."""
        now = time.monotonic()
        late = [item for item in (*self._calls, *self._backlog) if isinstance(item, _Call) and now > item.give_up]
        if late:
            gone = set(map(id, late))
            self._calls = [call for call in self._calls if id(call) not in gone]
            self._backlog = deque(item for item in self._backlog if id(item) not in gone)
            self._fail(late, error)

    def _pause(self, delay: float) -> None:
        if self._ending.is_set():
            time.sleep(FIRST_DELAY_S)
        else:
            self._ending.wait(delay)

    def _report(self, error: StoreError) -> None:
        if error.code not in ISOLATED and error.code != self._trouble:
            self._trouble = error.code
            self._tell(self._on_trouble, error.code)

    def _calm(self) -> None:
        if self._trouble is not None:
            self._trouble = None
            self._tell(self._on_trouble, None)

    def _fail(self, calls: list[_Call], error: StoreError) -> None:
        self._tell(self._deliver, [(call, None, error) for call in calls])

    def _end(self, batch: list[_Write], error: StoreError | None) -> None:
        self._tell(self._deliver, [(item, None, error) for item in batch])

    def _tell(self, callback: Callable[..., None], *arguments: object) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(callback, *arguments)
        except RuntimeError:
            return  # The loop was closed without closing the store: nobody is left to tell.


def _settle(future: asyncio.Future[None], error: StoreError | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(None)


def _weight(transaction: Transaction) -> int:
    return len(transaction.events) + len(transaction.tasks) + len(transaction.outbox) + len(transaction.settled) + 1

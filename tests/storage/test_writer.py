"""The writer's discipline, against a database that does what the test says."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Sequence

import pytest

from orchestrator.core.ports import StoreError
from orchestrator.core.records import Transaction
from storage import writer as writer_module
from storage.faults import make
from storage.writer import Operation, Writer
from tests.support.stores import noted


class ScriptedSink:
    """Keeps events in a list. `script` says what coming writes do: None succeeds, an error fails without writing,

    and ("lost", error) writes and then fails, as a commit whose answer was lost.
    """

    def __init__(self) -> None:
        self.written: list[int] = []
        self.groups: list[list[int]] = []
        self.script: deque[StoreError | tuple[str, StoreError] | None] = deque()
        self.looked: deque[bool | StoreError] = deque()
        self.gate = threading.Event()
        self.gate.set()
        self.probed: list[bool] = []
        self.closed = 0

    def open(self) -> None:
        pass

    def write(self, transactions: Sequence[Transaction]) -> None:
        self.gate.wait()
        seqs = [event.seq for transaction in transactions for event in transaction.events]
        step = self.script.popleft() if self.script else None
        if isinstance(step, StoreError):
            raise step
        if set(seqs) & set(self.written):
            raise make("conflict", "The row is there already.")
        self.groups.append(seqs)
        self.written += seqs
        if step is not None:
            raise step[1]

    def holds(self, transaction: Transaction) -> bool:
        step = self.looked.popleft() if self.looked else transaction.events[0].seq in self.written
        if isinstance(step, StoreError):
            raise step
        return step

    def call(self, operations: Sequence[Operation[object]]) -> list[object]:
        self.gate.wait()
        step = self.script.popleft() if self.script else None
        if isinstance(step, StoreError):
            raise step
        return [operation(None) for operation in operations]  # type: ignore[arg-type]  # these need no connection

    def probe(self, *, writing: bool) -> None:
        self.probed.append(writing)
        self.call([])

    def close(self) -> None:
        self.closed += 1


LOST = make("database_unavailable", "The connection was lost.")


@pytest.fixture
def sink() -> ScriptedSink:
    return ScriptedSink()


@pytest.fixture
def troubles() -> list[str | None]:
    return []


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "FIRST_DELAY_S", 0.0001)
    monkeypatch.setattr(writer_module, "CLOSE_PATIENCE_S", 0.01)
    monkeypatch.setattr(writer_module, "CALL_PATIENCE_S", 0.01)


@pytest.fixture
async def writer(sink: ScriptedSink, troubles: list[str | None]) -> AsyncIterator[Writer]:
    writer = Writer(sink, troubles.append, rows_a_group=20)
    await writer.open()
    yield writer
    sink.gate.set()
    await writer.close()


class Ends:
    """Submits; collects (sequence number, code or None) in the order in which they come."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._expected = 0
        self._all = asyncio.Event()
        self.ends: list[tuple[int, str | None]] = []

    def submit(self, *seqs: int) -> None:
        for seq in seqs:
            self._expected += 1
            self._writer.submit(noted("run-1", seq), lambda error, seq=seq: self._note(seq, error))  # type: ignore[misc]

    def _note(self, seq: int, error: StoreError | None) -> None:
        self.ends.append((seq, error.code if error else None))
        if len(self.ends) == self._expected:
            self._all.set()

    async def all(self) -> list[tuple[int, str | None]]:
        """Waits for the end of all that was submitted; every end so far."""
        while len(self.ends) < self._expected:
            self._all.clear()
            await self._all.wait()
        return self.ends


@pytest.fixture
async def ends(writer: Writer) -> Ends:
    return Ends(writer)


async def test_what_is_submitted_in_one_turn_is_one_group(ends: Ends, sink: ScriptedSink) -> None:
    ends.submit(1, 2, 3)
    assert sink.groups == []
    assert await ends.all() == [(1, None), (2, None), (3, None)]
    assert sink.groups == [[1, 2, 3]]


async def test_what_comes_while_a_group_is_written_makes_the_next(ends: Ends, sink: ScriptedSink) -> None:
    sink.gate.clear()
    for seq in range(1, 6):
        ends.submit(seq)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    sink.gate.set()
    await ends.all()
    assert sink.written == [1, 2, 3, 4, 5]
    assert len(sink.groups) <= 3


async def test_a_group_has_a_size(ends: Ends, sink: ScriptedSink) -> None:
    ends.submit(*range(1, 51))
    await ends.all()
    assert sink.written == list(range(1, 51))
    assert max(map(len, sink.groups)) == 10  # 20 rows: an event and its overhead each


async def test_a_transaction_larger_than_a_group_is_written_whole(writer: Writer, sink: ScriptedSink) -> None:
    done = asyncio.Event()
    writer.submit(noted("run-1", *range(100)), lambda error: done.set())
    await done.wait()
    assert sink.groups == [list(range(100))]


async def test_a_fault_of_the_database_is_tried_again(
    ends: Ends, sink: ScriptedSink, troubles: list[str | None]
) -> None:
    sink.script.extend([LOST, make("database_full", "Full."), make("database_full", "Full."), None])
    ends.submit(1, 2)
    assert await ends.all() == [(1, None), (2, None)]
    assert sink.groups == [[1, 2]]
    assert troubles == ["database_unavailable", "database_full", None]


async def test_a_commit_whose_answer_was_lost_is_read_back(ends: Ends, sink: ScriptedSink) -> None:
    sink.script.append(("lost", LOST))
    ends.submit(1, 2)
    assert await ends.all() == [(1, None), (2, None)]
    assert sink.groups == [[1, 2]]


async def test_a_read_back_that_fails_is_tried_again(ends: Ends, sink: ScriptedSink) -> None:
    sink.script.append(("lost", LOST))
    sink.looked.extend([LOST, LOST])
    ends.submit(1)
    assert await ends.all() == [(1, None)]
    assert sink.groups == [[1]]


async def test_a_lost_commit_that_comes_through_late_is_no_conflict(ends: Ends, sink: ScriptedSink) -> None:
    """Read back: not there. Then it arrives, and writing again meets its own rows."""
    sink.script.append(("lost", LOST))
    sink.looked.append(False)
    ends.submit(1, 2)
    assert await ends.all() == [(1, None), (2, None)]
    assert sink.groups == [[1, 2]]


async def test_a_conflict_after_a_lost_answer_is_still_a_conflict(ends: Ends, sink: ScriptedSink) -> None:
    ends.submit(2)
    await ends.all()
    sink.script.append(LOST)
    sink.looked.extend([False] * 20)
    ends.submit(1, 2, 3)
    assert await ends.all() == [(2, None), (1, None), (2, "conflict"), (3, None)]


@pytest.mark.parametrize("code", ["database_read_only", "database_corrupt", "database_taken"])
async def test_what_is_decided_is_kept_through_any_fault_of_the_database(
    ends: Ends, sink: ScriptedSink, troubles: list[str | None], code: str
) -> None:
    sink.script.extend([make(code, "No."), make(code, "No.")])
    ends.submit(1, 2)
    assert await ends.all() == [(1, None), (2, None)]
    assert sink.written == [1, 2]
    assert troubles == [code, None]


async def test_a_call_does_not_wait_for_ever_behind_a_write_that_cannot_be_done(
    writer: Writer, ends: Ends, sink: ScriptedSink
) -> None:
    sink.script.extend([LOST] * 100_000)
    ends.submit(1)
    with pytest.raises(StoreError) as caught:
        await writer.call(lambda connection: None)
    assert caught.value.code == "database_unavailable"
    assert ends.ends == []
    sink.script.clear()
    assert await ends.all() == [(1, None)]


async def test_trouble_is_noticed_without_work_and_so_is_its_end(
    sink: ScriptedSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "PROBE_S", 0.001)
    monkeypatch.setattr(writer_module, "TROUBLED_PROBE_S", 0.001)
    troubles: asyncio.Queue[str | None] = asyncio.Queue()
    writer = Writer(sink, troubles.put_nowait)
    sink.script.extend([LOST, LOST])
    await writer.open()
    assert [await troubles.get(), await troubles.get()] == ["database_unavailable", None]
    await writer.close()
    assert sink.probed[:3] == [False, True, True]  # once in trouble, only a write shows that it is over


async def test_the_end_of_a_trouble_that_only_a_call_met_is_noticed(
    writer: Writer, sink: ScriptedSink, troubles: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nothing more to write, the orchestrator would refuse all work for ever."""
    monkeypatch.setattr(writer_module, "TROUBLED_PROBE_S", 0.001)
    sink.script.append(make("database_read_only", "Read-only."))
    with pytest.raises(StoreError):
        await writer.call(lambda connection: None)
    while troubles != ["database_read_only", None]:
        await asyncio.sleep(0)


async def test_a_done_that_raises_keeps_nothing_from_the_others(writer: Writer, ends: Ends) -> None:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: faults.append(context["exception"]))
    fault = RuntimeError("of the caller")

    def raises(error: StoreError | None) -> None:
        raise fault

    writer.submit(noted("run-1", 1), raises)
    ends.submit(2)
    assert await ends.all() == [(2, None)]
    assert faults == [fault]


async def test_a_call_has_its_result_and_runs_between_groups(writer: Writer, ends: Ends, sink: ScriptedSink) -> None:
    ends.submit(1)
    assert await writer.call(lambda connection: list(sink.written)) == [1]


async def test_one_call_that_conflicts_fails_alone(writer: Writer, sink: ScriptedSink) -> None:
    def conflicts(connection: object) -> None:
        raise make("conflict", "There is one already.")

    results = await asyncio.gather(
        writer.call(lambda connection: 1),
        writer.call(conflicts),
        writer.call(lambda connection: 3),
        return_exceptions=True,
    )
    assert results[0] == 1
    assert isinstance(results[1], StoreError)
    assert results[2] == 3


async def test_a_call_is_given_up_after_a_while(writer: Writer, sink: ScriptedSink) -> None:
    sink.script.extend([LOST] * 1_000_000)
    with pytest.raises(StoreError) as caught:
        await writer.call(lambda connection: 1)
    sink.script.clear()
    assert caught.value.code == "database_unavailable"
    assert await writer.call(lambda connection: 2) == 2


async def test_closing_gives_up_on_a_database_that_stays_away(writer: Writer, ends: Ends, sink: ScriptedSink) -> None:
    sink.script.extend([LOST] * 1_000_000)
    ends.submit(1)
    await asyncio.sleep(0)
    await writer.close()
    assert ends.ends == [(1, "database_unavailable")]
    assert sink.closed == 1
    assert sink.written == []


async def test_closing_writes_what_was_submitted_in_the_same_turn(
    writer: Writer, ends: Ends, sink: ScriptedSink
) -> None:
    ends.submit(*range(1, 100))
    await writer.close()
    assert [seq for seq, code in ends.ends if code is None] == list(range(1, 100))


async def test_a_caller_that_went_away_is_no_trouble(writer: Writer, sink: ScriptedSink) -> None:
    sink.gate.clear()
    call = asyncio.create_task(writer.call(lambda connection: 1))
    await asyncio.sleep(0)
    call.cancel()
    sink.gate.set()
    assert await writer.call(lambda connection: 2) == 2


async def test_a_sink_that_does_not_open_is_closed(troubles: list[str | None]) -> None:
    class Shut(ScriptedSink):
        def open(self) -> None:
            raise make("database_busy", "Shut.")

    sink = Shut()
    with pytest.raises(StoreError) as caught:
        await Writer(sink, troubles.append).open()
    assert caught.value.code == "database_busy"
    assert sink.closed == 1

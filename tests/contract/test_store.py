"""What every store does: in memory, over SQLite, over PostgreSQL. Faults of one kind of database: `tests/storage`."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from orchestrator.core.audit import AuditEntry
from orchestrator.core.egress import Closing, Label, LedgerEntry, Outbound
from orchestrator.core.events import AttemptEnded, TaskDispatched
from orchestrator.core.ports import Store, StoreError
from orchestrator.core.records import (
    ArtifactRecord,
    AttemptKey,
    DeliveryRow,
    EventRow,
    LogChange,
    LogRow,
    OutboxRow,
    RunRow,
    TaskRow,
    TokenRecord,
    Transaction,
)
from storage import make_store
from storage.memory import Durable, MemoryStore
from tests.support.postgres import execute
from tests.support.stores import AT, dispatched, ended, event_row, noted, run_row, seqs, submit_all

Opener = Callable[[], Awaitable[Store]]


@pytest.fixture(params=["memory", "sqlite", "postgresql"], scope="session")
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of store; starts the server before the first test that needs it."""
    if request.param == "postgresql":
        request.getfixturevalue("postgres_server")
    return str(request.param)


@pytest.fixture
def url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """An empty database of this test's own."""
    return request.getfixturevalue("postgres_url") if kind == "postgresql" else f"sqlite:///{tmp_path / 'record.db'}"


@pytest.fixture
async def opener(kind: str, url: str) -> AsyncIterator[Opener]:
    """Opens the same database again and again, after closing what was open."""
    durable = Durable()
    opened: list[Store] = []

    async def open_again() -> Store:
        for store in opened:
            await store.close()
        opened.append(MemoryStore(durable) if kind == "memory" else make_store(url))
        await opened[-1].open()
        return opened[-1]

    yield open_again
    for store in opened:
        await store.close()


@pytest.fixture
async def store(opener: Opener) -> Store:
    return await opener()


async def test_an_event_comes_back_to_the_letter(store: Store) -> None:
    await store.commit(ended("run-1", 1, "collect"))
    (event,) = await store.events("run-1")
    assert (event.run, event.seq, event.at, event.cause) == ("run-1", 1, AT + 1, "cause-1")
    assert isinstance(event.body, AttemptEnded)
    assert event.body.output == {"value": "ü\u0000😀"}


async def test_times_keep_every_bit(store: Store) -> None:
    times = [AT + index * 0.1 + index * 1e-7 for index in range(300)]
    rows = [event_row("run-1", seq)._replace(at=at) for seq, at in enumerate(times, 1)]
    await store.commit(Transaction(events=rows))
    assert [event.at for event in await store.events("run-1")] == times


async def test_events_are_read_in_order_from_a_place_and_up_to_a_number(store: Store) -> None:
    await store.commit(noted("run-1", 3, 1, 2, 10, 9))
    await store.commit(noted("run-2", 1))
    assert await seqs(store, "run-1") == [1, 2, 3, 9, 10]
    assert [event.seq for event in await store.events("run-1", after=2, limit=2)] == [3, 9]
    assert await store.events("run-3") == []


async def test_what_is_committed_is_there_after_reopening(opener: Opener) -> None:
    store = await opener()
    await store.commit(dispatched("run-1", 1, "collect"))
    await store.register_device("alpha", "device-1", "server", "{}", AT)
    store = await opener()
    (event,) = await store.events("run-1")
    assert isinstance(event.body, TaskDispatched)
    assert [row.task for row in await store.outbox()] == ["collect"]
    assert await store.register_device("alpha", "device-1", "server", "{}", AT) == 2


async def test_ends_are_told_in_the_order_of_submission(store: Store) -> None:
    transactions = [noted("run-1", seq) for seq in range(1, 501)]
    assert await submit_all(store, *transactions) == [None] * 500
    assert await seqs(store, "run-1") == list(range(1, 501))


async def test_closing_writes_what_is_queued(opener: Opener) -> None:
    store = await opener()
    told: list[StoreError | None] = []
    for seq in range(1, 101):
        store.submit(noted("run-1", seq), told.append)
    await store.close()
    assert told == [None] * 100
    assert await seqs(await opener(), "run-1") == list(range(1, 101))


async def test_closing_twice_is_harmless(store: Store) -> None:
    await store.close()
    await store.close()


async def test_a_closed_store_refuses(store: Store) -> None:
    await store.close()
    (error,) = await submit_all(store, noted("run-1", 1))
    assert error is not None
    assert error.code == "database_unavailable"


async def test_a_closed_store_is_not_read_or_changed(store: Store, kind: str) -> None:
    await store.close()
    if kind == "memory":
        return  # What is in memory can be looked at whenever one likes.
    for attempt in (store.runs(), store.tokens(), store.register_device("a", "x", "server", "{}", AT)):
        with pytest.raises(StoreError) as caught:
            await attempt
        assert caught.value.code == "database_unavailable"


async def test_a_conflict_fails_that_transaction_only(store: Store) -> None:
    await store.commit(noted("run-1", 2))
    ends = await submit_all(store, noted("run-1", 1), noted("run-1", 2, 5), noted("run-1", 3), dispatched("r", 1, "t"))
    assert [error and error.code for error in ends] == [None, "conflict", None, None]
    assert await seqs(store, "run-1") == [1, 2, 3]
    assert len(await store.outbox()) == 1


async def test_the_first_of_two_claims_to_a_sequence_number_wins(store: Store) -> None:
    ends = await submit_all(store, noted("run-1", 1), noted("run-1", 1))
    assert ends[0] is None
    assert ends[1] is not None
    assert ends[1].code == "conflict"


async def test_many_conflicts_in_one_group_leave_the_others_whole(store: Store) -> None:
    await store.commit(noted("run-1", *range(10, 100, 10)))
    ends = await submit_all(store, *(noted("run-1", seq) for seq in range(1, 100)))
    assert [index + 1 for index, error in enumerate(ends) if error] == list(range(10, 100, 10))
    assert await seqs(store, "run-1") == list(range(1, 100))


async def test_a_transaction_is_written_whole_or_not_at_all(store: Store) -> None:
    await store.commit(noted("run-1", 1))
    failing = dispatched("run-1", 1, "collect")
    failing.runs.append(run_row("run-1"))
    with pytest.raises(StoreError) as caught:
        await store.commit(failing)
    assert caught.value.code == "conflict"
    assert not caught.value.retryable
    assert await store.tasks("run-1") == []
    assert await store.outbox() == []
    assert await store.run("run-1") is None


async def test_what_no_database_can_hold_fails_alone(store: Store) -> None:
    bad = Transaction(tasks=[TaskRow("run-1", "a\0b", "running", 1, "alpha", AT)])
    worse = Transaction(tasks=[TaskRow("run-1", "a\ud800b", "running", 1, "alpha", AT)])
    ends = await submit_all(store, noted("run-1", 1), bad, worse, noted("run-1", 2))
    assert [error and error.code for error in ends] == [None, "unstorable", "unstorable", None]
    assert await seqs(store, "run-1") == [1, 2]


async def test_a_persons_text_never_stops_a_run(store: Store) -> None:
    await store.commit(Transaction(runs=[run_row("run-1", text="a\0b\ud800'\"\\ü😀\n")]))
    found = await store.run("run-1")
    assert found is not None
    assert found.text == "a�b�'\"\\ü😀\n"


# --- projections ---------------------------------------------------------------------------------------------------


async def test_the_last_row_of_a_task_wins(store: Store) -> None:
    rows = [TaskRow("run-1", "b", status, attempt, "alpha", AT) for attempt, status in enumerate(["ready", "running"])]
    await store.commit(Transaction(tasks=[*rows, TaskRow("run-1", "B", "pending", 0, "", AT)]))
    await submit_all(store, dispatched("run-1", 1, "a"), ended("run-1", 2, "a"))
    found = {row.task: (row.status, row.attempt) for row in await store.tasks("run-1")}
    assert found == {"B": ("pending", 0), "a": ("succeeded", 1), "b": ("running", 1)}
    assert list(found) == ["B", "a", "b"]


async def test_a_run_keeps_its_first_creation_time(store: Store) -> None:
    await store.commit(Transaction(runs=[run_row("run-1", "planning", created=1.0), run_row("run-1", created=2.0)]))
    await store.commit(Transaction(runs=[run_row("run-1", "succeeded", created=3.0, answer="42")]))
    found = await store.run("run-1")
    assert found is not None
    assert (found.created, found.status, found.answer) == (1.0, "succeeded", "42")
    assert await store.run("run-2") is None


async def test_open_runs_are_those_that_have_not_ended_oldest_first(store: Store) -> None:
    statuses = ["waiting", "succeeded", "planning", "failed", "running", "cancelled", "cancelling"]
    rows = [run_row(f"run-{index}", status, created=100.0 - index) for index, status in enumerate(statuses)]
    await store.commit(Transaction(runs=rows))
    assert [run.status for run in await store.open_runs()] == ["cancelling", "running", "planning", "waiting"]


async def test_runs_are_listed_newest_first_page_by_page(store: Store) -> None:
    rows = [run_row(f"run-{index}", "failed" if index % 2 else "running", created=float(index)) for index in range(6)]
    await store.commit(Transaction(runs=rows))
    assert [run.run for run in await store.runs(limit=3)] == ["run-5", "run-4", "run-3"]
    assert [run.run for run in await store.runs(before=3.0)] == ["run-2", "run-1", "run-0"]
    assert [run.run for run in await store.runs(status="failed", limit=2)] == ["run-5", "run-3"]


async def test_the_outbox_keeps_the_order_of_dispatch_across_reopening(opener: Opener) -> None:
    store = await opener()
    await submit_all(store, *(dispatched("run-1", seq, task) for seq, task in enumerate("zebra", 1) if task != "a"))
    store = await opener()
    await store.commit(dispatched("run-1", 9, "a"))
    await store.commit(Transaction(settled=[AttemptKey("run-1", "b", 1), AttemptKey("run-1", "never", 1)]))
    assert [row.task for row in await store.outbox()] == ["z", "e", "r", "a"]


async def test_an_attempt_dispatched_and_settled_at_once_leaves_no_outbox_row(store: Store) -> None:
    await submit_all(store, dispatched("run-1", 1, "a"), ended("run-1", 2, "a"), dispatched("run-1", 3, "b"))
    assert [row.task for row in await store.outbox()] == ["b"]


async def test_rows_of_one_group_have_the_effect_of_one_after_the_other(store: Store) -> None:
    first = OutboxRow("run-1", "a", 1, "alpha", 1, "{}")
    again = first._replace(epoch=2, device="beta")
    key = AttemptKey("run-1", "a", 1)
    await submit_all(store, Transaction(outbox=[first]), Transaction(settled=[key]), Transaction(outbox=[again]))
    assert await store.outbox() == [again]
    await submit_all(store, Transaction(outbox=[first]), Transaction(outbox=[again]))
    assert await store.outbox() == [again]


async def test_an_empty_transaction_is_durable_at_once(store: Store) -> None:
    await store.commit(Transaction())


async def test_reads_go_on_during_writes(store: Store) -> None:
    """Every read sees whole transactions, and never fewer of them than the one before."""
    finished = False

    async def write() -> None:
        nonlocal finished
        for first in range(1, 1001, 100):
            await submit_all(store, *(noted("run-1", seq, seq + 1) for seq in range(first, first + 100, 2)))
        finished = True

    writing = asyncio.create_task(write())
    seen = 0
    while not finished:
        found = await seqs(store, "run-1")
        assert found == list(range(1, len(found) + 1))
        assert len(found) % 2 == 0
        assert len(found) >= seen
        seen = len(found)
        await asyncio.sleep(0)  # A store in memory answers without giving way.
    await writing
    assert len(await seqs(store, "run-1")) == 1000


# --- beside the log ------------------------------------------------------------------------------------------------


async def test_whoever_comes_first_gives_a_request_key_its_meaning(store: Store) -> None:
    calls = [store.remember_request("key", f"digest-{index}", f"run-{index}", AT) for index in range(20)]
    answers = set(await asyncio.gather(*calls))
    assert len(answers) == 1
    assert await store.remember_request("key", "other", "run-x", AT) == answers.pop()
    assert await store.remember_request("other", "d", "run-y", AT) == ("d", "run-y")


async def test_a_devices_epoch_rises_at_every_connect(store: Store) -> None:
    calls = [store.register_device("alpha", "device-1", "server", "{}", AT) for _ in range(50)]
    assert sorted(await asyncio.gather(*calls)) == list(range(1, 51))


async def test_an_epoch_is_above_all_that_the_name_or_the_device_had(store: Store) -> None:
    assert await store.register_device("a", "x", "server", "{}", AT) == 1
    assert await store.register_device("a", "x", "server", "{}", AT) == 2
    assert await store.register_device("b", "x", "server", "{}", AT) == 3
    assert await store.register_device("a", "y", "server", "{}", AT) == 3
    assert await store.register_device("a", "z", "server", "{}", AT) == 4
    assert await store.register_device("c", "x", "server", "{}", AT) == 4
    assert await store.register_device("c", "x", "server", "{}", AT) == 5
    assert await store.register_device("d", "y", "server", "{}", AT) == 4


async def test_an_epoch_is_above_what_the_device_has_obeyed_before(store: Store) -> None:
    """After a restore the record lags behind its devices."""
    assert await store.register_device("alpha", "id-1", "server", "{}", AT, 41) == 42
    assert await store.register_device("alpha", "id-1", "server", "{}", AT, 7) == 43
    assert await store.register_device("beta", "id-2", "server", "{}", AT, 2**63 - 1) == 1  # not believed


async def test_concurrent_connects_of_many_devices_keep_the_rule(store: Store) -> None:
    pairs = [(f"name-{index % 7}", f"device-{index % 5}") for index in range(200)]
    epochs = await asyncio.gather(*(store.register_device(*pair, "server", "{}", AT) for pair in pairs))
    highest: dict[str, int] = {}
    for pair, epoch in zip(pairs, epochs, strict=True):
        assert epoch > max(highest.get(word, 0) for word in pair)
        highest.update(dict.fromkeys(pair, epoch))


async def test_a_thousand_devices_connect_at_once(store: Store) -> None:
    calls = [store.register_device(f"name-{n}", f"device-{n}", "edge", '{"a":"b"}', AT) for n in range(1000)]
    assert set(await asyncio.gather(*calls)) == {1}
    assert len(await store.device_records()) == 1000


async def test_device_records_are_the_current_ones(store: Store) -> None:
    await store.register_device("a", "x", "server", '{"n":1}', 1.0)
    await store.register_device("b", "y", "phone", "{}", 2.0)
    await store.register_device("c", "x", "desktop", '{"n":2}', 3.0)
    await store.register_device("c", "x", "desktop", '{"n":3}', 4.0)
    found = await store.device_records()
    assert [(record.name, record.device, record.kind) for record in found] == [
        ("b", "y", "phone"),
        ("c", "x", "desktop"),
    ]
    assert (found[1].first_seen, found[1].last_seen, found[1].hello) == (3.0, 4.0, '{"n":3}')


def token(id: str, *, verifier: str = "00", created: float = AT) -> TokenRecord:
    return TokenRecord(id=id, role="device", verifier=verifier, name="a token", created=created, expires=AT + 10)


async def test_tokens_come_back_as_they_were_added(store: Store) -> None:
    await store.add_token(token("two", created=2.0))
    await store.add_token(token("one", created=1.0))
    assert await store.tokens() == [token("one", created=1.0), token("two", created=2.0)]
    assert await store.token("two") == token("two", created=2.0)
    assert await store.token("three") is None


async def test_a_token_id_is_given_once(store: Store) -> None:
    await store.add_token(token("one"))
    with pytest.raises(StoreError) as caught:
        await store.add_token(token("one", verifier="11"))
    assert caught.value.code == "conflict"
    assert await store.token("one") == token("one")


async def test_a_device_token_is_bound_once(store: Store) -> None:
    await store.add_token(token("one"))
    bound = await asyncio.gather(*(store.bind_token("one", f"device-{index}") for index in range(10)))
    assert len(set(bound)) == 1
    assert await store.bind_token("one", "late") == bound[0]
    assert await store.bind_token("two", "device-1") is None


async def test_a_token_is_revoked_for_good(store: Store) -> None:
    await store.add_token(token("one"))
    assert await store.revoke_token("one", 5.0)
    assert await store.revoke_token("one", 6.0)
    assert not await store.revoke_token("two", 5.0)
    found = await store.token("one")
    assert found is not None
    assert found.revoked == 5.0


async def test_artifacts_are_listed_by_run(store: Store) -> None:
    def record(sha256: str, run: str, task: str, created: float) -> ArtifactRecord:
        return ArtifactRecord(sha256=sha256, size=2**40, name="a.txt", run=run, task=task, created=created)

    records = [record("aa", "run-1", "t1", 1.0), record("aa", "run-2", "t1", 2.0), record("bb", "run-1", "t2", 3.0)]
    for one in [*reversed(records), records[0]]:
        await store.add_artifact(one)
    assert await store.artifacts("run-1") == [records[0], records[2]]
    assert await store.artifact("aa") == records[0]
    assert await store.artifact("cc") is None


# --- pruning -------------------------------------------------------------------------------------------------------


async def old(store: Store, run: str, at: float, *, status: str = "succeeded", content: str = "") -> None:
    """A run with an entry, a task and an idempotency key, that was last changed at `at`."""
    row = RunRow(run, status, "", at, at, "", "")
    transaction = dispatched(run, 1, "a")
    transaction.runs.append(row)
    await store.remember_request(f"key of {run}", "", run, at)
    await store.commit(transaction)
    if content:
        await store.add_artifact(ArtifactRecord(sha256=content, size=1, name="c", run=run, task="a", created=at))


async def test_only_runs_that_ended_long_ago_are_prunable(store: Store) -> None:
    for number, status in enumerate(["succeeded", "failed", "running", "waiting", "cancelled", "succeeded"]):
        await old(store, f"run-{number}", AT + number, status=status)
    assert await store.prunable(AT + 5) == ["run-0", "run-1", "run-4"]
    assert await store.prunable(AT + 5, limit=1) == ["run-0"]
    assert await store.prunable(AT + 9, keep=2) == ["run-0", "run-1"]
    assert await store.prunable(AT + 9, keep=4) == []
    assert await store.prunable(AT + 9, keep=5) == []


async def test_a_pruned_run_is_gone_with_all_that_was_its_own(store: Store) -> None:
    await old(store, "run-1", AT, content="a" * 64)
    await old(store, "run-2", AT, content="b" * 64)
    await store.add_artifact(ArtifactRecord(sha256="b" * 64, size=1, name="c", run="run-1", task="a", created=AT))
    removed = await store.prune(["run-1", "no such run"], AT)
    assert (removed.runs, removed.rows, removed.contents) == (("run-1",), 2, ("a" * 64,))
    assert await store.run("run-1") is None
    assert [await store.events("run-1"), await store.tasks("run-1"), await store.artifacts("run-1")] == [[], [], []]
    assert [row.run for row in await store.outbox()] == ["run-2"]
    assert await store.remember_request("key of run-1", "d", "run-3", AT) == ("d", "run-3")
    assert await seqs(store, "run-2") == [1]
    assert [record.sha256 for record in await store.artifacts("run-2")] == ["b" * 64]
    assert (await store.prune([], AT)).contents == ("a" * 64,)  # until somebody says that they are gone
    await store.pruned()
    assert (await store.prune([], AT)).contents == ()


async def test_a_run_that_goes_on_is_never_pruned(store: Store) -> None:
    await old(store, "run-1", AT, status="running")
    assert (await store.prune(["run-1"], AT + 9)).runs == ()
    assert await seqs(store, "run-1") == [1]


async def test_a_run_of_many_entries_is_pruned_beside_other_work(store: Store) -> None:
    await store.commit(noted("run-1", *range(1, 12_001)))
    await store.commit(Transaction(runs=[run_row("run-1", "succeeded")]))
    pruning = asyncio.create_task(store.prune(["run-1"], AT))
    await store.commit(noted("run-2", 1))
    assert (await pruning).rows == 12_000
    assert await seqs(store, "run-1") == []
    assert await seqs(store, "run-2") == [1]


async def test_an_entry_that_cannot_be_read_is_a_fault_of_the_database(store: Store) -> None:
    await store.commit(Transaction(events=[EventRow("run-1", 1, AT, "other", "", '{"type":"no such"}')]))
    with pytest.raises(StoreError) as caught:
        await store.events("run-1")
    assert caught.value.code == "database_corrupt"


def outbound(id: str, run: str = "run-1", at: float = AT) -> Outbound:
    return Outbound(
        id=id,
        run=run,
        at=at,
        rung="cloud",
        tier="cloud",
        host="models.example",
        purpose="plan",
        bytes=123,
        sha256="0" * 64,
        labels=(Label.PUBLIC, Label.PERSONAL),
        withheld=(Label.SECRET,),
        forecast_tokens=4_000,
        forecast_usd=0.1,
    )


CLOSING = Closing(ending="answered", at=AT + 1, status=200, received=9, input_tokens=1, output_tokens=2, cost_usd=0.01)


async def test_an_outbound_request_comes_back_as_it_was_recorded(opener: Opener) -> None:
    store = await opener()
    await store.open_egress(outbound("e1"))
    await store.open_egress(outbound("e2", "run-2", AT + 1))
    await store.close_egress("e1", CLOSING)
    store = await opener()
    assert await store.egress() == [
        LedgerEntry(outbound=outbound("e1"), closing=CLOSING),
        LedgerEntry(outbound=outbound("e2", "run-2", AT + 1)),
    ]


async def test_the_ledger_is_read_by_run_time_and_number(store: Store) -> None:
    for number in range(6):
        await store.open_egress(outbound(f"e{number}", f"run-{number % 2}", AT + 5 - number))

    async def ids(*, run: str | None = None, since: float = 0.0, limit: int = 100) -> list[str]:
        return [one.outbound.id for one in await store.egress(run=run, since=since, limit=limit)]

    assert await ids(run="run-1") == ["e5", "e3", "e1"]
    assert await ids(since=AT + 3) == ["e2", "e1", "e0"]
    assert await ids(limit=2) == ["e5", "e4"]
    assert await ids(run="run-7") == []


async def test_an_entry_of_the_ledger_is_never_changed(store: Store) -> None:
    await store.open_egress(outbound("e1"))
    await store.open_egress(outbound("e1"))  # the same again: a commit that was uncertain
    with pytest.raises(StoreError) as caught:
        await store.open_egress(outbound("e1", "run-2"))
    assert caught.value.code == "conflict"
    await store.close_egress("e1", CLOSING)
    await store.close_egress("e1", CLOSING.model_copy(update={"cost_usd": 9.0}))
    await store.close_egress("e9", CLOSING)
    assert await store.egress() == [LedgerEntry(outbound=outbound("e1"), closing=CLOSING)]


async def test_entries_outlive_their_run_by_the_days_that_budgets_look_at(store: Store) -> None:
    await old(store, "run-1", AT)
    await old(store, "run-2", AT, status="running")
    for number, (run, days) in enumerate([("run-1", 3), ("run-1", 1), ("run-2", 3), ("", 3)]):
        await store.open_egress(outbound(f"e{number}", run, AT - days * 86_400))
    await store.prune(["run-1"], AT)
    assert [one.outbound.id for one in await store.egress()] == ["e2", "e1"]


def delivery(id: str, *, due: float = AT, created: float = AT, target: str = "https://a.example:443") -> DeliveryRow:
    return DeliveryRow(id, f"run-{id}", "run", target, "https://a.example/x", "{}", "pending", 0, due, created, "", 0)


async def test_deliveries_come_with_the_end_that_they_tell_of(opener: Opener) -> None:
    store = await opener()
    await store.commit(Transaction(events=[event_row("run-a", 1)], deliveries=[delivery("a")]))
    store = await opener()
    assert await store.delivery("a") == delivery("a")
    assert (await store.due_deliveries(AT)).rows == [delivery("a")]
    assert await store.delivery("b") is None


async def test_a_delivery_that_is_there_stays_as_it_is(store: Store) -> None:
    done = delivery("a")._replace(status="delivered", tries=2, due=AT + 1, code="", http_status=204)
    await store.commit(Transaction(deliveries=[delivery("a"), delivery("a", due=AT + 9)]))
    assert await store.write_delivery(done)
    await store.commit(Transaction(deliveries=[delivery("a")]))
    assert await store.delivery("a") == done
    assert not await store.write_delivery(delivery("b"))


async def test_deliveries_are_due_in_their_order_but_for_busy_targets(store: Store) -> None:
    rows = [delivery("a", due=AT + 2), delivery("b", due=AT + 1), delivery("c", target="t"), delivery("d", due=AT + 8)]
    await store.commit(Transaction(deliveries=rows))
    await store.write_delivery(delivery("e"))
    found = await store.due_deliveries(AT + 5)
    assert ([row.id for row in found.rows], found.next, found.pending) == (["c", "b", "a"], AT + 8, 4)
    assert [row.id for row in (await store.due_deliveries(AT + 5, without=["t"], limit=1)).rows] == ["b"]
    assert (await store.due_deliveries(AT + 9)).next is None


async def test_deliveries_are_listed_newest_first_page_by_page(store: Store) -> None:
    rows = [delivery(id, created=AT + at) for id, at in (("a", 1), ("b", 2), ("c", 2), ("d", 3))]
    await store.commit(Transaction(deliveries=rows))
    await store.write_delivery(rows[3]._replace(status="dead"))
    assert [row.id for row in await store.deliveries()] == ["d", "c", "b", "a"]
    assert [row.id for row in await store.deliveries(before=(AT + 2, "c"), limit=1)] == ["b"]
    assert [row.id for row in await store.deliveries(status="dead")] == ["d"]
    assert [row.id for row in await store.deliveries(run="run-b")] == ["b"]
    await store.remove_delivery("b")
    assert await store.deliveries(run="run-b") == []


async def test_who_submitted_a_run_is_on_its_row(store: Store) -> None:
    await store.commit(Transaction(runs=[run_row("run-1")._replace(submitted_by="anna")]))
    [summary] = await store.runs()
    assert summary.submitted_by == "anna"


async def test_a_forgotten_device_is_no_longer_known_and_its_epochs_still_rise(opener: Opener) -> None:
    store = await opener()
    await store.register_device("alpha", "device-1", "server", '{"x":1}', AT)
    await store.register_device("beta", "device-2", "server", '{"x":2}', AT)
    await store.forget_device("alpha")
    await store.forget_device("nobody")
    store = await opener()
    assert [record.name for record in await store.device_records()] == ["beta"]
    assert await store.register_device("alpha", "device-3", "server", '{"x":3}', AT) == 2
    assert [record.device for record in await store.device_records()] == ["device-3", "device-2"]


def line(seq: int, text: str = "x", run: str = "run-1", task: str = "a") -> LogRow:
    return LogRow(run, task, seq, AT + seq, 1, "stdout", text)


async def test_what_tasks_said_comes_back_in_order(opener: Opener) -> None:
    store = await opener()
    rows = tuple(line(seq, f"{seq} ü\n") for seq in range(1, 12))
    await store.write_task_logs(
        [LogChange("run-1", "b", 1, 0, (line(1, task="b"),)), LogChange("run-1", "a", 1, 0, rows)]
    )
    assert await (await opener()).task_logs() == [*rows, line(1, task="b")]


async def test_a_log_is_cut_at_both_ends(store: Store) -> None:
    await store.write_task_logs([LogChange("run-1", "a", 1, 0, tuple(map(line, range(1, 6))))])
    await store.write_task_logs([LogChange("run-1", "a", 3, 4, (line(5, "new"), line(6)))])
    assert await store.task_logs() == [line(3), line(4), line(5, "new"), line(6)]
    await store.write_task_logs([LogChange("run-1", "a", 1, 0)])
    assert await store.task_logs() == []


async def test_a_log_holds_what_no_database_can(store: Store) -> None:
    await store.write_task_logs([LogChange("run-1", "a", 1, 0, (line(1, "a\0b\ud800"),))])
    assert await store.task_logs() == [line(1, "a\ufffdb\ufffd")]


async def test_a_pruned_run_takes_its_logs_along(store: Store) -> None:
    for run in ("old", "young"):
        await old(store, run, AT if run == "old" else AT + 100)
        await store.write_task_logs([LogChange(run, "a", 1, 0, (line(1, run=run),))])
    await store.prune(["old"], AT + 50)
    assert [row.run for row in await store.task_logs()] == ["young"]


def execute_in_sqlite(url: str, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
        database.execute(statement)


def did(number: int, action: str = "run.submit", actor: str = "anna", object: str = "r1") -> AuditEntry:
    return AuditEntry(id=f"e{number}", at=AT + number, actor=actor, role="admin", action=action, object=object)


async def test_who_did_what_is_listed_newest_first_page_by_page(opener: Opener) -> None:
    store = await opener()
    for number in range(1, 6):
        await store.add_audit(
            did(number, "run.cancel" if number == 4 else "run.submit", "ben" if number == 2 else "anna")
        )
    store = await opener()
    assert [one.seq for one in await store.audit()] == [5, 4, 3, 2, 1]
    assert [one.entry.id for one in await store.audit(before=4, limit=2)] == ["e3", "e2"]
    assert [one.seq for one in await store.audit(actor="anna", action="run.submit", object="r1")] == [5, 3, 1]
    assert await store.audit(object="r2") == []


@pytest.mark.parametrize("change", ["UPDATE audit SET actor = 'ben'", "DELETE FROM audit WHERE seq = 1"])
async def test_a_database_refuses_to_change_its_audit(kind: str, url: str, opener: Opener, change: str) -> None:
    store = await opener()
    await store.add_audit(did(1))
    await store.close()
    if kind == "memory":
        return  # nobody else gets at it
    with pytest.raises(Exception, match="only ever added to"):
        execute(url, change) if kind == "postgresql" else execute_in_sqlite(url, change)
    store = await opener()
    assert [one.entry for one in await store.audit()] == [did(1)]


async def test_an_entry_of_the_audit_is_added_once_behind_the_last(store: Store) -> None:
    await store.add_audit(did(1, actor="a\0b"))
    await store.add_audit(did(2))
    await store.add_audit(did(1, "token.create"))
    two, one = await store.audit()
    assert (one.entry, two.entry) == (did(1, actor="a\0b"), did(2))
    verdict = await store.verify_audit()
    assert (verdict.entries, verdict.fault, verdict.digest) == (2, "", two.digest)
    assert one.digest != two.digest

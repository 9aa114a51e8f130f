"""What tasks say is kept within bounds, the newest first to stay, in memory and on record alike."""

from __future__ import annotations

from orchestrator.core.records import LogRow
from orchestrator.core.views import TaskLog
from orchestrator.runtime.logs import OVERHEAD, TaskLogs
from protocol.messages import LogLine
from storage.faults import make
from storage.memory import MemoryStore


class Failing(MemoryStore):
    """Takes nothing while it is in trouble."""

    trouble = False

    async def write_task_logs(self, changes: object) -> None:
        if self.trouble:
            raise make("database_full", "The disk is full.")
        await super().write_task_logs(changes)  # type: ignore[arg-type]


async def opened(store: MemoryStore | None = None, **bounds: int) -> TaskLogs:
    store = store or MemoryStore()
    await store.open()
    logs = TaskLogs(store, **bounds)
    await logs.open()
    return logs


def said(text: str, task: str = "a", attempt: int = 1) -> LogLine:
    return LogLine(run="r1", task=task, attempt=attempt, stream="stdout", text=text)


def texts(log: TaskLog) -> list[str]:
    return [entry.text for entry in log.entries]


def on_record(rows: list[LogRow]) -> list[tuple[str, int, str]]:
    return [(row.task, row.seq, row.text) for row in rows]


async def test_a_task_is_heard_in_order_over_its_attempts() -> None:
    logs = await opened()
    logs.add(said("one"), 1.0)
    logs.add(said("two", attempt=2), 2.0)
    found = logs.of("r1", "a")
    assert [(entry.at, entry.attempt, entry.text) for entry in found.entries] == [(1.0, 1, "one"), (2.0, 2, "two")]
    assert (found.dropped, logs.of("r1", "b").entries) == (0, ())


async def test_of_one_task_the_oldest_entries_go_and_are_counted() -> None:
    logs = await opened(of_task=3 * (OVERHEAD + 1))
    for text in "abcde":
        logs.add(said(text), 0.0)
    assert (texts(logs.of("r1", "a")), logs.of("r1", "a").dropped) == (["c", "d", "e"], 2)


async def test_one_entry_stays_however_long() -> None:
    logs = await opened(of_task=10, of_all=10)
    logs.add(said("x" * 1000), 0.0)
    assert texts(logs.of("r1", "a")) == ["x" * 1000]


async def test_of_all_tasks_those_that_were_silent_for_longest_go() -> None:
    logs = await opened(of_all=3 * (OVERHEAD + 1))
    for task in ("a", "b", "a", "c"):
        logs.add(said(task, task), 0.0)
    assert [texts(logs.of("r1", task)) for task in "abc"] == [["a", "a"], [], ["c"]]


async def test_a_start_reads_back_what_was_said_and_goes_on_counting() -> None:
    store = MemoryStore()
    bounds = {"of_task": 2 * (OVERHEAD + 1)}
    logs = await opened(store, **bounds)
    for text in "abc":
        logs.add(said(text), 1.0)
    await logs.close()
    logs = await opened(store, **bounds)
    assert (texts(logs.of("r1", "a")), logs.of("r1", "a").dropped) == (["b", "c"], 1)
    logs.add(said("d"), 2.0)
    await logs.close()
    assert on_record(await store.task_logs()) == [("a", 3, "c"), ("a", 4, "d")]


async def test_after_a_start_too_the_longest_silent_task_goes_first() -> None:
    store = MemoryStore()
    bounds = {"of_all": 3 * (OVERHEAD + 1)}
    logs = await opened(store, **bounds)
    for at, task in enumerate("bca"):
        logs.add(said(task, task), float(at))
    await logs.close()
    logs = await opened(store, **bounds)
    logs.add(said("d", "d"), 9.0)
    await logs.close()
    assert on_record(await store.task_logs()) == [("a", 1, "a"), ("c", 1, "c"), ("d", 1, "d")]


async def test_secrets_are_neither_shown_nor_on_record() -> None:
    store = MemoryStore()
    logs = await opened(store)
    logs.add(said("password=hunter22"), 0.0)
    await logs.close()
    assert texts(logs.of("r1", "a")) == ["password=[redacted:password]"]
    assert on_record(await store.task_logs()) == [("a", 1, "password=[redacted:password]")]


async def test_what_a_record_in_trouble_did_not_take_is_written_later() -> None:
    store = Failing()
    logs = await opened(store)
    logs.add(said("one"), 0.0)
    store.trouble = True
    assert not await logs.save()
    store.trouble = False
    logs.add(said("two"), 0.0)
    await logs.close()
    assert on_record(await store.task_logs()) == [("a", 1, "one"), ("a", 2, "two")]


async def test_what_is_said_while_the_rest_is_written_is_written_too() -> None:
    class Slow(MemoryStore):
        async def write_task_logs(self, changes: object) -> None:
            if not self.durable.task_logs:
                logs.add(said("two"), 0.0)
            await super().write_task_logs(changes)  # type: ignore[arg-type]

    store = Slow()
    logs = await opened(store)
    logs.add(said("one"), 0.0)
    assert await logs.save()
    assert on_record(await store.task_logs()) == [("a", 1, "one"), ("a", 2, "two")]
    await logs.close()


async def test_a_run_that_is_deleted_is_forgotten() -> None:
    store = MemoryStore()
    logs = await opened(store)
    logs.add(said("one"), 0.0)
    logs.forget(["r1"])
    await logs.close()
    assert (texts(logs.of("r1", "a")), await store.task_logs()) == ([], [])

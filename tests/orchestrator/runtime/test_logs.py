"""What tasks say is kept within bounds, the newest first to stay."""

from __future__ import annotations

from orchestrator.core.views import TaskLog
from orchestrator.runtime.logs import OVERHEAD, TaskLogs
from protocol.messages import LogLine


def said(text: str, task: str = "a", attempt: int = 1) -> LogLine:
    return LogLine(run="r1", task=task, attempt=attempt, stream="stdout", text=text)


def texts(log: TaskLog) -> list[str]:
    return [entry.text for entry in log.entries]


def test_a_task_is_heard_in_order_over_its_attempts() -> None:
    logs = TaskLogs()
    logs.add(said("one"), 1.0)
    logs.add(said("two", attempt=2), 2.0)
    found = logs.of("r1", "a")
    assert [(entry.at, entry.attempt, entry.text) for entry in found.entries] == [(1.0, 1, "one"), (2.0, 2, "two")]
    assert (found.dropped, logs.of("r1", "b").entries) == (0, ())


def test_of_one_task_the_oldest_entries_go_and_are_counted() -> None:
    logs = TaskLogs(of_task=3 * (OVERHEAD + 1))
    for text in "abcde":
        logs.add(said(text), 0.0)
    assert (texts(logs.of("r1", "a")), logs.of("r1", "a").dropped) == (["c", "d", "e"], 2)


def test_one_entry_stays_however_long() -> None:
    logs = TaskLogs(of_task=10, of_all=10)
    logs.add(said("x" * 1000), 0.0)
    assert texts(logs.of("r1", "a")) == ["x" * 1000]


def test_of_all_tasks_those_that_were_silent_for_longest_go() -> None:
    logs = TaskLogs(of_all=3 * (OVERHEAD + 1))
    for task in ("a", "b", "a", "c"):
        logs.add(said(task, task), 0.0)
    assert [texts(logs.of("r1", task)) for task in "abc"] == [["a", "a"], [], ["c"]]

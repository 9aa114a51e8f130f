"""Several transactions as one: which rows are left, and what their JSON may hold."""

from __future__ import annotations

import json
from itertools import count

import pytest

from orchestrator.core.records import AttemptKey, OutboxRow, TaskRow, Transaction
from storage.groups import Group, text
from tests.support.stores import dispatched, ended, noted, run_row


def test_every_event_is_kept_in_order() -> None:
    group = Group([noted("b", 2, 1), noted("a", 1), noted("b", 3)], count())
    assert [row[:2] for row in group.events] == [("b", 2), ("b", 1), ("a", 1), ("b", 3)]


def test_the_last_row_of_a_task_is_left() -> None:
    rows = [TaskRow("r", "t", status, 1, "d", 1.0) for status in ("ready", "running")]
    assert Group([Transaction(tasks=rows), dispatched("r", 1, "u")], count()).tasks[0] == tuple(rows[1])


def test_a_run_keeps_the_first_creation_time_of_the_group() -> None:
    group = Group([Transaction(runs=[run_row("r", "planning", created=1.0), run_row("r", created=2.0)])], count())
    assert [(row[1], row[3]) for row in group.runs] == [("running", 1.0)]


def test_dispatches_are_numbered_and_those_that_ended_left_out() -> None:
    group = Group([dispatched("r", 1, "a"), dispatched("r", 2, "b"), ended("r", 3, "a")], count(10))
    assert [(row[1], row[-1]) for row in group.outbox] == [("b", 11)]
    assert group.settled == [("r", "a", 1)]


def test_a_dispatch_that_comes_after_its_end_stays() -> None:
    row = OutboxRow("r", "a", 1, "d", 2, "{}")
    group = Group([Transaction(settled=[AttemptKey("r", "a", 1)]), Transaction(outbox=[row])], count(1))
    assert group.outbox == [(*row, 1)]
    assert group.settled == []


@pytest.mark.parametrize("value", ["ü😀\n", "\\u0000", '{"a":"\\u0000"}', "\\\\u0000", "\\", '"'])
def test_json_keeps_text_to_the_letter(value: str) -> None:
    assert json.loads(text([(value,)])) == [[value]]


@pytest.mark.parametrize("value", ["\0", "a\\\0", "\\u0000 and \0", "\ud800", "a\udfffb"])
def test_what_no_database_can_hold_is_refused(value: str) -> None:
    with pytest.raises(ValueError):
        text([(value,)])

"""The failpoint matrix of one story that has a bit of everything; and that it can fail."""

from __future__ import annotations

import pytest

from tests.simulation.checker import check
from tests.simulation.matrix import EVERYTHING, PREVIEWED, Cell, cells, failing, table
from tests.simulation.planted import planted
from tests.simulation.run import quiet
from tests.simulation.world import play


@pytest.fixture(autouse=True)
def _quiet() -> None:
    quiet()


@pytest.fixture(scope="module")
def whole() -> list[Cell]:
    return cells(EVERYTHING)


def test_the_story_is_well_and_has_a_bit_of_everything() -> None:
    history = play(EVERYTHING)
    assert check(history) == []
    types = {row.type for log in history.durable.events.values() for row in log.values()}
    assert types >= {
        "approval_requested",
        "approval_resolved",
        "attempt_ended",
        "graph_edited",
        "question_answered",
        "question_asked",
        "revision_requested",
        "rung_tried",
        "run_cancel_requested",
        "task_cancel_requested",
        "task_dispatched",
        "task_skipped",
        "unknown_resolved",
    }


def test_every_boundary_and_every_message_has_every_fault(whole: list[Cell]) -> None:
    print(table(whole))
    rows = {cell.row for cell in whole}
    for what in ("commit", "register", "remember", "device write"):
        assert {(what, fault) for fault in ("crash before", "crash after", "error", "late")} <= rows
    for what in ("dispatch", "result", "recorded", "cancel", "accepted", "hello", "welcome", "challenge", "heartbeat"):
        assert {(what, fault) for fault in ("drop", "double", "delay", "reorder")} <= rows
    assert len(whole) > 500


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nothing_goes_wrong_in_any_cell(whole: list[Cell]) -> None:
    assert {str(cell): problems for cell, problems in failing(EVERYTHING, whole)} == {}


def test_writes_by_preview_are_made_under_approvals_on_record() -> None:
    history = play(PREVIEWED)
    assert check(history) == []
    made = {(one.run, one.task) for one in history.ledger if one.skill == "sim.change" and one.step == "effect"}
    assert len(made) == 4


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_previews_and_approvals_outlast_crashes() -> None:
    some = [cell for cell in cells(PREVIEWED) if cell.row[0] in ("commit", "dispatch", "result")]
    assert len(some) > 50
    assert {str(cell): problems for cell, problems in failing(PREVIEWED, some)} == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bug", "what", "fault"),
    [
        ("start_not_durable", "device write", "crash before"),
        ("epoch_not_raised", "register", "crash after"),
        ("submit_key_ignored", "remember", "late"),
        ("gap_not_noticed", "dispatch", "drop"),
    ],
)
def test_a_planted_bug_shows_in_its_cells(whole: list[Cell], bug: str, what: str, fault: str) -> None:
    with planted(bug):
        assert next(failing(EVERYTHING, [cell for cell in whole if cell.row == (what, fault)]), None) is not None

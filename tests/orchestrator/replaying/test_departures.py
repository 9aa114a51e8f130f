"""What has changed between a recording and its replay is found, named, and told first things first."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import JsonValue

from orchestrator.core.events import BODY
from orchestrator.replaying.comparison import compare
from orchestrator.replaying.findings import Verdict
from orchestrator.replaying.lines import FrameLine
from orchestrator.replaying.recording import Recording, read
from orchestrator.replaying.verdict import judge

FOLDER = Path(__file__).parents[2] / "replay"
Change = Callable[[Recording], None]


def recorded(name: str) -> Recording:
    return read(FOLDER / f"{name}.jsonl.gz")


def change(recording: Recording, kind: str, path: str, value: JsonValue, which: int = 0) -> None:
    """Set one field of the body of the `which`-th event of a type, as if that had been recorded."""
    numbers = [n for n, event in enumerate(recording.events) if event.body.type == kind]
    at = numbers[which]
    event = recording.events[at]
    body = event.body.model_dump(mode="json")
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    place: JsonValue = body
    for part in parents:
        place = place[part]  # type: ignore[index]
    place[last] = value  # type: ignore[index]
    recording.events[at] = event.model_copy(update={"body": BODY.validate_json(json.dumps(body))})


def drop(recording: Recording, kind: str) -> None:
    """Leave out the first event of a type."""
    at = next(n for n, event in enumerate(recording.events) if event.body.type == kind)
    left = recording.events[:at] + recording.events[at + 1 :]
    recording.events = [event.model_copy(update={"seq": number}) for number, event in enumerate(left, 1)]


def sent(recording: Recording, path: str, value: JsonValue) -> None:
    """Change an argument of the first dispatch that was sent."""
    at = next(
        n
        for n, line in enumerate(recording.frames)
        if isinstance(line, FrameLine) and line.message.get("type") == "dispatch"
    )
    line = recording.frames[at]
    assert isinstance(line, FrameLine)
    arguments = line.message["arguments"]
    assert isinstance(arguments, dict)
    message = {**line.message, "arguments": {**arguments, path: value}}
    recording.frames[at] = line.model_copy(update={"message": message})


CASES: dict[str, tuple[str, Change, str, str]] = {
    "a rung accepted what it does not accept": (
        "plain",
        lambda one: change(one, "rung_tried", "accepted", False),
        "rung",
        "the rung has another accepted: it was false, is true",
    ),
    "another rung planned it": (
        "plain",
        lambda one: change(one, "rung_tried", "proposal/rung", "local"),
        "rung",
        "the rung has another rung: it was local, is embedded",
    ),
    "the plan has another argument": (
        "plain",
        lambda one: change(one, "rung_tried", "proposal/result/steps/0/arguments/path", "other.txt"),
        "plan",
        "/arguments/path was other.txt, is notes.txt",
    ),
    "the plan has another skill": (
        "plain",
        lambda one: change(one, "rung_tried", "proposal/result/steps/0/skill", "file.delete"),
        "plan",
        "/skill was file.delete, is file.read",
    ),
    "it could not be planned for another reason": (
        "unplannable",
        lambda one: change(one, "rung_tried", "proposal/result/unplaced", ["a fugue"]),
        "rung",
        "/unplaced/0 was a fugue",
    ),
    "the graph has another task": (
        "fallback-branch",
        lambda one: change(one, "graph_edited", "batch/edits/1/task/arguments/path", "third.txt"),
        "graph",
        "/task/arguments/path was third.txt, is spare.txt",
    ),
    "a dependency is another": (
        "fallback-branch",
        lambda one: change(one, "graph_edited", "batch/edits/1/task/depends_on/0/on", "completion"),
        "graph",
        "/depends_on/0/on was completion, is failure",
    ),
    "a task went elsewhere": (
        "fallback-branch",
        lambda one: change(one, "task_dispatched", "device", "gamma"),
        "device",
        "task main went to another device: it was gamma, is alpha",
    ),
    "other arguments were sent": (
        "plain",
        lambda one: sent(one, "path", "a.txt"),
        "arguments",
        "was given other arguments: /path was a.txt, is notes.txt",
    ),
    "an attempt ended otherwise": (
        "cancelled",
        lambda one: change(one, "attempt_ended", "outcome", "failed"),
        "outcome",
        "task long has another outcome: it was failed, is cancelled",
    ),
    "an output is another": (
        "parallel",
        lambda one: change(one, "attempt_ended", "output/lines", 7, 1),
        "output",
        "has another output: /lines was 7, is 1",
    ),
    "an error has another code": (
        "fallback-branch",
        lambda one: change(one, "attempt_ended", "error/code", "denied"),
        "error",
        "/code was denied, is not_found",
    ),
    "an approval was asked for something else": (
        "approval-given",
        lambda one: change(one, "approval_requested", "arguments/path", "other.txt"),
        "arguments",
        "/path was other.txt, is notes.txt",
    ),
    "a question is worded otherwise": (
        "question-answered",
        lambda one: change(one, "question_asked", "clarification/question", "Where?"),
        "question",
        "/question was Where?, is On which device?",
    ),
    "a fix was not made then": (
        "edit-by-the-supervisor",
        lambda one: drop(one, "revision_requested"),
        "step",
        "revision requested",
    ),
    "the answer comes from other tasks": (
        "plain",
        lambda one: change(one, "answer_scope", "tasks", ["other"]),
        "answer_scope",
        "/0 was other, is",
    ),
    "the answer is another": (
        "plain",
        lambda one: change(one, "run_ended", "answer", "goodbye"),
        "answer",
        "the end of the run has another answer: it was goodbye, is",
    ),
    "it ended in another state": (
        "approval-denied",
        lambda one: change(one, "run_ended", "status", "cancelled"),
        "state",
        "it was cancelled, is failed",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_has_changed_is_found_and_named(case: str) -> None:
    name, mutate, kind, text = CASES[case]
    was = recorded(name)
    now = recorded(name)
    mutate(was)
    verdict = compare(was, now)
    first = verdict.findings[0]
    assert not verdict.same
    assert (first.kind, text in first.message) == (kind, True), first


def test_a_task_that_begins_too_early_is_found() -> None:
    was, now = recorded("fallback-branch"), recorded("fallback-branch")
    kinds = [event.body.type for event in now.events]
    ends, begins = kinds.index("attempt_ended"), [n for n, one in enumerate(kinds) if one == "task_dispatched"][1]
    verdict = compare(was, _early(now, ends, begins))
    assert [(one.kind, one.message) for one in verdict.findings if one.kind == "order"] == [
        ("order", "task spare was dispatched before main had ended, on which it depends")
    ]


def _early(recording: Recording, end: int, begin: int) -> Recording:
    """As if the dispatch had come before the end, and without the edge that forbids it."""
    change(recording, "graph_edited", "batch/edits/1/task/depends_on", [])
    events = list(recording.events)
    events.insert(end, events.pop(begin))
    recording.events = [event.model_copy(update={"seq": number}) for number, event in enumerate(events, 1)]
    return recording


def test_times_epochs_and_costs_are_no_departure() -> None:
    was, now = recorded("planned-by-a-model"), recorded("planned-by-a-model")
    change(now, "task_dispatched", "epoch", 99)
    change(now, "attempt_ended", "usage/seconds", 12.0)
    change(now, "rung_tried", "proposal/usage/input_tokens", 7, 1)
    now.events = [event.model_copy(update={"at": event.at + 5.0}) for event in now.events]
    assert compare(was, now).same


def test_independent_tasks_may_come_in_any_order() -> None:
    was, now = recorded("parallel"), recorded("parallel")
    numbers = [n for n, event in enumerate(now.events) if event.body.type == "attempt_ended"]
    first, second = numbers[:2]
    events = list(now.events)
    events[first], events[second] = events[second], events[first]
    now.events = [event.model_copy(update={"seq": number}) for number, event in enumerate(events, 1)]
    assert compare(was, now).same


def test_a_free_choice_of_devices_is_a_note_where_others_used_them() -> None:
    was, now = recorded("retry-after-device-loss"), recorded("retry-after-device-loss")
    was.header = was.header.model_copy(update={"shared": 2})
    change(now, "task_dispatched", "device", "gamma", 2)
    verdict = compare(was, now)
    assert (verdict.same, [note[:17] for note in verdict.notes]) == (True, ["task after went t"])


def test_a_changed_plan_departs_when_it_is_played() -> None:
    """Not only the comparison: the whole replay, of a request that is planned otherwise than it was."""
    one = recorded("plain")
    request = one.header.request.model_copy(update={"text": "read other.txt on alpha"})
    one.header = one.header.model_copy(update={"request": request})
    verdict = judge(one)
    kinds = [finding.kind for finding in verdict.findings]
    assert kinds[:2] == ["plan", "graph"], told(verdict)
    assert "arguments" in kinds


def test_a_result_that_never_came_leaves_the_run_open() -> None:
    one = recorded("fallback-branch")
    one.frames = [line for line in one.frames if not (isinstance(line, FrameLine) and line.message["type"] == "result")]
    verdict = judge(one)
    assert verdict.findings[0].kind in ("outcome", "error", "attempt", "not_ended"), told(verdict)


def test_an_approval_that_is_not_asked_for_any_more_departs() -> None:
    one = recorded("approval-denied")
    policy = one.header.request.policy.model_copy(update={"approve": "all"})
    one.header = one.header.model_copy(update={"request": one.header.request.model_copy(update={"policy": policy})})
    verdict = judge(one)
    assert not verdict.same
    assert any(finding.kind == "approval" for finding in verdict.findings), told(verdict)


def told(verdict: Verdict) -> str:
    return "\n".join(f"{one.step} {one.kind}: {one.message}" for one in verdict.findings)

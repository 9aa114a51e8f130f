"""Which messages are about the conversation itself, and what is said about a run that went wrong."""

from __future__ import annotations

import pytest

from orchestrator.cli.chat import asides, slash
from orchestrator.cli.exits import CommandError
from orchestrator.core.events import RunError, RunStatus
from orchestrator.core.tasks import TaskStatus
from orchestrator.core.views import RunView, TaskView
from protocol.errors import ErrorCode
from protocol.messages import TaskError


@pytest.mark.parametrize(
    ("text", "aside"),
    [
        ("why did it fail?", "why"),
        ("Why?", "why"),
        ("what went wrong", "why"),
        ("why didn’t it work?!", "why"),
        ("undo", "undo"),
        ("Undo that.", "undo"),
        ("please revert it", "undo"),
        ("cancel", "cancel"),
        ("stop it!", "cancel"),
        ("never mind", "cancel"),
        ("help", "help"),
        ("What can you do?", "help"),
        ("Hello", "greeting"),
        ("thanks!", "thanks"),
    ],
)
def test_what_is_about_the_conversation(text: str, aside: str) -> None:
    assert asides.read(text) == aside


@pytest.mark.parametrize(
    "text",
    [
        "why did nginx fail on beta?",
        "undo the last commit in repo on alpha",
        "cancel the print job on desk",
        "stop nginx on beta",
        "stop everything",
        "help text of a.py on alpha",
        "hello.txt",
        "write thanks to a.txt on alpha",
        "again",
        "",
    ],
)
def test_what_is_a_request(text: str) -> None:
    assert asides.read(text) is None


def run(*tasks: TaskView, **more: object) -> RunView:
    given: dict[str, object] = {"run": "r1", "state": RunStatus.FAILED, "text": "x", "created": 0, "updated": 0}
    return RunView.model_validate({**given, "tasks": tasks, **more})


def task(id: str, status: TaskStatus, **more: object) -> TaskView:
    return TaskView.model_validate(
        {"id": id, "skill": "file.x", "risk": "write", "status": status, "title": "", **more}
    )


def test_why() -> None:
    missing = TaskError(code=ErrorCode.NOT_FOUND, message="`a\x1b[2J.txt`: no such file or directory")
    failed = task("read", TaskStatus.FAILED, device="alpha", attempt=2, error=missing, title="read a")
    told = asides.why(run(failed, error=RunError(code="task_failed", message="read failed")))
    assert "read failed [task_failed]" in told
    assert "read a on alpha, attempt 2: `a.txt`: no such file or directory [not_found]" in told
    assert "/retry" in told
    skipped = task("write", TaskStatus.SKIPPED, why="the condition on d does not hold")
    assert asides.why(run(skipped, state=RunStatus.SUCCEEDED)) == "Not done: file.x: the condition on d does not hold"
    assert "Nothing went wrong" in asides.why(run(state=RunStatus.SUCCEEDED))


def test_a_mistyped_command_is_guessed_at() -> None:
    with pytest.raises(CommandError, match="Did you mean /help"):
        slash.parse("/hlp")

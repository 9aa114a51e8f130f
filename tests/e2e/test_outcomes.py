"""Attempts that hang, are slow, or leave it open whether they were done: real sockets, real agents, a real database."""

from __future__ import annotations

from pathlib import Path

from orchestrator.core.events import RunStatus
from orchestrator.core.tasks import TaskStatus
from orchestrator.core.views import RunView, TaskView
from tests.support.system import PATIENCE_S, System, running

LOOK = {
    "skill": "file.count",
    "arguments": {"path": "ledger"},
    "done": {"path": "output.lines", "op": ">", "value": 0},
    "not_done": {"path": "error.code", "op": "==", "value": "not_found"},
}


def hanging(command: str) -> dict[str, object]:
    """A step that may not be repeated, and that gives no sign of life."""
    return {
        "id": "a",
        "skill": "shell.run",
        "arguments": {"command": command},
        "timeouts": {"heartbeat_s": 0.5},
        "retry": {"max_attempts": 2, "backoff_s": 0},
        "verify": LOOK,
    }


async def ended(system: System, *steps: dict[str, object]) -> RunView:
    return await system.app.wait(await system.submit(*steps), PATIENCE_S)


def named(view: RunView) -> dict[str, TaskView]:
    return {task.id: task for task in view.tasks}


async def test_a_command_that_hangs_after_it_had_its_effect_is_found_to_be_done(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha") as system:
        view = await ended(system, hanging("echo line >> ledger; sleep 600"))
        tasks = named(view)
        assert view.state is RunStatus.SUCCEEDED, view.error
        assert (tasks["a"].status, tasks["a"].attempt) == (TaskStatus.SUCCEEDED, 1)
        assert tasks["a.check1"].status is TaskStatus.SUCCEEDED
        assert "found to be done" in view.answer
        assert (system.workspace("alpha") / "ledger").read_text() == "line\n"


async def test_a_command_that_hangs_before_it_is_found_not_to_be_done_and_tried_again(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha") as system:
        view = await ended(system, hanging("test -e first && echo line >> ledger && exit; touch first; sleep 600"))
        tasks = named(view)
        assert view.state is RunStatus.SUCCEEDED, view.error
        assert (tasks["a"].status, tasks["a"].attempt) == (TaskStatus.SUCCEEDED, 2)
        assert (system.workspace("alpha") / "ledger").read_text() == "line\n"


async def test_a_command_that_is_never_done_says_so(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha") as system:
        view = await ended(system, hanging("sleep 600"))
        assert view.state is RunStatus.FAILED
        assert view.error is not None
        assert "a check found that it was not done" in view.error.message
        assert named(view)["a"].attempt == 2


async def test_a_slow_attempt_moves_and_is_stopped_where_it_was(tmp_path: Path) -> None:
    async with running(tmp_path, "alpha", "beta", test_only=True) as system:
        slow = {"id": "a", "skill": "test.sleep", "arguments": {"seconds": 600}, "timeouts": {"hedge_s": 0.3}}
        run = await system.submit(slow)
        slot = system.app.engine.open_run(run)
        assert slot is not None
        task = slot.state.tasks["a"]
        await system.until(lambda: task.attempt == 2 and task.device == "beta", "beta to take it")
        await system.until(lambda: system.agents["alpha"]._executor.idle, "alpha to stop")
        assert task.failures == 0
        await system.app.cancel(run)
        await system.until(lambda: system.agents["beta"]._executor.idle, "beta to stop")

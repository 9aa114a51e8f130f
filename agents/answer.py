"""The answer of a run, written from recorded results only. No model: the same record gives the same answer.

Every statement cites the task that it rests on, `[rank]`, `[collect@alpha]`. Nothing is claimed that has no succeeded
task; what failed, was denied, was skipped or is missing is said, with the device. Text from devices is data: it passes
the sanitizer and is bounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from agents.checks import selected
from agents.joins import behind, joined
from agents.scope import current, replaced
from agents.shapes import Shape, one_line
from orchestrator.core.fleet import FleetView
from orchestrator.core.sanitize import sanitize
from orchestrator.core.tasks import On, TaskStatus
from orchestrator.core.views import RunView, TaskView
from protocol.errors import ErrorCode
from protocol.vocabulary import Risk

LIMIT = 16_000  # characters
_NOTES = 20  # lines about what was not done


def write_answer(view: RunView, answer_tasks: Sequence[str], fleet: FleetView | None = None) -> str:
    """The answer to a run whose tasks have ended. `answer_tasks` are the ids of the tasks that answer the request.

    `fleet` tells which devices were meant by `all servers` and were not asked, because they are away.
    """
    if view.policy.plan_only:
        return _bounded(_planned(view))
    answers = current(view, answer_tasks)
    told = _with_sources(view, [task for task in answers if _done(task)]) or _evidence(view, answers)
    # Lazily: what lies past the limit is not even written.
    blocks = (line for task in told for line in _block(view, task))
    written = _bounded(chain(blocks, _effects(view, answers), _notes(view), _absent(view, fleet)))
    return written or "There is nothing to report: no task of this run has a result."


def _absent(view: RunView, fleet: FleetView | None) -> Iterable[str]:
    """Devices that a group of the request means, and that no task could be made for."""
    if fleet is None or view.plan is None:
        return
    asked = {task.device for task in view.tasks}
    groups = [step.devices for step in view.plan.steps if step.devices.mode == "each" and not step.devices.names]
    away = [
        device.name
        for device in fleet.devices.values()
        if not device.available and device.name not in asked and any(selected(device, group) for group in groups)
    ]
    allowed = [name for name in away if not view.policy.devices or name in view.policy.devices]
    for name in allowed[:_NOTES]:
        yield f"not asked: {name}, which is away"
    if len(allowed) > _NOTES:
        yield f"not asked: {len(allowed) - _NOTES} more devices that are away"


def _done(task: TaskView) -> bool:
    return task.status is TaskStatus.SUCCEEDED


def _bounded(lines: Iterable[str]) -> str:
    kept: list[str] = []
    room = LIMIT
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            kept.append("... the rest is in the record of the run")
            break
        kept.append(line)
    return "\n".join(kept)


# --- results -------------------------------------------------------------------------------------------------------


def _block(view: RunView, task: TaskView) -> list[str]:
    told = joined(view, task)
    if told.kind == "plain" and not told.line:
        return [*told.details, f"[{task.id}]"]
    return [_headed(told, task), *(f"  {detail}" for detail in told.details)]


def _headed(told: Shape, task: TaskView) -> str:
    device = f"{task.device}" if task.device else ""
    if told.kind == "fact" and device:
        return f"{device}: {told.line} [{task.id}]".replace(":  [", ": [")
    where = f" on {device}" if told.kind == "action" and device else ""
    return f"{told.line}{where} [{task.id}]"


def _with_sources(view: RunView, answers: Sequence[TaskView]) -> list[TaskView]:
    """The answers; before one that saved a result, the result itself."""
    told: dict[str, TaskView] = {}
    for task in answers:
        if task.risk is not Risk.READ:
            told |= {one.id: one for one in behind(view, task) if _done(one)}
        told[task.id] = task
    return list(told.values())


def _evidence(view: RunView, answers: Sequence[TaskView]) -> list[TaskView]:
    """Of answers that were not called for: the results that their conditions looked at."""
    looked = {
        edge.task
        for task in answers
        if task.status is TaskStatus.SKIPPED
        for edge in task.depends_on
        if edge.on is On.CONDITION
    }
    return [task for task in view.tasks if task.id in looked and _done(task)]


def _effects(view: RunView, answers: Sequence[TaskView]) -> list[str]:
    """What was changed on the way to the answer."""
    shown = {task.id for task in answers}
    changes = [task for task in view.tasks if _done(task) and task.risk is not Risk.READ and task.id not in shown]
    lines = [f"also: {_headed(joined(view, task), task)}" for task in changes]
    return _some(lines)


# --- what is missing -----------------------------------------------------------------------------------------------


def _notes(view: RunView) -> list[str]:
    """What was not done, and why: failures first."""
    failed = [_failure(task) for task in view.tasks if task.status is TaskStatus.FAILED and not replaced(view, task)]
    # A check that was not needed in the end is no work that is missing.
    wanted = [task for task in view.tasks if task.checks is None]
    stopped = [_left(task, "stopped") for task in wanted if task.status is TaskStatus.CANCELLED]
    skipped = [_left(task, "not done") for task in wanted if task.status is TaskStatus.SKIPPED]
    pending = [_left(task, "not finished") for task in view.tasks if not task.status.terminal]
    return [*_some(_verified(view)), *_some(failed), *_some(stopped), *_some(pending), *_some(skipped)]


def _verified(view: RunView) -> list[str]:
    """What is known to be done only because somebody looked."""
    tasks = {task.id: task for task in view.tasks}
    lines = []
    for check in view.tasks:
        task = tasks.get(check.checks or "")
        if task is not None and _done(task) and _done(check) and task.output is None:
            where = f" on {task.device}" if task.device else ""
            lines.append(f"not reported{where}, and found to be done: {_what(task)} [{task.id}] [{check.id}]")
    return lines


def _some(lines: list[str]) -> list[str]:
    if len(lines) <= _NOTES:
        return lines
    return [*lines[:_NOTES], f"... and {len(lines) - _NOTES} more like these"]


def _what(task: TaskView) -> str:
    return one_line(task.title, 120) if task.title else task.skill


def _failure(task: TaskView) -> str:
    code = task.error.code if task.error else None
    verb = "denied" if code is ErrorCode.DENIED else "failed"
    where = f" on {task.device}" if task.device else ""
    reason = one_line(task.error.message, 300) if task.error else "no reason was given"
    return f"{verb}{where}: {_what(task)}: {reason} [{task.id}]"


def _left(task: TaskView, verb: str) -> str:
    why = one_line(task.why or task.waiting_for, 200)
    where = f" on {task.device}" if task.device else ""
    return f"{verb}{where}: {_what(task)}{f': {why}' if why else ''} [{task.id}]"


# --- plan only -----------------------------------------------------------------------------------------------------


def _planned(view: RunView) -> list[str]:
    lines = [f"This is the plan; nothing of it was run ({len(view.tasks)} tasks)."]
    for number, task in enumerate(view.tasks, 1):
        after = ", ".join(edge.task for edge in task.depends_on[:5])
        risk = "" if task.risk is Risk.READ else f", {task.risk.value}"
        lines.append(f"{number}. {_what(task)} ({task.skill}{risk}){f' after {after}' if after else ''} [{task.id}]")
    return [sanitize(line, multiline=False) for line in lines]

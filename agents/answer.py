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
from agents.naming import labelled
from agents.scope import current, replaced, step_of
from agents.wording import Shape, one_line
from orchestrator.core.exit_codes import failed_commands
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
    shown = {task.preview for task in view.tasks}
    answers = [task for task in current(view, answer_tasks) if task.id not in shown]
    told = _with_sources(view, [task for task in answers if _done(task)]) or _evidence(view, answers)
    # A command that failed comes before all that did not, also where it was no answer but on the way to one.
    failed = failed_commands(view)
    told = [*failed, *(task for task in told if task not in failed)]
    # Lazily: what lies past the limit is not even written.
    blocks = (line for task in told if task.id not in shown for line in _block(view, task))
    only_shown = view.policy.preview_only or (view.plan is not None and view.plan.dry_run)
    dry = _dry(view, fleet) if only_shown else ()
    gated = _gated(view, answers)
    rest = (dry[1:], _effects(view, answers), _ties(view), _notes(view), _absent(view, fleet))
    written = _bounded(chain(dry[:1], gated, blocks, *rest))
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
    skipped = [task for task in answers if task.status is TaskStatus.SKIPPED]
    looked = {edge.task for task in _shut(view, skipped) for edge in task.depends_on if edge.on is On.CONDITION}
    return [task for task in view.tasks if task.id in looked and _done(task)]


def _gated(view: RunView, answers: Sequence[TaskView]) -> list[str]:
    """That nothing was done because a condition did not hold: a run that did all it was to do, and yet did nothing."""
    if not answers or any(task.status is not TaskStatus.SKIPPED for task in answers):
        return []
    if any(task.risk is not Risk.READ and task.status is not TaskStatus.SKIPPED for task in view.tasks):
        return []
    shut = _shut(view, answers)
    if not shut:
        return []
    more = f" and {len(shut) - 1} more" if len(shut) > 1 else ""
    return [f"Nothing was done: {shut[0].why}{more} [{shut[0].id}]"]


def _shut(view: RunView, answers: Sequence[TaskView]) -> list[TaskView]:
    """The skipped tasks, up from the answers, that had a condition of their own. The view may lack tasks."""
    tasks = {task.id: task for task in view.tasks}
    seen = dict.fromkeys(task.id for task in answers)
    todo = list(answers)
    shut = []
    while todo:
        task = todo.pop(0)
        before = [(edge, tasks[edge.task]) for edge in task.depends_on if edge.task in tasks]
        if any(edge.on is On.CONDITION and _done(one) for edge, one in before):
            shut.append(task)
            continue
        above = [one for _, one in before if one.status is TaskStatus.SKIPPED]
        todo += [one for one in above if one.id not in seen]
        seen.update(dict.fromkeys(one.id for one in above))
    return shut


def _effects(view: RunView, answers: Sequence[TaskView]) -> list[str]:
    """What was changed on the way to the answer."""
    shown = {task.id for task in answers}
    changes = [task for task in view.tasks if _done(task) and task.risk is not Risk.READ and task.id not in shown]
    lines = [f"also: {_headed(joined(view, task), task)}" for task in changes]
    return _some(lines)


_ALIKE = {("size", "desc"): "large", ("size", "asc"): "small", ("modified", "desc"): "new", ("modified", "asc"): "old"}


def _ties(view: RunView) -> list[str]:
    """Which other files were as large, or as old, as the one that was taken for the largest or the oldest."""
    lines = []
    for task in view.tasks:
        output = task.output if _done(task) and isinstance(task.output, dict) else {}
        tied, entries = output.get("tied"), output.get("entries")
        order = (str(task.arguments.get("sort")), str(task.arguments.get("order", "asc")))
        if not isinstance(tied, list) or not tied or order not in _ALIKE or not isinstance(entries, list):
            continue
        last = entries[-1] if entries else None
        names = ", ".join(one_line(one, 200) for one in tied)
        taken = one_line(last.get("path"), 200) if isinstance(last, dict) else "the last"
        where = f"{task.device}: " if task.device else ""
        lines.append(f"{where}just as {_ALIKE[order]} as {taken}: {names} [{task.id}]")
    return _some(lines)


# --- what is missing -----------------------------------------------------------------------------------------------


def _notes(view: RunView) -> list[str]:
    """What was not done, and why: failures first."""
    writes = {task.preview: task for task in view.tasks if task.preview is not None}
    lost = [task for task in view.tasks if task.status is TaskStatus.FAILED and not replaced(view, task)]
    failed = [_failure(task, writes.get(task.id, task)) for task in lost]
    # A check that was not needed in the end is no work that is missing; of a write and its preview one is told.
    unseen = {task.id for task in lost}
    wanted = [
        task for task in view.tasks if task.checks is None and task.id not in writes and task.preview not in unseen
    ]
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


def _failure(task: TaskView, asked: TaskView) -> str:
    """Why it failed; `asked` is the write, where the task is its preview."""
    code = task.error.code if task.error else None
    verb = "denied" if code is ErrorCode.DENIED else "failed"
    where = f" on {task.device}" if task.device else ""
    reason = one_line(task.error.message, 300) if task.error else "no reason was given"
    inner = task.arguments.get("arguments")
    could = labelled(inner if isinstance(inner, dict) else task.arguments, task.error)
    meant = f"; it could be {', '.join(could)}" if could else ""
    return f"{verb}{where}: {_what(asked)}: {reason}{meant} [{asked.id}]"


def _left(task: TaskView, verb: str) -> str:
    why = one_line(task.why or task.waiting_for, 200)
    where = f" on {task.device}" if task.device else ""
    return f"{verb}{where}: {_what(task)}{f': {why}' if why else ''} [{task.id}]"


# --- dry runs ------------------------------------------------------------------------------------------------------


def _dry(view: RunView, fleet: FleetView | None) -> list[str]:
    """That nothing was done, and the steps of which not even a preview could be made."""
    lines = ["This was a dry run: nothing was changed."]
    made = {step_of(task) for task in view.tasks}
    for step in view.plan.steps if view.plan is not None else ():
        if step.id in made or any(name.startswith(f"{step.id}-preview") for name in made):
            continue
        spec = fleet.skills.get(step.skill) if fleet is not None else None
        unshown = spec is not None and spec.risk is not Risk.READ and spec.preview is None
        why = "it cannot be previewed" if unshown else "it needs what a dry run does not do"
        lines.append(f"left out: {one_line(step.title, 120) or step.skill}: {why} [{step.id}]")
    return _some(lines)


# --- plan only -----------------------------------------------------------------------------------------------------


def _planned(view: RunView) -> list[str]:
    lines = [f"This is the plan; nothing of it was run ({len(view.tasks)} tasks)."]
    for number, task in enumerate(view.tasks, 1):
        after = ", ".join(edge.task for edge in task.depends_on[:5])
        risk = "" if task.risk is Risk.READ else f", {task.risk.value}"
        lines.append(f"{number}. {_what(task)} ({task.skill}{risk}){f' after {after}' if after else ''} [{task.id}]")
    return [sanitize(line, multiline=False) for line in lines]

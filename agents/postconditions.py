"""How the effect of a step that changes something is read back from its device, in one table.

The checks are added when a plan is started, not when it is proposed: planners know nothing of them. A skill has one
only where what is read says honestly whether the step did its work: `file.append` and `file.replace` leave a file that
was there before as well, a stopped process may be started again by what looks after it, and what a command does nobody
knows but its author.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Mapping

from orchestrator.core.conditions import AllOf, AnyOf, Compare, Condition, Not
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Plan
from orchestrator.core.references import find
from orchestrator.core.tasks import PostCondition
from protocol.vocabulary import JsonObject, Risk

WAIT_S = 30.0
_MISSING: Condition = Compare(path="error.code", op="==", value="not_found")
_THERE: Condition = Compare(path="output.type", op="exists")


def confirmed(plan: Plan, fleet: FleetView) -> Plan:
    """The plan with a check for each step that changes something and can be read back on every device that has it."""
    steps = []
    for step in plan.steps:
        check = check_of(step.skill, step.arguments, fleet) if step.confirm is None else None
        steps.append(step.model_copy(update={"confirm": check}) if check is not None else step)
    return plan.model_copy(update={"steps": tuple(steps)})


def check_of(skill: str, arguments: JsonObject, fleet: FleetView) -> PostCondition | None:
    """How to read back what a call does; None where nothing honest is known."""
    made = _TABLE.get(skill)
    check = made(arguments) if made is not None else None
    able = [device for device in fleet.devices.values() if skill in device.skills]
    if check is None or not able:
        return None
    reads = all(
        (spec := device.skills.get(check.skill)) is not None and spec.risk is Risk.READ and spec.idempotent
        for device in able
    )
    return check if reads else None


def _text(arguments: Mapping[str, object], name: str) -> str | None:
    value = arguments.get(name)
    return value if isinstance(value, str) and value else None


def _stat(argument: str, kind: str = "") -> Callable[[JsonObject], PostCondition | None]:
    """Something is at the path that an argument names, of a kind where one is given."""

    def check(arguments: JsonObject) -> PostCondition | None:
        path = _text(arguments, argument)
        if path is None:
            return None
        done: Condition = Compare(path="output.type", op="==", value=kind) if kind else _THERE
        return PostCondition(skill="file.stat", arguments={"path": path}, done=done, not_done=_MISSING, wait_s=WAIT_S)

    return check


def _written(arguments: JsonObject) -> PostCondition | None:
    """The file has the text; one that only the run will know is at least there."""
    path, text = _text(arguments, "path"), arguments.get("text")
    if path is None or not isinstance(text, str) or any(True for _ in find(text)):
        return _stat("path", "file")(arguments)
    wanted = hashlib.sha256(text.replace("$${", "${").encode("utf-8", "surrogatepass")).hexdigest()
    same: Condition = Compare(path="output.hash", op="==", value=wanted)
    other: Condition = AllOf(all=(Compare(path="output.hash", op="exists"), Not(not_=same)))
    return PostCondition(
        skill="file.hash",
        arguments={"path": path},
        done=same,
        not_done=AnyOf(any=(_MISSING, other)),
        wait_s=WAIT_S,
    )


def _deleted(arguments: JsonObject) -> PostCondition | None:
    """The folder has no such entry any more."""
    path = _text(arguments, "path")
    if path is None or any(True for _ in find(path)):
        return None
    folder, name = posixpath.split(path.rstrip("/"))
    if not name or name in (".", "..") or any(sign in name for sign in "*?[]{}!\\"):
        return None
    gone: Condition = Compare(path="output.count", op="==", value=0)
    left: Condition = Compare(path="output.count", op=">", value=0)
    where: JsonObject = {"path": folder or ".", "pattern": name, "hidden": True}
    return PostCondition(skill="file.list", arguments=where, done=gone, not_done=left, wait_s=WAIT_S)


_TABLE: Mapping[str, Callable[[JsonObject], PostCondition | None]] = {
    "archive.create": _stat("target", "file"),
    "archive.extract": _stat("target"),
    "artifact.save": _stat("path", "file"),
    "file.copy": _stat("target"),
    "file.delete": _deleted,
    "file.mkdir": _stat("path", "directory"),
    "file.move": _stat("target"),
    "file.write": _written,
    "http.download": _stat("path", "file"),
}

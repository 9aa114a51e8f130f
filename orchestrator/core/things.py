"""What an earlier result listed or was about: files, processes, services, each with the device where it is.

Read from recorded outputs, never from an answer's words. A thing's name is data of a device: it goes into a request
only where it cannot be read as anything but a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from orchestrator.core.tasks import TaskStatus
from orchestrator.core.views import RunView, TaskView
from protocol.vocabulary import JsonObject, Risk

_LISTS = {
    "processes": ("process", "pid"),
    "services": ("service", "name"),
    "containers": ("container", "name"),
    "packages": ("package", "name"),
}
_FILES = frozenset({"entries", "matches", "files"})
_ABOUT_A_FILE = frozenset(
    f"file.{verb}" for verb in ("append", "count", "hash", "head", "read", "replace", "stat", "tail", "write")
) | {"http.download"}
_BARE = re.compile(r"[A-Za-z0-9_./~+-]*[A-Za-z0-9_/~+-]")
_QUOTED = re.compile(r"[\w./~+ ()@=-]{1,200}")


@dataclass(frozen=True, slots=True)
class Thing:
    """`name` is a path, a number or a name, as its skill takes it; `row` what its device said of it."""

    noun: str
    name: str
    device: str
    row: Mapping[str, object] = field(default_factory=dict)

    def phrase(self) -> str | None:
        """It as words of a request; None where its name cannot stand there safely."""
        if self.noun == "process" and not self.name.isdigit():
            return None
        if _BARE.fullmatch(self.name):
            return f"the {self.noun} {self.name} on {self.device}"
        if self.noun in ("file", "folder") and _QUOTED.fullmatch(self.name) and self.name == self.name.strip():
            return f'the {self.noun} "{self.name}" on {self.device}'
        return None


@dataclass(frozen=True, slots=True)
class Things:
    """What a run's answering tasks told of. `listed`: as a list. `cut`: there were more than it shows."""

    things: tuple[Thing, ...] = ()
    listed: bool = False
    cut: bool = False


def answering(view: RunView) -> list[TaskView]:
    """The tasks that succeeded and on which no other depends, but for checks: their outputs are the answer."""
    asked = [task for task in view.tasks if task.checks is None]
    used = {edge.task for task in asked for edge in task.depends_on}
    return [task for task in asked if task.status is TaskStatus.SUCCEEDED and task.id not in used]


def things(view: RunView) -> Things:
    """In the order in which they were listed, each once."""
    found: dict[tuple[str, str, str], Thing] = {}
    listed = cut = False
    for task in answering(view):
        if not isinstance(task.output, dict) or task.device is None or task.risk is Risk.DESTRUCTIVE:
            continue
        rows = list(_rows(task))
        listed = listed or rows != [] or any(key in task.output for key in (*_LISTS, *_FILES))
        cut = cut or task.output.get("truncated") is True
        for thing in rows or _single(task, task.output):
            found.setdefault((thing.noun, thing.name, thing.device), thing)
    return Things(tuple(found.values()), listed, cut)


def _rows(task: TaskView) -> Iterator[Thing]:
    output = task.output
    assert isinstance(output, dict)
    assert task.device is not None
    for key, value in output.items():
        if not isinstance(value, list):
            continue
        for row in value:
            if not isinstance(row, dict):
                continue
            if key in _FILES and task.skill.startswith("file.") and isinstance(row.get("path"), str):
                kind = {"directory": "folder", "folder": "folder"}.get(str(row.get("type")), "file")
                yield Thing(kind, str(row["path"]), task.device, row)
            elif key in _LISTS:
                noun, naming = _LISTS[key]
                if isinstance(row.get(naming), str | int):
                    yield Thing(noun, str(row[naming]), task.device, row)


def _single(task: TaskView, output: JsonObject) -> Iterator[Thing]:
    path = output.get("path") or task.arguments.get("path")
    if task.skill in _ABOUT_A_FILE and isinstance(path, str) and task.device is not None:
        yield Thing("file", path, task.device, output)


def touched(view: RunView) -> set[tuple[str, str]]:
    """(device, name) of everything that a run named as it wrote: it may be gone, or no longer what it was."""
    return {
        (task.device, str(value))
        for task in view.tasks
        if task.risk is not Risk.READ and task.device is not None and task.status is not TaskStatus.CANCELLED
        for value in task.arguments.values()
        if isinstance(value, str | int)
    }


def extreme(found: Sequence[Thing], fields: Sequence[str], *, most: bool) -> Thing | None:
    """The thing with the most (or least) of the first of the fields that all have; None where that is not one thing."""
    for name in fields:
        values = [thing.row.get(name) for thing in found]
        numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
        words = [value for value in values if isinstance(value, str)]
        if found and len(numbers) == len(found):
            best = max(numbers) if most else min(numbers)
            return found[numbers.index(best)] if numbers.count(best) == 1 else None
        if found and len(words) == len(found):
            word = max(words) if most else min(words)
            return found[words.index(word)] if words.count(word) == 1 else None
    return None

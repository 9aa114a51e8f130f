"""Suites and tasks: their schema, and how they are read."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, ValidationError, model_validator

from orchestrator.cli.benching.checks import Check
from orchestrator.cli.benching.state import Given, Part, Wrong
from orchestrator.cli.exits import CommandError
from orchestrator.core.plan import Plan
from protocol.vocabulary import DeviceKind, Name

M = TypeVar("M", bound=Part)
TaskId = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


class Machine(Part):
    """One device agent of the world. A phone is simulated; an edge box has the greenhouse's sensors."""

    kind: DeviceKind
    labels: dict[Name, str] = {}


class BenchTask(Part):
    """One request and how its outcome is judged.

    `machines` are the devices that the run may use (default: the suite's `base`). `max_writes` bounds the attempts of
    tasks of risk write or destructive. `plan` is what a perfect planner would propose; it uses no machine by chance.
    `part`: what planners may be tuned on (`dev`), and what they may not (`test`). `timeout_s` bounds the run.
    `{site}` in `request`, `plan` and `checks` is the address of the site on loopback.
    """

    id: TaskId
    category: TaskId
    level: Annotated[int, Field(ge=1, le=3)]
    part: Literal["dev", "test"] = "dev"
    request: Annotated[str, Field(min_length=1, max_length=2_000)]
    machines: tuple[Name, ...] = ()
    max_writes: Annotated[int, Field(ge=0, le=1_000)]
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 60.0
    state: Literal["succeeded", "failed"] = "succeeded"
    setup: Given = Given()
    checks: Annotated[tuple[Check, ...], Field(min_length=1)]
    wrong: Wrong
    plan: Plan
    about: str = ""

    @model_validator(mode="after")
    def _names_differ(self) -> BenchTask:
        names = [check.name for check in self.checks]
        if len(set(names)) != len(names):
            raise ValueError("two checks have one name")
        return self


class SuiteFile(Part):
    """`suite.toml`. `seed` decides all generated data; `base` are the machines of a task that names none."""

    name: TaskId
    version: Annotated[int, Field(ge=1)]
    seed: int
    about: str = ""
    machines: dict[Name, Machine]
    base: tuple[Name, ...]


@dataclass(frozen=True)
class Suite:
    """A suite with its tasks, in the order of their ids."""

    folder: Path
    file: SuiteFile
    tasks: tuple[BenchTask, ...]

    def without(self, machines: Iterable[str]) -> Suite:
        """The suite without these machines, and without the tasks that may use them."""
        gone = set(machines)
        kept = {name: one for name, one in self.file.machines.items() if name not in gone}
        tasks = tuple(task for task in self.tasks if gone.isdisjoint(self.machines_of(task)))
        return replace(self, file=self.file.model_copy(update={"machines": kept}), tasks=tasks)

    def machines_of(self, task: BenchTask) -> tuple[str, ...]:
        return task.machines or self.file.base


def load(folder: Path) -> Suite:
    """Read a suite's folder. Raises CommandError `bad_suite`, naming the file and the field."""
    path = folder / "suite.toml"
    if not path.is_file():
        raise CommandError("bad_suite", f"There is no suite in {folder}: name a folder with a suite.toml by --suite.")
    file = _validated(SuiteFile, path)
    _known(file.base, path, file, "The base")
    tasks = [_validated(BenchTask, one) for one in sorted(folder.glob("tasks/**/*.toml"))]
    if not tasks:
        raise CommandError("bad_suite", f"{folder} has no tasks: put one file a task below {folder / 'tasks'}.")
    seen: dict[str, None] = {}
    for task in tasks:
        if task.id in seen:
            raise CommandError("bad_suite", f"Two tasks of {folder} have the id {task.id}.")
        seen[task.id] = None
        _known(task.machines, path, file, f"The task {task.id}")
    return Suite(folder, file, tuple(sorted(tasks, key=lambda task: task.id)))


def _known(names: tuple[Name, ...], path: Path, file: SuiteFile, whose: str) -> None:
    for name in names:
        if name not in file.machines:
            raise CommandError("bad_suite", f"{whose} names the machine {name}, which {path} lacks.")


def _validated(model: type[M], path: Path) -> M:
    try:
        with path.open("rb") as file:
            return model.model_validate(tomllib.load(file))
    except OSError as error:
        raise CommandError("bad_suite", f"{path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CommandError("bad_suite", f"{path} is not TOML: {error}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise CommandError("bad_suite", f"{path}: {place}: {first['msg']}.") from None

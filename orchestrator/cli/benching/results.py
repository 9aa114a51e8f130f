"""What a run of a suite leaves: a file that reports and comparisons are made from."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from orchestrator.cli.benching.state import Part
from orchestrator.cli.exits import CommandError

Planner = Literal["embedded", "local", "cloud", "scripted"]
FORMAT = 1


class Verdict(Part):
    """One check of one task; `why` it does not hold, empty where it does."""

    name: str
    why: str = ""


class TaskResult(Part):
    """One task, run once. `seconds` from the request to the run's end; `sequential_s` the same with one task at a time,

    measured where the graph is wider than 1. `why` explains a failure in one line. `fault` is the profile under which
    it ran, `injected` how often what was done to it; `partial`: the run failed, and says which device is gone.
    `repeated` are attempts beyond the first of each task; `asked` how often it was not known whether one was done,
    which is answered by doing it again. `bytes_out` left this machine. `device_s` are seconds of
    attempts by device.
    """

    task: str
    category: str
    level: int
    part: str
    repeat: int = 1
    fault: str = ""
    success: bool
    checks: tuple[Verdict, ...]
    writes: int = 0
    max_writes: int = 0
    run: str = ""
    state: str = ""
    rung: str | None = None
    why: str = ""
    answer: str = ""
    seconds: float = 0.0
    planning_s: float = 0.0
    sequential_s: float | None = None
    width: float = 0.0
    widest: int = 0
    parallelism: float = 0.0
    tasks: int = 0
    attempts: int = 0
    edits: int = 0
    repeated: int = 0
    injected: dict[str, int] = {}
    partial: bool = False
    asked: int = 0
    tokens: int = 0
    cost_usd: float | None = 0.0
    bytes_moved: int = 0
    bytes_out: int = 0
    device_s: dict[str, float] = {}

    @property
    def done(self) -> int:
        """How many checks hold."""
        return sum(1 for check in self.checks if not check.why)


class Results(Part):
    """All results of one call, and how they came about. `ablation` names what was switched off, empty for nothing.

    `skipped` are tasks that this machine could not run, with why: they are neither done nor failed.
    `began` is Unix time, `seconds` the whole call's. `cpus` and `python` describe the machine.
    """

    format: Annotated[int, Field(ge=1, le=FORMAT)] = FORMAT
    suite: str
    version: int
    seed: int
    asterism: str
    planner: Planner
    ablation: str = ""
    began: float
    seconds: float
    cpus: int
    python: str
    results: tuple[TaskResult, ...]
    skipped: dict[str, str] = {}


def read(path: Path) -> Results:
    """A file of results, one at least. Raises CommandError `bad_results` or, for a later format, `newer_results`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CommandError("bad_results", f"{path} cannot be read: {error.strerror}.") from None
    try:
        found = Results.model_validate_json(data)
    except ValidationError as error:
        _refuse_newer(path, data)
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        message = f"{path} is no file of results: {place}: {first['msg']}."
        raise CommandError("bad_results", f"{message} `asterism bench run --out` writes one.") from None
    if not found.results:
        raise CommandError("bad_results", f"{path} has no results: not one task was run.")
    return found


def _refuse_newer(path: Path, data: bytes) -> None:
    """Raises CommandError `newer_results` where a later Asterism wrote the file: its fields are not ours to judge."""
    with contextlib.suppress(ValueError, RecursionError):
        value = json.loads(data)
        if isinstance(value, dict) and isinstance(value.get("format"), int) and value["format"] > FORMAT:
            message = f"{path} is of format {value['format']}, and this Asterism reads up to {FORMAT}: upgrade it."
            raise CommandError("newer_results", message)

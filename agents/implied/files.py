"""Files between two steps: made by one, taken up by another on the same device, and called after what they hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from agents.embedded.wordset import words
from agents.implied.commands import parts
from agents.scrutiny.graph import MAKES
from orchestrator.core.plan import Plan, Step
from orchestrator.core.references import find
from protocol.vocabulary import Json

# What a file between steps is called beside the request's own words, and of which kinds it is.
SCRATCH = words(
    "tmp temp scratch work raw part parts partial all unsorted sorted merged joined combined filtered collected "
    "gathered intermediate output copy"
)
DATA = re.compile(r"\.(?:log|txt|out|tmp|csv|tsv|json|jsonl|xml|html|md|png|zip|tar|tgz|tar\.gz)$")
MADE = {**MAKES, "csv.write": "path", "xlsx.write": "path", "chart.make": "path", "sql.export": "path"}


@dataclass(frozen=True)
class Between:
    """A file that a step makes for others. `by` makes it, by a path of the workspace."""

    by: str
    path: str


def between(plan: Plan, together: Callable[[Step, Step], bool], said: Callable[[str], bool]) -> frozenset[Between]:
    """The files that steps make for later ones and for nobody else."""
    found = set()
    for step in plan.steps:
        for path in made(step):
            name = DATA.sub("", path.casefold())
            called = all(said(one) or one in SCRATCH for one in re.findall(r"[a-z]{2,}", name))
            plain = DATA.search(path) is not None and re.fullmatch(r"\w[\w./-]*", path) and ".." not in path
            others = (one for one in plan.steps if one.id != step.id and together(step, one))
            if called and plain and any(_takes(one, step, path) for one in others):
                found.add(Between(step.id, path))
    return frozenset(found)


def made(step: Step) -> Iterator[str]:
    """The paths that a step writes, where they stand in its arguments."""
    if step.skill == "shell.run":
        _, file = parts(str(step.arguments.get("command", "")))
        if file:
            folder = str(step.arguments.get("cwd", ".")).rstrip("/")
            yield file if folder == "." else f"{folder}/{file}"
    elif step.skill == "python.run":
        outputs = step.arguments.get("outputs")
        yield from (one for one in outputs if isinstance(one, str)) if isinstance(outputs, list) else ()
    else:
        path = step.arguments.get(MADE.get(step.skill, ""))
        if isinstance(path, str) and not any(find(path)):
            yield path


def _takes(step: Step, maker: Step, path: str) -> bool:
    """Whether a step takes the file up, by its path or by the maker's output; what makes it anew does not."""
    mine = set(made(step))
    if path in mine:
        return False
    if any(one.task == maker.id and maker.skill != "shell.run" for one in find(step.arguments)):
        return True
    return path in set(_texts(step.arguments.values()))


def _texts(values: Iterable[Json]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            yield from _texts(value)

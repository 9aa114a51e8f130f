"""What a clause is about, and where it goes: immutable, without effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from agents.embedded.kinds.line import Mention
from protocol.vocabulary import Json

ROWS: Final = 100_000
"""The most rows of a table that a skill returns: what is made of fewer than all would be wrong."""


@dataclass(frozen=True, slots=True)
class FileAt:
    """One path on one or several devices; `folder`: a folder."""

    path: str
    place: Mention | None = None
    folder: bool = False


@dataclass(frozen=True, slots=True)
class Files:
    """Files that are there already."""

    files: tuple[FileAt, ...]


@dataclass(frozen=True, slots=True)
class Pages:
    """What addresses serve."""

    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """A value that is computed where a file is: `count` of lines with `text`, `hash`, `tail`, `head`, `text`, `size`.

    Of a column: `sum`, `mean`, `max`, `min`. Of the greenhouse and the like: `sensor`, by `text`.
    """

    what: Literal["count", "hash", "tail", "head", "text", "size", "sum", "mean", "max", "min", "sensor"]
    files: Files | None = None
    text: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Before:
    """What was made before, by a word for it (`it`, `list`, `archive`); `several`: more than one.

    `tail`, `head`: the last or first `number` lines of the file that was spoken of last.
    """

    noun: str
    several: bool = False
    number: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """Where something goes: a path, a device, or both. `beside`: in the folder of what was made last."""

    path: str | None = None
    place: Mention | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What a deed left. One entry for each device: its name, the step, and a reference to the value or the path.

    `kind` says what the references are: `file` a path on that device; `text`, `number` the value itself, `status` that
    of a page; `records` a list of them, `lines` one of lines, `artifact` a file of the run; `done`: nothing that could
    be passed on. `nouns` are the words by which it may be spoken of. `spare` is a file beside each, for where that one
    cannot be read; `form` the ending of what the file is to become.
    `about`: the word for what numbers are of, the text of the lines that were counted or a column. `columns`: those
    that a table is said to have.
    """

    kind: Literal["file", "text", "number", "status", "records", "lines", "artifact", "done"]
    entries: tuple[Entry, ...]
    nouns: frozenset[str]
    unit: str = ""
    spare: str = ""
    form: str = ""
    about: str = ""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    label: str
    device: str
    step: str | None
    value: str


@dataclass(frozen=True)
class Table:
    """What is known of a file: the table in a database, and the columns where they were said."""

    name: str = ""
    columns: tuple[str, ...] = ()


@dataclass
class Relation:
    """A table of the run: `items` refers to its records. `value`: its column with numbers, `by` the others of a group.

    `step` may still get another order and name for that column. `origin`: what `items` was when it was made.
    """

    items: Json
    columns: tuple[str, ...]
    value: str = ""
    step: str = ""
    device: str = ""
    origin: str = ""
    guessed: bool = False
    """Whether the column with the numbers is read out of a plural, and was never named."""

    @property
    def by(self) -> tuple[str, ...]:
        return tuple(one for one in self.columns if one != self.value)

"""What words mean before anything is known of the fleet: things, places, conditions and deeds, all immutable."""

from __future__ import annotations

from dataclasses import dataclass

from agents.embedded.kinds.line import Mention


@dataclass(frozen=True, slots=True)
class FileAt:
    """A path on the devices that are named with it. `noun`: what it is called (`folder`, `archive`)."""

    path: str
    place: Mention | None = None
    noun: str = "file"


@dataclass(frozen=True, slots=True)
class Files:
    files: tuple[FileAt, ...]


@dataclass(frozen=True, slots=True)
class Ref:
    """What was spoken of: by a pronoun (`it`) or a noun; `number` of them; `which` of several: first, last, other."""

    noun: str
    number: int = 0
    place: Mention | None = None
    which: str = ""


@dataclass(frozen=True, slots=True)
class Pages:
    urls: tuple[str, ...]
    places: tuple[Mention | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """Quoted words."""

    text: str


@dataclass(frozen=True, slots=True)
class Where:
    column: str
    op: str
    value: int | float | str


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of files that hold a text; `of` None: of what was spoken of."""

    of: Files | Ref | None
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """The `last` or `first` lines of files; all of one file as `text`, its first line as `word`."""

    of: Files | Ref
    which: str
    number: int = 0
    called: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are of a thing."""

    of: Thing
    noun: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """`hash` or `size` of files, `files` in an archive."""

    what: str
    of: Thing


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of tables that fit conditions; `of` None: of those that were spoken of."""

    of: Thing | None
    where: tuple[Where, ...] = ()
    noun: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A measure of a column for each value of another."""

    measure: str
    column: str
    by: str
    of: Thing | None = None
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Total:
    """A measure of a column (or of values that are there) as one number."""

    measure: str
    column: str = ""
    of: Thing | None = None
    noun: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """Several measures of one column as a table."""

    measures: tuple[str, ...]
    column: str
    of: Thing | None = None


@dataclass(frozen=True, slots=True)
class Statuses:
    """How many of the pages that were spoken of answer with a status, or with another."""

    status: int
    other: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """Tables with their rows brought together: under each other, or by `left` = `right`."""

    of: Thing | None
    left: str = ""
    right: str = ""


@dataclass(frozen=True, slots=True)
class PageTable:
    caption: str
    url: str


@dataclass(frozen=True, slots=True)
class Field:
    """Fields of JSON pages; `urls` empty: of the pages that were spoken of."""

    names: tuple[str, ...]
    urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Titles:
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A sensor by its words: its value now, or its mean over `seconds`."""

    words: tuple[str, ...]
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Messages:
    number: str
    place: Mention


@dataclass(frozen=True, slots=True)
class Together:
    """The rows of two tables side by side where the columns `left` and `right` are equal.

    Tables that are None are those that were spoken of."""

    one: Files | None
    other: Files | None
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook."""

    name: str
    of: Files | Ref


@dataclass(frozen=True, slots=True)
class Measured:
    """What machines say of themselves: `disk`, `memory`."""

    what: tuple[str, ...]
    place: Mention


@dataclass(frozen=True, slots=True)
class Found:
    """Files below a folder that are larger than so many bytes, or whose name ends so."""

    folder: FileAt
    ending: str = ""
    least: int = 0


@dataclass(frozen=True, slots=True)
class Union:
    """The lines of text files together, in order or as they are, each kept once where `unique`."""

    of: Files
    sort: bool = False
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Plain:
    """A clause, a thing or a condition in words that a grammar of single clauses plans: `text` as that reads it,
    `said` as it was written. `assumed`: the device that it is planned for, which it does not name; `there`: the one
    that it calls so; `file`: a path and its device, that it calls `it`."""

    text: str
    said: str = ""
    assumed: str = ""
    there: str = ""
    file: tuple[str, str] = ("", "")


Thing = (
    Files | Ref | Pages | Text | Lines | Part | Count | Fact | Rows | Group | Total | Totals | Joined | PageTable
    | Field | Titles | Reading | Messages | Sheet | Measured | Found | Statuses | Together
    | Plain | Union
)  # fmt: skip


# --- where things go, and how they look ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class To:
    """One phrase behind a verb. Only one of these is set.

    `place`, with its preposition; `path`; `columns`; `by` and `order` of rows; `near`: in the folder of what was
    written last; `same`: under the same path; `times`: how often it is tried; `fill` a word with a value; `title`
    of a document; `of`: for which of several things it is;
    `rows`: what the rows of a table are called.
    """

    place: Mention | None = None
    prep: str = ""
    path: str = ""
    columns: tuple[str, ...] = ()
    by: str = ""
    order: str = ""
    near: bool = False
    same: bool = False
    times: int = 0
    fill: str = ""
    value: Thing | None = None
    title: str = ""
    of: str = ""
    rows: tuple[str, ...] = ()


# --- deeds ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Give:
    """Something goes somewhere: copied, downloaded, written or saved, by what it is. `moved`: not kept.

    `more`: in the same breath as the deed before, with its verb."""

    thing: Thing
    to: tuple[To, ...]
    moved: bool = False
    more: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """A value that is wanted, or that later words speak of."""

    thing: Thing
    to: tuple[To, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """How things are: these files exist; with columns, or a table in a database."""

    files: Files
    columns: tuple[str, ...] = ()
    table: str = ""
    noun: str = ""


@dataclass(frozen=True, slots=True)
class KnownColumns:
    """The columns of the tables that were spoken of."""

    columns: tuple[str, ...]
    number: int = 0


@dataclass(frozen=True, slots=True)
class KnownPages:
    urls: tuple[str, ...]
    fields: tuple[str, ...] = ()
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Commands in folders; a program that was copied or named, with what runs it."""

    commands: tuple[tuple[str, Files | Ref | None], ...]


@dataclass(frozen=True, slots=True)
class Packed:
    """Files into an archive; `backup`: with checksums; `checked` as soon as it is made."""

    of: Thing
    to: tuple[To, ...]
    backup: bool = False
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Unpacked:
    of: Thing
    to: tuple[To, ...]
    backup: bool = False


@dataclass(frozen=True, slots=True)
class Verified:
    of: Thing


@dataclass(frozen=True, slots=True)
class Comparison:
    """The checksums of files, for later conditions."""

    of: Files


@dataclass(frozen=True, slots=True)
class Same:
    """The checksums of two files have to be the same, or nothing more happens."""

    one: Thing
    other: Thing


@dataclass(frozen=True, slots=True)
class Deleted:
    of: Thing


@dataclass(frozen=True, slots=True)
class Drawn:
    kind: str
    of: Thing | None
    to: tuple[To, ...]
    column: str = ""
    x: str = ""


@dataclass(frozen=True, slots=True)
class Arranged:
    """The table that was spoken of, in an order, or without some rows."""

    to: tuple[To, ...] = ()
    dropped: tuple[Where, ...] = ()
    kept: tuple[Where, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """`how`: notify, sms, publish."""

    how: str
    what: Thing
    goal: str = ""
    to: tuple[To, ...] = ()


@dataclass(frozen=True, slots=True)
class Reported:
    """A PDF with the table that was spoken of, and values below it."""

    to: tuple[To, ...]
    values: tuple[Thing, ...] = ()


@dataclass(frozen=True, slots=True)
class Set:
    words: tuple[str, ...]
    value: str
    of: Thing | None = None


@dataclass(frozen=True, slots=True)
class Instead:
    """Another address for what was fetched last, each where that failed."""

    url: str


@dataclass(frozen=True, slots=True)
class Appended:
    """A value at the end of a text file."""

    of: Thing
    to: tuple[To, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """What a clause that another grammar plans asks for."""

    of: Plain


@dataclass(frozen=True, slots=True)
class Nothing:
    """Words that ask for nothing."""


# --- conditions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Compared:
    thing: Thing
    op: str
    value: int | float | str | Ref


@dataclass(frozen=True, slots=True)
class Share:
    """How much of it is used, full or charged, in percent, against a number."""

    of: Ref
    op: str
    value: int | float


@dataclass(frozen=True, slots=True)
class Good:
    """Whether the backup that was verified is intact."""

    good: bool


@dataclass(frozen=True, slots=True)
class Equal:
    """Whether the files that were compared last are the same."""

    equal: bool


@dataclass(frozen=True, slots=True)
class Holds:
    """Whether a file holds a text."""

    of: Thing
    text: str
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Stands:
    """What another grammar reads as a condition."""

    of: Plain


@dataclass(frozen=True, slots=True)
class Failed:
    """Whether what was done last failed; `still`: the page that was tried several times."""

    still: bool = False


@dataclass(frozen=True, slots=True)
class Other:
    """The case that the condition before leaves; `so`: that case itself."""

    so: bool = False


@dataclass(frozen=True, slots=True)
class If:
    """`otherwise` also follows in a later sentence."""

    condition: Condition
    then: tuple[Deed, ...]
    otherwise: tuple[Deed, ...] = ()


@dataclass(frozen=True, slots=True)
class Each:
    """For each of the devices where a value compares so."""

    condition: Compared
    then: tuple[Deed, ...]
    place: Mention | None = None


Condition = Compared | Equal | Good | Holds | Failed | Other | Stands | Share
Deed = (
    Give | Read | Known | KnownColumns | KnownPages | Run | Packed | Unpacked | Verified | Same | Deleted | Drawn
    | Arranged | Told | Comparison | Reported | Set | Instead | Nothing | If | Each | Done | Appended
)  # fmt: skip

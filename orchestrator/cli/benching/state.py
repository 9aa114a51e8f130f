"""What a task is given before it starts, and what a wrong outcome would leave behind: data, and no more than data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from protocol.vocabulary import Name

Path = Annotated[str, Field(pattern=r"^[^/\x00][^\x00]*$", max_length=400)]
"""Relative to the workspace of its machine."""


class Part(BaseModel):
    """Strict, and closed: an unknown field is a mistake in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Generated(Part):
    """Data made from a seed: the suite's, the task's id and `key` (default: machine and path) decide it.

    `kind`: `log` (lines of a service's log; `levels` name how many lines have a level, the rest is INFO), `access`
    (web server log; `levels` names statuses), `table` (CSV; `columns` maps names to `int LOW HIGH`, `float LOW HIGH`,
    `choice A|B|C`, `name`, `date`, `serial`), `json` (the same rows as a JSON list), `xlsx` (in a workbook's first
    sheet), `sqlite` (in a table `records`), `text` (words in paragraphs), `bytes` (random), `tree` (that many small
    files below the path).
    `rows`: lines, rows, words, bytes or files.
    """

    kind: Literal["log", "access", "table", "json", "xlsx", "sqlite", "text", "bytes", "tree"]
    rows: Annotated[int, Field(ge=0, le=50_000_000)] = 100
    levels: dict[str, Annotated[int, Field(ge=0)]] = {}
    columns: dict[str, str] = {}
    key: str = ""


class GivenFile(Part):
    """A file on a machine: by `text`, by `make`, or the same as another file (`like`, MACHINE:PATH).

    `mode` is its permission bits, in octal; `age_days` how long ago it was changed; `link` makes a symbolic link there.
    """

    machine: Name
    path: Path
    text: str | None = None
    make: Generated | None = None
    like: str | None = None
    link: str | None = None
    folder: bool = False
    absent: bool = False
    mode: Annotated[str, Field(pattern=r"^0?[0-7]{3}$")] | None = None
    age_days: Annotated[float, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> GivenFile:
        given = [self.text is not None, self.make is not None, self.like is not None, self.link is not None]
        if sum(given) + self.folder + self.absent != 1:
            raise ValueError("a file has one of text, make, like, link, folder, absent")
        return self


class GivenPage(Part):
    """What the site on loopback serves below its address: `{site}` in a request. `delay_s`: how late it answers.

    `fails` is a status that it answers with instead, the first `fail_times` times (0: always).
    """

    path: Path
    text: str | None = None
    make: Generated | None = None
    type: str = "text/html; charset=utf-8"
    delay_s: Annotated[float, Field(ge=0, le=10)] = 0.0
    fails: Annotated[int, Field(ge=400, le=599)] | None = None
    fail_times: Annotated[int, Field(ge=0)] = 0


class GivenPhone(Part):
    """The simulated phone: files by absolute path, texts that came in (number, text), notifications (title, text)."""

    files: dict[str, str] = {}
    sms: tuple[tuple[str, str], ...] = ()
    notifications: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    battery: Annotated[int, Field(ge=0, le=100)] | None = None
    sent: tuple[tuple[str, str], ...] = ()
    url: str | None = None
    apps: tuple[str, ...] = ()


class GivenProgram(Part):
    """A program at work on a machine, in its workspace, until the task is over."""

    machine: Name
    command: Annotated[tuple[str, ...], Field(min_length=1)]


class GivenForm(Part):
    """A window on the desktop: a GTK dialog with these fields, OK and Cancel."""

    title: str
    fields: tuple[str, ...] = ("Name",)


class Given(Part):
    """`greenhouse` sets sensors and actuators of the edge box by name (see docs/benchmarks-suites.md)."""

    files: tuple[GivenFile, ...] = ()
    pages: tuple[GivenPage, ...] = ()
    phone: GivenPhone = GivenPhone()
    greenhouse: dict[str, str] = {}
    programs: tuple[GivenProgram, ...] = ()
    forms: tuple[GivenForm, ...] = ()


class Wrong(Given):
    """A plausible wrong outcome: what would be there, and `answer` what would be said. The checks must refuse it."""

    about: str
    answer: str = ""
    state: Literal["succeeded", "failed"] = "succeeded"
    heard: tuple[tuple[str, str], ...] = ()
    notified: tuple[str, ...] = ()


Value = JsonValue

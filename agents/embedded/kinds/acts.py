"""What a piece of a request asks for, before it is put into a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import Slots
from agents.embedded.kinds.world import World
from agents.embedded.tokens import Kind, Token
from orchestrator.core.plan import Plan
from orchestrator.core.references import escape
from protocol.vocabulary import JsonObject

Places = tuple[tuple[str, Mention], ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to fill an order: the arguments, and the only device that they fit (None: any that offers the skill)."""

    arguments: JsonObject
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """A skill to be called. `choices`: more than one is a question to the person.

    `measure` is the output that a question is about, `unit` what it is in, `values` what it may be. `around` are the
    words before and behind the thing, which a further thing may share: `open the window and the valve`. `bare`: a thing
    without a verb.
    """

    skill: str
    choices: tuple[Choice, ...]
    places: Places = ()
    measure: str = ""
    unit: str = ""
    values: tuple[str, ...] = ()
    around: tuple[tuple[Token, ...], tuple[Token, ...]] | None = None
    bare: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True)
class Save:
    """What an act tells or makes (None: the act before), as the file `path` of a device.

    `counted`: a number alone is meant, and these are the request's words that say of what.
    """

    what: Act | None
    path: str
    places: Places = ()
    folder: bool = False
    counted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Send:
    """A file (None: what the act before made) from one device to another, under `path` where one is given."""

    path: str | None
    source: Mention | None = None
    target: Mention | None = None
    goal: str = ""
    what: Act | None = None


@dataclass(frozen=True, slots=True)
class Tell:
    """What an act tells, as the text argument of another: `type the temperature into the field note`."""

    what: Act | None
    act: Act
    argument: str


@dataclass(frozen=True, slots=True)
class Install:
    """An app from a package file of another device."""

    path: str
    source: Mention | None
    target: Mention | None


@dataclass(frozen=True, slots=True)
class Convert:
    """A document made of what another says: `reads` gives it as its output `whole`, `skill` writes it on the device
    where it is. `file` is the document that is read."""

    reads: Act
    skill: str
    arguments: JsonObject
    whole: str
    file: str
    places: Places = ()


@dataclass(frozen=True, slots=True)
class Verify:
    """The backup that was made before, checked where it is or, as a copy, on another device."""

    places: Places = ()


@dataclass(frozen=True, slots=True)
class Part:
    """What the grammar of machines makes of a piece."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Narrow:
    """How much of what was asked for before is wanted: `the last five are enough`, `errors only`."""

    many: int | None = None
    level: str | None = None
    newest: bool = False


Deed = Act | Save | Send | Tell | Install | Convert | Verify | Part | Narrow


class Missing(Exception):
    """An order is plain, and lacks what only the person can say; the message says what."""


Fill = Callable[[Slots, Piece, World], "JsonObject | tuple[Choice, ...] | None"]


@dataclass(frozen=True, slots=True)
class Order:
    """One way to ask for a skill. `asks` are whole clauses, `nouns` what may be asked for by any verb of showing.

    `fill` makes the arguments of the slots: None where they are not meant, `Missing` where one is missing.
    """

    skill: str
    asks: tuple[str, ...] = ()
    nouns: tuple[str, ...] = ()
    fill: Fill | None = None
    fixed: JsonObject = field(default_factory=dict)
    measure: str = ""
    unit: str = ""


def text_of(slots: Slots, name: str, piece: Piece) -> str:
    """A slot as text for an argument: quoted text without its quotes, everything else as it was written."""
    tokens = slots.get(name, ())
    if len(tokens) == 1 and tokens[0].value is not None and not isinstance(tokens[0].value, (int, float)):
        return escape(str(tokens[0].value))
    return escape(piece.source(tokens))


def number_of(slots: Slots, name: str) -> int | float | None:
    tokens = slots.get(name, ())
    value = tokens[0].value if len(tokens) == 1 else None
    return value if isinstance(value, (int, float)) else None


def said(slots: Slots, name: str) -> list[str]:
    """The words of a slot in small letters."""
    found = [str(token.value) if token.value is not None and not token.word else token.text for token in slots[name]]
    return [text.casefold().replace("’", "'").removesuffix("'s") for text in found]


def point_of(slots: Slots, name: str) -> tuple[int, int] | None:
    """A place in pixels: `400 , 300`, or `400,300`, which looks like thousands."""
    tokens = slots[name]
    parts = [part for token in tokens if token.kind is Kind.NUMBER for part in token.text.split(",")]
    whole = len(parts) == 2 and all(part.isdigit() for part in parts)
    return (int(parts[0]), int(parts[1])) if whole else None

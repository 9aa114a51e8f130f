"""Conditions: what a box or a phone tells, against a number or a state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from agents.embedded.kinds import machines
from agents.embedded.kinds.acts import Act, Choice, said
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import Slots, match
from agents.embedded.kinds.world import STATES
from protocol.vocabulary import Json

if TYPE_CHECKING:
    from agents.embedded.kinds.reading import Reader

_BE: Final = "(is|gets|goes|rises|climbs|falls|drops|sinks|becomes|reads|has|are|was|stays|reaches|turns)"
_UNIT: Final = "[degrees|percent|volts|lux|ppm]"
COMPARISONS: Final = (
    (
        f"{_BE} [now] (above|over|more than|greater than|higher than|warmer than|hotter "
        f"than|bigger than|beyond|up over) {{n:amount}} {_UNIT}",
        ">",
    ),
    (f"(exceeds|goes above|rises above|climbs above|gets above|tops|passes) {{n:amount}} {_UNIT}", ">"),
    (
        f"{_BE} [now] (below|under|less than|lower than|colder than|cooler than|smaller than|down "
        f"to less than) {{n:amount}} {_UNIT}",
        "<",
    ),
    (f"(falls below|drops below|sinks below|goes below|falls under|drops under|gets below) {{n:amount}} {_UNIT}", "<"),
    (f"{_BE} [now] (at least|not below|not less than) {{n:amount}} {_UNIT}", ">="),
    (f"{_BE} [now] {{n:amount}} {_UNIT} or (more|higher|above|warmer)", ">="),
    (f"{_BE} [now] (at most|not above|not more than) {{n:amount}} {_UNIT}", "<="),
    (f"{_BE} [now] {{n:amount}} {_UNIT} or (less|lower|below|colder)", "<="),
    (f"[{_BE}] > {{n:amount}} {_UNIT}", ">"),
    (f"[{_BE}] < {{n:amount}} {_UNIT}", "<"),
    (f"[{_BE}] >= {{n:amount}} {_UNIT}", ">="),
    (f"[{_BE}] <= {{n:amount}} {_UNIT}", "<="),
    (f"(is|reads) [exactly] {{n:amount}} {_UNIT}", "=="),
)
IT: Final = "it is"


@dataclass(frozen=True, slots=True)
class Condition:
    """`probe` reads; its output at `path` is compared."""

    probe: Act
    path: str
    op: str
    value: Json


def condition(reader: Reader, piece: Piece) -> Condition | None:
    """`the humidity is above 80`, `the window is open`, `the phone is not charging`."""
    return (
        _charging(reader, piece)
        or _state(reader, piece)
        or _compared(reader, piece)
        or _warm(reader, piece)
        or _of_machine(reader, piece)
    )


def _of_machine(reader: Reader, piece: Piece) -> Condition | None:
    found = machines.state(reader.world, piece) or machines.fact(reader.world, piece)
    return Condition(*found) if found is not None else None


def _compared(reader: Reader, piece: Piece) -> Condition | None:
    for pattern, op in COMPARISONS:
        text = _signed(pattern)
        slots = match("{what:any} " + text, _unsigned(piece))
        if slots is None:
            continue
        what = reader.act(replace(piece, tokens=slots["what"]), only_nouns=True)
        if what is None or not what.measure or what.values:
            return None
        value = slots["n"][0].value
        if not _unit_fits(what, slots, piece):
            return None
        return Condition(what, what.measure, op, value)
    return None


def _signed(pattern: str) -> str:
    """Signs are tokens of their own kind; they are matched as words that the piece is written with."""
    return " ".join({">": "gt", "<": "lt", ">=": "ge", "<=": "le"}.get(word, word) for word in pattern.split(" "))


def _unsigned(piece: Piece) -> Piece:
    from agents.embedded.tokens import Kind

    names = {">": "gt", "<": "lt", ">=": "ge", "≥": "ge", "<=": "le", "≤": "le"}
    swapped = tuple(
        replace(token, kind=Kind.WORD, text=names[token.text], lemma=names[token.text])
        if token.kind is Kind.SIGN and token.text in names
        else token
        for token in piece.tokens
    )
    return replace(piece, tokens=swapped)


def _unit_fits(what: Act, slots: Slots, piece: Piece) -> bool:
    """A percentage is compared with percent, and degrees with degrees."""
    unit = what.unit.casefold()
    spoken = [token.text.casefold() for token in piece.tokens if token.word]
    if slots["n"][0].kind == "percent":
        return unit in ("%", "percent", "")
    if "degrees" in spoken:
        return unit in ("°c", "°", "")
    return True


def _warm(reader: Reader, piece: Piece) -> Condition | None:
    """`it is warmer than 30 degrees [in the greenhouse]`."""
    for pattern, op in (
        ("it (is|gets|becomes) (warmer|hotter) than {n:amount} [degrees] [(in|inside|at) [the] {where:words}]", ">"),
        ("it (is|gets|becomes) (colder|cooler) than {n:amount} [degrees] [(in|inside|at) [the] {where:words}]", "<"),
        ("it (is|gets) (above|over|more than) {n:amount} degrees [(in|inside|at) [the] {where:words}]", ">"),
        ("it (is|gets) (below|under|less than) {n:amount} degrees [(in|inside|at) [the] {where:words}]", "<"),
    ):
        bare = piece.placeless()
        slots = match(pattern, bare)
        if slots is None:
            continue
        devices = tuple(name for _, mention in bare.places for name in mention.names) or None
        words = ["warm", *(said(slots, "where") if "where" in slots else [])]
        found = reader.world.sensed(words, devices)
        if not found:
            # `the greenhouse is above 30 degrees`: the place alone, with the one sensor of that unit there.
            return None
        choices = tuple(Choice({"sensor": one.name}, one.device) for one in found)
        act = Act("edge.read", choices, bare.places, "output.value", found[0].unit)
        return Condition(act, act.measure, op, slots["n"][0].value)
    return _place(reader, piece)


def _place(reader: Reader, piece: Piece) -> Condition | None:
    """`the greenhouse is above 30 degrees`: a place, whose one thermometer is meant."""
    for pattern, op in COMPARISONS[:4]:
        slots = match("[the] {where:any} " + _signed(pattern), piece)
        if slots is None or not any(token.text.casefold() == "degrees" for token in piece.tokens):
            continue
        devices = [int(t.value or 0) for t in slots["where"] if t.kind == "device"]
        names = tuple(name for one in devices for name in piece.line.mentions[one].names) or None
        words = [t.text.casefold() for t in slots["where"] if t.word]
        found = reader.world.sensed(["warm", *words], names)
        if len(found) == 1:
            choice = Choice({"sensor": found[0].name}, found[0].device)
            act = Act("edge.read", (choice,), (), "output.value", found[0].unit)
            return Condition(act, act.measure, op, slots["n"][0].value)
    return None


def _state(reader: Reader, piece: Piece) -> Condition | None:
    for pattern, negated in (
        ("{what:any} (is|stands|says|reads) [still|currently] [not] {state:word}", None),
        ("{what:any} isn't {state:word}", True),
    ):
        slots = match(pattern, piece)
        if slots is None:
            continue
        state = said(slots, "state")[0]
        inner = slots["what"]
        words = [token.text.casefold() for token in piece.tokens if token.word]
        denied = negated if negated is not None else "not" in words
        if state not in STATES or any(token.text.casefold() == "not" for token in inner):
            continue
        what = reader.act(replace(piece, tokens=inner), only_nouns=True)
        if what is None or what.skill != "edge.read":
            continue
        value = _known(what.values, state)
        return Condition(what, what.measure, "!=" if denied else "==", value) if value is not None else None
    return None


def _known(values: Sequence[str], state: str) -> str | None:
    """The declared value that the word means; the word itself of a sensor, which declares none."""
    if not values:
        return state
    fitting = [value for value in values if value.casefold() == state] or [
        value for value in values if value.casefold() in STATES[state]
    ]
    return fitting[0] if len(fitting) == 1 else None


def _charging(reader: Reader, piece: Piece) -> Condition | None:
    if "phone.battery" not in reader.world.skills:
        return None
    for pattern, wanted in (
        ("{v:device} (is|gets) (charging|plugged in|being charged)", True),
        ("{v:device} (is not|isn't) (charging|plugged in|being charged)", False),
    ):
        slots = match(pattern, piece)
        if slots is None:
            continue
        mention = piece.line.mentions[int(slots["v"][0].value or 0)]
        if reader.world.able("phone.battery", mention.names):
            return Condition(Act("phone.battery", (Choice({}),), (("of", mention),)), "output.charging", "==", wanted)
    return None

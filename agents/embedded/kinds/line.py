"""A request as typed tokens in which the devices are marked, and pieces of it as text that patterns match.

Each word is written in small letters, each literal as its kind and its place: `<q3>` is quoted text, `<v5>` a device.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, wraps
from itertools import accumulate
from typing import Final, TypeVar, cast

from agents.embedded.devices import key
from agents.embedded.kinds.world import KIND_NOUNS, World, parts_of
from agents.embedded.tokens import Kind, Token, tokenise
from agents.embedded.wordset import words
from protocol.vocabulary import DeviceKind

MARKS: Final = {
    Kind.QUOTED: "q",
    Kind.PATH: "p",
    Kind.GLOB: "g",
    Kind.URL: "u",
    Kind.HOST: "h",
    Kind.NUMBER: "n",
    Kind.SIZE: "z",
    Kind.DURATION: "d",
    Kind.PERCENT: "c",
    Kind.TIME: "t",
    Kind.LABEL: "l",
    Kind.SIGN: "s",
    Kind.DEVICE: "v",
}
LONG: Final = {
    **{f"{one}{end}": f"{one} is" for one in ("what", "how", "where", "who", "which") for end in ("'s", "s")},
    "what're": "what are", "who're": "who are",
}  # fmt: skip
"""What is written short, in full; the offsets of a token stay its own."""
R = TypeVar("R")
PREPOSITIONS = words("on of from in at for with to onto into by using via through inside within")
ARTICLES = words("the my our your this that a an")
EVERY = words("both all every each")
_DEGREES = re.compile(r"(?<=\d)\s*(?:°\s*C?\b|℃|deg(?:rees?)?(?:\s+(?:celsius|C))?\b|celsius\b)", re.IGNORECASE)
# Where a page is spoken of, a host of this network with its port is its address.
_PORT = re.compile(
    r"(\b(?:open|visit|load|show|read|(?:go|browse|navigate) to|page|site|of)\s+)"
    r"((?:localhost|\d{1,3}(?:\.\d{1,3}){3}):\d{2,5}(?:/[^\s\"'`]*)?)",
    re.IGNORECASE,
)
# The hour of a clock, in the form that has its minutes: `8 pm`, `6 o'clock`, noon.
_HOURS = (
    (re.compile(r"(?<=\bat )(\d{1,2})\s?([ap])\.?m\b\.?", re.IGNORECASE), r"\1:00 \2m"),
    (re.compile(r"(?<=\bat )(\d{1,2}) o['’]clock\b", re.IGNORECASE), r"\1:00"),
    (re.compile(r"(?<=\bat )(?:noon|midday)\b", re.IGNORECASE), "12:00"),
    (re.compile(r"(?<=\bat )midnight\b", re.IGNORECASE), "0:00"),
)
_POSSESSIVE = re.compile(r"['’]s?$")
_CALL = re.compile(r"\+\d[\d()/-]*")
_SIGNED = re.compile(r"-\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Mention:
    """Devices as the request names them. `many`: all of them; else one, which is asked for where there are more.

    `there`: the device that was spoken of before.
    """

    text: str
    names: tuple[str, ...] = ()
    many: bool = False
    there: bool = False


class Written:
    """Tokens as text that patterns match, and what has matched it. Holds the tokens, so that their ids stay theirs."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self.tokens = tokens
        self._parts = [_written(token, number) for number, token in enumerate(tokens)]
        self.said = "".join(self._parts)
        self.matched: dict[str, dict[str, tuple[Token, ...]] | None] = {}
        self.read: dict[Hashable, object] = {}

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of `said`, and for each literal the mark of its kind: `<q` for `<q3>`."""
        return frozenset([one[:2] if one[:1] == "<" else one for one in self.said.split(" ")])

    @cached_property
    def starts(self) -> tuple[int, ...]:
        return tuple(accumulate((len(one) for one in self._parts[:-1]), initial=0)) if self.tokens else ()


@dataclass(frozen=True, slots=True)
class Line:
    """The whole request. `mentions` are what DEVICE tokens stand for, by their value.

    `written` are its pieces as text, by their tokens' ids: the same piece is asked for many times.
    """

    text: str
    tokens: tuple[Token, ...]
    mentions: tuple[Mention, ...]
    written: dict[tuple[int, ...], Written] = field(default_factory=dict, init=False, repr=False, compare=False)

    def piece(self, begin: int, end: int) -> Piece:
        return Piece(self, tuple(self.tokens[begin:end]))


@dataclass(frozen=True)
class Piece:
    """Some tokens of a line. `said` is what patterns match; `places` are devices that were taken out, with their
    preposition: `screenshot <on the phone>`."""

    line: Line
    tokens: tuple[Token, ...]
    places: tuple[tuple[str, Mention], ...] = ()

    @cached_property
    def written(self) -> Written:
        key = tuple(map(id, self.tokens))
        found = self.line.written.get(key)
        if found is None:
            found = self.line.written[key] = Written(self.tokens)
        return found

    @property
    def said(self) -> str:
        return self.written.said

    @property
    def starts(self) -> tuple[int, ...]:
        """Where each token begins in `said`."""
        return self.written.starts

    def between(self, begin: int, end: int) -> tuple[Token, ...]:
        """The tokens of `said[begin:end]`."""
        return tuple(t for t, at in zip(self.tokens, self.starts, strict=True) if begin <= at < end)

    def source(self, tokens: Sequence[Token]) -> str:
        """These tokens as they were written."""
        return self.line.text[tokens[0].start : tokens[-1].end] if tokens else ""

    def placeless(self) -> Piece:
        """The piece without its devices, which become `places`."""
        kept: list[Token] = []
        places: list[tuple[str, Mention]] = []
        at = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.kind is not Kind.DEVICE:
                kept.append(token)
                at += 1
                continue
            prep = ""
            owner = _POSSESSIVE.search(token.text) and at + 1 < len(self.tokens)
            if kept and kept[-1].word and kept[-1].text.casefold() in PREPOSITIONS and not owner:
                prep = kept.pop().text.casefold()
            places.append((prep, self.line.mentions[int(token.value or 0)]))
            at += 1
        return Piece(self.line, tuple(kept), (*self.places, *places))

    def without(self, tokens: Sequence[Token]) -> Piece:
        gone = {id(token) for token in tokens}
        return Piece(self.line, tuple(t for t in self.tokens if id(t) not in gone), self.places)


def kept(read: Callable[[Piece], R], piece: Piece) -> R:
    """What a function makes of a piece, kept with its line: of a function of nothing but the piece, whose results
    nobody changes."""
    known, key = piece.written.read, (read, piece.places)
    if key not in known:
        known[key] = read(piece)
    return cast(R, known[key])


def once(read: Callable[[Piece], R]) -> Callable[[Piece], R]:
    """The function as one whose results are `kept`."""

    @wraps(read)
    def reading(piece: Piece) -> R:
        return kept(read, piece)

    return reading


@lru_cache(maxsize=4)
def shared(line: Line) -> Line:
    """The line that was the same before, with all that is known of its pieces: one request is read several times."""
    return line


def _written(token: Token, number: int) -> str:
    mark = MARKS.get(token.kind)
    if mark is not None:
        return f"<{mark}{number}> "
    text = token.text.casefold().replace("’", "'")
    text = LONG.get(text, text)
    if _CALL.fullmatch(text):
        return f"<f{number}> "
    return f"{text} " if "<" not in text and ">" not in text else f"<x{number}> "


def line_of(text: str, world: World, mend: Callable[[list[Token]], list[Token]] = list) -> Line:
    """The request as a line. Offsets of its tokens are into `Line.text`. `mend` sets its words right before devices
    are looked for."""
    text = _PORT.sub(r"\1http://\2", _DEGREES.sub(" degrees", text))
    for hour, full in _HOURS if '"' not in text and "'" not in text.replace("o'clock", "") else ():
        text = hour.sub(full, text)
    tokens = mend([_number(token) for token in tokenise(text)])
    return _marked(text, _things_in_place(tokens, world), world)


SETTING: Final = words("open close shut lock unlock turn switch set put")


def _things_in_place(tokens: list[Token], world: World) -> list[Token]:
    """`..., otherwise close it`: the actuator that was named last, in the place of the word that stands for it."""
    names = sorted({tuple(parts_of(one.name)) for _, one in world.actuators}, key=len, reverse=True)
    out: list[Token] = []
    last: list[Token] = []
    for at, token in enumerate(tokens):
        for name in names:
            if tuple(_low(tokens, at + i) for i in range(len(name))) == name:
                last = tokens[at : at + len(name)]
        stands = token.word and _low(tokens, at) == "it" and _low(tokens, at - 1) in SETTING
        out.extend([replace(one, start=token.start, end=token.end) for one in last] if stands and last else [token])
    return out


def _number(token: Token) -> Token:
    if token.word and _SIGNED.fullmatch(token.text):
        value = float(token.text) if "." in token.text else int(token.text)
        return replace(token, kind=Kind.NUMBER, value=value)
    return token


def _marked(text: str, tokens: list[Token], world: World) -> Line:
    out: list[Token] = []
    mentions: list[Mention] = []
    at = 0
    while at < len(tokens):
        found = _mention(tokens, at, world)
        if found is None:
            out.append(tokens[at])
            at += 1
            continue
        mention, end, tail = found
        first = tokens[at]
        said = text[first.start : tokens[end - 1].end]
        out.append(
            replace(first, kind=Kind.DEVICE, text=said, lemma="<device>", end=tokens[end - 1].end, value=len(mentions))
        )
        mentions.append(replace(mention, text=said))
        out.extend(tail)
        at = end
    return Line(text, tuple(out), tuple(mentions))


def _low(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].text.casefold() if 0 <= at < len(tokens) and tokens[at].kind is not Kind.QUOTED else ""


def _mention(tokens: Sequence[Token], at: int, world: World) -> tuple[Mention, int, list[Token]] | None:
    """(mention, where it ends, what stays behind it) of a device that is named at `at`."""
    begin = at
    many = _low(tokens, at) in EVERY
    at += many
    while _low(tokens, at) in ARTICLES | ({"of"} if many else frozenset()):
        at += 1
    if _low(tokens, begin) == "there" and _low(tokens, begin - 1) not in {"is", "are", "'s"}:
        asks = _low(tokens, begin + 1) in {"is", "are", "'s"}
        return None if asks else (Mention("there", there=True), begin + 1, [])
    named = _named(tokens, at, world)
    if named is not None:
        name, end = named
        return (Mention("", (name,)), end, []) if not many else None
    kind = _kind(tokens, at, world)
    if kind is None or (begin == at and not _stands_alone(tokens, at)):
        return None
    wanted, end = kind
    after = _named(tokens, end, world)
    if after is not None and world.fleet.devices[after[0]].kind is wanted and not many:
        return Mention("", (after[0],)), after[1], []
    names = world.of_kind(wanted)
    plural = _low(tokens, end - 1).removesuffix("'s").endswith("s") and not _low(tokens, end - 1).endswith("'s")
    if plural != many or not names:
        return (Mention("", names), end, []) if names and many and _low(tokens, begin) in {"every", "each"} else None
    return Mention("", names, many=many), end, []


def _stands_alone(tokens: Sequence[Token], at: int) -> bool:
    """`phone battery` speaks of the phone; `phone 112233` and `call the phone number` do not."""
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    if after is None:
        return True
    return after.kind not in (Kind.NUMBER, Kind.PATH) and not _CALL.fullmatch(after.text)


def _named(tokens: Sequence[Token], at: int, world: World) -> tuple[str, int] | None:
    """A device by its name: as it is, or with spaces for its hyphens; nouns of its kind beside it belong to it."""
    for size in range(min(4, len(tokens) - at), 0, -1):
        said = " ".join(_low(tokens, at + i) for i in range(size)).replace("’", "'")
        bare = said.removesuffix("'s").removesuffix("'")
        name = world.names.get(bare) or world.names.get(key(bare))
        if name is None:
            continue
        end = at + size
        kind = _kind(tokens, end, world) if bare == said else None
        if kind is not None and world.fleet.devices[name].kind is kind[0]:
            end = kind[1]
        return name, end
    return None


def _kind(tokens: Sequence[Token], at: int, world: World) -> tuple[DeviceKind, int] | None:
    """A noun for devices of a kind that is there: `phone`, `android phone`, `edge box`."""
    for size in (3, 2, 1):
        said = " ".join(_low(tokens, at + i) for i in range(size)).replace("’", "'")
        bare = said.removesuffix("'s").removesuffix("'")
        kind = KIND_NOUNS.get(bare) or (KIND_NOUNS.get(bare[:-1]) if bare.endswith("s") else None)
        kind = kind or (KIND_NOUNS.get(bare[:-2]) if bare.endswith("xes") else None)
        if kind is None or at + size > len(tokens) or not world.of_kind(kind):
            continue
        if size == 1 and said == "phone" and _low(tokens, at + 1) in {"number", "call", "calls"}:
            return None
        return kind, at + size
    return None

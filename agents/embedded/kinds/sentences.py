"""Cuts a request into sentences, and each into deeds: where every piece has a meaning of its own.

The cut is decided by what the pieces mean: "and" joins two orders where both sides are orders, and two things of one
order else. The reading with the fewest pieces counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from agents.embedded.kinds.acts import Act, Deed, Narrow, Part
from agents.embedded.kinds.conditions import Condition, condition
from agents.embedded.kinds.line import Line, Piece
from agents.embedded.kinds.reading import Reader, courteous
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words
from orchestrator.core.plan import Plan

JOINTS: Final = words("and then also afterwards plus , ; & after that finally next lastly")
ENDS: Final = frozenset(".!?;:")
IFS: Final = words("if when whenever once unless")
OTHERWISE: Final = words("otherwise else")
TELLING: Final = words("notify inform alert remind notification")
PIECES: Final = 12


@dataclass(frozen=True, slots=True)
class Clause:
    """Deeds in order. `then`: they wait for what was before. With a condition, `deeds` happen where it holds,
    `otherwise` where it does not; `mark` is the word that it began with, `occasion` the condition as it was written."""

    deeds: tuple[tuple[str, Deed], ...]
    condition: Condition | None = None
    also: tuple[Condition, ...] = ()
    mark: str = ""
    occasion: str = ""
    otherwise: tuple[tuple[str, Deed], ...] = ()


class Unread(Exception):
    """A sentence that has no reading. `words`: the piece that has none, as far as that can be told."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


def clauses(line: Line, reader: Reader) -> list[Clause]:
    """The request, clause by clause. Raises Unread."""
    out: list[Clause] = []
    for begin, end in _sentences(line):
        piece = line.piece(begin, end)
        first = _low(piece.tokens, 0)
        if first in OTHERWISE and out and out[-1].condition is not None and not out[-1].otherwise:
            rest = line.piece(begin + 1 + (_low(piece.tokens, 1) == ","), end)
            out[-1] = replace(out[-1], otherwise=_deeds(rest, reader))
            continue
        found = _sentence(piece, reader)
        (_, narrow) = found.deeds[0]
        if (
            isinstance(narrow, Narrow)
            and len(found.deeds) == 1
            and out
            and not (out[-1].condition or out[-1].otherwise)
        ):
            *before, (joint, last) = out[-1].deeds
            out[-1] = replace(out[-1], deeds=(*before, (joint, _narrowed(last, narrow, piece, reader))))
            continue
        out.append(found)
    if any(isinstance(deed, Narrow) for clause in out for _, deed in (*clause.deeds, *clause.otherwise)):
        raise Unread(line.text)
    return out


def _narrowed(deed: Deed, narrow: Narrow, piece: Piece, reader: Reader) -> Deed:
    """What was asked for before, and so much of it. Raises Unread where that cannot be said to its skill."""
    found = reader.narrowed(deed, narrow) if isinstance(deed, Act) else None
    if found is None:
        raise Unread(piece.source(piece.tokens))
    return found


def _sentences(line: Line) -> list[tuple[int, int]]:
    out, begin = [], 0
    for at, token in enumerate(line.tokens):
        if token.kind is Kind.PUNCT and token.text in ENDS and not _colon(line, begin, at):
            out.append((begin, at))
            begin = at + 1
    out.append((begin, len(line.tokens)))
    return [(begin, end) for begin, end in out if end > begin]


def _colon(line: Line, begin: int, at: int) -> bool:
    """A colon before quoted text belongs to it, as does that before what somebody is to be told: `send an SMS to
    112233: "hello"`, `notify me: done`."""
    after = line.tokens[at + 1] if at + 1 < len(line.tokens) else None
    if line.tokens[at].text != ":" or after is None:
        return False
    told = any(_low(line.tokens, one) in TELLING for one in range(begin, at))
    return after.kind is Kind.QUOTED or (told and all(one.text != ":" for one in line.tokens[begin:at]))


def _low(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].text.casefold() if 0 <= at < len(tokens) and tokens[at].kind is not Kind.QUOTED else ""


def _sentence(piece: Piece, reader: Reader) -> Clause:
    piece = _placed(courteous(piece))
    tokens = piece.tokens
    every = _low(tokens, 0) in {"every", "each", "any"} and _low(tokens, 1) == "time"
    soon = [_low(tokens, at) for at in range(4)] == ["as", "soon", "as"] or [_low(tokens, at) for at in range(3)] == [
        "as",
        "soon",
        "as",
    ]
    if _low(tokens, 0) in IFS or every or soon:
        start = 2 if every else 3 if soon else 1
        mark = "whenever" if every else "once" if soon else _low(tokens, 0)
        return _leading(piece, start, mark, reader)
    at = next((at for at in range(1, len(tokens)) if _low(tokens, at) in IFS and not _asked(tokens, at)), None)
    if at is not None:
        found = _trailing(piece, at, reader)
        if found is not None:
            return found
    return Clause(_deeds(piece, reader))


def _placed(piece: Piece) -> Piece:
    """`on the desktop, click OK`: where all of the sentence is to be done, taken out of its front."""
    tokens = piece.tokens
    front = _low(tokens, 0) in {"on", "at", "from"} and len(tokens) > 3 and tokens[1].kind is Kind.DEVICE
    if not front or _low(tokens, 2) != "," or any(token.kind is Kind.DEVICE for token in tokens[3:]):
        return piece
    mention = piece.line.mentions[int(tokens[1].value or 0)]
    return Piece(piece.line, tokens[3:], ((_low(tokens, 0), mention),))


def _asked(tokens: Sequence[Token], at: int) -> bool:
    """`check if the window is open`: a question, no condition."""
    return _low(tokens, at - 1) in {"check", "see", "out", "verify", "me", "know", "report"}


def _leading(piece: Piece, start: int, mark: str, reader: Reader) -> Clause:
    tokens = piece.tokens
    turn = next((at for at in range(start, len(tokens)) if _low(tokens, at) in OTHERWISE), len(tokens))
    for at in range(start + 2, turn):
        found = _conditions(_of(piece, start, at), reader)
        if not found:
            continue
        begin = at
        while _low(tokens, begin) in {",", "then", "please"}:
            begin += 1
        try:
            deeds = _deeds(_of(piece, begin, turn), reader)
            otherwise = _deeds(_of(piece, turn + 1, len(tokens)), reader) if turn < len(tokens) else ()
        except Unread:
            continue
        return Clause(deeds, found[0], found[1:], mark, piece.source(tokens[start:at]), otherwise)
    raise Unread(piece.source(tokens))


def _trailing(piece: Piece, at: int, reader: Reader) -> Clause | None:
    tokens = piece.tokens
    turn = next((one for one in range(at, len(tokens)) if _low(tokens, one) in OTHERWISE), len(tokens))
    end = turn
    while end > at and _low(tokens, end - 1) in {",", "and", "or"}:
        end -= 1
    found = _conditions(_of(piece, at + 1, end), reader)
    if not found:
        return None
    before = at
    while before > 0 and _low(tokens, before - 1) in {",", "but", "only"}:
        before -= 1
    deeds = _deeds(_of(piece, 0, before), reader)
    if len(deeds) > 1:
        raise Unread(piece.source(tokens))  # it is not clear how much of the sentence the condition covers
    otherwise = _deeds(_of(piece, turn + 1, len(tokens)), reader) if turn < len(tokens) else ()
    return Clause(deeds, found[0], found[1:], _low(tokens, at), piece.source(tokens[at + 1 : end]), otherwise)


def _conditions(piece: Piece, reader: Reader) -> tuple[Condition, ...]:
    """One condition, or several that must all hold; none where it is no condition."""
    one = condition(reader, piece)
    if one is not None:
        return (one,)
    for at in range(2, len(piece.tokens) - 2):
        if _low(piece.tokens, at) == "and":
            first = condition(reader, _of(piece, 0, at))
            rest = _conditions(_of(piece, at + 1, len(piece.tokens)), reader) if first is not None else ()
            if first is not None and rest:
                return (first, *rest)
    return ()


def _of(piece: Piece, begin: int, end: int) -> Piece:
    return Piece(piece.line, piece.tokens[begin:end], piece.places)


def _deeds(piece: Piece, reader: Reader) -> tuple[tuple[str, Deed], ...]:
    """The deeds of a sentence without a condition, each with the word that joins it to the one before.

    Raises Unread where it cannot be cut into pieces that all mean something.
    """
    cuts = _cuts(piece)
    if not cuts or len(cuts) > PIECES:
        raise Unread(piece.source(piece.tokens))
    best: dict[int, tuple[_Read, ...] | None] = {len(cuts): ()}
    for first in range(len(cuts) - 1, -1, -1):
        best[first] = None
        for last in range(len(cuts) - 1, first - 1, -1):
            rest, current = best[last + 1], best[first]
            if rest is None or (current is not None and len(current) <= len(rest) + 1):
                continue
            part = _of(piece, cuts[first][1], cuts[last][2])
            deed = reader.deed(part)
            if deed is not None:
                best[first] = ((cuts[first][0], deed, part), *rest)
    found = best[0]
    if found is None:
        parts = [_of(piece, begin, end) for _, begin, end in cuts]
        unread = [part.source(part.tokens) for part in parts if reader.deed(part) is None]
        raise Unread(" / ".join(unread[:3]) or piece.source(piece.tokens))
    return _shared(found, reader)


_Read = tuple[str, Deed, Piece]


def _cuts(piece: Piece) -> list[tuple[str, int, int]]:
    """(what joins it, begin, end) of each run of tokens between joints."""
    out: list[tuple[str, int, int]] = []
    begin, joint, at = 0, "", 0
    tokens = piece.tokens
    while at <= len(tokens):
        ends = at == len(tokens) or _joint(tokens, at)
        if not ends:
            at += 1
            continue
        if at > begin:
            out.append((joint, begin, at))
            joint = ""
        while at < len(tokens) and _joint(tokens, at):
            word = _low(tokens, at)
            joint = "then" if word not in {"and", ",", "&", "also", "plus"} or joint == "then" else "and"
            at += 1
        begin = at
        if at >= len(tokens):
            break
    return out


def _joint(tokens: Sequence[Token], at: int) -> bool:
    low = _low(tokens, at)
    if low in {"after", "that"}:
        pair = [_low(tokens, at), _low(tokens, at + 1)] == ["after", "that"]
        return pair or (low == "that" and _low(tokens, at - 1) == "after")
    return low in JOINTS and (tokens[at].word or tokens[at].kind is Kind.PUNCT)


def _shared(deeds: tuple[_Read, ...], reader: Reader) -> tuple[tuple[str, Deed], ...]:
    """`open the window and the valve`: a thing without a verb, behind an order that changes something, shares its
    verb; behind one that reads it is one more thing to read. Raises Unread where neither is so."""
    out: list[tuple[str, Deed]] = []
    for joint, deed, piece in deeds:
        before = out[-1][1] if out else None
        if isinstance(deed, Narrow) and before is not None:
            out[-1] = (out[-1][0], _narrowed(before, deed, piece, reader))
            continue
        if isinstance(deed, Act) and deed.bare and before is not None and not _reads(before, reader):
            shared = _sharing(before, piece, reader) if isinstance(before, Act) else None
            if shared is None:
                raise Unread(f"{piece.source(piece.tokens)}: what is to be done with it is not said")
            deed = shared
        out.append((joint, deed))
    return tuple(out)


def _reads(deed: Deed, reader: Reader) -> bool:
    skills = reader.world.skills
    if isinstance(deed, Part):
        return not isinstance(deed.plan, Plan) or all(skills[step.skill].risk == "read" for step in deed.plan.steps)
    return isinstance(deed, Act) and skills[deed.skill].risk == "read"


def _sharing(before: Act, piece: Piece, reader: Reader) -> Act | None:
    if before.around is None:
        return None
    thing = piece.tokens[1:] if _low(piece.tokens, 0) in {"the", "my", "our"} else piece.tokens
    front, behind = before.around
    deed = reader.act(Piece(piece.line, (*front, *thing, *behind)))
    return deed if deed is not None and deed.skill == before.skill else None

"""`if ..., ...`, with `otherwise ...` behind it or as a sentence of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.acts import Acting
from agents.embedded.flow.builder import Builder
from agents.embedded.flow.comparing import comparing
from agents.embedded.flow.conditions import All, Condition, opposite
from agents.embedded.flow.deeds import clauses
from agents.embedded.flow.line import part
from agents.embedded.flow.parts import Part, PartReader, build
from agents.embedded.flow.whether import condition
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from agents.embedded.tokens import Token
from orchestrator.core.plan import StepDependency

_IFS: Final = ("if", "unless", "when", "provided", "assuming")
_HEADS: Final = (
    ("in", "the", "event", "that"), ("but", "only", "if"), ("only", "if"), ("provided", "that"), ("assuming", "that"),
    ("in", "case", "that"), ("in", "case"), ("as", "long", "as"), ("but", "only", "when"), ("only", "when"),
    ("provided",), ("assuming",), ("should",), ("unless",), ("when",), ("if",),
)  # fmt: skip
_ELSES: Final = (
    "(otherwise|or else|else) [,] {rest:any}",
    "in (any other|all other|every other|the other|the opposite) (case|cases) [,] {rest:any}",
)
_NOT: Final = (
    "(not|it is not|it isn't|it's not|they are not|they aren't|it does not|it doesn't|they do not|they don't|"
    "(this|that) is not [the case|so]|(this|that) isn't [the case|so]|there are not|"
    "there aren't|there isn't|there is not|"
    "there are none|none are|none is|neither is|none do|none does)"
)
_SO: Final = (
    "(so|yes|it is|it's so|they are|it does|they do|that is [so|the case]|this is [so|the case]|there are|there is)"
)
_THAT_CASE: Final = "(in that case|in this case|then) , {rest:any}"
_WHETHER: Final = "(check|look|see|find out|test|determine|compare) whether {what:any}"
_IF_ASKED: Final = "(check|look|see|find out|test|determine)"
_TOO: Final = ("too", "also", "well", "still", "again")
_ENDS: Final = (".", "?", "!", ";")
_FILLERS: Final = (",", "then", "just", "only", "please", "simply")


@dataclass(frozen=True)
class If(Part):
    """Deeds that are done where a condition holds, and others where it does not."""

    condition: Condition
    deeds: tuple[Part, ...]
    otherwise: tuple[Part, ...] = ()

    limits = True

    def build(self, to: Builder) -> None:
        gates = self.condition.gates(to)
        _under(to, gates, self.deeds)
        to.conditions.append(gates)
        if self.otherwise:
            _otherwise(to, self.otherwise)


@dataclass(frozen=True)
class Otherwise(Part):
    """Deeds that are done where the condition before does not hold."""

    deeds: tuple[Part, ...]

    limits = True

    def build(self, to: Builder) -> None:
        _otherwise(to, self.deeds)


@dataclass(frozen=True)
class Again(Part):
    """Deeds that are done where the condition before holds: `if so`."""

    deeds: tuple[Part, ...]

    limits = True

    def build(self, to: Builder) -> None:
        if not to.conditions:
            raise decline("there is no condition that this belongs to")
        _under(to, to.conditions[-1], self.deeds)


@dataclass(frozen=True)
class Asked(Part):
    """A question whose answer later sentences depend on: `check whether the two are the same`."""

    condition: Condition

    limits = True

    def build(self, to: Builder) -> None:
        gates = self.condition.gates(to)
        to.conditions.append(gates)
        to.asked += [gate.step for gate in gates]


@dataclass(frozen=True)
class Negated(Condition):
    """Where another one does not hold."""

    condition: Condition

    def gates(self, to: Builder) -> tuple[StepDependency, ...]:
        return opposite(self.condition.gates(to))


def _under(to: Builder, gates: Sequence[StepDependency], deeds: Sequence[Part]) -> None:
    """Build the deeds behind gates. What they make is not spoken of later: it may never be made."""
    if to.draft.gates:
        raise decline("a condition within a condition is not read")
    before = list(to.made)
    for deed in deeds:
        to.draft.begin((), gates)
        build(to, deed)
    to.made = before
    to.draft.begin((), ())


def _otherwise(to: Builder, deeds: Sequence[Part]) -> None:
    if not to.conditions or to.draft.gates:
        raise decline("there is no condition that `otherwise` belongs to", ["otherwise"])
    _under(to, opposite(to.conditions.pop()), deeds)


class Conditional:
    """Reads clauses that begin with a condition, or with `otherwise`."""

    def __init__(self, acting: Acting, more: Sequence[PartReader]) -> None:
        self.acting = acting
        self.more = more

    def __call__(self, piece: Piece) -> Part | None:
        rest = self._either(piece)
        if rest is not None:
            holds, bare = rest
            deeds = self._deeds(_bare(bare, 0), True)
            return (Again(deeds) if holds else Otherwise(deeds)) if deeds else None
        head = _head(piece)
        if not head:
            return self._asked(piece) or self._behind(piece)
        for at in range(len(head) + 2, len(piece.tokens)):
            if _low(piece, at) not in (",", "then"):
                continue
            if _low(piece, at - 1) in _TOO or _low(piece, at + 1) in _TOO:
                return None  # whether a condition before has to hold as well is open
            found = self._condition(part(piece, len(head), at), head)
            # `instead` goes with a condition that what was done before excludes: it was done where a page had failed.
            deeds = self._deeds(_bare(piece, at), isinstance(found, All)) if found is not None else None
            if found is not None and deeds:
                return _split(found, deeds)
        return None

    def _condition(self, piece: Piece, head: tuple[str, ...]) -> Condition | None:
        """`when` is read as `if` only of what was computed: of a sensor it would be waited for."""
        found = comparing(piece) if "when" in head else condition(piece, self.acting)
        return Negated(found) if found is not None and head == ("unless",) else found

    def _either(self, piece: Piece) -> tuple[bool, Piece] | None:
        """(whether it has to hold, what is to be done) of a clause that belongs to a condition before."""
        for pattern in _ELSES:
            slots = match(pattern, piece)
            if slots is not None:
                return False, Piece(piece.line, slots["rest"])
        if _low(piece, 0) != "if":
            slots = match(_THAT_CASE, piece)
            return (True, Piece(piece.line, slots["rest"])) if slots is not None else None
        bare = part(piece, 1, len(piece.tokens))
        for said, holds in ((_NOT, False), (_SO, True)):
            slots = match(f"{said} [,] {{rest:any}}", bare) if holds is False else match(f"{said} , {{rest:any}}", bare)
            if slots is not None and (holds or _comma(bare, slots["rest"][0])):
                return holds, Piece(piece.line, slots["rest"])
        return None

    def _asked(self, piece: Piece) -> Part | None:
        slots = match(_WHETHER, piece)
        if slots is None:
            at = next((at for at in range(len(piece.tokens)) if _low(piece, at) == "if"), 0)
            if not 0 < at <= 2 or match(_IF_ASKED, part(piece, 0, at)) is None:
                return None
            found = condition(part(piece, at + 1, len(piece.tokens)), self.acting)
        else:
            found = condition(Piece(piece.line, slots["what"]), self.acting)
        return Asked(found) if found is not None else None

    def _behind(self, piece: Piece) -> Part | None:
        """`A if C`, as a sentence of its own: of several deeds it would be open which of them the condition is for."""
        ahead = [one.text for one in piece.line.tokens if one.start < piece.tokens[0].start]
        behind = [one.text for one in piece.line.tokens if one.start > piece.tokens[-1].start]
        if (ahead and ahead[-1] not in _ENDS) or (behind and behind[0] not in _ENDS):
            return None
        ifs = [at for at in range(len(piece.tokens)) if _low(piece, at) in _IFS]
        if len(ifs) != 1 or _low(piece, ifs[0] - 1) in ("and", "then", "as"):
            return None
        end = ifs[0]
        while _low(piece, end - 1) in ("only", "but", ","):
            end -= 1
        begin = ifs[0] + 1 + (_low(piece, ifs[0] + 1) == "that" and _low(piece, ifs[0]) in ("provided", "assuming"))
        found = self._condition(part(piece, begin, len(piece.tokens)), (_low(piece, ifs[0]),))
        deeds = self._deeds(part(piece, 0, end), False) if found is not None and end > 0 else None
        return If(found, deeds) if found is not None and deeds and len(deeds) == 1 else None

    def _deeds(self, piece: Piece, instead: bool) -> tuple[Part, ...] | None:
        end = len(piece.tokens) - (instead and _low(piece, len(piece.tokens) - 1) == "instead")
        found = clauses(part(piece, 0, end), self.more) if end else None
        return tuple(deed for deed, _ in found) if found else None


def _split(found: Condition, deeds: tuple[Part, ...]) -> If | None:
    """`if C, A, otherwise B`: the last clause is the other branch."""
    if any(isinstance(deed, Otherwise) for deed in deeds[:-1]) or any(isinstance(deed, If) for deed in deeds):
        return None
    last = deeds[-1]
    if isinstance(last, Otherwise):
        return If(found, deeds[:-1], last.deeds) if len(deeds) > 1 else None
    return If(found, deeds)


def _head(piece: Piece) -> tuple[str, ...]:
    """The words by which a condition begins; empty where it begins with none."""
    return next((one for one in _HEADS if tuple(_low(piece, at) for at in range(len(one))) == one), ())


def _comma(piece: Piece, token: Token) -> bool:
    at = piece.tokens.index(token)
    return _low(piece, at - 1) in (",", "then")


def _bare(piece: Piece, begin: int) -> Piece:
    while _low(piece, begin) in _FILLERS:
        begin += 1
    return part(piece, begin, len(piece.tokens))


def _low(piece: Piece, at: int) -> str:
    return piece.tokens[at].text.casefold() if 0 <= at < len(piece.tokens) else ""

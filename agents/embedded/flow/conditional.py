"""`if ..., ...`, with `otherwise ...` behind it or as a sentence of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from agents.embedded.flow.conditions import All, Condition, condition, opposite
from agents.embedded.flow.line import part
from agents.embedded.flow.parts import Part, PartReader
from agents.embedded.kinds.line import Piece
from agents.embedded.outcome import decline
from orchestrator.core.plan import StepDependency

if TYPE_CHECKING:
    from agents.embedded.flow.acts import Acting
    from agents.embedded.flow.build import Builder
    from agents.embedded.flow.deeds import Deed

_IFS: Final = ("if", "should")
_TOO: Final = ("too", "also", "well", "still", "again")
_ENDS: Final = (".", "?", "!", ";")
_ELSE: Final = ("otherwise", "else")
_FILLERS: Final = (",", "then", "just", "only", "please", "simply")


@dataclass(frozen=True)
class If(Part):
    """Deeds that are done where a condition holds, and others where it does not."""

    condition: Condition
    deeds: tuple[Deed, ...]
    otherwise: tuple[Deed, ...] = ()

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

    deeds: tuple[Deed, ...]

    limits = True

    def build(self, to: Builder) -> None:
        _otherwise(to, self.deeds)


def _under(to: Builder, gates: Sequence[StepDependency], deeds: Sequence[Deed]) -> None:
    """Build the deeds behind gates. What they make is not spoken of later: it may never be made."""
    if to.draft.gates:
        raise decline("a condition within a condition is not read")
    before = list(to.made)
    for deed in deeds:
        to.draft.begin((), gates)
        to.build(deed)
    to.made = before
    to.draft.begin((), ())


def _otherwise(to: Builder, deeds: Sequence[Deed]) -> None:
    if not to.conditions or to.draft.gates:
        raise decline("there is no condition that `otherwise` belongs to", ["otherwise"])
    _under(to, opposite(to.conditions.pop()), deeds)


class Conditional:
    """Reads clauses that begin with a condition, or with `otherwise`."""

    def __init__(self, acting: Acting, more: Sequence[PartReader]) -> None:
        self.acting = acting
        self.more = more

    def __call__(self, piece: Piece) -> Part | None:
        first = _low(piece, 0)
        begin = 1 if first in _ELSE else 2 if [_low(piece, at) for at in range(3)] == ["if", "not", ","] else 0
        if begin:
            deeds = self._deeds(_bare(piece, begin), True)
            return Otherwise(deeds) if deeds else None
        if first not in _IFS:
            return self._behind(piece)
        for at in range(3, len(piece.tokens)):
            if _low(piece, at) not in (",", "then"):
                continue
            if _low(piece, at - 1) in _TOO or _low(piece, at + 1) in _TOO:
                return None  # whether a condition before has to hold as well is open
            found = condition(part(piece, 1, at), self.acting)
            # `instead` goes with a condition that what was done before excludes: it was done where a page had failed.
            deeds = self._deeds(_bare(piece, at), isinstance(found, All)) if found is not None else None
            if found is not None and deeds:
                return _split(found, deeds)
        return None

    def _behind(self, piece: Piece) -> Part | None:
        """`A if C`, as a sentence of its own: of several deeds it would be open which of them the condition is for."""
        ahead = [one.text for one in piece.line.tokens if one.start < piece.tokens[0].start]
        behind = [one.text for one in piece.line.tokens if one.start > piece.tokens[-1].start]
        if (ahead and ahead[-1] not in _ENDS) or (behind and behind[0] not in _ENDS):
            return None
        ifs = [at for at in range(len(piece.tokens)) if _low(piece, at) in (*_IFS, "unless", "when")]
        if len(ifs) != 1 or _low(piece, ifs[0]) != "if" or _low(piece, ifs[0] - 1) in (",", "and", "then"):
            return None
        end = ifs[0] - (_low(piece, ifs[0] - 1) == "only")
        found = condition(part(piece, ifs[0] + 1, len(piece.tokens)), self.acting)
        deeds = self._deeds(part(piece, 0, end), False) if found is not None and end > 0 else None
        return If(found, deeds) if found is not None and deeds and len(deeds) == 1 else None

    def _deeds(self, piece: Piece, instead: bool) -> tuple[Deed, ...] | None:
        from agents.embedded.flow.deeds import clauses

        end = len(piece.tokens) - (instead and _low(piece, len(piece.tokens) - 1) == "instead")
        found = clauses(part(piece, 0, end), self.more) if end else None
        return tuple(deed for deed, _ in found) if found else None


def _split(found: Condition, deeds: tuple[Deed, ...]) -> If | None:
    """`if C, A, otherwise B`: the last clause is the other branch."""
    if any(isinstance(deed, Otherwise) for deed in deeds[:-1]) or any(isinstance(deed, If) for deed in deeds):
        return None
    last = deeds[-1]
    if isinstance(last, Otherwise):
        return If(found, deeds[:-1], last.deeds) if len(deeds) > 1 else None
    return If(found, deeds)


def _bare(piece: Piece, begin: int) -> Piece:
    while _low(piece, begin) in _FILLERS:
        begin += 1
    return part(piece, begin, len(piece.tokens))


def _low(piece: Piece, at: int) -> str:
    return piece.tokens[at].text.casefold() if 0 <= at < len(piece.tokens) else ""

"""The whole request as a flow; a reason where it is none."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from agents.embedded.flow.asides import with_fillings, without_asides, without_counts, without_opening
from agents.embedded.flow.build import planned
from agents.embedded.flow.builder import Builder
from agents.embedded.flow.canonical import joined
from agents.embedded.flow.deeds import clauses
from agents.embedded.flow.line import sentences, together
from agents.embedded.flow.order import Then
from agents.embedded.flow.parts import Part, PartReader
from agents.embedded.flow.readers import readers
from agents.embedded.kinds.line import Line, Piece, line_of, shared
from agents.embedded.kinds.reading import courteous
from agents.embedded.kinds.remains import FORBIDDING, left
from agents.embedded.kinds.world import World
from agents.embedded.outcome import Stop, decline
from agents.embedded.text import TOKEN_LIMIT, normalise, refuse
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Clarification, Declined, Plan

_LATER: Final = words("then afterwards after once finally next lastly")


def propose(
    text: str, fleet: FleetView, client: str | None, answers: Sequence[tuple[str, str]]
) -> Plan | Clarification | Declined:
    reason = refuse(text)
    if reason is not None:
        return decline(reason).result
    world = World(fleet, client, answers)
    line = together(line_of(normalise(text), world), world)
    if len(line.tokens) > TOKEN_LIMIT:
        return decline("the request is too long for a flow").result
    line, counts = without_counts(with_fillings(line))
    line = shared(line)
    more = readers(world)
    found: list[tuple[Part, Piece]] = []
    said: list[Token] = []
    for sentence in without_opening(list(sentences(line))):
        sentence, piece, deeds = _read(sentence, more)
        said += piece.tokens
        if deeds is None:
            unread = sentence.source(sentence.tokens)[:300]
            return decline(f"these words have no place in a flow: {unread}", [unread]).result
        if any(token.text.casefold() in _LATER for token in sentence.tokens if token.start < piece.tokens[0].start):
            found.append((Then(), replace(piece, tokens=())))
        found += deeds
    builder = Builder(world)
    try:
        plan = planned(builder, [deed for deed, _ in found])
    except Stop as stop:
        return stop.result
    for number in counts:
        total = sum(len(made.entries) for made in builder.made if made.kind == "number")
        if number != total and all(len(made.entries) != number for made in builder.made):
            return decline(f"it is not clear which {number} are meant", [str(number)]).result
    line = replace(line, tokens=tuple(said))
    lacking = left(_weighed(line, found, builder.filled), plan, fleet) or _unnamed(line, plan)
    return plan if lacking is None else decline(lacking).result


def _read(sentence: Piece, more: Sequence[PartReader]) -> tuple[Piece, Piece, list[tuple[Part, Piece]] | None]:
    """The deeds of a sentence; with `then` for other words of order where it is not read as it stands."""
    piece = without_asides(courteous(sentence))
    deeds = clauses(piece, more)
    ordered = sentence if deeds is not None else joined(sentence)
    if ordered.said == sentence.said:
        return sentence, piece, deeds
    piece = without_asides(courteous(ordered))
    return ordered, piece, clauses(piece, more)


def _weighed(line: Line, found: Sequence[tuple[Part, Piece]], filled: Collection[str]) -> Line:
    """The line without the words that limit and the numbers that are spelt out, where a deed has read them, and
    without quoted texts that were filled in."""
    read = {
        id(token)
        for deed, piece in found
        if deed.limits
        for token in piece.tokens
        if token.text.casefold().replace("’", "'") in FORBIDDING or (token.kind is Kind.NUMBER and token.text.isalpha())
    }
    left = (token for token in line.tokens if id(token) not in read)
    return replace(
        line, tokens=tuple(token for token in left if token.kind is not Kind.QUOTED or token.value not in filled)
    )


def _unnamed(line: Line, plan: Plan) -> str | None:
    """A device that is named, and by no step: a step that may run anywhere does not stand for it."""
    used = {name for step in plan.steps for name in step.devices.names}
    for mention in line.mentions:
        if mention.names and not set(mention.names) & used:
            return f"no step of the plan is about {mention.text}"
    return None

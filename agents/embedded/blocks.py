"""Clauses in blocks: a condition stands with the clauses of its two branches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.embedded.clauses import Clause
from agents.embedded.outcome import decline


@dataclass(frozen=True, slots=True)
class Block:
    """A clause, or a condition with the clauses of its two branches."""

    clause: Clause
    then: tuple[Clause, ...] = ()
    trailing: bool = False
    otherwise: tuple[Clause, ...] = ()


def blocks(clauses: Sequence[Clause]) -> list[Block]:
    """Groups conditions with their branches: `if C, A, otherwise B` and `A if C`."""
    out: list[Block] = []
    at = 0
    while at < len(clauses):
        clause = clauses[at]
        if clause.mark not in {"if", "unless"}:
            if clause.mark == "else":
                raise decline('"otherwise" without a condition before it', ["otherwise"])
            out.append(Block(clause))
            at += 1
            continue
        end = at + 1
        while end < len(clauses) and clauses[end].sentence == clause.sentence and not clauses[end].mark:
            end += 1
        then = tuple(clauses[at + 1 : end])
        trailing = not then
        if trailing:
            if not out or out[-1].then or out[-1].clause.sentence != clause.sentence:
                raise decline("a condition without anything to do", [token.text for token in clause.tokens][:8])
            if len(out) > 1 and out[-2].clause.sentence == clause.sentence and not out[-2].then:
                raise decline("it is not clear how much of the sentence the condition covers", [clause.mark])
            then = (out.pop().clause,)
        otherwise: tuple[Clause, ...] = ()
        if end < len(clauses) and clauses[end].mark == "else":
            start, sentence = end, clauses[end].sentence
            end += 1
            while end < len(clauses) and clauses[end].sentence == sentence and not clauses[end].mark:
                end += 1
            otherwise = tuple(clauses[start:end])
        out.append(Block(clause, then, trailing, otherwise))
        at = end
    return out

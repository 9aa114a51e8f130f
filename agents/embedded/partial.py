"""What of a request that was declined is placed for sure: the demands before the first one that has no place.

Another rung may build on it. It is a plan only where the rest stands on its own (a next step, or a demand that begins
with its verb) and holds no word that could limit what came before, and where the plan covers the text up to there.
"""

from __future__ import annotations

from collections.abc import Sequence

from agents.covering.check import Grammars, check
from agents.embedded.blocks import Block
from agents.embedded.clauses import VERBS
from agents.embedded.compose import Walk
from agents.embedded.draft import Draft
from agents.embedded.outcome import Stop
from agents.embedded.text import normalise
from agents.embedded.tokens import Token
from agents.embedded.view import View
from agents.embedded.words import NEGATIONS
from agents.embedded.wordset import words
from orchestrator.core.plan import Declined, Plan

LIMITERS = NEGATIONS | words(
    "except excluding besides but only instead rather unless otherwise else just same already if when until before "
    "after while first again too also either both other rest without"
)


def partly(stop: Stop, walk: Walk, text: str, grammars: Grammars) -> Stop:
    """The stop, with the plan of what was placed before it."""
    plan = _placed(walk, normalise(text), grammars) if isinstance(stop.result, Declined) else None
    return stop if plan is None else Stop(stop.result.model_copy(update={"partial": plan}))


def _placed(walk: Walk, text: str, grammars: Grammars) -> Plan | None:
    done, rest = _tokens(walk.blocks[: walk.at]), _tokens(walk.blocks[walk.at :])
    if not done or not rest or not walk.before[0] or not _stands_alone(walk.blocks[walk.at], rest):
        return None
    start = min(token.start for token in rest)
    if start < max(token.end for token in done):
        return None
    draft = Draft(walk.draft.specs, walk.before[0])
    plan = draft.plan(draft.answering(walk.before[1]), "the beginning of the request; what follows has no place here")
    directory = walk.directory
    gaps = check(
        text[:start],
        plan,
        directory.fleet,
        grammars,
        client=directory.client,
        answers=directory.answers,
        strict=True,
        hidden=directory.hidden,
    )
    return None if gaps else plan


def _stands_alone(block: Block, rest: Sequence[Token]) -> bool:
    limited = any(token.word and token.lemma in LIMITERS for token in rest)
    return not limited and (block.clause.link in {"then", "sentence"} or View(rest).head in VERBS)


def _tokens(blocks: Sequence[Block]) -> list[Token]:
    clauses = [clause for block in blocks for clause in (block.clause, *block.then, *block.otherwise)]
    return [token for clause in clauses for token in clause.tokens]

"""Words that look like a demand and are none: `and nothing else`, `leave the number in F`, `this week's counts:`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words
from orchestrator.core.plan import Plan
from protocol.vocabulary import SkillSpec

ELSE = words("else more further other")
PUTS = words("in into as at to on inside")
AT_ONCE = (("one", "after", "the", "other"), ("one", "by", "one"), ("in", "turn"), ("one", "at", "a", "time"))
DETERMINERS = words("the a an all each every both any my our its their those these")
IS = words("is are was were be been isn't aren't")
NOT = words("not don't doesn't isn't aren't never")


def idle_negation(said: Sequence[Token], at: int, plan: Plan, specs: Mapping[str, SkillSpec]) -> bool:
    """Whether the negation, or the `else`, is met by how the plan is made, or asks for nothing."""
    token, low = said[at], said[at].lemma
    before, after = _word(said, at - 1), _word(said, at + 1)
    if low in ("nothing", "no", "none") and after in ELSE:
        return True
    if low in ELSE and before in ("nothing", "no", "anything"):
        return True
    if low in ("leave", "keep"):
        return _leaves(said, at)
    if low in NOT and _sequence(said, at):
        return _at_once(plan)
    compares = any(step.skill in ("data.compare", "file.hash") for step in plan.steps)
    states = before in IS or token.lemma in ("isn't", "aren't")
    ends = at + 1 >= len(said) or not said[at + 1].word
    return low in NOT and compares and states and ends


def _word(said: Sequence[Token], at: int) -> str:
    return said[at].text.casefold() if 0 <= at < len(said) and said[at].word else ""


def _leaves(said: Sequence[Token], at: int) -> bool:
    """`leave it in a.txt` puts it there; `which they leave in F` says where it is; `leave live alone` forbids."""
    if _word(said, at - 1) in ("they", "it", "that", "which") and _word(said, at + 1) in PUTS:
        return True
    ahead: list[Token] = []
    for token in said[at + 1 : at + 10]:
        if token.kind is Kind.PUNCT or token.lemma in ("and", "then"):
            break
        ahead.append(token)
    if any(token.word and token.lemma in ("alone", "untouched", "unchanged", "is", "was") for token in ahead):
        return False
    # Something comes first: `leave in a.txt` says nothing.
    return any(
        token.word and token.lemma in PUTS and ahead[number + 1].kind is Kind.PATH
        for number, token in enumerate(ahead[:-1])
        if number > 0
    )


def _sequence(said: Sequence[Token], at: int) -> bool:
    ahead = [_word(said, place) for place in range(at + 1, min(len(said), at + 8))]
    return any(tuple(ahead[k : k + len(way)]) == way for way in AT_ONCE for k in range(len(ahead)))


def _at_once(plan: Plan) -> bool:
    """Whether the plan has steps that nothing puts one after the other."""
    return sum(not step.after for step in plan.steps) > 1


def amiss(said: Sequence[Token], at: int, text: str) -> bool:
    """`something is off with it` says that it is faulty; `off with it` alone deletes."""
    token = said[at]
    return _word(said, at - 1) in IS and text[token.start : token.end].casefold().startswith("off ")


def idle_word(said: Sequence[Token], at: int, text: str) -> bool:
    """Whether a word that could be a verb is none here."""
    token = said[at]
    before, after = _word(said, at - 1), _word(said, at + 1)
    if amiss(said, at, text):
        return True
    if token.text.casefold() in ("ends", "ending", "end") and after in ("in", "with", "on"):
        return True  # `whose names end in .csv`
    if token.lemma == "something" or (token.lemma == "where" and at and said[at - 1].kind is Kind.PUNCT):
        return True
    # `the traffic counts:` is a noun, and what follows is no object.
    noun = token.text.casefold().endswith("s") and at > 1 and said[at - 1].word and before not in DETERMINERS
    follows = said[at + 1] if at + 1 < len(said) else None
    return (
        noun and before not in ("and", "then", "or") and (follows is None or follows.kind is Kind.PUNCT) and not after
    )

"""How a clause speaks: it asks, orders to be shown something, orders a change, names something, or states."""

from __future__ import annotations

from itertools import pairwise

from agents.embedded.kube.asides import bars, own_plan, stated
from agents.embedded.kube.frames import asks, head_of
from agents.embedded.kube.lexicon import BASES, CHANGES, NEGATIONS, VERB_LEMMAS, VERBS
from agents.embedded.kube.segments import Segment
from agents.embedded.kube.tokens import Token
from agents.embedded.kube.vocabulary import VERB_WORDS
from agents.embedded.wordset import words

_FINITE = words(
    "may might can could shall is are was were has have had keeps keep should must will would i we they it he "
    "she somebody "
    "someone nobody there's "
    "it's i'm we're they're you're i've we've i'd can't cant cannot don't doesn't didn't won't "
    "gets got needs need wants goes went comes stays says said does did"
)
_STAYS = words("stay stays keep keeps leave untouched unchanged alone hands")


_NOUNS = words(
    "limits requests labels restarts changes logs runs tags marks schedules deploys drops moves stops starts"
)


def _third(token: Token) -> bool:
    """`forwards`, `listens`: a verb of a statement."""
    return (
        token.word
        and token.low.endswith("s")
        and token.low not in _NOUNS
        and (VERBS.get(token.low, token.low) != token.low or token.low in VERB_WORDS)
    )


def mood(piece: Segment) -> str:
    """`ask`, `show`, `change`, `stay` (what is not to happen), `state`, or `name` for a clause without a verb."""
    content = piece.content
    if not content:
        return "state"
    lows = [t.low for t in content]
    told = piece.lead == "," and piece.end != "?" and lows[0] in {"which", "who"}  # `..., which means work for us`
    if asks(piece.tokens) and piece.lead != "for" and not told:
        return "ask"
    at, head = head_of(content)
    if own_plan(lows):
        return "plan"
    if bars(lows):
        return "change"
    if lows[0] in NEGATIONS or (at < len(content) and content[at].low in NEGATIONS) or "hands" in lows:
        return "stay"
    if stated(lows, at):
        return "state"
    if (
        at < len(content)
        and content[at].word
        and head in VERB_LEMMAS
        and (content[at].low in BASES or " " in content[at].text)
    ) or (
        at < len(content)
        and content[at].low
        in {
            "kick off",
            "rm",
            "del",
            "kill",
            "nuke",
            "roll it back",
            "roll back",
            "set up",
            "spin up",
            "stand up",
            "get rid of",
            "take off",
            "turn off",
            "switch off",
            "gimme",
            "explain",
        }
    ):
        if content[at].low in {"leave", "keep"}:
            return "stay"
        if content[at].low == "gimme":
            return "change" if any(t.low in {"a", "an"} for t in content[at + 1 : at + 3]) else "show"
        if content[at].low in {"give", "get", "send"} and at + 1 < len(content) and content[at + 1].low in {"me", "us"}:
            return "show" if not any(t.low in {"a", "an"} for t in content[at + 1 : at + 3]) else "change"
        return "change" if head in CHANGES else "show"
    if head in {"name", "count", "list", "report"} and at < len(content) and len(content) > at + 1:
        return "show"
    if lows[0] in {"need", "want"} or lows[:2] in (
        ["i", "need"],
        ["we", "need"],
        ["i", "want"],
        ["we", "want"],
        ["i'd", "like"],
        ["we'd", "like"],
    ):
        return "wish"
    objects = {low for before, low in pairwise(lows) if before in {"in", "on", "for", "to", "of"}}
    if set(lows) & _FINITE - (objects & {"it"}) or any(_third(t) for t in content):
        return "state"
    return "name"

"""Words around an order that demand nothing: a reason, an assurance, how urgent it is.

An order may leave words over, unlike its literals and names, as long as none of them could turn it into another one: no
negation, condition or exception, no word of how many, no other kind of object or part of one, no second order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.embedded.kube.lexicon import BASES, CHANGES, CONDITIONS, FILLERS, KIND_NAMES, NEGATIONS, VERBS
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.vocabulary import COMMON_NAMES, known
from agents.embedded.wordset import words

if TYPE_CHECKING:
    from agents.embedded.kube.view import View

WISHES = words("should must may might shall can could needs need ought has have supposed want wants")
_TURNING = words(
    "all every each both any entire whole many half double twice triple other others another rest remaining only "
    "solely or either neither than versus "
    "yesterday ago after when once later tomorrow tonight eventually soon noon midnight monday tuesday wednesday "
    "thursday friday "
    "saturday sunday weekend "
    "least most maximum minimum max min more less fewer extra additional "
    "everything anything nothing everywhere anywhere elsewhere everyone nobody none stuff something "
    "container sidecar different other's new old older stale unused orphaned broken "
    "copy clone rename migrate duplicate similar like dry-run dry simulate pretend preview "
)
_PARTS = words(
    "cpu memory ram mem core disk data volume storage image tag version container sidecar port target selector label "
    "annotation env variable key value entry field probe liveness readiness startup healthcheck limit request quota "
    "schedule history log event status replica count revision strategy type owner finalizer taint rule host path "
    "certificate token password user group access right permission backup config configuration setting timeout name "
    "affinity toleration command argument spec template manifest class mount registry traffic endpoint "
)
_REASONS = words("for because since due cause as so during before ahead by though although while given")
_QUIET = words(
    "need want let have keep go come see think know wait hope guess believe like look thank start do help mind"
)
_CUTS = frozenset({",", ";", ".", "!", "?", "(", ")", "-", ":", "\n"})


def idle(v: View, at: int, heads: frozenset[str]) -> bool:
    """Whether an order with these verbs may pass over the word at a position that nothing explains."""
    token = v.tokens[at]
    if token.shape is Shape.DURATION and _told(v, at):
        return True
    if not token.word or token.low in NEGATIONS | CONDITIONS or token.low in _TURNING or token.lemma in _TURNING:
        return False
    if token.lemma in KIND_NAMES or token.low in v.context.kinds:
        return False
    if at and v.tokens[at - 1].low in {"in", "inside", "within"}:
        return False  # it may be a namespace
    if token.low in COMMON_NAMES or (at and v.tokens[at - 1].low in {"to", "on", "of", "from"} and _noun(token.low)):
        return False  # it may be another object
    told = _told(v, at)
    if token.lemma in CHANGES - heads - _QUIET and not told and (token.low in BASES or v.tokens[at - 1].low == "be"):
        return False
    return told or (token.lemma not in _PARTS and token.low not in _PARTS and known(token))


def _noun(low: str) -> bool:
    return low not in VERBS and low not in FILLERS and not low.endswith(("ly", "ing"))


def _told(v: View, at: int) -> bool:
    """Whether the word stands in a statement of its own, or in a reason: `for a firmware upgrade`."""
    first, last = _piece(v, at)
    lows = [t.low for t in v.tokens[first:last]]
    to_be = any(lows[n : n + 2] == ["to", "be"] for n in range(len(lows)))  # `it is to be restarted`
    if v.moods[at] == "state" and not to_be and not WISHES & set(lows):
        return True
    for step in range(at, first - 1, -1):
        if step in v.used or v.tokens[step].shape not in {Shape.WORD, Shape.DURATION}:
            return False
        if v.tokens[step].low in _REASONS:
            return True
    return False


def _piece(v: View, at: int) -> tuple[int, int]:
    first, last = at, at + 1
    while first and v.tokens[first - 1].text not in _CUTS:
        first -= 1
    while last < len(v.tokens) and v.tokens[last].text not in _CUTS:
        last += 1
    return first, last

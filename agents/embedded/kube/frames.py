"""Frames: what a skill is asked for with, and how its arguments are read off a view. The tables are in `frames_*`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agents.embedded.kube.chatter import COST, talk
from agents.embedded.kube.idle import idle
from agents.embedded.kube.lexicon import FILLERS, VERB_LEMMAS
from agents.embedded.kube.tokens import Shape, Token
from agents.embedded.kube.view import View
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

Filled = JsonObject | Sequence[JsonObject] | None
"""Arguments of one call, or of several; None where the frame does not apply."""
Fill = Callable[[View], Filled]

_POLITE = words(
    "kubectl k please pls plz kindly can could would will you u i we want need like to let's lets "
    "just now hey hi hello ok okay so afterwards anyhow anyway "
    "then also and go ahead me us ya quickly quick someone somebody the a first next finally "
    "lastly i'd we'd love mind "
    "yo morning team folks guys mate again"
)
_ASKING = words(
    "what which who whose why how when where is are does do did has have was were howmany howmuch "
    "whocan what's whats any "
    "anything isn't aren't doesn't whos who's hows how's wheres where's"
)
_HELPERS = words("you u we someone somebody anyone anybody")


@dataclass(frozen=True, slots=True)
class Match:
    """A frame that applies: `steps` are (skill, arguments); `weight` says how much of the words it explains."""

    steps: tuple[tuple[str, JsonObject], ...]
    weight: float
    view: View


@dataclass(frozen=True, slots=True)
class Frame:
    """`heads`: one of these lemmas must be there; `may`: other words that the frame explains.

    `bonus` ranks frames that explain the same words; `talk` lets pass words that only tell, as `chatter` knows them,
    and `idle` those beside an order.
    """

    skill: str
    fill: Fill
    heads: frozenset[str]
    may: frozenset[str] = frozenset()
    bonus: float = 0.0
    talk: bool = False
    idle: bool = False


class Table:
    """Frames in the making; those of a table that is `idle` let pass what stands beside an order:
    `@table.writes("kube.scale", heads="scale")` over the function that fills it."""

    def __init__(self, *, idle: bool = False) -> None:
        self.frames: list[Frame] = []
        self.idle = idle

    def writes(
        self, skill: str, heads: str, may: str = "", *, bonus: float = 0.0, talk: bool = False, idle: bool | None = None
    ) -> Callable[[Fill], Fill]:
        def made(fill: Fill) -> Fill:
            passed = self.idle if idle is None else idle
            frame = Frame(skill, fill, words(heads), words(may), bonus, talk=talk, idle=passed)
            self.frames.append(frame)
            return fill

        return made


def head_of(tokens: Sequence[Token]) -> tuple[int, str]:
    """Where a clause really begins, behind politeness: its position and lemma; (len, "") where there is nothing."""
    for at, token in enumerate(tokens):
        if token.shape is Shape.MARK or token.low in _POLITE:
            continue
        return at, token.lemma or token.low
    return len(tokens), ""


def asks(tokens: Sequence[Token]) -> bool:
    """Whether the clause is a question, and no order in the form of one (`could you restart ...?`)."""
    content = [t for t in tokens if t.shape is not Shape.MARK]
    if not content:
        return False
    lows = [t.low for t in content]
    for at, low in enumerate(lows[:-2]):
        if low in {"can", "could", "would", "will"} and lows[at + 1] in _HELPERS:
            return False
        if low in {"can", "could", "may"} and lows[at + 1] in {"i", "we"} and lows[at + 2] in {"have", "get"}:
            return not _amount(content[at + 3 : at + 4])
    if lows[0] == "you" and lows[1:2] in (["can"], ["may"]) and not any(t.text == "?" for t in tokens):
        return False
    if lows[:2] in (["doesn't", "exist"], ["doesnt", "exist"]):
        return False
    if lows[-1] in {"you", "u"} and len(lows) > 1 and lows[-2] in {"would", "could", "will", "can"}:
        return False
    if lows[0] in {"i", "we", "they", "you", "u"} and not any(t.text == "?" for t in tokens):
        return False
    first = next((t for t in content if t.low not in _POLITE - _ASKING or t.low in {"can", "could"}), content[0])
    if first.lemma in {"howmany", "howmuch", "whocan", "why"}:
        return True
    if first.low in _ASKING | {"should", "shall"} or (
        first.low in {"can", "could"} and lows[1:2] not in (["you"], ["we"])
    ):
        return not (first.low in {"do", "have"} and _imperative_do(content, first))
    marked = any(t.text == "?" for t in tokens)
    if lows[0] in {"i", "we"}:
        return False
    return marked and not commanded_first(content)


def _amount(tokens: Sequence[Token]) -> bool:
    """`could i have 40Gi of disk`, `may I get a namespace`: what is wished for is a thing."""
    return any(t.low in {"a", "an", "another", "some"} or t.shape in {Shape.NUMBER, Shape.QUANTITY} for t in tokens)


def _imperative_do(content: Sequence[Token], first: Token) -> bool:
    """`do a rolling restart`, `have it restarted`: no questions."""
    at = content.index(first)
    if first.low == "have" and at + 1 < len(content):
        return content[at + 1].low not in {"you", "we", "they", "i", "there", "any", "all"}
    return at + 1 < len(content) and content[at + 1].low in {"a", "an", "the", "not", "it"}


def commanded_first(tokens: Sequence[Token]) -> bool:
    """Whether the clause begins with a verb in its plain form."""
    at, lemma = head_of(tokens)
    return at < len(tokens) and lemma in VERB_LEMMAS and tokens[at].low == lemma


def _passed(frame: Frame, view: View, at: int) -> bool:
    return (frame.talk and talk(view, at)) or (frame.idle and idle(view, at, frame.heads))


def matches(frame: Frame, view: View) -> Match | None:
    """The frame over the view, where it applies and leaves nothing over."""
    if not any(lemma in frame.heads for lemma in view.lemmas) and not frame.heads & {view.context.inherited, "*"}:
        return None
    one = view.fork()
    filled = frame.fill(one)
    if filled is None:
        return None
    calls = (filled,) if isinstance(filled, dict) else tuple(filled)
    left = one.left(frame.may)
    if not calls or not all(_passed(frame, one, at) for at in left):
        return None
    counted = [
        at
        for at, token in enumerate(one.tokens)
        if (at in one.used or token.lemma in frame.heads | frame.may)
        and token.shape is not Shape.MARK
        and token.low not in FILLERS
    ]
    steps = tuple((str(call.pop("@skill", frame.skill)), call) for call in map(dict, calls))
    return Match(steps, len(counted) + frame.bonus - COST * len(left), one)

"""From a clause to one skill: the frame signal and the retrieval signal must name the same one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from agents.embedded.frames import Frame, Match, best, match
from agents.embedded.retrieval import Index, rank_of
from agents.embedded.tokens import Kind, Token
from agents.embedded.view import View
from protocol.vocabulary import Risk, SkillSpec

FLOOR = 0.12
"""Least similarity to a skill's own phrases at which retrieval supports a frame at all."""
MARGIN = {Risk.READ: 0.45, Risk.WRITE: 0.7, Risk.DESTRUCTIVE: 0.75}
"""A frame's skill must reach this share of the best other skill's similarity."""
ANY_MARGIN = {Risk.READ: 0.32, Risk.WRITE: 0.6, Risk.DESTRUCTIVE: 0.75}
"""And this share of the similarity of any skill at all."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a clause has no skill. `near` is the best frame, with what it could not place or what it lacks."""

    reason: str
    words: tuple[str, ...]
    near: Match | None = None


class Understanding:
    """The frames that the fleet's skills allow, and the retrieval index over the same skills."""

    def __init__(self, frames: Iterable[Frame], specs: Mapping[str, SkillSpec], index: Index) -> None:
        self.frames = tuple(frame for frame in frames if frame.skill in specs)
        self.framed = frozenset(frame.phrased for frame in self.frames)
        self.specs = specs
        self.index = index

    def matches(self, view: View, skills: frozenset[str] | None = None) -> list[Match]:
        said = {token.lemma for token in view.tokens if token.word}
        found = (
            match(frame, view)
            for frame in self.frames
            # Most frames want words that are not there: seen at once, and much sooner than by trying.
            if (skills is None or frame.skill in skills) and not any(group.isdisjoint(said) for group in frame.groups)
        )
        return [one for one in found if one is not None]

    def read(self, view: View, skills: frozenset[str] | None = None, *, lenient: bool = False) -> Match | Failure:
        """The one match of the clause on which both signals agree, or why there is none.

        `lenient` leaves retrieval out, where another construct of the sentence stands for the second signal.
        """
        found = self.matches(view, skills)
        top = best(found)
        if not top:
            return self._failure(found, view)
        if len(top) > 1:
            top = self._settle(top, view)
        if len(top) > 1:
            names = ", ".join(sorted({one.frame.skill for one in top}))
            return Failure(f"it could mean more than one thing ({names})", _words(view))
        if self.specs[top[0].frame.skill].risk is not Risk.READ and _loose_list(top[0], view):
            return Failure("a list of targets is not read as one", _words(view), top[0])
        if not (lenient or top[0].frame.sure) and not self.agrees(top[0], view, found):
            return Failure("the words and the examples of the skills do not agree on one skill", _words(view), top[0])
        return top[0]

    def agrees(self, one: Match, view: View, found: Sequence[Match]) -> bool:
        """Whether retrieval supports the match: against what the grammar leaves open, and against everything else.

        Skills that the clause's verb rules out are rivals too, but weaker ones: they share nouns with every request.
        """
        risk = self.specs[one.frame.skill].risk
        scored = self.index.query(_masked(self._asked(view), view, one))
        score = {entry.skill: entry.score for entry in scored}
        own = score.get(one.frame.phrased, 0.0)
        open_to = {match.frame.phrased for match in found} | (score.keys() - self.framed)
        rival = max(
            (score[skill] for skill in sorted(open_to & score.keys()) if skill != one.frame.phrased), default=0.0
        )
        return own >= FLOOR and own >= MARGIN[risk] * rival and own >= ANY_MARGIN[risk] * scored[0].score

    def _asked(self, view: View) -> list[Token]:
        """The tokens that the frames had to explain: not devices, not what an operator took before."""
        return [token for at, token in enumerate(view.tokens) if at not in view.claimed or at == view.head_at]

    def _settle(self, top: list[Match], view: View) -> list[Match]:
        """Among frames that explain the clause equally well, retrieval may choose, with a clear margin."""
        scored = self.index.query(view.tokens)
        ranked = sorted(
            ((rank_of(one.frame.skill, scored)[0], -number, one) for number, one in enumerate(top)),
            reverse=True,
            key=lambda row: row[:2],
        )
        return [ranked[0][2]] if ranked[0][0] > 1.25 * ranked[1][0] else top

    def _failure(self, found: Sequence[Match], view: View) -> Failure:
        # What a frame alone looks for is no argument of its skill: without it, the skill is not near.
        found = [one for one in found if not any(name.startswith("_") for name in one.missing)]
        if not found:
            return Failure("no skill fits", _words(view))
        near = min(found, key=lambda one: (len(one.left) + len(one.missing), -one.score))
        if near.left:
            return Failure("these words have no place in any skill", near.left, near)
        return Failure(f"{near.frame.skill} needs {', '.join(near.missing)}", _words(view), near)


def _masked(tokens: Sequence[Token], view: View, one: Match) -> list[Token]:
    """The tokens with plain words that became paths as what they are: a folder named "reports" asks for no report."""
    paths = {value.casefold() for name in PATHS if isinstance(value := one.arguments.get(name), str)}
    head = view.tokens[view.head_at] if view.head_at < len(view.tokens) else None
    passed = one.arguments.get("arguments")
    given = frozenset(passed) if isinstance(passed, list) and one.frame.skill == "script.run" else frozenset[str]()
    spoken = [t for t in tokens if t.text not in given]
    named = [t.word and t is not head and t.text.casefold() in paths for t in spoken]
    return [replace(t, kind=Kind.PATH) if path else t for t, path in zip(spoken, named, strict=True)]


PATHS = ("path", "source", "target")


PLURALS = frozenset({"files", "folders", "directories", "archives", "scripts", "dirs", "logs", "documents"})


def _loose_list(one: Match, view: View) -> bool:
    """`create folders a and b`: a change that names several targets, of which a frame would take one."""
    if "also" in one.arguments or one.frame.lists:
        return False
    values = {str(value).casefold() for value in one.arguments.values()}
    whole = view.phrase("and", "everything", "in", "it")
    said = view.claimed | (set() if whole is None else set(range(whole, whole + 4)))
    inner = [token for at, token in enumerate(view.tokens) if at not in said and token.kind is not Kind.PUNCT]
    listed = one.frame.skill == "script.run" and "arguments" in one.arguments
    if not listed and any(token.word and token.lemma == "and" for token in inner[1:-1]):
        return True
    return any(token.word and token.text.casefold() in PLURALS - values for token in inner)


def _words(view: View) -> tuple[str, ...]:
    """The content of a clause, for the person who asks what could not be placed."""
    left = tuple(token.text for token in view.left())
    return left or tuple(token.text for token in view.tokens if token.word)[:8]

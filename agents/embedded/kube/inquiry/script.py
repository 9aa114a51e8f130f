"""A request as one line: objects, places, people and values as marks, every other word in one spelling.

`show me the logs of deploy/web in shop from the last 2 hours` is `show me the logs of deployment Obj in Ns from the
last Dur`. The tables of intents are patterns over this line; what a pattern meets is explained.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from agents.embedded.kube.inquiry.nouns import Thing
from agents.embedded.kube.inquiry.tables import SPELLING
from agents.embedded.kube.inquiry.things import Things
from agents.embedded.kube.tokens import PAIR, Shape, Token
from agents.embedded.wordset import words

_MARKS = {
    Shape.DURATION: "Dur",
    Shape.QUANTITY: "Qty",
    Shape.PERCENT: "Pct",
    Shape.QUOTED: "Quote",
    Shape.IMAGE: "Image",
    Shape.PAIR: "Pair",
    Shape.URL: "Url",
    Shape.SCHEDULE: "Cron",
    Shape.KEY: "Key",
    Shape.IDENTITY: "Who",
}
_CUTS = frozenset({".", ";", "!", "?", "\n", ",", "-", ":", "(", ")", "…", "..."})
_FAR = words("from to by via through resolve reach reaching connect call calling contact access")
"""Behind these stands what the trouble is with, and not whose it is."""
_JOINTS = words("and so but because since as while though although cuz coz before after when")
_TELLERS = words(
    "i we they he she you it's i'm we're they're somebody someone nobody everybody would please could can my our"
)


@dataclass
class Ask:
    """One request that may ask for something: its line, and which of its tokens are explained."""

    tokens: Sequence[Token]
    things: Things
    line: str = ""
    used: set[int] = field(default_factory=set)
    cues: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._spans: list[tuple[int, int]] = []
        self.clauses: list[int] = []
        self.write()

    def write(self) -> None:
        """The line, once more after the things have changed."""
        objects = {at for thing in self.things.named for at in thing.at}
        out, spans, at, clause = [], [], 0, 0
        clauses = []
        self.used |= self.things.key_at | self.things.space_at | self.things.person_at | self.things.box_at | objects
        for number, token in enumerate(self.tokens):
            word = self._word(number, token, objects)
            spans.append((at, at + len(word)))
            out.append(word)
            at += len(word) + 1
            clauses.append(clause)
            clause += (token.shape is Shape.MARK and token.text in _CUTS) or self._turns(number)
        self.line, self._spans, self.clauses = " ".join(out), spans, clauses

    def _turns(self, at: int) -> bool:
        """Whether another clause begins behind a joint: `... because they pay for it`."""
        if at + 1 >= len(self.tokens) or self.tokens[at].low not in _JOINTS:
            return False
        return self.tokens[at + 1].low in _TELLERS

    def _word(self, at: int, token: Token, objects: set[int]) -> str:
        if at in self.things.space_at:
            return "Ns"
        kind = self.things.kind(at)
        if at in objects and at not in self.things.meant_at:
            return kind if kind and token.shape is not Shape.PATH else "Obj"
        if at in self.things.box_at:
            return "Box"
        if at in self.things.person_at:
            return "Who"
        if token.shape is Shape.NUMBER:
            return str(token.value)
        if token.low == ":latest" or re.fullmatch(r"[45]\d\ds", token.low):
            return token.low  # `500s` are answers, and no seconds
        if token.shape in _MARKS:
            return _MARKS[token.shape]
        if kind:
            return kind + "s" if self.things.is_plural(at) and not kind.endswith("s") else kind
        low = token.low.replace("’", "'")
        if token.word and token.end - token.start == len(low) + 2 and low.isalpha():
            low += "'s"  # the tokens drop it, as of a name
        return SPELLING.get(low, low)

    def said(self, pattern: str, *, cue: bool = True) -> bool:
        """Whether the pattern is in the line; what it meets is explained."""
        found = False
        for hit in _compiled(pattern).finditer(self.line):
            found = True
            self.explain(hit.start(), hit.end(), cue=cue)
        return found

    def has(self, pattern: str) -> bool:
        """Whether the pattern is in the line."""
        return _compiled(pattern).search(self.line) is not None

    def explain(self, start: int, end: int, *, cue: bool = True) -> None:
        where = {n for n, (begin, stop) in enumerate(self._spans) if begin < end and stop > start}
        self.used |= where
        if cue:
            self.cues |= where

    def value(self, pattern: str) -> Token | None:
        """The token that the named group of the pattern meets; the whole pattern is explained."""
        hit = _compiled(pattern).search(self.line)
        if hit is None:
            return None
        self.explain(hit.start(), hit.end())
        return next(
            token
            for token, (begin, stop) in zip(self.tokens, self._spans, strict=True)
            if begin <= hit.start(hit.lastgroup or 0) < stop
        )

    def number(self, pattern: str) -> int | None:
        """The whole number that the named group of the pattern meets."""
        token = self.value(pattern)
        return int(token.value) if token is not None and isinstance(token.value, (int, float)) else None

    def selector(self) -> str:
        """A label selector: `labelled tier=backend`, `-l app=web`."""
        said = []
        for at, token in enumerate(self.tokens):
            hit = PAIR.fullmatch(token.text) if token.shape is Shape.PAIR and at not in self.used else None
            if hit:
                self.used.add(at)
                self.cues.add(at)
                said.append(f"{hit[1]}{'!=' if hit[2] == '!=' else '='}{hit[3].rstrip('.,')}")
            elif token.shape is Shape.QUOTED and self.tokens[at - 1].low in {"-l", "--selector"} and at:
                self.used |= {at - 1, at}
                self.cues.add(at)
                said.append(str(token.value))
        if said:
            self.said(
                "-l|--selector|labell?ed|labels?|with (?:the |a )?labels?|selectors?|tagged|marked|matching|carry\\w*"
            )
        return ",".join(said)

    def spoken_namespace(self) -> bool:
        """Whether the word `namespace` stands beside the name of the place, or anywhere."""
        return any(token.word and token.lemma == "namespace" for token in self.tokens)

    def meets(self, pattern: str, where: frozenset[int]) -> bool:
        """Whether the pattern is in a clause that holds one of these tokens."""
        clauses = self.clause_of(set(where))
        return any(
            self.clauses[at] in clauses
            for hit in _compiled(pattern).finditer(self.line)
            for at, (begin, stop) in enumerate(self._spans)
            if begin < hit.end() and stop > hit.start()
        )

    def subject(self) -> Thing | None:
        """What a complaint is about: the one object, or the first that stands with its kind."""
        mine = [one for one in self.things.named if one.prep not in _FAR]
        if mine and len(mine) < len(self.things.named):
            self.things.named = mine
        return self.things.one()

    def kind_of(self, pattern: str) -> str:
        """The kind that the named group of the pattern meets; "" where it meets nothing."""
        token = self.value(pattern)
        return token.lemma if token is not None else ""

    def clause_of(self, where: set[int]) -> set[int]:
        """The numbers of the clauses that hold these tokens."""
        return {self.clauses[at] for at in where}


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'-])(?:{pattern})(?![\w'-])")

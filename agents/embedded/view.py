"""A clause while it is being understood: its tokens, which of them have been explained, and what is left over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from agents.embedded.tokens import LITERALS, Kind, Token
from agents.embedded.words import FILLERS, LEADS
from agents.embedded.wordset import words

SOFT = words("tell check show know see find determine verify give learn say report get figure identify test")
PLACING = words("on from at in for across of")
ARTICLES = words("the a an my our current any")
QUESTIONS = words("howmuch howmany howlong what which who where when whether if how size what's")


class View:
    """Tokens of one clause and the positions that some rule has explained. `fork` is a trial that may be dropped.

    `decides`: a condition further on looks at the answer, which must then be a value even where it is "no".
    """

    def __init__(self, tokens: Sequence[Token], claimed: Iterable[int] = (), head: int | None = None) -> None:
        self.tokens = tokens
        self.claimed = set(claimed)
        self.head_at = self._find_head() if head is None else head
        self.assumed = ""
        self.decides = False

    def fork(self) -> View:
        other = View(self.tokens, self.claimed, self.head_at)
        other.assumed = self.assumed
        other.decides = self.decides
        return other

    def _find_head(self) -> int:
        """The first token that is neither politeness nor punctuation: a verb, or the asker of a question."""
        for at, token in enumerate(self.tokens):
            if (
                at in self.claimed
                or token.kind is Kind.PUNCT
                or (token.word and token.lemma in LEADS | ARTICLES)
                or token.kind is Kind.DEVICE
            ):
                continue
            if token.word and token.lemma in {"on", "from", "at", "in", "for", "across"} and self._device_next(at):
                continue
            if token.lemma in SOFT and self._asks_next(at + 1):
                self.claimed.add(at)
                continue
            return at
        return len(self.tokens)

    def _asks_next(self, at: int) -> bool:
        """`tell me which`, `check whether`: the real head is the question."""
        while self.lemma(at) in LEADS:
            at += 1
        if self.lemma(at) in PLACING and self._device_next(at):
            at += 2  # `check on beta whether ...`
        token = self.tokens[at] if at < len(self.tokens) else None
        return token is not None and (
            (token.word and token.lemma in QUESTIONS)
            or (token.kind is Kind.DEVICE and token.text.casefold().startswith(("which", "what")))
        )

    def _device_next(self, at: int) -> bool:
        return at + 1 < len(self.tokens) and self.tokens[at + 1].kind is Kind.DEVICE

    @property
    def head(self) -> str:
        """The lemma of the head word; empty where the clause begins with something that is no word."""
        if self.assumed:
            return self.assumed
        token = self.tokens[self.head_at] if self.head_at < len(self.tokens) else None
        return token.lemma if token is not None and token.word else ""

    def lemma(self, at: int) -> str:
        """The lemma of an unexplained or explained word at `at`; empty for anything that is no word."""
        return self.tokens[at].lemma if 0 <= at < len(self.tokens) and self.tokens[at].word else ""

    def claim(self, *positions: int) -> None:
        self.claimed.update(positions)

    def find(self, lemmas: Iterable[str]) -> int | None:
        """The first unexplained word among `lemmas`."""
        wanted = lemmas if isinstance(lemmas, (set, frozenset)) else frozenset(lemmas)
        for at, token in enumerate(self.tokens):
            if token.word and at not in self.claimed and token.lemma in wanted:
                return at
        return None

    def has(self, *lemmas: str) -> bool:
        return self.find(frozenset(lemmas)) is not None

    def take(self, lemmas: Iterable[str]) -> list[str]:
        """Explains every word among `lemmas`; the words taken."""
        wanted = frozenset(lemmas)
        found = [
            at
            for at, token in enumerate(self.tokens)
            if token.word and token.lemma in wanted and at not in self.claimed
        ]
        self.claim(*found)
        return [self.tokens[at].lemma for at in found]

    def phrase(self, *lemmas: str) -> int | None:
        """Where these words stand side by side, unexplained."""
        size = len(lemmas)
        for at in range(len(self.tokens) - size + 1):
            if all(self.lemma(at + i) == lemmas[i] and at + i not in self.claimed for i in range(size)):
                return at
        return None

    def take_phrase(self, *lemmas: str) -> bool:
        at = self.phrase(*lemmas)
        if at is not None:
            self.claim(*range(at, at + len(lemmas)))
        return at is not None

    def before(self, at: int, count: int = 1) -> str:
        return self.lemma(at - count)

    def left(self) -> list[Token]:
        """Tokens that nothing explains and that are not filler."""
        return [
            token
            for at, token in enumerate(self.tokens)
            if at not in self.claimed
            and not (at < self.head_at and token.word and token.lemma in LEADS)
            and (
                token.kind in LITERALS
                or token.kind in (Kind.DEVICE, Kind.SIGN)
                or (token.word and token.lemma not in FILLERS)
            )
        ]

    def free(self, *kinds: Kind) -> Iterator[tuple[int, Token]]:
        """Unexplained tokens of these kinds, in order."""
        for at, token in enumerate(self.tokens):
            if token.kind in kinds and at not in self.claimed:
                yield at, token

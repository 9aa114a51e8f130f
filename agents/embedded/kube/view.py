"""A group of clauses while a frame reads it: the objects, places, people and values in it, and what is left over.

Nothing is known of the names of objects: a name is what stands beside a kind, behind a preposition, or has the shape of
a name. What no slot and no word of the frame takes is left over, and a frame with something left over does not apply.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from agents.embedded.kube.lexicon import CONDITIONS, FILLERS, NEGATIONS
from agents.embedded.kube.located import Located
from agents.embedded.kube.names import ARTICLES, MADE, NODE, Context
from agents.embedded.kube.tokens import LITERAL, Shape, Token


class View(Located):
    """Tokens, and the positions that were explained. Frames call the takers; `left` is what nobody took."""

    def __init__(self, tokens: Sequence[Token], context: Context, moods: Sequence[str] = ()) -> None:
        super().__init__(tokens, context, moods)
        self.used: set[int] = set()
        self._find_location()

    def fork(self) -> View:
        """A fresh reading of the same words for another frame."""
        other = object.__new__(View)
        other.tokens, other.context, other.lemmas, other.moods = self.tokens, self.context, self.lemmas, self.moods
        other.used = set()
        other.mentions, other.location = list(self.mentions), self.location
        return other

    def namespace(self, *, loose: bool = False) -> str:
        """The namespace of the clause, or of the clauses before it; "" where none was said.

        `loose`: a lone name is the namespace (`quota of shop`, `anything broken on shop?`).
        """
        self._refer("there", "samenamespace")
        if self.has("everywhere clusterwide") or self._phrase("all", "namespace") or self._phrase("every", "namespace"):
            self.take("everywhere clusterwide")
            return ""
        if self.flag("-A", "--all-namespaces"):
            return ""
        if self.location is None and loose:
            for one in self.mentions:
                made = self.tokens[one.first - 1].lemma if one.first else ""
                if (one.kind == "namespace" and made in MADE) or NODE.fullmatch("".join(one.names)):
                    continue
                if len(one.names) != 1 or one.kind not in {"", "namespace"} or one.at & self.used:
                    continue
                placed = one.prep in {"of", "for", "on", "in"} and self._last_of_phrase(one)
                if one.kind or self._shaped(one) or placed:
                    self._settle(one)
                    break
        if self.location is not None:
            self.used |= self.location.at
            return self.location.names[0]
        return self.context.namespace or (self.context.place if self.seen("there") else "")

    def _phrase(self, *lemmas: str) -> bool:
        for at in range(len(self.tokens) - len(lemmas) + 1):
            if all((self.tokens[at + n].lemma or self.tokens[at + n].low) == word for n, word in enumerate(lemmas)):
                self.used |= set(range(at, at + len(lemmas)))
                self.mentions = [m for m in self.mentions if not m.at <= set(range(at, at + len(lemmas)))]
                return True
        return False

    def _refer(self, *lemmas: str) -> None:
        self.used |= {at for at, lemma in enumerate(self.lemmas) if lemma in lemmas}

    def has(self, *lemmas: str) -> bool:
        """Whether one of the words is there and free."""
        wanted = split(lemmas)
        return any(word in wanted and at not in self.used for at, word in enumerate(self.lemmas))

    def take(self, *lemmas: str) -> list[str]:
        """Explains every such word; the words taken."""
        wanted = split(lemmas)
        named = frozenset().union(*(m.at for m in self.mentions if m.names))
        found = [
            at for at, word in enumerate(self.lemmas) if word in wanted and at not in self.used and at not in named
        ]
        self.used |= set(found)
        return [self.lemmas[at] for at in found]

    def seen(self, *lemmas: str) -> bool:
        """Whether one of the words is there, taken or not."""
        return not split(lemmas).isdisjoint(self.lemmas)

    def find(self, *lemmas: str) -> int:
        """The position of the first such word, -1 where there is none."""
        wanted = split(lemmas)
        return next((at for at, word in enumerate(self.lemmas) if word in wanted), -1)

    def before(self, at: int) -> str:
        """The lemma before a position, over articles."""
        at -= 1
        while at >= 0 and self.tokens[at].low in ARTICLES | {",", ":", "="}:
            at -= 1
        return (self.tokens[at].lemma or self.tokens[at].low) if at >= 0 else ""

    def after(self, at: int) -> str:
        at += 1
        while at < len(self.tokens) and self.tokens[at].low in ARTICLES | {",", ":", "="}:
            at += 1
        return (self.tokens[at].lemma or self.tokens[at].low) if at < len(self.tokens) else ""

    def free(self, *shapes: Shape) -> list[int]:
        """Positions of unexplained tokens of these shapes."""
        return [at for at, token in enumerate(self.tokens) if token.shape in shapes and at not in self.used]

    def claim(self, *positions: int) -> None:
        self.used.update(positions)

    def flag(self, *forms: str) -> bool:
        found = [at for at, token in enumerate(self.tokens) if token.shape is Shape.FLAG and token.text in forms]
        self.used |= set(found)
        return bool(found)

    def flag_value(self, *forms: str) -> str | None:
        """What stands behind a flag, `-o yaml` or `--tail=20`."""
        for at, token in enumerate(self.tokens):
            if token.shape is not Shape.FLAG:
                continue
            head, equal, value = token.text.partition("=")
            if head in forms and equal:
                self.claim(at)
                return value
            if head in forms and at + 1 < len(self.tokens):
                self.claim(at, at + 1)
                return str(self.tokens[at + 1].value or self.tokens[at + 1].text)
        return None

    def _joins(self, at: int, allowed: frozenset[str]) -> bool:
        """Whether a word such as `and` stands between things that are both explained, or before all of them."""

        def told(step: int, by: int) -> bool:
            while 0 <= step < len(self.tokens):
                token = self.tokens[step]
                if step in self.used or token.lemma in allowed or token.low in allowed:
                    return True
                if token.shape is not Shape.MARK and token.low not in FILLERS and token.low != "and":
                    return False
                step += by
            return by < 0

        return told(at - 1, -1) and told(at + 1, 1)

    def left(self, may: Iterable[str]) -> list[int]:
        """Positions of what nothing explains."""
        allowed = frozenset(may)
        out = []
        for at, token in enumerate(self.tokens):
            if at in self.used or token.shape is Shape.MARK or token.lemma in allowed or token.low in allowed:
                continue
            if token.low in {"and", "&", "plus", "+", "with", "but", "so", "then", "or"} and self._joins(at, allowed):
                continue
            if (
                token.shape in LITERAL
                or token.low not in FILLERS
                or {token.low, token.lemma} & (NEGATIONS | CONDITIONS)
            ):
                out.append(at)
        return out


@lru_cache(maxsize=2048)
def split(lemmas: tuple[str, ...]) -> frozenset[str]:
    """Words as people write them: `"a b"` is two."""
    return frozenset(" ".join(lemmas).split())

"""The tokens of a request as nouns: what may be a name, what names a kind, and rows of either."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.embedded.kube.inquiry.tables import ARTICLES, ENGLISH, IN, SPELLING, SUBJECT_OF
from agents.embedded.kube.lexicon import CONDITIONS, FILLERS, GENERIC, KIND_NAMES, NEGATIONS, VERBS
from agents.embedded.kube.names import DNS, NO_NAMES, PREPOSITIONS, Context
from agents.embedded.kube.tokens import Shape, Token
from agents.embedded.kube.vocabulary import VERB_WORDS, known
from agents.embedded.wordset import words

_SINGULAR_S = words("ds rs sts ns ingress endpoints storageclass ingressclass priorityclass")
_MACHINES = words("machine server host box worker")
_PHRASES = re.compile(
    r"(?:real|long|short|full|half|part|mid|self|non|read|on|follow|run|build|line|plain|day|night)-\w+|[a-z]+'[a-z]+|"
    r"\w+-(?:hand|hour|hours|minutes?|days?|way|ready|ish|only|based|wide)|[\d:.]+\w*"
)
"""Of these, what stands behind `in` in the language as well."""


@dataclass(frozen=True, slots=True)
class Thing:
    """One object or several of a kind; `kind` is "" where it is left open, `names` empty where only a kind is said."""

    kind: str
    names: tuple[str, ...]
    at: frozenset[int]
    prep: str = ""
    plural: bool = False

    @property
    def first(self) -> int:
        return min(self.at)


@dataclass
class Nouns:
    """What is found in the tokens. `everywhere`: the whole cluster was said."""

    tokens: Sequence[Token]
    context: Context
    namespace: str = ""
    space_at: set[int] = field(default_factory=set)
    everywhere: bool = False
    person: dict[str, str] = field(default_factory=dict)
    person_at: set[int] = field(default_factory=set)
    named: list[Thing] = field(default_factory=list)
    kinds: list[Thing] = field(default_factory=list)
    container: str = ""
    key_at: set[int] = field(default_factory=set)
    box_at: set[int] = field(default_factory=set)
    meant_at: set[int] = field(default_factory=set)
    ambiguous: bool = False
    _taken: set[int] = field(default_factory=set)
    _cased: bool = True

    def low(self, at: int) -> str:
        return self.tokens[at].low if 0 <= at < len(self.tokens) else ""

    def name(self, at: int) -> str:
        token = self.tokens[at]
        return str(token.value).casefold() if token.shape is Shape.QUOTED else token.low

    def shaped(self, at: int) -> bool:
        """A name by its shape."""
        if not 0 <= at < len(self.tokens) or at in self._taken:
            return False
        token = self.tokens[at]
        if token.low in self.context.kinds:
            return False
        if at + 1 < len(self.tokens) and self.tokens[at + 1].lemma in {"label", "annotation", "annotate"}:
            self.key_at.add(at)
            return False
        if token.shape is Shape.NAME:
            if token.text.isupper() and "-" not in token.text and self._cased:
                return False  # `SOC2`
            return not ENGLISH.fullmatch(token.low) or (self.low(at - 1) in IN and not _PHRASES.fullmatch(token.low))
        return token.shape is Shape.QUOTED and bool(DNS.fullmatch(str(token.value))) and "-" in str(token.value)

    def plain(self, at: int) -> bool:
        """A word that nobody knows: a name where names stand."""
        if not 0 <= at < len(self.tokens) or at in self._taken:
            return False
        token = self.tokens[at]
        if token.shape is Shape.QUOTED:
            return bool(DNS.fullmatch(str(token.value)))
        if token.low in self.context.kinds and self.low(at - 1) not in IN:
            return False
        if not token.word or not token.low.isalpha() or len(token.low) < 2 or known(token) or token.low in SPELLING:
            return token.word and token.low in self.context.namespaces
        return not (token.text.isupper() and len(token.text) <= 4)

    def nameable(self, at: int) -> bool:
        return self.shaped(at) or self.plain(at)

    def kind(self, at: int) -> str | None:
        """The kind that a word names; "" for words such as `app`; None for any other."""
        if not 0 <= at < len(self.tokens):
            return None
        token = self.tokens[at]
        if token.word and token.lemma in KIND_NAMES:
            return token.lemma
        # A short name of the live cluster may be a word of the language: `limits`.
        if token.low in self.context.kinds and self.low(at - 1) not in IN and not (token.word and known(token)):
            return self.context.kinds[token.low]
        if not token.word:
            return None
        if token.low in _MACHINES and at + 1 < len(self.tokens) and self.tokens[at + 1].shape is Shape.NAME:
            return "node"
        return "" if token.low in GENERIC and token.low not in {"one", "rollout", "stuff"} else None

    def is_plural(self, at: int) -> bool:
        low = self.low(at)
        return low.endswith("s") and low not in _SINGULAR_S

    def prep(self, at: int) -> str:
        step = at - 1
        while step >= 0 and (self.low(step) in ARTICLES or self.kind(step) is not None):
            step -= 1
        return self.low(step)

    def _take(self, where: set[int]) -> None:
        self._taken |= where

    def _word(self, at: int) -> bool:
        return 0 <= at < len(self.tokens) and at not in self._taken and bool(DNS.fullmatch(self.name(at)))

    def _cut(self, at: int) -> bool:
        return 0 <= at < len(self.tokens) and self.tokens[at].shape is Shape.MARK

    def _known(self, at: int) -> bool:
        return 0 <= at < len(self.tokens) and self.tokens[at].word and known(self.tokens[at])

    def _closed(self, at: int) -> bool:
        after = self.low(at + 1)
        return (
            at + 1 >= len(self.tokens)
            or self.tokens[at + 1].shape is Shape.MARK
            or after in SUBJECT_OF | {"and", "with", "run", "work", "say", "write", "print", "log"}
        )

    def _closes(self, at: int) -> bool:
        """A plain word behind a kind is its name where the noun phrase ends with it."""
        after = at + 1
        if after >= len(self.tokens) or self.tokens[after].shape is not Shape.WORD:
            return True
        return known(self.tokens[after]) and not self.low(at).endswith(("ing", "ed"))

    def _counted(self, at: int) -> bool:
        """`no pending pod either`: of a kind, and none that is named."""
        return bool({self.low(at - 1), self.low(at - 2)} & {"no", "any", "each", "every", "without", "some", "zero"})

    def _everyday(self, at: int, *, whole: bool = True) -> bool:
        """`configmap settings in shop`: a word of the language as a name, behind a kind in the singular."""
        if (
            not self._word(at)
            or not self.tokens[at].word
            or self._counted(at - 1)
            or self.low(at) in NO_NAMES | VERBS.keys() | FILLERS | NEGATIONS | CONDITIONS | VERB_WORDS
            or self.low(at).endswith(("ed", "ing"))
        ):
            return False
        after = self.low(at + 1)
        ends = (
            at + 1 >= len(self.tokens)
            or self.tokens[at + 1].shape is Shape.MARK
            or after in IN | {"please", "from", "-n"}
        )
        return (ends or not whole) and self.kind(at) is None and self.low(at) not in PREPOSITIONS

    def _row(self, at: int, *, alone: bool = False) -> tuple[tuple[str, ...], set[int]]:
        """`a, b and c`, from its first name; `alone`: a comma parts one object from its place, `cm web, shop`."""
        names, where = [self.name(at)], {at}
        while True:
            step = at + 1
            while self.low(step) in {",", "and", "&", "+"} and step <= at + 2:
                step += 1
            after = self.low(step + 1)
            if alone and self.low(at + 1) == "," and step == at + 2 and self.low(step + 1) not in {",", "and", "&"}:
                return tuple(names), where
            if step == at + 1 or not self.shaped(step) or self.kind(step + 1) is not None or after == ":":
                return tuple(names), where
            names.append(self.name(step))
            where |= set(range(at + 1, step + 1))
            at = step

    def _row_back(self, at: int) -> tuple[tuple[str, ...], set[int]]:
        names, where = [self.name(at)], {at}
        while self.low(at - 1) in {",", "and", "&"} and self.shaped(at - 2) and self.low(at - 3) not in IN:
            names.insert(0, self.name(at - 2))
            where |= {at - 1, at - 2}
            at -= 2
        return tuple(names), where

    def _object(self, kind: str, names: tuple[str, ...], where: set[int], prep: str, plural: bool = False) -> None:
        self.named.append(Thing(kind, names, frozenset(where), prep, plural))
        self._take(where)

    def _settle(self, name: str, where: set[int]) -> None:
        if self.namespace and self.namespace != name:
            self.ambiguous = True
        self.namespace = self.namespace or name
        self.space_at |= where
        self._take(where)

    def _all(self) -> list[Thing]:
        return [*self.named, *self.kinds]

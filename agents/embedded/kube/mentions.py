"""The objects that a group of clauses mentions: a name beside its kind, before it, or by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.embedded.kube.filenames import is_file
from agents.embedded.kube.lexicon import (
    BASES,
    CONDITIONS,
    FILLERS,
    GENERIC,
    KIND_NAMES,
    KINDS,
    NEGATIONS,
    VERB_LEMMAS,
    VERBS,
)
from agents.embedded.kube.names import (
    ARTICLES,
    BEHIND_NAME,
    CALLED,
    DNS,
    LOCATIVE,
    NO_NAMES,
    POLITE,
    PREPOSITIONS,
    SINGULAR_S,
    STRICT_DNS,
    Context,
    Mention,
)
from agents.embedded.kube.tokens import Shape, Token
from agents.embedded.kube.vocabulary import COMMON_NAMES, known


class Mentions:
    """Tokens with the objects among them."""

    def __init__(self, tokens: Sequence[Token], context: Context, moods: Sequence[str] = ()) -> None:
        self.tokens = list(tokens)
        self.moods = list(moods) or ["name"] * len(self.tokens)
        self.context = context
        self.lemmas = [t.lemma if t.word else "" for t in self.tokens]
        self.mentions: list[Mention] = []
        self._find_mentions()

    def kind_of(self, at: int) -> str | None:
        """The kind that the word at a position names; "" for words such as `app`; None for any other word."""
        token = self.tokens[at]
        if not token.word:
            return self.context.kinds.get(token.low) if token.shape is Shape.NAME else None
        if token.lemma in KIND_NAMES:
            return None if self._is_verb(at) else token.lemma
        if token.low in self.context.kinds:
            return self.context.kinds[token.low]
        return "" if token.low in GENERIC and token.low != "one" else None

    def _is_verb(self, at: int) -> bool:
        """`deploy` at the head of a clause asks for something; elsewhere it is short for a deployment."""
        low = self.tokens[at].low
        if low != "deploy":
            return False
        before = next((t for t in reversed(self.tokens[:at]) if t.low not in POLITE), None)
        after = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        return (before is None or before.shape is Shape.MARK or before.low in {"then", "and"}) and after is not None

    def nameable(self, at: int) -> bool:
        """Whether the token may be the name of an object: by its shape, quoted, or a word that nobody knows."""
        if not 0 <= at < len(self.tokens):
            return False
        token = self.tokens[at]
        if token.shape is Shape.NAME:
            after = self.tokens[at + 1].low if at + 1 < len(self.tokens) else ""
            if token.low.endswith("ed") and after in {"the", "a", "my", "our", "that"}:
                return False
            return token.low not in self.context.kinds
        if token.shape is Shape.QUOTED:
            return bool(DNS.fullmatch(str(token.value)))
        if token.word and token.text.isupper() and len(token.text) <= 4:
            return False
        return token.word and token.low.isalpha() and len(token.low) > 1 and not known(token)

    def _find_mentions(self) -> None:
        taken: set[int] = set()
        for at, token in enumerate(self.tokens):
            if token.shape is Shape.PATH:
                self._path(at, taken)
        for at in range(len(self.tokens)):
            if at in taken:
                continue
            kind = self.kind_of(at)
            if kind is not None:
                self._beside(at, kind, taken)
        for at in range(len(self.tokens)):
            if at not in taken and (self.nameable(at) or self._known_bare(at)):
                names, where = self._run_of_names(at, taken)
                taken |= where
                self.mentions.append(Mention("", names, frozenset(where), self._prep(at)))
        self.mentions.sort(key=lambda one: one.first)

    def _path(self, at: int, taken: set[int]) -> None:
        head, _, name = self.tokens[at].text.partition("/")
        kind = KINDS.get(head.casefold()) or self.context.kinds.get(head.casefold())
        if (
            "/" in name
            or is_file(name)
            or not DNS.fullmatch(name.casefold())
            or not STRICT_DNS.fullmatch(head.casefold())
            or re.fullmatch(r"[\d.]+[mkMG]?i?", head)
        ):
            return
        before = self.tokens[at - 1] if at else None
        if (
            not kind
            and before is not None
            and before.word
            and not (before.low in PREPOSITIONS | ARTICLES or before.lemma in VERB_LEMMAS or before.lemma in KIND_NAMES)
        ):
            return
        taken.add(at)
        one = frozenset({at})
        space = "" if kind else head.casefold()
        self.mentions.append(Mention(kind or "", (name.casefold(),), one, self._prep(at), namespace=space))

    def _beside(self, at: int, kind: str, taken: set[int]) -> None:
        """The kind at a position with the name behind it or before it."""
        behind = at + 1
        while behind < len(self.tokens) and (
            self.tokens[behind].low in CALLED or (self.tokens[behind].text in {":", "="} and kind == "namespace")
        ):
            behind += 1
        called = behind > at + 1
        right = behind not in taken and (
            self.nameable(behind) or (called and self._any_name(behind)) or self._known_name(at, behind)
        )
        left = at - 1 not in taken and (self.nameable(at - 1) or (not right and self._known_left(at)))
        if right and left and not called and self._plain(behind) and not self._plain(at - 1):
            right = False
        if right and left and not called and self._plain(at - 1) and self._verbal(at - 1):
            left = False
        if right and not called and kind != "namespace" and self._plain(behind) and self._clausal(behind):
            right = False
        if left and self._plain(at - 1) and self._described(at - 1):
            left = False
        if right:
            names, where = self._run_of_names(behind, taken, forced=called)
            where |= set(range(at, behind))
            first = at
        elif left:
            names, where = self._back_names(at - 1, taken)
            where.add(at)
            first = min(where)
        elif kind == "":
            return
        else:
            names, where, first = (), {at}, at
        taken |= where
        if kind == "" and not names:
            return
        self.mentions.append(
            Mention(kind, names, frozenset(where), self._prep(first), self.tokens[at].low.endswith("s"))
        )

    def _plain(self, at: int) -> bool:
        return self.tokens[at].word

    def _verbal(self, at: int) -> bool:
        return self.tokens[at].low.endswith(("ing", "ed"))

    def _clausal(self, at: int) -> bool:
        """A plain unknown word behind a kind that goes on is a verb: `pods crunch all day`; `pod web` is a name."""
        token = self.tokens[at]
        after = self.tokens[at + 1].low if at + 1 < len(self.tokens) else ""
        if self.tokens[at - 1].lemma == "namespace" and not after[:1].isalpha():
            return False
        generic = self.tokens[at - 1].low in GENERIC
        if generic and token.low.endswith("s") and after in {"on", "in", "at", "to", "for", "with", "from"}:
            return True
        if token.low.endswith("s") and after in {
            "a",
            "an",
            "the",
            "my",
            "our",
            "its",
            "no",
            "some",
            "that",
            "me",
            "us",
            "it",
        }:
            return True
        return token.low.endswith(("ing", "ed", "ly")) and bool(after)

    def _known_name(self, at: int, behind: int) -> bool:
        """`config map settings in shop`: a word of the language as a name, behind a kind in the singular."""
        if (
            behind != at + 1
            or behind >= len(self.tokens)
            or (self.tokens[at].low.endswith("s") and self.tokens[at].low not in SINGULAR_S)
        ):
            return False
        token, low = self.tokens[behind], self.tokens[behind].low
        if (
            not token.word
            or not low.isalpha()
            or low in VERBS
            or low in NO_NAMES
            or low in FILLERS
            or low in NEGATIONS
            or low in KINDS
        ):
            return False
        if low in CONDITIONS or low in GENERIC or low in PREPOSITIONS or " " in token.text or token.lemma in KIND_NAMES:
            return False
        after = self.tokens[behind + 1] if behind + 1 < len(self.tokens) else None
        return (
            self.tokens[at].lemma == "namespace"
            or after is None
            or after.shape in {Shape.MARK, Shape.PAIR, Shape.FLAG, Shape.QUANTITY, Shape.KEY}
            or after.low in BEHIND_NAME
        )

    def _known_left(self, at: int) -> bool:
        """`the nightly cron job`, `the front service`."""
        token = self.tokens[at - 1] if at else None
        before = self.tokens[at - 2] if at > 1 else None
        if (
            token is None
            or not token.word
            or token.low not in COMMON_NAMES
            or (self.tokens[at].low.endswith("s") and self.tokens[at].low not in SINGULAR_S)
        ):
            return False
        return (
            before is None or before.low in {"the", "our", "my", "of", "on", "in", "for"} or before.lemma in VERB_LEMMAS
        )

    def _known_bare(self, at: int) -> bool:
        """`restart api in core`: a word of the language as a name, right behind the verb."""
        token = self.tokens[at]
        if not token.word or token.low not in COMMON_NAMES:
            return False
        step = at - 1
        while step >= 0 and self.tokens[step].low in {"the", "our", "my"}:
            step -= 1
        before = self.tokens[step] if step >= 0 else None
        after = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        behind = before is not None and (
            before.low in {"of", "does", "is"} or (before.lemma in VERB_LEMMAS and before.low in BASES)
        )
        return behind and (
            after is None
            or after.shape is Shape.MARK
            or after.low in {"in", "to", "from", "and", "down", "up", "back", "by"}
        )

    def _described(self, at: int) -> bool:
        """`the nightly stock feed cronjob`: words that describe, of which none is a name."""
        before = self.tokens[at - 1] if at else None
        return before is not None and before.word and not known(before)

    def _any_name(self, at: int) -> bool:
        if not 0 <= at < len(self.tokens):
            return False
        token = self.tokens[at]
        return token.shape in {Shape.NAME, Shape.QUOTED} or (token.word and bool(DNS.fullmatch(token.low)))

    def name_at(self, at: int) -> str:
        """The name that a token stands for, in the lower case that names of objects have."""
        token = self.tokens[at]
        return str(token.value).casefold() if token.shape is Shape.QUOTED else token.low

    def _run_of_names(self, at: int, taken: set[int], *, forced: bool = False) -> tuple[tuple[str, ...], set[int]]:
        names, where = [self.name_at(at)], {at}
        plain = self.tokens[at].word and not forced
        while True:
            step = at + 1
            while step < len(self.tokens) and self.tokens[step].low in {",", "and", "&", "+", "or"}:
                step += 1
            if step == at + 1 or step in taken or step > at + 3 or step >= len(self.tokens):
                break
            if not self.nameable(step) and self.tokens[step].low not in COMMON_NAMES:
                break
            if self.tokens[step].word and not plain and not forced:
                break
            after = step + 1
            if after < len(self.tokens) and self.kind_of(after):
                break
            if after < len(self.tokens) and self.tokens[after].text == ":":
                break
            if self.tokens[step].word and self._verbal(step):
                break
            names.append(self.name_at(step))
            where |= set(range(at + 1, step + 1))
            at = step
        return tuple(names), where

    def _back_names(self, at: int, taken: set[int]) -> tuple[tuple[str, ...], set[int]]:
        names, where = [self.name_at(at)], {at}
        while True:
            step = at - 1
            while step >= 0 and self.tokens[step].low in {",", "and", "&", "+"}:
                step -= 1
            if step == at - 1 or step < 0 or step in taken or not self.nameable(step):
                break
            if self.tokens[step].word != self.tokens[at].word or (step and self.tokens[step - 1].low in LOCATIVE):
                break
            names.insert(0, self.name_at(step))
            where |= set(range(step, at))
            at = step
        return tuple(names), where

    def _prep(self, at: int) -> str:
        """The preposition before a mention, over articles and adjectives."""
        step = at - 1
        while step >= 0 and self.tokens[step].low in ARTICLES:
            step -= 1
        if step >= 0 and self.tokens[step].low in PREPOSITIONS:
            return self.tokens[step].low
        return ""

"""The parts that device mentions are made of: names, adjectives, nouns, and what follows the noun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from agents.embedded.devices import EXACT_KINDS, EXCEPT, GENERIC, KINDS, PLURAL_WORDS, Criteria, Directory, Place, key
from agents.embedded.mention_words import (
    BARE_GPU,
    BARE_RUNNING,
    GPU,
    IN_PLACE,
    LABELLED,
    LOOSE,
    NAME_KINDS,
    OWNED,
    RUNNING,
    SUPERLATIVE,
    TAILS,
)
from agents.embedded.outcome import decline
from agents.embedded.tokens import Kind, Token
from agents.embedded.words import COMMON, FILLERS

NOUNS = GENERIC | KINDS.keys() | LOOSE
JOINTS = frozenset({",", "&", "+", "/"})
OWNABLE = frozenset({Kind.PATH, Kind.QUOTED, Kind.GLOB})


@lru_cache(maxsize=64)
def _by_first(phrases: tuple[str, ...]) -> dict[str, list[list[str]]]:
    """The words of phrases by their first word, longest first."""
    found: dict[str, list[list[str]]] = {}
    for parts in sorted((text.split() for text in phrases), key=len, reverse=True):
        found.setdefault(parts[0], []).append(parts)
    return found


class Parts:
    """Reads at a position of one token list; each reader returns where it ends, or the position itself."""

    def __init__(self, tokens: Sequence[Token], directory: Directory) -> None:
        self.tokens = tokens
        self.directory = directory
        self.places: list[Place] = []
        self.lows = [token.lemma if token.kind is Kind.WORD else "" for token in tokens]

    # --- small readers: each returns where it ends, or `at` itself ----------------------------------------------

    def low(self, at: int) -> str:
        return self.lows[at] if 0 <= at < len(self.lows) else ""

    def phrase(self, at: int, phrases: tuple[str, ...]) -> int:
        """The end of the longest of `phrases` that stands at `at`; `at` where none does."""
        for parts in _by_first(phrases).get(self.low(at), ()):
            if self.lows[at : at + len(parts)] == parts:
                return at + len(parts)
        return at

    def name(self, at: int) -> tuple[str, int] | None:
        """A device name at `at`, longest first. A name that is an everyday word needs a preposition before it."""
        for length in range(min(self.directory.longest, len(self.tokens) - at), 0, -1):
            part = self.tokens[at : at + length]
            if any(token.kind not in NAME_KINDS for token in part):
                continue
            text = key(" ".join(token.text for token in part))
            text = text.removesuffix("'s").removesuffix("’s")
            found = self.directory.names.get(text)
            if found is None and length == 1 and text.endswith("s") and self._owns(at + 1):
                found = self.directory.names.get(text[:-1])
            if found is not None and (not self._everyday(text) or self._placed(at)):
                return found, at + length
        return None

    def _owns(self, at: int) -> bool:
        """`alphas uptime`: a possessive as people type it, where something follows that may be owned."""
        token = self.tokens[at] if at < len(self.tokens) else None
        return token is not None and (token.kind in OWNABLE or (token.word and token.lemma not in FILLERS))

    def _everyday(self, text: str) -> bool:
        return text in COMMON or text in KINDS or text in GENERIC

    def _placed(self, at: int) -> bool:
        before = self.low(at - 1)
        if before in {"my", "the"}:
            before, text = self.low(at - 2), self.tokens[at].text
            return before in {"on", "from", "to", "onto", "at"} or text.casefold() in KINDS
        return before in {"on", "from", "to", "onto", "at", "and", "except", "between"}

    def _superlative(self, at: int) -> bool:
        return self._which_end(at) > at

    def _which_end(self, at: int) -> int:
        end = self.phrase(at, ("with", "that has", "having", "which has", "that is using", "that uses", "that use"))
        if end == at:
            return at
        word = self.low(end + 1) if self.low(end) == "the" else self.low(end)
        return end if word in SUPERLATIVE else at

    def _adjectives(self, at: int) -> tuple[Criteria, int, int]:
        criteria, count = Criteria(), 0
        while at < len(self.tokens):
            word = self.low(at)
            kind, next_word = KINDS.get(word), self.low(at + 1)
            label = self.directory.label(word) if word and word not in GENERIC else None
            if not word or word in GENERIC:
                break
            if word in {"available", "connected", "online", "single", "registered"}:
                pass
            elif word == "remaining" and next_word in {"disk", "space", "memory", "ram", "storage", "capacity", "room"}:
                break
            elif word in {"other", "remaining"}:
                before = sorted({name for place in self.places for name in place.names})
                if not before:
                    raise decline(f'"{self.tokens[at].text}" than which device?', [self.tokens[at].text])
                criteria = replace(criteria, exclude=tuple(before))
            elif word == "gpu":
                criteria = replace(criteria, gpu=True)
            elif self.directory.os(word):
                criteria = replace(criteria, os=self.directory.os(word))
            elif kind is not None and next_word in NOUNS:
                criteria = replace(criteria, kind=kind)
            elif label is not None and (next_word in NOUNS or self._more(at + 1)):
                criteria = replace(criteria, labels=(*criteria.labels, label))
            elif self._negated(at) is not None:
                out = self.directory.matching(self._negated(at) or criteria)
                criteria = replace(criteria, exclude=tuple(sorted({*criteria.exclude, *out})))
            else:
                break
            at, count = at + 1, count + 1
        return criteria, at, count

    def _negated(self, at: int) -> Criteria | None:
        """`non-windows`, `non-prod`: what the devices are not."""
        text = self.tokens[at].text.casefold()
        return self._adjective(text.removeprefix("non-")) if text.startswith("non-") else None

    def _adjective(self, word: str) -> Criteria | None:
        """What one word in front of a noun says of the devices."""
        if word == "gpu":
            return Criteria(gpu=True)
        system = self.directory.os(word)
        if system is not None:
            return Criteria(os=system)
        label = self.directory.label(word) if word and word not in GENERIC else None
        if label is not None:
            return Criteria(labels=(label,))
        return Criteria(kind=KINDS[word]) if word in KINDS else None

    def _united(self, at: int) -> tuple[list[Criteria], int]:
        """`prod and staging servers`: what each adjective says, and where the noun stands that they share."""
        found: list[Criteria] = []
        step = at
        while True:
            one = self._adjective(self.low(step))
            if one is None:
                return [], at
            found.append(one)
            step += 1
            joint = step
            while joint < len(self.tokens) and (self.tokens[joint].text in JOINTS or self.low(joint) in {"and", "or"}):
                joint += 1
            if joint == step:
                break
            step = joint + 1 if self.low(joint) == "the" else joint
        noun = self.low(step)
        return (found, step) if len(found) > 1 and noun in NOUNS else ([], at)

    def _more(self, at: int) -> bool:
        word = self.low(at)
        return bool(word) and (
            word == "gpu" or self.directory.os(word) is not None or self.directory.label(word) is not None
        )

    def _noun(self, noun: str, text: str, criteria: Criteria) -> Criteria | None:
        if noun in GENERIC or (noun in LOOSE and not criteria.empty):
            return criteria
        kind = KINDS.get(noun)
        if kind is None:
            return None
        if noun not in EXACT_KINDS:
            name = self.directory.names.get(noun)
            if name is not None and text not in PLURAL_WORDS:
                return replace(criteria, names=(name,))
            label = self.directory.label(noun)
            if label is not None:
                return replace(criteria, labels=(*criteria.labels, label))
        return replace(criteria, kind=kind)

    def _modifiers(self, end: int, criteria: Criteria, *, bare: bool = False) -> tuple[Criteria, int]:
        for _ in range(4):
            before = end
            end = self.phrase(end, TAILS)
            criteria, end = self._except(end, criteria)
            criteria, end = self._labelled(end, criteria)
            criteria, end = self._running(end, criteria, bare=bare)
            if end == before:
                break
        return criteria, end

    def _except(self, at: int, criteria: Criteria) -> tuple[Criteria, int]:
        comma = at + 1 if at < len(self.tokens) and self.tokens[at].text in {",", "("} else at
        after = self.phrase(comma, EXCEPT)
        if after == comma:
            return self._excluded(at, comma, criteria)
        found = self._list(self.phrase(after, ("for", "on", "of")))
        if found is None and self.low(comma) in {"that", "which"}:
            what, noun, _ = self._adjectives(after)
            kind = self._noun(self.low(noun), "", what) if noun < len(self.tokens) else None
            if kind is not None:
                out = {*criteria.exclude, *self.directory.matching(kind)}
                return replace(criteria, exclude=tuple(sorted(out))), noun + 1
        if found is None:
            other = self._quantified(after)
            if other is None or self.low(comma) == "not":
                return criteria, at
            found = other
        place, end = found
        if end < len(self.tokens) and self.tokens[end].text == ")":
            end += 1
        return replace(criteria, exclude=tuple(sorted({*criteria.exclude, *place.names}))), end

    def _excluded(self, at: int, comma: int, criteria: Criteria) -> tuple[Criteria, int]:
        """`all servers, titan excluded`."""
        found = self._list(comma) if comma > at else None
        if found is None or self.low(found[1]) not in {"excluded", "excepted", "exempted", "aside", "apart", "omitted"}:
            return criteria, at
        return replace(criteria, exclude=tuple(sorted({*criteria.exclude, *found[0].names}))), found[1] + 1

    def _labelled(self, at: int, criteria: Criteria) -> tuple[Criteria, int]:
        end = self.phrase(at, LABELLED)
        explicit = end > at
        if not explicit:
            end = max(self.phrase(at, IN_PLACE), self.phrase(at, OWNED))
        if end >= len(self.tokens):
            return criteria, at
        token = self.tokens[end]
        if token.kind is Kind.LABEL:
            label, _, value = token.text.partition("=")
            return replace(criteria, labels=(*criteria.labels, (label, value))), end + 1
        said = token.value if token.kind is Kind.QUOTED else token.lemma
        if not isinstance(said, str) or end == at:
            return criteria, at
        pair = self.directory.label(said.casefold())
        loose = self.low(at) in {"in", "at", "out"} or (self.phrase(at, OWNED) > at and pair is not None)
        if pair is not None and (explicit or (token.kind is Kind.WORD and loose and not self._qualifies(end + 1))):
            return replace(criteria, labels=(*criteria.labels, pair)), end + 1
        if explicit:
            raise decline(
                f'no device has the label "{said[:60]}"; the known devices are {self.directory.known}', [token.text]
            )
        return criteria, at

    def _qualifies(self, at: int) -> bool:
        """Whether a noun of files stands at `at`: `the servers in the web folder` speaks of a folder."""
        return self.low(at) in {"folder", "directory", "dir", "file", "log"}

    def _running(self, at: int, criteria: Criteria, *, bare: bool = False) -> tuple[Criteria, int]:
        end = self.phrase(at, GPU + BARE_GPU if bare else GPU)
        if end > at:
            return replace(criteria, gpu=True), end
        end = self.phrase(at, RUNNING + BARE_RUNNING if bare else RUNNING)
        system = self.directory.os(self.low(end)) if end > at else None
        return (replace(criteria, os=system), end + 1) if system else (criteria, at)

    # --- given by the forms of a mention ------------------------------------------------------------------------

    def _list(self, at: int) -> tuple[Place, int] | None:
        raise NotImplementedError

    def _quantified(self, at: int) -> tuple[Place, int] | None:
        raise NotImplementedError

"""Where a request looks: its namespace, by the word, by a preposition, by its place in the sentence."""

from __future__ import annotations

import re

from agents.embedded.kube.inquiry.nouns import Nouns
from agents.embedded.kube.inquiry.tables import ARTICLES, FROM, IN
from agents.embedded.kube.lexicon import FILLERS, VERB_LEMMAS
from agents.embedded.kube.names import NO_NAMES, NO_PLACES, PREPOSITIONS
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.vocabulary import COMMON_NAMES, known
from agents.embedded.wordset import words

LINKS = words("called named : = is")
_PEOPLE = words("people team folks guys crew squad lot")
_STATES = words(
    "time use general detail total trouble pending error errors order progress parallel yaml json there it this "
    "that crashloop chat english words short table list column columns advance summary detail plaintext"
)
_EVERYWHERE = re.compile(
    r"\b(?:everywhere|anywhere|wherever|"
    r"(?:no matter|regardless of) (?:which |what |the )?namespaces?|"
    r"cluster-?wide|cluster wide|in all(?= [,.;?]|$)|all (?:the |"
    r"our )?namespaces|(?:every|any|each) namespace|"
    r"(?:whole|entire|complete|across (?:the|this|our)|in (?:the|this|our)|all of the) (?:\w+ )?cluster)\b"
)


class Places(Nouns):
    """Nouns with the finders of the namespace."""

    def _wide(self) -> None:
        self.everywhere = _EVERYWHERE.search(" ".join(token.low for token in self.tokens)) is not None

    def _flags(self) -> None:
        for at, token in enumerate(self.tokens):
            if token.shape is not Shape.FLAG:
                continue
            head, equal, value = token.text.partition("=")
            if head in {"-n", "--namespace"}:
                if equal:
                    self._settle(value.casefold(), {at})
                elif at + 1 < len(self.tokens):
                    self._settle(self.name(at + 1), {at, at + 1})
            elif head in {"-A", "--all-namespaces"}:
                self.everywhere = True
                self._take({at})

    def _spaces(self) -> None:
        """`ns shop`, `the shop namespace`, `shop is the namespace`, `namespace: shop`."""
        for at, token in enumerate(self.tokens):
            if at in self._taken or not (token.word and token.lemma == "namespace"):
                continue
            if token.low.endswith("s") and token.low != "ns":
                before = self.low(at - 1)
                if before in {"all", "every", "any", "across"} or self.low(at - 2) in {"all", "every"}:
                    self.everywhere = True
                continue
            if self.low(at - 1) in {"every", "each", "any", "all"} and not self.shaped(at + 1):
                self.everywhere = True
                self._take({at - 1, at})
                continue
            behind = at + 1
            while self.low(behind) in LINKS:
                behind += 1
            called = behind > at + 1 and self.low(behind - 1) in {"called", "named", ":", "="}
            left = self._left_space(at)
            everyday = self._word(behind) and self.low(behind) in COMMON_NAMES and not left
            right = (
                self.nameable(behind)
                or (called and self._word(behind))
                or everyday
                or self._everyday(behind)
                or (self._introduced(at, behind) and not left)
                or self._stated(at)
            )
            if right and not (left and self.plain(behind) and not called):
                self._settle(self.name(behind), set(range(at, behind + 1)))
                continue
            if left:
                self._settle(self.name(at - 1), {at - 1, at})
                continue
            step = at - 1
            while self.low(step) in ARTICLES:
                step -= 1
            if self.low(step) in {"is", "=", ",", "in"} and self.nameable(step - 1) and self.low(step) != ",":
                self._settle(self.name(step - 1), set(range(step - 1, at + 1)))

    def _left_space(self, at: int) -> bool:
        if self.shaped(at - 1):
            return self.kind(at - 2) is None or self.low(at - 2) in {"namespace"}
        if self.plain(at - 1):
            return self.low(at - 2) in ARTICLES | IN | {"of", "for", "on", "from", ""} or self._cut(at - 2)
        if self._cut(at - 2) and self.low(at - 2) != "/" and self._everyday(at - 1, whole=False):
            return True
        return self._word(at - 1) and self.low(at - 1) in COMMON_NAMES and self.low(at - 2) in {"the", "our", "my"}

    def _introduced(self, at: int, behind: int) -> bool:
        """`in namespace accounts`, `of the namespace reports`: a word of whatever meaning but that of another kind."""
        step = at - 1
        while self.low(step) in ARTICLES:
            step -= 1
        low = self.low(behind)
        if not self._word(behind) or not self.tokens[behind].word or low.endswith(("ing", "ed")):
            return False
        ends = behind + 1 >= len(self.tokens) or self._cut(behind + 1) or self.low(behind + 1) in PREPOSITIONS
        placed = self.low(step) in FROM or (step < at - 1 and ends)
        return placed and low not in NO_NAMES | FILLERS | PREPOSITIONS and (self.kind(behind) is None or low[-1] == "s")

    def _stated(self, at: int) -> bool:
        """`(namespace execs)`, `, ns run.`: a word of whatever meaning, with nothing around both."""
        alone = at == 0 or self._cut(at - 1)
        ends = at + 2 >= len(self.tokens) or self._cut(at + 2)
        return alone and ends and self._word(at + 1) and self.tokens[at + 1].word and self.low(at + 1) not in NO_NAMES

    def _places(self) -> None:
        """`in shop`: a name behind a preposition of place, and not one of an object."""
        if self.namespace:
            return
        found: list[int] = []
        for at in range(1, len(self.tokens)):
            if not self.nameable(at):
                continue
            step = at - 1
            while self.low(step) in {"the", "our", "my", ":"}:
                step -= 1
            if self.low(step) == "into" and self.low(step - 1) in {
                "ran",
                "run",
                "runs",
                "running",
                "look",
                "looking",
                "got",
            }:
                continue
            after = step in {max(thing.at) + 1 for thing in self.named}
            if self.low(step) not in IN or (self.plain(at) and not after and not self._ends(at)):
                continue
            if step != at - 1 and self.plain(at) and not self.shaped(at):
                continue
            found.append(at)
        found = found or self._beside_objects() or [at for at in range(len(self.tokens)) if self._checked(at)]
        if len({self.name(at) for at in found}) > 1:
            found = [at for at in found if self._of_objects(at)] or found
        if len({self.name(at) for at in found}) > 1:
            self.ambiguous = True
        for at in found[:1]:
            self._settle(self.name(at), {at, *(one for one in self._again(self.name(at)) if self.low(one - 1) in FROM)})

    def _of_objects(self, at: int) -> bool:
        """`pods in shop`: right behind a kind or an object."""
        step = at - 2
        while self.low(step) in ARTICLES | IN:
            step -= 1
        return bool(self.kind(step)) or any(step in thing.at for thing in self.named)

    def _again(self, name: str) -> list[int]:
        return [at for at in range(1, len(self.tokens)) if self.tokens[at].low == name and at not in self._taken]

    def _checked(self, at: int) -> bool:
        """`check shop for privileged containers`."""
        if self.low(at - 1) == "give":
            return self.plain(at) and self.low(at + 1) in {"a", "an", "another"}
        looked = self.low(at - 1) in {"check", "audit", "scan", "review", "inspect", "search"}
        return looked and self.plain(at) and self._closed_by(at, "for")

    def _closed_by(self, at: int, word: str) -> bool:
        return self._closed(at) or self.low(at + 1) == word

    def _beside_objects(self) -> list[int]:
        """`hpa flash-sale in deals`: a word of the language, where only a namespace can stand."""
        found = []
        for thing in [*self.named, *(kind for kind in self.kinds if kind.plural)]:
            at = max(thing.at) + 2
            if self.low(at - 1) in {"of", "for", "from"} and thing.plural and self.plain(at) and not thing.names:
                found.append(at)
                continue
            if self.low(at - 1) != "in" or not self._word(at) or not self.tokens[at].word or self.kind(at) is not None:
                continue
            named = bool(thing.names) and self.low(at) in COMMON_NAMES and self._ends(at) and self.kind(at + 1) is None
            if named:  # `why is the claim data in db pending`
                found.append(at)
                continue
            if self.tokens[at].lemma not in VERB_LEMMAS and self.low(at) not in _STATES and self._closed(at):
                found.append(at)
        return found or [at for at in range(2, len(self.tokens)) if self.low(at - 1) == "in" and self._nowhere_else(at)]

    def _nowhere_else(self, at: int) -> bool:
        """`services that point at nothing in maps`: a word behind `in` at the end of its clause."""
        known_place = self._everyday(at) and self.low(at) not in _STATES | NO_PLACES and self._closed(at)
        return known_place and bool(self.kinds or self.named)

    def _ends(self, at: int) -> bool:
        """`in shop,` and not `in shop windows`: no other unknown word or noun follows."""
        after = at + 1
        if after >= len(self.tokens) or self.tokens[after].shape is Shape.MARK:
            return True
        return self.tokens[after].word and known(self.tokens[after])

    def _enclosed(self) -> None:
        """`(shop)` behind something, `shop:` before it all, a name of the live cluster."""
        if self.namespace:
            return
        for at in range(len(self.tokens)):
            if not self.nameable(at):
                continue
            before, after = self.low(at - 1), self.low(at + 1)
            if (before == "(" and after in {")", ","} and at > 1) or (
                after == ":" and before in {"", ".", ",", "(", "-", "!", "?"}
            ):
                return self._settle(self.name(at), {at})
            if self.name(at) in self.context.namespaces and (self.named or self.kinds):
                return self._settle(self.name(at), {at})
        return self._last()

    def _last(self) -> None:
        """`yaml of cm features, shop`; `the shop people`: a name behind all else, or before those who work there."""
        for at in range(1, len(self.tokens)):
            if not self.nameable(at):
                continue
            before, after = self.tokens[at - 1].text, self.low(at + 1)
            ends = at + 1 >= len(self.tokens) or after in {
                ".",
                "!",
                "?",
                ";",
                "please",
                "pls",
                "thanks",
                "thx",
                ",",
                ")",
            }
            if ends and before in {",", "-", "("} and any(thing.kind and max(thing.at) < at for thing in self._all()):
                return self._settle(self.name(at), {at})
            if ends and before == "," and self._second(at):
                return self._settle(self.name(at), {at})
            if ends and before.casefold() in {"it's", "is"} and self.named and not self.shaped(at):
                return self._settle(self.name(at), {at})
            if after in _PEOPLE and before.casefold() in {"the", "our"} and not self.named:
                return self._settle(self.name(at), {at})
        return None

    def _second(self, at: int) -> bool:
        """`logs of web, shop, last 10 min`: of two names that nothing joins the second is the place."""
        names = [
            one
            for one in range(len(self.tokens))
            if one not in self._taken and self.nameable(one) and not self.low(one).endswith(("ing", "ed", "grep"))
        ]
        return len(names) == 2 and names[1] == at and not any(thing.plural for thing in self._all())

"""Where the objects of a group of clauses are: its namespace, and the place that the clauses before spoke of."""

from __future__ import annotations

from agents.embedded.kube.lexicon import CONDITIONS, FILLERS, GENERIC, KINDS, NEGATIONS, VERB_LEMMAS, VERBS
from agents.embedded.kube.mentions import Mentions
from agents.embedded.kube.names import BEHIND_NAME, LOCATIVE, LOOSE, MADE, MODALS, NO_NAMES, NO_PLACES, NODE, Mention
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.vocabulary import COMMON_NAMES, known


class Located(Mentions):
    """Mentions with the one that is the place."""

    location: Mention | None = None

    def _find_location(self) -> None:
        for at, token in enumerate(self.tokens):
            if token.shape is Shape.FLAG and token.low in {"-n", "--namespace"} and at + 1 < len(self.tokens):
                return self._locate(self.name_at(at + 1), {at, at + 1})
            if token.shape is Shape.FLAG and token.low.startswith("--namespace="):
                return self._locate(token.low.partition("=")[2], {at})
        spaces = [m for m in self.mentions if m.kind == "namespace" and len(m.names) == 1]
        others = [m for m in self.mentions if m.kind != "namespace" or not m.names]
        for one in spaces:
            made = self.tokens[one.first - 1].lemma if one.first else ""
            if one.prep in LOCATIVE | {"on", "of", "for"} or (others and not one.prep and made not in MADE):
                return self._settle(one)
        whole = [m for m in self.mentions if m.namespace]
        if whole:
            self.location = Mention("namespace", (whole[0].namespace,), frozenset())
            return None
        bare = [m for m in self.mentions if m.kind == "" and len(m.names) == 1 and not m.namespace]
        for one in reversed([m for m in bare if m.prep in {"in", "inside", "within", "under", "across"}]):
            if not NODE.fullmatch(one.names[0]) and (self._shaped(one) or self._last_of_phrase(one)):
                return self._settle(one)
        for one in bare:
            if (
                one.names[0] in self.context.namespaces
                and one.prep in LOCATIVE | LOOSE | {""}
                and len(self.mentions) > 1
            ):
                return self._settle(one)
        for one in bare:
            if self._enclosed(one) and len(self.mentions) > 1 and len(one.names[0]) > 1:
                return self._settle(one)
        for one in reversed([m for m in bare if m.prep == "from"]):
            if not NODE.fullmatch(one.names[0]) and any(m is not one and m.names for m in self.mentions):
                return self._settle(one)
        return self._common_place()

    def _common_place(self) -> None:
        """`in marketing`: a word of the language as the name of a namespace, where nothing else is the place."""
        for at in range(1, len(self.tokens)):
            low = self.tokens[at].low
            bracket = self.tokens[at - 1].text == "(" and at + 1 < len(self.tokens) and self.tokens[at + 1].text == ")"
            if (
                not ((bracket and len(low) > 1) or self.tokens[at - 1].low in {"in", "inside"})
                or not self.tokens[at].word
                or not low.isalpha()
            ):
                continue
            odd = low in FILLERS | NO_PLACES | NO_NAMES or (low in VERBS and low not in COMMON_NAMES) or low in KINDS
            odd = odd or low in NEGATIONS | CONDITIONS | GENERIC or any(at in m.at for m in self.mentions)
            if not odd and self._ends(at + 1):
                return self._locate(low, {at - 1, at})
        return None

    def _ends(self, at: int) -> bool:
        if at >= len(self.tokens) or self.tokens[at].shape is not Shape.WORD:
            return True
        token = self.tokens[at]
        return token.low in BEHIND_NAME | MODALS | FILLERS or (token.low.endswith("s") and token.lemma in VERB_LEMMAS)

    def _shaped(self, one: Mention) -> bool:
        """A name by its shape, not a plain word that nobody knows."""
        return any(self.tokens[at].shape in {Shape.NAME, Shape.QUOTED, Shape.PATH} for at in one.at)

    def _last_of_phrase(self, one: Mention) -> bool:
        """`in shop` and `in shop,`, not `in shop windows`: no other unknown word follows."""
        after = max(one.at) + 1
        return after >= len(self.tokens) or not (self.tokens[after].word and not known(self.tokens[after]))

    def _enclosed(self, one: Mention) -> bool:
        """`(shop)` behind something, or `shop:` before it all."""
        first, last = min(one.at), max(one.at)
        before = self.tokens[first - 1].text if first else ""
        after = self.tokens[last + 1].text if last + 1 < len(self.tokens) else ""
        return (before == "(" and after in {")", ","}) or (after == ":" and (first == 0 or before in {".", ",", "-"}))

    def _settle(self, one: Mention) -> None:
        self.location = one
        self.mentions = [m for m in self.mentions if m is not one]

    def _locate(self, name: str, where: set[int]) -> None:
        self.location = Mention("namespace", (name,), frozenset(where))
        self.mentions = [m for m in self.mentions if not m.at & where]

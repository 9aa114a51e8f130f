"""A clause as one line of signs: kinds, names, numbers and values as marks with their position, other words as written.

`please scale deploy/web in shop to 5` is `please scale P2 in n4:shop to #6`. A plain word that may be a name keeps its
spelling beside the mark, for a pattern may know it as a word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agents.embedded.kube.inquiry.tables import ENGLISH
from agents.embedded.kube.lexicon import CONDITIONS, FILLERS, GENERIC, KIND_NAMES, NEGATIONS, VERBS
from agents.embedded.kube.names import BEHIND_NAME, DNS, NO_NAMES, PREPOSITIONS, Context
from agents.embedded.kube.tokens import Shape, Token
from agents.embedded.kube.vocabulary import COMMON_NAMES, known
from agents.embedded.wordset import words

_SIGNS = {
    Shape.NUMBER: "#",
    Shape.QUANTITY: "Q",
    Shape.DURATION: "D",
    Shape.PERCENT: "%",
    Shape.IMAGE: "I",
    Shape.PAIR: "=",
    Shape.SCHEDULE: "S",
    Shape.KEY: "U",
    Shape.URL: "L",
    Shape.IDENTITY: "@",
    Shape.PATH: "P",
    Shape.BAD: "X",
}
_WRITTEN = (
    "pls=please, plz=please, thx=thanks, u=you, dont=don't, cant=can't, id=i'd, wont=won't, "
    "shouldnt=shouldn't, ram=memory, mem=memory, w/o=without, lets=let's, pleaes=please, plese=please, "
    "replcias=replicas, repicas=replicas, replcas=replicas, shoud=should, shuld=should, shoudl=should, "
    "sould=should, doesnt=doesn't, isnt=isn't, gimme=give, wanna=want to, ya=you "
)
_SPELLING = dict(pair.split("=") for pair in _WRITTEN.strip().split(", "))
_SINGULAR_S = words("ds rs sts ns ingress endpoints storageclass ingressclass priorityclass")
_CALLED = words("called named")
_SPOKEN = words("scale automatically once always now spinup")
"""Set phrases whose words say more than the one that stands for them: `scale down`."""


@dataclass(frozen=True, slots=True)
class Line:
    """The signs of a clause, in order, with the tokens behind them."""

    signs: tuple[str, ...]
    at: tuple[int, ...]
    tokens: tuple[Token, ...]

    @property
    def text(self) -> str:
        """The signs, each with a space behind it."""
        return "".join(f"{sign} " for sign in self.signs)

    def span(self, start: int, end: int) -> list[Token]:
        """The tokens behind a stretch of the text."""
        out: list[Token] = []
        here = 0
        for sign, at in zip(self.signs, self.at, strict=True):
            if start <= here < end and (not out or out[-1] is not self.tokens[at]):
                out.append(self.tokens[at])
            here += len(sign) + 1
        return out

    def without(self, start: int, end: int) -> Line:
        """The line without a stretch of its text."""
        kept, here = [], 0
        for n, sign in enumerate(self.signs):
            if not start <= here < end:
                kept.append(n)
            here += len(sign) + 1
        return Line(tuple(self.signs[n] for n in kept), tuple(self.at[n] for n in kept), self.tokens)


def line_of(tokens: Sequence[Token], context: Context) -> Line:
    """The line of a clause; marks at its ends are left out."""
    kept = list(enumerate(tokens))
    while kept and kept[0][1].shape is Shape.MARK and kept[0][1].text != "(":
        kept.pop(0)
    while kept and kept[-1][1].shape is Shape.MARK and kept[-1][1].text != ")":
        kept.pop()
    signs: list[tuple[str, int]] = []
    for at, token in kept:
        signs += [(sign, at) for sign in _signs(tokens, at, token, context)]
    return Line(tuple(sign for sign, _ in signs), tuple(at for _, at in signs), tuple(tokens))


def _signs(tokens: Sequence[Token], at: int, token: Token, context: Context) -> list[str]:
    sign = _sign(tokens, at, token, context)
    possessive = token.shape in {Shape.WORD, Shape.NAME} and token.end - token.start == len(token.text) + 2
    if possessive and " " not in token.text:
        return [sign, "'s"]
    return sign.split(" ")


def _sign(tokens: Sequence[Token], at: int, token: Token, context: Context) -> str:
    if token.shape is Shape.MARK:
        return "to" if token.text in {"->", "=>", "→"} else token.text
    if token.shape in _SIGNS:
        return f"{_SIGNS[token.shape]}{at}"
    if token.shape is Shape.QUOTED:
        return f"N{at}" if DNS.fullmatch(str(token.value)) else f'"{at}'
    if token.shape is Shape.FLAG:
        return token.low
    if token.shape is Shape.NAME:
        if token.low in context.kinds:
            return f"K{context.kinds[token.low].removesuffix('s')}"
        return token.low if ENGLISH.fullmatch(token.low) else f"N{at}"
    return _word(tokens, at, token, context)


def _word(tokens: Sequence[Token], at: int, token: Token, context: Context) -> str:
    low = token.low.replace("’", "'")
    before = tokens[at - 1] if at else None
    if before is not None and before.low in _CALLED and DNS.fullmatch(low) and low not in PREPOSITIONS | {"it", "so"}:
        return f"N{at}"
    if token.lemma in KIND_NAMES:
        plural = low.endswith("s") and low not in _SINGULAR_S
        return f"K{token.lemma}*" if plural else f"K{token.lemma}"
    if _behind_kind(tokens, at):
        return f"n{at}:{low}"
    if low in GENERIC and low not in {"one", "rollout", "stuff", "thing"}:
        return f"G{low}"
    if " " in token.text or "-" in token.text:
        return low if token.lemma in _SPOKEN else token.lemma or low
    if low in _SPELLING:
        return _SPELLING[low]
    if re.search(r"[a-z][A-Z]", token.text) and not known(token):
        return f"U{at}:{low}"
    if token.text.isupper() and len(low) > 2 and low not in FILLERS | NEGATIONS | CONDITIONS | {"and", "asap"}:
        return f"U{at}:{low}"
    if low in COMMON_NAMES or (low.isalpha() and len(low) > 1 and not known(token)):
        return f"n{at}:{low}"
    return low


def _behind_kind(tokens: Sequence[Token], at: int) -> bool:
    """`config map settings in shop`: a word of the language as a name, behind a kind in the singular."""
    before, token = (tokens[at - 1] if at else None), tokens[at]
    if before is None or not before.word or before.lemma not in KIND_NAMES or not token.low.isalpha():
        return False
    if before.low.endswith("s") and before.low not in _SINGULAR_S:
        return False
    odd = FILLERS | NEGATIONS | CONDITIONS | NO_NAMES | PREPOSITIONS
    if token.low in odd or token.low in VERBS or token.lemma in KIND_NAMES or " " in token.text:
        return False
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    return after is None or not after.word or after.low in BEHIND_NAME

"""Which verbs of a clause are orders: in their plain form, or as what is wished (`needs to be restarted`)."""

from __future__ import annotations

from agents.embedded.kube.idle import WISHES
from agents.embedded.kube.lexicon import BASES
from agents.embedded.kube.view import View, split
from agents.embedded.wordset import words

_SUBJECTS = words("i we they someone somebody who he she you it")
CHANGING = (
    "set add change update put give make have switch raise lower increase reduce edit correct fix turn turnon "
    "enable bump "
    "point use need want let get define carry bear become adapt pin run take bring go move roll upgrade "
    "downgrade grant "
    "require introduce configure install provide deploy ship choose pick export"
)
"""Verbs that ask for a setting; which one, what is set says."""
_ARTICLES = words("the a an this that its their his my our your no any another")
_LEAVES = words("go disappear vanish")
_GOES_ON = words("to back on up down into with through over at")
_ASKED = words("please must let make get have give want wants like")
_PAST = words("rolled scaled ran took brought")


def wished(v: View) -> bool:
    """Whether the clause says how something is to be: `web should run 1.4`, `it has to be 5`."""
    return any(
        token.low in (WISHES | {"gets"}) - {"has", "have", "can", "could", "want", "wants"}
        or (token.low in {"has", "have", "is", "are"} and v.tokens[at + 1].low == "to")
        for at, token in enumerate(v.tokens[:-1])
    )


def ordered(v: View, *lemmas: str) -> bool:
    """Whether one of the verbs is an order, which is then explained."""
    wanted = split(lemmas)
    for at, lemma in enumerate(v.lemmas):
        if lemma not in wanted or at in v.used or any(at in m.at for m in v.mentions) or not _order(v, at):
            continue
        v.claim(at)
        if _wisher(v, at):
            v.claim(*range(at))
        return True
    if wanted & {"delete", "remove"} and leaving(v):
        return True
    return v.context.inherited in wanted


def leaving(v: View) -> bool:
    """`it can go`, `has to disappear`: what is wished away."""
    for at, token in enumerate(v.tokens):
        after = v.tokens[at + 1].low if at + 1 < len(v.tokens) else ""
        leaves = token.low in _LEAVES and not (token.low == "go" and after in _GOES_ON)
        if leaves and (wished(v) or any(t.low in {"can", "could"} for t in v.tokens[:at])):
            v.claim(at)
            return True
    return False


def _order(v: View, at: int) -> bool:
    token, lemma = v.tokens[at], v.lemmas[at]
    low = token.low.split(" ")[0]
    before = v.tokens[at - 1].low if at else ""
    earlier = {t.low for t in v.tokens[:at]}
    if lemma in {"need", "want", "should"}:
        return True
    if before in _ARTICLES and low in BASES and lemma not in {"delete", "set"}:
        return bool(
            earlier & words("do give gives perform need needs want wants have make put get please use issue run")
        )
    if low in _PAST or (low.endswith("ed") and low != lemma and low not in BASES):
        return bool(earlier & (WISHES | _ASKED))
    if low.endswith("ing") and low != lemma:
        return bool(earlier & (words("needs need do give") | _ASKED))
    if low.endswith("s") and low not in BASES and low != lemma:
        return False
    if before in {"that", "which"} and low == lemma:
        return False
    if before in _SUBJECTS:
        return bool(earlier & WISHES & {"can", "could", "would", "will"})
    return True


def _wisher(v: View, at: int) -> bool:
    """`finance wants`: whoever wishes it is no object."""
    return (
        v.tokens[at].low in {"wants", "needs", "asks"}
        and all(t.word for t in v.tokens[:at])
        and not any(m.first < at for m in v.mentions)
    )

"""Keys with their values, and keys that go: of an environment, a config map, labels, annotations. In any order."""

from __future__ import annotations

import re

from agents.embedded.kube.lexicon import BASES, VERBS
from agents.embedded.kube.orders import CHANGING, leaving, ordered
from agents.embedded.kube.slots import literal, pairs, parted_pair
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.view import View
from agents.embedded.kube.vocabulary import VERB_WORDS
from agents.embedded.wordset import words

REMOVES = "remove unset delete drop clear strip takeoff throw untag unlabel unannotate turnoff nolonger"
SETS = f"{CHANGING} label annotate tag mark attach apply"
_JOINTS = words("to as = : -> is be at become")
_MODALS = words("should must has needs to be is with value the a must now")
_LINKS = words("of in on for from off to out it them key keys so and please which that")


def entries(v: View, nouns: str) -> tuple[dict[str, str], list[str]]:
    """What is set and what is removed; the frame says whether that is ordered. `nouns` are words for a key."""
    wanted = words(nouns)
    given = pairs(v) | _assigned(v, wanted)
    gone = _minus(v) + _removed(v, wanted)
    if not given and not gone:
        given = parted_pair(v)
    v.mentions = [m for m in v.mentions if not m.at & v.used or not m.names]
    return given, gone


def changed(v: View, given: dict[str, str], gone: list[str], wish: bool) -> bool:
    """Whether a verb, or a wish, asks for what is set and for what is removed."""
    return (not given or ordered(v, SETS) or wish) and (not gone or ordered(v, REMOVES) or _minus_said(v))


def _minus_said(v: View) -> bool:
    return any(re.fullmatch(r"[\w./-]+-", token.text) for token in v.tokens)


def _keyed(v: View, at: int, nouns: frozenset[str]) -> bool:
    """Whether the token may be a key: by its shape, in capitals, quoted, or beside a word for keys."""
    token = v.tokens[at]
    if at in v.used or any(m.kind and at in m.at for m in v.mentions) or (v.location and at in v.location.at):
        return False
    if token.shape is Shape.KEY or (token.word and token.text.isupper() and len(token.text) > 2):
        return True
    beside = v.before(at) in nouns or (at + 1 < len(v.tokens) and v.lemmas[at + 1] in nouns)
    called = at > 1 and v.tokens[at - 1].low in {"called", "named"} and v.before(at - 1) in nouns
    if token.shape in {Shape.NAME, Shape.QUOTED, Shape.PATH}:
        return beside or called or token.shape is Shape.QUOTED
    return (
        token.word
        and token.low not in _LINKS | _MODALS
        and (called or (v.before(at) in nouns and at + 1 < len(v.tokens)))
    )


def _assigned(v: View, nouns: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for at, token in enumerate(v.tokens):
        sign = v.tokens[at + 1] if at + 1 < len(v.tokens) else None
        plain = sign is not None and sign.text == "=" and token.shape in {Shape.WORD, Shape.NAME}
        if sign is None or not (plain or _keyed(v, at, nouns)):
            continue
        step = _over_names(v, at + 1)
        while step < len(v.tokens) and v.tokens[step].low in _JOINTS | _MODALS:
            step += 1
        between = [t.low for t in v.tokens[at + 1 : step]]
        if not set(between) & (_JOINTS | {"value"}) or step >= len(v.tokens) or step in v.used:
            continue
        if _doing(v.tokens[step].low, between) or v.tokens[step].shape in {Shape.MARK, Shape.BAD}:
            continue
        found[literal(v, at)] = _value(v, step)
        v.claim(at, step, *range(_over_names(v, at + 1), step))
        _claim_old(v, step + 1)
    return found


def _doing(low: str, between: list[str]) -> bool:
    """`has to be removed`, `should vanish`: what is to happen to a key, and no value of it."""
    if "be" in between:
        return low in VERBS and low not in BASES
    return bool({"should", "must", "has", "shall", "needs"} & set(between)) and low in VERBS.keys() | VERB_WORDS


def _over_names(v: View, at: int) -> int:
    """`DB_HOST of deployment web in shop should be x`: behind the names of whose key it is."""
    named = frozenset().union(*(m.at for m in v.mentions), v.location.at if v.location else frozenset())
    step = at
    while step < len(v.tokens) and (step in named or v.tokens[step].low in {"of", "in", "on", "for", "the"}):
        step += 1
    return step if step < len(v.tokens) and v.tokens[step].low in {"should", "must", "to", "has", "shall"} else at


def _claim_old(v: View, at: int) -> None:
    """`... instead of 5`, `..., not 5`: what it was."""
    lows = [t.low for t in v.tokens[at : at + 4]]
    for old in (["instead", "of"], ["rather than"], ["not"], [",", "not"]):
        if lows[: len(old)] == old and len(lows) > len(old):
            v.claim(*range(at, at + len(old) + 1))


def _value(v: View, at: int) -> str:
    """A value as written; a number in words is a number."""
    token = v.tokens[at]
    return str(token.value) if token.shape is Shape.NUMBER and token.text.isalpha() else literal(v, at)


def _removed(v: View, nouns: frozenset[str]) -> list[str]:
    verbs = [at for at, lemma in enumerate(v.lemmas) if lemma in words(REMOVES)]
    if not verbs and not leaving(v):
        return []
    gone: list[str] = []
    for at in range(len(v.tokens)):
        listed = bool(gone) and at > 1 and v.tokens[at - 1].low in {",", "and"} and at - 2 in v.used
        named = listed and v.tokens[at].shape in {Shape.NAME, Shape.KEY, Shape.QUOTED}
        if not named and not _keyed(v, at, nouns):
            continue
        said = [
            n for n in range(at) if v.lemmas[n] in words(SETS) | words(REMOVES) and not (n and v.lemmas[n] in nouns)
        ]
        if said and v.lemmas[said[-1]] not in words(REMOVES) and (not verbs or min(verbs) < at):
            continue
        v.claim(at)
        gone.append(literal(v, at))
    return gone


def _minus(v: View) -> list[str]:
    """`legacy-`, as kubectl has it."""
    found = []
    for at, token in enumerate(v.tokens):
        if at not in v.used and re.fullmatch(r"[\w./-]+-", token.text) and len(token.text) > 1:
            v.claim(at)
            found.append(token.text[:-1])
    return found

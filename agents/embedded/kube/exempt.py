"""What a request names only to spare it: `but not web-0`, `everything but secrets`, `leave the cpu alone`.

A plan that acts on such a thing means the opposite of what was said. So, whichever way it was read, no step that
changes something may have a value that is named in sparing phrases alone, and none that takes all of a kind may stand
beside a thing of that kind that is spared by its name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from agents.embedded.kube.lexicon import BASES, KINDS, VERB_LEMMAS
from agents.embedded.kube.tokens import Shape, Token, tokenise
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

Step = tuple[str, JsonObject]

_OPENERS = words(
    "except excepting excluding exclude excl besides barring minus spare sparing unlike skip skipping omit ignore"
)
_PAIRS = {
    "other": words("than"),
    "rather": words("than"),
    "instead": words("of"),
    "apart": words("from"),
    "aside": words("from"),
    "save": words("for"),
    "but": words("not never no"),
    "hands": words("off"),
    "not": words("touch touching"),
    "don't": words("touch"),
    "dont": words("touch"),
    "never": words("touch"),
    "without": words("touching changing"),
}
_ALL = words("all everything anything everyone everybody every each any nothing none")
_LEFT = words("leave leaving keep keeping")
_STAYS = words("stay stays remain remains untouched unchanged alone")
_ENDS = frozenset({".", ",", ";", "(", ")", "!", "?", "\n", ":"})
_TURNS = words("and but then so")
_NAMED = words(
    "name node container user group service_account resource_names kinds set unset remove limits requests key"
)
"""Arguments that say what is acted on; a namespace may be said anywhere."""


def spared(text: str, steps: Sequence[Step], writes: Collection[str]) -> str:
    """What the request spares and the plan acts on, as it is said; "" where there is nothing."""
    changing = [call for skill, call in steps if skill in writes]
    if not changing:
        return ""
    tokens = tokenise(text)
    inside = _inside(tokens)
    if not inside:
        return ""
    for call in changing:
        for value in _values(call):
            places = [at for at, token in enumerate(tokens) if _means(token, value)]
            both = [at for at in places if at in inside and _kind(tokens, at) == call.get("kind", "-")]
            if places and (inside.issuperset(places) or both):
                return tokens[places[0]].text
    known = {part for call in changing for part in _texts(call)}
    for at in sorted(inside):
        token = tokens[at]
        if token.shape in {Shape.NAME, Shape.QUOTED} and token.low not in known:
            kind = _kind(tokens, at)
            if any(_takes_all(call) and kind in {"", call.get("kind")} for call in changing):
                return token.text
    return ""


def _takes_all(call: JsonObject) -> bool:
    return "kind" in call and not call.get("name")


def _inside(tokens: Sequence[Token]) -> set[int]:
    """The positions of the words that sparing phrases govern."""
    found: set[int] = set()
    for at, token in enumerate(tokens):
        if _opens(tokens, at):
            found.update(range(at + 1, _end(tokens, at + 1)))
        elif token.low in _STAYS:
            first = at
            while first and tokens[first - 1].text not in _ENDS and tokens[first - 1].low not in _TURNS:
                first -= 1
            if not any(one.low in BASES for one in tokens[first:at] if one.low not in _LEFT):
                found.update(range(first, at))
    return found


def _opens(tokens: Sequence[Token], at: int) -> bool:
    low = tokens[at].low
    before = tokens[at - 1].low if at else ""
    after = tokens[at + 1].low if at + 1 < len(tokens) else ""
    if low in _OPENERS or after in _PAIRS.get(low, ()):
        return True
    if low == "but":
        return before in _ALL or any(one.low in _ALL for one in tokens[max(0, at - 3) : at])
    if low in _LEFT:  # `keep web at 3` orders
        return not any(one.shape is Shape.NUMBER for one in tokens[at : _end(tokens, at + 1)])
    return low == "not" and before in {"and", ",", "("}


def _end(tokens: Sequence[Token], at: int) -> int:
    while at < len(tokens) and tokens[at].text not in _ENDS:
        turn = tokens[at].low in _TURNS and at + 1 < len(tokens)
        if turn and (tokens[at + 1].lemma in VERB_LEMMAS or tokens[at + 1].low in BASES):
            break
        at += 1
    return at


def _values(call: JsonObject) -> Iterator[str]:
    for key, value in call.items():
        if key in _NAMED:
            yield from _keys(value)


def _keys(value: Json) -> Iterator[str]:
    """Names and keys: what a value is set to is no thing that is acted on."""
    if isinstance(value, str):
        yield value.casefold()
    elif isinstance(value, (list, dict)):
        for one in value:
            if isinstance(one, str):
                yield one.casefold()


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield key.casefold()
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield value.casefold()


def _means(token: Token, value: str) -> bool:
    if token.shape is Shape.MARK:
        return False
    kind = KINDS.get(token.low) or KINDS.get(token.lemma) or ""
    singular = value.removesuffix("s")
    return token.low == value or token.lemma in {value, singular} or (bool(kind) and kind in {value, singular})


def _kind(tokens: Sequence[Token], at: int) -> str:
    """The kind that is said beside a name; "" where none is."""
    for near in (at - 1, at + 1):
        if 0 <= near < len(tokens):
            kind = KINDS.get(tokens[near].low) or KINDS.get(tokens[near].lemma)
            if kind:
                return kind
    return ""

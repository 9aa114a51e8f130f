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
_RANKED = words("newest latest last youngest oldest recent first ones")
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


def spares_more(text: str, steps: Sequence[Step], writes: Collection[str]) -> str:
    """What a plan takes although a sparing phrase narrows it in other ways than by a name; "" where it does not.

    A place or a label that is named only to be spared; or all of a kind, where `except`, `but not`, `keep the newest`
    leave out something of it that the plan does not leave out.
    """
    tokens = tokenise(text)
    spans = [(at + 1, _end(tokens, at + 1)) for at in range(len(tokens)) if _opens(tokens, at) or _bars(tokens, at)]
    within = {at for first, end in spans for at in range(first, end)}
    if not within:
        return ""
    apart = {at for first, end in spans if tokens[first - 1].low not in _LEFT for at in range(first, end)}
    for skill, call in steps:
        if skill not in writes:
            continue
        for value in (call.get("namespace"), call.get("selector")):
            places = [at for at, token in enumerate(tokens) if isinstance(value, str) and token.low == value.casefold()]
            if places and apart.issuperset(places):
                return tokens[places[0]].text
        said = {part for part in _texts(call) if "!=" in part or "notin" in part}
        for first, end in spans:
            phrase = tokens[first:end]
            kinds = {KINDS.get(token.low) or KINDS.get(token.lemma) or "" for token in phrase} - {""}
            own = _singular(str(call.get("kind", "")))
            if not _takes_widely(call) or (kinds and "kind" in call and own not in kinds):
                continue
            named = [token.low for token in phrase if token.shape is not Shape.WORD and token.shape is not Shape.MARK]
            if phrase and not (named and all(any(name.partition("=")[0] in one for one in said) for name in named)):
                return " ".join(token.text for token in tokens[first - 1 : end])
    return ""


def _bars(tokens: Sequence[Token], at: int) -> bool:
    """`never the ones in billing`: no verb stands behind it."""
    before = tokens[at - 1].low if at else ","
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    apart = before in {",", "and", "but", "(", "-", ";"}
    return apart and tokens[at].low in {"not", "never", "nor"} and after is not None and after.low not in BASES


def _singular(kind: str) -> str:
    return KINDS.get(kind.casefold(), kind.casefold())


def _takes_widely(call: JsonObject) -> bool:
    kinds = call.get("kinds")
    return (
        _takes_all(call)
        or bool(call.get("every") or call.get("wildcard"))
        or (isinstance(kinds, list) and "*" in kinds)
    )


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
        if before in _ALL or any(one.low in _ALL for one in tokens[max(0, at - 3) : at]):
            return True
        named = at + 1 < len(tokens) and tokens[at + 1].shape is Shape.NAME
        return named and any(one.low in _ALL for one in tokens[_start(tokens, at) : at])
    if low in _LEFT:  # `keep web at 3` orders
        rest = tokens[at : _end(tokens, at + 1)]
        return not any(one.shape is Shape.NUMBER for one in rest) or any(one.low in _RANKED for one in rest)
    return low == "not" and before in {"and", ",", "("}


def _start(tokens: Sequence[Token], at: int) -> int:
    """Where the sentence's part with a token begins."""
    while at and tokens[at - 1].text not in _ENDS:
        at -= 1
    return at


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

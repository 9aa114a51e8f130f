"""What a message means after those before it: "now delete the largest of them", "and on the other server?".

A reference that is found becomes words of its own, so that what is sent can be read alone: "delete the file
logs/big.log on alpha". Planners see that, with every check of theirs, and the person is shown it. A reference that is
not found, or that fits several things, is said so and nothing is sent: nobody guesses what is to be deleted. A message
that refers to nothing is sent as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from orchestrator.core.things import Thing, Things, extreme, things, touched
from orchestrator.core.views import DeviceView, RunView

MANY = 10


@dataclass(frozen=True, slots=True)
class Earlier:
    """A message of before as it was sent, and its run."""

    asked: str
    view: RunView


@dataclass(frozen=True, slots=True)
class Ask:
    """To be sent."""

    text: str


@dataclass(frozen=True, slots=True)
class Show:
    """The last result once more, in another form."""

    form: Literal["table", "json", "csv"]


@dataclass(frozen=True, slots=True)
class Unclear:
    """Not to be sent; what the person should say."""

    reason: str


Meaning = Ask | Show | Unclear

_LEAD = re.compile(
    r"^(?:(?:and|now|then|ok(?:ay)?|so|also|please|great|thanks|good|next)\b[,.!]?\s+"
    r"|(?:can|could|would|will) you\s+)+",
    re.I,
)
_SHOW = re.compile(
    r"(?:(?:show|print|give|display|format)(?: me)?\s+)?"
    r"(?:(?:it|that|this|them|these|those|the (?:result|answer|list)s?)\s+)?"
    r"(?:again )?(?:as|in) (?:an? )?(table|json|csv)(?: format)?[.!?]?",
    re.I,
)
_AGAIN = re.compile(r"(?:(?:do|run) (?:it|that) )?(?:(?:once )?again|once more)[.!]?", re.I)
_WHERE = re.compile(
    r"(?:(?:what|how) about|the same|same|do (?:it|that|the same)(?: too| as well)?)?\s*"
    r"(?:(?:on|for|from|of|at|to)\s+)?"
    r"(?:the other (?P<other>one|device|machine|server|desktop|phone|edge|box|edge box)|(?P<name>[A-Za-z0-9][\w.-]*))"
    r"(?: too| as well)?[?.!]?",
    re.I,
)
_KINDS = {"server": "server", "desktop": "desktop", "phone": "phone", "edge": "edge", "box": "edge", "edge box": "edge"}
_PLACE = re.compile(
    r"\b(?:on|of|from|in|at)\s+(?:the|my|this|that)\s+(?:server|desktop|machine|phone|computer|laptop|device|box)\b"
    r"|\bhere\b",
    re.I,
)
_NOUN = r"(?:files?|folders?|process(?:es)?|services?|containers?|packages?)"
_NAMED_BEFORE = rf"(?:of\s+(?:them|those|these|the\s+{_NOUN})(?:\s+{_NOUN})?)"
_DEGREE = r"(?:larg|bigg|heavi|small|tini|new|lat|old|earli)est|most recent|first|second|third|fourth|fifth|last"
_REFERENCE = re.compile(
    rf"(?P<degree>the\s+(?P<which>{_DEGREE})(?:\s+(?P<one>ones?|{_NOUN}))?(?P<among>\s+{_NAMED_BEFORE})?)(?=$|[\s.,!?])"
    r"|(?P<all>(?:all|both|each) of (?:them|those|these)|them(?: all| both)?|both"
    rf"|(?:those|these)(?:\s+{_NOUN})?)(?=$|[\s.,!?])"
    rf"|(?P<it>it|(?:that|this|the same)\s+(?:one|file|folder|process|service|container|package)"
    rf"|(?:that|this)(?=$|[.!?]|\s+(?:to|on|from|into|as|and|with|in)\b))(?=$|[\s.,!?])",
    re.I,
)
_CHANGING = frozenset({"delete", "remove", "erase", "move", "rename", "kill", "stop", "restart", "start", "send"})
_READING = frozenset(
    {
        "show",
        "display",
        "print",
        "read",
        "open",
        "cat",
        "copy",
        "pack",
        "compress",
        "archive",
        "hash",
        "describe",
        "inspect",
    }
)
_HEAD = re.compile(
    r"(?P<verb>" + "|".join(sorted(_CHANGING | _READING)) + r")(?: me)?\s+"
    r"(?:(?:the |its )?(?:contents?|lines|words|size|checksum|(?:first|last) \d+ lines) (?:of|in) )?"
    r"|(?P<count>count the (?:lines|words) (?:of|in)|what(?:'s| is) in|how (?:big|large|old) is)\s+",
    re.I,
)
_SIZE, _TIME = ("size_bytes", "memory_bytes", "bytes", "total_bytes"), ("modified", "started", "created")
_EXTREMES = {
    **dict.fromkeys(("largest", "biggest", "heaviest"), (_SIZE, True)),
    **dict.fromkeys(("smallest", "tiniest"), (_SIZE, False)),
    **dict.fromkeys(("newest", "latest", "most recent"), (_TIME, True)),
    **dict.fromkeys(("oldest", "earliest"), (_TIME, False)),
}
_WHICH = re.compile(
    r"which (?:ones?|(?:file |folder |one )?of (?:them|those|these)) is (?:the )?"
    rf"(?P<which>{'|'.join(_EXTREMES)})(?: one)?[?.!]?",
    re.I,
)
_PLACES = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1}


def understand(said: str, earlier: Sequence[Earlier], fleet: Sequence[DeviceView]) -> Meaning:
    """What a message means after `earlier` ones, of which the latest is the last."""
    text = " ".join(said.split())
    lead = _LEAD.match(text)
    rest = text[lead.end() :] if lead else text
    if not earlier:
        return Ask(said)
    shown = _SHOW.fullmatch(rest)
    if shown:
        return Show(shown[1].casefold())  # type: ignore[arg-type]
    if _AGAIN.fullmatch(rest):
        return Ask(earlier[-1].asked)
    where = _elsewhere(rest, earlier[-1], fleet, led=lead is not None)
    if where is not None:
        return where
    which = _WHICH.fullmatch(rest)
    if which:
        word = which["which"].casefold()
        rest = f"how {'large' if _EXTREMES[word][0] is _SIZE else 'old'} is the {word} of them"
    head = _HEAD.match(rest)
    reference = _REFERENCE.match(rest, head.end()) if head else None
    if head is None or reference is None:
        return Ask(said)
    return _referring(rest, head, reference, earlier, fleet) or Ask(said)


# --- the same elsewhere ------------------------------------------------------------------------------------------


def _elsewhere(text: str, last: Earlier, fleet: Sequence[DeviceView], *, led: bool) -> Meaning | None:
    """The last request for another device; None where that is not what is said."""
    where = _WHERE.fullmatch(text)
    if where is None:
        return None
    names = {view.name.casefold(): view.name for view in fleet}
    if where["other"] is None:
        name = names.get(where["name"].casefold())
        # A name alone is a word like any other; "and beta?" and "on beta" are not.
        if name is None or not (led or where[0].casefold().rstrip("?.!") != name.casefold()):
            return None
        return _moved(last, name, fleet)
    used = {task.device for task in last.view.tasks if task.device is not None}
    kind = _KINDS.get(where["other"].casefold())
    if not used:
        return Unclear(f"The last request ran on no device: there is no other {where['other']}. Name one.")
    fitting = [view.name for view in fleet if view.online and view.name not in used and kind in (None, view.kind)]
    if len(fitting) != 1:
        listed = f" It may be {', '.join(fitting)}." if fitting else ""
        return Unclear(f"It is not clear which {where['other']} is the other one.{listed} Name it: `and on NAME?`")
    return _moved(last, fitting[0], fleet)


def _moved(last: Earlier, name: str, fleet: Sequence[DeviceView]) -> Meaning:
    text = last.asked.rstrip()
    mark = text[-1] if text[-1:] in ("?", ".", "!") else ""
    text = text.rstrip("?.!")
    said = [match for view in fleet for match in _mentions(text, view.name)]
    places = said or list(_PLACE.finditer(text))
    if len({match[0].casefold() for match in places}) > 1 or len(places) > 1:
        return Unclear(f"The last request names more than one place: say all of it for {name}.")
    if re.search(r"\b(?:all|every|each|both)\b", text, re.I):
        return Unclear(f"The last request speaks of several things or places: say all of it for {name}.")
    if not places:
        return Ask(f"{text} on {name}{mark}")
    (place,) = places
    new = name if said else f"on {name}"
    return Ask(f"{text[: place.start()]}{new}{text[place.end() :]}{mark}")


def _mentions(text: str, name: str) -> list[re.Match[str]]:
    return list(re.finditer(rf"(?<![\w./-]){re.escape(name)}(?![\w/-]|\.\w)", text, re.I))


# --- references ----------------------------------------------------------------------------------------------------


def _referring(
    text: str,
    head: re.Match[str],
    reference: re.Match[str],
    earlier: Sequence[Earlier],
    fleet: Sequence[DeviceView],
) -> Meaning | None:
    """The message with what it refers to in place of the reference; None where it refers to nothing of before."""
    words = reference[0]
    changes = (head["verb"] or "").casefold() in _CHANGING
    if reference["degree"] and not reference["among"] and reference["one"] not in (None, "one", "ones"):
        # "the largest file": a search of its own, or one of those that were listed.
        return Unclear(f'Say "{words} of them", or where to look for it.') if changes else None
    found = _standing(earlier, plural=bool(reference["all"] or reference["degree"]))
    if isinstance(found, Unclear):
        return Unclear(f'"{words}" is not clear: {found.reason}')
    if reference["degree"]:
        chosen = _chosen(reference["which"].casefold(), found)
    elif reference["all"]:
        chosen = _all(found, both="both" in words.casefold())
    else:
        chosen = found.things if len(found.things) == 1 else Unclear("several things were listed. Name one.")
    if isinstance(chosen, Unclear):
        return Unclear(f'"{words}" is not clear: {chosen.reason}')
    return _worded(text[: head.end()], chosen, text[reference.end() :].rstrip("?.! "), fleet)


def _standing(earlier: Sequence[Earlier], *, plural: bool) -> Things | Unclear:
    """What the message can refer to: of a plural the latest list, else what the latest result told of.

    What was written to since it was listed is left out.
    """
    gone: set[tuple[str, str]] = set()
    for one in reversed(earlier):
        found = things(one.view)
        if found.listed if plural else found.things:
            left = tuple(thing for thing in found.things if (thing.device, thing.name) not in gone)
            if not left:
                listed = "nothing is left of what was listed" if found.things else "nothing was listed"
                return Unclear(f"{listed}. Name it.")
            return Things(left, found.listed, found.cut)
        if not plural:
            break
        gone |= touched(one.view)
    return Unclear(
        "no earlier result lists such things." if plural else "the last result is about no such thing. Name it."
    )


def _chosen(which: str, found: Things) -> tuple[Thing, ...] | Unclear:
    if found.cut:
        return Unclear("the list was cut short. Name it.")
    if len({thing.noun for thing in found.things}) > 1:
        return Unclear("different kinds of things were listed. Name it.")
    if which in _PLACES:
        if len({thing.device for thing in found.things}) > 1:
            return Unclear("several devices listed some. Name it.")
        place = _PLACES[which]
        return (found.things[place],) if place < len(found.things) else Unclear("so many were not listed.")
    fields, most = _EXTREMES[which]
    best = extreme(found.things, fields, most=most)
    return (best,) if best is not None else Unclear("no one of them is, by what was listed. Name it.")


def _all(found: Things, *, both: bool) -> tuple[Thing, ...] | Unclear:
    if found.cut:
        return Unclear("the list was cut short. Say which.")
    if both and len(found.things) != 2:
        return Unclear(f"{len(found.things)} were listed.")
    if len(found.things) > MANY:
        return Unclear(f"{len(found.things)} were listed, more than {MANY}: say it of fewer.")
    return found.things


def _worded(head: str, chosen: Sequence[Thing], rest: str, fleet: Sequence[DeviceView]) -> Meaning:
    for view in fleet:
        elsewhere = re.match(rf"\s+on\s+{re.escape(view.name)}(?![\w-])", rest, re.I)
        if elsewhere:
            if any(thing.device != view.name for thing in chosen):
                return Unclear(
                    f"That is on {', '.join(sorted({thing.device for thing in chosen}))}, not on {view.name}."
                )
            rest = rest[elsewhere.end() :]
    if len(chosen) > 1 and rest:
        return Unclear("Of several things at once, say no more than what to do; or name them.")
    phrases = []
    for thing in chosen:
        phrase = thing.phrase()
        if phrase is None:
            return Unclear(f"The {thing.noun} {thing.name!r} has a name that must be quoted: say it in full.")
        phrases.append(f"{head}{phrase}{rest}")
    return Ask(" and ".join(phrases))

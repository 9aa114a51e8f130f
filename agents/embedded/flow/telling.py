"""What somebody is told: a text message, a notification, a topic. The words are quoted, or what was made before."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Literal

from agents.embedded.flow.builder import Builder, Value
from agents.embedded.flow.nouns import literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.references import reference
from agents.embedded.flow.values import value as value_of
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import Slots, match
from agents.embedded.outcome import decline
from agents.embedded.wordset import words
from orchestrator.core.references import escape
from protocol.vocabulary import JsonObject

Way = Literal["sms", "notify", "publish"]
_SHOW: Final = "(show|display|pop up|put up|flash|raise|post|send)"
_NOTICE: Final = "[the|a] (notification|notice|message|pop-up|popup)"
WAYS: Final[tuple[tuple[str, Way], ...]] = (
    ("(text|sms|message) {to:call} [,] {what:any} [from {d:device}]", "sms"),
    ("(text|sms) {what:any} to {to:call} [(from|with|by|over) {d:device}]", "sms"),
    ("send {what:any} (as|by|via|in) [a|an] (sms|text|text message) to {to:call} [(from|with) {d:device}]", "sms"),
    (f"{_SHOW} {_NOTICE} {{what:any}} on {{d:device}}", "notify"),
    (f"{_SHOW} {_NOTICE} on {{d:device}} [:|,|saying|that says|with] {{what:any}}", "notify"),
    (f"{_SHOW} {{what:any}} (as|in|with|by) [a|an] (notification|notice|pop-up|popup) on {{d:device}}", "notify"),
    ("pop {what:any} up [as a notification] on {d:device}", "notify"),
    ("(show|display|pop up|put up|flash) {what:any} on {d:device}", "notify"),
    ("notify {d:device} [with|about|of|:] {what:any}", "notify"),
    ("publish {what:any} (to|on|under) [the] [mqtt] [topic] {t:topic} [(from|with|by|over) {d:device}]", "publish"),
    ("(have|let) {d:device} publish {what:any} (to|on|under) [the] [mqtt] [topic] {t:topic}", "publish"),
)
_BLANKS: Final = (
    "{q:quoted} [,] {o:opened} [where|with] {x:word} (being|is|stands for|standing for|meaning|for) {what:any} "
    "{c:closed}",
    "{q:quoted} , [where|with] {x:word} (being|is|stands for|standing for|replaced by|meaning) {what:any}",
    "{q:quoted} (where|with) {x:word} (being|is|stands for|standing for|replaced by) {what:any}",
    "{q:quoted} [,] with {what:any} (for|in place of|instead of) {x:word}",
)
_FOR: Final = "(for|in place of|instead of|as)"
SKILLS: Final = {"sms": "phone.sms", "notify": "desktop.notify", "publish": "edge.publish"}
VALUES: Final = words(
    "it that number count total sum mean average result value reading text message name checksum hash temperature "
    "status"
)


@dataclass(frozen=True, slots=True)
class Words:
    """What is told: `text` as it is quoted, in which `blank` stands for the value of `noun`; or that value alone."""

    text: str | None = None
    noun: str = ""
    blank: str = ""
    thing: Value | None = None

    def filled(self, to: Builder, value: str | None = None) -> str:
        """As an argument, with references. `value`: what stands for the blank; by default what was made before."""
        if self.text is not None and not self.blank:
            return escape(self.text)
        if value is None and self.thing is not None:
            one = to.realised(self.thing)
            if len(one.entries) != 1 or one.kind not in ("number", "text"):
                raise decline("it is not clear which value should be told")
            value = one.entries[0].value
        if value is None:
            to.one_meant(self.noun)
            back = self.noun in ("it", "that")
            values = [made for made in to.made if made.kind in ("number", "text") and (back or self.noun in made.nouns)]
            made = values[-1] if values else None
            if made is None or len(made.entries) != 1:
                raise decline(f"it is not clear what {self.noun!r} is", [self.noun])
            value = made.entries[0].value
        if self.text is None:
            return value
        to.filled.add(self.text)
        before, found, after = (escape(part) for part in self._parts())
        return f"{before}{value if found else ''}{after}"

    def _parts(self) -> tuple[str, str, str]:
        found = list(re.finditer(rf"(?<!\w){re.escape(self.blank)}(?!\w)", self.text or ""))
        if len(found) != 1:
            raise decline(f"{self.blank} does not stand once in the text", [self.blank])
        begin, end = found[0].span()
        text = self.text or ""
        return text[:begin], text[begin:end], text[end:]


def told(piece: Piece) -> Words | None:
    """`"N are down" with the right number for N`, `the mean`, `the same text`."""
    slots = match("{q:quoted}", piece)
    if slots is not None:
        return Words(literal(slots, "q"))
    slots = match(f"{{q:quoted}} [,] with [the] [right|actual|correct] {{noun:word}} {_FOR} {{x:word}}", piece)
    if slots is not None:
        return Words(literal(slots, "q"), slots["noun"][0].text.casefold(), piece.source(slots["x"]))
    for pattern in _BLANKS:
        slots = match(pattern, piece)
        if slots is not None:
            one = _noun(Piece(piece.line, slots["what"]))
            return None if one is None else replace(one, text=literal(slots, "q"), blank=piece.source(slots["x"]))
    return _noun(piece)


def _noun(piece: Piece) -> Words | None:
    """A value that is told alone or in the place of a blank: by a noun of what was made, or by a phrase."""
    slots = match("[the|that|this|the same|its|that same] {noun:word}", piece)
    if slots is not None and slots["noun"][0].text.casefold() in VALUES:
        return Words(None, slots["noun"][0].text.casefold())
    found = reference(piece) or value_of(piece)
    return Words(None, thing=found) if found is not None else None


@dataclass(frozen=True)
class Told(Part):
    """Words, and how and to whom they are told."""

    way: Way
    words: Words
    goal: str = ""
    place: Mention | None = None

    limits = True

    def build(self, to: Builder) -> None:
        self.send(to, self.words.filled(to))

    def send(self, to: Builder, text: str) -> None:
        """Tell this text. Raises Stop where no device, or more than one, could do it."""
        skill = SKILLS[self.way]
        arguments: dict[Way, JsonObject] = {
            "sms": {"number": self.goal, "text": text},
            "notify": {"title": text},
            "publish": {"topic": self.goal, "payload": text},
        }
        to.step(self.way, skill, arguments[self.way], device_of(to, skill, self.place))


def device_of(to: Builder, skill: str, place: Mention | None) -> str:
    """The one device that is named, or the only one that offers the skill."""
    names = place.names if place is not None else to.world.able(skill)
    if len(names) != 1:
        raise decline("it is not clear which device should do it", [place.text] if place is not None else [])
    return names[0]


def goal_of(slots: Slots, piece: Piece) -> str:
    """The number or the topic; empty for a screen."""
    if "to" in slots:
        return piece.source(slots["to"]).replace(" ", "").strip('"')
    return literal(slots, "t") if "t" in slots else ""


_BEING: Final = (
    "{head:any} , [where|with] {x:word} (being|is|stands for|standing for|meaning) {what:any}",
    "{head:any} [,] {o:opened} [where|with] {x:word} (being|is|stands for|standing for|meaning) {what:any} {c:closed}",
)


def way_of(piece: Piece) -> Told | None:
    """What a clause tells; None where it tells nothing, or what it tells is not to be read."""
    for pattern in _BEING:
        slots = match(pattern, piece)
        told_ = way_of(Piece(piece.line, slots["head"])) if slots is not None else None
        if slots is None or told_ is None or told_.words.text is None or told_.words.blank:
            continue
        one = _noun(Piece(piece.line, slots["what"]))
        blank = piece.source(slots["x"])
        if one is not None and blank.isupper() and blank in told_.words.text:
            return replace(told_, words=replace(one, text=told_.words.text, blank=blank))
    for pattern, way in WAYS:
        slots = match(pattern, piece)
        if slots is None:
            continue
        what = told(Piece(piece.line, slots["what"]))
        if what is None:
            continue
        goal = goal_of(slots, piece)
        return Told(way, what, goal, mention(slots, "d", piece) if "d" in slots else None)
    return None

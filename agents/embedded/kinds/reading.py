"""From a piece of a request to one deed; None where it has no meaning of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Final

from agents.embedded.kinds import boxes, browsers, desktops, documents, files, generic, hosts, phones, tables
from agents.embedded.kinds.acts import Act, Choice, Deed, Missing, Narrow, Order, Part, Tell, Verify, said, text_of
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import Slots, match, needs
from agents.embedded.kinds.world import World
from agents.embedded.outcome import ask
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words
from orchestrator.core.plan import Clarification, Plan
from protocol.vocabulary import DeviceKind, JsonObject, Risk

SHOWN: Final = (
    "~show ~me ~the {noun}",
    "(what is|what are|which are|how is|how are) ~the {noun}",
    "(i want|i need|i would like|i'd like) [to (know|see|have|read|get)] ~the {noun}",
    "~the {noun}",
)
POLITE: Final = re.compile(
    r"(?:(?:hey|hi|hello|ok|okay|so|well|now|also|just|please|kindly|first|finally|lastly|next|asterism|and|but|too) "
    r"|(?:could|can|would|will) you (?:please |kindly )?"
    r"|(?:i want|i need|i would like|i'd like|we need|i have) (?:you )?to "
    r"(?!know |see |have )|go ahead and |let's |let us |make sure to |be so kind (?:as )?to |would you mind "
    r"|(?:tell me|show me|let me know|find out|check|see|i want to know|i'd like to know|i would like to know|report) "
    r"(?=how |what |which |who )"
    r"|do me a favou?r and |you (?:should|must|can) |, )+"
)
TRAILING: Final = re.compile(
    r"(?: ?(?:please|thanks|thank you|for me|too|as well|again|after that|afterwards|, please"
    r"|, thanks|, thank you|if you can|ok|okay|,))+$"
)


@dataclass
class Reader:
    """Reads pieces, each once. `plain` reads what is none of ours: the grammar of machines. `hints` say what orders
    that were plain lack."""

    world: World
    plain: Callable[[str], Plan | Clarification | None]
    hints: list[str] = field(default_factory=list)
    known: dict[tuple[int, int, str], Deed | None] = field(default_factory=dict)

    def deed(self, piece: Piece) -> Deed | None:
        piece = courteous(piece)
        if not piece.tokens:
            return None
        key = (piece.tokens[0].start, piece.tokens[-1].end, piece.said)
        if key not in self.known:
            self.known[key] = self._deed(piece)
        return self.known[key]

    def _deed(self, piece: Piece) -> Deed | None:
        try:
            found = (
                documents.deed(self.world, piece)
                or self.verified(piece)
                or files.deed(self.world, piece, self.act)
                or self.told(piece)
                or self.act(piece)
            )
        except Missing as missing:
            self.hints.append(str(missing))
            return None
        return found or narrowing(piece) or self._part(piece)

    def narrowed(self, act: Act, by: Narrow) -> Act | None:
        """The act with so much asked for; None where its skill gives all it has, or was told how much."""
        properties = self.world.skills[act.skill].input_schema.get("properties", {})
        name = next((one for one in ("limit", "lines") if one in properties), "") if by.many else "level"
        value = by.many or by.level
        if by.newest and act.skill not in LATEST_FIRST:
            return None
        if name not in properties or any(name in one.arguments for one in act.choices):
            return None
        return replace(
            act, choices=tuple(replace(one, arguments={**one.arguments, name: value}) for one in act.choices)
        )

    def act(self, piece: Piece, *, only_nouns: bool = False) -> Act | None:
        """The one skill that the piece asks for."""
        bare = piece.placeless()
        if any(mention.there for _, mention in bare.places) and len(bare.places) > 1:
            return None
        found = [
            one
            for order, words in self.orders
            if not (words and words.isdisjoint(bare.written.words))
            and (one := self._ordered(order, bare, only_nouns)) is not None
        ]
        if not found:
            return generic.act(bare, self.world)
        best = [one for one in found if not one.bare] or found
        first = best[0]
        if any((one.skill, one.choices) != (first.skill, first.choices) for one in best[1:]):
            placed = [one for one in best if self._fits(one)]
            return (
                placed[0]
                if placed and all((one.skill, one.choices) == (placed[0].skill, placed[0].choices) for one in placed)
                else None
            )
        return first

    @cached_property
    def orders(self) -> Sequence[tuple[Order, frozenset[str]]]:
        return [one for one in _table() if one[0].skill in self.world.skills]

    def verified(self, piece: Piece) -> Verify | None:
        """`verify it on beta`: the backup that was made before."""
        bare = piece.placeless()
        asked = "backup.verify" in self.world.skills and any(match(one, bare) is not None for one in VERIFIED)
        return Verify(bare.places) if asked and len(bare.places) <= 1 else None

    def _fits(self, act: Act) -> bool:
        """Whether a device that is named offers the skill."""
        named = [name for _, mention in act.places for name in mention.names]
        return bool(named) and bool(self.world.able(act.skill, named))

    def _ordered(self, order: Order, piece: Piece, only_nouns: bool) -> Act | None:
        for pattern in () if only_nouns else order.asks:
            found = self._filled(order, pattern, piece)
            if found is not None:
                return found
        for noun in order.nouns:
            for number, frame in enumerate(SHOWN):
                if only_nouns and number < len(SHOWN) - 1:
                    continue
                found = self._filled(order, frame.replace("{noun}", noun), piece)
                if found is not None:
                    return replace(found, bare=number == len(SHOWN) - 1)
        return None

    def _filled(self, order: Order, pattern: str, piece: Piece) -> Act | None:
        slots = match(pattern, piece)
        if slots is None:
            return None
        filled = dict(order.fixed) if order.fill is None else order.fill(slots, piece, self.world)
        if filled is None:
            return None
        choices = filled if isinstance(filled, tuple) else (Choice(filled),)
        if not self._here(order.skill, choices, piece):
            return None
        unit = order.unit
        values: tuple[str, ...] = ()
        if order.skill == "edge.read":
            unit, values = self._sensed(choices)
        return Act(order.skill, choices, piece.places, order.measure, unit, values, _around(piece, slots))

    def _sensed(self, choices: Sequence[Choice]) -> tuple[str, tuple[str, ...]]:
        for one in choices:
            for box, sensor in self.world.sensors:
                if (box, sensor.name) == (one.device, one.arguments.get("sensor")):
                    return sensor.unit, ()
            for box, actuator in self.world.actuators:
                if (box, actuator.name) == (one.device, one.arguments.get("sensor")):
                    return "", actuator.values
        return "", ()

    def _here(self, skill: str, choices: Sequence[Choice], piece: Piece) -> bool:
        """Whether what is said about where goes with who offers it: a phone's order names a phone, or there is no
        other that such words are said of."""
        named = [name for _, mention in piece.places for name in mention.names]
        if named:
            fixed = [one.device for one in choices if one.device is not None]
            return bool(self.world.able(skill, named)) and (not fixed or bool(set(fixed) & set(named)))
        if any(mention.there for _, mention in piece.places):
            return True
        if not skill.startswith(PLACED) or skill in SOLE or self.world.client in self.world.able(skill):
            return True
        before = self._spoken_of(piece)
        if before is not None:
            return bool(self.world.able(skill, before.names))
        if self.world.skills[skill].risk is Risk.READ and skill not in SCREENS and self._behind(skill, piece):
            return True
        return self._sole(skill, choices[0].arguments, piece)

    def _sole(self, skill: str, arguments: JsonObject, piece: Piece) -> bool:
        """Whether the words go with desktops alone: a named window, keys that only a keyboard has, or no phone is
        there. Says what is missing where it may be another screen's."""
        if skill in SCREENS.values() or skill in SCREENS:
            return self._screen(skill)
        if not skill.startswith("desktop."):
            return False
        if skill == "desktop.focus" and piece.said.startswith("focus ") and "window " not in piece.said:
            return True  # an application that is known: see `desktops.focused`
        if "window" in arguments:
            # A box may have windows, too: that of a screen has a name there.
            boxed = bool(self.world.actuated(["window"], None) or self.world.sensed(["window"], None))
            return not boxed or desktops.proper(str(arguments["window"]), piece)
        if skill == "desktop.press" and desktops.chord(arguments):
            return True
        if skill not in desktops.ANY_SCREEN:
            return False
        if not any(device.kind is DeviceKind.PHONE for device in self.world.fleet.devices.values()):
            return True
        self.hints.append("it is not said on which screen: name the desktop or the phone")
        return False

    def _screen(self, skill: str) -> bool:
        """Whether what any screen does is this skill's: that of the one device that can do it, or of the one chosen."""
        able = [*self.world.able(skill)]
        for one, other in SCREENS.items():
            if skill in (one, other):
                able = sorted({*self.world.able(one), *self.world.able(other)})
        chosen = able[0] if len(able) == 1 else ask("On which device?", able, self.world.answers) if able else ""
        return chosen in self.world.able(skill)

    def _behind(self, skill: str, piece: Piece) -> bool:
        """Whether the one device of the request is named behind the piece: `show battery and messages of my phone`."""
        named = [token for token in piece.line.tokens if token.kind is Kind.DEVICE]
        mention = piece.line.mentions[int(named[0].value or 0)] if len(named) == 1 else None
        return mention is not None and len(mention.names) == 1 and bool(self.world.able(skill, mention.names))

    def _spoken_of(self, piece: Piece) -> Mention | None:
        """The devices that were named last before the piece: `open Settings on the phone and take a screenshot`."""
        start = piece.tokens[0].start if piece.tokens else 0
        named = [token for token in piece.line.tokens if token.kind is Kind.DEVICE and token.start < start]
        return piece.line.mentions[int(named[-1].value or 0)] if named else None

    def told(self, piece: Piece) -> Tell | None:
        """What one act tells as the text of another."""
        for pattern, skill, argument in TOLD:
            slots = match(pattern, piece)
            if slots is None or skill not in self.world.skills:
                continue
            inner = piece.line.piece(0, 0)
            what = None
            if "what" in slots:
                inner = replace(piece, tokens=slots["what"])
                what = self.act(inner, only_nouns=True)
                if what is None or not what.measure:
                    continue
            outer = piece.without(slots.get("what", ())).placeless()
            act = self._telling(skill, slots, outer)
            if act is not None:
                return Tell(what, act, argument)
        return None

    def _telling(self, skill: str, slots: Slots, outer: Piece) -> Act | None:
        names = ("number", "into", "topic", "text", "window")
        arguments: JsonObject = {name: text_of(slots, name, outer) for name in names if name in slots}
        act = Act(skill, (Choice(arguments),), outer.places)
        named = [name for _, mention in outer.places for name in mention.names]
        return act if not named or self.world.able(skill, named) else None

    def _part(self, piece: Piece) -> Part | None:
        """What the grammar of machines makes of it. Nothing of ours may be in it: it would be misread."""
        machines = files.machines(self.world)
        if any(
            token.kind is Kind.DEVICE and not set(piece.line.mentions[int(token.value or 0)].names) <= machines
            for token in piece.tokens
        ):
            return None
        where = "".join(f" {prep} {mention.text}" for prep, mention in piece.places)
        found = self.plain(piece.source(piece.tokens) + where)
        return Part(found) if found is not None else None  # type: ignore[arg-type]


@cache
def _table() -> tuple[tuple[Order, frozenset[str]], ...]:
    """Every order with words one of which all that asks for it has; with none where that is not so."""
    return tuple((order, _any_of(order)) for order in TABLES)


def _any_of(order: Order) -> frozenset[str]:
    patterns = (*order.asks, *(frame.replace("{noun}", noun) for noun in order.nouns for frame in SHOWN))
    known = [needs(one) for one in patterns]
    return frozenset().union(*(one[0] for one in known)) if all(known) else frozenset()


def _around(piece: Piece, slots: Slots) -> tuple[tuple[Token, ...], tuple[Token, ...]] | None:
    """The words around the actuator of an order."""
    thing = slots.get("actuator")
    if not thing:
        return None
    at = piece.tokens.index(thing[0])
    return piece.tokens[:at], piece.tokens[at + len(thing) :]


TABLES: Final = (
    *phones.ORDERS, *boxes.ORDERS, *desktops.ORDERS, *browsers.ORDERS, *documents.ORDERS, *tables.ORDERS, *hosts.ORDERS,
)  # fmt: skip
VERIFIED: Final = ("(verify|check) (it|that|the backup|that backup|the archive|the copy)",)
PLACED: Final = ("phone.", "desktop.")
"""Skills whose words say nothing of where: `take a screenshot` may be of any screen."""
SCREENS: Final = {
    "desktop.screenshot": "phone.screenshot",
    "desktop.apps": "phone.apps",
    "desktop.scroll": "phone.swipe",
}
"""What desktops and phones both do, by the same words; a phone that is to scroll has to be told from where to where."""
SOLE: Final = frozenset(
    {
        "phone.sms",
        "phone.call",
        "phone.hang_up",
        "phone.set_location",
        "phone.clear_location",
        "phone.notifications",
        "phone.messages",
        "phone.calls",
        "phone.uninstall",
        "phone.devices",
        "desktop.notify",
        "desktop.read_clipboard",
        "desktop.write_clipboard",
    }
)
"""What only one kind of screen does: `send an SMS to ...` needs no word for the phone where there is one."""

TOLD: Final = (
    (
        "(type|enter|write|put) ~the {what:any} (into|in) [the] field {text:thing} of [the] window {window:thing} "
        "[on {v:device}]",
        "desktop.set_text",
        "value",
    ),
    (
        "(type|enter|write|put) ~the {what:any} (into|in) [the] [field|text field] {into:thing} "
        "[field] [on {v:device}]",
        "phone.type",
        "text",
    ),
    (
        "(send|text|sms) ~the {what:any} (as|by|via) [a|an] (sms|text|text message|message) to "
        "[the number] {number:call} [(from|with|on) {v:device}]",
        "phone.sms",
        "text",
    ),
    (
        "(send|write) [a|an] (sms|text|text message) to [the number] {number:call} "
        "(with|about|containing|telling) ~the {what:any}",
        "phone.sms",
        "text",
    ),
    ("(text|sms) {number:call} ~the {what:any}", "phone.sms", "text"),
    (
        "(send|text|sms) (it|that) (as|by|via) [a|an] (sms|text|text message|message) to [the "
        "number] {number:call} [(from|with|on) {v:device}]",
        "phone.sms",
        "text",
    ),
    ("(tell|notify|show|send) {v:device} [about|of] ~the {what:any}", "desktop.notify", "title"),
    ("(tell|notify) me [about|of] ~the {what:any} on {v:device}", "desktop.notify", "title"),
    ("show ~the {what:any} as [a] notification on {v:device}", "desktop.notify", "title"),
    (
        "(put|copy|write) ~the {what:any} (into|in|to|onto) [the] clipboard [(of|on) {v:device}]",
        "desktop.write_clipboard",
        "text",
    ),
    (
        "(put|copy|write) (it|that) (into|in|to|onto) [the] clipboard [(of|on) {v:device}]",
        "desktop.write_clipboard",
        "text",
    ),
    ("publish ~the {what:any} (to|on|under) [the] [mqtt] [topic] {topic:topic}", "edge.publish", "payload"),
    (
        "(type|enter|write|put) (it|that|the result|the value|the reading) (into|in) [the] "
        "[field|text field] {into:thing} [field] [on {v:device}]",
        "phone.type",
        "text",
    ),
    ("publish (it|that) (to|on|under) [the] [mqtt] [topic] {topic:topic}", "edge.publish", "payload"),
)


_ENOUGH: Final = "(is enough|are enough|will do|would do|suffice|is fine|are fine|will suffice|would suffice|is plenty)"
_ONES: Final = "[ones|lines|entries|rows|of them]"
NARROWED: Final = (
    f"[only|just] [the] {{newest:word}} {{n:number}} {_ONES} [{_ENOUGH}]",
    f"[only|just] [the] {{newest:words}} {{n:number}} {_ONES} {_ENOUGH}",
    f"(only|just) {{n:number}} {_ONES}",
    f"{{n:number}} {_ONES} {_ENOUGH}",
    f"(at most|no more than|not more than|up to|maximum|max) {{n:number}} {_ONES}",
    f"{{n:number}} {_ONES} (at most|at the most|max|maximum)",
    "(only|just) [the] {level:word}",
    "[the] {level:word} only",
    f"[only|just] [the] {{level:word}} {_ENOUGH}",
)
NEWEST: Final = ("last", "newest", "latest", "most recent", "recent")
LATEST_FIRST: Final = words("phone.calls phone.messages phone.log desktop.notifications")
"""Skills that give the newest of what they have, where they are told how much."""


def narrowing(piece: Piece) -> Narrow | None:
    """`the last five are enough`, `errors only`: how much is wanted of what was asked for before."""
    for pattern in NARROWED:
        slots = match(pattern, piece)
        if slots is None:
            continue
        if "n" in slots:
            many, newest = slots["n"][0].value, " ".join(said(slots, "newest")) if "newest" in slots else ""
            if not isinstance(many, int) or many < 1 or newest not in ("", *NEWEST):
                return None
            return Narrow(many, newest=bool(newest))
        level = phones.LEVELS.get(slots["level"][0].text.casefold())
        return Narrow(level=level) if level is not None else None
    return None


def courteous(piece: Piece) -> Piece:
    """Without the words of courtesy around it."""
    found = POLITE.match(piece.said)
    begin = found.end() if found else 0
    text = piece.said.rstrip()
    ending = TRAILING.search(text, begin)
    end = ending.start() if ending else len(text)
    if begin == 0 and end == len(text):
        return piece
    return replace(piece, tokens=piece.between(begin, end))

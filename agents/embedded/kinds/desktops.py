"""What may be asked of a desktop's screen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agents.embedded.kinds.acts import Order, number_of, said, text_of
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.names import known_app, name_of
from agents.embedded.kinds.pattern import Slots
from agents.embedded.kinds.phones import SHOT, Filled, app, found, tapped, typed
from agents.embedded.kinds.world import World
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

KEYS: Final = {
    "enter": "Return",
    "return": "Return",
    "escape": "Escape",
    "esc": "Escape",
    "tab": "Tab",
    "space": "space",
    "delete": "Delete",
    "backspace": "BackSpace",
    "page down": "Page_Down",
    "page up": "Page_Up",
    **{name: name.capitalize() for name in ("up", "down", "left", "right", "home", "end")},
    **{f"{name} arrow": name.capitalize() for name in ("up", "down", "left", "right")},
    **{f"arrow {name}": name.capitalize() for name in ("up", "down", "left", "right")},
    **{f"f{number}": f"F{number}" for number in range(1, 13)},
}
_CHORD = re.compile(r"(?:(?:ctrl|control|alt|shift|super|meta|cmd|win|option)\+)+(?:[a-z0-9]|f\d\d?|[a-z]{3,9})", re.I)
ANY_SCREEN: Final = frozenset(
    {"desktop.scroll", "desktop.press", "desktop.screenshot", "desktop.apps", "desktop.open_app"}
)
"""What phones do as well, or may be thought to."""
VALUES: Final = words(
    "temperature humidity battery level result results value reading clipboard text date time output answer number "
    "page name message table file path url picture screenshot"
)
"""Words that stand for something else: typed only where they are quoted."""
_WINDOW: Final = "[(in|of|from) [the] (window|dialog) {window:thing}]"


def _with_window(out: JsonObject, slots: Slots, piece: Piece) -> JsonObject | None:
    if "window" not in slots:
        return out
    name = name_of(slots, "window", piece)
    return {**out, "window": name} if name is not None else None


def window(slots: Slots, piece: Piece, world: World) -> Filled:
    return _with_window({}, slots, piece)


def proper(name: str, piece: Piece) -> bool:
    """Whether a name is written as one: quoted, or with a capital."""
    return name[:1].isupper() or any(str(token.value) == name for token in piece.tokens if token.kind is Kind.QUOTED)


def chord(arguments: JsonObject) -> bool:
    keys = arguments.get("keys")
    return isinstance(keys, list) and any(_CHORD.fullmatch(str(one)) for one in keys)


def focused(slots: Slots, piece: Piece, world: World) -> Filled:
    """`focus the terminal`: without the word for a window, it has to be an application that is known."""
    name = name_of(slots, "window", piece)
    return {"window": name} if name is not None and known_app(name, piece, world) else None


def clicked(slots: Slots, piece: Piece, world: World) -> Filled:
    out = tapped(slots, piece, world)
    if not isinstance(out, dict):
        return None
    if "times" in slots:
        out["times"] = 2
    return _with_window(out, slots, piece)


def looked_for(slots: Slots, piece: Piece, world: World) -> Filled:
    out = found(slots, piece, world)
    return _with_window(out, slots, piece) if isinstance(out, dict) else None


def filled(slots: Slots, piece: Piece, world: World) -> Filled:
    value, field = slots["value"], name_of(slots, "field", piece)
    bare = value[0].kind is not Kind.QUOTED
    if field is None or (bare and (name_of(slots, "value", piece) is None or value[0].text.casefold() in VALUES)):
        return None
    if bare and world.sensed(said(slots, "value"), None):
        return None
    return _with_window({"value": text_of(slots, "value", piece), "text": field}, slots, piece)


def written(slots: Slots, piece: Piece, world: World) -> Filled:
    out = typed(slots, piece, world)
    return _with_window(out, slots, piece) if isinstance(out, dict) else None


def pressed(slots: Slots, piece: Piece, world: World) -> Filled:
    name = " ".join(said(slots, "key"))
    key = KEYS.get(name) or (name if _CHORD.fullmatch(name) else None)
    return _with_window({"keys": [key]}, slots, piece) if key is not None else None


QUESTIONS: Final = words("what how which who whose where when why if whether")
STATES_OF_THINGS: Final = words(
    "is are was were be been has have had will would can could should must does did do isn't aren't it's that's "
    "there's done ready finished complete completed over failed arrived started stopped"
)


def noticed(slots: Slots, piece: Piece, world: World) -> Filled:
    # Without a text it is about what it is done for: see compose.
    if "title" not in slots:
        return {"title": ""}
    return {"title": text_of(slots, "title", piece)} if _told(slots["title"], piece) else None


def _told(title: Sequence[Token], piece: Piece) -> bool:
    """Whether this is a text, and nothing that is asked for: `tell me its size` wants an answer, not these words."""
    said = [token.text.casefold() for token in title]
    if title[0].kind is Kind.QUOTED or re.search(
        r"^(remind|show|send|display|post) |(that|:|saying|text) <?", piece.said
    ):
        return True
    return said[0] not in QUESTIONS and any(word in STATES_OF_THINGS for word in said)


def clipped(slots: Slots, piece: Piece, world: World) -> Filled:
    return {"text": text_of(slots, "text", piece)}


def turned(slots: Slots, piece: Piece, world: World) -> Filled:
    out: JsonObject = {"direction": said(slots, "direction")[0]}
    if out["direction"] not in ("up", "down", "left", "right"):
        return None
    if "n" in slots:
        out["steps"] = int(number_of(slots, "n") or 0)
    return out


def opened(slots: Slots, piece: Piece, world: World) -> Filled:
    out = app(slots, piece, world)
    if not isinstance(out, dict) or not known_app(str(out["app"]), piece, world):
        return None
    return {**out, "file": text_of(slots, "file", piece)} if "file" in slots else out


_OPEN: Final = "(open|launch|start|run|open up|bring up|start up|fire up)"
_CLICK: Final = "(click|click on|press|push|hit)"
_THING: Final = "[button|element|text|item|entry|link|checkbox]"
_SHOOT: Final = "(take|make|capture|grab|snap|get|do|shoot|create) [me] [a|one|another|the]"
ORDERS: Final = (
    Order(
        "desktop.screenshot",
        asks=(
            f"{_SHOOT} {SHOT} [(of|from) [the] (window|dialog) {{window:thing}}] ~now",
            f"{_SHOOT} (picture|photo|image|capture) [(of|from) [the] (window|dialog) {{window:thing}}] ~now",
            "(capture|screenshot|grab|photograph) [[the] (window|dialog) {window:thing}] ~now",
        ),
        nouns=(SHOT, f"{SHOT} of [the] window {{window:thing}}"),
        fill=window,
    ),
    Order(
        "desktop.windows",
        asks=("(what|which) windows are [open|there]", "which window is in front"),
        nouns=("[open] windows", "list of [open] windows", "windows that are open", "titles of [the] [open] windows"),
    ),
    Order(
        "desktop.ui",
        asks=("what is in [the] (window|dialog) {window:thing}", "what is [shown] on [the] screen"),
        nouns=("(text|content|contents|elements) of [the] (window|dialog) {window:thing}", "window {window:thing}"),
        fill=window,
        measure="output.text",
    ),
    Order(
        "desktop.find",
        asks=(
            "is there [a|an] (button|text|field|element|label|checkbox) [called|named|labelled|that says|saying] "
            f"{{text:quoted}} {_WINDOW}",
            f"(find|look for) [the] (button|text|field|element|label) {{text:quoted}} {_WINDOW}",
        ),
        fill=looked_for,
    ),
    Order(
        "desktop.click",
        asks=(
            f"{_CLICK} [the] {_THING} [that says|called|named|labelled|saying] {{text:quoted}} {_THING} {_WINDOW}",
            f"{_CLICK} [the] button {{text:word}} {_WINDOW}",
            f"{_CLICK} [the] {{text:word}} button {_WINDOW}",
            f"(click|click on) {{text:word}} {_WINDOW}",
            "(click|click at|click on) [the] [point|position|place] [at] {x:number} [,|x] {y:number}",
        ),
        fill=clicked,
    ),
    Order(
        "desktop.set_text",
        asks=(
            "(put|write|enter|type|fill|fill in) {value:plain} (into|in|to) [the] (field|text field) {field:thing} "
            f"[field] {_WINDOW}",
            # What looks like a path is a file, and no field of a window.
            "(put|write|enter|type|fill|fill in) {value:quoted} (into|in|to) [the] {field:quoted} "
            f"[field] {_WINDOW}",
            "(put|write|enter|type|fill|fill in) {value:quoted} (into|in|to) [the] {field:words} "
            f"[field] {_WINDOW}",
            f"(fill|fill in) [the] [field] {{field:thing}} [field] {_WINDOW} with {{value:quoted}}",
            f"set [the] [field] {{field:thing}} [field] {_WINDOW} to {{value:quoted}}",
        ),
        fill=filled,
    ),
    Order("desktop.type", asks=("type {text:quoted} [(into|in) [the] (window|dialog) {window:thing}]",), fill=written),
    Order(
        "desktop.press",
        asks=(f"(press|hit|push) [the] {{key:words}} (key|keys) {_WINDOW}", f"(press|hit) {{key:words}} {_WINDOW}"),
        fill=pressed,
    ),
    Order("desktop.scroll", asks=("scroll {direction:word} [{n:number} steps]",), fill=turned),
    Order(
        "desktop.open_app",
        asks=(
            f"{_OPEN} [the] [app|application|program] {{app:app}} [app|application]",
            f"{_OPEN} {{file:path}} (with|in) [the] [app|application|program] {{app:app}}",
        ),
        fill=opened,
    ),
    Order(
        "desktop.focus",
        asks=(
            "(focus|switch to|go to|activate) [the] (window|dialog) {window:thing}",
            "(focus|switch to|go to|activate) [the] {window:thing} window",
            "bring [the] (window|dialog) {window:thing} to the front",
        ),
        fill=window,
    ),
    Order(
        "desktop.focus",
        asks=("(focus|focus on|switch to) [the] {window:thing}", "bring [the] {window:thing} to the front"),
        fill=focused,
    ),
    Order("desktop.close", asks=("close [the] (window|dialog) [called|named] {window:thing}",), fill=window),
    Order(
        "desktop.notify",
        asks=(
            "(tell|notify|inform|alert|remind) [me|us] : {title:rest}",
            "(show|send|display|post) [me] [a|the] (notification|message) : {title:rest}",
            "(tell|notify|inform|alert|remind) [me] [that|:] {title:sentence}",
            "(show|send|display|post) [me] [a|the] (notification|message) [saying|that says|with [the] text|that|:] "
            "{title:sentence}",
            "(show|display) {title:quoted} as [a] notification",
            "(notify|tell|alert|inform) [me|us]",
            "(show|send|display) [me] [a] notification",
        ),
        fill=noticed,
    ),
    Order(
        "desktop.notifications",
        asks=("what notifications (are there|came|came in|are)",),
        nouns=("[last|new] notifications",),
    ),
    Order(
        "desktop.apps",
        asks=("(what|which) (applications|apps|programs) (are installed|are there|can i open|are)",),
        nouns=("[installed] (applications|apps|programs)",),
    ),
    Order(
        "desktop.read_clipboard",
        asks=(
            "(what is|what's|whats) (in|on) (the|my) clipboard",
            "(what is|what's) (in|on) clipboard",
            "what does [the] clipboard (say|hold|contain|have)",
        ),
        nouns=("clipboard", "[my] clipboard [text|content|contents]", "(content|contents|text) of [the] clipboard"),
        measure="output.text",
    ),
    Order(
        "desktop.write_clipboard",
        asks=(
            "(put|copy|write|place|set) {text:quoted} [into|in|to|onto|on] [the] clipboard",
            "set [the] clipboard to {text:quoted}",
        ),
        fill=clipped,
    ),
)

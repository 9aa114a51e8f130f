"""What may be asked of a desktop's screen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from agents.embedded.kinds.acts import Order, number_of, point_of, said, text_of
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.names import known_app, label_of, name_of
from agents.embedded.kinds.pattern import Slots
from agents.embedded.kinds.phones import SHOT, Filled, app, found, swiped, tapped, typed
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
_WINDOW: Final = "[(in|of|from|on) ([the] (window|dialog) {window:thing}|[the] {titled:thing} (window|dialog))]"


def _with_window(out: JsonObject, slots: Slots, piece: Piece) -> JsonObject | None:
    slot = next((one for one in ("window", "titled") if one in slots), None)
    if slot is None:
        return out
    name = name_of(slots, slot, piece)
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
    return _with_window({**out, **_how(slots)}, slots, piece)


def looked_for(slots: Slots, piece: Piece, world: World) -> Filled:
    out = found(slots, piece, world)
    return _with_window(out, slots, piece) if isinstance(out, dict) else None


def filled(slots: Slots, piece: Piece, world: World) -> Filled:
    value, field = slots["value"], name_of(slots, "field", piece)
    bare = value[0].kind is not Kind.QUOTED
    if (
        field is None
        or field.casefold() == "clipboard"
        or (bare and (name_of(slots, "value", piece) is None or value[0].text.casefold() in VALUES))
    ):
        return None
    if bare and world.sensed(said(slots, "value"), None):
        return None
    return _with_window({"value": text_of(slots, "value", piece), "text": field}, slots, piece)


def titled(slots: Slots, piece: Piece, world: World) -> Filled:
    """What an element says that has a name with a capital, in a window perhaps."""
    label = label_of(slots, "text", piece)
    return _with_window({"text": label}, slots, piece) if label is not None else None


def clicked_by_name(slots: Slots, piece: Piece, world: World) -> Filled:
    out = titled(slots, piece, world)
    if not isinstance(out, dict) or (str(out["text"]).casefold() in KEYS and re.match("press|push|hit", piece.said)):
        return None
    return {**out, **_how(slots)}


def _how(slots: Slots) -> JsonObject:
    """Twice, or with the button on the right."""
    how = " ".join(said(slots, "how")).replace("-", " ").split(" ")[0] if "how" in slots else ""
    return HOW.get(how, {})


HOW: Final[Mapping[str, JsonObject]] = {
    "double": {"times": 2},
    "right": {"button": "right"},
    "middle": {"button": "middle"},
}


def read_of(slots: Slots, piece: Piece, world: World) -> Filled:
    name = name_of(slots, "field", piece)
    return _with_window({"text": name}, slots, piece) if name is not None and name.casefold() != "clipboard" else None


def pointed(slots: Slots, piece: Piece, world: World) -> Filled:
    place = point_of(slots, "at")
    return {"x": place[0], "y": place[1]} if place is not None else None


def sought(slots: Slots, piece: Piece, world: World) -> Filled:
    """An application that may be installed."""
    name = name_of(slots, "app", piece)
    return {"text": name} if name is not None else None


def limited(slots: Slots, piece: Piece, world: World) -> Filled:
    return {"limit": int(number_of(slots, "n") or 0)}


def closed(slots: Slots, piece: Piece, world: World) -> Filled:
    """`close the editor on the desktop`: an application that is known, on a device that is named."""
    return focused(slots, piece, world) if piece.places else None


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
    if "at" in slots:
        place = point_of(slots, "at")
        return {**out, "x": place[0], "y": place[1]} if place is not None else None
    return out


def opened(slots: Slots, piece: Piece, world: World) -> Filled:
    out = app(slots, piece, world)
    if not isinstance(out, dict) or not known_app(str(out["app"]), piece, world):
        return None
    return {**out, "file": text_of(slots, "file", piece)} if "file" in slots else out


_OPEN: Final = "(open|launch|start|run|open up|bring up|start up|fire up)"
_CLICK: Final = "(click on|click|press|push|hit)"
_DOUBLE: Final = "{how:how}"
_LAST: Final = "(last|newest|latest|most recent|recent)"
_KIND: Final = "(button|text|field|element|label|checkbox|link|entry|item|tab|menu|icon)"
_THING: Final = "[button|element|text|item|entry|link|checkbox|icon|tab|menu]"
_SHOOT: Final = "(take|make|capture|grab|snap|get|do|shoot|create) [me] [a|one|another|the]"
ORDERS: Final = (
    Order(
        "desktop.screenshot",
        asks=(
            f"{_SHOOT} {SHOT} {_WINDOW} ~now",
            f"{_SHOOT} (picture|photo|image|capture) {_WINDOW} ~now",
            "(capture|screenshot|grab|photograph) [[the] (window|dialog) {window:thing}|[the] {titled:thing} "
            "(window|dialog)] ~now",
        ),
        nouns=(SHOT, f"{SHOT} of [the] window {{window:thing}}", f"{SHOT} of [the] {{titled:thing}} (window|dialog)"),
        fill=window,
    ),
    Order(
        "desktop.windows",
        asks=(
            "(what|which) windows (are|do i have|have i got) [open|there|open there]",
            "(what|which) window (is [it that is] (in front|active|in use|focused|on top)|has the focus)",
            "(what|which) windows are there",
        ),
        nouns=(
            "[open] windows [that are open|that are there]",
            "list of [all] [the] [open] windows [that are open]",
            "(titles|names) of [all] [the] [open] windows [that are open]",
            "(active|focused|front) window",
            "window titles",
        ),
    ),
    Order(
        "desktop.ui",
        asks=(
            "(what is|read what is|show [me] what is) [shown|written] (in|on) [the] (window|dialog) {window:thing}",
            "(what is|read what is|show [me] what is) [shown|written] (in|on) [the] {titled:thing} (window|dialog)",
            "(read|read out) [the] (window|dialog) {window:thing}",
            "(read|read out) [the] {titled:thing} (window|dialog)",
            "what does [the] (window|dialog) {window:thing} (say|show|contain)",
            "what does [the] {titled:thing} (window|dialog) (say|show|contain)",
            "what is [shown] on [the] screen",
        ),
        nouns=(
            "(text|content|contents|elements) (of|in) [the] (window|dialog) {window:thing}",
            "(text|content|contents|elements) (of|in) [the] {titled:thing} (window|dialog)",
            "window {window:thing}",
        ),
        fill=window,
        measure="output.text",
    ),
    Order(
        "desktop.find",
        asks=(
            "is there [a|an] (button|text|field|element|label|checkbox) [called|named|labelled|that says|saying] "
            f"{{text:quoted}} {_WINDOW}",
            f"(find|look for|locate) [the] {_KIND} [called|named|labelled] {{text:quoted}} {_WINDOW}",
            "(find|look for|locate) {text:quoted} (in|on) ([the] (window|dialog) {window:thing}|[the] {titled:thing} "
            "(window|dialog))",
        ),
        fill=looked_for,
    ),
    Order(
        "desktop.find",
        asks=(
            f"is there [a|an|the] {_KIND} [called|named|labelled|that says|saying] {{text:words}} {_WINDOW}",
            f"is there [a|an|the] {{text:words}} {_KIND} {_WINDOW}",
            f"(find|look for|locate) [the] {_KIND} [called|named|labelled] {{text:words}} {_WINDOW}",
            f"(find|look for|locate) [the] {{text:words}} {_KIND} {_WINDOW}",
        ),
        fill=titled,
    ),
    Order(
        "desktop.click",
        asks=(
            f"{_CLICK} [the] {_THING} [that says|called|named|labelled|saying] {{text:quoted}} {_THING} {_WINDOW}",
            f"{_CLICK} [the] button {{text:word}} {_WINDOW}",
            f"{_CLICK} [the] {{text:word}} button {_WINDOW}",
            f"(click on|click) {{text:word}} {_WINDOW}",
            "(click at|click on|click) [the] [point|position|place] [at] {at:point}",
            f"{_DOUBLE} [at|on] [the] [point|position|place|icon] [at] {{at:point}}",
            f"{_DOUBLE} [on] [the] {_THING} {{text:quoted}} {_THING} {_WINDOW}",
        ),
        fill=clicked,
    ),
    Order(
        "desktop.click",
        asks=(
            f"{_CLICK} [on] [the] {_KIND} [that says|called|named|labelled|saying] {{text:words}} {_WINDOW}",
            f"{_CLICK} [on] [the] {{text:words}} {_THING} {_WINDOW}",
            f"{_DOUBLE} [on] [the] {_THING} {{text:words}} {_THING} {_WINDOW}",
        ),
        fill=clicked_by_name,
    ),
    Order("desktop.drag", asks=("drag [the mouse] from {begin:point} to {end:point}",), fill=swiped),
    Order(
        "desktop.move_mouse",
        asks=(
            "(move|put|place|bring) [the] (mouse|pointer|cursor|mouse pointer|mouse cursor) (to|at|onto) "
            "[the] [point|position|place] {at:point}",
        ),
        fill=pointed,
    ),
    Order(
        "desktop.read_text",
        asks=(
            f"what does [the] (field|text field|input) {{field:thing}} {_WINDOW} (hold|contain|say|have)",
            f"what does [the] (field|text field|input) {{field:thing}} (hold|contain|say|have) {_WINDOW}",
            f"what (is|stands) in [the] (field|text field|input) {{field:thing}} {_WINDOW}",
            f"read [the] (field|text field|input) {{field:thing}} {_WINDOW}",
        ),
        nouns=(f"(text|content|contents|value) (of|in) [the] (field|text field|input) {{field:thing}} {_WINDOW}",),
        fill=read_of,
        measure="output.text",
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
            f"(fill in|fill) [the] [field] {{field:thing}} [field] {_WINDOW} with {{value:quoted}}",
            f"(fill in|fill) [the] [field] {{field:thing}} [field] with {{value:quoted}} {_WINDOW}",
            f"set [the] [field] {{field:thing}} [field] {_WINDOW} to {{value:quoted}}",
        ),
        fill=filled,
    ),
    Order(
        "desktop.type",
        asks=(
            "(type|enter|type in) {text:quoted} [(into|in) [the] (window|dialog) {window:thing}]",
            "(type|enter|write) {text:quoted} (into|in) [the] {titled:thing} (window|dialog)",
        ),
        fill=written,
    ),
    Order(
        "desktop.press",
        asks=(f"(press|hit|push) [the] {{key:words}} (key|keys) {_WINDOW}", f"(press|hit) {{key:words}} {_WINDOW}"),
        fill=pressed,
    ),
    Order(
        "desktop.scroll",
        asks=(
            "scroll {direction:word} [[by] {n:number} [steps|times|notches|clicks]] [(at|over) {at:point}]",
            "scroll [{n:number} steps] {direction:word}",
        ),
        fill=turned,
    ),
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
            "(bring|put|move|get|pull) [the] (window|dialog) {window:thing} (to [the] (front|foreground|top)|up front)",
            "(bring|put|move|get|pull) [the] {window:thing} window (to [the] (front|foreground|top)|up front)",
            "(bring|get|raise) up [the] (window|dialog) {window:thing}",
        ),
        fill=window,
    ),
    Order(
        "desktop.focus",
        asks=(
            "(focus on|focus|switch to) [the] {window:thing}",
            "(bring|put|get) [the] {window:thing} to [the] (front|foreground|top)",
        ),
        fill=focused,
    ),
    Order(
        "desktop.close",
        asks=(
            "close [the] (window|dialog) [called|named|titled] {window:thing}",
            "close [the] {titled:thing} (window|dialog)",
        ),
        fill=window,
    ),
    Order("desktop.close", asks=("(close|quit|exit) [the] {window:thing}",), fill=closed),
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
        asks=(
            "(what|which) notifications (are there|came|came in|are|did i get|have come in|were there|popped up)",
            "(any|are there any|do i have any|did i get any) [new] notifications",
        ),
        nouns=("[last|new|latest|recent] notifications [that came in|so far]",),
    ),
    Order("desktop.notifications", nouns=(f"{_LAST} {{n:number}} notifications",), fill=limited),
    Order(
        "desktop.apps",
        asks=(
            "(what|which) (applications|apps|programs) (are installed|are there|can i (open|start|launch|run)|are|are "
            "available|does it have|do i have|have i got|can be (opened|started))",
        ),
        nouns=(
            "[installed] (applications|apps|programs) [that are installed|that i can (open|start)]",
            "list of [all] [the] [installed] (applications|apps|programs)",
        ),
    ),
    Order("desktop.apps", asks=("is [the] [app|program|application] {app:words} installed",), fill=sought),
    Order(
        "desktop.read_clipboard",
        asks=(
            "what is (in|on) [the|my] clipboard ~now",
            "what (did i copy|have i copied|was copied) [last] [to [the] clipboard]",
            "what does [the] clipboard (say|hold|contain|have)",
        ),
        nouns=("clipboard", "[my] clipboard [text|content|contents]", "(content|contents|text) of [the] clipboard"),
        measure="output.text",
    ),
    Order(
        "desktop.write_clipboard",
        asks=(
            "(put|copy|write|place|set|store|save|paste) [the text] {text:quoted} [into|in|to|onto|on] [the] clipboard",
            "set [the] clipboard [content|text] to {text:quoted}",
            "(fill|load) [the] clipboard with {text:quoted}",
            "{text:quoted} (into|in|to|onto|on) [the] clipboard",
            "[the] clipboard should (hold|contain|say|be) {text:quoted}",
        ),
        fill=clipped,
    ),
)

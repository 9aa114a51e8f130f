"""What may be asked of a browser: pages by their address, and the page that is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agents.embedded.kinds.acts import Order, number_of, said, text_of
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.names import address_of, label_of, name_of
from agents.embedded.kinds.pattern import Slots
from agents.embedded.kinds.phones import Filled
from agents.embedded.kinds.world import World
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

NUMBERS: Final = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5,
}  # fmt: skip
KEYS: Final = {
    "enter": "Enter", "return": "Enter", "escape": "Escape", "esc": "Escape", "tab": "Tab", "space": "Space",
    "page down": "PageDown", "page up": "PageUp", "home": "Home", "end": "End", "backspace": "Backspace",
    **{f"{one} arrow": f"Arrow{one.capitalize()}" for one in ("up", "down", "left", "right")},
    **{f"arrow {one}": f"Arrow{one.capitalize()}" for one in ("up", "down", "left", "right")},
}  # fmt: skip
ROLES: Final = {
    "buttons": "button", "links": "link", "fields": "field", "checkboxes": "checkbox", "headings": "heading",
    "images": "image", "pictures": "image",
}  # fmt: skip
_SITE: Final = "(page|url|link|address|site|website|web page|webpage|homepage|web site)"
_PAGE: Final = f"[the] [{_SITE}] [at]"
_IN: Final = "(in|with|using|by|through|via) [the|my|a] [web] browser"
_OPEN_PAGE: Final = "(the|this|that) [open|current|opened] [web] (page|webpage|site|website|form) [that is open]"
_ON: Final = f"({_IN}|(on|of|in) {_OPEN_PAGE} [{_IN}])"
_AS_SHOWN: Final = "[as it (shows|appears|looks|is shown|is displayed|renders|is rendered)]"


def page(slots: Slots, piece: Piece, world: World) -> Filled:
    """The address, where one is said; it has to be one of the web."""
    out: JsonObject = {}
    if "url" in slots:
        address = address_of(slots, "url", piece)
        if address is None:
            return None
        out["url"] = address
    if "which" in slots:
        number = NUMBERS.get(said(slots, "which")[0])
        if number is None:
            return None
        out["number"] = number
    if "n" in slots:
        out["number"] = number_of(slots, "n")
    if "whole" in slots:
        if said(slots, "whole")[0] not in WHOLE:
            return None
        out["full_page"] = True
    return out


WHOLE: Final = words("whole full entire complete full-page")


def placed(slots: Slots, piece: Piece, world: World) -> Filled:
    """Without a word for the browser, the device has to be named: an address alone may be fetched in other ways."""
    return page(slots, piece, world) if piece.places else None


def labels(*names: str) -> Callable[[Slots, Piece, World], Filled]:
    """What is written on things of the page."""

    def fill(slots: Slots, piece: Piece, world: World) -> Filled:
        found = {name: label_of(slots, name, piece) for name in names if name in slots}
        return None if None in found.values() else {**found}

    return fill


def worded(slots: Slots, piece: Piece, world: World) -> Filled:
    return {"text": text_of(slots, "text", piece)}


def filled(slots: Slots, piece: Piece, world: World) -> Filled:
    """A text for a field: what is no literal has a capital, and is no word for something else."""
    (value,) = slots["text"]
    field = name_of(slots, "field", piece)
    if field is None or (value.word and not value.text[:1].isupper() and "@" not in value.text):
        return None
    return {"text": text_of(slots, "text", piece), "field": field}


def chosen(slots: Slots, piece: Piece, world: World) -> Filled:
    option = label_of(slots, "option", piece)
    field = name_of(slots, "field", piece) if "field" in slots else ""
    if option is None or field is None:
        return None
    return {"option": option, "field": field} if field else {"option": option}


def pressed(slots: Slots, piece: Piece, world: World) -> Filled:
    key = KEYS.get(" ".join(said(slots, "key")))
    field = name_of(slots, "field", piece) if "field" in slots else ""
    if key is None or field is None:
        return None
    return {"keys": key, "field": field} if field else {"keys": key}


def of_role(slots: Slots, piece: Piece, world: World) -> Filled:
    role = ROLES.get(said(slots, "role")[0])
    return {"role": role} if role is not None else None


_GO: Final = "(open|open up|go to|browse to|visit|show|load|navigate to|bring up|pull up|head to|surf to|call up)"
_TABLE: Final = "(table|prices table|data table)"
_GET: Final = "(extract|get|pull|take|grab|read|scrape|copy|fetch|give me|show|show me) [out]"
_SHOOT: Final = "(take|make|capture|grab|get|shoot|snap) [me] [a|the|one]"
_SHOT: Final = "(screenshot|screen shot|picture|capture|screen capture|image|snapshot)"
_FROM: Final = "(of|on|from|at|in|out of|off)"
_THIS: Final = f"{_FROM} {_OPEN_PAGE} [{_IN}]"
_FIND: Final = "(find|look for|search for|locate)"
_THING: Final = "(button|link|field|text|heading|checkbox|element|word|words|label)"
_CLICK: Final = "(click on|click|tap on|tap|follow)"
_PRESS: Final = "(click on|click|press|push|hit|tap on|tap|follow)"
_FILL: Final = "(type|enter|put|write|fill|input|insert)"
_LIST: Final = "[the] (list|drop-down|dropdown|drop down|menu|select|selection|field|list box|drop-down list)"
_CHOOSE: Final = "(choose|select|pick) [the] [option]"
ORDERS: Final = (
    Order("browser.open", asks=(f"{_GO} {_PAGE} {{url:address}} {_IN}",), fill=page),
    Order("browser.open", asks=(f"{_GO} {_PAGE} {{url:address}}",), fill=placed),
    Order(
        "browser.read",
        asks=(
            f"(read|read out) {_PAGE} {{url:address}} {_IN}",
            f"what does {_PAGE} {{url:address}} (say|show) {_IN}",
            f"what is (on|written on) {_PAGE} {{url:address}} {_IN}",
            f"(read|read out|what is on|show me|what is written on) {_OPEN_PAGE} [{_IN}]",
            f"what does {_OPEN_PAGE} (say|show) [{_IN}]",
            f"read {_IN} {{url:address}}",
        ),
        nouns=(
            f"(text|content|contents|words) (of|on|from|at) {_PAGE} {{url:address}} {_AS_SHOWN} {_IN}",
            f"(text|content|contents|words) (of|on|from) {_OPEN_PAGE} [{_IN}]",
        ),
        fill=page,
        measure="output.text",
    ),
    Order(
        "browser.read",
        asks=(
            f"read {_PAGE} {{url:address}}",
            f"what does {_PAGE} {{url:address}} (say|show)",
            f"what is (on|written on) {_PAGE} {{url:address}}",
        ),
        nouns=(f"(text|content|contents|words) (of|on|from|at) {_PAGE} {{url:address}}",),
        fill=placed,
        measure="output.text",
    ),
    Order(
        "browser.read",
        nouns=(f"title (of|on|from|at) {_PAGE} {{url:address}} {_IN}", f"title of {_OPEN_PAGE} [{_IN}]"),
        fill=page,
        measure="output.title",
    ),
    Order(
        "browser.read",
        nouns=(f"title (of|on|from|at) {_PAGE} {{url:address}}",),
        fill=placed,
        measure="output.title",
    ),
    Order(
        "browser.table",
        asks=(
            f"{_GET} [the|its] [{{which:word}}] {_TABLE} {_FROM} {_PAGE} {{url:address}} [{_IN}]",
            f"{_GET} [the|its] {_TABLE} [number|no] {{n:number}} {_FROM} {_PAGE} {{url:address}} [{_IN}]",
            f"{_GET} (the|its) [{{which:word}}] {_TABLE} [{_THIS}]",
            f"{_GET} (the|its) [{{which:word}}] {_TABLE} {_IN}",
        ),
        nouns=(
            f"[{{which:word}}] {_TABLE} {_FROM} {_PAGE} {{url:address}} [{_IN}]",
            f"{_TABLE} [number|no] {{n:number}} {_FROM} {_PAGE} {{url:address}} [{_IN}]",
            f"[{{which:word}}] {_TABLE} {_THIS}",
            _TABLE,
        ),
        fill=page,
    ),
    Order(
        "browser.tables",
        asks=(
            f"(what|which) tables are [there] (on|at|in) {_PAGE} {{url:address}} [{_IN}]",
            f"(what|which) tables does {_PAGE} {{url:address}} (have|hold|contain|show) [{_IN}]",
            f"(what|which) tables are [there] on {_OPEN_PAGE} [{_IN}]",
            f"(what|which) tables does {_OPEN_PAGE} (have|hold|contain|show) [{_IN}]",
            f"(are there|does {_OPEN_PAGE} have) [any] tables [on {_OPEN_PAGE}] [{_IN}]",
        ),
        nouns=(f"tables {_FROM} {_PAGE} {{url:address}} [{_IN}]", f"tables {_THIS}"),
        fill=page,
    ),
    Order(
        "browser.links",
        asks=(
            f"(what|which) links does {_PAGE} {{url:address}} (have|hold|contain|show) [{_IN}]",
            f"(what|which) links are [there] (on|at|in) {_PAGE} {{url:address}} [{_IN}]",
            f"(where|what) does {_PAGE} {{url:address}} link [to] [{_IN}]",
            f"(where|what) does {_OPEN_PAGE} link [to] [{_IN}]",
            f"(what|which) (pages|sites|addresses|urls) does {_PAGE} {{url:address}} link to [{_IN}]",
            f"(what|which) links are [there] on {_OPEN_PAGE} [{_IN}]",
            f"(what|which) links does {_OPEN_PAGE} (have|hold|contain|show) [{_IN}]",
        ),
        nouns=(f"links {_FROM} {_PAGE} {{url:address}} [{_IN}]", f"links {_THIS}"),
        fill=page,
    ),
    Order(
        "browser.screenshot",
        asks=(
            f"{_SHOOT} {_SHOT} of [{{whole:word}}] {_PAGE} {{url:address}} [{_IN}]",
            f"{_SHOOT} {_SHOT} of (the|this|that) [open|current] [web] (page|webpage|site|website) [{_IN}]",
            f"{_SHOOT} {_SHOT} of (the|this|that) {{whole:word}} [web] (page|webpage|site|website) [{_IN}]",
            f"{_SHOOT} {{whole:word}} {_SHOT} of {_PAGE} {{url:address}} [{_IN}]",
            f"(screenshot|capture) [the] [web] page [{_IN}]",
            f"(screenshot|capture) the {{whole:word}} [web] page [{_IN}]",
            f"(screenshot|capture) {_PAGE} {{url:address}} [{_IN}]",
        ),
        nouns=(f"{_SHOT} of {_PAGE} {{url:address}} [{_IN}]", f"{_SHOT} of [the] [web] page [{_IN}]"),
        fill=page,
    ),
    Order(
        "browser.download",
        asks=(f"(download|get|fetch|save|pull) [the] [file|document|pdf] [from|at] {{url:address}} {_IN}",),
        fill=page,
    ),
    Order(
        "browser.back",
        asks=(
            f"go back [one page|a page] {_IN}",
            f"(go|return|go back) to the ((previous|last) page|page before) [{_IN}]",
            f"back to [the] previous page [{_IN}]",
            f"go one page back {_IN}",
        ),
    ),
    Order(
        "browser.tabs",
        asks=(
            f"(what|which) [browser] (tabs|pages) [are|do i have] open {_IN}",
            "(what|which) [browser] tabs (are|do i have) [there] [open]",
        ),
        nouns=(f"[open] [browser|browser's] tabs [(of|in) the browser] [that are open] [{_IN}]", "(browser's) tabs"),
    ),
    Order("browser.close", asks=(f"close (the|this) [current|open] tab [{_IN}]",)),
    Order(
        "browser.close",
        asks=("close [the] browser", "close (all|every) [the] [browser] (tabs|tab) [(of|in) [the] browser]"),
        fixed={"all": True},
    ),
    Order(
        "browser.click",
        asks=(
            f"{_CLICK} [the] [button|link|element|entry] [labelled|called|named|that says] {{text:words}} "
            f"[button|link] {_ON}",
            f"{_PRESS} [the] (button|link|element|entry) [labelled|called|named|that says] {{text:words}} {_ON}",
            f"{_PRESS} [the] [button|link|element|entry] [labelled|called|named|that says] {{text:quoted}} "
            f"[button|link] {_ON}",
        ),
        fill=labels("text"),
    ),
    Order("browser.click", asks=(f"{_PRESS} [the] {{text:word}} (button|link) {_ON}",), fill=worded),
    Order(
        "browser.fill",
        asks=(
            f"{_FILL} {{text:filling}} (into|in|in to) [the] [field|box] {{field:thing}} [field|box] {_ON}",
            f"(fill in|fill out|fill) [the] [field] {{field:thing}} [field] with {{text:filling}} {_ON}",
            f"(fill in|fill out|fill) [the] [field] {{field:thing}} [field] {_ON} with {{text:filling}}",
            f"set [the] field {{field:thing}} to {{text:filling}} {_ON}",
        ),
        fill=filled,
    ),
    Order(
        "browser.select",
        asks=(
            f"{_CHOOSE} {{option:words}} (in|from|of) {_LIST} {{field:thing}} {_ON}",
            f"{_CHOOSE} {{option:quoted}} (in|from|of) {_LIST} {{field:thing}} {_ON}",
            f"{_CHOOSE} {{option:quoted}} (in|from|of|for) [the] {{field:words}} [{_LIST}] {_ON}",
            f"{_CHOOSE} {{option:quoted}} (as|for|under) [the] {{field:thing}} {_ON}",
            f"set {_LIST} {{field:thing}} to {{option:quoted}} {_ON}",
            f"set {_LIST} {{field:thing}} to {{option:words}} {_ON}",
            f"(choose|select|pick) [the] option {{option:quoted}} {_ON}",
            f"(choose|select|pick) [the] option {{option:words}} {_ON}",
        ),
        fill=chosen,
    ),
    Order(
        "browser.press",
        asks=(f"(press|hit|push) [the] {{key:words}} [key] [in [the] field {{field:thing}}] {_ON}",),
        fill=pressed,
    ),
    Order(
        "browser.find",
        asks=(
            f"is there [a|an|the] {_THING} [called|named|labelled|saying|that says] {{text:quoted}} {_ON}",
            f"is there [a|an|the] {_THING} [called|named|labelled|saying|that says] {{text:words}} {_ON}",
            f"{_FIND} [the|a] [{_THING}] [called|named|labelled] {{text:quoted}} {_ON}",
            f"{_FIND} [the|a] {_THING} [called|named|labelled] {{text:words}} {_ON}",
            f"does {_OPEN_PAGE} (say|show|contain|mention|have) [the] [word|words|text] {{text:quoted}} [{_IN}]",
            f"does {_OPEN_PAGE} (say|show|contain|mention) {{text:words}} [{_IN}]",
            f"where does {_OPEN_PAGE} say {{text:quoted}} [{_IN}]",
        ),
        fill=labels("text"),
    ),
    Order(
        "browser.find",
        asks=(f"(what|which) {{role:word}} (does {_OPEN_PAGE} (have|show)|are there on {_OPEN_PAGE}) [{_IN}]",),
        nouns=(f"{{role:word}} (on|of) {_OPEN_PAGE} [{_IN}]",),
        fill=lambda slots, piece, world: of_role(slots, piece, world) if said(slots, "role") != ["links"] else None,
    ),
)

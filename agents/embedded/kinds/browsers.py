"""What may be asked of a browser: pages by their address, and the page that is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from agents.embedded.kinds.acts import Order, said, text_of
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.names import address_of
from agents.embedded.kinds.pattern import Slots
from agents.embedded.kinds.phones import Filled
from agents.embedded.kinds.world import World
from protocol.vocabulary import JsonObject

NUMBERS: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
_PAGE: Final = "[the] [page|url|link|address|site|website|web page|webpage] [at]"
_IN: Final = "(in|with|using|by|through) [the] browser"
_ON: Final = "(in [the] browser|on [the] [web] page|on [the] [web] page in [the] browser)"


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
    return out


def placed(slots: Slots, piece: Piece, world: World) -> Filled:
    """Without a word for the browser, the device has to be named: an address alone may be fetched in other ways."""
    return page(slots, piece, world) if piece.places else None


def texts(*names: str) -> Callable[[Slots, Piece, World], Filled]:
    def fill(slots: Slots, piece: Piece, world: World) -> Filled:
        return {name: text_of(slots, name, piece) for name in names}

    return fill


_GO: Final = "(open|go to|browse to|visit|show|load|navigate to|bring up)"
_TABLE: Final = "(table|prices table|data table)"
_GET: Final = "(extract|get|pull|take|grab|read|scrape|copy) [out]"
_SHOOT: Final = "(take|make|capture|grab|get) [a|the]"
_SHOT: Final = "(screenshot|screen shot|picture)"
ORDERS: Final = (
    Order("browser.open", asks=(f"{_GO} {_PAGE} {{url:address}} {_IN}",), fill=page),
    Order("browser.open", asks=(f"{_GO} {_PAGE} {{url:address}}",), fill=placed),
    Order(
        "browser.read",
        asks=(
            f"read {_PAGE} {{url:address}} {_IN}",
            f"what does {_PAGE} {{url:address}} say {_IN}",
            "read [the] [web] page [that is open] [in [the] browser]",
            "what does [the] [web] page say [in [the] browser]",
        ),
        nouns=(
            f"(text|content|contents) of {_PAGE} {{url:address}} {_IN}",
            "text of [the] [web] page [that is open] [in [the] browser]",
        ),
        fill=page,
        measure="output.text",
    ),
    Order(
        "browser.read",
        asks=(f"read {_PAGE} {{url:address}}", f"what does {_PAGE} {{url:address}} say"),
        nouns=(f"(text|content|contents) of {_PAGE} {{url:address}}",),
        fill=placed,
        measure="output.text",
    ),
    Order(
        "browser.table",
        asks=(
            f"{_GET} [the|its] {_TABLE} (of|on|from|at|in|out of) {_PAGE} {{url:address}} [{_IN}]",
            f"{_GET} [the] {{which:word}} {_TABLE} (of|on|from|at|in) {_PAGE} {{url:address}} [{_IN}]",
            f"{_GET} (the|its) {_TABLE} [(of|on|from) [the] [web] page] [in [the] browser]",
        ),
        nouns=(
            f"{_TABLE} (of|on|from|at|in) {_PAGE} {{url:address}} [{_IN}]",
            f"{{which:word}} {_TABLE} (of|on|from|at|in) {_PAGE} {{url:address}} [{_IN}]",
            f"{_TABLE} (of|on|from) [the|that] [web] page [in [the] browser]",
            _TABLE,
        ),
        fill=page,
    ),
    Order(
        "browser.tables",
        asks=(f"(what|which) tables are (on|at|in) {_PAGE} {{url:address}}", "(what|which) tables are on [the] page"),
        nouns=(f"tables (of|on|at) {_PAGE} {{url:address}}", "tables (of|on) [the] page"),
        fill=page,
    ),
    Order(
        "browser.links",
        asks=(f"(what|which) links does {_PAGE} {{url:address}} have", "where does [the] page link to"),
        nouns=(f"links (of|on|at|from) {_PAGE} {{url:address}}", "links (of|on) [the] page [in [the] browser]"),
        fill=page,
    ),
    Order(
        "browser.screenshot",
        asks=(
            f"{_SHOOT} {_SHOT} of {_PAGE} {{url:address}} [{_IN}]",
            f"{_SHOOT} {_SHOT} of [the] [web] page [in [the] browser]",
            "(screenshot|capture) [the] [web] page [in [the] browser]",
        ),
        nouns=(f"{_SHOT} of {_PAGE} {{url:address}}", f"{_SHOT} of [the] [web] page"),
        fill=page,
    ),
    Order("browser.download", asks=(f"(download|get|fetch) [the file] {{url:address}} {_IN}",), fill=page),
    Order(
        "browser.back", asks=(f"go back {_IN}", "go back to [the] (previous|last) page", "back to [the] previous page")
    ),
    Order("browser.tabs", asks=("(what|which) tabs are open [in [the] browser]",), nouns=("[open] [browser] tabs",)),
    Order("browser.close", asks=("close [the] [current] tab [in [the] browser]",)),
    Order("browser.close", asks=("close [the] browser", "close all tabs [of [the] browser]"), fixed={"all": True}),
    Order(
        "browser.click",
        asks=(
            f"(click|click on|press|push) [the] [button|link|element] {{text:quoted}} [button|link] {_ON}",
            f"(click|press) [the] {{text:word}} (button|link) {_ON}",
        ),
        fill=texts("text"),
    ),
    Order(
        "browser.fill",
        asks=(f"(type|enter|put|write|fill) {{text:quoted}} (into|in) [the] [field] {{field:thing}} [field] {_ON}",),
        fill=texts("text", "field"),
    ),
)

"""The accessibility tree of a window: AT-SPI 2, as GTK, Qt, LibreOffice, Firefox and Chromium speak it over D-Bus.

Source: at-spi2-core, xml/*.xml; the numbers of states and relations are those of atspi-constants.h.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from protocol.errors import ErrorCode
from tools.desktop.bus import DBUS, DBUS_PATH, Bus, BusGoneError, RefusedError
from tools.errors import ToolError
from tools.uitree import HIDDEN, MAX_DEPTH, Bounds, State, UiNode, cleaned

REGISTRY: Final = "org.a11y.atspi.Registry"
ROOT: Final = "/org/a11y/atspi/accessible/root"
ACCESSIBLE: Final = "org.a11y.atspi.Accessible"
ACTION: Final = "org.a11y.atspi.Action"
COMPONENT: Final = "org.a11y.atspi.Component"
EDITABLE: Final = "org.a11y.atspi.EditableText"
TEXT: Final = "org.a11y.atspi.Text"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"
NULL: Final = "/org/a11y/atspi/null"

MOST_NODES: Final = 5_000
MOST_CHILDREN: Final = 500
AT_ONCE: Final = 64
READ_S: Final = 30.0
LIST_S: Final = 2.0
TEXT_MOST: Final = 2_001
_STATES: Final[dict[int, State]] = {4: "checked", 7: "editable", 12: "focused", 20: "checked", 23: "selected"}
_FOCUSED: Final = 12
_MULTI_LINE: Final = 17
_SENSITIVE: Final = 24
_SHOWING: Final = 25
_ROLES: Final = {
    "push button": "button", "button": "button", "toggle button": "switch", "switch": "switch",
    "check box": "checkbox", "check menu item": "checkbox", "radio button": "radio", "radio menu item": "radio",
    "entry": "field", "text": "field", "password text": "field", "spin button": "field", "editbar": "field",
    "terminal": "field", "label": "text", "static": "text", "heading": "text", "paragraph": "text",
    "combo box": "choice", "slider": "slider", "progress bar": "progress", "level bar": "progress",
    "list": "list", "list box": "list", "tree": "list", "tree table": "list", "table": "list",
    "list item": "item", "tree item": "item", "table row": "item", "table cell": "cell",
    "icon": "image", "image": "image", "canvas": "image",
    "frame": "window", "window": "window", "dialog": "window", "alert": "window", "file chooser": "window",
    "color chooser": "window", "font chooser": "window",
    "menu bar": "menubar", "menu item": "menuitem", "page tab": "tab", "page tab list": "tabs",
    "document web": "page", "document frame": "page", "document text": "page", "html container": "page",
    "filler": "group", "panel": "group", "section": "group", "unknown": "group", "grouping": "group",
    "scroll pane": "group", "viewport": "group", "layered pane": "group", "split pane": "group", "root pane": "group",
}  # fmt: skip
# Chromium lets everything be clicked: of these, what cannot take the focus is no button.
_PLAIN: Final = ("group", "page", "window", "text", "image", "cell", "row", "item")
_FOCUSABLE: Final = 11
_OBJECT: Final = "\ufffc"
PASSWORD: Final = "password text"


@dataclass(frozen=True, slots=True)
class Handle:
    """Where on the bus an element is, and what it can do. `lines`: its text may have several."""

    name: str
    path: str
    interfaces: frozenset[str] = frozenset()
    password: bool = False
    lines: bool = False


@dataclass(frozen=True, slots=True)
class TopLevel:
    """A window that has a tree."""

    handle: Handle
    title: str
    app: str
    pid: int


@dataclass(slots=True)
class Raw:
    """An element while its tree is being read."""

    handle: Handle
    role: str
    text: str = ""
    description: str = ""
    id: str = ""
    bounds: Bounds = field(default_factory=lambda: Bounds(left=0, top=0, right=0, bottom=0))
    states: tuple[State, ...] = ()
    children: list[Raw] = field(default_factory=list)


async def top_levels(bus: Bus) -> list[TopLevel]:
    """The windows of all programs that have a tree. One that does not answer is left out."""
    programs = await _children(bus, Handle(REGISTRY, ROOT))
    found = await asyncio.gather(*(_of_program(bus, one) for one in programs))
    return [window for windows in found for window in windows]


async def _of_program(bus: Bus, program: Handle) -> list[TopLevel]:
    with contextlib.suppress(ToolError, TimeoutError):
        async with asyncio.timeout(LIST_S):
            [pid] = await bus.call(DBUS, DBUS_PATH, DBUS, "GetConnectionUnixProcessID", "s", program.name)
            app = await _name(bus, program)
            windows = await _children(bus, program)
            names = await asyncio.gather(*(_name(bus, one) for one in windows))
            return [TopLevel(one, cleaned(name), cleaned(app), pid) for one, name in zip(windows, names, strict=True)]
    return []


async def read(bus: Bus, top: Handle) -> tuple[Raw, bool]:
    """All that a window shows, and whether something was left out for there is too much of it.

    Raises ToolError: UNAVAILABLE where the program ended meanwhile, TIMEOUT.
    """
    reading = _Reading(bus)
    try:
        async with asyncio.timeout(READ_S):
            root = await reading.element(top)
            if root is None:
                raise BusGoneError(ErrorCode.UNAVAILABLE, "the window was closed meanwhile", retryable=True)
            level = [root]
            for _ in range(MAX_DEPTH):
                if not level:
                    break
                level = [child for found in await asyncio.gather(*map(reading.below, level)) for child in found]
    except TimeoutError:
        message = f"the window cannot be read within {READ_S:g} s: its program is busy"
        raise ToolError(ErrorCode.TIMEOUT, message, retryable=True) from None
    return root, reading.cut or bool(level)


class _Reading:
    """One reading of one window: many questions at once, but not without bound."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._count = 0
        self.cut = False

    async def below(self, raw: Raw) -> list[Raw]:
        """The children that show; they are put into their parent."""
        async with self._turn:
            handles = await self._handles(raw.handle)
        left = max(0, MOST_NODES - self._count)
        self.cut = self.cut or len(handles) > left
        found = await asyncio.gather(*(self._taken(one) for one in handles[:left]))
        raw.children = _in_order([one for one in found if one is not None])
        return raw.children

    async def _taken(self, handle: Handle) -> Raw | None:
        self._count += 1
        async with self._turn:
            return await self.element(handle)

    async def _handles(self, handle: Handle) -> list[Handle]:
        """Some say that they have millions of children: those are not asked for all of them."""
        try:
            count = await self._bus.call(handle.name, handle.path, PROPERTIES, "Get", "ss", ACCESSIBLE, "ChildCount")
            if not 0 < count[0].value <= MOST_CHILDREN:
                many = count[0].value > MOST_CHILDREN
                self.cut = self.cut or many
                return await self._first(handle) if many else []
            return await _children(self._bus, handle)
        except RefusedError:
            return []

    async def _first(self, handle: Handle) -> list[Handle]:
        ask = self._bus.call
        places = range(MOST_CHILDREN)
        found = await asyncio.gather(
            *(ask(handle.name, handle.path, ACCESSIBLE, "GetChildAtIndex", "i", one) for one in places)
        )
        return [Handle(name, path) for [(name, path)] in found if path != NULL]

    async def element(self, handle: Handle) -> Raw | None:
        """None where it does not show, or is gone."""
        bus, name, path = self._bus, handle.name, handle.path
        try:
            facts, [role], [states], [interfaces] = await asyncio.gather(
                bus.call(name, path, PROPERTIES, "GetAll", "s", ACCESSIBLE),
                bus.call(name, path, ACCESSIBLE, "GetRoleName"),
                bus.call(name, path, ACCESSIBLE, "GetState"),
                bus.call(name, path, ACCESSIBLE, "GetInterfaces"),
            )
        except RefusedError:
            return None
        on = _bits(states)
        if _SHOWING not in on:
            return None
        password = role == PASSWORD
        handle = Handle(name, path, frozenset(interfaces), password, _MULTI_LINE in on)
        found = Raw(handle, _role(role, on), bounds=await bounds(bus, handle))
        said = {key: str(facts[0][key].value) for key in ("Name", "Description", "AccessibleId") if key in facts[0]}
        found.id = cleaned(said.get("AccessibleId", ""))[:500]
        found.text, found.description = said.get("Name", ""), said.get("Description", "")
        found.states = _states(on, handle, found.role)
        await self._say(found)
        return found

    async def _say(self, raw: Raw) -> None:
        """A field's text is what it holds, and its name tells what for. What a password's holds is not asked."""
        handle = raw.handle
        field = raw.role == "field" or "editable" in raw.states
        if TEXT in handle.interfaces and (field or not raw.text):
            if field:
                raw.description = raw.text or raw.description
            if handle.password:
                raw.text = HIDDEN if await length(self._bus, handle) else ""
            else:
                raw.text = await text(self._bus, handle, TEXT_MOST)
        # Where an element's text holds other elements, it has a sign for each.
        raw.text, raw.description = cleaned(raw.text.replace(_OBJECT, " ")), cleaned(raw.description)


# --- one element ---------------------------------------------------------------------------------------------------


async def bounds(bus: Bus, handle: Handle) -> Bounds:
    """Where an element is on the screen; empty where it is nowhere."""
    nowhere = Bounds(left=0, top=0, right=0, bottom=0)
    try:
        [(x, y, width, height)] = await bus.call(handle.name, handle.path, COMPONENT, "GetExtents", "u", 0)
    except RefusedError:
        return nowhere
    if min(x, y) < -(1 << 20) or width <= 0 or height <= 0:
        return nowhere
    return Bounds(left=x, top=y, right=x + width, bottom=y + height)


async def text(bus: Bus, handle: Handle, most: int) -> str:
    """What an element's text says, up to so many characters. Never of a password's field: it says nothing."""
    if handle.password:
        return ""
    try:
        [said] = await bus.call(
            handle.name, handle.path, TEXT, "GetText", "ii", 0, min(await length(bus, handle), most)
        )
    except RefusedError:
        return ""
    return str(said)


async def length(bus: Bus, handle: Handle) -> int:
    """Characters that an element's text has."""
    try:
        [said] = await bus.call(handle.name, handle.path, PROPERTIES, "Get", "ss", TEXT, "CharacterCount")
    except RefusedError:
        return 0
    return int(said.value)


async def set_text(bus: Bus, handle: Handle, value: str) -> bool:
    """Replace what a field holds; what it says to that."""
    [done] = await bus.call(handle.name, handle.path, EDITABLE, "SetTextContents", "s", value)
    return bool(done)


async def act(bus: Bus, handle: Handle) -> bool:
    """Do what a click does. False where the element has no such action, or does not want to now."""
    try:
        [actions] = await bus.call(handle.name, handle.path, ACTION, "GetActions")
        names = [str(one[0]).casefold() for one in actions]
        wanted = next((one for one in ("click", "press", "activate", "jump", "toggle") if one in names), None)
        if not names or wanted is None:
            return False
        [done] = await bus.call(handle.name, handle.path, ACTION, "DoAction", "i", names.index(wanted))
    except RefusedError:
        return False
    return bool(done)


async def take_focus(bus: Bus, handle: Handle) -> bool:
    """Give the keyboard to an element; whether it took it."""
    try:
        [done] = await bus.call(handle.name, handle.path, COMPONENT, "GrabFocus")
    except RefusedError:
        return False
    return bool(done)


async def has_focus(bus: Bus, handle: Handle) -> bool:
    """Whether the keyboard is an element's."""
    [states] = await bus.call(handle.name, handle.path, ACCESSIBLE, "GetState")
    return _FOCUSED in _bits(states)


def built(raw: Raw, app: str, handles: dict[int, Handle], shift: tuple[int, int] = (0, 0)) -> UiNode:
    """The element as the tree that all kinds share; `handles` gets, by `id()` of a node, where it is on the bus."""
    bounds = raw.bounds
    if shift != (0, 0) and not bounds.empty:
        x, y = shift
        bounds = Bounds(left=bounds.left + x, top=bounds.top + y, right=bounds.right + x, bottom=bounds.bottom + y)
    node = UiNode(
        role=raw.role, text=raw.text, description=raw.description if raw.description != raw.text else "", id=raw.id,
        app=app, bounds=bounds, states=raw.states,
        children=tuple(built(child, app, handles, shift) for child in raw.children),
    )  # fmt: skip
    handles[id(node)] = raw.handle
    return node


async def _children(bus: Bus, handle: Handle) -> list[Handle]:
    [found] = await bus.call(handle.name, handle.path, ACCESSIBLE, "GetChildren")
    return [Handle(name, path) for name, path in found if path != NULL]


async def _name(bus: Bus, handle: Handle) -> str:
    [said] = await bus.call(handle.name, handle.path, PROPERTIES, "Get", "ss", ACCESSIBLE, "Name")
    return str(said.value)


def _in_order(children: list[Raw]) -> list[Raw]:
    """GTK's grids tell their children from the last to the first."""
    places = [(one.bounds.top, one.bounds.left) for one in children if not one.bounds.empty]
    turned = len(places) > 1 and all(a > b for a, b in pairwise(places))
    return children[::-1] if turned else children


def _bits(words: Iterable[int]) -> frozenset[int]:
    """The states that are on, by number."""
    return frozenset(32 * place + bit for place, word in enumerate(words) for bit in range(32) if word >> bit & 1)


def _role(name: str, on: frozenset[int]) -> str:
    role = _ROLES.get(name) or name.replace(" ", "").casefold()[:40] or "group"
    # GTK calls a text that cannot be edited by the same word.
    return "text" if role == "field" and name == "text" and 7 not in on else role


def _states(on: frozenset[int], handle: Handle, role: str) -> tuple[State, ...]:
    found = list(dict.fromkeys(state for bit, state in _STATES.items() if bit in on))
    plain = role in _PLAIN and _FOCUSABLE not in on
    if ACTION in handle.interfaces and EDITABLE not in handle.interfaces and not plain:
        found.insert(0, "clickable")
    if _SENSITIVE not in on:
        found.append("disabled")
    if handle.password:
        found.append("password")
    return tuple(found)

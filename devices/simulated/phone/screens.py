"""What a simulated phone shows: rows of elements for each app, as a UI dump and as a picture."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import quoteattr

from devices.simulated.phone.state import BROWSER, DIALER, HOME, MESSAGES, NOTES, SETTINGS, SimulatedPhone

ROW: Final = 120
TOP: Final = 80
WORD: Final = "SIMULATED"
# Five columns a letter, seven bits a column, the highest bit on top.
_LETTERS: Final = {
    "S": (0x32, 0x49, 0x49, 0x49, 0x26),
    "I": (0x00, 0x41, 0x7F, 0x41, 0x00),
    "M": (0x7F, 0x20, 0x18, 0x20, 0x7F),
    "U": (0x7E, 0x01, 0x01, 0x01, 0x7E),
    "L": (0x7F, 0x01, 0x01, 0x01, 0x01),
    "A": (0x3F, 0x44, 0x44, 0x44, 0x3F),
    "T": (0x40, 0x40, 0x7F, 0x40, 0x40),
    "E": (0x7F, 0x49, 0x49, 0x49, 0x41),
    "D": (0x7F, 0x41, 0x41, 0x22, 0x1C),
}
_PALETTE: Final = bytes((250, 250, 250, 40, 40, 40, 66, 133, 244, 218, 220, 224, 255, 255, 255))


def _nothing() -> None:
    """What an element does that does nothing."""


@dataclass(frozen=True)
class Element:
    """One row. `id` without the app's name."""

    kind: str
    text: str = ""
    id: str = ""
    description: str = ""
    tap: Callable[[], None] = _nothing
    clickable: bool = False
    password: bool = False
    checked: bool | None = None


def elements(phone: SimulatedPhone) -> list[Element]:
    """What is on the screen now, from top to bottom."""
    if not phone.awake:
        return []
    if phone.calling:
        return [
            Element("TextView", phone.calling, "contactgrid_contact_name"),
            Element("ImageButton", "", "incall_end_call", "End call", phone.end_call, clickable=True),
        ]
    make = _SCREENS.get(phone.front)
    return make(phone) if make else [Element("TextView", phone.apps[phone.front].label, "title")]


def tap(phone: SimulatedPhone, x: int, y: int) -> None:
    """Do what a finger there does."""
    row = (y - TOP) // ROW + phone.scrolled
    shown = elements(phone)
    if 0 <= x < phone.width and y >= TOP and row < len(shown):
        shown[row].tap()


def _field(phone: SimulatedPhone, id: str, hint: str, *, password: bool = False) -> Element:
    def focus() -> None:
        phone.focus = id

    text = phone.fields.get(id, "")
    return Element("EditText", "•" * len(text) if password else text or hint, id, hint, focus, True, password)


def _home(phone: SimulatedPhone) -> list[Element]:
    apps = [app for app in phone.apps.values() if app.package != HOME]
    return [
        Element("TextView", app.label, "icon", app.label, lambda package=app.package: phone.open(package), True)  # type: ignore[misc]
        for app in sorted(apps, key=lambda app: app.label)
    ]


def _settings(phone: SimulatedPhone) -> list[Element]:
    def toggle() -> None:
        phone.wifi = not phone.wifi

    about = Element("TextView", f"About phone: {phone.properties['ro.product.model']}", "about")
    more = [Element("TextView", f"Option {number}", "option", clickable=True) for number in range(1, 31)]
    return [Element("Switch", "Wi-Fi", "wifi", "", toggle, True, checked=phone.wifi), about, *more]


def _notes(phone: SimulatedPhone) -> list[Element]:
    def save() -> None:
        if phone.fields.get("note"):
            phone.notes.append(phone.fields.pop("note"))
        phone.focus = ""

    return [
        Element("TextView", "Notes", "title"),
        _field(phone, "note", "Write a note"),
        _field(phone, "secret", "Password", password=True),
        Element("Button", "Save", "save", "", save, True),
        *(Element("TextView", text, "saved") for text in phone.notes),
    ]


def _browser(phone: SimulatedPhone) -> list[Element]:
    page = f"Simulated page of {phone.url}" if phone.url else "New tab"
    return [_field(phone, "url", phone.url or "Search or type URL"), Element("TextView", page, "page")]


def _messages(phone: SimulatedPhone) -> list[Element]:
    if not phone.draft_to:
        return [Element("TextView", f"{one.address}: {one.body}", "conversation") for one in phone.messages]
    send = Element("ImageButton", "", "send_message_button_icon", "Send SMS", phone.send_draft, True)
    said = [Element("TextView", one.body, "message_text") for one in phone.messages if one.address == phone.draft_to]
    return [
        Element("TextView", phone.draft_to, "conversation_title"),
        *said,
        _field(phone, "compose_message_text", "Text message"),
        *([send] if phone.send_button else []),
    ]


def _dialer(phone: SimulatedPhone) -> list[Element]:
    return [Element("TextView", f"{call.number}", "call_log_entry") for call in phone.calls]


_SCREENS: Final = {
    HOME: _home, SETTINGS: _settings, NOTES: _notes, BROWSER: _browser, MESSAGES: _messages, DIALER: _dialer,
}  # fmt: skip


# --- as a UI dump --------------------------------------------------------------------------------------------------


def dump(phone: SimulatedPhone) -> str:
    """What `uiautomator dump` writes."""
    shown = elements(phone)[phone.scrolled :]
    rows = [_node(phone, element, number) for number, element in enumerate(shown) if _bottom(number) <= phone.height]
    whole = f"[0,0][{phone.width},{phone.height}]"
    frame = _attributes(0, "FrameLayout", "", "", phone.front, "", whole, scrollable=len(shown) * ROW > phone.height)
    body = f"<node {frame}>{''.join(rows)}</node>"
    return f"<?xml version='1.0' encoding='UTF-8' standalone='yes' ?><hierarchy rotation=\"0\">{body}</hierarchy>"


def _bottom(row: int) -> int:
    return TOP + (row + 1) * ROW


def _node(phone: SimulatedPhone, element: Element, row: int) -> str:
    bounds = f"[0,{TOP + row * ROW}][{phone.width},{_bottom(row)}]"
    id = f"{phone.front}:id/{element.id}" if element.id else ""
    states = {
        "clickable": element.clickable,
        "focused": bool(element.id) and element.id == phone.focus,
        "password": element.password,
        "checked": bool(element.checked),
    }
    said = _attributes(row, element.kind, element.text, id, phone.front, element.description, bounds, **states)
    return f"<node {said} />"


def _attributes(
    index: int, kind: str, text: str, id: str, package: str, description: str, bounds: str, **states: bool
) -> str:
    names = ("checkable", "checked", "clickable", "enabled", "focusable", "focused", "scrollable", "long-clickable",
             "password", "selected")  # fmt: skip
    said = {"enabled": True, **states}
    flags = " ".join(f'{name}="{str(said.get(name, False)).lower()}"' for name in names)
    parts = (
        f'index="{index}" text={quoteattr(text)} resource-id={quoteattr(id)} class="android.widget.{kind}"',
        f'package={quoteattr(package)} content-desc={quoteattr(description)} {flags} bounds="{bounds}"',
    )
    return " ".join(parts)


# --- as a picture --------------------------------------------------------------------------------------------------


def picture(phone: SimulatedPhone) -> bytes:
    """A PNG of the screen: a bar for each element, and the word that says what it is."""
    width, height = phone.width, phone.height
    rows = [bytearray(width) for _ in range(height)]
    for number, element in enumerate(elements(phone)[phone.scrolled :]):
        top = TOP + number * ROW
        colour = 2 if element.clickable else 3
        end = min(width - 40, 40 + 24 * max(4, len(element.text or element.description)))
        for y in range(top + 16, min(top + ROW - 16, height)):
            rows[y][40:end] = bytes([colour]) * (end - 40)
    _write(rows, 40, 8, 8)
    raw = b"".join(b"\0" + row for row in rows)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"PLTE", _PALETTE), (b"IDAT", zlib.compress(raw, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _write(rows: list[bytearray], left: int, top: int, size: int) -> None:
    """The word, in dark blocks of `size` pixels."""
    for number, letter in enumerate(WORD):
        for column, bits in enumerate(_LETTERS[letter]):
            x = left + (number * 6 + column) * size
            for row in range(7):
                if bits >> (6 - row) & 1:
                    for y in range(top + row * size, top + (row + 1) * size):
                        rows[y][x : x + size] = b"\x01" * size

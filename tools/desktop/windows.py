"""The windows of a display, as X knows them: what they are called, whose they are, where they are, which is in use."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tools.uitree import Bounds, cleaned

if TYPE_CHECKING:
    from Xlib.display import Display
    from Xlib.xobject.drawable import Window as XWindow

MOST: Final = 1_000
LONGS: Final = 4_096
# Panels and the desktop's own background are no windows that one works in.
_FURNITURE: Final = ("_NET_WM_WINDOW_TYPE_DESKTOP", "_NET_WM_WINDOW_TYPE_DOCK")


@dataclass(frozen=True, slots=True)
class Window:
    """A window of the top level. `number` is X's; `pid` 0 where the program does not tell."""

    number: int
    title: str
    app: str
    pid: int
    bounds: Bounds
    active: bool
    minimised: bool

    def holds(self, x: int, y: int) -> bool:
        """Whether a place of the screen is within its bounds."""
        return self.bounds.left <= x < self.bounds.right and self.bounds.top <= y < self.bounds.bottom

    @property
    def id(self) -> str:
        """How skills name it."""
        return f"0x{self.number:x}"


def windows(display: Display) -> list[Window]:
    """All of them, the oldest first."""
    from Xlib.error import XError

    root = display.screen().root
    by_manager = managed(display)
    active = _active(display, root, by_manager)
    found = []
    for number in _numbers(display, root, by_manager)[:MOST]:
        try:
            one = _window(display, root, number, active)
        except XError:
            continue  # it was closed meanwhile
        if one is not None:
            found.append(one)
    return found


def size(display: Display) -> tuple[int, int]:
    """Width and height of the display in pixels, as they are now."""
    found = display.screen().root.get_geometry()
    return int(found.width), int(found.height)


def monitors(display: Display) -> list[tuple[int, int]]:
    """Width and height of each monitor; of the whole display where the server knows no monitors (RandR 1.5)."""
    from Xlib.error import DisplayError, XError
    from Xlib.ext import randr

    try:
        if display.has_extension("RANDR"):
            found = randr.get_monitors(display.screen().root).monitors
            if sizes := [(int(one.width_in_pixels), int(one.height_in_pixels)) for one in found]:
                return sizes
    except (XError, DisplayError, AttributeError, KeyError):
        pass  # an old server, or one that speaks it otherwise than the library: the display's own size is known
    return [size(display)]


def pointer(display: Display) -> tuple[int, int]:
    """Where the mouse is."""
    found = display.screen().root.query_pointer()
    return int(found.root_x), int(found.root_y)


def managed(display: Display) -> bool:
    """Whether a window manager is there. What one has said of the windows stays behind when it is killed."""
    from Xlib.error import XError

    name = "_NET_SUPPORTING_WM_CHECK"
    for number in _longs(display, display.screen().root, name)[:1]:
        with contextlib.suppress(XError):
            return _longs(display, display.create_resource_object("window", number), name) == [number]
    return False


def close(display: Display, number: int) -> None:
    """Ask a window to close, as its own cross does. It may ask back."""
    from Xlib import X
    from Xlib.protocol.event import ClientMessage

    window = display.create_resource_object("window", number)
    protocols = display.intern_atom("WM_PROTOCOLS")
    data = (32, [display.intern_atom("WM_DELETE_WINDOW"), X.CurrentTime, 0, 0, 0])
    window.send_event(ClientMessage(window=window, client_type=protocols, data=data))
    display.sync()


def _numbers(display: Display, root: XWindow, by_manager: bool) -> list[int]:
    """By the window manager's word; without one, the windows that are shown."""
    from Xlib import X

    if by_manager:
        return _longs(display, root, "_NET_CLIENT_LIST")
    children = root.query_tree().children
    shown = [(one, one.get_attributes()) for one in children[:MOST]]
    return [
        one.id
        for one, attributes in shown
        if attributes.map_state == X.IsViewable and not attributes.override_redirect
        and attributes.win_class == X.InputOutput
    ]  # fmt: skip


def _active(display: Display, root: XWindow, by_manager: bool) -> int:
    """The window that has the keyboard; 0 where none has."""
    if by_manager and (found := _longs(display, root, "_NET_ACTIVE_WINDOW")):
        return found[0]
    return keyboard(display)


def keyboard(display: Display) -> int:
    """The window of the top level that keys go to, by the server's word; 0 where they go nowhere."""
    root = display.screen().root
    managed_windows = set(_longs(display, root, "_NET_CLIENT_LIST"))
    focus = display.get_input_focus().focus
    while not isinstance(focus, int) and focus.id != root.id:
        if focus.id in managed_windows:
            return int(focus.id)
        parent = focus.query_tree().parent
        if isinstance(parent, int) or parent.id == root.id:
            return int(focus.id)
        focus = parent
    return 0


def _window(display: Display, root: XWindow, number: int, active: int) -> Window | None:
    window = display.create_resource_object("window", number)
    kinds = [display.intern_atom(one) for one in _FURNITURE]
    if any(one in kinds for one in _longs(display, window, "_NET_WM_WINDOW_TYPE")):
        return None
    size = window.get_geometry()
    if size.width <= 1 and size.height <= 1:
        return None
    place = root.translate_coords(window, 0, 0)
    hidden = display.intern_atom("_NET_WM_STATE_HIDDEN")
    pids = _longs(display, window, "_NET_WM_PID")
    left, top = int(place.x), int(place.y)
    return Window(
        number=number,
        title=cleaned(_text(display, window, "_NET_WM_NAME") or _text(display, window, "WM_NAME")),
        app=cleaned(_text(display, window, "WM_CLASS").rstrip("\0").rpartition("\0")[2])[:255],
        pid=pids[0] if pids else 0,
        bounds=Bounds(left=left, top=top, right=left + int(size.width), bottom=top + int(size.height)),
        active=number == active,
        minimised=hidden in _longs(display, window, "_NET_WM_STATE"),
    )


def _longs(display: Display, window: XWindow, name: str) -> list[int]:
    from Xlib import X

    found = window.get_property(display.intern_atom(name), X.AnyPropertyType, 0, LONGS)
    return [int(one) for one in found.value] if found is not None and found.format == 32 else []


def _text(display: Display, window: XWindow, name: str) -> str:
    """A program's own words about its window: UTF-8, else Latin 1, as the property's type says."""
    from Xlib import X, Xatom

    found = window.get_property(display.intern_atom(name), X.AnyPropertyType, 0, LONGS)
    if found is None or found.format != 8:
        return ""
    raw = bytes(found.value) if not isinstance(found.value, str) else found.value.encode("latin-1")
    return raw.decode("latin-1" if found.property_type == Xatom.STRING else "utf-8", "replace")

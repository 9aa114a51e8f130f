"""Skills for keyboard and mouse, where a window is not used over its tree: type, press keys, move, drag, scroll."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Output
from tools.desktop import atspi, windows
from tools.desktop.desktop import DISPLAY, INPUT
from tools.desktop.fronting import into_front
from tools.desktop.keyboard import press_keys, type_text
from tools.desktop.session import Reading, Session, until
from tools.desktop.touching import BUTTONS, SETTLE_S, Button, became
from tools.desktop.verbs import Pixel, Words, verb
from tools.errors import ToolError
from tools.uitree import UiNode, focused

STEPS: Final = 20
_WHEEL: Final = {"up": "4", "down": "5", "left": "6", "right": "7"}
_MODIFIERS: Final = ("ctrl", "alt", "shift", "super", "meta")
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,40}(\+[A-Za-z0-9_]{1,40}){0,4}$")]
# Two letters on most keyboards, and `xdotool` would not know them.
_NAMES: Final = {
    "enter": "Return", "esc": "Escape", "del": "Delete", "backspace": "BackSpace", "space": "space", "tab": "Tab",
    "up": "Up", "down": "Down", "left": "Left", "right": "Right", "home": "Home", "end": "End", "pageup": "Page_Up",
    "pagedown": "Page_Down", "ins": "Insert", "win": "super", "cmd": "super", "control": "ctrl", "option": "alt",
}  # fmt: skip


class Typed(Output):
    """`verified`: the field was read back and holds the text; None where it has no tree, or is a password's."""

    window: str
    field: str
    verified: bool | None


class Pressed(Output):
    """`changed`: the window that was in use reads otherwise than before, or is gone."""

    keys: list[str]
    window: str
    changed: bool
    gone: bool


class Pointed(Output):
    x: int
    y: int
    window: str


class Moved(Output):
    """`changed`: the window in use reads otherwise than before, or is gone."""

    window: str
    changed: bool


@verb(
    "desktop.type",
    risk=Risk.WRITE,
    idempotent=False,
    timeout_s=400.0,
    needs=(DISPLAY, INPUT),
    examples=(
        "type hello world on the desktop",
        "type 'dear Ann' into the window Plain Tk",
        "write the command into the terminal's window",
    ),
)
async def type_(
    session: Session,
    *,
    text: Annotated[str, Field(min_length=1, max_length=20_000)],
    window: Words | None = None,
) -> Typed:
    """Type a text with the keyboard into what has the focus. `desktop.set_text` is surer where a window has a tree.

    Args:
        text: What to type. A line's end presses Return, a tab Tab.
        window: Bring this window to the front first: its title, program or id; by default the one in use.
    """
    if bad := next((one for one in text if not one.isprintable() and one not in "\n\t"), ""):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{bad!a} is no letter of a keyboard")
    target = await into_front(session, await session.window(window))
    before = await session.read(target)
    field = focused(before.root)
    await type_text(session, text)
    return await _read_back(session, before, field, text)


@verb(
    "desktop.press",
    risk=Risk.WRITE,
    idempotent=False,
    needs=(DISPLAY, INPUT),
    examples=(
        "press enter on the desktop",
        "press ctrl+s in the editor's window",
        "hit escape on my desktop",
        "switch windows with alt+Tab",
    ),
)
async def press(
    session: Session,
    *,
    keys: Annotated[list[Key], Field(min_length=1, max_length=100)],
    window: Words | None = None,
) -> Pressed:
    """Press keys, one after the other.

    Args:
        keys: X's names, with what is held down before a plus: Return, Escape, ctrl+s, alt+F4, shift+Tab, F5, Page_Down.
        window: Bring this window to the front first: its title, program or id; by default the one in use.
    """
    wanted = ["+".join(_key(part) for part in one.split("+")) for one in keys]
    before = await session.read(await into_front(session, await session.window(window)))
    await press_keys(session, *wanted)
    changed, gone = await became(session, before)
    return Pressed(keys=wanted, window=before.window.id, changed=changed, gone=gone)


@verb(
    "desktop.move_mouse",
    risk=Risk.WRITE,
    needs=(DISPLAY, INPUT),
    examples=("move the mouse to 400,300", "hover over the icon at 50,80 on the desktop", "point at 10,10"),
)
async def move_mouse(session: Session, *, x: Pixel, y: Pixel) -> Pointed:
    """Move the mouse to a place of the screen, and see that it is there.

    Args:
        x: Pixels from the screen's left.
        y: Pixels from the screen's top.
    """
    await inside(session, (x, y))
    await session.run("xdotool", "mousemove", str(x), str(y))
    await _pointer_at(session, x, y)
    under = await session.under(x, y)
    return Pointed(x=x, y=y, window=under.id if under else "")


@verb(
    "desktop.drag",
    risk=Risk.WRITE,
    idempotent=False,
    needs=(DISPLAY, INPUT),
    examples=("drag the slider from 100,200 to 300,200", "drag the file at 50,60 onto 400,300 on the desktop"),
)
async def drag(
    session: Session, *, from_x: Pixel, from_y: Pixel, to_x: Pixel, to_y: Pixel, button: Button = "left"
) -> Moved:
    """Press a button of the mouse at one place of the screen, move it, and let go at another.

    Args:
        from_x: Pixels from the screen's left, where it begins.
        from_y: Pixels from the screen's top, where it begins.
        to_x: Pixels from the screen's left, where it ends.
        to_y: Pixels from the screen's top, where it ends.
        button: Button of the mouse.
    """
    await inside(session, (from_x, from_y), (to_x, to_y))
    under = await session.under(from_x, from_y)
    before = None if under is None else await session.read(under)
    places = [
        (from_x + (to_x - from_x) * step // STEPS, from_y + (to_y - from_y) * step // STEPS)
        for step in range(1, STEPS + 1)
    ]
    moves = [word for x, y in places for word in ("mousemove", str(x), str(y), "sleep", "0.01")]
    held = ("mousedown", BUTTONS[button], *moves, "mouseup", BUTTONS[button])
    try:
        await session.run("xdotool", "mousemove", str(from_x), str(from_y), *held)
    except BaseException:
        await session.let_go(BUTTONS[button])
        raise
    changed = False if before is None else (await became(session, before))[0]
    return Moved(window=under.id if under else "", changed=changed)


@verb(
    "desktop.scroll",
    risk=Risk.WRITE,
    idempotent=False,
    needs=(DISPLAY, INPUT),
    examples=("scroll down in the window in front", "scroll up 10 steps at 600,400 on the desktop"),
)
async def scroll(
    session: Session,
    *,
    direction: Literal["up", "down", "left", "right"],
    steps: Annotated[int, Field(ge=1, le=100)] = 5,
    x: Pixel | None = None,
    y: Pixel | None = None,
) -> Moved:
    """Turn the mouse's wheel over a place of the screen; by default over the middle of the window in use.

    Args:
        direction: What is to come into view.
        steps: Notches of the wheel.
        x: Pixels from the screen's left, with `y`.
        y: Pixels from the screen's top.
    """
    if x is None or y is None:
        if (x is None) != (y is None):
            raise ToolError(ErrorCode.BAD_ARGUMENTS, "say both x and y, or none of them")
        x, y = (await session.window(None)).bounds.center
    await inside(session, (x, y))
    under = await session.under(x, y)
    before = None if under is None else await session.read(under)
    turn = ("click", "--repeat", str(steps), "--delay", "20", _WHEEL[direction])
    await session.run("xdotool", "mousemove", str(x), str(y), *turn)
    changed = False if before is None else (await became(session, before))[0]
    return Moved(window=under.id if under else "", changed=changed)


# --- what they share -----------------------------------------------------------------------------------------------


async def inside(session: Session, *places: tuple[int, int]) -> None:
    """Raises ToolError(BAD_ARGUMENTS) for a place outside of the screen."""
    width, height = await session.size()
    for x, y in places:
        if x >= width or y >= height:
            message = f"{x},{y} is outside of the screen, which is {width}x{height}"
            raise ToolError(ErrorCode.BAD_ARGUMENTS, message)


def _key(name: str) -> str:
    """A key by X's name. Raises ToolError(BAD_ARGUMENTS) for one that X does not know, before any is pressed."""
    from Xlib import XK

    XK.load_keysym_group("xf86")
    found = _NAMES.get(name.casefold(), name)
    if found not in _MODIFIERS and not XK.string_to_keysym(found):
        raise ToolError(
            ErrorCode.BAD_ARGUMENTS, f"the keyboard has no key {name}: X calls keys Return, ctrl, Page_Up, F5"
        )
    return found


async def _pointer_at(session: Session, x: int, y: int) -> None:
    found = await session.desktop.server.ask(windows.pointer)
    if found != (x, y):
        message = f"the mouse is at {found[0]},{found[1]}: somebody else moves it, or a program holds it"
        raise ToolError(ErrorCode.CONFLICT, message)


async def _read_back(session: Session, before: Reading, field: UiNode | None, text: str) -> Typed:
    """Raises ToolError(TOOL_FAILED) where a field that can be read does not hold what was typed."""
    window = before.window.id
    if field is None or text.endswith("\n"):
        return Typed(window=window, field="", verified=None)
    handle = before.handle(field)
    name = (field.description or field.id or field.role)[:200]
    if handle.password or atspi.TEXT not in handle.interfaces:
        return Typed(window=window, field=name, verified=None)
    bus = await session.desktop.access()
    held = ""

    async def there() -> bool:
        nonlocal held
        held = await atspi.text(bus, handle, 1_000_000)
        return text in held

    if not await until(there, SETTLE_S):
        message = f'the field "{name}" holds "{held[:200]}" and not what was typed: look at the window'
        raise ToolError(ErrorCode.TOOL_FAILED, message)
    return Typed(window=window, field=name, verified=True)

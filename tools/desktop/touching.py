"""Skills that use what is in a window: click, fill in. Each reads back what became of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Output
from tools.desktop import atspi
from tools.desktop.atspi import Handle
from tools.desktop.desktop import DISPLAY, INPUT, TREE
from tools.desktop.elements import one_of
from tools.desktop.fronting import into_front
from tools.desktop.keyboard import press_keys, type_text
from tools.desktop.looking import described
from tools.desktop.session import Reading, Session, until
from tools.desktop.verbs import Pixel, Role, Words, verb
from tools.errors import ToolError
from tools.uitree import Found, outline

Button = Literal["left", "middle", "right"]
BUTTONS = {"left": "1", "middle": "2", "right": "3"}
SETTLE_S = 1.0


class Clicked(Output):
    """`changed`: the window reads otherwise than before, or is gone. `gone`: it was closed by it."""

    x: int
    y: int
    element: Found | None
    window: str
    changed: bool
    gone: bool


class Filled(Output):
    """`verified`: the field was read back and holds the text; of a password's, only how long it is was read."""

    field: str
    window: str
    verified: bool


@verb(
    "desktop.click",
    risk=Risk.WRITE,
    idempotent=False,
    needs=(DISPLAY, INPUT),
    examples=(
        "click OK in the dialog",
        "press the button Save in the editor's window",
        "click at 400,300 on the desktop",
        "double-click the icon at 50,80",
    ),
)
async def click(
    session: Session,
    *,
    text: Words | None = None,
    id: Words | None = None,
    role: Role | None = None,
    x: Pixel | None = None,
    y: Pixel | None = None,
    window: Words | None = None,
    button: Button = "left",
    times: Annotated[int, Field(ge=1, le=3)] = 1,
) -> Clicked:
    """Click an element of a window, by what it says, by its id or role, or a place of the screen in pixels.

    Args:
        text: What it says; must name one element.
        id: What its program calls it; must name one element.
        role: Kind of element, such as button, checkbox, menuitem, tab, to tell one from others.
        x: Pixels from the screen's left, with `y`, in place of an element.
        y: Pixels from the screen's top.
        window: Its title, program or id; by default the one in use.
        button: Button of the mouse.
        times: 2 for a double click.
    """
    by_place = x is not None and y is not None
    if (x is None) != (y is None) or by_place == bool(text or id or role):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say what to click: a text, an id or a role, or both x and y")
    if by_place:
        return await _click_place(session, x or 0, y or 0, button, times)
    before = await session.read(await session.window(window))
    node, handle = one_of(before, text, id, role, "clickable")
    if "disabled" in node.states:
        raise ToolError(ErrorCode.CONFLICT, f'"{node.says[:100]}" cannot be used now: its window has it greyed out')
    left, top = node.bounds.center
    by_tree = button == "left" and times == 1 and atspi.ACTION in handle.interfaces
    if not (by_tree and await atspi.act(await session.desktop.access(), handle)):
        await mouse_click(session, left, top, button, times)
    changed, gone = await became(session, before)
    return Clicked(x=left, y=top, element=described(node), window=before.window.id, changed=changed, gone=gone)


@verb(
    "desktop.set_text",
    risk=Risk.WRITE,
    needs=(DISPLAY, TREE),
    examples=(
        "put Ann into the field Name of the window New person",
        "fill in the field Address with Main Street 5",
        "set the text of the editor to hello",
        "clear the search field",
    ),
)
async def set_text(
    session: Session,
    *,
    value: Annotated[str, Field(max_length=1_000_000)],
    text: Words | None = None,
    id: Words | None = None,
    role: Role | None = None,
    window: Words | None = None,
) -> Filled:
    """Replace what a field of a window holds, and read back that it holds the text.

    Args:
        value: What it shall hold; empty clears it.
        text: The field's label, or what it holds now.
        id: What its program calls it.
        role: Kind of element; by default any that can be edited.
        window: Its title, program or id; by default the one in use.
    """
    if "\0" in value:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "a field holds no zero character")
    read = await session.read(await session.window(window))
    node, handle = one_of(read, text, id, role if text or id or role else "field", "editable")
    name = (node.description or node.id or node.role)[:200]
    if "editable" not in node.states and atspi.EDITABLE not in handle.interfaces:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f'"{name}" is no field that can be edited')
    if "disabled" in node.states or "editable" not in node.states:
        raise ToolError(ErrorCode.CONFLICT, f'the field "{name}" takes no text now: it is read-only, or greyed out')
    if atspi.EDITABLE in handle.interfaces:
        if not await atspi.set_text(await session.desktop.access(), handle, value):
            raise ToolError(ErrorCode.CONFLICT, f'the field "{name}" did not take the text: it may be read-only')
        await _holds(session, handle, name, value)
    else:
        await _typed_over(session, read, handle, value)
        try:
            await _holds(session, handle, name, value)
        except ToolError:
            # A program that is slow to read its keys loses some. It has caught up by now: once more, over all of it.
            await _typed_over(session, read, handle, value)
            await _holds(session, handle, name, value)
    return Filled(field=name, window=read.window.id, verified=True)


async def _typed_over(session: Session, read: Reading, handle: Handle, value: str) -> None:
    """Fill in a field as a person would, where its program (Chromium) offers no other way."""
    # A tab would go on to the next field, and Return may send the form off.
    if bad := next((one for one in value if not one.isprintable() and not (one == "\n" and handle.lines)), ""):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"this field takes no {bad!a}")
    await into_front(session, read.window)
    bus = await session.desktop.access()
    if not await atspi.take_focus(bus, handle):
        raise ToolError(ErrorCode.CONFLICT, "the field does not take the keyboard: click it first")
    if not await until(lambda: atspi.has_focus(bus, handle), SETTLE_S):
        raise ToolError(ErrorCode.CONFLICT, "the field did not get the keyboard: another one keeps it")
    await press_keys(session, "ctrl+a", "Delete")
    if value:
        await type_text(session, value)


async def _holds(session: Session, handle: Handle, name: str, value: str) -> None:
    """Raises ToolError(TOOL_FAILED) where the field does not hold the text soon."""
    bus = await session.desktop.access()
    now = ""

    async def good() -> bool:
        nonlocal now
        if handle.password:
            now = "a text of another length"
            return await atspi.length(bus, handle) == len(value)
        now = f'"{(await atspi.text(bus, handle, len(value) + 1))[:200]}"'
        return await atspi.text(bus, handle, len(value) + 1) == value

    if not await until(good, SETTLE_S):
        message = f'the field "{name}" now holds {now}, not what was put in: look at it'
        raise ToolError(ErrorCode.TOOL_FAILED, message)


# --- what they share -----------------------------------------------------------------------------------------------


async def mouse_click(session: Session, x: int, y: int, button: Button, times: int) -> None:
    """Click a place of the screen with the mouse."""
    await session.run(
        "xdotool", "mousemove", str(x), str(y), "click", "--repeat", str(times), "--delay", "60", BUTTONS[button]
    )


async def _click_place(session: Session, x: int, y: int, button: Button, times: int) -> Clicked:
    """The window that lies there, as far as X tells, is the one that is compared."""
    width, height = await session.size()
    if x >= width or y >= height:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{x},{y} is outside of the screen, which is {width}x{height}")
    under = await session.under(x, y)
    before = None if under is None else await session.read(under)
    await mouse_click(session, x, y, button, times)
    changed, gone = (False, False) if before is None else await became(session, before)
    return Clicked(x=x, y=y, element=None, window=under.id if under else "", changed=changed, gone=gone)


async def became(session: Session, before: Reading) -> tuple[bool, bool]:
    """Whether the window changed, within SETTLE_S; and whether it is gone."""
    said = outline(before.root)
    gone = leaving = False

    async def other() -> bool:
        nonlocal gone, leaving
        now = next((one for one in await session.windows() if one.number == before.window.number), None)
        if now is None:
            gone = True
            return True
        try:
            read = await session.read(now)
        except ToolError as error:
            if error.code is not ErrorCode.UNAVAILABLE:
                raise
            leaving = True
            return False
        # The program has left the accessibility bus, and its window goes next.
        leaving = before.accessible and not read.accessible
        return not leaving and outline(read.root) != said

    return await until(other, SETTLE_S) or leaving, gone

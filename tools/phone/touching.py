"""Skills that do what fingers do: tap, swipe, type, press keys. Each reads back what became of it."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Output
from tools.errors import ToolError
from tools.phone.looking import described
from tools.phone.reading import screen
from tools.phone.session import Session
from tools.phone.verbs import Pixel, Words, verb
from tools.uitree import Found, UiNode, cleaned, focused, matching, named, outline

PIECE: Final = 400
CLEAR_MOST: Final = 1_000
Milliseconds = Annotated[int, Field(ge=1, le=60_000)]


class Touched(Output):
    """`changed`: whether the screen reads otherwise than before."""

    x: int
    y: int
    element: Found | None
    app: str
    changed: bool


class Swiped(Output):
    app: str
    changed: bool


class Typed(Output):
    """`verified`: the field was read back and holds the text; None where it is a password's, which no one can read."""

    field: str
    verified: bool | None


class Pressed(Output):
    keys: list[str]
    app: str
    changed: bool


@verb(
    "phone.tap",
    risk=Risk.WRITE,
    idempotent=False,
    examples=(
        "tap on Send",
        "press the button Save on the phone",
        "tap the element with the id login",
        "tap at 540,1200 on my phone",
    ),
)
async def tap(
    session: Session,
    *,
    text: Words | None = None,
    id: Words | None = None,
    x: Pixel | None = None,
    y: Pixel | None = None,
    hold_ms: Annotated[int, Field(ge=0, le=10_000)] = 0,
) -> Touched:
    """Tap an element of the phone's screen, by what it says, by its id, or at a place in pixels.

    Args:
        text: What it says; must name one element.
        id: What its app calls it; must name one element.
        x: Pixels from the left, with `y`, in place of a text or id.
        y: Pixels from the top.
        hold_ms: Milliseconds to hold it, for a long press.
    """
    by_place = x is not None and y is not None
    if (x is None) != (y is None) or by_place == bool(text or id):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say what to tap: a text or an id, or both x and y")
    before = await screen(session)
    node = None if by_place else one_of(before, text or "", id or "")
    left, top = (x or 0, y or 0) if node is None else node.bounds.center
    if node is None and not _inside(before, left, top):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{left},{top} is outside of the screen")
    await touch(session, left, top, hold_ms)
    after = await screen(session)
    element = None if node is None else described(node)
    return Touched(x=left, y=top, element=element, app=after.app, changed=outline(after) != outline(before))


@verb(
    "phone.swipe",
    risk=Risk.WRITE,
    idempotent=False,
    examples=(
        "swipe up on the phone",
        "scroll down on my phone",
        "swipe from 500,1500 to 500,300",
        "drag the slider to the right on the phone",
    ),
)
async def swipe(
    session: Session, *, from_x: Pixel, from_y: Pixel, to_x: Pixel, to_y: Pixel, milliseconds: Milliseconds = 300
) -> Swiped:
    """Swipe from one place of the phone's screen to another. Swiping up scrolls down.

    Args:
        from_x: Pixels from the left, where it begins.
        from_y: Pixels from the top, where it begins.
        to_x: Pixels from the left, where it ends.
        to_y: Pixels from the top, where it ends.
        milliseconds: How long it takes; slow ones drag.
    """
    before = await screen(session)
    places = [str(one) for one in (from_x, from_y, to_x, to_y)]
    await session.said("input", "swipe", *places, str(milliseconds))
    after = await screen(session)
    return Swiped(app=after.app, changed=outline(after) != outline(before))


@verb(
    "phone.type",
    risk=Risk.WRITE,
    idempotent=False,
    examples=(
        "type hello world on the phone",
        "enter Berlin into the search field of the phone",
        "write 'see you at 7' in the note",
        "fill the field with the id user with ann",
    ),
)
async def type_(
    session: Session,
    *,
    text: Annotated[str, Field(min_length=1, max_length=10_000)],
    into: Words | None = None,
    replace: bool = False,
) -> Typed:
    """Type a text into a field of the phone, and read back that it is there.

    Args:
        text: What to type: letters, digits and signs of ASCII, which is all that Android's `input` can.
        into: The field, by its id or by what it says; by default the one that has the focus.
        replace: Delete first what stands in it.
    """
    if bad := re.search(r"[^\x20-\x7e\n]", text):
        message = f"{bad[0]!a} cannot be typed over ADB, which types ASCII only: spell it otherwise"
        raise ToolError(ErrorCode.BAD_ARGUMENTS, message)
    root = await screen(session)
    if into is not None:
        field = _field(root, into)
        if "focused" not in field.states:
            await touch(session, *field.bounds.center)
            root = await screen(session)
    field = focused(root)  # type: ignore[assignment]
    if field is None:
        raise ToolError(ErrorCode.CONFLICT, "no field has the focus: tap one first, or say which with `into`")
    if replace and field.text:
        await session.said("input", "keyevent", "KEYCODE_MOVE_END", *["67"] * min(CLEAR_MOST, len(field.text) + 1))
    for piece in _pieces(text):
        await session.said("input", *piece)
    return await _read_back(session, field, text, replace)


@verb(
    "phone.press",
    risk=Risk.WRITE,
    idempotent=False,
    examples=(
        "press the home button on the phone",
        "go back on my phone",
        "press enter on the phone",
        "wake the phone up",
    ),
)
async def press(
    session: Session,
    *,
    keys: Annotated[list[Annotated[str, Field(pattern=r"^[A-Z0-9_]{1,40}$")]], Field(min_length=1, max_length=100)],
) -> Pressed:
    """Press keys of the phone, one after the other.

    Args:
        keys: Android's names without KEYCODE_: HOME, BACK, ENTER, DEL, TAB, WAKEUP, SLEEP, VOLUME_UP, APP_SWITCH ...
    """
    before = await _maybe_screen(session)
    ran = await session.say("input", "keyevent", *(f"KEYCODE_{key.removeprefix('KEYCODE_')}" for key in keys))
    if ran.code != 0 or "Error:" in ran.out:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"the phone knows no such key: {ran.said}")
    after = await _maybe_screen(session)
    changed = (before and outline(before)) != (after and outline(after))
    return Pressed(keys=list(keys), app=after.app if after else "", changed=changed)


# --- what they share -----------------------------------------------------------------------------------------------


def one_of(root: UiNode, text: str, id: str) -> UiNode:
    """The one element that is meant. Raises ToolError: NOT_FOUND, AMBIGUOUS."""
    found = matching(root, text=text, id=id)
    what = " ".join(part for part in (text and f'"{text}"', id and f"with the id {id}") if part)
    if not found:
        raise ToolError(ErrorCode.NOT_FOUND, f"nothing on the screen is {what}: `phone.ui` shows what is there")
    # A label and the button around it are one thing to tap.
    usable = [node for node in found if "clickable" in node.states]
    chosen = usable if len(usable) == 1 else found
    if len(chosen) > 1:
        places = "; ".join(f"{named(node)} at {node.bounds.center[0]},{node.bounds.center[1]}" for node in chosen[:10])
        ids = [node.id for node in chosen]
        choices = [{"id": one} for one in ids] if all(ids) and len(set(ids)) == len(ids) else []
        message = f"{len(chosen)} elements of the screen are {what}; tap one by its id or its place: {places}"
        raise ToolError(ErrorCode.AMBIGUOUS, message, choices=choices)
    return chosen[0]


async def touch(session: Session, x: int, y: int, hold_ms: int = 0) -> None:
    """Tap a place. A long press is a swipe that stays where it is."""
    if hold_ms:
        await session.said("input", "swipe", str(x), str(y), str(x), str(y), str(hold_ms))
    else:
        await session.said("input", "tap", str(x), str(y))


def _field(root: UiNode, what: str) -> UiNode:
    """A field by its id, or by what it says."""
    found = [node for node in matching(root, id=what) or matching(root, text=what) if "editable" in node.states]
    if len(found) == 1:
        return found[0]
    if not found:
        raise ToolError(ErrorCode.NOT_FOUND, f'no field on the screen is "{what}": `phone.ui` shows what is there')
    raise ToolError(ErrorCode.AMBIGUOUS, f'{len(found)} fields of the screen are "{what}": say its id')


def _pieces(text: str) -> list[tuple[str, str]]:
    """Calls of `input`. It reads `%s` as a space: so spaces are written that way, and a real `%s` goes in two."""
    found: list[tuple[str, str]] = []
    for number, line in enumerate(text.split("\n")):
        if number:
            found.append(("keyevent", "KEYCODE_ENTER"))
        for part in re.split(r"(?<=%)(?=s)", line):
            found += [("text", part[at : at + PIECE].replace(" ", "%s")) for at in range(0, len(part), PIECE)]
    return found


async def _read_back(session: Session, field: UiNode, text: str, replaced: bool) -> Typed:
    """Raises ToolError(TOOL_FAILED) where the field does not hold what was typed."""
    name = field.id or field.description or field.role
    if "password" in field.states:
        return Typed(field=name, verified=None)
    root = await screen(session)
    now = next(
        (node for node in matching(root, id=field.id) if field.id and "editable" in node.states), None
    ) or focused(root)
    if now is None:
        # Typed with a line end at last, it may have been sent off, and its field be gone with it.
        return Typed(field=name, verified=None)
    wanted = cleaned(text)
    good = now.text == wanted if replaced else wanted in now.text and (now.text != field.text or not wanted)
    if not good and not text.endswith("\n"):
        shown = now.text[:200]
        raise ToolError(
            ErrorCode.TOOL_FAILED, f'the field {name} holds "{shown}" and not what was typed: look at the screen'
        )
    return Typed(field=name, verified=True if good else None)


async def _maybe_screen(session: Session) -> UiNode | None:
    """The screen, or None while it is off: keys work then, too."""
    try:
        return await screen(session)
    except ToolError as error:
        if error.code is not ErrorCode.UNAVAILABLE:
            raise
        await session.phone.check()
        return None


def _inside(root: UiNode, x: int, y: int) -> bool:
    return root.bounds.empty or (x < root.bounds.right and y < root.bounds.bottom)

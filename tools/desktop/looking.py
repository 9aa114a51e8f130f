"""Skills that look at the desktop: its windows, what is in one as a tree, elements by what they say, a picture."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from protocol.errors import ErrorCode
from protocol.vocabulary import JsonObject
from tools.arguments import Output
from tools.bounds import Budget, fit, json_size, room
from tools.desktop import atspi, pictures
from tools.desktop import windows as x_windows
from tools.desktop.desktop import DISPLAY, TREE
from tools.desktop.elements import one_of
from tools.desktop.session import Session
from tools.desktop.verbs import Role, Words, verb
from tools.errors import ToolError
from tools.uitree import HIDDEN, Bounds, Found, UiNode, matching, outline, walk

PICTURE: Final = "screenshot.png"
TEXT_MOST: Final = 10_000_000


class OpenWindow(Output):
    """`window` names it for other skills; `x` and `y` are its left upper corner."""

    window: str
    title: str
    app: str
    active: bool
    minimised: bool
    x: int
    y: int
    width: int
    height: int


class OpenWindows(Output):
    windows: list[OpenWindow]
    truncated: bool


class Contents(Output):
    """`accessible`: the window has a tree; one that has none is used by pictures, mouse and keyboard."""

    window: str
    title: str
    app: str
    accessible: bool
    text: str
    elements: int
    tree: JsonObject | None
    truncated: bool


class Matches(Output):
    window: str
    elements: list[Found]
    truncated: bool


class ElementText(Output):
    window: str
    element: Found
    text: str
    truncated: bool


class Screenshot(Output):
    artifact: str
    name: str
    size_bytes: int
    width: int
    height: int


@verb(
    "desktop.windows",
    needs=(DISPLAY,),
    examples=(
        "which windows are open on my desktop",
        "list the windows",
        "is the browser open on the desktop",
        "which window is in front",
    ),
)
async def windows(session: Session) -> OpenWindows:
    """List the windows of the desktop, and which one is in use."""
    found = [described_window(one) for one in await session.windows()]
    budget = Budget(room(session.context))
    kept = [one for one in found if budget.take(one.model_dump())]
    return OpenWindows(windows=kept, truncated=len(kept) < len(found))


@verb(
    "desktop.ui",
    needs=(DISPLAY,),
    examples=(
        "what is in the window New person",
        "read the window in front",
        "list the buttons that the dialog shows",
        "dump the accessibility tree of the editor",
    ),
)
async def ui(session: Session, *, window: Words | None = None, tree: bool = False) -> Contents:
    """Read what is in a window: texts, buttons, fields, each with its place in pixels of the screen.

    Args:
        window: Its title or a part of it, its program, or its id from `desktop.windows`; by default the one in use.
        tree: Give the tree of elements as well, not only the outline.
    """
    read = await session.read(await session.window(window))
    text, cut = fit(outline(read.root), room(session.context) // 2)
    found: JsonObject | None = read.root.model_dump(mode="json", exclude_defaults=True) if tree else None
    if found is not None and json_size(found) > room(session.context) - json_size(text):
        found, cut = None, True
    return Contents(
        window=read.window.id, title=read.window.title, app=read.window.app, accessible=read.accessible, text=text,
        elements=sum(1 for _ in walk(read.root)) - 1, tree=found, truncated=cut or read.truncated,
    )  # fmt: skip


@verb(
    "desktop.find",
    needs=(DISPLAY, TREE),
    examples=(
        "is there a button OK in the dialog",
        "find the field Name in the window New person",
        "where does the window say Saved",
        "which checkboxes does the settings window have",
    ),
)
async def find(
    session: Session,
    *,
    text: Words | None = None,
    id: Words | None = None,
    role: Role | None = None,
    window: Words | None = None,
) -> Matches:
    """Find elements of a window. None is an answer, not an error.

    Args:
        text: What it says, or what its label says; a whole text goes before a part of one.
        id: What its program calls it.
        role: Kind of element, such as button, field, text, checkbox, menuitem, tab.
        window: Its title, program or id; by default the one in use.
    """
    if not (text or id or role):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say what to look for: a text, an id or a role")
    read = await session.read(await session.window(window))
    found = [described(node) for node in matching(read.root, text=text or "", id=id or "", role=role or "")]
    budget = Budget(room(session.context))
    kept = [one for one in found if budget.take(one.model_dump())]
    return Matches(window=read.window.id, elements=kept, truncated=len(kept) < len(found) or read.truncated)


@verb(
    "desktop.read_text",
    needs=(DISPLAY, TREE),
    examples=(
        "read the text in the editor's window",
        "what does the field Name hold",
        "get the whole text of the text area",
    ),
)
async def read_text(
    session: Session,
    *,
    text: Words | None = None,
    id: Words | None = None,
    role: Role | None = None,
    window: Words | None = None,
) -> ElementText:
    """Read the whole text of one element. What a password's field holds is never read.

    Args:
        text: What it says, or what its label says.
        id: What its program calls it.
        role: Kind of element, such as field.
        window: Its title, program or id; by default the one in use.
    """
    read = await session.read(await session.window(window))
    node, handle = one_of(read, text, id, role, "editable")
    if handle.password:
        said = HIDDEN
    elif atspi.TEXT in handle.interfaces:
        said = await atspi.text(await session.desktop.access(), handle, TEXT_MOST)
    else:
        said = node.says
    shown, cut = fit(said, room(session.context) // 2)
    return ElementText(window=read.window.id, element=described(node), text=shown, truncated=cut)


@verb(
    "desktop.screenshot",
    needs=(DISPLAY,),
    examples=(
        "take a screenshot of my desktop",
        "screenshot the window of the editor",
        "show me the desktop's screen",
        "take a picture of the screen and send it to the phone",
    ),
)
async def screenshot(session: Session, *, window: Words | None = None) -> Screenshot:
    """Take a picture of the desktop (PNG), as an artifact: `artifact.save` puts it into a file of any device.

    Args:
        window: Only this window, as far as nothing lies over it: its title, program or id.
    """
    server = session.desktop.server
    width, height = await server.ask(x_windows.size)
    part = Bounds(left=0, top=0, right=width, bottom=height)
    if window is not None:
        part = pictures.within((await session.window(window)).bounds, width, height)
    png = await server.ask(lambda display: pictures.picture(display, part), seconds=60.0)
    # In the workspace's file system, and without a name: nothing is left of it, however this ends.
    with tempfile.TemporaryFile(dir=session.context.workspace.root) as file:
        file.write(png)
        file.flush()
        sha256, size = await session.context.artifacts.publish(Path(f"/proc/self/fd/{file.fileno()}"), name=PICTURE)
    return Screenshot(
        artifact=sha256, name=PICTURE, size_bytes=size, width=part.right - part.left, height=part.bottom - part.top
    )


def described(node: UiNode) -> Found:
    """An element as skills return it; its place is its middle."""
    x, y = node.bounds.center
    return Found(
        role=node.role, text=node.text, description=node.description, id=node.id, x=x, y=y, states=list(node.states)
    )


def described_window(one: x_windows.Window) -> OpenWindow:
    """A window as skills return it."""
    return OpenWindow(
        window=one.id, title=one.title, app=one.app, active=one.active, minimised=one.minimised, x=one.bounds.left,
        y=one.bounds.top, width=one.bounds.right - one.bounds.left, height=one.bounds.bottom - one.bounds.top,
    )  # fmt: skip

"""Skills that look at the screen: a picture of it, what is on it as a tree, and elements by what they say."""

from __future__ import annotations

import os
import struct
import tempfile
from pathlib import Path
from typing import IO, Annotated, Final

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import JsonObject
from tools.arguments import Output
from tools.bounds import Budget, fit, json_size, room
from tools.errors import ToolError
from tools.phone.reading import screen
from tools.phone.session import Session
from tools.phone.verbs import Words, verb
from tools.uitree import Found, UiNode, matching, outline, walk

PICTURE: Final = "screenshot.png"
PICTURE_BYTES: Final = 64 << 20
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_END: Final = b"\x00\x00\x00\x00IEND\xaeB`\x82"


class Screenshot(Output):
    artifact: str
    name: str
    size_bytes: int
    width: int
    height: int


class Screen(Output):
    app: str
    text: str
    elements: int
    tree: JsonObject | None
    truncated: bool


class Matches(Output):
    app: str
    elements: list[Found]
    truncated: bool


@verb(
    "phone.screenshot",
    examples=(
        "take a screenshot of the phone",
        "show me the phone's screen",
        "screenshot my phone and put it on the laptop",
        "capture what is on the phone",
    ),
)
async def screenshot(session: Session) -> Screenshot:
    """Take a picture of the phone's screen (PNG), as an artifact: `artifact.save` puts it into a file of any device."""
    # In the workspace's file system, and without a name: nothing is left of it, however this ends.
    with tempfile.TemporaryFile(dir=session.context.workspace.root) as file:
        said = await session.adb("exec-out", "screencap -p", sink=_Bounded(file, PICTURE_BYTES).write)
        width, height = _measured(file)
        if said.code != 0 or not width:
            await session.phone.check()
            why = " ".join(said.complaint.split())[:300] or "what came is no whole PNG"
            raise ToolError(ErrorCode.TOOL_FAILED, f"the phone gave no picture ({why}): try again", retryable=True)
        path = Path(f"/proc/self/fd/{file.fileno()}")
        sha256, size = await session.context.artifacts.publish(path, name=PICTURE)
    return Screenshot(artifact=sha256, name=PICTURE, size_bytes=size, width=width, height=height)


@verb(
    "phone.ui",
    examples=(
        "what is on the phone's screen",
        "read the screen of my phone",
        "list the buttons that the phone shows",
        "dump the phone's user interface",
    ),
)
async def ui(session: Session, *, tree: bool = False) -> Screen:
    """Read what is on the phone's screen: texts, buttons, fields, each with its place in pixels.

    Args:
        tree: Give the tree of elements as well, not only the outline.
    """
    root = await screen(session)
    text, cut = fit(outline(root), room(session.context) // 2)
    found: JsonObject | None = root.model_dump(mode="json", exclude_defaults=True) if tree else None
    if found is not None and json_size(found) > room(session.context) - json_size(text):
        found, cut = None, True
    return Screen(app=root.app, text=text, elements=sum(1 for _ in walk(root)) - 1, tree=found, truncated=cut)


@verb(
    "phone.find",
    examples=(
        "is there a button Send on the phone",
        "find the field with the id body on the screen",
        "where on the phone does it say Wi-Fi",
        "does the screen show Connected",
    ),
)
async def find(
    session: Session,
    *,
    text: Words | None = None,
    id: Words | None = None,
    role: Annotated[str, Field(pattern=r"^[A-Za-z]{1,40}$")] | None = None,
) -> Matches:
    """Find elements on the phone's screen. None is an answer, not an error.

    Args:
        text: What it says; a whole text goes before a part of one.
        id: What its app calls it, with or without the app's name.
        role: Kind of element, such as button, field, text, switch.
    """
    if not (text or id or role):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say what to look for: a text, an id or a role")
    root = await screen(session)
    found = [described(node) for node in matching(root, text=text or "", id=id or "", role=role or "")]
    budget = Budget(room(session.context))
    kept = [one for one in found if budget.take(one.model_dump())]
    return Matches(app=root.app, elements=kept, truncated=len(kept) < len(found))


def described(node: UiNode) -> Found:
    """An element as skills return it; its place is its middle."""
    x, y = node.bounds.center
    return Found(
        role=node.role, text=node.text, description=node.description, id=node.id, x=x, y=y, states=list(node.states)
    )


class _Bounded:
    """Writes to a file, up to a size. Raises ToolError(OUTPUT_TOO_LARGE)."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file = file
        self._left = most

    def write(self, piece: bytes) -> None:
        self._left -= len(piece)
        if self._left < 0:
            raise ToolError(ErrorCode.OUTPUT_TOO_LARGE, "the picture is larger than any screen's")
        self._file.write(piece)


def _measured(file: IO[bytes]) -> tuple[int, int]:
    """Width and height of a whole PNG; 0 where it is none, or was cut."""
    file.flush()
    size = os.fstat(file.fileno()).st_size
    head, tail = os.pread(file.fileno(), 24, 0), os.pread(file.fileno(), len(_END), max(0, size - len(_END)))
    if not head.startswith(_SIGNATURE) or len(head) < 24 or tail != _END:
        return 0, 0
    width, height = struct.unpack(">II", head[16:24])
    return width, height

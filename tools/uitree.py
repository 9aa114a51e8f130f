"""What is on a screen, as a tree: one model for a phone's UI dump and a desktop's accessibility tree. Pure.

    text = outline(root)                     for people and models: a line a node that says something or can be used
    found = matching(root, text="Send")      nodes by what they say, by id or by role

Coordinates are pixels from the screen's top left corner. What a password field holds never gets into the tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tools.arguments import Output
from tools.errors import printable

MAX_NODES = 20_000
MAX_DEPTH = 200
TEXT_CHARACTERS = 2_000
State = Literal["clickable", "editable", "focused", "checked", "selected", "scrollable", "disabled", "password"]
HIDDEN = "(hidden)"


class Bounds(BaseModel):
    """A rectangle; right and bottom are just outside of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    left: int
    top: int
    right: int
    bottom: int

    @property
    def center(self) -> tuple[int, int]:
        return (self.left + self.right) // 2, (self.top + self.bottom) // 2

    @property
    def empty(self) -> bool:
        return self.right <= self.left or self.bottom <= self.top


class UiNode(BaseModel):
    """One element. `role` is its kind in one word (button, text, image); `id` is what its program calls it;

    `description` what it says to those who cannot see it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    role: str
    text: str = ""
    description: str = ""
    id: str = ""
    app: str = ""
    bounds: Bounds
    states: tuple[State, ...] = ()
    children: Annotated[tuple[UiNode, ...], Field(max_length=MAX_NODES)] = ()

    @property
    def says(self) -> str:
        """Its text, else its description."""
        return self.text or self.description


class Found(Output):
    """An element that was looked for, as skills tell of it: `x` and `y` are its middle, in pixels of the screen."""

    role: str
    text: str
    description: str
    id: str
    x: int
    y: int
    states: list[State]


def cleaned(text: str) -> str:
    """A text of a screen as data: one line, nothing that acts on a terminal, bounded."""
    return printable(" ".join(text.split()))[:TEXT_CHARACTERS]


def walk(root: UiNode) -> Iterator[UiNode]:
    """Every node, parents first, in reading order."""
    todo = [root]
    while todo:
        node = todo.pop()
        yield node
        todo.extend(reversed(node.children))


def matching(root: UiNode, *, text: str = "", id: str = "", role: str = "") -> list[UiNode]:
    """Visible nodes that fit all that is given. Those whose whole text it is come before those that contain it, alone.

    Letters' case does not count. An `id` may be given without its program's name.
    """
    seen = [node for node in walk(root) if not node.bounds.empty]
    if id:
        seen = [node for node in seen if node.id == id or node.id.rpartition("/")[2] == id]
    if role:
        seen = [node for node in seen if node.role == role.casefold()]
    if not text:
        return seen
    wanted = cleaned(text).casefold()
    said = [(node, (node.text.casefold(), node.description.casefold())) for node in seen]
    return [node for node, words in said if wanted in words] or [
        node for node, words in said if any(wanted in one for one in words)
    ]


def focused(root: UiNode) -> UiNode | None:
    """The field that takes what is typed."""
    return next((node for node in walk(root) if "focused" in node.states and "editable" in node.states), None)


def named(node: UiNode) -> str:
    """How to speak of a node: `button "Send" (com.example:id/send)`; of a field, `field "Ann" for "Name"`."""
    said = f' "{node.says[:80]}"' if node.says else ""
    if node.text and node.description and "editable" in node.states:
        said += f' for "{node.description[:80]}"'
    return f"{node.role}{said}" + (f" ({node.id})" if node.id else "")


def outline(root: UiNode) -> str:
    """A line for each node that says something or can be used, indented by those above it that have a line."""
    lines: list[str] = []
    todo = [(root, 0)]
    while todo:
        node, depth = todo.pop()
        useful = bool(node.says or node.states) and not node.bounds.empty
        if useful:
            x, y = node.bounds.center
            states = f" [{', '.join(node.states)}]" if node.states else ""
            lines.append(f"{'  ' * depth}{named(node)}{states} at {x},{y}")
        todo.extend((child, depth + useful) for child in reversed(node.children))
    return "\n".join(lines)

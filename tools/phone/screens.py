"""The phone's screen as a tree, from the XML of `uiautomator dump`."""

from __future__ import annotations

import re
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, TreeBuilder, XMLParser

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.uitree import HIDDEN, MAX_DEPTH, MAX_NODES, Bounds, State, UiNode, cleaned

_BOUNDS = re.compile(r"\[(-?\d{1,6}),(-?\d{1,6})\]\[(-?\d{1,6}),(-?\d{1,6})\]")
_ROLES: Final = {
    "EditText": "field", "AutoCompleteTextView": "field", "MultiAutoCompleteTextView": "field", "Button": "button",
    "ImageButton": "button", "TextView": "text", "ImageView": "image", "CheckBox": "checkbox", "Switch": "switch",
    "ToggleButton": "switch", "RadioButton": "radio", "Spinner": "choice", "SeekBar": "slider",
    "ProgressBar": "progress",
    "ListView": "list", "RecyclerView": "list", "GridView": "list", "ScrollView": "list", "WebView": "page",
}  # fmt: skip
_STATES: Final[tuple[tuple[str, State], ...]] = (
    ("clickable", "clickable"), ("focused", "focused"), ("checked", "checked"), ("selected", "selected"),
    ("scrollable", "scrollable"), ("password", "password"),
)  # fmt: skip


def tree(text: str) -> UiNode:
    """The tree of a dump. Raises ToolError(BAD_OUTPUT) for what is none: too large, too deep, or no such XML."""
    begin = text.find("<?xml")
    end = text.rfind("</hierarchy>")
    if begin < 0 or end < 0:
        raise _broken("there is no UI dump in it")
    text = text[begin : end + len("</hierarchy>")]
    if "<!" in text:
        raise _broken("it declares a document type")  # entities could make a small dump a huge one
    try:
        root = _parsed(text)
    except ElementTree.ParseError as error:
        raise _broken(str(error)) from None
    children = tuple(_node(one) for one in root)
    bounds = children[0].bounds if children else Bounds(left=0, top=0, right=0, bottom=0)
    return UiNode(role="screen", app=children[0].app if children else "", bounds=bounds, children=children)


def _broken(why: str) -> ToolError:
    return ToolError(ErrorCode.BAD_OUTPUT, f"the phone's UI dump cannot be read: {why}")


class _Bounded(TreeBuilder):
    """Builds the elements, and counts them while they come. Raises ToolError(BAD_OUTPUT) for too many."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth, self._count = self._depth + 1, self._count + 1
        if self._depth > MAX_DEPTH or self._count > MAX_NODES:
            raise _broken("it has too many elements")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def _parsed(text: str) -> Element:
    """The root element."""
    parser = XMLParser(target=_Bounded())
    parser.feed(text)
    root: Element = parser.close()
    return root


def _node(element: Element) -> UiNode:
    kind = element.get("class", "").rpartition(".")[2].rpartition("$")[2]
    password = element.get("password") == "true"
    role = _ROLES.get(kind) or (
        "field" if kind.endswith("EditText") else "group" if len(element) else kind.lower() or "group"
    )
    states = [state for name, state in _STATES if element.get(name) == "true"]
    states += ["editable"] if role == "field" else []
    states += ["disabled"] if element.get("enabled") == "false" else []
    said = element.get("text", "")
    return UiNode(
        role=role,
        text=(HIDDEN if said else "") if password else cleaned(said),
        description=cleaned(element.get("content-desc", "")),
        id=cleaned(element.get("resource-id", ""))[:500],
        app=cleaned(element.get("package", ""))[:255],
        bounds=_bounds(element.get("bounds", "")),
        states=tuple(states),
        children=tuple(_node(child) for child in element),
    )


def _bounds(text: str) -> Bounds:
    found = _BOUNDS.fullmatch(text)
    left, top, right, bottom = map(int, found.groups()) if found else (0, 0, 0, 0)
    return Bounds(left=left, top=top, right=right, bottom=bottom)

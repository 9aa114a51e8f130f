"""Asks a page what it shows: text, elements, tables. What comes back is data, cleaned of what no person sees."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from protocol.errors import ErrorCode
from tools.browser.session import Session
from tools.browser.tabs import Tab
from tools.errors import ToolError
from tools.uitree import Bounds, State, UiNode, cleaned, matching, named

if TYPE_CHECKING:
    from playwright.async_api import ElementHandle, Frame, JSHandle

FRAMES: Final = 12
ELEMENTS: Final = 3_000
LOOKED_AT: Final = 60_000
CHOICES: Final = 10
# Joiners shape letters and emoji; other characters without a shape of their own hide words from people.
_KEPT: Final = frozenset("\n\t\u200c\u200d")
_STATES: Final = frozenset(State.__args__)  # type: ignore[attr-defined]


@cache
def source() -> str:
    return Path(__file__).with_name("page.js").read_text()


def visible(text: str) -> str:
    """A page's text as people see it: without control characters, and what has no shape."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    shown = "".join(
        one for one in text if one in _KEPT or unicodedata.category(one) not in ("Cc", "Cf", "Co", "Cs", "Cn")
    )
    return shown.replace("\u00a0", " ")


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a page. `url`: where a link leads. `selector`: a CSS selector that names it alone, if one can."""

    node: UiNode
    selector: str
    url: str
    frame: Frame
    group: JSHandle
    index: int

    async def handle(self) -> ElementHandle:
        """Raises ToolError(CONFLICT) where it is gone."""
        found = (await self.group.evaluate_handle("(group, index) => group.found[index]", self.index)).as_element()
        if found is None:
            raise ToolError(ErrorCode.CONFLICT, "the page has changed meanwhile: look at it again")
        return found


async def ask(frame: Frame, what: str, arguments: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - a page's JSON
    """What a function of page.js returns for a frame."""
    return await frame.evaluate(f"(given) => ({source()})().{what}(given)", arguments or {})


async def frames(session: Session, tab: Tab) -> list[Frame]:
    """The page's own frame, and those in it that show something."""
    found = [tab.page.main_frame]
    for frame in tab.page.frames[1:]:
        if len(found) < FRAMES and frame.url.startswith("http") and not frame.is_detached():
            found.append(frame)
    return found


async def text_of(session: Session, tab: Tab, *, limit: int, markdown: bool, main: bool) -> tuple[str, bool]:
    """What the page shows, at most `limit` characters, and whether that cut it."""
    parts: list[str] = []
    cut = False
    left = limit
    for frame in await frames(session, tab):
        arguments = {"limit": max(0, left), "markdown": markdown, "main": main and not parts}
        said = await _of_frame(session, frame, "read", arguments, main=frame is tab.page.main_frame)
        text = visible(said["text"]).strip() if said else ""
        cut = cut or bool(said and said["truncated"])
        if text or not parts:
            parts.append(text)
            left -= len(text)
    return "\n\n".join(parts), cut


async def _of_frame(session: Session, frame: Frame, what: str, arguments: dict[str, Any], *, main: bool) -> Any:  # noqa: ANN401
    """As `ask`; None of a frame inside the page that is gone or busy."""
    from playwright.async_api import Error

    try:
        return await session.soon(ask(frame, what, arguments))
    except Error:
        if main or not session.browser.running:
            raise
        return None


async def elements_of(session: Session, tab: Tab) -> tuple[list[Element], bool]:
    """Every element that says something or can be used, in reading order, and whether some were left out."""
    found: list[Element] = []
    cut = False
    for frame in await frames(session, tab):
        if len(found) >= ELEMENTS:
            return found, True
        group = await session.soon(
            frame.evaluate_handle(f"(given) => ({source()})().elements(given)", {"limit": ELEMENTS, "most": LOOKED_AT})
        )
        said = await session.soon(group.evaluate("(group) => ({nodes: group.nodes, truncated: group.truncated})"))
        cut = cut or bool(said["truncated"])
        found += [
            Element(_node(one), cleaned(one["selector"]), cleaned(one["url"]), frame, group, index)
            for index, one in enumerate(said["nodes"])
        ]
    return found, cut


def _node(one: dict[str, Any]) -> UiNode:
    left, top, right, bottom = one["bounds"]
    return UiNode(
        role=one["role"],
        text=cleaned(visible(one["text"])),
        description=cleaned(visible(one["description"])),
        id=cleaned(visible(one["id"])),
        bounds=Bounds(left=left, top=top, right=right, bottom=bottom),
        states=tuple(state for state in one["states"] if state in _STATES),
    )


def fitting(found: list[Element], *, text: str = "", id: str = "", role: str = "") -> list[Element]:
    """Those that fit all that is given, as on every screen (`tools.uitree`)."""
    root = UiNode(
        role="page", bounds=Bounds(left=0, top=0, right=1, bottom=1), children=tuple(one.node for one in found)
    )
    known = {id_(one.node): one for one in found}
    return [known[id_(node)] for node in matching(root, text=text, id=id, role=role) if node is not root]


def id_(node: UiNode) -> int:
    """Nodes that look alike are still different ones."""
    return id(node)


async def chosen(
    session: Session, tab: Tab, *, text: str = "", selector: str = "", role: str = "", state: str = ""
) -> Element:
    """The one element that is meant; `state` is what it has to be, such as editable.

    Raises ToolError: NOT_FOUND, AMBIGUOUS (with a selector for each), BAD_ARGUMENTS (no such selector).
    """
    found, _ = await elements_of(session, tab)
    if selector:
        return await _selected(session, tab, found, selector)
    what = f'"{text}"' + (f" ({role})" if role else "")
    fits = fitting(found, id=text, role=role) or fitting(found, text=text, role=role)
    if state:
        fits = [one for one in fits if state in one.node.states] or fits
    # A text and the button around it are one thing.
    usable = [one for one in fits if {"clickable", "editable"} & set(one.node.states)]
    fits = usable or fits
    if not fits:
        raise ToolError(ErrorCode.NOT_FOUND, f"nothing on the page is {what}: `browser.find` shows what is there")
    if len(fits) > 1:
        shown = "; ".join(f"{named(one.node)} {one.selector}".strip() for one in fits[:CHOICES])
        choices = [{"selector": one.selector} for one in fits] if all(one.selector for one in fits) else []
        message = f"{len(fits)} elements of the page are {what}; name one by its selector: {shown}"
        raise ToolError(ErrorCode.AMBIGUOUS, message, choices=choices)
    return fits[0]


async def _selected(session: Session, tab: Tab, found: list[Element], selector: str) -> Element:
    from playwright.async_api import Error

    script = "([group, selector]) => [...document.querySelectorAll(selector)].map((one) => group.found.indexOf(one))"
    group = next((one.group for one in found if one.frame is tab.page.main_frame), None)
    if group is None:
        raise ToolError(ErrorCode.NOT_FOUND, "the page shows nothing")
    try:
        indices = await session.soon(tab.page.main_frame.evaluate(script, [group, selector]))
    except Error as error:
        if "SyntaxError" not in error.message and "not a valid selector" not in error.message:
            raise
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{selector[:200]}` is no CSS selector") from None
    fits = [one for one in found if one.frame is tab.page.main_frame and one.index in indices]
    if len(fits) == 1 and len(indices) == 1:
        return fits[0]
    if not fits:
        raise ToolError(
            ErrorCode.NOT_FOUND, f"`{selector[:200]}` names nothing that the page shows and that can be used"
        )
    raise ToolError(ErrorCode.AMBIGUOUS, f"`{selector[:200]}` names {len(indices)} elements: make it narrower")

"""Skills that act on a page: fill, click, choose, press keys. Each reads back what became of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.browser.looking import Found, described
from tools.browser.reading import ask, chosen, source
from tools.browser.session import Session
from tools.browser.tabs import Tab
from tools.browser.verbs import Page, Selector, TabName, Words, line, place, verb
from tools.errors import ToolError
from tools.uitree import named

if TYPE_CHECKING:
    from playwright.async_api import ElementHandle

READY_S: Final = 8.0
ACT_S: Final = 3.0
SETTLE_S: Final = 5.0
QUIET_S: Final = 1.0
LOOK_S: Final = 0.1
LOAD_S: Final = 20.0
# Kept as a secret's field, also where the page makes plain text of it later.
_READ_BACK: Final = """(element) => {
  if (kit.secret(element)) return null;
  return element.isContentEditable ? element.innerText : String(element.value ?? "");
}"""


_OPTIONS: Final = "(e) => e.tagName === 'SELECT' ? [...e.options].map((o) => [o.label.trim(), o.value]) : null"


class Filled(Page):
    """`verified`: the field was read back and holds the text; None where it is a secret's, which no one reads."""

    field: str
    verified: bool | None


class Clicked(Page):
    """`changed`: whether the page reads otherwise than before. `opened`: a tab that opened by that.

    `asked`: what the page asked in a box of its own, which was answered as `accept` says.
    """

    element: Found
    changed: bool
    opened: str
    asked: str


class Pressed(Page):
    keys: str
    changed: bool


class Selected(Page):
    field: str
    option: str


@verb(
    "browser.fill",
    risk=Risk.WRITE,
    examples=(
        "type Berlin into the search field in the browser",
        "fill in the field Email with ann@example.com",
        "enter my name into the form on the page",
        "put 42 into the field Quantity in the browser",
    ),
)
async def fill(
    session: Session,
    *,
    text: Annotated[str, Field(max_length=100_000)],
    field: Words | None = None,
    selector: Selector | None = None,
    tab: TabName | None = None,
) -> Filled:
    """Put a text into a field of the page, in place of what it holds, and read back that it is there.

    Args:
        text: What the field is to hold; nothing empties it.
        field: The field, by its label, its placeholder, its name or its id.
        selector: CSS selector of the field, in place of `field`.
        tab: Which tab; by default the one that was used last.
    """
    _one("field", field, selector)
    async with session.tab(tab) as found:
        one = await chosen(session, found, text=field or "", selector=selector or "", state="editable")
        if "editable" not in one.node.states or "disabled" in one.node.states:
            hint = "`browser.click` checks a box, `browser.select` chooses from a list"
            raise ToolError(ErrorCode.BAD_ARGUMENTS, f"nothing can be written into {named(one.node)}: {hint}")
        handle = await session.soon(one.handle())
        await session.soon(ask_of(handle, "(element) => kit.secret(element)"))
        await session.act(handle.fill(text, timeout=ACT_S * 1000))
        held = await session.soon(ask_of(handle, _READ_BACK))
        name = line(one.node.description or one.node.id or one.node.role, 200)
        if held is not None and _plain(held) != _plain(text):
            message = f'the field {name} holds "{line(held, 200)}" and not what was written: the page changed it'
            raise ToolError(ErrorCode.TOOL_FAILED, message)
        where = await place(session, found)
        return Filled(**dict(where), field=name, verified=None if held is None else True)


@verb(
    "browser.click",
    risk=Risk.WRITE,
    idempotent=False,
    examples=(
        "click on Sign in",
        "press the button Search in the browser",
        "click the link Next page",
        "check the box I agree on the page",
        "submit the form in the browser",
    ),
)
async def click(
    session: Session,
    *,
    text: Words | None = None,
    role: Annotated[str, Field(pattern=r"^[a-z]{1,40}$")] | None = None,
    selector: Selector | None = None,
    accept: bool = False,
    tab: TabName | None = None,
) -> Clicked:
    """Click an element of the page, and tell what came of it.

    Args:
        text: What it says, its label, or its id; must name one element.
        role: Kind of element, where several say the same: button, link, checkbox, text ...
        selector: CSS selector of the element, in place of `text`.
        accept: Say yes where the page asks "are you sure" in a box of its own; by default that is declined.
        tab: Which tab; by default the one that was used last.
    """
    _one("text", text, selector)
    async with session.tab(tab) as found:
        one = await chosen(session, found, text=text or "", selector=selector or "", role=role or "")
        handle = await session.soon(one.handle())
        # Until it can be clicked; a click that is on its way then takes no time, and cannot outlive the attempt.
        await handle.click(trial=True, timeout=session.seconds(READY_S) * 1000)
        before = await _state(session, found)
        known = {other.id for other in session.browser.tabs.all()}
        found.accept, found.said = accept, ""
        try:
            await session.act(handle.click(timeout=ACT_S * 1000, no_wait_after=True))
            changed = await _settled(session, found, before)
        finally:
            found.accept = False
        opened = next((other.id for other in session.browser.tabs.all() if other.id not in known), "")
        where = await place(session, found)
        changed = changed or bool(opened)
        return Clicked(**dict(where), element=described(one), changed=changed, opened=opened, asked=found.said)


@verb(
    "browser.select",
    risk=Risk.WRITE,
    examples=(
        "choose Germany in the list Country on the page",
        "select the option Express in the browser",
        "set the drop-down Language to English on the page",
    ),
)
async def select(
    session: Session,
    *,
    option: Words,
    field: Words | None = None,
    selector: Selector | None = None,
    tab: TabName | None = None,
) -> Selected:
    """Choose an option of a list on the page, and read back that it is chosen.

    Args:
        option: What the option says, or its value.
        field: The list, by its label, its name or its id.
        selector: CSS selector of the list, in place of `field`.
        tab: Which tab; by default the one that was used last.
    """
    _one("field", field, selector)
    async with session.tab(tab) as found:
        one = await chosen(session, found, text=field or "", selector=selector or "", role="" if selector else "choice")
        handle = await session.soon(one.handle())
        offered = await session.soon(handle.evaluate(_OPTIONS))
        if offered is None:
            message = f"{named(one.node)} is no plain list: open it with `browser.click`, then click what it offers"
            raise ToolError(ErrorCode.BAD_ARGUMENTS, message)
        at = _offered(offered, option)
        await session.act(handle.select_option(index=at, timeout=ACT_S * 1000))
        now = await session.soon(handle.evaluate("(e) => [...e.selectedOptions].map((o) => o.index)"))
        if at not in now:
            raise ToolError(ErrorCode.TOOL_FAILED, f"the page did not keep {offered[at][0]!r} chosen: look at it again")
        where = await place(session, found)
        name = line(one.node.description or one.node.id or one.node.role, 200)
        return Selected(**dict(where), field=name, option=line(offered[at][0], 500))


@verb(
    "browser.press",
    risk=Risk.WRITE,
    idempotent=False,
    examples=("press Enter in the browser", "press Escape on the page", "press Tab in the browser"),
)
async def press(
    session: Session,
    *,
    keys: Annotated[str, Field(pattern=r"^((Control|Shift|Alt|Meta)\+){0,3}([A-Za-z0-9]|[A-Z][A-Za-z0-9]{1,20})$")],
    field: Words | None = None,
    tab: TabName | None = None,
) -> Pressed:
    """Press a key on the page, such as Enter in a field that was filled.

    Args:
        keys: Enter, Escape, Tab, ArrowDown, PageDown, a letter, or a combination such as Control+A.
        field: The field that gets it, by its label or id; by default what has the focus.
        tab: Which tab; by default the one that was used last.
    """
    async with session.tab(tab) as found:
        if field is not None:
            one = await chosen(session, found, text=field, state="editable")
            handle = await session.soon(one.handle())
            await session.soon(handle.focus())
        before = await _state(session, found)
        await session.act(session.soon(found.page.keyboard.press(keys), ACT_S))
        changed = await _settled(session, found, before)
        where = await place(session, found)
        return Pressed(**dict(where), keys=keys, changed=changed)


# --- what they share -----------------------------------------------------------------------------------------------


async def ask_of(handle: ElementHandle, function: str) -> str | None:
    """What a function says of an element; in it, `kit` is page.js."""
    script = f"(element) => {{ const kit = ({source()})(); return ({function})(element); }}"
    said: str | None = await handle.evaluate(script)
    return said


def _one(name: str, words: str | None, selector: str | None) -> None:
    if (words is None) == (selector is None):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"say which element: its `{name}`, or its `selector`")


def _plain(text: str) -> str:
    """Fields end their lines in their own way."""
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")


def _offered(options: list[list[str]], wanted: str) -> int:
    """The index of the option that is meant. Raises ToolError: NOT_FOUND, AMBIGUOUS."""
    word = " ".join(wanted.split()).casefold()
    said = [(" ".join(label.split()).casefold(), value.casefold()) for label, value in options]
    for fits in (
        [at for at, both in enumerate(said) if word in both],
        [at for at, (label, _) in enumerate(said) if word in label],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            raise ToolError(ErrorCode.AMBIGUOUS, f"{len(fits)} options say that: give the whole of one")
    shown = ", ".join(line(label, 80) for label, _ in options[:30])
    raise ToolError(ErrorCode.NOT_FOUND, f"there is no such option; there are: {shown}")


async def _state(session: Session, tab: Tab) -> str:
    said: str = await session.soon(ask(tab.page.main_frame, "state"))
    return said


async def _settled(session: Session, tab: Tab, before: str) -> bool:
    """Wait until the page has taken it in, and does not change any more for the moment; whether it changed at all."""
    from playwright.async_api import Error

    loop = asyncio.get_running_loop()
    begun = loop.time()
    last, changed = before, False
    while loop.time() - begun < SETTLE_S:
        if tab.page.is_closed():
            return True
        try:
            now = await _state(session, tab)
        except Error:
            # On its way to another page.
            if not session.browser.running or tab.crashed:
                raise
            if tab.page.is_closed():
                return True
            await tab.page.wait_for_load_state("domcontentloaded", timeout=session.seconds(LOAD_S) * 1000)
            changed = True
            continue
        if (changed or now != before) and now == last:
            return True
        changed, last = changed or now != before, now
        if not changed and loop.time() - begun > QUIET_S:
            return False
        await asyncio.sleep(LOOK_S)
    return changed

"""Keyboard, mouse and windows, with a Tk program that has no accessibility tree, and a GTK one that has."""

from __future__ import annotations

import asyncio
import contextlib

import psutil
import pytest

from protocol.errors import ErrorCode
from tests.support.desktops import SIZE, Bench, needs_x11
from tests.support.processes import eventually

pytestmark = [pytest.mark.slow, needs_x11]
TYPED = 'it\'s 100% of $(reboot) `id` \\ "q" ü'


async def test_a_program_without_a_tree_is_typed_into(desktop: Bench) -> None:
    said = desktop.screen.tk()
    id = await desktop.shown("Plain Tk")
    typed = await desktop.call("desktop.type", text=TYPED, window="Plain Tk")
    assert typed == {"window": id, "field": "", "verified": None}
    eventually(lambda: said.exists() and said.read_text() == TYPED, "it was not typed")
    [window] = (await desktop.call("desktop.windows"))["windows"]  # type: ignore[misc]
    x, y = window["x"] + 60, window["y"] + 80  # type: ignore[index, call-overload, operator]
    clicked = await desktop.call("desktop.click", x=x, y=y)
    assert (clicked["window"], clicked["element"]) == (id, None)
    eventually(lambda: said.read_text() == "", "the button was not clicked")


async def test_what_is_typed_into_a_field_with_a_tree_is_read_back(desktop: Bench) -> None:
    desktop.screen.form()
    await desktop.shown("New person")
    await desktop.call("desktop.click", text="Name", role="field")
    typed = await desktop.call("desktop.type", text="Ann 100%", window="New person")
    assert (typed["field"], typed["verified"]) == ("Name", True)
    pressed = await desktop.call("desktop.press", keys=["ctrl+a", "Delete"])
    assert (pressed["changed"], pressed["gone"]) == (True, False)
    assert (await desktop.call("desktop.read_text", text="Name"))["text"] == ""


async def test_keys_that_no_keyboard_has_are_refused(desktop: Bench) -> None:
    desktop.screen.form()
    await desktop.shown("New person")
    await desktop.call("desktop.click", text="Name", role="field")
    error = await desktop.refused(ErrorCode.BAD_ARGUMENTS, "desktop.press", keys=["a", "ctrl+nonsense"])
    assert "nonsense" in error.message
    assert (await desktop.call("desktop.read_text", text="Name"))["text"] == ""
    for keys in (["--file"], ["a b"], ["$(id)"], []):
        await desktop.refused(ErrorCode.BAD_ARGUMENTS, "desktop.press", keys=keys)  # type: ignore[arg-type]
    for text in ("bell\a", "null\0", "escape\x1b[2J"):
        await desktop.refused(ErrorCode.BAD_ARGUMENTS, "desktop.type", text=text)


async def test_a_window_comes_to_the_front_and_another_closes(desktop: Bench) -> None:
    desktop.screen.form("First")
    first = await desktop.shown("First")
    second = desktop.screen.form("Second")
    await desktop.shown("Second")
    focused = await desktop.call("desktop.focus", window="First")
    assert (focused["window"]["window"], focused["window"]["active"]) == (first, True)  # type: ignore[index, call-overload]
    closed = await desktop.call("desktop.close", window="Second")
    assert closed["title"] == "Second"
    assert second.wait(10) == 1  # as its own cross does
    await desktop.refused(ErrorCode.NOT_FOUND, "desktop.focus", window="Second")


async def test_the_mouse_is_where_it_was_sent(desktop: Bench) -> None:
    assert await desktop.call("desktop.move_mouse", x=300, y=200) == {"x": 300, "y": 200, "window": ""}
    width, height = SIZE
    await desktop.refused(ErrorCode.BAD_ARGUMENTS, "desktop.move_mouse", x=width, y=0)
    await desktop.refused(ErrorCode.BAD_ARGUMENTS, "desktop.drag", from_x=1, from_y=1, to_x=1, to_y=height)


async def test_a_drag_selects_what_a_person_s_would(desktop: Bench) -> None:
    said = desktop.screen.tk()
    await desktop.shown("Plain Tk")
    await desktop.call("desktop.type", text="hello", window="Plain Tk")
    [window] = (await desktop.call("desktop.windows"))["windows"]  # type: ignore[misc]
    x, y = window["x"], window["y"]  # type: ignore[index, call-overload]
    await desktop.call("desktop.drag", from_x=x + 250, from_y=y + 25, to_x=x + 12, to_y=y + 25)  # type: ignore[operator]
    await desktop.call("desktop.press", keys=["Delete"])
    eventually(lambda: said.read_text() == "", "nothing was selected")


async def test_what_is_typed_is_in_no_command_line(desktop: Bench) -> None:
    desktop.screen.tk()
    await desktop.shown("Plain Tk")
    typing = asyncio.ensure_future(desktop.call("desktop.type", text="hunter2" * 40, window="Plain Tk"))
    seen: list[list[str]] = []
    while not typing.done():
        for one in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                seen.append(one.cmdline())
        await asyncio.sleep(0.01)
    await typing
    assert any("xdotool" in line and "type" in line for line in seen)
    assert not any("hunter2" in word for line in seen for word in line)

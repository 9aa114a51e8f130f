"""Windows, trees and pictures of real programs under Xvfb."""

from __future__ import annotations

import pytest

from protocol.errors import ErrorCode
from tests.support.desktops import SIZE, Bench, needs_x11
from tools import docs

pytestmark = [pytest.mark.slow, needs_x11]


async def test_a_window_is_listed_with_its_title_and_place(desktop: Bench) -> None:
    desktop.screen.form()
    id = await desktop.shown("New person")
    [window] = (await desktop.call("desktop.windows"))["windows"]  # type: ignore[misc]
    assert window["window"] == id  # type: ignore[index, call-overload]
    assert (window["title"], window["app"], window["active"]) == ("New person", "Zenity", True)  # type: ignore[index, call-overload]
    assert 0 < window["width"] < SIZE[0]  # type: ignore[index, call-overload, operator]


async def test_a_gtk_window_is_read_as_a_tree(desktop: Bench) -> None:
    desktop.screen.form()
    await desktop.shown("New person")
    found = await desktop.call("desktop.ui", tree=True)
    assert found["accessible"] is True
    lines = str(found["text"]).splitlines()
    assert any(line.strip().startswith('field "Name" [editable') for line in lines), lines
    assert any(line.strip().startswith('button "OK" [clickable] at ') for line in lines), lines
    assert found["tree"]["role"] == "window"  # type: ignore[index, call-overload]


async def test_elements_are_found_by_text_and_role(desktop: Bench) -> None:
    desktop.screen.form()
    await desktop.shown("New person")
    found = await desktop.call("desktop.find", role="field")
    assert [one["description"] for one in found["elements"]] == ["Name", "City", "Secret"]  # type: ignore[index, union-attr, call-overload]
    assert (await desktop.call("desktop.find", text="nothing like it"))["elements"] == []


async def test_a_window_without_a_tree_is_said_to_have_none(desktop: Bench) -> None:
    desktop.screen.tk()
    await desktop.shown("Plain Tk")
    found = await desktop.call("desktop.ui", window="Plain Tk")
    assert (found["accessible"], found["elements"]) == (False, 0)
    error = await desktop.refused(ErrorCode.NOT_FOUND, "desktop.click", text="Clear", window="Plain Tk")
    assert "take a screenshot" in error.message


async def test_a_picture_is_a_png_of_the_screen(desktop: Bench) -> None:
    desktop.screen.form()
    await desktop.shown("New person")
    shot = await desktop.call("desktop.screenshot")
    assert (shot["width"], shot["height"]) == SIZE
    content = desktop.context.artifacts.content[str(shot["artifact"])]
    assert content.startswith(b"\x89PNG")
    assert content.endswith(b"IEND\xaeB`\x82")
    part = await desktop.call("desktop.screenshot", window="New person")
    assert part["width"] < SIZE[0]  # type: ignore[operator]


async def test_several_windows_of_one_name_have_to_be_told_apart(desktop: Bench) -> None:
    desktop.screen.form("Twin")
    first = await desktop.shown("Twin")
    desktop.screen.form("Twin sister")
    await desktop.shown("Twin sister")
    assert (await desktop.call("desktop.ui", window="Twin"))["window"] == first
    error = await desktop.refused(ErrorCode.AMBIGUOUS, "desktop.ui", window="zenity")
    assert {"window": first} in error.choices
    await desktop.refused(ErrorCode.NOT_FOUND, "desktop.ui", window="no such window")


def test_the_page_of_the_skills_is_current() -> None:
    assert docs.DESKTOP_PAGE.read_text() == docs.desktop_page(), "run: python -m tools.docs"

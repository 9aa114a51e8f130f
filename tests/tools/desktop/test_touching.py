"""Filling in and clicking in real programs: what became of it is read back."""

from __future__ import annotations

import pytest

from protocol.errors import ErrorCode
from tests.support.desktops import Bench, needs_x11

pytestmark = [pytest.mark.slow, needs_x11]
NASTY = "Ann Bücher 'x' \"y\" $(reboot) `id` ; | & \\ %s ★"


async def test_a_form_is_filled_in_and_sent_off(desktop: Bench) -> None:
    form = desktop.screen.form()
    window = await desktop.shown("New person")
    filled = await desktop.call("desktop.set_text", text="Name", value=NASTY)
    assert filled == {"field": "Name", "window": window, "verified": True}
    held = await desktop.call("desktop.read_text", text="Name")
    assert held["text"] == NASTY
    await desktop.call("desktop.set_text", text="City", value="Bonn")
    clicked = await desktop.call("desktop.click", text="OK", role="button")
    assert (clicked["changed"], clicked["gone"]) == (True, True)
    assert form.wait(10) == 0
    assert form.stdout is not None
    assert form.stdout.read().decode() == f"{NASTY}|Bonn|\n"


async def test_a_password_is_put_in_and_never_read(desktop: Bench) -> None:
    form = desktop.screen.form()
    await desktop.shown("New person")
    await desktop.call("desktop.set_text", text="Secret", value="hunter2")
    said = await desktop.call("desktop.ui", tree=True)
    assert "hunter2" not in str(said)
    assert '"(hidden)"' in str(said["text"])
    assert (await desktop.call("desktop.read_text", text="Secret"))["text"] == "(hidden)"
    await desktop.call("desktop.click", text="OK")
    form.wait(10)
    assert form.stdout is not None
    assert form.stdout.read() == b"||hunter2\n"


async def test_what_is_not_there_is_not_clicked(desktop: Bench) -> None:
    desktop.screen.form()
    await desktop.shown("New person")
    error = await desktop.refused(ErrorCode.NOT_FOUND, "desktop.click", text="Format the disk")
    assert "desktop.ui" in error.message
    await desktop.refused(ErrorCode.BAD_ARGUMENTS, "desktop.click", text="OK", x=1, y=1)
    await desktop.refused(ErrorCode.BAD_ARGUMENTS, "desktop.click", x=90_000, y=1)
    await desktop.refused(ErrorCode.AMBIGUOUS, "desktop.set_text", value="x", role="field")
    await desktop.refused(ErrorCode.BAD_ARGUMENTS, "desktop.set_text", value="x", text="OK")


async def test_a_text_that_is_read_only_stays_as_it_is(desktop: Bench) -> None:
    text = desktop.workspace / "text.txt"
    text.write_text("a line\nand another\n")
    desktop.screen.start("zenity", "--text-info", "--title", "Text", "--filename", str(text))
    await desktop.shown("Text")
    found = await desktop.call("desktop.find", text="a line")
    [element] = found["elements"]  # type: ignore[misc]
    assert "editable" not in element["states"]  # type: ignore[index, call-overload, operator]
    await desktop.refused(ErrorCode.CONFLICT, "desktop.set_text", text="a line", value="x")
    assert (await desktop.call("desktop.read_text", text="a line"))["text"] == "a line\nand another\n"

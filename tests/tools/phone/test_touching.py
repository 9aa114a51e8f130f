"""Fingers on a simulated phone: what they do is read back."""

from __future__ import annotations

import pytest

from protocol.errors import ErrorCode
from tests.support.phones import Bench, needs_adb

pytestmark = [pytest.mark.slow, needs_adb]
NOTES = "org.example.notes"
# Whatever of these reached the phone's shell without quotes would act there.
NASTY = 'it\'s; rm -rf /sdcard/Documents & `id` $(id) "$HOME" > /sdcard/x | yes * ? # \\ %s %d'


async def test_what_is_typed_is_in_the_field_as_it_was_typed(phone: Bench) -> None:
    await phone.call("phone.open_app", app="notes")
    typed = await phone.call("phone.type", text=NASTY, into="note")
    assert typed == {"field": f"{NOTES}:id/note", "verified": True}
    assert phone.inside.fields["note"] == NASTY
    assert phone.inside.files.find("/sdcard/Documents/shopping.txt") is not None
    assert phone.inside.files.find("/sdcard/x") is None


async def test_a_field_is_emptied_first_where_that_is_wanted(phone: Bench) -> None:
    await phone.call("phone.open_app", app="notes")
    await phone.call("phone.type", text="one", into="note")
    await phone.call("phone.type", text=" two")
    assert phone.inside.fields["note"] == "one two"
    await phone.call("phone.type", text="three", replace=True)
    assert phone.inside.fields["note"] == "three"


async def test_a_password_is_typed_and_never_read(phone: Bench) -> None:
    await phone.call("phone.open_app", app="notes")
    assert await phone.call("phone.type", text="hunter2", into="secret") == {
        "field": f"{NOTES}:id/secret",
        "verified": None,
    }
    assert phone.inside.fields["secret"] == "hunter2"
    assert "hunter2" not in str(await phone.call("phone.ui", tree=True))


async def test_what_the_field_does_not_hold_is_no_success(phone: Bench) -> None:
    await phone.call("phone.open_app", app="notes")
    await phone.call("phone.tap", id="note")
    phone.inside.lose_keys = True
    error = await phone.refused(ErrorCode.TOOL_FAILED, "phone.type", text="hello")
    assert "not what was typed" in error.message


async def test_letters_that_adb_cannot_type_are_refused_before_any_is(phone: Bench) -> None:
    await phone.call("phone.open_app", app="notes")
    await phone.call("phone.tap", id="note")
    for text in ("grüße", "tab\t", "null\0", "half \ud800"):
        await phone.refused(ErrorCode.BAD_ARGUMENTS, "phone.type", text=text)
    assert "note" not in phone.inside.fields


async def test_without_a_focus_nothing_is_typed(phone: Bench) -> None:
    error = await phone.refused(ErrorCode.CONFLICT, "phone.type", text="hello")
    assert "tap one first" in error.message


async def test_a_button_is_tapped_by_what_it_says(phone: Bench) -> None:
    await phone.call("phone.open_app", app="notes")
    await phone.call("phone.type", text="milk", into="Write a note")
    tapped = await phone.call("phone.tap", text="save")
    assert tapped["changed"] is True
    assert phone.inside.notes == ["milk"]
    assert (await phone.call("phone.find", text="milk", role="text"))["elements"] != []


async def test_what_is_not_there_and_what_is_several_things(phone: Bench) -> None:
    await phone.refused(ErrorCode.NOT_FOUND, "phone.tap", text="Buy now")
    error = await phone.refused(ErrorCode.AMBIGUOUS, "phone.tap", id="icon")
    assert "tap one by its id or its place" in error.message
    assert phone.inside.front == "com.android.launcher3"


@pytest.mark.parametrize("arguments", [{}, {"x": 5}, {"text": "a", "x": 1, "y": 1}, {"x": 5000, "y": 5}])
async def test_a_tap_needs_one_place(phone: Bench, arguments: dict[str, int]) -> None:
    await phone.refused(ErrorCode.BAD_ARGUMENTS, "phone.tap", **arguments)


async def test_swiping_scrolls(phone: Bench) -> None:
    await phone.call("phone.open_app", app="settings")
    swiped = await phone.call("phone.swipe", from_x=500, from_y=1500, to_x=500, to_y=300)
    assert swiped == {"app": "com.android.settings", "changed": True}
    still = await phone.call("phone.swipe", from_x=500, from_y=300, to_x=500, to_y=300)
    assert still["changed"] is False


async def test_keys_are_pressed_by_name(phone: Bench) -> None:
    await phone.call("phone.open_app", app="settings")
    assert (await phone.call("phone.press", keys=["HOME"]))["app"] == "com.android.launcher3"
    await phone.call("phone.press", keys=["KEYCODE_SLEEP"])
    assert phone.inside.awake is False
    await phone.refused(ErrorCode.BAD_ARGUMENTS, "phone.press", keys=["HOME; reboot"])
    error = await phone.refused(ErrorCode.BAD_ARGUMENTS, "phone.press", keys=["NO_SUCH_KEY"])
    assert "no such key" in error.message


async def test_the_screen_as_text_and_as_a_tree(phone: Bench) -> None:
    found = await phone.call("phone.ui", tree=True)
    assert 'text "Notes"' in str(found["text"])
    assert found["app"] == "com.android.launcher3"
    assert isinstance(found["tree"], dict)
    await phone.refused(ErrorCode.BAD_ARGUMENTS, "phone.find")

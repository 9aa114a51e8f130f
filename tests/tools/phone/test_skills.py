"""What a phone device can do, on a simulated phone behind the real `adb`."""

from __future__ import annotations

import hashlib
import zlib

import pytest

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tests.support.apk import apk
from tests.support.phones import Bench, needs_adb
from tools import docs
from tools.phone import skills

pytestmark = [pytest.mark.slow, needs_adb]
ANN = "+4915550001"


# --- looking -------------------------------------------------------------------------------------------------------


async def test_the_phone_is_listed_as_the_chosen_one(phone: Bench) -> None:
    [one] = (await phone.call("phone.devices"))["phones"]  # type: ignore[misc]
    assert one == {"serial": phone.adbd.serial, "state": "device", "model": "Simulated Phone", "chosen": True}


async def test_battery_and_properties(phone: Bench) -> None:
    phone.inside.battery.level, phone.inside.battery.plugged = 17, False
    battery = await phone.call("phone.battery")
    assert (battery["percent"], battery["charging"], battery["temperature_celsius"]) == (17, False, 27.1)
    properties = (await phone.call("phone.properties", prefix="ro.build.version."))["properties"]
    assert properties == {"ro.build.version.release": "13", "ro.build.version.sdk": "33"}


async def test_a_screenshot_is_an_artifact(phone: Bench) -> None:
    shot = await phone.call("phone.screenshot")
    content = phone.context.artifacts.content[str(shot["artifact"])]
    assert (shot["width"], shot["height"], shot["size_bytes"]) == (1080, 1920, len(content))
    assert content.startswith(b"\x89PNG")
    assert list(phone.workspace.iterdir()) == []


async def test_the_simulated_screen_says_what_it_is(phone: Bench) -> None:
    shot = await phone.call("phone.screenshot")
    data = phone.context.artifacts.content[str(shot["artifact"])]
    at = data.index(b"IDAT")
    raw = zlib.decompress(data[at + 4 : at + 4 + int.from_bytes(data[at - 4 : at], "big")])
    row = raw[(1080 + 1) * 10 + 1 :][:1080]
    assert row.count(b"\x01") > 100  # the word SIMULATED, in dark blocks


async def test_notifications(phone: Bench) -> None:
    found = (await phone.call("phone.notifications", app="com.android.messaging"))["notifications"]
    [one] = found  # type: ignore[misc]
    assert (one["title"], one["text"]) == ("Ann", "Are you coming at 7?")  # type: ignore[index, call-overload]


async def test_the_log_by_level_and_tag(phone: Bench) -> None:
    phone.inside.say("E", "Radio", "no signal")
    phone.inside.say("I", "Radio", "searching")
    found = await phone.call("phone.log", level="error", tag="Radio")
    assert str(found["text"]).endswith("E Radio: no signal")
    assert found["lines"] == 1
    assert (await phone.call("phone.log", lines=2))["lines"] == 2


# --- apps ----------------------------------------------------------------------------------------------------------


async def test_an_app_is_opened_by_a_word_of_its_name(phone: Bench) -> None:
    opened = await phone.call("phone.open_app", app="Settings")
    assert opened == {"app": "com.android.settings", "activity": "com.android.settings.Settings"}
    await phone.refused(ErrorCode.NOT_FOUND, "phone.open_app", app="flappybird")
    error = await phone.refused(ErrorCode.AMBIGUOUS, "phone.open_app", app="android")
    assert {"app": "com.android.settings"} in error.choices


async def test_an_app_that_another_covers_is_not_open(phone: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.phone import reading

    monkeypatch.setattr(reading, "SETTLE_S", 0.1)
    phone.inside.locked = True
    error = await phone.refused(ErrorCode.TOOL_FAILED, "phone.open_app", app="notes")
    assert "unlock the phone" in error.message


async def test_a_web_address_is_opened_as_it_is(phone: Bench) -> None:
    url = "https://example.org/a?b=1&c=$(id)#'x'"
    assert (await phone.call("phone.open_url", url=url))["app"] == "com.android.browser"
    assert phone.inside.url == url
    for other in ("tel:112", "file:///etc/passwd", "intent://x#Intent;end", "https://", "javascript:alert(1)"):
        await phone.refused(ErrorCode.BAD_ARGUMENTS, "phone.open_url", url=other)


async def test_a_phone_that_asks_which_app_has_not_opened_any(phone: Bench) -> None:
    phone.inside.asks_which_app = True
    error = await phone.refused(ErrorCode.CONFLICT, "phone.open_url", url="https://example.org/")
    assert "which app" in error.message


async def test_an_activity_that_hands_on_to_another_app(phone: Bench) -> None:
    phone.inside.hands_on = True
    assert (await phone.call("phone.open_url", url="https://example.org/"))["app"] == "com.android.browser"


async def test_intents_with_extras(phone: Bench) -> None:
    opened = await phone.call(
        "phone.intent", action="android.settings.SETTINGS", extras={"a": "b; c", "n": 3, "t": True}
    )
    assert opened["app"] == "com.android.settings"
    assert any("--es a 'b; c' --ei n 3 --ez t true" in line for line in phone.inside.lines)
    error = await phone.refused(ErrorCode.NOT_FOUND, "phone.intent", action="com.example.NOTHING")
    assert "no app of the phone takes that" in error.message
    await phone.refused(ErrorCode.BAD_ARGUMENTS, "phone.intent", data="geo:1,2")


async def test_an_app_is_stopped(phone: Bench) -> None:
    await phone.call("phone.open_app", app="notes")
    assert await phone.call("phone.stop_app", app="notes") == {
        "app": "org.example.notes",
        "front": "com.android.launcher3",
    }


async def test_an_app_comes_and_goes(phone: Bench) -> None:
    (phone.workspace / "game.apk").write_bytes(apk("com.example.game", "2.0", 20))
    installed = await phone.call("phone.install", path="game.apk")
    assert (installed["app"], installed["version_code"], installed["replaced"]) == ("com.example.game", 20, False)
    assert (await phone.call("phone.install", path="game.apk"))["replaced"] is True
    await phone.refused(ErrorCode.ALREADY_EXISTS, "phone.install", path="game.apk", replace=False)
    newer = apk("com.example.game", "2.1", 21)
    sha256 = hashlib.sha256(newer).hexdigest()
    phone.context.artifacts.content[sha256] = newer
    assert (await phone.call("phone.install", artifact=sha256))["version_code"] == 21
    await phone.refused(ErrorCode.BAD_ARGUMENTS, "phone.install", path="game.apk", artifact=sha256)
    assert "com.example.game" in (await phone.call("phone.apps", installed=True))["packages"]  # type: ignore[operator]
    await phone.call("phone.uninstall", app="com.example.game")
    await phone.refused(ErrorCode.NOT_FOUND, "phone.uninstall", app="com.example.game")
    assert phone.inside.files.children("/data/local/tmp") == []


async def test_what_cannot_be_installed_or_uninstalled(phone: Bench) -> None:
    (phone.workspace / "x.apk").write_bytes(b"no package")
    await phone.refused(ErrorCode.BAD_ARGUMENTS, "phone.install", path="x.apk")
    error = await phone.refused(ErrorCode.TOOL_FAILED, "phone.uninstall", app="com.android.settings")
    assert "belongs to the system" in error.message


# --- places and people ---------------------------------------------------------------------------------------------


async def test_a_location_is_set_read_back_and_cleared(phone: Bench) -> None:
    place = {"latitude": 52.52, "longitude": 13.405}
    assert await phone.call("phone.set_location", **place) == place
    assert phone.inside.location is not None
    await phone.call("phone.clear_location")
    assert phone.inside.location is None
    phone.inside.properties["ro.build.version.sdk"] = "28"
    error = await phone.refused(ErrorCode.UNAVAILABLE, "phone.set_location", **place)
    assert "Android 12" in error.message


async def test_a_call_is_made_and_ended(phone: Bench) -> None:
    assert await phone.call("phone.call", number="+49 (30) 123-456") == {"number": "+4930123456", "state": "calling"}
    assert await phone.call("phone.hang_up") == {"state": "idle"}
    [newest, _] = (await phone.call("phone.calls"))["calls"]  # type: ignore[misc]
    assert (newest["number"], newest["direction"]) == ("+4930123456", "outgoing")  # type: ignore[index, call-overload]
    # Codes change settings of the phone; letters are no number.
    for number in ("*#06#", "**21*123#", "+49 30 x", "1; reboot"):
        await phone.refused(ErrorCode.BAD_ARGUMENTS, "phone.call", number=number)


async def test_a_message_is_sent_and_found_among_those_sent(phone: Bench) -> None:
    text = "I'm late; $(reboot) & sorry, type=1, body=x"
    sent = await phone.call("phone.sms", number=ANN, text=text)
    assert (sent["number"], sent["text"]) == (ANN, text)
    found = (await phone.call("phone.messages", box="sent", number=ANN))["messages"]
    assert [one["text"] for one in found] == [text]  # type: ignore[union-attr, index, call-overload]


async def test_a_message_that_no_button_sends_is_left_for_a_person(phone: Bench) -> None:
    phone.inside.send_button = False
    error = await phone.refused(ErrorCode.CONFLICT, "phone.sms", number=ANN, text="hello")
    assert "not sent" in error.message
    assert phone.inside.fields["compose_message_text"] == "hello"


# --- the shell -----------------------------------------------------------------------------------------------------


async def test_exit_codes_and_both_streams(phone: Bench) -> None:
    ran = await phone.call("phone.shell", command="echo out; echo err >&2; exit 7")
    assert ran == {"exit_code": 7, "stdout": "out\n", "stderr": "err\n", "truncated": False}


@pytest.mark.parametrize("command", ["echo 'not closed", "no-such-program", "-x"])
async def test_a_command_that_cannot_run_has_its_exit_code(phone: Bench, command: str) -> None:
    assert (await phone.call("phone.shell", command=command))["exit_code"] in (1, 127)


async def test_an_old_phone_without_shell_v2_still_gives_exit_codes(phone: Bench) -> None:
    phone.faults.features = ("cmd",)
    await phone.unplug()
    await phone.adbd.plug()
    ran = await phone.call("phone.shell", command="echo out; exit 7")
    assert (ran["exit_code"], ran["stdout"]) == (7, "out\n")


# --- what they say of themselves -----------------------------------------------------------------------------------


def test_the_page_of_the_skills_is_up_to_date() -> None:
    assert docs.PHONE_PAGE.read_text() == docs.phone_page(), "run: python -m tools.docs"


def test_what_reaches_people_or_cannot_be_undone_is_destructive() -> None:
    risks = {spec.name: spec.risk for spec in skills.specs()}
    grave = {"phone.call", "phone.sms", "phone.install", "phone.uninstall", "phone.shell", "phone.intent", "phone.push"}
    assert {name for name, risk in risks.items() if risk is Risk.DESTRUCTIVE} == grave
    assert all(len(spec.examples) >= 2 for spec in skills.specs())

"""One order each: the skill, its arguments and its device."""

from __future__ import annotations

import pytest

from protocol.vocabulary import JsonObject
from tests.agents.embedded.kinds.fleet import calls, propose

OUTSIDE = {"sensor": "temperature"}


@pytest.mark.parametrize(
    ("text", "skill", "arguments"),
    [
        ("battery level of the phone", "phone.battery", {}),
        ("How full is the battery of my phone?", "phone.battery", {}),
        ("I'd like to know how full the battery of the phone is", "phone.battery", {}),
        ("the phone's battery level please", "phone.battery", {}),
        ("is my phone charging?", "phone.battery", {}),
        ("take a screenshot on my phone", "phone.screenshot", {}),
        ("Could you please grab a screenshot of the phone right now?", "phone.screenshot", {}),
        ("what is on the screen of the phone?", "phone.ui", {}),
        ("open https://example.org/a on the phone", "phone.open_url", {"url": "https://example.org/a"}),
        ("open Settings on the phone", "phone.open_app", {"app": "Settings"}),
        ("start the app com.android.chrome on pixel", "phone.open_app", {"app": "com.android.chrome"}),
        ("close the Notes app on the phone", "phone.stop_app", {"app": "Notes"}),
        ('type "buy milk" into the note field on the phone', "phone.type", {"text": "buy milk", "into": "note"}),
        ("tap the Save button on the phone", "phone.tap", {"text": "Save"}),
        ("go back on the phone", "phone.press", {"keys": ["BACK"]}),
        ("press the volume up key on the phone", "phone.press", {"keys": ["VOLUME_UP"]}),
        ("call +49 30 123456", "phone.call", {"number": "+49 30 123456"}),
        ('send an SMS to +49 30 12345 saying "hello"', "phone.sms", {"number": "+49 30 12345", "text": "hello"}),
        ('text 112233 "on my way"', "phone.sms", {"number": "112233", "text": "on my way"}),
        ("show me the notifications on my phone", "phone.notifications", {}),
        ("last 5 text messages on the phone", "phone.messages", {"limit": 5}),
        ("who called my phone?", "phone.calls", {}),
        ("which apps are installed on the phone", "phone.apps", {"installed": True}),
        ("what is in /sdcard/Download on the phone", "phone.files", {"path": "/sdcard/Download"}),
        ("errors in the phone's log", "phone.log", {"level": "error"}),
        (
            "set the location of the phone to 52.52, 13.405",
            "phone.set_location",
            {"latitude": 52.52, "longitude": 13.405},
        ),
    ],
)
def test_of_a_phone(text: str, skill: str, arguments: JsonObject) -> None:
    assert calls(propose(text)) == [(skill, arguments, "pixel")]


@pytest.mark.parametrize(
    ("text", "skill", "arguments"),
    [
        ("what is the temperature in the greenhouse?", "edge.read", OUTSIDE),
        ("Please could you tell me how warm it is in the greenhouse right now?", "edge.read", OUTSIDE),
        ("read the temperature sensor of the box", "edge.read", OUTSIDE),
        ("how high is the soil moisture", "edge.read", {"sensor": "soil moisture"}),
        ("is the window open?", "edge.read", {"sensor": "window"}),
        ("check if the window is open", "edge.read", {"sensor": "window"}),
        ("set the window to open", "edge.set", {"actuator": "window", "value": "open"}),
        ("open the window on the box", "edge.set", {"actuator": "window", "value": "open"}),
        ("close the valve", "edge.set", {"actuator": "valve", "value": "shut"}),
        ("turn the lamp on please", "edge.set", {"actuator": "lamp", "value": "on"}),
        ("switch off the lamp", "edge.set", {"actuator": "lamp", "value": "off"}),
        ("set the heating to 21.5 degrees", "edge.set", {"actuator": "heating", "value": "21.5"}),
        ("average of the temperature over 10 seconds", "edge.aggregate", {**OUTSIDE, "seconds": 10}),
        ("watch the humidity for 5 seconds", "edge.watch", {"sensor": "humidity", "seconds": 5, "stop": False}),
        ("record the temperature every 30 seconds", "edge.record", {**OUTSIDE, "every_s": 30}),
        ("stop recording the temperature", "edge.stop_recording", OUTSIDE),
        (
            "close the window every day at 20:00",
            "edge.add_schedule",
            {"actuator": "window", "set": "closed", "daily": "20:00"},
        ),
        ("turn the lamp off in 10 minutes", "edge.add_schedule", {"actuator": "lamp", "set": "off", "in_s": 600}),
        ("which sensors does the box have?", "edge.sensors", {}),
        ("what rules does the box have?", "edge.rules", {}),
        ('delete the rule "temperature window"', "edge.remove_rule", {"name": "temperature window"}),
        ('publish "hello" to lab/greet', "edge.publish", {"topic": "lab/greet", "payload": "hello"}),
        (
            "when the temperature is above 30 degrees open the window, otherwise close it",
            "edge.add_rule",
            {**OUTSIDE, "op": ">", "value": 30, "actuator": "window", "set": "open", "otherwise": "closed"},
        ),
        (
            "whenever the soil moisture drops below 20 % open the valve",
            "edge.add_rule",
            {"sensor": "soil moisture", "op": "<", "value": 20, "actuator": "valve", "set": "open"},
        ),
    ],
)
def test_of_a_box(text: str, skill: str, arguments: JsonObject) -> None:
    assert calls(propose(text)) == [(skill, arguments, "box")]


@pytest.mark.parametrize(
    ("text", "skill", "arguments"),
    [
        ("list the parts of the workshop", "workshop.list_parts", {}),
        ("which parts are there in the workshop?", "workshop.list_parts", {}),
        ("list the parts of the workshop with the prefix b", "workshop.list_parts", {"prefix": "b"}),
        ("use the workshop to add 2 and 3", "workshop.add", {"a": 2, "b": 3}),
        ("call workshop.add with a=2 and b=5", "workshop.add", {"a": 2, "b": 5}),
        ("take a picture of the workshop", "workshop.picture", {}),
        ("scrap the part bolt in the workshop", "workshop.scrap", {"part": "bolt"}),
    ],
)
def test_of_a_mounted_server(text: str, skill: str, arguments: JsonObject) -> None:
    assert calls(propose(text)) == [(skill, arguments, "beta")]


@pytest.mark.parametrize(
    ("text", "skill", "arguments"),
    [
        ("take a screenshot of my desktop", "desktop.screenshot", {}),
        ("which windows are open on my desktop", "desktop.windows", {}),
        (
            'put "Ann" into the field Name of the window "New person" on the desktop',
            "desktop.set_text",
            {"value": "Ann", "text": "Name", "window": "New person"},
        ),
        ('on the desktop, click OK in the window "Save"', "desktop.click", {"text": "OK", "window": "Save"}),
        ("tell my desktop that the backup is done", "desktop.notify", {"title": "the backup is done"}),
        ('copy "hello" to my desktop\'s clipboard', "desktop.write_clipboard", {"text": "hello"}),
        ("open the text editor on my desktop", "desktop.open_app", {"app": "text editor"}),
        ("open https://example.org in the browser", "browser.open", {"url": "https://example.org"}),
        ("what links does https://example.org have", "browser.links", {"url": "https://example.org"}),
        (
            "get the second table of https://example.org/a",
            "browser.table",
            {"url": "https://example.org/a", "number": 2},
        ),
    ],
)
def test_of_a_desktop(text: str, skill: str, arguments: JsonObject) -> None:
    assert calls(propose(text)) == [(skill, arguments, "desk")]

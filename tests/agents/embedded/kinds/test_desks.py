"""Orders for desktops: windows, keys, the clipboard, applications and pages; each with what is near it and is none."""

from __future__ import annotations

import pytest

from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Clarification, Declined
from orchestrator.core.requests import Request
from protocol.vocabulary import JsonObject
from tests.agents.embedded.kinds.fleet import calls, estate, propose, two_of_each
from tests.support.embedded_fleet import Context


@pytest.mark.parametrize(
    ("text", "skill", "arguments"),
    [
        ("which windows are open on the desktop?", "desktop.windows", {}),
        ("open the calculator on the desktop", "desktop.open_app", {"app": "calculator"}),
        ("start the terminal on the desktop", "desktop.open_app", {"app": "terminal"}),
        (
            "type hello into the field Name of the window New person",
            "desktop.set_text",
            {"value": "hello", "text": "Name", "window": "New person"},
        ),
        ("click OK in the window Save", "desktop.click", {"text": "OK", "window": "Save"}),
        ("press ctrl+s", "desktop.press", {"keys": ["ctrl+s"]}),
        ("press the F5 key on the desktop", "desktop.press", {"keys": ["F5"]}),
        ("close the window Notes", "desktop.close", {"window": "Notes"}),
        ('close the window "notes"', "desktop.close", {"window": "notes"}),
        ("focus the terminal", "desktop.focus", {"window": "terminal"}),
        ("copy 'abc' to the clipboard on the desktop", "desktop.write_clipboard", {"text": "abc"}),
        ("what is on the clipboard?", "desktop.read_clipboard", {}),
        ("scroll down on the desktop", "desktop.scroll", {"direction": "down"}),
        ("list the applications on the desktop", "desktop.apps", {}),
        ("notify me on the desktop: done", "desktop.notify", {"title": "done"}),
        ("open example.org in the browser", "browser.open", {"url": "https://example.org"}),
        ("open localhost:8080/a on the desktop", "browser.open", {"url": "http://localhost:8080/a"}),
        ("go to 192.168.1.5 on the desktop", "browser.open", {"url": "http://192.168.1.5"}),
    ],
)
def test_of_a_desktop(text: str, skill: str, arguments: JsonObject) -> None:
    assert calls(propose(text, estate())) == [(skill, arguments, "desk")]


@pytest.mark.parametrize(
    "text",
    [
        "open frobnicator on the desktop",
        "open the settings on the desktop",
        "open the calculator tomorrow on the desktop",
        "open windows in the browser",
        "open the calculator in the browser",
        "which windows are open?",
        "close all windows on the desktop",
        "close every window but Notes on the desktop",
        "close the window notes",
        "close the window in the kitchen",
        "close the window Notes tomorrow",
        "don't press ctrl+s",
        "press ctrl+s at 5 pm",
        "press ctrl+frobnicate+s",
        "press every key on the desktop",
        "type it into the field Name of the window New person",
        "type the weather into the field Name of the window New person",
        "click OK in the window Save except Notes",
        "focus the moon",
        "what is on the clipboard of the phone?",
        "scroll down twice on the desktop",
        "scroll sideways on the desktop",
        "notify me on the desktop: done and dusted",
        "notify me on the desktop in 5 minutes: done",
        "notify me on the desktop in 5 minutes",
    ],
)
def test_declined(text: str) -> None:
    assert isinstance(propose(text, estate()), Declined)


@pytest.mark.parametrize(
    ("text", "on_desk", "on_phone"),
    [
        ("scroll down", "desktop.scroll", None),
        ("list the applications", "desktop.apps", "phone.apps"),
        ("take a screenshot", "desktop.screenshot", "phone.screenshot"),
    ],
)
def test_what_any_screen_does_is_asked_about_where_several_can(text: str, on_desk: str, on_phone: str | None) -> None:
    fleet = two_of_each()
    some = {name: FleetView.of(fleet.devices["alpha"], *(fleet.devices[one] for one in name.split())) for name in
            ("desk", "pixel", "desk pixel")}  # fmt: skip
    assert [call[::2] for call in calls(propose(text, some["desk"]))] == [(on_desk, "desk")]
    asked = propose(text, some["desk pixel"])
    assert isinstance(asked, Clarification)
    assert [choice.value for choice in asked.choices] == ["desk", "pixel"]
    answered = Context(some["desk pixel"], ((asked.question, "pixel"),))
    for context in (answered, Context(some["pixel"])):
        found = EmbeddedPlanner().propose(Request(text=text), context)
        if on_phone is None:
            assert isinstance(found, Declined)  # a phone has to be told from where to where
        else:
            assert [call[::2] for call in calls(found)] == [(on_phone, "pixel")]


def test_a_reading_is_put_into_a_field_of_a_window() -> None:
    found = calls(propose("type the humidity into the field Note of the window Log", estate()))
    assert [call[::2] for call in found] == [("edge.read", "box"), ("desktop.set_text", "desk")]
    assert found[1][1] == {"text": "Note", "window": "Log", "value": "humidity: ${read.output.value} %"}


@pytest.mark.parametrize(
    "text", ["notify me its checksum", "tell me the news", "inform us how it went", "alert me what happened"]
)
def test_what_is_asked_for_is_no_text_of_a_notification(text: str) -> None:
    assert isinstance(propose(text, estate()), Declined)


def test_a_value_of_what_was_made_is_read_and_not_shown_as_words() -> None:
    found = propose("zip notes.txt on alpha and tell me its sha256", estate())
    assert [skill for skill, _, _ in calls(found)] == ["archive.create", "file.hash"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("tell my desktop that the build is over", "the build is over"),
        ("notify me: dinner", "dinner"),
        ("remind me to buy milk", "to buy milk"),
        ("tell me backup done", "backup done"),
    ],
)
def test_texts_of_notifications(text: str, title: str) -> None:
    assert [(skill, arguments) for skill, arguments, _ in calls(propose(text, estate()))] == [
        ("desktop.notify", {"title": title})
    ]


@pytest.mark.parametrize("text", ["list the windows", "what are the windows"])
def test_windows_are_those_on_a_screen_where_there_is_one(text: str) -> None:
    found = propose(text, estate())
    assert isinstance(found, Declined) or [skill for skill, _, _ in calls(found)] == ["desktop.windows"]

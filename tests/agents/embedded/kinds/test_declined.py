"""What is near an order and is none: declined with what is missing, or asked about."""

from __future__ import annotations

import pytest

from orchestrator.core.plan import Clarification, Declined
from tests.agents.embedded.kinds.fleet import calls, propose, two_of_each


@pytest.mark.parametrize(
    "text",
    [
        "don't open the window",
        "never open the window",
        "open the window but not the valve",
        "open the window tomorrow",
        "open the window in the kitchen",
        "close the window at night",
        "close all windows",
        "open the door",
        "turn everything off",
        "what is the temperature outside",
        "what is the temperature in fahrenheit in the greenhouse",
        "if the window is open or the lamp is on, close the window",
        "if the temperature is above 30 % open the window",
        "when the phone is charging open the window",
        "every day open the window",
        "if the temperature is above 30, tell my desktop, and open the window otherwise",
        "if the temperature is above 30",
        "open the window if",
        "turn the lamp on and off",
        "set the window to open for 10 minutes",
        "when the battery of the phone is below 20 % turn on the lamp",
        "open the window if it rains",
        "take 3 screenshots of the phone",
        "open the window on the phone",
        "take a screenshot of alpha",
        "read the battery of pixel 7",
        "battery of the server",
        "delete hosts.txt on the phone",
        "move report.txt from alpha to the phone",
        "send the file to the phone",
        "save it on alpha as x.txt",
        "call mom on the phone",
        "call the phone",
        "type it into the note field on the phone",
        "open file:///etc/passwd on the phone",
        "scrap the bolt",
        "scrap all parts of the workshop",
        "scrap the parts of the workshop",
        'send "hello" to 112233',
        "show me the temperature sensors",
        "scrap the part bolt of the workshop twice",
        "use the workshop to add 2",
        "use the workshop to add 2, 3 and 4",
        "call workshop.add with a=2 and b=x",
        "save the apps of the phone on alpha as apps.csv",
        "take a screenshot of the phone and save it on the moon as a.png",
        "copy report.txt from desk to the phone as stuff/report.txt",
    ],
)
def test_declined(text: str) -> None:
    assert isinstance(propose(text), Declined)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("set the heating to 45", "heating of box takes 5 to 30, and no 45"),
        ("set the lamp to 5", "lamp of box takes on, off, and no 5"),
        ("set the window to half open", "window of box takes open, closed, and no half open"),
        ("send a text", "a text message needs the number that it goes to"),
        ("send an SMS to 112233 from the phone", "a text message needs its text, in quotes"),
        ("copy a.txt from the phone to the phone", "source and target are the same device"),
    ],
)
def test_what_is_missing_is_said(text: str, reason: str) -> None:
    found = propose(text)
    assert isinstance(found, Declined)
    assert found.reason == reason


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("battery of the phone", ("galaxy", "pixel")),
        ("turn on the lamp", ("lamp of box", "lamp of cellar")),
        ("send report.txt to pixel", ("alpha", "beta", "box", "cellar", "desk")),
    ],
)
def test_what_is_ambiguous_is_asked(text: str, choices: tuple[str, ...]) -> None:
    asked = propose(text, two_of_each())
    assert isinstance(asked, Clarification)
    assert tuple(choice.value for choice in asked.choices) == choices
    answered = propose(text, two_of_each(), (asked.question, choices[-1]))
    assert calls(answered)[0][2] == choices[-1].rpartition(" ")[2]


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("what is the temperature in the cellar?", "cellar"),
        ("what is the temperature in the greenhouse?", "box"),
        ("turn off the lamp in the cellar", "cellar"),
        ("battery of galaxy", "galaxy"),
    ],
)
def test_places_and_names_settle_it(text: str, device: str) -> None:
    assert [call[2] for call in calls(propose(text, two_of_each()))] == [device]

"""Orders over several devices: what flows between them, and what waits for what."""

from __future__ import annotations

import pytest

from orchestrator.core.plan import Plan
from tests.agents.embedded.kinds.fleet import calls, propose


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        (
            "take a screenshot on my phone and save it on alpha as shots/today.png",
            [
                ("phone.screenshot", {}, "pixel"),
                ("artifact.save", {"artifact": "${screenshot.output.artifact}", "path": "shots/today.png"}, "alpha"),
            ],
        ),
        (
            "send the file report.txt from the desktop to the phone",
            [
                ("artifact.publish", {"path": "report.txt"}, "desk"),
                (
                    "phone.push",
                    {"artifact": "${publish.output.artifact}", "target": "/sdcard/Download/report.txt"},
                    "pixel",
                ),
            ],
        ),
        (
            "read the page http://127.0.0.1/prices on the desktop and save its table as prices.csv on alpha",
            [
                ("browser.read", {"url": "http://127.0.0.1/prices"}, "desk"),
                ("browser.table", {"format": "csv"}, "desk"),
                ("file.write", {"path": "prices.csv", "text": "${table.output.csv}"}, "alpha"),
            ],
        ),
        (
            "text +49 30 445566 the temperature of the greenhouse",
            [
                ("edge.read", {"sensor": "temperature"}, "box"),
                ("phone.sms", {"number": "+49 30 445566", "text": "temperature: ${read.output.value} °C"}, "pixel"),
            ],
        ),
        (
            "open the window and the valve",
            [
                ("edge.set", {"actuator": "window", "value": "open"}, "box"),
                ("edge.set", {"actuator": "valve", "value": "open"}, "box"),
            ],
        ),
        (
            "show the free disk space of alpha and the battery of the phone",
            [("system.disk", {}, "alpha"), ("phone.battery", {}, "pixel")],
        ),
    ],
)
def test_steps(text: str, steps: list[tuple[str, dict[str, object], str]]) -> None:
    assert calls(propose(text)) == steps


def _gates(text: str) -> list[tuple[str, str, str, object]]:
    """(skill, path, comparison, value) of each condition."""
    found = propose(text)
    assert isinstance(found, Plan), found
    edges = [(step.skill, edge.when) for step in found.steps for edge in step.after if edge.when is not None]
    return [(skill, when.path, when.op, when.value) for skill, when in edges]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "gates"),
    [
        ("close the valve if the humidity is above 80", [("edge.set", "output.value", ">", 80)]),
        ("unless the window is open, turn on the lamp", [("edge.set", "output.value", "!=", "open")]),
        (
            "if it is warmer than 30 in the greenhouse, open the window, otherwise close it",
            [("edge.set", "output.value", ">", 30), ("edge.set", "output.value", "<=", 30)],
        ),
        ("if the phone is charging, turn the lamp off", [("edge.set", "output.charging", "==", True)]),
        (
            "open the window if the temperature is above 30 and the humidity is below 20",
            [("edge.set", "output.value", ">", 30), ("edge.set", "output.value", "<", 20)],
        ),
        (
            "when the greenhouse is above 30 degrees open the window and tell my desktop",
            [("edge.set", "output.crossed", "==", True), ("desktop.notify", "output.crossed", "==", True)],
        ),
    ],
)
def test_conditions(text: str, gates: list[tuple[str, str, str, object]]) -> None:
    assert _gates(text) == gates


def test_what_looks_at_one_screen_is_done_in_order() -> None:
    found = propose("read the page https://example.org on the desktop and get its table")
    assert isinstance(found, Plan)
    assert [edge.step for edge in found.steps[1].after] == [found.steps[0].id]


def test_text_of_a_request_is_never_a_reference() -> None:
    found = propose('open Notes on the phone and type "${open-app.output.app}" into the note field')
    assert calls(found)[1][1]["text"] == "$${open-app.output.app}"

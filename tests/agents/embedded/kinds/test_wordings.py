"""Names without quotation marks, places of the screen, times of day, slips, polite frames, and how much is enough."""

from __future__ import annotations

import pytest

from orchestrator.core.plan import Plan
from protocol.vocabulary import JsonObject
from tests.agents.embedded.flow.lab import lab
from tests.agents.embedded.kinds.fleet import calls, estate, propose

ONE: list[tuple[str, str, JsonObject]] = [
    ("tap Sign in on my phone", "phone.tap", {"text": "Sign in"}),
    ("is there a button Send on the phone", "phone.find", {"text": "Send"}),
    ("hold \"Delete\" for two seconds on the phone", "phone.tap", {"text": "Delete", "hold_ms": 2000}),
    ("swipe from 500,1500 to 500,300 on the phone", "phone.swipe",
     {"from_x": 500, "from_y": 1500, "to_x": 500, "to_y": 300}),
    ("press volume up three times on pixel", "phone.press", {"keys": ["VOLUME_UP"] * 3}),
    ("press the home button on the phone", "phone.press", {"keys": ["HOME"]}),
    ("text 112233 that I am late", "phone.sms", {"number": "112233", "text": "I am late"}),
    ("send an SMS to 112233 saying: see you at 7", "phone.sms", {"number": "112233", "text": "see you at 7"}),
    ("who rang me on my phone? the last five will do", "phone.calls", {"limit": 5}),
    ("last 50 lines of the phone's log, errors only", "phone.log", {"lines": 50, "level": "error"}),
    ("what is on the phone's screen", "phone.ui", {}),
    ("any chance you can show me the last three text messages on pixel?", "phone.messages", {"limit": 3}),
    ("swith off the lamp", "edge.set", {"actuator": "lamp", "value": "off"}),
    ("make sure that the valve is shut", "edge.set", {"actuator": "valve", "value": "shut"}),
    ("turn the light on in ten minutes", "edge.add_schedule", {"actuator": "lamp", "set": "on", "in_s": 600}),
    ("close the window every evening at 9:15", "edge.add_schedule",
     {"actuator": "window", "set": "closed", "daily": "21:15"}),
    ("open the window at 8 am on mondays and fridays", "edge.add_schedule",
     {"actuator": "window", "set": "open", "daily": "08:00", "days": ["mon", "fri"]}),
    ("save the box's history to history.jsonl", "edge.export_history", {"path": "history.jsonl"}),
    ("which topics are there on the broker", "edge.topics", {}),
    ("roll the box back to the previous firmware", "edge.restore_firmware", {}),
    ("find the button Submit in the window Registration on desk", "desktop.find",
     {"text": "Submit", "window": "Registration"}),
    ("double-click the icon at 50,80 on desk", "desktop.click", {"x": 50, "y": 80, "times": 2}),
    ("press the F5 key on desk", "desktop.press", {"keys": ["F5"]}),
    ("put \"at 3 pm in room 204\" in the clipboard of desk", "desktop.write_clipboard",
     {"text": "at 3 pm in room 204"}),
    ("choose Norway in the list Country in the browser", "browser.select", {"option": "Norway", "field": "Country"}),
    ("pull the second table out of http://localhost:8080/stock", "browser.table",
     {"url": "http://localhost:8080/stock", "number": 2}),
    ("where does https://example.com/partners link to?", "browser.links", {"url": "https://example.com/partners"}),
    ("sum of amount for each customer in orders.csv on alpha, the biggest first", "table.group",
     {"path": "orders.csv", "by": ["customer"], "measure": "sum", "of": "amount", "order": "desc"}),
    ("the rows of orders.csv on alpha whose amount is above 500", "table.select",
     {"path": "orders.csv", "where": [{"column": "amount", "op": ">", "value": 500}]}),
    ("combine a.csv and b.csv on alpha by the column id into c.csv", "table.join",
     {"left": "a.csv", "right": "b.csv", "on": "id", "path": "c.csv"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "skill", "arguments"), ONE)
def test_one_step(text: str, skill: str, arguments: JsonObject) -> None:
    (call,) = calls(propose(text, estate()))
    assert call[:2] == (skill, arguments)


@pytest.mark.parametrize("name", ["notes.txt", "config.yml", "app.conf", "etc/rc"])
def test_a_file_is_read_as_it_is(name: str) -> None:
    (call,) = calls(propose(f"read {name} on alpha", lab()))
    assert call[:2] == ("file.read", {"path": name})


@pytest.mark.parametrize(
    ("text", "skill", "more"),
    [
        ("make minutes.pdf on beta out of minutes.txt, the title should be Minutes of May", "pdf.write",
         {"path": "minutes.pdf", "title": "Minutes of May"}),
        ("I'd like a line chart of price over date from prices.csv on beta, saved as p.png", "chart.make",
         {"path": "p.png", "kind": "line", "x": "date", "y": ["price"]}),
        ("draw a pie chart of prices.csv on beta and call it p.png", "chart.make", {"path": "p.png", "kind": "pie"}),
        ("save the sheet Totals of report.xlsx on alpha as totals.csv", "csv.write", {"path": "totals.csv"}),
    ],
)  # fmt: skip
def test_documents(text: str, skill: str, more: JsonObject) -> None:
    read, write = calls(propose(text, estate()))
    assert (write[0], {**write[1], **more}) == (skill, write[1])
    assert read[0] in {"file.read", "csv.read", "xlsx.read"}


@pytest.mark.parametrize(
    "text",
    [
        "send a message to the topic home/announce",  # no text
        "tap the third button on the phone",  # not what it says
        "open the window every month at 8:00",
        "open the window tomorrow",
        "what SMS came today",  # no skill knows days
        "read the sheet Costs of budget.xlsx on alpha, the last five are enough",  # a limit gives the first ones
        "show the phone's battery, errors only",
        "save notes.md and notes.pdf on alpha",
        "text 112233 that temperature of the greenhouse",
        "merge a.pdf and b.pdf on alpha into c.pdf",
    ],
)
def test_declined(text: str) -> None:
    assert not isinstance(propose(text, estate()), Plan)

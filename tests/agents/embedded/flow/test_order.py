"""What waits for what: `then`, messages about what was done, one file used twice; what is made of all or nothing."""

from __future__ import annotations

import pytest

from agents.embedded.flow.door import propose
from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.plan import Declined, Plan, Step
from orchestrator.core.requests import Request
from tests.agents.embedded.flow.test_pages_and_phones import FLEET
from tests.support.embedded_fleet import Context

SITE = "http://127.0.0.1:4000"


def planned(text: str) -> dict[str, Step]:
    found = propose(text, FLEET, None, ())
    assert isinstance(found, Plan), found
    return {step.id: step for step in found.steps}


def waits(step: Step) -> list[tuple[str, str]]:
    return [(edge.step, edge.on.value) for edge in step.after]


@pytest.mark.parametrize("joint", [", then", " and", ". Afterwards"])
def test_a_message_about_a_copy_is_sent_when_the_copy_is_there(joint: str) -> None:
    found = planned(f'Copy notes.md from alpha to desk as notes.html{joint} text "it is there" to +4917000.')
    assert waits(found["sms-pixel"]) == [("convert-desk", "success")]


def test_what_comes_after_then_waits_for_all_before_it() -> None:
    found = planned("Set the lamp on, then read the temperature and set the heating to it.")
    assert waits(found["read-box"]) == [("set", "success")]
    found = planned("Read the humidity. Keep the number in h.txt on desk, then average the temperature over 9 seconds.")
    assert waits(found["read-box-2"]) == [("write-desk", "success")]


def test_a_message_waits_for_what_may_not_be_done_however_it_ends() -> None:
    text = 'Read the humidity. If it is below 20, keep the number in h.txt on desk. Publish "looked" to ops/air.'
    found = planned(text)
    assert waits(found["publish-box"]) == [("write-desk", "completion")]
    assert found["write-desk"].on_failure == "fail"
    assert "on_failure" in found["write-desk"].model_fields_set


def test_a_file_is_written_once_after_the_other() -> None:
    found = planned(
        "Look for the WARN lines in a.log on alpha and gamma. Write them in time order to w.log on desk. If there are "
        'more than 9 of them altogether, text "many" to +4917000, otherwise w.log should just say "few".'
    )
    assert ("write-desk", "success") in waits(found["write-desk-2"])


def test_nothing_is_made_of_half_a_table_or_of_no_numbers() -> None:
    found = planned(f"Get {SITE}/a.csv onto alpha as a.csv. Write the median of cost to m.txt on desk.")
    gates = [edge.when.model_dump() for step in found.values() for edge in step.after if edge.when]
    assert gates == [
        {"path": "output.truncated", "op": "==", "value": False},
        {"path": "output.count", "op": ">", "value": 0},
    ]


def test_a_folder_as_a_goal_keeps_the_name() -> None:
    found = planned("Pack the folder site on alpha into s.zip, and put it on beta in old/ and on gamma.")
    assert found["save-beta"].arguments["path"] == "old/s.zip"


LOADS = f"The numbers at {SITE}/a.json and {SITE}/b.json each have a field load. Write them to l.csv on desk "
COUNTS = "Count the ERROR lines in a.log on alpha. Count the WARN lines in a.log on beta."
HASHES = "Compute the sha256 of a.bin on alpha and beta and write them to h.csv on desk"
PAGES = f"Check {SITE}/a/cart and {SITE}/a/mail."
LISTS = f"Let both web servers fetch their own {{}} list into p.csv: alpha from {SITE}/a.csv, gamma from {SITE}/g.csv. "


@pytest.mark.parametrize(
    "text",
    [
        LOADS + "(columns host and load, the oldest first).",
        LOADS + "(columns host and load, the cheapest first).",
        LISTS.format("seed") + "Then combine them on forge into all.csv, the cheapest first.",
        LISTS.format("price") + "Then combine them on forge into all.csv, the cheapest shops first.",
        f"{COUNTS} Text the number to +4917000.",
        f'{COUNTS} If the count is above 5, text "bad" to +4917000.',
        f'{PAGES} For each page that does not answer with status 200, show "down: PAGE" on desk and text "x" to +4917.',
        f"Get {SITE}/a.csv onto alpha as a.csv; if it fails, take {SITE}/b.csv instead and draw the column cost "
        "against day as a bar chart c.png on desk.",
        f'{PAGES} Publish "x" to a/b and show "up" on desk if both of them answer with status 200.',
        f'{PAGES} Show "up" on desk if all three of them answer with status 200.',
        f'{PAGES} Show "up" on desk unless both of them answer with status 200.',
        "The last 5 lines of a.log on alpha should not be kept on desk as tail.txt.",
        "The last 5 lines of a.log on alpha should be kept on desk as tail.txt until Friday.",
        f"{HASHES} with the columns hash and host.",
        f"{HASHES} with the columns host and size.",
        "How many WARN lines are in a.log on alpha and beta? Put a table with the columns host and errors on desk as "
        "w.csv, one row per host.",
        "How many WARN lines are in a.log on alpha and beta? Put a table with the columns warns and host on desk as "
        "w.csv, one row per host.",
        "Make workbooks of the lists and put them on desk: a.csv on alpha becomes a.xlsx, b.csv on beta "
        "becomes a.xlsx.",
        f"Open {SITE}/a.html on pixel, take a screenshot there and put it on desk as p.png, and close the browser.",
        f'Get {SITE}/a.csv onto alpha as a.csv; if it fails, take {SITE}/b.csv instead. Text "got it" to +4917000.',
        "If the temperature is above 30 degrees, open the window and if the humidity is above 80, too, set "
        "the lamp on.",
    ],
)
def test_declined(text: str) -> None:
    assert isinstance(propose(text, FLEET, None, ()), Declined)


def test_the_file_that_is_read_is_not_the_one_that_is_written() -> None:
    request = Request(text="Write the number of WARN lines in a.log on alpha to n.txt on desk.")
    found = EmbeddedPlanner().propose(request, Context(FLEET))
    assert isinstance(found, Plan)
    assert [step.arguments["path"] for step in found.steps] == ["a.log", "n.txt"]


def test_a_file_is_no_field_of_a_window() -> None:
    request = Request(text='Count the WARN lines in a.log on alpha, then write "counted" into done.txt on desk.')
    found = EmbeddedPlanner().propose(request, Context(FLEET))
    assert not isinstance(found, Plan) or [step.skill for step in found.steps] == ["file.search", "file.write"]


def test_the_same_in_other_words() -> None:
    found = planned(f'{PAGES} Show "up" on desk if both of them answer with status 200.')
    gates = [(edge.step, edge.on.value) for edge in found["notify-desk"].after]
    assert gates == [("cart", "condition"), ("mail", "condition")]
    text = 'Write the number of WARN lines in a.log on alpha to n.txt on desk, and if it is above 5, show "x" on desk.'
    found = planned(text)
    assert list(found) == ["count-alpha", "write-desk", "notify-desk"]
    found = planned("The last 5 lines of a.log on alpha should be kept on desk as tail.txt.")
    assert found["write-desk"].arguments["path"] == "tail.txt"
    found = planned(f"alpha and beta should each get {SITE}/m as m.txt; if that address fails, take {SITE}/n instead.")
    assert list(found) == ["download-alpha", "download-beta", "mirror-alpha", "mirror-beta"]


def test_rows_that_were_taken_are_put_somewhere() -> None:
    found = planned("Get the rows in stock.csv on gamma whose stock is below 5 and put them on beta as low.csv.")
    assert found["table-beta"].arguments == {"path": "low.csv", "items": "${rows-gamma.output.items}"}


def test_the_newest_text_may_be_one_of_several() -> None:
    found = planned("Somebody has texted pixel from +49 170 123. Put what she wrote on alpha as t.txt.")
    assert waits(found["write-alpha"]) == [("text-pixel", "success")]


def test_the_cheapest_is_that_of_the_prices() -> None:
    found = planned(LISTS.format("price") + "Then combine them on forge into all.csv, the cheapest first.")
    assert found["sort"].arguments["by"] == "price"
    [when] = {str(edge.when.model_dump()) for edge in found["sort"].after if edge.when}
    assert "'output.columns', 'op': 'contains', 'value': 'price'" in when

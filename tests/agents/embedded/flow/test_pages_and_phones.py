"""Pages, phones, conditions and checks as parts of a flow: the steps that come of them, and what is declined."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agents.embedded.flow.door import propose
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Declined, Plan, Step
from tests.agents.embedded.flow.lab import lab
from tests.agents.embedded.kinds.fleet import home
from tools.host import databases
from tools.registry import Registry

SITE = "http://127.0.0.1:4000"
SHA = "ab" * 32
SQL = {spec.name: spec for spec in Registry.of_modules(databases).specs()}
BETA = lab().devices["beta"]
FLEET = FleetView.of(
    *(one for one in lab().devices.values() if one is not BETA),
    replace(BETA, skills={**BETA.skills, **SQL}),
    home().devices["pixel"],
)


def planned(text: str) -> list[Step]:
    found = propose(text, FLEET, None, ())
    assert isinstance(found, Plan), found
    return list(found.steps)


def told(text: str) -> list[tuple[str, str, str]]:
    """Each step's skill, device, and the one argument that says what it is about."""
    about = ("target", "path", "url", "topic", "number", "actuator", "sensor", "title", "statement", "by")
    return [
        (
            step.skill,
            step.devices.names[0] if step.devices.names else "",
            str(next((step.arguments[name] for name in about if name in step.arguments), "")),
        )
        for step in planned(text)
    ]


def gates(text: str) -> list[tuple[str, str, str, object]]:
    """Of each step behind a condition: its skill, and the path, the sign and the value."""
    return [
        (step.skill, getattr(edge.when, "path", ""), getattr(edge.when, "op", ""), getattr(edge.when, "value", None))
        for step in planned(text)
        for edge in step.after
        if edge.when is not None
    ]


FETCH = f"Fetch {SITE}/a/cart from alpha and {SITE}/a/mail from beta."


def test_statuses_of_pages_become_a_table() -> None:
    text = (
        f"Check the status pages {SITE}/a/cart, {SITE}/a/mail and {SITE}/a/find. Write them to "
        f"up.csv on desk, with the "
        "columns page and status."
    )
    *fetched, table = planned(text)
    assert [(step.skill, step.arguments["url"]) for step in fetched] == [
        ("http.fetch", f"{SITE}/a/{name}") for name in ("cart", "mail", "find")
    ]
    assert table.arguments["items"] == [
        {"page": f"{SITE}/a/{name}", "status": f"${{{name}.output.status}}"} for name in ("cart", "mail", "find")
    ]


def test_only_the_pages_that_fail() -> None:
    text = f"{FETCH} Put those that don't answer with status 200 into bad.csv on desk, with the columns url and status."
    assert told(text)[2:] == [("data.filter", "", "status"), ("csv.write", "desk", "bad.csv")]
    assert planned(text)[2].arguments["op"] == "!="


def test_a_field_of_json_pages_in_an_order_and_for_each() -> None:
    text = (
        f"The numbers at {SITE}/m/a.json and {SITE}/m/b.json each have a field load. Write them to load.csv on desk "
        "(columns host and load, the lowest load first), and for every page whose load is above 9 show the message "
        '"busy: PAGE" on desk.'
    )
    steps = planned(text)
    assert steps[2].arguments["order"] == "asc"
    assert [step.arguments.get("title") for step in steps[4:]] == ["busy: a", "busy: b"]
    assert gates(text) == [("desktop.notify", "output.data.load", ">", 9)] * 2


def test_a_condition_over_statuses_with_a_number_in_the_text_and_otherwise() -> None:
    text = (
        f'{FETCH} If one or more of them answer with another status than 200, text +4917000 "NN fail" with the number '
        'for NN, open the window, and publish the number to ops/down. Otherwise publish "fine" to ops/down.'
    )
    steps = planned(text)
    assert [step.skill for step in steps[3:]] == ["phone.sms", "edge.set", "edge.publish", "edge.publish"]
    assert steps[3].arguments["text"] == "${failing.output.count} fail"
    assert [op for _, _, op, _ in gates(text)] == [">=", ">=", ">=", "<"]


def test_a_reading_decides() -> None:
    text = (
        "Measure the mean temperature over 2 seconds and keep it in t.txt on alpha, and the "
        "humidity in h.txt on gamma. "
        'If the mean is below 12 degrees, close the window, otherwise show "warm enough" on desk.'
    )
    assert told(text)[:4] == [
        ("edge.aggregate", "box", "temperature"),
        ("file.write", "alpha", "t.txt"),
        ("edge.read", "box", "humidity"),
        ("file.write", "gamma", "h.txt"),
    ]
    assert gates(text) == [("edge.set", "output.mean", "<", 12), ("desktop.notify", "output.mean", ">=", 12)]


def test_for_each_page_its_name_is_told() -> None:
    text = (
        f"{FETCH} For every page that does not answer with status 200, text its name (cart or mail) "
        f"to +4917000. If all "
        'two of them answer with 200, show the notification "all well" on desk instead.'
    )
    assert [step.arguments.get("text") for step in planned(text)[2:4]] == ["cart", "mail"]
    assert len(gates(text)) == 4


def test_a_text_goes_into_files_and_onto_a_screen() -> None:
    text = (
        "Somebody has texted pixel from +49 170 123. Save what she wrote as in/note.txt on alpha "
        "and gamma, and show the "
        "same text as a notification on desk."
    )
    assert told(text) == [
        ("phone.messages", "pixel", "+49170123"),
        ("file.write", "alpha", "in/note.txt"),
        ("file.write", "gamma", "in/note.txt"),
        ("desktop.notify", "desk", "${text-pixel.output.messages[0].text}"),
    ]


def test_pictures_of_a_page_on_two_screens() -> None:
    text = (
        f"Open {SITE}/a.html on pixel and take a screenshot there, take a picture of the same page in the browser of "
        "desk, and put both on beta as p.png and d.png."
    )
    assert [(skill, device) for skill, device, _ in told(text)] == [
        ("phone.open_url", "pixel"),
        ("phone.screenshot", "pixel"),
        ("browser.screenshot", "desk"),
        ("artifact.save", "beta"),
        ("artifact.save", "beta"),
    ]
    assert [edge.step for edge in planned(text)[1].after] == ["open-url"]


def test_rows_of_a_database_go_into_a_table() -> None:
    text = (
        "Get the rows of the table sales in shop.db on beta whose price is at least 20 and save "
        "them as top.csv on desk."
    )
    query, table = planned(text)
    assert query.arguments["statement"] == "select * from sales where price >= 20"
    assert (table.skill, table.arguments["items"]) == ("csv.write", "${rows-beta.output.rows}")


def test_tables_are_put_together() -> None:
    text = (
        f"Let both web servers fetch their own price list into p.csv: alpha from {SITE}/a.csv, "
        f"gamma from {SITE}/g.csv. "
        "Then combine them on forge into all.csv, only the articles with stock above 2, the cheapest first."
    )
    assert [step.skill for step in planned(text)] == [
        "http.download", "http.download", "csv.read", "csv.read", "data.filter", "data.rank", "csv.write",
    ]  # fmt: skip


def test_the_largest_folder_and_the_number_of_files() -> None:
    text = "Which of alpha, beta and gamma has the largest mail folder? Put the name of that server in big.txt on desk."
    assert [skill for skill, _, _ in told(text)] == [*["file.usage"] * 3, "data.rank", "file.write"]
    text = "How many files are there below old/ on alpha and beta, and how many are that together?"
    found = propose(text, FLEET, None, ())
    assert isinstance(found, Plan)
    assert found.answer == ("count-alpha", "count-beta", "together")


def test_firmware_is_held_to_its_checksum() -> None:
    text = (
        f"Update the firmware of box from {SITE}/f.bin. The checksum is in f.sha on alpha; if it "
        f"doesn't match, take the "
        f"image from {SITE}/m/f.bin. Afterwards note the checksum of what is installed in now.txt on beta."
    )
    head, update, note = planned(text)
    assert update.arguments == {
        "url": f"{SITE}/f.bin",
        "sha256": f"${{{head.id}.output.lines[0]}}",
        "mirrors": [f"{SITE}/m/f.bin"],
    }
    assert note.arguments["text"] == f"${{{update.id}.output.sha256}}"


def test_copies_that_are_wrong_are_replaced() -> None:
    text = (
        f"The SHA-256 of the tool must be {SHA}. Check bin/tool on alpha and beta, and on every "
        f"server where it is another "
        "one put new/tool from forge in its place."
    )
    text = text.replace("every server", "any server")
    assert gates(text) == [("artifact.save", "output.hash", "!=", SHA)] * 2


def test_what_is_done_with_a_file_goes_on_with_that_of_the_mirror() -> None:
    text = (
        f"Get {SITE}/a.csv onto alpha as in/a.csv; if it fails, take {SITE}/m/a.csv instead. Once "
        f"it is there, give beta a "
        "copy under the same path, plot the column cost against day as a bar chart out/a.png on "
        "desk, and write the mean "
        "of cost to a.txt next to it."
    )
    steps = {step.id: step for step in planned(text)}
    for name in ("share-alpha", "rows-alpha"):
        assert steps[name].join == "any"
        assert [edge.step for edge in steps[name].after] == ["download-alpha", "mirror-alpha"]
    assert (steps["draw-desk"].arguments["kind"], steps["draw-desk"].arguments["x"]) == ("bar", "day")
    assert steps["write-desk"].arguments["path"] == "out/a.txt"


def test_files_become_files_of_another_kind_each() -> None:
    text = (
        "Make workbooks of the price lists and leave them on desk: a.csv on alpha becomes a.xlsx, "
        "b.csv on beta becomes b.xlsx."
    )
    assert [(skill, path) for skill, _, path in told(text)] == [
        ("csv.read", "a.csv"),
        ("xlsx.write", "a.xlsx"),
        ("csv.read", "b.csv"),
        ("xlsx.write", "b.xlsx"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"{FETCH} If three or more of them are pretty, text +4917000 \"bad\".",
        f"{FETCH} Otherwise publish \"ok\" to ops/down.",
        f"{FETCH} If all three answer with 200, show the notification \"all well\" on desk.",
        f"{FETCH} Write them to up.csv on desk, with the columns page and size.",
        f"{FETCH} Write them to up.csv on desk, with the columns page and status, without the first.",
        f"{FETCH} For every page that does not answer with status 200, text its name (shop or mail) to +4917000.",
        f"{FETCH} If two or more of them answer with another status than 200, text +4917000 \"bad\" "
        f"with the number for N.",
        "If the mean is above 3 degrees, show \"warm\" on desk.",
        "Measure the mean temperature over 2 seconds. If the mean is above 3 degrees, open the "
        "window and delete a.txt.",
        f"Update the firmware of box from {SITE}/f.bin.",
        f"The SHA-256 of the tool must be {SHA}.",
        f"The SHA-256 of the tool must be {SHA[:-1]}. Check bin/tool on alpha and beta.",
        "Save what she wrote as in/note.txt on alpha.",
        "Nobody has texted pixel from +49 170 123. Save what she wrote as in/note.txt on alpha.",
        "Measure the mean temperature over 2 seconds. If the mean is above 3 degrees, open the window instead.",
        "Measure the mean temperature over 2 seconds. If the mean is above 3 degrees for a day, open the window.",
        "Make workbooks of the first tables and leave them on desk: a.csv on alpha becomes a.xlsx.",
        "Make workbooks of the tables and leave them on desk: a.csv on alpha becomes a.pdf.",
        "Draw the column cost by day as a bar chart a.png on desk.",
        f"Get {SITE}/a.csv onto alpha as a.csv. Give beta and gamma a copy under another path.",
        "Get the rows of the table sales in shop.db on beta whose price is at least 20 and the "
        "city is Rome and save them "
        "as top.csv on desk.",
        "Which of alpha, beta and gamma has the largest mail folder? Put the names of the servers in big.txt on desk.",
        "How many files are there below old/ on alpha and beta? Tell me the four numbers.",
        "Somebody has texted pixel from +49 170 123. Show it on the screen.",
    ],
)  # fmt: skip
def test_declined(text: str) -> None:
    assert isinstance(propose(text, FLEET, None, ()), Declined)

"""Requests of several clauses that the chart over typed meanings reads, and those that it declines."""

from __future__ import annotations

import pytest

from agents.embedded.meaning.door import propose
from agents.embedded.meaning.terms import GRAMMAR
from orchestrator.core.compiler import compile_plan
from orchestrator.core.plan import Declined, Plan, Step
from tests.agents.embedded.flow.lab import lab


def planned(text: str) -> list[Step]:
    """The steps of the plan; it compiles."""
    found = propose(text, lab(), None, ())
    assert isinstance(found, Plan), found
    _, problems = compile_plan(found, lab())
    assert problems == ()
    return list(found.steps)


def told(text: str) -> list[tuple[str, str, str]]:
    """Each step's skill, device, and the argument that says what it is about."""
    about = ("target", "path", "command", "pattern", "url", "topic", "actuator", "sensor", "title", "by")
    return [
        (
            step.skill,
            step.devices.names[0] if step.devices.names else "",
            str(next((step.arguments[name] for name in about if name in step.arguments), "")),
        )
        for step in planned(text)
    ]


def test_every_symbol_of_a_rule_is_there() -> None:
    for symbol in GRAMMAR.rules:
        assert GRAMMAR.first(symbol)


def test_pronouns_and_places_go_through_several_clauses() -> None:
    assert told(
        "Make a verified backup of the folders conf and certs on alpha as safe.tar.gz, send it to beta as "
        "kept/a.tar.gz, "
        "check the copy there against its manifest, and note its checksum in kept/a.sha on desk."
    ) == [
        ("backup.create", "alpha", "safe.tar.gz"),
        ("backup.verify", "alpha", ""),
        ("artifact.publish", "alpha", "safe.tar.gz"),
        ("artifact.save", "beta", "kept/a.tar.gz"),
        ("backup.verify", "beta", ""),
        ("file.hash", "beta", "kept/a.tar.gz"),
        ("file.write", "desk", "kept/a.sha"),
    ]


def test_what_is_known_of_a_table_is_used_later() -> None:
    steps = planned(
        "On gamma there is staff.db with a table staff. I'd like everyone whose town is Faro in a workbook "
        "faro.xlsx on "
        "desk, sorted by name, and the number of them in faro.txt beside it."
    )
    assert steps[0].arguments["statement"] == "SELECT * FROM staff WHERE town = ?"
    assert [step.skill for step in steps] == ["sql.query", "data.rank", "xlsx.write", "data.merge", "file.write"]
    assert steps[-1].devices.names == ("desk",)


def test_for_each_server_where_a_count_is_high() -> None:
    steps = planned(
        "Count the lines that say FATAL in logs/x.log on alpha and gamma. On every server with more than 7 "
        "of them, pack "
        "the folder logs into l.tar.gz and copy that to forge as in/SERVER.tar.gz, SERVER being its name."
    )
    saved = [step for step in steps if step.skill == "artifact.save"]
    assert [step.arguments["path"] for step in saved] == ["in/alpha.tar.gz", "in/gamma.tar.gz"]
    packs = [step for step in steps if step.skill == "archive.create"]
    assert [edge.when.model_dump()["value"] for step in packs for edge in step.after if edge.when] == [7, 7]


def test_a_condition_and_the_case_that_it_leaves() -> None:
    steps = planned(
        "Verify the backup b/shop.tar.gz on beta. If it is fine, restore it into back on gamma; if it's not, show the "
        'notification "Shop backup damaged" on desk.'
    )
    edges = {step.skill: step.after for step in steps}
    good, bad = edges["artifact.publish"][0].when, edges["desktop.notify"][0].when
    assert good is not None
    assert bad is not None
    assert (good.model_dump()["op"], bad.model_dump()["op"]) == ("==", "!=")


def test_the_first_and_the_second_of_two_readings() -> None:
    steps = planned(
        "Measure the temperature and the soil moisture; keep the second in b.txt on beta, the first in a.txt on alpha."
    )
    assert [(step.devices.names, step.after[0].step) for step in steps[2:]] == [
        (("beta",), steps[1].id),
        (("alpha",), steps[0].id),
    ]


def test_what_a_command_leaves_goes_on_only_where_it_ended_well() -> None:
    steps = planned(
        "In the folder book on gamma, run `make pdf`; after that, the file out/book.pdf which it leaves there is to be "
        "put on alpha as www/book.pdf and on beta as mirror/book.pdf."
    )
    assert [step.arguments.get("path") for step in steps[1:]] == [
        "book/out/book.pdf",
        "www/book.pdf",
        "mirror/book.pdf",
    ]
    [edge] = steps[1].after
    assert edge.when is not None
    assert edge.when.model_dump() == {"path": "output.exit_code", "op": "==", "value": 0}


def test_of_copies_of_one_table_one_is_read() -> None:
    steps = planned(
        "Get http://h.test/e.csv onto alpha as d/e.csv; if that address doesn't work, take "
        "http://h.test/f.csv instead. "
        "Once it is there, give beta and gamma a copy under the same path, and write the average of kwh to "
        "m.txt on desk."
    )
    assert sum(step.skill == "table.select" for step in steps) == 1


def test_rows_that_are_left_in_an_order() -> None:
    steps = planned(
        'Download http://h.test/m.csv to beta as m.csv. Leave out all rows whose state is "gone", order '
        "the rest by name, "
        "and save the result as out/m.csv on gamma and as out/m.xlsx on desk."
    )
    assert [step.skill for step in steps[1:]] == ["table.select", "data.rank", "csv.write", "xlsx.write"]
    assert steps[1].arguments["where"] == [{"column": "state", "op": "!=", "value": "gone"}]


@pytest.mark.parametrize(
    "text",
    [
        # who is meant is open
        "Copy a.txt from alpha to beta as b.txt, c.txt from gamma to beta as d.txt; note its checksum in "
        "s.txt on beta.",
        "Read the temperature; save the second in a.txt on alpha.",
        "Read the temperature and the soil moisture; save the third in a.txt on alpha.",
        "Copy q.csv from alpha to desk, then delete it.",
        "Get a.csv from alpha and b.csv from beta onto desk.",
        "Count the ERROR lines in a.log on alpha. Count the WARN lines in b.log on beta. Write the count "
        "to n.txt on desk.",
        # words that no rule reads
        "Tomorrow copy a.txt from alpha to beta as b.txt and write its checksum to s.txt on desk.",
        "Copy a.txt from alpha to beta as b.txt, and never touch c.txt.",
        "Copy a.txt from alpha to beta as b.txt unless it is Sunday.",
        "a.txt on alpha will be copied to beta as b.txt.",
        "Copy a.txt on alpha to beta as b.txt and write its size to s.txt on the moon.",
        "Verify the backup b.tar.gz on beta. If it is probably fine, restore it into c on gamma.",
        "Delete a.txt and b.txt or c.txt on beta.",
        # a place or a name is lacking
        "Count the lines that say FATAL in logs/x.log and write the number to n.txt on desk.",
        "Count the lines that say FATAL in logs/x.log on alpha and gamma. Write the number to n.txt on desk.",
        "Count the lines that say FATAL in logs/x.log on alpha. Write the three counts to n.csv on desk (server, n).",
        "Pack the folder logs on alpha and gamma into l.zip and send the archives to forge as in/l.zip.",
        # what happens only in a case is not there in every case
        "Count the ERROR lines in a.log on alpha. If there are more than 3 of them, copy a.log to beta as a.log. "
        "Write the checksum of the copy to s.txt on desk.",
        # columns that do not fit what is there
        "Sum total per region of s.csv on alpha, put it into r.csv on desk (total, region, year).",
    ],
)
def test_declined(text: str) -> None:
    assert isinstance(propose(text, lab(), None, ()), Declined)


@pytest.mark.parametrize(
    "text",
    [
        # a sensor would be waited for
        'When the temperature is above 28, open the window and show "hot" on desk.',
        # words that say how a value is, and are no value
        "Put all rows of s.csv on alpha whose price is missing into m.csv on desk, sorted by id.",
        'Count the ERROR lines in a.log on alpha. If the count is wrong, show "odd" on desk.',
        # one thing said, another one meant
        "Copy a.txt on alpha to beta, c.txt to gamma, or d.txt to desk.",
        "Draw the column kwh of a.csv on alpha as a line chart.",
        "Actually, copy a.txt on alpha to beta and b.txt on alpha to gamma.",
        "Each of alpha and beta has a.csv with the columns id and fee. Write the average of price to m.txt on desk.",
        "Copy a.txt on alpha to beta as a.txt and to gamma as a.txt every night.",
        # kinds that nothing is turned into
        "Turn a.csv on alpha into json and save it on beta as a.json.",
        "Turn a.csv on alpha into a.json and save it on beta as b.json.",
        "Turn a.txt on alpha into uppercase and save it on beta as a.txt.",
    ],
)
def test_near_misses(text: str) -> None:
    assert isinstance(propose(text, lab(), None, ()), Declined)


def test_how_many_there_are_is_no_question_about_their_sum() -> None:
    steps = planned(
        "We have a.csv on alpha and b.csv on beta, both with the columns id and fee. Put all rows with a "
        "fee of 50 or more "
        "into big.xlsx on desk, sorted by fee with the largest first. Then make big.pdf beside it, titled "
        '"Big", with that table and the sum of the fees. If there are more than 9 rows, show the '
        'notification "many" on desk.'
    )
    [edge] = [edge for edge in steps[-1].after if edge.when is not None]
    assert edge.when is not None
    assert edge.when.model_dump() == {"path": "output.count", "op": ">", "value": 9}
    [report] = [step for step in steps if step.skill == "pdf.write"]
    assert report.arguments["title"] == "Big"


def test_there_is_where_something_was_put_last() -> None:
    steps = planned(
        "Draw a histogram of the column age in p.csv on gamma and keep it on desk as c/age.png; the median "
        "and the average age "
        "go to c/age.csv there, with the columns measure and value and the rows median and average."
    )
    assert steps[-1].devices.names == ("desk",)


def test_a_command_that_ends_badly_fails_and_nothing_else_is_taken_for_it() -> None:
    text = (
        "Run `make test` in the folder lib on forge and save its output as t.txt on desk. If it fails, show "
        '"bad" on desk.'
    )
    [edge] = [edge for edge in planned(text)[-1].after if edge.when is not None]
    assert edge.when is not None
    assert edge.when.model_dump() == {"path": "output.exit_code", "op": "!=", "value": 0}
    other = (
        "Run `make test` in the folder lib on forge. Download http://h.test/a.bin to beta as a.bin. If "
        "that fails, show "
        '"bad" on desk.'
    )
    steps = planned(other)
    assert [edge.step for edge in steps[-1].after if edge.on.value == "failure"] == [steps[1].id]


def test_files_that_are_compared_and_what_follows() -> None:
    steps = planned(
        'Compare the checksums of d.bin on alpha and d.bin on beta. If they differ, show "differ" on desk; '
        'if not, write "ok" '
        "to r.txt on desk."
    )
    assert [step.skill for step in steps] == ["file.hash", "file.hash", "data.compare", "desktop.notify", "file.write"]


def test_what_is_fetched_goes_somewhere() -> None:
    assert isinstance(
        propose(
            "Fetch a.txt from alpha. Count the ERROR lines in b.log on beta and write the count to n.txt on desk.",
            lab(),
            None,
            (),
        ),
        Declined,
    )

"""Columns added up on each device and in all, files of another kind, and questions that the rest answers."""

from __future__ import annotations

import pytest

from orchestrator.core.plan import Declined
from tests.agents.embedded.flow.lab import asked, steps, told, why

SUM = "Sum the column litres of milk.csv on alpha and on gamma"


@pytest.mark.slow
def test_sums_become_a_table_a_chart_and_a_total() -> None:
    text = (
        f"How many litres of milk did each farm give? {SUM}, write the two sums to out/milk.csv on desk (farm, litres) "
        "and draw them as a pie chart in milk.png beside it. The whole for all sites goes into total.txt there."
    )
    assert told(text) == [
        ("csv.read", "alpha", "milk.csv"),
        ("data.stats", "alpha", "litres"),
        ("csv.read", "gamma", "milk.csv"),
        ("data.stats", "gamma", "litres"),
        ("csv.write", "desk", "out/milk.csv"),
        ("chart.make", "desk", "out/milk.png"),
        ("data.stats", "desk", ""),
        ("file.write", "desk", "total.txt"),
    ]
    table = steps(text)[4].arguments["items"]
    assert table == [
        {"farm": "alpha", "litres": "${sum-alpha.output.sum}"},
        {"farm": "gamma", "litres": "${sum-gamma.output.sum}"},
    ]


def test_a_table_that_cannot_be_read_has_another_one_beside_it() -> None:
    text = (
        "Each of alpha and beta has hours.xlsx with a column worked; if a workbook is damaged, use the hours.csv "
        "beside it. Write the sum of worked for each server to hours.csv on desk (server, worked) and the sum of all "
        'to all.txt, and if that is more than 900, show a notification on desk that says "overtime".'
    )
    found = steps(text)
    book, table, rows, total = found[:4]
    assert [(edge.step, edge.on.value) for edge in table.after] == [(book.id, "failure")]
    assert [(edge.step, edge.on.value) for edge in rows.after] == [(book.id, "completion"), (table.id, "completion")]
    assert [edge.when is not None for edge in total.after] == [True]
    last = found[-1]
    assert (last.skill, last.arguments["title"]) == ("desktop.notify", "overtime")


def test_files_of_another_kind() -> None:
    page = 'Turn the Markdown in a/b.md on beta into a web page. It belongs on gamma as w/b.html, titled "Good news".'
    read, made = steps(page)
    assert (read.skill, made.skill, made.arguments["title"]) == ("file.read", "html.write", "Good news")
    books = (
        "alpha and beta each keep a hours.csv. For payroll we need them as spreadsheets on desk: "
        "h/beta.xlsx and h/alpha.xlsx, with the same rows and columns."
    )
    written = {step.arguments["path"]: step.arguments["items"] for step in steps(books) if step.skill == "xlsx.write"}
    assert written == {"h/alpha.xlsx": "${read-alpha.output.items}", "h/beta.xlsx": "${read-beta.output.items}"}


@pytest.mark.parametrize(
    "text",
    [
        f"How much money do the servers have? {SUM}, write the sums to a.csv on desk (farm, litres).",
        f"{SUM}, write the three sums to a.csv on desk (farm, litres).",
        f"{SUM}, write the sums to a.txt on desk (farm, litres).",
        f"{SUM}, write the sums to a.csv on desk (farm, litres, day).",
        f"{SUM} and draw them as a bar chart in x/a.png beside it.",
        f"{SUM}, but only those of May, and write the sums to a.csv on desk (farm, litres).",
        f"{SUM} and draw them as a radar chart in a.png on desk.",
        "Write the sum of worked for each server to hours.csv on desk (server, worked).",
        "If a workbook is damaged, use the hours.csv beside it.",
        "Turn the Markdown in a/b.md on beta into a web page. It belongs on gamma as w/b.pdf.",
        "Turn the Markdown in a/b.md on beta into a web page.",
        "Turn the picture a/b.png on beta into a web page. It belongs on gamma as w/b.html.",
        "alpha and beta each keep a h.csv. I need them as workbooks on desk: a.xlsx.",
        "alpha and beta each keep a h.csv. I need them as workbooks on desk: alpha.xlsx and alphas.xlsx.",
        "alpha and beta each keep a h.csv. I need them as workbooks on desk: a.xlsx and b.xlsx, with other columns.",
    ],
)
def test_declined(text: str) -> None:
    assert isinstance(asked(text), Declined)
    assert why(text)

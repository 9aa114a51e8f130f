"""Noun phrases that are computed, what is said of what was made before, and conditions over both."""

from __future__ import annotations

import pytest

from agents.embedded.flow.door import propose
from orchestrator.core.compiler import compile_plan
from orchestrator.core.plan import Plan, Step
from tests.agents.embedded.flow.lab import lab, told, why


def steps(text: str) -> list[Step]:
    """What the grammar of flows makes of a request, also where another one would be asked first."""
    found = propose(text, lab(), None, ())
    assert isinstance(found, Plan), found
    _, problems = compile_plan(found, lab())
    assert problems == ()
    return list(found.steps)


def gates(step: Step) -> list[tuple[str, str, object]]:
    """The comparisons behind which a step stands."""
    found = []
    for edge in step.after:
        when = edge.when.model_dump() if edge.when is not None else {}
        if "op" in when:
            found.append((when["path"], when["op"], when["value"]))
    return found


@pytest.mark.parametrize(
    ("phrase", "skill", "reference"),
    [
        ('the number of lines that mention "bounced" in m.log on alpha', "file.search", "output.count"),
        ("how many WARN lines m.log on alpha has", "file.search", "output.count"),
        ("the number of lines of m.log on alpha", "file.count", "output.lines"),
        ("the size of m.log on alpha", "file.stat", "output.size_bytes"),
        ("the number of rows of t.csv on alpha", "csv.read", "output.count"),
        ("the number of files in the folder a/b on alpha that end in .log", "file.find", "output.count"),
        ("the content of m.txt on alpha", "file.read", "output.text"),
    ],
)
def test_a_phrase_is_computed_where_the_file_lies(phrase: str, skill: str, reference: str) -> None:
    first, *_, last = steps(f"Write {phrase} to n.txt on desk.")
    assert (first.skill, first.devices.names) == (skill, ("alpha",))
    assert f"${{{first.id}.{reference}}}" in str(last.arguments["text"])


@pytest.mark.parametrize(
    ("said", "measure"),
    [("average of fee", "average"), ("mean of the column fee", "average"), ("highest fee", "maximum"),
     ("total of fee", "sum"), ("median of fee", "median"), ("lowest value of fee", "minimum")],
)  # fmt: skip
def test_columns_of_a_table(said: str, measure: str) -> None:
    read, stats, write = steps(f"Put the {said} in fees.csv on beta into fee.txt on desk.")
    assert (read.skill, stats.skill, stats.arguments["by"]) == ("csv.read", "data.stats", "fee")
    assert write.arguments["text"] == f"${{{stats.id}.output.{measure}}}\n"


def test_rows_that_compare_are_counted_and_kept() -> None:
    read, rows, sort, table, counted, count = steps(
        "Save the rows of stock.csv on beta whose amount is at least 50 as many.csv on desk, sorted by amount, and "
        "write the number of them to many.txt on desk."
    )
    assert (rows.arguments["by"], rows.arguments["op"], rows.arguments["value"]) == ("amount", ">=", 50)
    assert (sort.arguments["order"], table.skill, read.skill) == ("asc", "csv.write", "csv.read")
    assert count.arguments["text"] == f"${{{counted.id}.output.count}}\n"


@pytest.mark.parametrize(
    ("said", "measure"),
    [("sum of the three", "sum"), ("total", "sum"), ("highest of them", "maximum"), ("mean of these", "average"),
     ("smallest of the three counts", "minimum")],
)  # fmt: skip
def test_what_was_counted_is_reduced(said: str, measure: str) -> None:
    *_, stats, write = steps(
        f'How many lines of m.log on alpha, beta and gamma contain "late"? Write the {said} to a.txt on desk.'
    )
    assert len(stats.arguments["items"]) == 3  # type: ignore[arg-type]
    assert write.arguments["text"] == f"${{{stats.id}.output.{measure}}}\n"


def test_the_device_with_the_most() -> None:
    *_, rank, write = steps(
        "Count the ERROR lines of a.log on alpha, beta and gamma and write the name of the server with the most ERROR "
        "lines to worst.txt on desk."
    )
    assert (rank.skill, rank.arguments["order"]) == ("data.rank", "desc")
    assert write.arguments["text"] == f"${{{rank.id}.output.best.name}}"


COUNTED = "Count the FATAL lines in a.log on alpha, beta and gamma. "


@pytest.mark.parametrize(
    ("condition", "gate"),
    [
        ("if they add up to more than 30", ("output.sum", ">", 30)),
        ("if the sum of the three exceeds 30", ("output.sum", ">", 30)),
        ("should the total be 30 or more", ("output.sum", ">=", 30)),
        ("in case the highest of them is below 4", ("output.maximum", "<", 4)),
        ("unless the sum is above 9", ("output.sum", "<=", 9)),
        ("if any of them is over 5", ("output.count", ">", 0)),
        ("if all of the counts are under 5", ("output.count", "==", 0)),
        ("if none of them exceeds 5", ("output.count", "==", 0)),
    ],
)
def test_conditions_over_several_values(condition: str, gate: tuple[str, str, object]) -> None:
    *_, notify = steps(f'{COUNTED}{condition[0].upper()}{condition[1:]}, show "look" on desk.')
    assert notify.skill == "desktop.notify"
    assert gates(notify) == [gate]


@pytest.mark.parametrize(
    ("condition", "op", "value"),
    [("any of them is over 5", ">", 5), ("all of the counts are under 5", ">=", 5), ("none of them exceeds 5", ">", 5)],
)
def test_members_are_looked_at_one_by_one(condition: str, op: str, value: int) -> None:
    found = next(one for one in steps(f'{COUNTED}If {condition}, show "look" on desk.') if one.skill == "data.filter")
    assert (found.arguments["op"], found.arguments["value"]) == (op, value)


@pytest.mark.parametrize("other", ["Otherwise", "If not,", "If that is not the case,", "In any other case,"])
def test_the_other_case_in_a_sentence_of_its_own(other: str) -> None:
    *_, one, two = steps(
        f'If the file m.log on alpha mentions "done", show "well" on desk. {other} write "not yet" to w.txt on desk.'
    )
    assert gates(one) == [("output.count", ">", 0)]
    assert gates(two) == [("output.count", "<=", 0)]


def test_a_question_and_what_depends_on_its_answer() -> None:
    *_, one, two = steps(
        "Compute the SHA-256 of d.bin on alpha and beta. Check whether the two differ. "
        'If so, show "differ" on desk. If not, show "same" on desk.'
    )
    assert gates(one) == [("output.equal", "==", False)]
    assert gates(two) == [("output.equal", "!=", False)]


def test_a_number_within_a_text() -> None:
    *_, notify = steps(
        f'{COUNTED}If any of the counts is above 40, show "Most: N" on desk, N being the highest of them.'
    )
    assert str(notify.arguments["title"]).startswith("Most: ${")
    assert str(notify.arguments["title"]).endswith(".output.maximum}")


def test_facts_are_spoken_of_later() -> None:
    assert told(
        "Each of alpha and beta has a rain.csv with the columns station and rain. "
        "Write all the rows to all.csv on forge, the most rain first."
    ) == [
        ("table.select", "alpha", "rain.csv"),
        ("table.select", "beta", "rain.csv"),
        ("data.merge", "", ""),
        ("data.rank", "", "rain"),
        ("csv.write", "forge", "all.csv"),
    ]
    *_, write = steps("limits/t.txt on gamma holds a single number. Write it to t.txt on desk.")
    assert write.arguments["text"] == "${read-gamma.output.items[0].column 1}\n"


@pytest.mark.parametrize(
    "text",
    [
        # How many there are is not what is said.
        f'{COUNTED}If the two add up to more than 30, show "look" on desk.',
        # One of several.
        f"{COUNTED}Write the number to n.txt on desk.",
        f'{COUNTED}If it is above 5, show "look" on desk.',
        # Nothing of this was counted.
        f"{COUNTED}Write the name of the server with the most WARN lines to n.txt on desk.",
        f'{COUNTED}If they add up to more than 30 megabytes, show "look" on desk.',
        # A column that the table is not said to have.
        "t.csv on alpha has the columns id and fee. Write the average of weight to w.txt on desk.",
        "t.csv on alpha has the columns id and fee. Write the total fee except the last one to w.txt on desk.",
        # Of no file that is there.
        "Write the sum of the three to n.txt on desk.",
        'How many lines of m.log mention "x"? Write the number to n.txt on desk.',
        f'{COUNTED}If any of them is over 5 or under 2, show "look" on desk.',
        # Doubt is no remark.
        "Write the size of m.log on alpha to n.txt on desk, I think.",
    ],
)
def test_what_is_not_clear_is_declined(text: str) -> None:
    assert why(text)


def test_a_field_that_several_pages_have() -> None:
    *_, highest, write, notify = steps(
        "Look at http://a.test/one.json and http://a.test/two.json, both have a field heat. Write the higher of the "
        'two values to heat.txt on beta; should it be over 83, show "hot" on desk.'
    )
    assert highest.arguments["items"] == ["${one.output.data.heat}", "${two.output.data.heat}"]
    assert write.arguments["text"] == f"${{{highest.id}.output.maximum}}\n"
    assert gates(notify) == [("output.maximum", ">", 83)]


def test_how_many_pages_answered() -> None:
    *_, answered, write, notify = steps(
        "Check http://a.test/x from alpha, http://a.test/y from beta and http://a.test/z from gamma. "
        "The number of those that answered with status 200 is to be written to up.txt on desk. "
        'If it is less than 3, show "N of 3" on desk (N being that number).'
    )
    assert (answered.arguments["op"], answered.arguments["value"]) == ("==", 200)
    assert write.arguments["text"] == f"${{{answered.id}.output.count}}\n"
    assert notify.arguments["title"] == f"${{{answered.id}.output.count}} of 3"
    assert gates(notify) == [("output.count", "<", 3)]


def test_a_table_of_a_page_is_narrowed() -> None:
    assert told(
        'On the page http://a.test/f.html there is a table "Single". Read it with the browser on desk, keep only the '
        "rows where the column price is above 3, and save them on alpha as s.csv."
    ) == [
        ("browser.table", "desk", "http://a.test/f.html"),
        ("data.filter", "desk", "price"),
        ("csv.write", "alpha", "s.csv"),
    ]


def test_its_lines_are_those_of_the_file_that_was_looked_at() -> None:
    *_, tail, write = steps(
        'If i.log on beta contains "done", show "well" on desk. '
        "If it doesn't, put its last 100 lines in p.txt on desk."
    )
    assert (tail.skill, tail.arguments["path"], tail.arguments["lines"]) == ("file.tail", "i.log", 100)
    assert write.arguments["text"] == f"${{{tail.id}.output.text}}"


def test_devices_that_were_named_are_all_of_them() -> None:
    *_, stats, _ = steps(f"{COUNTED}Write the sum over all three servers to s.txt on desk.")
    assert len(stats.arguments["items"]) == 3  # type: ignore[arg-type]
    assert why(f"{COUNTED}Write the sum over both servers to s.txt on desk.")
    assert why("Count the FATAL lines in a.log on all three servers.")


def test_the_first_and_the_second() -> None:
    *_, one, two = steps(
        "Count the ERROR lines in a.log on alpha and beta; write the first to x.txt on desk, the second "
        "to y.txt on gamma."
    )
    assert (one.arguments["text"], two.arguments["text"]) == (
        "${count-alpha.output.count}\n",
        "${count-beta.output.count}\n",
    )

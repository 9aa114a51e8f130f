"""Tables: values per group, rows that fit, joins; as tables with columns and an order, charts, reports, conditions."""

from __future__ import annotations

import pytest

from orchestrator.core.plan import Step
from tests.agents.embedded.flow.lab import steps, why

CITY = "alpha has c.csv with the columns city and cost. "


def skills(found: list[Step]) -> list[tuple[str, str]]:
    return [(step.skill, ",".join(step.devices.names)) for step in found]


def test_sums_per_group_of_one_table_with_columns_and_an_order() -> None:
    text = (
        "alpha has trips.csv with the columns driver and km. Total up km by driver, save it as km/drivers.xlsx on desk "
        "with the columns driver and distance, most distance first."
    )
    group, table = steps(text)
    assert group.arguments == {
        "path": "trips.csv", "by": ["driver"], "measure": "sum", "of": "km", "name": "distance", "order": "desc",
    }  # fmt: skip
    assert (table.skill, table.arguments["columns"]) == ("xlsx.write", ["driver", "distance"])


def test_groups_of_several_tables_are_computed_where_they_are() -> None:
    text = (
        "The kilos are in a.csv on alpha, in the table crops of b.db on beta, and in c.json on gamma, all with the "
        "columns fruit and kilos. Add up the kilos per fruit over all three and write it to fruit.csv on forge."
    )
    found = steps(text)
    assert skills(found) == [
        ("table.group", "alpha"), ("sql.query", "beta"), ("table.group", "gamma"), ("data.group", ""),
        ("csv.write", "forge"),
    ]  # fmt: skip
    assert found[1].arguments["statement"] == "SELECT fruit, SUM(kilos) AS kilos FROM crops GROUP BY fruit"
    assert found[3].arguments["measure"] == "sum"


def test_a_mean_over_several_tables_is_of_all_rows() -> None:
    text = (
        "alpha, beta and gamma each have a bookings.csv with the columns hotel, nights and price. Work out the average "
        "price per hotel over all of them and write it to hotels.csv on desk, the dearest first."
    )
    found = steps(text)
    assert [skill for skill, _ in skills(found)] == [*["table.select"] * 3, "data.group", "csv.write"]
    assert (found[3].arguments["measure"], found[3].arguments["order"]) == ("mean", "desc")


def test_a_chart_a_report_and_conditions() -> None:
    text = (
        CITY
        + "Sum the cost per city into sums/c.csv on desk (columns city and cost), and make sums/c.pdf on desk, titled "
        '"Cost of cities", with that table, a bar chart of it and the sum of the cost; keep the chart as sums/c.png as '
        'well. If everything together comes to more than 900, show the notification "dear" on desk. If the city Rome '
        'is over 80, show the notification "Rome" on desk.'
    )
    found = steps(text)
    assert [skill for skill, _ in skills(found)] == [
        "table.group", "csv.write", "chart.make", "data.stats", "pdf.write",
        "data.stats", "desktop.notify", "data.filter", "desktop.notify",
    ]  # fmt: skip
    report = found[4]
    sections = report.arguments["sections"]
    assert isinstance(sections, list)
    assert [next(key for key in one if key != "heading") for one in sections if isinstance(one, dict)] == [
        "content", "image", "content",
    ]  # fmt: skip
    assert found[2].id in {edge.step for edge in report.after}
    assert found[2].arguments["path"] == "sums/c.png"


def test_rows_that_fit_are_kept_sorted_and_counted() -> None:
    text = (
        "Take all rows of stock.csv on alpha whose quantity is below 5 and save them as low.csv on desk, sorted by "
        "quantity, and the number of them in low.txt beside it."
    )
    select, ranked, table, rows, written = steps(text)
    assert select.arguments["where"] == [{"column": "quantity", "op": "<", "value": 5}]
    assert (ranked.arguments["order"], ranked.arguments["keep_empty"]) == ("asc", True)
    assert (table.skill, rows.skill, written.arguments["path"]) == ("csv.write", "data.merge", "low.txt")


def test_rows_of_a_database_go_by_a_parameter() -> None:
    text = (
        "On gamma there is club.db with a table members. I'd like everybody whose country is Chile in a workbook "
        "chile.xlsx on desk, sorted by surname."
    )
    rows = steps(text)[0]
    assert (rows.skill, rows.arguments["parameters"]) == ("sql.query", ["Chile"])
    assert rows.arguments["statement"] == "SELECT * FROM members WHERE country = ?"


def test_rows_that_are_dropped() -> None:
    text = (
        'Download http://site.test/m.csv to beta as m.csv. Drop all rows whose state is "gone", sort what remains by '
        "name, and save the result as m/active.csv on gamma and as m/active.xlsx on desk."
    )
    found = steps(text)
    assert found[1].arguments["where"] == [{"column": "state", "op": "!=", "value": "gone"}]
    assert [step.arguments["path"] for step in found[3:]] == ["m/active.csv", "m/active.xlsx"]


@pytest.mark.parametrize("place", ["", " Do the join on the GPU server."])
def test_two_tables_joined_on_a_key(place: str) -> None:
    text = (
        "Join staff.csv on beta with rooms.csv on gamma on the room number (room in the staff, id in the rooms), "
        "and sum up "
        "the hours per floor. I need floors.csv on desk with the columns floor and hours, the highest hours first."
        + place
    )
    found = steps(text)
    join = next(step for step in found if step.skill == "table.join")
    assert (join.arguments["on"], join.arguments["right_on"]) == ("room", "id")
    assert join.devices.names == (("forge",) if place else ("beta",))
    assert len(join.after) == (2 if place else 1)
    group = next(step for step in found if step.skill == "table.group")
    assert (group.arguments["of"], group.arguments["name"], group.arguments["by"]) == ("hours", "hours", ["floor"])


@pytest.mark.parametrize(
    "text",
    [
        CITY + "Sum the cost per town and save it as x.csv on desk.",
        CITY + "Sum the price per city and save it as x.csv on desk.",
        CITY + "Sum the cost per city over all three and save it as x.csv on desk.",
        CITY + "Sum the cost per city except Rome and save it as x.csv on desk.",
        CITY + "Sum the cost per city and save it as x.csv on desk with the columns town and total.",
        CITY + "Drop all rows whose cost is above 10 and save the rest as x.csv on desk.",
        CITY + "Sum the cost per city and save the first ten as x.csv on desk.",
        CITY + "Sum the cost per city, save it as x.csv on desk, sorted by name.",
        CITY + "Sum the cost per city, save it as x.csv on desk, and draw a bar chart of it as x.pdf beside it.",
        CITY + "If everything together comes to more than 900, show the notification \"dear\" on desk.",
        "Sum the cost per city and save it as x.csv on desk.",
        "Join a.csv on alpha with b.xlsx on beta on id, sum the cost per city and save it as x.csv on desk.",
    ],
)  # fmt: skip
def test_what_is_not_clear_is_declined(text: str) -> None:
    assert why(text) != ""


def test_the_tables_are_on_the_devices_that_the_sums_are_over() -> None:
    text = (
        "Each of alpha and gamma has c.csv with the columns city and cost. Sum the cost per city over alpha and {} and "
        "write it to x.csv on desk."
    )
    assert len(steps(text.format("gamma"))) == 4
    assert why(text.format("beta")) != ""

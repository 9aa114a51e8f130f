"""Rows of a database with a value: exported in an order, and reported on."""

from __future__ import annotations

import pytest

from orchestrator.core.plan import Declined
from tests.agents.embedded.flow.lab import asked, steps

FACT = "shop.db on gamma has our orders in the table orders."
EXPORT = "Export those whose status is open to out/open.xlsx on desk, with the lowest price on top"


@pytest.mark.slow
def test_rows_are_exported_in_order_and_reported_beside_the_table() -> None:
    query, table, stats, report = steps(
        f"{FACT} {EXPORT}, and make an open.pdf next to it that says how many there are and what they add up to."
    )
    assert query.arguments["statement"] == "SELECT * FROM orders WHERE status = 'open' ORDER BY price ASC"
    assert query.devices.names == ("gamma",)
    assert (table.skill, table.devices.names, table.arguments["path"]) == ("xlsx.write", ("desk",), "out/open.xlsx")
    assert stats.arguments["by"] == "price"
    assert (report.skill, report.arguments["path"], report.devices.names) == ("pdf.write", "out/open.pdf", ("desk",))


@pytest.mark.parametrize(
    "text",
    [
        f"{EXPORT}.",
        f"{FACT} Export those whose status is not yet open to open.xlsx on desk.",
        f"{FACT} Export those whose status is open to open.png on desk.",
        f"{FACT} {EXPORT} and the newest of each customer.",
        f"{FACT} Make an open.pdf next to it that says how many there are and what they add up to.",
        f"{FACT} Export those whose status is open to open.xlsx on desk, and make an open.pdf next to it that says how "
        "many there are and what they add up to.",
        f"{FACT} Delete those whose status is open.",
    ],
)
def test_declined(text: str) -> None:
    assert isinstance(asked(text), Declined)

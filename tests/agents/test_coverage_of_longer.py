"""What longer requests say in passing, and plans of models answer to without its words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import JsonValue

from agents import coverage
from orchestrator.core.plan import Plan
from tests.agents.embedded.flow.lab import lab


def step(id: str, skill: str, device: str, *after: str, **arguments: JsonValue) -> dict[str, Any]:
    edges = [{"step": one} for one in after]
    return {"id": id, "skill": skill, "arguments": arguments, "devices": {"names": [device]}, "after": edges}


def gaps(text: str, *steps: dict[str, Any]) -> list[str]:
    plan = Plan.model_validate({"steps": steps})
    return [gap.message for gap in coverage.check(text, plan, lab(), client=None, answers=(), strict=False)]


def counted(*devices: str, pattern: str = "ERROR") -> list[dict[str, Any]]:
    return [step(f"count-{one}", "file.search", one, path="app.log", pattern=pattern) for one in devices]


COUNT = "Count the lines with ERROR in app.log on alpha, beta and gamma, and put the three counts into n.json on alpha."
TABLE = step("note", "file.write", "alpha", *(f"count-{one}" for one in ("alpha", "beta", "gamma")), path="n.json")
NOTE = {**TABLE, "arguments": {"path": "n.json", "text": "${count-alpha.output} ${count-beta.output}"}}


def test_how_many_there_are() -> None:
    assert gaps(COUNT, *counted("alpha", "beta", "gamma"), NOTE) == []
    assert "three is not used by the plan" in gaps(
        COUNT.replace("three", "four").replace("four counts", "three counts in four lines"),
        *counted("alpha", "beta"),
        NOTE,
    )


@pytest.mark.parametrize(
    ("text", "written", "right"),
    [
        ('write "N lines" to n.txt on beta', "${count-alpha.output.count} lines", True),
        ('write "N lines" to n.txt on beta', "${count-alpha.output.count} words", False),
        ('write "N lines" to n.txt on beta', "7 lines", False),
        ('write "N lines" to n.txt on beta', "lines ${count-alpha.output.count}", False),
        ("write quiet to n.txt on beta", "quiet\n", True),
        ("write quiet to n.txt on beta", "loud\n", False),
    ],
)
def test_text_with_what_is_found_out(text: str, written: str, right: bool) -> None:
    note = step("note", "file.write", "beta", "count-alpha", path="n.txt", text=written)
    said = gaps(f"Count the lines with ERROR in app.log on alpha and {text}.", *counted("alpha"), note)
    assert (said == []) == right, said


@pytest.mark.parametrize(
    ("pattern", "right"), [(" ERROR ", True), ("(WARN|ERROR)", True), ("(WARN|FATAL)", False), ("ERR", False)]
)
def test_patterns(pattern: str, right: bool) -> None:
    said = gaps("Show the lines with WARN or ERROR in app.log on alpha.", *counted("alpha", pattern=pattern))
    # A word left out is another matter: this is about what is in the plan.
    assert any("pattern" in one for one in said) != right, said


@pytest.mark.parametrize(
    ("statement", "right"),
    [
        ("SELECT * FROM orders WHERE amount > 900", True),
        ("SELECT * FROM orders WHERE amount > 500", False),
        ("SELECT * FROM orders WHERE state = 'open' AND amount > 900", False),
        ("DELETE FROM orders WHERE amount > 900", False),
        ("WITH old AS (SELECT 1) DELETE FROM orders", False),
        ("SELECT * FROM orders; DELETE FROM orders", False),
    ],
)
def test_queries(statement: str, right: bool) -> None:
    query = step("rows", "sql.query", "alpha", database="sqlite:shop.db", statement=statement)
    said = gaps("List the orders in shop.db on alpha whose amount is above 900.", query)
    assert any("statement" in one for one in said) != right, said


def test_one_order_alone_is_held_to_its_verb() -> None:
    text = 'Add the line "10.0.0.7 db" to hosts.txt on alpha.'
    write = step("a", "file.write", "alpha", path="hosts.txt", text="10.0.0.7 db")
    assert any("no verb" in one for one in gaps(text, write))


def test_a_statement_that_changes_is_held_to_the_request() -> None:
    change = step("rows", "sql.execute", "alpha", database="sqlite:shop.db", statement="SELECT * FROM orders")
    assert any("statement" in one for one in gaps("List the orders in shop.db on alpha.", change))


@pytest.mark.parametrize(
    ("number", "right"), [("+491705550133", True), ("+491705550199", False), ("+491705550", False)]
)
def test_a_telephone_number_in_groups(number: str, right: bool) -> None:
    sms = step("text", "phone.sms", "alpha", number=number, text="hello")
    said = gaps('Text "hello" to +49 170 5550133.', sms)
    assert any("5550133 is not used" in one or f"number '{number}'" in one for one in said) != right, said

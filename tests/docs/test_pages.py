"""What the pages of docs/ promise: every stable code has its line, and no link within the repository is dead."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from orchestrator.api.problems import STATUS
from orchestrator.cli.exits import exit_of
from orchestrator.core.ports import StoreError
from protocol.errors import ErrorCode

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
EXITS = {
    "no_plan": 7,
    "no_capable_device": 4,
    "denied": 5,
    "needs_answer": 5,
    "timeout": 6,
    "cancelled": 8,
    "task_failed": 1,
    "bad_request": 2,
    "configuration": 3,
    "internal": 70,
}


def rows(heading: str) -> list[list[str]]:
    """The cells of the table rows under a heading of docs/errors.md."""
    text = (ROOT / "docs/errors.md").read_text()
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_wire_code_has_its_line(code: ErrorCode) -> None:
    assert [cells for cells in rows("Codes on the wire") if cells[0] == f"`{code}`"]


def test_the_page_names_no_wire_code_that_is_not_there() -> None:
    assert {cells[0].strip("`") for cells in rows("Codes on the wire")[2:]} == {str(code) for code in ErrorCode}


def test_every_run_code_has_its_exit_code_and_its_line() -> None:
    exits = {
        code: int(cells[0])
        for cells in rows("Exit codes of `asterism`")[2:]
        for code in re.findall(r"`(\w+)`", cells[2])
    }
    assert {code: exits.get(code) for code in EXITS} == EXITS
    assert {cells[0].strip("`") for cells in rows("Codes of a run")[2:]} == set(EXITS)


def test_the_exit_codes_are_those_of_the_program() -> None:
    for cells in rows("Exit codes of `asterism`")[3:]:
        codes = [code for code in re.findall(r"`(\w+)`", cells[2]) if not code.endswith("_")]
        assert codes
        assert {code: int(exit_of(code)) for code in codes} == dict.fromkeys(codes, int(cells[0]))


def test_the_rest_codes_are_those_of_the_server() -> None:
    listed = {
        code: int(cells[1])
        for cells in rows("Codes of REST")
        if cells[1].isdigit()
        for code in re.findall(r"`(\w+)`", cells[0])
    }
    assert listed == STATUS


def test_every_reason_to_refuse_an_edit_has_its_line() -> None:
    listed = {code for cells in rows("Codes of REST") for code in re.findall(r"`(\w+)`", cells[0])}
    raised = {
        node.args[0].value
        for path in (ROOT / "orchestrator/core").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "EditError"
        if isinstance(node.args[0], ast.Constant)
    }
    assert len(raised) > 5
    assert raised <= listed


def test_every_store_code_has_its_line() -> None:
    promised = set(re.findall(r"`(database_\w+|conflict)`", StoreError.__doc__ or ""))
    assert promised
    assert {cells[0].strip("`") for cells in rows("Codes of the store")[2:]} == promised


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    targets = [target for target in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_decision_is_in_the_list() -> None:
    listed = (ROOT / "docs/adr/README.md").read_text()
    pages = [page.name for page in (ROOT / "docs/adr").glob("[0-9]*.md") if not page.name.startswith("0000")]
    assert pages
    assert [name for name in pages if f"]({name})" not in listed] == []

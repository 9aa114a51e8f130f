"""The pages that are made from the code are as the code makes them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orchestrator.cli import docs
from orchestrator.cli.main import COMMANDS


@pytest.mark.parametrize(("name", "page"), [("cli.md", docs.cli_page), ("rest.md", docs.rest_page)])
def test_a_page_is_up_to_date(name: str, page: Callable[[], str]) -> None:
    assert (docs.FOLDER / name).read_text() == page(), "run `make docs`"


def test_the_pictures_are_up_to_date() -> None:
    made = docs.pictures()
    assert {name: (docs.FOLDER / name).read_text() for name in made} == made, "run `make docs`"


def test_every_command_has_its_section() -> None:
    page = (docs.FOLDER / "cli.md").read_text()
    assert [name for name in COMMANDS if f"\n## asterism {name}\n" not in page] == []

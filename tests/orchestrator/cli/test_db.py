"""`asterism db` in this process: ages, sizes, and pruning through a served application."""

from __future__ import annotations

import json

import pytest

from orchestrator.cli.exits import CommandError, Exit
from orchestrator.cli.output import size
from orchestrator.cli.prune import seconds
from tests.support.cli import background, call


@pytest.mark.parametrize(("text", "expected"), [("30d", 2_592_000), ("1.5h", 5_400), ("2w", 1_209_600), ("0s", 0)])
def test_an_age(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "month", "3", "-1d", "1e9d", "30 d", "nan d"])
def test_an_age_that_is_none(text: str) -> None:
    with pytest.raises(CommandError) as caught:
        seconds(text)
    assert caught.value.code == "usage"


@pytest.mark.parametrize(("amount", "text"), [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (2_500_000, "2.5 MB")])
def test_sizes_for_people(amount: int, text: str) -> None:
    assert size(amount) == text


def test_pruning_through_an_orchestrator(capsys: pytest.CaptureFixture[str]) -> None:
    with background() as served:
        assert call("db", "prune", "--older-than", "1d", "--url", served.url, "--json") == 0
        # What an admin does is noted first, by the orchestrator in this process.
        assert json.loads(capsys.readouterr().out.splitlines()[-1])["runs"] == 0
        assert call("db", "prune", "--older-than", "1d", "--keep", "-1", "--url", served.url) == Exit.USAGE

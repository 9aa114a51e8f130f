"""Files of results that can be read, and those that cannot: with why, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.cli.benching.results import read
from orchestrator.cli.exits import CommandError
from tests.support.benchmarked import results_of, run_of


def test_what_was_written_is_read(tmp_path: Path) -> None:
    written = results_of(run_of("a", cost_usd=None), run_of("b", held=[False]))
    (tmp_path / "r.json").write_text(written.model_dump_json())
    assert read(tmp_path / "r.json") == written


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("", "bad_results", "is no file of results: the file: Invalid JSON"),
        ("{", "bad_results", "Invalid JSON"),
        ("[]", "bad_results", "the file: "),
        ("[" * 100_000, "bad_results", "Invalid JSON"),
        ("\x00\xff", "bad_results", "Invalid JSON"),
        ('{"format": 1}', "bad_results", "suite: Field required"),
        (results_of().model_dump_json(), "bad_results", "not one task was run"),
        ('{"format": 2, "pages": []}', "newer_results", "is of format 2, and this Asterism reads up to 1"),
        (
            results_of(run_of("a")).model_dump_json().replace('"level":1', '"level":"x"'),
            "bad_results",
            "results.0.level",
        ),
    ],
)
def test_what_cannot_be_used_says_why(tmp_path: Path, text: str, code: str, told: str) -> None:
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(CommandError) as caught:
        read(tmp_path / "r.json")
    assert (caught.value.code, told in caught.value.message) == (code, True)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        read(tmp_path / "none.json")

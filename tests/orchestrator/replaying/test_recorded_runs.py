"""Every recorded run in `tests/replay/` goes today as it went then, without its devices and models."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.replaying.recording import read
from orchestrator.replaying.verdict import judge

FOLDER = Path(__file__).parents[2] / "replay"
HINT = "Where only the wording of an answer has changed, and is meant: python -m tests.support.recorded --accept"
FILES = sorted(FOLDER.glob("*.jsonl.gz"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.removesuffix(".jsonl.gz"))
def test_a_recorded_run_goes_as_it_went(path: Path) -> None:
    verdict = judge(read(path))
    told = [f"event {one.step}: {one.message}" for one in verdict.findings]
    assert verdict.same, "\n".join([*told, HINT])

"""docs/faults.md names every profile, failpoint and mode that there is."""

from __future__ import annotations

import re
from pathlib import Path

from orchestrator.cli.faulting.profiles import PROFILES
from protocol.failpoints import POINTS, Mode

PAGE = (Path(__file__).parents[2] / "docs/faults.md").read_text()


def first_cells(head: str) -> list[str]:
    """The first cells of the table under a head that begins so."""
    table = PAGE.split(f"| {head} |")[1].split("\n\n")[0]
    return [line.split("|")[1].strip() for line in table.splitlines()[2:]]


def test_the_profiles() -> None:
    assert first_cells("profile") == [f"`{profile.name}`" for profile in PROFILES]


def test_the_failpoints() -> None:
    kinds = dict.fromkeys(re.sub(r"^(receive|send)\..*", r"\1.TYPE", point) for point in POINTS)
    assert first_cells("failpoint") == [f"`{kind}`" for kind in kinds]


def test_the_modes() -> None:
    named = [word for cell in first_cells("mode") for word in re.findall(r"`(\w+)`", cell)]
    assert sorted(named) == sorted(Mode)

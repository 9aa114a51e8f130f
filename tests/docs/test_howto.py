"""Every command block of docs/howto.md, run as it stands, in the order of the page, against a system of its own."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import ROOT
from tests.support.processes import processes

SECTIONS = (ROOT / "docs/howto.md").read_text().split("\n## ")[1:]
SHELL = f'set -euo pipefail\nasterism() {{ "{sys.executable}" -m orchestrator.cli.main "$@"; }}\n'
UP = "asterism up "


def blocks() -> list[tuple[str, str]]:
    """Each with the heading above it."""
    return [
        (section.partition("\n")[0], block)
        for section in SECTIONS
        for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    ]


def test_the_ten_most_common_jobs_are_there() -> None:
    assert len(SECTIONS) >= 10
    assert len({heading for heading, _ in blocks()}) == len(SECTIONS)


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs/README.md").read_text()
    assert [page.name for page in (ROOT / "docs").glob("*.md") if f"]({page.name})" not in index] == ["README.md"]
    assert "](docs/README.md)" in (ROOT / "README.md").read_text()


@pytest.mark.slow
def test_the_page(tmp_path: Path) -> None:
    with processes(tmp_path) as world:
        (_, first), *rest = blocks()
        assert first.startswith(UP)
        local = first.split()[2:]
        up = world.up(*local)
        world.extra["ASTERISM_URL"] = world.url
        before, after = _at(rest, "I have lost")
        said = _run(world.env, tmp_path, before)
        assert "alpha: load" in said
        assert "saved count.txt" in said
        assert re.search(r"gamma\s.*valid", said)
        assert (tmp_path / "home/devices/beta/workspace/count.txt").read_text().strip().endswith("entries")
        up.interrupt(signal.SIGTERM)
        assert up.ended() == 0
        told = _run(world.env, tmp_path, [*after[:1], ("", 'echo "$ASTERISM_TOKEN"\n')])
        world.extra["ASTERISM_TOKEN"] = told.split()[-1]
        world.up(*local)
        assert "embedded" in _run(world.env, tmp_path, after[1:])


def _at(found: list[tuple[str, str]], heading: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    at = next(number for number, (title, _) in enumerate(found) if title.startswith(heading))
    return found[:at], found[at:]


def _run(env: dict[str, str], folder: Path, found: list[tuple[str, str]]) -> str:
    script = SHELL + "".join(block for _, block in found)
    done = subprocess.run(
        ["bash", "-c", script], env=env, cwd=folder, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

"""The look at tracked files: each kind of finding, planted in a repository of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    return tmp_path


def check(repository: Path, content: str) -> tuple[int, str]:
    (repository / "page.md").write_text(content)
    subprocess.run(["git", "-C", str(repository), "add", "page.md"], check=True)
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/check_tracked.py"), str(repository)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


# Written in two parts, so that this file holds none of what it plants.
@pytest.mark.parametrize(
    ("content", "finding"),
    [
        ("one\nsee py" + "pi.org\n", "page.md:2: a package registry's address"),
        ("x\n--index" + "-url whatever", "page.md:2: a package registry's address"),
        ('"resol' + 'ved": "http://x"', "page.md:1: a package registry's address"),
        ("cd /wo" + "rk/main", "page.md:1: a path of one machine"),
        ("x" * 1_000_001, "page.md: 1000001 bytes; the limit is 1000000"),
    ],
)
def test_a_finding_fails_and_says_where(repository: Path, content: str, finding: str) -> None:
    status, output = check(repository, content)
    assert status == 1
    assert finding in output


@pytest.mark.parametrize("content", ["a page", "registry = Registry()", "${home}/wo" + "rk/file", "x" * 1_000_000])
def test_what_is_fine_passes(repository: Path, content: str) -> None:
    assert check(repository, content) == (0, "Tracked files: 0 findings.\n")


def test_a_file_that_git_does_not_track_is_not_looked_at(repository: Path) -> None:
    (repository / "stray.md").write_text("cd /wo" + "rk/main")
    assert check(repository, "fine")[0] == 0

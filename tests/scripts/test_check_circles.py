"""The look for circles of imports: in a package of its own, with and without one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # each starts a process
ROOT = Path(__file__).parents[2]
LATE = "def late() -> None:\n    from figures import star\n"
TYPED = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from figures import star\n"


def check(folder: Path, **modules: str) -> tuple[int, str]:
    (folder / "pyproject.toml").write_text('[tool.importlinter]\nroot_packages = ["figures"]\n')
    (folder / "figures").mkdir()
    for name, content in {"__init__": "", **modules}.items():
        (folder / f"figures/{name}.py").write_text(content)
    program = [sys.executable, str(ROOT / "scripts/check_circles.py"), str(folder)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_modules_in_one_direction_are_no_circle(tmp_path: Path) -> None:
    assert check(tmp_path, star="from figures import line\n", line="") == (0, "Circles of imports: 0 findings.\n")


@pytest.mark.parametrize("back", ["import figures.star\n", LATE, TYPED])
def test_a_circle_is_found_however_late_it_closes(tmp_path: Path, back: str) -> None:
    code, said = check(tmp_path, star="from figures import line\n", line=back)
    assert code == 1
    assert "2 modules import each other: figures.line -> figures.star -> figures.line" in said

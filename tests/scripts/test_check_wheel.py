"""The look into a wheel: a whole one, and each kind of finding."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WHOLE = {
    "protocol/words.json": "{}",
    "x-1.dist-info/licenses/LICENSE": "-",
    "x-1.dist-info/METADATA": "-",
    "x-1.dist-info/entry_points.txt": "[console_scripts]\nasterism = orchestrator.cli.main:main\n",
}


def check(folder: Path, files: dict[str, str]) -> tuple[int, str]:
    (folder / "protocol").mkdir()
    (folder / "protocol/words.json").write_text("{}")
    wheel = folder / "x-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    program = [sys.executable, str(ROOT / "scripts/check_wheel.py"), str(wheel), str(folder)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_a_whole_one_passes(tmp_path: Path) -> None:
    assert check(tmp_path, WHOLE) == (0, "")


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_what_is_missing_is_told(name: str, tmp_path: Path) -> None:
    code, said = check(tmp_path, {other: content for other, content in WHOLE.items() if other != name})
    assert code == 1
    assert f"{name.removeprefix('x-1.dist-info/')} is missing" in said


@pytest.mark.parametrize("name", ["tests/conftest.py", "protocol/test_words.py", "packaging/helm/Chart.yaml"])
def test_what_is_too_much_is_told(name: str, tmp_path: Path) -> None:
    assert check(tmp_path, {**WHOLE, name: "-"}) == (1, f"x-1-py3-none-any.whl: {name} is none of ours\n")


def test_another_command_is_told(tmp_path: Path) -> None:
    code, said = check(tmp_path, {**WHOLE, "x-1.dist-info/entry_points.txt": "[console_scripts]\n"})
    assert code == 1
    assert "the command is missing" in said

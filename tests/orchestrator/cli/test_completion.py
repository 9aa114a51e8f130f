"""Completion scripts, as the shells themselves read them. zsh and fish are asked where they are installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from orchestrator.cli.completion import script
from orchestrator.cli.main import COMMANDS, main

BASH = """
source "$1"
shift
COMP_WORDS=(asterism "$@")
COMP_CWORD=$#
_asterism
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def bash(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("completion") / "asterism"
    file.write_text(script("bash"))
    return file


def offered(file: Path, *words: str) -> list[str]:
    """What bash offers for the last of these words."""
    shell = ["bash", "--norc", "-c", BASH, "bash", str(file), *words]
    return subprocess.run(shell, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.slow
def test_bash_completes_commands_options_and_their_values(bash: Path) -> None:
    assert offered(bash, "") == list(COMMANDS)
    assert offered(bash, "dev") == ["device", "devices"]
    assert "edge" in offered(bash, "device", "")
    assert offered(bash, "graph", "r1", "--form") == ["--format"]
    assert {"svg", "mermaid"} <= set(offered(bash, "graph", "r1", "--format", ""))
    assert offered(bash, "token", "create", "--role", "a") == ["admin"]


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_shell_can_read_its_script(shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    text = capsys.readouterr().out
    assert [name for name in COMMANDS if name not in text] == []
    file = tmp_path / "script"
    file.write_text(text)
    if shutil.which(shell):
        subprocess.run([shell, "-n", str(file)], check=True, timeout=60)


def test_another_shell_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["completion", "tcsh"])
    assert "bash" in capsys.readouterr().err

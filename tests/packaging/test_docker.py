"""The Dockerfile: a linter's word, and that what it copies and starts is there. `scripts/image.sh` builds from it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from orchestrator.cli.main import build
from tests.support import packaging_tools as tools

ROOT = Path(__file__).parents[2]
FILE = ROOT / "packaging/docker/Dockerfile"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
OURS = {"orchestrator", "agents", "protocol", "devices", "tools", "storage"}


def instructions() -> list[tuple[str, str]]:
    """(keyword, rest), with continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", FILE.read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(line.split()[0], line.split(None, 1)[1]) for line in lines if line.strip()]


def copied() -> list[str]:
    """What comes from the checkout."""
    found = [rest.split()[:-1] for keyword, rest in instructions() if keyword == "COPY" and "--from" not in rest]
    return [name for names in found for name in names]


@pytest.mark.heavy
@pytest.mark.slow
def test_the_linter_finds_nothing() -> None:
    tools.require()
    assert tools.hadolint(FILE) == ""


def test_it_takes_what_the_wheel_is_made_of() -> None:
    assert set(copied()) >= OURS | {"pyproject.toml", "README.md", "LICENSE"}
    assert [name for name in copied() if not (ROOT / name).exists()] == []
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert kept == set(copied())


def test_its_extras_are_those_of_the_project() -> None:
    extras = [
        rest.partition("=")[2].split(",") for keyword, rest in instructions() if "EXTRAS=" in rest and keyword == "ARG"
    ]
    assert len(extras) == 2
    assert {name for names in extras for name in names} <= set(PROJECT["project"]["optional-dependencies"])


def test_it_runs_as_a_user_without_rights() -> None:
    stages = [rest for keyword, rest in instructions() if keyword == "FROM"]
    assert [stage.rpartition(" AS ")[2] for stage in stages][-3:] == ["base", "device", "orchestrator"]
    assert [rest for keyword, rest in instructions() if keyword == "USER"] == ["10001:10001"]
    assert instructions().index(("USER", "10001:10001")) > instructions().index(("FROM", stages[-3]))


def test_it_starts_commands_that_there_are() -> None:
    commands = [json.loads(rest) for keyword, rest in instructions() if keyword == "CMD"]
    assert [words[0] for words in commands] == ["device", "up"]
    for words in commands:
        _, bound, _ = build().parse_args(words, exit_on_error=False, print_error=False)
        assert bound.arguments


def test_the_constraints_are_the_whole_lock(tmp_path: Path) -> None:
    (expression,) = re.findall(r"sed -n '(.*)' lock\.txt", FILE.read_text())
    pattern = expression.removeprefix("s/").partition("/\\1/p")[0]
    python = pattern.replace("\\(", "(").replace("\\)", ")").replace("\\{0,1\\}", "?").replace("\\\\", "\\\\")
    lock = (ROOT / "requirements/lock.txt").read_text()
    made = [found[1].strip() for line in lock.splitlines() if (found := re.match(python, line))]
    assert len(made) == len(re.findall(r"^\S+==", lock, re.MULTILINE)) > 50
    assert not [line for line in made if "--hash" in line or line.endswith("\\")]

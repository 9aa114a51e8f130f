"""The rules of quality for devices: every kind that has a file in devices/quality holds each, by tests that exist."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path

import pytest

from protocol.vocabulary import DeviceKind

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "devices" / "quality").glob("*.toml"))
RULES = {
    "unique_id": "a lasting identity, held by one agent at a time",
    "connection_proved": "what the device stands for was reached before its skills are offered",
    "timeouts": "nothing is waited for without end",
    "logged_once": "one line when it is lost, one when it is back",
    "unavailable_is_not_unknown": "what was not done is told apart from what may have been",
    "no_secrets": "no secret in logs, events, profiles, errors, or a child's arguments",
    "setup_retry_later": "what mends itself is waited for",
    "setup_ask_the_user": "what a person can mend is told with what to do",
    "setup_give_up": "what cannot work ends the start, and says why",
}


@cache
def named_in(path: Path) -> frozenset[str]:
    """Names of the tests in a file."""
    if not path.is_file():
        return frozenset()
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, functions))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_kind_holds_every_rule(path: Path) -> None:
    assert path.stem in {kind.value for kind in DeviceKind}
    rules = tomllib.loads(path.read_text())
    assert set(rules) == set(RULES)
    for name, rule in rules.items():
        assert set(rule) == {"how", "tests"}, name
        assert rule["how"].endswith("."), name
        assert rule["tests"], name
        for test in rule["tests"]:
            file, _, function = test.partition("::")
            assert function in named_in(ROOT / file), f"{name}: there is no test {test}"


def test_there_are_kinds_with_a_file() -> None:
    assert FILES

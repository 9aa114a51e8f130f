"""Suites are read strictly, and their data comes from a seed alone."""

from __future__ import annotations

import csv
import io
import sqlite3
from pathlib import Path

import pytest

from orchestrator.cli.benching import seeds
from orchestrator.cli.benching.state import Generated
from orchestrator.cli.benching.suite import load
from orchestrator.cli.exits import CommandError

SUITE = 'name = "s"\nversion = 1\nseed = 1\nbase = ["a"]\n[machines.a]\nkind = "server"\n'
TASK = """id = "t"
category = "c"
level = 1
request = "say hello"
max_writes = 0
checks = [{ kind = "answer", name = "it says so", contains = ["hello"] }]
wrong = { about = "it says something else", answer = "good bye" }
plan = { steps = [{ id = "a", skill = "host.info" }] }
"""


def suite(folder: Path, task: str = TASK, file: str = SUITE) -> Path:
    (folder / "tasks").mkdir(parents=True)
    (folder / "suite.toml").write_text(file)
    (folder / "tasks" / "t.toml").write_text(task)
    return folder


def test_a_suite(tmp_path: Path) -> None:
    found = load(suite(tmp_path))
    assert [task.id for task in found.tasks] == ["t"]
    assert found.machines_of(found.tasks[0]) == ("a",)


@pytest.mark.parametrize(
    ("task", "file", "said"),
    [
        (TASK + "colour = 1\n", SUITE, "Extra inputs"),
        (TASK.replace("level = 1", "level = 4"), SUITE, "level"),
        (TASK.replace('kind = "answer"', 'kind = "guess"'), SUITE, "checks"),
        (TASK.replace('id = "t"', 'id = "T T"'), SUITE, "id"),
        (TASK.replace("id =", "id"), SUITE, "is not TOML"),
        (TASK.replace("skill =", "tool ="), SUITE, "plan"),
        (TASK + 'machines = ["b"]\n', SUITE, "names the machine b"),
        (TASK, SUITE.replace("seed = 1\n", ""), "seed"),
        (TASK, SUITE.replace('["a"]', '["a", "b"]'), "base names the machine b"),
        (
            TASK.replace('"hello"] }', '"hello"] }, { kind = "answer", name = "it says so" }'),
            SUITE,
            "two checks have one name",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, task: str, file: str, said: str) -> None:
    with pytest.raises(CommandError, match=said) as caught:
        load(suite(tmp_path, task, file))
    assert caught.value.code == "bad_suite"
    assert str(tmp_path) in caught.value.message


def test_no_suite_and_no_tasks(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--suite"):
        load(tmp_path)
    (suite(tmp_path / "s") / "tasks" / "t.toml").unlink()
    with pytest.raises(CommandError, match="no tasks"):
        load(tmp_path / "s")


def test_a_file_of_other_bytes_than_utf_8_is_no_suite(tmp_path: Path) -> None:
    (suite(tmp_path) / "tasks" / "t.toml").write_bytes(TASK.replace("hello", "h\xe9llo").encode("latin-1"))
    with pytest.raises(CommandError, match=r"t\.toml is not TOML") as caught:
        load(tmp_path)
    assert caught.value.code == "bad_suite"


def test_two_tasks_of_one_id(tmp_path: Path) -> None:
    (suite(tmp_path) / "tasks" / "u.toml").write_text(TASK)
    with pytest.raises(CommandError, match="have the id t"):
        load(tmp_path)


KINDS = ("log", "access", "table", "json", "sqlite", "text", "bytes")
COLUMNS = {"n": "serial", "who": "name", "day": "date", "size": "int 1 9", "price": "float 1 2", "kind": "choice a|b"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_decides_all_data(kind: str) -> None:
    what = Generated.model_validate({"kind": kind, "rows": 20, "columns": COLUMNS})
    made = seeds.made(what, 1, "t", "a:x")
    assert made == seeds.made(what, 1, "t", "a:x")
    assert len({made, seeds.made(what, 2, "t", "a:x"), seeds.made(what, 1, "u", "a:x")}) == 3
    keyed = what.model_copy(update={"key": "k"})
    assert seeds.made(keyed, 1, "t", "a:x") == seeds.made(keyed, 1, "u", "b:y")


def test_a_log_has_as_many_lines_of_a_level_as_asked_for() -> None:
    what = Generated(kind="log", rows=50, levels={"ERROR": 7, "WARN": 5})
    lines = seeds.made(what, 1, "t", "a").decode().splitlines()
    assert (len(lines), sum(" ERROR " in one for one in lines), sum(" WARN " in one for one in lines)) == (50, 7, 5)
    assert lines == sorted(lines)


def test_rows_are_the_same_in_every_format() -> None:
    def made(kind: str) -> bytes:
        return seeds.made(
            Generated.model_validate({"kind": kind, "rows": 5, "columns": COLUMNS, "key": "k"}), 1, "t", ""
        )

    assert len(list(csv.DictReader(io.StringIO(made("table").decode())))) == 5
    database = sqlite3.connect(":memory:")
    database.deserialize(made("sqlite"))
    assert database.execute('SELECT count(*), min("n") FROM records').fetchone() == (5, 1)
    database.close()


def test_a_tree() -> None:
    what = Generated(kind="tree", rows=12)
    found = dict(seeds.tree(what, 1, "t", "a"))
    assert len(found) == 12
    assert found == dict(seeds.tree(what, 1, "t", "a"))


def test_a_column_that_is_none() -> None:
    with pytest.raises(ValueError, match="describes no column"):
        seeds.made(Generated(kind="table", columns={"a": "colour"}), 1, "t", "")

"""Which database a request means, and an owner's file that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.host.declared import load, named


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("sqlite:a.db", "a.db"),
        ("sqlite:///a/b.db", "a/b.db"),
        ("sqlite:////var/a.db", "/var/a.db"),
        ("sqlite+aiosqlite:///a%20b.db", "a b.db"),
        ("x/y.sqlite3", "x/y.sqlite3"),
    ],
)
def test_files_of_sqlite(text: str, path: str) -> None:
    assert named(text, {}).path == path


def test_a_server() -> None:
    found = named("postgresql://app@db.example:5433/shop", {})
    assert (found.host, found.port, found.user, found.name, found.ours) == ("db.example", 5433, "app", "shop", False)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("shop", ErrorCode.NOT_FOUND),
        ("sqlite::memory:", ErrorCode.BAD_ARGUMENTS),
        ("sqlite:", ErrorCode.BAD_ARGUMENTS),
        ("mysql://a@b/c", ErrorCode.BAD_ARGUMENTS),
        ("postgresql://a:secret@b/c", ErrorCode.BAD_ARGUMENTS),
        ("postgresql://b/c", ErrorCode.BAD_ARGUMENTS),
        ("postgresql://a@b/c?options=-c%20x", ErrorCode.BAD_ARGUMENTS),
        ("postgresql://a@b:x/c", ErrorCode.BAD_ARGUMENTS),
        ("postgresql://a@/", ErrorCode.BAD_ARGUMENTS),
    ],
)
def test_what_is_none(text: str, code: ErrorCode) -> None:
    with pytest.raises(ToolError) as caught:
        named(text, {})
    assert caught.value.code is code
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        'x = "hunter2',
        '[database.a]\nurl = "postgresql://u:hunter2@h/d"',
        '[database.a]\nurl = "postgresql://u@h/d"\npassword = "hunter2"',
        '[database.a]\nurl = "postgresql://u@h/d"\npassword_file = "x"\npassword_env = "hunter2"',
        "[database.a]\nurl = 5",
        '[other]\nx = "hunter2"',
    ],
)
def test_a_file_that_cannot_be_is_told_without_what_it_holds(tmp_path: Path, text: str) -> None:
    (tmp_path / "databases.toml").write_text(text)
    with pytest.raises(ToolError) as caught:
        load(tmp_path / "databases.toml")
    assert "hunter2" not in caught.value.message


def test_passwords_come_from_a_file_or_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "databases.toml").write_text(
        f'[database.a]\nurl = "postgresql://u@h/d"\npassword_file = "{tmp_path}/p"\n'
        '[database.b]\nurl = "postgresql://u@h/d"\npassword_env = "SHOP_PASSWORD"\n'
        f'[database.c]\nurl = "sqlite:{tmp_path}/c.db"\n'
    )
    found = load(tmp_path / "databases.toml")
    for name in ("a", "b"):
        with pytest.raises(ToolError) as caught:
            found[name].password()
        assert caught.value.code is ErrorCode.UNAVAILABLE
    (tmp_path / "p").write_text("one\n")
    monkeypatch.setenv("SHOP_PASSWORD", "two")
    assert [found[name].password() for name in "abc"] == ["one", "two", ""]
    assert found["c"].path == f"{tmp_path}/c.db"

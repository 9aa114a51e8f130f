"""The databases that a device's owner declared, in a TOML file, and what a request may name besides.

    [database.shop]
    url = "postgresql://app@db.example:5432/shop"
    password_file = "/etc/asterism/shop.password"     # or password_env = "SHOP_PASSWORD"
    read_only = true

A request names one of these, a SQLite file of the workspace (`sqlite:orders.db`), or a PostgreSQL URL without a
password. A password is read when a connection is made, and kept and told nowhere.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from protocol.errors import ErrorCode
from tools.errors import ToolError

Engine = Literal["sqlite", "postgresql"]
_SCHEMES: dict[str, Engine] = {
    "sqlite": "sqlite",
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "postgresql+asyncpg": "postgresql",
    "postgresql+psycopg": "postgresql",
    "sqlite+aiosqlite": "sqlite",
}
_FILES = (".db", ".sqlite", ".sqlite3")


@dataclass(frozen=True, slots=True)
class Database:
    """A database that can be spoken to. `path` is a SQLite file's. `ours`: the owner declared it."""

    engine: Engine
    label: str
    path: str = ""
    host: str = ""
    port: int = 5432
    user: str = ""
    name: str = ""
    ours: bool = False
    read_only: bool = False
    password_file: Path | None = field(default=None, repr=False)
    password_env: str | None = field(default=None, repr=False)

    def password(self) -> str:
        """Raises ToolError(UNAVAILABLE), naming where it was to be."""
        if self.password_file is not None:
            try:
                return self.password_file.read_text().removesuffix("\n")
            except (OSError, UnicodeDecodeError):
                raise ToolError(
                    ErrorCode.UNAVAILABLE, f"the password file of `{self.label}` cannot be read: its owner mends that"
                ) from None
        if self.password_env is not None:
            if self.password_env not in os.environ:
                raise ToolError(ErrorCode.UNAVAILABLE, f"the agent has no variable with the password of `{self.label}`")
            return os.environ[self.password_env]
        return ""


class _Declared(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)
    url: str = Field(max_length=1000)
    password_file: str | None = None
    password_env: str | None = Field(default=None, pattern=r"^[A-Za-z_]\w*$")
    read_only: bool = False

    @model_validator(mode="after")
    def _one(self) -> _Declared:
        if self.password_file and self.password_env:
            raise ValueError("either password_file or password_env")
        return self


class _File(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)
    database: dict[str, _Declared] = {}


def load(path: Path) -> dict[str, Database]:
    """The databases of an owner's file. Raises ToolError(BAD_ARGUMENTS) with the place in it, and no content."""
    try:
        found = _File.model_validate(tomllib.loads(path.read_text()))
    except (OSError, UnicodeDecodeError) as error:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{path} cannot be read: {type(error).__name__}") from None
    except tomllib.TOMLDecodeError as error:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{path} is no TOML: {str(error)[-60:]}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{path}, {where}: {first['msg']}") from None
    return {name: _owners(name, one) for name, one in found.database.items()}


def _owners(name: str, one: _Declared) -> Database:
    parts = _split(one.url, name)
    if _engine(parts, name) == "sqlite":
        return Database("sqlite", name, path=_sqlite_path(one.url), ours=True, read_only=one.read_only)
    return _postgres(
        parts, name, ours=True, read_only=one.read_only,
        password_file=Path(one.password_file) if one.password_file else None, password_env=one.password_env,
    )  # fmt: skip


def named(text: str, declared: dict[str, Database]) -> Database:
    """What a request means by `text`. Raises ToolError: NOT_FOUND, BAD_ARGUMENTS."""
    if text in declared:
        return declared[text]
    if text.lower().endswith(_FILES) and "://" not in text and not text.startswith("sqlite:"):
        return Database("sqlite", text, path=text)
    if ":" not in text:
        known = ", ".join(sorted(declared)) or "none"
        raise ToolError(
            ErrorCode.NOT_FOUND,
            f"no database `{text[:80]}` is declared here (declared: {known}): a SQLite file is `sqlite:PATH`, and "
            "PostgreSQL is `postgresql://USER@HOST/NAME`",
        )
    parts = _split(text, "")
    if _engine(parts, "") == "sqlite":
        path = _sqlite_path(text)
        return Database("sqlite", path, path=path)
    return _postgres(parts, f"{parts.hostname or 'localhost'}{parts.path}")


def _split(url: str, name: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"the URL of the database {name} is none") from None
    if parts.password is not None:
        raise ToolError(
            ErrorCode.BAD_ARGUMENTS,
            "a password does not belong into a URL, where logs keep it: the device's owner declares the database with "
            "`password_file` or `password_env`, and the request names it",
        )
    return parts


def _engine(parts: SplitResult, name: str) -> Engine:
    engine = _SCHEMES.get(parts.scheme.lower())
    if engine is None:
        raise ToolError(
            ErrorCode.BAD_ARGUMENTS, f"the URL of the database {name} begins with `sqlite:` or `postgresql://`"
        )
    return engine


def _sqlite_path(url: str) -> str:
    """`sqlite:x.db`, and as others write it `sqlite:///x.db` (relative) and `sqlite:////var/x.db` (absolute)."""
    rest = unquote(url.partition(":")[2])
    path = rest[3:] if rest.startswith("///") else rest
    if not path or path == ":memory:":
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "the URL of a SQLite database names its file: `sqlite:PATH`")
    return path


def _postgres(
    parts: SplitResult,
    label: str,
    *,
    ours: bool = False,
    read_only: bool = False,
    password_file: Path | None = None,
    password_env: str | None = None,
) -> Database:
    name = unquote(parts.path.lstrip("/"))
    if not parts.username or not name or "/" in name or parts.query or parts.fragment:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "a PostgreSQL database is `postgresql://USER@HOST[:PORT]/NAME`")
    return Database(
        "postgresql", label, host=parts.hostname or "localhost", port=parts.port or 5432,
        user=unquote(parts.username), name=name, ours=ours, read_only=read_only,
        password_file=password_file, password_env=password_env,
    )  # fmt: skip

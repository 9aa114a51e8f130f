"""Files that a person hands over, and asks for."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from orchestrator.cli.exits import CommandError
from orchestrator.core import misfits

FILE_BYTES = 64 << 20

_Model = TypeVar("_Model", bound=BaseModel)


def read_json(file: Path, model: type[_Model], what: str) -> _Model:
    """A value of `model` from a JSON file, or from standard input for `-`. Raises CommandError `bad_request`."""
    try:
        if str(file) == "-":
            data = sys.stdin.buffer.read(FILE_BYTES + 1)
        else:
            with file.open("rb") as opened:
                data = opened.read(FILE_BYTES + 1)
    except OSError as error:
        raise CommandError("bad_request", f"{file} cannot be read: {error.strerror}.") from None
    if len(data) > FILE_BYTES:
        raise CommandError("bad_request", f"{file} is too large: {what} takes at most {FILE_BYTES >> 20} MiB.")
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = misfits.place(first["loc"]) or "its top"
        raise CommandError("bad_request", f"{file} is not {what}: at {place}: {misfits.said(first['msg'])}.") from None


def check_writable(file: Path) -> None:
    """Raises CommandError `cannot_write` where a file cannot be put there: asked before the work that fills it."""
    folder = file.parent
    if file.is_dir() or not folder.is_dir() or not os.access(file if file.exists() else folder, os.W_OK):
        why = "it is a folder" if file.is_dir() else "its folder is missing, or may not be written to"
        raise CommandError("cannot_write", f"{file} cannot be written: {why}.")


def write_text(file: Path, text: str) -> None:
    """Raises CommandError `cannot_write`."""
    check_writable(file)
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError("cannot_write", f"{file} cannot be written: {error.strerror}.") from None

"""Values that a person hands over in a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from orchestrator.cli.exits import CommandError

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
        place = ".".join(map(str, first["loc"])) or "its top"
        raise CommandError("bad_request", f"{file} is not {what}: at {place}: {first['msg']}.") from None

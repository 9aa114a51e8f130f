"""`@file` in a message: the file's text goes with it as data, its name stays in the message."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from orchestrator.cli.attach import LIMIT
from orchestrator.cli.exits import CommandError

_MARK = re.compile(r'(?<!\S)@(@|"[^"]+"|[^\s@"]\S*)')
_TAIL = ",;:!?)."


@dataclass(frozen=True, slots=True)
class Attached:
    """`text` is the message without the marks, `content` what goes with it, from `files`."""

    text: str
    content: str = ""
    files: tuple[str, ...] = ()


def attach(text: str, read: Callable[[str], str]) -> Attached:
    """The message with its files read. `@@` stands for an @. Raises what `read` raises."""
    contents: dict[str, str] = {}

    def named(match: re.Match[str]) -> str:
        name = match[1]
        if name == "@":
            return "@"
        if name.startswith('"'):
            name, tail = name[1:-1], ""
        else:
            bare = name.rstrip(_TAIL)
            name, tail = bare, name[len(bare) :]
        contents[name] = read(name)
        return (f'"{name}"' if " " in name else name) + tail

    said = _MARK.sub(named, text)
    if len(contents) <= 1:
        content = "".join(contents.values())
    else:
        content = "\n".join(f"--- {name} ---\n{held}" for name, held in contents.items())
    if len(content) > LIMIT:
        raise CommandError("bad_request", f"Attached files may have {LIMIT} characters together: name them instead.")
    return Attached(said, content, tuple(contents))


def read_file(name: str) -> str:
    """A file's text. Raises CommandError `bad_request`."""
    path = Path(name).expanduser()
    literally = "write @@ for an @ that names no file"
    try:
        if not path.is_file():
            raise CommandError("bad_request", f"@{name}: there is no such file here ({literally}).")
        with path.open("rb") as opened:
            data = opened.read(4 * LIMIT + 1)
    except OSError as error:
        raise CommandError("bad_request", f"@{name} cannot be read: {error.strerror}.") from None
    if b"\0" in data:
        raise CommandError("bad_request", f"@{name} is not text: name it without the @.")
    text = data.decode("utf-8", "replace")
    if len(text) > LIMIT:
        raise CommandError("bad_request", f"@{name} has more than {LIMIT} characters: name it without the @.")
    return text

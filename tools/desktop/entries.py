"""The applications that are installed, from their .desktop files. Reads files, starts nothing.

Source: freedesktop.org, Desktop Entry Specification 1.5; its quoting rules and field codes of `Exec`.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.uitree import cleaned

FILE_BYTES: Final = 1 << 20
MOST: Final = 5_000
_GROUP: Final = "[Desktop Entry]"
# Between quotes, or none of the signs that the specification reserves.
_WORD = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))')
_ESCAPED: Final = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One application. `id` is its file's name without the ending; `command` has its field codes still in it."""

    id: str
    name: str
    command: tuple[str, ...]
    folder: str
    terminal: bool
    window_class: str

    @property
    def takes_file(self) -> bool:
        return any(word in ("%f", "%F", "%u", "%U") for word in self.command)

    def words(self, file: str = "") -> list[str]:
        """What to run, to open a file (an absolute path) where one is given."""
        found: list[str] = []
        for word in self.command:
            if word in ("%f", "%F"):
                found += [file] if file else []
            elif word in ("%u", "%U"):
                found += [Path(file).as_uri()] if file else []
            elif word == "%c":
                found.append(self.name)
            elif not re.fullmatch(r"%[a-zA-Z]", word):
                found.append(word.replace("%%", "%"))
        return found


def entries(variables: Mapping[str, str]) -> list[Entry]:
    """All that people may start, by name. A file of the user's goes before one of the system's."""
    found: dict[str, Entry | None] = {}
    for folder in _folders(variables):
        for path in _files(folder):
            id = str(path.relative_to(folder)).replace("/", "-").removesuffix(".desktop")
            if id not in found:
                found[id] = _entry(id, path, variables.get("PATH", os.defpath))
    return sorted((one for one in found.values() if one is not None), key=lambda one: (one.name.casefold(), one.id))


def named(known: list[Entry], wanted: str) -> list[Entry]:
    """Those that are meant by a name: by id, by whole name, by a word of either, in this order."""
    word = " ".join(wanted.split()).casefold()
    return (
        [one for one in known if one.id.casefold() in (word, word.removesuffix(".desktop"))]
        or [one for one in known if one.name.casefold() == word]
        or [one for one in known if one.id.casefold().rpartition(".")[2] == word]
        or [one for one in known if word in re.split(r"[\s._-]+", f"{one.name} {one.id}".casefold())]
    )


def _folders(variables: Mapping[str, str]) -> list[Path]:
    home = variables.get("XDG_DATA_HOME") or str(Path(variables.get("HOME", "/")) / ".local/share")
    shared = variables.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    return [Path(one) / "applications" for one in (home, *shared.split(":")) if one.startswith("/")]


def _files(folder: Path) -> Iterator[Path]:
    count = 0
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            if name.endswith(".desktop") and count < MOST:
                count += 1
                yield Path(place) / name


def _entry(id: str, path: Path, search: str) -> Entry | None:
    """None where it is not for people, or cannot be started."""
    try:
        with path.open("rb") as file:
            found = _keys(file.read(FILE_BYTES).decode("utf-8", "replace"))
    except OSError:
        return None
    hidden = any(found.get(key) == "true" for key in ("Hidden", "NoDisplay"))
    if found.get("Type") != "Application" or hidden or not found.get("Exec"):
        return None
    command = _command(found["Exec"])
    if not command or any(shutil.which(one, path=search) is None for one in (found.get("TryExec", command[0]),)):
        return None
    return Entry(
        id=cleaned(id)[:255], name=cleaned(found.get("Name", id))[:255], command=command, folder=found.get("Path", ""),
        terminal=found.get("Terminal") == "true", window_class=found.get("StartupWMClass", ""),
    )  # fmt: skip


def _keys(text: str) -> dict[str, str]:
    """The keys of the group that counts."""
    found: dict[str, str] = {}
    group = ""
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("["):
            group = line
        elif group == _GROUP and not line.startswith("#"):
            key, mark, value = line.partition("=")
            if mark:
                found.setdefault(key.strip(), re.sub(r"\\([sntr\\])", lambda m: _ESCAPED[m[1]], value.strip()))
    return found


def _command(line: str) -> tuple[str, ...]:
    """The words of an `Exec` line; none where it breaks the rules."""
    words: list[str] = []
    at = 0
    line = line.rstrip()
    while at < len(line):
        found = _WORD.match(line, at)
        if found is None or "\0" in found[0]:
            return ()
        words.append(re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2])
        at = found.end()
    return tuple(words)

"""Tools that worked and were approved, kept as files: one JSON file each, in the device's state folder.

A tool is known by its name and by the SHA-256 of its code, which is checked at every use. Provenance says who wanted
it, in which run it was approved, and what it returned then for which arguments: its test. A file that was changed by
hand is no tool any more.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from protocol.errors import ErrorCode
from protocol.vocabulary import JsonObject
from tools.errors import ToolError
from tools.kube.objects import digest


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept tool. `result` is the digest of what it returned for `arguments` when it was approved."""

    name: str
    goal: str
    code: str
    sha256: str
    arguments: JsonObject
    result: str
    approval: str
    run: str
    caller: str
    at: float
    writes: bool


class Library:
    """The folder of kept tools."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, tool: Kept) -> None:
        """Write it, whole or not at all. A name that is taken by other code is refused."""
        known = self._read(self._path(tool.name))
        if known is not None and known.sha256 != tool.sha256:
            raise ToolError(ErrorCode.ALREADY_EXISTS, f"there is another tool {tool.name}: choose another name")
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._path(tool.name)
        draft = path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(tool), file, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)

    def get(self, name: str) -> Kept:
        """Raises ToolError: NOT_FOUND naming those there are, DENIED where the code is not what was approved."""
        found = self._read(self._path(name))
        if found is None:
            names = ", ".join(tool.name for tool in self.all()) or "none"
            raise ToolError(ErrorCode.NOT_FOUND, f"there is no tool {name}; kept: {names}")
        if hashlib.sha256(found.code.encode()).hexdigest() != found.sha256 or found.name != name:
            raise ToolError(ErrorCode.DENIED, f"the code of {name} is not what was approved: it is not run")
        return found

    def all(self) -> list[Kept]:
        """Every kept tool, in name order."""
        paths = sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []
        return [tool for path in paths if (tool := self._read(path)) is not None]

    def _path(self, name: str) -> Path:
        return self._folder / f"{digest(name)[:32]}.json"

    def _read(self, path: Path) -> Kept | None:
        try:
            return Kept(**json.loads(path.read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            return None

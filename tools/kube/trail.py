"""The device's own record of what it changed: JSON lines, each chained to the one before by its hash, synced to disk.

An entry is written before a change (`begun`) and after it (`ended`), so that a device that died in between knows what
it may have done. A preview's digest serves once: the trail is where that is remembered.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from protocol.vocabulary import Json, JsonObject
from tools.kube.objects import canonical

FIRST: Final = "0" * 64


@dataclass
class Trail:
    """`path`: the file, made with mode 0600. `by_preview`: begun and ended entries by the preview's digest."""

    path: Path
    _last: str = FIRST
    _count: int = 0
    _begun: dict[str, JsonObject] = field(default_factory=dict)
    _ended: dict[str, JsonObject] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self) -> None:
        """Read what is there. A last line that a crash cut off is taken away; it was not acted upon."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.path.exists():
            return
        data = self.path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) != len(data):
            with self.path.open("r+b") as file:
                file.truncate(len(whole))
        for entry in _entries(whole):
            self._note(entry)

    def append(self, entry: JsonObject) -> str:
        """Write one entry durably; its id, `k` and its number."""
        with self._lock:
            numbered = {"id": f"k{self._count + 1}", **entry, "previous": self._last}
            numbered["hash"] = _hash(numbered)
            line = canonical(numbered).encode() + b"\n"
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, line)
                os.fsync(handle)
            finally:
                os.close(handle)
            self._note(numbered)
            return str(numbered["id"])

    def begun(self, digest: str) -> JsonObject | None:
        """The entry that says that a preview's change began."""
        return self._begun.get(digest)

    def ended(self, digest: str) -> JsonObject | None:
        """The entry that says how a preview's change ended."""
        return self._ended.get(digest)

    def read(self, last: int = 100) -> list[JsonObject]:
        """The newest entries, oldest first."""
        if not self.path.exists():
            return []
        return list(_entries(self.path.read_bytes()))[-last:]

    def verify(self) -> str:
        """ "" where the whole chain holds, else the first entry that does not fit, in words."""
        previous = FIRST
        for number, entry in enumerate(self.read(10**9), 1):
            if entry.get("previous") != previous or entry.get("hash") != _hash(entry):
                return f"entry {number} ({entry.get('id')}) does not fit the one before it"
            previous = str(entry["hash"])
        return "" if previous == self._last else "entries are missing at the end"

    def _note(self, entry: JsonObject) -> None:
        self._last = str(entry.get("hash", FIRST))
        self._count += 1
        kept = self._begun if entry.get("event") == "begun" else self._ended
        kept[str(entry.get("preview", ""))] = entry


def same_cluster(entry: JsonObject, cluster: JsonObject) -> bool:
    """Whether an entry is of this cluster: by the UID where both are known, else by the server.

    One server's address may lead to another cluster by now, and one cluster may have several addresses.
    """
    found = entry.get("cluster")
    if not isinstance(found, dict):
        return False
    which = "uid" if found.get("uid") and cluster.get("uid") else "server"
    return found.get(which) == cluster.get(which)


def _hash(entry: dict[str, Json]) -> str:
    rest = {key: value for key, value in entry.items() if key != "hash"}
    return hashlib.sha256(canonical(rest).encode()).hexdigest()


def _entries(data: bytes) -> Iterator[JsonObject]:
    for line in data.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            entry = {"id": "unreadable", "hash": ""}
        yield entry if isinstance(entry, dict) else {"id": "unreadable", "hash": ""}

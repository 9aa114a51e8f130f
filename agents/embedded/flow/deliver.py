"""What was read or made, as a file on a device: records as a table or as JSON, pictures as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agents.embedded.flow.things import Entry, Made
from agents.embedded.outcome import decline
from protocol.vocabulary import JsonObject

if TYPE_CHECKING:
    from agents.embedded.flow.build import Builder

_TABLES: Final = {"csv": "csv.write", "xlsx": "xlsx.write"}
_PICTURES: Final = ("png",)


def delivered(to: Builder, made: Made, entry: Entry, device: str, path: str) -> Entry:
    """The entry as the file `path` of a device. Raises Stop where a file of that name cannot hold it."""
    ending = path.rpartition("/")[2].rpartition(".")[2].casefold()
    if made.kind == "records" and ending in _TABLES:
        table: JsonObject = {"path": path, "items": entry.value}
        return Entry(entry.label, device, to.step("table", _TABLES[ending], table, device), path)
    if made.kind == "records" and ending == "json":
        text: JsonObject = {"path": path, "text": f"{entry.value}\n"}
        return Entry(entry.label, device, to.step("write", "file.write", text, device), path)
    if made.kind == "artifact" and ending in _PICTURES:
        saved: JsonObject = {"path": path, "artifact": entry.value}
        return Entry(entry.label, device, to.step("save", "artifact.save", saved, device), path)
    raise decline(f"this cannot be put into {path}", [path])

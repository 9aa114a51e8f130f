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


def with_phone(to: Builder, entry: Entry, device: str, path: str) -> Entry:
    """A file that goes to a phone, or comes from one: pushed and pulled by the phone's own skills. Raises Stop."""
    phones = to.world.able("phone.push")
    if device == entry.device:
        raise decline("a phone's file is copied to another device")
    if any(
        name in phones and not where.startswith("/") for name, where in ((device, path), (entry.device, entry.value))
    ):
        raise decline("on a phone a file has an absolute path", [path])
    if entry.device in phones:
        pulled: JsonObject = {"source": entry.value, "target": entry.value.rpartition("/")[2]}
        step = to.step("pull", "phone.pull", pulled, entry.device, entry.step, once=True)
    else:
        step = to.step("share", "artifact.publish", {"path": entry.value}, entry.device, entry.step, once=True)
    artifact = f"${{{step}.output.artifact}}"
    if device in phones:
        pushed: JsonObject = {"artifact": artifact, "target": path}
        return Entry(entry.label, device, to.step("push", "phone.push", pushed, device), path)
    saved: JsonObject = {"path": path, "artifact": artifact}
    return Entry(entry.label, device, to.step("save", "artifact.save", saved, device), path)

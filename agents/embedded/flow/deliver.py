"""What was read or made, as a file on a device: files as they are or as another kind, texts and records written.

Files go between devices as artifacts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.things import ROWS, Entry, Made, Target
from agents.embedded.outcome import decline
from protocol.vocabulary import JsonObject

_TABLES: Final = {"csv": "csv.write", "xlsx": "xlsx.write"}
_PICTURES: Final = ("png",)


CONVERSIONS: Final = {
    ("csv", "xlsx"): ("csv.read", "items", "xlsx.write", "items"),
    ("xlsx", "csv"): ("xlsx.read", "items", "csv.write", "items"),
    ("md", "html"): ("file.read", "text", "html.write", "markdown"),
    ("md", "pdf"): ("file.read", "text", "pdf.write", "markdown"),
}
"""How a file of one kind becomes one of another: what reads it, its output, what writes it, its argument."""


def kinds(source: str, target: str) -> tuple[str, str]:
    return source.rpartition(".")[2].casefold(), target.rpartition(".")[2].casefold()


def put(to: Builder, made: Made, entries: Sequence[Entry], target: Target) -> None:
    """The files or texts of these entries where the target says: copied as they are, texts written."""
    new: list[Entry] = []
    for entry in entries:
        for name in to.goals(target):
            path = target.path or (entry.value if made.kind == "file" else None)
            if path is not None and path.endswith("/") and made.kind == "file":
                path += entry.value.rpartition("/")[2]
            if path is None or path.endswith("/"):
                raise decline("it is not said into which file")
            if any(one.device == name and one.value == path for one in new):
                raise decline(f"several files would be {path} on {name}")
            new.append(delivered(to, made, entry, name, path))
    to.made.append(Made("file", tuple(new), made.nouns | {"copy", "copies"}))


def delivered(to: Builder, made: Made, entry: Entry, device: str, path: str) -> Entry:
    """The entry as the file `path` of a device: copied as it is, turned into another kind, or written."""
    if made.form and kinds("", path)[1] != made.form:
        raise decline(f"{path} is not of the kind {made.form}", [path])
    if made.kind == "file" and (both := kinds(entry.value, path)) in CONVERSIONS:
        return _converted(to, entry, device, path, CONVERSIONS[both])
    if made.kind not in ("file", "text", "number"):
        return _written(to, made, entry, device, path)
    if made.kind != "file":
        text = entry.value if made.kind == "text" else f"{entry.value}\n"
        step = to.step("write", "file.write", {"path": path, "text": text}, device)
        return Entry(entry.label, device, step, path)
    if {device, entry.device} & set(to.world.able("phone.push")):
        return _with_phone(to, entry, device, path)
    if device == entry.device:
        copied: JsonObject = {"source": entry.value, "target": path}
        return Entry(entry.label, device, to.step("copy", "file.copy", copied, device, entry.step), path)
    shared = to.step("share", "artifact.publish", {"path": entry.value}, entry.device, entry.step, once=True)
    arguments: JsonObject = {"path": path, "artifact": f"${{{shared}.output.artifact}}"}
    return Entry(entry.label, device, to.step("save", "artifact.save", arguments, device), path)


def _converted(to: Builder, entry: Entry, device: str, path: str, way: tuple[str, str, str, str]) -> Entry:
    reader, output, writer, argument = way
    most: JsonObject = {"max_bytes": 4_000_000} if reader == "file.read" else {"limit": ROWS}
    read = to.step("read", reader, {"path": entry.value, **most}, entry.device, entry.step)
    arguments: JsonObject = {"path": path, argument: f"${{{read}.output.{output}}}"}
    return Entry(entry.label, device, to.step("convert", writer, arguments, device), path)


def _written(to: Builder, made: Made, entry: Entry, device: str, path: str) -> Entry:
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


def _with_phone(to: Builder, entry: Entry, device: str, path: str) -> Entry:
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

"""Who manages a field: other appliers' fields are not taken from them.

Server-side apply gives every field an owner (`metadata.managedFields`, `fieldsV1`). A field that another manager
*applies* would be set back by it, or its ownership would be forced away: neither is done. Managers that update
(controllers, `kubectl edit`) do not hold on to what they wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tools.kube.diff import FieldChange
from tools.kube.objects import Manifest, at

MANAGER = "asterism"


def foreign(live: Manifest, changes: Iterable[FieldChange]) -> list[tuple[str, str]]:
    """(path, manager) of each change to a field that another manager applies."""
    owners = [
        (str(entry.get("manager", "")), frozenset(_paths("", entry.get("fieldsV1") or {})))
        for entry in at(live, "metadata.managedFields", [])
        if entry.get("operation") == "Apply" and entry.get("manager") != MANAGER
    ]
    return [
        (change.path, manager)
        for change in changes
        for manager, paths in owners
        if any(change.path == path or change.path.startswith((f"{path}.", f"{path}[")) for path in paths)
    ]


def _paths(path: str, owned: Manifest) -> Iterator[str]:
    """The leaves of a FieldsV1 set, written as `diff` writes them."""
    inner = [key for key in owned if key != "."]
    if not inner and path:
        yield path
    for key in inner:
        yield from _paths(path + _step(key, path), owned[key] or {})


def _step(key: str, path: str) -> str:
    kind, _, rest = key.partition(":")
    if kind == "f":
        quoted = f'["{rest}"]' if "." in rest or "/" in rest else rest
        return quoted if quoted.startswith("[") or not path else f".{quoted}"
    if kind == "k":
        import json

        names = json.loads(rest)
        return f"[{names.get('name', next(iter(names.values()), ''))}]"
    return f"[{rest}]"

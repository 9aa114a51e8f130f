"""Fields that were asked for and that the server did not take: it drops what it does not know. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tools.kube.objects import Manifest

_KEYS: Final = ("name", "containerPort", "port", "key", "mountPath")
_WRITE_ONLY: Final = frozenset({"stringData", "status"})


def dropped(wanted: Manifest, after: Manifest) -> list[str]:
    """The paths of a manifest, or of a merge patch, that the object does not have afterwards."""
    return [path for key in wanted if key not in _WRITE_ONLY for path in _missing(key, wanted[key], after.get(key))]


def _missing(path: str, wanted: object, after: object) -> Iterator[str]:
    # Empty values need not come back: the server leaves them out.
    if wanted is None or wanted in ({}, [], "", 0, False) or path.endswith(("$patch", "$retainKeys")):
        return
    if after is None:
        yield path
    elif isinstance(wanted, dict) and isinstance(after, dict):
        if wanted.get("$patch") == "delete":
            return
        for key, value in wanted.items():
            yield from _missing(f"{path}.{key}", value, after.get(key))
    elif isinstance(wanted, list) and isinstance(after, list):
        for index, (one, other) in enumerate(_pairs(wanted, after)):
            yield from _missing(f"{path}[{index}]", one, other)


def _pairs(wanted: list[object], after: list[object]) -> list[tuple[object, object]]:
    """Items by their names; lists of values, and of things without names, as far as they are of one length."""
    for key in _KEYS:
        if all(isinstance(one, dict) and key in one for one in (*wanted, *after)):
            there = {str(one[key]): one for one in after if isinstance(one, dict)}
            return [
                (one, there.get(str(one[key])))
                for one in wanted
                if isinstance(one, dict) and one.get("$patch") != "delete"
            ]
    return list(zip(wanted, after, strict=True)) if len(wanted) == len(after) else []

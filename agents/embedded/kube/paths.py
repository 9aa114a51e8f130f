"""Paths of files in a request: of the workspace, and of containers."""

from __future__ import annotations

from agents.embedded.kube.filenames import is_absolute, is_file
from agents.embedded.kube.making import release
from agents.embedded.kube.slots import literal
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.view import View


def file_path(v: View) -> str:
    """The file of the workspace that a clause names, explained; "" where there is none, or more than one."""
    found = [
        at
        for at in v.free(Shape.PATH, Shape.NAME, Shape.QUOTED)
        if not is_absolute(literal(v, at)) and (is_file(literal(v, at)) or _said_file(v, at))
    ]
    if len(found) != 1:
        return ""
    release(v, found[0])
    return literal(v, found[0])


def _said_file(v: View, at: int) -> bool:
    text = literal(v, at)
    return v.before(at) in {"file", "into", "as"} and ("." in text or "/" in text) and not text.endswith("/")


def absolute_path(v: View) -> str:
    """The path in a container that a clause names, explained."""
    found = [at for at in v.free(Shape.PATH, Shape.QUOTED, Shape.NAME) if is_absolute(literal(v, at))]
    if len(found) != 1:
        return ""
    release(v, found[0])
    return literal(v, found[0])

"""What a path may look like, before any file is touched. Pure."""

from __future__ import annotations

import unicodedata

from protocol.errors import ErrorCode
from tools.errors import ToolError

PATH_BYTES = 4096
NAME_BYTES = 255


def check(path: str) -> str:
    """`path`, where it is a path at all. Raises ToolError(BAD_ARGUMENTS)."""
    if not path:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "the path is empty")
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in path):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "the path holds control characters or is not valid text")
    if len(path.encode()) > PATH_BYTES:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"the path is longer than {PATH_BYTES} bytes")
    if any(len(part.encode()) > NAME_BYTES for part in path.split("/")):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"a name in the path is longer than {NAME_BYTES} bytes")
    return path


def parts(path: str, shown: str | None = None) -> tuple[str, ...]:
    """The components below the starting folder, `.` and `..` worked out.

    Raises ToolError(OUTSIDE_WORKSPACE) where `..` leads above it.
    """
    found: list[str] = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part != "..":
            found.append(part)
        elif found:
            found.pop()
        else:
            raise outside(shown or path)
    return tuple(found)


def outside(path: str) -> ToolError:
    """The refusal of a path that leaves the workspace."""
    return ToolError(
        ErrorCode.OUTSIDE_WORKSPACE,
        f"`{path}` is outside the workspace: use a path within it, or have the device's owner allow that folder",
    )


def shown(name: str | bytes) -> str:
    """A file's name as data: bytes that are not UTF-8 become `\\xNN`, so that it can be JSON."""
    raw = name.encode("utf-8", "surrogateescape") if isinstance(name, str) else name
    return raw.decode("utf-8", "backslashreplace")

"""The skills that a server, a desktop and an edge box share. A server's own are in `tools/host`."""

from __future__ import annotations

from tools import (
    archives,
    artifacts,
    data,
    filemove,
    files,
    filesearch,
    filetext,
    filetree,
    http,
    processes,
    records,
    shell,
    system,
    text,
)
from tools.registry import Registry

MODULES = (
    archives,
    artifacts,
    data,
    filemove,
    files,
    filesearch,
    filetext,
    filetree,
    http,
    processes,
    records,
    shell,
    system,
    text,
)


def registry() -> Registry:
    """Every skill of the modules above, a new registry each time."""
    return Registry.of_modules(*MODULES)

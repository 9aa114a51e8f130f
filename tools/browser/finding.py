"""Which browser this machine has, and whether it can be driven. Cheap: it is asked every few seconds."""

from __future__ import annotations

import importlib.util
import os
import shutil
from functools import cache
from typing import Final

PROGRAMS: Final = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "google-chrome-beta", "microsoft-edge",
    "brave-browser",
)  # fmt: skip
"""Of one family, which Playwright drives through its developer protocol."""


@cache
def has_library() -> bool:
    """Whether Playwright is installed. It is not loaded for that."""
    return importlib.util.find_spec("playwright") is not None


def find_program(named: str = "") -> str | None:
    """The path of the browser: the one that is named, else the first of PROGRAMS that is there."""
    for one in (named,) if named else PROGRAMS:
        if (found := shutil.which(one)) is not None:
            return os.path.abspath(found)
    return None


def lacking(named: str = "") -> str:
    """Why no browser can be used now, as a sentence with the next step; empty where one can."""
    if not has_library():
        return "Playwright is not installed: run `pip install 'asterism[browser]'`"
    if find_program(named) is None:
        what = f"`{named}` is no program here" if named else "this machine has no Chromium or Chrome"
        return f"{what}: install one (Debian: `apt-get install chromium`)"
    return ""

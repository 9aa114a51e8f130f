"""How the launcher is called. See `launcher.py`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

LAUNCHER: Final = str(Path(__file__).with_name("launcher.py"))


def launch(settings: Mapping[str, object], command: Sequence[str]) -> tuple[str, ...]:
    """The command line that runs a command below the launcher."""
    return (sys.executable, "-I", "-S", LAUNCHER, repr(dict(settings)), "--", *command)

"""How the launcher is called. See `launcher.py`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

LAUNCHER: Final = str(Path(__file__).with_name("launcher.py"))
# As a module it is compiled once; as a script it would be at every start, which takes as long as it runs.
_BEGIN: Final = (
    f"import os, sys; sys.path.append({str(Path(LAUNCHER).parent)!r}); import launcher; os._exit(launcher.main())"
)


def launch(settings: Mapping[str, object], command: Sequence[str]) -> tuple[str, ...]:
    """The command line that runs a command below the launcher."""
    return (sys.executable, "-I", "-S", "-c", _BEGIN, repr(dict(settings)), "--", *command)

"""Which screen a desktop device is about."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

_LOCAL = re.compile(r"(?:unix)?:(\d{1,5})(?:\.\d{1,3})?")


@dataclass(frozen=True, slots=True)
class DesktopSettings:
    """`display`: the X display, such as `:0`; by default DISPLAY of the agent's environment."""

    display: str = ""

    @property
    def name(self) -> str:
        """The display; empty where none is named."""
        return self.display or os.environ.get("DISPLAY", "")

    @property
    def number(self) -> int:
        """Of a display of this machine. Raises ValueError where it is none."""
        found = _LOCAL.fullmatch(self.name)
        if found is None:
            raise ValueError(f"{self.name[:100]!r} is no display of this machine: one is called :0 or :1")
        return int(found[1])

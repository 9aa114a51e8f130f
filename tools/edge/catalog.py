"""The modules of an edge device's skills: for the pages and the file that are written from them."""

from __future__ import annotations

from types import ModuleType
from typing import Final

from protocol.vocabulary import SkillSpec
from tools import artifacts, data, filemove, files, filesearch, filetext, filetree, http, records, system, text
from tools.edge import acting, firmware, reading, recording, ruling, watching
from tools.registry import Registry

OWN: Final[tuple[ModuleType, ...]] = (reading, watching, acting, ruling, recording, firmware)
BESIDES: Final[tuple[ModuleType, ...]] = (
    artifacts, data, filemove, files, filesearch, filetext, filetree, http, records, system, text,
)  # fmt: skip
"""What such a box can do besides. No commands and no scripts: they would go round what the owner declared."""


def specs() -> tuple[SkillSpec, ...]:
    """What its own skills say of themselves."""
    return Registry.of_modules(*OWN).specs()

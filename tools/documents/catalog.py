"""The modules whose skills `skills.json` tells of."""

from __future__ import annotations

from types import ModuleType
from typing import Final

from protocol.vocabulary import SkillSpec
from tools.documents import charts, pages, pdfs, queries, sheets, tables
from tools.registry import Registry

MODULES: Final[tuple[ModuleType, ...]] = (charts, pages, pdfs, queries, sheets, tables)


def specs() -> tuple[SkillSpec, ...]:
    """What all of them say of themselves, in name order."""
    return Registry.of_modules(*MODULES).specs()

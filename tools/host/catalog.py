"""The modules of a server's skills: for the pages and the file that are written from them."""

from __future__ import annotations

from types import ModuleType
from typing import Final

from protocol.vocabulary import SkillSpec
from tools.host import accounts, backup, containers, cron, databases, journal, listening, packages, sandbox, services
from tools.registry import Registry
from tools.server import MODULES

OWN: Final[tuple[ModuleType, ...]] = (
    accounts, backup, containers, cron, databases, journal, listening, packages, sandbox, services,
)  # fmt: skip
BESIDES: Final[tuple[ModuleType, ...]] = MODULES


def specs() -> tuple[SkillSpec, ...]:
    """What all of them say of themselves, in name order."""
    return Registry.of_modules(*OWN, *BESIDES).specs()

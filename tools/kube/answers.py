"""The modules of the verbs that read, and of those that run commands in containers."""

from __future__ import annotations

from types import ModuleType
from typing import Final

from tools.kube import (
    access_read,
    connectivity,
    copying,
    describing,
    discovering,
    events,
    execution,
    listing,
    logs,
    quota_read,
    reading,
    rollouts_read,
    top,
    watching,
)

MODULES: Final[tuple[ModuleType, ...]] = (
    access_read, connectivity, copying, describing, discovering, events, execution, listing, logs, quota_read, reading,
    rollouts_read, top, watching,
)  # fmt: skip

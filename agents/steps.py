"""Keys of the supervisor's steps. The same consultation gives the same keys, so a step done twice changes nothing."""

from __future__ import annotations

import hashlib
import re

from orchestrator.core.ports import Consultation

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}")


def step_key(consultation: Consultation, step: str) -> str:
    """An identifier for one step of a consultation: its run, its key, and the step's name."""
    whole = consultation.key or f"{consultation.reason}.{consultation.task or ''}"
    if not whole.startswith(consultation.run):
        whole = f"{consultation.run}.{whole}"
    text = f"{whole}.{step}"
    if _IDENTIFIER.fullmatch(text):
        return text
    return "k" + hashlib.sha256(text.encode()).hexdigest()

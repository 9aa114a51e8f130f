"""Points in time as a person types them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from orchestrator.cli.exits import CommandError

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_LATEST = 1e11


def moment(text: str | None, now: float) -> float | None:
    """Unix time of `7d` (so long before `now`), `2026-11-01`, `2026-11-01T12:00Z` or Unix seconds; None for None.

    A date without a zone is UTC. Raises CommandError `usage`.
    """
    if text is None:
        return None
    span = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)([smhdw])(?: ago)?", text.strip())
    if span is not None:
        return max(0.0, now - float(span[1]) * _UNITS[span[2]])
    try:
        at = float(text) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) else _date(text)
    except (ValueError, OverflowError):
        at = -1.0
    if not 0 <= at <= _LATEST:
        raise CommandError("usage", f"{text!r} is no time: give 7d, 12h, a date such as 2026-11-01, or Unix seconds.")
    return at


def _date(text: str) -> float:
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp()

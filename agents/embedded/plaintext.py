"""A request's text with chat spellings and a noun beside device names put plainly, for the grammars of patterns."""

from __future__ import annotations

import re
from typing import Final

from orchestrator.core.fleet import FleetView

_POLITE: Final = {
    **dict.fromkeys(("pls", "plz", "plx", "plese", "pleas"), "please"),
    **dict.fromkeys(("thx", "tnx", "thnx", "tysm"), "thanks"),
}
_QUOTED: Final = r"\"[^\"]*\"|“[^”]*”|«[^»]*»|`[^`]*`|'[^']*'"
_SHORT: Final = re.compile(rf"{_QUOTED}|(?<![\w.@/-])(?:{'|'.join(_POLITE)})(?![\w@/-]|\.\w)", re.IGNORECASE)
_NOUNS: Final = "servers|machines|hosts|computers|devices|boxes"


def plain_text(text: str, fleet: FleetView) -> str:
    """`restart nginx on both servers alpha and beta pls` as `restart nginx on alpha and beta please`."""
    out = _SHORT.sub(lambda found: _POLITE.get(found[0].casefold(), found[0]), text)
    names = "|".join(re.escape(name) for name in fleet.devices)
    if not names:
        return out
    noun = rf"\b(?:(?:both|all|all of)\s+)?(?:(?:the|my|our)\s+)?(?:(?:two|three)\s+)?(?:{_NOUNS})\s*[,:(]?\s+"
    return re.sub(rf"{noun}((?:{names})(?:\s*,\s*|\s+and\s+|,\s*and\s+)(?:{names})\b)", r"\1", out)

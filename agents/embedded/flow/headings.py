"""Whether the two columns of a table can be the names of what was measured, and what was measured of each."""

from __future__ import annotations

from typing import Final

from agents.embedded.flow.things import Made
from agents.embedded.outcome import decline
from agents.embedded.wordset import words

_NUMBERS: Final = words(
    "number numbers count counts value values result results sum sums total totals lines hits findings matches n"
)
_HASHES: Final = words("hash sha256 sha-256 checksum sum digest sha256sum")
_HASH: Final = frozenset({"hash", "hashes", "checksum", "checksums"})
_STATUS: Final = words("status code status_code")


def check_columns(made: Made, first: str, second: str) -> None:
    """Raises Stop where the second heading is of something else, or the first one of the values."""
    if not _of_values(made, second):
        raise decline(f"it is not clear what the column {second} should hold", [second])
    if _of_values(made, first):
        raise decline(f"it is not clear what the column {first} should hold", [first])


def _of_values(made: Made, heading: str) -> bool:
    """Whether a heading is a word for the values: `errors` for how many ERROR lines there are."""
    said, about = heading.casefold(), made.about.casefold()
    if made.kind == "status":
        return said in _STATUS
    if made.kind == "text":
        return said in (_HASHES if made.nouns & _HASH else {"output", "text", "lines", "name"})
    return said in _NUMBERS or bool(about and (said.startswith(about) or about.startswith(said)))

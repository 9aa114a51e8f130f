"""Words for people: aligned tables, ages, sizes, times; every line safe to print and without secrets. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from tools.errors import printable
from tools.kube.objects import Manifest, at
from tools.kube.secrecy import hidden

TEXT_CHARACTERS: Final = 60_000
LINE_CHARACTERS: Final = 2_000
CELL_CHARACTERS: Final = 160
_STEPS: Final = ((86_400 * 365, "y"), (86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))
_IRREGULAR: Final = {"Ingress": "ingresses", "IngressClass": "ingress classes", "StorageClass": "storage classes"}


def clean(line: str, most: int = LINE_CHARACTERS) -> str:
    """One line of what came from the cluster: cut, without control characters and credentials."""
    return printable(hidden(line[:most])) + ("..." if len(line) > most else "")


def lines(text: str, most: int = LINE_CHARACTERS) -> list[str]:
    """The same for a text of several lines; each keeps its place."""
    return [clean(line, most) for line in text.splitlines()]


def bounded(parts: Sequence[str], most: int = TEXT_CHARACTERS) -> str:
    """The lines as one text; where they are too many, the first ones, and a line that says so."""
    size = 0
    for number, part in enumerate(parts):
        size += len(part) + 1
        if size > most:
            return "\n".join([*parts[:number], f"... cut: {len(parts) - number} more lines; ask for less"])
    return "\n".join(parts)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Aligned columns, two spaces apart, as kubectl has them."""
    cells = [
        [clean(one, CELL_CHARACTERS).upper() for one in header],
        *([clean(cell, CELL_CHARACTERS) for cell in row] for row in rows),
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def age(seconds: float) -> str:
    """`45s`, `12m`, `3h`, `5d`: the largest whole unit, and the next one while it is small."""
    left = max(0, int(seconds))
    for (size, unit), (below, smaller) in pairwise(_STEPS):
        if left >= size:
            count, rest = divmod(left, size)
            return f"{count}{unit}{rest // below}{smaller}" if count < 10 and rest >= below else f"{count}{unit}"
    return f"{left}s"


def moment(value: object) -> datetime | None:
    """A timestamp of the API; None where there is none."""
    if not isinstance(value, str) or not value:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def age_s(obj: Manifest, now: datetime) -> float:
    """Seconds since an object's creation; 0 where it does not say."""
    created = moment(at(obj, "metadata.creationTimestamp"))
    return (now - created).total_seconds() if created is not None else 0.0


def ago(value: object, now: datetime) -> str:
    """`5m ago`, or an empty text for no time."""
    when = moment(value)
    return f"{age((now - when).total_seconds())} ago" if when is not None else ""


def present() -> datetime:
    return datetime.now(UTC)


def counted(count: int, singular: str, plural: str = "") -> str:
    """`1 pod`, `3 pods`."""
    return f"{count:,} {singular if count == 1 else plural or plural_of(singular)}"


def plural_of(noun: str) -> str:
    """An English plural of a kind's name: `policies`, `ingresses`, `pods`."""
    if noun in _IRREGULAR:
        return _IRREGULAR[noun]
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "ch", "x")) else f"{noun}s"


def bytes_said(count: float) -> str:
    """`512 B`, `1.5 KiB`, `20 MiB`."""
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if size >= 10 or unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"

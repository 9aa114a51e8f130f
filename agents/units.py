"""Numbers with units, as people read them. Decimal prefixes: 1 kB is 1,000 bytes."""

from __future__ import annotations

_PREFIXES = ("B", "kB", "MB", "GB", "TB", "PB")


def size(count: float) -> str:
    """`213.4 GB`, `1.2 kB`, `17 B`."""
    value, prefix = float(count), 0
    while abs(value) >= 999.95 and prefix < len(_PREFIXES) - 1:
        value /= 1000
        prefix += 1
    return f"{value:.0f} B" if prefix == 0 else f"{value:.1f} {_PREFIXES[prefix]}"


def duration(seconds: float) -> str:
    """`3 d 4 h`, `2 h 5 min`, `12.5 s`: the two largest units."""
    if abs(seconds) < 60:
        return f"{number(round(seconds, 1))} s"
    rest = int(seconds)
    parts: list[str] = []
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, rest = divmod(rest, length)
        if count or parts:
            parts.append(f"{count} {unit}" if count else "")
        if len(parts) == 2:
            break
    return " ".join(part for part in parts if part)


def percent(value: float) -> str:
    return f"{number(round(value, 1))} %"


def number(value: float) -> str:
    """`1,204`, `0.5`: thousands apart, no empty decimals."""
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def counted(count: float, noun: str, plural: str = "") -> str:
    """`1 file`, `3 files`."""
    return f"{number(count)} {noun if count == 1 else plural or noun + 's'}"


def measure(name: str, value: float) -> str:
    """A number in the unit that its field's name tells: `free_bytes`, `used_percent`, `seconds`."""
    if name.endswith("bytes"):
        return size(value)
    if name.endswith("percent"):
        return percent(value)
    if name == "seconds" or name.endswith(("_s", "_seconds")):
        return duration(value)
    return number(value)

"""Kubernetes quantities ("500m", "1Gi") as numbers, and back. Pure."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = {
    "": 1.0, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60,
}  # fmt: skip
_QUANTITY: Final = re.compile(r"^([+-]?[0-9.]+(?:[eE][+-]?[0-9]{1,3})?)(n|u|m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi|E|Ei)?$")


def number(quantity: object) -> float:
    """The value: cores, bytes or a count; 0 for what is none."""
    match = _QUANTITY.match(str(quantity).strip())
    if match is None:
        return 0.0
    try:
        return float(match[1]) * _UNITS[match[2] or ""]
    except ValueError:
        return 0.0


def cores(value: float) -> str:
    """`250m`, `2`, `1.5`: CPU as Kubernetes writes it."""
    if value and abs(value) < 1:
        return f"{value * 1000:.0f}m"
    return f"{value:.3f}".rstrip("0").rstrip(".")


def size(value: float) -> str:
    """`512Mi`, `1.5Gi`: memory as Kubernetes writes it."""
    for unit in ("Ti", "Gi", "Mi", "Ki"):
        if abs(value) >= _UNITS[unit]:
            return f"{value / _UNITS[unit]:.1f}".rstrip("0").rstrip(".") + unit
    return f"{value:.0f}"


def said(resource: str, value: float) -> str:
    """A value of a resource in its own unit."""
    if "cpu" in resource:
        return cores(value)
    return size(value) if "memory" in resource or "storage" in resource else f"{value:,.0f}"

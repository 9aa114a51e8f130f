"""How an edge device finds what its owner declared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """`sensors`: the TOML file that declares broker, sensors and actuators (see docs/devices-edge.md)."""

    sensors: Path

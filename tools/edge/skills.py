"""All skills of an edge device, loaded when they are called, and which cannot be used while the broker is away."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tools.deferred import deferred
from tools.edge.context import Edge, EdgeRegistry

FILE: Final = Path(__file__).with_name("skills.json")
READ: Final = ("edge.read", "edge.watch", "edge.aggregate")


def registry(edge: Edge) -> EdgeRegistry:
    """Its own skills, and those for files, HTTP, data and system facts (see `catalog`)."""
    found = EdgeRegistry(edge)
    for one in deferred(FILE):
        found.add(one)
    return found


def withheld(edge: Edge) -> dict[str, str]:
    """What cannot be used now, and why. Without the broker, files, serial ports, rules and history stay."""
    box = edge.box
    if box.broker is not None and box.broker.online:
        return {}
    if box.broker is None:
        why = "this device has no broker: its owner declares one as [broker] in the sensors file"
        local = {"edge.topics", "edge.publish"}
    else:
        why = f"the broker is not there ({box.broker.reason}): start it, or correct [broker] in the sensors file"
        local = {"edge.topics"}
    gone = set(local)
    if not any(one.topic is None for one in box.declared.sensor) and all(one.set for one in box.declared.actuator):
        gone |= set(READ)
    if all(one.set for one in box.declared.actuator):
        gone.add("edge.set")
    return dict.fromkeys(sorted(gone), why)

"""Which devices of a fleet are machines: a cluster has no disk, no files and no processes of its own to ask about."""

from __future__ import annotations

from orchestrator.core.fleet import DeviceInfo, FleetView
from protocol.vocabulary import DeviceKind

_last: tuple[FleetView, FleetView] | None = None


def machines(fleet: FleetView) -> FleetView:
    """The fleet without devices that are clusters and nothing else; the same value where there is none.

    The last answer is kept: what is read of a fleet is remembered by its identity (see `agents.covering.heard`).
    """
    global _last
    if not any(is_only_cluster(device) for device in fleet.devices.values()):
        return fleet
    if _last is None or _last[0] is not fleet:
        left = {name: device for name, device in fleet.devices.items() if not is_only_cluster(device)}
        _last = (fleet, FleetView(left))
    return _last[1]


def is_only_cluster(device: DeviceInfo) -> bool:
    """Whether a device offers skills of a cluster alone."""
    return (
        device.kind is DeviceKind.KUBERNETES
        and bool(device.skills)
        and all(name.startswith("kube.") for name in device.skills)
    )

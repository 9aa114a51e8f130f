"""What planners and placement know of a device. Values only; the gateway's registry makes them."""

from __future__ import annotations

from dataclasses import dataclass, field

from protocol.vocabulary import DeviceKind, DeviceProfile, SkillSpec


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A registered device. `skills` by name. `online` is false while it is away but not forgotten."""

    name: str
    kind: DeviceKind
    skills: dict[str, SkillSpec]
    labels: dict[str, str] = field(default_factory=dict)
    profile: DeviceProfile = field(default_factory=DeviceProfile)
    slots: int = 8
    online: bool = True
    draining: bool = False

    @property
    def available(self) -> bool:
        return self.online and not self.draining


@dataclass(frozen=True, slots=True)
class FleetView:
    """The live fleet at one moment, by device name, in name order."""

    devices: dict[str, DeviceInfo]

    @classmethod
    def of(cls, *devices: DeviceInfo) -> FleetView:
        return cls({device.name: device for device in sorted(devices, key=lambda device: device.name)})

    @property
    def skills(self) -> dict[str, SkillSpec]:
        """Every skill that an available device offers; where versions differ, the highest."""
        found: dict[str, SkillSpec] = {}
        for device in self.devices.values():
            if not device.available:
                continue
            for name, spec in device.skills.items():
                known = found.get(name)
                if known is not spec and (known is None or known.version < spec.version):
                    found[name] = spec
        return dict(sorted(found.items()))

"""What planners and placement know of a device. Values only; the gateway's registry makes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from protocol.vocabulary import DeviceKind, DeviceProfile, SkillSpec


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A registered device. `skills` by name. `online` is false while it is away but not forgotten.

    `withheld`: skills that it has and cannot use now, by name, with why and what to do about it; `latent` are these.
    """

    name: str
    kind: DeviceKind
    skills: dict[str, SkillSpec]
    labels: dict[str, str] = field(default_factory=dict)
    profile: DeviceProfile = field(default_factory=DeviceProfile)
    slots: int = 8
    online: bool = True
    draining: bool = False
    withheld: dict[str, str] = field(default_factory=dict)
    latent: dict[str, SkillSpec] = field(default_factory=dict)

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
    def whole(self) -> FleetView:
        """The fleet as if every device could use all that it has; the same value where each can."""
        if not any(device.latent for device in self.devices.values()):
            return self
        return FleetView(
            {
                name: replace(device, skills={**device.skills, **device.latent}, latent={}) if device.latent else device
                for name, device in self.devices.items()
            }
        )

    def withheld(self, skill: str, among: Iterable[str] | None = None) -> str:
        """Why devices that have a skill cannot use it now, as `alpha: reason`; empty where none has said so.

        `among`: only these devices, whose names need no saying where there is one.
        """
        wanted = self.devices if among is None else dict.fromkeys(among)
        here = [device for name, device in self.devices.items() if name in wanted and device.online]
        reasons: dict[str, list[str]] = {}
        for device in here:
            if skill in device.withheld:
                reasons.setdefault(device.withheld[skill], []).append(device.name)
        if among is not None and len(wanted) == 1:
            return "".join(reasons)
        return "; ".join(f"{', '.join(names)}: {why}" for why, names in reasons.items())

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

"""What the live fleet has: who offers which skill, which sensors and actuators there are, and by which words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from agents.embedded.devices import KINDS, key
from agents.embedded.wordset import words
from orchestrator.core.fleet import DeviceInfo, FleetView
from protocol.vocabulary import ActuatorProfile, DeviceKind, SensorProfile, SkillSpec

KIND_NOUNS: Final = {
    **{word: kind for word, kind in KINDS.items() if kind is not DeviceKind.KUBERNETES},
    **dict.fromkeys(("android", "android phone", "mobile phone", "cell phone", "cell"), DeviceKind.PHONE),
    **dict.fromkeys(("edge box", "edge device", "sensor box", "edge gateway", "box"), DeviceKind.EDGE),
    **dict.fromkeys(("desktop computer", "desktop machine", "work computer"), DeviceKind.DESKTOP),
    **dict.fromkeys(("linux server",), DeviceKind.SERVER),
}
_SENSED = words(
    "sensor sensors reading readings value values level current measurement now currently actual probe the a an my our "
    "of in at inside for from on latest state status right present"
)
KIN: Final = {
    "light": "lamp", "lamp": "light", "heater": "heating", "heating": "heater", "radiator": "heating",
    "thermostat": "heating", "blind": "shutter", "shutter": "blind", "ventilator": "fan", "socket": "plug",
    "plug": "socket",
}  # fmt: skip
_SPOKEN: Final = {
    "°c": words("temperature temp hot warm cold cool warmth heat"),
    "%": frozenset[str](),
    "lx": words("light brightness bright dark"),
    "lux": words("light brightness bright dark"),
}
OPENED = ("open", "opened", "up", "on", "1", "true")
CLOSED = ("closed", "close", "shut", "down", "off", "0", "false")
ON = ("on", "1", "true", "enabled", "active", "running")
OFF = ("off", "0", "false", "disabled", "inactive", "stopped")
STATES: Final = {
    "open": OPENED,
    "opened": OPENED,
    "closed": CLOSED,
    "close": CLOSED,
    "shut": CLOSED,
    "on": ON,
    "off": OFF,
    "locked": ("locked", "lock"),
    "unlocked": ("unlocked", "unlock"),
    "up": ("up",),
    "down": ("down",),
}


@dataclass(frozen=True, slots=True)
class Sensed:
    """A sensor, or an actuator whose state is asked for, on a box."""

    device: str
    name: str
    unit: str = ""
    values: tuple[str, ...] = ()


class World:
    """The fleet, indexed once for a request."""

    def __init__(self, fleet: FleetView, client: str | None, answers: Sequence[tuple[str, str]]) -> None:
        self.fleet = fleet
        self.client = client if client in fleet.devices else None
        self.answers = answers
        self.skills: dict[str, SkillSpec] = fleet.skills
        self.names = {key(name): name for name in fleet.devices} | {name.casefold(): name for name in fleet.devices}
        self.sensors: list[tuple[str, SensorProfile]] = []
        self.actuators: list[tuple[str, ActuatorProfile]] = []
        self.words: set[str] = set()
        """The words of the names of sensors and actuators."""
        for device in fleet.devices.values():
            if device.profile.edge is not None and device.available:
                self.sensors += [(device.name, one) for one in device.profile.edge.sensors]
                self.actuators += [(device.name, one) for one in device.profile.edge.actuators]
        for _, sensor in self.sensors:
            self.words |= {*parts_of(sensor.name)}
        for _, actuator in self.actuators:
            self.words |= {*parts_of(actuator.name)}

    def of_kind(self, kind: DeviceKind) -> tuple[str, ...]:
        return tuple(name for name, device in self.fleet.devices.items() if device.kind is kind)

    def able(self, skill: str, among: Iterable[str] | None = None) -> tuple[str, ...]:
        """The devices that offer a skill now, in name order."""
        wanted = None if among is None else set(among)
        return tuple(
            name
            for name, device in self.fleet.devices.items()
            if device.available and skill in device.skills and (wanted is None or name in wanted)
        )

    def sensed(self, said: Sequence[str], devices: Sequence[str] | None) -> tuple[Sensed, ...]:
        """What of the boxes these words mean; more than one is an ambiguity, none is nothing that is measured.

        Where there is a screen, `the windows` are those on it.
        """
        if "windows" in {word.casefold() for word in said} and "desktop.windows" in self.skills:
            return ()
        found = [
            (len(parts), Sensed(box, one.name, one.unit))
            for box, one in self.sensors
            if (parts := self._called(said, one.name, one.where, one.unit, box)) is not None
        ]
        if not found:
            found = [
                (len(parts), Sensed(box, one.name, "", one.values))
                for box, one in self.actuators
                if (parts := self._called(self._kin(said), one.name, one.where, "", box)) is not None
            ]
        most = max((size for size, _ in found), default=0)
        return tuple(one for size, one in found if size == most and (devices is None or one.device in devices))

    def actuated(self, said: Sequence[str], devices: Sequence[str] | None) -> tuple[tuple[str, ActuatorProfile], ...]:
        """What of the boxes that can be set these words mean."""
        found = [
            (len(parts), (box, one))
            for box, one in self.actuators
            if (parts := self._called(self._kin(said), one.name, one.where, "", box)) is not None
        ]
        most = max((size for size, _ in found), default=0)
        return tuple(one for size, one in found if size == most and (devices is None or one[0] in devices))

    def _kin(self, said: Sequence[str]) -> Sequence[str]:
        """Another word for an actuator, where nothing has the name that was said: `the light` for the lamp."""
        names = self.words
        return [KIN[w] if w not in names and KIN.get(w) in names else w for w in map(_plain, said)]

    def _called(self, said: Sequence[str], name: str, where: str, unit: str, box: str) -> frozenset[str] | None:
        """The words of the name that are said, where they name this; None where they do not, or say more than is so."""
        spoken = {_plain(word) for word in said}
        parts = {_plain(word) for word in parts_of(name)}
        device = self.fleet.devices[box]
        about = {_plain(word) for text in (where, box, *device.labels.values()) for word in parts_of(text)} | _SENSED
        if where.casefold() in {word.casefold() for word in said}:
            return frozenset(parts)
        kin = _SPOKEN.get(unit.casefold(), frozenset[str]())
        if not parts <= spoken:
            only = [one for _, one in self.sensors if one.unit.casefold() == unit.casefold()] if kin else []
            if not (spoken & kin) or len(only) != 1:
                return None
            about |= kin
        return frozenset(parts) if spoken - parts <= about else None


def parts_of(text: str) -> list[str]:
    return [word for word in re.split(r"[^a-z0-9]+", text.casefold()) if word]


def _plain(word: str) -> str:
    low = word.casefold()
    return low[:-1] if len(low) > 3 and low.endswith("s") and not low.endswith("ss") else low


def value_for(actuator: ActuatorProfile, said: str) -> str | None:
    """The declared value that a word or a number means; None where there is none."""
    low = said.casefold()
    if not actuator.values:
        try:
            number = float(low)
        except ValueError:
            return None
        least, most = actuator.min, actuator.max
        return said if least is not None and most is not None and least <= number <= most else None
    exact = [value for value in actuator.values if value.casefold() == low]
    if exact:
        return exact[0]
    kin = [value for value in actuator.values if value.casefold() in STATES.get(low, ())]
    return kin[0] if len(kin) == 1 else None


def allowed(actuator: ActuatorProfile) -> str:
    """The values that it takes, in words."""
    return ", ".join(actuator.values) if actuator.values else f"{actuator.min:g} to {actuator.max:g}"


def offers(device: DeviceInfo, skill: str) -> bool:
    return device.available and skill in device.skills

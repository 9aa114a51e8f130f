"""The commands of a simulated phone, by name."""

from __future__ import annotations

from devices.simulated.phone import activities, basics, packages, services
from devices.simulated.phone.calls import Command

COMMANDS: dict[str, Command] = {
    **basics.COMMANDS,
    **activities.COMMANDS,
    **packages.COMMANDS,
    **services.COMMANDS,
}

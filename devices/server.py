"""Device agents of the kinds that offer the server's skills: server, desktop, edge."""

from __future__ import annotations

import asyncio

from devices.agent import DeviceAgent
from devices.config import DeviceSettings
from devices.errors import ConfigError
from devices.profile import probe
from protocol.vocabulary import DeviceKind
from tools import server, testing
from tools.registry import Registry

KINDS = (DeviceKind.SERVER, DeviceKind.DESKTOP, DeviceKind.EDGE)


def registry(settings: DeviceSettings) -> Registry:
    """The skills of a device with these settings. Raises ConfigError for a kind that is not served yet."""
    if settings.kind not in KINDS:
        served = ", ".join(kind.value for kind in KINDS)
        raise ConfigError(f"There is no agent for the kind {settings.kind.value} yet; there is one for {served}.")
    skills = server.registry()
    if settings.test_skills:
        skills.include(testing.registry())
    return skills


async def run_device(settings: DeviceSettings, *, stop: asyncio.Event) -> None:
    """Run one device agent until `stop` is set or the orchestrator has drained it.

    Raises AgentError: ConfigError, StateError, or RefusedError where the gateway will not have the device.
    """
    agent = DeviceAgent(settings, registry(settings), probe(settings.workspace))
    await agent.run(stop)

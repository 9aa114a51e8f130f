"""Which agent serves which kind of device. A kind's libraries are loaded when a device of that kind is started."""

from __future__ import annotations

import asyncio

from devices.config import DeviceSettings
from protocol.vocabulary import DeviceKind


async def run_device(settings: DeviceSettings, *, stop: asyncio.Event) -> None:
    """Run one device agent until `stop` is set or the orchestrator has drained it.

    Raises AgentError: ConfigError, StateError, or RefusedError where the gateway will not have the device.
    """
    if settings.kind is DeviceKind.KUBERNETES:
        from devices import kubernetes

        await kubernetes.run_device(settings, stop=stop)
    elif settings.edge is not None:
        from devices import edge

        await edge.run_device(settings, stop=stop)
    elif settings.kind is DeviceKind.PHONE:
        from devices import phone

        await phone.run_device(settings, stop=stop)
    elif settings.kind is DeviceKind.DESKTOP:
        from devices import desktop

        await desktop.run_device(settings, stop=stop)
    else:
        from devices import server

        await server.run_device(settings, stop=stop)

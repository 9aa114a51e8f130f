"""Runs a device agent of any kind: its own skills, those of mounted MCP servers, and what of both can be used now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from devices.agent import DeviceAgent
from devices.availability import EVERY_S, Probe, run_watched
from devices.config import DeviceSettings
from devices.outbox import Outbox
from protocol.vocabulary import DeviceProfile
from tools.registry import Registry


async def serve(
    settings: DeviceSettings,
    registry: Registry,
    profile: DeviceProfile,
    *,
    stop: asyncio.Event,
    probe: Probe | None = None,
    every_s: float = EVERY_S,
    outbox: Outbox | None = None,
) -> None:
    """Register, and work until `stop` is set or the orchestrator has drained the device.

    `probe` says which of the kind's own skills cannot be used now, and is asked every `every_s` seconds. `outbox`
    is one that holds the state directory already. Raises AgentError.
    """
    if settings.mcp:
        # The SDK takes a second to load.
        from devices.mounting import mounted

        async with mounted(settings.mcp, registry, settings.workspace) as mounts:

            async def both() -> Mapping[str, str]:
                away = mounts.update()
                return {**(await probe() if probe is not None else {}), **away}

            registry.withhold(await both())
            agent = DeviceAgent(settings, registry, profile, outbox=outbox)
            await run_watched(agent, registry, both, stop=stop, every_s=every_s)
    elif probe is not None:
        registry.withhold(await probe())
        agent = DeviceAgent(settings, registry, profile, outbox=outbox)
        await run_watched(agent, registry, probe, stop=stop, every_s=every_s)
    else:
        await DeviceAgent(settings, registry, profile, outbox=outbox).run(stop)

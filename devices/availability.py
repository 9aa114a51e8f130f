"""What a device can do now: skills that come and go with a browser, a broker or a phone on a cable."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from devices.agent import DeviceAgent
from tools.registry import Registry

log = structlog.get_logger("asterism.device")

EVERY_S = 5.0
Probe = Callable[[], Awaitable[Mapping[str, str]]]
"""Which skills cannot be used now, by name, and why: a sentence with the next step. It bounds its own time."""


async def run_watched(
    agent: DeviceAgent, registry: Registry, probe: Probe, *, stop: asyncio.Event, every_s: float = EVERY_S
) -> None:
    """Run the agent as `DeviceAgent.run` does, and ask the probe every `every_s` seconds.

    What it names is withheld, and offered again once it names it no more; the gateway hears of both, and the log has
    one line for each. The caller withholds what the probe says before the agent is made, so that the first
    registration is true.
    """
    running = asyncio.ensure_future(agent.run(stop))
    watching = asyncio.ensure_future(_watch(agent, registry, probe, every_s))
    try:
        # The watch ends only by a fault of its own, which ends the device.
        done, _ = await asyncio.wait((running, watching), return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in (watching, running):
            task.cancel()
        await asyncio.gather(watching, running, return_exceptions=True)


async def _watch(agent: DeviceAgent, registry: Registry, probe: Probe, every_s: float) -> None:
    known = registry.withheld
    while True:
        await asyncio.sleep(every_s)
        reasons = dict(await probe())
        if reasons.keys() != known.keys():
            _tell(known, reasons)
        if reasons != known:
            known = reasons
            registry.withhold(reasons)
        agent.offer()


def _tell(before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """One line for each cause of what is gone, and one for what is back."""
    gone: dict[str, list[str]] = {}
    for name in now.keys() - before.keys():
        gone.setdefault(now[name], []).append(name)
    for reason in sorted(gone):
        log.warning("skills are gone", skills=sorted(gone[reason]), reason=reason)
    back = sorted(before.keys() - now.keys())
    if back:
        log.info("skills are back", skills=back)

"""The device of kind edge with sensors: what its owner declared as skills, and rules that go on by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import structlog

from devices.config import DeviceSettings
from devices.errors import ConfigError, StateError
from devices.lean import be_small, tidying
from devices.outbox import Outbox
from devices.profile import probe
from devices.serving import serve
from protocol.vocabulary import ActuatorProfile, EdgeProfile, SensorProfile
from tools.edge import skills
from tools.edge.box import Box
from tools.edge.broker import Broker
from tools.edge.context import Edge, EdgeRegistry
from tools.edge.declared import Declared, load
from tools.edge.keeper import Keeper
from tools.edge.sending import Sender
from tools.edge.store import Store
from tools.errors import ToolError

log = structlog.get_logger("asterism.device")

FIRST_S: Final = 3.0
"""How long the first connection to the broker is waited for before the device registers without it."""
LOOK_S: Final = 0.25
DESCRIBED: Final = 200
"""How many sensors, and how many actuators, the profile names."""


async def run_device(settings: DeviceSettings, *, stop: asyncio.Event) -> None:
    """Run the agent until `stop` is set or the orchestrator has drained it; rules work while there is no orchestrator.

    Raises AgentError: ConfigError for a sensors file that cannot be used and for a broker that only a person can make
    accept this device (wrong password, unknown certificate). A broker that is merely away is waited for.
    """
    assert settings.edge is not None
    be_small()
    try:
        declared = await asyncio.to_thread(load, settings.edge.sensors)
    except ToolError as error:
        raise ConfigError(error.message) from None
    # First: it holds the state folder, so that the rules in it are never followed by two agents at once.
    outbox = Outbox(settings.state)
    try:
        await _serve(settings, declared, outbox, stop)
    finally:
        await outbox.close()


async def _serve(settings: DeviceSettings, declared: Declared, outbox: Outbox, stop: asyncio.Event) -> None:
    async with opened(settings.name, settings.state, declared) as edge:
        registry = edge_registry(edge, settings.test_skills)

        async def unavailable() -> Mapping[str, str]:
            edge.check()
            return skills.withheld(edge)

        profile = await asyncio.to_thread(probe, settings.workspace)
        profile = profile.model_copy(update={"edge": described(declared)})
        giving = asyncio.ensure_future(tidying())
        try:
            await serve(settings, registry, profile, stop=stop, probe=unavailable, every_s=LOOK_S, outbox=outbox)
        finally:
            giving.cancel()


def described(declared: Declared) -> EdgeProfile:
    """What the owner declared, by name: planners look words of a request up in it."""
    sensors = tuple(
        SensorProfile(name=one.name, unit=one.unit, where=one.where[:200]) for one in declared.sensor[:DESCRIBED]
    )
    actuators = tuple(
        ActuatorProfile(name=one.name, values=one.values, min=one.min, max=one.max, where=one.where[:200])
        for one in declared.actuator[:DESCRIBED]
    )
    return EdgeProfile(sensors=sensors, actuators=actuators)


def edge_registry(edge: Edge, test_skills: bool = False) -> EdgeRegistry:
    """The skills of an edge device with sensors."""
    found = skills.registry(edge)
    if test_skills:
        from tools import testing

        found.include(testing.registry())
    return found


@asynccontextmanager
async def opened(name: str, state: Path, declared: Declared) -> AsyncIterator[Edge]:
    """The box with its broker, rules and store, at work. Raises ConfigError, StateError."""
    broker = None if declared.broker is None else Broker(declared.broker, f"asterism-{name}", _Teller(name, declared))
    box = Box(declared, broker)
    try:
        store = await asyncio.to_thread(Store, state / "edge.db")
    except ToolError as error:
        raise StateError(error.message) from None
    keeper = Keeper(box, store)
    sender = None if broker is None else Sender(broker, store)
    work = [asyncio.ensure_future(one.run()) for one in (broker, sender) if one is not None]
    try:
        if broker is not None:
            await broker.tried(FIRST_S)
            if broker.refusal is not None and broker.refusal.person:
                raise ConfigError(broker.refusal.message)
        await keeper.start()
        yield Edge(box, store, keeper, sender, tuple(work))
    finally:
        await keeper.close()
        for one in work:
            one.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        store.close()


class _Teller:
    """Says once when the broker is lost, and once when it is back."""

    def __init__(self, name: str, declared: Declared) -> None:
        self._name = name
        self._address = "" if declared.broker is None else declared.broker.address
        self._met = False

    def __call__(self, online: bool, why: str) -> None:
        if online:
            log.info("broker is back" if self._met else "broker connected", device=self._name, broker=self._address)
        else:
            log.warning("broker lost, trying again", device=self._name, broker=self._address, reason=why)
        self._met = True

"""Device agents of the kinds that offer a server's skills and no others: server, and edge without sensors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from devices.agent import roots
from devices.config import DeviceSettings
from devices.errors import ConfigError, StateError
from devices.lean import be_small, tidying
from devices.outbox import Outbox
from devices.profile import probe
from devices.serving import serve
from devices.sets import document_skills
from protocol.vocabulary import DeviceKind
from tools.errors import ToolError
from tools.host import declared, skills
from tools.host.declared import Database
from tools.host.machine import Machine
from tools.host.supervising import Supervisor
from tools.registry import Registry
from tools.workspace import Workspace

LOOK_S = 5.0
"""How often it is looked for what skills need."""
KINDS = (DeviceKind.SERVER, DeviceKind.EDGE)


def registry(settings: DeviceSettings, machine: Machine | None = None) -> Registry:
    """The skills of a device with these settings. Raises ConfigError for a kind that is not served yet."""
    if settings.kind not in KINDS:
        served = ", ".join(kind.value for kind in KINDS)
        raise ConfigError(f"There is no agent for the kind {settings.kind.value} yet; there is one for {served}.")
    found = skills.registry(machine or Machine())
    if settings.kind is DeviceKind.EDGE:  # such a box is for things, not for accounts and databases
        for name in skills.names():
            found.remove(name)
    else:
        found.include(document_skills())
    if settings.test_skills:
        from tools import testing

        found.include(testing.registry())
    return found


async def run_device(settings: DeviceSettings, *, stop: asyncio.Event) -> None:
    """Run one device agent until `stop` is set or the orchestrator has drained it.

    Raises AgentError: ConfigError, StateError, or RefusedError where the gateway will not have the device.
    """
    be_small()
    # First: it holds the state folder, so that the services in it are never supervised by two agents at once.
    outbox = Outbox(settings.state)
    try:
        async with opened(settings) as machine:
            offered = registry(settings, machine)

            async def unavailable() -> Mapping[str, str]:
                gone = await asyncio.to_thread(skills.withheld, machine)
                return {name: why for name, why in gone.items() if name in offered}

            profile = await asyncio.to_thread(probe, settings.workspace)
            giving = asyncio.ensure_future(tidying())
            try:
                await serve(settings, offered, profile, stop=stop, probe=unavailable, every_s=LOOK_S, outbox=outbox)
            finally:
                giving.cancel()
    finally:
        await outbox.close()


def owned(settings: DeviceSettings) -> dict[str, Database]:
    """The databases of the owner's file. Raises ConfigError."""
    try:
        return declared.load(settings.databases) if settings.databases else {}
    except ToolError as error:
        raise ConfigError(error.message) from None


@asynccontextmanager
async def opened(settings: DeviceSettings) -> AsyncIterator[Machine]:
    """The machine with the owner's databases and the services that the agent supervises, at work."""
    databases = await asyncio.to_thread(owned, settings)
    if settings.kind is DeviceKind.EDGE:
        yield Machine(databases=databases)
        return
    try:
        supervisor = Supervisor(settings.state / "services", Workspace(settings.workspace, roots(settings.allow)))
    except (ToolError, OSError) as error:
        raise StateError(str(error)) from None
    try:
        await supervisor.run()
        yield Machine(root=Path("/"), state=settings.state, supervisor=supervisor, databases=databases)
    finally:
        await supervisor.close()

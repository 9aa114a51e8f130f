"""The device of kind phone: an Android phone over ADB, offered as typed skills."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog

from devices.config import DeviceSettings
from devices.errors import ConfigError
from devices.profile import version
from devices.serving import serve
from protocol.vocabulary import DeviceProfile, PhoneProfile
from tools import testing
from tools.errors import ToolError
from tools.phone import dumps, server, skills
from tools.phone.phone import Phone, SetupError
from tools.phone.settings import PhoneSettings

log = structlog.get_logger("asterism.device")

AGAIN_S: Final = 2.0
SIMULATED: Final = "simulated"


async def run_device(settings: DeviceSettings, *, stop: asyncio.Event) -> None:
    """Find the phone, register, and work until `stop` is set or the orchestrator has drained the device.

    A phone that is known and not there, or has not accepted this computer yet, is waited for. While it is gone later
    on, its skills are withheld. Raises AgentError: ConfigError where only a person can change something.
    """
    async with _chosen(settings) as (chosen, home):
        if chosen.simulated:
            log.warning("SIMULATED: no phone is behind this device", device=settings.name)
            settings = replace(settings, labels={**settings.labels, SIMULATED: "true"})
        phone = await _opened(chosen, home)
        try:
            if await _there(phone, settings.name, stop):
                await _work(settings, phone, stop)
        finally:
            await phone.close()


async def _work(settings: DeviceSettings, phone: Phone, stop: asyncio.Event) -> None:
    registry = skills.registry(lambda: phone)
    if settings.test_skills:
        registry.include(testing.registry())

    async def withheld() -> dict[str, str]:
        try:
            await phone.find()
        except ToolError as error:
            return dict.fromkeys(skills.needing(), error.message)
        return {}

    await serve(settings, registry, await describe(phone), stop=stop, probe=withheld)


@contextlib.asynccontextmanager
async def _chosen(settings: DeviceSettings) -> AsyncIterator[tuple[PhoneSettings, Path | None]]:
    """The settings of the phone, and the home of adb's key where it is not the user's; of a simulated one, its own."""
    chosen = settings.phone or PhoneSettings()
    if not chosen.simulated:
        yield chosen, None
        return
    from devices.simulated.start import simulated_phone

    home = settings.state / "simulated-adb"
    home.mkdir(parents=True, exist_ok=True)
    async with simulated_phone() as (found, _):
        yield found, home


async def _opened(settings: PhoneSettings, home: Path | None) -> Phone:
    """Raises ConfigError where there is no ADB, or none that can be used."""
    try:
        return await Phone.of(settings, home)
    except ToolError as error:
        raise ConfigError(_sentence(error)) from None


async def _there(phone: Phone, name: str, stop: asyncio.Event) -> bool:
    """Wait until the phone is there and can be used; False where the agent is stopped before.

    Raises ConfigError where waiting does not help.
    """
    said = ""
    while True:
        try:
            await phone.find()
            return True
        except SetupError as error:
            if not error.again:
                raise ConfigError(_sentence(error)) from None
            reason = error.message
        except ToolError as error:
            reason = error.message
        if reason != said:
            said = reason
            log.warning("waiting for the phone", device=name, reason=reason)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(AGAIN_S):
                await stop.wait()
            return False


async def describe(phone: Phone) -> DeviceProfile:
    """What the phone says of itself, as far as it does. Its serial number is nobody's business."""
    address, serial = phone.settings.address, phone.serial
    known: dict[str, str] = {}
    battery = None
    with contextlib.suppress(ToolError):
        known = dumps.properties(await server.command(address, serial, "getprop"))
        battery = dumps.battery(await server.command(address, serial, "dumpsys battery"))
    sdk = known.get("ro.build.version.sdk", "")
    simulated = phone.settings.simulated
    return DeviceProfile(
        os="android (simulated)" if simulated else "android",
        os_version=known.get("ro.build.version.release", "")[:500],
        architecture=known.get("ro.product.cpu.abi", "")[:500],
        agent_version=version(),
        phone=PhoneProfile(
            manufacturer=known.get("ro.product.manufacturer", "")[:500],
            model=known.get("ro.product.model", "")[:500],
            android=known.get("ro.build.version.release", "")[:500],
            sdk=int(sdk) if sdk.isdigit() and len(sdk) < 4 else 0,
            battery=None if battery is None else max(0, battery.level),
            charging=battery is not None and battery.charging,
            simulated=simulated,
        ),
    )


def _sentence(error: ToolError) -> str:
    """The message as a person reads it at the end of a program."""
    return error.message[:1].upper() + error.message[1:] + "."

"""A simulated phone behind a real `adb`, with an ADB server of its own. No Android image can be had here."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from devices.simulated.adb.daemon import Adbd, Faults
from devices.simulated.phone.state import SimulatedPhone
from devices.simulated.start import simulated_phone
from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools.errors import ToolError
from tools.fake import FakeToolContext
from tools.phone import skills
from tools.phone.phone import Phone
from tools.registry import Registry

needs_adb = pytest.mark.skipif(shutil.which("adb") is None, reason="adb is not installed: scripts/setup.sh system")


@dataclass
class Bench:
    """What a test holds: the phone's inside, its end of the cable, the agent's view of it, and its skills."""

    adbd: Adbd
    phone: Phone
    registry: Registry
    context: FakeToolContext

    @property
    def inside(self) -> SimulatedPhone:
        return self.adbd.phone

    @property
    def faults(self) -> Faults:
        return self.adbd.faults

    @property
    def workspace(self) -> Path:
        return self.context.workspace.root

    async def call(self, name: str, /, **arguments: Json) -> dict[str, Json]:
        output = await self.registry.call(name, arguments, self.context)
        assert isinstance(output, dict)
        return output

    async def unplug(self) -> None:
        """Pull the cable, and see that the ADB server has noticed: what it is asked before, it may begin."""
        await self.adbd.unplug()
        async with asyncio.timeout(20):
            while await self.phone.usable():
                await asyncio.sleep(0.01)

    async def refused(self, code: ErrorCode, name: str, /, **arguments: Json) -> ToolError:
        """The error of a call that must fail with this code."""
        with pytest.raises(ToolError) as caught:
            await self.registry.call(name, arguments, self.context)
        assert caught.value.code is code, caught.value.message
        return caught.value


@contextlib.asynccontextmanager
async def bench(folder: Path, faults: Faults | None = None, *, found: bool = True) -> AsyncIterator[Bench]:
    """A simulated phone, ready to be used; not looked for yet without `found`. All of it ends with the block."""
    workspace, home = folder / "workspace", folder / "home"
    for one in (workspace, home):
        one.mkdir(parents=True, exist_ok=True)
    async with simulated_phone(faults) as (settings, adbd):
        phone = await Phone.of(settings, home)
        # Simulated phones of other tests on this machine are none of ours.
        phone.variables["ADB_LOCAL_TRANSPORT_MAX_PORT"] = "5554"
        try:
            if found:
                await phone.find()
            yield Bench(adbd, phone, skills.registry(lambda: phone), FakeToolContext(workspace))
        finally:
            await phone.close()

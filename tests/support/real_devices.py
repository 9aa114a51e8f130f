"""Devices with the real skills, in one process and without a network: for tests of what reads their outputs."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from orchestrator.core.fleet import DeviceInfo, FleetView
from protocol.messages import TaskError
from protocol.vocabulary import DeviceKind, DeviceProfile, Json, JsonObject
from tools.errors import ToolError
from tools.fake import FakeArtifactPort, FakeToolContext
from tools.server import registry


class RealDevices:
    """`perform` is what `FakeRunControl` wants; each device has a workspace of its own below `root`."""

    def __init__(self, root: Path, *names: str) -> None:
        self._registry = registry()
        port = FakeArtifactPort()
        self.contexts: dict[str, FakeToolContext] = {}
        for name in names:
            (root / name).mkdir()
            self.contexts[name] = FakeToolContext(root / name, artifacts=port)
        self.root = root
        self.broken: dict[str, TaskError] = {}

    @property
    def fleet(self) -> FleetView:
        skills = {one.name: one for one in self._registry.specs()}
        profile = DeviceProfile(os="linux")
        return FleetView.of(*(DeviceInfo(name, DeviceKind.SERVER, skills, profile=profile) for name in self.contexts))

    def write(self, device: str, path: str, text: str) -> None:
        target = self.root / device / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def perform(self, device: str, skill: str, arguments: JsonObject) -> Json | TaskError:
        if device in self.broken:
            return self.broken[device]
        # The caller's loop is busy being tested; a skill gets one of its own.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, self._call(device, skill, arguments)).result()

    async def _call(self, device: str, skill: str, arguments: JsonObject) -> Json | TaskError:
        try:
            return await self._registry.call(skill, arguments, self.contexts[device])
        except ToolError as error:
            return error.task_error()

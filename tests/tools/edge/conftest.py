"""An edge box against a real broker, its skills called as a device calls them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from devices.edge import edge_registry, opened
from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tests.support.mosquitto import Mosquitto, Peer, mosquitto, peer
from tools.edge.context import Edge
from tools.edge.declared import load
from tools.errors import ToolError
from tools.fake import FakeToolContext

PATIENCE_S = 20.0
TOPICS = ("greenhouse/temp", "greenhouse/air", "greenhouse/window/state", "lab/x", "garbage/a", "garbage/b")
GREENHOUSE = """
[broker]
host = "127.0.0.1"
port = {port}

[[sensor]]
name = "temperature"
topic = "greenhouse/temp"
unit = "°C"
min = -40
max = 80

[[sensor]]
name = "humidity"
topic = "greenhouse/air"
payload = "json:air.humidity"
unit = "%"

[[actuator]]
name = "window"
set = "greenhouse/window/set"
state = "greenhouse/window/state"
values = ["open", "closed"]
confirm_s = 0.5

[[actuator]]
name = "heater"
set = "greenhouse/heater/set"
min = 5
max = 30

[allow]
publish = ["lab/#"]
"""
# What a skill returns is read in many shapes.
Found = dict[str, Any]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path_factory.mktemp("mosquitto")) as found:
        yield found


@pytest.fixture
def others(running: Mosquitto) -> Iterator[Peer]:
    """Somebody else on the broker; what they let it retain is taken back."""
    with peer(running.port) as found:
        yield found
        for topic in TOPICS:
            found.say(topic, b"", retain=True)


class Device:
    """An edge device without an orchestrator."""

    def __init__(self, edge: Edge, context: FakeToolContext) -> None:
        self.edge = edge
        self.context = context
        self._registry = edge_registry(edge)

    async def call(self, name: str, /, **arguments: Json) -> Found:
        output = await self._registry.call(name, arguments, self.context)
        assert isinstance(output, dict)
        return output

    async def refused(self, code: ErrorCode, name: str, /, **arguments: Json) -> str:
        with pytest.raises(ToolError) as caught:
            await self._registry.call(name, arguments, self.context)
        assert caught.value.code is code, caught.value.message
        return caught.value.message

    async def noted(self, condition: Callable[[Found], bool]) -> Found:
        """Wait until the journal has an entry."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for entry in (await self.call("edge.history", limit=1000))["entries"]:
                    if condition(entry["body"]):
                        found: Found = entry
                        return found
                await asyncio.sleep(0.01)


class Boxes:
    """Starts devices, all with one state folder, one after the other."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._stack = AsyncExitStack()

    async def start(self, text: str = GREENHOUSE) -> Device:
        path = self.folder / "sensors.toml"
        path.write_text(text.replace("{port}", str(self.port)))
        edge = await self._stack.enter_async_context(opened("box", self.folder / "state", load(path)))
        return Device(edge, FakeToolContext(self.folder / "work"))

    async def end(self) -> None:
        await self._stack.aclose()
        self._stack = AsyncExitStack()


@pytest.fixture
async def boxes(tmp_path: Path, running: Mosquitto) -> AsyncIterator[Boxes]:
    found = Boxes(tmp_path, running.port)
    yield found
    await found.end()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker for one test alone, which may stop it."""
    with mosquitto(tmp_path / "mosquitto") as found:
        yield found


@pytest.fixture
async def box(boxes: Boxes) -> Device:
    return await boxes.start()

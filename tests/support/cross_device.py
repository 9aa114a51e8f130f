"""Devices of all kinds around one orchestrator: servers, a desktop, a simulated phone behind a real `adb`, an edge box
with a real Mosquitto, an MCP server, a small web site. What a request left behind is looked at where it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from devices.config import DeviceSettings
from devices.run import run_device
from devices.simulated.phone.state import SimulatedPhone
from devices.simulated.start import simulated_phone
from orchestrator.core.requests import Request, RunPolicy
from orchestrator.core.views import RunView
from protocol.vocabulary import DeviceKind
from tests.support import mcp_server
from tests.support.apk import apk
from tests.support.desktops import MISSING, Screen, session
from tests.support.mosquitto import PATIENCE_S, Mosquitto, mosquitto
from tests.support.system import System
from tools.browser.finding import lacking
from tools.edge.settings import EdgeSettings
from tools.mcp.settings import mounts
from tools.phone.settings import PhoneSettings

SENSORS = """
[broker]
host = "127.0.0.1"
port = {port}

[[sensor]]
name = "temperature"
topic = "greenhouse/temp"
unit = "°C"

[[sensor]]
name = "humidity"
topic = "greenhouse/humidity"
unit = "%"

[[sensor]]
name = "soil moisture"
topic = "greenhouse/soil"
unit = "%"

[[sensor]]
name = "door"
topic = "greenhouse/door"
payload = "text"

[[actuator]]
name = "window"
set = "greenhouse/window/set"
state = "greenhouse/window/state"
values = ["open", "closed"]

[[actuator]]
name = "valve"
set = "greenhouse/valve/set"
state = "greenhouse/valve/state"
values = ["open", "shut"]

[[actuator]]
name = "lamp"
set = "greenhouse/lamp/set"
state = "greenhouse/lamp/state"
values = ["on", "off"]

[[actuator]]
name = "heating"
set = "greenhouse/heating/set"
state = "greenhouse/heating/state"
min = 5
max = 30

[allow]
publish = ["lab/#"]
"""
AT_FIRST = {
    "temperature": "21.5",
    "humidity": "60",
    "soil moisture": "40",
    "door": "closed",
    "window": "closed",
    "valve": "open",
    "lamp": "off",
    "heating": "15",
}
TOPICS = {"temperature": "greenhouse/temp", "soil moisture": "greenhouse/soil"}
TICK_S = 0.1
SETTLED_S = 10.0
_TABLE = (
    "<html><head><title>Prices</title></head><body><h1>Prices</h1><table><tr><th>fruit</th><th>price</th></tr>"
    "<tr><td>apple</td><td>3</td></tr><tr><td>pear</td><td>5</td></tr></table></body></html>"
)
PAGES = {
    "prices.csv": "fruit,price\napple,3\npear,5\n",
    "menu.html": "<h1>Menu</h1><p>Soup 4</p>",
    "prices.html": _TABLE,
}


class Greenhouse:
    """What stands behind the broker: values on their topics, and things that do what they are told."""

    def __init__(self, port: int) -> None:
        self.state: dict[str, str] = {}
        self.heard: list[tuple[str, str]] = []
        self.client = paho.Client(CallbackAPIVersion.VERSION2)
        self.client.on_message = self._hear
        ready = threading.Event()
        self.client.on_subscribe = lambda *_: ready.set()
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.client.subscribe("#", qos=1)
        assert ready.wait(PATIENCE_S)
        for name, value in AT_FIRST.items():
            self.give(name, value)
        self._ended = threading.Event()
        self._ticking = threading.Thread(target=self._tick)
        self._ticking.start()

    def _tick(self) -> None:
        """The thermometer says its value again and again, as such things do."""
        while not self._ended.wait(TICK_S):
            self.client.publish(TOPICS["temperature"], self.state["temperature"], qos=1, retain=True)

    def _hear(self, client: paho.Client, userdata: object, message: paho.MQTTMessage) -> None:
        text = message.payload.decode(errors="replace")
        self.heard.append((message.topic, text))
        if message.topic.endswith("/set"):
            name = message.topic.split("/")[-2]
            self.state[name] = text
            client.publish(f"greenhouse/{name}/state", text, qos=1, retain=True)

    def give(self, name: str, value: str) -> None:
        """What a sensor says from now on, or how an actuator stands; returns once the broker has it."""
        acts = name in ("window", "valve", "lamp", "heating")
        topic = f"greenhouse/{name}/state" if acts else TOPICS.get(name, f"greenhouse/{name}")
        self.state[name] = value
        self.client.publish(topic, value, qos=1, retain=True).wait_for_publish(PATIENCE_S)

    def close(self) -> None:
        self._ended.set()
        self._ticking.join()
        self.client.disconnect()
        self.client.loop_stop()


@dataclass
class World:
    """What a request is about, and where its end state is looked at."""

    system: System
    phone: SimulatedPhone
    greenhouse: Greenhouse
    site: str
    screen: Screen | None = None
    browser: bool = False
    forms: list[subprocess.Popen[bytes]] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def path(self, device: str, path: str) -> Path:
        return self.system.workspace(device) / path

    def text(self, device: str, path: str) -> str:
        """A file's content; the test fails where it is not there."""
        found = self.path(device, path)
        assert found.is_file(), f"{device} has no {path}"
        return found.read_text()

    def data(self, device: str, path: str) -> bytes:
        found = self.path(device, path)
        assert found.is_file(), f"{device} has no {path}"
        return found.read_bytes()

    def json(self, device: str, path: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.text(device, path))
        return found

    def on_screen(self) -> Screen:
        assert self.screen is not None
        return self.screen

    async def form(self) -> None:
        """A dialog with fields on the desktop, there and readable."""
        self.forms = [self.on_screen().form()]
        async with asyncio.timeout(PATIENCE_S):
            while not await self._readable("New person"):
                pass

    async def _readable(self, title: str) -> bool:
        look: dict[str, object] = {"id": "look", "skill": "desktop.ui", "arguments": {"window": title}}
        view = await self.system.app.wait(await self.system.submit(look), PATIENCE_S)
        return any(isinstance(task.output, dict) and task.output.get("accessible") for task in view.tasks)

    def noticed(self) -> str:
        """What the desktop's notification program was told."""
        return "".join(one.read_text(errors="replace") for one in sorted(self.on_screen().folder.glob("*.log")))

    def on_phone(self, path: str) -> bytes:
        found = self.phone.files.find(path)
        assert found is not None, f"the phone has no {path}"
        assert not isinstance(found, str)
        return found.data

    async def until(self, verify: Callable[[World], None]) -> None:
        """Wait until an end state is there: what a box does by itself comes when it comes."""
        async with asyncio.timeout(SETTLED_S):
            while True:
                try:
                    return await asyncio.to_thread(verify, self)
                except AssertionError as error:
                    last = error
                    try:
                        await asyncio.sleep(0.02)
                    except asyncio.CancelledError:
                        raise last from None

    async def ask(self, text: str) -> RunView:
        """Submit a request in plain language and wait for its end."""
        policy = RunPolicy(approve="all")
        run, _ = await self.system.app.submit(Request(text=text, policy=policy))
        return await self.system.app.wait(run, 60.0)


@contextlib.contextmanager
def website(folder: Path) -> Iterator[str]:
    folder.mkdir(parents=True)
    for name, text in PAGES.items():
        (folder / name).write_text(text)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    """All of it, at work; ended with the block."""
    system = System(folder)
    # A busy machine is no reason to give a device up here.
    system.settings = system.settings.model_copy(update={"heartbeat_s": 10.0, "lease_s": 60.0})
    with mosquitto(folder / "broker") as broker, website(folder / "site") as site, _screen() as screen:
        greenhouse = Greenhouse(broker.port)
        async with simulated_phone() as (chosen, adbd):
            await system.start()
            found = World(system, adbd.phone, greenhouse, site, screen, not lacking())
            stop = asyncio.Event()
            try:
                for settings in _devices(system, broker, chosen):
                    found.tasks.append(asyncio.create_task(run_device(settings, stop=stop)))
                await _registered(found)
                _files(found)
                await _browsing(found)
                yield found
            finally:
                stop.set()
                await asyncio.gather(*found.tasks, return_exceptions=True)
                await system.stop()
                greenhouse.close()


@contextlib.contextmanager
def _screen() -> Iterator[Screen | None]:
    """An X11 session with a program for notifications, where there can be one; agents of this process are in it."""
    if MISSING or shutil.which("dunst") is None:
        yield None
        return
    with session() as screen, pytest.MonkeyPatch.context() as patch:
        for name, value in screen.variables.items():
            patch.setenv(name, value)
        screen.start("dunst", "-print")
        yield screen


def _devices(system: System, broker: Mosquitto, phone: PhoneSettings) -> list[DeviceSettings]:
    sensors = system.folder / "sensors.toml"
    sensors.write_text(SENSORS.replace("{port}", str(broker.port)))
    shop = mounts(
        [f"workshop={sys.executable} {mcp_server.__file__}"],
        ["workshop.add=read", "workshop.List-Parts=read", "workshop.picture=read"],
    )

    def device(name: str, kind: DeviceKind, **more: object) -> DeviceSettings:
        workspace = system.workspace(name)
        workspace.mkdir(parents=True, exist_ok=True)
        state = system.folder / "state" / name
        return DeviceSettings(name, workspace, kind, system.url, state_dir=state, private_network=True, **more)  # type: ignore[arg-type]

    return [
        device("alpha", DeviceKind.SERVER),
        device("beta", DeviceKind.SERVER, mcp=shop),
        device("desk", DeviceKind.DESKTOP),
        device("pixel", DeviceKind.PHONE, phone=PhoneSettings(phone.serial, phone.adb_server)),
        device("box", DeviceKind.EDGE, edge=EdgeSettings(sensors)),
    ]


async def _registered(world: World) -> None:
    wanted = {
        "alpha": "file.read",
        "beta": "workshop.add",
        "desk": "file.read",
        "pixel": "phone.ui",
        "box": "edge.read",
    }

    if world.screen is not None:
        wanted["desk"] = "desktop.notify"
    elif world.browser:
        wanted["desk"] = "browser.open"

    def there() -> bool:
        for one in world.tasks:
            if one.done():
                one.result()
        devices = world.system.app.engine.roster.fleet.devices
        return all(name in devices and skill in devices[name].skills for name, skill in wanted.items())

    await world.system.until(there, "the devices to register")


async def _browsing(world: World) -> None:
    """The browser is there before the first request, as on a desktop that somebody sits at."""
    if world.browser:
        step: dict[str, object] = {"id": "a", "skill": "browser.open", "arguments": {"url": f"{world.site}/menu.html"}}
        view = await world.system.app.wait(await world.system.submit(step), PATIENCE_S)
        assert view.state == "succeeded", view


def _files(world: World) -> None:
    write = {
        ("desk", "report.txt"): "Quarterly report\n",
        ("alpha", "hosts.txt"): "10.0.0.1 one\n10.0.0.2 two\n",
        ("alpha", "logs/app.log"): "INFO start\nERROR disk\nERROR net\n",
        ("beta", "readme.md"): "# Read me\n",
    }
    for (device, path), text in write.items():
        target = world.path(device, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    world.path("alpha", "app.apk").write_bytes(apk("com.example.app"))
    world.phone.mock_allowed = True

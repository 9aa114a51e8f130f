"""A greenhouse behind a real Mosquitto: things that say their values, and that do what they are told."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from orchestrator.cli.exits import CommandError
from orchestrator.cli.leash import leashed
from orchestrator.cli.owned import free_port

PATIENCE_S = 20.0
TICK_S = 0.1
SENSORS = {"temperature": "°C", "humidity": "%", "soil moisture": "%", "door": ""}
ACTUATORS = {"window": ("open", "closed"), "valve": ("open", "shut"), "lamp": ("on", "off"), "heating": ("5", "30")}
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


def description(port: int) -> str:
    """The edge box's file of sensors and actuators, in TOML."""
    parts = [f'[broker]\nhost = "127.0.0.1"\nport = {port}\n']
    for name, unit in SENSORS.items():
        more = f'unit = "{unit}"' if unit else 'payload = "text"'
        parts.append(f'[[sensor]]\nname = "{name}"\ntopic = "{topic(name)}"\n{more}\n')
    for name, (first, last) in ACTUATORS.items():
        values = f"min = {first}\nmax = {last}" if first.isdigit() else f'values = ["{first}", "{last}"]'
        places = f'set = "greenhouse/{name}/set"\nstate = "greenhouse/{name}/state"'
        parts.append(f'[[actuator]]\nname = "{name}"\n{places}\n{values}\n')
    return "\n".join([*parts, '[allow]\npublish = ["lab/#"]\n'])


def topic(name: str) -> str:
    """Where a sensor says its value."""
    return f"greenhouse/{name.replace(' ', '-')}"


class Greenhouse:
    """Values by name, and what the broker heard since `reset`. Its clients run in threads of their own."""

    def __init__(self, port: int) -> None:
        self.state: dict[str, str] = {}
        self.heard: list[tuple[str, str]] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._hear
        ready = threading.Event()
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._client.subscribe("#", qos=1)
        if not ready.wait(PATIENCE_S):
            raise CommandError("timeout", "the broker of the greenhouse did not answer in time")
        self.reset({})
        self._ended = threading.Event()
        self._ticking = threading.Thread(target=self._tick, daemon=True)
        self._ticking.start()

    def reset(self, values: dict[str, str]) -> None:
        """As at first, but for these; returns once the broker has it. Raises CommandError for a name that is none."""
        for name in values:
            if name not in AT_FIRST:
                raise CommandError("bad_suite", f"the greenhouse has no {name}; it has {', '.join(AT_FIRST)}")
        self.state = {**AT_FIRST, **values}
        for name, value in self.state.items():
            place = f"greenhouse/{name}/state" if name in ACTUATORS else topic(name)
            self._client.publish(place, value, qos=1, retain=True).wait_for_publish(PATIENCE_S)
        self.heard = []

    def close(self) -> None:
        self._ended.set()
        self._ticking.join()
        self._client.disconnect()
        self._client.loop_stop()

    def _tick(self) -> None:
        """Sensors say their values again and again, as such things do."""
        while not self._ended.wait(TICK_S):
            for name in SENSORS:
                self._client.publish(topic(name), self.state[name], qos=1, retain=True)

    def _hear(self, client: paho.Client, userdata: object, message: paho.MQTTMessage) -> None:
        text = message.payload.decode(errors="replace")
        if not message.retain:
            self.heard.append((message.topic, text))
        if message.topic.endswith("/set") and not message.retain:
            name = message.topic.split("/")[-2]
            self.state[name] = text
            client.publish(f"greenhouse/{name}/state", text, qos=1, retain=True)


@contextlib.contextmanager
def greenhouse(folder: Path) -> Iterator[tuple[Greenhouse, Path]]:
    """The greenhouse and the edge box's file; broker and all end with the block. Raises CommandError."""
    port = free_port()
    settings = folder / "mosquitto.conf"
    settings.write_text(f"listener {port} 127.0.0.1\npersistence false\nallow_anonymous true\nuser root\n")
    with (folder / "mosquitto.log").open("wb") as log:
        words = leashed([_program(), "-c", str(settings)])
        broker = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
    try:
        _listening(port, broker)
        described = folder / "sensors.toml"
        described.write_text(description(port))
        found = Greenhouse(port)
        try:
            yield found, described
        finally:
            found.close()
    finally:
        broker.kill()
        broker.wait()


def _program() -> str:
    return shutil.which("mosquitto") or "/usr/sbin/mosquitto"


def lacking() -> str:
    """What is missing of the greenhouse, as a sentence; empty where nothing is."""
    return "" if Path(_program()).exists() else "mosquitto not installed: run `make system`"


def _listening(port: int, broker: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while broker.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.01)
    raise CommandError("timeout", "mosquitto did not start: look into mosquitto.log")

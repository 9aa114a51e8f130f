"""Debian's Mosquitto on loopback, in a folder of its own; and a client of another make than ours to speak to it."""

from __future__ import annotations

import queue
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.processes import free_port

PROGRAM = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
PATIENCE_S = 20.0


@dataclass
class Mosquitto:
    """One broker. `stop` and `start` keep its port; nothing of it is on disk but its settings."""

    folder: Path
    settings: str = ""
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        anonymous = "" if "allow_anonymous" in self.settings else "allow_anonymous true\n"
        config = self.folder / "mosquitto.conf"
        config.write_text(f"listener {self.port} 127.0.0.1\npersistence false\n{anonymous}{self.settings}")
        log = (self.folder / "mosquitto.log").open("ab")
        with log:
            self.process = subprocess.Popen([PROGRAM, "-c", str(config), "-v"], stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE_S
        while not self._listens():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.005)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    @property
    def said(self) -> str:
        path = self.folder / "mosquitto.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextmanager
def mosquitto(folder: Path, settings: str = "") -> Iterator[Mosquitto]:
    """A broker, ended in the end. Skips the test where Mosquitto is not installed (`make system`)."""
    if not Path(PROGRAM).exists():
        pytest.skip("mosquitto is not installed")
    found = Mosquitto(folder, settings)
    found.start()
    try:
        yield found
    finally:
        found.stop()


class Peer:
    """Somebody else on the broker: publishes, and hears what is asked for. Runs in paho's own thread."""

    def __init__(self, port: int, *filters: str, user: str = "", password: str = "") -> None:
        self.heard: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.client = paho.Client(CallbackAPIVersion.VERSION2)
        if user:
            self.client.username_pw_set(user, password)
        self.client.on_message = lambda client, userdata, message: self.heard.put((message.topic, message.payload))
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self._ready: queue.Queue[int] = queue.Queue()
        self.client.on_subscribe = lambda client, userdata, mid, codes, properties: self._ready.put(mid)
        for one in filters:
            self.client.subscribe(one, qos=1)
            self._ready.get(timeout=PATIENCE_S)

    def say(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        """Returns once the broker has it."""
        self.client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE_S)

    def next(self) -> tuple[str, bytes]:
        """The next message that was heard."""
        return self.heard.get(timeout=PATIENCE_S)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@contextmanager
def peer(port: int, *filters: str, user: str = "", password: str = "") -> Iterator[Peer]:
    found = Peer(port, *filters, user=user, password=password)
    try:
        yield found
    finally:
        found.close()

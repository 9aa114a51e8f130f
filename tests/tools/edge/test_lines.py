"""Sensors and actuators in files, and behind a serial line: a real pseudo-terminal with a small device on it."""

from __future__ import annotations

import asyncio
import os
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.tools.edge.conftest import Boxes

pytestmark = pytest.mark.slow
FILES = """
[[sensor]]
name = "cpu"
path = "{folder}/temp"
scale = 0.001
every_s = 0.02

[[actuator]]
name = "led"
path = "{folder}/led"
values = [0, 1]

[[actuator]]
name = "stuck"
path = "{folder}/led"
state_path = "{folder}/temp"
values = [0, 1]
confirm_s = 0.1
"""
SERIAL = """
[[sensor]]
name = "scale"
serial = "{port}"
ask = "W?"
prefix = "W="

[[actuator]]
name = "valve"
serial = "{port}"
tell = "V={value}"
ask = "V?"
prefix = "V="
values = ["open", "shut"]
confirm_s = 1
"""


class SerialDevice:
    """Answers lines on a pseudo-terminal: weighs, and has a valve."""

    def __init__(self) -> None:
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self.valve = "shut"
        self.silent = False
        self.heard: list[str] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        data = b""
        while piece := self._read():
            *lines, data = (data + piece).split(b"\n")
            for line in lines:
                self._answer(line.decode())

    def _read(self) -> bytes:
        try:
            return os.read(self.master, 1000)
        except OSError:
            return b""

    def _answer(self, line: str) -> None:
        self.heard.append(line)
        if line.startswith("V="):
            self.valve = line[2:]
        answer = {"W?": "W=12.5", "V?": f"V={self.valve}"}.get(line)
        if answer is not None and not self.silent:
            os.write(self.master, f"{answer}\r\n".encode())

    def close(self) -> None:
        os.close(self._slave)
        self._thread.join(20)
        os.close(self.master)


@pytest.fixture
def device() -> Iterator[SerialDevice]:
    found = SerialDevice()
    yield found
    found.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "temp").write_text("42500\n")
    (tmp_path / "led").write_text("0\n")
    return tmp_path


async def test_a_value_in_a_file(boxes: Boxes, folder: Path) -> None:
    box = await boxes.start(FILES.replace("{folder}", str(folder)))
    assert (await box.call("edge.read", sensor="cpu"))["value"] == 42.5
    found = await box.call("edge.aggregate", sensor="cpu", seconds=0.2)
    assert found["count"] > 2
    assert found["mean"] == 42.5
    (folder / "temp").unlink()
    await box.refused(ErrorCode.NOT_FOUND, "edge.read", sensor="cpu")


async def test_a_file_is_looked_at_every_so_often_however_short_the_waits(boxes: Boxes, folder: Path) -> None:
    box = await boxes.start(FILES.replace("{folder}", str(folder)).replace("every_s = 0.02", "every_s = 0.2"))
    async with box.edge.box.follow(box.edge.box.sensor("cpu")) as feed:
        found = [await feed.next(0.03) for _ in range(16)]
    assert 2 <= len([one for one in found if one is not None]) <= 4


async def test_an_actuator_in_a_file_is_read_back(boxes: Boxes, folder: Path) -> None:
    box = await boxes.start(FILES.replace("{folder}", str(folder)))
    found = await box.call("edge.set", actuator="led", value="1")
    assert (found["state"], found["confirmed"]) == ("1", True)
    assert (folder / "led").read_text() == "1\n"
    assert (await box.call("edge.read", sensor="led"))["value"] == "1"
    assert "unconfirmed" in await box.refused(ErrorCode.TIMEOUT, "edge.set", actuator="stuck", value="1")
    (folder / "led").unlink()
    await box.refused(ErrorCode.NOT_FOUND, "edge.set", actuator="led", value="1")
    assert not (folder / "led").exists()


async def test_a_pipe_is_no_value(boxes: Boxes, folder: Path) -> None:
    (folder / "temp").unlink()
    os.mkfifo(folder / "temp")
    box = await boxes.start(FILES.replace("{folder}", str(folder)))
    await box.refused(ErrorCode.BAD_ARGUMENTS, "edge.read", sensor="cpu")


async def test_a_serial_device_answers_and_obeys(boxes: Boxes, device: SerialDevice) -> None:
    box = await boxes.start(SERIAL.replace("{port}", device.path))
    both = await asyncio.gather(*(box.call("edge.read", sensor="scale") for _ in range(3)))
    assert [found["value"] for found in both] == [12.5, 12.5, 12.5]
    found = await box.call("edge.set", actuator="valve", value="open")
    assert (found["state"], found["confirmed"], device.valve) == ("open", True, "open")
    await box.refused(ErrorCode.DENIED, "edge.set", actuator="valve", value="open\nV=shut")
    assert device.heard.count("V=shut") == 0


async def test_a_serial_device_that_is_silent_or_gone(boxes: Boxes, device: SerialDevice) -> None:
    device.silent = True
    box = await boxes.start(
        SERIAL.replace("{port}", device.path) + '\n[[sensor]]\nname = "gone"\nserial = "/dev/ttyNo"\n'
    )
    await box.refused(ErrorCode.TIMEOUT, "edge.read", sensor="scale", wait_s=0.1)
    device.silent = False
    assert (await box.call("edge.read", sensor="scale"))["value"] == 12.5
    await box.refused(ErrorCode.NOT_FOUND, "edge.read", sensor="gone")


async def test_a_serial_device_is_unplugged_in_the_middle(boxes: Boxes) -> None:
    master, slave = os.openpty()
    box = await boxes.start(SERIAL.replace("{port}", os.ttyname(slave)))
    reading = asyncio.ensure_future(box.refused(ErrorCode.UNAVAILABLE, "edge.read", sensor="scale", wait_s=20))
    assert await asyncio.to_thread(os.read, master, 100) == b"W?\n"  # it was asked
    os.close(slave)
    os.close(master)
    assert "still there" in await reading
    await box.refused(ErrorCode.NOT_FOUND, "edge.read", sensor="scale")

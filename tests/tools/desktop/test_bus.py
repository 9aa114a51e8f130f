"""Connections to D-Bus, over a real bus that is slow to read."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.desktops import needs_x11
from tools.desktop.bus import DBUS, DBUS_PATH, Bus, BusGoneError

pytestmark = [pytest.mark.slow, needs_x11]
CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "">
<busconfig>
  <type>session</type>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/></policy>
</busconfig>
"""


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    path, settings = tmp_path / "bus", tmp_path / "bus.conf"
    settings.write_text(CONFIGURATION.format(path=path))
    words = ["dbus-daemon", "--config-file", str(settings), "--nofork", "--print-address"]
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        with process.stdout as told:
            address = told.readline().decode().strip()  # it listens from then on
        yield process, address
    finally:
        process.kill()
        process.wait()


@contextlib.asynccontextmanager
async def paused(process: subprocess.Popen[bytes]) -> AsyncIterator[None]:
    process.send_signal(signal.SIGSTOP)
    try:
        yield
        for _ in range(100):  # turns of the loop, in which all is written that can be
            await asyncio.sleep(0)
    finally:
        process.send_signal(signal.SIGCONT)


async def ask(bus: Bus, word: str = "a.name") -> object:
    """Whether a name has an owner: no."""
    return await bus.call(DBUS, DBUS_PATH, DBUS, "NameHasOwner", "s", word, seconds=20.0)


async def test_a_bus_that_is_slow_to_read_loses_no_call(daemon: tuple[subprocess.Popen[bytes], str]) -> None:
    process, address = daemon
    bus = Bus(address)
    try:
        await ask(bus)
        async with paused(process):
            asked = [asyncio.ensure_future(ask(bus)) for _ in range(1_000)]
        assert await asyncio.gather(*asked) == [[False]] * 1_000
    finally:
        await bus.close()


async def test_calls_beside_large_ones_are_not_lost(daemon: tuple[subprocess.Popen[bytes], str]) -> None:
    process, address = daemon
    bus = Bus(address)
    try:
        await ask(bus)
        async with paused(process):
            asked = [asyncio.ensure_future(ask(bus, "x" * size)) for size in (3, 900_000, 5, 900_000, 7, 2_000, 9)]
        assert await asyncio.gather(*asked) == [[False]] * 7
    finally:
        await bus.close()


async def test_what_was_closed_stays_closed(daemon: tuple[subprocess.Popen[bytes], str]) -> None:
    process, address = daemon
    bus = Bus(address)
    await ask(bus)
    async with paused(process):
        waiting = [asyncio.ensure_future(ask(bus)) for _ in range(100)]
        await asyncio.sleep(0)
        closing = asyncio.ensure_future(bus.close())
    await closing
    assert {type(one) for one in await asyncio.gather(*waiting, return_exceptions=True)} == {BusGoneError}
    with pytest.raises(BusGoneError):
        await ask(bus)

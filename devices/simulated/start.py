"""Starts a simulated phone for a device agent: on a free port, with an ADB server's address of its own."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator

from devices.simulated.adb.daemon import Adbd, Faults
from devices.simulated.phone.state import SimulatedPhone
from tools.phone.settings import PhoneSettings


@contextlib.asynccontextmanager
async def simulated_phone(faults: Faults | None = None) -> AsyncIterator[tuple[PhoneSettings, Adbd]]:
    """Settings that lead to it, and the phone's end of ADB. The user's own ADB server has nothing to do with it."""
    async with Adbd(SimulatedPhone(), faults) as adbd:
        yield PhoneSettings(serial=adbd.serial, adb_server=str(free_port()), simulated=True), adbd


def free_port() -> int:
    """A port of loopback that nobody uses just now."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port

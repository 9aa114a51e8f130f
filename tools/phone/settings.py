"""How the owner of a phone device reaches the phone."""

from __future__ import annotations

import os
from dataclasses import dataclass

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 5037


@dataclass(frozen=True, slots=True)
class PhoneSettings:
    """Which phone, over which ADB server.

    `serial`: as `adb devices` lists it, or HOST:PORT of a phone with wireless debugging; empty for the only one there
    is. `adb_server`: HOST:PORT or PORT of the ADB server; by default ANDROID_ADB_SERVER_PORT, else 5037, of this
    machine. `adb`: the program. `simulated`: no phone, but a program of ours that behaves like one.
    """

    serial: str = ""
    adb_server: str = ""
    adb: str = "adb"
    simulated: bool = False

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the ADB server. Raises ValueError for what is none."""
        text = self.adb_server or os.environ.get("ANDROID_ADB_SERVER_PORT", "") or str(DEFAULT_PORT)
        host, _, port = text.rpartition(":")
        if not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError(f"{text!r} is no address of an ADB server: it reads HOST:PORT or PORT")
        return host or DEFAULT_HOST, int(port)

"""What is built into this machine or plugged in, from what Linux tells below /sys and /proc; nothing on other systems.

`root` is where those are, another folder in tests.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from protocol.vocabulary import BatteryProfile, NetworkProfile

ROOT: Final = Path("/")
LOOPBACK: Final = "772"
MOST_GPUS, MOST_NETWORKS = 32, 64
# Makers' numbers, as PCI gives them.
_MAKERS: Final = {"0x10de": "NVIDIA", "0x1002": "AMD", "0x8086": "Intel", "0x106b": "Apple"}
Kind = Literal["ethernet", "wifi", "mobile", "bridge", "tunnel", "virtual"]


def gpus(root: Path = ROOT) -> tuple[str, ...]:
    """Graphics processors by maker and model, as far as the system knows; what only shows a console is none."""
    found = []
    for one in sorted(root.glob("proc/driver/nvidia/gpus/*/information")):
        facts = dict(line.split(":", 1) for line in _read(one).splitlines() if ":" in line)
        found.append(facts.get("Model", "NVIDIA").strip())
    if found:
        return tuple(name[:500] for name in found[:MOST_GPUS])
    cards = [one for one in sorted(root.glob("sys/class/drm/card*/device")) if "-" not in one.parent.name]
    makers = [(_MAKERS.get(_read(one / "vendor").strip()), _read(one / "device").strip()) for one in cards]
    return tuple(f"{maker} {model}".strip()[:500] for maker, model in makers[:MOST_GPUS] if maker)


def battery(root: Path = ROOT) -> BatteryProfile | None:
    """The first battery's charge now; None where there is none that powers the machine."""
    supplies = sorted(root.glob("sys/class/power_supply/*"))
    for one in supplies:
        charge = _read(one / "capacity").strip()
        # Mice and headsets have batteries, too, of the scope `Device`.
        if _read(one / "type").strip() == "Battery" and _read(one / "scope").strip() != "Device" and charge.isdigit():
            plugged = any(_read(other / "online").strip() == "1" for other in supplies)
            return BatteryProfile(percent=min(100, int(charge)), plugged=plugged)
    return None


def networks(root: Path = ROOT) -> tuple[NetworkProfile, ...]:
    """The network interfaces, without loopback, and without any address."""
    there = [one for one in sorted(root.glob("sys/class/net/*")) if one.is_dir()]
    real = [one for one in there if _read(one / "type").strip() != LOOPBACK]
    return tuple(NetworkProfile(name=one.name[:500], kind=_kind(one)) for one in real[:MOST_NETWORKS])


def _kind(one: Path) -> Kind:
    event = _read(one / "uevent")
    if (one / "wireless").exists() or "DEVTYPE=wlan" in event:
        return "wifi"
    if "DEVTYPE=wwan" in event:
        return "mobile"
    if (one / "bridge").exists():
        return "bridge"
    if (one / "tun_flags").exists() or "DEVTYPE=wireguard" in event:
        return "tunnel"
    return "ethernet" if (one / "device").exists() else "virtual"


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")[:10_000]
    except OSError:
        return ""

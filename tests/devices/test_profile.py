"""What an agent finds out about its machine."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from devices import hardware, profile
from devices.config import DeviceSettings
from devices.errors import ConfigError
from devices.server import registry
from protocol.vocabulary import BatteryProfile, DeviceKind


def test_the_profile_names_the_machine(tmp_path: Path) -> None:
    found = profile.probe(tmp_path / "not" / "made" / "yet")
    assert found.cpus >= 1
    assert found.memory_bytes > 0
    assert found.disk_bytes > 0
    assert found.os
    assert found.architecture


def test_load_is_never_negative() -> None:
    assert profile.load() >= 0


def test_test_skills_are_mounted_only_when_asked_for(tmp_path: Path) -> None:
    assert "test.noop" not in registry(DeviceSettings(name="a", workspace=tmp_path))
    assert "test.noop" in registry(DeviceSettings(name="a", workspace=tmp_path, test_skills=True))


def test_a_kind_without_an_agent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="phone"):
        registry(DeviceSettings(name="a", workspace=tmp_path, kind=DeviceKind.PHONE))


def test_what_is_built_in_is_told_without_addresses(tmp_path: Path) -> None:
    files = {
        "sys/class/net/lo/type": "772\n",
        "sys/class/net/eth0/type": "1\n",
        "sys/class/net/eth0/device/vendor": "0x1af4\n",
        "sys/class/net/eth0/address": "52:54:00:12:34:56\n",
        "sys/class/net/wlp2s0/uevent": "DEVTYPE=wlan\nINTERFACE=wlp2s0\n",
        "sys/class/net/br0/bridge/bridge_id": "8000\n",
        "sys/class/net/tun0/tun_flags": "0x1001\n",
        "sys/class/net/veth1/type": "1\n",
        "sys/class/power_supply/AC/online": "1\n",
        "sys/class/power_supply/BAT0/type": "Battery\n",
        "sys/class/power_supply/BAT0/capacity": "83\n",
        "sys/class/power_supply/A_MOUSE/type": "Battery\n",
        "sys/class/power_supply/A_MOUSE/scope": "Device\n",
        "sys/class/power_supply/A_MOUSE/capacity": "5\n",
        "sys/class/drm/card0/device/vendor": "0x1002\n",
        "sys/class/drm/card0/device/device": "0x73bf\n",
        "sys/class/drm/card0-HDMI-A-1/device/vendor": "0x1002\n",
        "sys/class/drm/card1/device/vendor": "0x1af4\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = {one.name: one.kind for one in hardware.networks(tmp_path)}
    assert found == {"eth0": "ethernet", "wlp2s0": "wifi", "br0": "bridge", "tun0": "tunnel", "veth1": "virtual"}
    assert hardware.battery(tmp_path) == BatteryProfile(percent=83, plugged=True)
    assert hardware.battery(tmp_path / "none") is None
    assert hardware.gpus(tmp_path) == ("AMD 0x73bf",)
    nvidia = tmp_path / "proc/driver/nvidia/gpus/0000:01:00.0/information"
    nvidia.parent.mkdir(parents=True)
    nvidia.write_text("Model: \t\t NVIDIA RTX A2000\nIRQ: 5\nGPU UUID: GPU-secret\n")
    assert hardware.gpus(tmp_path) == ("NVIDIA RTX A2000",)


def test_this_machine_tells_no_address(tmp_path: Path) -> None:
    said = profile.probe(tmp_path).model_dump_json()
    addresses = [one.address for entries in psutil.net_if_addrs().values() for one in entries if len(one.address) > 6]
    assert not [one for one in addresses if one in said]

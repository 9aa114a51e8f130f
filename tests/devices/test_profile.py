"""What an agent finds out about its machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices import profile
from devices.config import DeviceSettings
from devices.errors import ConfigError
from devices.server import registry
from protocol.vocabulary import DeviceKind


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

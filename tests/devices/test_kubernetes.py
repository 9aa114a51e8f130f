"""The key of a Kubernetes device: made once, whole or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from devices.kubernetes import preview_key


def test_a_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "preview.key"
    key = preview_key(path)
    assert len(key) == 32
    assert preview_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["preview.key"]


@pytest.mark.parametrize("left", [b"", b"short", b"x" * 33])
def test_what_a_crash_left_of_a_key_is_none(tmp_path: Path, left: bytes) -> None:
    path = tmp_path / "preview.key"
    path.write_bytes(left)
    path.chmod(0o644)
    key = preview_key(path)
    assert len(key) == 32
    assert path.read_bytes() == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

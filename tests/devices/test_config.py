"""What a device is started with: its workspace, and the address that it is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.config import agent_url, make_workspace
from devices.errors import ConfigError


def test_a_workspace_is_made_and_that_is_said_but_not_what_is_above_it(tmp_path: Path) -> None:
    assert make_workspace(tmp_path / "work") == f"made the folder {tmp_path / 'work'} for this device's tasks"
    assert make_workspace(tmp_path / "work") == ""
    with pytest.raises(ConfigError, match=f"there is no {tmp_path / 'a'}. Make"):
        make_workspace(tmp_path / "a" / "b" / "c")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="not a folder"):
        make_workspace(tmp_path / "file")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "work"]


@pytest.mark.parametrize("url", ["", "..", "http://a..b", "http://a b", "ftp://a", "http://a/../b", "http://a?x"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ConfigError, match="--url is a base URL"):
        agent_url(url)


def test_the_address_of_the_gateway() -> None:
    assert agent_url("https://a:1/") == "wss://a:1/v1/agent"
    assert agent_url("ws://a/behind/") == "ws://a/behind/v1/agent"

"""system.*: facts of this very machine, checked against what the kernel says."""

from __future__ import annotations

import os
import shutil
import time
from datetime import datetime
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.tools.conftest import Call, Refused
from tools.registry import Registry

FACTS = ["system.memory", "system.cpu", "system.load", "system.uptime", "system.os", "system.network", "system.time"]


async def test_disk(call: Call, workspace: Path) -> None:
    found = await call("system.disk")
    real = shutil.disk_usage(workspace)
    assert found["path"] == "."
    assert found["total_bytes"] == real.total
    assert isinstance(found["free_bytes"], int)
    assert abs(found["free_bytes"] - real.free) < 1 << 30
    assert found["mount"] == "" or os.stat(str(found["mount"])).st_dev == os.stat(workspace).st_dev
    assert isinstance(found["used_percent"], float)
    assert 0 <= found["used_percent"] <= 100


async def test_disk_of_a_file_and_a_folder(call: Call, refused: Refused, workspace: Path) -> None:
    (workspace / "folder").mkdir()
    (workspace / "file").write_text("")
    whole = (await call("system.disk"))["total_bytes"]
    assert (await call("system.disk", path="folder"))["total_bytes"] == whole
    assert (await call("system.disk", path="file"))["total_bytes"] == whole
    await refused(ErrorCode.NOT_FOUND, "system.disk", path="nothing")
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "system.disk", path="/")


async def test_memory_adds_up(call: Call) -> None:
    found = await call("system.memory")
    assert isinstance(found["used_bytes"], int)
    assert isinstance(found["available_bytes"], int)
    assert found["used_bytes"] + found["available_bytes"] == found["total_bytes"]


async def test_cpu_and_load(call: Call) -> None:
    found = await call("system.cpu")
    assert found["cores"] == os.cpu_count()
    assert isinstance(found["used_percent"], float)
    assert 0 <= found["used_percent"] <= 100
    assert set(await call("system.load")) == {"load_1", "load_5", "load_15", "per_core"}


async def test_uptime_and_time_agree_with_the_clock(call: Call) -> None:
    up = await call("system.uptime")
    assert isinstance(up["seconds"], float)
    since = datetime.fromisoformat(str(up["since"])).timestamp()
    assert abs(time.time() - up["seconds"] - since) < 5
    now = await call("system.time")
    assert isinstance(now["unix"], float)
    assert abs(datetime.fromisoformat(str(now["iso"])).timestamp() - now["unix"]) < 2
    assert now["timezone"]


async def test_os_and_network(call: Call) -> None:
    found = await call("system.os")
    assert found["kernel"] == os.uname().release
    network = await call("system.network")
    assert isinstance(network["interfaces"], list)
    loopback = next(one for one in network["interfaces"] if isinstance(one, dict) and one["name"] == "lo")
    assert isinstance(loopback["addresses"], list)
    assert "127.0.0.1" in loopback["addresses"]
    assert loopback["up"] is True


async def test_info_holds_all(call: Call) -> None:
    found = await call("system.info")
    assert set(found) == {"os", "cpu", "memory", "disk", "load", "uptime", "network", "time"}


@pytest.mark.parametrize("name", FACTS)
async def test_facts_take_no_arguments(refused: Refused, registry: Registry, name: str) -> None:
    assert registry.get(name).spec.input_schema.get("properties", {}) == {}
    error = await refused(ErrorCode.BAD_ARGUMENTS, name, verbose=True)
    assert "it takes none" in error.message

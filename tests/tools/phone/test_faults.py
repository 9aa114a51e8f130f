"""What goes wrong between `adb` and a phone: unplugged, silent, not accepted, slow, too much, cancelled. Simulated."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os

import psutil
import pytest

from protocol.errors import ErrorCode
from tests.support.phones import Bench, needs_adb
from tools.context import ToolLimits
from tools.errors import ToolError

pytestmark = [pytest.mark.slow, needs_adb]
BIG = os.urandom(3_000_000)
NAMES = ["it's a b", "$(reboot) `id`", "-rf", 'x;rm -rf * &a|b>c "q" \\n ü #1 ?']


# --- files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
async def test_names_with_shell_characters_are_names(phone: Bench, name: str) -> None:
    (phone.workspace / name).write_bytes(b"content")
    path = f"/sdcard/Download/{name}"
    pushed = await phone.call("phone.push", source=name, target=path)
    assert pushed["path"] == path
    assert (await phone.call("phone.files", path="/sdcard/Download"))["names"] == [name]
    await phone.call("phone.pull", source=path, target=f"back/{name}")
    assert (phone.workspace / "back" / name).read_bytes() == b"content"
    assert phone.inside.files.find("/sdcard/Documents/shopping.txt") is not None


@pytest.mark.parametrize("path", ["/sdcard/a\nb", "/sdcard/\x1b[2J", "sdcard/x", "", "/sdcard/\0"])
async def test_paths_with_control_characters_are_refused(phone: Bench, path: str) -> None:
    await phone.refused(ErrorCode.BAD_ARGUMENTS, "phone.pull", source=path, target="x")
    assert list(phone.workspace.iterdir()) == []


async def test_a_file_goes_over_and_comes_back_whole(phone: Bench) -> None:
    (phone.workspace / "big.bin").write_bytes(BIG)
    sha256 = hashlib.sha256(BIG).hexdigest()
    pushed = await phone.call("phone.push", source="big.bin", target="/sdcard/Download")
    assert pushed == {"path": "/sdcard/Download/big.bin", "size_bytes": len(BIG), "sha256": sha256}
    pulled = await phone.call("phone.pull", source="/sdcard/Download/big.bin", target="in/again.bin")
    assert (pulled["sha256"], pulled["artifact"]) == (sha256, sha256)
    assert (phone.workspace / "in" / "again.bin").read_bytes() == BIG


async def test_what_another_device_published_goes_to_the_phone(phone: Bench) -> None:
    phone.context.artifacts.content[hashlib.sha256(b"x").hexdigest()] = b"x"
    artifact = hashlib.sha256(b"x").hexdigest()
    await phone.call("phone.push", artifact=artifact, target="/sdcard/Download/x.txt")
    await phone.refused(ErrorCode.BAD_ARGUMENTS, "phone.push", artifact=artifact, target="/sdcard/Download")
    await phone.refused(ErrorCode.BAD_ARGUMENTS, "phone.push", target="/sdcard/x")
    assert list(phone.workspace.iterdir()) == []


async def test_a_phone_that_is_unplugged_during_a_pull_leaves_no_half_file(phone: Bench) -> None:
    phone.inside.files.write("/sdcard/big.bin", BIG)
    (phone.workspace / "big.bin").write_bytes(b"old")
    phone.faults.cut_after = 1_000_000
    error = await phone.refused(ErrorCode.UNAVAILABLE, "phone.pull", source="/sdcard/big.bin", target="big.bin")
    assert error.retryable
    assert (phone.workspace / "big.bin").read_bytes() == b"old"
    assert [one.name for one in phone.workspace.iterdir()] == ["big.bin"]
    assert phone.context.artifacts.content == {}
    # Plugged in again, it is found again, without being told.
    await phone.call("phone.pull", source="/sdcard/big.bin", target="big.bin")
    assert (phone.workspace / "big.bin").read_bytes() == BIG


async def test_a_phone_that_is_unplugged_during_a_push_keeps_the_old_file(phone: Bench) -> None:
    (phone.workspace / "big.bin").write_bytes(BIG)
    phone.inside.files.write("/sdcard/big.bin", b"old")
    phone.faults.cut_after = 1_000_000
    await phone.refused(ErrorCode.UNAVAILABLE, "phone.push", source="big.bin", target="/sdcard/big.bin")
    found = phone.inside.files.find("/sdcard/big.bin")
    assert getattr(found, "data", None) == b"old"


async def test_what_cannot_be_copied(phone: Bench) -> None:
    await phone.refused(ErrorCode.NOT_FOUND, "phone.pull", source="/sdcard/none", target="x")
    await phone.refused(ErrorCode.BAD_ARGUMENTS, "phone.pull", source="/sdcard/Download", target="x")
    await phone.refused(ErrorCode.BAD_ARGUMENTS, "phone.pull", source="/sdcard/x", target="folder/")
    await phone.refused(
        ErrorCode.OUTSIDE_WORKSPACE, "phone.pull", source="/sdcard/Documents/shopping.txt", target="../x"
    )
    await phone.refused(ErrorCode.OUTSIDE_WORKSPACE, "phone.push", source="/etc/passwd", target="/sdcard/x")
    (phone.workspace / "a").write_bytes(b"a")
    error = await phone.refused(ErrorCode.TOOL_FAILED, "phone.push", source="a", target="/system/bin/sh")
    assert "Permission denied" in error.message
    await phone.refused(ErrorCode.NOT_FOUND, "phone.push", source="a", target="/sdcard/none/")
    (phone.workspace / "link").symlink_to("/etc/passwd")
    await phone.refused(ErrorCode.OUTSIDE_WORKSPACE, "phone.push", source="link", target="/sdcard/x")
    await phone.refused(
        ErrorCode.ALREADY_EXISTS, "phone.pull", source="/sdcard/Documents/shopping.txt", target="a", overwrite=False
    )
    assert (phone.workspace / "a").read_bytes() == b"a"


async def test_a_file_that_is_larger_than_allowed(phone: Bench) -> None:
    phone.context.limits = ToolLimits(file_bytes=1000)
    phone.inside.files.write("/sdcard/big.bin", BIG)
    await phone.refused(ErrorCode.OUTPUT_TOO_LARGE, "phone.pull", source="/sdcard/big.bin", target="big.bin")
    assert list(phone.workspace.iterdir()) == []


async def test_what_arrives_changed_is_thrown_away(phone: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.phone import copying

    async def wrong(*_: object) -> tuple[int, str]:
        return 11, "0" * 64

    monkeypatch.setattr(copying, "_measured", wrong)
    await phone.refused(ErrorCode.HASH_MISMATCH, "phone.pull", source="/sdcard/Documents/shopping.txt", target="x")
    assert list(phone.workspace.iterdir()) == []


# --- the connection ------------------------------------------------------------------------------------------------


async def test_a_phone_that_is_unplugged_during_a_command_is_no_success(phone: Bench) -> None:
    """`adb shell` itself ends well then."""
    running = asyncio.ensure_future(phone.call("phone.shell", command="echo begun; sleep 60"))
    await _until(lambda: bool(phone.inside.lines))
    await phone.adbd.unplug()
    with pytest.raises(ToolError) as caught:
        await running
    assert caught.value.code is ErrorCode.UNAVAILABLE


async def test_a_phone_that_has_not_accepted_this_computer(phone: Bench) -> None:
    await phone.unplug()
    phone.faults.authorized = False
    await phone.adbd.plug()
    error = await phone.refused(ErrorCode.UNAVAILABLE, "phone.battery")
    assert "unlock it and accept" in error.message
    [one] = (await phone.call("phone.devices"))["phones"]  # type: ignore[misc]
    assert one["state"] == "unauthorized"  # type: ignore[index, call-overload]


async def test_a_phone_that_does_not_answer_is_offline(phone: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.phone import server

    monkeypatch.setattr(server, "CONNECT_S", 0.5)  # adb itself waits for ten seconds
    await phone.unplug()
    phone.faults.silent = True
    await phone.adbd.plug()
    error = await phone.refused(ErrorCode.UNAVAILABLE, "phone.battery")
    assert error.retryable


async def test_an_adb_server_that_died_is_started_again(phone: Bench) -> None:
    assert phone.phone.server.ours
    await phone.phone.server.close()
    assert (await phone.call("phone.battery"))["percent"] == 84


async def test_a_slow_phone_is_given_up_in_time(phone: Bench) -> None:
    phone.context.limits = ToolLimits(seconds=0.5)
    phone.faults.delay_s = 30.0
    error = await phone.refused(ErrorCode.TIMEOUT, "phone.battery")
    assert "0.5 s" in error.message
    assert _adb_commands() == []


async def test_a_cancelled_command_leaves_nothing_behind(phone: Bench) -> None:
    running = asyncio.ensure_future(phone.call("phone.shell", command="sleep 60"))
    await _until(lambda: bool(phone.inside.lines))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert _adb_commands() == []


async def test_a_cancelled_pull_leaves_nothing_behind(phone: Bench) -> None:
    phone.inside.files.write("/sdcard/big.bin", BIG)
    seen = asyncio.Event()
    phone.adbd.moved = lambda size: seen.set()  # type: ignore[method-assign]
    running = asyncio.ensure_future(phone.call("phone.pull", source="/sdcard/big.bin", target="big.bin"))
    await seen.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert list(phone.workspace.iterdir()) == []
    assert _adb_commands() == []


# --- too much ------------------------------------------------------------------------------------------------------


async def test_a_huge_log_is_cut_to_size(phone: Bench) -> None:
    phone.inside.log = [f"11-21 10:00:00.000  1  1 I Tag: line {number} {'x' * 100}" for number in range(100_000)]
    phone.context.limits = ToolLimits(output_bytes=50_000)
    found = await phone.call("phone.log", lines=100_000)
    assert found["truncated"] is True
    assert len(str(found["text"])) < 50_000
    assert "line 99999 " in str(found["text"])


async def test_endless_output_is_bounded_and_ended(phone: Bench) -> None:
    phone.context.limits = ToolLimits(output_bytes=20_000)
    error = await phone.refused(ErrorCode.TIMEOUT, "phone.shell", command="yes", timeout_s=1.0)
    assert "was ended" in error.message
    assert _adb_commands() == []


async def test_a_file_of_ours_that_looks_like_an_artifact_is_none(phone: Bench) -> None:
    await phone.refused(ErrorCode.BAD_ARGUMENTS, "phone.push", artifact="../../etc/passwd", target="/sdcard/x")
    await phone.refused(ErrorCode.UNKNOWN_ARTIFACT, "phone.push", artifact="0" * 64, target="/sdcard/x")


def _adb_commands() -> list[str]:
    """Commands of `adb` below this process, but for its server."""
    found = []
    for one in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it may end meanwhile
            found.append(" ".join(one.cmdline()))
    return [words for words in found if "-s 127.0.0.1:" in words]


async def _until(true) -> None:  # type: ignore[no-untyped-def]
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)

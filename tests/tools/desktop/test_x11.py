"""The connection to the X server, and what a desktop is missing."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.support.desktops import Bench, Screen, needs_x11, session
from tests.support.processes import eventually
from tools.desktop import desktop as desktops
from tools.desktop import windows, x11
from tools.desktop.desktop import DISPLAY, INPUT, Desktop
from tools.desktop.settings import DesktopSettings
from tools.errors import ToolError

pytestmark = [pytest.mark.slow, needs_x11]


@pytest.fixture
def screen() -> Iterator[Screen]:
    with session(manager=False) as found:
        yield found


async def test_a_server_that_stops_in_the_middle_is_given_up_and_asked_anew(
    desktop: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = desktop.desktop.server
    size = await server.ask(windows.size)

    async def answers(number: int) -> bool:
        return True  # it did, just before

    monkeypatch.setattr(x11, "alive", answers)
    desktop.screen.server.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(ToolError) as caught:
            await server.ask(windows.size, seconds=0.3)
    finally:
        desktop.screen.server.send_signal(signal.SIGCONT)
    assert caught.value.code is ErrorCode.TIMEOUT
    assert await server.ask(windows.size) == size


async def test_a_server_that_stops_while_one_connects_is_given_up(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answers(number: int) -> bool:
        return True

    monkeypatch.setattr(x11, "alive", answers)
    server = x11.XServer(screen.display, int(screen.display[1:]))
    screen.server.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(ToolError) as caught:
            await server.ask(windows.size, seconds=0.3)
        assert caught.value.code is ErrorCode.TIMEOUT
        async with asyncio.timeout(5):
            await server.close()
    finally:
        screen.server.send_signal(signal.SIGCONT)


async def test_a_question_that_is_cancelled_leaves_the_next_one_its_answer(desktop: Bench) -> None:
    server = desktop.desktop.server
    asking = asyncio.ensure_future(server.ask(windows.windows))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await server.ask(windows.windows) == []


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[tuple[str, Path, subprocess.Popen[bytes]]]:
    """A server that only lets in who has its key: its display, the file with the key, its process."""
    keys = tmp_path / "keys"
    keys.touch()
    display = f":{90 + secrets.randbelow(900)}"
    subprocess.run(["xauth", "-q", "-f", str(keys), "add", display, ".", secrets.token_hex(16)], check=True)
    words = ["Xvfb", display, "-auth", str(keys), "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    eventually(lambda: Path(f"/tmp/.X11-unix/X{display[1:]}").exists(), "the server did not start")
    yield display, keys, server
    server.terminate()
    server.wait()


async def test_a_server_that_lets_nobody_in_is_told_from_one_that_is_gone(
    locked: tuple[str, Path, subprocess.Popen[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    display, keys, server = locked
    none = tmp_path / "none"
    none.touch()
    desktop = Desktop(DesktopSettings(display))
    try:
        monkeypatch.setenv("XAUTHORITY", str(none))
        assert "set XAUTHORITY" in (await desktop.missing())[DISPLAY]
        monkeypatch.setenv("XAUTHORITY", str(keys))
        assert DISPLAY not in await desktop.missing()
        server.terminate()
        assert await asyncio.to_thread(server.wait) is not None
        assert "is gone" in (await desktop.missing())[DISPLAY]
    finally:
        await desktop.close()


async def test_what_is_not_installed_is_named(desktop: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name, *more, **named: None if name == "xdotool" else which(name))
    assert "apt-get install xdotool" in (await desktop.desktop.missing())[INPUT]
    monkeypatch.setattr(desktops.importlib.util, "find_spec", lambda name: None)  # type: ignore[attr-defined]
    missing = await desktop.desktop.missing()
    assert set(missing) == set(desktops.NEEDS)
    assert all("pip install 'asterism[desktop]'" in one for one in missing.values())

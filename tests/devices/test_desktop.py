"""The desktop's agent: what it offers with a display, without one, and while one comes and goes."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from devices import desktop, serving
from devices.config import DeviceSettings
from devices.errors import ConfigError
from protocol.errors import ErrorCode
from protocol.messages import SkillsChanged
from protocol.vocabulary import DeviceKind, JsonObject
from tests.support.desktops import SIZE, Screen, again, needs_x11, session
from tests.support.gateway import FakeGateway
from tools.desktop import x11
from tools.desktop.settings import DesktopSettings

pytestmark = [pytest.mark.slow, needs_x11]
SETTLED_S = 30.0
SERVER = {"file.read", "http.fetch", "artifact.publish"}
SCREEN = {"desktop.windows", "desktop.ui", "desktop.click", "desktop.screenshot", "desktop.write_clipboard"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The agent looks after its desktop often here."""
    monkeypatch.setattr(serving.serve, "__kwdefaults__", {**(serving.serve.__kwdefaults__ or {}), "every_s": 0.05})
    for name in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)


def enter(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on this process is part of the session."""
    for name, value in screen.variables.items():
        monkeypatch.setenv(name, value)


def agent_of(folder: Path, gateway: FakeGateway, display: str = "") -> DeviceSettings:
    return DeviceSettings(
        name="desk", kind=DeviceKind.DESKTOP, url=gateway.url, workspace=folder / "work", state_dir=folder / "state",
        seed=7, desktop=DesktopSettings(display),
    )  # fmt: skip


@asynccontextmanager
async def running(settings: DeviceSettings) -> AsyncIterator[asyncio.Task[None]]:
    stop = asyncio.Event()
    task = asyncio.get_running_loop().create_task(desktop.run_device(settings, stop=stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait_for(task, SETTLED_S)


def offered(message: object) -> set[str]:
    return {one.name for one in message.skills}  # type: ignore[attr-defined]


async def test_it_offers_a_server_s_skills_and_its_screen(
    tmp_path: Path, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session() as screen:
        enter(screen, monkeypatch)
        async with running(agent_of(tmp_path, gateway)):
            await gateway.connected()
            [hello] = gateway.hellos
            assert offered(hello) >= SERVER | SCREEN
            assert hello.profile.desktop is not None
            assert hello.profile.desktop.screens == (f"{SIZE[0]}x{SIZE[1]}",)
            assert "desktop.notify" not in offered(hello)  # nobody here shows notifications
            listed = await gateway.output("desktop.windows")
            assert listed == {"windows": [], "truncated": False}


async def test_without_a_display_it_is_a_desktop_without_a_screen(tmp_path: Path, gateway: FakeGateway) -> None:
    async with running(agent_of(tmp_path, gateway)):
        await gateway.connected()
        [hello] = gateway.hellos
        assert offered(hello) >= SERVER
        assert not offered(hello) & SCREEN
        result = await gateway.result(await gateway.dispatch("desktop.windows"))
        assert result.error is not None
        assert result.error.code is ErrorCode.UNAVAILABLE
        assert "--display :0" in result.error.message


async def test_a_display_that_is_lost_takes_its_skills_along_and_brings_them_back(
    tmp_path: Path, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session(manager=False) as screen, capture_logs() as logs:
        enter(screen, monkeypatch)
        async with running(agent_of(tmp_path, gateway)):
            await gateway.connected()
            before = offered(gateway.hellos[0])
            screen.server.terminate()
            screen.server.wait()
            await gateway.until(lambda: bool(gateway.of(SkillsChanged)))
            left = offered(gateway.of(SkillsChanged)[-1])
            assert left >= SERVER
            assert not left & SCREEN
            result = await gateway.result(await gateway.dispatch("desktop.windows"))
            assert result.error is not None
            assert (result.error.code, result.error.retryable) == (ErrorCode.UNAVAILABLE, True)
            with again(screen):
                await gateway.until(lambda: offered(gateway.of(SkillsChanged)[-1]) == before)
                assert (await gateway.output("desktop.windows"))["windows"] == []  # type: ignore[index, call-overload]
        said = [one for one in logs if "skills are" in one["event"]]
    assert [one["event"] for one in said] == ["skills are gone", "skills are back"]
    assert "log in to its session again" in said[0]["reason"]


async def test_a_display_that_does_not_answer_is_given_up_in_time(
    tmp_path: Path, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(x11, "ALIVE_S", 0.2)
    with session(manager=False) as screen:
        enter(screen, monkeypatch)
        async with running(agent_of(tmp_path, gateway)):
            await gateway.connected()
            before = offered(gateway.hellos[0])
            screen.server.send_signal(signal.SIGSTOP)
            try:
                await gateway.until(lambda: bool(gateway.of(SkillsChanged)))
                assert not offered(gateway.of(SkillsChanged)[-1]) & SCREEN
            finally:
                screen.server.send_signal(signal.SIGCONT)
            await gateway.until(lambda: offered(gateway.of(SkillsChanged)[-1]) == before)


async def test_without_a_session_bus_windows_are_listed_and_not_read(
    tmp_path: Path, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session() as screen:
        async with running(agent_of(tmp_path, gateway, screen.display)):
            await gateway.connected()
            there = offered(gateway.hellos[0])
            assert {"desktop.windows", "desktop.screenshot", "desktop.type"} <= there
            assert not {"desktop.find", "desktop.set_text", "desktop.notify"} & there


async def test_what_is_opened_ends_with_the_agent(
    tmp_path: Path, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session() as screen:
        enter(screen, monkeypatch)
        async with running(agent_of(tmp_path, gateway)):
            await gateway.connected()
            arguments: JsonObject = {"program": "zenity", "arguments": ["--info", "--title", "Hi"]}
            opened = await gateway.output("desktop.run_program", arguments)
            assert opened["window"]["title"] == "Hi"  # type: ignore[index, call-overload]
        assert screen.windows() == []


async def test_its_settings_are_for_desktops_alone(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--display is for desktops"):
        DeviceSettings(name="x", workspace=tmp_path, desktop=DesktopSettings(":0"))


@pytest.mark.parametrize("display", ["x", "example.org:0", ":0;reboot", "-1"])
async def test_a_display_of_another_machine_is_none(tmp_path: Path, gateway: FakeGateway, display: str) -> None:
    async with running(agent_of(tmp_path, gateway, display)):
        await gateway.connected()
        assert not offered(gateway.hellos[0]) & SCREEN
        result = await gateway.result(await gateway.dispatch("desktop.windows"))
        assert result.error is not None
        assert "no display of this machine" in result.error.message

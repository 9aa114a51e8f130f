"""The phone's agent: what it needs to start, what it says of itself, and what it does while the phone is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from devices import phone, serving
from devices.config import DeviceSettings
from devices.errors import ConfigError
from devices.simulated.adb.daemon import Adbd, Faults
from devices.simulated.phone.state import SimulatedPhone
from devices.simulated.start import free_port, simulated_phone
from protocol.errors import ErrorCode
from protocol.messages import SkillsChanged
from protocol.vocabulary import DeviceKind
from tests.support.gateway import FakeGateway
from tests.support.phones import needs_adb
from tools.phone import server
from tools.phone.phone import Phone, SetupError
from tools.phone.settings import PhoneSettings

pytestmark = [pytest.mark.slow, needs_adb]
SETTLED_S = 30.0


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The agent looks after its phone often here, and keeps adb's key in a home of its own."""
    monkeypatch.setattr(serving.serve, "__kwdefaults__", {**(serving.serve.__kwdefaults__ or {}), "every_s": 0.05})
    monkeypatch.setattr(phone, "AGAIN_S", 0.05)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ADB_LOCAL_TRANSPORT_MAX_PORT", "5554")


def agent_of(folder: Path, gateway: FakeGateway | None, chosen: PhoneSettings) -> DeviceSettings:
    return DeviceSettings(
        name="pixel",
        kind=DeviceKind.PHONE,
        url="http://127.0.0.1:1" if gateway is None else gateway.url,
        workspace=folder / "work",
        state_dir=folder / "state",
        seed=7,
        phone=chosen,
    )


@asynccontextmanager
async def running(settings: DeviceSettings) -> AsyncIterator[asyncio.Task[None]]:
    stop = asyncio.Event()
    task = asyncio.get_running_loop().create_task(phone.run_device(settings, stop=stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait_for(task, SETTLED_S)


# --- set-up --------------------------------------------------------------------------------------------------------


async def test_without_adb_a_person_has_to_install_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="apt-get install adb"):
        await phone.run_device(agent_of(tmp_path, None, PhoneSettings(adb="no-such-adb")), stop=asyncio.Event())


async def test_a_program_that_is_no_adb_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not say its version"):
        await phone.run_device(agent_of(tmp_path, None, PhoneSettings(adb="true")), stop=asyncio.Event())


async def test_without_a_phone_it_says_what_to_do(tmp_path: Path) -> None:
    chosen = PhoneSettings(adb_server=str(free_port()))
    with pytest.raises(ConfigError, match=r"plug one in .* --serial .*--simulated"):
        await phone.run_device(agent_of(tmp_path, None, chosen), stop=asyncio.Event())


async def test_of_two_phones_one_has_to_be_chosen(tmp_path: Path) -> None:
    chosen = PhoneSettings(adb_server=str(free_port()))
    async with Adbd(SimulatedPhone()) as one, Adbd(SimulatedPhone()) as other:
        found = await Phone.of(chosen)
        try:
            await found.attached()
            for adbd in (one, other):
                assert "connected to" in await server.connect(chosen.address, adbd.serial)
            with pytest.raises(SetupError, match="choose one with --serial") as raised:
                await found.find()
            assert one.serial in raised.value.message
            assert other.serial in raised.value.message
            assert not raised.value.again
            found.serial = other.serial
            await found.find()
        finally:
            await found.close()


async def test_a_server_of_another_version_is_left_alone(tmp_path: Path) -> None:
    """An `adb` of ours would end it, and with it the work of whoever started it."""
    asked: list[bytes] = []

    async def old(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readexactly(4 + len("host:version")))
        writer.write(b"OKAY00040027")
        await writer.drain()
        writer.close()

    serving = await asyncio.start_server(old, "127.0.0.1", 0)
    async with serving:
        chosen = PhoneSettings(adb_server=str(serving.sockets[0].getsockname()[1]))
        with pytest.raises(ConfigError, match=r"has version 39, and the adb here 41.*another port with --adb-server"):
            await phone.run_device(agent_of(tmp_path, None, chosen), stop=asyncio.Event())
    assert asked == [b"000chost:version"]


async def test_what_answers_may_be_no_adb_server_at_all(tmp_path: Path) -> None:
    async def web(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(web, "127.0.0.1", 0) as serving:
        chosen = PhoneSettings(adb_server=str(serving.sockets[0].getsockname()[1]))
        with pytest.raises(ConfigError, match="is no ADB server"):
            await phone.run_device(agent_of(tmp_path, None, chosen), stop=asyncio.Event())


@pytest.mark.parametrize("address", ["x", "host:", "host:99999", ":0"])
async def test_an_address_that_is_none(tmp_path: Path, address: str) -> None:
    with pytest.raises(ConfigError, match="HOST:PORT or PORT"):
        await phone.run_device(agent_of(tmp_path, None, PhoneSettings(adb_server=address)), stop=asyncio.Event())


async def test_a_phone_that_has_not_accepted_yet_is_waited_for(tmp_path: Path, gateway: FakeGateway) -> None:
    async with simulated_phone(Faults(authorized=False)) as (chosen, adbd):
        chosen = PhoneSettings(serial=chosen.serial, adb_server=chosen.adb_server)
        with capture_logs() as logs:
            async with running(agent_of(tmp_path, gateway, chosen)):
                await _logged(logs, "unlock it and accept")
                assert gateway.hellos == []
                adbd.faults.authorized = True
                await gateway.connected()
        assert len([one for one in logs if one["event"] == "waiting for the phone"]) == 1


async def test_an_agent_that_waits_can_be_stopped(tmp_path: Path) -> None:
    async with simulated_phone(Faults(authorized=False)) as (chosen, _):
        settings = agent_of(tmp_path, None, PhoneSettings(serial=chosen.serial, adb_server=chosen.adb_server))
        with capture_logs() as logs:
            async with running(settings):
                await _logged(logs, "unlock it and accept")


# --- while it runs -------------------------------------------------------------------------------------------------


async def test_it_says_which_phone_it_is_and_not_its_number(tmp_path: Path, gateway: FakeGateway) -> None:
    async with running(agent_of(tmp_path, gateway, PhoneSettings(simulated=True))):
        await gateway.connected()
        [hello] = gateway.hellos
        assert hello.profile.phone is not None
        assert hello.profile.phone.model_dump() == {
            "manufacturer": "Asterism", "model": "Simulated Phone", "android": "13", "sdk": 33, "battery": 84,
            "charging": True, "simulated": True,
        }  # fmt: skip
        assert (hello.kind, hello.profile.os, hello.profile.os_version) == ("phone", "android (simulated)", "13")
        assert hello.labels == {"simulated": "true"}
        assert "SIMULATED0001" not in hello.model_dump_json()
        assert {"phone.tap", "phone.pull"} <= {one.name for one in hello.skills}


async def test_a_simulated_phone_says_so_in_the_log(tmp_path: Path, gateway: FakeGateway) -> None:
    with capture_logs() as logs:
        async with running(agent_of(tmp_path, gateway, PhoneSettings(simulated=True))):
            await gateway.connected()
    assert [one["event"] for one in logs if "SIMULATED" in one["event"]] == [
        "SIMULATED: no phone is behind this device"
    ]


async def test_an_unplugged_phone_s_skills_go_and_come_back(tmp_path: Path, gateway: FakeGateway) -> None:
    async with simulated_phone() as (chosen, adbd):
        chosen = PhoneSettings(serial=chosen.serial, adb_server=chosen.adb_server)
        with capture_logs() as logs:
            async with running(agent_of(tmp_path, gateway, chosen)):
                await gateway.connected()
                before = {one.name for one in gateway.hellos[0].skills}
                await adbd.unplug()
                await gateway.until(lambda: len(gateway.of(SkillsChanged)) == 1)
                left = {one.name for one in gateway.of(SkillsChanged)[0].skills}
                assert left == {"phone.devices"}
                result = await gateway.result(await gateway.dispatch("phone.battery"))
                assert result.error is not None
                assert result.error.code is ErrorCode.UNAVAILABLE
                assert result.error.retryable
                await adbd.plug()
                await gateway.until(lambda: len(gateway.of(SkillsChanged)) == 2)
                assert {one.name for one in gateway.of(SkillsChanged)[1].skills} == before
                assert (await gateway.output("phone.battery"))["percent"] == 84  # type: ignore[index, call-overload]
        assert [one["event"] for one in logs if "skills are" in one["event"]] == ["skills are gone", "skills are back"]


async def test_its_settings_are_for_phones_alone(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no phone"):
        DeviceSettings(name="x", workspace=tmp_path, phone=PhoneSettings())


async def _logged(logs: list[dict[str, object]], text: str) -> None:  # type: ignore[type-arg]
    async with asyncio.timeout(SETTLED_S):
        while not any(text in str(one.get("reason", "")) for one in logs):
            await asyncio.sleep(0.01)

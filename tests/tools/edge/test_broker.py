"""Brokers that are down, that will not have us, that come and go; TLS and passwords; no secret is ever told."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from devices.edge import opened
from devices.errors import ConfigError
from protocol.errors import ErrorCode
from tests.support.mosquitto import Mosquitto, mosquitto, peer
from tests.support.processes import free_port
from tests.tools.edge.conftest import GREENHOUSE, Boxes
from tools.edge import broker as broker_module
from tools.edge import skills
from tools.edge.declared import load

pytestmark = pytest.mark.slow
SECRET = "correct-horse-battery"
TLS_LINES = "cafile {0}/ca.pem\ncertfile {0}/server.pem\nkeyfile {0}/server.key\n"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_module, "BACKOFF_S", 0.02)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


def sensors(folder: Path, port: int, *lines: str, text: str = GREENHOUSE) -> Path:
    path = folder / "sensors.toml"
    path.write_text(text.replace("port = {port}", "\n".join([f"port = {port}", *lines])))
    return path


async def refused(folder: Path, path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        async with opened("box", folder / "state", load(path)):
            pass
    return str(caught.value)


# --- passwords -------------------------------------------------------------------------------------------------


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    """Settings of a broker that asks for a password."""
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "bob", SECRET], check=True, capture_output=True)
    passwords.chmod(0o644)
    tmp_path.chmod(0o755)
    for above in tmp_path.parents[:2]:
        above.chmod(0o755)
    return passwords


async def test_a_password_comes_from_a_file_or_the_environment(
    tmp_path: Path, locked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mosquitto(tmp_path / "mosquitto", f"allow_anonymous false\npassword_file {locked}\n") as running:
        (tmp_path / "secret").write_text(f"{SECRET}\n")
        monkeypatch.setenv("BOX_PASSWORD", SECRET)
        for line in (f'password_file = "{tmp_path}/secret"', 'password_env = "BOX_PASSWORD"'):
            path = sensors(tmp_path, running.port, 'username = "bob"', line)
            async with opened("box", tmp_path / "state", load(path)) as edge:
                assert edge.box.mqtt().online


async def test_a_wrong_password_asks_the_person_and_is_not_told(
    tmp_path: Path, locked: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("BOX_PASSWORD", "wrong-" + SECRET)
    with mosquitto(tmp_path / "mosquitto", f"allow_anonymous false\npassword_file {locked}\n") as running:
        path = sensors(tmp_path, running.port, 'username = "bob"', 'password_env = "BOX_PASSWORD"')
        with capture_logs() as logs:
            message = await refused(tmp_path, path)
        assert "password_env" in message
        assert SECRET not in message + str(logs) + caplog.text
        assert SECRET not in repr(load(path))


async def test_a_password_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOX_PASSWORD", raising=False)
    path = sensors(tmp_path, free_port(), 'username = "bob"', 'password_env = "BOX_PASSWORD"')
    assert "BOX_PASSWORD is not set" in await refused(tmp_path, path)
    path = sensors(tmp_path, free_port(), 'username = "bob"', f'password_file = "{tmp_path}/nowhere"')
    assert "cannot be read" in await refused(tmp_path, path)


# --- TLS -------------------------------------------------------------------------------------------------------


def certificates(folder: Path) -> None:
    """An authority, and a certificate of 127.0.0.1 by it."""
    folder.mkdir(exist_ok=True)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    for command in (
        ["req", "-x509", *key, "-subj", "/CN=our authority", "-keyout", "ca.key", "-out", "ca.pem"],
        ["req", *key[:5], "-subj", "/CN=broker", "-keyout", "server.key", "-out", "server.csr"],
        ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
         "-extfile", "names", "-out", "server.pem"],
    ):  # fmt: skip
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)
    for file in folder.iterdir():
        file.chmod(0o644)
    for above in [folder, *folder.parents[:3]]:
        above.chmod(0o755)


async def test_tls_with_an_authority_that_is_known_and_one_that_is_not(tmp_path: Path) -> None:
    certificates(tmp_path / "tls")
    with mosquitto(tmp_path / "mosquitto", TLS_LINES.format(tmp_path / "tls")) as running:
        path = sensors(tmp_path, running.port, "tls = true", f'ca = "{tmp_path}/tls/ca.pem"')
        async with opened("box", tmp_path / "state", load(path)) as edge:
            assert edge.box.mqtt().online
        message = await refused(tmp_path, sensors(tmp_path, running.port, "tls = true"))
        assert "not trusted" in message
        assert "ca in [broker]" in message
        path = sensors(tmp_path, running.port, "tls = true", f'ca = "{tmp_path}/tls/nowhere.pem"')
        async with opened("box", tmp_path / "state", load(path)) as edge:
            assert "nowhere.pem" in edge.box.mqtt().reason


async def test_tls_to_a_port_that_has_none(tmp_path: Path, running: Mosquitto) -> None:
    path = sensors(tmp_path, running.port, "tls = true")
    async with opened("box", tmp_path / "state", load(path)) as edge:
        assert not edge.box.mqtt().online
        assert "tls" in edge.box.mqtt().reason.lower()


# --- coming and going ------------------------------------------------------------------------------------------


async def test_a_broker_that_is_down_is_waited_for(boxes: Boxes, tmp_path: Path) -> None:
    """Skills that need it are withheld, with why; what needs none goes on; the log has one line for each change."""
    one = Mosquitto(tmp_path / "late")
    boxes.port = one.port
    with capture_logs() as logs:
        box = await boxes.start()
        assert "edge.read" in skills.withheld(box.edge)
        message = await box.refused(ErrorCode.UNAVAILABLE, "edge.read", sensor="temperature")
        assert "cannot be reached" in message
        assert (await box.call("edge.rules"))["count"] == 0
        one.start()
        try:
            await until(lambda: box.edge.box.mqtt().online)
            assert skills.withheld(box.edge) == {}
            one.stop()
            await until(lambda: not box.edge.box.mqtt().online)
            one.start()
            await until(lambda: box.edge.box.mqtt().online)
        finally:
            one.stop()
    assert [log["event"] for log in logs] == ["broker connected", "broker lost, trying again", "broker is back"]


async def test_a_broker_that_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the connection and is silent: the device starts all the same."""
    monkeypatch.setattr(broker_module, "CONNECT_S", 0.2)
    begun = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        async with opened("box", tmp_path / "state", load(sensors(tmp_path, port))) as edge:
            assert "does not answer" in edge.box.mqtt().reason
    assert time.monotonic() - begun < 3


async def test_a_message_whose_acknowledgement_is_lost_is_told_as_unknown(boxes: Boxes, own: Mosquitto) -> None:
    boxes.port = own.port
    box = await boxes.start()
    assert own.process is not None
    own.process.send_signal(signal.SIGSTOP)
    publishing = asyncio.ensure_future(box.refused(ErrorCode.LOST, "edge.publish", topic="lab/x", payload="1"))
    await until(lambda: bool(box.edge.box.mqtt()._acks))
    own.stop()
    assert "acknowledged" in await publishing


async def test_what_the_broker_forbids_is_told(tmp_path: Path) -> None:
    (tmp_path / "acl").write_text("topic read greenhouse/#\n")
    for above in [tmp_path, *tmp_path.parents[:2]]:
        above.chmod(0o755)
    (tmp_path / "acl").chmod(0o644)
    with mosquitto(tmp_path / "mosquitto", f"acl_file {tmp_path}/acl\n") as running:
        boxes = Boxes(tmp_path, running.port)
        try:
            box = await boxes.start()
            message = await box.refused(ErrorCode.DENIED, "edge.publish", topic="lab/x", payload="1")
            assert "does not let this device write" in message
        finally:
            await boxes.end()


async def test_messages_wait_on_disk_for_the_broker(boxes: Boxes, tmp_path: Path) -> None:
    """Also over a restart of the agent; each is sent once, in order; one that is too late is dropped, and told."""
    one = Mosquitto(tmp_path / "late")
    boxes.port = one.port
    box = await boxes.start()
    for text in ("a", "b"):
        found = await box.call("edge.publish", topic="lab/x", payload=text, hold_s=600)
        assert found["sent"] is False
    await box.edge.store.wait("lab/x", b"too late", retain=False, until=time.time() - 1)
    unknown = await box.edge.store.wait("lab/x", b"half sent", retain=False, until=time.time() + 600)
    await box.edge.store.begin_sending(unknown)
    await boxes.end()
    box = await boxes.start()
    await box.call("edge.publish", topic="lab/x", payload="c", hold_s=600)
    one.start()
    try:
        with peer(one.port, "lab/x") as hears:
            await until(lambda: box.edge.box.mqtt().online)
            await box.noted(lambda body: body.get("outcome") == "unknown")
            await box.noted(lambda body: body.get("outcome") == "expired")
            await box.noted(lambda body: body.get("message") == 5 and body["outcome"] == "sent")
            heard = [hears.heard.get_nowait()[1] for _ in range(hears.heard.qsize())]
            # The peer may have subscribed after the first ones were sent.
            assert heard == [b"a", b"b", b"c"][-len(heard) :] if heard else True
            sent = [
                entry["body"]["message"]
                for entry in (await box.call("edge.history"))["entries"]
                if entry["body"].get("outcome") == "sent"
            ]
            assert sent == [1, 2, 5]
            assert await box.edge.store.waiting() == []
    finally:
        one.stop()

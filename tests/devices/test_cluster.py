"""The Kubernetes device against a gateway and a scripted API server: how it begins, and what it does without one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from devices import kubernetes, serving
from devices.config import DeviceSettings
from devices.errors import ConfigError
from protocol.errors import ErrorCode
from protocol.messages import SkillsChanged
from protocol.vocabulary import DeviceKind, Json
from tests.support.fake_apiserver import FakeApiServer, Fault, Refuse, Silent
from tests.support.gateway import FakeGateway
from tools.kube.settings import KubeSettings

SETTLED_S = 30.0
TOKEN = "t0ken-of-the-test"
SLOW = pytest.mark.slow
LIST = {"kind": "configmaps", "namespace": "shop"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The agent looks after its cluster often here."""
    monkeypatch.setattr(serving.serve, "__kwdefaults__", {**(serving.serve.__kwdefaults__ or {}), "every_s": 0.02})


@pytest.fixture
async def server() -> AsyncIterator[FakeApiServer]:
    async with FakeApiServer() as running:
        yield running


@pytest.fixture
def agent(tmp_path: Path, gateway: FakeGateway, server: FakeApiServer) -> DeviceSettings:
    return DeviceSettings(
        name="prod", kind=DeviceKind.KUBERNETES, url=gateway.url, workspace=tmp_path / "work",
        state_dir=tmp_path / "state", seed=7, kube=KubeSettings(kubeconfig=server.kubeconfig(tmp_path)),
    )  # fmt: skip


@asynccontextmanager
async def running(settings: DeviceSettings) -> AsyncIterator[asyncio.Task[None]]:
    stop = asyncio.Event()
    task = asyncio.get_running_loop().create_task(kubernetes.run_device(settings, stop=stop))
    try:
        yield task
    finally:
        stop.set()
        await asyncio.wait_for(task, SETTLED_S)


def listed(gateway: FakeGateway) -> list[set[str]]:
    """The names of the skills, in each list that came after the first."""
    return [{one.name for one in changed.skills} for changed in gateway.of(SkillsChanged)]


async def count(gateway: FakeGateway) -> Json:
    output = await gateway.output("kube.list", dict(LIST))
    assert isinstance(output, dict)
    return output["count"]


async def refused(gateway: FakeGateway) -> tuple[ErrorCode, bool, str]:
    result = await gateway.result(await gateway.dispatch("kube.list", dict(LIST)))
    assert result.error is not None
    return result.error.code, result.error.retryable, result.error.message


# --- while it runs -------------------------------------------------------------------------------------------------


@SLOW
async def test_skills_go_and_come_back_with_the_cluster(
    agent: DeviceSettings, gateway: FakeGateway, server: FakeApiServer
) -> None:
    server.put("configmaps", "shop", "settings")
    with capture_logs() as logs:
        async with running(agent):
            await gateway.connected()
            first = {one.name for one in gateway.hellos[0].skills}
            assert {"kube.list", "kube.scale", "kube.preview"} <= first
            for number in (1, 2):
                await server.stop()
                await gateway.until(lambda number=number: len(listed(gateway)) == 2 * number - 1)  # type: ignore[misc]
                assert listed(gateway)[-1] == set()
                code, again, message = await refused(gateway)
                assert (code, again) == (ErrorCode.UNAVAILABLE, True)
                assert "cannot be reached" in message
                assert "see whether it runs" in message
                await server.start()
                await gateway.until(lambda number=number: len(listed(gateway)) == 2 * number)  # type: ignore[misc]
                assert listed(gateway)[-1] == first
                assert await count(gateway) == 1
    told = [one["event"] for one in logs if "skills are" in one["event"]]
    assert told == ["skills are gone", "skills are back"] * 2
    assert TOKEN not in str(logs)
    assert TOKEN not in str(gateway.heard)


@SLOW
@pytest.mark.parametrize("fault", [Silent(), Refuse(503, "ServiceUnavailable", "no backend")])
async def test_a_server_that_is_silent_or_behind_a_proxy_alone_is_away(
    agent: DeviceSettings, gateway: FakeGateway, server: FakeApiServer, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes, "ANSWER_S", 0.1)
    async with running(agent):
        await gateway.connected()
        server.fault("GET", "/version", *[fault] * 10_000)
        await gateway.until(lambda: len(listed(gateway)) == 1)
        assert listed(gateway) == [set()]
        code, again, _ = await refused(gateway)
        assert (code, again) == (ErrorCode.UNAVAILABLE, True)
        server.heal()
        await gateway.until(lambda: len(listed(gateway)) == 2)
        assert await count(gateway) == 0


@SLOW
@pytest.mark.parametrize("refusal", [Refuse(401), Refuse(403, "Forbidden"), Refuse(429, retry_after="0"), Refuse(500)])
async def test_a_server_that_refuses_is_there(
    agent: DeviceSettings, gateway: FakeGateway, server: FakeApiServer, refusal: Refuse
) -> None:
    async with running(agent):
        await gateway.connected()
        before = len(server.requests)
        server.fault("GET", "/version", *[refusal] * 10_000)
        async with asyncio.timeout(SETTLED_S):
            while len(server.requests) < before + 10:
                await asyncio.sleep(0.01)
        assert await count(gateway) == 0
    assert listed(gateway) == []


@SLOW
async def test_kinds_are_asked_for_again_once_it_is_back(
    agent: DeviceSettings, gateway: FakeGateway, server: FakeApiServer
) -> None:
    async with running(agent):
        await gateway.connected()
        await server.stop()
        await gateway.until(lambda: len(listed(gateway)) == 1)
        await server.start()
        await gateway.until(lambda: len(listed(gateway)) == 2)
        before = len(server.requests)
        assert await count(gateway) == 0
    assert "/apis" in {one.path for one in server.requests[before:]}


# --- set-up --------------------------------------------------------------------------------------------------------


async def test_a_cluster_that_is_not_there_ends_the_start(agent: DeviceSettings, server: FakeApiServer) -> None:
    await server.stop()
    with pytest.raises(ConfigError, match="cannot be reached"):
        await kubernetes.run_device(agent, stop=asyncio.Event())


@SLOW
async def test_a_busy_server_is_waited_for_at_the_start(
    agent: DeviceSettings, gateway: FakeGateway, server: FakeApiServer
) -> None:
    server.fault("GET", "/apis", Refuse(429, "TooManyRequests", retry_after="0"))
    async with running(agent):
        await gateway.connected()
        assert gateway.hellos[0].profile.cluster is not None
        assert gateway.hellos[0].profile.cluster.version == "v1.30.0"


async def test_credentials_that_expired_are_a_persons_to_renew(agent: DeviceSettings, server: FakeApiServer) -> None:
    server.fault("GET", "/", *[Refuse(401, "Unauthorized")] * 100)
    with pytest.raises(ConfigError, match="renew the kubeconfig") as raised:
        await kubernetes.run_device(agent, stop=asyncio.Event())
    assert TOKEN not in str(raised.value)


@pytest.mark.parametrize("text", ["", "{", "clusters: 3", "[]"])
async def test_a_kubeconfig_that_cannot_be_used_ends_the_start(
    agent: DeviceSettings, tmp_path: Path, text: str
) -> None:
    (tmp_path / "fake.kubeconfig").write_text(text)
    with pytest.raises(ConfigError, match="--kubeconfig"):
        await kubernetes.run_device(agent, stop=asyncio.Event())


@SLOW
async def test_its_profile_names_the_cluster_and_no_credential(
    agent: DeviceSettings, gateway: FakeGateway, server: FakeApiServer
) -> None:
    async with running(agent):
        await gateway.connected()
        [hello] = gateway.hellos
        assert hello.profile.cluster is not None
        assert hello.profile.cluster.namespaces == ("shop",)
        assert TOKEN not in hello.model_dump_json()

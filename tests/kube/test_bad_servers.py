"""API servers that are busy, forgetful, slow, broken or gone: a clear error, and nothing half done that is not told so.

The server is a scripted one, so that these run where no cluster can be had.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.support import kube_device
from tests.support.fake_apiserver import Cut, FakeApiServer, Raw, Refuse
from tests.support.kube import Cluster
from tests.support.kube_device import Device
from tools.errors import ToolError

BUSY = Refuse(429, "TooManyRequests", "too many requests", retry_after="0")
GONE = Refuse(410, "Expired", "the provided continue parameter is too old")


@pytest.fixture
async def server() -> AsyncIterator[FakeApiServer]:
    async with FakeApiServer() as running:
        yield running


@pytest.fixture
async def device(server: FakeApiServer, tmp_path: Path) -> AsyncIterator[Device]:
    async with kube_device.opened(Cluster(server.kubeconfig(tmp_path)), tmp_path) as opened:
        yield opened


async def fails(device: Device, skill: str, **arguments: object) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await device.call(skill, **arguments)
    assert caught.value.message.isprintable()
    return caught.value


async def outcome(device: Device, skill: str, **arguments: object) -> str:
    """What a person is told: the answer, or the error."""
    try:
        return str((await device.call(skill, **arguments))["text"])
    except ToolError as error:
        return error.message


# --- Reading -------------------------------------------------------------------------------------------------------


async def test_a_busy_server_is_waited_for(server: FakeApiServer, device: Device) -> None:
    server.put("configmaps", "shop", "settings")
    server.fault("GET", "/configmaps", BUSY, BUSY)
    assert (await device.call("kube.list", kind="configmaps", namespace="shop"))["count"] == 1


async def test_but_not_for_ever(server: FakeApiServer, device: Device) -> None:
    server.fault("GET", "/configmaps", *[BUSY] * 20)
    error = await fails(device, "kube.list", kind="configmaps", namespace="shop")
    assert error.code is ErrorCode.UNAVAILABLE
    assert error.retryable
    assert len([one for one in server.requests if one.path.endswith("/configmaps")]) <= 4


async def test_a_wish_that_is_no_number_of_seconds(server: FakeApiServer, device: Device) -> None:
    server.put("configmaps", "shop", "settings")
    server.fault("GET", "/configmaps", Refuse(429, "TooManyRequests", "later", retry_after="-5"))
    before = time.monotonic()
    await device.call("kube.list", kind="configmaps", namespace="shop")
    assert time.monotonic() - before < 10


async def test_a_list_that_expires_half_way_is_begun_again(server: FakeApiServer, device: Device) -> None:
    for number in range(1200):
        server.put("configmaps", "shop", f"c{number}")
    server.fault("GET", "continue=500", GONE)
    assert (await device.call("kube.list", kind="configmaps", namespace="shop", count=True))["count"] == 1200


async def test_one_that_expires_again_and_again_is_an_error(server: FakeApiServer, device: Device) -> None:
    for number in range(1200):
        server.put("configmaps", "shop", f"c{number}")
    server.fault("GET", "continue=", *[GONE] * 10)
    error = await fails(device, "kube.list", kind="configmaps", namespace="shop", count=True)
    assert error.code is ErrorCode.UNAVAILABLE
    assert "ask again" in error.message


async def test_a_watch_that_is_told_410_goes_on(server: FakeApiServer, device: Device) -> None:
    server.put("configmaps", "shop", "settings")
    added = b'{"type": "ADDED", "object": {"metadata": {"name": "late", "namespace": "shop", "uid": "u", '
    added += b'"resourceVersion": "900"}}}\n'
    expired = b'{"type": "ERROR", "object": {"code": 410, "reason": "Expired", "message": "too old"}}\n'
    server.fault("GET", "watch=true", Refuse(410, "Gone", "too old"), Raw(expired), Raw(added))
    answer = await device.call("kube.watch", kind="configmaps", namespace="shop", seconds=2.5)
    assert [one["object"] for one in answer["changes"]][:1] == ["ConfigMap shop/late"]


async def test_credentials_that_expired(server: FakeApiServer, device: Device) -> None:
    server.fault("GET", "/configmaps", *[Refuse(401, "Unauthorized", "Unauthorized")] * 5)
    error = await fails(device, "kube.list", kind="configmaps", namespace="shop")
    assert error.code is ErrorCode.DENIED
    assert "renew the kubeconfig" in error.message
    assert "t0ken" not in error.message
    assert not error.retryable


NONSENSE = [
    b"<html>502 Bad Gateway</html>",
    b"",
    b"[]",
    b"null",
    b'{"items": null}',
    b'{"kind": "ConfigMapList", "items": {"a": 1}}',
    b'{"kind": "ConfigMapList", "items": [null, 5, {"metadata": null}]}',
    b'{"kind": "ConfigMapList", "items": [{"metadata": {"name": {"a": 1}, "labels": [1]}}]}',
    b'{"kind": "Status", "message": "\x1b[2J"}',
    b"[" * 100_000,
    b'{"metadata": {"continue": 5}, "items": []}',
]


async def test_answers_that_make_no_sense(server: FakeApiServer, device: Device) -> None:
    for body in NONSENSE:
        server.fault("GET", "/configmaps", Raw(body))
        said = await outcome(device, "kube.list", kind="configmaps", namespace="shop")
        assert said.replace("\n", "").isprintable(), body[:80]
        assert "Traceback" not in said
        assert len(said) < 2_000


@pytest.mark.parametrize("fault", [Cut(), Raw(b'{"items": [', length=5_000)], ids=["at once", "in mid-answer"])
async def test_a_server_that_goes_away_while_it_is_read(
    server: FakeApiServer, device: Device, fault: Cut | Raw
) -> None:
    server.fault("GET", "/configmaps", *[fault] * 5)
    error = await fails(device, "kube.list", kind="configmaps", namespace="shop")
    assert "cannot be reached" in error.message
    assert error.retryable


async def test_five_thousand_pods(server: FakeApiServer, device: Device) -> None:
    spec = {"containers": [{"name": "main", "image": "web:1"}]}
    for number in range(5_000):
        phase = "Pending" if number % 1_000 == 7 else "Running"
        server.put("pods", "shop", f"web-{number:04}", spec=spec, status={"phase": phase})
    before = time.monotonic()
    counted = await device.call("kube.list", kind="pods", namespace="shop", count=True)
    listed = await device.call("kube.list", kind="pods", namespace="shop")
    pending = await device.call("kube.list", kind="pods", namespace="shop", status="pending")
    assert time.monotonic() - before < 60
    assert counted["count"] == listed["count"] == 5_000
    assert listed["truncated"]
    assert len(listed["text"]) < 100_000
    assert [one["name"] for one in pending["items"]] == [f"web-{number * 1_000 + 7:04}" for number in range(5)]


async def test_ten_megabytes_of_log(server: FakeApiServer, device: Device) -> None:
    spec = {"containers": [{"name": "main", "image": "web:1"}]}
    server.put("pods", "shop", "chatty", spec=spec, status={"phase": "Running"})
    server.logs["shop/chatty"] = (b"x" * 99 + b"\n") * 100_000 + b"\x1b[2J" + b"y" * 5_000_000 + b"\nthe end\n"
    answer = await device.call("kube.logs", name="chatty", namespace="shop")
    found = await device.call("kube.logs", name="chatty", namespace="shop", grep="the end")
    assert len(answer["text"]) < 300_000
    assert "\x1b" not in answer["text"]
    assert found["lines"] == ["the end"]


# --- Writing -------------------------------------------------------------------------------------------------------

LABEL = {"kind": "configmap", "name": "one", "namespace": "shop", "set": {"seen": "yes"}}


async def test_a_write_to_a_busy_server_is_done_once(server: FakeApiServer, device: Device) -> None:
    server.put("configmaps", "shop", "one")
    preview = await device.preview("kube.label", **LABEL)
    server.fault("PATCH", "/configmaps/one", BUSY, BUSY)
    await device.call("kube.label", **LABEL, preview=preview)
    assert len(server.written) == 1


async def test_a_write_that_is_refused_for_ever_is_not_done(server: FakeApiServer, device: Device) -> None:
    server.put("configmaps", "shop", "one")
    preview = await device.preview("kube.label", **LABEL)
    server.fault("PATCH", "/configmaps/one", *[BUSY] * 20)
    error = await fails(device, "kube.label", **LABEL, preview=preview)
    assert error.code is ErrorCode.UNAVAILABLE
    assert server.written == []


@pytest.mark.parametrize("done", [False, True], ids=["before it", "after it"])
async def test_a_server_that_goes_away_at_the_write(server: FakeApiServer, device: Device, done: bool) -> None:
    """The error does not say that nothing was written where that is not known; the next try finds it out."""
    server.put("configmaps", "shop", "one")
    preview = await device.preview("kube.label", **LABEL)
    server.fault("PATCH", "/configmaps/one", Cut(done=done))
    error = await fails(device, "kube.label", **LABEL, preview=preview)
    assert "cannot be reached" in error.message
    assert "not known" in error.message
    assert len(server.written) == done
    written = await device.call("kube.label", **LABEL, preview=preview)
    assert [one["object"] for one in written["changes"]] == ["ConfigMap shop/one"]
    assert len(server.written) == 1
    assert written["undo"].startswith("kube.undo")


@pytest.mark.parametrize("done", [False, True], ids=["before it", "after it"])
async def test_one_that_goes_away_between_two_writes(server: FakeApiServer, device: Device, done: bool) -> None:
    for name in ("one", "two"):
        server.put("configmaps", "shop", name, metadata={"labels": {"stage": "old"}})
    wanted = {"kind": "configmap", "selector": "stage=old", "namespace": "shop", "set": {"seen": "yes"}}
    preview = await device.preview("kube.label", **wanted)
    assert len(preview["changes"]) == 2
    second = preview["changes"][1]["object"]
    server.fault("PATCH", f"/configmaps/{second.rpartition('/')[2]}", Cut(done=done))
    error = await fails(device, "kube.label", **wanted, preview=preview)
    assert preview["changes"][0]["object"] in error.message
    assert "not known" in error.message
    assert len(server.written) == 1 + done

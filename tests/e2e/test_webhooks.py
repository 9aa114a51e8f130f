"""Webhooks over real connections: told once a run has ended, whatever the receiver or a SIGKILL does."""

from __future__ import annotations

import asyncio
import base64
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

from agents.scripted import ScriptedPlanner
from agents.supervisor import LeadingSupervisor
from orchestrator.app import Asterism, SystemClock
from orchestrator.core.application import Refusal
from orchestrator.core.plan import Declined
from orchestrator.core.records import DeliveryRow, Transaction
from orchestrator.core.requests import Request
from orchestrator.core.webhook_settings import Target, Webhook, WebhookSettings
from orchestrator.core.webhooks import Delivery, Sent, verify
from orchestrator.posting import HttpPoster
from orchestrator.runtime.webhooks import Webhooks
from orchestrator.settings import Settings
from storage.memory import MemoryStore
from tests.support.processes import eventually, processes
from tests.support.receivers import Receiver, receiver

pytestmark = pytest.mark.slow
SECRET = SecretStr("whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode())
LOOPBACK = ("127.0.0.0/8",)
QUICK = {"secret": SECRET, "networks": LOOPBACK, "first_delay_s": 0.01, "longest_delay_s": 0.02, "tries": 3}


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


class Running:
    """An orchestrator whose planner declines whatever it is asked: its runs end at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def start(self, **webhooks: object) -> Asterism:
        supervisor = LeadingSupervisor([ScriptedPlanner(Declined(reason="no"))], checkpoints=None)
        settings = Settings(data_dir=self.folder, webhooks=WebhookSettings.model_validate(QUICK | webhooks))
        self.app = Asterism(settings, supervisor=supervisor)
        await self.app.start()
        return self.app

    async def run(self, webhook: Webhook | None = None) -> str:
        run, _ = await self.app.submit(Request(text="say hello", webhook=webhook, submitted_by="anna"))
        await self.app.wait(run, 20)
        return run

    async def until(self, status: str, number: int = 1) -> list[Delivery]:
        """The deliveries, once so many have this status."""
        async with asyncio.timeout(30):
            while len(found := await self.app.deliveries(status=status, limit=500)) < number:
                await asyncio.sleep(0.005)
        return found


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    found = Running(tmp_path)
    yield found
    await found.app.stop()


async def test_the_end_of_a_run_is_told_signed_and_once(running: Running, hook: Receiver) -> None:
    target = Target(name="ops", url=hook.url("/ops"), answer=True)
    other = Target(name="wins", url=hook.url("/wins"), on=("succeeded",))
    app = await running.start(targets=(target, other))
    run = await running.run(Webhook(url=hook.url("/own?key=k")))
    listed = await running.until("delivered", 2)
    assert {one.id.rsplit("_", 1)[1]: one.tries for one in listed} == {"run": 1, "ops": 1}
    told = {message.path: message for message in hook.messages}
    assert sorted(told) == ["/ops", "/own?key=k"]
    for message in told.values():
        assert verify(message.headers, message.body, SECRET, time.time())
        assert message.data["run"] == run
        assert (message.data["state"], message.data["submitted_by"]) == ("failed", "anna")
    assert told["/own?key=k"].data["error"] == {"code": "no_capable_device"}
    assert "answer" not in told["/own?key=k"].data
    assert "message" in told["/ops"].data["error"]  # type: ignore[operator]
    assert app.statistics().webhooks_sent == {"delivered": 2, "failed": 0, "dead": 0}
    assert SECRET.get_secret_value() not in "".join([one.model_dump_json() for one in await app.events(run)])


async def test_what_fails_is_sent_again_the_same_and_at_last_given_up(running: Running, hook: Receiver) -> None:
    app = await running.start()
    hook.answers = [500, 503]
    await running.run(Webhook(url=hook.url()))
    [one] = await running.until("delivered")
    assert (one.tries, one.http_status, one.code) == (3, 204, "")
    assert len({(message.body, message.headers["webhook-id"]) for message in hook.messages}) == 1
    hook.answers = [500] * 3
    await running.run(Webhook(url=hook.url()))
    [dead] = await running.until("dead")
    assert (dead.tries, dead.code, dead.http_status) == (3, "status", 500)
    again = await app.retry_delivery(dead.id, by="anna")
    assert (again.status, again.tries) == ("pending", 0)
    await running.until("delivered", 2)
    await app.remove_delivery(dead.id)
    with pytest.raises(Refusal):
        await app.retry_delivery(dead.id)


async def test_a_redirect_is_a_failure_and_is_not_followed(running: Running, hook: Receiver) -> None:
    await running.start()
    with receiver() as elsewhere:
        hook.answers, hook.headers = [307] * 3, {"location": elsewhere.url()}
        await running.run(Webhook(url=hook.url()))
        [dead] = await running.until("dead")
        assert (dead.code, dead.http_status, len(hook.messages)) == ("redirected", 307, 3)
        assert elsewhere.messages == []


async def test_a_slow_receiver_is_bounded_and_holds_up_nobody(running: Running, hook: Receiver) -> None:
    # A sending that is given up on a slow machine would be tried again.
    await running.start(parallel=2, timeout_s=60)
    hook.open.clear()
    for _ in range(5):
        await running.run(Webhook(url=hook.url()))
    with receiver() as quick:
        await running.run(Webhook(url=quick.url()))
        [told] = await running.until("delivered")
        assert told.target == quick.url("")
    assert hook.most_at_once == 2
    hook.open.set()
    await running.until("delivered", 6)
    assert (hook.most_at_once, len(hook.messages)) == (2, 5)


async def test_who_does_not_answer_in_time_is_given_up(running: Running, hook: Receiver) -> None:
    await running.start(timeout_s=0.05, tries=1)
    hook.open.clear()
    await running.run(Webhook(url=hook.url()))
    [dead] = await running.until("dead")
    assert dead.code == "timeout"


@pytest.mark.parametrize(
    ("url", "networks"),
    [
        ("http://127.0.0.1:1/", ()),
        ("https://127.0.0.1:1/", ()),
        ("https://[::1]/", LOOPBACK),
        ("https://[::ffff:127.0.0.1]/", ()),
        ("https://10.0.0.1/", LOOPBACK),
        ("https://169.254.169.254/latest", ("0.0.0.0/0",)),
        ("https://[fd00:ec2::254]/", ("::/0",)),
        ("https://[fe80::1]/", ("::/0",)),
        ("https://0.0.0.0/", LOOPBACK),
        ("https://192.168.1.1/", ("192.168.2.0/24",)),
        ("http://93.184.215.14/", LOOPBACK),
        ("http://hooks.example/", ()),
    ],
)
async def test_addresses_that_may_not_be_spoken_to_are_refused_at_once(
    running: Running, url: str, networks: tuple[str, ...]
) -> None:
    app = await running.start(networks=networks)
    with pytest.raises(Refusal) as refused:
        await app.submit(Request(text="hello", webhook=Webhook(url=url)))
    assert refused.value.code == "bad_request"
    with pytest.raises(Refusal):
        await app.test_webhook(url)


@pytest.mark.parametrize("others", [["10.0.0.1"], ["93.184.215.14", "10.0.0.1"], ["127.0.0.1"]])
async def test_a_name_counts_for_what_it_resolves_to_at_each_sending(
    monkeypatch: pytest.MonkeyPatch, others: list[str]
) -> None:
    """A name that was public at the request may be bent to this machine later (DNS rebinding)."""

    def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in others]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    poster = HttpPoster(WebhookSettings(secret=SECRET))
    poster.check("https://hooks.example/")
    assert (await poster.post("https://hooks.example/", {}, b"{}")).code == "address_refused"
    await poster.close()


async def test_the_address_that_was_checked_is_connected_to(monkeypatch: pytest.MonkeyPatch, hook: Receiver) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        there = "127.0.0.1" if len(asked) == 1 else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (there, port))]

    poster = HttpPoster(WebhookSettings(secret=SECRET, networks=LOOPBACK))
    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", resolve)
        sent = await poster.post(f"http://hooks.example:{hook.port}/x", {}, b"{}")
    await poster.close()
    assert (sent.code, sent.status) == ("", 204)
    assert asked == ["hooks.example"]
    assert hook.messages[0].headers["host"] == f"hooks.example:{hook.port}"


class Broken:
    """A way out with a fault of its own."""

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Sent:
        raise RuntimeError(url)

    async def close(self) -> None: ...


async def test_a_fault_of_ours_is_a_failed_try_and_no_endless_loop(tmp_path: Path) -> None:
    store = MemoryStore()
    await store.open()
    row = DeliveryRow("a", "r1", "run", "https://a.example:443", "https://a.example/", "{}", "pending", 0, 0, 0, "", 0)
    await store.commit(Transaction(deliveries=[row]))
    sender = Webhooks(store, Broken(), SystemClock(), WebhookSettings.model_validate(QUICK), lambda: 0.5)
    sender.start()
    async with asyncio.timeout(30):
        while (found := await store.delivery("a")) is None or found.status != "dead":
            await asyncio.sleep(0.005)
    await sender.stop()
    assert (found.tries, found.code) == (3, "internal")


async def test_without_a_secret_no_request_brings_a_webhook(tmp_path: Path, hook: Receiver) -> None:
    app = Asterism(Settings(data_dir=tmp_path))
    await app.start()
    with pytest.raises(Refusal) as refused:
        await app.submit(Request(text="hello", webhook=Webhook(url=hook.url())))
    assert "webhooks.secret" in refused.value.message
    await app.stop()


async def test_a_test_says_what_came_of_it(running: Running, hook: Receiver) -> None:
    app = await running.start(targets=(Target(name="ops", url=hook.url()),))
    assert (await app.test_webhook("ops", by="anna")).status == 204
    assert verify(hook.messages[0].headers, hook.messages[0].body, SECRET, time.time())
    hook.answers = [418]
    assert (await app.test_webhook(hook.url("/other"))).code == "status"
    with pytest.raises(Refusal) as refused:
        await app.test_webhook("nobody")
    assert refused.value.code == "not_found"
    assert await app.deliveries() == []


def test_a_kill_between_the_end_and_its_delivery_loses_nothing(tmp_path: Path, hook: Receiver) -> None:
    """The receiver has the first sending in its hands, and has not answered; the next life sends it again."""
    hook.open.clear()
    with processes(tmp_path) as system:
        system.extra["ASTERISM_WEBHOOKS__SECRET"] = SECRET.get_secret_value()
        system.extra["ASTERISM_WEBHOOKS__NETWORKS"] = '["127.0.0.0/8"]'
        up = system.up()
        answer = httpx2.post(
            system.url + "/v1/runs?wait=20",
            json={"text": "frobnicate the blorp", "webhook": {"url": hook.url()}},
            timeout=30,
        )
        assert answer.json()["state"] == "failed", answer.text
        hook.wait(1)
        up.kill()
        hook.open.set()
        again = system.up()
        hook.wait(2)

        def delivered() -> bool:
            found = system.get("/v1/webhooks/deliveries")["deliveries"]
            return [one["status"] for one in found] == ["delivered"]  # type: ignore[attr-defined]

        eventually(delivered, "it was not delivered")
        first, second = hook.messages
        assert first.body == second.body
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert verify(second.headers, second.body, SECRET, time.time())
        secret = SECRET.get_secret_value().removeprefix("whsec_")
        assert secret not in up.said + again.said
        assert secret.encode() not in system.database.read_bytes()

"""Addresses, back-off, settings."""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import pytest

from devices import connection
from devices.config import DeviceSettings, agent_url
from devices.connection import Backoff, Writer
from devices.errors import ConfigError
from protocol.session import DeviceSession
from tests.support.gateway import FakeGateway


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://127.0.0.1:8460", "ws://127.0.0.1:8460/v1/agent"),
        ("https://hub.example/", "wss://hub.example/v1/agent"),
        ("http://[::1]:8460", "ws://[::1]:8460/v1/agent"),
        ("https://hub.example/asterism", "wss://hub.example/asterism/v1/agent"),
        ("ws://hub/v1/agent", "ws://hub/v1/agent"),
    ],
)
def test_the_agents_address_follows_from_the_base_url(base: str, url: str) -> None:
    assert agent_url(base) == url


@pytest.mark.parametrize("base", ["", "127.0.0.1:8460", "ftp://x", "http://", "http://x/?a=1"])
def test_what_is_no_base_url_is_refused(base: str) -> None:
    with pytest.raises(ConfigError):
        agent_url(base)


def test_delays_double_with_jitter_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "BACKOFF_S", 0.5)
    backoff = Backoff(Random(1))
    for whole in (0.5, 1, 2, 4, 8, 16, 30, 30):
        assert 0 <= backoff.next() <= whole
    backoff.reset()
    assert backoff.next() <= 0.5


def test_devices_that_were_cut_off_at_once_come_back_spread_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part of the first half second gets its share of a thousand; they once all came in its second half."""
    monkeypatch.setattr(connection, "BACKOFF_S", 0.5)
    first = [Backoff(Random(seed)).next() for seed in range(1000)]
    for part in range(5):
        assert 100 < sum(part * 0.1 <= delay < (part + 1) * 0.1 for delay in first) < 300


def test_no_delay_outlasts_the_lease() -> None:
    backoff = Backoff(Random(1))
    for _ in range(9):
        backoff.next()
    backoff.under_lease(8.0)
    assert max(backoff.next() for _ in range(50)) <= 8.0 / 5
    backoff.reset()
    assert max(backoff.next() for _ in range(50)) <= 8.0 / 5


def test_an_attempt_leaves_time_for_another_one_under_the_lease() -> None:
    """And where the first ones were too short, for a network that is slow, later ones last longer."""
    backoff = Backoff(Random(1))
    assert backoff.patience == 10
    backoff.under_lease(8.0)
    backoff.reset()
    taken = [backoff.patience]
    for _ in range(3):
        backoff.next()
        taken.append(backoff.patience)
    assert taken == [2, 4, 8, 10]
    backoff.reset()
    assert backoff.patience == 2
    for lease, patience in ((25.0, 6.25), (600.0, 10.0), (0.5, 1.0)):
        backoff.under_lease(lease)
        backoff.reset()
        assert backoff.patience == patience


def test_delays_repeat_with_their_seed() -> None:
    one, other = Backoff(Random(3)), Backoff(Random(3))
    assert [one.next() for _ in range(5)] == [other.next() for _ in range(5)]


@pytest.mark.parametrize(
    "changes", [{"name": "no name"}, {"labels": {"a b": "c"}}, {"slots": 0}, {"url": "x"}, {"token": "secret"}]
)
def test_settings_that_cannot_work_are_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        DeviceSettings(**{"name": "alpha", "workspace": tmp_path, **changes})  # type: ignore[arg-type]


def test_settings_do_not_show_their_token(tmp_path: Path) -> None:
    settings = DeviceSettings(name="alpha", workspace=tmp_path, token="ast_k1_0123456789abcdefghij")
    assert "0123456789" not in repr(settings)


async def test_who_finishes_a_writer_can_be_cancelled(gateway: FakeGateway) -> None:
    """Else an agent that is stopped while its gateway goes away would connect again, for ever."""
    dialled = await connection.dial(agent_url(gateway.url))
    writer = Writer(dialled, DeviceSession(0.0))
    await asyncio.sleep(0)
    finishing = asyncio.create_task(writer.finish())
    await asyncio.sleep(0)  # it waits for the writer's own task, which was cancelled and has not noticed yet
    finishing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await finishing
    await dialled.close()

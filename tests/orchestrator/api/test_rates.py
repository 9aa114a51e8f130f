"""How often somebody may ask, by a clock that is told, and over real HTTP."""

from __future__ import annotations

import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.api.rates import Rates, peer
from orchestrator.api.testing import FakeApplication
from orchestrator.settings import Settings
from tests.support.api import served

SLOW = Settings(port=0, rate_limit=0.001, rate_burst=3)


def test_a_burst_then_one_an_interval() -> None:
    rates = Rates(2.0, 3)
    assert [rates.take("a", 10.0) for _ in range(4)] == [0, 0, 0, pytest.approx(0.5)]
    assert rates.take("b", 10.0) == 0
    assert rates.take("a", 10.5) == 0
    assert rates.take("a", 10.5) == pytest.approx(0.5)
    assert [rates.take("a", 100.0) for _ in range(4)] == [0, 0, 0, pytest.approx(0.5)]


@pytest.mark.slow
@given(st.floats(0.1, 100), st.integers(1, 20), st.lists(st.floats(0, 3, allow_nan=False), min_size=1, max_size=60))
def test_never_more_than_the_burst_and_the_rate(per_s: float, burst: int, gaps: list[float]) -> None:
    rates = Rates(per_s, burst)
    now, allowed = 0.0, 0
    for gap in gaps:
        now += gap
        wait = rates.take("a", now)
        assert wait >= 0
        allowed += wait == 0
        assert allowed <= burst + now * per_s + 1e-6


def test_it_remembers_so_many_and_no_more() -> None:
    rates = Rates(1.0, 1, remembered=100)
    for number in range(1000):
        rates.take(f"peer {number}", 0.0)
        assert rates.take("busy", number * 1.0) == 0
    assert len(rates) == 100
    assert rates.take("busy", 999.0) > 0


@pytest.mark.parametrize(
    ("host", "who"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("unix", "unix"),
    ],
)
def test_whose_address(host: str, who: str) -> None:
    assert peer(host) == who


async def test_too_many_are_told_when_to_come_back() -> None:
    async with served(FakeApplication(), SLOW) as api:
        statuses = [(await api.client.get("/v1/runs")).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        refused = await api.client.post("/v1/runs", json={"text": "echo a"})
        assert refused.headers["content-type"] == "application/problem+json"
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert 0 < int(refused.headers["retry-after"]) <= 1000
        assert (await api.client.get("/readyz")).status_code == 200
        assert (await api.client.get("/")).status_code == 200
        async with openai.AsyncOpenAI(base_url=f"{api.url}/v1", api_key="none", max_retries=0) as client:
            with pytest.raises(openai.RateLimitError):
                await client.models.list()


async def test_each_token_has_its_own_and_a_wrong_one_the_addresss() -> None:
    app = FakeApplication()
    admin, _ = await app.create_token("admin", name="same")
    other, _ = await app.create_token("admin", name="same")
    async with served(app, SLOW) as api:

        async def ask(token: str) -> httpx2.Response:
            return await api.client.get("/v1/runs", headers={"Authorization": f"Bearer {token}"})

        assert [(await ask(admin)).status_code for _ in range(4)] == [200, 200, 200, 429]
        assert [(await ask("wrong")).status_code for _ in range(4)] == [401, 401, 401, 429]
        assert [(await ask(other)).status_code for _ in range(4)] == [200, 200, 200, 429]

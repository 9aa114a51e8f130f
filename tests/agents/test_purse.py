"""Budgets across calls at once, days, restarts: what was allowed never comes to more than a limit."""

from __future__ import annotations

import asyncio
import random
from itertools import count

import pytest

from agents.ledger import MemoryLedger
from agents.prices import price_of, shipped
from agents.purse import DAY_S, Held, Purse
from orchestrator.core.budget import Limits, Over, Price, Spent, Wanted
from orchestrator.core.egress import Closing, Outbound
from orchestrator.core.plan import Tier
from tests.support.models import rung

PRICE = Price(input_usd=3.0, output_usd=15.0)
IDS = count()
LIMITS = Limits(usd=0.2, tokens=40_000, cloud_calls=12, seconds=400)
DAY = Limits(usd=0.5, tokens=90_000, cloud_calls=25, seconds=900)


class World:
    """A purse with its ledger, and the truth about what was spent, by run and in all."""

    def __init__(self, chance: random.Random, ledger: MemoryLedger | None = None) -> None:
        self.chance = chance
        self.now = 20_000 * DAY_S + 5.0
        self.ledger = ledger or MemoryLedger()
        self.purse = Purse(self.ledger, DAY, lambda: self.now)
        self.truth: dict[str, Spent] = {}
        self.refused = self.made = 0

    async def call(self, run: str) -> None:
        """One call as the gate makes it, with pauses wherever there are any."""
        chance = self.chance
        tier: Tier = chance.choice(("local", "cloud"))
        wanted = Wanted(tier, chance.randint(1, 4_000), chance.randint(300, 4_000), chance.uniform(1, 40), PRICE)
        held = await self.purse.hold(run, LIMITS, wanted)
        if isinstance(held, Over):
            self.refused += 1
            return
        self.made += 1
        forecast = held.wanted.forecast()
        id = f"e{next(IDS)}"
        await self._pause()
        await self.ledger.open_egress(
            Outbound(
                id=id, run=run, at=held.at, rung="x", tier=tier, host="h", purpose="plan", bytes=1, sha256="",
                forecast_tokens=forecast.tokens, forecast_usd=forecast.usd, forecast_s=forecast.seconds,
            )
        )  # fmt: skip
        await self._pause()
        await self._end(id, run, held)

    async def _end(self, id: str, run: str, held: Held) -> None:
        forecast, chance = held.wanted.forecast(), self.chance
        if chance.random() < 0.2:
            spent = forecast
            self.purse.settle(held, None)
        else:
            tokens = (chance.randint(0, held.wanted.input_tokens), chance.randint(0, held.wanted.output_tokens))
            seconds = chance.uniform(0, forecast.seconds)
            spent = Spent(PRICE.of(*tokens), sum(tokens), forecast.cloud_calls, seconds)
            self.purse.settle(held, spent)
            self.purse.settle(held, spent)  # twice is once
            closing = Closing(
                ending="answered",
                at=held.at + seconds,
                input_tokens=tokens[0],
                output_tokens=tokens[1],
                cost_usd=spent.usd,
            )
            await self.ledger.close_egress(id, closing)
        self.truth[run] = self.truth.get(run, Spent()) + spent

    async def _pause(self) -> None:
        for _ in range(self.chance.randint(0, 3)):
            await asyncio.sleep(0)

    def check(self) -> None:
        total = Spent()
        for spent in self.truth.values():
            within(spent, LIMITS)
            total += spent
        within(total, DAY)


def within(spent: Spent, limits: Limits) -> None:
    assert limits.usd is None or spent.usd <= limits.usd + 1e-9
    assert limits.tokens is None or spent.tokens <= limits.tokens
    assert limits.cloud_calls is None or spent.cloud_calls <= limits.cloud_calls
    assert limits.seconds is None or spent.seconds <= limits.seconds + 1e-9


@pytest.mark.parametrize("seed", range(30))
async def test_calls_at_once_never_pass_a_limit_also_after_a_restart(seed: int) -> None:
    chance = random.Random(seed)
    world = World(chance)
    for _ in range(3):
        await asyncio.gather(*(world.call(f"r{chance.randint(1, 3)}") for _ in range(15)))
        world.check()
        after = World(chance, world.ledger)  # the process ends, and the next one has the ledger only
        after.truth, after.made, after.refused = world.truth, world.made, world.refused
        world = after
    assert world.made > 3
    assert world.refused > 3


async def test_the_check_can_fail() -> None:
    """With a purse that forgets what is held, the same calls pass the limits."""
    world = World(random.Random(1))
    world.purse._add = lambda run, day, amount: None  # type: ignore[method-assign]
    await asyncio.gather(*(world.call("r1") for _ in range(40)))
    with pytest.raises(AssertionError):
        world.check()


async def test_a_new_day_begins_with_nothing_spent_and_the_run_goes_on_counting() -> None:
    world = World(random.Random(2))
    wanted = Wanted("cloud", 1, 1, 1.0, PRICE)
    for _ in range(12):
        held = await world.purse.hold("r1", LIMITS, wanted)
        assert isinstance(held, Held)
        world.purse.settle(held, held.wanted.forecast())
    world.now += DAY_S
    assert isinstance(await world.purse.hold("r1", LIMITS, wanted), Over), "the run's cloud calls are used up"
    assert isinstance(await world.purse.hold("r2", LIMITS, wanted), Held)


async def test_runs_that_were_looked_at_long_ago_are_read_again() -> None:
    world = World(random.Random(3))
    wanted = Wanted("local", 1, 1, 0.001)
    for number in range(1_200):
        held = await world.purse.hold(f"r{number}", Limits(), wanted)
        assert isinstance(held, Held)
        world.purse.settle(held, Spent())
    assert len(world.purse._runs) <= 1_001


# --- prices ----------------------------------------------------------------------------------------------------------


def test_every_price_says_where_and_when() -> None:
    for provider in shipped().provider:
        assert provider.source.startswith("https://")
        assert provider.as_of
        assert provider.models
        assert all(price.output_usd >= price.input_usd > 0 for price in provider.models.values())


@pytest.mark.parametrize(
    ("model", "host", "price"),
    [
        ("gpt-4o", "api.openai.com", (2.5, 10.0)),
        ("gpt-4o-2024-08-06", "api.openai.com", (2.5, 10.0)),
        ("gpt-4o-audio-preview", "api.openai.com", None),
        ("gpt-4o", "proxy.example.org", None),
        ("no-such-model", "api.openai.com", None),
    ],
)
def test_a_price_is_of_a_model_at_a_host(model: str, host: str, price: tuple[float, float] | None) -> None:
    found = price_of(rung(f"https://{host}/v1", model=model, tier="cloud"))
    assert (None if found is None else (found.input_usd, found.output_usd)) == price


def test_the_settings_come_before_the_table() -> None:
    one = rung("https://api.openai.com/v1", model="gpt-4o", input_usd=0.0, output_usd=0.5)
    assert price_of(one) == Price(input_usd=0.0, output_usd=0.5)
    assert price_of(rung("https://h/v1", input_usd=1.0)) is None, "one price alone is not known"

"""Budgets of planning, decided before a call: may it be made, and with how long a reply. Pure.

A call's forecast is the most that it can come to. It is allowed only where what was spent, what is still open and the
forecast together stay within every limit, so no limit is ever passed by what was allowed. Unknown is never zero: a
call whose price nobody knows does not fit a budget of money, unless it goes to a model of one's own (tier `local`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from orchestrator.core.tasks import Model

if TYPE_CHECKING:
    from orchestrator.core.plan import Tier

LEAST_REPLY = 256
"""Tokens below which a reply is cut off before it can be a plan: a shorter one is not asked for."""
LEAST_S = 1.0
"""Seconds below which a call is not begun."""

Usd = Annotated[float, Field(ge=0, le=1e9)]
Count = Annotated[int, Field(ge=0, le=10**12)]
Seconds = Annotated[float, Field(ge=0, le=1e9)]
What = Literal["money", "tokens", "cloud calls", "seconds", "price"]


class Limits(Model):
    """Limits of what planning may use; None is no limit. US dollars; tokens in and out, of every model rung; requests

    to cloud rungs; seconds of waiting for models.
    """

    usd: Usd | None = None
    tokens: Count | None = None
    cloud_calls: Count | None = None
    seconds: Seconds | None = None


class RunBudget(Model):
    """Limits of one run beside `RunPolicy.budget_usd`. `tasks`: how many tasks its graph may ever have."""

    tokens: Count | None = None
    cloud_calls: Count | None = None
    seconds: Seconds | None = None
    tasks: Count | None = None

    def limits(self, usd: float | None) -> Limits:
        return Limits(usd=usd, tokens=self.tokens, cloud_calls=self.cloud_calls, seconds=self.seconds)


class Price(Model):
    """US dollars for a million tokens."""

    input_usd: Usd
    output_usd: Usd

    def of(self, input_tokens: int, output_tokens: int) -> float:
        return (input_tokens * self.input_usd + output_tokens * self.output_usd) / 1e6


@dataclass(frozen=True, slots=True)
class Spent:
    """What was used, or is held for calls under way."""

    usd: float = 0.0
    tokens: int = 0
    cloud_calls: int = 0
    seconds: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            self.usd + other.usd,
            self.tokens + other.tokens,
            self.cloud_calls + other.cloud_calls,
            self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call that is to be made: at most so many tokens in and out, for at most so many seconds."""

    tier: Tier
    input_tokens: int
    output_tokens: int
    seconds: float
    price: Price | None = None

    def forecast(self) -> Spent:
        usd = self.price.of(self.input_tokens, self.output_tokens) if self.price is not None else 0.0
        tokens = self.input_tokens + self.output_tokens
        return Spent(usd, tokens, 1 if self.tier == "cloud" else 0, self.seconds)


@dataclass(frozen=True, slots=True)
class Over:
    """Why a call may not be made."""

    what: What
    reason: str


def fit(wanted: Wanted, limits: Limits, used: Spent, *, whose: str = "the run's") -> Wanted | Over:
    """The call as it may be made: with a shorter reply or less time where only that fits, or why not at all."""
    if limits.usd is not None and wanted.price is None and wanted.tier != "local":
        return Over("price", f"its price is not known, and {whose} budget is one of money")
    if limits.cloud_calls is not None and wanted.tier == "cloud" and used.cloud_calls + 1 > limits.cloud_calls:
        return Over("cloud calls", f"{whose} {limits.cloud_calls} cloud calls are used up")
    seconds = wanted.seconds
    if limits.seconds is not None:
        seconds = min(seconds, limits.seconds - used.seconds)
        if seconds < min(LEAST_S, wanted.seconds):
            return Over("seconds", f"{whose} {limits.seconds:g} s of planning are used up")
    most = _reply(wanted, limits, used)
    if most < min(LEAST_REPLY, wanted.output_tokens):
        return _over(wanted, limits, used, whose)
    return Wanted(wanted.tier, wanted.input_tokens, most, seconds, wanted.price)


def _reply(wanted: Wanted, limits: Limits, used: Spent) -> int:
    """The longest reply that fits, up to the one that is wanted; negative where not even the question does."""
    most = wanted.output_tokens
    if limits.tokens is not None:
        most = min(most, limits.tokens - used.tokens - wanted.input_tokens)
    price = wanted.price
    if limits.usd is None or price is None:
        return most
    if used.usd + price.of(wanted.input_tokens, max(most, 0)) <= limits.usd:
        return most
    left = limits.usd - used.usd - price.of(wanted.input_tokens, 0)
    if left < 0 or price.output_usd == 0:
        return -1
    most = min(most, int(left * 1e6 / price.output_usd))
    # The division may have been rounded up.
    while most > 0 and used.usd + price.of(wanted.input_tokens, most) > limits.usd:
        most -= 1
    return most


def _over(wanted: Wanted, limits: Limits, used: Spent, whose: str) -> Over:
    tokens = wanted.input_tokens + min(LEAST_REPLY, wanted.output_tokens)
    if limits.tokens is not None and used.tokens + tokens > limits.tokens:
        left = max(0, limits.tokens - used.tokens)
        return Over("tokens", f"it may take {tokens} tokens, and {left} are left of {whose} {limits.tokens}")
    assert limits.usd is not None
    assert wanted.price is not None
    cost = wanted.price.of(wanted.input_tokens, min(LEAST_REPLY, wanted.output_tokens))
    left_usd = max(0.0, limits.usd - used.usd)
    return Over("money", f"it may cost {cost:.6f} USD, and {left_usd:.6f} are left of {whose} {limits.usd:g}")

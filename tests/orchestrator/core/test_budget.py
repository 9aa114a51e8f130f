from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.budget import LEAST_REPLY, Limits, Over, Price, RunBudget, Spent, Wanted, fit
from orchestrator.core.plan import Tier

PRICE = Price(input_usd=1.0, output_usd=10.0)  # a microdollar in, ten out


def wanted(tier: Tier = "cloud", price: Price | None = PRICE, **more: float) -> Wanted:
    return Wanted(tier, int(more.get("input", 1_000)), int(more.get("output", 4_000)), more.get("seconds", 60.0), price)


def test_without_limits_a_call_is_made_as_it_is_wanted() -> None:
    assert fit(wanted(price=None), Limits(), Spent(9e9, 9, 9, 9)) == wanted(price=None)


@pytest.mark.parametrize(
    ("limits", "used", "what"),
    [
        (Limits(usd=0.0035), Spent(), "money"),
        (Limits(usd=1.0), Spent(usd=0.9999), "money"),
        (Limits(tokens=1_255), Spent(), "tokens"),
        (Limits(tokens=100_000), Spent(tokens=99_000), "tokens"),
        (Limits(cloud_calls=2), Spent(cloud_calls=2), "cloud calls"),
        (Limits(cloud_calls=0), Spent(), "cloud calls"),
        (Limits(seconds=10), Spent(seconds=9.5), "seconds"),
    ],
)
def test_what_does_not_fit_is_refused(limits: Limits, used: Spent, what: str) -> None:
    answer = fit(wanted(), limits, used)
    assert isinstance(answer, Over)
    assert answer.what == what
    assert "the run's" in answer.reason


def test_a_reply_is_shortened_to_what_fits() -> None:
    answer = fit(wanted(), Limits(usd=0.011), Spent())
    assert isinstance(answer, Wanted)
    assert 999 <= answer.output_tokens <= 1_000
    answer = fit(wanted(), Limits(tokens=2_000, seconds=5), Spent(seconds=2))
    assert isinstance(answer, Wanted)
    assert (answer.output_tokens, answer.seconds) == (1_000, 3.0)


def test_an_unknown_price_is_not_zero() -> None:
    answer = fit(wanted(price=None), Limits(usd=1_000_000), Spent())
    assert isinstance(answer, Over)
    assert answer.what == "price"
    assert fit(wanted("other", None), Limits(usd=1.0), Spent()) == Over("price", answer.reason)
    assert isinstance(fit(wanted("local", None), Limits(usd=0.0), Spent()), Wanted)


def test_a_local_call_is_no_cloud_call() -> None:
    assert isinstance(fit(wanted("local", None), Limits(cloud_calls=0), Spent()), Wanted)


def test_a_short_reply_that_was_wanted_so_is_not_too_short() -> None:
    assert fit(wanted(output=20), Limits(usd=0.0012), Spent()) == wanted(output=20)


def test_a_runs_limits() -> None:
    assert RunBudget(tokens=5, tasks=3).limits(0.5) == Limits(usd=0.5, tokens=5)


amounts = st.floats(0, 2, allow_nan=False)


@given(
    limits=st.builds(
        Limits,
        usd=st.none() | amounts,
        tokens=st.none() | st.integers(0, 50_000),
        cloud_calls=st.none() | st.integers(0, 9),
        seconds=st.none() | st.floats(0, 300),
    ),
    calls=st.lists(
        st.builds(
            Wanted,
            st.sampled_from(["local", "cloud"]),
            st.integers(0, 20_000),
            st.integers(1, 20_000),
            st.floats(0.01, 120),
            st.none() | st.builds(Price, input_usd=st.floats(0, 80), output_usd=st.floats(0, 200)),
        ),
        max_size=12,
    ),
)
def test_what_is_allowed_never_passes_a_limit(limits: Limits, calls: list[Wanted]) -> None:
    used = Spent()
    for call in calls:
        answer = fit(call, limits, used)
        if isinstance(answer, Over):
            continue
        assert answer.output_tokens >= min(LEAST_REPLY, call.output_tokens)
        used += answer.forecast()
        assert limits.usd is None or used.usd <= limits.usd * (1 + 1e-12) + 1e-12
        assert limits.tokens is None or used.tokens <= limits.tokens
        assert limits.cloud_calls is None or used.cloud_calls <= limits.cloud_calls
        assert limits.seconds is None or used.seconds <= limits.seconds * (1 + 1e-12)

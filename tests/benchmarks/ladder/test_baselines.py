"""The stand-ins keep to their stated rates, and the comparison counts what the record says."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest

from agents.cascade import Context
from agents.checks import check
from benchmarks.ladder import baselines
from benchmarks.ladder.evaluate import Item, fits, load
from benchmarks.ladder.fleet import fleet
from benchmarks.ladder.plans import MUTATIONS, mutated, plan_of, reversed_transfer
from benchmarks.ladder.standins import CLOUD, LOCAL, Answers, Rates, StandIn
from orchestrator.core.plan import Declined, Plan
from orchestrator.core.ports import Tried

VIEW = fleet()


def item(id: str, text: str, *steps: str, expect: str = "plan") -> Item:
    plans = [list(steps)] if steps else []
    return Item.model_validate_json(json.dumps({"id": id, "text": text, "expect": expect, "plans": plans}))


DISK = item("a", "show the disk of beta", "a=system.disk @beta")
COPY = item(
    "b",
    "copy notes.txt from alpha to beta",
    'p=artifact.publish @alpha {"path":"notes.txt"}',
    's=artifact.save @beta {"artifact":"${p.output.artifact}","path":"notes.txt"}',
)
MOON = item("c", "show the disk of the moon", expect="declined")
ITEMS = [DISK, COPY, MOON]


def test_every_expected_plan_becomes_a_plan_that_fits_it() -> None:
    for one in load("dev"):
        if one.in_scope:
            plan = plan_of(one.plans[0], VIEW)
            assert fits(one, plan, VIEW), one.id


def test_a_mutation_is_never_right_and_every_kind_is_made() -> None:
    made: Counter[str] = Counter()
    for one in load("dev")[:80]:
        if not one.in_scope:
            continue
        plan = plan_of(one.plans[0], VIEW)
        assert not fits(one, mutated(one, plan, VIEW, random.Random(one.id)), VIEW)
        for way in MUTATIONS:
            made[way.__name__] += way(plan, VIEW, random.Random(one.id)) is not None
    assert made["extra_write"]
    assert made["wrong_number"]


def test_a_transfer_is_turned_round() -> None:
    turned = reversed_transfer(plan_of(COPY.plans[0], VIEW), VIEW, random.Random(0))
    assert turned is not None
    assert [step.devices.names for step in turned.steps] == [("beta",), ("alpha",)]


async def say(model: StandIn, one: Item, *, problems: tuple[str, ...] = (), tried: bool = False) -> object:
    told = [Tried(rung="embedded", reason="no")] if tried else []
    return (await model.plan(one.request(), Context(VIEW, (), problems, "r", told))).result


def rated(right: float, wrong: float, invalid: float, told: float = 1.0) -> StandIn:
    stated = LOCAL.model_copy(update={"rates": Rates(right=right, wrong=wrong, invalid=invalid, told=told)})
    return StandIn(stated, Answers(ITEMS, VIEW))


async def test_stand_ins_at_their_extremes() -> None:
    right, wrong, invalid = rated(1, 0, 0), rated(0, 1, 0), rated(0, 0, 1)
    for one in ITEMS[:2]:
        plan, other = await say(right, one), await say(wrong, one)
        assert isinstance(plan, Plan)
        assert isinstance(other, Plan)
        assert fits(one, plan, VIEW)
        assert not fits(one, other, VIEW)
    assert isinstance(await say(right, MOON), Declined)
    assert isinstance(await say(wrong, MOON), Plan)
    for _ in range(8):
        found = await say(invalid, DISK)
        assert isinstance(found, Declined) or check(found, DISK.request(), VIEW)  # type: ignore[arg-type]


@pytest.mark.parametrize("told", [{"problems": ("bad",)}, {"tried": True}])
async def test_told_what_failed_it_errs_less(told: dict[str, object]) -> None:
    never = rated(0, 1, 0, told=0.0)
    assert isinstance(await say(never, DISK, **told), Plan)  # type: ignore[arg-type]
    assert fits(DISK, await say(never, DISK, **told), VIEW)  # type: ignore[arg-type]


async def test_rates_are_kept() -> None:
    model = rated(0.6, 0.4, 0.0)
    found = [await say(model, DISK) for _ in range(300)]
    right = sum(isinstance(one, Plan) and fits(DISK, one, VIEW) for one in found)
    assert 150 < right < 210


async def test_a_try_is_counted_as_a_real_one() -> None:
    stated = CLOUD.model_copy(update={"rates": Rates(right=1, wrong=0, invalid=0)})
    model = StandIn(stated, Answers(ITEMS, VIEW))
    usage = (await model.plan(DISK.request(), Context(VIEW))).usage
    assert (usage.calls, usage.seconds) == (1, CLOUD.seconds)
    assert usage.bytes_out > 5_000
    assert usage.cost_usd == (usage.input_tokens * 2.5 + usage.output_tokens * 10) / 1e6


async def test_the_comparison_is_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "load", lambda part: ITEMS)
    first, second = await baselines.compare(["dev"], 2), await baselines.compare(["dev"], 2)
    stable = {"seconds_mean", "seconds_p95"}
    assert [row.model_dump(exclude=stable) for row in first.rows] == [
        row.model_dump(exclude=stable) for row in second.rows
    ]
    rows = {row.strategy: row for row in first.rows}
    assert rows["ladder"].planned_right == 1.0
    assert rows["always local"].cloud_calls == rows["always local"].cost_usd == 0
    assert rows["always cloud"].at_home == 0.0
    assert rows["always cloud"].cloud_calls >= 1000
    assert rows["ladder"].requests == 6
    assert "no model was asked" in baselines.table(first)

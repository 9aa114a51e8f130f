"""What a run looks at and with what settings; and the arithmetic of the overhead."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import cast

import pytest

from benchmarks.kube.client import Api
from benchmarks.kube.overhead import measure, told
from benchmarks.kube.product import Product, Said
from benchmarks.kube.refs import Object, Ref
from benchmarks.kube.run import MODEL_SETTINGS, Bench, chosen, settings
from benchmarks.kube.scenarios import Check, Scenario
from benchmarks.kube.snapshot import Change, Entry
from benchmarks.kube.world import SetupError, World


def scenario(id: str, space: str, *cluster_scoped: str) -> Scenario:
    row = {
        "id": id,
        "kind": "read",
        "setup": [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}}],
        "request": id,
        "expect": {"outcome": "done", "answer": {"mentions": ["x"]}, "may_change": list(cluster_scoped)},
        "solve": {"answer": "x"},
    }
    return Scenario.model_validate_json(json.dumps(row))


SHOP = scenario("shop", "shop", "ClusterRole shop-*")
TILL = scenario("till", "till", "ClusterRole till-*")
NODES = scenario("nodes", "ops", "Node node1")


@pytest.mark.parametrize(
    ("ref", "alone", "shared"),
    [
        ("Pod shop/web", True, True),
        ("Namespace shop", True, True),
        ("ClusterRole shop-reader", True, True),
        ("Pod default/web", True, True),
        ("Pod kube-system/dns", True, True),
        ("Node node1", True, True),
        ("Pod till/web", False, False),
        ("Namespace till", False, False),
        ("ClusterRole till-reader", False, False),
        ("Pod strange/web", True, False),
        ("Namespace strange", True, False),
        ("ClusterRole strange", True, False),
    ],
)
def test_what_a_scenario_is_answerable_for(ref: str, alone: bool, shared: bool) -> None:
    api = cast(Api, None)  # looked at by nothing here
    assert World(api, [SHOP, TILL]).concerns(SHOP)(Ref.parse(ref)) is alone
    assert World(api, [SHOP, TILL], shared=True).concerns(SHOP)(Ref.parse(ref)) is shared


def test_what_touches_nodes_runs_alone() -> None:
    assert [one.touches_nodes for one in (SHOP, TILL, NODES)] == [False, False, True]
    assert [one.namespaces for one in (SHOP, NODES)] == [{"shop"}, {"ops"}]


def test_scenarios_are_chosen_by_id_and_kind() -> None:
    assert chosen([SHOP, TILL], ["till"], []) == [TILL]
    assert chosen([SHOP, TILL], [], ["write"]) == []
    assert chosen([SHOP, TILL], [], []) == [SHOP, TILL]


def test_a_model_is_used_only_where_one_is_asked_for_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MODEL_SETTINGS, "[{}]")
    assert settings("embedded") == {"models": "[]"}
    assert settings("model") == {}
    monkeypatch.delenv(MODEL_SETTINGS)
    with pytest.raises(SystemExit, match=MODEL_SETTINGS):
        settings("model")


async def test_the_ways_take_turns_and_each_scales_to_another_number() -> None:
    calls: list[tuple[str, int]] = []

    async def way(name: str, replicas: int) -> None:
        calls.append((name, replicas))

    found = await measure(1, {"bare": lambda count: way("bare", count), "device": lambda count: way("device", count)})
    assert calls[-2:] == [("bare", 2), ("device", 1)]
    assert {name: len(values) for name, values in found.items()} == {"bare": 1, "device": 1}


def test_the_overhead_is_the_difference_of_pairs() -> None:
    lines = told({"bare": [10.0, 30.0, 20.0], "product": [50.0, 60.0, 70.0]})
    assert "beyond bare: median   40.0, p95   40.0" in lines[1]


class FakeWorld(World):
    """Fails to be set up as often as told, and changes by itself in the rounds that are given."""

    def __init__(self, *, refused: int = 0, changing: tuple[int, ...] = ()) -> None:
        super().__init__(cast(Api, None), [SHOP])
        self.refused, self.changing = refused, changing
        self.made = self.looked = 0

    async def set_up(self, scenario: Scenario) -> None:
        if self.refused:
            self.refused -= 1
            raise SetupError("no room")
        self.made += 1

    async def clean_up(self, scenario: Scenario, also: Iterable[Change] = ()) -> None:
        return

    async def look(self, checks: Iterable[Check]) -> dict[Ref, Object]:
        return {}

    async def snapshot(self, scenario: Scenario) -> dict[Ref, Entry]:
        return {}

    async def changes(self, scenario: Scenario, before: dict[Ref, Entry]) -> list[Change]:
        self.looked += 1
        return [Change(Ref("Pod", "a", "shop"), "deleted")] if self.looked in self.changing else []


class FakeProduct(Product):
    def __init__(self) -> None:
        self.asked = 0

    async def ask(self, text: str) -> Said:
        self.asked += 1
        return Said({"run": f"r{self.asked}", "state": "succeeded", "answer": "x"}, [], 0.1)


@pytest.mark.parametrize(
    ("world", "verdicts", "made"),
    [
        (FakeWorld(), ["right", "right", "right"], 1),
        (FakeWorld(changing=(2,)), ["right", "wrong", "right"], 2),
        (FakeWorld(refused=1), ["right", "right", "right"], 1),
        (FakeWorld(refused=2), ["broken", "right", "right"], 1),
    ],
)
async def test_a_world_serves_until_something_in_it_changes(world: FakeWorld, verdicts: list[str], made: int) -> None:
    product = FakeProduct()
    trials = await Bench(world, product, None, told=False).trials(SHOP, 3)
    assert [trial.verdict for trial in trials] == verdicts
    assert (world.made, product.asked) == (made, 3 - verdicts.count("broken"))

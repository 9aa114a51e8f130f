"""What holds of every skill of an edge device."""

from __future__ import annotations

import pytest

from protocol.vocabulary import Risk, SkillSpec
from tools import docs
from tools.deferred import deferred, written
from tools.edge import catalog
from tools.edge.skills import FILE
from tools.registry import Registry

SPECS = catalog.specs()
READING = {
    "edge.aggregate", "edge.history", "edge.read", "edge.rules", "edge.schedules", "edge.sensors", "edge.topics",
    "edge.watch",
}  # fmt: skip


def test_the_page_is_current() -> None:
    assert docs.EDGE_PAGE.read_text() == docs.edge_page(), "run: python -m tools.docs"


def test_the_file_of_skills_is_current_and_loads_what_it_names() -> None:
    modules = (*catalog.OWN, *catalog.BESIDES)
    assert FILE.read_bytes() == written(modules), "run: python -m tools.docs"
    skills = deferred(FILE)
    assert sorted(one.spec.name for one in skills) == [spec.name for spec in Registry.of_modules(*modules).specs()]
    for one in skills:
        assert one.load().spec == one.spec


def test_an_edge_device_offers_no_commands() -> None:
    names = {one.spec.name for one in deferred(FILE)}
    assert not names & {"shell.run", "script.run", "process.stop"}


def test_what_only_looks_is_known() -> None:
    assert {spec.name for spec in SPECS if spec.risk is Risk.READ} == READING


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_skill_says_what_it_is(spec: SkillSpec) -> None:
    assert spec.name.startswith("edge.")
    assert len(spec.examples) >= 3
    assert spec.description.endswith(".")
    undescribed = [name for name, one in spec.input_schema["properties"].items() if not one.get("description")]
    assert undescribed == []

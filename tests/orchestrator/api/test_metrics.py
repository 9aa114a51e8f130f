"""Metrics: each listed name with its labels and nothing else, from a real orchestrator after a real run."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from orchestrator.api.metrics import METRICS, PAGE, page
from tests.support.system import System

BOUND = 30  # label values of one metric; a run, task or device in a label would soon be more


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run `make docs`"


def test_names_follow_the_conventions() -> None:
    names = [metric.name for metric in METRICS]
    assert len(set(names)) == len(names)
    assert all(name.startswith("asterism_") and not name.endswith("_total") for name in names)
    assert not {label for metric in METRICS for label in metric.labels} & {"run", "task", "device", "name", "id"}


@pytest.mark.slow
async def test_a_real_orchestrator_gives_what_is_listed(tmp_path: Path) -> None:
    system = System(tmp_path)
    await system.start()
    try:
        await system.device("alpha", test_only=True)
        async with httpx2.AsyncClient(base_url=system.url, timeout=20) as client:
            steps = [{"id": "good", "skill": "test.noop"}, {"id": "bad", "skill": "test.fail"}]
            view = (await client.post("/v1/runs?wait=20", json={"plan": {"steps": steps}})).json()
            text = (await client.post("/v1/runs?wait=20", json={"text": "please frobnicate the gizmo"})).json()
            exposed = (await client.get("/metrics")).text
    finally:
        await system.stop()
    found = {family.name: family for family in text_string_to_metric_families(exposed)}
    assert {name: family.type for name, family in found.items()} == {m.name: m.type for m in METRICS}
    for metric in METRICS:
        samples = found[metric.name].samples
        own = set(metric.labels)
        assert samples, metric.name
        assert {frozenset(sample.labels) - {"le"} for sample in samples} == {frozenset(own)}, metric.name
        assert len(samples) <= BOUND, metric.name
    for id in (view["run"], text["run"], "alpha", "good"):
        assert id not in exposed
    values = {(s.name, *sorted(s.labels.values())): s.value for family in found.values() for s in family.samples}
    assert values["asterism_runs_ended_total", "failed"] == 2
    assert values["asterism_runs_ended_total", "cancelled"] == 0
    assert values["asterism_attempts_ended_total", "succeeded"] == 1
    assert values["asterism_attempts_ended_total", "failed"] == 1
    assert values["asterism_attempt_seconds_count",] == values["asterism_attempt_seconds_bucket", "+Inf"] == 2
    assert values["asterism_plans_total", "declined", "embedded"] == 1

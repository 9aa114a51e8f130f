"""SIGKILL at random moments of real processes under load, with SQLite and with PostgreSQL: 200 of them and more.

Nothing is lost, had twice or run again, and every run ends as it does without faults. Longer campaigns:
`python -m benchmarks.kills --kills N`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.kills import Plan, Report, campaign
from tests.support.zygote import Zygote, zygote

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def launcher() -> Iterator[Zygote]:
    with zygote() as made:
        yield made


def check(report: Report, *, orchestrators: int = 0, devices: int = 0) -> None:
    assert report.good, json.dumps(report.as_json(), indent=1)
    assert report.kills["orchestrator"] >= orchestrators
    assert report.kills["device"] >= devices
    seen = report.findings.looked_at
    # There was work to be disturbed, all the time.
    assert seen["runs"] > report.plan.kills
    assert seen["effects"] > 5 * report.plan.kills


def test_an_orchestrator_with_sqlite(tmp_path: Path, launcher: Zygote) -> None:
    check(campaign(Plan(kills=90, seed=1), tmp_path, launcher), orchestrators=90)


def test_an_orchestrator_with_postgresql(tmp_path: Path, launcher: Zygote, postgres_url: str) -> None:
    check(campaign(Plan(kills=30, seed=2, database=postgres_url), tmp_path, launcher), orchestrators=30)


def test_device_agents(tmp_path: Path, launcher: Zygote) -> None:
    """What was in the middle of work that may not be repeated is unknown; asked, and answered truly, it ends well."""
    report = campaign(Plan(kills=30, target="device", seed=3), tmp_path, launcher)
    check(report, devices=40)
    assert report.findings.looked_at["attempts unknown"] > 0


def test_orchestrator_and_device_agents(tmp_path: Path, launcher: Zygote) -> None:
    check(campaign(Plan(kills=30, target="both", seed=4), tmp_path, launcher), orchestrators=20, devices=40)

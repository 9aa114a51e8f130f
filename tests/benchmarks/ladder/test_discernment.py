"""Right and wrong plans put to the checks: what is counted, and that the checks hold on what they were made for."""

from __future__ import annotations

import json

import pytest

from benchmarks.ladder.discernment import discern, main, summary
from benchmarks.ladder.evaluate import Item


def items(*rows: dict[str, object]) -> list[Item]:
    return [Item.model_validate_json(json.dumps(row)) for row in rows]


DISK: dict[str, object] = {"id": "a", "text": "disk of beta", "expect": "plan", "plans": [["a=system.disk @beta"]]}
ODD: dict[str, object] = {"id": "b", "text": "disk of beta", "expect": "plan", "plans": [["a=system.disk @alpha"]]}
MOON: dict[str, object] = {"id": "c", "text": "to the moon", "expect": "declined"}


def test_wrong_plans_of_a_plain_request_are_refused() -> None:
    found = discern("dev", items(DISK, MOON))
    assert (found.right, found.right_refused) == (1, 0)
    assert found.wrong["extra_write"].made
    assert found.wrong["wrong_device"].made
    assert found.wrong["extra_write"].passed == found.wrong["wrong_device"].passed == 0


def test_a_right_plan_that_is_refused_is_told() -> None:
    """Here what is expected is itself wrong, so the checks refuse it, and its mutation passes."""
    lines: list[str] = []
    found = discern("dev", items(ODD), lines.append)
    assert found.right_refused == 1
    assert any(line.startswith("refused  b") for line in lines)
    assert "1 of 1 right plans refused (100.0%)" in summary(found)


def test_the_program_tells_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dev", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["part"] == "dev"
    assert found["right_refused"] <= 0.03 * found["right"]
    assert all(one["passed"] <= one["made"] for one in found["wrong"].values())
    assert sum(one["changing"] for one in found["wrong"].values()) <= sum(
        one["passed"] for one in found["wrong"].values()
    )

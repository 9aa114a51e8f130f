"""Words of one field ask for the same step, and a word that only looks like a name names nothing."""

from __future__ import annotations

import pytest

from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.plan import Plan
from orchestrator.core.requests import Request
from tests.support.embedded_fleet import Context, twelve

PLANNER, FLEET = EmbeddedPlanner(), twelve()


def skills(text: str) -> list[str]:
    result = PLANNER.propose(Request(text=text), Context(FLEET))
    return [step.skill for step in result.steps] if isinstance(result, Plan) else []


@pytest.mark.parametrize(
    ("text", "skill"),
    [
        ("is beta overworked?", "system.load"),
        ("how crowded is the disk on beta", "system.disk"),
        ("which processor drives beta", "system.cpu"),
        ("how is beta faring", "system.info"),
        ("what sort of rig is beta", "system.info"),
        ("show the leading 5 lines of logs/app.log on beta", "file.head"),
        ("how many megs is the folder photos on nova", "file.usage"),
        ("how much does the presentation talks/may.pptx on nova weigh", "file.stat"),
        ("show the 5 processes guzzling the most memory on beta", "process.list"),
        ("there should be a folder projects/x on nova", "file.mkdir"),
        ("tmp/old.log on beta has to go", "file.delete"),
        ('search for "foo" and replace it with "bar" in etc/app.conf on alpha', "file.replace"),
    ],
)
def test_a_word_of_the_field_asks_for_the_step(text: str, skill: str) -> None:
    assert skills(text) == [skill]


@pytest.mark.parametrize(
    "text",
    [
        "kill tmp/old.log on beta",
        "stop the slow programs on titan",
        "kill the hung process on beta",
        "which apps are on galaxy",
        "how hot is the cpu on beta",
    ],
)
def test_a_word_that_is_no_name_names_nothing(text: str) -> None:
    assert skills(text) == []


@pytest.mark.parametrize("text", ["what cpu does beta use", "which processor is beta running on"])
def test_a_part_of_the_machine_is_no_process(text: str) -> None:
    assert "process.list" not in skills(text)


def test_an_empty_folder_is_no_empty_file() -> None:
    assert skills("make an empty folder projects/x on nova") == ["file.mkdir"]


def test_what_is_fetched_and_put_into_a_folder_elsewhere_is_sent() -> None:
    assert skills("get staff.csv from office-pc and store it in the backups folder on beta") == [
        "artifact.publish",
        "artifact.save",
    ]

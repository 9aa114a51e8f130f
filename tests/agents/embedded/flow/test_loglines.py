"""Lines of several logs in one file, packed, counted in a condition, and numbers in texts."""

from __future__ import annotations

import pytest

from orchestrator.core.plan import Declined
from tests.agents.embedded.flow.lab import asked, steps, told

LOOK = "Look for PANIC lines in logs/db.log on alpha and gamma."


def test_lines_of_two_levels_go_into_one_file_and_its_archive_elsewhere() -> None:
    text = (
        "Collect all PANIC and ERROR lines of logs/db.log on alpha and gamma in one file sorted by time, all.log on "
        "beta, and send desk a zip file of it called all.zip."
    )
    found = steps(text)
    assert found[0].arguments == {"path": "logs/db.log", "pattern": r"\b(PANIC|ERROR)\b", "regex": True}
    assert told(text)[2:] == [
        ("data.merge", "", ""),
        ("file.write", "beta", "all.log"),
        ("archive.create", "beta", "all.zip"),
        ("artifact.publish", "beta", "all.zip"),
        ("artifact.save", "desk", "all.zip"),
    ]
    assert found[2].arguments["sort"] is True


def test_what_happens_depends_on_how_many_lines_there_are() -> None:
    text = (
        f"{LOOK} If there are at least 3 of them in total, write them all in order of time to p.log on desk and show a "
        'notification there that says "N panics", N being how many; if not, p.log should only say "calm".'
    )
    *_, merge, write, notify, calm = steps(text)
    assert [step.skill for step in (merge, write, notify, calm)] == [
        "data.merge",
        "file.write",
        "desktop.notify",
        "file.write",
    ]
    assert notify.arguments["title"] == f"${{{merge.id}.output.count}} panics"
    assert calm.arguments == {"path": "p.log", "text": "calm\n"}
    conditions = [[(edge.step, edge.when) for edge in step.after] for step in (write, notify, calm)]
    assert [[(step, when.model_dump()) for step, when in one if when] for one in conditions] == [
        [(merge.id, {"path": "output.count", "op": op, "value": 3})] for op in (">=", ">=", "<")
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"{LOOK} If there are many of them, write them all to p.log on desk.",
        f"{LOOK} Write them all in order of size to p.log on desk.",
        f"{LOOK} Write them all in order of time, newest first, to p.log on desk.",
        f'{LOOK} Show a notification on desk that says "N and N panics", N being how many.',
        f'{LOOK} Show a notification on desk that says "N panics", N being how old they are.',
        f'{LOOK} If there are more than 3 of them, write them all to p.log on desk; if not, q.log should say "calm".',
        "Write them all in order of time to p.log on desk.",
        "Look for lines about water in logs/db.log on alpha. Write them all to p.log on desk.",
        "Look for PANIC lines in logs/db.log on alpha since yesterday. Write them all to p.log on desk.",
        "Collect all ERROR lines of a.log on alpha and beta in one file, b.log on gamma, and send desk a zip file of "
        "it called b.tar.gz.",
        "Collect all ERROR lines of a.log on alpha and beta in one file in order of time, b.log on gamma and c.log.",
    ],
)
def test_declined(text: str) -> None:
    assert isinstance(asked(text), Declined)

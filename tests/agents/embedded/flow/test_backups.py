"""Backups and archives: taken, checked, restored elsewhere; folders kept or made like another; results compared."""

from __future__ import annotations

import pytest

from orchestrator.core.conditions import describe
from tests.agents.embedded.flow.lab import steps, told, why

CLIMATE = "data/c.db on alpha is a SQLite file with a table days; find the highest value of its column humidity. "


def test_a_verified_backup_is_checked_again_where_it_was_copied() -> None:
    text = (
        "Take a verified backup of the folders etc and keys on alpha as n.tar.gz, copy it to beta as n/a.tar.gz, "
        "check the "
        "copy there against its manifest, and write its SHA-256 to n/a.sha256 on desk."
    )
    assert told(text) == [
        ("backup.create", "alpha", "n.tar.gz"),
        ("backup.verify", "alpha", ""),
        ("artifact.publish", "alpha", "n.tar.gz"),
        ("artifact.save", "beta", "n/a.tar.gz"),
        ("backup.verify", "beta", ""),
        ("file.hash", "beta", "n/a.tar.gz"),
        ("file.write", "desk", "n/a.sha256"),
    ]


def test_a_backup_is_restored_elsewhere_only_where_it_is_intact() -> None:
    text = (
        "Verify the backup b/wiki.tar.gz on beta. If it is fine, restore it into wiki-new on gamma; if it's not, "
        "show the "
        'notification "wiki damaged" on desk.'
    )
    verify, share, bring, restore, tell = steps(text)
    assert [step.skill for step in (verify, bring, restore)] == ["backup.verify", "artifact.save", "backup.restore"]
    tests = [edge.when for step in (share, tell) for edge in step.after if edge.when is not None]
    assert [describe(test) for test in tests] == ["output.intact == true", "output.intact != true"]


def test_what_came_out_of_an_archive_is_counted() -> None:
    text = (
        "The archive b/wiki.tar.gz on beta gets unpacked on forge into the folder check; how many files it holds "
        "is then "
        "written to files.txt on desk."
    )
    found = steps(text)
    assert [step.skill for step in found] == ["artifact.publish", "artifact.save", "archive.extract", "file.write"]
    assert found[-1].arguments["text"] == f"${{{found[2].id}.output.files}}\n"


def test_a_folder_is_kept_before_it_is_made_like_another() -> None:
    text = (
        "Somebody broke the folder site on alpha last night. Keep it as it is now as bad.tar.gz on desk, then "
        "make site on "
        "alpha exactly what copy/site on beta holds: whatever is not in the mirror has to go."
    )
    found = steps(text)
    clear = next(step for step in found if step.skill == "file.delete")
    kept = next(step for step in found if step.skill == "artifact.save" and step.devices.names == ("desk",))
    assert kept.id in {edge.step for edge in clear.after}
    assert found[-1].arguments["target"] == "."


def test_a_reading_is_compared_with_what_a_table_had() -> None:
    text = CLIMATE + (
        "If the greenhouse is more humid than that right now, open the window and write the old maximum and the new "
        "reading to r.txt on beta; otherwise change nothing."
    )
    query, read, compare, act, note = steps(text)
    assert query.arguments["statement"] == "SELECT MAX(humidity) AS value FROM days"
    assert compare.arguments["items"] == [f"${{{read.id}.output.value}}"]
    assert compare.arguments["value"] == f"${{{query.id}.output.rows[0].value}}"
    assert all(compare.id in {edge.step for edge in step.after if edge.when} for step in (act, note))


@pytest.mark.parametrize(
    "text",
    [
        "If it is fine, restore it into wiki-new on gamma.",
        "Somebody broke the folder site on alpha last night.",
        "Make site on alpha exactly what other on beta holds.",
        "Take a secret backup of etc on alpha as n.tar.gz.",
        CLIMATE + "If the greenhouse is redder than that, open the window.",
        "If the greenhouse is more humid than that, open the window.",
    ],
)
def test_what_is_not_clear_is_declined(text: str) -> None:
    assert why(text) != ""

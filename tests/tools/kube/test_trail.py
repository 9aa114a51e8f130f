"""The hash-chained record."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from protocol.vocabulary import JsonObject
from tools.kube.trail import Trail, same_cluster


def trail(path: Path) -> Trail:
    made = Trail(path / "trail.jsonl")
    made.open()
    return made


def test_entries_are_chained_and_survive(tmp_path: Path) -> None:
    first = trail(tmp_path)
    assert [first.append({"event": "begun", "preview": "p"}), first.append({"event": "ended", "preview": "p"})] == [
        "k1",
        "k2",
    ]
    again = trail(tmp_path)
    assert again.verify() == ""
    assert again.append({"event": "begun", "preview": "q"}) == "k3"
    assert [entry["id"] for entry in again.read()] == ["k1", "k2", "k3"]


def test_a_preview_is_remembered(tmp_path: Path) -> None:
    made = trail(tmp_path)
    made.append({"event": "begun", "preview": "p"})
    assert made.begun("p") is not None
    assert made.ended("p") is None
    made.append({"event": "failed", "preview": "p"})
    ended = trail(tmp_path).ended("p")
    assert ended is not None
    assert ended["event"] == "failed"


def test_a_changed_entry_is_noticed(tmp_path: Path) -> None:
    made = trail(tmp_path)
    for number in range(3):
        made.append({"event": "begun", "preview": str(number), "summary": "scale"})
    lines = made.path.read_text().splitlines()
    changed = json.loads(lines[1]) | {"summary": "nothing"}
    made.path.write_text("\n".join([lines[0], json.dumps(changed), lines[2]]) + "\n")
    assert "entry 2" in trail(tmp_path).verify()


def test_a_removed_entry_is_noticed(tmp_path: Path) -> None:
    made = trail(tmp_path)
    for number in range(3):
        made.append({"event": "begun", "preview": str(number)})
    lines = made.path.read_text().splitlines()
    made.path.write_text("\n".join([lines[0], lines[2]]) + "\n")
    assert made.verify() != ""


def test_a_line_that_a_crash_cut_off_is_taken_away(tmp_path: Path) -> None:
    made = trail(tmp_path)
    made.append({"event": "begun", "preview": "p"})
    with made.path.open("a") as file:
        file.write('{"event": "beg')
    again = trail(tmp_path)
    assert again.append({"event": "begun", "preview": "q"}) == "k2"
    assert again.verify() == ""


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    made = trail(tmp_path)
    made.append({"event": "begun", "preview": "p"})
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("recorded", "same"),
    [
        ({"server": "https://a", "uid": "1"}, True),
        ({"server": "https://b", "uid": "1"}, True),
        ({"server": "https://a", "uid": "2"}, False),
        ({"server": "https://a", "uid": ""}, True),
        ({"server": "https://b", "uid": ""}, False),
        (None, False),
    ],
)
def test_which_cluster_an_entry_is_of(recorded: JsonObject | None, same: bool) -> None:
    assert same_cluster({"cluster": recorded}, {"server": "https://a", "uid": "1"}) is same

"""Sessions on disk: what was appended is there again, whatever cut the last line short."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.cli.chat.sessions import Sessions, matches, transcript
from orchestrator.cli.exits import CommandError


def begun(folder: Path, *messages: str) -> Sessions:
    sessions = Sessions(folder)
    sessions.begin()
    for number, text in enumerate(messages, 1):
        turn = sessions.said(text, f"{text} on alpha")
        sessions.ended(sessions.began(turn, f"r{number}"), "succeeded", f"answer {number}", "")
    return sessions


def test_a_session_is_read_as_it_was_written(tmp_path: Path) -> None:
    before = begun(tmp_path, "uptime", "disk")
    last = before.said("never sent", "never sent")
    after = Sessions(tmp_path / "missing").all()
    assert after == []
    (again,) = Sessions(tmp_path).all()
    assert again == before.now
    assert [turn.run for turn in again.turns] == ["r1", "r2", ""]
    assert again.turns[2].key == last.key


def test_nothing_is_written_before_the_first_message(tmp_path: Path) -> None:
    assert begun(tmp_path).all() == []
    assert list(tmp_path.iterdir()) == []


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    sessions = begun(tmp_path / "chat", "uptime")
    file = tmp_path / "chat" / f"{sessions.now.id}.jsonl"
    assert (file.parent.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)


def test_every_cut_of_the_file_gives_a_session_that_goes_on(tmp_path: Path) -> None:
    whole = begun(tmp_path / "whole", "uptime", "disk")
    data = (tmp_path / "whole" / f"{whole.now.id}.jsonl").read_bytes()
    first = len(data.split(b"\n")[0])
    for cut in range(first + 1, len(data), 17):
        folder = tmp_path / str(cut)
        folder.mkdir()
        (folder / f"{whole.now.id}.jsonl").write_bytes(data[:cut])
        sessions = Sessions(folder)
        known = len(sessions.resume().turns)
        turn = sessions.said("and again", "and again")
        assert turn.number == known + 1
        (again,) = Sessions(folder).all()
        assert [one.said for one in again.turns] == [*["uptime", "disk"][:known], "and again"]


def test_lines_that_are_no_entries_are_left_out(tmp_path: Path) -> None:
    sessions = begun(tmp_path, "uptime")
    with (tmp_path / f"{sessions.now.id}.jsonl").open("a") as file:
        file.write('[1]\n"x"\nnull\n{"type": "end", "turn": 99}\n{"type": "run", "turn": "1"}\n')
    assert Sessions(tmp_path).all() == [sessions.now]
    (tmp_path / "other.jsonl").write_text("\x00\x01")
    assert len(Sessions(tmp_path).all()) == 1


def test_resume_takes_the_latest_or_the_one_that_is_named(tmp_path: Path) -> None:
    left = [begun(tmp_path, text) for text in ("uptime", "disk")]
    first, second = (one.now for one in left)
    for one in left:
        one.close()
    assert Sessions(tmp_path).all()[0].turns[0].at == second.turns[0].at
    other = Sessions(tmp_path)
    assert other.resume(first.id).id == first.id
    with pytest.raises(CommandError, match="no session nope"):
        other.resume("nope")
    with pytest.raises(CommandError, match="Several sessions"):
        other.resume("20")
    with pytest.raises(CommandError, match="no session yet"):
        Sessions(tmp_path / "empty").resume()


def test_a_session_is_open_in_one_program_at_a_time(tmp_path: Path) -> None:
    sessions = begun(tmp_path, "uptime")
    with pytest.raises(CommandError) as refused:
        Sessions(tmp_path).resume()
    assert refused.value.code == "conflict"
    assert sessions.resume().id == sessions.now.id


def test_a_branch_has_what_came_before_and_leaves_its_parent_alone(tmp_path: Path) -> None:
    sessions = begun(tmp_path, "uptime", "disk", "load")
    parent = sessions.now
    branch = sessions.branch(2)
    sessions.said("something else", "something else")
    assert [turn.said for turn in branch.turns] == ["uptime", "disk", "something else"]
    assert branch.parent == f"{parent.id}:2"
    read = {one.id: one for one in Sessions(tmp_path).all()}
    assert read == {parent.id: parent, branch.id: branch}
    with pytest.raises(CommandError):
        sessions.branch(9)


@pytest.mark.parametrize(
    ("words", "fits"), [("uptime", True), ("ANSWER 2", True), ("disk uptime", True), ("r2", True), ("disk nope", False)]
)
def test_search(tmp_path: Path, words: str, fits: bool) -> None:
    assert matches(begun(tmp_path, "uptime", "disk").now, words) is fits


def test_a_transcript_cannot_be_broken_by_an_answer(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    sessions.begin()
    sessions.ended(sessions.began(sessions.said("a", "b"), "r1"), "failed", "```\n# not a head", "it broke")
    text = transcript(sessions.now)
    assert "Understood as: b" in text
    assert "~~~~\n```\n# not a head\n~~~~" in text


def test_secrets_in_answers_are_not_kept(tmp_path: Path) -> None:
    sessions = begun(tmp_path)
    turn = sessions.began(sessions.said("show the settings", "show the settings"), "r1")
    sessions.ended(turn, "succeeded", "password=hunter2hunter2", "")
    assert "hunter2" not in (tmp_path / f"{sessions.now.id}.jsonl").read_text()


def test_keys_are_never_the_same(tmp_path: Path) -> None:
    sessions = begun(tmp_path, "uptime", "uptime")
    assert len({turn.key for turn in sessions.now.turns}) == 2
    lines = (tmp_path / f"{sessions.now.id}.jsonl").read_text().splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["session", "turn", "run", "end", "turn", "run", "end"]

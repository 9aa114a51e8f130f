"""Wishes in the passive, choices between devices, headings and remarks of people: what is read as the demand."""

from __future__ import annotations

import pytest

from agents.embedded.devices import Directory
from agents.embedded.planner import EmbeddedPlanner
from agents.embedded.reading import read, spelt
from orchestrator.core.plan import Plan
from orchestrator.core.requests import Request
from tests.support.embedded_fleet import Context, twelve

FLEET = twelve()


def said(text: str) -> str:
    directory = Directory(FLEET, "desk", ())
    return " ".join(token.text for token in read(spelt(text, directory), directory).said).rstrip(" .?!")


def planned(text: str) -> list[str]:
    """The skills of the plan; none where the request is declined."""
    result = EmbeddedPlanner().propose(Request(text=text, client="desk"), Context(FLEET))
    return [step.skill for step in result.steps] if isinstance(result, Plan) else []


@pytest.mark.parametrize(
    ("text", "demand"),
    [
        ("I need the folder papers on nova listed", "list the folder papers on nova"),
        ("we'd like the process ffmpeg on titan stopped", "stop the process ffmpeg on titan"),
        ("temp.txt on nova needs deleting", "delete temp.txt on nova"),
        ("the folder site on alpha wants zipping into site.zip", "zip the folder site on alpha into site.zip"),
        ("a.txt on desk has to be renamed to b.txt", "rename a.txt on desk to b.txt"),
        ("please have results.zip unpacked on titan", "unpack results.zip on titan"),
        ("could the words in essay.txt on nova be counted?", "count the words in essay.txt on nova"),
    ],
)
def test_a_passive_wish_is_an_order(text: str, demand: str) -> None:
    assert said(text) == demand


@pytest.mark.parametrize(
    "text",
    [
        "I need the time nginx stopped on alpha",
        "should tmp/x be deleted on beta?",
        "can tmp/x be deleted on beta?",
        "have the files in data on beta been copied?",
        "I want the list of files deleted by bob on beta",
        "nothing on beta should be deleted",
        "which files on beta should be deleted",
        "I need the files deleted yesterday on beta",
        "x.txt on beta should have been deleted",
    ],
)
def test_a_story_or_a_question_about_it_is_none(text: str) -> None:
    assert planned(text) == []


@pytest.mark.parametrize(
    ("text", "demand"),
    [
        ("who has more memory, desk or titan?", "which of desk and titan has the most memory"),
        ("desk or nova: which one has more free memory?", "which of desk and nova has the most free memory"),
        ("does desk or nova have less memory?", "which of desk and nova has the least memory"),
        ("is the load higher on alpha or on delta?", "on which of alpha and delta is the load the highest"),
        ("who's burning more memory, alpha, beta or titan?", "which of alpha and beta and titan uses the most memory"),
        ("which is fuller, alpha or beta?", "which of alpha and beta has the fullest disk"),
    ],
)
def test_a_choice_is_a_question_which_of_them(text: str, demand: str) -> None:
    assert said(text) == demand


def test_a_folder_is_ranked_by_its_size_and_not_by_the_number_of_its_entries() -> None:
    assert planned("on which of alpha and beta is the folder logs biggest") == ["file.usage", "data.rank"]


@pytest.mark.parametrize(
    ("text", "demand"),
    [
        ("Lab reset: delete old.log on delta", "delete old.log on delta"),
        ("audit item 4: list the users of beta", "list the users of beta"),
        ("For my tutorial: count the words of a.txt on nova", "count the words of a.txt on nova"),
        ("show a.txt on alpha, our students keep asking for it", "show a.txt on alpha"),
        ("uptime of alpha - my sister wants to hear it", "uptime of alpha"),
        ("uptime of alpha for the lawyers", "uptime of alpha"),
        ("md5 of a.iso on desk for verification purposes", "md5 of a.iso on desk"),
        ("To list.txt on desk, append 'eggs'", "append 'eggs' To list.txt on desk"),
        ("find any zip files I may have in downloads on desk", "find any zip files in downloads on desk"),
        ("hi there, could you please show a.txt on alpha, please, thanks", "show a.txt on alpha"),
        ("how much memory is free on nova, the game keeps stuttering", "how much memory is free on nova"),
    ],
)
def test_headings_and_remarks_carry_no_demand(text: str, demand: str) -> None:
    assert said(text) == demand


@pytest.mark.parametrize(
    "text",
    [
        "dry run task: delete old.log on delta",
        "for the phones: show the uptime",
        "kernel check: are all servers the same",
    ],
)
def test_a_heading_that_limits_or_asks_stays(text: str) -> None:
    assert said(text).startswith(text.split()[0])


@pytest.mark.parametrize(
    "words", ["upper or lower case alike", "capitals or not", "case doesn't matter", "regardless of case"]
)
def test_capitals_that_do_not_count(words: str) -> None:
    text = f"look for 'todo' in src on nova, {words}"
    result = EmbeddedPlanner().propose(Request(text=text, client="desk"), Context(FLEET))
    assert isinstance(result, Plan)
    assert result.steps[0].arguments == {"path": "src", "pattern": "todo", "ignore_case": True}


@pytest.mark.parametrize(
    ("text", "skills"),
    [
        ("To how many lines does access.log on alpha run?", ["file.count"]),
        ("In report.txt on nova, how many words are there?", ["file.count"]),
        ("I need 'DEBUG=0' at the end of app.env on delta", ["file.append"]),
        ("On beta the file tmp/x.bin can go", ["file.delete"]),
        ("old.log on beta: away with it", ["file.delete"]),
        ("What's written in notes.txt on nova?", ["file.read"]),
        ("I need jobs/clean.sh to run on gate", ["script.run"]),
        ("search for TODO in src on nova for the users", []),
    ],
)
def test_other_orders_of_words(text: str, skills: list[str]) -> None:
    assert planned(text) == skills


def test_a_device_that_is_described_is_no_further_device() -> None:
    text = "show the file config.yml on the box beta, the one in production"
    result = EmbeddedPlanner().propose(Request(text=text, client="desk"), Context(FLEET))
    assert isinstance(result, Plan)
    assert [step.devices.names for step in result.steps] == [("beta",)]

"""The subject before the demand: it is put where the demand has its pronoun, or behind it."""

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


@pytest.mark.parametrize(
    ("text", "demand"),
    [
        ("sales.csv on beta - how many lines are in there?", "how many lines are in sales.csv on beta"),
        ("sales.csv on beta: first 5 lines", "first 5 lines of sales.csv on beta"),
        ("motd.txt lives on alpha. send it to desk", "send motd.txt from alpha to desk"),
        ("notes.txt on desk: add the line 'milk'", "add the line 'milk' to notes.txt on desk"),
        ("app.conf on beta: replace 'a' with 'b'", "replace 'a' with 'b' in app.conf on beta"),
        ("sizes.txt on nova, sort its lines", "sort the lines of sizes.txt on nova"),
        ("a.txt on beta. how big is it?", "how big is a.txt on beta"),
        ("names.txt on desk: give it to me sorted", "give names.txt on desk sorted"),
        ("plex hangs on nova, kill it", "kill plex on nova"),
        ("the pid 4312 on titan won't die, force kill it", "force kill pid 4312 on titan"),
        ("have titan fetch https://a.example/x", "on titan fetch https://a.example/x"),
        ("how does a.log on beta end? 20 lines will do", "how does a.log on beta end 20 lines"),
        ("the five largest files on desk - I'd like to see them", "show the five largest files on desk"),
        ("sort names.txt (it's on office-pc)", "sort names.txt on office-pc"),
        ("read log.txt that lives on desk", "read log.txt on desk"),
        ("in docs on nova, find the pdf files", "find the pdf files in docs on nova"),
        ("is https://a.example up? please check from alpha", "is https://a.example up from alpha"),
        ("files over 2 GB on titan - which ones", "show files over 2 GB on titan"),
    ],
)
def test_the_subject_is_put_in_place(text: str, demand: str) -> None:
    assert said(text) == demand


@pytest.mark.parametrize(
    "text",
    [
        "delete a.txt on beta, then list it",
        "copy a.txt to b.txt on beta. show it",
        "a.txt on beta, b.txt on alpha",
        "kill plex on nova, it hangs",
    ],
)
def test_what_has_no_subject_in_front_stays(text: str) -> None:
    assert said(text).split()[0] == text.split()[0].rstrip(",")


def test_the_subject_may_stand_on_several_devices() -> None:
    result = EmbeddedPlanner().propose(Request(text="hosts.txt on both phones: delete it"), Context(FLEET))
    assert isinstance(result, Plan)
    (step,) = result.steps
    assert (step.skill, step.devices.mode, step.arguments) == ("file.delete", "each", {"path": "hosts.txt"})

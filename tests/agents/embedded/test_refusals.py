"""What must never become a plan: negations, vagueness, how-to questions, things that no skill does, other languages."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Clarification, Declined, Plan
from orchestrator.core.requests import Request
from tests.support.embedded_fleet import Context, device, twelve

REFUSED = [
    "do not delete a.txt on alpha",
    "copy a.txt from alpha to beta, unless it exists",
    "delete a.txt on alpha, not on beta",
    "list files on alpha without touching beta",
    "how do I delete a.txt on alpha?",
    "what would happen if I deleted a.txt on alpha",
    "should I reboot alpha?",
    "pretend to delete a.txt on alpha",
    "delete old stuff on alpha",
    "clean up everything",
    "delete everything",
    "delete some files on alpha",
    "delete *.log on beta",
    "delete / on beta",
    "delete a.txt on any server",
    "delete a.txt on a server",
    "delete .. on beta",
    "delete a.txt in the folder tmp on alpha",
    "delete a.txt on alpha after copying it to beta",
    "create directories data and out on titan",
    "email the report to my boss",
    "play music on pixel",
    "translate readme.md on desk to german",
    "make it faster",
    "order food",
    "what's the weather tomorrow",
    "every hour, check the disk of alpha",
    "at 12:30 delete a.txt on alpha",
    "copy a.txt from alpha to zebra",
    "copy everything from alpha to beta",
    "if the moon is full, delete a.txt on alpha",
    "if alpha is up, delete a.txt on alpha",
    "find the server with the least load and run 'make' on it",
    "zeig mir den freien Speicherplatz auf alpha",
    "liste les fichiers de beta",
    "显示 alpha 的磁盘空间",
    "hello",
    "?",
    "...",
    "run ls on alpha",
    "stop nginx on alpha",
    "show the uptime of alpha " * 30,
]


LOST = (
    "which of the three largest files on alpha is newest?",
    "which user owns the most processes on alpha?",
    "make a folder reports on alpha and put summary.txt with the text hello into it",
    "are the folders conf on alpha and beta the same?",
    "list conf on alpha and beta and compare them",
    "count the lines and words of a.txt on alpha and save the number to n.txt",
    "create a file b.txt with now on alpha",
    "make a file a.txt that holds also on alpha",
    "write goodnight to a.txt on alpha",
)
"""Once planned, with a word that the plan did not answer to."""


@pytest.mark.parametrize("text", [*REFUSED, *LOST])
def test_refused(text: str) -> None:
    result = EmbeddedPlanner().propose(Request(text=text), Context(twelve()))
    assert isinstance(result, (Declined, Clarification)), result


@pytest.mark.parametrize(
    "text", ["show the uptime of alpha\x00", "delete a.txt\x1b[2J on alpha", "list \u202efiles on alpha"]
)
def test_control_characters_are_refused(text: str) -> None:
    result = EmbeddedPlanner().propose(Request(text=text), Context(twelve()))
    assert isinstance(result, Declined)
    assert "characters" in result.reason


def test_twenty_thousand_characters_are_refused_at_once() -> None:
    request = Request(text="delete a.txt on alpha and " * 769)
    started = time.perf_counter()
    result = EmbeddedPlanner().propose(request, Context(twelve()))
    assert isinstance(result, Declined)
    assert time.perf_counter() - started < 1.0


def test_a_typo_never_leads_to_a_write() -> None:
    result = EmbeddedPlanner().propose(Request(text="delete a.txt on alhpa"), Context(twelve()))
    assert isinstance(result, Clarification)
    assert "alpha" in result.question


def test_an_empty_fleet() -> None:
    result = EmbeddedPlanner().propose(Request(text="show the uptime of alpha"), Context(FleetView.of()))
    assert isinstance(result, Declined)
    assert "no device" in result.reason


def test_a_device_that_lacks_the_skill() -> None:
    fleet = FleetView.of(device("alpha"), device("beta", skip=["file.delete"]))
    result = EmbeddedPlanner().propose(Request(text="delete a.txt on alpha and beta"), Context(fleet))
    assert isinstance(result, Declined)
    assert "beta does not offer file.delete" in result.reason


def test_a_device_named_like_an_instruction() -> None:
    fleet = FleetView.of(device("delete"), device("all"), device("alpha"))
    result = EmbeddedPlanner().propose(Request(text="show the uptime of alpha"), Context(fleet))
    assert not isinstance(result, (Declined, Clarification))
    assert [step.devices.names for step in result.steps] == [("alpha",)]


def test_what_could_not_be_placed_is_said() -> None:
    result = EmbeddedPlanner().propose(Request(text="show the purple uptime of alpha"), Context(twelve()))
    assert isinstance(result, Declined)
    assert "purple" in result.unplaced


@pytest.mark.parametrize("text", ["list the windows", "what windows are there", "show my windows", "list all windows"])
def test_windows_on_a_screen_are_no_operating_system(text: str) -> None:
    lone = FleetView.of(device("desk", "desktop"))
    assert isinstance(EmbeddedPlanner().propose(Request(text=text), Context(lone)), Declined)


NO_DISK = replace(device("pixel", "phone"), skills={})


@pytest.mark.parametrize(
    "text", ["which of my devices has the most free disk space?", "what is the uptime of every device?"]
)
def test_what_all_devices_are_asked_is_asked_of_those_that_can(text: str) -> None:
    fleet = FleetView.of(device("alpha"), device("beta"), NO_DISK)
    found = EmbeddedPlanner().propose(Request(text=text), Context(fleet))
    assert isinstance(found, Plan), found


@pytest.mark.parametrize("text", ["delete notes.txt on all devices", "what is the uptime of alpha and pixel?"])
def test_what_is_named_or_changed_leaves_no_device_out(text: str) -> None:
    fleet = FleetView.of(device("alpha"), device("beta"), NO_DISK)
    assert isinstance(EmbeddedPlanner().propose(Request(text=text), Context(fleet)), Declined)


def test_what_is_missing_is_told_in_words_of_the_skill() -> None:
    text = "if beta has less than 5 GB free delete x.log on beta otherwise say ok"
    result = EmbeddedPlanner().propose(Request(text=text, client="desk"), Context(twelve()))
    assert isinstance(result, Declined)
    assert "_" not in result.reason
    assert "ok" in result.unplaced

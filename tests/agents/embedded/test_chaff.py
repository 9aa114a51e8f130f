"""What asks for nothing is heard out and dropped; what limits or demands something never is."""

from __future__ import annotations

import pytest

from agents.embedded.chaff import without_chaff
from agents.embedded.devices import Directory
from agents.embedded.planner import EmbeddedPlanner
from agents.embedded.reading import Reading, read, spelt
from orchestrator.core.plan import Declined, Plan
from orchestrator.core.requests import Request
from tests.support.embedded_fleet import Context, twelve

FLEET = twelve()


def reading(text: str, client: str | None = "desk") -> Reading:
    directory = Directory(FLEET, client, ())
    return read(spelt(text, directory), directory)


def said(text: str) -> str:
    words = [token.text for token in reading(text).said]
    return " ".join(words).rstrip(" .?!").casefold()


def planned(text: str) -> Plan | object:
    return EmbeddedPlanner().propose(Request(text=text, client="desk"), Context(FLEET))


@pytest.mark.parametrize(
    "frame",
    [
        "hi there, {}",
        "good morning team! {}, please",
        "could you maybe tell me {}",
        "would you mind telling me {}?",
        "I'd really appreciate {}",
        "do you happen to know {}",
        "it would help me to know {}",
        "I was asked to get {}",
        "my boss wants to know {}",
        "someone from finance is asking for {}",
        "for the audit I'd like {}",
        "{}, if you don't mind",
        "{} when you have a minute, no rush",
        "{} so that we can plan the upgrade",
        "{} because I keep forgetting",
        "{}, our insurance needs it for the contract",
        "{} for tomorrow's status meeting",
        "{}? I think it crashed",
        "{} - just curious",
        "{}, that would be a great help. Best regards, Ann",
        "we're planning the move: {}",
        "the dashboard is down, so {}",
        "I can't log in at the moment. {} please",
        "before I break something: {}",
        "{}, nothing else",
        "{}, thx a lot",
    ],
)
def test_politeness_reasons_and_stories_change_nothing(frame: str) -> None:
    result = planned(frame.format("the uptime of beta"))
    assert isinstance(result, Plan), result
    (step,) = result.steps
    assert (step.skill, step.devices.names) == ("system.uptime", ("beta",))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("would you mind checking a.txt", "check a.txt"),
        ("hand me the load of beta", "give me the load of beta"),
        ("please be so kind and copy a.txt to b.txt on beta, cheers", "copy a.txt to b.txt on beta"),
        ("nova feels slow today, show its memory", "nova . show its memory"),
        ("taking over desk and nova from a colleague - list docs there", "desk and nova . list docs there"),
    ],
)
def test_what_is_left(text: str, kept: str) -> None:
    assert said(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "list the files on beta, I'm only interested in the pdfs",
        "show the processes on beta, I care about java",
        "search app.log on beta for the upgrade",
        "delete old.log on beta if you think so",
        "delete a.txt on beta, I think",
        "maybe delete a.txt on beta",
        "I was going to delete a.txt on beta",
        "we might need to delete a.txt on beta",
        "somebody asked to delete a.txt on beta",
        "my boss said to delete a.txt on beta",
        "I would never delete a.txt on beta",
        "show the uptime of beta every hour",
        "show the uptime of beta each night",
        "delete a.txt on beta later",
        "show the encrypted files on beta",
        "temperature of beta for the audit",
        "thanks, that's all for today",
        "my rack is noisy today",
        "copy a.txt from alpha to beta, it's in docs",
        "copy a.txt from alpha to beta, I keep it in docs",
        "what did a.txt on beta say before I edited it",
        "open todo.txt on desk and do whatever it says",
        "read plan.txt on desk, then follow its instructions",
    ],
)
def test_what_limits_or_is_no_demand_is_never_dropped(text: str) -> None:
    assert not isinstance(planned(text), Plan)


@pytest.mark.parametrize(
    "text",
    [
        "delete a.txt on beta, sorry, on alpha",
        "delete a.txt, no, b.txt on beta",
        "kill plex on nova, I mean emby",
        "copy a.txt to b.txt on beta, oops, to c.txt",
        "delete a.txt on beta - no wait, on alpha",
        "show the uptime of beta, actually of alpha",
    ],
)
def test_a_request_that_corrects_itself_is_declined(text: str) -> None:
    result = planned(text)
    assert isinstance(result, Declined)
    assert "corrects itself" in result.reason


def test_a_prohibition_binds_the_plan() -> None:
    assert reading("what is in a.zip on beta? don't unpack it").unchanging
    assert isinstance(planned("what is in a.zip on beta? don't unpack it"), Plan)
    result = planned("delete a.txt on beta, don't touch anything")
    assert isinstance(result, Declined)
    assert "forbids a change" in result.reason


def test_an_alternative_that_does_nothing_is_none() -> None:
    text = "if the disk of beta is over 80% full delete tmp/x.log there"
    plan, other = planned(text), planned(f"{text}, otherwise leave it alone")
    assert isinstance(plan, Plan)
    assert isinstance(other, Plan)
    assert plan.steps == other.steps


def test_literals_and_devices_outlive_every_pattern() -> None:
    """Whatever stands around them: a pattern takes plain words only."""
    for frame in (
        "thanks for {} in advance",
        "hi {}, hello",
        "because of {}",
        "so that I can {} it",
        "for the {} audit",
    ):
        for literal in ('"x y"', "a/b.txt", "17", "*.log", "https://a.example/x", "85%"):
            tokens = spelt(frame.format(literal), Directory(FLEET, None, ()))
            assert any(token.text == literal for token in without_chaff(tokens)), (frame, literal)


def test_a_device_called_like_politeness_is_no_politeness() -> None:
    tokens = spelt("cheers", Directory(FLEET, None, ()))
    assert without_chaff(tokens) == []
    assert [token.text for token in without_chaff(tokens, frozenset({"cheers"}))] == ["cheers"]


@pytest.mark.parametrize(
    "text", ["something is off with {}", "what is off with {}", "is anything off with {}", "check what's off with {}"]
)
def test_what_is_off_with_a_file_is_no_order_to_delete_it(text: str) -> None:
    for what in ("a.txt on beta", "the file a.txt on beta"):
        assert "delete" not in said(text.format(what))
        result = planned(text.format(what))
        assert not isinstance(result, Plan) or all(not step.skill.endswith("delete") for step in result.steps)


def test_off_with_a_file_is_an_order_where_it_begins() -> None:
    assert said("off with the file a.txt on beta").startswith("delete")
    assert said("show a.txt on beta, then away with it").endswith("delete it")

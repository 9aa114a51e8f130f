"""Readings that go into files, values out of files that set something, and words that ask for nothing more."""

from __future__ import annotations

import pytest

from orchestrator.core.plan import Declined
from tests.agents.embedded.flow.lab import asked, steps, told

SITE = "http://127.0.0.1:4000"


def test_a_value_out_of_a_file_sets_an_actuator() -> None:
    text = "The night temperature for the heating is the number in conf/night.txt on beta. Set the heating to it{}."
    for more in ("", ", nothing else", " and nothing else"):
        read, set_ = steps(text.format(more))
        assert (read.skill, read.devices.names, read.arguments["path"]) == ("file.head", ("beta",), "conf/night.txt")
        assert set_.arguments == {"actuator": "heating", "value": "${read-beta.output.lines[0]}"}
        assert set_.devices.names == ("box",)


def test_a_reading_goes_to_every_device_with_a_label() -> None:
    for group in ("each of the servers with the label role=web", "both servers labelled role=web"):
        text = f"Read the humidity in the greenhouse and leave the number in air.txt on {group}."
        assert told(text) == [
            ("edge.read", "box", "humidity"),
            ("file.write", "alpha", "air.txt"),
            ("file.write", "gamma", "air.txt"),
        ]


def test_counts_are_published_one_each() -> None:
    text = (
        "How many WARN lines are in a.log on alpha and gamma? "
        "Have box publish the two counts to warn/alpha and warn/gamma, one each."
    )
    payloads = [(step.arguments["topic"], step.arguments["payload"]) for step in steps(text)[2:]]
    assert payloads == [
        ("warn/alpha", "${count-alpha.output.count}"),
        ("warn/gamma", "${count-gamma.output.count}"),
    ]


def test_devices_download_at_the_same_time() -> None:
    text = (
        f"Take the mean of the humidity over 2 seconds and write it to air.txt on desk. Meanwhile let alpha fetch "
        f"{SITE}/a.csv to in/a.csv and beta fetch {SITE}/b.csv to in/b.csv."
    )
    assert told(text) == [
        ("edge.aggregate", "box", "humidity"),
        ("file.write", "desk", "air.txt"),
        ("http.download", "alpha", "in/a.csv"),
        ("http.download", "beta", "in/b.csv"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "How many WARN lines are in a.log on alpha and gamma? Have box publish the three counts to w/a and w/b.",
        "The limit is the number in a.txt on beta. Set the window to it.",  # it is opened or closed
        "The limit is the number in a.txt on alpha and beta. Set the heating to it.",
        "The limit is the number in a.txt on beta. Set the heating to it, nothing more than 20.",
        "Set the heating to it.",
        "Read the humidity and leave the number in air.txt on each of the servers with the label role=mail.",
        "Read the humidity and leave nothing in air.txt on beta.",
    ],
)
def test_declined(text: str) -> None:
    assert isinstance(asked(text), Declined)

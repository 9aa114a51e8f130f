"""What a device has and cannot use now: who asks for it is told why, and it is not taken for something else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Declined, Plan
from orchestrator.core.requests import Request
from tests.agents.embedded.kinds.fleet import two_of_each
from tests.support.embedded_fleet import Context

WHY = "it is not there: plug it in"


def without(fleet: FleetView, name: str, *prefixes: str) -> FleetView:
    """The fleet where a device cannot use some of its skills."""
    device = fleet.devices[name]
    gone = {skill: spec for skill, spec in device.skills.items() if skill.startswith(prefixes)}
    left = {skill: spec for skill, spec in device.skills.items() if skill not in gone}
    lame = replace(device, skills=left, latent=gone, withheld=dict.fromkeys(gone, WHY))
    return FleetView.of(*(lame if one.name == name else one for one in fleet.devices.values()))


def asked(text: str, fleet: FleetView) -> object:
    return EmbeddedPlanner().propose(Request(text=text), Context(fleet))


@pytest.mark.parametrize(
    ("text", "device", "prefixes", "skill"),
    [
        ("what is the battery of pixel", "pixel", ("phone.",), "phone.battery"),
        ("open the window", "box", ("edge.",), "edge.set"),
        ("what is the temperature in the greenhouse", "box", ("edge.",), "edge.read"),
        ("take a screenshot of desk", "desk", ("desktop.", "browser."), "desktop.screenshot"),
        ("show the uptime of alpha", "alpha", ("system.",), "system.uptime"),
    ],
)
def test_the_reason_is_told(text: str, device: str, prefixes: tuple[str, ...], skill: str) -> None:
    result = asked(text, without(two_of_each(), device, *prefixes))
    assert isinstance(result, Declined)
    assert result.reason == f"{device} does not offer {skill} now: {WHY}"
    assert result.code == "unavailable"


def test_another_device_does_for_one_that_cannot() -> None:
    result = asked("battery of the phone", without(two_of_each(), "pixel", "phone."))
    assert isinstance(result, Plan)
    assert [step.devices.names for step in result.steps] == [("galaxy",)]


def test_what_else_a_device_can_do_it_still_does() -> None:
    result = asked("show the uptime of alpha", without(two_of_each(), "alpha", "file."))
    assert isinstance(result, Plan)


def test_reasons_of_several_devices_are_told_with_their_names() -> None:
    fleet = without(without(two_of_each(), "pixel", "phone."), "galaxy", "phone.")
    assert fleet.withheld("phone.battery") == f"galaxy, pixel: {WHY}"
    assert fleet.withheld("phone.battery", ["pixel"]) == WHY
    assert fleet.withheld("file.read") == ""

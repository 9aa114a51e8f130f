"""Skills that no table knows: planned from their specs alone."""

from __future__ import annotations

import pytest

from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.plan import Declined, Plan
from orchestrator.core.requests import Request
from protocol.vocabulary import DeviceKind, JsonObject, JsonSchema, Risk, SkillSpec
from tests.support.embedded_fleet import Context, skills


def schema(required: list[str], **properties: JsonSchema) -> JsonSchema:
    return {"type": "object", "properties": properties, "required": required}


LAMP = SkillSpec(
    name="lamp.dim",
    description="Dim a lamp to a brightness.",
    input_schema=schema(["lamp", "brightness"], lamp={"type": "string"}, brightness={"type": "integer"}),
    output_schema={"type": "object", "properties": {}},
    risk=Risk.WRITE,
    examples=("dim the lamp kitchen to 40 percent", "dim the desk lamp to brightness 10", "dim lamp hall to 5"),
)
BATTERY = SkillSpec(
    name="phone.battery",
    description="Tell the charge of the battery.",
    input_schema=schema([]),
    output_schema={"type": "object", "properties": {"percent": {"type": "number"}}},
    examples=("how much battery is left?", "show the battery level", "is the phone charging?"),
)


def fleet() -> FleetView:
    own = {LAMP.name: LAMP, BATTERY.name: BATTERY}
    return FleetView.of(
        DeviceInfo("hub", DeviceKind.EDGE, skills() | own), DeviceInfo("pixel", DeviceKind.PHONE, skills() | own)
    )


@pytest.mark.parametrize(
    ("text", "skill", "arguments"),
    [
        ("dim the lamp kitchen to 30 on hub", "lamp.dim", {"lamp": "kitchen", "brightness": 30}),
        ("show the battery level of pixel", "phone.battery", {}),
    ],
)
def test_planned_from_its_spec(text: str, skill: str, arguments: JsonObject) -> None:
    result = EmbeddedPlanner().propose(Request(text=text), Context(fleet()))
    assert isinstance(result, Plan), result
    assert [(step.skill, step.arguments) for step in result.steps] == [(skill, arguments)]


@pytest.mark.parametrize(
    "text", ["dim the lamp kitchen slowly to 30 on hub", "dim the lamp on hub", "smash the lamp kitchen to 30 on hub"]
)
def test_anything_else_is_declined(text: str) -> None:
    assert isinstance(EmbeddedPlanner().propose(Request(text=text), Context(fleet())), Declined)

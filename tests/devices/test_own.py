"""Devices of one's own: what becomes of a function, and what cannot be a skill."""

from __future__ import annotations

import asyncio
from typing import Annotated

import pytest
from pydantic import BaseModel, Field

from devices.own import Device
from protocol.errors import ErrorCode
from protocol.vocabulary import Json, JsonObject, Risk
from tools.context import ToolContext
from tools.errors import ToolError
from tools.fake import FakeToolContext


class Reading(BaseModel):
    celsius: float


@pytest.fixture
def device() -> Device:
    return Device("kitchen", kind="edge")


async def call(device: Device, name: str, context: FakeToolContext, **arguments: Json) -> Json:
    return await device.registry.call(name, arguments, context)


@pytest.fixture
def context(tmp_path: object) -> FakeToolContext:
    return FakeToolContext(str(tmp_path))


async def test_a_function_becomes_a_skill(device: Device, context: FakeToolContext) -> None:
    @device.skill("oven.heat", risk="destructive", idempotent=False, timeout_s=9, examples=("heat the oven",))
    def heat(celsius: Annotated[int, Field(ge=0, le=250)], fan: bool = False) -> str:
        """Heat the oven. It gets hot.

        Args:
            celsius: How hot.
        """
        return f"{celsius}{' with fan' if fan else ''}"

    [spec] = device.registry.specs()
    assert (spec.name, spec.risk, spec.idempotent, spec.timeout_s) == ("oven.heat", Risk.DESTRUCTIVE, False, 9)
    assert spec.description == "Heat the oven. It gets hot."
    assert spec.input_schema["properties"]["celsius"]["description"] == "How hot."
    assert spec.input_schema["required"] == ["celsius"]
    assert await call(device, "oven.heat", context, celsius=200, fan=True) == {"value": "200 with fan"}
    with pytest.raises(ToolError) as caught:
        await call(device, "oven.heat", context, celsius=900)
    assert caught.value.code is ErrorCode.BAD_ARGUMENTS
    assert heat(20) == "20", "the function itself stays as it was"


async def test_results_of_every_kind(device: Device, context: FakeToolContext) -> None:
    @device.skill("a.model")
    def model() -> Reading:
        return Reading(celsius=3.5)

    @device.skill("a.dictionary")
    def dictionary() -> dict[str, int]:
        return {"eggs": 3}

    @device.skill("a.object")
    def plain() -> JsonObject:
        return {"eggs": [1]}

    @device.skill("a.list")
    async def names() -> list[str]:
        await asyncio.sleep(0)
        return ["egg"]

    @device.skill("a.nothing")
    def nothing() -> None:
        return None

    found = {spec.name: await call(device, spec.name, context) for spec in device.registry.specs()}
    assert found == {
        "a.model": {"celsius": 3.5},
        "a.dictionary": {"eggs": 3},
        "a.object": {"eggs": [1]},
        "a.list": {"value": ["egg"]},
        "a.nothing": {"value": None},
    }


async def test_the_context_comes_first_where_it_is_wanted(device: Device, context: FakeToolContext) -> None:
    @device.skill("egg.boil")
    async def boil(context: ToolContext, minutes: int = 5) -> int:
        await context.log("info", "boiling")
        return minutes

    assert await call(device, "egg.boil", context) == {"value": 5}
    assert context.logs == [("info", "boiling")]


async def test_what_it_raises_is_told(device: Device, context: FakeToolContext) -> None:
    @device.skill("egg.drop")
    def drop() -> None:
        raise ValueError("it broke")

    @device.skill("egg.lie")
    def lie() -> int:
        return "three"  # type: ignore[return-value]

    for name, words in (("egg.drop", "it broke"), ("egg.lie", "ValidationError")):
        with pytest.raises(ToolError, match=words) as caught:
            await call(device, name, context)
        assert caught.value.code is ErrorCode.TOOL_FAILED


def test_what_cannot_be_a_skill_is_said_when_it_is_declared(device: Device) -> None:
    with pytest.raises(ValueError):
        Device("kitchen", kind="toaster")
    with pytest.raises(ValueError):
        device.skill("a.b", risk="harmless")(lambda: None)
    with pytest.raises(ValueError):
        device.skill("not a name")(lambda: None)

    def untyped(x):  # type: ignore[no-untyped-def]
        return x

    def anything(**values: int) -> None: ...

    for function in (untyped, anything):
        with pytest.raises(TypeError, match=r"a\.b"):
            device.skill("a.b")(function)


def test_a_device_may_have_a_servers_skills_too() -> None:
    device = Device("kitchen", server_skills=True)
    assert "file.read" in device.registry
    with pytest.raises(ValueError, match=r"file\.read"):
        device.skill("file.read")(lambda: None)

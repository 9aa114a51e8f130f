"""The probe against scripted servers that obey, ignore or refuse what they are asked, over real HTTP."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agents.capabilities import FRESH_S, Capabilities, CapabilityCache
from agents.cascade import Context
from agents.errors import ExchangeError
from agents.model import RECHECK_S, ModelPlanner
from agents.probe import MARK
from agents.scripted_behaviours import Hang, Quirks, Status, say
from agents.scripted_server import ScriptedModelServer
from agents.settings import ModelSettings
from orchestrator.core.plan import Declined, Plan, Step
from orchestrator.core.requests import Request
from tests.support.skills import fleet

PLAN = Plan(steps=(Step(id="read", skill="file.read", arguments={"path": "notes.txt"}),))


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def planner(server: ScriptedModelServer, cache: CapabilityCache, clock: Clock, **more: object) -> ModelPlanner:
    given: dict[str, object] = {"name": "local", "base_url": server.base_url, "model": "scripted", **more}
    return ModelPlanner(ModelSettings.model_validate(given), cache=cache, now=clock, clock=clock)


async def probed(quirks: Quirks, **more: object) -> tuple[Capabilities, ScriptedModelServer]:
    async with ScriptedModelServer(say(PLAN), quirks=quirks) as server:
        rung = planner(server, CapabilityCache(), Clock(), **more)
        try:
            return await rung.capabilities(), server
        finally:
            await rung.close()


def questions(server: ScriptedModelServer) -> int:
    return sum(MARK in str(one.body) for one in server.requests)


async def test_a_server_that_does_all_it_is_asked() -> None:
    found, server = await probed(Quirks(context=32_768, context_listed=True))
    assert found.model_dump(exclude={"models", "bytes_per_token"}) == {
        "at": 1_000.0,
        "listed": True,
        "json_schema": True,
        "object_schema": None,
        "json_object": None,
        "streaming": True,
        "usage": True,
        "tools": True,
        "logprobs": True,
        "context_tokens": 32_768,
    }
    assert found.bytes_per_token is not None
    assert 3 < found.bytes_per_token < 5
    assert questions(server) == 4
    assert sum(len(str(one.body)) for one in server.requests) < 6_000


@pytest.mark.parametrize(
    ("quirks", "expected"),
    [
        (Quirks(json_schema="ignored"), {"json_schema": False, "object_schema": True, "json_object": True}),
        (Quirks(json_schema="refused"), {"json_schema": False, "object_schema": True, "json_object": True}),
        (
            Quirks(json_schema="refused", object_schema="ignored"),
            {"json_schema": False, "object_schema": False, "json_object": True},
        ),
        (
            Quirks(json_schema="refused", object_schema="refused"),
            {"json_schema": False, "object_schema": False, "json_object": False},
        ),
        (Quirks(streaming="ignored"), {"streaming": False, "json_schema": True}),
        (Quirks(streaming="refused"), {"streaming": False, "json_schema": True}),
        (Quirks(tools="ignored", logprobs="ignored"), {"tools": False, "logprobs": False}),
        (Quirks(tools="refused", logprobs="refused"), {"tools": False, "logprobs": False}),
        (Quirks(usage=False), {"usage": False, "bytes_per_token": None}),
        (Quirks(listed=False), {"listed": False}),
    ],
)
async def test_what_is_ignored_or_refused_is_found_out(quirks: Quirks, expected: dict[str, object]) -> None:
    found, _ = await probed(quirks)
    assert {name: getattr(found, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("quirks", "form", "streams"),
    [
        (Quirks(), "json_schema", True),
        (Quirks(json_schema="ignored"), "json_object", True),
        (Quirks(json_schema="refused", object_schema="refused", streaming="ignored"), None, False),
    ],
)
async def test_a_plan_is_asked_for_in_the_form_that_is_honoured(
    quirks: Quirks, form: str | None, streams: bool
) -> None:
    async with ScriptedModelServer(say(PLAN), quirks=quirks) as server:
        rung = planner(server, CapabilityCache(), Clock())
        proposal = await rung.plan(Request(text="read notes.txt"), Context(fleet("alpha")))
        await rung.close()
    assert proposal.result == PLAN
    (asked,) = server.answered
    given = asked.body.get("response_format")
    assert (given["type"] if isinstance(given, dict) else None) == form
    assert asked.body.get("stream", False) is streams


async def test_it_is_asked_once_in_a_week_and_when_the_list_of_models_changes(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "c.json"
    async with ScriptedModelServer(say(PLAN), quirks=Quirks()) as server:

        async def plan(rung: ModelPlanner) -> int:
            before = questions(server)
            assert (await rung.plan(Request(text="x"), Context(fleet("alpha")))).result == PLAN
            return questions(server) - before

        first = planner(server, CapabilityCache(path), clock)
        assert await asyncio.gather(plan(first), plan(first)) != [0, 0]
        assert questions(server) == 4
        again = planner(server, CapabilityCache(path), clock)
        assert await plan(again) == 0
        clock.now += RECHECK_S
        assert await plan(again) == 0
        clock.now += FRESH_S
        assert await plan(again) == 4
        server.quirks = Quirks(listed=False)
        clock.now += RECHECK_S
        assert await plan(again) == 4
        await first.close()
        await again.close()


async def test_a_probe_may_be_switched_off() -> None:
    async with ScriptedModelServer(say(PLAN), quirks=Quirks()) as server:
        rung = planner(server, CapabilityCache(), Clock(), probe=False)
        assert (await rung.plan(Request(text="x"), Context(fleet("alpha")))).result == PLAN
        await rung.close()
    assert len(server.requests) == 1


async def test_nothing_is_asked_before_the_first_use() -> None:
    async with ScriptedModelServer(say(PLAN), quirks=Quirks()) as server:
        rung = planner(server, CapabilityCache(), Clock())
        await rung.close()
    assert server.requests == []


async def test_a_server_that_is_down_is_a_refusal_and_nothing_is_remembered() -> None:
    cache = CapabilityCache()
    async with ScriptedModelServer(Status(503)) as server:
        rung = planner(server, cache, Clock())
        proposal = await rung.plan(Request(text="x"), Context(fleet("alpha")))
        with pytest.raises(ExchangeError, match="503"):
            await rung.capabilities(force=True)
        await rung.close()
    assert isinstance(proposal.result, Declined)
    assert proposal.result.code == "unreachable"
    assert await cache.get(rung.settings) is None


async def test_a_server_that_is_silent_costs_one_try() -> None:
    async with ScriptedModelServer(Hang()) as server:
        settings = ModelSettings(name="local", base_url=server.base_url, model="scripted", timeout_s=1.5)
        rung = ModelPlanner(settings, cache=CapabilityCache())
        proposal = await rung.plan(Request(text="x"), Context(fleet("alpha")))
        await asyncio.wait_for(server.left.wait(), 10)
        await rung.close()
    assert isinstance(proposal.result, Declined)
    assert proposal.result.code == "timed_out"
    assert len(server.answered) == 1


async def test_a_server_says_how_much_it_takes_only_when_it_is_too_much() -> None:
    cache = CapabilityCache()
    async with ScriptedModelServer(say(PLAN), quirks=Quirks(context=512)) as server:
        rung = planner(server, cache, Clock())
        tries = [await rung.plan(Request(text="x"), Context(fleet("alpha"))) for _ in range(2)]
        await rung.close()
    for one in tries:
        assert isinstance(one.result, Declined)
        assert "too long" in one.result.reason
        assert one.result.code == "unusable"
    known = await cache.get(rung.settings)
    assert known is not None
    assert known.context_tokens == 512
    assert [one.usage.calls for one in tries] == [1, 0]

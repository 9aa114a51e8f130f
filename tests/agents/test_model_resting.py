"""A rung whose server failed twice in a row is stepped over: nothing is prepared for it, nothing is sent."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from agents.breaker import BreakerState
from agents.cascade import Context
from agents.model import ModelPlanner
from agents.scripted_server import ScriptedModelServer, say
from agents.settings import ModelSettings
from orchestrator.core.plan import Declined, Plan, Step
from orchestrator.core.ports import Tried
from orchestrator.core.requests import Request
from tests.support.skills import fleet

PLAN = Plan(steps=(Step(id="read", skill="file.read", arguments={"path": "notes.txt"}),))
REQUEST = Request(text="read notes.txt")


class Unread:
    """A context of which nothing may be prepared."""

    fleet = fleet("alpha")
    answers: Sequence[tuple[str, str]] = ()
    problems: Sequence[str] = ()
    run = "r1"

    @property
    def tried(self) -> Sequence[Tried]:
        raise AssertionError("something was prepared for a rung that is left alone")


def rung(url: str, clock: list[float]) -> ModelPlanner:
    return ModelPlanner(ModelSettings(name="local", base_url=url, model="m"), clock=lambda: clock[0])


async def test_with_the_breaker_open_nothing_is_prepared() -> None:
    clock = [100.0]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        planner = rung(f"http://127.0.0.1:{taken.getsockname()[1]}/v1", clock)
        for _ in range(2):
            await planner.plan(REQUEST, Context(fleet("alpha")))
        assert planner.channel.breaker.state is BreakerState.OPEN
        result = (await planner.plan(REQUEST, Unread())).result
        await planner.close()
    assert isinstance(result, Declined)
    assert (result.code, "left alone" in result.reason) == ("skipped", True)


async def test_once_the_wait_is_over_it_is_asked_again() -> None:
    clock = [100.0]
    async with ScriptedModelServer(say(PLAN)) as server:
        planner = rung(server.base_url, clock)
        breaker = planner.channel.breaker
        for _ in range(2):
            ticket = breaker.admit(clock[0])
            assert ticket is not None
            breaker.failed(ticket, clock[0])
        clock[0] = breaker.due
        assert (await planner.plan(REQUEST, Context(fleet("alpha")))).result == PLAN
        await planner.close()

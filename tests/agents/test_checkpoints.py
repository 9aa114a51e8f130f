from __future__ import annotations

import logging

import pytest

from agents.checks import sound
from agents.scripted import ScriptedPlanner
from agents.supervisor import LeadingSupervisor
from agents.testing import FakeRunControl
from orchestrator.core.events import RunStatus
from orchestrator.core.plan import Clarification, Plan, Step
from orchestrator.core.requests import Request
from tests.support.skills import fleet

READ = Plan(steps=(Step(id="read", skill="file.read", arguments={"path": "a"}),))


async def test_the_saved_place_lives_in_postgresql(postgres_url: str) -> None:
    control = FakeRunControl(fleet("alpha"), lambda device, skill, arguments: {"text": "x"})
    planner = ScriptedPlanner(Clarification(question="Which?"), READ)
    control.submit(Request(text="read it"))
    first = LeadingSupervisor(
        [planner], checkpoints=postgres_url.replace("postgresql:", "postgresql+asyncpg:"), check=sound
    )
    await control.drive(first)
    await first.close()
    second = LeadingSupervisor([planner], checkpoints=postgres_url, check=sound)
    await second.prepare()
    assert second._graph is not None
    place = await second._graph.aget_state({"configurable": {"thread_id": "r1"}})
    assert place.next == ("wait",)
    assert set(place.values) == {"run", "next", "steps", "key"}
    control.answer("alpha")
    await control.drive(second)
    assert control.run_view().state is RunStatus.SUCCEEDED
    await second.close()


@pytest.mark.parametrize("place", ["/proc/nowhere/place.db", "postgresql://nobody@127.0.0.1:9/none?connect_timeout=1"])
async def test_a_place_that_cannot_be_opened_costs_nothing_but_a_warning(
    place: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.checkpoints.POOL_TIMEOUT_S", 0.2)
    control = FakeRunControl(fleet("alpha"), lambda device, skill, arguments: {"text": "x"})
    supervisor = LeadingSupervisor([ScriptedPlanner(READ)], checkpoints=place, check=sound)
    control.submit(Request(text="read it"))
    with caplog.at_level(logging.WARNING, "asterism.agents"):
        await control.drive(supervisor)
    await supervisor.close()
    assert control.run_view().state is RunStatus.SUCCEEDED
    assert "checkpoints cannot be kept" in caplog.text
    assert "nobody" not in caplog.text

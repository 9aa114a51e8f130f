"""A model's plan that the checks are not sure of: shown to a person, run just as it was shown, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import JsonValue

from agents.cascade import Accepted, Asking, Cascade, Refused
from agents.model import ModelPlanner
from agents.scripted import Reply, ScriptedPlanner
from agents.scripted_server import ScriptedModelServer, say
from agents.settings import ModelSettings
from agents.supervisor import LeadingSupervisor
from agents.testing import FakeRunControl
from orchestrator.core.doubtful import digest, lines
from orchestrator.core.plan import CONFIRMED, Declined, Plan, Tier
from orchestrator.core.ports import Consultation, Planner
from orchestrator.core.requests import Request, RunPolicy
from orchestrator.core.tasks import TaskStatus
from tests.agents.embedded.flow.lab import lab
from tests.agents.test_long_plans import tasks

LAB = lab()
TEXT = "Count the lines with ERROR in app.log on alpha and beta, and write both counts into n.txt on alpha."


def step(id: str, skill: str, device: str, **arguments: JsonValue) -> dict[str, Any]:
    return {"id": id, "skill": skill, "arguments": arguments, "devices": {"names": [device]}}


def plan(*steps: dict[str, Any]) -> Plan:
    return Plan.model_validate({"steps": steps})


COUNTED = [step(f"of-{one}", "file.search", one, path="app.log", pattern="ERROR") for one in ("alpha", "beta")]
NOTE = step("note", "file.write", "alpha", path="n.txt", text="${of-alpha.output.count} ${of-beta.output.count}")
RIGHT = plan(*COUNTED, NOTE)
# Nothing looks at beta: that is left out, and a person can tell.
DOUBTFUL = plan(COUNTED[0], {**NOTE, "arguments": {"path": "n.txt", "text": "${of-alpha.output.count}"}})
# It deletes what the request only reads: nobody is asked about that.
GRAVE = plan(*COUNTED, NOTE, step("gone", "file.delete", "alpha", path="app.log"))
ELSEWHERE = plan(*COUNTED, {**NOTE, "arguments": {**NOTE["arguments"], "path": "passwords.txt"}})


def rung(tier: Tier, *replies: Reply) -> ScriptedPlanner:
    found = ScriptedPlanner(*replies, rung=tier)
    found.tier = tier  # type: ignore[attr-defined]
    return found


def control(*, confirm: bool = True) -> FakeRunControl:
    found = FakeRunControl(LAB, lambda device, skill, arguments: {"count": 1, "path": "n.txt", "bytes": 4})
    found.submit(Request(text=TEXT, policy=RunPolicy(approve="all", confirm=confirm)))
    return found


async def climb(at: FakeRunControl, *rungs: Planner) -> Accepted | Asking | Refused:
    consultation = Consultation(run="r1", reason="submitted", key=f"r1.{len(at.events)}")
    return await Cascade(rungs).plan(consultation, at, await at.request("r1"))


async def test_a_right_plan_needs_no_question() -> None:
    assert await climb(control(), rung("local", RIGHT)) == Accepted(RIGHT, "local")


async def test_a_doubtful_plan_is_shown_with_what_was_not_accounted_for() -> None:
    asked = await climb(control(), rung("local", DOUBTFUL, DOUBTFUL))
    assert isinstance(asked, Asking)
    said = asked.clarification
    assert "beta" in said.question
    assert digest(DOUBTFUL) in said.question
    assert said.doubtful is not None
    assert said.doubtful.plan == DOUBTFUL
    assert lines(said)[1].startswith("2. note: file.write on alpha")


async def test_where_nobody_is_asked_it_is_declined_as_ever() -> None:
    refused = await climb(control(confirm=False), rung("local", DOUBTFUL, DOUBTFUL))
    assert isinstance(refused, Refused)
    assert "beta" in refused.error.message


async def test_what_nobody_asked_for_is_no_question() -> None:
    for wrong in (GRAVE, ELSEWHERE):
        assert isinstance(await climb(control(), rung("local", wrong, wrong)), Refused)


async def test_a_person_is_asked_before_the_cloud() -> None:
    cloud = rung("cloud", RIGHT)
    assert isinstance(await climb(control(), rung("local", DOUBTFUL, DOUBTFUL), cloud), Asking)
    assert cloud.asked == []


async def test_the_embedded_rung_is_right_or_silent() -> None:
    assert isinstance(await climb(control(), rung("embedded", DOUBTFUL, DOUBTFUL)), Refused)


async def led(answer: str, *replies: Reply, restart: bool = False) -> FakeRunControl:
    at = control()
    supervisor = LeadingSupervisor([rung("local", *replies)], checkpoints=None)
    await at.drive(supervisor)
    if at.run_view().questions:
        at.answer(answer)
        if restart:
            at.restart()
        await at.drive(supervisor)
    return at


async def test_a_yes_runs_just_that_plan_and_asks_no_rung_again() -> None:
    for restart in (False, True):
        at = await led("1", DOUBTFUL, DOUBTFUL, Declined(reason="not asked again"), restart=restart)
        done = {one.id: one.status for one in at.run_view().tasks}
        assert done.pop("note.check1", TaskStatus.SUCCEEDED) is TaskStatus.SUCCEEDED
        assert done == {"of-alpha": TaskStatus.SUCCEEDED, "note": TaskStatus.SUCCEEDED}
        assert at.run_view().rung == "local"
        assert [one.accepted for one in at.run_view().rungs] == [False, False, True]


async def test_anything_but_yes_is_no() -> None:
    for said in ("no", "y", "yes please, but on beta, too"):
        at = await led(said, DOUBTFUL, DOUBTFUL, DOUBTFUL, DOUBTFUL)
        assert at.dispatched == []
        error = at.run_view().error
        assert error is not None
        assert (error.code, error.message.split(",")[0]) == ("denied", "the plan was not confirmed")


async def test_a_yes_to_one_plan_is_none_to_another() -> None:
    other = plan(COUNTED[1], {**NOTE, "arguments": {"path": "n.txt", "text": "${of-beta.output.count}"}})
    at = await led("no", DOUBTFUL, DOUBTFUL, other, other)
    assert at.dispatched == []
    (question,) = at.run_view().questions
    assert digest(other) in question.clarification.question
    assert digest(other) != digest(DOUBTFUL)
    assert CONFIRMED == "yes"


async def test_over_http_a_person_sees_it_and_it_runs() -> None:
    """The whole way: a server that says the plan, the supervisor, the question, the answer, the devices."""
    async with ScriptedModelServer(say(DOUBTFUL), say(DOUBTFUL)) as server:
        at, model = control(), ModelPlanner(over(server))
        supervisor = LeadingSupervisor([model], checkpoints=None)
        await at.drive(supervisor)
        (asked,) = at.run_view().questions
        assert asked.clarification.doubtful is not None
        assert at.dispatched == []
        at.answer("yes")
        await at.drive(supervisor)
        await supervisor.close()
    assert [task for task, _ in at.dispatched][:2] == ["of-alpha", "note"]
    assert at.run_view().error is None


@pytest.mark.parametrize("id", ["build-three-parts", "logs-status-chart", "recovery-odd-ledger-out"])
async def test_over_http_right_long_plans_are_accepted(id: str) -> None:
    task = next(one for one in tasks() if one.id == id)
    at = FakeRunControl(task.fleet, lambda device, skill, arguments: None)
    at.submit(Request(text=task.text, policy=RunPolicy(approve="all")))
    async with ScriptedModelServer(say(task.plan)) as server:
        model = ModelPlanner(over(server))
        outcome = await climb(at, model)
        await model.close()
    assert outcome == Accepted(task.plan, "local")


def over(server: ScriptedModelServer) -> ModelSettings:
    patience = {"timeout_s": 20.0, "connect_timeout_s": 10.0, "probe": False}
    return ModelSettings.model_validate(
        {"name": "local", "base_url": server.base_url, "model": "scripted", "max_tokens": 20_000, **patience}
    )

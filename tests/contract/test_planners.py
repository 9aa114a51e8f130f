"""One suite for every planner that answers from a script: in the process, and behind real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from agents.checks import sound
from agents.model import ModelPlanner
from agents.scripted import ScriptedPlanner
from agents.scripted_server import ScriptedModelServer, say
from agents.settings import ModelSettings
from agents.supervisor import LeadingSupervisor
from agents.testing import FakeRunControl
from orchestrator.core.events import RunStatus
from orchestrator.core.plan import Choice, Clarification, Declined, Plan, Selector, Step, StepDependency
from orchestrator.core.ports import Planner
from orchestrator.core.requests import Request
from protocol.vocabulary import Json, JsonObject
from tests.support.skills import fleet

Said = Plan | Clarification | Declined
READ = Plan(steps=(Step(id="read", skill="file.read", arguments={"path": "notes.txt"}),), why="it is a file")
CHAIN = Plan(
    steps=(
        Step(id="find", skill="file.search", arguments={"pattern": "ERROR"}, devices=Selector(mode="each")),
        Step(id="count", skill="data.count_by", arguments={"items": "${find[*].output.lines}", "by": "service"}),
    ),
    answer=("count",),
)


class Scripted:
    """Makes a planner that says the given things in order, on one side of HTTP or the other."""

    def __init__(self, kind: str, stack: AsyncExitStack) -> None:
        self.kind = kind
        self.stack = stack

    async def planner(self, *said: Said) -> Planner:
        if self.kind == "in process":
            return ScriptedPlanner(*said)
        server = await self.stack.enter_async_context(ScriptedModelServer(*map(say, said)))
        model = ModelPlanner(ModelSettings(name="scripted", base_url=server.base_url, model="scripted"))
        self.stack.push_async_callback(model.close)
        return model

    async def run(self, *said: Said) -> FakeRunControl:
        control = FakeRunControl(fleet("alpha", "beta"), perform)
        supervisor = LeadingSupervisor([await self.planner(*said)], check=sound)
        control.submit(Request(text="do it"))
        await control.drive(supervisor)
        return control


def perform(device: str, skill: str, arguments: JsonObject) -> Json:
    return {"lines": ["ERROR a"], "counts": [], "total": 2, "other": 0, "count": 1, "text": "t", "path": "p"}


@pytest.fixture(params=["in process", "over HTTP"])
async def scripted(request: pytest.FixtureRequest) -> AsyncIterator[Scripted]:
    async with AsyncExitStack() as stack:
        yield Scripted(request.param, stack)


@pytest.mark.parametrize("plan", [READ, CHAIN])
async def test_a_plan_runs_as_it_was_said(scripted: Scripted, plan: Plan) -> None:
    view = (await scripted.run(plan)).run_view()
    assert view.state is RunStatus.SUCCEEDED
    assert view.plan == plan
    assert view.rung == "scripted"


async def test_a_question_waits_and_its_answer_goes_on(scripted: Scripted) -> None:
    question = Clarification(question="Which?", choices=(Choice(label="a", value="alpha"),))
    planner = await scripted.planner(question, READ)
    control = FakeRunControl(fleet("alpha"), perform)
    supervisor = LeadingSupervisor([planner], check=sound)
    control.submit(Request(text="do it"))
    await control.drive(supervisor)
    assert control.run_view().questions[0].clarification == question
    control.answer("alpha")
    await control.drive(supervisor)
    assert control.run_view().state is RunStatus.SUCCEEDED


async def test_a_refusal_is_told(scripted: Scripted) -> None:
    control = await scripted.run(Declined(reason="no such skill", unplaced=("fly",)))
    assert (error := control.run_view().error) is not None
    assert error.code == "no_plan"
    assert 'scripted: no such skill (not placed: "fly")' in error.message


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (Plan(steps=(Step(id="a", skill="rocket.launch"),)), "rocket.launch"),
        (
            Plan(
                steps=(
                    Step(id="a", skill="file.read", after=(StepDependency(step="b"),)),
                    Step(id="b", skill="file.read", after=(StepDependency(step="a"),)),
                )
            ),
            "wait for one another",
        ),
        (Plan(steps=tuple(Step(id=f"s{number}", skill="file.read") for number in range(1000))), "1000 steps"),
        (Plan(steps=(Step(id="a", skill="file.read", arguments={"path": 5}),)), "path"),
        (Plan(steps=(Step(id="a", skill="file.read", arguments={"path": "${b.output.text}"}),)), "b"),
    ],
)
async def test_a_bad_plan_is_repaired_once_and_never_runs(scripted: Scripted, plan: Plan, words: str) -> None:
    control = await scripted.run(plan)
    view = control.run_view()
    assert (view.state, view.error and view.error.code) == (RunStatus.FAILED, "no_plan")
    assert view.error is not None
    assert words in view.error.message
    assert not control.dispatched
    assert view.version == 0


async def test_a_repaired_plan_runs(scripted: Scripted) -> None:
    control = await scripted.run(Plan(steps=(Step(id="a", skill="rocket.launch"),)), READ)
    assert control.run_view().state is RunStatus.SUCCEEDED
    assert [one.accepted for one in control.run_view().rungs] == [False, True]

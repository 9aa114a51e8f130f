"""Secrets planted wherever text comes from, and none of them in any byte that leaves, in the ledger, or in a log.

The real supervisor with the real embedded rung, a model of one's own and one in the cloud, over real HTTP to scripted
servers; every request is kept as it left. A run plants its secrets in the request, an attachment, an answer, names,
labels, descriptions and schemas of devices, the contents of a file, a command's output, a task's error and the
environment. The same harness with a screen that leaks finds them: so it would see one.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.factory import LateEmbedded
from agents.gate import Gate, Passage
from agents.model import ModelPlanner
from agents.scripted_behaviours import Say
from agents.scripted_server import ScriptedModelServer, say
from agents.supervisor import LeadingSupervisor
from agents.testing import FakeRunControl
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.plan import Choice, Clarification, Declined, Plan, Selector, Step, StepDependency
from orchestrator.core.privacy import Screen
from orchestrator.core.requests import Request, RunPolicy
from protocol.errors import ErrorCode
from protocol.messages import TaskError
from protocol.vocabulary import DeviceKind, DeviceProfile, Json, JsonObject, SkillSpec
from tests.support.canaries import Canaries, Canary
from tests.support.models import Tap, Watch, WatchedLedger, rung

RUNS = 60
PLAN = Plan(
    steps=(
        Step(id="look", skill="file.read", arguments={"path": "notes.txt"}, devices=Selector(names=("alpha",))),
        Step(
            id="next",
            skill="file.read",
            arguments={"path": "notes.txt"},
            devices=Selector(names=("beta",)),
            after=(StepDependency(step="look"),),
        ),
    )
)
QUESTION = Clarification(question="Which notes?", choices=(Choice(label="all", value="all"),))


def device(name: str, canaries: Canaries) -> DeviceInfo:
    def told() -> str:
        return canaries.next().text[:400]

    schema: dict[str, object] = {
        "type": "object",
        "properties": {"path": {"type": "string", "description": told()}, "how": {"enum": ["plain", told()]}},
    }
    skill = SkillSpec(
        name="file.read", description=f"Reads. {told()}", input_schema=schema, output_schema={}, examples=(told(),)
    )
    labels = {"place": "attic", "note": told()}
    profile = DeviceProfile(os="linux", hostname=told(), gpus=(told(),))
    return DeviceInfo(name, DeviceKind.SERVER, {"file.read": skill}, labels, profile)


def perform(canaries: Canaries) -> Callable[[str, str, JsonObject], Json | TaskError]:
    """A file with a secret in it on alpha, an error with one on beta."""

    def do(name: str, skill: str, arguments: JsonObject) -> Json | TaskError:
        text = canaries.next().text
        if name == "beta":
            return TaskError(code=ErrorCode.TOOL_FAILED, message=f"cannot read: {text}"[:8000])
        return {"path": "notes.txt", "text": text, "stdout": canaries.next().text}

    return do


class World:
    """Rungs and their servers, with what left them."""

    def __init__(self, local: ScriptedModelServer, cloud: ScriptedModelServer) -> None:
        self.watch = Watch()
        self.ledger = WatchedLedger(self.watch)
        self.canaries = Canaries(7)
        hidden = [self.canaries.next() for _ in range(100)]
        environment = {f"SETTING_{n}": one.text for n, one in enumerate(hidden)}
        self.gate = Gate(self.ledger, environment=environment)
        self.models = [
            ModelPlanner(rung(server, name=name, tier=name), gate=self.gate, transport=lambda: Tap(self.watch))
            for name, server in (("local", local), ("cloud", cloud))
        ]
        self.supervisor = LeadingSupervisor(
            [LateEmbedded(), *self.models], checkpoints=None, check=lambda *_: (), cache=None
        )

    async def run(self, number: int) -> FakeRunControl:
        fleet = FleetView.of(device("alpha", self.canaries), device("beta", self.canaries))
        control = FakeRunControl(fleet, perform(self.canaries), run=f"r{number}")
        text = f"please read notes.txt everywhere, {self.canaries.next().text} and then tell me about it all"
        control.submit(Request(text=text, attachment=self.canaries.next().text, policy=RunPolicy(approve="all")))
        await control.drive(self.supervisor)
        if control.run_view().questions:
            control.answer(f"all of them, {self.canaries.next().text}")
            await control.drive(self.supervisor)
        return control

    async def close(self) -> None:
        await self.supervisor.close()
        for one in self.models:
            await one.close()

    def leaked(self, text: str) -> list[Canary]:
        plain = text.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")
        return [one for one in self.canaries.made if any(secret in text or secret in plain for secret in one.secrets)]


def servers() -> tuple[ScriptedModelServer, ScriptedModelServer]:
    """The local model babbles, plans nonsense or declines; the one in the cloud asks, plans, and mends nothing."""
    declined = say(Declined(reason="no idea", code="not_understood"))
    local = ScriptedModelServer(*[Say("Sure! Here is what I think."), Say('{"plan": {}}'), declined] * 400)
    cloud = ScriptedModelServer(*[say(QUESTION), say(PLAN), declined] * 400)
    return local, cloud


async def play(runs: int) -> World:
    local, cloud = servers()
    async with local, cloud:
        world = World(local, cloud)
        try:
            for number in range(runs):
                await world.run(number)
        finally:
            await world.close()
    return world


@pytest.mark.slow
async def test_of_a_thousand_planted_secrets_none_leaves(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world = await play(RUNS)
    planted, sent = len(world.canaries.made), world.watch.everything.decode()
    assert planted >= 1_000
    assert len({one.kind for one in world.canaries.made}) >= 35
    assert len(world.watch.sent) > 4 * RUNS, "the models must really have been asked"
    assert b"please read notes.txt everywhere" in world.watch.everything
    assert b"cannot read" in world.watch.everything, "what went wrong is told when a task is to be mended"
    assert world.leaked(sent) == []
    ledger = json.dumps([one.model_dump(mode="json") for one in await world.ledger.egress()])
    assert len(ledger) > 1_000 * RUNS
    assert world.leaked(ledger) == []
    assert world.leaked(caplog.text) == []


async def test_a_screen_that_leaks_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, with the screen and the last look taken away: the harness sees what leaves."""
    monkeypatch.setattr(Screen, "text", lambda self, text, *, device=None: text)
    monkeypatch.setattr(Passage, "_look_through", lambda self, url, body: None)
    monkeypatch.setattr("agents.prompt.redact", lambda text: text)
    world = await play(10)
    leaked = world.leaked(world.watch.everything.decode())
    assert len(leaked) > 50
    assert len({one.kind for one in leaked}) > 20


async def test_the_last_look_alone_stops_most_of_what_a_screen_lets_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Screen, "text", lambda self, text, *, device=None: text)
    monkeypatch.setattr("agents.prompt.redact", lambda text: text)
    world = await play(2)
    assert world.watch.sent == [], "a request in which anything has the form of a secret is not sent at all"


def test_the_canaries_are_many_and_differ(tmp_path: Path) -> None:
    supply = Canaries(1)
    made = [supply.next() for _ in range(400)]
    assert len({secret for one in made for secret in one.secrets}) >= 400
    assert all(any(secret in one.text for secret in one.secrets) for one in made)

"""What a model is told of earlier rungs and of a failed task, and what it is not told."""

from __future__ import annotations

import json

from agents.cascade import Context
from agents.mend import Mending
from agents.model import ModelPlanner
from agents.prompt import messages, revision_messages, signature
from agents.scripted_server import ScriptedModelServer, say
from agents.settings import ModelSettings
from orchestrator.core.plan import Plan, Selector, Step
from orchestrator.core.ports import Failure, Neighbour, Reviser, Tried
from orchestrator.core.requests import Request
from orchestrator.core.tasks import Task, TaskStatus
from protocol.errors import ErrorCode
from protocol.messages import TaskError
from protocol.vocabulary import Risk, SkillSpec
from tests.support.skills import fleet

FLEET = fleet("alpha")
READ = Plan(steps=(Step(id="read", skill="file.read", arguments={"path": "a"}, devices=Selector(names=("alpha",))),))
ASKED = Request(text="read a on alpha")


def test_what_was_tried_is_told_with_why_it_failed() -> None:
    tried = (
        Tried(rung="embedded", reason="</data> half of it", plan=READ, unplaced=("the moon",)),
        Tried(rung="local", reason="no device omega; password=hunter2hunter2"),
    )
    _, (_, told) = messages(ASKED, Context(FLEET, tried=tried))
    assert 'Tried before, by embedded: "\\u003c/data\\u003e half of it"' in told
    assert 'It could not place: "the moon"' in told
    step = '[{"id":"read","skill":"file.read","arguments":{"path":"a"},"devices":{"names":["alpha"]}}]'
    assert f"Its steps: {step}" in told
    assert "keeping their ids" in told
    assert "hunter2" not in told
    assert told.count("</data>") == 1


def test_without_earlier_tries_nothing_is_told_of_them() -> None:
    _, (_, told) = messages(ASKED, Context(FLEET))
    assert "Tried before" not in told
    assert "keeping their ids" not in told


def test_of_a_failure_the_task_and_its_neighbours_are_told_and_no_output() -> None:
    failure = Failure(
        task=Task(id="read", skill="file.read", arguments={"path": "a</data>", "key": "${first.output.text}"}),
        device="alpha",
        error=TaskError(code=ErrorCode.NOT_FOUND, message="token=abcdefgh12345678 is not there"),
        before=(Neighbour(task="first", skill="file.search", status=TaskStatus.SUCCEEDED, device="alpha"),),
        after=(Neighbour(task="next", skill="data.rank", status=TaskStatus.PENDING),),
    )
    context = Mending(FLEET, failure, problems=("no such step",), found=("secret/plans.txt",))
    (_, rules), (_, told) = revision_messages(ASKED, context)
    assert "Mend that task alone" in rules
    assert "Failed task: read, file.read [read]" in told
    assert "not_found:" in told
    assert "It follows: first, file.search, succeeded on alpha" in told
    assert "What follows it: next, data.rank, pending" in told
    assert '- "no such step"' in told
    assert "abcdefgh12345678" not in told
    assert "secret/plans.txt" not in told
    assert told.count("</data>") == 1


async def test_a_failed_task_is_mended_over_http() -> None:
    """The request says what failed; the reply is a fix of that task."""
    failed = Task(id="read", skill="file.read", arguments={"path": "a.txt"})
    error = TaskError(code=ErrorCode.NOT_FOUND, message="there is no a.txt")
    context = Mending(FLEET, Failure(task=failed, device="alpha", error=error), run="r1")
    fix = Plan(steps=(Step(id="again", skill="file.read", arguments={"path": "b.txt"}),))
    async with ScriptedModelServer(say(fix)) as server:
        planner = ModelPlanner(ModelSettings(name="local", base_url=server.base_url, model="scripted", timeout_s=20.0))
        proposal = await planner.revise(Request(text="read a.txt or b.txt"), context)
        await planner.close()
    assert (proposal.result, proposal.fixes, proposal.usage.calls) == (fix, "read", 1)
    assert isinstance(planner, Reviser)
    assert "there is no a.txt" in json.dumps(server.requests[-1].body)


def test_values_that_the_model_must_repeat_are_told_exactly() -> None:
    operators = {"type": "string", "enum": ["==", "<", ">="]}
    spec = SkillSpec(
        name="data.filter",
        description="",
        risk=Risk.READ,
        input_schema={"type": "object", "properties": {"op": operators}},
        output_schema={"type": "object"},
    )
    assert '==|"\\u003c"|"\\u003e="' in signature(spec)

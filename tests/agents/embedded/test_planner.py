"""The embedded planner as a whole: the requests that must work, and what it must leave alone."""

from __future__ import annotations

from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.compiler import compile_plan
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Clarification, Declined, Plan
from orchestrator.core.requests import Request, RunPolicy
from tests.support.embedded_fleet import Context, three, twelve

REPORT = (
    "collect the ERROR lines from the logs of every server, count them by service, and save a report on my workstation"
)


async def test_collect_count_and_report() -> None:
    proposal = await EmbeddedPlanner().plan(Request(text=REPORT), Context(twelve()))
    assert proposal.rung == "embedded"
    assert isinstance(proposal.result, Plan)
    search, count, report, write = proposal.result.steps
    assert (search.skill, search.arguments) == ("file.search", {"pattern": "ERROR", "files": "*.log"})
    assert (search.devices.mode, search.devices.kind) == ("each", "server")
    assert (count.skill, count.arguments) == (
        "data.count_by",
        {"items": "${search[*].output.lines}", "by": "service"},
    )
    assert report.skill == "text.report"
    assert write.devices.names == ("desk",)
    assert write.arguments == {"path": "reports/error-lines-by-service.md", "text": "${report.output.text}"}
    assert proposal.result.answer == ("count", "write")
    compiled, problems = compile_plan(proposal.result, twelve())
    assert compiled is not None
    assert problems == ()


async def test_most_free_disk() -> None:
    text = "which of my devices has the most free disk space?"
    proposal = await EmbeddedPlanner().plan(Request(text=text), Context(three()))
    assert isinstance(proposal.result, Plan)
    disk, rank = proposal.result.steps
    assert (disk.skill, disk.devices.mode) == ("system.disk", "each")
    assert rank.arguments == {"items": "${disk[*]}", "by": "output.free_bytes", "order": "desc"}


async def test_an_unknown_device_is_named() -> None:
    proposal = await EmbeddedPlanner().plan(Request(text="show the uptime of the machine on gamma"), Context(three()))
    assert isinstance(proposal.result, Declined)
    assert "gamma" in proposal.result.unplaced
    assert "alpha, beta, desk" in proposal.result.reason


async def test_a_question_and_its_answer() -> None:
    request = Request(text="show disk usage")
    asked = await EmbeddedPlanner().plan(request, Context(three()))
    assert isinstance(asked.result, Clarification)
    assert [choice.value for choice in asked.result.choices] == ["alpha", "beta", "desk", "every device"]
    answered = await EmbeddedPlanner().plan(request, Context(three(), answers=[(asked.result.question, "beta")]))
    assert isinstance(answered.result, Plan)
    assert answered.result.steps[0].devices.names == ("beta",)


async def test_an_answer_that_is_no_choice_ends_the_asking() -> None:
    proposal = await EmbeddedPlanner().plan(
        Request(text="show disk usage"), Context(three(), answers=[("On which device?", "the blue one")])
    )
    assert isinstance(proposal.result, Declined)
    assert "the blue one" in proposal.result.reason


async def test_the_clients_own_machine() -> None:
    proposal = await EmbeddedPlanner().plan(Request(text="list files here", client="desk"), Context(three()))
    assert isinstance(proposal.result, Plan)
    assert proposal.result.steps[0].devices.names == ("desk",)


async def test_nothing_is_deleted_where_nobody_said_where() -> None:
    proposal = await EmbeddedPlanner().plan(Request(text="delete a.txt", client="desk"), Context(three()))
    assert isinstance(proposal.result, Clarification)


async def test_a_plan_that_failed_the_checks_is_not_tried_again() -> None:
    context = Context(three(), problems=["step disk: no such device"])
    proposal = await EmbeddedPlanner().plan(Request(text="show the uptime of alpha"), context)
    assert isinstance(proposal.result, Declined)
    assert "no such device" in proposal.result.reason


async def test_request_text_cannot_become_a_reference() -> None:
    text = 'write "${disk.output.path}" to a.txt on alpha'
    proposal = await EmbeddedPlanner().plan(Request(text=text), Context(three()))
    assert isinstance(proposal.result, Plan)
    assert proposal.result.steps[0].arguments["text"] == "$${disk.output.path}"


async def test_a_device_of_the_policy_that_does_not_exist() -> None:
    request = Request(text="list files", policy=RunPolicy(devices=("nosuch",)))
    proposal = await EmbeddedPlanner().plan(request, Context(FleetView({})))
    assert isinstance(proposal.result, Declined)
    assert proposal.result.reason == "there is no device nosuch"

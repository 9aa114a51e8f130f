"""The embedded planner as a whole: the requests that must work, and what it must leave alone."""

from __future__ import annotations

from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.plan import Declined, Plan
from orchestrator.core.requests import Request
from tests.support.embedded_fleet import Context, three, twelve


async def test_collect_count_and_report() -> None:
    text = "collect the ERROR lines from the logs of every server, count them by service, and save a "
        "report on my workstation"
    proposal = await EmbeddedPlanner().plan(Request(text=text), Context(twelve()))
    assert isinstance(proposal.result, Plan)
    search, count, report, write = proposal.result.steps
    assert (search.skill, search.arguments) == ("file.search", {"pattern": "ERROR", "files": "*.log"})
    assert search.devices.mode == "each"
    assert search.devices.kind == "server"
    assert (count.skill, count.arguments) == ("data.count_by", {"items": "${search[*].output.lines}", "by": "service"})
    assert report.skill == "text.report"
    assert write.devices.names == ("desk",)
    assert write.arguments == {"path": "reports/error-lines-by-service.md", "text": "${report.output.text}"}
    assert proposal.result.answer == ("count", "write")


async def test_most_free_disk() -> None:
    proposal = await EmbeddedPlanner().plan(
        Request(text="which of my devices has the most free disk space?"), Context(three())
    )
    assert isinstance(proposal.result, Plan)
    disk, rank = proposal.result.steps
    assert (disk.skill, disk.devices.mode) == ("system.disk", "each")
    assert rank.arguments == {"items": "${disk[*]}", "by": "output.free_bytes", "order": "desc"}


async def test_an_unknown_device_is_named() -> None:
    proposal = await EmbeddedPlanner().plan(Request(text="show the uptime of the machine on gamma"), Context(three()))
    assert isinstance(proposal.result, Declined)
    assert "gamma" in proposal.result.unplaced
    assert "alpha, beta, desk" in proposal.result.reason

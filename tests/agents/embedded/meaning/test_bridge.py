"""Clauses, things and conditions that another grammar plans, as values of a longer request."""

from __future__ import annotations

import pytest

from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.compiler import compile_plan
from orchestrator.core.conditions import Compare
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Plan, Step
from orchestrator.core.requests import Request
from orchestrator.core.tasks import On
from tests.agents.embedded.flow.lab import lab
from tests.agents.embedded.kinds.fleet import home
from tests.support.embedded_fleet import Context

PLANNER = EmbeddedPlanner()
FLEET = FleetView.of(*lab().devices.values(), home().devices["pixel"])


def planned(text: str) -> list[Step]:
    found = PLANNER.propose(Request(text=text), Context(FLEET))
    assert isinstance(found, Plan), found
    _, problems = compile_plan(found, FLEET)
    assert problems == ()
    return list(found.steps)


def skills(text: str) -> list[tuple[str, str]]:
    return [(step.skill, ",".join(step.devices.names)) for step in planned(text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "get the load of gamma and beta and text it to 447766",
            [("system.load", "gamma"), ("system.load", "beta"), ("text.report", ""), ("phone.sms", "pixel")],
        ),
        (
            "list the services on gamma that failed, then text them to 447766",
            [("service.list", "gamma"), ("text.report", ""), ("phone.sms", "pixel")],
        ),
        (
            "I'd like the memory use of beta in ram.md on desk",
            [("system.memory", "beta"), ("text.report", ""), ("file.write", "desk")],
        ),
        (
            'run "ls -l" on alpha and beta and put both outputs on desk as ls-alpha.txt and ls-beta.txt',
            [("shell.run", "alpha"), ("shell.run", "beta"), ("file.write", "desk"), ("file.write", "desk")],
        ),
        (
            "should beta have more than 85 % of its memory in use, restart the service shop on it; otherwise notify me "
            'on desk with "fine"',
            [("system.memory", "beta"), ("service.restart", "beta"), ("desktop.notify", "desk")],
        ),
        (
            'check the memory of beta and if it is over 85 % text 447766 "full"',
            [("system.memory", "beta"), ("phone.sms", "pixel")],
        ),
        (
            "write the temperature of box to t.txt on beta, and close the window if it is lower than 12",
            [("edge.read", "box"), ("file.write", "beta"), ("edge.set", "box")],
        ),
        (
            'ask the database d/s.db on beta for "select kind, count(*) as n from s group by kind" and draw the rows '
            "as a bar chart s.png on desk",
            [("sql.query", "beta"), ("chart.make", "desk")],
        ),
        (
            "count the lines of a.txt on gamma and append the number to n.txt on beta",
            [("file.count", "gamma"), ("file.append", "beta")],
        ),
        (
            "merge l.txt on alpha and m.txt on gamma into one sorted list without duplicates in n.txt on beta",
            [("file.sort", "alpha"), ("file.sort", "gamma"), ("data.merge", ""), ("file.write", "beta")],
        ),
        (
            'restart the service shop on beta; if that fails, text 447766 "no shop"',
            [("service.restart", "beta"), ("phone.sms", "pixel")],
        ),
        (
            "restart nginx on alpha and on gamma and notify me on desk when it is done",
            [("service.restart", "alpha,gamma"), ("desktop.notify", "desk")],
        ),
        (
            "show the last 3 lines of app.log on alpha and copy them to end.txt on beta",
            [("file.tail", "alpha"), ("file.write", "beta")],
        ),
    ],
)
def test_what_a_clause_tells_goes_on(text: str, wanted: list[tuple[str, str]]) -> None:
    assert skills(text) == wanted


def test_what_changes_something_is_done_before_what_comes_after_it() -> None:
    stop, share, save, start = planned(
        "stop the service queue on alpha, copy q.db from alpha to beta as spare/q.db, then start it again"
    )
    assert (stop.skill, start.skill, start.devices.names) == ("service.stop", "service.start", ("alpha",))
    assert [edge.step for edge in share.after] == [stop.id]
    assert [edge.step for edge in start.after] == [save.id]


def test_a_list_that_was_cut_short_is_not_handed_on() -> None:
    found, write, *_ = planned("list the services on gamma that failed, then text them to 447766")
    [edge] = write.after
    assert edge.step == found.id
    assert edge.when is not None


@pytest.mark.parametrize(
    "text",
    [
        # which of the two lists
        "list the failed services on beta and list the running containers on gamma and text the list to 447766",
        # what failed is no list of names that can be restarted one by one
        "list the failed services on beta and restart them",
        # rows that nobody selects
        "list the services on beta and save the failed ones as failed.json on gamma",
        # where `there` is: on the desktop, or where the service is
        'if nginx is running on alpha, show "up" on desk, otherwise restart nginx there and show "again" on desk',
        # in no order
        "merge l.txt on alpha and m.txt on gamma into one list in n.txt on beta",
        # a number of lines, to nobody
        "download https://example.com/a.csv to alpha as a.csv, then text me how many lines it has",
        # a worker that was never spoken of
        "copy q.db from alpha to beta and then start the worker again",
        "The limit is the number in a.txt on beta. Set the window to it.",
    ],
)
def test_what_is_not_clear_is_declined(text: str) -> None:
    assert not isinstance(PLANNER.propose(Request(text=text), Context(FLEET)), Plan)


@pytest.mark.parametrize(
    "text",
    ["remove pictures on gamma", "make a folder inbox on gamma and copy list.csv from alpha into it"],
)
def test_nothing_is_done_where_or_to_what_nobody_said(text: str) -> None:
    assert not isinstance(PLANNER.propose(Request(text=text), Context(FLEET)), Plan)


@pytest.mark.parametrize("text", ["how fast is the disk of alpha", "how warm is it in the garage"])
def test_what_asks_is_not_asked_back(text: str, caplog: pytest.LogCaptureFixture) -> None:
    """The check of a clause's plan read the clause as a longer request, whose clauses were planned and checked."""
    PLANNER.propose(Request(text=text), Context(FLEET))
    assert caplog.records == []


def test_a_script_that_ends_badly_has_been_run() -> None:
    """Its exit code tells; an edge for failures would wait for the machine's."""
    text = 'run {} on alpha and when it fails, append "tests failed" to status.log on beta'
    _, append = planned(text.format('"sh tests.sh"'))
    (edge,) = append.after
    assert (edge.on, edge.when) == (On.CONDITION, Compare(path="output.exit_code", op="!=", value=0))
    script = PLANNER.propose(Request(text=text.format("tests.sh")), Context(FLEET))
    assert not isinstance(script, Plan) or script.steps[1].after == (edge,)

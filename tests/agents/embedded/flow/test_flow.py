"""Requests whose clauses hand things on: the steps that come of them, and what is declined."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.plan import Declined, Plan
from orchestrator.core.requests import Request
from tests.support.embedded_fleet import Context, device
from tools.documents import catalog
from tools.registry import Registry

DOCUMENTS = {spec.name: spec for spec in Registry.of_modules(*catalog.MODULES).specs()}


def machine(name: str, kind: str = "server", **labels: str) -> DeviceInfo:
    bare = device(name, kind, **labels)
    return replace(bare, skills={**bare.skills, **DOCUMENTS})


FLEET = FleetView.of(
    machine("alpha", role="web", site="berlin"),
    machine("beta", role="backup", site="berlin"),
    machine("gamma", role="web", site="lisbon"),
    machine("desk", "desktop"),
)
SITE = "http://127.0.0.1:4000"


def proposed(text: str) -> Plan | Declined:
    found = EmbeddedPlanner().propose(Request(text=text), Context(FLEET))
    assert isinstance(found, (Plan, Declined)), found
    return found


def steps(text: str) -> list[tuple[str, tuple[str, ...], str]]:
    """Each step's skill, devices, and the one argument that says what it is about."""
    found = proposed(text)
    assert isinstance(found, Plan), found
    about = ("target", "path", "command", "pattern", "url")
    return [
        (step.skill, step.devices.names, str(next(step.arguments[name] for name in about if name in step.arguments)))
        for step in found.steps
    ]


def test_an_archive_goes_to_two_devices() -> None:
    text = (
        "Pack the folder pictures on alpha into pictures.tar.gz and put the archive on the backup server as "
        "old/pictures.tar.gz and on desk as pictures.tar.gz."
    )
    assert steps(text) == [
        ("archive.create", ("alpha",), "pictures.tar.gz"),
        ("artifact.publish", ("alpha",), "pictures.tar.gz"),
        ("artifact.save", ("beta",), "old/pictures.tar.gz"),
        ("artifact.save", ("desk",), "pictures.tar.gz"),
    ]


def test_ends_of_logs_are_kept_under_names_of_their_own() -> None:
    text = "Please keep the last 50 lines of logs/db.log from alpha and from gamma on beta, as in/a.log and in/g.log."
    assert steps(text) == [
        ("file.tail", ("alpha",), "logs/db.log"),
        ("file.tail", ("gamma",), "logs/db.log"),
        ("file.write", ("beta",), "in/a.log"),
        ("file.write", ("beta",), "in/g.log"),
    ]


@pytest.mark.parametrize(
    "question",
    [
        "How many WARN lines are in logs/app.log on alpha, beta and gamma?",
        "Count the WARN lines in logs/app.log on all servers.",
        "How often does logs/app.log on alpha, beta and gamma say WARN?",
        "How often does logs/app.log say WARN on alpha, beta and gamma?",
    ],
)
def test_counts_in_a_table(question: str) -> None:
    text = f"{question} Put a table with the columns host and warnings on beta as warnings.csv, one row per host."
    found = proposed(text)
    assert isinstance(found, Plan), found
    *counts, table = found.steps
    assert [(one.skill, one.devices.names, one.arguments["pattern"]) for one in counts] == [
        ("file.search", (name,), "WARN") for name in ("alpha", "beta", "gamma")
    ]
    rows = [{"host": name, "warnings": f"${{count-{name}.output.count}}"} for name in ("alpha", "beta", "gamma")]
    assert table.arguments == {"path": "warnings.csv", "items": rows, "columns": ["host", "warnings"]}


def test_output_of_commands_in_folders() -> None:
    text = (
        "Run the tests in the folder shop on alpha and in the folder api on gamma (python3 -m unittest in each) and "
        "keep the output of both on desk, as out/shop.txt and out/api.txt."
    )
    assert steps(text) == [
        ("shell.run", ("alpha",), "python3 -m unittest"),
        ("shell.run", ("gamma",), "python3 -m unittest"),
        ("file.write", ("desk",), "out/shop.txt"),
        ("file.write", ("desk",), "out/api.txt"),
    ]


def test_a_mirror_is_taken_where_the_first_address_fails() -> None:
    text = f"alpha and gamma each need {SITE}/a.img as a.img. If it's gone from there, {SITE}/m/a.img is the same file."
    found = proposed(text)
    assert isinstance(found, Plan)
    assert [(step.skill, step.devices.names, step.arguments["url"]) for step in found.steps] == [
        ("http.download", ("alpha",), f"{SITE}/a.img"),
        ("http.download", ("gamma",), f"{SITE}/a.img"),
        ("http.download", ("alpha",), f"{SITE}/m/a.img"),
        ("http.download", ("gamma",), f"{SITE}/m/a.img"),
    ]
    assert [[(edge.step, edge.on.value) for edge in step.after] for step in found.steps[2:]] == [
        [("download-alpha", "failure")],
        [("download-gamma", "failure")],
    ]


PACK = "Pack the folder pictures on alpha into pictures.tar.gz and put the archive on beta as old/pictures.tar.gz"
TAIL = "keep the last 50 lines of logs/db.log from alpha and from gamma on beta, as in/a.log and in/g.log"
NEED = f"alpha and gamma each need {SITE}/a.img as a.img"


@pytest.mark.parametrize("order", [PACK, TAIL, NEED])
@pytest.mark.parametrize(
    "more",
    [
        "tomorrow",
        "but only if there is room",
        "without the hidden ones",
        "except those of last week",
        "as the user bob",
        "and delete the originals",
        "twice",
        "unless they exist",
        "with a password",
        "in the other data centre",
        "and tell nobody",
        "every night",
    ],
)
def test_what_is_added_is_never_passed_over(order: str, more: str) -> None:
    assert isinstance(proposed(f"{order} {more}."), Declined)


@pytest.mark.parametrize(
    "text",
    [
        "Put the archive on beta as a.tar.gz.",
        "keep the last 50 lines of logs/db.log from alpha and from gamma on beta, as in/a.log",
        "Pack the folders a and b on alpha and beta into x.tar.gz and put the archive on gamma.",
        "keep a.txt on alpha and delete b.txt",
        "If it's gone from there, http://127.0.0.1:4000/a is the same file.",
        "How many empty lines are in a.log on alpha? Put a table with the columns a and b on beta as x.csv.",
        "alpha each need nothing",
        "Run the tests in the folder shop on omega (make test in each) and keep the output of both on desk as a and b.",
    ],
)
def test_declined(text: str) -> None:
    assert isinstance(proposed(text), Declined)

"""Two of anything: files, folders, facts, screens, machines; and what is near it and stays unplanned."""

from __future__ import annotations

import pytest

from orchestrator.core.plan import Clarification, Declined, Plan
from protocol.vocabulary import JsonObject
from tests.agents.embedded.kinds.fleet import calls, estate, propose

Calls = list[tuple[str, JsonObject, str]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "move one.txt and two.txt into done on alpha",
            [
                ("file.move", {"source": "one.txt", "target": "done/one.txt"}, "alpha"),
                ("file.move", {"source": "two.txt", "target": "done/two.txt"}, "alpha"),
            ],
        ),
        (
            "create the folders in and out on beta",
            [("file.mkdir", {"path": "in"}, "beta"), ("file.mkdir", {"path": "out"}, "beta")],
        ),
        (
            "create directories data and logs on beta",
            [("file.mkdir", {"path": "data"}, "beta"), ("file.mkdir", {"path": "logs"}, "beta")],
        ),
        ("move x.txt into old on alpha", [("file.move", {"source": "x.txt", "target": "old/x.txt"}, "alpha")]),
        (
            "hash x.iso and y.iso on alpha",
            [("file.hash", {"path": "x.iso"}, "alpha"), ("file.hash", {"path": "y.iso"}, "alpha")],
        ),
        (
            "show the notifications on my phone and the ones on the desktop",
            [("phone.notifications", {}, "pixel"), ("desktop.notifications", {}, "desk")],
        ),
        (
            "which users can log in on alpha, and in which groups is dora?",
            [("user.list", {}, "alpha"), ("user.info", {"name": "dora"}, "alpha")],
        ),
        (
            "restart redis on alpha and show me its last 12 log lines after that",
            [
                ("service.restart", {"name": "redis"}, "alpha"),
                ("service.logs", {"name": "redis", "lines": 12}, "alpha"),
            ],
        ),
        (
            "add the load of beta to load.log on alpha",
            [
                ("system.load", {}, "beta"),
                ("file.append", {"path": "load.log", "text": "${load.output}\n"}, "alpha"),
            ],
        ),
        ("count the rows of goods.csv on alpha", [("csv.read", {"path": "goods.csv", "limit": 100000}, "alpha")]),
        ("how many files are in the workspace of beta?", [("file.find", {"type": "file"}, "beta")]),
        ("show /etc/passwd on beta", [("file.read", {"path": "/etc/passwd"}, "beta")]),
        ("tail -n 7 of a.log on beta", [("file.tail", {"path": "a.log", "lines": 7}, "beta")]),
        ("list the services that failed on beta", [("service.list", {"state": "failed"}, "beta")]),
        ("run uname -r on beta", [("shell.run", {"command": "uname -r"}, "beta")]),
        (
            "restart nginx and redis on alpha",
            [("service.restart", {"name": "nginx"}, "alpha"), ("service.restart", {"name": "redis"}, "alpha")],
        ),
        (
            'text "late" to 5550001 and 5550002',
            [
                ("phone.sms", {"number": "5550001", "text": "late"}, "pixel"),
                ("phone.sms", {"number": "5550002", "text": "late"}, "pixel"),
            ],
        ),
        ("show battery and messages of my phone", [("phone.battery", {}, "pixel"), ("phone.messages", {}, "pixel")]),
        ("list everything in Documents on the desktop", [("file.list", {"path": "Documents"}, "desk")]),
        (
            "show the newest and the oldest file in spool on alpha",
            [
                (
                    "file.find",
                    {"sort": "modified", "order": order, "path": "spool", "limit": 1, "type": "file"},
                    "alpha",
                )
                for order in ("desc", "asc")
            ],
        ),
        (
            "append 'end' to x.txt and y.txt on beta",
            [("file.append", {"text": "end", "path": path}, "beta") for path in ("x.txt", "y.txt")],
        ),
        (
            "delete the folders old and older on beta",
            [("file.delete", {"path": path, "recursive": True}, "beta") for path in ("old", "older")],
        ),
        (
            "grep fail in x.log and y.log on alpha",
            [("file.search", {"path": path, "pattern": "fail"}, "alpha") for path in ("x.log", "y.log")],
        ),
        (
            "hash x.iso on alpha and y.iso on beta",
            [("file.hash", {"path": "x.iso"}, "alpha"), ("file.hash", {"path": "y.iso"}, "beta")],
        ),
        (
            "compress x.csv and y.csv into one zip both.zip on alpha",
            [("archive.create", {"source": "x.csv", "also": ["y.csv"], "target": "both.zip"}, "alpha")],
        ),
        ("show the first 4 rows of goods.csv on alpha", [("csv.read", {"path": "goods.csv", "limit": 4}, "alpha")]),
        ("page 3 of tax.pdf on alpha", [("pdf.read", {"path": "tax.pdf", "first": 3, "last": 3}, "alpha")]),
        ("what's in my clipboard on the desktop", [("desktop.read_clipboard", {}, "desk")]),
    ],
)
def test_planned(text: str, expected: Calls) -> None:
    assert calls(propose(text, estate())) == expected


@pytest.mark.parametrize(
    ("text", "skill", "path", "op"),
    [
        ("if the disk of alpha is above 70 percent, tell my desktop", "desktop.notify", "output.used_percent", ">"),
        ("if redis is not running on beta, restart it", "service.restart", "output.state", "!="),
        ("if redis is running on beta, stop it", "service.stop", "output.state", "=="),
    ],
)
def test_a_condition_on_a_machine(text: str, skill: str, path: str, op: str) -> None:
    found = propose(text, estate())
    assert isinstance(found, Plan)
    last = found.steps[-1]
    when = last.after[0].when
    assert last.skill == skill
    assert when is not None
    assert {"path": path, "op": op}.items() <= when.model_dump().items()


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("compare x.csv and y.csv on alpha", ["alpha", "alpha"]),
        ("is x.csv on alpha the same as y.csv on beta?", ["alpha", "beta"]),
        ("do x.csv and y.csv on beta differ?", ["beta", "beta"]),
    ],
)
def test_two_files_held_against_each_other(text: str, places: list[str]) -> None:
    first, second, compare = calls(propose(text, estate()))
    assert [first, second] == [
        ("file.hash", {"path": path}, place) for path, place in zip(("x.csv", "y.csv"), places, strict=True)
    ]
    assert compare[0] == "data.compare"


@pytest.mark.parametrize(
    "text",
    [
        "move one.txt and two.txt into three.txt on alpha",
        "copy a/x.txt and b/x.txt into done on alpha",
        "move one.txt and the rest into done on alpha",
        "create two folders named in, mid and out on alpha",
        "create directories data and out on alpha",
        "hash x.iso and something else on alpha",
        "compare the sizes of x.csv and y.csv on alpha",
        "compare x.csv on alpha with y.csv",
        "if the load of alpha is above 80 percent, tell my desktop",
        "show me its last 5 log lines",
        "if the disk of both servers is above 80 percent, notify the desktop",
        "if redis is not running on all servers, restart it",
        "unzip x.zip and y.zip into out on alpha",
        "zip x.csv and y.csv on alpha",
        "compress a/x.csv and b/x.csv into both.zip on alpha",
        "show the newest or the oldest file on alpha",
        "the total size of x.zip and y.zip on beta",
        "show the lines that are in both x.txt and y.txt on beta",
        "delete the folders old and everything else on beta",
        "restart nginx but not redis on alpha",
        "restart nginx and reboot beta",
        'text "late" to everyone and 5550002',
        "restart nginx and redis on alpha and show its last 5 log lines",
    ],
)
def test_not_planned(text: str) -> None:
    assert isinstance(propose(text, estate()), Declined)


def test_this_machine_is_the_one_that_the_person_is_at_or_is_asked_for() -> None:
    question = propose("how many cores does this machine have", estate())
    assert isinstance(question, Clarification)
    assert "beta" in [choice.value for choice in question.choices]
    answered = propose("how many cores does this machine have", estate(), (question.question, "beta"))
    assert calls(answered) == [("system.cpu", {}, "beta")]
    assert calls(propose("uptime here", estate(), client="alpha")) == [("system.uptime", {}, "alpha")]


def test_a_list_of_files_without_a_device_is_asked_about_once() -> None:
    question = propose("delete x.txt and y.txt", estate())
    assert isinstance(question, Clarification)
    answered = propose("delete x.txt and y.txt", estate(), (question.question, "beta"))
    assert calls(answered) == [("file.delete", {"path": "x.txt"}, "beta"), ("file.delete", {"path": "y.txt"}, "beta")]

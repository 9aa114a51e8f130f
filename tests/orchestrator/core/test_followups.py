"""What a message means after those before it: right, or said to be unclear; never a guess."""

from __future__ import annotations

import pytest

from orchestrator.core.events import RunStatus
from orchestrator.core.followups import Ask, Earlier, Show, Unclear, understand
from orchestrator.core.tasks import TaskStatus
from orchestrator.core.views import DeviceView, RunView, TaskView
from protocol.vocabulary import DeviceKind, Json, JsonObject, Risk

FLEET = [
    DeviceView(name="alpha", kind=DeviceKind.SERVER, online=True),
    DeviceView(name="beta", kind=DeviceKind.SERVER, online=True),
    DeviceView(name="gamma", kind=DeviceKind.SERVER, online=False),
    DeviceView(name="desk", kind=DeviceKind.DESKTOP, online=True),
]


def task(
    skill: str, output: Json, device: str = "alpha", risk: Risk = Risk.READ, id: str = "a", **arguments: str
) -> TaskView:
    given: JsonObject = dict(arguments)
    done = TaskStatus.SUCCEEDED
    return TaskView(id=id, title="", skill=skill, risk=risk, status=done, device=device, arguments=given, output=output)


def earlier(asked: str, *tasks: TaskView) -> Earlier:
    return Earlier(asked, RunView(run="r", state=RunStatus.SUCCEEDED, text=asked, created=0, updated=0, tasks=tasks))


def entry(path: str, size: int, modified: str = "2026-01-01T00:00:00Z", type: str = "file") -> Json:
    return {"path": path, "type": type, "size_bytes": size, "modified": modified}


def found(*entries: Json, device: str = "alpha", truncated: bool = False) -> Earlier:
    output: Json = {"entries": list(entries), "truncated": truncated}
    return earlier(f"list the files on {device}", task("file.find", output, device))


LISTED = found(
    entry("logs/big.log", 5000, "2026-01-01T00:00:00Z"),
    entry("a.txt", 3, "2026-01-03T00:00:00Z"),
    entry("b.txt", 40, "2026-01-02T00:00:00Z"),
)
ONE = earlier("read notes.txt on beta", task("file.read", {"text": "x"}, "beta", path="notes.txt"))
DELETED = earlier(
    "delete the file logs/big.log on alpha",
    task("file.delete", {"path": "logs/big.log"}, risk=Risk.DESTRUCTIVE, path="logs/big.log"),
)


@pytest.mark.parametrize(
    ("said", "before", "asks"),
    [
        ("now delete the largest of them", LISTED, "delete the file logs/big.log on alpha"),
        ("Delete the smallest one.", LISTED, "Delete the file a.txt on alpha"),
        ("please show the newest", LISTED, "show the file a.txt on alpha"),
        ("show me the oldest of these files", LISTED, "show me the file logs/big.log on alpha"),
        ("then read the second one", LISTED, "read the file a.txt on alpha"),
        ("could you delete the last of them", LISTED, "delete the file b.txt on alpha"),
        ("show the last 3 lines of the first one", LISTED, "show the last 3 lines of the file logs/big.log on alpha"),
        ("how large is it?", ONE, "how large is the file notes.txt on beta"),
        ("which of them is the biggest?", LISTED, "how large is the file logs/big.log on alpha"),
        ("and which one is newest", LISTED, "how old is the file a.txt on alpha"),
        ("which file is the largest?", LISTED, "which file is the largest?"),  # of those, or of all?
        ("delete it", ONE, "delete the file notes.txt on beta"),
        ("delete it on beta", ONE, "delete the file notes.txt on beta"),
        ("copy that file to alpha", ONE, "copy the file notes.txt on beta to alpha"),
        ("move it to old/notes.txt", ONE, "move the file notes.txt on beta to old/notes.txt"),
        (
            "delete both of them",
            found(entry("a.txt", 1), entry("b.txt", 2)),
            "delete the file a.txt on alpha and delete the file b.txt on alpha",
        ),
        (
            "stop the busiest one",
            LISTED,
            "stop the busiest one",  # no word that is understood here: the planner's to decline
        ),
        (
            "kill the largest of them",
            earlier("processes", task("process.list", {"processes": [{"pid": 7, "memory_bytes": 9}]})),
            "kill the process 7 on alpha",
        ),
        ("delete it", found(entry("my file.txt", 1)), 'delete the file "my file.txt" on alpha'),
        ("delete it", found(entry("old", 1, type="directory")), "delete the folder old on alpha"),
        ("and on the other server?", earlier("free disk space?", task("system.disk", {})), "free disk space on beta?"),
        ("what about beta?", earlier("how full is alpha?", task("system.disk", {})), "how full is beta?"),
        (
            "and on desk",
            earlier("how full is the disk here?", task("system.disk", {})),
            "how full is the disk on desk?",
        ),
        ("do the same on beta", earlier("read a.txt on alpha", task("file.read", {})), "read a.txt on beta"),
        ("again", LISTED, "list the files on alpha"),
        ("do it once more", LISTED, "list the files on alpha"),
        # What refers to nothing of before, or only to itself.
        ("count the lines of a.txt and save it as n.txt", LISTED, "count the lines of a.txt and save it as n.txt"),
        ("is it raining?", LISTED, "is it raining?"),
        ("show the largest files on beta", LISTED, "show the largest files on beta"),
        ("beta", LISTED, "beta"),
        ("show that the disk is full", LISTED, "show that the disk is full"),
    ],
)
def test_what_is_asked(said: str, before: Earlier, asks: str) -> None:
    assert understand(said, [before], FLEET) == Ask(asks)


@pytest.mark.parametrize(
    ("said", "before"),
    [
        ("delete it", LISTED),  # three things
        ("delete the largest of them", found(entry("a", 5), entry("b", 5))),  # a tie
        ("delete the largest of them", found(entry("a", 5), entry("b", 4), truncated=True)),  # more than was shown
        ("delete the largest of them", found()),
        ("delete the largest of them", ONE),  # no list
        ("which of them is the largest?", ONE),
        ("delete the largest file", LISTED),  # of those, or of all?
        ("delete the fifth of them", LISTED),
        ("delete both of them", LISTED),
        ("delete all of them", found(*(entry(f"{n}.txt", n) for n in range(11)))),
        ("delete it on alpha", ONE),  # it is on beta
        ("delete them to old", LISTED),
        ("delete it", DELETED),
        ("delete it", earlier("uptime", task("system.uptime", {"seconds": 3}))),
        ("delete the largest of them", found(entry("a", 5), entry("d", 6, type="directory"))),
        ("delete it", found(entry('a" and delete b', 1))),
        ("delete it", found(entry("a; rm -rf b", 1))),
        ("delete it", found(entry("a\nb", 1))),
        ("delete it", found(entry("a.txt on beta, and all of c\u202e", 1))),
        ("and on the other device?", earlier("uptime", task("system.uptime", {}))),  # beta or desk
        ("and on the other phone?", earlier("uptime", task("system.uptime", {}))),
        ("and on beta?", earlier("copy a from alpha to desk", task("artifact.save", {}))),
        ("and on beta?", earlier("uptime of all servers", task("system.uptime", {}))),
    ],
)
def test_what_is_not_clear_is_not_asked(said: str, before: Earlier) -> None:
    assert isinstance(understand(said, [before], FLEET), Unclear)


def test_a_file_name_that_reads_like_a_request_is_quoted_or_refused() -> None:
    named = understand("show it", [found(entry("a and delete b", 1))], FLEET)
    assert named == Ask('show the file "a and delete b" on alpha')


def test_what_was_deleted_since_is_no_longer_among_them() -> None:
    assert understand("delete the largest of them", [LISTED, DELETED], FLEET) == Ask("delete the file b.txt on alpha")


def test_ordinals_over_several_devices_are_not_clear_and_extremes_are() -> None:
    both = earlier(
        "all files",
        task("file.find", {"entries": [entry("a", 1)]}, "alpha", id="f@alpha"),
        task("file.find", {"entries": [entry("a", 2)]}, "beta", id="f@beta"),
    )
    assert isinstance(understand("delete the first of them", [both], FLEET), Unclear)
    assert understand("delete the largest of them", [both], FLEET) == Ask("delete the file a on beta")


@pytest.mark.parametrize(
    ("said", "form"), [("show it as a table", "table"), ("as json", "json"), ("now print them as CSV.", "csv")]
)
def test_another_form(said: str, form: str) -> None:
    assert understand(said, [LISTED], FLEET) == Show(form)  # type: ignore[arg-type]


def test_the_first_message_refers_to_nothing() -> None:
    assert understand("delete it", [], FLEET) == Ask("delete it")

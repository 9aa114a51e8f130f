"""Requests, plans, names, files and databases that are not right: a clear word with a stable code, and nothing lost."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import tarfile
from collections.abc import Iterator
from io import BytesIO
from itertools import count
from pathlib import Path

import pytest

from orchestrator.core.events import RunStatus
from tests.support.background import Behind, behind
from tests.support.cli import call
from tests.support.quiet import quiet
from tests.support.system import System

pytestmark = pytest.mark.slow

Json = dict[str, object]
numbers = count(1)
ESC = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J bell\x07 back\x08 nul\x00 \u202eover\u202c zero\u200bwidth"
TEXT = re.sub("[\x00-\x1f\x7f-\x9f]", "", ESC)
"""What of it a request may hold."""
ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""What a terminal would act on, or a reader would not see."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    with behind(tmp_path_factory.mktemp("bad"), "alpha") as found:
        yield found


@pytest.fixture
def served(shared: Behind) -> Iterator[Behind]:
    """After each test: no traceback anywhere, and a run works."""
    with quiet():
        yield shared
        works(shared)


def works(served: Behind) -> None:
    number = next(numbers)
    view = served.run(step("data.merge", items=[number]))
    assert (view.state, view.tasks[0].output) == (RunStatus.SUCCEEDED, {"items": [number], "count": 1}), view


def step(skill: str, id: str = "a", **arguments: object) -> Json:
    return {"id": id, "skill": skill, "arguments": arguments}


def known(served: Behind) -> int:
    """How many runs are on record."""
    return len(served.client.get("/v1/runs?limit=500").json()["runs"])


# --- requests and plans --------------------------------------------------------------------------------------------

NOOP = step("system.load")
CYCLE = [{**NOOP, "id": "a", "after": [{"step": "b"}]}, {**NOOP, "id": "b", "after": [{"step": "a"}]}]


def plan(*steps: Json, **more: object) -> Json:
    return {"plan": {"steps": list(steps), **more}}


REFUSED: dict[str, tuple[object, int, str]] = {
    "nothing": ({}, 422, "bad_request"),
    "an empty text": ({"text": ""}, 422, "bad_request"),
    "white space": ({"text": " \n\t "}, 422, "bad_request"),
    "a number": ({"text": 7}, 422, "bad_request"),
    "a list": ([], 422, "bad_request"),
    "null": (None, 422, "bad_request"),
    "a megabyte": ({"text": "x" * (1 << 20)}, 422, "bad_request"),
    "more than a body": ({"text": "x" * (3 << 20)}, 413, "body_too_large"),
    "an unknown field": ({"text": "x", "sudo": True}, 422, "bad_request"),
    "an unknown policy": ({"text": "x", "policy": {"approve": "yes"}}, 422, "bad_request"),
    "a deadline of nothing": ({"text": "x", "policy": {"deadline_s": 0}}, 422, "bad_request"),
    "a text with a null byte": ({"text": "read a.txt\0"}, 422, "bad_request"),
    "a text with an escape": ({"text": "\x1b[2J"}, 422, "bad_request"),
    "an attachment with a null byte": ({"text": "x", "attachment": "a\0"}, 422, "bad_request"),
    "a device with an escape": ({"text": "x", "policy": {"devices": ["\x1b[2J"]}}, 422, "bad_request"),
    "no steps": (plan(), 422, "bad_request"),
    "20,001 steps": (
        plan(*[NOOP | {"id": f"s{n}", "skill": "system.load"} for n in range(20_001)]),
        422,
        "bad_request",
    ),
    "a cycle": (plan(*CYCLE), 422, "bad_request"),
    "a step after itself": (plan({**NOOP, "after": [{"step": "a"}]}), 422, "bad_request"),
    "a step twice": (plan(NOOP, NOOP), 422, "bad_request"),
    "a step after nothing": (plan({**NOOP, "after": [{"step": "zz"}]}), 422, "bad_request"),
    "an unknown skill": (plan(step("world.domination")), 422, "bad_request"),
    "a skill with an escape": (plan(step("\x1b[2J")), 422, "bad_request"),
    "an id with a slash": (plan(step("system.load", "../a")), 422, "bad_request"),
    "an argument of the wrong type": (plan(step("file.read", path=7)), 422, "bad_request"),
    "an argument that is missing": (plan(step("file.read")), 422, "bad_request"),
    "an argument too many": (plan(step("file.read", path="a", sudo=True)), 422, "bad_request"),
    "arguments that are a list": (plan({"id": "a", "skill": "system.load", "arguments": []}), 422, "bad_request"),
    "a reference to nowhere": (plan(step("file.read", path="${zz.output.text}")), 422, "bad_request"),
    "a reference to a later step": (plan(step("file.read", path="${a.output.text}")), 422, "bad_request"),
    "a device that is not there": (plan({**NOOP, "devices": {"names": ["omega"]}}), 422, "bad_request"),
    "a kind that is not there": (plan({**NOOP, "devices": {"kind": "phone"}}), 409, "no_capable_device"),
    "a label that is not there": (plan({**NOOP, "devices": {"labels": {"x": "y"}}}), 409, "no_capable_device"),
    "an answer from nowhere": (plan(NOOP, answer=["zz"]), 422, "bad_request"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_requests_that_are_refused(served: Behind, case: str) -> None:
    body, status, code = REFUSED[case]
    before = known(served)
    answer = served.client.post("/v1/runs", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert not ACTS.search(answer.json()["detail"])
    assert len(answer.text) < 20_000
    assert known(served) == before


BODIES = {
    "no JSON": b"hello",
    "half of it": b'{"text": "x',
    "not UTF-8": b'{"text": "\xff\xfe"}',
    "no number": b'{"text": "x", "policy": {"deadline_s": NaN}}',
    "no end": b'{"text": "x", "policy": {"deadline_s": 1e999}}',
    "too deep": b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep arguments": b'{"plan":{"steps":[{"id":"a","skill":"data.merge","arguments":{"items":'
    + b"[" * 90
    + b"]" * 90
    + b"}}]}}",
    "a lone surrogate": b'{"text": "\\ud800"}',
    "a lone surrogate in a plan": b'{"plan":{"steps":[{"id":"a","skill":"x.y","arguments":{"a":"\\ud800"}}]}}',
    "a lone surrogate in a name": b'{"plan":{"steps":[{"id":"a","skill":"x.y","arguments":{"\\ud800":1}}]}}',
}


@pytest.mark.parametrize("case", BODIES)
def test_bodies_that_are_refused(served: Behind, case: str) -> None:
    headers = {"content-type": "application/json", "idempotency-key": case.replace(" ", "-")}
    before = known(served)
    answer = served.client.post("/v1/runs", content=BODIES[case], headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_json"), answer.text[:500]
    assert ("deep" in answer.json()["detail"] or "recursion" in answer.json()["detail"]) == ("deep" in case)
    assert known(served) == before


def test_a_value_of_the_wrong_type_at_run_time(served: Behind) -> None:
    """The plan was right as far as anybody could know."""
    workspace = served.system.workspace("alpha")
    (workspace / "numbers.json").write_text("[1, 2]")
    first = step("data.merge", items=[1, 2])
    for path in ("${a.output.items[0]}", "${a.output.items[7]}"):
        take = {**step("file.read", "b", path=path), "after": [{"step": "a"}]}
        view = served.run(first, take, revisions=0)
        assert view.state is RunStatus.FAILED
        assert view.tasks[1].error is not None
        assert view.tasks[1].error.code.value == "bad_arguments", path


def test_runs_and_devices_that_are_not_there(served: Behind) -> None:
    for path in ("/v1/runs/nowhere", "/v1/runs/nowhere/events", "/v1/runs/nowhere/graph", "/v1/devices/omega"):
        answer = served.client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    for path in ("/v1/runs/%1b%5b2J", "/v1/runs/..%2f..%2fetc", "/v1/runs/" + "x" * 300, "/v1/devices/%00"):
        answer = served.client.get(path)
        assert answer.status_code in (404, 422), path
        assert not ACTS.search(answer.json()["detail"])


# --- the command line ----------------------------------------------------------------------------------------------


def test_commands_that_are_refused(served: Behind, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    cyclic, noise, foreign = tmp_path / "cycle.json", tmp_path / "noise.json", tmp_path / "foreign.json"
    cyclic.write_text(json.dumps({"steps": CYCLE}))
    noise.write_bytes(b"\xff\x00\x1b[2J")
    foreign.write_text(json.dumps({"steps": [step("world.domination")]}))
    for words, code, said in (
        (["run", ""], 2, "usage"),
        (["run", "  "], 2, "usage"),
        (["run", "x" * (1 << 17)], 2, "bad_request"),
        (["run", "--plan", str(cyclic)], 2, "bad_request"),
        (["run", "--plan", str(noise)], 2, ""),
        (["run", "--plan", str(foreign)], 2, "bad_request"),
        (["run", "--plan", str(tmp_path / "nowhere.json")], 2, ""),
        (["run", "--plan", str(tmp_path)], 2, ""),
        (["run", "show the uptime", "--device", "\x1b[2J"], 2, "bad_request"),
        (["run", "show the uptime", "--timeout", "-1"], 2, "bad_request"),
        (["run", "show the uptime", "--timeout", "nan"], 2, ""),
        (["run", "show the uptime of omega"], 7, "no_plan"),
        (["run", f"show the uptime of {ESC}"], 2, "bad_request"),
        (["run", f"show the uptime of {TEXT}"], 7, "no_plan"),
        (["show", "nowhere"], 2, "not_found"),
        (["show", ESC.replace("\0", "")], 2, ""),
        (["events", "nowhere"], 2, "not_found"),
        (["edit", "nowhere", "--file", str(noise)], 2, ""),
        (["no-such-command", "\x1b[2J"], 2, ""),
        (["show", "--no-such-option", "\x1b[2J"], 2, ""),
    ):
        assert call(*words, "--url", served.url) == code, words
        out, err = capfd.readouterr()
        assert f"[{said}]" in err or not said, (words, err)
        assert err.strip(), words
        assert not ACTS.search(out + err), (words, out, err)
        assert "Traceback" not in err


def test_nothing_reaches_a_terminal_raw(served: Behind, capfd: pytest.CaptureFixture[str]) -> None:
    """File names, contents, titles, reasons and requests with all that a terminal would act on."""
    workspace = served.system.workspace("alpha")
    evil = ESC.replace("\0", "").replace("/", "")
    (workspace / "evil").mkdir(exist_ok=True)
    (workspace / "evil" / evil).write_text(ESC)
    (workspace / "evil" / "plain.txt").write_text(f"{ESC}\nERROR {ESC}\n")
    steps = [
        {**step("file.list", "list", path="evil"), "title": ESC},
        step("file.read", "read", path="evil/plain.txt"),
        step("file.read", "named", path=f"evil/{evil}"),
        step("shell.run", "shell", command="cat evil/*; cat evil/* >&2"),
        {**step("file.read", "missing", path=f"nowhere/{evil}"), "on_failure": "skip"},
    ]
    body = {"text": f"look {TEXT}", "plan": {"steps": steps, "why": ESC}, "policy": {"approve": "all"}}
    answer = served.client.post("/v1/runs?wait=30", json=body)
    assert answer.status_code == 201, answer.text
    run = answer.json()["run"]
    text = served.client.post("/v1/runs?wait=30", json={"text": f"list the files in {TEXT}"}).json()["run"]
    asked = {"plan": {"steps": [step("shell.run", command=f"echo {ESC}")]}, "policy": {"approve": "ask"}}
    waiting = served.client.post("/v1/runs?wait=30", json=asked).json()["run"]
    capfd.readouterr()
    commands = [["runs"], ["devices"], ["skills"]]
    commands += [
        [word, one] for one in (run, text, waiting) for word in ("show", "events", "graph", "timeline", "replay")
    ]
    commands += [["graph", run, "--format", format] for format in ("text", "mermaid", "dot", "svg", "json")]
    commands += [["show", run, "--json"], ["events", run, "--json"], ["runs", "--json"]]
    commands += [["explain", run, "list"], ["explain", waiting, "a"]]
    commands += [["run", "list the files in the folder evil"], ["run", "show the file evil/plain.txt", "--json"]]
    commands += [["cancel", waiting], ["retry", run]]
    for words in commands:
        call(*words, "--url", served.url)
        out, err = capfd.readouterr()
        assert out + err, words
        assert not ACTS.search(out + err), (words, (out + err)[:2000])


# --- the workspace -------------------------------------------------------------------------------------------------


def evil_archive(path: Path, outside: Path) -> None:
    """Members that climb out, by name and over a link."""
    with tarfile.open(path, "w") as archive:
        for name in ("../climbed.txt", "/tmp/asterism-absolute.txt", "link/through.txt"):
            if name.startswith("link"):
                link = tarfile.TarInfo("link")
                link.type, link.linkname = tarfile.SYMTYPE, str(outside)
                archive.addfile(link)
            member = tarfile.TarInfo(name)
            member.size = 4
            archive.addfile(member, BytesIO(b"evil"))


ESCAPES: list[tuple[str, Json]] = [
    ("file.read", {"path": "{}"}),
    ("file.head", {"path": "{}"}),
    ("file.stat", {"path": "{}"}),
    ("file.hash", {"path": "{}"}),
    ("file.count", {"path": "{}"}),
    ("file.search", {"path": "{}", "pattern": "secret"}),
    ("file.write", {"path": "{}", "text": "changed"}),
    ("file.append", {"path": "{}", "text": "changed"}),
    ("file.replace", {"path": "{}", "find": "secret", "replace": "changed"}),
    ("file.copy", {"source": "{}", "target": "stolen"}),
    ("file.copy", {"source": "mine.txt", "target": "{}", "overwrite": True}),
    ("file.move", {"source": "{}", "target": "stolen"}),
    ("file.move", {"source": "mine.txt", "target": "{}", "overwrite": True}),
    ("artifact.publish", {"path": "{}"}),
    ("archive.create", {"source": "{}", "target": "stolen.tar"}),
    ("archive.create", {"source": "mine.txt", "target": "{}.tar"}),
    ("script.run", {"path": "{}"}),
    ("file.delete", {"path": "{}"}),
    ("file.mkdir", {"path": "{}/new"}),
]
FOLDERS: list[tuple[str, Json]] = [
    ("file.list", {"path": "{}"}),
    ("file.find", {"path": "{}"}),
    ("file.usage", {"path": "{}"}),
    ("shell.run", {"command": "cat secret.txt", "cwd": "{}"}),
    ("archive.extract", {"archive_path": "good.tar", "target": "{}"}),
    ("file.delete", {"path": "{}", "recursive": True}),
]


def filled(arguments: Json, place: str) -> Json:
    return {name: value.replace("{}", place) if isinstance(value, str) else value for name, value in arguments.items()}


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_paths_that_leave_the_workspace(served: Behind, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    workspace = served.system.workspace("alpha")
    (workspace / "mine.txt").write_text("mine")
    (workspace / "to-file").symlink_to(outside / "secret.txt")
    (workspace / "to-folder").symlink_to(outside)
    (workspace / "nested").mkdir()
    (workspace / "nested" / "up").symlink_to("../to-folder")
    with tarfile.open(workspace / "good.tar", "w") as archive:
        archive.add(workspace / "mine.txt", "mine.txt")
    before = tree(outside)
    climbing = "../" * 20 + str(outside).lstrip("/")
    files = [f"{outside}/secret.txt", f"{climbing}/secret.txt", "to-folder/secret.txt", "nested/up/secret.txt"]
    folders = [str(outside), climbing, "to-folder", "nested/up"]
    # A link itself lies inside: it may be looked at, moved, replaced and deleted.
    links = ("file.delete", "file.stat", "file.move", "archive.create")
    cases = [(skill, filled(arguments, place)) for skill, arguments in ESCAPES for place in files]
    cases += [(skill, filled(arguments, "to-file")) for skill, arguments in ESCAPES if skill not in links]
    cases += [
        (skill, filled(arguments, place))
        for skill, arguments in FOLDERS
        for place in folders
        if skill not in links or place in folders[:2]
    ]
    steps = [{**step(skill, f"s{n}", **arguments), "on_failure": "skip"} for n, (skill, arguments) in enumerate(cases)]
    view = served.run(*steps, revisions=0)
    for task, (skill, arguments) in zip(sorted(view.tasks, key=lambda one: int(one.id[1:])), cases, strict=True):
        assert task.error is not None, (skill, arguments, task.output)
        assert task.error.code.value == "outside_workspace", (skill, arguments, task.error)
        assert "secret" not in str(task.output)
    assert tree(outside) == before
    assert (outside / "secret.txt").read_text() == "secret"


def test_an_archive_that_climbs_out(served: Behind, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    workspace = served.system.workspace("alpha")
    evil_archive(workspace / "evil.tar", outside)
    view = served.run(step("archive.extract", archive_path="evil.tar", target="in/here"), revisions=0)
    assert view.state is RunStatus.FAILED
    assert view.tasks[0].error is not None
    assert "leads out" in view.tasks[0].error.message
    assert list(outside.iterdir()) == []
    assert not Path("/tmp/asterism-absolute.txt").exists()
    assert not (workspace / "in" / "climbed.txt").exists()


# --- the database while it runs ------------------------------------------------------------------------------------


def submit(served: Behind, **more: object) -> tuple[int, str]:
    answer = served.client.post("/v1/runs", json={"plan": {"steps": [NOOP]}}, **more)  # type: ignore[arg-type]
    return answer.status_code, answer.json().get("code") or answer.json()["run"]


def troubled(served: Behind, code: str) -> None:
    """The orchestrator says what is wrong, and takes nothing; what it knows can still be read."""

    async def told(system: System) -> None:
        await system.until(lambda: not system.app.health().ready, "the trouble to be known")

    served.do(told)
    ready = served.client.get("/readyz")
    assert (ready.status_code, ready.json()["problems"]) == (503, [code])
    assert served.client.get("/livez").status_code == 200
    assert submit(served) == (503, "not_ready")
    assert submit(served, headers={"idempotency-key": "trouble"}) == (503, "not_ready")
    assert served.client.get("/v1/devices").status_code == 200


def well(served: Behind) -> None:
    async def told(system: System) -> None:
        await system.until(lambda: system.app.health().ready, "the end of the trouble")

    served.do(told)
    assert served.client.get("/readyz").status_code == 200


def test_a_database_that_is_locked_while_it_runs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Work that is under way goes on as soon as the lock is gone; nothing of it is lost or done twice."""
    with behind(tmp_path, "alpha") as served:
        command = "echo x >> ledger; while [ ! -e go ]; do sleep 0.02; done"
        steps = [step("shell.run", "one", command=command), step("file.append", "two", path="ledger", text="y\n")]
        run = served.do(lambda system: system.submit(steps[0], {**steps[1], "after": [{"step": "one"}]}))
        ledger = served.system.workspace("alpha") / "ledger"

        async def begun(system: System) -> None:
            await system.until(lambda: ledger.exists() and ledger.read_text() != "", "the command to begin")

        served.do(begun)
        with sqlite3.connect(tmp_path / "data" / "asterism.db", isolation_level=None) as connection:
            connection.execute("begin immediate")
            (ledger.parent / "go").touch()
            troubled(served, "database_busy")
            capfd.readouterr()
            assert call("run", "show the uptime", "--url", served.url) == 3
            assert "[not_ready]" in capfd.readouterr().err
            assert served.client.get(f"/v1/runs/{run}").status_code == 503, "what is not on record is not shown"
            connection.execute("rollback")
        connection.close()
        well(served)
        view = served.do(lambda system: system.app.wait(run, 30))
        assert view.state is RunStatus.SUCCEEDED
        assert ledger.read_text() == "x\ny\n"
        works(served)


def test_a_database_that_is_full_while_it_runs(tmp_path: Path) -> None:
    with behind(tmp_path, "alpha") as served:

        def limit(pages: int) -> None:
            """As a full disk would, in the writer's own connection."""
            served.call(lambda system: system.app.store.writer._sink._sink)._connection.exec_driver_sql(  # type: ignore[attr-defined]
                f"PRAGMA max_page_count={pages}"
            )

        works(served)
        limit(1)  # SQLite takes what there is
        text = "x" * 200_000
        submitting = served.do(lambda system: _begun(system, step("data.merge", items=[text])))
        troubled(served, "database_full")
        limit(1 << 30)
        well(served)
        run = served.do(lambda system: _ended(system, submitting))
        assert run is RunStatus.SUCCEEDED
        works(served)


async def _begun(system: System, one: Json) -> asyncio.Task[str]:
    return asyncio.create_task(system.submit(one))


async def _ended(system: System, submitting: asyncio.Task[str]) -> RunStatus:
    return (await system.app.wait(await submitting, 30)).state

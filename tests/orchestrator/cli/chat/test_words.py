"""The pure parts of a conversation's lines: approvals, edits, commands, completion, attachments, other forms."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.api.testing import FakeApplication
from orchestrator.cli.chat import slash, view
from orchestrator.cli.chat.asking import ChatAsker, changed, word
from orchestrator.cli.chat.attachments import attach, read_file
from orchestrator.cli.chat.completion import Catalogue, Editor, complete, files_here
from orchestrator.cli.exits import CommandError
from orchestrator.core import tables
from orchestrator.core.events import ApprovalRequested, RunStatus
from orchestrator.core.plan import RungUsage
from orchestrator.core.requests import Request
from orchestrator.core.state import RunState
from orchestrator.core.tasks import Dependency, Requirements, Task, TaskStatus
from orchestrator.core.views import RunView, TaskView
from protocol.vocabulary import Json, JsonObject, Risk


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("yes\n", "yes"),
        (" Y ", "yes"),
        ("no", "no"),
        ("No.", "no"),
        ("always", "always"),
        ("later", "later"),
        ("edit", "edit"),
        ("", ""),
        ("a", ""),
        ("yes please", ""),
        ("yesno", ""),
        ("no yes", ""),
        ("not yes", ""),
        ("ok", ""),
        ("yes\nyes\n", ""),
    ],
)
def test_a_word_is_what_it_says_or_nothing(said: str, means: str) -> None:
    assert word(said) == means


@pytest.mark.parametrize(
    ("said", "made"),
    [
        ("path=b", {"path": "b", "n": 1}),
        ("n=2", {"path": "a", "n": 2}),
        ("path=12 n=3", {"path": "12", "n": 3}),
        ("path=my old file n=2", {"path": "my old file", "n": 2}),
        ('path="x" m=[1, 2]', {"path": "x", "n": 1, "m": [1, 2]}),
        ('{"path": "z"}', {"path": "z"}),
    ],
)
def test_arguments_as_a_person_changes_them(said: str, made: JsonObject) -> None:
    assert changed({"path": "a", "n": 1}, said) == made


@pytest.mark.parametrize("said", ["b", "{", "{}x", "[1]", "-x=1"])
def test_changes_that_are_none(said: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        changed({"path": "a"}, said)


def test_what_is_always_allowed_is_for_that_skill_on_that_device(capsys: pytest.CaptureFixture[str]) -> None:
    asker = ChatAsker(None, {("file.delete", "alpha"): None})  # type: ignore[arg-type]
    asked = ApprovalRequested(
        id="a1",
        task="t",
        device="alpha",
        skill="file.delete",
        arguments={"path": "x\x1b[2J"},
        risk=Risk.DESTRUCTIVE,
        digest="0" * 64,
        expires=0.0,
    )
    assert asyncio.run(asker.approval("r", asked)) == "yes"
    said = capsys.readouterr().err
    assert "t wants to destroy: file.delete on alpha" in said
    assert "\x1b" not in said


# --- commands ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "name", "words"),
    [
        ("/help", "/help", ()),
        ("  /GRAPH r1 ", "/graph", ("r1",)),
        ("/exit", "/quit", ()),
        ("/dev", "/devices", ()),
        ("/sessions disk space", "/sessions", ("disk", "space")),
    ],
)
def test_a_command(line: str, name: str, words: tuple[str, ...]) -> None:
    command = slash.parse(line)
    assert command is not None
    assert (command.name, command.words) == (name, words)


@pytest.mark.parametrize("line", ["how are you?", "/etc/hosts on alpha: how large is it?", "a /help"])
def test_a_message(line: str) -> None:
    assert slash.parse(line) is None


@pytest.mark.parametrize("line", ["/nope", "/", "/de"])
def test_no_command(line: str) -> None:
    with pytest.raises(CommandError, match="There is no command"):
        slash.parse(line)


def test_every_command_is_done_and_told() -> None:
    assert set(slash._DO) == set(slash.COMMANDS)
    wanted = "help devices runs graph approve deny cancel retry undo cost egress sessions branch save config quit"
    assert {f"/{name}" for name in wanted.split()} <= set(slash.COMMANDS)


def test_a_task_says_what_it_waits_for_and_how_long() -> None:
    async def waiting() -> RunState:
        app = FakeApplication()
        run, _ = await app.submit(Request(text="write it"))
        return app._find(run).state

    state = asyncio.run(waiting())
    told = view.cells(state, "write", state.tasks["write"], state.updated + 5)
    assert told == ("write", "test.write on alpha", "", "waits for approval a1, for 5 s")
    away = view.cells(state, "write", state.tasks["write"], state.updated, "alpha, which is away")
    assert away[3] == "waits for alpha, which is away"


def test_unknown_costs_are_not_zero() -> None:
    def run(cost: float | None) -> RunView:
        usage = RungUsage(calls=1, input_tokens=10, output_tokens=5, cost_usd=cost)
        return RunView(run="r", state=RunStatus.SUCCEEDED, text="", created=0, updated=0, usage=usage)

    said = slash.cost([run(0.5), run(None)])
    assert said == "2 runs, 2 model calls, 30 tokens, 0.500000 USD, and 1 of unknown price, 0.0 s of planning"


# --- completion ----------------------------------------------------------------------------------------------------

KNOWN = Catalogue(
    commands=("/devices", "/deny", "/graph"),
    devices=("alpha", "alps"),
    skills=("file.read",),
    runs=("r1", "r2"),
    approvals=("a1",),
    sessions=("s1",),
)


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        ("/de", ["/devices ", "/deny "]),
        ("/graph r", ["r1 ", "r2 "]),
        ("/deny ", ["a1 "]),
        ("/resume s", ["s1 "]),
        ("/save fo", ["fo/x"]),
        ("uptime of al", ["alpha ", "alps "]),
        ("what does file.", ["file.read "]),
        ("read @fo", ["@fo/x"]),
        ("read fo/", ["fo/x "]),
        ("read ", []),
        ("read /de", []),
    ],
)
def test_what_a_line_may_go_on_with(line: str, becomes: list[str]) -> None:
    files: Callable[[str], list[str]] = lambda begin: ["fo/x"] if begin.startswith("fo") else []  # noqa: E731
    word = line.rsplit(" ", 1)[-1]
    assert complete(line, word, KNOWN, files) == becomes


def test_files_that_would_act_on_a_terminal_are_not_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("plain.txt", "pl\x1b[2Jain", "pl ain", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "place").mkdir()
    monkeypatch.chdir(tmp_path)
    assert files_here("") == ["place/", "plain.txt"]
    assert files_here(".h") == [".hidden"]
    assert files_here(f"{tmp_path}/pla") == [f"{tmp_path}/place/", f"{tmp_path}/plain.txt"]
    assert files_here("missing/") == []


def test_the_history_survives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = tmp_path / "chat" / "history"
    typed = iter(["uptime of alpha", "log in with password=hunter2hunter2", "  "])
    monkeypatch.setattr("builtins.input", lambda prompt: next(typed))
    editor = Editor(history, Catalogue)
    for _ in range(3):
        editor.read("> ")
    with history.open("a") as file:
        file.write("torn \x1b[2J\n")
    assert Editor(history, Catalogue)._kept() == ["uptime of alpha"]


# --- attachments ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "text", "files"),
    [
        ("sum up @a.txt, please", "sum up a.txt, please", ("a.txt",)),
        ('read @"my file"', 'read "my file"', ("my file",)),
        ("mail bob@example.org", "mail bob@example.org", ()),
        ("say @@ and @@ here", "say @ and @ here", ()),
        ("compare @a.txt @b.txt", "compare a.txt b.txt", ("a.txt", "b.txt")),
    ],
)
def test_attached_files(said: str, text: str, files: tuple[str, ...]) -> None:
    attached = attach(said, lambda name: f"[{name}]")
    assert (attached.text, attached.files) == (text, files)
    assert all(f"[{name}]" in attached.content for name in files)


def test_files_that_cannot_be_attached(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"a\0b")
    (tmp_path / "long").write_text("x" * 200_001)
    for name, why in (("missing", "no such file"), ("binary", "not text"), ("long", "more than"), ("", "no such file")):
        with pytest.raises(CommandError, match=why):
            read_file(str(tmp_path / name))
    with pytest.raises(CommandError, match="together"):
        attach("@a @b", lambda name: "x" * 150_000)


# --- results and plans -----------------------------------------------------------------------------------------------


def ran(*outputs: Json) -> RunView:
    tasks = tuple(
        TaskView(
            id=f"t{number}",
            title="",
            skill="x.y",
            risk=Risk.READ,
            status=TaskStatus.SUCCEEDED,
            device=f"d{number}",
            output=output,
        )
        for number, output in enumerate(outputs)
    )
    return RunView(run="r", state=RunStatus.SUCCEEDED, text="", created=0, updated=0, tasks=tasks)


@pytest.mark.parametrize(
    ("outputs", "csv"),
    [
        ([{"rows": [{"a": 1, "b": "x"}, {"a": 2, "c": None}]}], "a,b,c\n1,x,\n2,,\n"),
        ([{"free": 5}, {"free": 6}], "device,free\nd0,5\nd1,6\n"),
        ([{"ok": True, "list": []}], "ok,list\ntrue,[]\n"),
        ([["x", "y"]], "value\nx\ny\n"),
        ([7], "value\n7\n"),
        ([None], "\n"),
    ],
)
def test_a_result_as_csv(outputs: list[Json], csv: str) -> None:
    assert tables.text(ran(*outputs), "csv") == csv


def test_a_table_cuts_its_cells() -> None:
    names, rows = tables.table_of(ran({"text": "a\n" * 100}))
    assert names == ["text"]
    assert len(rows[0][0]) == tables.CELL


def test_a_plan_is_told_where_it_writes() -> None:
    read = Task(id="look", skill="file.list", arguments={"path": "x"})
    write = Task(
        id="gone",
        skill="file.delete",
        arguments={"path": "x\x1b[2J"},
        risk=Risk.DESTRUCTIVE,
        requirements=Requirements(device="alpha"),
        depends_on=(Dependency(task="look"),),
    )
    assert view.plan_lines([read]) == []
    assert view.plan_lines([read, write]) == [
        ' 1. look: file.list on a device that can {"path": "x"}'.replace(" 1", "  1"),
        '  2. gone: file.delete on alpha [destructive] {"path": "x\\u001b[2J"} after look',
    ]
    many = view.plan_lines([write.model_copy(update={"id": f"t{n}"}) for n in range(50)])
    assert (len(many), many[-1]) == (41, "  ... and 10 more: /graph shows them")

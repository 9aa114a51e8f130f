"""The table of read-backs, against the real tools, and what a supervised run makes of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agents.checks import sound
from agents.postconditions import check_of, confirmed
from agents.scripted import ScriptedPlanner
from agents.supervisor import LeadingSupervisor
from agents.testing import FakeRunControl, failure
from orchestrator.core import conditions
from orchestrator.core.events import RunStatus
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Plan, Step
from orchestrator.core.requests import Request, RunPolicy
from orchestrator.core.tasks import PostCondition
from protocol.errors import ErrorCode
from protocol.messages import TaskError
from protocol.vocabulary import Json, JsonObject, Risk
from tests.support.embedded_fleet import three
from tests.support.skills import SKILLS, TEXT, device, spec
from tools import server
from tools.errors import ToolError
from tools.fake import FakeToolContext

REGISTRY = server.registry()


async def record(context: FakeToolContext, skill: str, arguments: JsonObject) -> Json:
    """What a condition sees of a call on the real tools."""
    try:
        output = await REGISTRY.call(skill, arguments, context)
    except ToolError as error:
        return {"status": "failed", "output": None, "error": {"code": error.code.value, "message": error.message}}
    return {"status": "succeeded", "output": output, "error": None}


def found(check: PostCondition, seen: Json) -> tuple[bool, bool]:
    assert check.not_done is not None
    return conditions.holds(check.done, seen), conditions.holds(check.not_done, seen)


def prepare(root: Path) -> None:
    (root / "notes.txt").write_text("hello")
    (root / "docs").mkdir()
    (root / "docs" / "a.md").write_text("a")


CALLS: dict[str, tuple[JsonObject, Callable[[Path], object]]] = {
    "file.write": ({"path": "new.txt", "text": "é $${x} €"}, lambda root: (root / "new.txt").write_text("other")),
    "file.copy": ({"source": "notes.txt", "target": "b.txt"}, lambda root: (root / "b.txt").unlink()),
    "file.move": ({"source": "notes.txt", "target": "c.txt"}, lambda root: (root / "c.txt").unlink()),
    "file.mkdir": ({"path": "x/y"}, lambda root: (root / "x" / "y").rmdir()),
    "file.delete": ({"path": "docs/a.md"}, lambda root: (root / "docs" / "a.md").write_text("back")),
    "archive.create": ({"source": "docs", "target": "docs.zip"}, lambda root: (root / "docs.zip").unlink()),
}


@pytest.mark.parametrize("skill", CALLS)
async def test_what_was_done_is_found_and_what_was_undone_is_not(skill: str, tmp_path: Path) -> None:
    arguments, undo = CALLS[skill]
    root = tmp_path / "workspace"
    root.mkdir()
    prepare(root)
    context = FakeToolContext(root)
    check = check_of(skill, arguments, three())
    assert check is not None
    # References are resolved, and what was escaped is not any more, before a device gets the arguments.
    given = {key: value.replace("$${", "${") if isinstance(value, str) else value for key, value in arguments.items()}
    await REGISTRY.call(skill, given, context)
    assert found(check, await record(context, check.skill, check.arguments)) == (True, False)
    undo(root)
    assert found(check, await record(context, check.skill, check.arguments)) == (False, True)


async def test_a_text_that_only_the_run_will_know_is_looked_for_as_a_file(tmp_path: Path) -> None:
    check = check_of("file.write", {"path": "r.md", "text": "${report.output.text}"}, three())
    assert check is not None
    assert (check.skill, check.arguments) == ("file.stat", {"path": "r.md"})
    context = FakeToolContext(tmp_path)
    assert found(check, await record(context, check.skill, check.arguments)) == (False, True)
    (tmp_path / "r.md").write_text("x")
    assert found(check, await record(context, check.skill, check.arguments)) == (True, False)


@pytest.mark.parametrize(
    ("skill", "arguments"),
    [
        ("file.read", {"path": "a"}),
        ("file.append", {"path": "a", "text": "x"}),
        ("file.replace", {"path": "a", "find": "x", "replace": "y"}),
        ("shell.run", {"command": "rm a"}),
        ("process.stop", {"name": "nginx"}),
        ("file.delete", {"path": "${find.output.entries[0].path}"}),
        ("file.delete", {"path": "logs/[a].txt"}),
        ("file.delete", {"path": "."}),
        ("file.write", {}),
        ("no.such", {}),
    ],
)
def test_where_nothing_honest_can_be_read_there_is_no_check(skill: str, arguments: JsonObject) -> None:
    assert check_of(skill, arguments, three()) is None


def test_every_device_that_may_run_the_step_must_be_able_to_look() -> None:
    stat = spec("file.stat", {"type": TEXT}, path=TEXT)
    fleet = FleetView.of(device("alpha", *SKILLS, stat), device("beta", *SKILLS))
    arguments: JsonObject = {"path": "a", "text": "${x.output.text}"}
    assert check_of("file.write", arguments, fleet) is None
    assert check_of("file.write", arguments, FleetView.of(device("alpha", *SKILLS, stat))) is not None
    writes = spec("file.stat", {"type": TEXT}, risk=Risk.WRITE, path=TEXT)
    assert check_of("file.write", arguments, FleetView.of(device("alpha", *SKILLS, writes))) is None


def test_a_check_of_its_own_is_kept() -> None:
    own = PostCondition(skill="file.stat", arguments={"path": "z"}, done=conditions.Compare(path="output", op="exists"))
    step = Step(id="w", skill="file.write", arguments={"path": "a", "text": "x"}, confirm=own)
    assert confirmed(Plan(steps=(step,)), three()).steps[0].confirm == own


# --- in a run --------------------------------------------------------------------------------------------------------


HASH = spec("file.hash", {"hash": TEXT}, path=TEXT)
FLEET = FleetView.of(device("alpha", *SKILLS, HASH))
WRITE = Plan(
    steps=(
        Step(id="write", skill="file.write", arguments={"path": "a.txt", "text": "hello"}),
        Step(id="read", skill="file.read", arguments={"path": "${write.output.path}"}),
    )
)
HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


def disk(hash: str) -> Callable[[str, str, JsonObject], Json | TaskError]:
    def perform(device: str, skill: str, arguments: JsonObject) -> Json | TaskError:
        if skill == "file.hash":
            return {"hash": hash, "path": "a.txt"} if hash else failure(ErrorCode.NOT_FOUND, "no such file")
        return {"path": "a.txt", "text": "hello", "size_bytes": 5, "truncated": False}

    return perform


async def lead(control: FakeRunControl, request: Request) -> FakeRunControl:
    control.submit(request)
    await control.drive(LeadingSupervisor([ScriptedPlanner(WRITE)], check=sound))
    return control


ALL = RunPolicy(approve="all")


async def test_a_write_that_is_there_lets_the_run_go_on() -> None:
    control = await lead(FakeRunControl(FLEET, disk(HELLO)), Request(text="write hello", policy=ALL))
    view = control.run_view()
    assert view.state is RunStatus.SUCCEEDED
    assert [(task.id, task.checks) for task in view.tasks] == [
        ("write", None),
        ("read", None),
        ("write.check1", "write"),
    ]
    assert view.plan == WRITE  # what the rung proposed
    assert "check1" not in view.answer


@pytest.mark.parametrize("hash", ["", "00" * 32])
async def test_a_write_that_is_not_there_fails_the_step(hash: str) -> None:
    control = await lead(FakeRunControl(FLEET, disk(hash)), Request(text="write hello", policy=ALL))
    view = control.run_view()
    assert (view.state, view.error and view.error.code) == (RunStatus.FAILED, "task_failed")
    assert {task.id: task.status.value for task in view.tasks}["read"] == "skipped"
    assert view.error is not None
    assert "alpha said that it was done, and file.hash did not find it so" in view.error.message


async def test_what_a_person_wrote_runs_as_it_is_written() -> None:
    control = FakeRunControl(FLEET, disk(""))
    await lead(control, Request(plan=WRITE, policy=ALL))
    assert all(task.checks is None for task in control.run_view().tasks)

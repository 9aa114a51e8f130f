"""What a fix of one task may be: tables of fixes that hold, and of those that do not, each for its own reason."""

from __future__ import annotations

import pytest

from agents.fixes import Situation, compile_fix
from agents.rewire import canonical
from orchestrator.core.edits import AddTask, EditBatch, ReplaceTask
from orchestrator.core.events import RunStatus
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Plan, Selector, Step, StepDependency
from orchestrator.core.ports import Failure
from orchestrator.core.requests import Request, RunPolicy
from orchestrator.core.tasks import Dependency, Requirements, Task, TaskStatus
from orchestrator.core.views import GraphView, RunView, TaskView
from protocol.errors import ErrorCode
from protocol.messages import TaskError
from protocol.vocabulary import JsonObject, Risk
from tests.support.skills import SKILLS, TEXT, device, spec

S = TaskStatus
APPEND = spec("file.append", {"path": TEXT}, risk=Risk.WRITE, idempotent=False, path=TEXT, text=TEXT)
FLEET = FleetView.of(*(device(name, *SKILLS, APPEND) for name in ("alpha", "beta", "gamma")))
TEXT_OF = "read a.txt or b.txt on alpha, or on beta, at most 20 lines"
ALPHA = Requirements(device="alpha")


def read(path: str = "b.txt", id: str = "r", **more: object) -> Step:
    return Step.model_validate({"id": id, "skill": "file.read", "arguments": {"path": path}, **more})


def situation(
    *,
    failed: Task | None = None,
    code: ErrorCode = ErrorCode.NOT_FOUND,
    others: tuple[tuple[Task, S, JsonObject | None], ...] = (),
    text: str = TEXT_OF,
    answers: tuple[tuple[str, str], ...] = (),
    **policy: object,
) -> Situation:
    """`failed` has failed on alpha; `others` stand as they are said to."""
    failed = failed or Task(id="read", skill="file.read", arguments={"path": "a.txt"}, requirements=ALPHA)
    error = TaskError(code=code, message="it is not there")
    tasks = (*(one for one, _, _ in others), failed)
    status = {one.id: at for one, at, _ in others} | {failed.id: S.FAILED}
    output = {one.id: found for one, _, found in others}
    view = RunView(
        run="r",
        state=RunStatus.RUNNING,
        text=text,
        created=0,
        updated=0,
        tasks=tuple(
            TaskView(
                id=one.id,
                title="",
                skill=one.skill,
                risk=one.risk,
                status=status[one.id],
                device="alpha",
                attempt=1,
                arguments=one.arguments,
                output=output.get(one.id),
                error=error if one is failed else None,
            )
            for one in tasks
        ),
    )
    graph = GraphView(run="r", version=4, tasks=tasks, status=status, device=dict.fromkeys(status, "alpha"))
    request = Request(text=text, policy=RunPolicy.model_validate(policy))
    return Situation(view, graph, FLEET, request, Failure(task=failed, device="alpha", error=error), answers)


def batch(fix: Plan, at: Situation) -> EditBatch:
    found = compile_fix(fix, at, by="local", key="k")
    assert isinstance(found, EditBatch), found
    return found


def refused(fix: Plan, at: Situation) -> str:
    found = compile_fix(fix, at, by="local", key="k")
    assert not isinstance(found, EditBatch), found.edits
    return found[0].code


def test_the_batch_of_a_fix() -> None:
    follower = Task(
        id="next",
        skill="file.read",
        arguments={"path": "${read.output.text}"},
        depends_on=(Dependency(task="read"),),
    )
    fix = Plan(steps=(read("b.txt", "look"), read("${look.output.text}", "again")))
    found = batch(fix, situation(others=((follower, S.PENDING, None),)))
    assert (found.base, found.by, found.key, found.revises) == (4, "local", "k", "read")
    look, again, after = found.edits
    assert isinstance(look, AddTask)
    assert isinstance(again, AddTask)
    assert isinstance(after, ReplaceTask)
    assert (look.task.id, look.task.requirements, look.task.depends_on) == ("read-fix2-look", ALPHA, ())
    assert (again.task.id, again.task.depends_on) == ("read.2", (Dependency(task="read-fix2-look"),))
    assert again.task.arguments == {"path": "${read-fix2-look.output.text}"}
    assert after.task.arguments == {"path": "${read.2.output.text}"}
    assert after.task.depends_on == (Dependency(task="read.2"),)


def test_a_member_of_a_fan_out_stays_one() -> None:
    failed = Task(id="read@alpha", skill="file.read", arguments={"path": "a.txt"}, requirements=ALPHA, group="read")
    (added,) = batch(Plan(steps=(read(),)), situation(failed=failed)).edits
    assert isinstance(added, AddTask)
    assert (added.task.id, added.task.group, added.task.requirements.device) == ("read@alpha.2", "read", "alpha")


def test_what_the_failed_task_follows_may_be_used() -> None:
    first = Task(id="first", skill="file.read")
    other = Task(id="other", skill="file.read")
    failed = Task(id="read", skill="file.read", arguments={"path": "a"}, depends_on=(Dependency(task="first"),))
    at = situation(failed=failed, others=((first, S.SUCCEEDED, {"text": "t"}), (other, S.SUCCEEDED, {"text": "t"})))
    (added,) = batch(Plan(steps=(read("${first.output.text}"),)), at).edits
    assert isinstance(added, AddTask)
    assert added.task.depends_on == (Dependency(task="first"),)
    assert refused(Plan(steps=(read("${other.output.text}"),)), at) == "bad_reference"


def test_a_task_that_placement_put_somewhere_is_mended_there_where_that_can_be() -> None:
    failed = Task(id="read", skill="file.read", arguments={"path": "a.txt"})
    (added,) = batch(Plan(steps=(read(),)), situation(failed=failed)).edits
    assert isinstance(added, AddTask)
    assert added.task.requirements == Requirements(prefer=("alpha",))


def test_another_device_that_the_request_names() -> None:
    (added,) = batch(Plan(steps=(read("a.txt", devices=Selector(names=("beta",))),)), situation()).edits
    assert isinstance(added, AddTask)
    assert added.task.requirements.device == "beta"


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        ("unknown_skill", Plan(steps=(Step(id="x", skill="no.such"),))),
        ("bad_arguments", Plan(steps=(Step(id="x", skill="file.read", arguments={"nothing": "b.txt"}),))),
        ("bad_arguments", Plan(steps=(Step(id="x", skill="file.read", arguments={"path": 20}),))),
        ("bad_reference", Plan(steps=(read("${moon.output.text}"),))),
        ("bad_reference", Plan(steps=(read(id="a"), read("${a.output.nothing}", id="b")))),
        ("bad_reference", Plan(steps=(read(after=(StepDependency(step="moon"),)),))),
        ("bad_reference", Plan(steps=(read(devices=Selector(mode="same", same_as="moon")),))),
        ("cycle", Plan(steps=(read("${b.output.text}", id="a"), read("${a.output.text}", id="b")))),
        ("duplicate_step", Plan(steps=(read(), read()))),
        ("unknown_step", Plan(steps=(read(),), answer=("moon",))),
        ("too_large", Plan(steps=tuple(read(id=f"s{number}") for number in range(6)))),
        ("denied", Plan(steps=(Step(id="w", skill="file.write", arguments={"path": "b.txt", "text": "a"}),))),
        ("denied", Plan(steps=(read(), Step(id="d", skill="file.delete", arguments={"path": "a.txt"})))),
        ("bad_selector", Plan(steps=(read(devices=Selector(mode="each")),))),
        ("bad_selector", Plan(steps=(read(devices=Selector(names=("alpha", "beta"))),))),
        ("bad_selector", Plan(steps=(read(devices=Selector(names=("alpha",), gpu=True)),))),
        ("unknown_device", Plan(steps=(read(devices=Selector(names=("moon",))),))),
        ("unexplained_device", Plan(steps=(read(devices=Selector(names=("gamma",))),))),
        ("unexplained_argument", Plan(steps=(read("c.txt"),))),
        ("unexplained_argument", Plan(steps=(read("b.tx"),))),
        ("unexplained_argument", Plan(steps=(read("a.txt/../b"),))),
        ("repeated", Plan(steps=(read("a.txt"),))),
        ("repeated", Plan(steps=(read("./a.txt", devices=Selector(names=("alpha",))),))),
    ],
)
def test_fixes_that_do_not_hold(code: str, fix: Plan) -> None:
    text = TEXT_OF + " ./a.txt"
    assert refused(fix, situation(text=text)) == code


def test_what_was_read_in_this_run_explains_what_is_read_and_not_what_is_written() -> None:
    look = Task(id="look", skill="file.search")
    seen = ((look, S.SUCCEEDED, JSON),)
    assert batch(Plan(steps=(read("docs/c.txt"),)), situation(others=seen))
    failed = Task(
        id="write", skill="file.write", arguments={"path": "a.txt", "text": "x"}, risk=Risk.WRITE, requirements=ALPHA
    )
    write = Step(id="w", skill="file.write", arguments={"path": "docs/c.txt", "text": "x"})
    assert refused(Plan(steps=(write,)), situation(failed=failed, others=seen)) == "unexplained_argument"
    write = write.model_copy(update={"arguments": {"path": "b.txt", "text": "x"}})
    assert batch(Plan(steps=(write,)), situation(failed=failed, others=seen))


JSON: JsonObject = {"entries": [{"path": "docs/c.txt", "size_bytes": 77}]}


def test_an_answer_explains() -> None:
    assert batch(Plan(steps=(read("c.txt"),)), situation(answers=(("Which?", "c.txt"),)))


def test_nothing_that_may_have_had_an_effect_comes_twice() -> None:
    failed = Task(
        id="add",
        skill="file.append",
        arguments={"path": "a.txt", "text": "x"},
        risk=Risk.WRITE,
        idempotent=False,
        requirements=ALPHA,
    )
    fix = Plan(steps=(Step(id="w", skill="file.append", arguments={"path": "b.txt", "text": "x"}),))
    for code in (ErrorCode.TOOL_FAILED, ErrorCode.TIMEOUT, ErrorCode.LOST):
        assert refused(fix, situation(failed=failed, code=code)) == "repeated"
    assert batch(fix, situation(failed=failed, code=ErrorCode.NOT_FOUND))
    done = Task(id="done", skill="file.append", arguments={"path": "b.txt", "text": "x"}, risk=Risk.WRITE)
    at = situation(failed=failed, code=ErrorCode.NOT_FOUND, others=((done, S.SUCCEEDED, {}),))
    assert refused(fix, at) == "repeated"


def test_a_run_that_may_not_write_is_not_mended_by_writing() -> None:
    failed = Task(id="w", skill="file.write", arguments={"path": "a.txt", "text": "x"}, risk=Risk.WRITE)
    fix = Plan(steps=(Step(id="w", skill="file.write", arguments={"path": "b.txt", "text": "x"}),))
    assert refused(fix, situation(failed=failed, approve="none")) == "denied"


@pytest.mark.parametrize(
    ("one", "other"), [("./a//b/", "a/b"), (["./a"], ["a"]), ({"x": 1, "y": "a "}, {"y": "a", "x": 1.0}), ("/", "/")]
)
def test_the_writing_of_a_value_does_not_matter(one: object, other: object) -> None:
    assert canonical(one) == canonical(other)  # type: ignore[arg-type]
    assert canonical(True) is True
    assert canonical("a") != canonical("b")

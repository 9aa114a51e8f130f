from __future__ import annotations

from agents.monitor import Medians, last_fixer, steps_taken, versions, watch
from orchestrator.core.events import RunStatus
from orchestrator.core.plan import Plan, Step
from orchestrator.core.tasks import TaskStatus
from orchestrator.core.views import RungTry, RunView, TaskView
from protocol.errors import ErrorCode
from protocol.messages import TaskError
from protocol.vocabulary import Json, Risk

S = TaskStatus


def task(
    id: str,
    status: S = S.FAILED,
    *,
    path: str = "a",
    error: str = "",
    output: Json = None,
    at: float = 0.0,
    **more: object,
) -> TaskView:
    fault = TaskError(code=ErrorCode.TOOL_FAILED, message=error or f"fault of {id}") if status is S.FAILED else None
    return TaskView.model_validate(
        {
            "id": id,
            "title": "",
            "skill": "file.read",
            "risk": Risk.READ,
            "status": status,
            "device": "alpha",
            "attempt": 1,
            "arguments": {"path": path},
            "error": fault,
            "output": output,
            "ended": at,
            **more,
        }
    )


def view(*tasks: TaskView, planned: int = 1, rungs: tuple[RungTry, ...] = ()) -> RunView:
    plan = Plan(steps=tuple(Step(id=f"s{number}", skill="x.y") for number in range(planned)))
    return RunView(run="r", state=RunStatus.RUNNING, text="", created=0, updated=0, tasks=tasks, plan=plan, rungs=rungs)


def kinds(run: RunView, task: str = "a", median: float = 8) -> list[str]:
    return [sign.kind for sign in watch(run, task, median)]


def test_one_failure_is_no_sign() -> None:
    assert kinds(view(task("a"))) == []
    assert kinds(view(task("a", path="x"), task("a.2", path="y"))) == []


def test_the_same_call_again() -> None:
    assert kinds(view(task("a", path="./x/"), task("a.2", path="x"))) == ["repeated"]
    assert kinds(view(task("a", path="x"), task("a.2", path="x", device="beta"))) == []
    assert kinds(view(task("a", path="x"), task("b", path="x"))) == []


def test_three_versions_that_end_alike() -> None:
    alike = [task(id, path=id, error="no") for id in ("a", "a.2", "a.3")]
    assert kinds(view(*alike)) == ["stuck", "errors"]
    assert kinds(view(*alike[:2], task("a.3", path="z", error="another"))) == ["errors"]
    same = [task(id, S.SUCCEEDED, path=id, output={"text": "t"}) for id in ("a", "a.2", "a.3")]
    assert kinds(view(*same)) == ["stuck"]


def test_errors_in_a_row() -> None:
    run = view(task("x", at=1), task("y", at=2), task("a", at=3))
    assert kinds(run) == ["errors"]
    assert not watch(run, "a")[0].ends
    assert kinds(view(task("x", at=1), task("y", S.SUCCEEDED, at=2), task("a", at=3))) == []
    fan = [task(f"x@{name}", group="x", at=1) for name in "pqrs"]
    assert kinds(view(*fan, task("a", at=2))) == []
    many = view(*(task(f"t{number}", at=number) for number in range(6)))
    assert [sign.ends for sign in watch(many, "t5")] == [True]


def test_more_steps_than_runs_take() -> None:
    done = [task(f"t{number}", S.SUCCEEDED, at=number) for number in range(17)]
    (sign,) = watch(view(*done, planned=3), "t0", 8)
    assert (sign.kind, sign.ends) == ("budget", True)
    assert kinds(view(*done[:16], planned=3), "t0") == []
    assert kinds(view(*done, planned=9), "t0") == []
    assert kinds(view(*done, planned=3), "t0", median=20) == []


def test_what_counts_as_a_step() -> None:
    fan = [task(f"x@{name}", S.SUCCEEDED, group="x") for name in "pq"]
    check = task("y.check1", S.SUCCEEDED, checks="y")
    assert steps_taken(view(*fan, check, task("z", S.PENDING, attempt=0), task("w"))) == 2


def test_the_median_of_succeeded_runs() -> None:
    medians = Medians(floor=2)
    assert medians.steps == 2
    for length in (1, 30, 4, 5, 6):
        medians.add(view(*(task(f"t{number}", S.SUCCEEDED) for number in range(length))))
    assert medians.steps == 5
    assert Medians([1, 1, 1]).steps == 8


def test_versions_and_who_made_the_last() -> None:
    tries = (
        RungTry(rung="local", accepted=True),
        RungTry(rung="local", accepted=True, fixes="a"),
        RungTry(rung="cloud", accepted=False, fixes="a.2"),
    )
    run = view(task("a.10"), task("b"), task("a.2"), task("a"), rungs=tries)
    assert [one.id for one in versions(run, "a.2")] == ["a", "a.2", "a.10"]
    assert last_fixer(run, "a.2") == "local"
    assert last_fixer(run, "b") is None

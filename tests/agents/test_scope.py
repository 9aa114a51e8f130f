from __future__ import annotations

from agents.scope import answer_steps, answer_tasks, base_of, current, replaced, replacement_of, used_steps
from orchestrator.core.events import RunStatus
from orchestrator.core.plan import Plan, Selector, Step, StepDependency
from orchestrator.core.tasks import Dependency, TaskStatus
from orchestrator.core.views import RunView, TaskView
from protocol.vocabulary import Risk

A = Step(id="a", skill="x")
B = Step(id="b", skill="x", arguments={"v": "${a.output.v}"})
C = Step(id="c", skill="x", after=(StepDependency(step="a"),))
D = Step(id="d", skill="x", devices=Selector(mode="same", same_as="c"))


def task(id: str, *after: str, group: str | None = None, status: TaskStatus = TaskStatus.SUCCEEDED) -> TaskView:
    edges = tuple(Dependency(task=one) for one in after)
    return TaskView(id=id, title="", skill="x", risk=Risk.READ, status=status, group=group, depends_on=edges)


def view(*tasks: TaskView, plan: Plan | None = None) -> RunView:
    return RunView(run="r", state=RunStatus.RUNNING, text="", created=0, updated=0, tasks=tasks, plan=plan)


def test_names_of_replacements() -> None:
    assert [replacement_of("scan"), replacement_of("scan.2"), replacement_of("scan.9")] == [
        "scan.2",
        "scan.3",
        "scan.10",
    ]
    assert [base_of("scan"), base_of("scan.2"), base_of("scan.10")] == ["scan", "scan", "scan"]
    assert base_of("get@host.2") == "get@host"  # dots in a device's name become underscores in ids


def test_steps_that_others_build_on() -> None:
    assert used_steps(Plan(steps=(A, B, C, D))) == {"a", "c"}


def test_the_answer_is_what_the_plan_says_or_what_comes_last() -> None:
    assert answer_steps(Plan(steps=(A, B, C), answer=("a",))) == ("a",)
    assert answer_steps(Plan(steps=(A, B, C))) == ("b", "c")


def test_the_tasks_of_the_answer() -> None:
    tasks = (task("a"), task("b@x", "a", group="b"), task("b@y", "a", group="b"), task("mine", "a"))
    assert answer_tasks(view(*tasks, plan=Plan(steps=(A, B)))) == ("b@x", "b@y", "mine")
    assert answer_tasks(view(*tasks, plan=Plan(steps=(A, B), answer=("a",)))) == ("a", "mine")
    assert answer_tasks(view(*tasks)) == ("b@x", "b@y", "mine")
    assert answer_tasks(view()) == ()


def test_a_replaced_task_gives_way() -> None:
    failed = TaskStatus.FAILED
    shown = view(task("a", status=failed), task("a.2", status=failed), task("a.3"), task("z"))
    assert [one.id for one in current(shown, ["a", "z", "gone"])] == ["a.3", "z"]
    assert [replaced(shown, one) for one in shown.tasks] == [True, True, False, False]
    assert answer_tasks(view(*shown.tasks, plan=Plan(steps=(A,)))) == ("a", "a.2", "a.3", "z")

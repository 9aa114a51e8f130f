"""What a task leaves at work on devices is ended before the next one."""

from __future__ import annotations

from orchestrator.cli.benching.lasting import ending
from orchestrator.core.tasks import TaskStatus
from orchestrator.core.views import RunView, TaskView
from protocol.vocabulary import Risk


def view(*tasks: TaskView) -> RunView:
    return RunView.model_construct(tasks=tasks)


def task(skill: str, *, attempt: int = 1, **output: str) -> TaskView:
    return TaskView(
        id=skill,
        title="",
        skill=skill,
        risk=Risk.WRITE,
        status=TaskStatus.SUCCEEDED,
        device="alpha",
        attempt=attempt,
        arguments={"sensor": "door"},
        output={**output} or None,
    )


def test_each_by_its_own_skill() -> None:
    plan = ending(view(task("service.create", name="shop"), task("edge.record"), task("cron.add", id="nightly")))
    assert plan is not None
    assert [(one.skill, one.arguments, one.devices.names, one.on_failure) for one in plan.steps] == [
        ("service.remove", {"name": "shop"}, ("alpha",), "skip"),
        ("edge.stop_recording", {"sensor": "door"}, ("alpha",), "skip"),
        ("cron.remove", {"id": "nightly"}, ("alpha",), "skip"),
    ]


def test_once_though_it_was_made_twice() -> None:
    plan = ending(view(task("edge.add_rule", name="warm"), task("edge.add_rule", name="warm")))
    assert plan is not None
    assert len(plan.steps) == 1


def test_nothing_where_nothing_lasts() -> None:
    assert ending(view(task("file.write", path="a"), task("service.create"), task("edge.record", attempt=0))) is None

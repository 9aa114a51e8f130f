from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from langsmith import tracing_context
from langsmith.utils import tracing_is_enabled

from agents.checks import sound
from agents.scripted import ScriptedPlanner
from agents.supervisor import LeadingSupervisor
from agents.testing import FakeRunControl, failure
from orchestrator.core.events import QuestionAsked, RungTried, RunStatus
from orchestrator.core.plan import Choice, Clarification, Declined, Plan, Proposal, Selector, Step, StepDependency
from orchestrator.core.ports import Consultation, PlanningContext, StoreError
from orchestrator.core.requests import Request, RunPolicy
from orchestrator.core.tasks import TaskStatus
from protocol.errors import ErrorCode
from protocol.messages import TaskError
from protocol.vocabulary import Json, JsonObject
from tests.support.skills import fleet

FREE = {"alpha": 120_000_000_000, "beta": 213_400_000_000, "gamma": 9_000_000_000}
DISK = Step(id="disk", skill="system.disk", devices=Selector(mode="each"))
RANK = Step(id="rank", skill="data.rank", arguments={"items": "${disk[*]}", "by": "output.free_bytes"})
MOST_FREE = Plan(steps=(DISK, RANK))
READ = Plan(steps=(Step(id="read", skill="file.read", arguments={"path": "notes.txt"}),))
ASK = Clarification(question="Which server?", choices=(Choice(label="alpha", value="alpha"),))


def perform(device: str, skill: str, arguments: JsonObject) -> Json | TaskError:
    """Devices that work."""
    if skill == "system.disk":
        total = 500_000_000_000
        used = total - FREE[device]
        size = {"total_bytes": total, "used_bytes": used, "free_bytes": FREE[device]}
        return {"path": ".", "mount": "/", "used_percent": round(100 * used / total, 1), **size}
    if skill == "data.rank":
        items = arguments["items"]
        assert isinstance(items, list)
        records = [item for item in items if isinstance(item, dict)]
        ranked = [{"item": one, "value": one["output"]["free_bytes"]} for one in records]  # type: ignore[index,call-overload]
        ranked.sort(key=lambda one: -one["value"])  # type: ignore[operator]
        return {"ranked": ranked, "best": ranked[0], "worst": ranked[-1], "count": len(ranked)}  # type: ignore[dict-item]
    return {"path": str(arguments.get("path", "")), "text": f"of {device}", "size_bytes": 7, "truncated": False}


def without(gone: str, code: ErrorCode = ErrorCode.UNAVAILABLE, skills: str = "file. system.") -> object:
    """Devices of which one fails at some skills."""
    fails = tuple(skills.split())
    return lambda device, skill, arguments: (
        failure(code, "it went away")
        if device == gone and skill.startswith(fails)
        else perform(device, skill, arguments)
    )


def control_of(*devices: str, perform: object = perform) -> FakeRunControl:
    return FakeRunControl(fleet(*devices), perform)  # type: ignore[arg-type]


async def lead(control: FakeRunControl, *planners: ScriptedPlanner, **policy: object) -> LeadingSupervisor:
    """One run from its submission until nothing more happens by itself."""
    supervisor = LeadingSupervisor(planners, check=sound)
    control.submit(Request(text="which device has the most free disk space?", policy=RunPolicy(**policy)))
    await control.drive(supervisor)
    return supervisor


async def test_a_request_is_planned_run_and_answered() -> None:
    control = control_of("alpha", "beta", "gamma")
    await lead(control, ScriptedPlanner(MOST_FREE))
    view = control.run_view()
    assert view.state is RunStatus.SUCCEEDED
    assert view.rung == "scripted"
    assert view.answer.splitlines()[0] == (
        "beta has the most free disk space: 213.4 GB free of 500.0 GB (57.3 % used) [rank]"
    )
    assert "2. alpha: 120.0 GB free" in view.answer


async def test_the_next_rung_is_asked_when_one_declines() -> None:
    control = control_of("alpha", "beta")
    first = ScriptedPlanner(Declined(reason="no idea", unplaced=("most",)), rung="embedded")
    await lead(control, first, ScriptedPlanner(MOST_FREE, rung="local"))
    assert [(one.rung, one.accepted) for one in control.run_view().rungs] == [("embedded", False), ("local", True)]
    assert control.run_view().rung == "local"


async def test_a_rung_repairs_once_told_what_failed() -> None:
    bad = Plan(steps=(Step(id="x", skill="no.such"),))
    planner = ScriptedPlanner(bad, MOST_FREE)
    control = control_of("alpha", "beta")
    await lead(control, planner)
    assert control.run_view().state is RunStatus.SUCCEEDED
    assert planner.asked[0][1] == ()
    assert "no.such" in planner.asked[1][1][0]


async def test_a_rung_that_stays_wrong_gives_way() -> None:
    bad = ScriptedPlanner(Plan(steps=(Step(id="x", skill="no.such"),)), rung="bad")
    control = control_of("alpha")
    await lead(control, bad, ScriptedPlanner(MOST_FREE, rung="good"))
    assert len(bad.asked) == 2
    assert control.run_view().rung == "good"


async def test_no_rung_can_plan_it() -> None:
    control = control_of("alpha")
    unplaced = Declined(reason="not understood", unplaced=("the moon",))
    await lead(
        control, ScriptedPlanner(unplaced, rung="embedded"), ScriptedPlanner(Declined(reason="no"), rung="local")
    )
    view = control.run_view()
    assert (view.state, view.error and view.error.code) == (RunStatus.FAILED, "no_plan")
    assert view.error is not None
    assert 'embedded: not understood (not placed: "the moon"); local: no' in view.error.message
    assert not control.dispatched


async def test_a_planner_that_raises_has_declined() -> None:
    control = control_of("alpha")
    await lead(control, ScriptedPlanner(RuntimeError("secret detail"), rung="local"))
    error = control.run_view().error
    assert error is not None
    assert error.code == "internal"
    assert "RuntimeError" in error.message
    assert "secret detail" not in error.message


async def test_an_empty_fleet() -> None:
    control = control_of()
    await lead(control, ScriptedPlanner(Declined(reason="no device"), rung="embedded"))
    assert (error := control.run_view().error) is not None
    assert error.code == "no_capable_device"


async def test_a_device_that_does_not_exist() -> None:
    named = Plan(steps=(Step(id="read", skill="file.read", devices=Selector(names=("omega",))),))
    control = control_of("alpha")
    supervisor = LeadingSupervisor([ScriptedPlanner(named)], check=sound)
    control.submit(Request(text="read the notes on omega"))
    await control.drive(supervisor)
    assert (error := control.run_view().error) is not None
    assert error.code == "no_capable_device"
    assert "omega" in error.message


async def test_control_characters_alone_are_no_request() -> None:
    control = control_of("alpha")
    planner = ScriptedPlanner(MOST_FREE)
    control.submit(Request(text="\x1b[31m\x00\x07\u202e"))
    await control.drive(LeadingSupervisor([planner], check=sound))
    assert (error := control.run_view().error) is not None
    assert error.code == "bad_request"
    assert not planner.asked


async def test_a_policy_that_denies_what_the_plan_needs() -> None:
    delete = Plan(steps=(Step(id="x", skill="file.delete", arguments={"path": "a"}),))
    control = control_of("alpha")
    await lead(control, ScriptedPlanner(delete), approve="none")
    assert (error := control.run_view().error) is not None
    assert error.code == "denied"
    assert not control.dispatched


async def test_a_policy_that_limits_the_devices() -> None:
    control = control_of("alpha", "beta", "gamma")
    await lead(control, ScriptedPlanner(MOST_FREE), devices=("alpha", "gamma"))
    assert control.run_view().state is RunStatus.SUCCEEDED
    assert {device for _, device in control.dispatched} == {"alpha", "gamma"}


async def test_plan_only() -> None:
    control = control_of("alpha", "beta")
    await lead(control, ScriptedPlanner(MOST_FREE), plan_only=True)
    view = control.run_view()
    assert view.state is RunStatus.SUCCEEDED
    assert view.answer.startswith("This is the plan; nothing of it was run")
    assert not control.dispatched


# --- questions -----------------------------------------------------------------------------------------------------


async def test_a_question_is_asked_and_its_answer_used() -> None:
    control = control_of("alpha")
    supervisor = await lead(control, ScriptedPlanner(ASK, READ))
    assert control.run_view().state is RunStatus.WAITING
    assert control.run_view().questions[0].clarification == ASK
    control.answer("alpha")
    await control.drive(supervisor)
    assert control.run_view().state is RunStatus.SUCCEEDED


async def test_the_same_question_is_asked_once() -> None:
    control = control_of("alpha")
    supervisor = await lead(control, ScriptedPlanner(ASK))
    control.answer("whatever")
    await control.drive(supervisor)
    assert (error := control.run_view().error) is not None
    assert error.code == "needs_answer"
    assert len([event for event in control.events if isinstance(event.body, QuestionAsked)]) == 1


async def test_an_open_question_is_not_asked_again_after_a_restart() -> None:
    control = control_of("alpha")
    planner = ScriptedPlanner(ASK, READ)
    await lead(control, planner)
    control.restart()
    again = LeadingSupervisor([planner], check=sound)
    await again.consult(Consultation(run="r1", reason="submitted", key="r1.submitted"), control)
    assert len(planner.asked) == 1
    control.answer("alpha")
    await control.drive(again)
    assert control.run_view().state is RunStatus.SUCCEEDED


# --- failures ------------------------------------------------------------------------------------------------------


async def test_a_task_moves_when_its_device_cannot() -> None:
    count = Step(id="count", skill="data.count_by", arguments={"items": "${read.output.text}", "by": "line"})
    control = control_of("alpha", "beta", perform=without("alpha", ErrorCode.UNKNOWN_SKILL))
    await lead(control, ScriptedPlanner(Plan(steps=(*READ.steps, count))))
    view = control.run_view()
    assert view.state is RunStatus.SUCCEEDED
    assert [(one.id, one.status) for one in view.tasks] == [
        ("read", TaskStatus.FAILED),
        ("count", TaskStatus.SUCCEEDED),
        ("read.2", TaskStatus.SUCCEEDED),
    ]
    assert ("read.2", "beta") in control.dispatched
    assert "read.2" not in view.answer.partition("[count]")[0]


async def test_a_task_that_was_pinned_stays() -> None:
    pinned = Plan(steps=(Step(id="read", skill="file.read", devices=Selector(names=("alpha",))),))
    control = control_of("alpha", "beta", perform=without("alpha"))
    await lead(control, ScriptedPlanner(pinned))
    view = control.run_view()
    assert view.state is RunStatus.FAILED
    assert "failed on alpha: file.read: it went away [read]" in view.answer
    assert {device for _, device in control.dispatched} == {"alpha"}


async def test_a_join_goes_on_without_the_device_that_failed() -> None:
    control = control_of("alpha", "beta", "gamma", perform=without("beta"))
    await lead(control, ScriptedPlanner(MOST_FREE))
    view = control.run_view()
    assert view.state is RunStatus.SUCCEEDED
    assert view.answer.startswith("alpha has the most free disk space")
    assert "failed on beta: system.disk: it went away [disk@beta]" in view.answer


async def test_a_join_of_nothing_fails() -> None:
    control = control_of("alpha", perform=without("alpha"))
    await lead(control, ScriptedPlanner(MOST_FREE))
    view = control.run_view()
    assert (view.state, view.error and view.error.code) == (RunStatus.FAILED, "no_capable_device")


async def test_a_fan_out_goes_on_when_one_device_fails() -> None:
    control = control_of("alpha", "beta", "gamma", perform=without("alpha", ErrorCode.TOOL_FAILED))
    await lead(control, ScriptedPlanner(Plan(steps=(DISK,))))
    view = control.run_view()
    assert view.state is RunStatus.SUCCEEDED
    assert "beta: 213.4 GB free" in view.answer
    assert "failed on alpha" in view.answer


async def test_a_fan_out_of_which_nothing_is_left_fails() -> None:
    control = control_of("alpha", perform=without("alpha", ErrorCode.TOOL_FAILED))
    await lead(control, ScriptedPlanner(Plan(steps=(DISK,))))
    assert (error := control.run_view().error) is not None
    assert error.code == "task_failed"


async def test_a_change_that_was_made_on_some_devices_only_is_a_failure() -> None:
    write = Step(id="w", skill="file.write", arguments={"path": "a", "text": "b"}, devices=Selector(mode="each"))
    control = control_of("alpha", "beta", perform=without("alpha", ErrorCode.TOOL_FAILED))
    await lead(control, ScriptedPlanner(Plan(steps=(write,))), approve="all")
    view = control.run_view()
    assert (view.state, view.error and view.error.code) == (RunStatus.FAILED, "task_failed")
    assert "on beta [w@beta]" in view.answer


@pytest.mark.parametrize(("second", "state"), [("file.write", "failed"), ("file.read", "succeeded")])
async def test_branches_go_on_without_the_one_that_failed(second: str, state: str) -> None:
    read = Step(id="read", skill="file.read", arguments={"path": "a"}, devices=Selector(mode="each"))
    then = Step(
        id="then",
        skill=second,
        arguments={"path": "${read.output.text}"},
        devices=Selector(mode="same", same_as="read"),
    )
    control = control_of("alpha", "beta", "gamma", perform=without("beta", ErrorCode.TOOL_FAILED))
    await lead(control, ScriptedPlanner(Plan(steps=(read, then))), approve="all")
    view = control.run_view()
    assert view.state == state
    assert {one.id: one.status.value for one in view.tasks if one.group == "then"} == {
        "then@alpha": "succeeded",
        "then@beta": "skipped",
        "then@gamma": "succeeded",
    }
    assert "failed on beta: file.read" in view.answer


async def test_an_approval_that_is_denied() -> None:
    delete = Plan(steps=(Step(id="x", skill="file.delete", arguments={"path": "a"}),))
    control = control_of("alpha")
    supervisor = await lead(control, ScriptedPlanner(delete))
    assert control.run_view().state is RunStatus.WAITING
    control.approve(granted=False)
    await control.drive(supervisor)
    assert (error := control.run_view().error) is not None
    assert error.code == "denied"


# --- twice, lost, behind, broken -----------------------------------------------------------------------------------


async def test_every_consultation_twice_changes_nothing() -> None:
    control = control_of("alpha", "beta", "gamma", perform=without("beta"))
    supervisor = LeadingSupervisor([ScriptedPlanner(MOST_FREE)], check=sound)
    control.submit(Request(text="which device has the most free disk space?"))
    while control.consultations:
        consultation = control.consultations.popleft()
        await supervisor.consult(consultation, control)
        before = len(control.events)
        await supervisor.consult(consultation, control)
        assert len(control.events) == before, consultation
    assert control.run_view().state is RunStatus.SUCCEEDED


async def test_a_new_supervisor_at_every_consultation_finds_its_way() -> None:
    control = control_of("alpha", "beta", "gamma", perform=without("beta"))
    control.submit(Request(text="which device has the most free disk space?"))
    while control.consultations:
        consultation = control.consultations.popleft()
        await LeadingSupervisor([ScriptedPlanner(MOST_FREE)], check=sound).consult(consultation, control)
    assert control.run_view().state is RunStatus.SUCCEEDED


async def test_without_a_saved_place_the_record_is_enough() -> None:
    control = control_of("alpha", "beta", "gamma", perform=without("beta"))
    supervisor = LeadingSupervisor([ScriptedPlanner(ASK, MOST_FREE)], checkpoints=None, check=sound)
    control.submit(Request(text="which device has the most free disk space?"))
    await control.drive(supervisor)
    control.answer("alpha")
    await control.drive(supervisor)
    assert control.run_view().state is RunStatus.SUCCEEDED
    assert supervisor._graph is None
    await supervisor.close()


async def test_without_langgraph_the_record_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("agents.graph", "langgraph.graph"):
        monkeypatch.setitem(sys.modules, module, None)
    control = control_of("alpha")
    supervisor = LeadingSupervisor([ScriptedPlanner(READ)], check=sound)
    control.submit(Request(text="read it"))
    await control.drive(supervisor)
    assert control.run_view().state is RunStatus.SUCCEEDED


async def test_the_saved_place_lives_in_sqlite_and_goes_with_the_run(tmp_path: Path) -> None:
    place = str(tmp_path / "deep" / "place.db")
    control = control_of("alpha")
    control.submit(Request(text="read it"))
    planner = ScriptedPlanner(ASK, READ)
    first = LeadingSupervisor([planner], checkpoints=place, check=sound)
    await control.drive(first)
    await first.close()
    saved = (tmp_path / "deep" / "place.db").read_bytes()
    assert b"r1" in saved
    assert b"file.read" not in saved
    second = LeadingSupervisor([planner], checkpoints=f"sqlite:///{place}", check=sound)
    control.answer("alpha")
    await control.drive(second)
    assert control.run_view().state is RunStatus.SUCCEEDED
    assert second._saver is not None
    assert await second._saver.aget_tuple({"configurable": {"thread_id": "r1"}}) is None
    await second.close()
    await second.close()


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "place.db").write_bytes(b"not a database" * 100)
    control = control_of("alpha")
    supervisor = LeadingSupervisor([ScriptedPlanner(READ)], checkpoints=str(tmp_path / "place.db"), check=sound)
    control.submit(Request(text="read it"))
    await control.drive(supervisor)
    assert control.run_view().state is RunStatus.SUCCEEDED
    await supervisor.close()


async def test_a_saver_that_breaks_down_under_way(tmp_path: Path) -> None:
    control = control_of("alpha", "beta")
    supervisor = LeadingSupervisor([ScriptedPlanner(MOST_FREE)], checkpoints=str(tmp_path / "place.db"), check=sound)
    await supervisor.prepare()
    await supervisor._stack.aclose()
    control.submit(Request(text="which device has the most free disk space?"))
    await control.drive(supervisor)
    assert control.run_view().state is RunStatus.SUCCEEDED
    assert len([event for event in control.events if isinstance(event.body, RungTried)]) == 1


@pytest.mark.parametrize("call", ["start", "note_rung", "finish", "view"])
async def test_a_record_in_trouble_is_told_and_the_consultation_can_come_again(call: str) -> None:
    control = control_of("alpha")
    supervisor = LeadingSupervisor([ScriptedPlanner(READ)], check=sound)
    control.submit(Request(text="read it"))
    control.broken.add(call)
    consultation = control.consultations.popleft()
    control.consultations.appendleft(consultation)
    with pytest.raises(StoreError):
        await control.drive(supervisor)
    control.broken.clear()
    control.restart()
    await supervisor.consult(consultation, control)
    settled = Consultation(run="r1", reason="settled", key="r1.settled.1")
    await supervisor.consult(settled, control)
    assert control.run_view().state is RunStatus.SUCCEEDED


async def test_a_consultation_after_the_end_is_nothing() -> None:
    control = control_of("alpha")
    supervisor = await lead(control, ScriptedPlanner(READ))
    before = len(control.events)
    await supervisor.consult(Consultation(run="r1", reason="failed", task="read", key="late"), control)
    assert len(control.events) == before


async def test_a_fallback_edge_takes_the_failure() -> None:
    fallback = Step(
        id="other",
        skill="file.read",
        arguments={"path": "b"},
        devices=Selector(names=("beta",)),
        after=(StepDependency(step="read", on="failure"),),
    )
    pinned = Step(id="read", skill="file.read", devices=Selector(names=("alpha",)))
    control = control_of("alpha", "beta", perform=without("alpha", ErrorCode.NOT_FOUND))
    await lead(control, ScriptedPlanner(Plan(steps=(pinned, fallback))))
    assert control.run_view().state is RunStatus.SUCCEEDED
    assert ("other", "beta") in control.dispatched


class Slow:
    """A planner that says when it was asked, and waits until it may answer."""

    rung = "slow"

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.go_on = asyncio.Event()
        self.calls = 0
        self.traced: bool | str | None = None

    async def plan(self, request: Request, context: PlanningContext) -> Proposal:
        self.calls += 1
        self.traced = tracing_is_enabled()
        self.asked.set()
        await self.go_on.wait()
        return Proposal(rung=self.rung, result=READ)


async def test_consultations_of_one_run_come_one_after_the_other() -> None:
    control = control_of("alpha")
    planner = Slow()
    supervisor = LeadingSupervisor([planner], check=sound)
    control.submit(Request(text="read it"))
    consultation = control.consultations.popleft()
    both = asyncio.gather(supervisor.consult(consultation, control), supervisor.consult(consultation, control))
    await planner.asked.wait()
    planner.go_on.set()
    await both
    assert planner.calls == 1


async def test_a_consultation_that_is_cancelled_comes_again() -> None:
    control = control_of("alpha")
    planner = Slow()
    supervisor = LeadingSupervisor([planner], check=sound)
    control.submit(Request(text="read it"))
    consultation = control.consultations.popleft()
    first = asyncio.create_task(supervisor.consult(consultation, control))
    await planner.asked.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    planner.go_on.set()
    await supervisor.consult(consultation, control)
    await control.drive(supervisor)
    assert control.run_view().state is RunStatus.SUCCEEDED


@pytest.mark.parametrize("trace", [False, True])
async def test_nobody_traces_the_steps_unless_asked(trace: bool) -> None:
    control = control_of("alpha")
    planner = Slow()
    planner.go_on.set()
    supervisor = LeadingSupervisor([planner], check=sound, trace=trace)
    control.submit(Request(text="read it"))
    # As with LANGSMITH_TRACING=true in the environment, but nothing is sent: "local" keeps traces here.
    with tracing_context(enabled="local"):
        await control.drive(supervisor)
    assert bool(planner.traced) is trace


def test_importing_the_supervisor_stays_light() -> None:
    code = (
        "import sys, agents.supervisor, agents.answer, agents.scripted, agents.testing\n"
        "heavy = [m for m in ('langgraph', 'langchain_core', 'openai', 'sqlite3') if m in sys.modules]\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": os.getcwd()}, timeout=60)

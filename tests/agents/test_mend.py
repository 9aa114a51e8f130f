"""One failed task is mended by a rung while its run goes on: who is asked, what is told, what may be done."""

from __future__ import annotations

from collections.abc import Callable

from agents.checks import sound
from agents.embedded_fixes import REPLACE
from agents.factory import LateEmbedded
from agents.scripted import ScriptedPlanner
from agents.supervisor import LeadingSupervisor
from agents.testing import FakeRunControl, ScriptedFixer, failure
from orchestrator.core.events import RevisionDeclined, RunStatus
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Clarification, Declined, Plan, Selector, Step, StepDependency
from orchestrator.core.ports import Planner
from orchestrator.core.requests import Request, RunPolicy
from protocol.errors import ErrorCode
from protocol.messages import TaskError
from protocol.vocabulary import Json, JsonObject, Risk
from tests.support.skills import SKILLS, TEXT, device, spec

TEXT_OF = 'count the lines of "a.txt" or, where it is gone, of "b.txt" on alpha'
ALPHA = Selector(names=("alpha",))
COPY = spec("file.copy", {"path": TEXT}, risk=Risk.WRITE, source=TEXT, target=TEXT, overwrite={"type": "boolean"})
FLEET = FleetView.of(device("alpha", *SKILLS, COPY), device("beta", *SKILLS, COPY))


def read(path: str, where: Selector = ALPHA, id: str = "read") -> Step:
    return Step(id=id, skill="file.read", arguments={"path": path}, devices=where)


PLAN = Plan(
    steps=(
        read("a.txt"),
        Step(id="count", skill="data.count_by", arguments={"items": "${read.output.text}", "by": "line"}),
    )
)
FIX = Plan(steps=(read("b.txt", Selector()),))


def gone(*paths: str, code: ErrorCode = ErrorCode.NOT_FOUND) -> Callable[[str, str, JsonObject], Json | TaskError]:
    """Devices on which some files are not there."""

    def perform(device: str, skill: str, arguments: JsonObject) -> Json | TaskError:
        path = str(arguments.get("path", arguments.get("target", "")))
        if path in paths:
            return failure(code, f"there is no {path}; password=hunter2hunter2")
        return {"path": path, "text": f"text of {path}", "counts": [], "total": 0}

    return perform


async def lead(control: FakeRunControl, *rungs: Planner, text: str = TEXT_OF, **policy: object) -> FakeRunControl:
    control.submit(Request(text=text, policy=RunPolicy.model_validate(policy)))
    await control.drive(LeadingSupervisor(rungs, check=sound))
    return control


def declined(control: FakeRunControl) -> list[str]:
    return [one.body.reason for one in control.events if isinstance(one.body, RevisionDeclined)]


async def test_a_fix_takes_the_failed_tasks_place_and_the_run_goes_on() -> None:
    fixer = ScriptedFixer(PLAN, FIX, rung="local")
    control = await lead(FakeRunControl(FLEET, gone("a.txt")), fixer)
    view = control.run_view()
    assert view.state is RunStatus.SUCCEEDED
    assert [(task.id, task.device) for task in view.tasks] == [
        ("read", "alpha"),
        ("count", "alpha"),
        ("read.2", "alpha"),
    ]
    count = next(task for task in view.tasks if task.id == "count")
    assert count.arguments["items"] == "${read.2.output.text}"
    assert [(one.rung, one.accepted, one.fixes) for one in view.rungs] == [
        ("local", True, None),
        ("local", True, "read"),
    ]
    assert view.plan == PLAN
    assert view.rung == "local"


async def test_a_rung_is_told_of_the_task_alone_without_secrets() -> None:
    fixer = ScriptedFixer(PLAN, FIX)
    await lead(FakeRunControl(FLEET, gone("a.txt")), fixer)
    (told,) = fixer.mended
    assert (told.failure.task.id, told.failure.device, told.run) == ("read", "alpha", "r1")
    assert told.failure.error is not None
    assert told.failure.error.code is ErrorCode.NOT_FOUND
    assert "hunter2" not in told.failure.error.message
    assert [(one.task, one.skill, one.status) for one in told.failure.after] == [("count", "data.count_by", "pending")]


async def test_rungs_that_cannot_mend_are_passed_over_and_the_next_is_asked() -> None:
    deaf = ScriptedPlanner(PLAN, rung="deaf")
    first = ScriptedFixer(PLAN, Declined(reason="no idea"), rung="first")
    second = ScriptedFixer(PLAN, FIX, rung="second")
    control = await lead(FakeRunControl(FLEET, gone("a.txt")), deaf, first, second)
    assert control.run_view().state is RunStatus.SUCCEEDED
    assert [(one.rung, one.reason) for one in second.mended[0].tried] == [("first", "no idea")]


async def test_a_fix_that_the_checks_refuse_is_repaired_once() -> None:
    wrong = Plan(steps=(read("etc/passwd", Selector()),))
    fixer = ScriptedFixer(PLAN, wrong, FIX)
    control = await lead(FakeRunControl(FLEET, gone("a.txt")), fixer)
    assert control.run_view().state is RunStatus.SUCCEEDED
    assert fixer.mended[1].problems == ("step read: path 'etc/passwd' comes from nowhere",)


async def test_a_rung_that_stays_wrong_or_breaks_down_gives_way() -> None:
    wrong = ScriptedFixer(PLAN, Plan(steps=(read("etc/passwd", Selector()),)), rung="wrong")
    broken = ScriptedFixer(PLAN, RuntimeError("x"), rung="broken")
    good = ScriptedFixer(PLAN, FIX, rung="good")
    control = await lead(FakeRunControl(FLEET, gone("a.txt")), wrong, broken, good)
    assert control.run_view().state is RunStatus.SUCCEEDED
    assert [(one.rung, one.accepted) for one in control.run_view().rungs if one.fixes] == [
        ("wrong", False),
        ("wrong", False),
        ("broken", False),
        ("good", True),
    ]


async def test_why_nothing_could_be_done_is_on_record() -> None:
    control = await lead(FakeRunControl(FLEET, gone("a.txt")), ScriptedFixer(PLAN, Declined(reason="no idea")))
    view = control.run_view()
    assert (view.state, view.error and view.error.code) == (RunStatus.FAILED, "task_failed")
    assert "fixer: no idea" in declined(control)[0]


async def test_the_next_failure_starts_at_the_cheapest_rung_again_told_what_failed() -> None:
    text = 'count "a.txt", "b.txt" or "c.txt" on alpha'
    second = ScriptedFixer(PLAN, FIX, Plan(steps=(read("c.txt", Selector()),)), rung="second")
    first = ScriptedFixer(PLAN, Declined(reason="no"), rung="first")
    control = await lead(FakeRunControl(FLEET, gone("a.txt", "b.txt")), first, second, text=text)
    assert control.run_view().state is RunStatus.SUCCEEDED
    assert [told.failure.task.id for told in first.mended] == ["read", "read.2"]
    was = first.mended[1].tried[0]
    assert was.plan is not None
    assert was.plan.steps[0].arguments == {"path": "a.txt"}
    assert [task.id for task in control.run_view().tasks] == ["read", "count", "read.2", "read.3"]


async def test_the_policy_bounds_how_often() -> None:
    text = 'read "a.txt", "b.txt" or "c.txt" on alpha'
    fixer = ScriptedFixer(PLAN, FIX, Plan(steps=(read("c.txt", Selector()),)))
    control = await lead(FakeRunControl(FLEET, gone("a.txt", "b.txt")), fixer, text=text, revisions=1)
    assert control.run_view().state is RunStatus.FAILED
    assert len(fixer.mended) == 1


async def test_with_no_revisions_nothing_is_changed_after_a_failure() -> None:
    """Neither by a rung, nor by a rule: beta could read it, and the fan-out could go on without alpha."""
    fixer = ScriptedFixer(PLAN, FIX)
    control = await lead(FakeRunControl(FLEET, gone("a.txt")), fixer, revisions=0)
    unpinned = Plan(steps=(read("a.txt", Selector()),))
    moved = await lead(
        FakeRunControl(FLEET, gone("a.txt")), ScriptedPlanner(unpinned), text='read "a.txt"', revisions=0
    )
    for one in (control, moved):
        view = one.run_view()
        assert (view.state, view.version) == (RunStatus.FAILED, 1)
    assert fixer.mended == []
    assert [task.id for task in moved.run_view().tasks] == ["read"]
    allowed = await lead(FakeRunControl(FLEET, gone("a.txt")), ScriptedPlanner(unpinned), text='read "a.txt"')
    assert allowed.run_view().version > 1, "with revisions the rule does move it"


async def test_what_was_denied_is_not_tried_in_another_way() -> None:
    plan = Plan(steps=(Step(id="del", skill="file.delete", arguments={"path": "a.txt"}, devices=ALPHA),))
    fixer = ScriptedFixer(plan, FIX)
    control = FakeRunControl(FLEET, gone())
    control.submit(Request(text="delete a.txt on alpha"))
    supervisor = LeadingSupervisor([fixer], check=sound)
    await control.drive(supervisor)
    control.approve(granted=False)
    await control.drive(supervisor)
    assert control.run_view().state is RunStatus.FAILED
    assert fixer.mended == []


# --- asking --------------------------------------------------------------------------------------------------------


COPIED = Plan(
    steps=(
        Step(id="copy", skill="file.copy", arguments={"source": "a", "target": "old.txt"}, devices=ALPHA),
        Step(id="after", skill="file.read", arguments={"path": "z"}, after=(StepDependency(step="copy"),)),
    )
)


def occupied() -> FakeRunControl:
    taken = gone("old.txt", code=ErrorCode.ALREADY_EXISTS)
    return FakeRunControl(
        FLEET,
        lambda device, skill, arguments: (
            {"path": "x"} if arguments.get("overwrite") else taken(device, skill, arguments)
        ),
    )


class Planned(LateEmbedded):
    """The embedded rung with a plan of the test's own."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._planner = ScriptedPlanner(plan, rung="embedded")


async def test_a_person_is_asked_before_what_is_there_is_replaced() -> None:
    control = occupied()
    control.submit(Request(text="copy a to old.txt on alpha"))
    model = ScriptedFixer(COPIED, Declined(reason="no"), rung="cloud")
    supervisor = LeadingSupervisor([Planned(COPIED), model], check=sound)
    await control.drive(supervisor)
    control.approve()
    await control.drive(supervisor)
    view = control.run_view()
    assert (view.state, view.revising) == (RunStatus.WAITING, ("copy",))
    assert view.questions[0].clarification.question == "`old.txt` is there already on alpha. Replace it?"
    assert model.mended == []
    control.answer("1")
    await control.drive(supervisor)
    control.approve()
    await control.drive(supervisor)
    view = control.run_view()
    assert view.state is RunStatus.SUCCEEDED
    again = next(task for task in view.tasks if task.id == "copy.2")
    assert again.arguments["overwrite"] is True
    assert REPLACE == "replace it"


async def test_the_answer_is_found_after_a_restart() -> None:
    control = occupied()
    control.submit(Request(text="copy a to old.txt on alpha"))
    await control.drive(LeadingSupervisor([Planned(COPIED)], check=sound))
    control.approve()
    await control.drive(LeadingSupervisor([Planned(COPIED)], check=sound))
    control.answer(REPLACE)
    control.restart()
    await control.drive(LeadingSupervisor([Planned(COPIED)], check=sound))
    control.approve()
    await control.drive(LeadingSupervisor([Planned(COPIED)], check=sound))
    assert control.run_view().state is RunStatus.SUCCEEDED


async def test_what_is_to_be_left_ends_the_run() -> None:
    control = occupied()
    control.submit(Request(text="copy a to old.txt on alpha"))
    supervisor = LeadingSupervisor([Planned(COPIED)], check=sound)
    await control.drive(supervisor)
    control.approve()
    await control.drive(supervisor)
    control.answer("leave it")
    await control.drive(supervisor)
    assert control.run_view().state is RunStatus.FAILED
    assert "is to be left as it is" in declined(control)[0]


async def test_nobody_is_asked_in_a_run_that_nobody_attends() -> None:
    control = await lead(occupied(), Planned(COPIED), text="copy a to old.txt on alpha", approve="all")
    view = control.run_view()
    assert view.state is RunStatus.FAILED
    assert view.questions == ()
    assert "nobody is to be asked" in view.rungs[-1].problems[0]


async def test_a_similar_name_that_was_seen_is_asked_about() -> None:
    plan = Plan(
        steps=(
            Step(id="look", skill="file.search", arguments={"pattern": "x"}, devices=ALPHA),
            Step(
                id="read",
                skill="file.read",
                arguments={"path": "notes.txt"},
                devices=ALPHA,
                after=(StepDependency(step="look"),),
            ),
        )
    )

    def perform(device: str, skill: str, arguments: JsonObject) -> Json | TaskError:
        if skill == "file.search":
            return {"matches": [{"path": "notes-old.txt"}, {"path": "docs/notes.txt"}, {"path": "far.log"}], "count": 3}
        return gone("notes.txt")(device, skill, arguments)

    control = FakeRunControl(FLEET, perform)
    control.submit(Request(text="find x, then read notes.txt on alpha"))
    supervisor = LeadingSupervisor([Planned(plan)], check=sound)
    await control.drive(supervisor)
    (asked,) = control.run_view().questions
    assert asked.clarification.question == "There is no `notes.txt` on alpha. Which one is meant?"
    assert [one.value for one in asked.clarification.choices] == ["docs/notes.txt", "notes-old.txt", "none of these"]
    control.answer("docs/notes.txt")
    await control.drive(supervisor)
    assert control.run_view().state is RunStatus.SUCCEEDED


async def test_a_rung_that_asks_what_was_asked_before_gives_way() -> None:
    asked = Clarification(question="Which file?")
    curious, good = ScriptedFixer(PLAN, asked, rung="curious"), ScriptedFixer(PLAN, FIX, rung="good")
    control = FakeRunControl(FLEET, gone("a.txt"))
    control.submit(Request(text=TEXT_OF))
    supervisor = LeadingSupervisor([curious, good], check=sound)
    await control.drive(supervisor)
    control.answer("b.txt")
    await control.drive(supervisor)
    assert control.run_view().state is RunStatus.SUCCEEDED
    assert curious.mended[1].answers == [("Which file?", "b.txt")]
    assert len(good.mended) == 1


# --- the monitor -----------------------------------------------------------------------------------------------------


async def test_a_rung_that_goes_round_in_circles_gives_way_to_the_next() -> None:
    text = 'read "a.txt", "b.txt", "c.txt" or "d.txt" on alpha'
    local = ScriptedFixer(PLAN, *(Plan(steps=(read(path, Selector()),)) for path in ("b.txt", "c.txt")), rung="local")
    cloud = ScriptedFixer(PLAN, Plan(steps=(read("d.txt", Selector()),)), rung="cloud")

    def perform(device: str, skill: str, arguments: JsonObject) -> Json | TaskError:
        return gone()(device, skill, arguments) if arguments.get("path") in (None, "d.txt") else failure()

    control = await lead(FakeRunControl(FLEET, perform), local, cloud, text=text, revisions=5)
    assert control.run_view().state is RunStatus.SUCCEEDED
    assert [told.failure.task.id for told in local.mended] == ["read", "read.2"]
    assert [told.failure.task.id for told in cloud.mended] == ["read.3"]


async def test_a_run_in_which_everything_fails_ends_with_the_reason_on_record() -> None:
    names = [f"f{number}.txt" for number in range(9)]
    text = "read " + ", ".join(names) + " on alpha"
    plan = Plan(steps=(read(names[0]),))
    rungs = [
        ScriptedFixer(plan, Plan(steps=(read(name, Selector()),)), rung=f"r{number}")
        for number, name in enumerate(names[1:])
    ]
    control = await lead(FakeRunControl(FLEET, lambda *given: failure()), *rungs, text=text, revisions=20)
    assert control.run_view().state is RunStatus.FAILED
    assert "6 tasks in a row failed: nothing more is tried" in declined(control)[0]
    assert "[stuck: the last 3 versions of read ended alike]" in declined(control)[0]

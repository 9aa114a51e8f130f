"""Views of a run: what each task waits for, in words, and what the run cost."""

from __future__ import annotations

from orchestrator.core import stimuli
from orchestrator.core.conditions import Compare
from orchestrator.core.plan import Choice, Clarification, Plan, Proposal, RungUsage, Step
from orchestrator.core.project import graph_view, run_view
from orchestrator.core.tasks import Dependency, On
from orchestrator.core.views import RunView
from tests.support.runs import SKILL, Run, task


def waits(run: Run, now: float | None = None) -> dict[str, str]:
    return {view.id: view.waiting_for for view in run_view(run.state, now=now).tasks}


def test_what_a_pending_task_waits_for() -> None:
    big = Compare(path="output.n", op=">", value=80)
    run = Run.of(
        task("a"),
        task("b"),
        task("success", "a"),
        task("failure", "a!"),
        task("end", "a."),
        task("condition", Dependency(task="a", on=On.CONDITION, when=big)),
        task("both", "a", "b."),
        task("any", "a", "b", join="any"),
        *(task(f"m{i}") for i in range(5)),
        task("many", *(f"m{i}" for i in range(5))),
    )
    found = waits(run)
    assert found["a"] == "a free device"
    assert found["success"] == "a to succeed"
    assert found["failure"] == "a to fail"
    assert found["end"] == "a to end"
    assert found["condition"] == "a to succeed with output.n > 80"
    assert found["both"] == "a to succeed, b to end"
    assert found["any"] == "any of: a to succeed, b to succeed"
    assert found["many"] == "m0 to succeed, m1 to succeed, m2 to succeed and 2 more"
    assert waits(run.succeed("a"))["both"] == "b to end"  # what is decided is not waited for
    assert waits(run)["a"] == ""


def test_what_may_not_run_beside_another_waits_for_its_run() -> None:
    run = Run.of(task("a"), task("b"), task("c", "b"), parallel=1)
    assert waits(run) == {"a": "a free device", "b": "a free device", "c": "b to succeed"}
    run.place("a")
    assert waits(run) == {"a": "", "b": "its run, which may do 1 at once", "c": "b to succeed"}
    assert waits(run.restart())["b"] == "its run, which may do 1 at once"
    assert waits(run.succeed("a"))["b"] == "a free device"


def test_what_the_others_wait_for() -> None:
    run = Run.of(
        task("pinned", requirements={"device": "beta"}),
        task("approve", risk="write"),
        task("again", retry={"backoff_s": 3}),
        task("lost", idempotent=False),
        task("broken"),
        task("behind", "broken"),
        approve="ask",
    )
    run.place("approve").fail("again", retryable=True).place("lost").lose("lost").fail("broken")
    assert waits(run) == {
        "pinned": "a free slot on beta",
        "approve": "approval a1",
        "again": "the next attempt in 3 s",
        "lost": "an answer: was it done on alpha?",
        "broken": "",
        "behind": "a revision, for broken failed",
    }
    assert waits(run, now=1002.5)["again"] == "the next attempt in 0.5 s"
    assert waits(run, now=1003.0)["again"] == "a free device"
    assert waits(run.place("pinned", on="beta").cancel())["pinned"] == "beta to stop it"


def test_who_is_to_say_what_became_of_an_attempt() -> None:
    look = {"skill": "test.look", "done": {"path": "output.n", "op": ">", "value": 1}}
    run = Run.of(task("a", idempotent=False, verify=look)).place("a").lose("a")
    assert waits(run) == {"a": "alpha to say whether it was done"}
    run.do(stimuli.AttemptLost("a", 1, "not there", over=True))
    assert waits(run)["a"] == "a.check1, which finds out whether it was done"
    assert {view.id: view.checks for view in run_view(run.state).tasks} == {"a": None, "a.check1": "a"}
    assert waits(run.fail("a.check1"))["a"] == "an answer: was it done on alpha?"


def test_what_the_runtime_knows_better_takes_its_place_while_the_task_is_open() -> None:
    run = Run.of(task("a"), task("b")).succeed("a")
    volatile = {"a": "old news", "b": "no device at hand can take it"}
    assert [view.waiting_for for view in run_view(run.state, volatile=volatile).tasks] == ["", volatile["b"]]


def test_a_task_is_shown_with_its_result_and_its_arguments_as_planned() -> None:
    run = Run.of(task("a", title="first"), task("b", "a", arguments={"v": "${a.output.n}"}))
    run.succeed("a", output={"n": 1}).place("b", on="beta")
    first, second = run_view(run.state).tasks
    assert (first.title, first.status, first.output, first.device, first.ended) == (
        "first",
        "succeeded",
        {"n": 1},
        "alpha",
        1000.0,
    )
    assert (second.arguments, second.device, second.attempt, second.why) == ({"v": "${a.output.n}"}, "beta", 1, "best")


def proposal(rung: str, cost: float | None, *, result: object = None) -> Proposal:
    usage = RungUsage(seconds=1, calls=2, input_tokens=10, output_tokens=5, cost_usd=cost)
    return Proposal.model_validate(
        {"rung": rung, "result": result or Plan(steps=(Step(id=rung, skill=SKILL),)), "usage": usage, "why": "because"}
    )


def test_rungs_and_their_cost() -> None:
    run = Run().submit()
    assert run_view(run.state).rung is None
    run.do(stimuli.RungSpoke(proposal("embedded", 0.0), ("no such device",), False, "k1"))
    run.do(stimuli.RungSpoke(proposal("local", 0.25), (), True, "k2"))
    view = run_view(run.state)
    assert (view.rung, [one.accepted for one in view.rungs]) == ("local", [False, True])
    assert view.plan is not None
    assert view.plan.steps[0].id == "local"
    assert view.usage == RungUsage(seconds=2, calls=4, input_tokens=20, output_tokens=10, cost_usd=0.25)
    run.do(stimuli.RungSpoke(proposal("cloud", None), (), False, "k3"))
    assert run_view(run.state).usage.cost_usd is None  # unknown is not zero


def test_an_accepted_question_is_no_plan() -> None:
    asked = Clarification(question="which?", choices=(Choice(label="a", value="a"),))
    run = Run().submit().do(stimuli.RungSpoke(proposal("embedded", 0, result=asked), (), True, "k"))
    run.do(stimuli.QuestionPut("q1", asked))
    view = run_view(run.state)
    assert (view.rung, view.plan, view.state) == (None, None, "waiting")
    assert [(one.id, one.clarification) for one in view.questions] == [("q1", asked)]


def test_an_explicit_plan_has_no_rung() -> None:
    view = run_view(Run().submit(explicit=True).state)
    assert view.rung is None
    assert view.plan is not None


def test_only_approvals_that_can_still_be_given_are_shown() -> None:
    run = Run.of(task("a", risk="write"), task("b", risk="write"), approve="ask").place("a", "b").approve("a1")
    (approval,) = run_view(run.state).approvals
    assert (approval.id, approval.task, approval.device, approval.run) == ("a2", "b", "alpha", "r1")
    assert run_view(run.cancel().state).approvals == ()


def test_a_view_is_a_copy_and_survives_json() -> None:
    run = Run.of(task("a"), task("b", "a"))
    view, graph = run_view(run.state), graph_view(run.state)
    run.succeed("a", output={"n": 1})
    assert view.tasks[0].status == "ready"
    assert graph.status == {"a": "ready", "b": "pending"}
    later = run_view(run.finish().state)
    assert RunView.model_validate_json(later.model_dump_json()) == later
    assert graph_view(run.state).device == {"a": "alpha"}

"""A step whose skill is previewed becomes two tasks; what no plan and no edit may do about that; dry runs."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.core import previews
from orchestrator.core.compiler import compile_plan
from orchestrator.core.edits import AddTask, ChangeTask, Edit, EditBatch, ReplaceTask
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.graph import TaskGraph
from orchestrator.core.plan import Plan
from orchestrator.core.stamping import check_changes, stamp
from orchestrator.core.tasks import Dependency, On, Requirements, Task
from protocol.vocabulary import DeviceKind, JsonObject, Risk, SkillSpec
from tests.orchestrator.core.test_compiler import NUMBER, TEXT, device, skill

OBJECT = {"type": "object"}
LIST = skill("kube.list", {"kind": TEXT}, {"name": TEXT, "count": NUMBER})
PREVIEW = skill(
    "kube.preview", {"skill": TEXT, "arguments": OBJECT, "tentative": {"type": "boolean", "default": False}}
)
SCALE = skill(
    "kube.scale",
    {"name": TEXT, "replicas": NUMBER, "preview": OBJECT},
    {"text": TEXT},
    risk=Risk.WRITE,
    idempotent=False,
    preview="kube.preview",
    timeout_s=42.0,
)
SAVE = skill("file.write", {"text": TEXT}, {}, risk=Risk.WRITE)
NOTE = skill("test.note", {"text": {**TEXT, "default": ""}})
CLUSTER = (LIST, PREVIEW, SCALE)


def cluster(name: str, *skills: SkillSpec, **fields: object) -> DeviceInfo:
    return device(name, *(skills or CLUSTER), kind=DeviceKind.KUBERNETES, **fields)


FLEET = FleetView.of(cluster("shop"), device("desk", SAVE, NOTE))
BOTH = FleetView.of(cluster("blue"), cluster("green"), device("desk", SAVE, NOTE))


def scale(id: str = "scale", **fields: object) -> dict[str, Any]:
    return {"id": id, "skill": "kube.scale", "arguments": {"name": "checkout", "replicas": 4}, **fields}


def listed(id: str = "list", **fields: object) -> dict[str, Any]:
    return {"id": id, "skill": "kube.list", "arguments": {"kind": "pods"}, **fields}


def made(*steps: dict[str, Any], fleet: FleetView = FLEET, dry: bool = False) -> dict[str, Task]:
    found, problems = compile_plan(Plan.model_validate({"steps": steps}), fleet, preview_only=dry)
    assert (problems, found is None) == ((), False)
    assert found is not None
    graph, _ = found.made
    graph.validate()
    assert [Task.model_validate(one.model_dump()) for one in graph.tasks] == list(graph.tasks)
    assert all(answer in graph for answer in found.answer)
    return {task.id: task for task in graph.tasks}


def problems(*steps: dict[str, Any], fleet: FleetView = FLEET, dry: bool = False) -> list[tuple[str, str]]:
    found, problems = compile_plan(Plan.model_validate({"steps": steps}), fleet, preview_only=dry)
    assert found is None
    return [(problem.code, problem.step) for problem in problems]


def edges(task: Task) -> dict[str, On]:
    return {edge.task: edge.on for edge in task.depends_on}


# --- one step, two tasks -----------------------------------------------------------------------------------------


def test_a_previewed_step_is_two_tasks() -> None:
    tasks = made(scale(title="more of it", devices={"names": ["shop"]}))
    preview, write = tasks["scale-preview"], tasks["scale"]
    assert (preview.skill, preview.risk, preview.title) == ("kube.preview", Risk.READ, "preview: more of it")
    assert preview.arguments == {"skill": "kube.scale", "arguments": {"name": "checkout", "replicas": 4}}
    assert preview.requirements.device == "shop"
    assert write.arguments == {"name": "checkout", "replicas": 4, "preview": "${scale-preview.output}"}
    assert write.requirements == Requirements(same_device_as="scale-preview")
    assert (write.risk, write.preview, preview.preview) == (Risk.WRITE, "scale-preview", None)
    assert write.timeouts.run_s == 42.0
    assert edges(write) == {"scale-preview": On.SUCCESS}


def test_the_preview_waits_for_what_the_write_would_have_waited_for() -> None:
    chosen = scale(
        arguments={"name": "${list.output.name}", "replicas": 4}, after=[{"step": "note", "on": "completion"}]
    )
    tasks = made(listed(), {"id": "note", "skill": "test.note"}, chosen)
    assert edges(tasks["scale-preview"]) == {"note": On.COMPLETION, "list": On.SUCCESS}
    assert edges(tasks["scale"]) == {"scale-preview": On.SUCCESS, "list": On.SUCCESS}
    assert tasks["scale-preview"].arguments["arguments"] == {"name": "${list.output.name}", "replicas": 4}


def test_a_write_that_uses_a_failure_does_not_wait_for_success() -> None:
    after = [{"step": "list", "on": "failure"}]
    tasks = made(listed(), scale(arguments={"name": "${list.error.message}", "replicas": 1}, after=after))
    assert edges(tasks["scale-preview"]) == {"list": On.FAILURE}
    assert edges(tasks["scale"]) == {"scale-preview": On.SUCCESS, "list": On.COMPLETION}


def test_a_fan_out_is_previewed_device_by_device() -> None:
    everywhere = listed(devices={"mode": "each"})
    chosen = scale(
        devices={"mode": "same", "same_as": "list"}, arguments={"name": "${list.output.name}", "replicas": 1}
    )
    tasks = made(everywhere, chosen, fleet=BOTH)
    assert list(tasks) == [
        "list@blue",
        "list@green",
        *(f"scale{part}@{x}" for part in ("-preview", "") for x in ("blue", "green")),
    ]
    write = tasks["scale@blue"]
    assert write.preview == "scale-preview@blue"
    assert write.arguments["preview"] == "${scale-preview@blue.output}"
    assert edges(write) == {"scale-preview@blue": On.SUCCESS, "list@blue": On.SUCCESS}
    assert (write.group, tasks["scale-preview@blue"].group) == ("scale", "scale-preview")
    assert write.requirements.device == tasks["scale-preview@blue"].requirements.device == "blue"


def test_ids_do_not_collide_with_the_plans_own() -> None:
    tasks = made(listed("scale-preview"), scale(), scale("other", after=[{"step": "scale"}]))
    assert tasks["scale"].preview == "scale-preview-2"
    assert edges(tasks["other-preview"]) == {"scale": On.SUCCESS}


def test_what_takes_a_failed_write_over_takes_its_preview_over_too() -> None:
    fallback = {"id": "note", "skill": "test.note", "after": [{"step": "scale", "on": "failure"}]}
    tasks = made(scale(), fallback)
    assert (edges(tasks["note"]), tasks["note"].join) == ({"scale": On.FAILURE, "scale-preview": On.FAILURE}, "any")
    assert (tasks["scale"].on_failure, tasks["scale-preview"].on_failure) == ("continue", "continue")


def test_who_waits_for_the_writes_end_goes_on_without_a_preview() -> None:
    tasks = made(scale(), {"id": "note", "skill": "test.note", "after": [{"step": "scale", "on": "completion"}]})
    assert tasks["scale-preview"].on_failure == "continue"
    assert edges(tasks["note"]) == {"scale": On.COMPLETION}


# --- what cannot be ----------------------------------------------------------------------------------------------


def test_no_plan_gives_a_preview_itself() -> None:
    forged: JsonObject = {"name": "a", "replicas": 1, "preview": {"digest": "x"}}
    assert problems(scale(arguments=forged)) == [("bad_arguments", "scale")]
    assert problems(listed(), scale(arguments=forged | {"preview": "${list.output}"})) == [("bad_arguments", "scale")]


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (scale(arguments={"name": "a"}), "bad_arguments"),
        (scale(arguments={"name": "${gone.output.name}", "replicas": 1}), "unknown_step"),
        (scale(devices={"names": ["nowhere"]}), "unknown_device"),
        (scale(devices={"names": ["desk"]}), "no_capable_device"),
    ],
)
def test_a_problem_is_told_once_of_the_plans_own_step(step: dict[str, Any], code: str) -> None:
    assert problems(step) == [(code, "scale")]


def test_a_skill_whose_preview_nobody_offers_cannot_be_planned() -> None:
    assert problems(scale(), fleet=FleetView.of(cluster("shop", SCALE))) == [("unknown_skill", "scale")]
    writing = PREVIEW.model_copy(update={"risk": Risk.WRITE})
    assert problems(scale(), fleet=FleetView.of(cluster("shop", SCALE, writing))) == [("unknown_skill", "scale")]


def test_a_device_that_can_only_show_the_change_is_not_asked() -> None:
    looking = device("looking", LIST, PREVIEW)
    tasks = made(scale(), fleet=FleetView.of(looking, cluster("shop")))
    assert tasks["scale-preview"].requirements == Requirements(device="shop")


def test_one_cluster_does_not_stand_in_for_another() -> None:
    assert problems(scale(), fleet=BOTH) == [("bad_selector", "scale")]
    assert problems(listed(), fleet=BOTH) == [("bad_selector", "list")]
    assert made(listed(devices={"names": ["blue"]}), fleet=BOTH)["list"].requirements.device == "blue"
    assert made(listed())["list"].requirements.device == "shop"


def test_planners_do_not_see_the_argument() -> None:
    shown = previews.asked(SCALE).input_schema
    assert (list(shown["properties"]), shown["required"]) == (["name", "replicas"], ["name", "replicas"])
    assert previews.asked(LIST) is LIST
    assert previews.previewing((LIST, SCALE)) == {"kube.preview"}


# --- edits from outside ------------------------------------------------------------------------------------------


def task(id: str = "scale", **fields: object) -> Task:
    return Task.model_validate(
        {
            "id": id,
            "skill": "kube.scale",
            "arguments": {"name": "a", "replicas": 2},
            "risk": "write",
            "idempotent": False,
            **fields,
        }
    )


def graph_of(*edits: Edit) -> TaskGraph:
    return TaskGraph.empty().apply(EditBatch(base=0, edits=edits), lambda _: True)[0]


def stamped(*edits: Edit, graph: TaskGraph | None = None) -> tuple[list[Task], list[str]]:
    done, problems = stamp(edits, FLEET, graph)
    return [one.task for one in done if isinstance(one, AddTask)], [problem.code for problem in problems]


def test_a_task_added_from_outside_gets_its_preview() -> None:
    graph = graph_of(AddTask(task=Task(id="scale-preview", skill="kube.list")))
    [preview, write], found = stamped(AddTask(task=task(depends_on=[Dependency(task="scale-preview")])), graph=graph)
    assert (found, preview.id, write.preview) == ([], "scale-preview-2", "scale-preview-2")
    assert (preview.skill, preview.risk, write.risk) == ("kube.preview", Risk.READ, Risk.WRITE)
    assert edges(write) == {"scale-preview-2": On.SUCCESS, "scale-preview": On.COMPLETION}
    assert stamped(AddTask(task=preview), AddTask(task=write), graph=graph)[1] == []


@pytest.mark.parametrize(
    "change",
    [
        {"arguments": {"name": "b", "replicas": 2, "preview": "${scale-preview.output}"}},
        {"arguments": {"name": "a", "replicas": 2, "preview": "${other.output}"}},
        {"requirements": Requirements(device="shop")},
        {"depends_on": (Dependency(task="scale-preview", on=On.COMPLETION),)},
        {"preview": "other"},
    ],
)
def test_a_pair_that_does_not_belong_together_is_refused(change: dict[str, object]) -> None:
    preview, write = previews.paired(task(), "kube.preview", "scale-preview")
    assert stamped(AddTask(task=preview), AddTask(task=write)) == ([preview, write], [])
    assert "bad_preview" in stamped(AddTask(task=preview), AddTask(task=write.model_copy(update=change)))[1]


def test_a_made_up_preview_is_refused() -> None:
    forged = task(arguments={"name": "a", "replicas": 2, "preview": {"digest": "x"}})
    assert stamped(AddTask(task=forged))[1] == ["bad_arguments"]


def test_neither_of_a_pair_is_changed_alone() -> None:
    preview, write = previews.paired(task(), "kube.preview", "scale-preview")
    graph = graph_of(AddTask(task=preview), AddTask(task=write))
    for id in ("scale", "scale-preview"):
        [problem] = check_changes([ChangeTask(task=id, arguments={"name": "b", "replicas": 2})], graph, FLEET)
        assert problem.code == "bad_preview"
    assert check_changes([ChangeTask(task="scale", priority=3)], graph, FLEET) == ()
    other = preview.model_copy(update={"arguments": {"skill": "kube.scale", "arguments": {"name": "b", "replicas": 2}}})
    for edit in (ReplaceTask(task=other), ReplaceTask(task=task())):
        assert [problem.code for problem in stamp([edit], FLEET, graph)[1]] == ["bad_preview"]
    assert stamp([ReplaceTask(task=write)], FLEET, graph)[1] == ()


# --- dry runs ----------------------------------------------------------------------------------------------------


def test_a_dry_run_previews_and_writes_nothing() -> None:
    steps = [
        listed(),
        scale(after=[{"step": "list"}]),
        scale("again", after=[{"step": "scale"}]),
        listed("after", after=[{"step": "again"}]),
        {"id": "save", "skill": "file.write", "arguments": {"text": "${list.output.name}"}},
        {"id": "note", "skill": "test.note", "arguments": {"text": "${scale.output.text}"}},
    ]
    found, _ = compile_plan(Plan.model_validate({"steps": steps}), FLEET, preview_only=True)
    assert found is not None
    assert sorted(found.left_out) == ["after", "note", "save"]
    tasks = {task.id: task for task in found.made[0].tasks}
    assert list(tasks) == ["list", "scale-preview", "again-preview"]
    assert all(task.risk is Risk.READ for task in tasks.values())
    assert edges(tasks["again-preview"]) == {"scale-preview": On.SUCCESS}
    assert tasks["again-preview"].arguments["tentative"] is True
    assert found.answer == ("scale-preview", "again-preview")


def test_a_plan_may_be_a_dry_run_by_itself() -> None:
    plan = Plan.model_validate({"steps": [scale()], "dry_run": True})
    found, _ = compile_plan(plan, FLEET)
    assert found is not None
    assert [task.id for task in found.made[0].tasks] == ["scale-preview"]


def test_a_dry_run_of_what_cannot_be_previewed_is_no_plan() -> None:
    assert problems({"id": "save", "skill": "file.write", "arguments": {"text": "x"}}, dry=True) == [("no_preview", "")]


# --- what people see ---------------------------------------------------------------------------------------------


def test_an_approval_is_shown_as_what_would_change() -> None:
    arguments: JsonObject = {"replicas": 4, "preview": {"text": "scale checkout in shop\n  replicas: 2 -> \x1b[2J4\n"}}
    assert previews.shown(arguments) == ["scale checkout in shop", "  replicas: 2 -> 4"]
    assert previews.shown({"replicas": 4}) == []
    assert previews.shown({"preview": {"text": 7}}) == previews.shown({"preview": {"text": " \n"}}) == []


@pytest.mark.parametrize("text", ["line\n" * 5_000, "x" * 50_000])
def test_a_long_preview_is_cut_and_says_so(text: str) -> None:
    lines = previews.shown({"preview": {"text": text}})
    assert len(lines) <= 121
    assert max(map(len, lines)) <= 500
    assert lines[-1].startswith("... and more")


def test_planners_are_told_of_writes_and_not_of_previews() -> None:
    told = previews.for_planners(FLEET)
    assert list(told.devices["shop"].skills) == ["kube.list", "kube.scale"]
    assert "preview" not in told.devices["shop"].skills["kube.scale"].input_schema["properties"]
    assert told.devices["desk"].skills == FLEET.devices["desk"].skills
    plain = FleetView.of(device("desk", SAVE))
    assert previews.for_planners(plain) is plain

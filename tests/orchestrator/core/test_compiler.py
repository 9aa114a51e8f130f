"""Plans into graphs: selectors, fan-outs, pairs, references with types, and all that can be wrong with a plan."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core import compiler
from orchestrator.core.compiler import compile_plan
from orchestrator.core.edits import AddTask, ChangeTask, EditBatch, RemoveTask, ReplaceTask
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.graph import TaskGraph
from orchestrator.core.plan import Plan
from orchestrator.core.stamping import check_changes, stamp
from orchestrator.core.tasks import On, Task
from protocol.vocabulary import CallLimits, DeviceKind, DeviceProfile, Risk, SkillSpec
from tests.support.runs import Run, has, task


def skill(
    name: str, takes: dict[str, Any] | None = None, gives: dict[str, Any] | None = None, **fields: object
) -> SkillSpec:
    properties = takes or {}
    required = [key for key, schema in properties.items() if "default" not in schema]
    return SkillSpec(
        name=name,
        description="",
        input_schema={"type": "object", "properties": properties, "required": required},
        output_schema={"type": "object", "properties": gives or {}},
        **fields,
    )


TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
LIST = {"type": "array", "items": TEXT}
FIND = skill("files.find", {"pattern": TEXT}, {"paths": LIST, "count": NUMBER})
PATH = {"type": "string", "format": "path"}
COUNT = skill("files.count", {"path": PATH}, {"lines": NUMBER}, timeout_s=42.0)
SUM = skill("data.sum", {"values": {"type": "array", "items": NUMBER}}, {"total": NUMBER})
WRITE = skill("files.write", {"path": TEXT, "text": TEXT}, {}, risk=Risk.WRITE, idempotent=False)
ALL = (FIND, COUNT, SUM, WRITE)


def device(name: str, *skills: SkillSpec, **fields: object) -> DeviceInfo:
    known = {"kind": DeviceKind.SERVER, **fields}
    return DeviceInfo(name=name, skills={spec.name: spec for spec in skills or ALL}, **known)


FLEET = FleetView.of(
    device("web-1", labels={"role": "web"}, profile=DeviceProfile(os="Debian Linux")),
    device("web-2", labels={"role": "web"}, profile=DeviceProfile(os="Debian Linux")),
    device("db", labels={"role": "db"}, profile=DeviceProfile(os="Windows", gpus=("x",))),
    device("phone", FIND, kind=DeviceKind.PHONE),
    device("away", online=False),
)


def plan(*steps: dict[str, Any], **fields: object) -> Plan:
    return Plan.model_validate({"steps": steps, **fields})


def find(id: str = "find", **fields: object) -> dict[str, Any]:
    return {"id": id, "skill": "files.find", "arguments": {"pattern": "*.log"}, **fields}


def compiled(*steps: dict[str, Any], fleet: FleetView = FLEET, **fields: object) -> dict[str, Task]:
    result, problems = compile_plan(plan(*steps, **fields), fleet)
    assert problems == ()
    assert result is not None
    graph, touched = TaskGraph.empty().apply(EditBatch(base=0, edits=result.edits), lambda _: True)
    graph.validate()
    assert result.made == (graph, touched)
    # Tasks are made unchecked: they must be what the checks would have made of them.
    assert [Task.model_validate(one.model_dump(by_alias=True)) for one in graph.tasks] == list(graph.tasks)
    return {task.id: task for task in graph.tasks}


def problems(*steps: dict[str, Any], fleet: FleetView = FLEET, **fields: object) -> list[tuple[str, str]]:
    result, found = compile_plan(plan(*steps, **fields), fleet)
    assert result is None
    return [(problem.code, problem.step) for problem in found]


def test_a_steps_limits_are_its_tasks() -> None:
    declared = {"memory_bytes": 1 << 27, "cpu_seconds": 2, "processes": 8}
    tasks = compiled(find(devices={"mode": "each"}, limits=declared), find("other"))
    assert tasks["find@db"].limits == CallLimits(memory_bytes=1 << 27, cpu_seconds=2.0, processes=8)
    assert tasks["other"].limits is None
    assert "limits" not in tasks["other"].model_dump_json()


# --- selectors -------------------------------------------------------------------------------------------------


def test_one_leaves_the_device_to_placement() -> None:
    tasks = compiled(find())
    assert list(tasks) == ["find"]
    assert tasks["find"].requirements.model_dump(exclude_defaults=True) == {}
    assert tasks["find"].group is None


@pytest.mark.parametrize(
    ("devices", "members"),
    [
        ({}, ["db", "phone", "web-1", "web-2"]),
        ({"names": ["web-2", "db"]}, ["db", "web-2"]),
        ({"kind": "server"}, ["db", "web-1", "web-2"]),
        ({"labels": {"role": "web"}}, ["web-1", "web-2"]),
        ({"os": "linux"}, ["web-1", "web-2"]),
        ({"gpu": True}, ["db"]),
        ({"exclude": ["phone", "db"]}, ["web-1", "web-2"]),
        ({"names": ["away"]}, ["away"]),  # named: it is waited for
    ],
)
def test_each_makes_a_task_for_every_device_that_fits(devices: dict[str, Any], members: list[str]) -> None:
    tasks = compiled(find(devices={"mode": "each", **devices}))
    assert list(tasks) == [f"find@{name}" for name in members]
    assert [task.requirements.device for task in tasks.values()] == members
    assert {task.group for task in tasks.values()} == {"find"}


@pytest.mark.parametrize(
    ("devices", "wanted"),
    [
        ({"names": ["db"]}, {"device": "db"}),
        ({"names": ["web-1", "web-2"]}, {"exclude": ("away", "db", "phone")}),
        ({"kind": "server", "os": "linux"}, {"kind": "server", "os": "linux"}),
        ({"labels": {"role": "db"}, "exclude": ["away"]}, {"labels": {"role": "db"}, "exclude": ("away",)}),
    ],
)
def test_one_among_some_is_said_as_requirements(devices: dict[str, Any], wanted: dict[str, Any]) -> None:
    requirements = compiled(find(devices=devices))["find"].requirements
    assert requirements.model_dump(exclude_defaults=True, mode="json") == {
        key: list(value) if isinstance(value, tuple) else value for key, value in wanted.items()
    }


def test_dots_in_names_become_underscores_that_stay_apart() -> None:
    fleet = FleetView.of(device("a.b"), device("a_b"), device("c.d"))
    tasks = compiled(find(devices={"mode": "each"}), fleet=fleet)
    assert {task.requirements.device: id for id, task in tasks.items()} == {
        "a.b": "find@a_b-1",
        "a_b": "find@a_b-2",
        "c.d": "find@c_d",
    }


def test_same_runs_where_the_other_ran_pairwise() -> None:
    tasks = compiled(
        find(devices={"mode": "each", "kind": "server"}),
        {
            "id": "count",
            "skill": "files.count",
            "arguments": {"path": "${find.output.paths[0]}"},
            "devices": {"mode": "same", "same_as": "find"},
        },
    )
    assert list(tasks) == ["find@db", "find@web-1", "find@web-2", "count@db", "count@web-1", "count@web-2"]
    assert tasks["count@db"].arguments == {"path": "${find@db.output.paths[0]}"}
    assert [edge.task for edge in tasks["count@db"].depends_on] == ["find@db"]
    assert tasks["count@db"].requirements.device == "db"


def test_same_as_one_is_pinned_when_it_runs() -> None:
    tasks = compiled(find(), {**find("again"), "devices": {"mode": "same", "same_as": "find"}})
    assert tasks["again"].requirements.same_device_as == "find"
    assert [(edge.task, edge.on) for edge in tasks["again"].depends_on] == [("find", On.COMPLETION)]


def test_same_on_devices_that_lack_the_skill_is_a_problem() -> None:
    steps = (
        find(devices={"mode": "each"}),
        {
            "id": "count",
            "skill": "files.count",
            "arguments": {"path": "x"},
            "devices": {"mode": "same", "same_as": "find"},
        },
    )
    assert problems(*steps) == [("no_capable_device", "count")]


# --- edges -----------------------------------------------------------------------------------------------------


def count(id: str = "count", path: str = "x", **fields: object) -> dict[str, Any]:
    return {"id": id, "skill": "files.count", "arguments": {"path": path}, **fields}


EACH = {"mode": "each", "kind": "server"}


def edges(task: Task) -> list[tuple[str, str]]:
    return [(edge.task, edge.on.value) for edge in task.depends_on]


def test_a_reference_brings_its_dependency() -> None:
    tasks = compiled(find(), count(path="${find.output.paths[0]}"))
    assert edges(tasks["count"]) == [("find", "success")]


def test_a_stated_edge_wins_over_the_references_own() -> None:
    tasks = compiled(find(), count(path="${find.output.paths[0]}", after=[{"step": "find", "on": "completion"}]))
    assert edges(tasks["count"]) == [("find", "completion")]


def test_a_join_over_a_fan_out_depends_on_every_member_and_reads_a_list() -> None:
    tasks = compiled(
        count(devices=EACH), {"id": "sum", "skill": "data.sum", "arguments": {"values": "${count[*].output.lines}"}}
    )
    assert edges(tasks["sum"]) == [("count@db", "success"), ("count@web-1", "success"), ("count@web-2", "success")]
    assert tasks["sum"].arguments == {"values": "${count[*].output.lines}"}


def test_the_list_of_a_step_that_ran_once_has_one_value() -> None:
    """A plan need not know whether a selector found one device or several."""
    tasks = compiled(count(), {"id": "sum", "skill": "data.sum", "arguments": {"values": "${count[*].output.lines}"}})
    run = Run.of(*tasks.values()).succeed("count", output={"lines": 7}).place("sum")
    assert run.dispatch().arguments == {"values": [7]}


def test_fan_outs_after_one_another_go_device_by_device_where_both_run() -> None:
    tasks = compiled(find(devices=EACH), count(devices={"mode": "each", "names": ["db"]}, after=[{"step": "find"}]))
    assert edges(tasks["count@db"]) == [("find@db", "success")]


def test_a_condition_goes_with_its_edge() -> None:
    when = {"path": "output.count", "op": ">", "value": 3}
    tasks = compiled(find(), count(after=[{"step": "find", "on": "condition", "when": when}]))
    assert tasks["count"].depends_on[0].when is not None
    run = Run.of(*tasks.values()).succeed("find", output={"paths": [], "count": 3})
    assert run.events[-1] == "count skipped: the condition on find does not hold"


@pytest.mark.parametrize(
    ("on", "said", "then"),
    [
        ("success", {}, "fail"),
        ("failure", {}, "continue"),
        ("completion", {}, "continue"),
        ("failure", {"on_failure": "fail"}, "continue"),  # else the step behind the edge could never run
        ("completion", {"on_failure": "fail"}, "fail"),
        ("failure", {"on_failure": "skip"}, "skip"),
    ],
)
def test_a_failure_that_another_step_waits_for_is_taken_over(on: str, said: dict[str, Any], then: str) -> None:
    tasks = compiled(find(**said), count(after=[{"step": "find", "on": on}]))
    assert tasks["find"].on_failure == then


def test_a_failure_edge_means_what_it_says_in_a_run() -> None:
    tasks = compiled(find(), count(after=[{"step": "find", "on": "failure"}]))
    assert has(Run.of(*tasks.values(), explicit=True).fail("find").commands, "offer count")


# --- what comes from the skill ---------------------------------------------------------------------------------


def test_risk_and_time_come_from_the_skill() -> None:
    write = {"id": "w", "skill": "files.write", "arguments": {"path": "a", "text": "b"}}
    tasks = compiled(write, count(), count("quick", timeouts={"run_s": 5}))
    assert (tasks["w"].risk, tasks["w"].idempotent) == (Risk.WRITE, False)
    assert (tasks["count"].timeouts.run_s, tasks["quick"].timeouts.run_s) == (42.0, 5.0)


def test_the_gravest_of_the_devices_versions_counts() -> None:
    tame = skill("x.do", risk=Risk.READ, version=2)
    wild = skill("x.do", risk=Risk.DESTRUCTIVE, idempotent=False, version=1)
    fleet = FleetView.of(device("a", tame), device("b", wild))
    made = compiled({"id": "x", "skill": "x.do", "devices": {"names": ["a"]}}, fleet=fleet)["x"]
    assert (made.risk, made.idempotent) == (Risk.DESTRUCTIVE, False)


def test_the_answer_is_what_nothing_depends_on_or_what_the_plan_names() -> None:
    steps = (find(devices=EACH), count(path="in ${find[*].output.paths}"), find("other"))
    result, _ = compile_plan(plan(*steps), FLEET)
    assert result is not None
    assert result.answer == ("count", "other")
    result, _ = compile_plan(plan(*steps, answer=["find"]), FLEET)
    assert result is not None
    assert result.answer == ("find@db", "find@web-1", "find@web-2")


# --- what is wrong ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ([{"id": "a", "skill": "no.such"}], [("unknown_skill", "a")]),
        ([find(), find()], [("duplicate_step", "find")]),
        ([find(after=[{"step": "nobody"}])], [("unknown_step", "find")]),
        ([find(devices={"mode": "same", "same_as": "nobody"})], [("unknown_step", "find")]),
        ([count(path="${nobody.output}")], [("unknown_step", "count")]),
        ([find(after=[{"step": "find"}])], [("cycle", "")]),
        ([find("a", after=[{"step": "b"}]), find("b", after=[{"step": "a"}])], [("cycle", "")]),
        ([count("a", "${b.output.lines}"), count("b", "${a.output.lines}")], [("cycle", "")]),
        ([find(devices={"names": ["nobody"]})], [("unknown_device", "find")]),
        ([find(devices={"exclude": ["nobody"]})], [("unknown_device", "find")]),
        ([count(devices={"names": ["phone"]})], [("no_capable_device", "count")]),
        ([count(devices={"mode": "each", "names": ["db", "phone"]})], [("no_capable_device", "count")]),
        ([find(devices={"mode": "each", "labels": {"role": "mail"}})], [("no_capable_device", "find")]),
        ([find(arguments={})], [("bad_arguments", "find")]),
        ([find(arguments={"pattern": 3})], [("bad_arguments", "find")]),
        ([find(arguments={"pattern": "x", "depth": 3})], [("bad_arguments", "find")]),
        ([find(), count(path="${find.output.count}")], [("bad_arguments", "count")]),
        ([find(), count(path="${find.output.nothing}")], [("bad_reference", "count")]),
        ([find(), count(path="${find.output.paths.x}")], [("bad_reference", "count")]),
        ([count(devices=EACH), count("b", "${count.output.lines}")], [("bad_arguments", "b"), ("bad_reference", "b")]),
        ([find(devices=EACH), count(path="${find.output.paths[0]}")], [("bad_reference", "count")]),
        ([find("a", arguments={}), find("b", arguments={})], [("bad_arguments", "a"), ("bad_arguments", "b")]),
    ],
)
def test_every_problem_is_named_with_its_step(steps: list[dict[str, Any]], found: list[tuple[str, str]]) -> None:
    assert problems(*steps) == found


def test_an_answer_that_names_no_step() -> None:
    assert problems(find(), answer=["nobody"]) == [("unknown_step", "")]


def test_only_away_devices_for_a_fan_out() -> None:
    assert problems(find(devices={"mode": "each"}), fleet=FleetView.of(device("a", online=False))) == [
        ("no_capable_device", "find")
    ]


def test_no_fleet_at_all() -> None:
    assert problems(find(), fleet=FleetView.of()) == [("unknown_skill", "find")]


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("${find.output.paths[0]}", True),
        ("all: ${find.output.paths}", True),  # inside text anything is written out
        ("${find.device}", True),
        ("${find.output.paths}", False),
        ("${find.output.count}", False),
        ("${HOME}/x", True),  # not ours: plain text
        (["${find.output.paths[0]}"], False),
    ],
)
def test_a_reference_counts_as_a_value_of_its_type(value: object, fits: bool) -> None:
    result, found = compile_plan(plan(find(), count(path=value)), FLEET)  # type: ignore[arg-type]
    assert (result is not None, [problem.code for problem in found]) == (fits, [] if fits else ["bad_arguments"])


# --- size ------------------------------------------------------------------------------------------------------


def test_a_plan_with_too_many_tasks_is_refused_before_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "MAX_TASKS", 10)
    made: list[str] = []
    monkeypatch.setattr(compiler, "_task_ids", lambda step, devices: {d: made.append(1) or step + d for d in devices})
    steps = [find(f"s{i}", devices=EACH) for i in range(100)]
    assert problems(*steps) == [("too_large", "s3")]
    assert len(made) <= 12


def test_a_plan_with_too_many_edges_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "MAX_EDGES", 5)
    steps = [find(devices=EACH), *(count(f"c{i}", after=[{"step": "find"}]) for i in range(4))]
    assert problems(*steps) == [("too_large", "c1")]


def test_a_long_plan_in_the_wrong_order_compiles() -> None:
    chain = [find(f"s{i}", after=[{"step": f"s{i + 1}"}] if i < 299 else []) for i in range(300)]
    assert next(iter(compiled(*chain))) == "s299"


# --- random plans ----------------------------------------------------------------------------------------------

step_ids = st.sampled_from(["a", "b", "c", "d", "e"])
selectors = st.one_of(
    st.just({}),
    st.just({"mode": "each"}),
    st.just({"mode": "each", "labels": {"role": "web"}}),
    st.builds(lambda name: {"names": [name]}, st.sampled_from(["db", "phone", "nobody"])),
    st.builds(lambda step: {"mode": "same", "same_as": step}, step_ids),
)
paths = st.one_of(
    st.just("x.log"),
    st.builds("${{{}.output.paths[0]}}".format, step_ids),
    st.builds("${{{}[*].output.count}}".format, step_ids),
    st.builds("from ${{{}.device}}".format, step_ids),
)
steps = st.builds(
    lambda id, path, devices, after, on: {
        "id": id,
        "skill": "files.find",
        "arguments": {"pattern": path},
        "devices": devices,
        "after": [{"step": step, "on": on} for step in after],
    },
    step_ids,
    paths,
    selectors,
    st.lists(step_ids, max_size=2, unique=True),
    st.sampled_from(["success", "failure", "completion"]),
)


@pytest.mark.slow
@given(st.lists(steps, min_size=1, max_size=5))
def test_a_plan_is_either_a_sound_graph_or_a_list_of_problems(script: list[dict[str, Any]]) -> None:
    result, found = compile_plan(plan(*script), FLEET)
    assert (result is None) == bool(found)
    assert all(problem.message for problem in found)
    if result is not None:
        graph, _ = TaskGraph.empty().apply(EditBatch(base=0, edits=result.edits), lambda _: True)
        graph.validate()
        assert set(result.answer) <= set(graph)
        assert compile_plan(plan(*script), FLEET)[0] == result  # the same again


# --- edits from outside ----------------------------------------------------------------------------------------


def test_edits_are_stamped_with_the_skills_risk_unless_they_say_graver() -> None:
    arguments = {"path": "a", "text": "b"}
    mild = task("a", skill="files.write", arguments=arguments, risk="read", idempotent=True)
    grave = task("b", skill="files.find", arguments={"pattern": "x"}, risk="destructive")
    edits, found = stamp([AddTask(task=mild), ReplaceTask(task=grave), RemoveTask(task="c")], FLEET)
    assert found == ()
    made = [edit.task for edit in edits if isinstance(edit, (AddTask, ReplaceTask))]
    assert [(one.risk, one.idempotent) for one in made] == [(Risk.WRITE, False), (Risk.DESTRUCTIVE, True)]


def test_edits_with_unknown_skills_or_wrong_arguments_are_named() -> None:
    edits = [
        AddTask(task=task("a", skill="no.such")),
        AddTask(task=task("b", skill="files.find", arguments={"pattern": 3})),
        AddTask(task=task("c", skill="files.find", arguments={"pattern": "${a.output.x}"})),
    ]
    assert [(problem.code, problem.step) for problem in stamp(edits, FLEET)[1]] == [
        ("unknown_skill", "a"),
        ("bad_arguments", "b"),
    ]


def test_changed_arguments_are_checked_against_the_tasks_own_skill() -> None:
    graph, _ = TaskGraph.empty().apply(
        EditBatch(base=0, edits=(AddTask(task=task("a", skill="files.find", arguments={"pattern": "x"})),)),
        lambda _: True,
    )
    wrong = ChangeTask(task="a", arguments={"pattern": 3})
    assert [problem.code for problem in check_changes([wrong], graph, FLEET)] == ["bad_arguments"]
    assert check_changes([ChangeTask(task="a", arguments={"pattern": "y"})], graph, FLEET) == ()


# --- post-conditions -------------------------------------------------------------------------------------------

DONE = {"path": "output.lines", "op": ">", "value": 0}


def test_a_post_condition_follows_its_step_onto_each_device() -> None:
    verify = {"skill": "files.count", "arguments": {"path": "${find.output.paths[0]}"}, "done": DONE}
    steps: list[dict[str, Any]] = [
        {
            "id": "find",
            "skill": "files.find",
            "arguments": {"pattern": "x"},
            "devices": {"mode": "each", "kind": "server"},
        },
        {
            "id": "write",
            "skill": "files.write",
            "arguments": {"path": "a", "text": "b"},
            "devices": {"mode": "same", "same_as": "find"},
            "verify": verify,
        },
    ]
    compiled, problems = compile_plan(plan(*steps), FLEET)
    assert compiled is not None, problems
    written = {edit.task.id: edit.task for edit in compiled.edits if isinstance(edit, AddTask)}["write@db"]
    assert written.verify is not None
    assert written.verify.arguments == {"path": "${find@db.output.paths[0]}"}
    assert "find@db" in [dependency.task for dependency in written.depends_on]


@pytest.mark.parametrize(
    ("verify", "code"),
    [
        ({"skill": "no.such", "done": DONE}, "unknown_skill"),
        ({"skill": "files.write", "arguments": {"path": "a", "text": "b"}, "done": DONE}, "bad_arguments"),
        ({"skill": "files.count", "done": DONE}, "bad_arguments"),
        ({"skill": "files.count", "arguments": {"path": 3}, "done": DONE}, "bad_arguments"),
    ],
)
def test_a_post_condition_reads_with_what_there_is(verify: dict[str, Any], code: str) -> None:
    step = {"id": "w", "skill": "files.write", "arguments": {"path": "a", "text": "b"}, "verify": verify}
    compiled, problems = compile_plan(plan(step), FLEET)
    assert compiled is None
    assert {problem.code for problem in problems} == {code}
    edit = AddTask(task=Task.model_validate({**step, "depends_on": ()}))
    assert {problem.code for problem in stamp([edit], FLEET)[1]} == {code}


def test_a_number_that_a_text_is_made_of_is_written_out() -> None:
    count = {"id": "count", "skill": "files.count", "arguments": {"path": "a"}, "devices": {"names": ["db"]}}
    write = {"id": "write", "skill": "files.write", "arguments": {"path": "n.txt", "text": "${count.output.lines}"}}
    tasks = compiled(count, write)
    assert tasks["write"].arguments == {"path": "n.txt", "text": "${count.output.lines|text}"}


@pytest.mark.parametrize("path", ["${find@web-1.output.paths[0]}", "${find.output.paths[0]}"])
def test_one_member_of_a_fan_out_cannot_be_named_and_what_can_is_said(path: str) -> None:
    plan = Plan.model_validate({"steps": [find(devices=EACH), count(path=path)]})
    _, (problem,) = compile_plan(plan, FLEET)
    assert "use ${find[*]...} for all of them, or a step of its own for that device" in problem.message

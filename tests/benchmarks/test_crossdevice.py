"""The suite that ships: its shape, and every task of it in one real world, judged and with its own plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from orchestrator.cli.benching.campaign import config
from orchestrator.cli.benching.machines import World, absent, world
from orchestrator.cli.benching.metrics import widest
from orchestrator.cli.benching.runner import Options, once, to_its_end
from orchestrator.cli.benching.suite import BenchTask, load
from orchestrator.cli.benching.validation import problems
from orchestrator.core.compiler import compile_plan
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.graph import TaskGraph
from orchestrator.core.plan import Plan
from orchestrator.core.views import GraphView
from protocol.vocabulary import DeviceKind, DeviceProfile
from tools.browser import skills as browser
from tools.desktop import skills as desktop
from tools.documents import catalog as documents
from tools.edge import catalog as edge
from tools.host import catalog as host
from tools.phone import skills as phone

SUITE = load(Path(__file__).parents[2] / "benchmarks/crossdevice")
TASKS = SUITE.tasks
SCRIPTED = Options(planner="scripted")
COMMON = (*host.specs(), *documents.specs())
OWN = {
    DeviceKind.SERVER: (),
    DeviceKind.DESKTOP: (*desktop.specs(), *browser.specs()),
    DeviceKind.PHONE: phone.specs(),
    DeviceKind.EDGE: edge.specs(),
}
SKILLS = {kind: {spec.name: spec for spec in (*COMMON, *own)} for kind, own in OWN.items()}
every_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)


def test_ten_categories_with_tasks_of_every_level() -> None:
    assert len(TASKS) >= 60
    levels: dict[str, set[int]] = {}
    for task in TASKS:
        levels.setdefault(task.category, set()).add(task.level)
    assert len(levels) == 10
    assert levels == {category: {1, 2, 3} for category in levels}


def test_both_parts_are_in_every_category() -> None:
    parts = Counter((task.category, task.part) for task in TASKS)
    assert {part for _, part in parts} == {"dev", "test"}
    assert len(parts) == 2 * len({task.category for task in TASKS})


def test_no_two_tasks_are_the_same() -> None:
    assert len({task.id for task in TASKS}) == len(TASKS)
    assert len({task.request for task in TASKS}) == len(TASKS)


def test_a_task_uses_at_most_five_machines_and_is_judged_by_several_checks() -> None:
    assert {task.id: SUITE.machines_of(task) for task in TASKS if not 2 <= len(SUITE.machines_of(task)) <= 5} == {}
    assert [task.id for task in TASKS if len(task.checks) < 2] == []


def fleet(task: BenchTask) -> FleetView:
    """The task's machines with all skills of their kinds."""
    machines = {name: SUITE.file.machines[name] for name in SUITE.machines_of(task)}
    profile = DeviceProfile(os="Linux")
    return FleetView.of(
        *(DeviceInfo(name, one.kind, SKILLS[one.kind], one.labels, profile) for name, one in machines.items())
    )


def compiled(task: BenchTask) -> TaskGraph:
    plan = Plan.model_validate_json(task.plan.model_dump_json().replace("{site}", "http://127.0.0.1:1"))
    made, problems = compile_plan(plan, fleet(task))
    assert made is not None, problems
    return made.made[0]


@every_task
def test_the_plan_compiles_against_the_skills_of_its_machines(task: BenchTask) -> None:
    graph = compiled(task)
    graph.validate()
    assert graph.tasks


def test_half_of_the_graphs_are_wider_than_one() -> None:
    graphs = [GraphView(run="r", version=1, tasks=tuple(compiled(task).tasks), status={}) for task in TASKS]
    assert sum(widest(graph) > 1 for graph in graphs) >= len(TASKS) / 2


# --- in one world ----------------------------------------


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def there(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    possible = SUITE.without(absent(SUITE))
    async with world(possible, tmp_path_factory.mktemp("suite"), config(SCRIPTED)) as found:
        yield found


def needed(task: BenchTask) -> None:
    gone = absent(SUITE)
    for name in SUITE.machines_of(task):
        if name in gone:
            pytest.skip(f"{name}: {gone[name]}")


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="module")
@every_task
async def test_the_checks_refuse_nothing_done_and_the_wrong_outcome(there: World, task: BenchTask) -> None:
    needed(task)
    found = await to_its_end(lambda: list(problems(there, task)))
    await to_its_end(there.clear)  # programs of the task are children of this process
    assert found == []


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="module")
@every_task
async def test_the_plan_of_the_task_does_all_of_it(there: World, task: BenchTask) -> None:
    needed(task)
    result = await once(there, task, SCRIPTED)
    await to_its_end(there.clear)
    assert (result.why, result.done) == ("", len(task.checks))

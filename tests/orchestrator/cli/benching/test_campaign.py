"""What one call of `asterism bench run` does, on real agents: repeats, baselines, worlds at once, faults, ablations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.cli.bench import chosen, options
from orchestrator.cli.benching import campaign as campaigns
from orchestrator.cli.benching import runner
from orchestrator.cli.benching.campaign import Campaign, possible, run
from orchestrator.cli.benching.machines import absent
from orchestrator.cli.benching.mishaps import MISHAPS
from orchestrator.cli.benching.results import TaskResult
from orchestrator.cli.benching.runner import Options
from orchestrator.cli.benching.suite import BenchTask, Machine
from orchestrator.cli.exits import CommandError
from protocol.vocabulary import DeviceKind
from tests.support.bench_suites import SERVERS, holds, step, suite, writing

pytestmark = pytest.mark.slow
SCRIPTED = Options(planner="scripted")


def campaign(folder: Path, *tasks: BenchTask, options: Options = SCRIPTED, **more: object) -> Campaign:
    made = Campaign(suite(folder, *tasks), tasks, options, sequential=False)
    return replace(made, **more)  # type: ignore[arg-type]


async def results(wanted: Campaign) -> list[TaskResult]:
    """All results, each of which was told as it came."""
    told: list[TaskResult] = []
    found = await run(wanted, told.append)
    assert sorted(told, key=lambda one: (one.task, one.fault, one.repeat)) == found
    return found


async def test_repeats_and_a_baseline(tmp_path: Path) -> None:
    chain = writing(
        "chain",
        plan={
            "steps": [
                step("a", "file.write", path="out.txt", text="done"),
                {**step("b", "file.write", "beta", path="out.txt", text="done"), "after": [{"step": "a"}]},
            ]
        },
    )
    found = await results(campaign(tmp_path, writing("wide"), chain, repeat=3, sequential=True))
    assert [(one.task, one.repeat, one.success) for one in found] == [
        (task, repeat, True) for task in ("chain", "wide") for repeat in (1, 2, 3)
    ]
    timed = {(one.task, one.repeat): one.sequential_s is not None for one in found}
    assert {key for key, has in timed.items() if has} == {("wide", 1)}


async def test_two_worlds_share_tasks_of_two_categories(tmp_path: Path) -> None:
    tasks = [writing(f"t{number}", category=("files", "other")[number % 2]) for number in range(5)]
    found = await results(campaign(tmp_path, *tasks, jobs=2))
    assert [(one.task, one.category, one.success) for one in found] == [(one.id, one.category, True) for one in tasks]


async def test_a_void_task_is_told_and_the_others_are_run(tmp_path: Path) -> None:
    given = {"files": [{"machine": name, "path": "out.txt", "text": "done"} for name in SERVERS]}
    void, refused = writing("void", setup=given), writing("refused", plan={"steps": [step("a", "no.such")]})
    found = await results(campaign(tmp_path, writing("fine"), void, refused, jobs=2, repeat=2, faults=MISHAPS[:1]))
    assert {one.task: (one.success, one.done) for one in found if not one.fault} == {
        "fine": (True, 2),
        "refused": (False, 0),
        "void": (False, 0),
    }
    said = {one.task: one.why for one in found if one.state == "void"}
    assert "checks of void hold before" in said["void"]
    assert "plan of refused is refused" in said["refused"]
    assert len(found) == 2 + 1 + 2  # two repeats and a fault of what can be run


async def test_every_fault_profile_says_what_it_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task of some steps, so that there is something to meet."""
    monkeypatch.setattr(runner, "DEADLINE_S", 10.0)  # all of which the device that is gone for good takes
    steps: list[object] = [step("a1", "file.write", path="out.txt", text="done")]
    for number in range(2, 7):
        another = step(f"a{number}", "file.write", path=f"more/{number}.txt", text="more")
        steps.append({**another, "after": [{"step": f"a{number - 1}"}]})
    steps.append(step("b", "file.write", "beta", path="out.txt", text="done"))
    more = ", ".join(f"more/{number}.txt" for number in range(2, 7))
    request = f"write done to out.txt on alpha and beta, and more to {more} on alpha"
    task = writing("struck", request=request, plan={"steps": steps}, max_writes=40)
    found = await results(campaign(tmp_path, task, faults=MISHAPS))
    by_fault = {one.fault: one for one in found}
    assert by_fault["models"].why == ""
    assert set(by_fault) == {"", "models", *(one.name for one in MISHAPS)}
    assert by_fault[""].success
    assert by_fault["models"].rung == "first"
    # One in twenty frames: of so few, none may be met.
    rare = ("frames-dropped", "frames-doubled")
    assert {name for name, one in by_fault.items() if not one.injected} - set(rare) == {"", "models"}
    for mishap in MISHAPS:
        result = by_fault[mishap.name]
        if mishap.heals:
            assert result.why == "", mishap.name
    lost = by_fault["permanent-loss"]
    assert lost.success or lost.partial, lost.why


@pytest.mark.parametrize(
    ("ablation", "parallel", "revisions", "placement"),
    [("sequential", 1, 3, "score"), ("no-editing", None, 0, "score"), ("no-placement", None, 3, "round_robin")],
)
async def test_ablations(tmp_path: Path, ablation: str, parallel: int | None, revisions: int, placement: str) -> None:
    wanted = options("scripted", ablation, ())
    assert (wanted.parallel, wanted.revisions, wanted.placement) == (parallel, revisions, placement)
    [result] = await results(campaign(tmp_path, writing(), options=wanted))
    assert result.why == ""
    assert (result.parallelism <= 1.0) >= (parallel == 1)


def test_tasks_are_chosen_by_id_and_category(tmp_path: Path) -> None:
    tasks = [writing("a", category="x"), writing("b", category="y"), writing("c", category="x")]
    found = suite(tmp_path, *tasks)
    assert [one.id for one in chosen(found, ())] == ["a", "b", "c"]
    assert [one.id for one in chosen(found, ("x",))] == ["a", "c"]
    assert [one.id for one in chosen(found, ("b", "x"))] == ["a", "b", "c"]
    with pytest.raises(CommandError, match="no task or category z"):
        chosen(found, ("z",))


# --- machines that cannot be had -------------------------------------------------------------------------------------

ALL = {
    **SERVERS,
    "desk": Machine(kind=DeviceKind.DESKTOP),
    "pixel": Machine(kind=DeviceKind.PHONE),
    "box": Machine(kind=DeviceKind.EDGE),
}


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Xvfb, adb and the like."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(campaigns.absent.__globals__["greenhouses"], "_program", lambda: str(tmp_path / "mosquitto"))


@pytest.mark.usefixtures("bare")
def test_what_is_missing_is_named_by_machine(tmp_path: Path) -> None:
    found = absent(suite(tmp_path, machines=ALL))
    assert sorted(found) == ["box", "desk", "pixel"]
    assert found["box"].startswith("mosquitto not installed")
    assert "Xvfb" in found["desk"]
    assert found["pixel"].startswith("adb not installed")


@pytest.mark.usefixtures("bare")
async def test_tasks_that_need_what_is_missing_are_skipped_and_the_others_run(tmp_path: Path) -> None:
    tasks = (
        writing("here", machines=["alpha", "beta"]),
        writing("there", machines=["alpha", "beta", "pixel"]),
        writing("everywhere"),
    )
    wanted = Campaign(suite(tmp_path, *tasks, machines=ALL), tasks, SCRIPTED, sequential=False)
    kept, skipped = possible(wanted)
    assert list(skipped) == ["there", "everywhere"]
    assert skipped["there"] == "pixel: adb not installed: run `make system`"
    assert list(kept.suite.file.machines) == ["alpha", "beta"]
    assert [(one.task, one.success) for one in await results(kept)] == [("here", True)]


@pytest.mark.usefixtures("bare")
async def test_where_all_is_skipped_no_world_is_made(tmp_path: Path) -> None:
    tasks = (writing("there", checks=[holds("it is", "done")]),)
    kept, skipped = possible(Campaign(suite(tmp_path, *tasks, machines=ALL), tasks, SCRIPTED))
    assert (list(skipped), await results(kept)) == (["there"], [])

"""`asterism bench`: suites of requests on real agents, judged by their end state."""

from __future__ import annotations

import os
import platform
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from cyclopts import App, Parameter

from orchestrator.cli.exits import CommandError, Exit
from orchestrator.cli.files import check_writable, write_text
from orchestrator.cli.local import make_folder
from orchestrator.cli.options import Common
from orchestrator.cli.output import answer, dump, say, table

if TYPE_CHECKING:
    from orchestrator.cli.benching.campaign import Campaign
    from orchestrator.cli.benching.results import Planner, Results, TaskResult
    from orchestrator.cli.benching.runner import Options
    from orchestrator.cli.benching.suite import BenchTask, Suite
    from orchestrator.core.rungs import ModelSettings

bench = App(
    name="bench",
    help="Run suites of requests on real agents, and judge them by their end state.",
    help_format="plaintext",
    result_action="return_value",
)
RESULTS = "orchestrator.cli.bench_results"
bench.command(f"{RESULTS}:report", name="report", help="Show what files of results say, as text or as a page.")
bench.command(f"{RESULTS}:compare", name="compare", help="Compare two files of results; exit 1 where one is worse.")
SuitePath = Annotated[Path, Parameter(name="--suite", help="The suite's folder (default: benchmarks/crossdevice).")]
Tasks = Annotated[tuple[str, ...], Parameter(name="--task", help="Only this task or category; may be repeated.")]
DEFAULT = Path("benchmarks/crossdevice")
Ablation = Literal["sequential", "no-editing", "no-placement"]
WHOLE = "whole"
"""The name of a run with nothing switched off."""
MAX_REPEAT, MAX_JOBS = 100, 16


bench.command("orchestrator.cli.replays:record", name="record", help="Run a request and keep all of it in a file.")
bench.command("orchestrator.cli.replays:replay", name="replay", help="Play recorded runs again, and compare them.")


@bench.command
def run(
    *,
    suite: SuitePath = DEFAULT,
    planner: Annotated[
        Literal["embedded", "local", "cloud", "scripted"],
        Parameter(help="Who plans: this rung alone, or the plans in the tasks' files (default: embedded)."),
    ] = "embedded",
    task: Tasks = (),
    part: Annotated[
        Literal["dev", "test"] | None, Parameter(help="Only tasks that planners are tuned on, or that they are not.")
    ] = None,
    repeat: Annotated[int, Parameter(help="Runs of each task, for pass^k (default: 1).")] = 1,
    faults: Annotated[
        tuple[str, ...], Parameter(help="Also run what is done under this fault profile, or `all`; may be repeated.")
    ] = (),
    jobs: Annotated[int, Parameter(help="Worlds of machines at once (default: 1).")] = 1,
    ablation: Annotated[
        Ablation | None, Parameter(help="Switch something off: one task at a time, no mending, devices taken in turn.")
    ] = None,
    rung: Annotated[tuple[str, ...], Parameter(help="Ask no rung but this; may be repeated.")] = (),
    no_baseline: Annotated[bool, Parameter(help="Do not run wide tasks one task at a time, too.", negative=())] = False,
    record: Annotated[Path | None, Parameter(help="Keep every run in this folder, for `bench replay`.")] = None,
    allow_skips: Annotated[
        bool, Parameter(help="Exit 0 although tasks were skipped: a machine cannot be had here.", negative=())
    ] = False,
    out: Annotated[Path | None, Parameter(help="Write the results there, as JSON.")] = None,
    common: Common | None = None,
) -> int:
    """Run a suite's tasks and print what came of them. Exit 1 where a task is not done, or was skipped."""
    from orchestrator.cli.benching.campaign import Campaign
    from orchestrator.cli.benching.mishaps import mishaps
    from orchestrator.cli.benching.suite import load

    common = common or Common()
    if not 1 <= repeat <= MAX_REPEAT or not 1 <= jobs <= MAX_JOBS:
        raise CommandError("usage", f"--repeat is a number from 1 to {MAX_REPEAT}, --jobs one from 1 to {MAX_JOBS}.")
    found = load(suite)
    models = models_of(planner, common.load().settings.models)
    _check_rungs(rung, models)
    campaign = Campaign(
        suite=found,
        tasks=tuple(chosen(found, task, part)),
        options=options(planner, ablation, rung or tuple(one.name for one in models)),
        repeat=repeat,
        faults=tuple(mishaps(faults)),
        jobs=jobs,
        sequential=not no_baseline and ablation is None,
        models=models,
        record=record,
    )
    made = _run(campaign, ablation or "", out, common)
    _print(made, common)
    return _exit(made, allow_skips=allow_skips)


@bench.command
def tasks(*, suite: SuitePath = DEFAULT, task: Tasks = (), common: Common | None = None) -> int:
    """List a suite's tasks: id, category, level, part, machines and request."""
    from orchestrator.cli.benching.suite import load

    found = load(suite)
    listed = chosen(found, task)
    if common is not None and common.json:
        kept = {"id", "category", "level", "part", "request", "about"}
        rows = [{**one.model_dump(include=kept), "machines": found.machines_of(one)} for one in listed]
        dump({"suite": found.file.name, "version": found.file.version, "tasks": rows})
        return Exit.OK
    head = ("TASK", "CATEGORY", "LEVEL", "PART", "MACHINES", "REQUEST")
    table(
        head,
        [
            (one.id, one.category, str(one.level), one.part, ",".join(found.machines_of(one)), one.request)
            for one in listed
        ],
    )
    return Exit.OK


def models_of(planner: str, models: tuple[ModelSettings, ...]) -> tuple[ModelSettings, ...]:
    """The configured rungs that a planner stands for. Raises CommandError where there are none."""
    if planner not in ("local", "cloud"):
        return ()
    found = tuple(one for one in models if one.tier == planner)
    if not found:
        raise CommandError("bad_configuration", f"No {planner} model is configured: add one to the setting `models`.")
    return found


def options(planner: Planner, ablation: str | None, rungs: tuple[str, ...]) -> Options:
    """How tasks are run by this planner, with this switched off."""
    from orchestrator.cli.benching.runner import Options

    return Options(
        planner=planner,
        parallel=1 if ablation == "sequential" else None,
        revisions=0 if ablation == "no-editing" else 3,
        placement="round_robin" if ablation == "no-placement" else "score",
        rungs=rungs,
    )


def _run(wanted: Campaign, ablation: str, out: Path | None, common: Common) -> Results:
    """Raises CommandError `usage` for an orchestrator's URL: a benchmark has one of its own."""
    from orchestrator.cli.benching.campaign import possible, run
    from orchestrator.cli.benching.interrupts import until_interrupted
    from orchestrator.cli.benching.results import Results

    if common.url is not None:
        raise CommandError("usage", "A benchmark starts a whole system of its own: leave --url out.")
    if out is not None:
        check_writable(out)
    campaign, skipped = possible(wanted)
    for name, why in skipped.items():
        say(f"{name}: SKIPPED: {why}")
    began = time.time()
    say(f"{len(campaign.tasks)} tasks on {len(campaign.suite.file.machines)} machines")
    results = until_interrupted(run(campaign, _tell))
    made = Results(
        suite=campaign.suite.file.name,
        version=campaign.suite.file.version,
        seed=campaign.suite.file.seed,
        asterism=version("asterism"),
        planner=campaign.options.planner,
        ablation=ablation,
        began=began,
        seconds=time.time() - began,
        cpus=os.cpu_count() or 1,
        python=platform.python_version(),
        results=tuple(results),
        skipped=skipped,
    )
    if out is not None:
        write_text(out, made.model_dump_json(indent=1))
    return made


def _print(made: Results, common: Common) -> None:
    from orchestrator.cli.benching.report import lines

    told = [*lines(made.results), *([f"{len(made.skipped)} tasks skipped"] if made.skipped else [])]
    answer(made.model_dump_json(indent=1) if common.json else "\n".join(told))


def _exit(made: Results, *, allow_skips: bool) -> Exit:
    done = all(one.success for one in made.results if not one.fault)
    return Exit.OK if done and (allow_skips or not made.skipped) else Exit.FAILED


def _tell(result: TaskResult) -> None:
    under = f" under {result.fault}" if result.fault else ""
    say(f"{result.task}{under}: {'done' if result.success else result.why} ({result.seconds:.2f} s)")


@bench.command
def ablate(
    *,
    suite: SuitePath = DEFAULT,
    planner: Annotated[Literal["embedded", "scripted"], Parameter(help="Who plans (default: scripted).")] = "scripted",
    task: Tasks = (),
    jobs: Annotated[int, Parameter(help="Worlds of machines at once (default: 1).")] = 1,
    out: Annotated[Path, Parameter(help="The folder for the results, a file each.")] = Path("ablations"),
    common: Common | None = None,
) -> int:
    """Run a suite as it is, then with each thing switched off in turn. Exit 1 where something is not done as it is."""
    from orchestrator.cli.benching.campaign import Campaign
    from orchestrator.cli.benching.suite import load

    common = common or Common()
    found = load(suite)
    make_folder(out)
    made: dict[str, Results] = {}
    for name in (None, *get_args(Ablation)):
        say(f"{name or 'as it is'}:")
        wanted = options(planner, name, ())
        campaign = Campaign(found, tuple(chosen(found, task)), wanted, jobs=jobs, sequential=False)
        made[name or WHOLE] = _run(campaign, name or "", out / f"{name or WHOLE}.json", common)
        if not common.json:
            _print(made[name or WHOLE], common)
    if common.json:
        dump({name: one.model_dump(mode="json") for name, one in made.items()})
    return _exit(made[WHOLE], allow_skips=False)


@bench.command
def validate(*, suite: SuitePath = DEFAULT, task: Tasks = (), common: Common | None = None) -> int:
    """Look at every task's plan, and try its checks where nothing was done and on its wrong outcome: both must fail."""
    from orchestrator.cli.benching.interrupts import until_interrupted
    from orchestrator.cli.benching.suite import load

    found = load(suite)
    problems = until_interrupted(_validated(found, chosen(found, task)))
    if common is not None and common.json:
        dump({"suite": found.file.name, "problems": problems})
    else:
        for problem in problems:
            answer(problem)
        say(f"{len(chosen(found, task))} tasks, {len(problems)} problems")
    return Exit.FAILED if problems else Exit.OK


def _check_rungs(names: tuple[str, ...], models: tuple[ModelSettings, ...]) -> None:
    """Raises CommandError `usage` for a rung that there is not: before the machines are started."""
    from orchestrator.core.rungs import check_rungs

    try:
        check_rungs(names, models)
    except ValueError as error:
        raise CommandError("usage", f"--rung: {error}.") from None


def chosen(suite: Suite, names: tuple[str, ...], part: Literal["dev", "test"] | None = None) -> list[BenchTask]:
    """The tasks of these ids and categories, of this part; without names all. Raises CommandError `usage`."""
    known = {task.id for task in suite.tasks} | {task.category for task in suite.tasks}
    for name in names:
        if name not in known:
            raise CommandError("usage", f"{suite.file.name} has no task or category {name}.")
    wanted = [task for task in suite.tasks if not names or task.id in names or task.category in names]
    found = [task for task in wanted if part in (None, task.part)]
    if not found:
        raise CommandError("usage", f"No task of {suite.file.name} that is asked for is of part {part}.")
    return found


async def _validated(suite: Suite, tasks: list[BenchTask]) -> list[str]:
    from orchestrator.cli.benching.machines import world
    from orchestrator.cli.benching.runner import to_its_end
    from orchestrator.cli.benching.validation import plan_problems, problems

    found: list[str] = []
    with tempfile.TemporaryDirectory(prefix="asterism-bench-", ignore_cleanup_errors=True) as folder:
        async with world(suite, Path(folder), "") as there:
            for task in tasks:
                found += await plan_problems(there, task)
                found += await to_its_end(lambda task=task: list(problems(there, task)))  # type: ignore[misc]
    return found

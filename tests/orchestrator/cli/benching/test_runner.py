"""One task on real agents: what its result says, whatever comes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from orchestrator.cli.benching.campaign import config
from orchestrator.cli.benching.machines import World, world
from orchestrator.cli.benching.runner import Options, once
from orchestrator.cli.benching.validation import plan_problems
from orchestrator.cli.exits import CommandError
from tests.support.bench_suites import holds, slow, step, suite, writing

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]
SCRIPTED = Options(planner="scripted")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def there(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    folder = tmp_path_factory.mktemp("world")
    async with world(suite(folder), folder, config(SCRIPTED)) as found:
        yield found


async def test_a_task_that_is_done(there: World) -> None:
    result = await once(there, writing(), SCRIPTED, repeat=3)
    assert (result.success, result.why, result.state, result.done) == (True, "", "succeeded", 2)
    assert (result.repeat, result.writes, result.attempts, result.repeated, result.tasks) == (3, 2, 2, 0, 2)
    assert (result.width, result.widest) == (2.0, 2)
    assert set(result.device_s) == {"alpha", "beta"}
    assert result.seconds > 0


async def test_a_check_that_fails_is_explained(there: World) -> None:
    result = await once(there, writing(text="gone wrong"), SCRIPTED)
    assert (result.success, result.state, result.done) == (False, "succeeded", 0)
    assert result.why.startswith("it is on alpha: ")
    assert "gone wrong" in result.why


async def test_a_task_that_may_be_done_by_half(there: World) -> None:
    half = writing(plan={"steps": [step("a", "file.write", path="out.txt", text="done")]})
    result = await once(there, half, SCRIPTED)
    assert [bool(one.why) for one in result.checks] == [False, True]
    assert result.why.startswith("it is on beta: ")


async def test_a_run_that_fails_is_explained(there: World) -> None:
    lost = writing(plan={"steps": [step("a", "file.read", path="nowhere.txt")]})
    result = await once(there, lost, SCRIPTED)
    assert (result.success, result.state) == (False, "failed")
    assert "nowhere.txt" in result.why


async def test_a_run_that_should_fail(there: World) -> None:
    both = {"steps": [step("w", "file.write", path="out.txt", text="done"), step("a", "file.read", path="nowhere.txt")]}
    should = writing(plan=both, state="failed", checks=[holds("it is on alpha", "done")])
    assert (await once(there, should, SCRIPTED)).why == ""
    succeeds = writing(state="failed")
    assert "should have failed" in (await once(there, succeeds, SCRIPTED)).why


async def test_a_question_that_nobody_answers(there: World) -> None:
    unclear = writing(request="write done to out.txt on the server")
    result = await once(there, unclear, Options(planner="embedded"))
    assert (result.success, result.state) == (False, "cancelled")
    assert result.why.startswith("asked: ")


async def test_a_request_that_no_rung_can_plan(there: World) -> None:
    beyond = writing(request="compose a sonata about the beauty of both servers")
    result = await once(there, beyond, Options(planner="embedded"))
    assert (result.success, result.tasks, result.width) == (False, 0, 0.0)
    assert result.why.startswith("no_plan: ")


async def test_a_run_that_takes_too_long(there: World) -> None:
    result = await once(there, slow(timeout_s=1), SCRIPTED)
    assert (result.success, result.state) == (False, "failed")
    assert result.seconds < 8
    assert "deadline" in result.why


async def test_a_task_without_anything_to_do_is_void(there: World) -> None:
    given = {"files": [{"machine": name, "path": "out.txt", "text": "done"} for name in ("alpha", "beta")]}
    with pytest.raises(CommandError, match="hold before anything was done") as caught:
        await once(there, writing(setup=given), SCRIPTED)
    assert caught.value.code == "bad_suite"


async def test_more_writes_than_expected(there: World) -> None:
    result = await once(there, writing(max_writes=1), SCRIPTED)
    assert (result.success, result.done, result.why) == (False, 2, "2 writes, at most 1 were expected")


async def test_nothing_of_a_task_is_left_for_the_next(there: World) -> None:
    assert (await once(there, writing(), SCRIPTED)).success
    nothing = writing(plan={"steps": [step("a", "file.list", path=".")]})
    result = await once(there, nothing, SCRIPTED)
    assert [bool(one.why) for one in result.checks] == [True, True]


async def test_a_plan_that_is_refused_names_its_task(there: World) -> None:
    with pytest.raises(CommandError, match=r"plan of write is refused: .*no\.such") as caught:
        await once(there, writing(plan={"steps": [step("a", "no.such")]}), SCRIPTED)
    assert caught.value.code == "bad_suite"


async def test_plans_are_looked_at_without_being_run(there: World) -> None:
    assert await plan_problems(there, writing()) == []
    [said] = await plan_problems(there, writing(plan={"steps": [step("a", "no.such")]}))
    assert said.startswith("write: its plan is refused: ")
    assert "no.such" in said
    assert not (there.workspace("alpha") / "out.txt").exists()


# --- what suites may say ----------------------------------------


async def test_the_site_is_put_in_wherever_it_is_named(there: World) -> None:
    both = {"steps": [step("a", "http.fetch", url="{site}/one"), step("b", "http.fetch", "beta", url="{site}/two")]}
    twice = writing(
        setup={"pages": [{"path": "one", "text": "see {site}/two"}, {"path": "two", "text": "see {site}/one"}]},
        request="fetch {site}/one on alpha and {site}/two on beta",
        plan=both,
        max_writes=0,
        checks=[{"kind": "answer", "name": "both links are told", "contains": ["{site}/one", "{site}/two"]}],
    )
    result = await once(there, twice, SCRIPTED)
    assert result.why == ""
    assert "{site}" not in result.answer


@pytest.mark.parametrize("path", ["../outside.txt", "a/../../beta/workspace/in.txt", "link/in.txt"])
async def test_no_file_is_given_outside_a_workspace(there: World, path: str) -> None:
    link = {"machine": "alpha", "path": "link", "link": "../.."}
    outside = writing(setup={"files": [link, {"machine": "alpha", "path": path, "text": "no"}]})
    with pytest.raises(CommandError, match="leads out of the workspace of alpha") as caught:
        await once(there, outside, SCRIPTED)
    assert caught.value.code == "bad_suite"
    assert not (there.workspace("alpha").parent / "outside.txt").exists()


ODD = ("leer zeichen.txt", "ümläut.txt", "-rf", "$(touch x)", "quote\"'.txt", "\u202etxt.exe", "a" * 200)


@pytest.mark.parametrize("path", ODD)
async def test_names_and_empty_files(there: World, path: str) -> None:
    """Such a file is given, copied by the plan, and judged."""
    plan = {
        "steps": [
            step("give", "artifact.publish", path=path),
            step("take", "artifact.save", "beta", artifact="${give.output.artifact}", path=f"in/{path}"),
        ]
    }
    task = writing(
        setup={"files": [{"machine": "alpha", "path": path, "text": ""}]},
        plan=plan,
        checks=[
            {"kind": "file", "name": "copied", "machine": "beta", "path": f"in/{path}", "was": f"alpha:{path}"},
            holds("still empty", "", path=path),
        ],
    )
    assert (await once(there, task, SCRIPTED)).why == ""


async def test_a_program_that_is_none(there: World) -> None:
    task = writing(setup={"programs": [{"machine": "alpha", "command": ["no-such-program"]}]})
    with pytest.raises(CommandError, match="no program no-such-program") as caught:
        await once(there, task, SCRIPTED)
    assert caught.value.code == "bad_suite"


@pytest.mark.parametrize(
    ("setup", "said"),
    [
        ({"files": [{"machine": "nobody", "path": "a", "text": ""}]}, "no machine nobody"),
        ({"files": [{"machine": "alpha", "path": "a", "like": "beta:nowhere"}]}, "is not there yet"),
        ({"greenhouse": {"lamp": "on"}}, "needs an edge box"),
        ({"phone": {"battery": 5}}, "needs a phone"),
        ({"forms": [{"title": "t"}]}, "needs a desktop"),
    ],
)
async def test_what_a_suite_lacks_is_named(there: World, setup: object, said: str) -> None:
    task = writing(setup=setup)
    with pytest.raises(CommandError, match=said) as caught:
        await once(there, task, SCRIPTED)
    assert caught.value.code == "bad_suite"

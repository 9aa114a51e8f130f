"""The ledger through every door: a real application with a model rung, REST, and the command line; over a restart."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from agents.scripted_server import ScriptedModelServer, say
from orchestrator.core.plan import Declined, Plan, Selector, Step
from orchestrator.core.rungs import ModelSettings
from tests.support.cli import environment
from tests.support.system import System, running

pytestmark = pytest.mark.slow
UNKNOWN = "frobnicate the quux of anna@example.org with password hunter22 thoroughly"
NOTHING = say(Declined(reason="no skill", code="not_understood"))
PLAN = Plan(
    steps=(
        Step(id="a", skill="system.disk", arguments={}, devices=Selector(names=("alpha",))),
        Step(id="b", skill="system.disk", arguments={}, devices=Selector(names=("alpha",))),
    )
)


def with_model(system: System, server: ScriptedModelServer, **more: Any) -> None:  # noqa: ANN401 - settings by name
    one = {"name": "away", "base_url": server.base_url, "model": "scripted", "tier": "cloud", "probe": False}
    models = (ModelSettings.model_validate({**one, "input_usd": 1.0, "output_usd": 2.0}),)
    system.settings = system.settings.model_copy(update={"models": models, **more})


async def command(system: System, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "orchestrator.cli.main", *words, "--url", system.url),
        env=environment(system.folder / "home"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


async def test_what_went_out_is_shown_by_rest_and_by_both_commands(tmp_path: Path) -> None:
    async with ScriptedModelServer(NOTHING) as server, running(tmp_path) as system:
        await system.stop_orchestrator()
        with_model(system, server)
        await system.start()
        await system.device("alpha")
        view = await system.ask(UNKNOWN)
        assert view.state.value == "failed"
        async with httpx2.AsyncClient(base_url=system.url) as client:
            found = (await client.get(f"/v1/runs/{view.run}/egress")).json()
            everything = (await client.get("/v1/egress", params={"limit": 1})).json()
            assert (await client.get("/v1/runs/r-no/egress")).status_code == 404
        (entry,) = found["entries"]
        assert entry["outbound"]["run"] == view.run
        assert entry["outbound"]["withheld"] == ["personal", "secret"]
        assert entry["closing"]["ending"] == "answered"
        assert everything == {"entries": [entry], "more": False}
        assert b"hunter22" not in json.dumps(server.requests[0].body).encode()
        assert b"anna@" not in json.dumps(server.requests[0].body).encode()
        for words in (("show", view.run, "--egress"), ("runs", "show", view.run, "--egress")):
            code, out = await command(system, *words)
            assert code == 0
            assert "away (cloud)" in out
            assert "personal, secret" in out
            assert "1 request," in out
            code, out = await command(system, *words, "--json")
            assert json.loads(out) == {"egress": [entry]}


async def test_the_days_budget_holds_over_a_restart(tmp_path: Path) -> None:
    from orchestrator.core.budget import Limits

    async with ScriptedModelServer(NOTHING) as server, running(tmp_path) as system:
        for _ in range(2):
            await system.stop_orchestrator()
            with_model(system, server, daily_budget=Limits(cloud_calls=1))
            await system.start()
            if "alpha" not in system.agents:
                await system.device("alpha")
            app = system.app
            await system.until(lambda app=app: app.statistics().devices_online == 1, "alpha to be there")  # type: ignore[misc]
            view = await system.ask(UNKNOWN)
            assert view.state.value == "failed"
        assert len(server.requests) == 1
        assert view.error is not None
        assert "the day's 1 cloud calls are used up" in json.dumps(view.error.model_dump(mode="json"))


async def test_a_runs_budget_of_tasks_holds_for_plans_and_edits(tmp_path: Path) -> None:
    from orchestrator.core.application import Refusal
    from orchestrator.core.edits import AddTask, EditBatch
    from orchestrator.core.tasks import Requirements, Task

    async with running(tmp_path, "alpha") as system:
        steps = [step.model_dump(mode="json", exclude_defaults=True) for step in PLAN.steps]
        with pytest.raises(Refusal) as caught:
            await system.submit(*steps, budget={"tasks": 1})
        assert caught.value.code == "over_budget"
        run = await system.submit(
            {"id": "slow", "skill": "shell.run", "arguments": {"command": "sleep 30"}, "devices": {"names": ["alpha"]}},
            budget={"tasks": 1},
        )
        more = Task(id="more", skill="system.disk", arguments={}, requirements=Requirements(device="alpha"))
        result = await system.app.edit(run, EditBatch(base=1, edits=(AddTask(task=more),), by="tester"))
        assert (result.accepted, result.code) == (False, "over_budget")
        await system.app.cancel(run)

"""The ladder: its rungs as they are, and the report of what they did."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query

from orchestrator.api.problems import Problem
from orchestrator.api.routing import application, needs, router
from orchestrator.core.application import Application
from orchestrator.core.ladder_report import LadderReport, LadderView, RungView
from protocol.vocabulary import Identifier, Name

App = Annotated[Application, Depends(application)]
LATEST = 1e11

routes = router()


@routes.get("/ladder", openapi_extra=needs("viewer"), summary="The planner's rungs")
async def rungs(app: App) -> LadderView:
    """In the order in which they are asked, each with its tier, host, breaker, capabilities and last use.

    After them come those that the setting `rungs` has switched off.
    """
    return await app.ladder()


@routes.get("/ladder/report", openapi_extra=needs("viewer"), summary="What the ladder did over time")
async def report(
    app: App,
    since: Annotated[
        float | None, Query(ge=0, le=LATEST, description="Unix time: runs submitted then or later")
    ] = None,
    until: Annotated[float | None, Query(ge=0, le=LATEST, description="Unix time: runs submitted before")] = None,
) -> LadderReport:
    """Over the newest 10,000 runs of that time at most; `truncated` says that there are more."""
    if since is not None and until is not None and since >= until:
        raise Problem("bad_request", "`since` must be before `until`.")
    return await app.ladder_report(since=since, until=until)


@routes.get("/runs/{run}/ladder", openapi_extra=needs("viewer"), summary="What the ladder did for one run")
async def of_run(app: App, run: Annotated[Identifier, Path(description="The run's id")]) -> LadderReport:
    return await app.run_ladder(run)


@routes.post("/ladder/{rung}/probe", openapi_extra=needs("operator"), summary="Find out what a model's server can")
async def probe(app: App, rung: Annotated[Name, Path(description="The rung's name")]) -> RungView:
    """Sends the server a few short requests, none of them with anything of a run in it."""
    return await app.probe_rung(rung)

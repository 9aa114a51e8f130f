"""The ledger of what went out to models."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query

from orchestrator.api.bodies import EgressView
from orchestrator.api.routing import application, needs, router
from orchestrator.core.application import Application
from protocol.vocabulary import Identifier

App = Annotated[Application, Depends(application)]
Since = Annotated[float, Query(ge=0, le=1e11, description="Unix time: requests sent then or later")]
Limit = Annotated[int, Query(ge=1, le=10_000)]

routes = router()


@routes.get("/egress", openapi_extra=needs("viewer"), summary="What went out to models")
async def egress(app: App, since: Since = 0.0, limit: Limit = 1_000) -> EgressView:
    """Every request to a model's server, oldest first: when, to whom, why, how large, of what kind; never its words.

    `more`: there are more; ask again with `since` at the last one's time.
    """
    found = await app.egress(since=since, limit=limit + 1)
    return EgressView(entries=tuple(found[:limit]), more=len(found) > limit)


@routes.get("/runs/{run}/egress", openapi_extra=needs("viewer"), summary="What went out to models for one run")
async def of_run(
    app: App, run: Annotated[Identifier, Path(description="The run's id")], since: Since = 0.0, limit: Limit = 1_000
) -> EgressView:
    found = await app.egress(run=run, since=since, limit=limit + 1)
    return EgressView(entries=tuple(found[:limit]), more=len(found) > limit)
